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

interface IPeerGateway {
    function callContract(string calldata chain, string calldata to, bytes calldata payload) external;

    function validateContractCall(
        bytes32 command,
        string calldata chain,
        string calldata sender,
        bytes32 payloadHash
    ) external returns (bool);
}

interface IPeerGasService {
    function payNativeGasForContractCall(
        address sender,
        string calldata chain,
        string calldata to,
        bytes calldata payload,
        address refund
    ) external payable;
}

/// @notice What an application on Axelar is: it pays for delivery and sends, and takes what its gateway approved.
contract PeerApplication {
    IPeerGateway private immutable _gateway;
    IPeerGasService private immutable _gasService;

    constructor(IPeerGateway gateway, IPeerGasService gasService) {
        (_gateway, _gasService) = (gateway, gasService);
    }

    function send(string calldata chain, string calldata to, bytes calldata payload) external payable {
        _gasService.payNativeGasForContractCall{value: msg.value}(address(this), chain, to, payload, msg.sender);
        _gateway.callContract(chain, to, payload);
    }

    function execute(bytes32 command, string calldata chain, string calldata sender, bytes calldata payload)
        external
    {
        require(_gateway.validateContractCall(command, chain, sender, keccak256(payload)), "not approved");
    }
}

/// @notice Several calls in one transaction, as relayers make them.
contract Batch {
    function run(address[] calldata targets, bytes[] calldata payloads) external {
        for (uint256 i = 0; i < targets.length; ++i) {
            (bool success,) = targets[i].call(payloads[i]);
            require(success, "failed");
        }
    }
}
