// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title HomeChain
/// @notice Refuses to work on a fork of the chain a contract was deployed on.
/// @dev After a split both halves hold the same roots, signers and tokens. Only the half that kept the chain id
/// may go on, or one locked token would be released twice.
library HomeChain {
    /// @notice This is not the chain this contract was deployed on.
    error ForkedChain(uint256 expected, uint256 actual);

    function requireUnforked(uint256 deployedOn) internal view {
        require(block.chainid == deployedOn, ForkedChain(deployedOn, block.chainid));
    }
}
