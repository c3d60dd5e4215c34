"""In what our interfaces differ from production's, on purpose. Each deviation names its row in the README's table.

What is not listed here does not differ, and what is listed here does: the test checks both.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from .abi import Difference

OWNERSHIP = "ownership events are OpenZeppelin's"
NO_NOPS = "no NOP payments, no built-in aggregate limiter"
FEES = "`FeeQuoter` owns fees and prices; calldata tiers added"
EXECUTE = "`OffRamp.execute` for registered executors"
REWIND = "removing roots rewinds the sequence in one call"
EVM_ONLY = "`FeeQuoter` prices EVM destinations, per fee token as 1.5"
GAS = "too little gas reverts the transaction"
FULL_BUCKET = "a limiter starts full"
AGGREGATOR = "fees go to one aggregator, by anyone's call"
MORE = "additional views, events and errors"
NONE = ""  # no deviation: production's own contract of that kind is like this
QUORUM = "2f+1 committers sign"
ASKED_ONCE = "a curse is asked about once per transaction"

# Rows about behaviour that no interface shows.
BEHAVIOUR = {
    "monitors sign blessings, anyone relays them",
    "a blessing names lane, interval and epoch",
    "in an open call a failing token step reverts",
    "multi-proofs have one accepted form",
    "native overpayment is refunded",
    "a pool is asked once what it is",
}


@dataclass(frozen=True, slots=True)
class Deviation:
    """Several differences with one reason."""

    row: str  # first cell of the README's table
    reason: str
    how: str
    kind: str
    names: tuple[str, ...]

    def differences(self) -> Iterator[Difference]:
        for name in self.names:
            yield Difference(self.how, self.kind, name)


def functions(how: str, row: str, reason: str, *names: str) -> Deviation:
    return Deviation(row, reason, how, "functions", names)


def events(how: str, row: str, reason: str, *names: str) -> Deviation:
    return Deviation(row, reason, how, "events", names)


def errors(how: str, row: str, reason: str, *names: str) -> Deviation:
    return Deviation(row, reason, how, "errors", names)


# fmt: off
_OWNED = (
    functions("additional", OWNERSHIP, "Ownable2Step", "pendingOwner", "renounceOwnership"),
    functions("arguments", OWNERSHIP, "OpenZeppelin's argument name", "transferOwnership"),
    events("missing", OWNERSHIP, "its counterpart is OwnershipTransferStarted", "OwnershipTransferRequested"),
    events("additional", OWNERSHIP, "Ownable2Step", "OwnershipTransferStarted"),
    events("arguments", OWNERSHIP, "OpenZeppelin's argument names; topic and layout are the same", "OwnershipTransferred"),
    errors("additional", OWNERSHIP, "Ownable's", "OwnableInvalidOwner", "OwnableUnauthorizedAccount"),
)

_AGGREGATE_LIMITER_ERRORS = ("AggregateValueMaxCapacityExceeded", "AggregateValueRateLimitReached", "BucketOverfilled")

_ROUTER = (
    *_OWNED,
    errors("additional", GAS, "raised out of the exact-gas call, which production does with numbers of its own",
           "NoContract", "NoGasForCallExactCheck", "NotEnoughGasForCall"),
    errors("additional", MORE, "a token that takes a fee on transfer, a hostile callback, a zero address: said by name",
           "ReentrancyGuardReentrantCall", "SafeERC20FailedOperation", "TokenTransferMismatch", "ZeroAddressNotAllowed"),
    errors("additional", ASKED_ONCE, "in the OnRamp's words, for which it asks", "CursedByRMN"),
    errors("additional", MORE, "in the OnRamp's words, before anything is asked of a pool that is not there",
           "UnsupportedToken"),
)

_ON_RAMP = (
    *_OWNED,
    functions("missing", NO_NOPS, "nobody is paid by weight",
              "getNopFeesJuels", "getNops", "linkAvailableForPayment", "payNops", "setNops"),
    functions("missing", NO_NOPS, "no limiter in USD, and so no admin for it",
              "currentRateLimiterState", "getTokenLimitAdmin", "setAdmin", "setRateLimiterConfig"),
    functions("missing", FEES, "set on the FeeQuoter", "setDynamicConfig", "setFeeTokenConfig", "setTokenTransferFeeConfig"),
    functions("additional", FEES, "what of the configuration is left here", "feeQuoter", "router", "setDynamicConfig"),
    functions("missing", AGGREGATOR, "withdrawFeeTokens is the counterpart", "withdrawNonLinkFees"),
    functions("additional", AGGREGATOR, "", "feeAggregator", "withdrawFeeTokens"),
    functions("missing", FEES, "the fee is quoted in the same call", "forwardFromRouter"),
    functions("additional", FEES, "without a fee from outside, and answers the one it quoted", "forwardFromRouter"),
    functions("additional", MORE, "a list of senders, as 1.6 has; off by default",
              "applyAllowListUpdates", "getAllowList", "isAllowListEnabled"),
    functions("additional", MORE, "the number of the last message", "sequenceNumber"),
    events("missing", NO_NOPS, "", "AdminSet", "ConfigChanged", "NopPaid", "NopsSet", "TokensConsumed"),
    events("missing", FEES, "the FeeQuoter says it, per destination",
           "ConfigSet", "FeeConfigSet", "TokenTransferFeeConfigDeleted", "TokenTransferFeeConfigSet"),
    events("additional", FEES, "three addresses instead of thirteen parameters", "ConfigSet"),
    events("additional", AGGREGATOR, "", "FeeTokenWithdrawn"),
    events("additional", MORE, "of the list of senders", "AllowListAdd", "AllowListEnabledSet", "AllowListRemove"),
    errors("missing", NO_NOPS, "", *_AGGREGATE_LIMITER_ERRORS, "InsufficientBalance", "InvalidNopAddress",
           "LinkBalanceNotSettled", "MaxFeeBalanceReached", "NoFeesToPay", "NoNopsToPay", "OnlyCallableByAdminOrOwner",
           "OnlyCallableByOwnerOrAdmin", "OnlyCallableByOwnerOrAdminOrNop", "TooManyNops"),
    errors("missing", NO_NOPS, "with an address they are a pool's, and come through from there",
           "TokenMaxCapacityExceeded", "TokenRateLimitReached"),
    errors("missing", AGGREGATOR, "there is nothing to get wrong", "InvalidWithdrawParams"),
    errors("missing", FEES, "raised by the FeeQuoter in the same call: the caller of the Router sees the same bytes",
           "ExtraArgOutOfOrderExecutionMustBeTrue", "InvalidDestBytesOverhead", "InvalidExtraArgsTag",
           "MessageGasLimitTooHigh", "MessageTooLarge", "NotAFeeToken", "UnsupportedNumberOfTokens"),
    errors("missing", FEES, "the FeeQuoter says TokenNotSupported", "PriceNotFoundForToken"),
    errors("additional", MORE, "", "SafeERC20FailedOperation", "SenderNotAllowed"),
    errors("additional", ASKED_ONCE, "the Router asks the same risk network", "RouterAsksAnotherRMN"),
)

_COMMIT_STORE = (
    *_OWNED,
    functions("missing", REWIND, "numbers move with reports and with removed roots only",
              "setLatestPriceEpochAndRound", "setMinSeqNr"),
    functions("arguments", REWIND, "an argument's name", "resetUnblessedRoots"),
    functions("additional", MORE, "what a root covers, and who may sign", "commitments", "getSigners", "MAX_ORACLES"),
    functions("additional", MORE, "a committee that is announced before it takes over",
              "activateCandidate", "candidateDigest", "setCandidateConfig", "withdrawCandidate"),
    events("additional", MORE, "", "CandidateConfigRemoved", "CandidateConfigSet"),
    errors("additional", MORE, "", "NotTheCandidate"),
    functions("additional", QUORUM, "", "quorum"),
    events("missing", REWIND, "", "LatestPriceEpochAndRoundSet"),
    errors("additional", REWIND, "", "NotTheNewestRoot", "RootIsBlessed"),
    errors("additional", QUORUM, "a store without committers accepts nothing", "ConfigNeverSet"),
)

_OFF_RAMP = (
    *_OWNED,
    functions("missing", EXECUTE, "no OCR, so no configuration of it", "latestConfigDetails",
              "latestConfigDigestAndEpoch", "setOCR2Config", "transmit"),
    functions("missing", EXECUTE, "was there to keep the ABI of receivers; it only reverts", "ccipReceive"),
    functions("missing", NO_NOPS, "no limiter in USD, and so no admin for it", "currentRateLimiterState",
              "getAllRateLimitTokens", "getTokenLimitAdmin", "setAdmin", "setRateLimiterConfig", "updateRateLimitTokens"),
    functions("additional", EXECUTE, "", "execute", "setDynamicConfig", "setExecutors"),
    events("missing", EXECUTE, "", "ConfigSet(uint32,bytes32,uint64,address[],address[],uint8,bytes,uint64,bytes)",
           "Transmitted"),
    events("missing", NO_NOPS, "", "AdminSet", "ConfigChanged", "TokenAggregateRateLimitAdded",
           "TokenAggregateRateLimitRemoved", "TokensConsumed"),
    events("additional", EXECUTE, "", "ExecutorAdded", "ExecutorRemoved"),
    errors("missing", EXECUTE, "", "ConfigDigestMismatch", "InvalidConfig", "OracleCannotBeZeroAddress",
           "WrongMessageLength"),
    errors("missing", EXECUTE, "no path leads there any more", "InvalidNewState"),
    errors("missing", NO_NOPS, "", *_AGGREGATE_LIMITER_ERRORS, "OnlyCallableByAdminOrOwner", "PriceNotFoundForToken"),
    errors("missing", NO_NOPS, "with an address they are a pool's: inside TokenHandlingError",
           "TokenMaxCapacityExceeded", "TokenRateLimitReached"),
    errors("additional", GAS, "", "NoContract", "NoGasForCallExactCheck", "NotEnoughGasForCall"),
    errors("additional", MORE, "a lane put together wrongly, a hostile callback: said by name",
           "CommitStoreOfAnotherLane", "OnRampAlreadyServed", "ReentrancyGuardReentrantCall"),
)

_PRICE_REGISTRY = (
    *_OWNED,
    functions("missing", FEES, "applyAuthorizedCallerUpdates and applyFeeTokenConfigUpdates are the counterparts",
              "applyFeeTokensUpdates", "applyPriceUpdatersUpdates", "getPriceUpdaters"),
    functions("additional", FEES, "what 1.6 has", "applyAuthorizedCallerUpdates", "applyDestChainConfigUpdates",
              "applyTokenTransferFeeConfigUpdates", "getAllAuthorizedCallers", "getDestChainConfig", "getStaticConfig",
              "getTokenPriceFeedConfig", "getTokenTransferFeeConfig", "getValidatedFee", "updateTokenPriceFeeds"),
    functions("additional", FEES, "what 1.5's OnRamp had", "applyFeeTokenConfigUpdates", "getFeeTokenConfig",
              "getTokenDestOverheads", "quote"),
    events("missing", FEES, "AuthorizedCaller… are the counterparts", "PriceUpdaterRemoved", "PriceUpdaterSet"),
    events("additional", FEES, "", "AuthorizedCallerAdded", "AuthorizedCallerRemoved", "DestChainConfigUpdated",
           "FeeTokenConfigUpdated", "PriceFeedPerTokenUpdated", "TokenTransferFeeConfigDeleted",
           "TokenTransferFeeConfigUpdated"),
    errors("missing", FEES, "as 1.6: InvalidStaticConfig, UnauthorizedCaller",
           "InvalidStalenessThreshold", "OnlyCallableByUpdaterOrOwner"),
    errors("additional", FEES, "of what 1.5's OnRamp and 1.6's FeeQuoter refuse",
           "DataFeedValueOutOfUint224Range", "DestinationChainNotEnabled", "ExtraArgOutOfOrderExecutionMustBeTrue",
           "InvalidDestBytesOverhead", "InvalidDestChainConfig", "InvalidEVMAddress", "InvalidExtraArgsData",
           "InvalidExtraArgsTag", "InvalidFeeRange", "InvalidStaticConfig", "MessageFeeTooHigh", "MessageGasLimitTooHigh",
           "MessageTooLarge", "NotAFeeToken", "UnauthorizedCaller", "UnsupportedNumberOfTokens", "ZeroAddressNotAllowed"),
    errors("additional", MORE, "SafeCast's", "SafeCastOverflowedIntToUint", "SafeCastOverflowedUintDowncast"),
)

_FEE_QUOTER = (
    *_OWNED,
    functions("missing", EVM_ONLY, "reports of a workflow engine, and what pools of other chain families say",
              "KEYSTONE_PRICE_DECIMALS", "onReport", "processPoolReturnData", "setReportPermissions", "supportsInterface"),
    functions("missing", EVM_ONLY, "multipliers are per lane and fee token", "applyFeeTokensUpdates",
              "applyPremiumMultiplierWeiPerEthUpdates", "getPremiumMultiplierWeiPerEth"),
    functions("missing", EVM_ONLY, "a constant nobody asks for", "FEE_BASE_DECIMALS"),
    functions("missing", EVM_ONLY, "no family selector, no multipliers in it; wider tiers", "applyDestChainConfigUpdates"),
    functions("missing", EVM_ONLY, "what of it an OnRamp needs is in the quote", "processMessageArgs"),
    functions("additional", EVM_ONLY, "", "applyDestChainConfigUpdates", "quote"),
    functions("returns", EVM_ONLY, "the same struct", "getDestChainConfig"),
    functions("additional", FEES, "what 1.5's OnRamp and PriceRegistry had", "applyFeeTokenConfigUpdates",
              "getFeeTokenConfig", "getStalenessThreshold", "getTokenDestOverheads"),
    events("missing", EVM_ONLY, "", "DestChainAdded", "DestChainConfigUpdated", "PremiumMultiplierWeiPerEthUpdated",
           "ReportPermissionSet"),
    events("additional", EVM_ONLY, "", "DestChainConfigUpdated", "FeeTokenConfigUpdated"),
    errors("missing", OWNERSHIP, "", "CannotTransferToSelf", "MustBeProposedOwner", "OnlyCallableByOwner",
           "OwnerCannotBeZero"),
    errors("missing", EVM_ONLY, "", "InvalidChainFamilySelector", "InvalidSVMAddress",
           "InvalidSVMExtraArgsWritableBitmap", "InvalidTokenReceiver", "MessageComputeUnitLimitTooHigh",
           "ReportForwarderUnauthorized", "TooManySVMExtraArgsAccounts"),
    errors("missing", FEES, "1.5 says NotAFeeToken, and UnsupportedNumberOfTokens without numbers",
           "FeeTokenNotSupported", "UnsupportedNumberOfTokens"),
    errors("missing", FEES, "the OnRamp raises it, as in 1.5", "SourceTokenDataTooLarge"),
    errors("additional", FEES, "1.5's", "ChainNotSupported", "NotAFeeToken", "StaleTokenPrice", "UnsupportedNumberOfTokens"),
    errors("additional", MORE, "SafeCast's", "SafeCastOverflowedIntToUint", "SafeCastOverflowedUintDowncast"),
)

_POOL = (
    *_OWNED,
    errors("missing", OWNERSHIP, "", "CannotTransferToSelf", "MustBeProposedOwner", "OnlyCallableByOwner",
           "OwnerCannotBeZero"),
    errors("missing", NO_NOPS, "a bucket without a token's address is the aggregate limiter's", *_AGGREGATE_LIMITER_ERRORS),
    errors("missing", FULL_BUCKET, "every pool may have limits", "RateLimitMustBeDisabled"),
    errors("additional", MORE, "SafeCast's", "SafeCastOverflowedUintDowncast"),
)

_LOCK_RELEASE = (
    *_POOL,
    events("additional", MORE, "who may move the liquidity is worth an event", "RebalancerSet"),
    errors("additional", MORE, "", "SafeERC20FailedOperation"),
)

_BURN_MINT = (
    *_POOL,
    functions("missing", NONE, "no liquidity: held against the other pool, whose interface without it is the same",
              "canAcceptLiquidity", "getRebalancer", "provideLiquidity", "setRebalancer", "transferLiquidity",
              "withdrawLiquidity"),
    events("missing", NONE, "no liquidity", "LiquidityAdded", "LiquidityRemoved", "LiquidityTransferred"),
    errors("missing", NONE, "no liquidity", "InsufficientLiquidity", "LiquidityNotAccepted"),
)
# fmt: on

# (ours, production's) → deviations
DEVIATIONS = {
    ("Router", "Router"): _ROUTER,
    ("OnRamp", "OnRamp_1_5"): _ON_RAMP,
    ("CommitStore", "CommitStore_1_5"): _COMMIT_STORE,
    ("OffRamp", "OffRamp_1_5"): _OFF_RAMP,
    ("FeeQuoter", "PriceRegistry_1_2"): _PRICE_REGISTRY,
    ("FeeQuoter", "FeeQuoter_1_6"): _FEE_QUOTER,
    ("TokenAdminRegistry", "TokenAdminRegistry_1_5"): _OWNED,
    ("LockReleaseTokenPool", "LockReleaseTokenPool_1_5_1"): _LOCK_RELEASE,
    ("BurnMintTokenPool", "LockReleaseTokenPool_1_5_1"): _BURN_MINT,
}
