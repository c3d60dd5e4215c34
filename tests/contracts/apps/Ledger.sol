// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {CrossChainApp} from "../../../contracts/apps/CrossChainApp.sol";
import {CallTerms} from "../../../contracts/apps/ICrossChainApp.sol";

/// @notice The smallest application that can be wrong: it takes units away here and asks its peer to add them there.
/// What fails comes back. So over both chains the sum of `balance` and what is under way never changes.
contract Ledger is CrossChainApp {
    error Refusing();

    uint256 public balance;
    uint256 public received;
    bool public isRefusing;
    bool public isBrokenAtHome;

    mapping(bytes32 callId => uint256) public underWay;
    mapping(bytes32 callId => uint256) public successes;
    mapping(bytes32 callId => uint256) public failures;
    bytes public lastError;
    bytes public lastResult;
    uint64 public lastChain;
    address public lastPeer;
    bytes32 public lastCallId;

    constructor(address router, uint256 balance_) CrossChainApp(router) {
        balance = balance_;
    }

    function setRefusing(bool refusing) external {
        isRefusing = refusing;
    }

    function setBrokenAtHome(bool broken) external {
        isBrokenAtHome = broken;
    }

    function give(uint64 chainSelector, uint256 units, CallTerms memory terms)
        external
        payable
        returns (bytes32 callId)
    {
        balance -= units;
        (callId,) = _callRemote(chainSelector, abi.encodeCall(this.take, (units)), terms, msg.value);
        underWay[callId] = units;
    }

    function giveAndTakeChange(uint64 chainSelector, uint256 units, CallTerms memory terms)
        external
        payable
        returns (bytes32 callId)
    {
        balance -= units;
        callId = _callRemoteForCaller(chainSelector, abi.encodeCall(this.take, (units)), terms);
        underWay[callId] = units;
    }

    function callWith(uint64 chainSelector, bytes memory callData, CallTerms memory terms)
        external
        payable
        returns (bytes32 callId)
    {
        (callId,) = _callRemote(chainSelector, callData, terms, msg.value);
    }

    function take(uint256 units) external onlyRemote returns (uint256) {
        require(!isRefusing, Refusing());
        (lastChain, lastPeer, lastCallId) = _remoteCaller();
        balance += units;
        received += units;
        return received;
    }

    /// @dev Forgot `onlyRemote`.
    function takeUnmarked(uint256 units) external {
        balance += units;
    }

    function returnMuch(uint256 size) external onlyRemote returns (bytes memory) {
        balance += 1;
        return new bytes(size);
    }

    function failLong(uint256 size) external onlyRemote {
        bytes memory reason = new bytes(size);
        assembly {
            revert(add(reason, 32), size)
        }
    }

    function burnGas() external onlyRemote {
        for (uint256 i = 0;; ++i) {
            received = i;
        }
    }

    function _onSuccess(bytes32 callId, bytes memory result) internal override {
        require(!isBrokenAtHome, Refusing());
        ++successes[callId];
        underWay[callId] = 0;
        lastResult = result;
    }

    function _onFailure(bytes32 callId, bytes memory reason) internal override {
        require(!isBrokenAtHome, Refusing());
        ++failures[callId];
        balance += underWay[callId];
        underWay[callId] = 0;
        lastError = reason;
    }
}
