// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ILockBox} from "../interfaces/ILockBox.sol";
import {ITypeAndVersion} from "../interfaces/ITypeAndVersion.sol";
import {TokenPool} from "./TokenPool.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title LockBoxTokenPool
/// @notice Locks and releases like a LockReleaseTokenPool, but holds nothing: the funds are in a LockBox, which
/// must have this pool on its list. Liquidity is the box's business too.
contract LockBoxTokenPool is TokenPool, ITypeAndVersion {
    using SafeERC20 for IERC20;

    string public constant override typeAndVersion = "LockBoxTokenPool 1.0.0";

    ILockBox public immutable lockBox;

    constructor(
        address token,
        uint8 localTokenDecimals,
        address[] memory allowlist,
        address rmnProxy,
        address router,
        address lockBox_
    ) TokenPool(token, localTokenDecimals, allowlist, rmnProxy, router) {
        require(ILockBox(lockBox_).getToken() == token, InvalidToken(token));
        lockBox = ILockBox(lockBox_);
    }

    /// @dev The Router has put the tokens here; they go on to where a successor finds them.
    function _lockOrBurn(uint256 amount) internal override {
        emit Locked(msg.sender, amount);

        // INTERACT
        IERC20(_token).safeTransfer(address(lockBox), amount);
    }

    function _releaseOrMint(address receiver, uint256 amount) internal override {
        emit Released(msg.sender, receiver, amount);

        // INTERACT
        lockBox.release(receiver, amount);
    }
}
