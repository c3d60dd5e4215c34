"""The steps that make a lane, one direction between two chains, and that wire it into what both chains share.

On the source: the OnRamp and the fee settings for the destination. On the destination: the CommitStore with its
committers, the OffRamp with its executors, and the right to write prices. Both Routers learn their ramp.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from eth_utils.address import to_checksum_address

from ccip_py.deploy.config import SEVERED, ChainConfig, FeeParams, NetworkConfig
from ccip_py.deploy.steps import Call, Create, Encoded, Ref, Step, of_chain, of_lane
from ccip_py.protocol.ids import NO_ADDRESS
from ccip_py.protocol.prices import pack_gas_price, usd_per_unit_gas

LANE_CONTRACTS = ("OnRamp", "CommitStore", "OffRamp")
OFFCHAIN_CONFIG_VERSION = 1
OFFCHAIN_CONFIG = b""


def create_lane(config: NetworkConfig, source: ChainConfig, destination: ChainConfig) -> Iterator[Step]:
    """OnRamp on the source; CommitStore and OffRamp on the destination."""

    generation = config.generation(source.name, destination.name)

    def create(contract: str, on: ChainConfig, *arguments: object) -> Create:
        name = of_lane(source.name, destination.name, contract, generation)
        return Create(name, on.name, contract, arguments)

    def ref(contract: str) -> Ref:
        return Ref(of_lane(source.name, destination.name, contract, generation))

    on_ramp = on_ramp_config(config, source, destination)
    router, quoter = Ref(of_chain(source.name, "Router")), Ref(of_chain(source.name, "FeeQuoter"))
    yield create("OnRamp", source, on_ramp, router, quoter, config.fee_aggregator)
    yield create("CommitStore", destination, commit_store_config(config, source, destination))
    off_ramp = {
        "commitStore": ref("CommitStore"),
        "chainSelector": destination.selector,
        "sourceChainSelector": source.selector,
        "onRamp": ref("OnRamp"),
        "prevOffRamp": _before(config, source, destination, "OffRamp"),
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
        "prevOnRamp": _before(config, source, destination, "OnRamp"),
        "rmnProxy": Ref(of_chain(source.name, "RMNProxy")),
        "tokenAdminRegistry": Ref(of_chain(source.name, "TokenAdminRegistry")),
    }


def _before(config: NetworkConfig, source: ChainConfig, destination: ChainConfig, contract: str) -> object:
    """The contract that this lane goes on from."""
    previous = config.previous(source.name, destination.name)
    return NO_ADDRESS if previous is None else Ref(of_lane(source.name, destination.name, contract, previous))


def commit_store_config(
    config: NetworkConfig, source: ChainConfig, destination: ChainConfig
) -> dict[str, object]:
    """What a CommitStore is for; fixed for its life."""
    generation = config.generation(source.name, destination.name)
    return {
        "chainSelector": destination.selector,
        "sourceChainSelector": source.selector,
        "onRamp": Ref(of_lane(source.name, destination.name, "OnRamp", generation)),
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
    """Fees, signers, executors, price writers and the Routers of both sides. Fees outlive a lane's replacement."""
    generation = config.generation(source.name, destination.name)
    ramps = {c: of_lane(source.name, destination.name, c, generation) for c in LANE_CONTRACTS}
    yield from _leaving(config, source, destination, ramps)
    yield from _arriving(config, source, destination, ramps)


def _leaving(
    config: NetworkConfig, source: ChainConfig, destination: ChainConfig, ramps: Mapping[str, str]
) -> Iterator[Step]:
    between = f"{source.name}>{destination.name}"
    lane = between + config.generation(source.name, destination.name)
    quoter, router = (of_chain(source.name, contract) for contract in ("FeeQuoter", "Router"))

    def call(name: str, target: str, contract: str, function: str, *arguments: object) -> Call:
        return Call(name, source.name, Ref(target), contract, function, arguments)

    selector = destination.selector
    limits = {"destChainSelector": selector, "config": destination_fees(config.fees)}
    yield call(f"{between} limits", quoter, "FeeQuoter", "applyDestChainConfigUpdates", [limits])
    paid_in = fee_tokens(config.fees, source)
    yield call(f"{between} fees", quoter, "FeeQuoter", "applyFeeTokenConfigUpdates", selector, paid_in)
    wei = max(1, destination.gas_price)  # where gas is free: contracts take 0 for a price that is missing
    price = pack_gas_price(usd_per_unit_gas(wei, destination.native_usd))
    gas = {
        "tokenPriceUpdates": [],
        "gasPriceUpdates": [{"destChainSelector": selector, "usdPerUnitGas": price}],
    }
    yield call(f"{between} gas price", quoter, "FeeQuoter", "updatePrices", gas)
    if config.allowed_senders:
        senders, allow = list(config.allowed_senders), "applyAllowListUpdates"
        yield call(f"{lane} senders", ramps["OnRamp"], "OnRamp", allow, True, [], senders)
    on_ramp = {"destChainSelector": selector, "onRamp": Ref(ramps["OnRamp"])}
    yield call(f"{lane} way out", router, "Router", "applyRampUpdates", [on_ramp], [], [])


def _arriving(
    config: NetworkConfig, source: ChainConfig, destination: ChainConfig, ramps: Mapping[str, str]
) -> Iterator[Step]:
    lane = f"{source.name}>{destination.name}{config.generation(source.name, destination.name)}"
    quoter, router = (of_chain(destination.name, contract) for contract in ("FeeQuoter", "Router"))

    def call(name: str, target: str, contract: str, function: str, *arguments: object) -> Call:
        return Call(f"{lane} {name}", destination.name, Ref(target), contract, function, arguments)

    committers = config.committers.addresses, config.committers.addresses, config.committers.f
    ocr = (*committers, Encoded(("address",), (Ref(quoter),)), OFFCHAIN_CONFIG_VERSION, OFFCHAIN_CONFIG)
    signers = call("committers", ramps["CommitStore"], "CommitStore", "setOCR2Config", *ocr)
    yield replace(signers, again=True)
    for executor in config.executors:
        name = f"executor {to_checksum_address(executor)}"
        yield call(name, ramps["OffRamp"], "OffRamp", "setExecutors", [], [executor])
    writers = {"addedCallers": [Ref(ramps["CommitStore"])], "removedCallers": []}
    yield call("prices", quoter, "FeeQuoter", "applyAuthorizedCallerUpdates", writers)
    off_ramp = {"sourceChainSelector": source.selector, "offRamp": Ref(ramps["OffRamp"])}
    yield call("way in", router, "Router", "applyRampUpdates", [], [], [off_ramp])


def _over(generations: tuple[str, ...]) -> tuple[str, ...]:
    """The generations that end with the last one."""
    linked = len(generations) > 2 and not generations[-2].endswith(SEVERED)
    drained = generations[-3:-2] if linked else ()
    cut = generations[-2:-1] if generations[-1].endswith(SEVERED) else ()
    return (*drained, *cut)


def retire_lane(config: NetworkConfig, source: ChainConfig, destination: ChainConfig) -> Iterator[Step]:
    """What ends with a replacement. A lane that goes on from another leaves it open until it is drained, and ends the
    one before that; a severed one ends its predecessor at once: paused, no prices, no way in.
    """
    known = config.generations.get((source.name, destination.name), ("",))
    lane = f"{source.name}>{destination.name}{known[-1]}"
    for generation in _over(known):

        def old(contract: str, generation: str = generation) -> Ref:
            return Ref(of_lane(source.name, destination.name, contract, generation))

        def call(name: str, target: Ref, contract: str, function: str, *arguments: object) -> Call:
            title = f"{lane} {name}"
            return Call(title, destination.name, target, contract, function, arguments)

        what = f"after {generation or '#1'}"
        yield call(f"no commits {what}", old("CommitStore"), "CommitStore", "pause")
        callers = {"addedCallers": [], "removedCallers": [old("CommitStore")]}
        quoter, router = (Ref(of_chain(destination.name, name)) for name in ("FeeQuoter", "Router"))
        yield call(f"no prices {what}", quoter, "FeeQuoter", "applyAuthorizedCallerUpdates", callers)
        closed = {"sourceChainSelector": source.selector, "offRamp": old("OffRamp")}
        yield call(f"no way in {what}", router, "Router", "applyRampUpdates", [], [closed], [])


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
