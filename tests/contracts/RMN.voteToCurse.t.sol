// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {RMN} from "../../contracts/RMN.sol";
import {IRMN} from "../../contracts/interfaces/IRMN.sol";
import {RiskNetwork} from "./fixtures/RiskNetwork.sol";

contract RMNVoteToCurseTest is RiskNetwork {
    function setUp() public {
        deployRiskNetwork();
    }

    function signed(IRMN.CurseVote memory vote, uint256 key) internal view returns (IRMN.Signature memory) {
        return compact(key, rmn.curseDigest(vote));
    }

    /* FAILURES */

    function test_reverts_before_monitors_are_configured() public {
        RMN fresh = new RMN(guardian);
        IRMN.CurseVote memory vote = aCurseVote(SOURCE_SUBJECT, 0);
        IRMN.Signature memory signature = signed(vote, curseKeys[0]);

        vm.expectRevert(IRMN.ConfigNotSet.selector);
        fresh.voteToCurse(vote, signature);
    }

    function testFuzz_reverts_when_the_window_is_closed_or_too_long(uint64 validUntil) public {
        uint64 latest = uint64(block.timestamp + 10 minutes);
        vm.assume(validUntil < block.timestamp || validUntil > latest);
        IRMN.CurseVote memory vote = aCurseVote(SOURCE_SUBJECT, 0);
        vote.validUntil = validUntil;
        IRMN.Signature memory signature = signed(vote, curseKeys[0]);

        vm.expectRevert(abi.encodeWithSelector(IRMN.CurseVoteOutsideWindow.selector, validUntil, latest));
        rmn.voteToCurse(vote, signature);
    }

    function testFuzz_reverts_when_the_nonce_is_not_equal(uint64 nonce) public {
        vm.assume(nonce != 0);
        IRMN.CurseVote memory vote = aCurseVote(SOURCE_SUBJECT, 0);
        vote.nonce = nonce;
        IRMN.Signature memory signature = signed(vote, curseKeys[0]);

        vm.expectRevert(abi.encodeWithSelector(IRMN.WrongCurseNonce.selector, 0, nonce));
        rmn.voteToCurse(vote, signature);
    }

    function test_reverts_when_a_bless_key_or_a_stranger_votes() public {
        IRMN.CurseVote memory vote = aCurseVote(SOURCE_SUBJECT, 0);
        IRMN.Signature memory byBlesser = signed(vote, blessKeys[0]);
        vm.expectRevert(abi.encodeWithSelector(IRMN.NotAMonitor.selector, vm.addr(blessKeys[0])));
        rmn.voteToCurse(vote, byBlesser);

        IRMN.Signature memory byStranger = signed(vote, 77);
        vm.expectRevert(abi.encodeWithSelector(IRMN.NotAMonitor.selector, vm.addr(77)));
        rmn.voteToCurse(vote, byStranger);
    }

    function test_reverts_when_a_vote_is_replayed() public {
        IRMN.CurseVote memory vote = aCurseVote(SOURCE_SUBJECT, 0);
        IRMN.Signature memory signature = signed(vote, curseKeys[0]);
        rmn.voteToCurse(vote, signature);

        vm.expectRevert(abi.encodeWithSelector(IRMN.WrongCurseNonce.selector, 1, 0));
        rmn.voteToCurse(vote, signature);
    }

    function test_reverts_when_the_vote_was_signed_for_another_rmn() public {
        IRMN.CurseVote memory vote = aCurseVote(SOURCE_SUBJECT, 0);
        IRMN.Signature memory signature = signed(vote, curseKeys[0]);
        RMN other = new RMN(guardian);
        other.setMonitors(monitors(), BLESS_THRESHOLD, CURSE_THRESHOLD);

        vm.expectPartialRevert(IRMN.NotAMonitor.selector);
        other.voteToCurse(vote, signature);
    }

    function test_a_vote_that_was_retracted_before_it_was_relayed_is_void() public {
        IRMN.CurseVote memory vote = aCurseVote(SOURCE_SUBJECT, 0);
        IRMN.Signature memory signature = signed(vote, curseKeys[0]);
        vm.prank(vm.addr(curseKeys[0]));
        rmn.retractCurseVote(SOURCE_SUBJECT);

        vm.expectRevert(abi.encodeWithSelector(IRMN.WrongCurseNonce.selector, 1, 0));
        rmn.voteToCurse(vote, signature);
    }

    function test_only_a_curse_key_retracts() public {
        vm.expectRevert(abi.encodeWithSelector(IRMN.NotAMonitor.selector, stranger));
        vm.prank(stranger);
        rmn.retractCurseVote(SOURCE_SUBJECT);
    }

    /// @dev What was signed before the owner reviewed and lifted can't curse again afterwards.
    function test_a_vote_from_before_a_lift_is_void_after_it() public {
        voteToCurse(SOURCE_SUBJECT, 0);
        voteToCurse(SOURCE_SUBJECT, 1);
        IRMN.CurseVote memory late = aCurseVote(SOURCE_SUBJECT, 2);
        IRMN.Signature memory signature = signed(late, curseKeys[2]);
        lift(SOURCE_SUBJECT);

        vm.expectPartialRevert(IRMN.WrongCurseNonce.selector);
        rmn.voteToCurse(late, signature);
    }

    /* EFFECTS */

    function test_one_vote_stops_nothing() public {
        voteToCurse(SOURCE_SUBJECT, 0);

        assertFalse(rmn.isCursed(SOURCE_SUBJECT));
    }

    function test_one_monitor_stops_nothing_however_often_it_votes() public {
        for (uint256 i = 0; i < 5; ++i) {
            voteToCurse(SOURCE_SUBJECT, 0);
        }

        assertFalse(rmn.isCursed(SOURCE_SUBJECT));
    }

    function test_two_votes_relayed_by_a_stranger_stop_the_subject() public {
        IRMN.CurseVote memory vote = aCurseVote(SOURCE_SUBJECT, 3);
        IRMN.Signature memory signature = signed(vote, curseKeys[3]);
        voteToCurse(SOURCE_SUBJECT, 1);

        vm.expectEmit(address(rmn));
        emit IRMN.VotedToCurse(SOURCE_SUBJECT, vm.addr(curseKeys[3]), 0, vote.validUntil, vote.evidence);
        vm.expectEmit(address(rmn));
        emit IRMN.Cursed(SOURCE_SUBJECT, vm.addr(curseKeys[3]));
        vm.prank(stranger);
        rmn.voteToCurse(vote, signature);

        assertTrue(rmn.isCursed(SOURCE_SUBJECT));
        assertFalse(rmn.isCursed());
        assertFalse(rmn.isCursed(bytes16(uint128(DEST_CHAIN))));
    }

    function test_votes_on_different_subjects_do_not_add_up() public {
        voteToCurse(SOURCE_SUBJECT, 0);
        voteToCurse(GLOBAL_SUBJECT, 1);

        assertFalse(rmn.isCursed(SOURCE_SUBJECT));
    }

    function test_votes_on_everything_stop_every_subject() public {
        voteToCurse(GLOBAL_SUBJECT, 0);
        voteToCurse(GLOBAL_SUBJECT, 1);

        assertTrue(rmn.isCursed());
        assertTrue(rmn.isCursed(SOURCE_SUBJECT));
    }

    function testFuzz_votes_count_together_only_while_both_windows_are_open(uint32 wait) public {
        voteToCurse(SOURCE_SUBJECT, 0);
        wait = uint32(bound(wait, 0, 20 minutes));
        skip(wait);

        voteToCurse(SOURCE_SUBJECT, 1);

        assertEq(rmn.isCursed(SOURCE_SUBJECT), wait <= 10 minutes);
    }

    function test_a_retracted_vote_does_not_count() public {
        voteToCurse(SOURCE_SUBJECT, 0);
        vm.expectEmit(address(rmn));
        emit IRMN.CurseVoteRetracted(SOURCE_SUBJECT, vm.addr(curseKeys[0]), 2);
        vm.prank(vm.addr(curseKeys[0]));
        rmn.retractCurseVote(SOURCE_SUBJECT);

        voteToCurse(SOURCE_SUBJECT, 1);

        assertFalse(rmn.isCursed(SOURCE_SUBJECT));
    }

    function test_a_vote_of_a_monitor_that_was_replaced_does_not_count() public {
        voteToCurse(SOURCE_SUBJECT, 0);
        IRMN.Monitor[] memory set = monitors();
        set[0].curseKey = makeAddr("another curser");
        rmn.setMonitors(set, BLESS_THRESHOLD, CURSE_THRESHOLD);

        voteToCurse(SOURCE_SUBJECT, 1);

        assertFalse(rmn.isCursed(SOURCE_SUBJECT));
    }

    function test_votes_from_before_a_lift_do_not_count_after_it() public {
        voteToCurse(SOURCE_SUBJECT, 0);
        voteToCurse(SOURCE_SUBJECT, 1);
        lift(SOURCE_SUBJECT);

        voteToCurse(SOURCE_SUBJECT, 2);

        assertFalse(rmn.isCursed(SOURCE_SUBJECT));
    }

    function test_a_vote_on_what_is_cursed_is_kept_as_evidence() public {
        voteToCurse(SOURCE_SUBJECT, 0);
        voteToCurse(SOURCE_SUBJECT, 1);
        bytes32 before = rmn.votesHash(SOURCE_SUBJECT);

        voteToCurse(SOURCE_SUBJECT, 2);

        assertNotEq(rmn.votesHash(SOURCE_SUBJECT), before);
    }
}
