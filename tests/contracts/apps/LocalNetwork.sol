// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IAny2EVMMessageReceiver} from "../../../contracts/interfaces/IAny2EVMMessageReceiver.sol";
import {IRouterClient} from "../../../contracts/interfaces/IRouterClient.sol";
import {EVMAddress} from "../../../contracts/libraries/EVMAddress.sol";
import {Client} from "../../../contracts/types/Client.sol";
import {ERC165Checker} from "@openzeppelin/contracts/utils/introspection/ERC165Checker.sol";
import {CommonBase} from "forge-std/Base.sol";

enum Delivery {
    Untouched,
    Success,
    Failure
}

struct Parcel {
    uint64 source;
    uint64 destination;
    address sender;
    address receiver;
    bytes data;
    uint256 gasLimit;
    Delivery state;
    bytes reason;
}

/// @notice Several chains in one EVM, with every message in the test's hands: it decides what arrives, when, in
/// which order, with how much gas, and on which clock.
/// @dev Keeps the promises an application may build on: a message is executed at most once, with the gas its sender
/// asked for or more, and one that failed can be executed again. A receiver that denies being one is not called. Fees are a
/// number per chain. No tokens.
contract LocalNetwork is CommonBase {
    Parcel[] internal _parcels;

    mapping(uint64 chainSelector => LocalRouter) public routers;
    mapping(uint64 chainSelector => int256 seconds_) public skew;
    mapping(uint64 chainSelector => bool) public isStopped;

    error Stopped(uint64 chainSelector);

    uint256 private immutable _origin = block.timestamp;
    uint256 public elapsed;

    /// @notice Gas that every message gets on top, since this network, unlike a real one, keeps messages in storage.
    uint256 public overhead;

    function addChain(uint64 chainSelector) external returns (LocalRouter router) {
        router = new LocalRouter(this, chainSelector);
        routers[chainSelector] = router;
    }

    /* TIME: one for all, read on clocks that differ */

    function setSkew(uint64 chainSelector, int256 seconds_) external {
        skew[chainSelector] = seconds_;
    }

    function pass(uint256 seconds_) external {
        elapsed += seconds_;
    }

    /// @notice What happens next happens on that chain.
    function on(uint64 chainSelector) public {
        vm.chainId(chainSelector % 1_000_000);
        vm.warp(uint256(int256(_origin + elapsed) + skew[chainSelector]));
    }

    /* MESSAGES */

    function setOverhead(uint256 gas) external {
        overhead = gas;
    }

    function setStopped(uint64 chainSelector, bool stopped) external {
        isStopped[chainSelector] = stopped;
    }

    function post(uint64 source, uint64 destination, address sender, Client.EVM2AnyMessage calldata message)
        external
        returns (bytes32 messageId)
    {
        require(address(routers[source]) == msg.sender && !isStopped[source], Stopped(source));
        _parcels.push(
            Parcel({
                source: source,
                destination: destination,
                sender: sender,
                receiver: EVMAddress.decode(message.receiver),
                data: message.data,
                gasLimit: abi.decode(message.extraArgs[4:], (Client.EVMExtraArgsV2)).gasLimit,
                state: Delivery.Untouched,
                reason: ""
            })
        );
        return bytes32(_parcels.length);
    }

    function count() external view returns (uint256) {
        return _parcels.length;
    }

    function parcel(uint256 index) external view returns (Parcel memory) {
        return _parcels[index];
    }

    function last() external view returns (uint256) {
        return _parcels.length - 1;
    }

    /// @notice Executes a message, or executes a failed one again. True if it succeeded now.
    function deliver(uint256 index) external returns (bool) {
        return deliver(index, 0);
    }

    /// @param moreGas what a manual execution adds to the sender's limit
    function deliver(uint256 index, uint256 moreGas) public returns (bool success) {
        Parcel memory it = _parcels[index];
        if (it.state == Delivery.Success || isStopped[it.destination]) return false;
        on(it.destination);
        bytes memory reason;
        (success, reason) =
            routers[it.destination].route(it, bytes32(index + 1), it.gasLimit + overhead + moreGas);
        _parcels[index].state = success ? Delivery.Success : Delivery.Failure;
        _parcels[index].reason = reason;
    }

    /// @notice Executes all that waits, also what is sent meanwhile, oldest first.
    function deliverAll() external {
        for (uint256 i = 0; i < _parcels.length; ++i) {
            deliver(i, 0);
        }
    }
}

/// @notice The Router of one of the chains.
contract LocalRouter is IRouterClient {
    LocalNetwork private immutable _network;
    uint64 private immutable _chainSelector;

    uint256 public fee = 0.001 ether;

    constructor(LocalNetwork network, uint64 chainSelector) {
        _network = network;
        _chainSelector = chainSelector;
    }

    function setFee(uint256 fee_) external {
        fee = fee_;
    }

    function isChainSupported(uint64 chainSelector) public view returns (bool) {
        return address(_network.routers(chainSelector)) != address(0);
    }

    function getFee(uint64 chainSelector, Client.EVM2AnyMessage memory) public view returns (uint256) {
        require(isChainSupported(chainSelector), UnsupportedDestinationChain(chainSelector));
        return fee;
    }

    function ccipSend(uint64 chainSelector, Client.EVM2AnyMessage memory message)
        external
        payable
        returns (bytes32)
    {
        require(msg.value >= getFee(chainSelector, message), InsufficientFeeTokenAmount());
        return _network.post(_chainSelector, chainSelector, msg.sender, message);
    }

    function route(Parcel calldata it, bytes32 messageId, uint256 gasLimit)
        external
        returns (bool success, bytes memory reason)
    {
        Client.Any2EVMMessage memory message;
        message.messageId = messageId;
        message.sourceChainSelector = it.source;
        message.sender = EVMAddress.encode(it.sender);
        message.data = it.data;
        bool isReceiver =
            ERC165Checker.supportsInterface(it.receiver, type(IAny2EVMMessageReceiver).interfaceId);
        if (!isReceiver) return (true, "");
        try IAny2EVMMessageReceiver(it.receiver).ccipReceive{gas: gasLimit}(message) {
            success = true;
        } catch (bytes memory data) {
            reason = data;
        }
    }
}
