// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {EVM2EVMMessage} from "../types/Message.sol";

/// @title MessageHasher
/// @notice Message to leaf. The leaf is the message's id, and the only thing a root commits to.
/// @dev Every field of a message is hashed except `messageId`, which is the hash itself. The first word
/// separates leaves (0) from the inner nodes of a tree (1), so that a node can never pass for a message.
library MessageHasher {
    bytes32 internal constant LEAF_DOMAIN_SEPARATOR = bytes32(0);
    bytes32 internal constant METADATA_PREFIX = keccak256("EVM2EVMMessageHashV2");

    /// @notice Binds a leaf to its lane: the same message on another lane, or on a replacement of this one,
    /// has another id.
    function metadataHash(uint64 sourceChainSelector, uint64 destChainSelector, address onRamp)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(METADATA_PREFIX, sourceChainSelector, destChainSelector, onRamp));
    }

    /// @notice The leaf of `message` on the lane that `laneMetadataHash` stands for.
    function leaf(EVM2EVMMessage memory message, bytes32 laneMetadataHash) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                LEAF_DOMAIN_SEPARATOR,
                laneMetadataHash,
                _hashFixedFields(message),
                keccak256(message.data),
                keccak256(abi.encode(message.tokenAmounts)),
                keccak256(abi.encode(message.sourceTokenData))
            )
        );
    }

    function _hashFixedFields(EVM2EVMMessage memory message) private pure returns (bytes32) {
        return keccak256(
            abi.encode(
                message.sender,
                message.receiver,
                message.sequenceNumber,
                message.gasLimit,
                message.strict,
                message.nonce,
                message.feeToken,
                message.feeTokenAmount
            )
        );
    }
}
