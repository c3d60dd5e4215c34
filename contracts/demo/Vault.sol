// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC4626, IERC20} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";

/// @title Vault
/// @notice An ordinary tokenised vault (ERC-4626), which knows nothing of other chains.
contract Vault is ERC4626 {
    constructor(IERC20 asset) ERC20("Vault share", "vSHARE") ERC4626(asset) {}
}
