// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ILockReleaseTokenPool} from "../interfaces/ILockReleaseTokenPool.sol";
import {ITypeAndVersion} from "../interfaces/ITypeAndVersion.sol";
import {TokenPool} from "./TokenPool.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title LockReleaseTokenPool
/// @notice Keeps what leaves and hands it out again when value comes back.
contract LockReleaseTokenPool is TokenPool, ILockReleaseTokenPool, ITypeAndVersion {
    using SafeERC20 for IERC20;

    string public constant override typeAndVersion = "LockReleaseTokenPool 1.5.1";

    bool private immutable _acceptLiquidity;
    address private _rebalancer;

    modifier onlyRebalancer() {
        require(msg.sender == _rebalancer, Unauthorized(msg.sender));
        _;
    }

    constructor(
        address token,
        uint8 localTokenDecimals,
        address[] memory allowlist,
        address rmnProxy,
        bool acceptLiquidity,
        address router
    ) TokenPool(token, localTokenDecimals, allowlist, rmnProxy, router) {
        _acceptLiquidity = acceptLiquidity;
    }

    /// @dev The Router has put the tokens here; leaving them here is the lock.
    function _lockOrBurn(uint256 amount) internal override {
        emit Locked(msg.sender, amount);
    }

    function _releaseOrMint(address receiver, uint256 amount) internal override {
        // CHECK
        _requireLiquidity(amount);

        emit Released(msg.sender, receiver, amount);

        // INTERACT
        IERC20(_token).safeTransfer(receiver, amount);
    }

    /* LIQUIDITY */

    /// @inheritdoc ILockReleaseTokenPool
    function provideLiquidity(uint256 amount) external onlyRebalancer {
        // CHECK
        require(_acceptLiquidity, LiquidityNotAccepted());

        emit LiquidityAdded(msg.sender, amount);

        // INTERACT
        IERC20(_token).safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc ILockReleaseTokenPool
    function withdrawLiquidity(uint256 amount) external onlyRebalancer {
        // CHECK
        _requireLiquidity(amount);

        emit LiquidityRemoved(msg.sender, amount);

        // INTERACT
        IERC20(_token).safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc ILockReleaseTokenPool
    function transferLiquidity(address from, uint256 amount) external onlyOwner {
        emit LiquidityTransferred(from, amount);

        // INTERACT
        ILockReleaseTokenPool(from).withdrawLiquidity(amount);
    }

    /// @inheritdoc ILockReleaseTokenPool
    function setRebalancer(address rebalancer) external onlyOwner {
        // EFFECT
        address oldRebalancer = _rebalancer;
        // zero: nobody
        // slither-disable-next-line missing-zero-check
        _rebalancer = rebalancer;

        emit RebalancerSet(oldRebalancer, rebalancer);
    }

    /// @inheritdoc ILockReleaseTokenPool
    function getRebalancer() external view returns (address) {
        return _rebalancer;
    }

    /// @inheritdoc ILockReleaseTokenPool
    function canAcceptLiquidity() external view returns (bool) {
        return _acceptLiquidity;
    }

    function _requireLiquidity(uint256 amount) private view {
        require(IERC20(_token).balanceOf(address(this)) >= amount, InsufficientLiquidity());
    }
}
