// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {RateLimiter} from "../libraries/RateLimiter.sol";
import {IPoolV1} from "./IPoolV1.sol";

/// @title ITokenPool: one token's door to the other chains (pool API of 1.5.1)
/// @dev Trust: the pool obeys the ramps that its Router names, and within that, its own limits: the outbound
/// bucket caps what can leave, the inbound bucket caps what a forged message could take. The owner can name
/// remote pools, so it can mint or release at will; keep it behind a timelock.
/// @dev Liveness: a message over the inbound limit fails and can be executed again when the bucket refilled.
/// @dev Amounts travel in the source token's decimals. Division rounds down: dust stays with the source.
interface ITokenPool is IPoolV1 {
    struct ChainUpdate {
        uint64 remoteChainSelector;
        bytes[] remotePoolAddresses; // abi.encode(address) for an EVM chain
        bytes remoteTokenAddress; // likewise
        RateLimiter.Config outboundRateLimiterConfig;
        RateLimiter.Config inboundRateLimiterConfig;
    }

    /* ERRORS */

    /// @notice The list is fixed off at deployment.
    error AllowListNotEnabled();

    /// @notice Only the OnRamp to, or an OffRamp from, that chain may call.
    error CallerIsNotARampOnRouter(address caller);

    /// @notice The chain is to be added and is there already. Remove it in the same call to replace it.
    error ChainAlreadyExists(uint64 chainSelector);

    /// @notice The pool does not serve that chain.
    error ChainNotAllowed(uint64 remoteChainSelector);

    /// @notice The token has other decimals than the pool was told.
    error InvalidDecimalArgs(uint8 expected, uint8 actual);

    /// @notice The remote pool's data is not one word that fits a uint8.
    error InvalidRemoteChainDecimals(bytes sourcePoolData);

    /// @notice The remote pool to be removed is not listed for this chain.
    error InvalidRemotePoolForChain(uint64 remoteChainSelector, bytes remotePoolAddress);

    /// @notice The message does not come from a pool that is registered for its chain.
    error InvalidSourcePoolAddress(bytes sourcePoolAddress);

    /// @notice The message's token, or the lock box's, is not this pool's.
    error InvalidToken(address token);

    /// @notice Chains and their rate limits differ in number.
    error MismatchedArrayLengths();

    /// @notice The pool does not know this remote chain.
    error NonExistentChain(uint64 remoteChainSelector);

    /// @notice The amount does not fit 256 bits in this token's decimals.
    error OverflowDetected(uint8 remoteDecimals, uint8 localDecimals, uint256 remoteAmount);

    /// @notice The remote pool is listed for this chain already.
    error PoolAlreadyAdded(uint64 remoteChainSelector, bytes remotePoolAddress);

    /// @notice The caller lacks the role: rate-limit admin or owner; for liquidity, the rebalancer.
    error Unauthorized(address caller);

    /* EVENTS */

    event ChainAdded(
        uint64 remoteChainSelector,
        bytes remoteToken,
        RateLimiter.Config outboundRateLimiterConfig,
        RateLimiter.Config inboundRateLimiterConfig
    );
    event ChainConfigured(
        uint64 remoteChainSelector,
        RateLimiter.Config outboundRateLimiterConfig,
        RateLimiter.Config inboundRateLimiterConfig
    );
    event ChainRemoved(uint64 remoteChainSelector);
    event RemotePoolAdded(uint64 indexed remoteChainSelector, bytes remotePoolAddress);
    event RemotePoolRemoved(uint64 indexed remoteChainSelector, bytes remotePoolAddress);
    event RateLimitAdminSet(address rateLimitAdmin);
    event RouterUpdated(address oldRouter, address newRouter);

    /// @notice `sender` is the ramp. A pool locks and releases, or burns and mints.
    event Locked(address indexed sender, uint256 amount);
    event Burned(address indexed sender, uint256 amount);
    event Released(address indexed sender, address indexed recipient, uint256 amount);
    event Minted(address indexed sender, address indexed recipient, uint256 amount);

    /* REMOTE CHAINS */

    /// @notice Removes chains, then adds chains. Owner only. Changing a chain is removing and adding it.
    /// @dev Removing drops the buckets. Messages in flight from a removed chain fail until it is added again.
    function applyChainUpdates(
        uint64[] calldata remoteChainSelectorsToRemove,
        ChainUpdate[] calldata chainsToAdd
    ) external;

    /// @notice A further pool on that chain, e.g. the one that replaces the old. Owner only.
    function addRemotePool(uint64 remoteChainSelector, bytes calldata remotePoolAddress) external;

    /// @notice Messages in flight from that pool fail from now on. Owner only.
    function removeRemotePool(uint64 remoteChainSelector, bytes calldata remotePoolAddress) external;

    function getSupportedChains() external view returns (uint64[] memory);

    function getRemotePools(uint64 remoteChainSelector) external view returns (bytes[] memory);

    function getRemoteToken(uint64 remoteChainSelector) external view returns (bytes memory);

    function isRemotePool(uint64 remoteChainSelector, bytes calldata remotePoolAddress)
        external
        view
        returns (bool);

    /* RATE LIMITS */

    /// @notice Owner or rate-limit admin.
    function setChainRateLimiterConfig(
        uint64 remoteChainSelector,
        RateLimiter.Config calldata outboundConfig,
        RateLimiter.Config calldata inboundConfig
    ) external;

    function setChainRateLimiterConfigs(
        uint64[] calldata remoteChainSelectors,
        RateLimiter.Config[] calldata outboundConfigs,
        RateLimiter.Config[] calldata inboundConfigs
    ) external;

    function setRateLimitAdmin(address rateLimitAdmin) external;

    function getRateLimitAdmin() external view returns (address);

    /// @notice Refilled up to this second.
    function getCurrentOutboundRateLimiterState(uint64 remoteChainSelector)
        external
        view
        returns (RateLimiter.TokenBucket memory);

    function getCurrentInboundRateLimiterState(uint64 remoteChainSelector)
        external
        view
        returns (RateLimiter.TokenBucket memory);

    /* CONFIGURATION */

    function setRouter(address newRouter) external;

    function getRouter() external view returns (address router);

    function getRmnProxy() external view returns (address rmnProxy);

    function getToken() external view returns (address token);

    function getTokenDecimals() external view returns (uint8 decimals);

    /// @notice Who may send through this pool, if the list was not empty at deployment. Owner only.
    function applyAllowListUpdates(address[] calldata removes, address[] calldata adds) external;

    function getAllowList() external view returns (address[] memory);

    function getAllowListEnabled() external view returns (bool);
}
