// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IFeeQuoter} from "./interfaces/IFeeQuoter.sol";
import {IOnRamp} from "./interfaces/IOnRamp.sol";
import {IPoolV1} from "./interfaces/IPoolV1.sol";
import {IRouter} from "./interfaces/IRouter.sol";
import {ITokenAdminRegistry} from "./interfaces/ITokenAdminRegistry.sol";
import {ITypeAndVersion} from "./interfaces/ITypeAndVersion.sol";
import {AllowList} from "./libraries/AllowList.sol";
import {CurseCheck} from "./libraries/CurseCheck.sol";
import {EVMAddress} from "./libraries/EVMAddress.sol";
import {MessageHasher} from "./libraries/MessageHasher.sol";
import {Client} from "./types/Client.sol";
import {EVM2EVMMessage, SourceTokenData} from "./types/Message.sol";
import {Pool} from "./types/Pool.sol";
import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

/// @title OnRamp
/// @notice The source end of one lane.
contract OnRamp is IOnRamp, ITypeAndVersion, Ownable2Step {
    using AllowList for EnumerableSet.AddressSet;
    using EnumerableSet for EnumerableSet.AddressSet;
    using SafeERC20 for IERC20;

    string public constant override typeAndVersion = "OnRamp 1.5.0";

    address private immutable _linkToken;
    uint64 private immutable _chainSelector;
    uint64 private immutable _destChainSelector;
    uint64 private immutable _defaultTxGasLimit;
    uint96 private immutable _maxNopFeesJuels;
    address private immutable _prevOnRamp;
    address private immutable _rmnProxy;
    address private immutable _tokenAdminRegistry;
    bytes32 private immutable _metadataHash;

    address public router;

    /// @notice The number of the last message.
    uint64 public sequenceNumber;
    bool public isAllowListEnabled;

    IFeeQuoter public feeQuoter;
    address public feeAggregator;
    mapping(address sender => uint64) private _nonces;
    EnumerableSet.AddressSet private _allowList;

    constructor(StaticConfig memory config, address router_, address feeQuoter_, address feeAggregator_)
        Ownable(msg.sender)
    {
        require(config.linkToken != address(0) && config.rmnProxy != address(0), InvalidConfig());
        require(config.tokenAdminRegistry != address(0), InvalidConfig());
        require(config.chainSelector != 0 && config.destChainSelector != 0, InvalidConfig());
        require(config.chainSelector != config.destChainSelector, InvalidConfig());
        _linkToken = config.linkToken;
        _chainSelector = config.chainSelector;
        _destChainSelector = config.destChainSelector;
        _defaultTxGasLimit = config.defaultTxGasLimit;
        _maxNopFeesJuels = config.maxNopFeesJuels;
        _prevOnRamp = config.prevOnRamp;
        _rmnProxy = config.rmnProxy;
        _tokenAdminRegistry = config.tokenAdminRegistry;
        _metadataHash =
            MessageHasher.metadataHash(config.chainSelector, config.destChainSelector, address(this));
        _setDynamicConfig(config, router_, feeQuoter_, feeAggregator_);
    }

    /* SENDING */

    /// @inheritdoc IOnRamp
    function getFee(uint64 destChainSelector, Client.EVM2AnyMessage calldata message)
        external
        view
        returns (uint256 feeTokenAmount)
    {
        CurseCheck.requireNotCursed(_rmnProxy, destChainSelector);
        Client.EVMTokenAmount[] calldata tokenAmounts = message.tokenAmounts;
        _requireSendable(destChainSelector, tokenAmounts);
        // asked for its reverts
        // slither-disable-next-line unused-return
        EVMAddress.decodeCalldata(message.receiver);
        (feeTokenAmount,,) = _quote(message, tokenAmounts);
    }

    /// @inheritdoc IOnRamp
    function forwardFromRouter(
        uint64 destChainSelector,
        Client.EVM2AnyMessage calldata message,
        address originalSender
    ) external returns (bytes32 messageId, uint256 feeTokenAmount) {
        // CHECK
        require(msg.sender == router, MustBeCalledByRouter());
        require(originalSender != address(0), RouterMustSetOriginalSender());
        Client.EVMTokenAmount[] calldata tokenAmounts = message.tokenAmounts;
        _requireSendable(destChainSelector, tokenAmounts);
        if (isAllowListEnabled) _allowList.requireListed(originalSender);

        // EFFECT
        EVM2EVMMessage memory sent = _number(message, tokenAmounts, originalSender);

        // INTERACT
        if (tokenAmounts.length != 0) _handOver(sent, message.receiver, tokenAmounts);

        // After the pools, because the pools' answers are part of the message, and so that their events come
        // before it in the log.
        sent.messageId = MessageHasher.leaf(sent, _metadataHash);
        emit CCIPSendRequested(sent);
        return (sent.messageId, sent.feeTokenAmount);
    }

    /// @dev The only place where numbers and nonces are given.
    function _number(
        Client.EVM2AnyMessage calldata message,
        Client.EVMTokenAmount[] calldata tokenAmounts,
        address sender
    ) private returns (EVM2EVMMessage memory sent) {
        bool allowOutOfOrder;
        sent.receiver = EVMAddress.decodeCalldata(message.receiver);
        (sent.feeTokenAmount, sent.gasLimit, allowOutOfOrder) = _quote(message, tokenAmounts);
        if (!allowOutOfOrder) {
            sent.nonce = getSenderNonce(sender) + 1;
            _nonces[sender] = sent.nonce;
        }
        sent.sequenceNumber = ++sequenceNumber;
        sent.sourceChainSelector = _chainSelector;
        sent.sender = sender;
        sent.feeToken = message.feeToken;
        sent.data = message.data;
    }

    function _quote(Client.EVM2AnyMessage calldata message, Client.EVMTokenAmount[] calldata tokenAmounts)
        private
        view
        returns (uint256 feeTokenAmount, uint256 gasLimit, bool allowOutOfOrder)
    {
        return feeQuoter.quote(
            _destChainSelector, message.feeToken, message.data.length, tokenAmounts, message.extraArgs
        );
    }

    /// @dev Into the pools, whose answers become part of the message.
    function _handOver(
        EVM2EVMMessage memory sent,
        bytes calldata receiver,
        Client.EVMTokenAmount[] calldata tokenAmounts
    ) private {
        sent.tokenAmounts = tokenAmounts;
        sent.sourceTokenData = new bytes[](tokenAmounts.length);
        for (uint256 i = 0; i < tokenAmounts.length; ++i) {
            sent.sourceTokenData[i] = _lockOrBurn(receiver, tokenAmounts[i], sent.sender);
        }
    }

    /// @dev The pool is a stranger: what it says is bounded in size, and must name a possible token.
    function _lockOrBurn(
        bytes calldata receiver,
        Client.EVMTokenAmount calldata tokenAmount,
        address originalSender
    ) private returns (bytes memory) {
        IPoolV1 pool = _poolOf(tokenAmount.token);
        Pool.LockOrBurnOutV1 memory answer = pool.lockOrBurn(
            Pool.LockOrBurnInV1({
                receiver: receiver,
                remoteChainSelector: _destChainSelector,
                originalSender: originalSender,
                amount: tokenAmount.amount,
                localToken: tokenAmount.token
            })
        );
        (uint32 destGasAmount, uint32 destBytesOverhead) =
            feeQuoter.getTokenDestOverheads(_destChainSelector, tokenAmount.token);
        require(answer.destPoolData.length <= destBytesOverhead, SourceTokenDataTooLarge(tokenAmount.token));
        // asked for its reverts
        // slither-disable-next-line unused-return
        EVMAddress.decode(answer.destTokenAddress);

        return abi.encode(
            SourceTokenData({
                sourcePoolAddress: EVMAddress.encode(address(pool)),
                destTokenAddress: answer.destTokenAddress,
                extraData: answer.destPoolData,
                destGasAmount: destGasAmount
            })
        );
    }

    /// @inheritdoc IOnRamp
    function getPoolBySourceToken(uint64, address sourceToken) external view returns (address) {
        return ITokenAdminRegistry(_tokenAdminRegistry).getPool(sourceToken);
    }

    /// @inheritdoc IOnRamp
    function getSupportedTokens(uint64) external pure returns (address[] memory) {
        revert GetSupportedTokensFunctionalityRemovedCheckAdminRegistry();
    }

    /// @inheritdoc IOnRamp
    function getExpectedNextSequenceNumber() external view returns (uint64) {
        return sequenceNumber + 1;
    }

    /// @inheritdoc IOnRamp
    function getSenderNonce(address sender) public view returns (uint64) {
        uint64 nonce = _nonces[sender];
        if (nonce != 0 || _prevOnRamp == address(0)) return nonce;
        return IOnRamp(_prevOnRamp).getSenderNonce(sender);
    }

    /* CONFIGURATION */

    /// @inheritdoc IOnRamp
    function setDynamicConfig(address router_, address feeQuoter_, address feeAggregator_)
        external
        onlyOwner
    {
        _setDynamicConfig(getStaticConfig(), router_, feeQuoter_, feeAggregator_);
    }

    function _setDynamicConfig(
        StaticConfig memory config,
        address router_,
        address feeQuoter_,
        address feeAggregator_
    ) private {
        // CHECK
        require(
            router_ != address(0) && feeQuoter_ != address(0) && feeAggregator_ != address(0), InvalidConfig()
        );
        // the Router asks for the curse when a message is sent
        address asked = IRouter(router_).getArmProxy();
        require(asked == config.rmnProxy, RouterAsksAnotherRMN(router_, asked));

        // EFFECT
        router = router_;
        feeQuoter = IFeeQuoter(feeQuoter_);
        feeAggregator = feeAggregator_;

        emit ConfigSet(config, router_, feeQuoter_, feeAggregator_);
    }

    /// @inheritdoc IOnRamp
    function applyAllowListUpdates(bool enabled, address[] calldata removes, address[] calldata adds)
        external
        onlyOwner
    {
        // EFFECT
        isAllowListEnabled = enabled;
        emit AllowListEnabledSet(enabled);
        _allowList.update(removes, adds);
    }

    /// @inheritdoc IOnRamp
    function getAllowList() external view returns (address[] memory) {
        return _allowList.values();
    }

    /// @inheritdoc IOnRamp
    function getStaticConfig() public view returns (StaticConfig memory) {
        return StaticConfig({
            linkToken: _linkToken,
            chainSelector: _chainSelector,
            destChainSelector: _destChainSelector,
            defaultTxGasLimit: _defaultTxGasLimit,
            maxNopFeesJuels: _maxNopFeesJuels,
            prevOnRamp: _prevOnRamp,
            rmnProxy: _rmnProxy,
            tokenAdminRegistry: _tokenAdminRegistry
        });
    }

    /// @inheritdoc IOnRamp
    function getDynamicConfig() external view returns (DynamicConfig memory dynamicConfig) {
        IFeeQuoter.DestChainConfig memory chain = feeQuoter.getDestChainConfig(_destChainSelector);
        dynamicConfig.router = router;
        dynamicConfig.maxNumberOfTokensPerMsg = chain.maxNumberOfTokensPerMsg;
        dynamicConfig.destGasOverhead = chain.destGasOverhead;
        dynamicConfig.destGasPerPayloadByte = chain.destGasPerPayloadByteBase;
        dynamicConfig.destDataAvailabilityOverheadGas = chain.destDataAvailabilityOverheadGas;
        dynamicConfig.destGasPerDataAvailabilityByte = chain.destGasPerDataAvailabilityByte;
        dynamicConfig.destDataAvailabilityMultiplierBps = chain.destDataAvailabilityMultiplierBps;
        dynamicConfig.priceRegistry = address(feeQuoter);
        dynamicConfig.maxDataBytes = chain.maxDataBytes;
        dynamicConfig.maxPerMsgGasLimit = chain.maxPerMsgGasLimit;
        dynamicConfig.defaultTokenFeeUSDCents = chain.defaultTokenFeeUSDCents;
        dynamicConfig.defaultTokenDestGasOverhead = chain.defaultTokenDestGasOverhead;
        dynamicConfig.enforceOutOfOrder = chain.enforceOutOfOrder;
    }

    /// @inheritdoc IOnRamp
    function getFeeTokenConfig(address token) external view returns (IFeeQuoter.FeeTokenConfig memory) {
        return feeQuoter.getFeeTokenConfig(_destChainSelector, token);
    }

    /// @inheritdoc IOnRamp
    function getTokenTransferFeeConfig(address token) external view returns (TokenTransferFeeConfig memory) {
        IFeeQuoter.TokenTransferFeeConfig memory config =
            feeQuoter.getTokenTransferFeeConfig(_destChainSelector, token);
        return TokenTransferFeeConfig({
            minFeeUSDCents: config.minFeeUSDCents,
            maxFeeUSDCents: config.maxFeeUSDCents,
            deciBps: config.deciBps,
            destGasOverhead: config.destGasOverhead,
            destBytesOverhead: config.destBytesOverhead,
            aggregateRateLimitEnabled: false,
            isEnabled: config.isEnabled
        });
    }

    /* FEES */

    /// @inheritdoc IOnRamp
    function withdrawFeeTokens(address[] calldata feeTokens) external {
        address recipient = feeAggregator;
        for (uint256 i = 0; i < feeTokens.length; ++i) {
            IERC20 feeToken = IERC20(feeTokens[i]);
            uint256 amount = feeToken.balanceOf(address(this));
            // whoever sends one unit makes it be moved, and gains nothing
            // slither-disable-next-line incorrect-equality
            if (amount == 0) continue;

            emit FeeTokenWithdrawn(recipient, address(feeToken), amount);

            // INTERACT
            feeToken.safeTransfer(recipient, amount);
        }
    }

    /* INTERNALS */

    /// @dev The part of a message that the FeeQuoter does not judge.
    function _requireSendable(uint64 destChainSelector, Client.EVMTokenAmount[] calldata tokenAmounts)
        private
        view
    {
        require(destChainSelector == _destChainSelector, InvalidChainSelector(destChainSelector));
        for (uint256 i = 0; i < tokenAmounts.length; ++i) {
            address token = tokenAmounts[i].token;
            require(tokenAmounts[i].amount != 0, CannotSendZeroTokens());
            require(_poolOf(token).isSupportedChain(destChainSelector), UnsupportedToken(token));
        }
    }

    function _poolOf(address token) private view returns (IPoolV1) {
        address pool = ITokenAdminRegistry(_tokenAdminRegistry).getPool(token);
        require(pool != address(0), UnsupportedToken(token));
        return IPoolV1(pool);
    }
}
