// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title ILockBox: the locked funds of one token, apart from the pools that lock and release them
/// @notice A pool is replaced by listing its successor here. No token moves, and both pools serve what is under
/// way until the old one is taken off the list.
/// @dev Trust: a listed pool can take out all that is locked, and so can the rebalancer. The owner lists pools and
/// names the rebalancer; keep it behind a timelock, as the pools' owners.
/// @dev Liveness: a release without liquidity fails its message, which can be executed again later.
interface ILockBox {
    /// @notice The caller is not a pool that this box serves.
    error NotAListedPool(address caller);

    event PoolListed(address indexed pool);
    event PoolUnlisted(address indexed pool);

    /// @notice Sends locked tokens to `receiver`. Listed pools only. What is locked simply arrives by transfer.
    function release(address receiver, uint256 amount) external;

    /// @notice Takes pools off the list, then puts others on it. Owner only.
    function applyPoolUpdates(address[] calldata removes, address[] calldata adds) external;
    function getPools() external view returns (address[] memory);
    function getToken() external view returns (address);

    /// @notice Tops the box up from the caller's balance. Rebalancer only.
    function provideLiquidity(uint256 amount) external;

    /// @notice To the caller. Rebalancer only.
    function withdrawLiquidity(uint256 amount) external;
    function setRebalancer(address rebalancer) external;
    function getRebalancer() external view returns (address);
}
