// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {MerkleMultiProof} from "../../../contracts/libraries/MerkleMultiProof.sol";

/// @notice For every leaf and every sibling up to depth 4, as hashes that never collide.
contract MerkleProof {
    function root(bytes32[] calldata leaves, bytes32[] calldata proofs, uint256 flags)
        external
        pure
        returns (bytes32)
    {
        return MerkleMultiProof.merkleRoot(leaves, proofs, flags);
    }

    /// @dev The verifier climbs as the rules say: each pair in order, behind the word 1.
    function check_one_leaf_climbs_to_its_root(bytes32 leaf, bytes32[4] memory siblings) public view {
        bytes32 expected = leaf;
        for (uint256 depth = 0; depth <= 4; ++depth) {
            bytes32[] memory proofs = _first(siblings, depth);
            if (depth != 0) expected = _join(siblings[depth - 1], expected);
            try this.root(_one(leaf), proofs, 0) returns (bytes32 got) {
                assert(got == expected);
            } catch {
                assert(expected == 0); // the zero root is nobody's
            }
        }
    }

    /// @dev One leaf has one accepted form of proof: any other flags are refused, whatever the depth.
    function check_one_leaf_has_one_proof(bytes32 leaf, bytes32[4] memory siblings, uint256 flags)
        public
        view
    {
        for (uint256 depth = 0; depth <= 4; ++depth) {
            try this.root(_one(leaf), _first(siblings, depth), flags) {
                assert(flags == 0);
            } catch {}
        }
    }

    /// @dev Two different leaves never prove the same root along the same path.
    function check_another_leaf_is_under_another_root(bytes32 leaf, bytes32 other, bytes32[2] memory siblings)
        public
        view
    {
        if (leaf == other) return;
        bytes32[] memory proofs = new bytes32[](2);
        (proofs[0], proofs[1]) = (siblings[0], siblings[1]);
        if (leaf == siblings[0] || other == siblings[0]) return; // a pair is a set: both orders are one node
        try this.root(_one(leaf), proofs, 0) returns (bytes32 first) {
            try this.root(_one(other), proofs, 0) returns (bytes32 second) {
                assert(first != second);
            } catch {}
        } catch {}
    }

    /// @dev Two leaves and a sibling: what succeeds used all three, in one of the two possible trees.
    function check_two_leaves_use_everything(bytes32[2] memory leaves, bytes32 sibling, uint256 flags)
        public
        view
    {
        bytes32[] memory two = new bytes32[](2);
        (two[0], two[1]) = (leaves[0], leaves[1]);
        try this.root(two, _one(sibling), flags) returns (bytes32 got) {
            bytes32 pair = _join(sibling, _join(two[0], two[1]));
            bytes32 apart = _join(two[1], _join(sibling, two[0]));
            assert((flags == 1 && got == pair) || (flags == 2 && got == apart));
        } catch {}
    }

    function _one(bytes32 leaf) private pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](1);
        leaves[0] = leaf;
    }

    function _first(bytes32[4] memory siblings, uint256 count)
        private
        pure
        returns (bytes32[] memory proofs)
    {
        proofs = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            proofs[i] = siblings[i];
        }
    }

    function _join(bytes32 a, bytes32 b) private pure returns (bytes32) {
        return a < b ? keccak256(abi.encode(uint256(1), a, b)) : keccak256(abi.encode(uint256(1), b, a));
    }
}
