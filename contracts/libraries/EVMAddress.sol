// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title EVMAddress
/// @notice How an EVM address travels in the protocol's chain-neutral `bytes`: abi.encode(address).
library EVMAddress {
    /// @notice Not 32 bytes, more than 20 significant bytes, or an address nobody can own a contract at.
    error InvalidEVMAddress(bytes encodedAddress);

    /// @notice An address that the configuration cannot do without is zero (or an empty `bytes`).
    error ZeroAddressNotAllowed();

    /// @dev Addresses below 1024 are left to precompiles: value sent there is lost.
    uint256 internal constant PRECOMPILE_SPACE = 1024;

    function encode(address account) internal pure returns (bytes memory) {
        return abi.encode(account);
    }

    /// @notice The address in `encoded`, or a revert with InvalidEVMAddress.
    function decode(bytes memory encoded) internal pure returns (address) {
        require(encoded.length == 32, InvalidEVMAddress(encoded));
        uint256 word = abi.decode(encoded, (uint256));
        require(_isPossible(word), InvalidEVMAddress(encoded));
        // casting to 'uint160' is safe because of the line above
        // forge-lint: disable-next-line(unsafe-typecast)
        return address(uint160(word));
    }

    /// @notice The same, without a copy of `encoded` in memory.
    function decodeCalldata(bytes calldata encoded) internal pure returns (address) {
        // casting to 'bytes32' is safe because the length is looked at in the next line
        // forge-lint: disable-next-line(unsafe-typecast)
        uint256 word = uint256(bytes32(encoded));
        require(encoded.length == 32 && _isPossible(word), InvalidEVMAddress(encoded));
        // casting to 'uint160' is safe because of the line above
        // forge-lint: disable-next-line(unsafe-typecast)
        return address(uint160(word));
    }

    function _isPossible(uint256 word) private pure returns (bool) {
        return word >= PRECOMPILE_SPACE && word <= type(uint160).max;
    }

    function requireNonZero(address account) internal pure {
        require(account != address(0), ZeroAddressNotAllowed());
    }
}
