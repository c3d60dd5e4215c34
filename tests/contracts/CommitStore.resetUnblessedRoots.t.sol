// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

import {ICommitStore} from "../../contracts/interfaces/ICommitStore.sol";
import {IOCRVerifier} from "../../contracts/interfaces/IOCRVerifier.sol";
import {DestinationChain} from "./fixtures/DestinationChain.sol";

contract CommitStoreResetUnblessedRootsTest is DestinationChain {
    bytes32 internal constant FIRST = keccak256("first");
    bytes32 internal constant SECOND = keccak256("second");
    bytes32 internal constant THIRD = keccak256("third");

    function setUp() public override {
        super.setUp();
        transmit(rootReport(FIRST, 1, 10));
        transmit(rootReport(SECOND, 11, 11));
        transmit(rootReport(THIRD, 12, 30));
    }

    function roots(bytes32 a, bytes32 b) internal pure returns (bytes32[] memory list) {
        list = new bytes32[](2);
        (list[0], list[1]) = (a, b);
    }

    function send(bytes memory report, bytes32[3] memory signedFor, Signatures memory s) internal {
        vm.prank(vm.addr(committerKeys[0]));
        commitStore.transmit(signedFor, report, s.rs, s.ss, s.rawVs);
    }

    function root(bytes32 a) internal pure returns (bytes32[] memory list) {
        list = new bytes32[](1);
        list[0] = a;
    }

    /* FAILURES */

    function test_reverts_for_anybody_but_the_owner() public {
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger));
        vm.prank(stranger);
        commitStore.resetUnblessedRoots(root(THIRD));
    }

    function test_reverts_unless_the_newest_comes_first() public {
        vm.expectRevert(abi.encodeWithSelector(ICommitStore.NotTheNewestRoot.selector, SECOND, 11, 31));
        commitStore.resetUnblessedRoots(roots(SECOND, THIRD));
    }

    function test_reverts_when_the_root_is_unknown() public {
        bytes32 unknown = keccak256("unknown");

        vm.expectRevert(abi.encodeWithSelector(ICommitStore.NotTheNewestRoot.selector, unknown, 0, 31));
        commitStore.resetUnblessedRoots(root(unknown));
    }

    function test_reverts_when_a_root_is_named_twice() public {
        vm.expectRevert(abi.encodeWithSelector(ICommitStore.NotTheNewestRoot.selector, THIRD, 0, 12));
        commitStore.resetUnblessedRoots(roots(THIRD, THIRD));
    }

    function test_reverts_when_the_root_is_blessed() public {
        bless(THIRD);

        vm.expectRevert(abi.encodeWithSelector(ICommitStore.RootIsBlessed.selector, THIRD));
        commitStore.resetUnblessedRoots(root(THIRD));
    }

    function test_a_blessed_root_shields_the_older_ones() public {
        bless(THIRD);

        vm.expectRevert(abi.encodeWithSelector(ICommitStore.NotTheNewestRoot.selector, SECOND, 11, 31));
        commitStore.resetUnblessedRoots(root(SECOND));
    }

    /* EFFECTS */

    function test_removes_the_newest_roots_and_gives_their_numbers_back() public {
        vm.expectEmit(address(commitStore));
        emit ICommitStore.RootRemoved(THIRD);
        vm.expectEmit(address(commitStore));
        emit ICommitStore.RootRemoved(SECOND);
        vm.expectEmit(address(commitStore));
        emit ICommitStore.SequenceNumberSet(31, 11);
        commitStore.resetUnblessedRoots(roots(THIRD, SECOND));

        assertEq(commitStore.getExpectedNextSequenceNumber(), 11);
        assertEq(commitStore.getMerkleRoot(THIRD), 0);
        assertEq(commitStore.getMerkleRoot(SECOND), 0);
        assertGt(commitStore.getMerkleRoot(FIRST), 0);
    }

    function test_the_numbers_can_be_committed_again_even_under_a_removed_root() public {
        commitStore.resetUnblessedRoots(root(THIRD));

        transmit(rootReport(THIRD, 12, 20));

        assertEq(commitStore.getExpectedNextSequenceNumber(), 21);
    }

    /// @dev The signatures under a removed root stay good: a transmitter alone could land it again. Renewing the
    /// configuration before the lift voids them.
    function test_a_removed_root_s_report_is_void_once_the_signers_are_configured_anew() public {
        bytes memory report = abi.encode(rootReport(THIRD, 12, 30));
        Signatures memory signatures = sign(report, context(), 2 * F + 1);
        bytes32[3] memory signedFor = context();
        commitStore.resetUnblessedRoots(root(THIRD));
        uint256 removed = vm.snapshotState();

        send(report, signedFor, signatures);
        assertGt(commitStore.getMerkleRoot(THIRD), 0);

        vm.revertToState(removed);
        configure(commitStore);
        vm.expectPartialRevert(IOCRVerifier.ConfigDigestMismatch.selector);
        send(report, signedFor, signatures);
    }

    function test_works_while_paused_and_cursed() public {
        commitStore.pause();
        vm.prank(guardian);
        rmn.curse(SOURCE_SUBJECT);

        commitStore.resetUnblessedRoots(root(THIRD));

        assertEq(commitStore.getExpectedNextSequenceNumber(), 12);
    }
}
