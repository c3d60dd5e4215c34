// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IBurnMintERC20} from "../interfaces/IBurnMintERC20.sol";
import {ITypeAndVersion} from "../interfaces/ITypeAndVersion.sol";
import {TokenPool} from "./TokenPool.sol";

/// @title BurnMintTokenPool
/// @notice Burns what leaves and mints what arrives: supply over all chains stays the same.
/// @dev The token must give this pool its minter and burner roles.
contract BurnMintTokenPool is TokenPool, ITypeAndVersion {
    string public constant override typeAndVersion = "BurnMintTokenPool 1.5.1";

    constructor(
        address token,
        uint8 localTokenDecimals,
        address[] memory allowlist,
        address rmnProxy,
        address router
    ) TokenPool(token, localTokenDecimals, allowlist, rmnProxy, router) {}

    function _lockOrBurn(uint256 amount) internal override {
        IBurnMintERC20(_token).burn(amount);

        emit Burned(msg.sender, amount);
    }

    function _releaseOrMint(address receiver, uint256 amount) internal override {
        IBurnMintERC20(_token).mint(receiver, amount);

        emit Minted(msg.sender, receiver, amount);
    }
}
