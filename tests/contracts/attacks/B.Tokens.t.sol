// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ILockReleaseTokenPool} from "../../../contracts/interfaces/ILockReleaseTokenPool.sol";
import {IOffRamp} from "../../../contracts/interfaces/IOffRamp.sol";
import {IRouter} from "../../../contracts/interfaces/IRouter.sol";
import {ITokenPool} from "../../../contracts/interfaces/ITokenPool.sol";
import {RateLimiter} from "../../../contracts/libraries/RateLimiter.sol";
import {BurnMintERC20} from "../../../contracts/tokens/BurnMintERC20.sol";
import {Client} from "../../../contracts/types/Client.sol";
import {EVM2EVMMessage, MessageExecutionState} from "../../../contracts/types/Message.sol";
import {Pool} from "../../../contracts/types/Pool.sol";
import {ExecutionReport} from "../../../contracts/types/Report.sol";
import {TwoChains} from "../fixtures/TwoChains.sol";
import {DestPool} from "../mocks/DestPools.sol";
import {HostilePool} from "../mocks/HostilePool.sol";
import {FeeOnTransferToken} from "../mocks/HostileTokens.sol";
import {ReenteringToken, ShrinkingToken} from "./HostileArrivals.sol";

/// @notice Group B: tokens, pools and accounts of them.
/// forge-config: default.fuzz.runs = 48
/// forge-config: deep.fuzz.runs = 10000
contract TokenAttacksTest is TwoChains {
    // INV-POOL-1
    function testFuzz_B1_only_the_ramps_move_a_pools_tokens(address caller) public {
        Side storage there = enter(THERE);
        vm.assume(caller != address(out.offRamp) && caller != address(back.onRamp));
        address token = address(there.minted);
        bytes memory refusal = abi.encodeWithSelector(ITokenPool.CallerIsNotARampOnRouter.selector, caller);

        vm.expectRevert(refusal);
        vm.prank(caller);
        there.mintPool
            .releaseOrMint(
                Pool.ReleaseOrMintInV1(
                    abi.encode(sender),
                    HERE,
                    caller,
                    1e18,
                    token,
                    abi.encode(address(chains[HERE].mintPool)),
                    abi.encode(uint8(18)),
                    ""
                )
            );
        vm.expectRevert(refusal);
        vm.prank(caller);
        there.mintPool.lockOrBurn(Pool.LockOrBurnInV1("", HERE, caller, 1e18, token));
    }

    // INV-POOL-1
    function test_B2_an_unknown_source_pool_is_not_believed_until_it_is_configured() public {
        Side storage there = chains[THERE];
        EVM2EVMMessage memory message = send(out, aTransfer(out, address(chains[HERE].minted), 5e18));
        ExecutionReport memory report = deliver(out, message);
        bytes memory remote = abi.encode(address(chains[HERE].mintPool));
        enter(THERE);
        there.mintPool.removeRemotePool(HERE, remote);

        execute(out, report);

        assertFailed(out, 1);
        assertEq(there.minted.balanceOf(address(there.receiver)), 0);
        there.mintPool.addRemotePool(HERE, remote);
        executeByHand(out, report);
        assertEq(there.minted.balanceOf(address(there.receiver)), 5e18);
    }

    // INV-SEND-4, INV-TOKEN-2
    function test_B3_a_token_that_keeps_a_part_never_passes_in_silence() public {
        Side storage here = enter(HERE);
        address taxed = address(new FeeOnTransferToken(sender));
        listToken(here, taxed, address(new HostilePool()));
        vm.prank(sender);
        BurnMintERC20(taxed).approve(address(here.router), type(uint256).max);
        Client.EVM2AnyMessage memory message = aTransfer(out, taxed, 100);
        vm.expectRevert(abi.encodeWithSelector(IRouter.TokenTransferMismatch.selector, taxed, 100, 99));
        vm.prank(sender);
        here.router.ccipSend(THERE, message);

        ExecutionReport memory report = _arriveAs(address(new ShrinkingToken()));
        vm.expectEmit(address(out.offRamp));
        emit IOffRamp.ExecutionStateChanged(
            1,
            report.messages[0].messageId,
            MessageExecutionState.FAILURE,
            abi.encodeWithSelector(IOffRamp.ReleaseOrMintBalanceMismatch.selector, 5e18, 0, 4.95e18)
        );
        execute(out, report);
        assertFailed(out, 1);
        assertEq(chains[THERE].receiver.received(), 0);
    }

    /// @dev The worst of each kind that a pool can do, then an honest message in the same report.
    function testFuzz_B4_a_broken_pool_costs_its_own_message_only(uint8 mood) public {
        mood = uint8(bound(mood, 3, 8));
        enter(THERE);
        DestPool pool = new DestPool(chains[THERE].minted);
        chains[THERE].minted.grantMintAndBurnRoles(address(pool));
        EVM2EVMMessage memory poor = send(out, aTransfer(out, address(chains[HERE].minted), 5e18));
        EVM2EVMMessage memory healthy = send(out, aMessage(out));
        ExecutionReport memory report = deliver(out, pair(poor, healthy));
        enter(THERE).registry.setPool(address(chains[THERE].minted), address(pool));
        pool.setMood(DestPool.Mood(mood));

        uint256 gasBefore = gasleft();
        execute(out, report);

        assertLt(gasBefore - gasleft(), 1_500_000);
        assertFailed(out, 1);
        assertExecuted(out, 2);
    }

    // INV-POOL-2
    /// @dev 18 decimals leave, 6 arrive: whole steps only, and never more than left.
    function testFuzz_B5_decimals_round_down_and_never_overflow(uint256 amount) public {
        amount = bound(amount, 1, 1_000e18);
        Side storage there = chains[THERE];
        execute(out, deliver(out, send(out, aTransfer(out, address(chains[HERE].locked), amount))));

        uint256 arrived = there.locked.balanceOf(address(there.receiver));
        assertEq(arrived, amount / 1e12);
        assertLe(arrived * 1e12, amount);

        enter(THERE);
        vm.prank(address(out.offRamp));
        vm.expectRevert(abi.encodeWithSelector(ITokenPool.OverflowDetected.selector, 0, 6, type(uint256).max));
        there.lockPool
            .releaseOrMint(
                Pool.ReleaseOrMintInV1(
                    abi.encode(sender),
                    HERE,
                    stranger,
                    type(uint256).max,
                    address(there.locked),
                    abi.encode(address(chains[HERE].lockPool)),
                    abi.encode(uint8(0)),
                    ""
                )
            );
    }

    // INV-POOL-3
    function testFuzz_B6_configuring_never_refills_a_drained_bucket(
        uint128 capacity,
        uint128 rate,
        uint16 wait
    ) public {
        Side storage here = chains[HERE];
        rate = uint128(bound(rate, 0, capacity));
        send(out, aTransfer(out, address(here.minted), uint256(LIMIT) * 1e18));
        uint128 before = here.mintPool.getCurrentOutboundRateLimiterState(THERE).tokens;
        assertEq(before, 0);

        here.mintPool.setChainRateLimiterConfig(THERE, RateLimiter.Config(true, capacity, rate), limit(18));
        assertEq(here.mintPool.getCurrentOutboundRateLimiterState(THERE).tokens, 0);
        vm.warp(block.timestamp + wait);
        uint256 level = here.mintPool.getCurrentOutboundRateLimiterState(THERE).tokens;
        assertLe(level, capacity);
        assertLe(level, uint256(rate) * wait);
    }

    // INV-EXEC-7
    function test_B7_what_meets_an_empty_bucket_waits_and_loses_nothing() public {
        Side storage there = chains[THERE];
        uint256 all = uint256(LIMIT) * 1e18;
        enter(THERE);
        there.mintPool
            .setChainRateLimiterConfig(
                HERE, limit(18), RateLimiter.Config(true, uint128(all), uint128(all / 1_000))
            );
        execute(out, deliver(out, send(out, aTransfer(out, address(chains[HERE].minted), all))));
        vm.warp(block.timestamp + 50);
        ExecutionReport memory report =
            deliver(out, send(out, aTransfer(out, address(chains[HERE].minted), all / 2)));

        execute(out, report);

        assertFailed(out, 2);
        vm.warp(block.timestamp + 449);
        vm.expectRevert();
        executeByHand(out, report);
        vm.warp(block.timestamp + 1);
        executeByHand(out, report);
        assertExecuted(out, 2);
        assertEq(there.minted.balanceOf(address(there.receiver)), all + all / 2);
    }

    function test_B8_a_pool_without_liquidity_pays_nothing_and_later_everything() public {
        Side storage there = chains[THERE];
        ExecutionReport memory report =
            deliver(out, send(out, aTransfer(out, address(chains[HERE].locked), 10e18)));
        enter(THERE);
        there.lockPool.setRebalancer(address(this));
        uint256 all = there.locked.balanceOf(address(there.lockPool));
        there.lockPool.withdrawLiquidity(all - 9e6);

        bytes memory why = abi.encodeWithSelector(ILockReleaseTokenPool.InsufficientLiquidity.selector);
        vm.expectEmit(address(out.offRamp));
        emit IOffRamp.ExecutionStateChanged(
            1,
            report.messages[0].messageId,
            MessageExecutionState.FAILURE,
            abi.encodeWithSelector(IOffRamp.TokenHandlingError.selector, why)
        );
        execute(out, report);

        assertFailed(out, 1);
        assertEq(there.locked.balanceOf(address(there.receiver)), 0);
        assertEq(there.locked.balanceOf(address(there.lockPool)), 9e6);
        there.locked.approve(address(there.lockPool), 1e6);
        there.lockPool.provideLiquidity(1e6);
        executeByHand(out, report);
        assertEq(there.locked.balanceOf(address(there.receiver)), 10e6);
    }

    /// @dev The token's issuer executes, by hand, another message of the report that is being executed.
    function test_B9_a_token_that_reenters_moves_nothing_twice() public {
        ReenteringToken token = new ReenteringToken();
        ExecutionReport memory report = _arriveAs(address(token));
        Client.EVM2AnyMessage memory cheap = to(unordered(aMessage(out)), stranger);
        ExecutionReport memory second = deliver(out, send(out, cheap));
        vm.warp(block.timestamp + WINDOW + 1);
        token.arm(
            address(out.offRamp), abi.encodeCall(IOffRamp.manuallyExecute, (second, noOverrides(second)))
        );

        execute(out, report);

        assertTrue(token.tried());
        assertFalse(token.succeeded());
        assertExecuted(out, 1);
        assertUntouched(out, 2);
        assertEq(token.balanceOf(address(chains[THERE].receiver)), 5e18);
    }

    function test_B10_messages_of_a_replaced_pool_arrive_while_it_is_remembered() public {
        Side storage there = chains[THERE];
        ExecutionReport memory early =
            deliver(out, send(out, aTransfer(out, address(chains[HERE].minted), 1e18)));
        ExecutionReport memory late =
            deliver(out, send(out, aTransfer(out, address(chains[HERE].minted), 2e18)));
        enter(THERE);
        there.mintPool.addRemotePool(HERE, abi.encode(address(0xFEED)));

        execute(out, early);
        bytes memory old = abi.encode(address(chains[HERE].mintPool));
        there.mintPool.removeRemotePool(HERE, old);
        execute(out, late);

        assertExecuted(out, 1);
        assertFailed(out, 2);
        there.mintPool.addRemotePool(HERE, old);
        executeByHand(out, late);
        assertEq(there.minted.balanceOf(address(there.receiver)), 3e18);
    }

    // INV-SEND-5
    /// @dev The sender approved everything to the Router, and is lured into calling a thief, who sends with what is
    /// the thief's: nothing.
    function testFuzz_B12_the_router_takes_from_its_caller_only(address thief) public {
        Side storage here = enter(HERE);
        vm.assume(here.minted.balanceOf(thief) == 0 && thief != address(0) && thief.code.length == 0);
        vm.deal(thief, 1_000 ether);
        Client.EVM2AnyMessage memory message = aTransfer(out, address(here.minted), 1e18);
        message.feeToken = address(0);
        uint256 fee = here.router.getFee(THERE, message);

        vm.expectRevert();
        vm.prank(thief, sender);
        here.router.ccipSend{value: fee}(THERE, message);

        assertEq(here.minted.balanceOf(sender), 1_000_000e18);
        vm.prank(sender);
        here.router.ccipSend{value: fee}(THERE, message);
    }

    function testFuzz_B13_only_the_rebalancer_takes_liquidity(address caller) public {
        Side storage there = enter(THERE);
        there.lockPool.setRebalancer(aggregator);
        vm.assume(caller != aggregator);

        vm.expectRevert(abi.encodeWithSelector(ITokenPool.Unauthorized.selector, caller));
        vm.prank(caller);
        there.lockPool.withdrawLiquidity(1);
    }

    /// @dev A message with 5e18 of the burn-mint token, for which `token` arrives.
    function _arriveAs(address token) private returns (ExecutionReport memory) {
        Side storage there = enter(THERE);
        DestPool pool = new DestPool(BurnMintERC20(token));
        pool.setWork(1);
        listToken(there, token, address(pool));
        enter(HERE);
        chains[HERE].mintPool.applyChainUpdates(_selectors(THERE), new ITokenPool.ChainUpdate[](0));
        connectPool(chains[HERE].mintPool, THERE, address(pool), token, 18);
        return deliver(out, send(out, aTransfer(out, address(chains[HERE].minted), 5e18)));
    }

    function _selectors(uint64 selector) private pure returns (uint64[] memory selectors) {
        selectors = new uint64[](1);
        selectors[0] = selector;
    }
}
