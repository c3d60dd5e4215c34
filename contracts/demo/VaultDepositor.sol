// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IERC20, IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {CCIPReceiver} from "../receivers/CCIPReceiver.sol";
import {Client} from "../types/Client.sol";

/// @title VaultDepositor
/// @notice Tokens with instructions: what arrives is deposited for whom the message names, or nothing happens at all.
/// @dev Data is abi.encode(address beneficiary, uint256 minShares). A revert rolls the arrival of the tokens back
/// with it, and the message can be executed again.
contract VaultDepositor is CCIPReceiver {
    using SafeERC20 for IERC20;

    /// @notice The message must bring exactly one token, the vault's.
    error WrongTokens();

    /// @notice The vault gives fewer shares than the sender asked for at least.
    error TooFewShares(uint256 wanted, uint256 got);

    event Deposited(bytes32 indexed messageId, address indexed beneficiary, uint256 assets, uint256 shares);

    IERC4626 public immutable vault;

    constructor(address router, IERC4626 vault_) CCIPReceiver(router) {
        vault = vault_;
    }

    function _ccipReceive(Client.Any2EVMMessage memory message) internal override {
        // CHECK
        require(message.destTokenAmounts.length == 1, WrongTokens());
        IERC20 token = IERC20(message.destTokenAmounts[0].token);
        require(address(token) == vault.asset(), WrongTokens());
        uint256 assets = message.destTokenAmounts[0].amount;
        (address beneficiary, uint256 minShares) = abi.decode(message.data, (address, uint256));

        // INTERACT
        token.forceApprove(address(vault), assets);
        uint256 shares = vault.deposit(assets, beneficiary);
        require(shares >= minShares, TooFewShares(minShares, shares));

        emit Deposited(message.messageId, beneficiary, assets, shares);
    }
}
