// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ILockBox} from "../interfaces/ILockBox.sol";
import {ILockReleaseTokenPool} from "../interfaces/ILockReleaseTokenPool.sol";
import {ITokenPool} from "../interfaces/ITokenPool.sol";
import {ITypeAndVersion} from "../interfaces/ITypeAndVersion.sol";
import {EVMAddress} from "../libraries/EVMAddress.sol";
import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

/// @title LockBox
/// @notice Where a LockBoxTokenPool keeps what it locks, so that the pool can be replaced and the funds stay.
contract LockBox is ILockBox, ITypeAndVersion, Ownable2Step {
    using EnumerableSet for EnumerableSet.AddressSet;
    using SafeERC20 for IERC20;

    string public constant override typeAndVersion = "ERC20LockBox 1.0.0";

    IERC20 private immutable _token;

    address private _rebalancer;
    EnumerableSet.AddressSet private _pools;

    modifier onlyRebalancer() {
        require(msg.sender == _rebalancer, ITokenPool.Unauthorized(msg.sender));
        _;
    }

    constructor(address token) Ownable(msg.sender) {
        EVMAddress.requireNonZero(token);
        _token = IERC20(token);
    }

    /* MOVING VALUE */

    /// @inheritdoc ILockBox
    function release(address receiver, uint256 amount) external {
        // CHECK
        require(_pools.contains(msg.sender), NotAListedPool(msg.sender));
        _requireLiquidity(amount);

        // INTERACT
        _token.safeTransfer(receiver, amount);
    }

    /* LIQUIDITY */

    /// @inheritdoc ILockBox
    function provideLiquidity(uint256 amount) external onlyRebalancer {
        emit ILockReleaseTokenPool.LiquidityAdded(msg.sender, amount);

        // INTERACT
        _token.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc ILockBox
    function withdrawLiquidity(uint256 amount) external onlyRebalancer {
        // CHECK
        _requireLiquidity(amount);

        emit ILockReleaseTokenPool.LiquidityRemoved(msg.sender, amount);

        // INTERACT
        _token.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc ILockBox
    function setRebalancer(address rebalancer) external onlyOwner {
        // EFFECT
        address oldRebalancer = _rebalancer;
        // zero: nobody
        // slither-disable-next-line missing-zero-check
        _rebalancer = rebalancer;

        emit ILockReleaseTokenPool.RebalancerSet(oldRebalancer, rebalancer);
    }

    /// @inheritdoc ILockBox
    function getRebalancer() external view returns (address) {
        return _rebalancer;
    }

    function _requireLiquidity(uint256 amount) private view {
        require(_token.balanceOf(address(this)) >= amount, ILockReleaseTokenPool.InsufficientLiquidity());
    }

    /* POOLS */

    /// @inheritdoc ILockBox
    function applyPoolUpdates(address[] calldata removes, address[] calldata adds) external onlyOwner {
        for (uint256 i = 0; i < removes.length; ++i) {
            if (_pools.remove(removes[i])) emit PoolUnlisted(removes[i]);
        }
        for (uint256 i = 0; i < adds.length; ++i) {
            EVMAddress.requireNonZero(adds[i]);
            if (_pools.add(adds[i])) emit PoolListed(adds[i]);
        }
    }

    /// @inheritdoc ILockBox
    function getPools() external view returns (address[] memory) {
        return _pools.values();
    }

    /// @inheritdoc ILockBox
    function getToken() external view returns (address) {
        return address(_token);
    }
}
