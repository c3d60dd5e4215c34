// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {RateLimiter} from "../../../contracts/libraries/RateLimiter.sol";
import {BurnMintERC20} from "../../../contracts/tokens/BurnMintERC20.sol";
import {MessageExecutionState} from "../../../contracts/types/Message.sol";
import {Privileges} from "./Privileges.sol";
import {Test} from "forge-std/Test.sol";

/// @notice The handlers' ledger against the contracts. One part per property, named after it.
contract Bookkeeper is Privileges {
    function check() external {
        for (uint256 l = 0; l < 2; ++l) {
            _S2_success_is_once_and_for_ever(l);
            _S7_intervals_follow_each_other(l);
            _S8_a_root_is_what_was_sent(l);
            _S9_attempts_follow_the_nonces(l);
            _S13_blessed_is_what_a_quorum_blessed(l);
            _S17_fees_are_all_accounted_for(l);
        }
        _S1_value_is_conserved();
        for (uint256 i = 0; i < 2; ++i) {
            uint64 chain = i == 0 ? HERE : THERE;
            _S10_limiters_hold_what_they_should(chain);
            _S19_curses_end_by_lifts_only(chain);
            _S20_nothing_is_left_on_the_way(chain);
        }
        _found_on_the_way();
    }

    /// @dev Minted: supply and what is on its way are constant. Locked: the pools hold what entered less what left.
    // INV-POOL-2, INV-LANES-1
    function _S1_value_is_conserved() private view {
        (Side storage here, Side storage there) = (chains[HERE], chains[THERE]);
        uint256 onTheWay = left[0][Cargo.MINTED] + left[1][Cargo.MINTED] - arrived[0][Cargo.MINTED]
            - arrived[1][Cargo.MINTED];
        uint256 supply = here.minted.totalSupply() + there.minted.totalSupply();
        assertEq(supply + onTheWay, 8 * 1_000_000e18, "S1: minted");
        _locked(here, liquidity[HERE], left[0][Cargo.LOCKED], arrived[1][Cargo.LOCKED]);
        _locked(there, liquidity[THERE], left[1][Cargo.LOCKED], arrived[0][Cargo.LOCKED]);
        assertLe(arrived[0][Cargo.LOCKED] * 1e12, left[0][Cargo.LOCKED], "S1: more arrived than left");
    }

    function _locked(Side storage side, int256 provided, uint256 locked, uint256 released) private view {
        uint256 held = side.locked.balanceOf(address(side.lockPool));
        assertEq(int256(held), provided + int256(locked) - int256(released), "S1: locked");
    }

    // INV-EXEC-2, INV-EXEC-3, INV-LANES-2
    function _S2_success_is_once_and_for_ever(uint256 l) private view {
        for (uint64 number = 1; number <= sent[l].length; ++number) {
            uint256 times = successes[l][number];
            assertLe(times, 1, "S2: more than once");
            MessageExecutionState state = lanes[l].offRamp.getExecutionState(number);
            if (times == 1) {
                assertEq(uint8(state), uint8(MessageExecutionState.SUCCESS), "S2: not terminal");
            } else if (failures[l][number] != 0) {
                assertEq(uint8(state), uint8(MessageExecutionState.FAILURE), "S11");
            } else {
                assertEq(uint8(state), uint8(MessageExecutionState.UNTOUCHED), "S11: decided without a word");
            }
        }
    }

    // INV-COMMIT-5
    function _S7_intervals_follow_each_other(uint256 l) private view {
        uint64 next = 1;
        for (uint256 i = 0; i < roots[l].length; ++i) {
            (uint64 committedAt, uint64 min, uint64 max) = lanes[l].commitStore.commitments(roots[l][i].root);
            assertNotEq(committedAt, 0, "S7: lost a root");
            assertEq(min, next, "S7: gap");
            assertEq(max, roots[l][i].last, "S7: end");
            next = max + 1;
        }
        assertEq(lanes[l].commitStore.getExpectedNextSequenceNumber(), next, "S7: next");
    }

    /// @dev A lie may be committed; blessed, and so executed, it is never.
    // INV-LANES-3
    function _S8_a_root_is_what_was_sent(uint256 l) private view {
        for (uint256 i = 0; i < roots[l].length; ++i) {
            Root memory root = roots[l][i];
            if (root.lie.length == 0) assertEq(root.root, rootOf(messagesOf(l, root)), "S8");
            else assertFalse(lanes[l].commitStore.isBlessed(root.root), "S8: a lie is blessed");
        }
    }

    // INV-EXEC-5, INV-SEND-1, INV-LANES-4
    function _S9_attempts_follow_the_nonces(uint256 l) private view {
        for (uint256 i = 0; i < SENDERS; ++i) {
            uint64 there = lanes[l].offRamp.getSenderNonce(senders[i]);
            assertEq(there, inboundNonces[l][senders[i]], "S9: inbound");
            assertEq(
                lanes[l].onRamp.getSenderNonce(senders[i]), outboundNonces[l][senders[i]], "S9: outbound"
            );
            assertLe(there, outboundNonces[l][senders[i]], "S9: ahead of the sender");
        }
    }

    // INV-POOL-3, INV-LANES-5
    function _S10_limiters_hold_what_they_should(uint64 chain) private view {
        Side storage side = chains[chain];
        uint64 remote = chain == HERE ? THERE : HERE;
        _limiter(
            side.mintPool.getCurrentOutboundRateLimiterState(remote), buckets[address(side.mintPool)][false]
        );
        _limiter(
            side.mintPool.getCurrentInboundRateLimiterState(remote), buckets[address(side.mintPool)][true]
        );
        _limiter(
            side.lockPool.getCurrentOutboundRateLimiterState(remote), buckets[address(side.lockPool)][false]
        );
        _limiter(
            side.lockPool.getCurrentInboundRateLimiterState(remote), buckets[address(side.lockPool)][true]
        );
    }

    function _limiter(RateLimiter.TokenBucket memory real, Bucket memory model) private view {
        uint256 level = model.level + (block.timestamp - model.updated) * model.rate;
        assertEq(real.tokens, level < model.capacity ? level : model.capacity, "S10: level");
        assertLe(real.tokens, real.capacity, "S10: over the brim");
        uint256 most = model.capacity + model.rate * (block.timestamp - model.since);
        assertLe(model.passed, most, "S10: too much passed");
    }

    /// @dev S5 and S13: the contract's word for "blessed" is the ledger's count of distinct current monitors.
    // INV-LANES-7
    function _S13_blessed_is_what_a_quorum_blessed(uint256 l) private view {
        for (uint256 i = 0; i < roots[l].length; ++i) {
            bool enough = blessedEnough[tagOf(l, roots[l][i])];
            assertEq(lanes[l].commitStore.isBlessed(roots[l][i].root), enough, "S13");
        }
        assertEq(lanes[l].commitStore.quorum(), 2 * uint256(F) + 1, "S13: quorum");
    }

    // INV-FEE-3, INV-LANES-8
    function _S17_fees_are_all_accounted_for(uint256 l) private view {
        Side storage side = chains[lanes[l].source];
        _fees(l, side.link);
        _fees(l, BurnMintERC20(address(side.weth)));
    }

    function _fees(uint256 l, BurnMintERC20 token) private view {
        uint256 held = token.balanceOf(address(lanes[l].onRamp));
        assertEq(held + feesMoved[l][address(token)], feesTaken[l][address(token)], "S17");
    }

    // INV-CURSE-4, INV-LANES-9
    function _S19_curses_end_by_lifts_only(uint64 chain) private view {
        uint64 remote = chain == HERE ? THERE : HERE;
        assertEq(chains[chain].rmn.isCursed(), cursed[chain][GLOBAL], "S19: global");
        assertEq(chains[chain].rmn.isCursed(subjectOf(remote)), isStopped(chain, remote), "S19: subject");
        uint64 epoch = lifts[chain][GLOBAL] + lifts[chain][subjectOf(remote)];
        assertEq(chains[chain].rmn.epochOf(remote), epoch, "S19: epoch");
    }

    // INV-TOKEN-4, INV-SEND-5
    function _S20_nothing_is_left_on_the_way(uint64 chain) private view {
        Side storage side = chains[chain];
        (Lane storage leaving, Lane storage arriving) =
            chain == HERE ? (lanes[0], lanes[1]) : (lanes[1], lanes[0]);
        address[3] memory passed =
            [address(leaving.onRamp), address(arriving.offRamp), address(arriving.commitStore)];
        for (uint256 i = 0; i < 3; ++i) {
            assertEq(side.minted.balanceOf(passed[i]) + side.locked.balanceOf(passed[i]), 0, "S20");
            assertEq(passed[i].balance, 0, "S20: native");
        }
        assertEq(address(side.router).balance, 0, "S20: native in the Router");
        assertEq(side.link.balanceOf(address(side.router)), 0, "S20: fees in the Router");
    }

    /// @dev S3 to S6, S11, S12, S18 and S22 are seen when they happen, by the handler that made it happen.
    // INV-LANES-6
    function _found_on_the_way() private view {
        string[15] memory ids = [
            "S2", "S3", "S4", "S5", "S6", "S7", "S9", "S10", "S11", "S12", "S13", "S17", "S18", "S19", "S22"
        ];
        for (uint256 i = 0; i < ids.length; ++i) {
            assertEq(broken[ids[i]], "", ids[i]);
        }
    }
}

/// @notice Two chains, everybody at once, in any order.
/// forge-config: default.invariant.runs = 12
/// forge-config: default.invariant.depth = 60
/// forge-config: default.invariant.fail-on-revert = true
/// forge-config: deep.invariant.runs = 10000
/// forge-config: deep.invariant.depth = 16
/// forge-config: deep.invariant.fail-on-revert = true
contract LanesInvariantTest is Test {
    Bookkeeper private _world;

    function setUp() public {
        _world = new Bookkeeper();
        _world.setUp();
        targetContract(address(_world));
        bytes4[] memory handlers = _handlers();
        targetSelector(FuzzSelector(address(_world), handlers));
    }

    function invariant_S1_to_S13_S17_to_S20_and_S22_hold() public {
        _world.check();
    }

    /// @dev Handlers that only ever bounce would make all of the above true.
    function test_the_handlers_get_somewhere() public {
        bytes4[] memory handlers = _handlers();
        for (uint256 i = 0; i < 900; ++i) {
            uint256 seed = uint256(keccak256(abi.encode("walk", i)));
            (bool done,) =
                address(_world).call(abi.encodeWithSelector(handlers[seed % handlers.length], seed));
            assertTrue(done, "a handler reverted");
            if (i % 50 == 0) _world.check();
        }
        _world.check();
        string[17] memory all = [
            "sent",
            "send refused",
            "committed",
            "committed a lie",
            "transmit refused",
            "blessed",
            "voted to bless",
            "bless refused",
            "succeeded",
            "succeeded later",
            "failed",
            "delivered a token",
            "execution refused",
            "cursed by the guardian",
            "lifted",
            "removed a root",
            "usurped nothing"
        ];
        for (uint256 i = 0; i < all.length; ++i) {
            assertGt(_world.count(all[i]), 0, all[i]);
        }
    }

    /// @dev Travelling and lifting several times, as most of the rest stops something.
    function _handlers() private view returns (bytes4[] memory list) {
        list = new bytes4[](30);
        for (uint256 i = 0; i < 4; ++i) {
            list[i] = _world.travel.selector;
        }
        (list[4], list[5], list[6]) = (_world.send.selector, _world.commit.selector, _world.bless.selector);
        (list[7], list[8], list[9]) =
        (_world.execute.selector, _world.execute.selector, _world.bless.selector);
        (list[10], list[11]) = (_world.commitBadly.selector, _world.replaySignatures.selector);
        (list[12], list[13]) = (_world.vote.selector, _world.curseByGuardian.selector);
        (list[14], list[15]) = (_world.liftCurse.selector, _world.liftCurse.selector);
        (list[16], list[17]) = (_world.rotateCommitters.selector, _world.rotateMonitors.selector);
        (list[18], list[19]) = (_world.removeRoot.selector, _world.pauseOrGoOn.selector);
        (list[20], list[21]) = (_world.limitPool.selector, _world.forgetRemotePool.selector);
        (list[26], list[27]) = (_world.retry.selector, _world.retry.selector);
        (list[24], list[25]) = (_world.mendReceiver.selector, _world.withdrawFees.selector);
        (list[28], list[29]) = (_world.usurp.selector, _world.usurp.selector);
        (list[22], list[23]) = (_world.moveLiquidity.selector, _world.wait.selector);
    }
}
