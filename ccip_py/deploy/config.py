"""What a network should be: chains, roles, lanes, tokens, prices and fees, as one frozen value.

Nothing here talks to a chain or holds a secret. `problems` says everything that is wrong at once; who makes a
`NetworkConfig` by hand calls `checked`, which raises ConfigError with the whole list. Amounts of tokens are in
smallest units, prices in USD·1e18 per whole coin, gas prices in wei, times in seconds.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from eth_utils.address import to_checksum_address

from ccip_py.chains.evm.keys import LOCAL_CHAIN_IDS
from ccip_py.chains.rpc_headers import Headers
from ccip_py.chains.sections import Finality, PoolKind
from ccip_py.deploy.keys import Party, is_dev_address
from ccip_py.errors import ConfigError
from ccip_py.protocol.ids import Address, ChainSelector

MAX_ORACLES = 31  # of the OCR configuration on chain
MAX_MONITORS = 16  # of the RMN
SEVERED = " severed"
"""Ends the name of a lane's generation that shares nothing with the one before."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A bucket: holds `capacity`, refills by `rate` a second. Both in the token's smallest units."""

    capacity: int
    rate: int


@dataclass(frozen=True, slots=True)
class TokenOnChain:
    """How a token lives on one chain. It is deployed there, with its pool, or adopted: then its own admin gives a
    burn-mint pool the right to mint and burn.
    """

    kind: PoolKind
    decimals: int = 18
    initial_supply: int = 0  # to each of the network's holders
    liquidity: int = 0  # minted into a lock-release pool
    outbound: RateLimit | None = None  # per remote chain; None: unlimited
    inbound: RateLimit | None = None
    address: Address | None = None  # a token that is there already: only its pool is deployed, and registered


@dataclass(frozen=True, slots=True)
class TokenConfig:
    """A token, and the chains it travels between."""

    symbol: str
    name: str
    usd: int
    on: Mapping[str, TokenOnChain]  # by chain name


@dataclass(frozen=True, slots=True)
class ChainConfig:
    """One chain, and who deploys and owns there."""

    name: str
    chain_id: int
    selector: ChainSelector
    rpc_url: str
    deployer: Party
    owner: Party
    timelock: int | None = (
        None  # seconds that what the owner decides is public before it happens; None: at once
    )
    finality: Finality = "finalized"
    native_usd: int = 3_000 * 10**18
    link_usd: int = 15 * 10**18
    gas_price: int = 10**9  # wei; 0 where gas is free, which quotes take for 1
    link: Address | None = None  # an existing LINK; None: deploy one
    wrapped_native: Address | None = None  # likewise
    rpc_headers: Headers = field(
        default_factory=dict, hash=False
    )  # references: see `ccip_py.chains.rpc_headers`


@dataclass(frozen=True, slots=True)
class CommitterConfig:
    """The committing network: n = 3f+1 keys, 2f+1 of which sign a report."""

    addresses: tuple[Address, ...]
    f: int


@dataclass(frozen=True, slots=True)
class MonitorConfig:
    """The risk network: the bless key and the curse key of each monitor, and how many of each are enough."""

    bless_keys: tuple[Address, ...]
    curse_keys: tuple[Address, ...]
    bless_threshold: int
    curse_threshold: int


@dataclass(frozen=True, slots=True)
class FeeParams:
    """What messages cost and how large they may be, the same for all lanes. Names as in IFeeQuoter."""

    network_fee_usd_cents: int = 10
    gas_multiplier: int = 11 * 10**17  # 1e18-based
    premium_multiplier: int = 10**18
    link_premium_multiplier: int = 9 * 10**17  # paying in LINK costs a tenth less
    default_token_fee_usd_cents: int = 25
    default_token_dest_gas_overhead: int = 90_000
    default_tx_gas_limit: int = 200_000
    dest_gas_overhead: int = 300_000
    dest_gas_per_payload_byte: int = 16
    max_data_bytes: int = 30_000
    max_tokens_per_message: int = 5
    max_gas_limit: int = 3_000_000
    max_fee_juels: int = 100 * 10**18
    gas_price_staleness: int = 90_000
    token_price_staleness: int = 90_000


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """Everything that `deploy_network` needs to know."""

    chains: tuple[ChainConfig, ...]
    committers: CommitterConfig
    monitors: MonitorConfig
    executors: tuple[Address, ...]
    guardian: Address
    fee_aggregator: Address
    lanes: tuple[tuple[str, str], ...] = ()  # (source, destination) by name; empty: every pair, both ways
    tokens: tuple[TokenConfig, ...] = ()
    holders: tuple[Address, ...] = ()  # get LINK (if we deploy it) and the initial supply of each token
    holder_link: int = 1_000 * 10**18
    fees: FeeParams = field(default_factory=FeeParams)
    permissionless_window: int = 3_600  # seconds after a commit until anyone may execute
    allowed_senders: tuple[Address, ...] = ()  # who may send, on every lane; empty: anyone
    generations: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)  # see `replace_lane`

    def chain(self, name: str) -> ChainConfig:
        """The chain of that name."""
        return next(chain for chain in self.chains if chain.name == name)

    def generation(self, source: str, destination: str) -> str:
        """Which lane it is that leads there now: "" the first, "#2" the one that replaced it, and so on."""
        return self.generations.get((source, destination), ("",))[-1]

    def previous(self, source: str, destination: str) -> str | None:
        """The lane that this one goes on from; None for the first, and for one that was severed from its past."""
        known = self.generations.get((source, destination), ("",))
        return None if len(known) < 2 or known[-1].endswith(SEVERED) else known[-2]

    def lane_names(self) -> tuple[tuple[str, str], ...]:
        """The lanes as listed, or every pair both ways."""
        names = [chain.name for chain in self.chains]
        return self.lanes or tuple((a, b) for a in names for b in names if a != b)


def checked(config: NetworkConfig) -> NetworkConfig:
    """The configuration itself, or ConfigError with everything that is wrong with it."""
    wrong = list(problems(config))
    if wrong:
        raise ConfigError("the network's configuration has mistakes:\n" + "\n".join(f"  {x}" for x in wrong))
    return config


def problems(config: NetworkConfig) -> Iterator[str]:
    """Everything that cannot work or must not be, each with the place to look at."""
    yield from _chain_problems(config)
    yield from _quorum_problems(config)
    yield from _role_problems(config)
    yield from _lane_problems(config)
    for token in config.tokens:
        yield from _token_problems(config, token)
    yield from _amount_problems(config)


def _chain_problems(config: NetworkConfig) -> Iterator[str]:
    if len(config.chains) < 2:
        yield f"chains: a network has at least two, got {len(config.chains)}"
    for key in ("name", "chain_id", "selector"):
        values = [getattr(chain, key) for chain in config.chains]
        yield from (f"chains: {key} {value} is used twice" for value in _repeated(values))
    for chain in config.chains:
        if "/" in chain.name or ">" in chain.name or not chain.name.strip():
            yield f"chains: {chain.name!r} is no name; letters and digits are"
        if chain.deployer.reference is None:
            yield f"chains.{chain.name}.deployer: needs a key (keystore:PATH), not only an address"
        if chain.timelock is not None:
            if not 0 < chain.timelock < 2**32:
                yield f"chains.{chain.name}.timelock: seconds, from 1 to {2**32 - 1}, got {chain.timelock}"
            if chain.owner.address == chain.deployer.address:
                yield f"chains.{chain.name}.timelock: delays the owner, who must be somebody else than the deployer"


def _quorum_problems(config: NetworkConfig) -> Iterator[str]:
    n, f = len(config.committers.addresses), config.committers.f
    if f < 1:
        yield f"committers.f: must be 1 or more, got {f}"
    elif n > MAX_ORACLES:
        yield f"committers.addresses: at most {MAX_ORACLES}, got {n}"
    elif n != 3 * f + 1:
        yield f"committers.addresses: f = {f} needs {3 * f + 1}, got {n}"
    monitors = config.monitors
    m = len(monitors.bless_keys)
    if m != len(monitors.curse_keys):
        yield f"monitors: {m} bless keys and {len(monitors.curse_keys)} curse keys; each monitor has one of each"
    if not 1 <= m <= MAX_MONITORS:
        yield f"monitors: from 1 to {MAX_MONITORS}, got {m}"
    for name in ("bless_threshold", "curse_threshold"):
        if not 1 <= getattr(monitors, name) <= m:
            yield f"monitors.{name}: from 1 to {m} (the number of monitors), got {getattr(monitors, name)}"
    if not config.executors:
        yield "executors: at least one"


def _role_problems(config: NetworkConfig) -> Iterator[str]:
    """No key holds two roles: what one key may do must never depend on another of its powers."""
    roles: dict[Address, set[str]] = {}
    for role, address in _roles(config):
        roles.setdefault(address, set()).add(role)
    for address, held in roles.items():
        if not any(address):
            yield f"{' and '.join(sorted(held))}: the zero address"
        elif len(held) > 1:
            yield f"one key, two roles: {to_checksum_address(address)} is {' and '.join(sorted(held))}"
    listed = (
        config.committers.addresses,
        config.monitors.bless_keys,
        config.monitors.curse_keys,
        config.executors,
    )
    for addresses in listed:
        for twice in _repeated(addresses):
            yield f"{to_checksum_address(twice)} is listed twice in one role"
    public = [chain.name for chain in config.chains if chain.chain_id not in LOCAL_CHAIN_IDS]
    if public:
        for address, held in roles.items():
            if is_dev_address(address):
                yield (
                    f"{' and '.join(sorted(held))}: everybody has the key of {to_checksum_address(address)} "
                    f"(Anvil's mnemonic), and {', '.join(public)} is not a local chain"
                )


def _roles(config: NetworkConfig) -> Iterator[tuple[str, Address]]:
    yield from (("committer", address) for address in config.committers.addresses)
    yield from (("bless key", address) for address in config.monitors.bless_keys)
    yield from (("curse key", address) for address in config.monitors.curse_keys)
    yield from (("executor", address) for address in config.executors)
    yield "guardian", config.guardian
    for chain in config.chains:
        yield "owner", chain.owner.address
        if chain.deployer.address != chain.owner.address:
            yield "deployer", chain.deployer.address


def _lane_problems(config: NetworkConfig) -> Iterator[str]:
    names = {chain.name for chain in config.chains}
    for pair in _repeated(config.lanes):
        yield f"lanes: {pair[0]} to {pair[1]} is listed twice"
    for source, destination in config.lanes:
        yield from (f"lanes: there is no chain {x}" for x in (source, destination) if x not in names)
        if source == destination:
            yield f"lanes: {source} to itself"


def _token_problems(config: NetworkConfig, token: TokenConfig) -> Iterator[str]:
    here = f"tokens.{token.symbol}"
    names = {chain.name for chain in config.chains}
    if [other.symbol for other in config.tokens].count(token.symbol) > 1:
        yield f"{here}: the symbol is used twice"
    if token.symbol in ("LINK", "") or "/" in token.symbol:
        yield f"{here}: not a symbol for a token of yours"
    if len(token.on) < 2:
        yield f"{here}.on: a token that travels is on two chains at least"
    for name, place in token.on.items():
        if name not in names:
            yield f"{here}.on: there is no chain {name}"
        if place.liquidity and place.kind != "lock_release":
            yield f"{here}.on.{name}.liquidity: only a lock-release pool holds liquidity"
        if place.address is not None and (place.initial_supply or place.liquidity):
            yield f"{here}.on.{name}: a token that is there already is not minted: no supply, no liquidity"
        if not 0 <= place.decimals <= 36:
            yield f"{here}.on.{name}.decimals: from 0 to 36, got {place.decimals}"
        for which, limit in (("outbound", place.outbound), ("inbound", place.inbound)):
            if limit is not None and not 0 < limit.rate <= limit.capacity < 2**128:
                yield f"{here}.on.{name}.{which}: want 0 < rate ≤ capacity, got {limit.rate} and {limit.capacity}"


def _amount_problems(config: NetworkConfig) -> Iterator[str]:
    prices = [(f"chains.{c.name}.{key}", getattr(c, key)) for c in config.chains for key in _CHAIN_PRICES]
    yield from (f"chains.{c.name}.gas_price: from 0 on" for c in config.chains if c.gas_price < 0)
    prices += [(f"tokens.{token.symbol}.usd", token.usd) for token in config.tokens]
    yield from (f"{where}: must be more than 0" for where, value in prices if value <= 0)
    if not 0 <= config.permissionless_window < 2**32:
        yield f"permissionless_window: seconds, from 0 to {2**32 - 1}"


_CHAIN_PRICES = ("native_usd", "link_usd")  # gas may be free

T = TypeVar("T")


def _repeated(values: Sequence[T]) -> Iterator[T]:
    yield from dict.fromkeys(value for index, value in enumerate(values) if value in values[:index])
