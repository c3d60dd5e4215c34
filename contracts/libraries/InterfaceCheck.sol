// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {ExactGasCall} from "./ExactGasCall.sol";

/// @title InterfaceCheck
/// @notice Asks a stranger by ERC-165 what it is, in a way that the caller's gas can't change the answer.
/// @dev Why not OpenZeppelin's checker: a caller could leave less than 30,000 gas for a question, which then
/// fails, and a receiver that was never called would look like one that does not want to be.
library InterfaceCheck {
    /// @dev What ERC-165 promises to each question.
    uint256 internal constant PROBE_GAS = 30_000;
    uint256 private constant GAS_FOR_CALL_EXACT_CHECK = 5_000;

    /// @dev The id that an honest answerer always denies.
    bytes4 private constant INVALID_ID = 0xffffffff;

    /// @notice Whether `target` speaks ERC-165 and claims `interfaceId`.
    function claims(address target, bytes4 interfaceId) internal view returns (bool) {
        return
            says(target, type(IERC165).interfaceId) && !says(target, INVALID_ID) && says(target, interfaceId);
    }

    /// @notice Whether `target` says yes to `interfaceId`. An account without code says nothing.
    function says(address target, bytes4 interfaceId) internal view returns (bool) {
        ExactGasCall.requireGas(PROBE_GAS, GAS_FOR_CALL_EXACT_CHECK);
        (uint256 size, uint256 answer) =
            ExactGasCall.ask(target, IERC165.supportsInterface.selector, bytes32(interfaceId), PROBE_GAS);
        return size >= 32 && answer != 0;
    }
}
