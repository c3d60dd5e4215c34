// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {EVM2EVMMessage, MessageExecutionState} from "../types/Message.sol";
import {ExecutionReport, GasLimitOverride} from "../types/Report.sol";

/// @title IOffRamp: executes proven messages, each at most once
/// @notice One lane's messages, on the lane's destination chain: releases or mints their tokens, then calls their
/// receiver.
/// @dev Trust: the caller is trusted with nothing. A proof under a committed and blessed root is the authority, so a
/// caller can delay a message or, at worst, make it FAIL; never alter, double or lose it. The owner names the
/// Router and the executors; it can't touch what was executed.
/// @dev Liveness: registered executors keep the lane moving. Without them anyone can, once the window opens.
/// @dev Too little gas for any step reverts the transaction: it decides nothing about a message.
interface IOffRamp {
    struct StaticConfig {
        address commitStore;
        uint64 chainSelector; // of this chain, the lane's destination
        uint64 sourceChainSelector;
        address onRamp; // on the source chain
        address prevOffRamp; // of the lane that this one replaces, or zero; senders' nonces go on from it
        address rmnProxy;
        address tokenAdminRegistry;
    }

    struct DynamicConfig {
        uint32 permissionLessExecutionThresholdSeconds; // age of a root that opens it to all; 0: always open
        uint32 maxDataBytes;
        uint16 maxNumberOfTokensPerMsg;
        address router;
        address priceRegistry; // the FeeQuoter of this chain; for tools, nothing here reads it
    }

    /* ERRORS */

    /// @notice A fresh OffRamp needs a CommitStore that never had signers: old roots would all be executable again.
    error CommitStoreAlreadyInUse();

    /// @notice The CommitStore serves another lane than this OffRamp.
    error CommitStoreOfAnotherLane();

    /// @notice The replaced lane has the same OnRamp, so its messages could be executed again here.
    error OnRampAlreadyServed(address onRamp);

    /// @notice Only the OffRamp itself calls this, so that a failing message's work is undone.
    error CanOnlySelfCall();

    /// @notice The report to execute names no message.
    error EmptyReport();

    /// @notice Not one list of offchain token data per message.
    error UnexpectedTokenData();

    /// @notice The message is not what its id says.
    error InvalidMessageId();

    /// @notice The message names another source chain than this OffRamp's.
    error InvalidSourceChain(uint64 sourceChainSelector);

    /// @notice The message carries more tokens than the lane allows.
    error UnsupportedNumberOfTokens(uint64 sequenceNumber);

    /// @notice Not one source and one offchain datum per token.
    error TokenDataMismatch(uint64 sequenceNumber);

    /// @notice The message's data is longer than the lane allows.
    error MessageTooLarge(uint256 maxSize, uint256 actualSize);

    /// @notice The proof leads to a root that is not committed, or not blessed now.
    error RootNotCommitted();

    /// @notice Not one gas override per message.
    error ManualExecutionGasLimitMismatch();

    /// @notice Not one token gas override per token.
    error DestinationGasAmountCountMismatch(bytes32 messageId, uint64 sequenceNumber);

    /// @notice An override lower than what the sender paid for.
    error InvalidManualExecutionGasLimit(bytes32 messageId, uint256 oldLimit, uint256 newLimit);

    /// @notice A manual execution would give a token less gas than was paid for; 0 keeps what was paid.
    error InvalidTokenGasOverride(
        bytes32 messageId, uint256 tokenIndex, uint256 oldLimit, uint256 tokenGasOverride
    );

    /// @notice The message was never attempted and its root is too young for everybody.
    error ManualExecutionNotYetEnabled();

    /// @notice A manual execution that may not be recorded as a failure failed, with `err`.
    error ExecutionError(bytes err);

    /* OUTCOMES: these, and NoContract and InvalidEVMAddress for a token, make a message FAIL */

    /// @notice The receiver reverted with `err` (cut off), in its full gas.
    error ReceiverError(bytes err);

    /// @notice The token or its pool reverted with `err` (cut off), in its full gas.
    error TokenHandlingError(bytes err);

    /// @notice The token or its pool answered something else than one word.
    error InvalidDataLength(uint256 expected, uint256 got);

    /// @notice The token has no pool, or one that does not say it is a CCIP pool.
    error NotACompatiblePool(address notPool);

    /// @notice The receiver's balance did not grow by what the pool said it released.
    error ReleaseOrMintBalanceMismatch(uint256 amountReleased, uint256 balancePre, uint256 balancePost);

    /* EVENTS */

    event ConfigSet(StaticConfig staticConfig, DynamicConfig dynamicConfig);
    event ExecutorAdded(address executor);
    event ExecutorRemoved(address executor);

    /// @notice The message was attempted; `state` is SUCCESS or FAILURE, `returnData` the outcome's error.
    event ExecutionStateChanged(
        uint64 indexed sequenceNumber,
        bytes32 indexed messageId,
        MessageExecutionState state,
        bytes returnData
    );

    /// @notice Skipped: executed before.
    event SkippedAlreadyExecutedMessage(uint64 indexed sequenceNumber);

    /// @notice Skipped: failed before, and executors try only once.
    event AlreadyAttempted(uint64 sequenceNumber);

    /// @notice Skipped: an earlier message of the sender was not attempted yet.
    event SkippedIncorrectNonce(uint64 indexed nonce, address indexed sender);

    /// @notice Skipped: an earlier message of the sender on the replaced lane was not attempted yet.
    event SkippedSenderWithPreviousRampMessageInflight(uint64 indexed nonce, address indexed sender);

    /* EXECUTING */

    /// @notice A registered executor attempts messages that were never attempted. What can't be attempted is
    /// skipped with an event; what fails is recorded as FAILURE.
    function execute(ExecutionReport calldata report) external;

    /// @notice Anyone attempts messages that FAILED, or whose root is older than the window.
    /// @dev A second failure reverts. So does a first failure in the token step, because the caller chose the
    /// offchain token data; a first failure of the receiver is recorded.
    /// @param gasLimitOverrides One per message: 0 keeps a limit, anything lower than it is refused.
    function manuallyExecute(ExecutionReport calldata report, GasLimitOverride[] calldata gasLimitOverrides)
        external;

    /// @notice One attempt, all or nothing. Only this contract calls it, so that a failure undoes the tokens too.
    function executeSingleMessage(
        EVM2EVMMessage calldata message,
        bytes[] calldata offchainTokenData,
        uint32[] calldata tokenGasOverrides
    ) external;

    /* STATE */

    function getExecutionState(uint64 sequenceNumber) external view returns (MessageExecutionState);

    /// @notice The nonce of the sender's latest attempted ordered message, on this lane or on those it replaced.
    function getSenderNonce(address sender) external view returns (uint64 nonce);
    function getStaticConfig() external view returns (StaticConfig memory);
    function getDynamicConfig() external view returns (DynamicConfig memory);

    /// @notice The registered executors.
    function getTransmitters() external view returns (address[] memory);

    /* CONFIGURATION */

    /// @dev Lowering a bound stops messages in flight that exceed it until it is raised again.
    function setDynamicConfig(DynamicConfig memory dynamicConfig) external;
    function setExecutors(address[] calldata removes, address[] calldata adds) external;
}
