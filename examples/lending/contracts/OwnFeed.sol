// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AggregatorV3Interface} from "ccip/interfaces/AggregatorV3Interface.sol";

/// @title OwnFeed
/// @notice Stands in for a price feed: its owner says the price, and when.
contract OwnFeed is AggregatorV3Interface {
    address public immutable owner = msg.sender;
    uint8 public constant decimals = 8;
    string public constant description = "GOLD / MONEY";
    int256 private _answer;
    uint256 private _updatedAt;

    function set(int256 answer) external {
        require(msg.sender == owner);
        (_answer, _updatedAt) = (answer, block.timestamp);
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return (1, _answer, _updatedAt, _updatedAt, 1);
    }
}
