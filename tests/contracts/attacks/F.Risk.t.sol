// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {RMN} from "../../../contracts/RMN.sol";
import {IOffRamp} from "../../../contracts/interfaces/IOffRamp.sol";
import {IRMN} from "../../../contracts/interfaces/IRMN.sol";
import {IRouter} from "../../../contracts/interfaces/IRouter.sol";
import {CurseCheck} from "../../../contracts/libraries/CurseCheck.sol";
import {Client} from "../../../contracts/types/Client.sol";
import {EVM2EVMMessage} from "../../../contracts/types/Message.sol";
import {Pool} from "../../../contracts/types/Pool.sol";
import {ExecutionReport} from "../../../contracts/types/Report.sol";
import {TwoChains} from "../fixtures/TwoChains.sol";
import {AnsweringRMN, RevertingRMN} from "../mocks/BrokenRiskNetworks.sol";

/// @notice Group F: blessings and curses.
/// forge-config: default.fuzz.runs = 48
/// forge-config: deep.fuzz.runs = 10000
contract RiskAttacksTest is TwoChains {
    // INV-EXEC-1
    function test_F1_what_is_not_blessed_is_not_executed_on_any_path() public {
        EVM2EVMMessage[] memory messages = single(send(out, aMessage(out)));
        bytes32 root = commit(out, messages);
        IRMN.Blessing memory blessing = statementOn(out, root);
        IRMN.Signature[] memory tooFew = votes(THERE, blessing, BLESS_THRESHOLD - 1);
        chains[THERE].rmn.bless(blessing, tooFew);
        ExecutionReport memory report = wholeReport(messages);
        vm.warp(block.timestamp + 365 days);

        vm.expectRevert(IOffRamp.RootNotCommitted.selector);
        execute(out, report);
        vm.expectRevert(IOffRamp.RootNotCommitted.selector);
        executeByHand(out, report);
        assertUntouched(out, 1);
    }

    // INV-EXEC-1
    function test_F2_a_blessing_of_what_was_never_committed_opens_nothing() public {
        EVM2EVMMessage[] memory messages = single(send(out, aMessage(out)));
        IRMN.Blessing memory blessing =
            IRMN.Blessing(address(out.commitStore), HERE, address(out.onRamp), 1, 1, rootOf(messages), 0);
        IRMN.Signature[] memory signatures = votes(THERE, blessing, BLESS_THRESHOLD);
        chains[THERE].rmn.bless(blessing, signatures);
        ExecutionReport memory report = wholeReport(messages);

        assertFalse(out.commitStore.isBlessed(rootOf(messages)));
        vm.expectRevert(IOffRamp.RootNotCommitted.selector);
        execute(out, report);
        vm.expectRevert(IOffRamp.RootNotCommitted.selector);
        executeByHand(out, report);
    }

    // INV-BLESS-2
    /// @dev The monitors' keys are the same on both chains; a statement that differs in any word is another one.
    function testFuzz_F3_a_blessing_is_for_one_statement_in_one_place(uint8 field) public {
        bytes32 root = commit(out, single(send(out, aMessage(out))));
        IRMN.Blessing memory blessing = statementOn(out, root);
        IRMN.Signature[] memory signatures = votes(THERE, blessing, BLESS_THRESHOLD);
        bytes32 digest = chains[THERE].rmn.blessingDigest(blessing);
        assertNotEq(enter(HERE).rmn.blessingDigest(blessing), digest);
        vm.expectRevert();
        chains[HERE].rmn.bless(blessing, signatures);

        enter(THERE);
        chains[THERE].rmn.bless(blessing, signatures);
        assertTrue(out.commitStore.isBlessed(root));
        field = field % 6;
        if (field == 0) blessing.commitStore = address(back.commitStore);
        if (field == 1) blessing.sourceChainSelector = ELSEWHERE;
        if (field == 2) blessing.onRamp = address(back.onRamp);
        if (field == 3) ++blessing.last;
        if (field == 4) ++blessing.first;
        if (field == 4) ++blessing.last;
        if (field == 5) blessing.root = "another";
        vm.expectRevert();
        chains[THERE].rmn.bless(blessing, signatures);
        assertFalse(
            chains[THERE].rmn
                .isRootBlessed(
                    blessing.commitStore,
                    blessing.sourceChainSelector,
                    blessing.onRamp,
                    blessing.first,
                    blessing.last,
                    blessing.root
                )
        );
    }

    // INV-BLESS-1
    function test_F4_a_monitor_counts_once_and_only_while_it_is_one() public {
        bytes32 root = commit(out, single(send(out, aMessage(out))));
        IRMN.Blessing memory blessing = statementOn(out, root);
        IRMN.Signature[] memory thrice = votes(THERE, blessing, BLESS_THRESHOLD);
        RMN rmn = chains[THERE].rmn;
        thrice[1] = thrice[0];
        thrice[2] = thrice[0];
        rmn.bless(blessing, thrice);
        assertFalse(out.commitStore.isBlessed(root));

        IRMN.Monitor[] memory fewer = new IRMN.Monitor[](3);
        for (uint256 i = 0; i < 3; ++i) {
            fewer[i] = monitors()[i];
        }
        rmn.setMonitors(fewer, 3, 2);
        IRMN.Signature[] memory gone = new IRMN.Signature[](1);
        gone[0] = compact(blessKeys[3], rmn.blessingDigest(blessing));
        vm.expectRevert(abi.encodeWithSelector(IRMN.NotAMonitor.selector, vm.addr(blessKeys[3])));
        rmn.bless(blessing, gone);
    }

    // INV-BLESS-3
    function test_F5_a_new_configuration_voids_votes_and_keeps_blessings() public {
        bytes32 done = commit(out, single(send(out, aMessage(out))));
        bless(out, done);
        bytes32 open = commit(out, single(send(out, aMessage(out))));
        IRMN.Blessing memory blessing = statementOn(out, open);
        IRMN.Signature[] memory two = votes(THERE, blessing, 2);
        IRMN.Signature[] memory three = votes(THERE, blessing, 3);
        RMN rmn = chains[THERE].rmn;
        rmn.bless(blessing, two);
        rmn.setMonitors(monitors(), BLESS_THRESHOLD, CURSE_THRESHOLD);

        vm.expectRevert();
        rmn.bless(blessing, three); // signed for the old configuration
        IRMN.Signature[] memory last = new IRMN.Signature[](1);
        last[0] = compact(blessKeys[2], rmn.blessingDigest(blessing));
        rmn.bless(blessing, last);
        assertFalse(out.commitStore.isBlessed(open));
        assertTrue(out.commitStore.isBlessed(done));
        two[0] = compact(blessKeys[0], rmn.blessingDigest(blessing));
        two[1] = compact(blessKeys[1], rmn.blessingDigest(blessing));
        rmn.bless(blessing, two);
        assertTrue(out.commitStore.isBlessed(open));
    }

    // INV-CURSE-5
    /// @dev A third chain's messages go on while one source is cursed.
    function test_F6_a_curse_on_the_way_stops_its_source_and_no_other() public {
        deployChain(ELSEWHERE, ELSEWHERE_ID, 18);
        Lane memory healthy = openLane(ELSEWHERE, THERE, address(0), address(0));
        ExecutionReport memory report = deliver(out, send(out, aMessage(out)));
        ExecutionReport memory other = deliver(healthy, send(healthy, aMessage(healthy)));
        vm.warp(block.timestamp + WINDOW + 1);

        curse(THERE, subjectOf(HERE));

        vm.expectRevert(CurseCheck.CursedByRMN.selector);
        execute(out, report);
        vm.expectRevert(CurseCheck.CursedByRMN.selector);
        executeByHand(out, report);
        execute(healthy, other);
        assertUntouched(out, 1);
        assertExecuted(healthy, 1);
    }

    // INV-COMMIT-9, INV-BLESS-5
    function test_F7_a_global_curse_stops_everything_on_its_chain() public {
        ExecutionReport memory arriving = deliver(out, send(out, aMessage(out)));
        bytes32 unblessed = commit(out, single(send(out, aMessage(out))));
        IRMN.Blessing memory blessing = statementOn(out, unblessed);
        IRMN.Signature[] memory signatures = votes(THERE, blessing, BLESS_THRESHOLD);
        bytes memory next = abi.encode(rootReport("next", 3, 3));
        bytes32[3] memory context = contextOf(out);
        Signatures memory signed = sign(next, context, quorumKeys());
        Client.EVM2AnyMessage memory leaving = aMessage(back);
        curse(THERE, GLOBAL);
        Side storage there = chains[THERE];

        vm.expectRevert(CurseCheck.CursedByRMN.selector);
        transmitSigned(out, next, context, signed);
        vm.expectRevert(abi.encodeWithSelector(IRMN.SubjectIsCursed.selector, subjectOf(HERE)));
        there.rmn.bless(blessing, signatures);
        vm.expectRevert(CurseCheck.CursedByRMN.selector);
        execute(out, arriving);
        vm.expectRevert(IRouter.BadARMSignal.selector);
        vm.prank(sender);
        there.router.ccipSend(HERE, leaving);
        vm.expectRevert(CurseCheck.CursedByRMN.selector);
        vm.prank(address(back.onRamp));
        there.mintPool.lockOrBurn(Pool.LockOrBurnInV1("", HERE, sender, 1, address(there.minted)));
        vm.expectRevert(CurseCheck.CursedByRMN.selector);
        vm.prank(address(out.offRamp));
        there.mintPool
            .releaseOrMint(
                Pool.ReleaseOrMintInV1(
                    "", HERE, stranger, 1, address(there.minted), abi.encode(chains[HERE].mintPool), "", ""
                )
            );
    }

    // INV-CURSE-1, INV-CURSE-2, INV-CURSE-3
    function testFuzz_F8_false_alarms_of_f_monitors_stop_nothing(uint8 monitor, uint8 repeats) public {
        monitor = monitor % uint8(ORACLES);
        for (uint256 i = 0; i < 1 + repeats % 5; ++i) {
            voteToCurse(THERE, GLOBAL, monitor);
            voteToCurse(THERE, subjectOf(HERE), monitor);
        }

        assertFalse(chains[THERE].rmn.isCursed());
        execute(out, deliver(out, send(out, aMessage(out))));
        assertExecuted(out, 1);
    }

    // INV-CURSE-4
    function test_F9_f_plus_1_monitors_curse_with_the_last_vote_and_only_the_owner_lifts() public {
        RMN rmn = chains[THERE].rmn;
        voteToCurse(THERE, subjectOf(HERE), 0);
        assertFalse(rmn.isCursed(subjectOf(HERE)));
        voteToCurse(THERE, subjectOf(HERE), 2);
        assertTrue(rmn.isCursed(subjectOf(HERE)));

        bytes32 seen = rmn.votesHash(subjectOf(HERE));
        address[3] memory others = [guardian, stranger, vm.addr(curseKeys[0])];
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert();
            vm.prank(others[i]);
            rmn.uncurse(subjectOf(HERE), seen);
        }
        vm.prank(vm.addr(curseKeys[0]));
        rmn.retractCurseVote(subjectOf(HERE));
        assertTrue(rmn.isCursed(subjectOf(HERE)));
        rmn.uncurse(subjectOf(HERE), seen);
        assertFalse(rmn.isCursed(subjectOf(HERE)));
    }

    // INV-CURSE-4
    function test_F10_a_lift_that_did_not_see_the_newest_vote_fails() public {
        RMN rmn = chains[THERE].rmn;
        voteToCurse(THERE, GLOBAL, 0);
        voteToCurse(THERE, GLOBAL, 1);
        bytes32 seen = rmn.votesHash(GLOBAL);
        voteToCurse(THERE, GLOBAL, 2);

        bytes32 current = rmn.votesHash(GLOBAL);
        vm.expectRevert(abi.encodeWithSelector(IRMN.VotesChanged.selector, current, seen));
        rmn.uncurse(GLOBAL, seen);
        assertTrue(rmn.isCursed());
        rmn.uncurse(GLOBAL, current);
        assertFalse(rmn.isCursed());
    }

    // INV-BLESS-4
    function test_F11_after_a_lift_everything_waiting_is_blessed_again() public {
        EVM2EVMMessage[] memory messages = single(send(out, aMessage(out)));
        ExecutionReport memory report = deliver(out, messages);
        IRMN.Blessing memory before = statementOn(out, rootOf(messages));
        IRMN.Signature[] memory hoarded = votes(THERE, before, BLESS_THRESHOLD);
        RMN rmn = chains[THERE].rmn;
        curse(THERE, subjectOf(HERE));
        lift(THERE, subjectOf(HERE));

        vm.expectRevert(IOffRamp.RootNotCommitted.selector);
        execute(out, report);
        vm.expectRevert(abi.encodeWithSelector(IRMN.WrongEpoch.selector, 1, 0));
        rmn.bless(before, hoarded);
        before.epoch = 1;
        vm.expectRevert();
        rmn.bless(before, hoarded);
        bless(out, rootOf(messages));
        execute(out, report);
        assertExecuted(out, 1);
    }

    function test_F12_without_monitors_commits_go_on_and_executions_wait() public {
        EVM2EVMMessage[] memory first = single(send(out, aMessage(out)));
        EVM2EVMMessage[] memory second = single(send(out, aMessage(out)));
        commit(out, first);
        commit(out, second);
        ExecutionReport memory report = wholeReport(first);
        vm.warp(block.timestamp + 30 days);

        vm.expectRevert(IOffRamp.RootNotCommitted.selector);
        executeByHand(out, report);
        assertEq(out.commitStore.getExpectedNextSequenceNumber(), 3);
        bless(out, rootOf(first));
        executeByHand(out, report);
        assertExecuted(out, 1);
    }

    // INV-CURSE-5, INV-POOL-4
    /// @dev Behind the proxy is a contract that reverts, answers too much or too little, or is gone.
    function testFuzz_F14_an_rmn_that_does_not_answer_cleanly_is_a_curse(uint8 kind, bytes memory answer)
        public
    {
        ExecutionReport memory report = deliver(out, send(out, aMessage(out)));
        Client.EVM2AnyMessage memory leaving = aMessage(back);
        Side storage there = enter(THERE);
        vm.assume(answer.length != 32 || bytes32(answer) != 0);
        vm.expectRevert();
        there.proxy.setARM(makeAddr("no code"));

        address broken = kind % 2 == 0 ? address(new RevertingRMN()) : address(new AnsweringRMN(answer));
        there.proxy.setARM(broken);
        if (kind % 3 == 0) vm.etch(broken, "");

        vm.expectRevert(CurseCheck.CursedByRMN.selector);
        execute(out, report);
        vm.expectRevert(IRouter.BadARMSignal.selector);
        vm.prank(sender);
        there.router.ccipSend(HERE, leaving);
        vm.expectRevert(CurseCheck.CursedByRMN.selector);
        vm.prank(address(back.onRamp));
        there.mintPool.lockOrBurn(Pool.LockOrBurnInV1("", HERE, sender, 1, address(there.minted)));
        assertFalse(out.commitStore.isUnpausedAndNotCursed());
    }
}
