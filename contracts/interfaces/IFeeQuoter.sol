// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Client} from "../types/Client.sol";
import {PriceUpdates} from "../types/Report.sol";

/// @title IFeeQuoter: prices, every fee parameter, and what a message must look like
/// @dev Trust: price updaters (the commit stores of the lanes that arrive here) move prices, nothing else.
/// The owner sets the parameters. A fee is never zero by accident: a price that is missing, zero or stale
/// refuses the message.
/// @dev Liveness: without price updates sending stops once prices are older than their thresholds, unless a
/// token has a price feed. Messages under way are not affected.
/// @dev Units: token prices are USD × 1e18 per 1e18 of the smallest unit (1 USDC = 1e30); gas prices are
/// USD × 1e18 per unit of gas, data availability << 112 | execution; multipliers are 1e18-based.
interface IFeeQuoter {
    /* TYPES */

    struct StaticConfig {
        uint96 maxFeeJuelsPerMsg; // the highest fee for one message, in LINK's smallest unit
        address linkToken;
        uint32 tokenPriceStalenessThreshold; // seconds
    }

    /// @notice What messages to one chain may be, and what they cost there.
    /// @dev The first word of storage, up to the staleness threshold, is all that most messages need.
    struct DestChainConfig {
        bool isEnabled;
        bool enforceOutOfOrder;
        uint16 maxNumberOfTokensPerMsg;
        uint32 maxDataBytes;
        uint32 maxPerMsgGasLimit;
        uint32 destGasOverhead; // gas of commit and execution that no message asks for
        uint16 destGasPerPayloadByteBase;
        uint16 destGasPerPayloadByteHigh; // per byte above the threshold; equal to base: the 1.5 formula
        uint32 destGasPerPayloadByteThreshold; // bytes of data
        uint16 destGasPerDataAvailabilityByte;
        uint16 destDataAvailabilityMultiplierBps; // 0: the chain has no data-availability cost
        uint32 gasPriceStalenessThreshold; // seconds, never 0
        uint32 destDataAvailabilityOverheadGas;
        uint16 defaultTokenFeeUSDCents; // for tokens without a config of their own
        uint32 defaultTokenDestGasOverhead; // likewise
        uint32 defaultTxGasLimit; // for messages with empty extra args
    }

    struct DestChainConfigArgs {
        uint64 destChainSelector;
        DestChainConfig config;
    }

    /// @notice What paying in one token costs, per destination chain.
    struct FeeTokenConfig {
        uint32 networkFeeUSDCents; // for messages without tokens
        uint64 gasMultiplierWeiPerEth; // on the execution cost
        uint64 premiumMultiplierWeiPerEth; // on network and token fees
        bool enabled;
    }

    struct FeeTokenConfigArgs {
        address token;
        uint32 networkFeeUSDCents;
        uint64 gasMultiplierWeiPerEth;
        uint64 premiumMultiplierWeiPerEth;
        bool enabled;
    }

    /// @notice What carrying one token costs, per destination chain.
    struct TokenTransferFeeConfig {
        uint32 minFeeUSDCents;
        uint32 maxFeeUSDCents;
        uint16 deciBps; // tenths of a basis point of the value; 0: the minimum, and no price is needed
        uint32 destGasOverhead; // billed for, and given to, releaseOrMint
        uint32 destBytesOverhead; // cap on the pool's data, ≥ 32
        bool isEnabled;
    }

    struct TokenTransferFeeConfigSingleTokenArgs {
        address token;
        TokenTransferFeeConfig tokenTransferFeeConfig;
    }

    struct TokenTransferFeeConfigArgs {
        uint64 destChainSelector;
        TokenTransferFeeConfigSingleTokenArgs[] tokenTransferFeeConfigs;
    }

    struct TokenTransferFeeConfigRemoveArgs {
        uint64 destChainSelector;
        address token;
    }

    struct TokenPriceFeedConfig {
        address dataFeedAddress; // USD feed
        uint8 tokenDecimals;
        bool isEnabled;
    }

    struct TokenPriceFeedUpdate {
        address sourceToken;
        TokenPriceFeedConfig feedConfig;
    }

    struct AuthorizedCallerArgs {
        address[] addedCallers;
        address[] removedCallers;
    }

    struct TimestampedPrice {
        uint224 value;
        uint32 timestamp; // when it was written here, in this chain's seconds
    }

    /* ERRORS: MESSAGES */

    /// @notice The owner has not enabled this destination, or disabled it.
    error DestinationChainNotEnabled(uint64 destChainSelector);

    /// @notice The lane takes no fee in this token.
    error NotAFeeToken(address token);

    /// @notice The message's data is longer than the lane allows.
    error MessageTooLarge(uint256 maxSize, uint256 actualSize);

    /// @notice More tokens than the lane takes in one message.
    error UnsupportedNumberOfTokens();

    /// @notice The gas limit for the receiver exceeds the destination's `maxPerMsgGasLimit`.
    error MessageGasLimitTooHigh();

    /// @notice The lane has no ordered execution: ask for out-of-order in the extra args.
    error ExtraArgOutOfOrderExecutionMustBeTrue();

    /// @notice The fee is absurd, so a parameter or a price must be wrong.
    error MessageFeeTooHigh(uint256 msgFeeJuels, uint256 maxFeeJuelsPerMsg);

    /* ERRORS: PRICES */

    /// @notice No gas price was ever reported for the chain, or it is zero.
    error ChainNotSupported(uint64 chain);

    /// @notice The destination's gas price was not written for longer than the threshold. Seconds.
    error StaleGasPrice(uint64 destChainSelector, uint256 threshold, uint256 timePassed);

    /// @notice No price was ever reported for the token, or it is zero.
    error TokenNotSupported(address token);

    /// @notice The token's price was not written for longer than the threshold. Seconds.
    error StaleTokenPrice(address token, uint256 threshold, uint256 timePassed);

    /// @notice A feed's answer is not positive, or too large once rebased.
    error DataFeedValueOutOfUint224Range();

    /// @notice Prices come from authorised callers and the owner only.
    error UnauthorizedCaller(address caller);

    /* ERRORS: CONFIGURATION */

    /// @notice LINK, the highest fee or the threshold for stale token prices is zero in a new FeeQuoter.
    error InvalidStaticConfig();

    /// @notice Zero selector, zero staleness threshold, or a default gas limit of zero or above the maximum.
    error InvalidDestChainConfig(uint64 destChainSelector);

    /// @notice Pools may always say 32 bytes.
    error InvalidDestBytesOverhead(address token, uint32 destBytesOverhead);

    /// @notice A token's lowest transfer fee would exceed its highest.
    error InvalidFeeRange(uint256 minFeeUSDCents, uint256 maxFeeUSDCents);

    /* EVENTS */

    event UsdPerTokenUpdated(address indexed token, uint256 value, uint256 timestamp);
    event UsdPerUnitGasUpdated(uint64 indexed destChain, uint256 value, uint256 timestamp);
    event PriceFeedPerTokenUpdated(address indexed token, TokenPriceFeedConfig priceFeedConfig);
    event AuthorizedCallerAdded(address caller);
    event AuthorizedCallerRemoved(address caller);
    event DestChainConfigUpdated(uint64 indexed destChainSelector, DestChainConfig destChainConfig);

    /// @notice The token is a fee token of at least one lane now, or of none any more.
    event FeeTokenAdded(address indexed feeToken);
    event FeeTokenRemoved(address indexed feeToken);
    event FeeTokenConfigUpdated(
        uint64 indexed destChainSelector, address indexed token, FeeTokenConfig config
    );
    event TokenTransferFeeConfigUpdated(
        uint64 indexed destChainSelector, address indexed token, TokenTransferFeeConfig tokenTransferFeeConfig
    );
    event TokenTransferFeeConfigDeleted(uint64 indexed destChainSelector, address indexed token);

    /* QUOTING */

    /// @notice The whole fee for `message`, in its fee token's smallest unit; or the reason why not.
    function getValidatedFee(uint64 destChainSelector, Client.EVM2AnyMessage calldata message)
        external
        view
        returns (uint256 feeTokenAmount);

    /// @notice The same by the parts of a message that a fee depends on, for the OnRamp, which knows the receiver.
    /// @return feeTokenAmount the whole fee, in the fee token's smallest unit
    /// @return gasLimit for the receiver's callback
    /// @return allowOutOfOrder whether the message takes no nonce
    function quote(
        uint64 destChainSelector,
        address feeToken,
        uint256 dataSize,
        Client.EVMTokenAmount[] calldata tokenAmounts,
        bytes calldata extraArgs
    ) external view returns (uint256 feeTokenAmount, uint256 gasLimit, bool allowOutOfOrder);

    /// @notice What the lane gives a token at the other end: gas, and bytes of pool data.
    function getTokenDestOverheads(uint64 destChainSelector, address token)
        external
        view
        returns (uint32 destGasAmount, uint32 destBytesOverhead);

    /// @notice `fromTokenAmount` valued in `toToken`, at validated prices, rounded down.
    function convertTokenAmount(address fromToken, uint256 fromTokenAmount, address toToken)
        external
        view
        returns (uint256);

    /* PRICES */

    /// @notice Writes prices, stamped with this block's time. Authorised callers and owner only.
    /// @dev A price of zero is stored as it is, and makes every message that needs it revert.
    function updatePrices(PriceUpdates calldata priceUpdates) external;

    /// @notice Sets the feeds that stand in for stored token prices that went stale. Owner only.
    function updateTokenPriceFeeds(TokenPriceFeedUpdate[] calldata tokenPriceFeedUpdates) external;

    /// @notice The stored price, or the feed's if that is the fresher one. May be zero or stale.
    function getTokenPrice(address token) external view returns (TimestampedPrice memory);

    function getTokenPrices(address[] calldata tokens) external view returns (TimestampedPrice[] memory);

    /// @notice The price if it is usable; reverts if it is zero or stale.
    function getValidatedTokenPrice(address token) external view returns (uint224);

    /// @notice The stored gas price. May be zero or stale.
    function getDestinationChainGasPrice(uint64 destChainSelector)
        external
        view
        returns (TimestampedPrice memory);

    /// @notice Both prices if they are usable; reverts if either is zero or stale.
    function getTokenAndGasPrices(address token, uint64 destChainSelector)
        external
        view
        returns (uint224 tokenPrice, uint224 gasPriceValue);

    function getTokenPriceFeedConfig(address token) external view returns (TokenPriceFeedConfig memory);

    /// @notice The staleness threshold of token prices, in seconds, as price registries of 1.2 answer it.
    function getStalenessThreshold() external view returns (uint128);

    /* CONFIGURATION */

    function applyDestChainConfigUpdates(DestChainConfigArgs[] calldata destChainConfigArgs) external;

    function applyFeeTokenConfigUpdates(
        uint64 destChainSelector,
        FeeTokenConfigArgs[] calldata feeTokenConfigArgs
    ) external;

    /// @notice Sets the fees of some tokens, then returns others to the default.
    function applyTokenTransferFeeConfigUpdates(
        TokenTransferFeeConfigArgs[] calldata tokenTransferFeeConfigArgs,
        TokenTransferFeeConfigRemoveArgs[] calldata tokensToUseDefaultFeeConfigs
    ) external;

    /// @notice Removes, then adds, price updaters.
    function applyAuthorizedCallerUpdates(AuthorizedCallerArgs calldata authorizedCallerArgs) external;

    function getStaticConfig() external view returns (StaticConfig memory);

    function getDestChainConfig(uint64 destChainSelector) external view returns (DestChainConfig memory);

    function getFeeTokenConfig(uint64 destChainSelector, address token)
        external
        view
        returns (FeeTokenConfig memory);

    function getTokenTransferFeeConfig(uint64 destChainSelector, address token)
        external
        view
        returns (TokenTransferFeeConfig memory);

    /// @notice Every token that pays fees on at least one lane.
    function getFeeTokens() external view returns (address[] memory);

    function getAllAuthorizedCallers() external view returns (address[] memory);
}
