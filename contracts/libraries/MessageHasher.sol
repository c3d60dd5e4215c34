// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Client} from "../types/Client.sol";
import {EVM2EVMMessage} from "../types/Message.sol";

/// @title MessageHasher
/// @notice Message to leaf. The leaf is the message's id, and the only thing a root commits to.
/// @dev Every field of a message is hashed except `messageId`, which is the hash itself. The first word
/// separates leaves (0) from the inner nodes of a tree (1), so that a node can never pass for a message.
library MessageHasher {
    bytes32 internal constant LEAF_DOMAIN_SEPARATOR = bytes32(0);
    bytes32 internal constant METADATA_PREFIX = keccak256("EVM2EVMMessageHashV2");

    /// @dev keccak256(abi.encode(uint256(32), uint256(0))), an empty array, encoded: what most messages have two of.
    /// Written out, because the compiler would hash it anew each time.
    bytes32 private constant NO_ELEMENTS = 0x569e75fc77c1a856f6daaf9e69d8a9566ca34aa47f9133711ce065a571af0cfd;

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
        return _leaf(
            laneMetadataHash,
            fixedFields,
            keccak256(message.data),
            message.tokenAmounts.length == 0 ? NO_ELEMENTS : keccak256(abi.encode(message.tokenAmounts)),
            message.sourceTokenData.length == 0 ? NO_ELEMENTS : keccak256(abi.encode(message.sourceTokenData))
        );
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
        Client.EVMTokenAmount[] calldata tokenAmounts = message.tokenAmounts;
        bytes[] calldata sourceTokenData = message.sourceTokenData;
        return _leaf(
            laneMetadataHash,
            fixedFields,
            keccak256(message.data),
            tokenAmounts.length == 0 ? NO_ELEMENTS : keccak256(abi.encode(tokenAmounts)),
            sourceTokenData.length == 0 ? NO_ELEMENTS : keccak256(abi.encode(sourceTokenData))
        );
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
