// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Client} from "../types/Client.sol";

/// @title IRouterClient: all that an application needs in order to send
interface IRouterClient {
    /// @notice No lane leads from here to that chain.
    error UnsupportedDestinationChain(uint64 destChainSelector);

    /// @notice msg.value is below the fee that `getFee` quotes for this message.
    error InsufficientFeeTokenAmount();

    /// @notice Native was sent along with a message that pays its fee in a token.
    error InvalidMsgValue();

    function isChainSupported(uint64 chainSelector) external view returns (bool supported);

    /// @notice What `ccipSend` will charge for `message` in this block, in the fee token's smallest unit.
    /// @dev Reverts for every message that `ccipSend` would refuse because of what it says. It cannot know
    /// the sender: its balances, approvals, rate limits and allow-listing show when sending.
    function getFee(uint64 destinationChainSelector, Client.EVM2AnyMessage memory message)
        external
        view
        returns (uint256 fee);

    /// @notice Takes the fee and the tokens from the caller and sends the message on its way.
    /// @dev The caller approves this contract for tokens and fee. With a native fee, what is sent above the
    /// fee comes back to the caller in the same call.
    function ccipSend(uint64 destinationChainSelector, Client.EVM2AnyMessage memory message)
        external
        payable
        returns (bytes32 messageId);
}
