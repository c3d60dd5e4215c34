// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {CrossChainApp} from "./CrossChainApp.sol";

/// @title CrossChainService
/// @notice Base of a part of an application that is called by its peers and calls nobody: it has no outcomes to act on.
abstract contract CrossChainService is CrossChainApp {
    constructor(address router) CrossChainApp(router) {}

    /// @dev No call leaves from here, so no outcome arrives.
    function _onSuccess(bytes32, bytes memory) internal pure override {}

    function _onFailure(bytes32, bytes memory) internal pure override {}
}
