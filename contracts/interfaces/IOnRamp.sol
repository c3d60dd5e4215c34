// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Client} from "../types/Client.sol";
import {EVM2EVMMessage} from "../types/Message.sol";
import {IFeeQuoter} from "./IFeeQuoter.sol";

/// @title IOnRamp: the source end of one lane
/// @notice Checks, quotes, locks or burns, numbers, and emits the message. The event is the message: all that
/// the other end will ever know is in it.
/// @dev Trust: the Router vouches for the sender and for the fee and tokens having been paid. The owner can
/// point to another Router and FeeQuoter; numbers and nonces already given stay given.
/// @dev Liveness: sending stops while the destination is cursed here, or the FeeQuoter has no usable prices.
interface IOnRamp {
    struct StaticConfig {
        address linkToken;
        uint64 chainSelector;
        uint64 destChainSelector;
        uint64 defaultTxGasLimit; // as it was at deployment; the FeeQuoter's is the one that counts
        uint96 maxNopFeesJuels; // of 1.5's node payment, which this lane does not have
        address prevOnRamp; // zero, or the OnRamp this one replaces: nonces go on from there
        address rmnProxy;
        address tokenAdminRegistry;
    }

    /// @notice The lane's parameters in the shape of 1.5. All but the router live in the FeeQuoter.
    struct DynamicConfig {
        address router;
        uint16 maxNumberOfTokensPerMsg;
        uint32 destGasOverhead;
        uint16 destGasPerPayloadByte;
        uint32 destDataAvailabilityOverheadGas;
        uint16 destGasPerDataAvailabilityByte;
        uint16 destDataAvailabilityMultiplierBps;
        address priceRegistry; // the FeeQuoter
        uint32 maxDataBytes;
        uint32 maxPerMsgGasLimit;
        uint16 defaultTokenFeeUSDCents;
        uint32 defaultTokenDestGasOverhead;
        bool enforceOutOfOrder;
    }

    /// @notice A token's fee on this lane in the shape of 1.5; the aggregate limiter does not exist here.
    struct TokenTransferFeeConfig {
        uint32 minFeeUSDCents;
        uint32 maxFeeUSDCents;
        uint16 deciBps;
        uint32 destGasOverhead;
        uint32 destBytesOverhead;
        bool aggregateRateLimitEnabled;
        bool isEnabled;
    }

    /* ERRORS */

    /// @notice A transfer of nothing: surely a mistake, and it would still cost a pool call.
    error CannotSendZeroTokens();

    /// @notice Always: the TokenAdminRegistry knows the tokens.
    error GetSupportedTokensFunctionalityRemovedCheckAdminRegistry();

    /// @notice This lane does not lead to that chain.
    error InvalidChainSelector(uint64 chainSelector);

    /// @notice A zero address or selector where none may be, or a lane from a chain to itself.
    error InvalidConfig();

    /// @notice The Router would let messages leave under a curse of this lane's risk network.
    error RouterAsksAnotherRMN(address router, address rmnProxy);

    /// @notice Users send through the Router; nobody else calls the OnRamp.
    error MustBeCalledByRouter();

    /// @notice The Router named nobody as the sender.
    error RouterMustSetOriginalSender();

    /// @notice The pool wants to say more to the other end than the token's `destBytesOverhead`.
    error SourceTokenDataTooLarge(address token);

    /// @notice The token has no pool, or its pool does not serve the destination.
    error UnsupportedToken(address token);

    /* EVENTS */

    event ConfigSet(StaticConfig staticConfig, address router, address feeQuoter, address feeAggregator);
    event CCIPSendRequested(EVM2EVMMessage message);
    event FeeTokenWithdrawn(address indexed feeAggregator, address indexed feeToken, uint256 amount);
    event AllowListEnabledSet(bool enabled);

    /* SENDING */

    /// @notice The fee for `message`; or the reason why `forwardFromRouter` would refuse it.
    function getFee(uint64 destChainSelector, Client.EVM2AnyMessage calldata message)
        external
        view
        returns (uint256 feeTokenAmount);

    /// @notice Quotes `message` and sends it for `originalSender`. Router only, which has put the tokens into
    /// their pools and takes the fee before the transaction ends.
    /// @dev One call where 1.5 had two: what `getFee` refuses is refused here, in the same words. All but a curse, about
    /// which the Router has asked in this transaction.
    function forwardFromRouter(
        uint64 destChainSelector,
        Client.EVM2AnyMessage calldata message,
        address originalSender
    ) external returns (bytes32 messageId, uint256 feeTokenAmount);

    /// @notice The pool that the Router pays `sourceToken` into, or zero.
    function getPoolBySourceToken(uint64 destChainSelector, address sourceToken)
        external
        view
        returns (address);

    /// @notice Always reverts since 1.5.
    function getSupportedTokens(uint64 destChainSelector) external pure returns (address[] memory);

    /// @notice The number of the next message. The first is 1.
    function getExpectedNextSequenceNumber() external view returns (uint64);

    /// @notice How many ordered messages `sender` has sent on this lane and the ones it replaces.
    function getSenderNonce(address sender) external view returns (uint64);

    /* CONFIGURATION */

    function setDynamicConfig(address router, address feeQuoter, address feeAggregator) external;

    /// @notice Restricts the lane to a list of senders, or opens it; removes entries, then adds. Owner only.
    /// @dev `getFee` does not know the sender, so an unlisted one learns it when sending.
    function applyAllowListUpdates(bool enabled, address[] calldata removes, address[] calldata adds) external;

    function isAllowListEnabled() external view returns (bool);

    function getAllowList() external view returns (address[] memory);

    function getStaticConfig() external view returns (StaticConfig memory);

    function getDynamicConfig() external view returns (DynamicConfig memory dynamicConfig);

    function getFeeTokenConfig(address token) external view returns (IFeeQuoter.FeeTokenConfig memory);

    function getTokenTransferFeeConfig(address token) external view returns (TokenTransferFeeConfig memory);

    /* FEES */

    /// @notice Moves all collected fees in these tokens to the fee aggregator. Anyone may call.
    function withdrawFeeTokens(address[] calldata feeTokens) external;
}
