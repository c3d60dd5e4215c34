// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @notice A token that says who owns it.
interface IOwner {
    function owner() external view returns (address);
}
