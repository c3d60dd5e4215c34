// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {CrossChainService} from "ccip/apps/CrossChainService.sol";

/// @title Warehouse
/// @notice The stock. The till reserves from it, and puts back what was not delivered.
contract Warehouse is CrossChainService {
    error OutOfStock(uint256 item);

    mapping(uint256 item => uint256) public stock;

    /// @notice The item that is set aside for an order, plus one; 0 for none.
    mapping(uint256 orderId => uint256) public setAside;

    constructor(address router) CrossChainService(router) {}

    function add(uint256 item, uint256 amount) external onlyOwner {
        stock[item] += amount;
    }

    function reserve(uint256 orderId, uint256 item) external onlyRemote {
        require(stock[item] != 0, OutOfStock(item));
        --stock[item];
        setAside[orderId] = item + 1;
    }

    /// @dev Asked twice, it acts once.
    function release(uint256 orderId) external onlyRemote {
        uint256 item = setAside[orderId];
        if (item == 0) return;
        delete setAside[orderId];
        ++stock[item - 1];
    }
}
