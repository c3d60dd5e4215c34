// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {PriceUpdates} from "../../../contracts/types/Report.sol";

/// @notice Stands in for the FeeQuoter: remembers what it was told last.
contract DestPriceSink {
    uint256 public updates;
    uint224 public lastTokenPrice;
    uint224 public lastGasPrice;

    function updatePrices(PriceUpdates calldata prices) external {
        ++updates;
        if (prices.tokenPriceUpdates.length != 0) lastTokenPrice = prices.tokenPriceUpdates[0].usdPerToken;
        if (prices.gasPriceUpdates.length != 0) lastGasPrice = prices.gasPriceUpdates[0].usdPerUnitGas;
    }
}
