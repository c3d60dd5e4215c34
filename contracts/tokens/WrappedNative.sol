// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IWrappedNative} from "../interfaces/IWrappedNative.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// @title WrappedNative
/// @notice The chain's native currency as an ERC-20, one to one: for devnets that have none.
contract WrappedNative is IWrappedNative, ERC20 {
    constructor() ERC20("Wrapped Ether", "WETH") {}

    receive() external payable {
        deposit();
    }

    /// @inheritdoc IWrappedNative
    function deposit() public payable {
        _mint(msg.sender, msg.value);
    }

    /// @inheritdoc IWrappedNative
    function withdraw(uint256 amount) external {
        // EFFECT
        _burn(msg.sender, amount);

        // INTERACT
        Address.sendValue(payable(msg.sender), amount);
    }
}
