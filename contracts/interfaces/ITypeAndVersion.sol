// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @notice What a contract is, as "Name 1.2.3". Tools choose their decoders by it.
interface ITypeAndVersion {
    function typeAndVersion() external view returns (string memory);
}
