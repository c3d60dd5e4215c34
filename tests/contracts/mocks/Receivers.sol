// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Client} from "../../../contracts/types/Client.sol";

/// @notice Remembers the hash of what it received and the gas it was given.
contract RecordingReceiver {
    bytes32 public lastCall;
    address public lastCaller;
    uint256 public gasAtEntry;

    function ccipReceive(Client.Any2EVMMessage calldata) external {
        gasAtEntry = gasleft();
        lastCall = keccak256(msg.data);
        lastCaller = msg.sender;
    }
}

/// @notice Reverts with as many bytes as it can.
contract ReturnBombReceiver {
    function ccipReceive(Client.Any2EVMMessage calldata) external pure {
        bytes memory bomb = new bytes(100_000);
        revert(string(bomb));
    }
}

/// @notice Uses up all the gas it is given.
contract GasBurningReceiver {
    uint256 public counter;

    function ccipReceive(Client.Any2EVMMessage calldata) external {
        while (true) ++counter;
    }
}

/// @notice Neither receives native nor anything else; sends for whoever asks.
contract NativeRefuser {
    function run(address target, bytes calldata payload) external payable returns (bytes memory) {
        (bool success, bytes memory answer) = target.call{value: msg.value}(payload);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(answer, 0x20), mload(answer))
            }
        }
        return answer;
    }
}
