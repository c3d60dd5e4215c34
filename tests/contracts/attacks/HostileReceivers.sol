// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IRouterClient} from "../../../contracts/interfaces/IRouterClient.sol";
import {Client} from "../../../contracts/types/Client.sol";
import {DestReceiver} from "../mocks/DestReceivers.sol";

/// @notice Fails in the way it was made to, until it is mended. Of kind 9 it speaks no ERC-165 at all.
contract Panicking {
    error Refused();

    uint256 private immutable _kind;
    bool private _mended;

    constructor(uint256 kind) {
        _kind = kind;
    }

    function mend() external {
        _mended = true;
    }

    function ccipReceive(Client.Any2EVMMessage calldata) external view {
        if (_mended) return;
        require(_kind != 0, Refused());
        assert(_kind != 1);
        assembly {
            invalid()
        }
    }

    function supportsInterface(bytes4 id) external view returns (bool) {
        require(_kind != 9);
        return id != 0xffffffff;
    }
}

/// @notice Never comes to an answer when it is asked what it is.
contract LoopingAnswer is DestReceiver {
    function supportsInterface(bytes4) public pure override returns (bool) {
        while (true) {}
        return true;
    }
}

/// @notice Answers the question what it is with far more than one word, of which the first is no.
contract EndlessAnswer is DestReceiver {
    function supportsInterface(bytes4) public pure override returns (bool) {
        assembly {
            return(0x10000, 50000) // memory that nobody wrote to
        }
    }
}

/// @notice Sends a message of its own for every message it gets.
contract Sending is DestReceiver {
    IRouterClient private immutable _router;
    uint64 private immutable _destination;
    bytes private _message;

    constructor(IRouterClient router, uint64 destination, Client.EVM2AnyMessage memory message) {
        _router = router;
        _destination = destination;
        _message = abi.encode(message);
    }

    function ccipReceive(Client.Any2EVMMessage calldata) external override {
        Client.EVM2AnyMessage memory message = abi.decode(_message, (Client.EVM2AnyMessage));
        uint256 fee = _router.getFee(_destination, message);
        _router.ccipSend{value: fee}(_destination, message);
    }
}
