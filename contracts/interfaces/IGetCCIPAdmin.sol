// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @notice A token that says who may register it for cross-chain use, apart from its owner.
interface IGetCCIPAdmin {
    function getCCIPAdmin() external view returns (address);
}
