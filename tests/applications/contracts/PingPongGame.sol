// SPDX-License-Identifier: MIT
pragma solidity ^0.8.19;

import {IRouterClient} from "@chainlink/contracts-ccip/contracts/interfaces/IRouterClient.sol";
import {Client} from "@chainlink/contracts-ccip/contracts/libraries/Client.sol";
import {CCIPReceiver} from "@chainlink/contracts-ccip/contracts/applications/CCIPReceiver.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice Answers each message of its counterpart with another, until it is paused. Sends out of its own callback,
/// with the 200,000 gas that tutorials give.
contract PingPongGame is CCIPReceiver, Ownable {
    event Ping(uint256 pingPongCount);
    event Pong(uint256 pingPongCount);

    uint64 private s_counterpartChainSelector;
    address private s_counterpartAddress;
    bool private s_isPaused;
    IERC20 private s_feeToken;
    uint256 public highestCount;

    constructor(address router, IERC20 feeToken) CCIPReceiver(router) Ownable(msg.sender) {
        s_feeToken = feeToken;
        s_feeToken.approve(router, type(uint256).max);
    }

    function setCounterpart(uint64 counterpartChainSelector, address counterpartAddress) external onlyOwner {
        s_counterpartChainSelector = counterpartChainSelector;
        s_counterpartAddress = counterpartAddress;
    }

    function startPingPong() external onlyOwner {
        s_isPaused = false;
        _respond(1);
    }

    function _respond(uint256 pingPongCount) private {
        if (pingPongCount & 1 == 1) {
            emit Ping(pingPongCount);
        } else {
            emit Pong(pingPongCount);
        }
        IRouterClient(getRouter()).ccipSend(
            s_counterpartChainSelector,
            Client.EVM2AnyMessage({
                receiver: abi.encode(s_counterpartAddress),
                data: abi.encode(pingPongCount),
                tokenAmounts: new Client.EVMTokenAmount[](0),
                extraArgs: "",
                feeToken: address(s_feeToken)
            })
        );
    }

    function _ccipReceive(Client.Any2EVMMessage memory message) internal override {
        require(abi.decode(message.sender, (address)) == s_counterpartAddress, "not the counterpart");
        highestCount = abi.decode(message.data, (uint256));
        if (!s_isPaused) {
            _respond(highestCount + 1);
        }
    }

    function setPaused(bool pause) external onlyOwner {
        s_isPaused = pause;
    }

    function isPaused() external view returns (bool) {
        return s_isPaused;
    }
}
