// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title IRegistryModuleOwner: self-service registration of tokens
/// @dev Trust: it believes what the token says about itself, and lets nobody register but that account.
interface IRegistryModuleOwner {
    /// @notice The token names `admin`, and the caller is somebody else.
    error CanOnlySelfRegister(address admin, address token);

    /// @notice The caller is no default admin of the token's AccessControl.
    error RequiredRoleNotFound(address msgSender, bytes32 role, address token);

    event AdministratorRegistered(address indexed token, address indexed administrator);

    /// @notice The caller is what `token.owner()` answers.
    function registerAdminViaOwner(address token) external;

    /// @notice The caller is what `token.getCCIPAdmin()` answers.
    function registerAdminViaGetCCIPAdmin(address token) external;

    /// @notice The caller has the default admin role of the token, by OpenZeppelin's AccessControl.
    function registerAccessControlDefaultAdmin(address token) external;
}
