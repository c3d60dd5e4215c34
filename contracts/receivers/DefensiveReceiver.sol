// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Client} from "../types/Client.sol";
import {CCIPReceiver} from "./CCIPReceiver.sol";
import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title DefensiveReceiver
/// @notice Takes delivery first and works afterwards: a message whose work fails is kept, with its tokens, and
/// can be tried again or given back. Write `_process`.
/// @dev Why: a receiver that reverts leaves its tokens with the protocol until somebody executes the message by
/// hand. Here the owner decides, and an ordered sender is never confused by a failure in the middle.
/// @dev Trust: only senders that the owner named are heard. The owner can take the tokens of failed messages.
abstract contract DefensiveReceiver is CCIPReceiver, Ownable2Step {
    using SafeERC20 for IERC20;

    /// @notice The hash of each message that failed here; zero for the others.
    mapping(bytes32 messageId => bytes32 messageHash) public failedMessages;

    /// @notice Whom to listen to: abi.encode(address) of the one sender per chain.
    mapping(uint64 sourceChainSelector => bytes sender) public trustedSenders;

    /// @notice Only the contract itself calls `process`, so that a failing message's work is undone.
    error OnlySelf();

    /// @notice The message does not come from the sender that the owner named for its chain.
    error UntrustedSender(uint64 sourceChainSelector, bytes sender);

    /// @notice This message did not fail here, or is not what it was when it failed.
    error NotAFailedMessage(bytes32 messageId);

    event TrustedSenderSet(uint64 indexed sourceChainSelector, bytes sender);
    event MessageFailed(bytes32 indexed messageId, bytes reason);
    event MessageRecovered(bytes32 indexed messageId);
    event MessageAbandoned(bytes32 indexed messageId, address tokenRecipient);

    constructor(address router) CCIPReceiver(router) Ownable(msg.sender) {}

    function setTrustedSender(uint64 sourceChainSelector, bytes calldata sender) external onlyOwner {
        // EFFECT
        trustedSenders[sourceChainSelector] = sender;

        emit TrustedSenderSet(sourceChainSelector, sender);
    }

    /* RECEIVING */

    function _ccipReceive(Client.Any2EVMMessage memory message) internal override {
        // CHECK
        bytes memory trusted = trustedSenders[message.sourceChainSelector];
        bool isTrusted = message.sender.length != 0 && keccak256(message.sender) == keccak256(trusted);
        require(isTrusted, UntrustedSender(message.sourceChainSelector, message.sender));

        // INTERACT, and EFFECT if that fails
        // written only when the call was undone
        // slither-disable-next-line reentrancy-benign
        try this.process(message) {}
        catch (bytes memory reason) {
            failedMessages[message.messageId] = keccak256(abi.encode(message));
            emit MessageFailed(message.messageId, reason);
        }
    }

    /// @notice A call of its own, so that all the work of a failing message is undone. This contract only.
    function process(Client.Any2EVMMessage calldata message) external {
        require(msg.sender == address(this), OnlySelf());
        _process(message);
    }

    /// @dev The application's work. May revert.
    function _process(Client.Any2EVMMessage calldata message) internal virtual;

    /* RECOVERING */

    /// @notice Tries a failed message again. Anyone may, since it only does what the message says.
    function retry(Client.Any2EVMMessage calldata message) external {
        // CHECK and EFFECT
        _forget(message);

        emit MessageRecovered(message.messageId);

        // INTERACT
        this.process(message);
    }

    /// @notice Gives up on a failed message and hands its tokens to `tokenRecipient`. Owner only.
    function abandon(Client.Any2EVMMessage calldata message, address tokenRecipient) external onlyOwner {
        // CHECK and EFFECT
        _forget(message);

        emit MessageAbandoned(message.messageId, tokenRecipient);

        // INTERACT
        for (uint256 i = 0; i < message.destTokenAmounts.length; ++i) {
            IERC20(message.destTokenAmounts[i].token)
                .safeTransfer(tokenRecipient, message.destTokenAmounts[i].amount);
        }
    }

    function _forget(Client.Any2EVMMessage calldata message) private {
        bytes32 stored = failedMessages[message.messageId];
        bool isKept = stored != bytes32(0) && stored == keccak256(abi.encode(message));
        require(isKept, NotAFailedMessage(message.messageId));
        delete failedMessages[message.messageId];
    }
}
