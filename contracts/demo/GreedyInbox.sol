// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {CCIPReceiver} from "../receivers/CCIPReceiver.sol";
import {Client} from "../types/Client.sol";

/// @title GreedyInbox
/// @notice A receiver that wants more gas than careless senders give: its messages fail, and can be retried with more.
contract GreedyInbox is CCIPReceiver {
    /// @notice The sender's gas limit was too low for what this receiver has to do.
    error NeedsMoreGas(uint256 left, uint256 needed);

    uint256 public constant NEEDED = 150_000;

    uint256 public count;

    constructor(address router) CCIPReceiver(router) {}

    function _ccipReceive(Client.Any2EVMMessage memory) internal override {
        uint256 left = gasleft();
        require(left >= NEEDED, NeedsMoreGas(left, NEEDED));
        ++count;
    }
}
