// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

/// @title AllowList
/// @notice The senders that a private lane or pool serves. Whether the list is on is its owner's to store, next to
/// what it reads anyway.
library AllowList {
    using EnumerableSet for EnumerableSet.AddressSet;

    /// @notice The list is on and does not name the sender.
    error SenderNotAllowed(address sender);

    event AllowListAdd(address sender);
    event AllowListRemove(address sender);

    function requireListed(EnumerableSet.AddressSet storage senders, address sender) internal view {
        require(senders.contains(sender), SenderNotAllowed(sender));
    }

    /// @notice Removes first, then adds. Zero, absent and repeated entries are passed over in silence.
    function update(EnumerableSet.AddressSet storage senders, address[] memory removes, address[] memory adds)
        internal
    {
        for (uint256 i = 0; i < removes.length; ++i) {
            if (senders.remove(removes[i])) emit AllowListRemove(removes[i]);
        }
        for (uint256 i = 0; i < adds.length; ++i) {
            if (adds[i] != address(0) && senders.add(adds[i])) emit AllowListAdd(adds[i]);
        }
    }
}
