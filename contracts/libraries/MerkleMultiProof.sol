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
    function merkleRoot(bytes32[] memory leaves, bytes32[] memory proofs, uint256 proofFlagBits)
        internal
        pure
        returns (bytes32 root)
    {
        require(leaves.length != 0, LeavesCannotBeEmpty());
        uint256 total = leaves.length + proofs.length - 1;
        require(total <= MAX_HASHES, InvalidProof());
        require(total == MAX_HASHES || proofFlagBits >> total == 0, InvalidProof());

        root = total == 0 ? leaves[0] : _climb(leaves, proofs, proofFlagBits, total);
        require(root != 0, InvalidProof());
    }

    function _climb(bytes32[] memory leaves, bytes32[] memory proofs, uint256 flags, uint256 total)
        private
        pure
        returns (bytes32)
    {
        bytes32[] memory hashes = new bytes32[](total);
        uint256 nodePos; // leaves first, then hashes
        uint256 proofPos;
        for (uint256 i = 0; i < total; ++i) {
            bytes32 first;
            if ((flags >> i) & 1 == 1) {
                first = _node(leaves, hashes, nodePos++, i);
            } else {
                require(proofPos < proofs.length, InvalidProof());
                first = proofs[proofPos++];
            }
            hashes[i] = _join(first, _node(leaves, hashes, nodePos++, i));
        }
        // Each of the `total` hashes took two of the leaves, proofs and other hashes, so if all proofs are used
        // then all leaves and all hashes but the last are used as well.
        require(proofPos == proofs.length, InvalidProof());
        return hashes[total - 1];
    }

    /// @dev `known` is how many hashes are computed already.
    function _node(bytes32[] memory leaves, bytes32[] memory hashes, uint256 pos, uint256 known)
        private
        pure
        returns (bytes32)
    {
        if (pos < leaves.length) return leaves[pos];
        require(pos - leaves.length < known, InvalidProof());
        return hashes[pos - leaves.length];
    }

    function _join(bytes32 a, bytes32 b) private pure returns (bytes32) {
        return a < b
            ? keccak256(abi.encode(NODE_DOMAIN_SEPARATOR, a, b))
            : keccak256(abi.encode(NODE_DOMAIN_SEPARATOR, b, a));
    }
}
