// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {CCIPReceiver} from "../receivers/CCIPReceiver.sol";
import {Client} from "../types/Client.sol";

/// @title Inbox
/// @notice Keeps the last message it got and counts them all: the smallest useful receiver.
/// @dev It takes messages from anyone on any chain. An application that acts on them must check
/// `sourceChainSelector` and `sender`, as DefensiveReceiver shows.
contract Inbox is CCIPReceiver {
    event MessageReceived(bytes32 indexed messageId, uint64 sourceChainSelector, bytes sender, bytes data);

    uint256 public count;
    bytes32 public lastMessageId;
    bytes public lastData;

    constructor(address router) CCIPReceiver(router) {}

    function _ccipReceive(Client.Any2EVMMessage memory message) internal override {
        ++count;
        lastMessageId = message.messageId;
        lastData = message.data;

        emit MessageReceived(message.messageId, message.sourceChainSelector, message.sender, message.data);
    }
}
