// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Client} from "../types/Client.sol";

/// @notice What a contract must answer to in order to receive messages.
/// @dev The receiver must also say, by ERC-165, that it supports this interface; if it does not, it gets the
/// tokens of a message without being called.
/// @dev Trust: accept calls from the Router only, then decide by `sourceChainSelector` and `sender`.
/// @dev Liveness: a revert loses nothing. The message is marked FAILURE, tokens stay with the protocol, and
/// anyone can execute it again with more gas.
interface IAny2EVMMessageReceiver {
    function ccipReceive(Client.Any2EVMMessage calldata message) external;
}
