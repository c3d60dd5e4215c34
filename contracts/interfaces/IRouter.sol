// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Client} from "../types/Client.sol";
import {IRouterClient} from "./IRouterClient.sol";

/// @title IRouter: the one address per chain that users and applications know
/// @dev Trust: the Router holds no value between transactions, and takes tokens from its caller only. Its
/// owner chooses the ramps, so it can name an OffRamp that invents messages; keep it behind a timelock.
/// @dev Liveness: nothing is sent to a chain that is cursed here, or while everything is. Lanes do not affect each other.
interface IRouter is IRouterClient {
    struct OnRamp {
        uint64 destChainSelector;
        address onRamp; // zero closes the way to that chain
    }

    struct OffRamp {
        uint64 sourceChainSelector;
        address offRamp;
    }

    /* ERRORS */

    /// @notice The risk network has stopped everything, or does not answer as it should.
    error BadARMSignal();

    /// @notice Native could not be handed over: the recipient refused it.
    error FailedToSendValue();

    /// @notice Recovered tokens would go to the zero address.
    error InvalidRecipientAddress(address to);

    /// @notice That OffRamp is not registered for that chain, so it cannot be removed.
    error OffRampMismatch(uint64 chainSelector, address offRamp);

    /// @notice Only a registered OffRamp of the message's source chain delivers messages.
    error OnlyOffRamp();

    /// @notice The pool did not receive what the sender paid: the token takes a cut, or lies.
    error TokenTransferMismatch(address token, uint256 expected, uint256 got);

    /* EVENTS */

    event OnRampSet(uint64 indexed destChainSelector, address onRamp);
    event OffRampAdded(uint64 indexed sourceChainSelector, address offRamp);
    event OffRampRemoved(uint64 indexed sourceChainSelector, address offRamp);

    /// @notice The receiver was called. `calldataHash` is the hash of what it was called with.
    event MessageExecuted(
        bytes32 messageId, uint64 sourceChainSelector, address offRamp, bytes32 calldataHash
    );

    /* DELIVERING */

    /// @notice Calls `ccipReceive` of `receiver` with exactly `gasLimit` gas. For OffRamps.
    /// @dev Reverts with NotEnoughGasForCall, NoGasForCallExactCheck or NoContract instead of calling when
    /// the caller supplied too little gas or there is nobody to call: those never count as the receiver's
    /// failure.
    /// @param gasForCallExactCheck gas set aside for the check itself
    /// @return success whether the receiver returned
    /// @dev Whether the message's chain is cursed is the OffRamp's question, once for its whole report (1.5's Router asks
    /// again for each message).
    /// @return retData at most MAX_RET_BYTES of what it returned or reverted with
    /// @return gasUsed by the receiver
    function routeMessage(
        Client.Any2EVMMessage calldata message,
        uint16 gasForCallExactCheck,
        uint256 gasLimit,
        address receiver
    ) external returns (bool success, bytes memory retData, uint256 gasUsed);

    /// @notice The cap on the return data that is kept: a selector and four words.
    function MAX_RET_BYTES() external view returns (uint16);

    /* RAMPS */

    /// @notice Sets OnRamps, then removes OffRamps, then adds OffRamps. Owner only.
    /// @dev Keep the OffRamp of a replaced lane until its messages are delivered.
    function applyRampUpdates(
        OnRamp[] calldata onRampUpdates,
        OffRamp[] calldata offRampRemoves,
        OffRamp[] calldata offRampAdds
    ) external;

    function getOnRamp(uint64 destChainSelector) external view returns (address);

    function getOffRamps() external view returns (OffRamp[] memory);

    function isOffRamp(uint64 sourceChainSelector, address offRamp) external view returns (bool);

    /// @notice Empty for an unknown chain. Otherwise it reverts: since 1.5 ask the TokenAdminRegistry.
    function getSupportedTokens(uint64 chainSelector) external view returns (address[] memory);

    /* CONFIGURATION */

    function getWrappedNative() external view returns (address);

    function setWrappedNative(address wrappedNative) external;

    function getArmProxy() external view returns (address);

    /// @notice Hands out what was sent here by mistake. Zero token means native. Owner only.
    function recoverTokens(address tokenAddress, address to, uint256 amount) external;
}
