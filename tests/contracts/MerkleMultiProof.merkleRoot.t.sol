// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Test} from "forge-std/Test.sol";

import {MerkleMultiProof} from "../../contracts/libraries/MerkleMultiProof.sol";
import {MerkleTree} from "./fixtures/MerkleTree.sol";

contract MerkleMultiProofMerkleRootTest is Test {
    function rootOf(bytes32[] calldata leaves, bytes32[] calldata proofs, uint256 flags)
        external
        pure
        returns (bytes32)
    {
        return MerkleMultiProof.merkleRoot(leaves, proofs, flags);
    }

    function someLeaves(uint256 count, uint256 seed) internal pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            leaves[i] = keccak256(abi.encode(seed, i));
        }
    }

    /// @dev A subset of the leaves, never empty, chosen by `seed`.
    function choose(bytes32[] memory leaves, uint256 seed)
        internal
        pure
        returns (bool[] memory proven, bytes32[] memory chosen)
    {
        proven = new bool[](leaves.length);
        proven[seed % leaves.length] = true;
        uint256 count = 1;
        for (uint256 i = 0; i < leaves.length; ++i) {
            if (proven[i] || (uint256(keccak256(abi.encode(seed, i))) >> 255) == 0) continue;
            proven[i] = true;
            ++count;
        }
        chosen = new bytes32[](count);
        for (uint256 i = leaves.length; i > 0; --i) {
            if (proven[i - 1]) chosen[--count] = leaves[i - 1];
        }
    }

    /* FAILURES */

    function test_reverts_without_leaves() public {
        vm.expectRevert(MerkleMultiProof.LeavesCannotBeEmpty.selector);
        this.rootOf(new bytes32[](0), someLeaves(1, 1), 0);
    }

    function test_reverts_on_a_zero_root() public {
        vm.expectRevert(MerkleMultiProof.InvalidProof.selector);
        this.rootOf(new bytes32[](1), new bytes32[](0), 0);
    }

    function test_reverts_above_256_hashes() public {
        vm.expectRevert(MerkleMultiProof.InvalidProof.selector);
        this.rootOf(someLeaves(258, 1), new bytes32[](0), type(uint256).max);
    }

    function testFuzz_reverts_on_any_flag_bit_beyond_the_last_hash(uint8 count, uint256 seed, uint8 bit)
        public
    {
        bytes32[] memory leaves = someLeaves(bound(count, 1, 100), seed);
        (bool[] memory proven, bytes32[] memory chosen) = choose(leaves, seed);
        MerkleTree.Proof memory proof = MerkleTree.prove(leaves, proven);
        uint256 hashes = chosen.length + proof.hashes.length - 1;
        uint256 high = 2 ** bound(bit, hashes, 255);

        vm.expectRevert(MerkleMultiProof.InvalidProof.selector);
        this.rootOf(chosen, proof.hashes, proof.flagBits | high);
    }

    function testFuzz_reverts_when_a_proof_is_left_over(uint8 count, uint256 seed) public {
        bytes32[] memory leaves = someLeaves(bound(count, 1, 100), seed);
        (bool[] memory proven, bytes32[] memory chosen) = choose(leaves, seed);
        MerkleTree.Proof memory proof = MerkleTree.prove(leaves, proven);
        uint256 hashes = chosen.length + proof.hashes.length - 1;
        bytes32[] memory more = new bytes32[](proof.hashes.length + 1);
        for (uint256 i = 0; i < proof.hashes.length; ++i) {
            more[i] = proof.hashes[i];
        }

        // one more proof makes room for one more hash; a flag in it keeps the proof from being used
        vm.expectRevert(MerkleMultiProof.InvalidProof.selector);
        this.rootOf(chosen, more, proof.flagBits | (2 ** hashes));
    }

    function test_reverts_when_a_hash_is_used_before_it_is_computed() public {
        vm.expectRevert(MerkleMultiProof.InvalidProof.selector);
        this.rootOf(someLeaves(1, 1), someLeaves(1, 2), 1);
    }

    /// @dev Flags are no free choice: any others give another root or none.
    function testFuzz_other_flags_never_give_the_same_root(uint8 count, uint256 seed, uint256 flags)
        public
        view
    {
        bytes32[] memory leaves = someLeaves(bound(count, 2, 40), seed);
        (bool[] memory proven, bytes32[] memory chosen) = choose(leaves, seed);
        MerkleTree.Proof memory proof = MerkleTree.prove(leaves, proven);
        flags = flags % (2 ** (chosen.length + proof.hashes.length - 1));
        if (flags == proof.flagBits) return;

        try this.rootOf(chosen, proof.hashes, flags) returns (bytes32 root) {
            assertNotEq(root, MerkleTree.root(leaves));
        } catch {}
    }

    /* EFFECTS */

    function test_one_leaf_is_its_own_root() public view {
        assertEq(this.rootOf(someLeaves(1, 7), new bytes32[](0), 0), someLeaves(1, 7)[0]);
    }

    function testFuzz_any_leaves_of_any_tree_lead_to_its_root(uint8 count, uint256 seed) public view {
        bytes32[] memory leaves = someLeaves(bound(count, 1, 200), seed);
        (bool[] memory proven, bytes32[] memory chosen) = choose(leaves, seed);
        MerkleTree.Proof memory proof = MerkleTree.prove(leaves, proven);

        assertEq(this.rootOf(chosen, proof.hashes, proof.flagBits), MerkleTree.root(leaves));
    }

    function test_all_leaves_of_the_largest_tree_need_no_proof() public view {
        bytes32[] memory leaves = someLeaves(256, 3);

        assertEq(this.rootOf(leaves, new bytes32[](0), type(uint256).max >> 1), MerkleTree.root(leaves));
    }

    function testFuzz_one_altered_leaf_leads_elsewhere(uint8 count, uint256 seed, bytes32 forged)
        public
        view
    {
        bytes32[] memory leaves = someLeaves(bound(count, 1, 100), seed);
        (bool[] memory proven, bytes32[] memory chosen) = choose(leaves, seed);
        vm.assume(forged != 0 && chosen[0] != forged);
        MerkleTree.Proof memory proof = MerkleTree.prove(leaves, proven);
        chosen[0] = forged;

        assertNotEq(this.rootOf(chosen, proof.hashes, proof.flagBits), MerkleTree.root(leaves));
    }
}
