// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

struct TokenAmount {
    address token;
    uint256 amount;
}

struct Delivery {
    bytes32 id;
    uint64 source;
    bytes sender;
    bytes data;
    TokenAmount[] tokens;
}

/// @notice Takes a message and does nothing: what it costs is what the protocol costs.
contract Noop {
    function ccipReceive(Delivery calldata) external {}

    function supportsInterface(bytes4 id) external pure returns (bool) {
        return id == 0x85572ffb || id == 0x01ffc9a7;
    }
}
