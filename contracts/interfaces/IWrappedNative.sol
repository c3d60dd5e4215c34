// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice The chain's native currency as an ERC-20, one to one.
interface IWrappedNative is IERC20 {
    /// @notice Mints what comes in as msg.value.
    function deposit() external payable;

    /// @notice Burns `amount` of the caller's and sends it back as native.
    function withdraw(uint256 amount) external;
}
