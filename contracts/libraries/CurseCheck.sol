// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ExactGasCall} from "./ExactGasCall.sol";

/// @title CurseCheck
/// @notice How every contract asks the risk network whether it must stop.
/// @dev Fails closed: a proxy without code, a revert, a short, long or unclean answer all mean "cursed".
/// Only one clean 32-byte `false` lets value move.
library CurseCheck {
    /// @notice The chain at the other end, or everything, is cursed here.
    error CursedByRMN();

    /// @dev isCursed() and isCursed(bytes16): spelled out because the name is overloaded.
    bytes4 private constant IS_CURSED_GLOBALLY = 0x397796f7;
    bytes4 private constant IS_CURSED = 0x2cbc26bb;

    /// @notice Whether everything on this chain is stopped.
    function isCursed(address rmnProxy) internal view returns (bool) {
        return _asksCursed(rmnProxy, IS_CURSED_GLOBALLY, 0);
    }

    /// @notice Whether traffic with the chain `remoteChainSelector`, or everything, is stopped.
    function isCursed(address rmnProxy, uint64 remoteChainSelector) internal view returns (bool) {
        return _asksCursed(rmnProxy, IS_CURSED, bytes16(uint128(remoteChainSelector)));
    }

    function requireNotCursed(address rmnProxy, uint64 remoteChainSelector) internal view {
        require(!isCursed(rmnProxy, remoteChainSelector), CursedByRMN());
    }

    /// @dev A question that runs out of gas is not answered, and so means "cursed" too.
    function _asksCursed(address rmnProxy, bytes4 question, bytes32 subject) private view returns (bool) {
        (uint256 size, uint256 answer) = ExactGasCall.ask(rmnProxy, question, subject, gasleft());
        return size != 32 || answer != 0;
    }
}
