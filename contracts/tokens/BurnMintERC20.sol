// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IBurnMintERC20} from "../interfaces/IBurnMintERC20.sol";
import {IGetCCIPAdmin} from "../interfaces/IGetCCIPAdmin.sol";
import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title BurnMintERC20
/// @notice A token that a pool may mint and burn: for devnets and as an example.
/// @dev Trust: the admin grants the roles, so it can mint at will. `owner()` is the admin.
contract BurnMintERC20 is IBurnMintERC20, IGetCCIPAdmin, ERC20, AccessControlDefaultAdminRules {
    bytes32 public constant MINTER_ROLE = keccak256("MINTER_ROLE");
    bytes32 public constant BURNER_ROLE = keccak256("BURNER_ROLE");

    uint8 private immutable _decimals;

    constructor(string memory name, string memory symbol, uint8 decimals_)
        ERC20(name, symbol)
        AccessControlDefaultAdminRules(0, msg.sender)
    {
        _decimals = decimals_;
    }

    /// @notice What a burn-mint pool needs. Admin only.
    function grantMintAndBurnRoles(address minterAndBurner) external {
        grantRole(MINTER_ROLE, minterAndBurner); // grantRole checks that the caller is the admin
        grantRole(BURNER_ROLE, minterAndBurner);
    }

    /// @inheritdoc IBurnMintERC20
    function mint(address account, uint256 amount) external onlyRole(MINTER_ROLE) {
        _mint(account, amount);
    }

    /// @inheritdoc IBurnMintERC20
    function burn(uint256 amount) external onlyRole(BURNER_ROLE) {
        _burn(msg.sender, amount);
    }

    /// @inheritdoc IGetCCIPAdmin
    function getCCIPAdmin() external view returns (address) {
        return owner();
    }

    function decimals() public view override returns (uint8) {
        return _decimals;
    }
}
