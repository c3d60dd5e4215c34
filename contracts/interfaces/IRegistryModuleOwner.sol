// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title IRegistryModuleOwner: self-service registration of tokens
/// @dev Trust: it believes what the token says about itself, and lets nobody register but that account.
interface IRegistryModuleOwner {
    /// @notice The token names `admin`, and the caller is somebody else.
    error CanOnlySelfRegister(address admin, address token);

    event AdministratorRegistered(address indexed token, address indexed administrator);

    /// @notice The caller is what `token.owner()` answers.
    function registerAdminViaOwner(address token) external;

    /// @notice The caller is what `token.getCCIPAdmin()` answers.
    function registerAdminViaGetCCIPAdmin(address token) external;
}
