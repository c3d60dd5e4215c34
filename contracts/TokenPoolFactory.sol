// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IRegistryModuleOwner} from "./interfaces/IRegistryModuleOwner.sol";
import {ITokenAdminRegistry} from "./interfaces/ITokenAdminRegistry.sol";
import {ITokenPool} from "./interfaces/ITokenPool.sol";
import {ITokenPoolFactory} from "./interfaces/ITokenPoolFactory.sol";
import {ITypeAndVersion} from "./interfaces/ITypeAndVersion.sol";
import {EVMAddress} from "./libraries/EVMAddress.sol";
import {BurnMintERC20} from "./tokens/BurnMintERC20.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {Create2} from "@openzeppelin/contracts/utils/Create2.sol";

/// @title TokenPoolFactory
/// @notice Deploys a token and its pool, connects and registers them, and hands everything to the caller.
contract TokenPoolFactory is ITokenPoolFactory, ITypeAndVersion {
    string public constant override typeAndVersion = "TokenPoolFactory 1.5.1";

    ITokenAdminRegistry public immutable registry;
    IRegistryModuleOwner public immutable registryModule;
    address public immutable rmnProxy;
    address public immutable router;

    constructor(address registry_, address registryModule_, address rmnProxy_, address router_) {
        EVMAddress.requireNonZero(registry_);
        EVMAddress.requireNonZero(registryModule_);
        EVMAddress.requireNonZero(rmnProxy_);
        EVMAddress.requireNonZero(router_);
        registry = ITokenAdminRegistry(registry_);
        registryModule = IRegistryModuleOwner(registryModule_);
        // checked above
        // slither-disable-next-line missing-zero-check
        rmnProxy = rmnProxy_;
        // checked above
        // slither-disable-next-line missing-zero-check
        router = router_;
    }

    /// @inheritdoc ITokenPoolFactory
    function deployPool(address token, PoolPlan calldata plan, bytes32 salt) external returns (address) {
        return _deployPool(token, plan, salt);
    }

    /// @inheritdoc ITokenPoolFactory
    function deployTokenAndPool(bytes calldata tokenInitCode, PoolPlan calldata plan, bytes32 salt)
        external
        returns (address token, address pool)
    {
        // INTERACT (with what is made here, before anybody else knows of it)
        token = Create2.deploy(0, _saltOf(msg.sender, salt), tokenInitCode);
        emit TokenDeployed(token, msg.sender);
        pool = _deployPool(token, plan, salt);

        registryModule.registerAdminViaGetCCIPAdmin(token);
        registry.acceptAdminRole(token);
        registry.setPool(token, pool);
        registry.transferAdminRole(token, msg.sender);
        BurnMintERC20(token).grantMintAndBurnRoles(pool);
        BurnMintERC20(token).beginDefaultAdminTransfer(msg.sender);
    }

    /// @inheritdoc ITokenPoolFactory
    function predict(bytes calldata initCode, address deployer, bytes32 salt)
        external
        view
        returns (address)
    {
        return Create2.computeAddress(_saltOf(deployer, salt), keccak256(initCode));
    }

    function _deployPool(address token, PoolPlan calldata plan, bytes32 salt) private returns (address pool) {
        bytes memory initCode = bytes.concat(plan.creationCode, _arguments(token, plan));
        pool = Create2.deploy(0, _saltOf(msg.sender, salt), initCode);
        emit PoolDeployed(pool, token, msg.sender);

        ITokenPool(pool).applyChainUpdates(new uint64[](0), plan.remoteChains);
        Ownable2Step(pool).transferOwnership(msg.sender);
    }

    function _arguments(address token, PoolPlan calldata plan) private view returns (bytes memory) {
        address[] memory noAllowList = new address[](0);
        return plan.poolType == PoolType.BURN_MINT
            ? abi.encode(token, plan.localTokenDecimals, noAllowList, rmnProxy, router)
            : abi.encode(token, plan.localTokenDecimals, noAllowList, rmnProxy, true, router);
    }

    /// @dev Nobody takes an address that another was going to use.
    function _saltOf(address deployer, bytes32 salt) private pure returns (bytes32) {
        return keccak256(abi.encode(deployer, salt));
    }
}
