// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @notice What the contracts use of OpenZeppelin's Math, as it is defined instead of as it is computed.
/// @dev OpenZeppelin multiplies by a truth value where others branch, which no solver sees through within minutes.
/// The proofs are compiled with this in its place (foundry.toml, `[profile.halmos]`); `MathProof` shows that both
/// are the same, for every pair of numbers.
library Math {
    function min(uint256 a, uint256 b) internal pure returns (uint256) {
        return a < b ? a : b;
    }

    function max(uint256 a, uint256 b) internal pure returns (uint256) {
        return a > b ? a : b;
    }

    function saturatingSub(uint256 a, uint256 b) internal pure returns (uint256) {
        return a > b ? a - b : 0;
    }

    function saturatingMul(uint256 a, uint256 b) internal pure returns (uint256) {
        unchecked {
            uint256 product = a * b;
            return a == 0 || product / a == b ? product : type(uint256).max;
        }
    }

    function ceilDiv(uint256 a, uint256 b) internal pure returns (uint256) {
        return a == 0 ? 0 : (a - 1) / b + 1;
    }
}
