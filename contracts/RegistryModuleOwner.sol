// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IGetCCIPAdmin} from "./interfaces/IGetCCIPAdmin.sol";
import {IOwner} from "./interfaces/IOwner.sol";
import {IRegistryModuleOwner} from "./interfaces/IRegistryModuleOwner.sol";
import {ITokenAdminRegistry} from "./interfaces/ITokenAdminRegistry.sol";
import {ITypeAndVersion} from "./interfaces/ITypeAndVersion.sol";
import {EVMAddress} from "./libraries/EVMAddress.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

/// @title RegistryModuleOwner
/// @notice Lets a token's own admin register it, without asking anybody.
contract RegistryModuleOwner is IRegistryModuleOwner, ITypeAndVersion {
    string public constant override typeAndVersion = "RegistryModuleOwner 1.5.0";

    bytes32 private constant DEFAULT_ADMIN_ROLE = 0;

    ITokenAdminRegistry public immutable registry;

    constructor(address registry_) {
        EVMAddress.requireNonZero(registry_);
        registry = ITokenAdminRegistry(registry_);
    }

    /// @inheritdoc IRegistryModuleOwner
    function registerAdminViaOwner(address token) external {
        _register(token, IOwner(token).owner());
    }

    /// @inheritdoc IRegistryModuleOwner
    function registerAdminViaGetCCIPAdmin(address token) external {
        _register(token, IGetCCIPAdmin(token).getCCIPAdmin());
    }

    /// @inheritdoc IRegistryModuleOwner
    function registerAccessControlDefaultAdmin(address token) external {
        // CHECK
        bool isAdmin = IAccessControl(token).hasRole(DEFAULT_ADMIN_ROLE, msg.sender);
        require(isAdmin, RequiredRoleNotFound(msg.sender, DEFAULT_ADMIN_ROLE, token));

        _register(token, msg.sender);
    }

    function _register(address token, address admin) private {
        // CHECK
        require(admin == msg.sender, CanOnlySelfRegister(admin, token));

        emit AdministratorRegistered(token, admin);

        // INTERACT
        registry.proposeAdministrator(token, admin);
    }
}
