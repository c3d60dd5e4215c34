// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {DefensiveReceiver} from "../../../contracts/receivers/DefensiveReceiver.sol";
import {Client} from "../../../contracts/types/Client.sol";

/// @notice A defensive receiver whose work fails while it is broken.
contract FragileReceiver is DefensiveReceiver {
    bool public isBroken;
    uint256 public processed;

    error Broken();

    constructor(address router) DefensiveReceiver(router) {}

    function setBroken(bool broken) external {
        isBroken = broken;
    }

    function _process(Client.Any2EVMMessage calldata) internal override {
        ++processed;
        require(!isBroken, Broken());
    }
}
