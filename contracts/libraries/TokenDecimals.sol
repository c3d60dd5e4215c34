// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ITokenPool} from "../interfaces/ITokenPool.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

/// @title TokenDecimals
/// @notice One token, two chains, different decimals: how an amount is carried over.
library TokenDecimals {
    uint256 private constant LARGEST_POWER_OF_TEN = 77; // that fits 256 bits

    /// @notice Reverts if the token says that it has other decimals. A token that says nothing is believed.
    function requireMatch(address token, uint8 expected) internal view {
        try IERC20Metadata(token).decimals() returns (uint8 actual) {
            require(actual == expected, ITokenPool.InvalidDecimalArgs(expected, actual));
        } catch {} // `decimals` is optional in ERC-20
    }

    /// @notice The decimals in a remote pool's data: one word. No data means the same as here.
    function parse(bytes calldata sourcePoolData, uint8 localDecimals) internal pure returns (uint8) {
        if (sourcePoolData.length == 0) return localDecimals;
        require(sourcePoolData.length == 32, ITokenPool.InvalidRemoteChainDecimals(sourcePoolData));
        uint256 decimals = abi.decode(sourcePoolData, (uint256));
        require(decimals <= type(uint8).max, ITokenPool.InvalidRemoteChainDecimals(sourcePoolData));
        // casting to 'uint8' is safe because of the line above
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint8(decimals);
    }

    /// @notice `remoteAmount` in local units, rounded down: never more value than left the other side.
    function convert(uint256 remoteAmount, uint8 remoteDecimals, uint8 localDecimals)
        internal
        pure
        returns (uint256)
    {
        if (remoteDecimals == localDecimals || remoteAmount == 0) return remoteAmount;
        bool shrinks = remoteDecimals >= localDecimals;
        uint256 difference = shrinks ? remoteDecimals - localDecimals : localDecimals - remoteDecimals;
        bool fits = difference <= LARGEST_POWER_OF_TEN;
        if (fits && shrinks) return remoteAmount / 10 ** difference;

        fits = fits && remoteAmount <= type(uint256).max / 10 ** difference;
        require(fits, ITokenPool.OverflowDetected(remoteDecimals, localDecimals, remoteAmount));
        return remoteAmount * 10 ** difference;
    }
}
