// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {CCIPReceiver} from "ccip/receivers/CCIPReceiver.sol";
import {Client} from "ccip/types/Client.sol";

/// @title Picky
/// @notice A receiver that takes numbers up to 100.
contract Picky is CCIPReceiver {
    error TooBig(uint256 given, uint256 max);

    struct Place {
        address who;
        uint256[] numbers;
    }

    uint256 public value;

    constructor(address router) CCIPReceiver(router) {}

    function set(uint256 given) public {
        require(given <= 100, TooBig(given, 100));

        value = given;
    }

    function swap(Place memory place, address other)
        external
        pure
        returns (Place memory swapped, address who)
    {
        return (Place(other, place.numbers), place.who);
    }

    function _ccipReceive(Client.Any2EVMMessage memory message) internal override {
        set(abi.decode(message.data, (uint256)));
    }
}
