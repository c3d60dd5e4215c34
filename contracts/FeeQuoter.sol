// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IFeeQuoter} from "./interfaces/IFeeQuoter.sol";
import {ITypeAndVersion} from "./interfaces/ITypeAndVersion.sol";
import {EVMAddress} from "./libraries/EVMAddress.sol";
import {ExtraArgs} from "./libraries/ExtraArgs.sol";
import {FeeFormula} from "./libraries/FeeFormula.sol";
import {TokenPriceFeed} from "./libraries/TokenPriceFeed.sol";
import {Client} from "./types/Client.sol";
import {GasPriceUpdate, PriceUpdates, TokenPriceUpdate} from "./types/Report.sol";
import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

/// @title FeeQuoter
/// @notice What a message costs, and what it must look like.
/// @dev fee = (premium · premiumMultiplier + execution + dataAvailability) / price of the fee token, where
/// each term is USD × 1e36. The terms are in FeeFormula.
contract FeeQuoter is IFeeQuoter, ITypeAndVersion, Ownable2Step {
    using EnumerableSet for EnumerableSet.AddressSet;

    /// @notice What the tokens of one message add to its cost.
    struct TokensCost {
        uint256 premiumUsd18;
        uint256 destGas;
        uint256 poolBytes;
    }

    string public constant override typeAndVersion = "FeeQuoter 1.6.0";

    uint32 private constant DEFAULT_POOL_BYTES = 32;

    uint96 private immutable _maxFeeJuelsPerMsg;
    address private immutable _linkToken;
    uint32 private immutable _tokenPriceStalenessThreshold;

    mapping(uint64 destChainSelector => DestChainConfig) private _chains;
    mapping(uint64 destChainSelector => mapping(address token => FeeTokenConfig)) private _feeTokenConfigs;
    mapping(uint64 destChainSelector => mapping(address token => TokenTransferFeeConfig)) private
        _transferFees;
    mapping(uint64 destChainSelector => TimestampedPrice) private _gasPrices;
    mapping(address token => TimestampedPrice) private _tokenPrices;
    mapping(address token => TokenPriceFeedConfig) private _feeds;
    mapping(address token => uint256) private _lanesPaidIn;
    EnumerableSet.AddressSet private _feeTokens;
    EnumerableSet.AddressSet private _priceUpdaters;

    constructor(StaticConfig memory config) Ownable(msg.sender) {
        require(config.linkToken != address(0), InvalidStaticConfig());
        require(config.maxFeeJuelsPerMsg != 0, InvalidStaticConfig());
        require(config.tokenPriceStalenessThreshold != 0, InvalidStaticConfig());
        _maxFeeJuelsPerMsg = config.maxFeeJuelsPerMsg;
        _linkToken = config.linkToken;
        _tokenPriceStalenessThreshold = config.tokenPriceStalenessThreshold;
    }

    /* QUOTING */

    /// @inheritdoc IFeeQuoter
    function getValidatedFee(uint64 destChainSelector, Client.EVM2AnyMessage calldata message)
        external
        view
        returns (uint256 feeTokenAmount)
    {
        DestChainConfig memory chain = _enabledChain(destChainSelector);
        FeeTokenConfig memory feeToken = _feeTokenConfigs[destChainSelector][message.feeToken];
        require(feeToken.enabled, NotAFeeToken(message.feeToken));
        uint256 gasLimit = _validate(chain, message);

        TokensCost memory tokens = _tokensCost(destChainSelector, chain, message.tokenAmounts);
        if (message.tokenAmounts.length == 0) {
            tokens.premiumUsd18 = FeeFormula.centsToUsd18(feeToken.networkFeeUSDCents);
        }
        uint256 destGas = gasLimit + chain.destGasOverhead + tokens.destGas
            + FeeFormula.calldataGas(chain, message.data.length);
        uint224 gasPrice = _validatedGasPrice(destChainSelector, chain.gasPriceStalenessThreshold);
        uint256 size = FeeFormula.sizeOf(message.data.length, message.tokenAmounts.length, tokens.poolBytes);
        uint256 feeUsd36 = tokens.premiumUsd18 * feeToken.premiumMultiplierWeiPerEth
            + FeeFormula.executionPrice(gasPrice) * destGas * feeToken.gasMultiplierWeiPerEth
            + FeeFormula.dataAvailabilityUsd36(chain, size, gasPrice);

        feeTokenAmount = feeUsd36 / getValidatedTokenPrice(message.feeToken);
        _requireSaneFee(message.feeToken, feeTokenAmount);
    }

    /// @dev All that a message can be refused for by its own looks, except its tokens' pools.
    function _validate(DestChainConfig memory chain, Client.EVM2AnyMessage calldata message)
        private
        pure
        returns (uint256 gasLimit)
    {
        uint256 size = message.data.length;
        require(size <= chain.maxDataBytes, MessageTooLarge(chain.maxDataBytes, size));
        require(message.tokenAmounts.length <= chain.maxNumberOfTokensPerMsg, UnsupportedNumberOfTokens());
        EVMAddress.decode(message.receiver);
        (gasLimit,) = _validateExtraArgs(chain, message.extraArgs);
    }

    function _validateExtraArgs(DestChainConfig memory chain, bytes calldata extraArgs)
        private
        pure
        returns (uint256 gasLimit, bool allowOutOfOrder)
    {
        (gasLimit, allowOutOfOrder) = ExtraArgs.decode(extraArgs, chain.defaultTxGasLimit);
        require(gasLimit <= chain.maxPerMsgGasLimit, MessageGasLimitTooHigh());
        require(allowOutOfOrder || !chain.enforceOutOfOrder, ExtraArgOutOfOrderExecutionMustBeTrue());
    }

    function _tokensCost(
        uint64 destChainSelector,
        DestChainConfig memory chain,
        Client.EVMTokenAmount[] calldata tokenAmounts
    ) private view returns (TokensCost memory cost) {
        for (uint256 i = 0; i < tokenAmounts.length; ++i) {
            TokenTransferFeeConfig memory config = _transferFees[destChainSelector][tokenAmounts[i].token];
            if (config.isEnabled) {
                // without a share of the value there is no need for a price
                uint256 price = config.deciBps == 0 ? 0 : getValidatedTokenPrice(tokenAmounts[i].token);
                cost.premiumUsd18 += FeeFormula.tokenFeeUsd18(config, tokenAmounts[i].amount, price);
                cost.destGas += config.destGasOverhead;
                cost.poolBytes += config.destBytesOverhead;
            } else {
                cost.premiumUsd18 += FeeFormula.centsToUsd18(chain.defaultTokenFeeUSDCents);
                cost.destGas += chain.defaultTokenDestGasOverhead;
                cost.poolBytes += DEFAULT_POOL_BYTES;
            }
        }
    }

    /// @inheritdoc IFeeQuoter
    function processMessageArgs(
        uint64 destChainSelector,
        address feeToken,
        uint256 feeTokenAmount,
        bytes calldata extraArgs
    ) external view returns (uint256 gasLimit, bool allowOutOfOrder, uint256 feeValueJuels) {
        DestChainConfig memory chain = _enabledChain(destChainSelector);
        (gasLimit, allowOutOfOrder) = _validateExtraArgs(chain, extraArgs);
        feeValueJuels = _requireSaneFee(feeToken, feeTokenAmount);
    }

    function _requireSaneFee(address feeToken, uint256 feeTokenAmount)
        private
        view
        returns (uint256 feeValueJuels)
    {
        feeValueJuels = convertTokenAmount(feeToken, feeTokenAmount, _linkToken);
        require(feeValueJuels <= _maxFeeJuelsPerMsg, MessageFeeTooHigh(feeValueJuels, _maxFeeJuelsPerMsg));
    }

    /// @inheritdoc IFeeQuoter
    function getTokenDestOverheads(uint64 destChainSelector, address token)
        external
        view
        returns (uint32 destGasAmount, uint32 destBytesOverhead)
    {
        TokenTransferFeeConfig storage config = _transferFees[destChainSelector][token];
        if (config.isEnabled) return (config.destGasOverhead, config.destBytesOverhead);
        return (_chains[destChainSelector].defaultTokenDestGasOverhead, DEFAULT_POOL_BYTES);
    }

    /// @inheritdoc IFeeQuoter
    function convertTokenAmount(address fromToken, uint256 fromTokenAmount, address toToken)
        public
        view
        returns (uint256)
    {
        if (fromToken == toToken) return fromTokenAmount;
        return
            Math.mulDiv(fromTokenAmount, getValidatedTokenPrice(fromToken), getValidatedTokenPrice(toToken));
    }

    /* PRICES */

    /// @inheritdoc IFeeQuoter
    function updatePrices(PriceUpdates calldata priceUpdates) external {
        // CHECK
        require(_priceUpdaters.contains(msg.sender) || msg.sender == owner(), UnauthorizedCaller(msg.sender));

        // EFFECT
        uint32 timestamp = uint32(block.timestamp);
        for (uint256 i = 0; i < priceUpdates.tokenPriceUpdates.length; ++i) {
            TokenPriceUpdate calldata update = priceUpdates.tokenPriceUpdates[i];
            _tokenPrices[update.sourceToken] = TimestampedPrice(update.usdPerToken, timestamp);
            emit UsdPerTokenUpdated(update.sourceToken, update.usdPerToken, timestamp);
        }
        for (uint256 i = 0; i < priceUpdates.gasPriceUpdates.length; ++i) {
            GasPriceUpdate calldata update = priceUpdates.gasPriceUpdates[i];
            _gasPrices[update.destChainSelector] = TimestampedPrice(update.usdPerUnitGas, timestamp);
            emit UsdPerUnitGasUpdated(update.destChainSelector, update.usdPerUnitGas, timestamp);
        }
    }

    /// @inheritdoc IFeeQuoter
    function updateTokenPriceFeeds(TokenPriceFeedUpdate[] calldata tokenPriceFeedUpdates) external onlyOwner {
        for (uint256 i = 0; i < tokenPriceFeedUpdates.length; ++i) {
            TokenPriceFeedUpdate calldata update = tokenPriceFeedUpdates[i];
            // CHECK
            if (update.feedConfig.isEnabled) EVMAddress.requireNonZero(update.feedConfig.dataFeedAddress);

            // EFFECT
            _feeds[update.sourceToken] = update.feedConfig;
            emit PriceFeedPerTokenUpdated(update.sourceToken, update.feedConfig);
        }
    }

    /// @inheritdoc IFeeQuoter
    function getTokenPrice(address token) public view returns (TimestampedPrice memory price) {
        price = _tokenPrices[token];
        uint256 age = block.timestamp - price.timestamp;
        TokenPriceFeedConfig memory feed = _feeds[token];
        if (age <= _tokenPriceStalenessThreshold || !feed.isEnabled) return price;

        TimestampedPrice memory fromFeed = TokenPriceFeed.read(feed);
        return fromFeed.timestamp > price.timestamp ? fromFeed : price;
    }

    /// @inheritdoc IFeeQuoter
    function getTokenPrices(address[] calldata tokens)
        external
        view
        returns (TimestampedPrice[] memory prices)
    {
        prices = new TimestampedPrice[](tokens.length);
        for (uint256 i = 0; i < tokens.length; ++i) {
            prices[i] = getTokenPrice(tokens[i]);
        }
    }

    /// @inheritdoc IFeeQuoter
    function getValidatedTokenPrice(address token) public view returns (uint224) {
        TimestampedPrice memory price = getTokenPrice(token);
        require(price.value != 0, TokenNotSupported(token));
        uint256 age = block.timestamp - price.timestamp;
        require(
            age <= _tokenPriceStalenessThreshold, StaleTokenPrice(token, _tokenPriceStalenessThreshold, age)
        );
        return price.value;
    }

    /// @inheritdoc IFeeQuoter
    function getDestinationChainGasPrice(uint64 destChainSelector)
        external
        view
        returns (TimestampedPrice memory)
    {
        return _gasPrices[destChainSelector];
    }

    /// @inheritdoc IFeeQuoter
    function getTokenAndGasPrices(address token, uint64 destChainSelector)
        external
        view
        returns (uint224 tokenPrice, uint224 gasPriceValue)
    {
        DestChainConfig memory chain = _enabledChain(destChainSelector);
        tokenPrice = getValidatedTokenPrice(token);
        gasPriceValue = _validatedGasPrice(destChainSelector, chain.gasPriceStalenessThreshold);
    }

    /// @dev A chain whose execution costs nothing is a chain whose price is missing.
    function _validatedGasPrice(uint64 destChainSelector, uint256 threshold) private view returns (uint224) {
        TimestampedPrice memory price = _gasPrices[destChainSelector];
        require(FeeFormula.executionPrice(price.value) != 0, ChainNotSupported(destChainSelector));
        uint256 age = block.timestamp - price.timestamp;
        require(age <= threshold, StaleGasPrice(destChainSelector, threshold, age));
        return price.value;
    }

    /// @inheritdoc IFeeQuoter
    function getTokenPriceFeedConfig(address token) external view returns (TokenPriceFeedConfig memory) {
        return _feeds[token];
    }

    /// @inheritdoc IFeeQuoter
    function getStalenessThreshold() external view returns (uint128) {
        return _tokenPriceStalenessThreshold;
    }

    /* CONFIGURATION */

    /// @inheritdoc IFeeQuoter
    function applyDestChainConfigUpdates(DestChainConfigArgs[] calldata destChainConfigArgs)
        external
        onlyOwner
    {
        for (uint256 i = 0; i < destChainConfigArgs.length; ++i) {
            uint64 selector = destChainConfigArgs[i].destChainSelector;
            DestChainConfig calldata config = destChainConfigArgs[i].config;
            // CHECK
            bool isValid = selector != 0 && config.gasPriceStalenessThreshold != 0
                && config.defaultTxGasLimit != 0 && config.defaultTxGasLimit <= config.maxPerMsgGasLimit;
            require(isValid, InvalidDestChainConfig(selector));

            // EFFECT
            _chains[selector] = config;
            emit DestChainConfigUpdated(selector, config);
        }
    }

    /// @inheritdoc IFeeQuoter
    function applyFeeTokenConfigUpdates(
        uint64 destChainSelector,
        FeeTokenConfigArgs[] calldata feeTokenConfigArgs
    ) external onlyOwner {
        for (uint256 i = 0; i < feeTokenConfigArgs.length; ++i) {
            FeeTokenConfigArgs calldata args = feeTokenConfigArgs[i];
            // CHECK
            EVMAddress.requireNonZero(args.token);

            // EFFECT
            FeeTokenConfig storage config = _feeTokenConfigs[destChainSelector][args.token];
            _countFeeToken(args.token, config.enabled, args.enabled);
            config.networkFeeUSDCents = args.networkFeeUSDCents;
            config.gasMultiplierWeiPerEth = args.gasMultiplierWeiPerEth;
            config.premiumMultiplierWeiPerEth = args.premiumMultiplierWeiPerEth;
            config.enabled = args.enabled;
            emit FeeTokenConfigUpdated(destChainSelector, args.token, config);
        }
    }

    /// @dev Keeps the list of fee tokens equal to the tokens that are enabled on some lane.
    function _countFeeToken(address token, bool before, bool afterwards) private {
        if (afterwards && !before) {
            ++_lanesPaidIn[token];
            if (_feeTokens.add(token)) emit FeeTokenAdded(token);
        } else if (before && !afterwards) {
            --_lanesPaidIn[token];
            if (_lanesPaidIn[token] == 0 && _feeTokens.remove(token)) emit FeeTokenRemoved(token);
        }
    }

    /// @inheritdoc IFeeQuoter
    function applyTokenTransferFeeConfigUpdates(
        TokenTransferFeeConfigArgs[] calldata tokenTransferFeeConfigArgs,
        TokenTransferFeeConfigRemoveArgs[] calldata tokensToUseDefaultFeeConfigs
    ) external onlyOwner {
        for (uint256 i = 0; i < tokenTransferFeeConfigArgs.length; ++i) {
            uint64 selector = tokenTransferFeeConfigArgs[i].destChainSelector;
            for (uint256 j = 0; j < tokenTransferFeeConfigArgs[i].tokenTransferFeeConfigs.length; ++j) {
                _setTransferFee(selector, tokenTransferFeeConfigArgs[i].tokenTransferFeeConfigs[j]);
            }
        }
        for (uint256 i = 0; i < tokensToUseDefaultFeeConfigs.length; ++i) {
            TokenTransferFeeConfigRemoveArgs calldata removal = tokensToUseDefaultFeeConfigs[i];
            delete _transferFees[removal.destChainSelector][removal.token];
            emit TokenTransferFeeConfigDeleted(removal.destChainSelector, removal.token);
        }
    }

    function _setTransferFee(uint64 destChainSelector, TokenTransferFeeConfigSingleTokenArgs calldata args)
        private
    {
        // CHECK
        TokenTransferFeeConfig calldata config = args.tokenTransferFeeConfig;
        require(
            config.minFeeUSDCents <= config.maxFeeUSDCents,
            InvalidFeeRange(config.minFeeUSDCents, config.maxFeeUSDCents)
        );
        require(
            config.destBytesOverhead >= DEFAULT_POOL_BYTES,
            InvalidDestBytesOverhead(args.token, config.destBytesOverhead)
        );

        // EFFECT
        _transferFees[destChainSelector][args.token] = config;

        emit TokenTransferFeeConfigUpdated(destChainSelector, args.token, config);
    }

    /// @inheritdoc IFeeQuoter
    function applyAuthorizedCallerUpdates(AuthorizedCallerArgs calldata authorizedCallerArgs)
        external
        onlyOwner
    {
        for (uint256 i = 0; i < authorizedCallerArgs.removedCallers.length; ++i) {
            address caller = authorizedCallerArgs.removedCallers[i];
            if (_priceUpdaters.remove(caller)) emit AuthorizedCallerRemoved(caller);
        }
        for (uint256 i = 0; i < authorizedCallerArgs.addedCallers.length; ++i) {
            address caller = authorizedCallerArgs.addedCallers[i];
            EVMAddress.requireNonZero(caller);
            if (_priceUpdaters.add(caller)) emit AuthorizedCallerAdded(caller);
        }
    }

    /// @inheritdoc IFeeQuoter
    function getStaticConfig() external view returns (StaticConfig memory) {
        return StaticConfig(_maxFeeJuelsPerMsg, _linkToken, _tokenPriceStalenessThreshold);
    }

    /// @inheritdoc IFeeQuoter
    function getDestChainConfig(uint64 destChainSelector) external view returns (DestChainConfig memory) {
        return _chains[destChainSelector];
    }

    /// @inheritdoc IFeeQuoter
    function getFeeTokenConfig(uint64 destChainSelector, address token)
        external
        view
        returns (FeeTokenConfig memory)
    {
        return _feeTokenConfigs[destChainSelector][token];
    }

    /// @inheritdoc IFeeQuoter
    function getTokenTransferFeeConfig(uint64 destChainSelector, address token)
        external
        view
        returns (TokenTransferFeeConfig memory)
    {
        return _transferFees[destChainSelector][token];
    }

    /// @inheritdoc IFeeQuoter
    function getFeeTokens() external view returns (address[] memory) {
        return _feeTokens.values();
    }

    /// @inheritdoc IFeeQuoter
    function getAllAuthorizedCallers() external view returns (address[] memory) {
        return _priceUpdaters.values();
    }

    function _enabledChain(uint64 destChainSelector) private view returns (DestChainConfig memory chain) {
        chain = _chains[destChainSelector];
        require(chain.isEnabled, DestinationChainNotEnabled(destChainSelector));
    }
}
