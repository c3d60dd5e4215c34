// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

import {IAny2EVMMessageReceiver} from "./interfaces/IAny2EVMMessageReceiver.sol";
import {ICommitStore} from "./interfaces/ICommitStore.sol";
import {IOCRVerifier} from "./interfaces/IOCRVerifier.sol";
import {IOffRamp} from "./interfaces/IOffRamp.sol";
import {IRouter} from "./interfaces/IRouter.sol";
import {ITypeAndVersion} from "./interfaces/ITypeAndVersion.sol";
import {CurseCheck} from "./libraries/CurseCheck.sol";
import {EVMAddress} from "./libraries/EVMAddress.sol";
import {ExactGasCall} from "./libraries/ExactGasCall.sol";
import {ExecutionStates} from "./libraries/ExecutionStates.sol";
import {HomeChain} from "./libraries/HomeChain.sol";
import {InterfaceCheck} from "./libraries/InterfaceCheck.sol";
import {MessageHasher} from "./libraries/MessageHasher.sol";
import {TokenArrival} from "./libraries/TokenArrival.sol";
import {Client} from "./types/Client.sol";
import {EVM2EVMMessage, MessageExecutionState, SourceTokenData} from "./types/Message.sol";
import {ExecutionReport, GasLimitOverride} from "./types/Report.sol";

contract OffRamp is IOffRamp, ITypeAndVersion, Ownable2Step, ReentrancyGuardTransient {
    using EnumerableSet for EnumerableSet.AddressSet;
    using ExecutionStates for ExecutionStates.Map;

    string public constant override typeAndVersion = "OffRamp 1.5.0";

    /// @dev Kept back for the instructions between the check of the gas and the call that needs it.
    uint16 private constant GAS_FOR_CALL_EXACT_CHECK = 5_000;

    uint256 private immutable _deployedOn = block.chainid;
    address private immutable _commitStore;
    uint64 private immutable _chainSelector;
    uint64 private immutable _sourceChainSelector;
    address private immutable _onRamp;
    address private immutable _prevOffRamp;
    address private immutable _rmnProxy;
    address private immutable _tokenAdminRegistry;
    bytes32 private immutable _metadataHash;

    DynamicConfig private _dynamicConfig;
    EnumerableSet.AddressSet private _executors;

    ExecutionStates.Map private _executionStates;
    mapping(address sender => uint64) private _senderNonces;

    constructor(StaticConfig memory config, DynamicConfig memory dynamicConfig) Ownable(msg.sender) {
        _requireFreshLane(config);
        _commitStore = config.commitStore;
        _chainSelector = config.chainSelector;
        _sourceChainSelector = config.sourceChainSelector;
        _onRamp = config.onRamp;
        _prevOffRamp = config.prevOffRamp;
        _rmnProxy = config.rmnProxy;
        _tokenAdminRegistry = config.tokenAdminRegistry;
        _metadataHash =
            MessageHasher.metadataHash(config.sourceChainSelector, config.chainSelector, config.onRamp);
        _setDynamicConfig(dynamicConfig);
    }

    /* EXECUTING */

    /// @inheritdoc IOffRamp
    function execute(ExecutionReport calldata report) external nonReentrant {
        // CHECK
        require(_executors.contains(msg.sender), IOCRVerifier.UnauthorizedTransmitter());
        _prove(report);

        // EFFECT, INTERACT
        EVM2EVMMessage[] calldata messages = report.messages;
        bytes[][] calldata offchainTokenData = report.offchainTokenData;
        uint32[] memory noOverrides;
        for (uint256 i = 0; i < messages.length; ++i) {
            EVM2EVMMessage calldata message = messages[i];
            MessageExecutionState before = getExecutionState(message.sequenceNumber);
            if (before == MessageExecutionState.FAILURE) {
                emit AlreadyAttempted(message.sequenceNumber);
            } else if (_takeTurn(message, before)) {
                // one message after the other, each with its own state; nobody enters meanwhile
                // slither-disable-next-line reentrancy-no-eth
                _attempt(message, offchainTokenData[i], message.gasLimit, noOverrides);
            }
        }
    }

    /// @inheritdoc IOffRamp
    function manuallyExecute(ExecutionReport calldata report, GasLimitOverride[] calldata gasLimitOverrides)
        external
        nonReentrant
    {
        // CHECK
        require(report.messages.length == gasLimitOverrides.length, ManualExecutionGasLimitMismatch());
        bool open = _isOpenToAll(_prove(report));

        // EFFECT, INTERACT
        for (uint256 i = 0; i < report.messages.length; ++i) {
            _executeByHand(report.messages[i], report.offchainTokenData[i], gasLimitOverrides[i], open);
        }
    }

    function _executeByHand(
        EVM2EVMMessage calldata message,
        bytes[] calldata offchainTokenData,
        GasLimitOverride calldata gas,
        bool open
    ) private {
        // CHECK
        uint256 gasLimit = _gasLimitOf(message, gas);
        MessageExecutionState before = getExecutionState(message.sequenceNumber);
        bool first = before == MessageExecutionState.UNTOUCHED;
        require(open || !first, ManualExecutionNotYetEnabled());
        if (!_takeTurn(message, before)) return;

        // EFFECT, INTERACT
        bytes memory err = _attempt(message, offchainTokenData, gasLimit, gas.tokenGasOverrides);
        bool recordable = first && _selectorOf(err) == ReceiverError.selector;
        require(err.length == 0 || recordable, ExecutionError(err));
    }

    /// @inheritdoc IOffRamp
    function executeSingleMessage(
        EVM2EVMMessage calldata message,
        bytes[] calldata offchainTokenData,
        uint32[] calldata tokenGasOverrides
    ) external {
        // CHECK
        require(msg.sender == address(this), CanOnlySelfCall());

        // INTERACT
        Client.EVMTokenAmount[] memory arrived = new Client.EVMTokenAmount[](message.tokenAmounts.length);
        for (uint256 i = 0; i < arrived.length; ++i) {
            uint32 gasOverride = tokenGasOverrides.length == 0 ? 0 : tokenGasOverrides[i];
            (arrived[i].token, arrived[i].amount) = TokenArrival.releaseOrMint(
                message, i, offchainTokenData[i], gasOverride, _tokenAdminRegistry
            );
        }
        (bool success, bytes memory err) = _deliver(message, message.gasLimit, arrived);
        require(success, ReceiverError(err));
    }

    /// @dev Whether it is this message's turn; if so the turn is used up, whatever comes of the attempt. Otherwise
    /// an event says why not, and the rest of the report goes on.
    function _takeTurn(EVM2EVMMessage calldata message, MessageExecutionState before) private returns (bool) {
        bool first = before == MessageExecutionState.UNTOUCHED;
        if (!first && before != MessageExecutionState.FAILURE) {
            emit SkippedAlreadyExecutedMessage(message.sequenceNumber);
            return false;
        }
        if (!first || message.nonce == 0) return true;
        if (getSenderNonce(message.sender) + 1 != message.nonce) {
            bool onOldLane = _prevOffRamp != address(0) && _senderNonces[message.sender] == 0;
            if (onOldLane) emit SkippedSenderWithPreviousRampMessageInflight(message.nonce, message.sender);
            else emit SkippedIncorrectNonce(message.nonce, message.sender);
            return false;
        }
        _senderNonces[message.sender] = message.nonce;
        return true;
    }

    /// @return err The typed error of a failure, empty after a success.
    function _attempt(
        EVM2EVMMessage calldata message,
        bytes[] calldata offchainTokenData,
        uint256 gasLimit,
        uint32[] memory tokenGasOverrides
    ) private returns (bytes memory err) {
        // EFFECT
        uint64 sequenceNumber = message.sequenceNumber;
        _executionStates.set(sequenceNumber, MessageExecutionState.IN_PROGRESS);

        // INTERACT
        // the outcome is known afterwards; IN_PROGRESS and the guard keep everybody out meanwhile
        // slither-disable-next-line reentrancy-no-eth
        err = _try(message, offchainTokenData, gasLimit, tokenGasOverrides);

        // EFFECT
        MessageExecutionState outcome =
            err.length == 0 ? MessageExecutionState.SUCCESS : MessageExecutionState.FAILURE;
        _executionStates.set(sequenceNumber, outcome);

        emit ExecutionStateChanged(sequenceNumber, message.messageId, outcome, err);
    }

    /// @dev Without tokens there is nothing to undo but the receiver's own doing, so no self-call is needed.
    function _try(
        EVM2EVMMessage calldata message,
        bytes[] calldata offchainTokenData,
        uint256 gasLimit,
        uint32[] memory tokenGasOverrides
    ) private returns (bytes memory err) {
        bool success;
        if (message.tokenAmounts.length == 0) {
            Client.EVMTokenAmount[] memory nothing;
            (success, err) = _deliver(message, gasLimit, nothing);
            return success ? err : abi.encodeWithSelector(ReceiverError.selector, err);
        }
        (success, err) =
            address(this).call(_selfCall(message, offchainTokenData, gasLimit, tokenGasOverrides));
        if (!success && !_isOutcome(err)) LowLevelCall.bubbleRevert(err);
    }

    /// @dev A message is passed on as it came; only one whose gas is raised by hand is copied to be changed.
    function _selfCall(
        EVM2EVMMessage calldata message,
        bytes[] calldata offchainTokenData,
        uint256 gasLimit,
        uint32[] memory tokenGasOverrides
    ) private view returns (bytes memory) {
        if (gasLimit == message.gasLimit) {
            return abi.encodeCall(this.executeSingleMessage, (message, offchainTokenData, tokenGasOverrides));
        }
        EVM2EVMMessage memory withGas = message;
        withGas.gasLimit = gasLimit;
        return abi.encodeCall(this.executeSingleMessage, (withGas, offchainTokenData, tokenGasOverrides));
    }

    /// @dev Only what says for certain that a token or a receiver failed in its full gas. Anything else, an empty
    /// revert above all, may come of a caller short of gas: it is passed on and decides nothing.
    function _isOutcome(bytes memory err) private pure returns (bool) {
        bytes4 selector = _selectorOf(err);
        return selector == ReceiverError.selector || selector == TokenHandlingError.selector
            || selector == InvalidDataLength.selector || selector == NotACompatiblePool.selector
            || selector == ReleaseOrMintBalanceMismatch.selector
            || selector == EVMAddress.InvalidEVMAddress.selector
            || selector == ExactGasCall.NoContract.selector;
    }

    /// @dev Zero, which is no error's selector here, if `err` is shorter than that.
    function _selectorOf(bytes memory err) private pure returns (bytes4) {
        // casting to 'bytes4' is safe because only the selector is wanted
        // forge-lint: disable-next-line(unsafe-typecast)
        return err.length < 4 ? bytes4(0) : bytes4(err);
    }

    /* PROVING */

    /// @dev Every message is what its id says, fits this lane, and is a leaf of one committed and blessed root.
    function _prove(ExecutionReport calldata report) private view returns (uint256 committedAt) {
        HomeChain.requireUnforked(_deployedOn);
        CurseCheck.requireNotCursed(_rmnProxy, _sourceChainSelector);
        EVM2EVMMessage[] calldata messages = report.messages;
        bytes[][] calldata offchainTokenData = report.offchainTokenData;
        uint256 count = messages.length;
        require(count != 0, EmptyReport());
        require(count == offchainTokenData.length, UnexpectedTokenData());

        (uint256 maxData, uint256 maxTokens) =
            (_dynamicConfig.maxDataBytes, _dynamicConfig.maxNumberOfTokensPerMsg);
        bytes32[] memory leaves = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            EVM2EVMMessage calldata message = messages[i];
            _requireWellFormed(message, offchainTokenData[i].length, maxData, maxTokens);
            bytes32 leaf = MessageHasher.leafOf(message, _metadataHash);
            require(leaf == message.messageId, InvalidMessageId());
            leaves[i] = leaf;
        }
        committedAt = ICommitStore(_commitStore).verify(leaves, report.proofs, report.proofFlagBits);
        require(committedAt != 0, RootNotCommitted());
    }

    /// @dev The selector is not part of the leaf, which is bound to the lane by its metadata hash.
    function _requireWellFormed(
        EVM2EVMMessage calldata message,
        uint256 offchainCount,
        uint256 maxData,
        uint256 maxTokens
    ) private view {
        uint64 source = message.sourceChainSelector;
        require(source == _sourceChainSelector, InvalidSourceChain(source));
        (uint256 tokens, uint64 number) = (message.tokenAmounts.length, message.sequenceNumber);
        require(tokens <= maxTokens, UnsupportedNumberOfTokens(number));
        bool matching = tokens == offchainCount && tokens == message.sourceTokenData.length;
        require(matching, TokenDataMismatch(number));
        uint256 size = message.data.length;
        require(size <= maxData, MessageTooLarge(maxData, size));
    }

    function _isOpenToAll(uint256 committedAt) private view returns (bool) {
        uint256 window = _dynamicConfig.permissionLessExecutionThresholdSeconds;
        uint256 age = block.timestamp - committedAt;
        return window == 0 || age > window;
    }

    /// @dev What was asked for instead of the message's own limits, all of which it must be no lower than.
    function _gasLimitOf(EVM2EVMMessage calldata message, GasLimitOverride calldata gas)
        private
        pure
        returns (uint256 gasLimit)
    {
        bytes32 id = message.messageId;
        uint256 paid = message.gasLimit;
        gasLimit = gas.receiverExecutionGasLimit == 0 ? paid : gas.receiverExecutionGasLimit;
        require(gasLimit >= paid, InvalidManualExecutionGasLimit(id, paid, gasLimit));

        uint256 tokens = gas.tokenGasOverrides.length;
        require(
            tokens == message.tokenAmounts.length,
            DestinationGasAmountCountMismatch(id, message.sequenceNumber)
        );
        for (uint256 i = 0; i < tokens; ++i) {
            uint32 tokenGas = gas.tokenGasOverrides[i];
            uint32 paidForToken = abi.decode(message.sourceTokenData[i], (SourceTokenData)).destGasAmount;
            require(
                tokenGas == 0 || tokenGas >= paidForToken,
                InvalidTokenGasOverride(id, i, paidForToken, tokenGas)
            );
        }
    }

    /* DELIVERING */

    /// @dev A receiver that is an account, or does not ask for calls, gets its tokens and that is all.
    function _deliver(
        EVM2EVMMessage calldata message,
        uint256 gasLimit,
        Client.EVMTokenAmount[] memory arrived
    ) private returns (bool success, bytes memory returnData) {
        address receiver = message.receiver;
        bool tokensOnly = message.data.length == 0 && gasLimit == 0;
        bytes4 wanted = type(IAny2EVMMessageReceiver).interfaceId;
        if (tokensOnly || !InterfaceCheck.claims(receiver, wanted)) return (true, returnData);

        Client.Any2EVMMessage memory delivery = Client.Any2EVMMessage({
            messageId: message.messageId,
            sourceChainSelector: _sourceChainSelector,
            sender: abi.encode(message.sender),
            data: message.data,
            destTokenAmounts: arrived
        });
        // the gas that was used is for callers who bill it
        // slither-disable-next-line unused-return
        (success, returnData,) = IRouter(_dynamicConfig.router)
            .routeMessage(delivery, GAS_FOR_CALL_EXACT_CHECK, gasLimit, receiver);
    }

    /* STATE */

    /// @inheritdoc IOffRamp
    function getExecutionState(uint64 sequenceNumber) public view returns (MessageExecutionState) {
        return _executionStates.get(sequenceNumber);
    }

    /// @inheritdoc IOffRamp
    function getSenderNonce(address sender) public view returns (uint64 nonce) {
        nonce = _senderNonces[sender];
        if (nonce == 0 && _prevOffRamp != address(0)) return IOffRamp(_prevOffRamp).getSenderNonce(sender);
    }

    /// @inheritdoc IOffRamp
    function getStaticConfig() public view returns (StaticConfig memory) {
        return StaticConfig({
            commitStore: _commitStore,
            chainSelector: _chainSelector,
            sourceChainSelector: _sourceChainSelector,
            onRamp: _onRamp,
            prevOffRamp: _prevOffRamp,
            rmnProxy: _rmnProxy,
            tokenAdminRegistry: _tokenAdminRegistry
        });
    }

    /// @inheritdoc IOffRamp
    function getDynamicConfig() external view returns (DynamicConfig memory) {
        return _dynamicConfig;
    }

    /// @inheritdoc IOffRamp
    function getTransmitters() external view returns (address[] memory) {
        return _executors.values();
    }

    /* CONFIGURATION */

    /// @inheritdoc IOffRamp
    function setDynamicConfig(DynamicConfig memory dynamicConfig) external onlyOwner {
        _setDynamicConfig(dynamicConfig);
    }

    /// @inheritdoc IOffRamp
    function setExecutors(address[] calldata removes, address[] calldata adds) external onlyOwner {
        for (uint256 i = 0; i < removes.length; ++i) {
            if (_executors.remove(removes[i])) emit ExecutorRemoved(removes[i]);
        }
        for (uint256 i = 0; i < adds.length; ++i) {
            EVMAddress.requireNonZero(adds[i]);
            if (_executors.add(adds[i])) emit ExecutorAdded(adds[i]);
        }
    }

    function _setDynamicConfig(DynamicConfig memory dynamicConfig) private {
        // CHECK
        EVMAddress.requireNonZero(dynamicConfig.router);

        // EFFECT
        _dynamicConfig = dynamicConfig;

        emit ConfigSet(getStaticConfig(), dynamicConfig);
    }

    function _requireFreshLane(StaticConfig memory config) private view {
        EVMAddress.requireNonZero(config.commitStore);
        EVMAddress.requireNonZero(config.onRamp);
        EVMAddress.requireNonZero(config.rmnProxy);
        EVMAddress.requireNonZero(config.tokenAdminRegistry);

        ICommitStore.StaticConfig memory store = ICommitStore(config.commitStore).getStaticConfig();
        bool sameLane = store.chainSelector == config.chainSelector
            && store.sourceChainSelector == config.sourceChainSelector && store.onRamp == config.onRamp;
        require(sameLane, CommitStoreOfAnotherLane());
        // not by the number it expects: roots that were removed gave theirs back, executed or not
        (uint32 configurations,,) = IOCRVerifier(config.commitStore).latestConfigDetails();
        require(configurations == 0, CommitStoreAlreadyInUse());
        if (config.prevOffRamp != address(0)) {
            address served = IOffRamp(config.prevOffRamp).getStaticConfig().onRamp;
            require(served != config.onRamp, OnRampAlreadyServed(served));
        }
    }
}
