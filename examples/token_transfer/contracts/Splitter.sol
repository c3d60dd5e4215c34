// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20, SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {CCIPReceiver} from "ccip/receivers/CCIPReceiver.sol";
import {Client} from "ccip/types/Client.sol";

/// @title Splitter
/// @notice Shares out the tokens of a message as its data says. All of it happens, or none: then the tokens did not
/// arrive at all, and the message can be executed again.
/// @dev It listens to anybody, on purpose: who sends the tokens says who gets them, and nothing else is kept here.
contract Splitter is CCIPReceiver {
    using SafeERC20 for IERC20;

    /// @notice Shares must be given for each payee, and add up to something.
    error BadShares(uint256 payees, uint256 shares);

    event Paid(bytes32 indexed messageId, address indexed payee, uint256 amount);

    constructor(address router) CCIPReceiver(router) {}

    function _ccipReceive(Client.Any2EVMMessage memory message) internal override {
        (address[] memory payees, uint256[] memory shares) = abi.decode(message.data, (address[], uint256[]));
        uint256 whole;
        for (uint256 i = 0; i < shares.length; ++i) {
            whole += shares[i];
        }
        require(payees.length == shares.length && whole != 0, BadShares(payees.length, shares.length));

        IERC20 token = IERC20(message.destTokenAmounts[0].token);
        uint256 left = message.destTokenAmounts[0].amount;
        for (uint256 i = 0; i < payees.length; ++i) {
            uint256 amount = left * shares[i] / whole; // of what is left: the last one gets the dust
            (left, whole) = (left - amount, whole - shares[i]);
            token.safeTransfer(payees[i], amount);
            emit Paid(message.messageId, payees[i], amount);
            if (whole == 0) break;
        }
    }
}
