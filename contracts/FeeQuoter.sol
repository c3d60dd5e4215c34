// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {FeeConfiguration} from "./fees/FeeConfiguration.sol";
import {IFeeQuoter} from "./interfaces/IFeeQuoter.sol";
import {ITypeAndVersion} from "./interfaces/ITypeAndVersion.sol";
import {EVMAddress} from "./libraries/EVMAddress.sol";
import {ExtraArgs} from "./libraries/ExtraArgs.sol";
import {FeeFormula} from "./libraries/FeeFormula.sol";
import {TokenPriceFeed} from "./libraries/TokenPriceFeed.sol";
import {Client} from "./types/Client.sol";
import {GasPriceUpdate, PriceUpdates, TokenPriceUpdate} from "./types/Report.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

/// @title FeeQuoter
/// @notice What a message costs, and what it must look like.
/// @dev fee = (premium · premiumMultiplier + execution + dataAvailability) / price of the fee token, where
/// each term is USD × 1e36. The terms are in FeeFormula, the parameters in FeeConfiguration.
contract FeeQuoter is FeeConfiguration, ITypeAndVersion {
    using EnumerableSet for EnumerableSet.AddressSet;

    /// @notice What the tokens of one message add to its cost.
    struct TokensCost {
        uint256 premiumUsd18;
        uint256 destGas;
        uint256 poolBytes;
    }

    string public constant override typeAndVersion = "FeeQuoter 1.6.0";

    uint96 private immutable _maxFeeJuelsPerMsg;
    address private immutable _linkToken;
    uint32 private immutable _tokenPriceStalenessThreshold;

    mapping(uint64 destChainSelector => TimestampedPrice) private _gasPrices;
    mapping(address token => TimestampedPrice) private _tokenPrices;
    mapping(address token => TokenPriceFeedConfig) private _feeds;
    EnumerableSet.AddressSet private _priceUpdaters;

    constructor(StaticConfig memory config) {
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
        // asked for its reverts
        // slither-disable-next-line unused-return
        EVMAddress.decodeCalldata(message.receiver);
        (feeTokenAmount,,) = quote(
            destChainSelector, message.feeToken, message.data.length, message.tokenAmounts, message.extraArgs
        );
    }

    /// @inheritdoc IFeeQuoter
    function quote(
        uint64 destChainSelector,
        address feeToken,
        uint256 dataSize,
        Client.EVMTokenAmount[] calldata tokenAmounts,
        bytes calldata extraArgs
    ) public view returns (uint256 feeTokenAmount, uint256 gasLimit, bool allowOutOfOrder) {
        DestChainConfig storage chain = _chains[destChainSelector];
        require(chain.isEnabled, DestinationChainNotEnabled(destChainSelector));
        FeeTokenConfig storage terms = _feeTokenConfigs[destChainSelector][feeToken];
        require(terms.enabled, NotAFeeToken(feeToken));
        require(dataSize <= chain.maxDataBytes, MessageTooLarge(chain.maxDataBytes, dataSize));
        require(tokenAmounts.length <= chain.maxNumberOfTokensPerMsg, UnsupportedNumberOfTokens());
        (gasLimit, allowOutOfOrder) = _readExtraArgs(chain, extraArgs);

        feeTokenAmount = _feeUsd36(destChainSelector, chain, terms, dataSize, tokenAmounts, gasLimit);
        uint256 feeTokenPrice = getValidatedTokenPrice(feeToken);
        feeTokenAmount /= feeTokenPrice;
        _requireSaneFee(feeToken, feeTokenPrice, feeTokenAmount);
    }

    function _readExtraArgs(DestChainConfig storage chain, bytes calldata extraArgs)
        private
        view
        returns (uint256 gasLimit, bool allowOutOfOrder)
    {
        uint256 defaultGasLimit = extraArgs.length == 0 ? chain.defaultTxGasLimit : 0;
        (gasLimit, allowOutOfOrder) = ExtraArgs.decode(extraArgs, defaultGasLimit);
        require(gasLimit <= chain.maxPerMsgGasLimit, MessageGasLimitTooHigh());
        require(allowOutOfOrder || !chain.enforceOutOfOrder, ExtraArgOutOfOrderExecutionMustBeTrue());
    }

    function _feeUsd36(
        uint64 destChainSelector,
        DestChainConfig storage chain,
        FeeTokenConfig storage terms,
        uint256 dataSize,
        Client.EVMTokenAmount[] calldata tokenAmounts,
        uint256 gasLimit
    ) private view returns (uint256) {
        TokensCost memory tokens = _tokensCost(destChainSelector, chain, terms, tokenAmounts);
        uint224 gasPrice = _validatedGasPrice(destChainSelector, chain.gasPriceStalenessThreshold);
        uint256 availability;
        if (chain.destDataAvailabilityMultiplierBps != 0) {
            // not on most chains, and then another word of storage need not be read
            availability = FeeFormula.dataAvailabilityUsd36(
                chain, dataSize, tokenAmounts.length, tokens.poolBytes, gasPrice
            );
        }
        unchecked {
            // far from overflowing: see FeeFormula
            uint256 destGas =
                gasLimit + chain.destGasOverhead + tokens.destGas + FeeFormula.calldataGas(chain, dataSize);
            return tokens.premiumUsd18 * terms.premiumMultiplierWeiPerEth
                + FeeFormula.executionPrice(gasPrice) * destGas * terms.gasMultiplierWeiPerEth + availability;
        }
    }

    function _tokensCost(
        uint64 destChainSelector,
        DestChainConfig storage chain,
        FeeTokenConfig storage terms,
        Client.EVMTokenAmount[] calldata tokenAmounts
    ) private view returns (TokensCost memory cost) {
        if (tokenAmounts.length == 0) {
            cost.premiumUsd18 = FeeFormula.centsToUsd18(terms.networkFeeUSDCents);
        }
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

    /// @dev An absurd fee is a parameter or a price gone wrong.
    function _requireSaneFee(address feeToken, uint256 feeTokenPrice, uint256 feeTokenAmount) private view {
        uint256 feeJuels = feeToken == _linkToken
            ? feeTokenAmount
            : Math.mulDiv(feeTokenAmount, feeTokenPrice, getValidatedTokenPrice(_linkToken));
        require(feeJuels <= _maxFeeJuelsPerMsg, MessageFeeTooHigh(feeJuels, _maxFeeJuelsPerMsg));
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
    function getTokenPrice(address token) public view returns (TimestampedPrice memory) {
        (uint224 value, uint32 timestamp) = _priceOf(token);
        return TimestampedPrice(value, timestamp);
    }

    /// @dev What was reported last, or what a feed says once that is stale.
    function _priceOf(address token) private view returns (uint224 value, uint32 timestamp) {
        TimestampedPrice storage reported = _tokenPrices[token];
        (value, timestamp) = (reported.value, reported.timestamp);
        // seconds do not matter to an age of hours
        // forge-lint: disable-next-line(block-timestamp)
        if (block.timestamp - timestamp <= _tokenPriceStalenessThreshold) return (value, timestamp);

        TokenPriceFeedConfig memory feed = _feeds[token];
        if (!feed.isEnabled) return (value, timestamp);

        TimestampedPrice memory fromFeed = TokenPriceFeed.read(feed);
        if (fromFeed.timestamp > timestamp) return (fromFeed.value, fromFeed.timestamp);
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
        (uint224 price, uint32 timestamp) = _priceOf(token);
        require(price != 0, TokenNotSupported(token));
        (uint256 age, uint256 threshold) = (block.timestamp - timestamp, _tokenPriceStalenessThreshold);
        require(age <= threshold, StaleTokenPrice(token, threshold, age));
        return price;
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
        DestChainConfig storage chain = _chains[destChainSelector];
        require(chain.isEnabled, DestinationChainNotEnabled(destChainSelector));
        tokenPrice = getValidatedTokenPrice(token);
        gasPriceValue = _validatedGasPrice(destChainSelector, chain.gasPriceStalenessThreshold);
    }

    /// @dev A chain whose execution costs nothing is a chain whose price is missing.
    function _validatedGasPrice(uint64 destChainSelector, uint256 threshold) private view returns (uint224) {
        TimestampedPrice storage price = _gasPrices[destChainSelector];
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

    /* PRICE UPDATERS */

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
    function getAllAuthorizedCallers() external view returns (address[] memory) {
        return _priceUpdaters.values();
    }
}
