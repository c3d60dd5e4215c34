// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ICommitStore} from "../../contracts/interfaces/ICommitStore.sol";
import {MerkleMultiProof} from "../../contracts/libraries/MerkleMultiProof.sol";
import {DestinationChain} from "./fixtures/DestinationChain.sol";
import {MerkleTree} from "./fixtures/MerkleTree.sol";

contract CommitStoreVerifyTest is DestinationChain {
    bytes32[] internal leaves;
    bytes32[] internal none;
    bytes32 internal root;

    function setUp() public override {
        super.setUp();
        leaves = new bytes32[](2);
        (leaves[0], leaves[1]) = (keccak256("a"), keccak256("b"));
        root = MerkleTree.root(leaves);
    }

    function committed() internal {
        transmit(rootReport(root, 1, 2));
    }

    /* FAILURES */

    function test_reverts_while_paused() public {
        committed();
        bless(root);
        commitStore.pause();

        vm.expectRevert(ICommitStore.PausedError.selector);
        commitStore.verify(leaves, none, 1);
    }

    function test_reverts_on_a_proof_that_is_not_canonical() public {
        vm.expectRevert(MerkleMultiProof.InvalidProof.selector);
        commitStore.verify(leaves, none, 3);
    }

    function test_is_zero_when_the_root_is_not_committed() public view {
        assertEq(commitStore.verify(leaves, none, 1), 0);
    }

    function test_is_zero_until_the_root_is_blessed() public {
        committed();

        assertEq(commitStore.verify(leaves, none, 1), 0);
        assertFalse(commitStore.isBlessed(root));
        assertEq(commitStore.getMerkleRoot(root), block.timestamp);
    }

    function test_is_zero_again_once_a_curse_was_lifted() public {
        committed();
        bless(root);
        vm.prank(guardian);
        rmn.curse(SOURCE_SUBJECT);
        lift(SOURCE_SUBJECT);

        assertEq(commitStore.verify(leaves, none, 1), 0);
    }

    function test_reverts_when_the_rmn_does_not_answer() public {
        committed();
        bless(root);
        vm.etch(address(rmn), "");

        vm.expectRevert();
        commitStore.verify(leaves, none, 1);
    }

    /// @dev The blessing names the interval: one over the same root at other numbers is worth nothing here.
    function test_a_blessing_of_another_interval_is_not_this_roots() public {
        committed();
        bless(root);
        bytes32[] memory roots = new bytes32[](1);
        roots[0] = root;
        vm.prank(guardian);
        rmn.curse(SOURCE_SUBJECT);
        lift(SOURCE_SUBJECT);
        commitStore.resetUnblessedRoots(roots);
        transmit(rootReport(root, 1, 3));
        assertFalse(commitStore.isBlessed(root));

        bless(root);

        assertTrue(commitStore.isBlessed(root));
    }

    /* EFFECTS */

    function testFuzz_tells_when_a_blessed_root_was_committed(uint32 later) public {
        committed();
        uint256 committedAt = block.timestamp;
        skip(later);
        bless(root);

        assertEq(commitStore.verify(leaves, none, 1), committedAt);
        assertTrue(commitStore.isBlessed(root));
    }
}
