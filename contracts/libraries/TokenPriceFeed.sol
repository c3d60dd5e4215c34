// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {AggregatorV3Interface} from "../interfaces/AggregatorV3Interface.sol";
import {IFeeQuoter} from "../interfaces/IFeeQuoter.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title TokenPriceFeed
/// @notice Reads a USD feed in the FeeQuoter's unit.
/// @dev A feed says USD × 10^feedDecimals per whole token; we want USD × 1e18 per 1e18 of the smallest unit,
/// which is 10^(36 - feedDecimals - tokenDecimals) times as much.
library TokenPriceFeed {
    uint256 private constant PRICE_DECIMALS = 36;
    uint256 private constant LARGEST_POWER_OF_TEN = 77; // that fits 256 bits

    function read(IFeeQuoter.TokenPriceFeedConfig memory feed)
        internal
        view
        returns (IFeeQuoter.TimestampedPrice memory)
    {
        AggregatorV3Interface aggregator = AggregatorV3Interface(feed.dataFeedAddress);
        // rounds of a feed mean nothing here; its time of update does
        // slither-disable-next-line unused-return
        (, int256 answer,, uint256 updatedAt,) = aggregator.latestRoundData();
        require(answer > 0, IFeeQuoter.DataFeedValueOutOfUint224Range());

        uint256 value =
            _rebase(SafeCast.toUint256(answer), uint256(aggregator.decimals()) + feed.tokenDecimals);
        require(value <= type(uint224).max, IFeeQuoter.DataFeedValueOutOfUint224Range());

        // A feed's clock may run ahead of the block's; its price is still not younger than now.
        uint256 timestamp = Math.min(updatedAt, block.timestamp);
        return IFeeQuoter.TimestampedPrice(SafeCast.toUint224(value), SafeCast.toUint32(timestamp));
    }

    function _rebase(uint256 answer, uint256 decimals) private pure returns (uint256) {
        if (decimals <= PRICE_DECIMALS) return Math.saturatingMul(answer, 10 ** (PRICE_DECIMALS - decimals));
        uint256 excess = decimals - PRICE_DECIMALS;
        return excess > LARGEST_POWER_OF_TEN ? 0 : answer / 10 ** excess;
    }
}
