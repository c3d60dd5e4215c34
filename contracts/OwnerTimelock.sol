// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ITokenAdminRegistry} from "./interfaces/ITokenAdminRegistry.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {
    IAccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/IAccessControlDefaultAdminRules.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @title OwnerTimelock
/// @notice Owns a chain's contracts: what is decided here is public for `minDelay` seconds before it can happen.
/// @dev Trust: proposers decide and may take back, executors carry out; nobody is above them, not even who deployed
/// it. Members and delay change by decisions of its own only, which wait like all others.
/// @dev Cursing does not pass through here: monitors and the guardian curse at once. Lifting does.
/// @dev Why not a plain TimelockController: what is offered to it could be accepted only `minDelay` later, and until
/// then the deployer would own everything. Accepting gives nothing away, so anyone may make it accept, at once.
contract OwnerTimelock is TimelockController {
    constructor(uint256 minDelay, address[] memory proposers, address[] memory executors)
        TimelockController(minDelay, proposers, executors, address(0))
    {}

    /// @notice Becomes the owner of what was offered to it.
    function acceptOwnership(Ownable2Step offered) external {
        offered.acceptOwnership();
    }

    /// @notice Becomes a token's administrator in the registry, if that was offered to it.
    function acceptAdminRole(ITokenAdminRegistry registry, address token) external {
        registry.acceptAdminRole(token);
    }

    /// @notice Becomes the admin of a token, if that was offered to it, and long enough ago for the token.
    function acceptDefaultAdminTransfer(IAccessControlDefaultAdminRules token) external {
        token.acceptDefaultAdminTransfer();
    }
}
