// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IAny2EVMMessageReceiver} from "ccip/interfaces/IAny2EVMMessageReceiver.sol";
import {Client} from "ccip/types/Client.sol";

/// @title SimulatedRouter
/// @notice A Router as simulators that live in one EVM have it: sending calls the receiver at once, and that is all.
/// @dev Written from what such a simulator was seen to do, for showing what tests that run on one cannot see.
contract SimulatedRouter {
    error ReceiverError(bytes err);

    bytes32[] private _ids;

    function ccipSend(uint64, Client.EVM2AnyMessage calldata message)
        external
        payable
        returns (bytes32 messageId)
    {
        messageId = keccak256(abi.encode(message));
        _ids.push(messageId);
        address receiver = abi.decode(message.receiver, (address));
        for (uint256 i = 0; i < message.tokenAmounts.length; ++i) {
            IERC20(message.tokenAmounts[i].token)
                .transferFrom(msg.sender, receiver, message.tokenAmounts[i].amount);
        }
        Client.Any2EVMMessage memory delivered = Client.Any2EVMMessage(
            messageId, 16015286601757825753, abi.encode(msg.sender), message.data, message.tokenAmounts
        );
        try IAny2EVMMessageReceiver(receiver).ccipReceive(delivered) {}
        catch (bytes memory err) {
            revert ReceiverError(err);
        }
    }

    function getFee(uint64, Client.EVM2AnyMessage calldata) external pure returns (uint256) {
        return 0;
    }

    function ids() external view returns (bytes32[] memory) {
        return _ids;
    }
}
