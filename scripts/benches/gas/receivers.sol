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

/// @notice A receiver on Hyperlane.
contract MailReceiver {
    function handle(uint32, bytes32, bytes calldata) external payable {}
}

struct LzOrigin {
    uint32 endpoint;
    bytes32 sender;
    uint64 nonce;
}

/// @notice A receiver on LayerZero: it lets everybody begin, and hears its endpoint only.
contract LzReceiver {
    address private immutable _endpoint;

    constructor(address endpoint) {
        _endpoint = endpoint;
    }

    function allowInitializePath(LzOrigin calldata) external pure returns (bool) {
        return true;
    }

    function lzReceive(LzOrigin calldata, bytes32, bytes calldata, address, bytes calldata) external payable {
        require(msg.sender == _endpoint, "not the endpoint");
    }
}

struct VaaSignature {
    bytes32 r;
    bytes32 s;
    uint8 v;
    uint8 guardian;
}

struct Vaa {
    uint8 version;
    uint32 timestamp;
    uint32 nonce;
    uint16 chain;
    bytes32 emitter;
    uint64 sequence;
    uint8 consistency;
    bytes payload;
    uint32 guardianSet;
    VaaSignature[] signatures;
    bytes32 hash;
}

interface IPeerCore {
    function parseAndVerifyVM(bytes calldata vaa) external view returns (Vaa memory, bool valid, string memory reason);
}

/// @notice A receiver on Wormhole: it has a message verified, and leaves nothing out that the core leaves to it.
contract VaaReceiver {
    IPeerCore private immutable _core;
    uint16 private immutable _chain;
    bytes32 private immutable _emitter;
    mapping(bytes32 => bool) private _received;

    constructor(IPeerCore core, uint16 chain, bytes32 emitter) {
        (_core, _chain, _emitter) = (core, chain, emitter);
    }

    function receiveMessage(bytes calldata encoded) external {
        (Vaa memory vaa, bool valid,) = _core.parseAndVerifyVM(encoded);
        require(valid && vaa.chain == _chain && vaa.emitter == _emitter, "not valid");
        require(!_received[vaa.hash], "received before");
        _received[vaa.hash] = true;
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
