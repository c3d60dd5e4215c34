// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {CallTerms, ICrossChainApp, Outcome} from "../../../contracts/apps/ICrossChainApp.sol";
import {Delivery} from "./LocalNetwork.sol";
import {TwoLedgers} from "./TwoLedgers.sol";

/// @notice Timeouts, replies that do not leave, and every order in which messages can arrive.
contract CrossChainAppCancelTest is TwoLedgers {
    /* CANCELLING */

    function test_cannot_cancel_before_the_deadline() public {
        bytes32 callId = give(10);
        uint64 deadline = uint64(block.timestamp) + TIMEOUT;
        network.pass(TIMEOUT);

        network.on(HOME);
        vm.expectRevert(abi.encodeWithSelector(ICrossChainApp.NotTimedOut.selector, callId, deadline));
        home.cancel{value: FEE}(callId, 1_500_000, 300_000);
    }

    function test_cannot_cancel_what_was_not_called_or_is_over() public {
        vm.expectRevert(abi.encodeWithSelector(ICrossChainApp.NotOpen.selector, keccak256("none")));
        home.cancel{value: FEE}(keccak256("none"), 400_000, 300_000);

        bytes32 callId = give(10);
        network.deliverAll();
        network.pass(TIMEOUT + 1);
        vm.expectRevert(abi.encodeWithSelector(ICrossChainApp.NotOpen.selector, callId));
        home.cancel{value: FEE}(callId, 1_500_000, 300_000);
    }

    function test_a_passed_deadline_alone_compensates_nothing() public {
        bytes32 callId = give(10);
        network.pass(365 days);
        cancel(callId);

        assertSettled(callId, Outcome.Undecided);
        assertEq(home.balance(), START - 10);
    }

    function test_a_cancellation_that_arrives_first_stops_the_call_for_good() public {
        bytes32 callId = give(10);
        network.setSkew(AWAY, -2 hours); // there, the deadline is far away
        network.pass(TIMEOUT + 1);
        cancel(callId);

        network.deliver(1);
        network.deliver(2);
        assertSettled(callId, Outcome.Failed);
        assertEq(home.lastError(), abi.encodeWithSelector(ICrossChainApp.CallCancelled.selector));

        assertTrue(network.deliver(0));
        assertEq(away.balance(), START);
        assertEq(network.count(), 3); // no second reply
    }

    function test_a_cancellation_that_arrives_second_changes_nothing_and_gets_the_outcome() public {
        bytes32 callId = give(10);
        network.deliver(0); // its reply, 1, is late
        network.pass(TIMEOUT + 1);
        cancel(callId);
        network.deliver(2);

        network.deliver(3);
        assertSettled(callId, Outcome.Succeeded);

        assertTrue(network.deliver(1)); // the late reply says the same
        assertSettled(callId, Outcome.Succeeded);
        assertEq(home.balance() + away.balance(), 2 * START);
    }

    // INV-APP-2
    function test_a_failed_call_cannot_run_after_it_was_cancelled() public {
        bytes32 callId = callWith(abi.encodeCall(away.burnGas, ()));
        network.deliver(0);
        assertDelivery(0, Delivery.Failure);
        network.pass(TIMEOUT + 1);
        cancel(callId);
        network.deliver(1);

        assertTrue(network.deliver(0, 10_000_000));
        assertEq(away.received(), 0);
    }

    function test_may_be_repeated_and_gives_back_what_is_too_much() public {
        bytes32 callId = give(10);
        network.pass(TIMEOUT + 1);
        network.on(HOME);

        vm.startPrank(stranger);
        home.cancel{value: 0.5 ether}(callId, 1_500_000, 300_000);
        home.cancel{value: 0.5 ether}(callId, 1_500_000, 300_000);
        vm.stopPrank();
        assertEq(stranger.balance, 1 ether - 2 * FEE);

        network.deliverAll();
        assertSettled(callId, Outcome.Failed);
    }

    function test_is_paid_by_who_asks_for_it() public {
        vm.deal(address(home), 1 ether);
        bytes32 callId = give(10);
        network.pass(TIMEOUT + 1);
        network.on(HOME);

        vm.expectRevert(abi.encodeWithSelector(ICrossChainApp.FeeNotCovered.selector, FEE, FEE - 1));
        home.cancel{value: FEE - 1}(callId, 1_500_000, 300_000);
    }

    /* REPLYING */

    // INV-APP-4
    function test_a_reply_that_cannot_be_paid_undoes_nothing_and_anyone_sends_it() public {
        away.withdrawFees(payable(stranger), 1 ether);
        bytes32 callId = give(10);
        vm.expectEmit(address(away));
        emit ICrossChainApp.ReplyNotSent(
            callId, abi.encodeWithSelector(ICrossChainApp.FeeNotCovered.selector, FEE, 0)
        );
        network.deliver(0);
        assertDelivery(0, Delivery.Success);
        assertEq(away.balance(), START + 10);

        vm.prank(stranger);
        away.sendReply{value: 2 * FEE}(HOME, address(home), callId, 300_000);
        network.deliverAll();

        assertEq(stranger.balance, 2 ether - FEE);
        assertSettled(callId, Outcome.Succeeded);
    }

    function test_a_reply_that_the_router_refuses_undoes_nothing() public {
        bytes32 callId = give(10);
        awayRouter.setFee(2 ether);
        network.deliver(0);
        assertEq(away.balance(), START + 10);

        awayRouter.setFee(FEE);
        network.on(AWAY);
        away.sendReply{value: FEE}(HOME, address(home), callId, 300_000);
        network.deliverAll();
        assertSettled(callId, Outcome.Succeeded);
    }

    function test_nothing_is_replied_that_was_not_decided() public {
        bytes32 callId = give(10);

        vm.expectRevert(
            abi.encodeWithSelector(ICrossChainApp.NotDecided.selector, HOME, address(home), callId)
        );
        away.sendReply{value: FEE}(HOME, address(home), callId, 300_000);
    }

    function test_a_reply_with_too_little_gas_is_executed_again_with_more() public {
        network.on(HOME);
        CallTerms memory short = terms();
        short.replyGasLimit = 20_000;
        bytes32 callId = home.give{value: FEE}(AWAY, 10, short);
        network.deliverAll();
        assertDelivery(1, Delivery.Failure);

        network.deliver(1, 300_000);
        assertSettled(callId, Outcome.Succeeded);
    }

    /* ANY ORDER */

    /// @dev Each byte of `script` is one thing that happens: a delivery of any message (also failed or repeated ones),
    /// with any gas; time that passes; a cancellation; a reply that is sent again; a balance that comes and goes.
    // INV-APP-1
    function testFuzz_never_both_never_neither(bytes calldata script, int24 skew) public {
        network.setSkew(AWAY, int256(skew) % 3 days);
        bytes32 one = give(10);
        bytes32 two = give(20);

        for (uint256 i = 0; i < script.length && i < 64; ++i) {
            _happen(uint8(script[i]), i % 2 == 0 ? one : two);
            _assertNeverBoth(one, 10);
            _assertNeverBoth(two, 20);
        }

        _finish(one, two);
        assertEq(home.balance() + away.balance(), 2 * START, "units");
    }

    /// @dev The same with ordinary words: which of three events comes first, at any distance from the deadline.
    function testFuzz_a_timeout_racing_with_a_success(uint32 arrival, uint32 asked, int24 skew) public {
        network.setSkew(AWAY, int256(skew) % 3 days);
        bytes32 callId = give(10);
        uint256 first = bound(arrival, 0, 2 * TIMEOUT);
        uint256 second = bound(asked, TIMEOUT + 1, 2 * TIMEOUT + 2);
        if (first < second) {
            network.pass(first);
            network.deliver(0);
            network.pass(second - first);
            cancel(callId);
        } else {
            network.pass(second);
            cancel(callId);
            network.pass(first - second);
            network.deliver(0);
        }

        network.deliverAll();

        assertNotEq(uint8(outcomeAtHome(callId)), uint8(Outcome.Undecided));
        assertEq(home.balance() + away.balance(), 2 * START);
        assertEq(home.successes(callId) + home.failures(callId), 1);
    }

    function _happen(uint8 dice, bytes32 callId) private {
        uint256 kind = dice % 8;
        if (kind < 4) {
            network.deliver(dice % network.count(), kind * 100_000);
        } else if (kind == 4) {
            network.pass(uint256(dice) * 60);
        } else if (kind == 5) {
            network.on(HOME);
            try home.cancel{value: FEE}(
                callId, dice < 64 ? 60_000 : 1_500_000, dice < 128 ? 30_000 : 300_000
            ) {}
                catch {}
        } else if (kind == 6) {
            network.on(AWAY);
            try away.sendReply{value: FEE}(HOME, address(home), callId, 300_000) {} catch {}
        } else {
            away.setRefusing(dice % 16 == 7);
            home.setBrokenAtHome(dice % 32 == 15);
            awayRouter.setFee(dice < 128 ? FEE : 2 ether);
        }
    }

    function _assertNeverBoth(bytes32 callId, uint256 units) private view {
        (Outcome there,) = decisionAway(callId);
        if (home.failures(callId) != 0) assertEq(uint8(there), uint8(Outcome.Failed), "ran and compensated");
        if (home.successes(callId) != 0) {
            assertEq(uint8(there), uint8(Outcome.Succeeded), "settled as a success that was none");
        }
        assertLe(home.successes(callId) + home.failures(callId), 1, "settled twice");
        assertEq(home.underWay(callId), outcomeAtHome(callId) == Outcome.Undecided ? units : 0);
    }

    /// @dev Good weather again: whatever happened, anyone can bring both calls to an end.
    function _finish(bytes32 one, bytes32 two) private {
        away.setRefusing(false);
        home.setBrokenAtHome(false);
        awayRouter.setFee(FEE);
        network.pass(TIMEOUT + 4 days);
        network.on(HOME);
        bytes32[2] memory both = [one, two];
        for (uint256 i = 0; i < 2; ++i) {
            if (outcomeAtHome(both[i]) == Outcome.Undecided) cancel(both[i]);
        }
        for (uint256 i = 0; i < network.count(); ++i) {
            network.deliver(i, 500_000);
        }
        assertNotEq(uint8(outcomeAtHome(one)), uint8(Outcome.Undecided), "neither");
        assertNotEq(uint8(outcomeAtHome(two)), uint8(Outcome.Undecided), "neither");
    }
}
