// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {CrossChainApp} from "../../../contracts/apps/CrossChainApp.sol";
import {ICrossChainApp, Outcome} from "../../../contracts/apps/ICrossChainApp.sol";
import {EVMAddress} from "../../../contracts/libraries/EVMAddress.sol";
import {CCIPReceiver} from "../../../contracts/receivers/CCIPReceiver.sol";
import {Client} from "../../../contracts/types/Client.sol";
import {Ledger} from "./Ledger.sol";
import {Delivery} from "./LocalNetwork.sol";
import {TwoLedgers} from "./TwoLedgers.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

/// @notice Overrides what says that it is a receiver.
contract Forgetful is Ledger {
    constructor(address router) Ledger(router, 0) {}

    function supportsInterface(bytes4) public pure override returns (bool) {
        return false;
    }
}

/// @notice Calling, being called, and the answer, on a good day and on bad ones.
contract CrossChainAppCallTest is TwoLedgers {
    function test_has_no_peers_if_it_would_not_be_called() public {
        Forgetful forgetful = new Forgetful(address(homeRouter));

        vm.expectRevert(ICrossChainApp.DoesNotSayItReceives.selector);
        forgetful.setPeer(AWAY, address(away));
    }

    /* PEERS */

    function test_only_the_owner_names_and_revokes_peers_and_takes_fees() public {
        bytes memory refused = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger);
        vm.startPrank(stranger);

        vm.expectRevert(refused);
        home.setPeer(AWAY, stranger);
        vm.expectRevert(refused);
        home.revokePeer(AWAY, address(away));
        vm.expectRevert(refused);
        away.withdrawFees(payable(stranger), 1);
    }

    function test_a_peer_is_not_nobody() public {
        vm.expectRevert(EVMAddress.ZeroAddressNotAllowed.selector);
        home.setPeer(AWAY, address(0));
    }

    function test_the_owner_takes_the_balance_for_fees_back() public {
        away.withdrawFees(payable(stranger), 0.4 ether);

        assertEq(stranger.balance, 1.4 ether);
        assertEq(address(away).balance, 0.6 ether);
    }

    function test_cannot_call_a_chain_without_a_peer() public {
        vm.expectRevert(abi.encodeWithSelector(ICrossChainApp.NoPeer.selector, NOWHERE));
        home.give{value: FEE}(NOWHERE, 1, terms());
    }

    function test_hears_nobody_but_peers() public {
        Client.Any2EVMMessage memory message;
        message.sourceChainSelector = HOME;
        message.sender = abi.encode(stranger);

        vm.expectRevert(abi.encodeWithSelector(ICrossChainApp.NotAPeer.selector, HOME, message.sender));
        vm.prank(address(awayRouter));
        away.ccipReceive(message);

        message.sourceChainSelector = NOWHERE;
        message.sender = abi.encode(address(home));
        vm.expectRevert(abi.encodeWithSelector(ICrossChainApp.NotAPeer.selector, NOWHERE, message.sender));
        vm.prank(address(awayRouter));
        away.ccipReceive(message);

        vm.expectRevert(abi.encodeWithSelector(CCIPReceiver.InvalidRouter.selector, stranger));
        vm.prank(stranger);
        away.ccipReceive(message);
    }

    function test_takes_no_tokens() public {
        Client.Any2EVMMessage memory message;
        message.sourceChainSelector = HOME;
        message.sender = abi.encode(address(home));
        message.destTokenAmounts = new Client.EVMTokenAmount[](1);

        vm.expectRevert(ICrossChainApp.TokensNotAccepted.selector);
        vm.prank(address(awayRouter));
        away.ccipReceive(message);
    }

    function test_a_successor_is_called_while_the_predecessor_still_answers() public {
        bytes32 callId = give(10);
        Ledger successor = new Ledger(address(awayRouter), 0);
        home.setPeer(AWAY, address(successor));

        network.deliverAll();

        assertSettled(callId, Outcome.Succeeded);
        give(1);
        assertEq(network.parcel(network.last()).receiver, address(successor));
    }

    function test_a_revoked_peer_settles_nothing() public {
        bytes32 callId = give(10);
        network.deliver(0);
        home.revokePeer(AWAY, address(away));

        assertFalse(network.deliver(1));
        assertSettled(callId, Outcome.Undecided);
        vm.expectRevert(abi.encodeWithSelector(ICrossChainApp.NoPeer.selector, AWAY));
        home.give{value: FEE}(AWAY, 1, terms());
    }

    // INV-APP-3
    function test_a_successor_cannot_answer_for_its_predecessor() public {
        bytes32 callId = give(10);
        home.setPeer(AWAY, stranger);
        Client.Any2EVMMessage memory message;
        message.sourceChainSelector = AWAY;
        message.sender = abi.encode(stranger);
        message.data = abi.encode(CrossChainApp.Kind.Reply, callId, abi.encode(Outcome.Failed, bytes("")));

        vm.expectRevert(abi.encodeWithSelector(ICrossChainApp.UnknownCall.selector, callId));
        vm.prank(address(homeRouter));
        home.ccipReceive(message);
    }

    function test_a_reply_without_an_outcome_compensates_nothing() public {
        bytes32 callId = give(10);
        Client.Any2EVMMessage memory message;
        message.sourceChainSelector = AWAY;
        message.sender = abi.encode(address(away));
        message.data = abi.encode(CrossChainApp.Kind.Reply, callId, abi.encode(Outcome.Undecided, bytes("")));

        vm.expectRevert(abi.encodeWithSelector(ICrossChainApp.NotAnOutcome.selector, callId));
        vm.prank(address(homeRouter));
        home.ccipReceive(message);
    }

    /* FEES */

    function test_who_pays_for_a_call_gets_the_rest_back() public {
        network.on(HOME);
        vm.prank(stranger);
        bytes32 callId = home.giveAndTakeChange{value: FEE + 7}(AWAY, 10, terms());

        assertEq(stranger.balance, 1 ether - FEE);
        assertEq(address(home).balance, 0);
        network.deliverAll();
        assertSettled(callId, Outcome.Succeeded);
    }

    function test_who_offers_too_little_for_a_call_keeps_it() public {
        network.on(HOME);
        vm.expectRevert(abi.encodeWithSelector(ICrossChainApp.FeeNotCovered.selector, FEE, FEE - 1));
        vm.prank(stranger);
        home.giveAndTakeChange{value: FEE - 1}(AWAY, 10, terms());

        assertEq(stranger.balance, 1 ether);
    }

    function test_a_call_costs_what_was_quoted_and_no_more_than_offered() public {
        uint256 fee = home.getCallFee(AWAY, abi.encodeCall(home.take, (1)), terms());
        assertEq(fee, FEE);

        vm.deal(address(home), 1 ether);
        vm.expectRevert(abi.encodeWithSelector(ICrossChainApp.FeeNotCovered.selector, FEE, FEE - 1));
        home.give{value: FEE - 1}(AWAY, 1, terms());

        give(1);
        assertEq(address(home).balance, 1 ether);
        assertEq(address(homeRouter).balance, FEE);
    }

    /* CALLING */

    function test_the_result_comes_back_once() public {
        bytes32 callId = give(10);

        vm.expectEmit(address(away));
        emit ICrossChainApp.CallDecided(callId, HOME, address(home), Outcome.Succeeded, abi.encode(10));
        network.deliver(0);
        vm.expectEmit(address(home));
        emit ICrossChainApp.CallSettled(callId, Outcome.Succeeded, abi.encode(10));
        network.deliver(1);

        assertSettled(callId, Outcome.Succeeded);
        assertEq(home.lastResult(), abi.encode(10));
        assertEq(home.balance(), START - 10);
        assertEq(away.balance(), START + 10);
    }

    function test_the_function_learns_who_called() public {
        bytes32 callId = give(10);
        network.deliver(0);

        assertEq(away.lastChain(), HOME);
        assertEq(away.lastPeer(), address(home));
        assertEq(away.lastCallId(), callId);
    }

    function test_a_failure_comes_back_with_its_error_and_is_compensated_once() public {
        away.setRefusing(true);
        bytes32 callId = give(10);

        network.deliverAll();

        assertSettled(callId, Outcome.Failed);
        assertEq(home.lastError(), abi.encodeWithSelector(Ledger.Refusing.selector));
        assertEq(home.balance(), START);
        assertEq(away.balance(), START);
    }

    function test_what_arrives_after_the_deadline_does_not_run() public {
        bytes32 callId = give(10);
        uint256 deadline = block.timestamp + TIMEOUT;
        network.pass(TIMEOUT + 1);

        network.deliverAll();

        assertSettled(callId, Outcome.Failed);
        assertEq(
            home.lastError(),
            abi.encodeWithSelector(ICrossChainApp.TooLate.selector, uint64(deadline), deadline + 1)
        );
        assertEq(away.balance(), START);
    }

    function test_what_arrives_at_the_deadline_runs() public {
        bytes32 callId = give(10);
        network.pass(TIMEOUT);

        network.deliverAll();

        assertSettled(callId, Outcome.Succeeded);
    }

    function test_an_outcome_that_the_origin_cannot_take_waits_and_is_tried_again() public {
        home.setBrokenAtHome(true);
        bytes32 callId = give(10);
        network.deliverAll();
        assertDelivery(1, Delivery.Failure);
        assertSettled(callId, Outcome.Undecided);

        home.setBrokenAtHome(false);
        network.deliver(1);

        assertSettled(callId, Outcome.Succeeded);
    }

    function testFuzz_ids_repeat_neither_over_calls_nor_over_contracts(uint8 n) public {
        Ledger other = new Ledger(address(homeRouter), START);
        other.setPeer(AWAY, address(away));
        bytes32 theirs = other.give{value: FEE}(AWAY, 0, terms());

        for (uint256 i = 0; i <= n % 8; ++i) {
            bytes32 mine = give(0);
            assertNotEq(mine, theirs);
            theirs = mine;
        }
    }

    /* BEING CALLED */

    function test_only_remote_calls_reach_the_functions_for_them() public {
        vm.expectRevert(abi.encodeWithSelector(ICrossChainApp.OnlyRemote.selector, stranger));
        vm.prank(stranger);
        away.take(1);
        vm.expectRevert(abi.encodeWithSelector(ICrossChainApp.OnlyRemote.selector, stranger));
        vm.prank(stranger);
        away.perform(HOME, address(home), 0, abi.encodeCall(away.take, (1)));
        vm.expectRevert(abi.encodeWithSelector(ICrossChainApp.OnlyRemote.selector, stranger));
        vm.prank(stranger);
        away.replyFromBalance(HOME, address(home), 0, 0);
    }

    function test_a_function_that_is_not_marked_is_undone() public {
        bytes32 callId = callWith(abi.encodeCall(away.takeUnmarked, (10)));
        network.deliverAll();

        assertSettled(callId, Outcome.Failed);
        assertEq(
            home.lastError(),
            abi.encodeWithSelector(ICrossChainApp.NotARemoteFunction.selector, away.takeUnmarked.selector)
        );
        assertEq(away.balance(), START);
    }

    function test_a_peer_cannot_pose_as_another_peer() public {
        bytes memory take = abi.encodeCall(away.take, (10));
        bytes32 callId =
            callWith(abi.encodeCall(away.perform, (NOWHERE, stranger, keccak256("forged"), take)));
        network.deliverAll();

        assertSettled(callId, Outcome.Failed);
        assertEq(home.lastError(), abi.encodeWithSelector(ICrossChainApp.OnlyRemote.selector, address(away)));
        assertEq(away.lastPeer(), address(0));
    }

    function testFuzz_calls_of_unknown_functions_fail_and_harm_nothing(bytes calldata callData) public {
        vm.assume(callData.length < 4 || bytes4(callData) != away.take.selector);
        bytes32 callId = callWith(callData);

        network.deliverAll();

        assertEq(away.balance(), START);
        assertEq(away.received(), 0);
        assertEq(away.owner(), address(this));
        assertEq(away.peers(HOME), address(home));
        if (callData.length < 4) assertSettled(callId, Outcome.Failed);
    }

    function test_a_result_may_be_as_long_as_the_limit_and_no_longer() public {
        uint256 overhead = 64; // abi.encode(bytes) adds two words
        bytes32 fits = callWith(abi.encodeCall(away.returnMuch, (away.MAX_RESULT_BYTES() - overhead)));
        bytes32 isTooLong = callWith(abi.encodeCall(away.returnMuch, (away.MAX_RESULT_BYTES())));

        network.deliverAll();

        assertSettled(fits, Outcome.Succeeded);
        assertSettled(isTooLong, Outcome.Failed);
        assertEq(
            home.lastError(),
            abi.encodeWithSelector(ICrossChainApp.ResultTooLong.selector, 256 + overhead, 256)
        );
        assertEq(away.balance(), START + 1);
    }

    function test_a_long_error_is_cut() public {
        callWith(abi.encodeCall(away.failLong, (5_000)));
        network.deliverAll();

        assertEq(home.lastError(), new bytes(256));
    }

    function test_a_function_that_takes_all_the_gas_decides_nothing() public {
        bytes32 callId = callWith(abi.encodeCall(away.burnGas, ()));
        network.deliverAll();

        assertDelivery(0, Delivery.Failure);
        (Outcome outcome,) = decisionAway(callId);
        assertEq(uint8(outcome), uint8(Outcome.Undecided));

        network.pass(TIMEOUT + 1);
        cancel(callId);
        network.deliverAll();
        assertSettled(callId, Outcome.Failed);
    }
}
