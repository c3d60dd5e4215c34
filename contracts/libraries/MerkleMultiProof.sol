// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title MerkleMultiProof
/// @notice Leaves and a proof of several of them at once give one root, and give it in one way only.
/// @dev Canonical: every leaf and every proof is used, no flag bit lies beyond the last hash, no root is zero.
/// So one set of leaves under one root has one accepted proof, and nothing unproved rides along.
library MerkleMultiProof {
    /// @notice The proof leaves something unused, uses what is not there yet, or hashes more than 256 times.
    error InvalidProof();

    /// @notice Nothing was asked, and nothing is not proved.
    error LeavesCannotBeEmpty();

    /// @dev Leaves hash a message behind a zero word; inner nodes start with this, so neither passes for the other.
    bytes32 internal constant NODE_DOMAIN_SEPARATOR = bytes32(uint256(1));

    /// @dev One flag bit for each hash.
    uint256 internal constant MAX_HASHES = 256;

    /// @notice The root of the tree that holds `leaves`, which are in the order of their sequence numbers.
    /// @dev Hash number i joins two nodes. The second is always the next leaf or, once those are used up, the
    /// next computed hash; the first likewise if bit i of the flags is 1, else the next proof.
    function merkleRoot(bytes32[] calldata leaves, bytes32[] calldata proofs, uint256 proofFlagBits)
        internal
        pure
        returns (bytes32 root)
    {
        require(leaves.length != 0, LeavesCannotBeEmpty());
        uint256 hashes = leaves.length + proofs.length - 1;
        require(hashes <= MAX_HASHES, InvalidProof());
        require(hashes == MAX_HASHES || proofFlagBits >> hashes == 0, InvalidProof());

        root = hashes == 0 ? leaves[0] : _climb(leaves, proofs, proofFlagBits, hashes);
        require(root != 0, InvalidProof());
    }

    function _climb(bytes32[] calldata leaves, bytes32[] calldata proofs, uint256 flags, uint256 total)
        private
        pure
        returns (bytes32)
    {
        bytes32[] memory hashes = new bytes32[](total);
        uint256 next; // node: leaves first, then hashes
        uint256 nextProof;
        unchecked {
            // no count exceeds twice the hashes, of which there are 256 at most
            for (uint256 i = 0; i < total; ++i) {
                bytes32 first;
                if (flags & 1 == 1) {
                    first = _node(leaves, hashes, next++); // if it is not there yet, neither is the second
                } else {
                    require(nextProof < proofs.length, InvalidProof());
                    first = proofs[nextProof++];
                }
                require(next < leaves.length + i, InvalidProof());
                hashes[i] = _join(first, _node(leaves, hashes, next++));
                flags >>= 1;
            }
        }
        // Each of the `total` hashes took two of the leaves, proofs and other hashes, so if all proofs are used
        // then all leaves and all hashes but the last are used as well.
        require(nextProof == proofs.length, InvalidProof());
        return hashes[total - 1];
    }

    function _node(bytes32[] calldata leaves, bytes32[] memory hashes, uint256 index)
        private
        pure
        returns (bytes32)
    {
        return index < leaves.length ? leaves[index] : hashes[index - leaves.length];
    }

    function _join(bytes32 a, bytes32 b) private pure returns (bytes32) {
        (bytes32 low, bytes32 high) = a < b ? (a, b) : (b, a);
        return keccak256(abi.encode(NODE_DOMAIN_SEPARATOR, low, high));
    }
}
