// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {AggregatorV3Interface} from "../../../contracts/interfaces/AggregatorV3Interface.sol";

/// @notice A price feed whose answer the test writes.
contract PriceFeed is AggregatorV3Interface {
    uint8 public immutable override decimals;
    string public constant override description = "TEST / USD";
    int256 private _answer;
    uint256 private _updatedAt;

    constructor(uint8 decimals_) {
        decimals = decimals_;
    }

    function set(int256 answer, uint256 updatedAt) external {
        _answer = answer;
        _updatedAt = updatedAt;
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return (1, _answer, _updatedAt, _updatedAt, 1);
    }
}
