// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

import {IRMN} from "../../contracts/interfaces/IRMN.sol";
import {RiskNetwork} from "./fixtures/RiskNetwork.sol";

contract RMNUncurseTest is RiskNetwork {
    function setUp() public {
        deployRiskNetwork();
    }

    function curse(bytes16 subject) internal {
        vm.prank(guardian);
        rmn.curse(subject);
    }

    /* FAILURES */

    function test_only_guardian_and_owner_curse_alone() public {
        vm.expectRevert(abi.encodeWithSelector(IRMN.OnlyGuardianOrOwner.selector, stranger));
        vm.prank(stranger);
        rmn.curse(SOURCE_SUBJECT);
    }

    function test_the_guardian_never_lifts() public {
        curse(SOURCE_SUBJECT);
        bytes32 reviewed = rmn.votesHash(SOURCE_SUBJECT);

        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, guardian));
        vm.prank(guardian);
        rmn.uncurse(SOURCE_SUBJECT, reviewed);
    }

    function test_reverts_when_a_vote_arrived_after_the_review() public {
        curse(SOURCE_SUBJECT);
        bytes32 reviewed = rmn.votesHash(SOURCE_SUBJECT);
        voteToCurse(SOURCE_SUBJECT, 0);

        vm.expectRevert(
            abi.encodeWithSelector(IRMN.VotesChanged.selector, rmn.votesHash(SOURCE_SUBJECT), reviewed)
        );
        rmn.uncurse(SOURCE_SUBJECT, reviewed);
    }

    function test_reverts_when_the_subject_is_not_cursed() public {
        bytes32 none = rmn.votesHash(SOURCE_SUBJECT);

        vm.expectRevert(abi.encodeWithSelector(IRMN.SubjectNotCursed.selector, SOURCE_SUBJECT));
        rmn.uncurse(SOURCE_SUBJECT, none);
    }

    function test_lifting_one_subject_leaves_the_global_curse() public {
        curse(SOURCE_SUBJECT);
        curse(GLOBAL_SUBJECT);

        lift(SOURCE_SUBJECT);

        assertTrue(rmn.isCursed(SOURCE_SUBJECT));
        assertTrue(rmn.isCursed());
    }

    /* EFFECTS */

    function test_cursing_twice_is_one_curse() public {
        curse(SOURCE_SUBJECT);
        curse(SOURCE_SUBJECT);

        assertEq(rmn.getCursedSubjects().length, 1);
        lift(SOURCE_SUBJECT);
        assertFalse(rmn.isCursed(SOURCE_SUBJECT));
    }

    function test_the_owner_curses_as_well() public {
        vm.expectEmit(address(rmn));
        emit IRMN.Cursed(SOURCE_SUBJECT, address(this));
        rmn.curse(SOURCE_SUBJECT);

        assertEq(rmn.getCursedSubjects()[0], SOURCE_SUBJECT);
    }

    function testFuzz_lifting_raises_the_epoch_of_the_subject(bytes16 subject) public {
        curse(subject);

        vm.expectEmit(address(rmn));
        emit IRMN.Uncursed(subject, 1);
        lift(subject);

        assertFalse(rmn.isCursed(subject));
    }

    function test_the_epoch_is_the_sum_of_both() public {
        curse(SOURCE_SUBJECT);
        curse(GLOBAL_SUBJECT);
        lift(SOURCE_SUBJECT);
        lift(GLOBAL_SUBJECT);

        assertEq(rmn.epochOf(SOURCE_CHAIN), 2);
        assertEq(rmn.epochOf(DEST_CHAIN), 1);
    }

    /// @dev The path of every message in good times: one storage read answers.
    function test_one_storage_read_answers_when_nothing_is_cursed() public {
        vm.record();
        rmn.isCursed(SOURCE_SUBJECT);
        (bytes32[] memory reads,) = vm.accesses(address(rmn));
        assertEq(reads.length, 1);

        vm.record();
        rmn.isCursed();
        (reads,) = vm.accesses(address(rmn));
        assertEq(reads.length, 1);
    }
}
