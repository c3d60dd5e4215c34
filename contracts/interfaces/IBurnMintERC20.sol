// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice A token whose supply a pool can move between chains.
/// @dev Trust: whoever holds the minter role owns the token's value. Give it to pools only.
interface IBurnMintERC20 is IERC20 {
    function mint(address account, uint256 amount) external;

    /// @notice Burns the caller's own tokens.
    function burn(uint256 amount) external;
}
