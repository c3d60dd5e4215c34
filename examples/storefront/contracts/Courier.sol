// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {CrossChainService} from "ccip/apps/CrossChainService.sol";
import {CCIPReceiver} from "ccip/receivers/CCIPReceiver.sol";

/// @title Courier
/// @notice Delivers: the goods are a token here, numbered by order.
contract Courier is CrossChainService, ERC721 {
    /// @notice Nobody delivers today.
    error OnStrike();

    bool public isOnStrike;
    mapping(uint256 orderId => uint256) public itemOf;

    constructor(address router) CrossChainService(router) ERC721("Goods", "GOODS") {}

    function setOnStrike(bool onStrike) external onlyOwner {
        isOnStrike = onStrike;
    }

    function deliver(uint256 orderId, uint256 item, address recipient) external onlyRemote {
        require(!isOnStrike, OnStrike());
        itemOf[orderId] = item;
        _mint(recipient, orderId);
    }

    function exists(uint256 orderId) external view returns (bool) {
        return _ownerOf(orderId) != address(0);
    }

    /// @dev Both: a contract that denies being a receiver gets its messages without being called.
    function supportsInterface(bytes4 interfaceId) public view override(CCIPReceiver, ERC721) returns (bool) {
        return CCIPReceiver.supportsInterface(interfaceId) || ERC721.supportsInterface(interfaceId);
    }
}
