"""What a deployed network must answer, if it is what its configuration says. Pure: questions and expected answers.

Every cross-reference, owner, threshold and role is asked of the contract that acts on it. An expected mapping names
the fields that matter; `Sorted` stands for a list in any order; a function is a condition, described by its docstring.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ccip_py.chains.deployment import ChainDeployment, Deployment, LaneDeployment, TokenDeployment
from ccip_py.deploy.chain import TOKEN_ROLES, owner_of, role_id
from ccip_py.deploy.config import ChainConfig, NetworkConfig
from ccip_py.deploy.lane import (
    commit_store_config,
    destination_fees,
    fee_tokens,
    off_ramp_settings,
    on_ramp_config,
)
from ccip_py.deploy.steps import TIMELOCK, Addresses, of_chain, of_lane, of_pool, of_token, resolve
from ccip_py.deploy.token import POOL_CONTRACT, bucket, remote_chains, remote_pool
from ccip_py.protocol.ids import NO_ADDRESS, Address


@dataclass(frozen=True, slots=True)
class Sorted:
    """A list whose order means nothing."""

    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """Ask `contract`, which is at `address`, and expect that answer."""

    chain: str
    where: str  # for people
    address: Address
    contract: str
    function: str
    arguments: tuple[Any, ...]
    expected: Any


Ask = Callable[..., Question]


def addresses_of(deployment: Deployment) -> Addresses:
    """The contracts of a deployment under the names that the steps gave them."""
    found: dict[str, Address] = {}
    for chain in deployment.chains:
        for contract, address in _shared(chain).items():
            found[of_chain(chain.name, contract)] = address
        for token in chain.tokens:
            found[of_token(chain.name, token.symbol)] = token.address
            found[of_pool(chain.name, token.symbol)] = token.pool
    for lane in deployment.lanes:
        names = deployment.chain(lane.source).name, deployment.chain(lane.destination).name
        found[of_lane(*names, "OnRamp")] = lane.on_ramp
        found[of_lane(*names, "CommitStore")] = lane.commit_store
        found[of_lane(*names, "OffRamp")] = lane.off_ramp
    return found


def timelocks(config: NetworkConfig, deployment: Deployment) -> Addresses:
    """The owners that are contracts of ours, under the names that the steps gave them."""
    delayed = {chain.name for chain in config.chains if chain.timelock is not None}
    return {of_chain(c.name, TIMELOCK): c.owner for c in deployment.chains if c.name in delayed}


def questions(config: NetworkConfig, deployment: Deployment) -> Iterator[Question]:
    """Everything to ask."""
    addresses = {**addresses_of(deployment), **timelocks(config, deployment)}
    for question in _questions(config, deployment):
        yield Question(
            question.chain,
            question.where,
            question.address,
            question.contract,
            question.function,
            tuple(resolve(list(question.arguments), addresses)),
            _resolve(question.expected, addresses),
        )


def _questions(config: NetworkConfig, deployment: Deployment) -> Iterator[Question]:
    for chain in config.chains:
        there = deployment.chain_named(chain.name)
        yield from _of_chain(config, deployment, chain, there)
        yield from _of_timelock(chain, there)
        for token in there.tokens:
            yield from _of_token(config, deployment, chain, token)
    for lane in deployment.lanes:
        yield from _of_lane(config, deployment, lane)


def _of_chain(
    config: NetworkConfig, deployment: Deployment, chain: ChainConfig, there: ChainDeployment
) -> Iterator[Question]:
    shared = _shared(there)

    def ask(contract: str, function: str, *arguments: Any, expect: Any) -> Question:
        where = of_chain(chain.name, contract)
        return Question(chain.name, where, shared[contract], contract, function, arguments, expect)

    for contract in ("RMN", "RMNProxy", "TokenAdminRegistry", "Router", "FeeQuoter"):
        yield ask(contract, "owner", expect=owner_of(chain))
    yield ask("RMN", "guardian", expect=config.guardian)
    yield ask("RMN", "getMonitors", expect=_monitors(config))
    yield ask("RMNProxy", "getARM", expect=there.rmn)
    yield ask("Router", "getWrappedNative", expect=there.wrapped_native)
    yield ask("Router", "getArmProxy", expect=there.rmn_proxy)
    incoming = [lane for lane in deployment.lanes if lane.destination == chain.selector]
    off_ramps = tuple(
        {"sourceChainSelector": lane.source, "offRamp": off_ramp}
        for lane in incoming
        for off_ramp in (lane.off_ramp, lane.previous_off_ramp)
        if off_ramp is not None
    )
    yield ask("Router", "getOffRamps", expect=Sorted(off_ramps))
    static = {
        "maxFeeJuelsPerMsg": config.fees.max_fee_juels,
        "linkToken": there.link,
        "tokenPriceStalenessThreshold": config.fees.token_price_staleness,
    }
    yield ask("FeeQuoter", "getStaticConfig", expect=static)
    stores = [store for lane in incoming for store in (lane.commit_store, lane.previous_commit_store)]
    writers = Sorted(tuple(store for store in stores if store is not None))
    yield ask("FeeQuoter", "getAllAuthorizedCallers", expect=writers)
    for token in (there.link, there.wrapped_native):
        yield ask("FeeQuoter", "getTokenPrice", token, expect={"value": is_positive})


def _of_timelock(chain: ChainConfig, there: ChainDeployment) -> Iterator[Question]:
    """How long it waits, and that nobody is above its members: no admin but itself, and the deployer is nothing."""
    if chain.timelock is None:
        return

    def ask(function: str, *arguments: Any, expect: Any) -> Question:
        where = of_chain(chain.name, TIMELOCK)
        return Question(chain.name, where, there.owner, TIMELOCK, function, arguments, expect)

    owner, deployer = chain.owner.address, chain.deployer.address
    yield ask("getMinDelay", expect=chain.timelock)
    for role in ("PROPOSER_ROLE", "EXECUTOR_ROLE", "CANCELLER_ROLE"):
        yield ask("hasRole", role_id(role), owner, expect=True)
        yield ask("hasRole", role_id(role), deployer, expect=False)
    for nobody in (owner, deployer):
        yield ask("hasRole", bytes(32), nobody, expect=False)


def _of_token(
    config: NetworkConfig, deployment: Deployment, chain: ChainConfig, token: TokenDeployment
) -> Iterator[Question]:
    there = deployment.chain_named(chain.name)
    wanted = next(one for one in config.tokens if one.symbol == token.symbol)
    where, kind = of_pool(chain.name, token.symbol), POOL_CONTRACT[token.kind]

    def ask(function: str, *arguments: Any, expect: Any) -> Question:
        return Question(chain.name, where, token.pool, kind, function, arguments, expect)

    yield ask("owner", expect=owner_of(chain))
    yield ask("getToken", expect=token.address)
    yield ask("getTokenDecimals", expect=token.decimals)
    yield ask("getRouter", expect=there.router)
    yield ask("getRmnProxy", expect=there.rmn_proxy)
    remotes = remote_chains(config, chain, wanted)
    yield ask("getSupportedChains", expect=Sorted(tuple(config.chain(name).selector for name in remotes)))
    for name in remotes:
        remote = remote_pool(config, chain, wanted, name)
        selector = remote["remoteChainSelector"]
        yield ask("getRemotePools", selector, expect=remote["remotePoolAddresses"])
        yield ask("getRemoteToken", selector, expect=remote["remoteTokenAddress"])
        place = wanted.on[chain.name]
        yield ask("getCurrentOutboundRateLimiterState", selector, expect=bucket(place.outbound))
        yield ask("getCurrentInboundRateLimiterState", selector, expect=bucket(place.inbound))
    if token.kind == "lock_release":
        yield ask("getRebalancer", expect=owner_of(chain))
    yield from _roles(chain, there, token, adopted=wanted.on[chain.name].address is not None)


def _roles(
    chain: ChainConfig, there: ChainDeployment, token: TokenDeployment, *, adopted: bool
) -> Iterator[Question]:
    where = of_token(chain.name, token.symbol)

    def ask(function: str, *arguments: Any, expect: Any) -> Question:
        return Question(chain.name, where, token.address, "BurnMintERC20", function, arguments, expect)

    if not adopted:  # a token of somebody else may have roles of another kind, or none
        yield ask("owner", expect=owner_of(chain))
        for role in TOKEN_ROLES:
            yield ask("hasRole", role_id(role), token.pool, expect=token.kind == "burn_mint")
            yield ask("hasRole", role_id(role), chain.deployer.address, expect=False)
    registered = {
        "administrator": owner_of(chain),
        "pendingAdministrator": NO_ADDRESS,
        "tokenPool": token.pool,
    }
    registry = of_chain(chain.name, "TokenAdminRegistry")
    yield Question(
        chain.name,
        f"{registry} for {token.symbol}",
        there.token_admin_registry,
        "TokenAdminRegistry",
        "getTokenConfig",
        (token.address,),
        registered,
    )


@dataclass(frozen=True, slots=True)
class _Lane:
    """A lane as it should be, and where each question about it is asked."""

    config: NetworkConfig
    lane: LaneDeployment
    source: ChainDeployment
    destination: ChainDeployment

    @property
    def ends(self) -> tuple[NetworkConfig, ChainConfig, ChainConfig]:
        """The configuration as steps take it. A deployment says which contracts a lane has now; of those before,
        only the configuration knows names."""
        now = replace(self.config, generations={})
        return now, now.chain(self.source.name), now.chain(self.destination.name)

    def ask(self, contract: str, function: str, *arguments: Any, expect: Any) -> Question:
        lane = self.lane
        ramps = {"OnRamp": lane.on_ramp, "CommitStore": lane.commit_store, "OffRamp": lane.off_ramp}
        on = self.source if contract in ("OnRamp", "FeeQuoter", "Router") else self.destination
        address = ramps.get(contract) or _shared(on)[contract]
        where = of_lane(self.source.name, self.destination.name, contract)
        return Question(on.name, where, address, contract, function, arguments, expect)


def _of_lane(config: NetworkConfig, deployment: Deployment, lane: LaneDeployment) -> Iterator[Question]:
    known = _Lane(config, lane, deployment.chain(lane.source), deployment.chain(lane.destination))
    yield from _quotes(known)
    yield from _on_ramp(known)
    yield from _commit_store(known)
    yield from _off_ramp(known)


def _quotes(known: _Lane) -> Iterator[Question]:
    ask, to = known.ask, known.lane.destination
    _, here, _ = known.ends
    yield ask("Router", "getOnRamp", to, expect=known.lane.on_ramp)
    yield ask("FeeQuoter", "getDestChainConfig", to, expect=destination_fees(known.config.fees))
    for fee_token in fee_tokens(known.config.fees, here):
        token = fee_token.pop("token")
        yield ask("FeeQuoter", "getFeeTokenConfig", to, token, expect=fee_token)
    yield ask("FeeQuoter", "getDestinationChainGasPrice", to, expect={"value": is_positive})


def _on_ramp(known: _Lane) -> Iterator[Question]:
    ask, config, source = known.ask, known.config, known.source
    now, here, there = known.ends
    replaces = known.lane.previous_off_ramp is not None
    yield ask("OnRamp", "owner", expect=owner_of(here))
    fixed = {k: v for k, v in on_ramp_config(now, here, there).items() if k != "prevOnRamp" or not replaces}
    yield ask("OnRamp", "getStaticConfig", expect=fixed)
    dynamic = {"router": source.router, "priceRegistry": source.fee_quoter}
    yield ask("OnRamp", "getDynamicConfig", expect=dynamic)
    yield ask("OnRamp", "feeAggregator", expect=config.fee_aggregator)
    yield ask("OnRamp", "isAllowListEnabled", expect=bool(config.allowed_senders))
    yield ask("OnRamp", "getAllowList", expect=Sorted(config.allowed_senders))


def _commit_store(known: _Lane) -> Iterator[Question]:
    ask, committers = known.ask, known.config.committers
    now, here, there = known.ends
    yield ask("CommitStore", "owner", expect=owner_of(there))
    yield ask("CommitStore", "getStaticConfig", expect=commit_store_config(now, here, there))
    yield ask("CommitStore", "getDynamicConfig", expect={"priceRegistry": known.destination.fee_quoter})
    yield ask("CommitStore", "latestConfigDetails", expect={"configDigest": known.lane.config_digest})
    yield ask("CommitStore", "getSigners", expect=list(committers.addresses))
    yield ask("CommitStore", "getTransmitters", expect=list(committers.addresses))
    yield ask("CommitStore", "quorum", expect=2 * committers.f + 1)
    yield ask("CommitStore", "paused", expect=False)


def _off_ramp(known: _Lane) -> Iterator[Question]:
    ask, lane, destination = known.ask, known.lane, known.destination
    _, _, there = known.ends
    static = {
        "commitStore": lane.commit_store,
        "chainSelector": lane.destination,
        "sourceChainSelector": lane.source,
        "onRamp": lane.on_ramp,
        "rmnProxy": destination.rmn_proxy,
        "tokenAdminRegistry": destination.token_admin_registry,
    }
    yield ask("OffRamp", "owner", expect=owner_of(there))
    yield ask("OffRamp", "getStaticConfig", expect=static)
    yield ask("OffRamp", "getDynamicConfig", expect=off_ramp_settings(known.config, there))
    yield ask("OffRamp", "getTransmitters", expect=Sorted(tuple(known.config.executors)))


def _monitors(config: NetworkConfig) -> Mapping[str, Any]:
    keys = zip(config.monitors.bless_keys, config.monitors.curse_keys, strict=True)
    return {
        "monitors": [{"blessKey": bless, "curseKey": curse} for bless, curse in keys],
        "blessThreshold": config.monitors.bless_threshold,
        "curseThreshold": config.monitors.curse_threshold,
    }


def is_positive(value: int) -> bool:
    """more than 0"""
    return value > 0


def _shared(chain: ChainDeployment) -> dict[str, Address]:
    return {
        "RMN": chain.rmn,
        "RMNProxy": chain.rmn_proxy,
        "TokenAdminRegistry": chain.token_admin_registry,
        "WrappedNative": chain.wrapped_native,
        "LINK": chain.link,
        "Router": chain.router,
        "FeeQuoter": chain.fee_quoter,
    }


def _resolve(expected: Any, addresses: Addresses) -> Any:
    if isinstance(expected, Sorted):
        return Sorted(tuple(resolve(list(expected.values), addresses)))
    return resolve(expected, addresses)


def agrees(expected: Any, got: Any) -> bool:
    """Whether an answer is the expected one."""
    if callable(expected):
        return bool(expected(got))
    if isinstance(expected, Sorted):
        return sorted(map(repr, expected.values)) == sorted(map(repr, got))
    if isinstance(expected, Mapping):
        return all(key in got and agrees(value, got[key]) for key, value in expected.items())
    if isinstance(expected, Sequence) and not isinstance(expected, bytes | str):
        return len(expected) == len(got) and all(agrees(e, g) for e, g in zip(expected, got, strict=True))
    return bool(expected == got)
