"""The steps that make a lane, one direction between two chains, and that wire it into what both chains share.

On the source: the OnRamp and the fee settings for the destination. On the destination: the CommitStore with its
committers, the OffRamp with its executors, and the right to write prices. Both Routers learn their ramp.
"""

from collections.abc import Iterator

from ccip_py.deploy.config import ChainConfig, FeeParams, NetworkConfig
from ccip_py.deploy.steps import Call, Create, Encoded, Ref, Step, of_chain, of_lane
from ccip_py.protocol.ids import NO_ADDRESS

LANE_CONTRACTS = ("OnRamp", "CommitStore", "OffRamp")
OFFCHAIN_CONFIG_VERSION = 1
OFFCHAIN_CONFIG = b""


def create_lane(config: NetworkConfig, source: ChainConfig, destination: ChainConfig) -> Iterator[Step]:
    """OnRamp on the source; CommitStore and OffRamp on the destination."""

    def create(contract: str, on: ChainConfig, *arguments: object) -> Create:
        return Create(of_lane(source.name, destination.name, contract), on.name, contract, arguments)

    def ref(contract: str) -> Ref:
        return Ref(of_lane(source.name, destination.name, contract))

    on_ramp = on_ramp_config(config, source, destination)
    router, quoter = Ref(of_chain(source.name, "Router")), Ref(of_chain(source.name, "FeeQuoter"))
    yield create("OnRamp", source, on_ramp, router, quoter, config.fee_aggregator)
    yield create("CommitStore", destination, commit_store_config(source, destination))
    off_ramp = {
        "commitStore": ref("CommitStore"),
        "chainSelector": destination.selector,
        "sourceChainSelector": source.selector,
        "onRamp": ref("OnRamp"),
        "prevOffRamp": NO_ADDRESS,
        "rmnProxy": Ref(of_chain(destination.name, "RMNProxy")),
        "tokenAdminRegistry": Ref(of_chain(destination.name, "TokenAdminRegistry")),
    }
    yield create("OffRamp", destination, off_ramp, off_ramp_settings(config, destination))


def on_ramp_config(config: NetworkConfig, source: ChainConfig, destination: ChainConfig) -> dict[str, object]:
    """What an OnRamp is for; fixed for its life."""
    return {
        "linkToken": Ref(of_chain(source.name, "LINK")),
        "chainSelector": source.selector,
        "destChainSelector": destination.selector,
        "defaultTxGasLimit": config.fees.default_tx_gas_limit,
        "maxNopFeesJuels": 0,
        "prevOnRamp": NO_ADDRESS,
        "rmnProxy": Ref(of_chain(source.name, "RMNProxy")),
        "tokenAdminRegistry": Ref(of_chain(source.name, "TokenAdminRegistry")),
    }


def commit_store_config(source: ChainConfig, destination: ChainConfig) -> dict[str, object]:
    """What a CommitStore is for; fixed for its life."""
    return {
        "chainSelector": destination.selector,
        "sourceChainSelector": source.selector,
        "onRamp": Ref(of_lane(source.name, destination.name, "OnRamp")),
        "rmnProxy": Ref(of_chain(destination.name, "RMNProxy")),
    }


def off_ramp_settings(config: NetworkConfig, destination: ChainConfig) -> dict[str, object]:
    """What the owner may change of an OffRamp."""
    return {
        "permissionLessExecutionThresholdSeconds": config.permissionless_window,
        "maxDataBytes": config.fees.max_data_bytes,
        "maxNumberOfTokensPerMsg": config.fees.max_tokens_per_message,
        "router": Ref(of_chain(destination.name, "Router")),
        "priceRegistry": Ref(of_chain(destination.name, "FeeQuoter")),
    }


def connect_lane(config: NetworkConfig, source: ChainConfig, destination: ChainConfig) -> Iterator[Step]:
    """Fees, signers, executors, price writers and the Routers of both sides."""
    lane = f"{source.name}>{destination.name}"

    def call(
        name: str, on: ChainConfig, target: str, contract: str, function: str, *arguments: object
    ) -> Call:
        return Call(f"{lane} {name}", on.name, Ref(target), contract, function, arguments)

    def ref(contract: str) -> Ref:
        return Ref(of_lane(source.name, destination.name, contract))

    quoter, router = of_chain(source.name, "FeeQuoter"), of_chain(source.name, "Router")
    limits = {"destChainSelector": destination.selector, "config": destination_fees(config.fees)}
    yield call("limits", source, quoter, "FeeQuoter", "applyDestChainConfigUpdates", [limits])
    paid_in = fee_tokens(config.fees, source)
    yield call(
        "fees", source, quoter, "FeeQuoter", "applyFeeTokenConfigUpdates", destination.selector, paid_in
    )
    on_ramp = {"destChainSelector": destination.selector, "onRamp": ref("OnRamp")}
    yield call("way out", source, router, "Router", "applyRampUpdates", [on_ramp], [], [])

    committers = config.committers.addresses, config.committers.addresses, config.committers.f
    subject = Encoded(("address",), (Ref(of_chain(destination.name, "FeeQuoter")),))
    ocr = (*committers, subject, OFFCHAIN_CONFIG_VERSION, OFFCHAIN_CONFIG)
    yield call("committers", destination, ref("CommitStore").name, "CommitStore", "setOCR2Config", *ocr)
    yield call("executors", destination, ref("OffRamp").name, "OffRamp", "setExecutors", [], config.executors)
    writers = {"addedCallers": [ref("CommitStore")], "removedCallers": []}
    there = of_chain(destination.name, "FeeQuoter")
    yield call("prices", destination, there, "FeeQuoter", "applyAuthorizedCallerUpdates", writers)
    off_ramp = {"sourceChainSelector": source.selector, "offRamp": ref("OffRamp")}
    yield call(
        "way in",
        destination,
        of_chain(destination.name, "Router"),
        "Router",
        "applyRampUpdates",
        [],
        [],
        [off_ramp],
    )


def destination_fees(fees: FeeParams) -> dict[str, object]:
    """DestChainConfig. The two calldata prices are equal, which gives the formula of 1.5."""
    return {
        "isEnabled": True,
        "maxNumberOfTokensPerMsg": fees.max_tokens_per_message,
        "maxDataBytes": fees.max_data_bytes,
        "maxPerMsgGasLimit": fees.max_gas_limit,
        "destGasOverhead": fees.dest_gas_overhead,
        "destGasPerPayloadByteBase": fees.dest_gas_per_payload_byte,
        "destGasPerPayloadByteHigh": fees.dest_gas_per_payload_byte,
        "destGasPerPayloadByteThreshold": fees.max_data_bytes,
        "destDataAvailabilityOverheadGas": 0,
        "destGasPerDataAvailabilityByte": 0,
        "destDataAvailabilityMultiplierBps": 0,
        "defaultTokenFeeUSDCents": fees.default_token_fee_usd_cents,
        "defaultTokenDestGasOverhead": fees.default_token_dest_gas_overhead,
        "defaultTxGasLimit": fees.default_tx_gas_limit,
        "gasPriceStalenessThreshold": fees.gas_price_staleness,
        "enforceOutOfOrder": False,
    }


def fee_tokens(fees: FeeParams, chain: ChainConfig) -> list[dict[str, object]]:
    """LINK and wrapped native, with what paying in each costs."""
    premiums = {"LINK": fees.link_premium_multiplier, "WrappedNative": fees.premium_multiplier}
    return [
        {
            "token": Ref(of_chain(chain.name, contract)),
            "networkFeeUSDCents": fees.network_fee_usd_cents,
            "gasMultiplierWeiPerEth": fees.gas_multiplier,
            "premiumMultiplierWeiPerEth": premium,
            "enabled": True,
        }
        for contract, premium in premiums.items()
    ]
