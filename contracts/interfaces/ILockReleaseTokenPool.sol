// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title ILockReleaseTokenPool: the liquidity side of a lock-release pool
/// @dev Trust: the rebalancer can take out all that is locked. The token's issuer chooses it, not the network.
/// @dev Liveness: a release without liquidity fails its message, which can be executed again later.
interface ILockReleaseTokenPool {
    /// @notice The pool, or its lock box, holds less than is to be taken out.
    error InsufficientLiquidity();

    /// @notice The pool was deployed to work from what it locks only.
    error LiquidityNotAccepted();

    event LiquidityAdded(address indexed provider, uint256 indexed amount);
    event LiquidityRemoved(address indexed provider, uint256 indexed amount);
    event LiquidityTransferred(address indexed from, uint256 amount);
    event RebalancerSet(address oldRebalancer, address newRebalancer);

    /// @notice Rebalancer only, if the pool accepts liquidity at all.
    function provideLiquidity(uint256 amount) external;

    /// @notice To the caller. Rebalancer only.
    function withdrawLiquidity(uint256 amount) external;

    /// @notice Takes over liquidity of the pool this one replaces, whose rebalancer it must be. Owner only.
    function transferLiquidity(address from, uint256 amount) external;

    function setRebalancer(address rebalancer) external;

    function getRebalancer() external view returns (address);

    function canAcceptLiquidity() external view returns (bool);
}
