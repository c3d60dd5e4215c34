// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title IRMNProxy: the risk network's fixed address
/// @notice Passes every other call on to the RMN, so that replacing the RMN reconfigures nothing.
/// @dev Trust: the owner chooses the RMN, and with it who may bless and curse.
/// @dev Liveness: a target that reverts or loses its code makes every question revert, which every asker takes
/// for a curse. Calls keep no sender: votes and the guardian's curse go to the RMN itself.
interface IRMNProxy {
    /// @notice There is no contract at the proposed address. Calls to it would look like empty successes.
    error NotAContract(address target);

    event ARMSet(address arm);

    function getARM() external view returns (address);
    function setARM(address arm) external;
}
