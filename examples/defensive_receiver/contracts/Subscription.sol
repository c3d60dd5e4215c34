// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {DefensiveReceiver} from "ccip/receivers/DefensiveReceiver.sol";
import {Client} from "ccip/types/Client.sol";

/// @title Subscription
/// @notice Tokens from another chain buy months for the account that the message names. A payment that cannot be
/// used now is kept here, with its tokens: anyone tries it again, or the owner gives it back.
contract Subscription is DefensiveReceiver {
    /// @notice No subscriptions are sold at the moment.
    error Closed();

    /// @notice The payment is not a whole number of months.
    error NotWholeMonths(uint256 paid, uint256 price);

    uint256 public immutable pricePerMonth;
    bool public isOpen = true;
    mapping(address account => uint256) public months;

    constructor(address router, uint256 price) DefensiveReceiver(router) {
        pricePerMonth = price;
    }

    function setOpen(bool open) external onlyOwner {
        isOpen = open;
    }

    function _process(Client.Any2EVMMessage calldata message) internal override {
        require(isOpen, Closed());
        uint256 paid = message.destTokenAmounts[0].amount;
        require(paid % pricePerMonth == 0, NotWholeMonths(paid, pricePerMonth));
        months[abi.decode(message.data, (address))] += paid / pricePerMonth;
    }
}
