// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Client} from "./Client.sol";

/// @notice What crosses a lane. The whole message is in the event of the source chain and in its hash.
struct EVM2EVMMessage {
    uint64 sourceChainSelector;
    address sender;
    address receiver;
    uint64 sequenceNumber; // per lane, from 1, no gaps
    uint256 gasLimit; // for the receiver's callback
    bool strict; // always false; kept because it is part of the 1.5 wire format
    uint64 nonce; // per sender, from 1; 0: may execute out of order
    address feeToken; // wrapped native when the sender paid in native, never zero
    uint256 feeTokenAmount;
    bytes data;
    Client.EVMTokenAmount[] tokenAmounts;
    bytes[] sourceTokenData; // abi.encode(SourceTokenData) per token
    bytes32 messageId; // the leaf: hash of everything above
}

/// @notice What the source pool told the destination about one token.
struct SourceTokenData {
    bytes sourcePoolAddress; // abi.encode(address)
    bytes destTokenAddress; // abi.encode(address)
    bytes extraData; // the source pool's word to the destination pool, e.g. abi.encode(uint8 decimals)
    uint32 destGasAmount; // gas billed for, and given to, balance checks and releaseOrMint
}

/// @notice UNTOUCHED → IN_PROGRESS → SUCCESS | FAILURE, and FAILURE → IN_PROGRESS → SUCCESS. Nothing else.
enum MessageExecutionState {
    UNTOUCHED,
    IN_PROGRESS,
    SUCCESS,
    FAILURE
}
