// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

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
        return _asksCursed(rmnProxy, abi.encodeWithSelector(IS_CURSED_GLOBALLY));
    }

    /// @notice Whether traffic with the chain `remoteChainSelector`, or everything, is stopped.
    function isCursed(address rmnProxy, uint64 remoteChainSelector) internal view returns (bool) {
        bytes16 subject = bytes16(uint128(remoteChainSelector));
        return _asksCursed(rmnProxy, abi.encodeWithSelector(IS_CURSED, subject));
    }

    function requireNotCursed(address rmnProxy, uint64 remoteChainSelector) internal view {
        require(!isCursed(rmnProxy, remoteChainSelector), CursedByRMN());
    }

    function _asksCursed(address rmnProxy, bytes memory question) private view returns (bool) {
        (bool success, bytes memory answer) = rmnProxy.staticcall(question);
        // casting to 'bytes32' is safe because the length is looked at before
        // forge-lint: disable-next-line(unsafe-typecast)
        return !success || answer.length != 32 || bytes32(answer) != 0;
    }
}
