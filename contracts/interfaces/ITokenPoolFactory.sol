// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ITokenPool} from "./ITokenPool.sol";

/// @title ITokenPoolFactory: from nothing, or from a token, to a pool that is ready to travel, in one transaction
/// @notice Nobody has to be asked: whoever calls owns what comes out, in two steps as everywhere.
/// @dev Trust: the caller supplies the code and answers for it. The factory keeps no role in anything it made once
/// the caller has accepted: until then it is the owner, and has no function that would use that.
/// @dev Addresses depend on the caller, the salt and the code only, so the same call on another chain with the
/// same factory address gives addresses that can be predicted and named as remote pools beforehand.
interface ITokenPoolFactory {
    enum PoolType {
        BURN_MINT, // constructor: token, decimals, allow-list, RMN proxy, router
        LOCK_RELEASE // constructor: token, decimals, allow-list, RMN proxy, accepts liquidity, router
    }

    /// @notice What pool to make. Its code is that of a pool of this project, or one with the same constructor.
    struct PoolPlan {
        PoolType poolType;
        bytes creationCode; // without arguments
        uint8 localTokenDecimals;
        ITokenPool.ChainUpdate[] remoteChains;
    }

    event TokenDeployed(address indexed token, address indexed deployer);
    event PoolDeployed(address indexed pool, address indexed token, address indexed deployer);

    /// @notice A pool for a token that is there. The caller accepts the pool's ownership, and sets it in the registry
    /// as the token's administrator.
    function deployPool(address token, PoolPlan calldata plan, bytes32 salt) external returns (address pool);

    /// @notice A token, its burn-mint pool with the roles it needs, and their entry in the registry.
    /// @param tokenInitCode Creation code with arguments, of a BurnMintERC20 or a token with its functions.
    /// @dev The caller then accepts three things: the pool's ownership, the token's administration here, and (by
    /// acceptDefaultAdminTransfer) the token itself.
    function deployTokenAndPool(bytes calldata tokenInitCode, PoolPlan calldata plan, bytes32 salt)
        external
        returns (address token, address pool);

    /// @notice Where `initCode` (creation code with arguments) goes when `deployer` uses `salt`.
    function predict(bytes calldata initCode, address deployer, bytes32 salt) external view returns (address);
}
