// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IRouterClient} from "ccip/interfaces/IRouterClient.sol";
import {CCIPReceiver} from "ccip/receivers/CCIPReceiver.sol";
import {Client} from "ccip/types/Client.sol";

/// @title Postcard
/// @notice Sends a text to its twin on another chain, and shows the last one that came from there.
contract Postcard is CCIPReceiver {
    /// @notice Anybody on any chain can send to this contract. Only the twin is heard.
    error NotMyTwin(uint64 chainSelector, bytes sender);

    event Received(bytes32 indexed messageId, string text);

    address public immutable owner = msg.sender;
    uint64 public twinChain;
    address public twin;
    string public text;

    constructor(address router) CCIPReceiver(router) {}

    /// @notice Who the twin is: known only once both are deployed. Once.
    function pair(uint64 chainSelector, address other) external {
        require(msg.sender == owner && twin == address(0));
        (twinChain, twin) = (chainSelector, other);
    }

    /// @notice What `send` costs now, in native.
    function getFee(string calldata words) external view returns (uint256) {
        return IRouterClient(getRouter()).getFee(twinChain, _message(words));
    }

    /// @notice Sends `words`. The Router gives back what is above the fee; we hand it on.
    function send(string calldata words) external payable returns (bytes32 messageId) {
        IRouterClient router = IRouterClient(getRouter());
        Client.EVM2AnyMessage memory message = _message(words);
        uint256 fee = router.getFee(twinChain, message);
        messageId = router.ccipSend{value: fee}(twinChain, message);
        (bool paid,) = msg.sender.call{value: msg.value - fee}("");
        require(paid);
    }

    function _ccipReceive(Client.Any2EVMMessage memory message) internal override {
        bool isTwin = message.sourceChainSelector == twinChain
            && keccak256(message.sender) == keccak256(abi.encode(twin));
        require(isTwin, NotMyTwin(message.sourceChainSelector, message.sender));

        text = abi.decode(message.data, (string));
        emit Received(message.messageId, text);
    }

    function _message(string calldata words) private view returns (Client.EVM2AnyMessage memory) {
        return Client.EVM2AnyMessage({
            receiver: abi.encode(twin),
            data: abi.encode(words),
            tokenAmounts: new Client.EVMTokenAmount[](0),
            feeToken: address(0),
            extraArgs: Client._argsToBytes(
                Client.EVMExtraArgsV2({gasLimit: 200_000, allowOutOfOrderExecution: true})
            )
        });
    }
}
