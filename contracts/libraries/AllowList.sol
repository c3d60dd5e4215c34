// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

/// @title AllowList
/// @notice The senders that a private lane or pool serves. While it is not enabled, everybody is served.
library AllowList {
    using EnumerableSet for EnumerableSet.AddressSet;

    struct List {
        bool isEnabled;
        EnumerableSet.AddressSet senders;
    }

    /// @notice The list is on and does not name the sender.
    error SenderNotAllowed(address sender);

    event AllowListAdd(address sender);
    event AllowListRemove(address sender);

    function requireAllowed(List storage list, address sender) internal view {
        require(!list.isEnabled || list.senders.contains(sender), SenderNotAllowed(sender));
    }

    /// @notice Removes first, then adds. Zero, absent and repeated entries are passed over in silence.
    function update(List storage list, address[] memory removes, address[] memory adds) internal {
        for (uint256 i = 0; i < removes.length; ++i) {
            if (list.senders.remove(removes[i])) emit AllowListRemove(removes[i]);
        }
        for (uint256 i = 0; i < adds.length; ++i) {
            if (adds[i] != address(0) && list.senders.add(adds[i])) emit AllowListAdd(adds[i]);
        }
    }

    function values(List storage list) internal view returns (address[] memory) {
        return list.senders.values();
    }
}
