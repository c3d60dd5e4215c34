// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IPoolV1} from "./interfaces/IPoolV1.sol";
import {ITokenAdminRegistry} from "./interfaces/ITokenAdminRegistry.sol";
import {ITypeAndVersion} from "./interfaces/ITypeAndVersion.sol";
import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

/// @title TokenAdminRegistry
/// @notice Which pool serves which token, and who may say so.
contract TokenAdminRegistry is ITokenAdminRegistry, ITypeAndVersion, Ownable2Step {
    using EnumerableSet for EnumerableSet.AddressSet;

    string public constant override typeAndVersion = "TokenAdminRegistry 1.5.0";

    mapping(address token => TokenConfig) private _configs;
    EnumerableSet.AddressSet private _tokensWithPool;
    EnumerableSet.AddressSet private _modules;

    modifier onlyAdministrator(address token) {
        require(isAdministrator(token, msg.sender), OnlyAdministrator(msg.sender, token));
        _;
    }

    constructor() Ownable(msg.sender) {}

    /* POOLS */

    /// @inheritdoc ITokenAdminRegistry
    function getPool(address token) external view returns (address) {
        return _configs[token].tokenPool;
    }

    /// @inheritdoc ITokenAdminRegistry
    function getPools(address[] calldata tokens) external view returns (address[] memory pools) {
        pools = new address[](tokens.length);
        for (uint256 i = 0; i < tokens.length; ++i) {
            pools[i] = _configs[tokens[i]].tokenPool;
        }
    }

    /// @inheritdoc ITokenAdminRegistry
    function setPool(address localToken, address pool) external onlyAdministrator(localToken) {
        // CHECK
        bool serves = pool == address(0) || IPoolV1(pool).isSupportedToken(localToken);
        require(serves, InvalidTokenPoolToken(localToken));

        // EFFECT
        address previousPool = _configs[localToken].tokenPool;
        _configs[localToken].tokenPool = pool;
        if (pool == address(0)) {
            // in the list or not, afterwards it is not
            // slither-disable-next-line unused-return
            _tokensWithPool.remove(localToken);
        } else {
            // in the list or not, afterwards it is
            // slither-disable-next-line unused-return
            _tokensWithPool.add(localToken);
        }

        if (pool != previousPool) emit PoolSet(localToken, previousPool, pool);
    }

    /// @inheritdoc ITokenAdminRegistry
    function getTokenConfig(address token) external view returns (TokenConfig memory) {
        return _configs[token];
    }

    /// @inheritdoc ITokenAdminRegistry
    function getAllConfiguredTokens(uint64 startIndex, uint64 maxCount)
        external
        view
        returns (address[] memory tokens)
    {
        return _tokensWithPool.values(startIndex, uint256(startIndex) + maxCount);
    }

    /* ADMINISTRATORS */

    /// @inheritdoc ITokenAdminRegistry
    function proposeAdministrator(address localToken, address administrator) external {
        // CHECK
        bool mayPropose = _modules.contains(msg.sender) || msg.sender == owner();
        require(mayPropose, OnlyRegistryModuleOrOwner(msg.sender));
        require(localToken != address(0) && administrator != address(0), ZeroAddress());
        require(_configs[localToken].administrator == address(0), AlreadyRegistered(localToken));

        // EFFECT
        _configs[localToken].pendingAdministrator = administrator;

        emit AdministratorTransferRequested(localToken, address(0), administrator);
    }

    /// @inheritdoc ITokenAdminRegistry
    function acceptAdminRole(address localToken) external {
        // CHECK
        TokenConfig storage config = _configs[localToken];
        require(config.pendingAdministrator == msg.sender, OnlyPendingAdministrator(msg.sender, localToken));

        // EFFECT
        config.administrator = msg.sender;
        config.pendingAdministrator = address(0);

        emit AdministratorTransferred(localToken, msg.sender);
    }

    /// @inheritdoc ITokenAdminRegistry
    function transferAdminRole(address localToken, address newAdmin) external onlyAdministrator(localToken) {
        // EFFECT
        _configs[localToken].pendingAdministrator = newAdmin;

        emit AdministratorTransferRequested(localToken, msg.sender, newAdmin);
    }

    /// @inheritdoc ITokenAdminRegistry
    function isAdministrator(address localToken, address administrator) public view returns (bool) {
        return administrator != address(0) && _configs[localToken].administrator == administrator;
    }

    /* MODULES */

    /// @inheritdoc ITokenAdminRegistry
    function isRegistryModule(address module) external view returns (bool) {
        return _modules.contains(module);
    }

    /// @inheritdoc ITokenAdminRegistry
    function addRegistryModule(address module) external onlyOwner {
        // CHECK
        require(module != address(0), ZeroAddress());

        // EFFECT
        if (_modules.add(module)) emit RegistryModuleAdded(module);
    }

    /// @inheritdoc ITokenAdminRegistry
    function removeRegistryModule(address module) external onlyOwner {
        // EFFECT
        if (_modules.remove(module)) emit RegistryModuleRemoved(module);
    }
}
