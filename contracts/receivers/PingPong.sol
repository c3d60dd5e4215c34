// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IRouterClient} from "../interfaces/IRouterClient.sol";
import {EVMAddress} from "../libraries/EVMAddress.sol";
import {Client} from "../types/Client.sol";
import {CCIPReceiver} from "./CCIPReceiver.sol";
import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title PingPong
/// @notice Two of these, on two chains, play until one is paused or out of fee tokens: the smallest
/// application that sends and receives.
contract PingPong is CCIPReceiver, Ownable2Step {
    using SafeERC20 for IERC20;

    IERC20 public immutable feeToken;
    uint64 public counterpartChainSelector;
    address public counterpart;
    bool public isPaused;

    /// @notice Only the counterpart plays.
    error NotTheCounterpart(uint64 sourceChainSelector, bytes sender);

    event Ping(uint256 count);
    event Pong(uint256 count);

    /// @param feeToken_ pays for the messages; this contract must hold some
    constructor(address router, address feeToken_) CCIPReceiver(router) Ownable(msg.sender) {
        EVMAddress.requireNonZero(feeToken_);
        feeToken = IERC20(feeToken_);
        feeToken.forceApprove(router, type(uint256).max);
    }

    function setCounterpart(uint64 chainSelector, address contractAddress) external onlyOwner {
        // EFFECT
        // a game
        // slither-disable-next-line events-maths
        counterpartChainSelector = chainSelector;
        // zero: nobody may play
        // slither-disable-next-line missing-zero-check
        counterpart = contractAddress;
    }

    function setPaused(bool paused) external onlyOwner {
        // EFFECT
        isPaused = paused;
    }

    /// @notice Serves the first ball.
    function start() external onlyOwner {
        // EFFECT
        isPaused = false;

        // INTERACT
        _hit(1);
    }

    function _ccipReceive(Client.Any2EVMMessage memory message) internal override {
        // CHECK
        bool isCounterpart = message.sourceChainSelector == counterpartChainSelector
            && EVMAddress.decode(message.sender) == counterpart;
        require(isCounterpart, NotTheCounterpart(message.sourceChainSelector, message.sender));

        // INTERACT
        uint256 count = abi.decode(message.data, (uint256));
        if (!isPaused) _hit(count + 1);
    }

    function _hit(uint256 count) private {
        if (count % 2 == 1) {
            emit Ping(count);
        } else {
            emit Pong(count);
        }
        Client.EVM2AnyMessage memory message = Client.EVM2AnyMessage({
            receiver: EVMAddress.encode(counterpart),
            data: abi.encode(count),
            tokenAmounts: new Client.EVMTokenAmount[](0),
            feeToken: address(feeToken),
            extraArgs: Client._argsToBytes(
                Client.EVMExtraArgsV2({gasLimit: 300_000, allowOutOfOrderExecution: true})
            )
        });
        // the message is known by its event; a game keeps no list
        // slither-disable-next-line unused-return
        IRouterClient(_router).ccipSend(counterpartChainSelector, message);
    }
}
