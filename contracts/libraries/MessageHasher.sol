// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {EVM2EVMMessage} from "../types/Message.sol";

/// @title MessageHasher
/// @notice Message to leaf. The leaf is the message's id, and the only thing a root commits to.
/// @dev Every field of a message is hashed except `messageId`, which is the hash itself. The first word
/// separates leaves (0) from the inner nodes of a tree (1), so that a node can never pass for a message.
library MessageHasher {
    bytes32 internal constant LEAF_DOMAIN_SEPARATOR = bytes32(0);
    /// @dev The hash of an empty array, encoded: what most messages have two of.
    bytes32 private constant NO_ELEMENTS = keccak256(abi.encode(uint256(32), uint256(0)));
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
        bytes32 fixedFields = keccak256(
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
        (bytes32 tokens, bytes32 sourceTokenData) = (NO_ELEMENTS, NO_ELEMENTS);
        if (message.tokenAmounts.length != 0) tokens = keccak256(abi.encode(message.tokenAmounts));
        if (message.sourceTokenData.length != 0) {
            sourceTokenData = keccak256(abi.encode(message.sourceTokenData));
        }
        return _leaf(laneMetadataHash, fixedFields, keccak256(message.data), tokens, sourceTokenData);
    }

    /// @notice The same of a message that arrives, without a copy of it in memory.
    function leafOf(EVM2EVMMessage calldata message, bytes32 laneMetadataHash)
        internal
        pure
        returns (bytes32)
    {
        bytes32 fixedFields = keccak256(
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
        (bytes32 tokens, bytes32 sourceTokenData) = (NO_ELEMENTS, NO_ELEMENTS);
        if (message.tokenAmounts.length != 0) tokens = keccak256(abi.encode(message.tokenAmounts));
        if (message.sourceTokenData.length != 0) {
            sourceTokenData = keccak256(abi.encode(message.sourceTokenData));
        }
        return _leaf(laneMetadataHash, fixedFields, keccak256(message.data), tokens, sourceTokenData);
    }

    function _leaf(
        bytes32 laneMetadataHash,
        bytes32 fixedFields,
        bytes32 data,
        bytes32 tokens,
        bytes32 sourceTokenData
    ) private pure returns (bytes32) {
        return keccak256(
            abi.encode(LEAF_DOMAIN_SEPARATOR, laneMetadataHash, fixedFields, data, tokens, sourceTokenData)
        );
    }
}
