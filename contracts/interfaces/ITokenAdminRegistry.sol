// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title ITokenAdminRegistry: which pool serves which token, and who may say so
/// @dev Trust: a token's administrator decides about that token alone. The owner and its registry modules
/// may name the first administrator of a token, never replace one.
interface ITokenAdminRegistry {
    struct TokenConfig {
        address administrator;
        address pendingAdministrator;
        address tokenPool; // zero: the token does not travel
    }

    /* ERRORS */

    /// @notice The token has an administrator already.
    error AlreadyRegistered(address token);

    /// @notice The pool says that it does not serve this token.
    error InvalidTokenPoolToken(address token);

    /// @notice The caller is not the token's administrator.
    error OnlyAdministrator(address sender, address token);

    /// @notice The caller is not whom the token was offered to.
    error OnlyPendingAdministrator(address sender, address token);

    /// @notice Only a registry module or the owner proposes an administrator.
    error OnlyRegistryModuleOrOwner(address sender);

    /// @notice The token, its proposed administrator or the registry module is zero.
    error ZeroAddress();

    /* EVENTS */

    event AdministratorTransferRequested(
        address indexed token, address indexed currentAdmin, address indexed newAdmin
    );
    event AdministratorTransferred(address indexed token, address indexed newAdmin);
    event PoolSet(address indexed token, address indexed previousPool, address indexed newPool);
    event RegistryModuleAdded(address module);
    event RegistryModuleRemoved(address indexed module);

    /* POOLS */

    /// @notice The pool of `token`, or zero.
    function getPool(address token) external view returns (address);

    function getPools(address[] calldata tokens) external view returns (address[] memory);

    /// @notice Chooses the pool. Zero takes the token off the network. Administrator only.
    /// @dev Messages in flight are delivered by the pool that is set when they arrive.
    function setPool(address localToken, address pool) external;

    function getTokenConfig(address token) external view returns (TokenConfig memory);

    /// @notice Tokens that have a pool, by page. A delisting reorders them: read all pages at one block.
    function getAllConfiguredTokens(uint64 startIndex, uint64 maxCount)
        external
        view
        returns (address[] memory tokens);

    /* ADMINISTRATORS */

    /// @notice Offers an unregistered token to its first administrator. Registry modules and owner only.
    function proposeAdministrator(address localToken, address administrator) external;

    /// @notice The pending administrator takes over.
    function acceptAdminRole(address localToken) external;

    /// @notice Offers the role to another; zero takes a pending offer back. Administrator only.
    function transferAdminRole(address localToken, address newAdmin) external;

    function isAdministrator(address localToken, address administrator) external view returns (bool);

    /* MODULES */

    function isRegistryModule(address module) external view returns (bool);

    function addRegistryModule(address module) external;

    function removeRegistryModule(address module) external;
}
