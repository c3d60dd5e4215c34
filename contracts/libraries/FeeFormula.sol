// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IFeeQuoter} from "../interfaces/IFeeQuoter.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title FeeFormula
/// @notice The terms of a fee, as arithmetic: no prices of its own.
/// @dev `Usd18` and `Usd36` in a name say the scale: USD × 1e18, USD × 1e36.
/// @dev Unchecked, because no term reaches 2^241: parameters have 16 or 32 bits, and so have what they bound (the
/// message's gas limit, its bytes, its tokens' gas and bytes); multipliers have 64, each half of a gas price 112.
library FeeFormula {
    uint256 private constant USD18_PER_CENT = 1e16;
    uint256 private constant DECI_BPS = 1e5;
    uint256 private constant USD36_PER_USD18_BPS = 1e14; // 1e18 / 1e4

    /// @dev Bytes of a message that are posted to a data-availability layer besides data and pool data.
    uint256 private constant FIXED_BYTES = 17 * 32;
    uint256 private constant FIXED_BYTES_PER_TOKEN = 12 * 32;

    function centsToUsd18(uint256 cents) internal pure returns (uint256) {
        unchecked {
            return cents * USD18_PER_CENT;
        }
    }

    /// @notice A share of the value, within bounds.
    /// @dev Saturates instead of overflowing: the upper bound cuts it anyway.
    function tokenFeeUsd18(IFeeQuoter.TokenTransferFeeConfig memory config, uint256 amount, uint256 price)
        internal
        pure
        returns (uint256)
    {
        // as 1.5 rounds, to the unit
        // slither-disable-next-line divide-before-multiply
        uint256 valueUsd18 = Math.saturatingMul(price, amount) / 1e18;
        uint256 shareUsd18 = valueUsd18 * config.deciBps / DECI_BPS;
        uint256 atLeast = Math.max(shareUsd18, centsToUsd18(config.minFeeUSDCents));
        return Math.min(atLeast, centsToUsd18(config.maxFeeUSDCents));
    }

    /// @notice Two tiers, as calldata has had since EIP-7623; one if both prices are equal.
    /// @dev Counts the message's data only, as 1.5 does: what a pool says is paid for by its token's gas.
    function calldataGas(IFeeQuoter.DestChainConfig storage chain, uint256 dataSize)
        internal
        view
        returns (uint256)
    {
        uint256 cheapBytes = Math.min(dataSize, chain.destGasPerPayloadByteThreshold);
        unchecked {
            uint256 dearBytes = dataSize - cheapBytes;
            return cheapBytes * chain.destGasPerPayloadByteBase + dearBytes * chain.destGasPerPayloadByteHigh;
        }
    }

    /// @notice What posting a message to a data-availability layer costs, by its weight in bytes there.
    function dataAvailabilityUsd36(
        IFeeQuoter.DestChainConfig storage chain,
        uint256 dataSize,
        uint256 numberOfTokens,
        uint256 poolBytes,
        uint224 gasPrice
    ) internal view returns (uint256) {
        unchecked {
            uint256 size = FIXED_BYTES + dataSize + numberOfTokens * FIXED_BYTES_PER_TOKEN + poolBytes;
            uint256 gas = size * chain.destGasPerDataAvailabilityByte + chain.destDataAvailabilityOverheadGas;
            uint256 priceUsd18 = gasPrice >> 112;
            return gas * priceUsd18 * chain.destDataAvailabilityMultiplierBps * USD36_PER_USD18_BPS;
        }
    }

    /// @notice The low half of a packed gas price; the high half is the data-availability price.
    function executionPrice(uint224 gasPrice) internal pure returns (uint256) {
        // truncation is the point
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint112(gasPrice);
    }
}
