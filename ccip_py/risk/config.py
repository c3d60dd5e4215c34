"""A monitor's own settings: its chains, its lanes, its keys, and nobody else's.

Read from TOML with the standard library. All mistakes are reported together, each with the path of
its key. A configuration that would make the monitor less than independent is refused here: one
endpoint where two are needed, one key in two roles.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

# Chains that exist on one machine only. Well-known keys are tolerated here and nowhere else.
LOCAL_CHAIN_IDS = frozenset({31337, 1337, 2337, 3337, *range(90000001, 90000007)})


T = TypeVar("T")


class ConfigError(Exception):
    """What is wrong with a configuration, one line per mistake."""


@dataclass(frozen=True, slots=True)
class KeySource:
    """Where a key comes from: an encrypted keystore, or Anvil's n-th well-known account."""

    keystore: Path | None = None
    password_file: Path | None = None
    dev_key_index: int | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """A token pool on this chain whose flows must add up."""

    pool: bytes
    token: bytes
    decimals: int
    outside_limit: int | None = (
        None  # minted or withdrawn outside the protocol beyond this: curse; None: alert
    )
    outflow_percent: int = 25  # of the pool, or of the supply, within a window: alert; 0: never
    outflow_blocks: int = 300  # finalized blocks in such a window
    connected: bool = False  # it had remote chains before `start_block`
    lock_box: bytes = b""  # where the pool keeps what it locks; empty: in the pool itself

    @property
    def vault(self) -> bytes:
        """What holds the pool's tokens."""
        return self.lock_box or self.pool


@dataclass(frozen=True, slots=True)
class PriceBound:
    """What a price on this chain may be. Limits in the quoter's own unit, USD with 18 decimals."""

    name: str
    quoter: bytes
    low: int
    high: int
    max_age: int  # seconds of chain time
    token: bytes = b""  # the price of a token here; empty: of gas on the chain `selector`
    selector: int = 0


@dataclass(frozen=True, slots=True)
class Chain:
    """One chain as this monitor sees it."""

    name: str
    selector: int
    chain_id: int
    endpoints: tuple[str, ...]
    finality: int | None  # blocks behind the latest; None: the node's `finalized` tag
    start_block: int  # nothing before it concerns us
    rmn: bytes  # the RMN itself: it is what signatures are bound to
    rmn_proxy: bytes  # what the other contracts ask; must point at `rmn`
    absence_grace: int  # finalized blocks to see go by before "it isn't there" is held against anyone
    pools: tuple[Pool, ...] = ()
    prices: tuple[PriceBound, ...] = ()
    expected: tuple[tuple[str, str], ...] = ()  # settings whose change was announced: (name, new value)


@dataclass(frozen=True, slots=True)
class Lane:
    """One direction between two chains."""

    source: int
    destination: int
    on_ramp: bytes
    commit_store: bytes
    off_ramp: bytes
    retired: bool = False  # replaced: nothing on it is judged any more, but it explains what tokens did

    # Names the lane in the store. An on-ramp belongs to exactly one lane.
    key: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        key = f"{self.source}/{self.destination}/{self.on_ramp.hex()}/{self.commit_store.hex()}"
        object.__setattr__(self, "key", key)


@dataclass(frozen=True, slots=True)
class Config:
    name: str
    directory: Path  # journal.sqlite and facts.sqlite live here
    listen: tuple[str, int]  # loopback host and port; port 0 takes a free one
    peers: tuple[str, ...]  # base URLs of the other monitors
    bless: KeySource
    curse: KeySource
    relay: KeySource | None  # pays for transactions; None: the bless key does
    chains: tuple[Chain, ...]
    lanes: tuple[Lane, ...]
    poll_seconds: float = 1.0
    timeout_seconds: float = 5.0
    relay_step_blocks: int = 2
    alone_after_blocks: int = 12  # without a quorum in sight, how long until one's own vote goes alone
    stalled_seconds: float = 180.0  # a chain without a new finalized block for longer is worth an alert
    simulated_independence: bool = False

    def chain(self, selector: int) -> Chain:
        return next(chain for chain in self.chains if chain.selector == selector)


def load(path: Path) -> Config:
    """Read a TOML file; relative paths in it count from its folder. Raises ConfigError for what isn't TOML."""
    try:
        return parse(tomllib.loads(path.read_text()), path.parent)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error


def parse(raw: Mapping[str, Any], base: Path) -> Config:
    """Build and check a configuration from plain data. Raises ConfigError with every mistake."""
    reader = _Reader()
    monitor = reader.table(raw, "monitor")
    host, _, port = str(monitor.get("listen", "127.0.0.1:0")).rpartition(":")
    config = Config(
        name=str(monitor.get("name", "monitor")),
        directory=base / str(monitor.get("store", "risk")),
        listen=(host, reader.get(monitor, "port", lambda _: int(port), default=0)),
        peers=tuple(str(peer).rstrip("/") for peer in monitor.get("peers", ())),
        bless=_key(reader, raw, "bless", base),
        curse=_key(reader, raw, "curse", base),
        relay=_key(reader, raw, "relay", base) if "relay" in raw.get("keys", {}) else None,
        chains=tuple(_chain(reader, one, f"chains[{n}]") for n, one in enumerate(raw.get("chains", ()))),
        lanes=tuple(_lane(reader, one, f"lanes[{n}]") for n, one in enumerate(raw.get("lanes", ()))),
        poll_seconds=float(monitor.get("poll_seconds", 1.0)),
        timeout_seconds=float(monitor.get("timeout_seconds", 5.0)),
        relay_step_blocks=int(monitor.get("relay_step_blocks", 2)),
        alone_after_blocks=int(monitor.get("alone_after_blocks", 12)),
        stalled_seconds=float(monitor.get("stalled_seconds", 180.0)),
        simulated_independence=bool(monitor.get("simulated_independence", False)),
    )
    mistakes = [*reader.mistakes, *_mistakes(config)]
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    return config


def check(config: Config) -> None:
    """The same rules for a configuration that was built in code."""
    mistakes = _mistakes(config)
    if mistakes:
        raise ConfigError("\n".join(mistakes))


def is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")


def _mistakes(config: Config) -> list[str]:
    """What would make this monitor less than an independent witness."""
    mistakes = []
    known = {chain.selector for chain in config.chains}
    for chain in config.chains:
        needed = len(chain.endpoints) if config.simulated_independence else len(set(chain.endpoints))
        if needed < 2:
            mistakes.append(
                f"chains.{chain.name}.rpc: at least two different endpoints are needed, so that one can't lie alone"
                " (on a devnet, name the same twice and set monitor.simulated_independence)"
            )
        if config.simulated_independence and chain.chain_id not in LOCAL_CHAIN_IDS:
            mistakes.append(f"chains.{chain.name}: simulated_independence is for local chains only")
        if chain.finality is not None and chain.finality < 1:
            mistakes.append(f'chains.{chain.name}.finality: a depth of at least 1, or "finalized"')
    if len(known) != len(config.chains):
        mistakes.append("chains: a selector appears twice")
    for lane in config.lanes:
        if lane.source == lane.destination or not {lane.source, lane.destination} <= known:
            mistakes.append(f"lanes: {lane.source} → {lane.destination} needs two chains that are configured")
    if config.bless == config.curse:
        mistakes.append("keys: bless and curse must be two different keys")
    if config.relay is not None and config.relay == config.curse:
        mistakes.append("keys: the relay key must not be the curse key")
    if config.listen[0] not in ("127.0.0.1", "localhost", "::1"):
        mistakes.append("monitor.listen: votes are served on loopback; put a proxy in front to publish them")
    return mistakes


class _Reader:
    """Collects mistakes instead of stopping at the first."""

    def __init__(self) -> None:
        self.mistakes: list[str] = []

    def table(self, raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        value = raw.get(name, {})
        if isinstance(value, Mapping):
            return value
        self.mistakes.append(f"{name}: must be a table")
        return {}

    def get(
        self, raw: Mapping[str, Any], name: str, convert: Callable[[Any], T], default: T, path: str = ""
    ) -> T:
        """One value, converted; a value that doesn't convert is a mistake and becomes `default`."""
        try:
            return convert(raw.get(name))
        except (TypeError, ValueError, AttributeError) as error:
            self.mistakes.append(f"{path}{name}: {error}")
            return default


def _key(reader: _Reader, raw: Mapping[str, Any], role: str, base: Path) -> KeySource:
    keys = reader.table(raw, "keys")
    one = reader.table(keys, role)
    if "dev_key_index" in one:
        return KeySource(dev_key_index=reader.get(one, "dev_key_index", int, 0, f"keys.{role}."))
    if "keystore" not in one or "password_file" not in one:
        reader.mistakes.append(
            f"keys.{role}: needs keystore and password_file (or dev_key_index on a devnet)"
        )
        return KeySource(keystore=base / role)
    return KeySource(base / str(one["keystore"]), base / str(one["password_file"]))


def _chain(reader: _Reader, raw: Mapping[str, Any], path: str) -> Chain:
    def get(name: str, convert: Callable[[Any], T], default: T) -> T:
        return reader.get(raw, name, convert, default, f"{path}.")

    finality = raw.get("finality", "finalized")
    return Chain(
        name=str(raw.get("name", path)),
        selector=get("selector", int, 0),
        chain_id=get("chain_id", int, 0),
        endpoints=tuple(str(url) for url in raw.get("rpc", ())),
        finality=None if finality == "finalized" else get("finality", int, 1),
        start_block=int(raw.get("start_block", 0)),
        rmn=get("rmn", _address, bytes(20)),
        rmn_proxy=get("rmn_proxy", _address, bytes(20)),
        absence_grace=int(raw.get("absence_grace", 64)),
        pools=tuple(_pool(reader, pool, f"{path}.pools.") for pool in raw.get("pools", ())),
        prices=tuple(_price(reader, price, f"{path}.prices.") for price in raw.get("prices", ())),
        expected=tuple((str(name), str(value)) for name, value in raw.get("expected", {}).items()),
    )


def _pool(reader: _Reader, raw: Mapping[str, Any], path: str) -> Pool:
    limit = raw.get("outside_limit")
    return Pool(
        pool=reader.get(raw, "pool", _address, bytes(20), path),
        token=reader.get(raw, "token", _address, bytes(20), path),
        decimals=reader.get(raw, "decimals", int, 18, path),
        outside_limit=None if limit is None else reader.get(raw, "outside_limit", int, 0, path),
        outflow_percent=int(raw.get("outflow_percent", 25)),
        outflow_blocks=max(1, int(raw.get("outflow_blocks", 300))),
        connected=bool(raw.get("connected", False)),
        lock_box=reader.get(raw, "lock_box", _address, b"", path) if "lock_box" in raw else b"",
    )


def _price(reader: _Reader, raw: Mapping[str, Any], path: str) -> PriceBound:
    return PriceBound(
        name=str(raw.get("name", "?")),
        quoter=reader.get(raw, "quoter", _address, bytes(20), path),
        low=reader.get(raw, "low", int, 0, path),
        high=reader.get(raw, "high", int, 0, path),
        max_age=reader.get(raw, "max_age", int, 0, path),
        token=reader.get(raw, "token", _address, b"", path) if "token" in raw else b"",
        selector=reader.get(raw, "selector", int, 0, path) if "selector" in raw else 0,
    )


def _lane(reader: _Reader, raw: Mapping[str, Any], path: str) -> Lane:
    def get(name: str, convert: Callable[[Any], T], default: T) -> T:
        return reader.get(raw, name, convert, default, f"{path}.")

    return Lane(
        source=get("source", int, 0),
        destination=get("destination", int, 0),
        on_ramp=get("on_ramp", _address, bytes(20)),
        commit_store=get("commit_store", _address, bytes(20)),
        off_ramp=get("off_ramp", _address, bytes(20)),
        retired=bool(raw.get("retired", False)),
    )


def _address(value: Any) -> bytes:
    raw = bytes.fromhex(str(value).removeprefix("0x"))
    if len(raw) != 20:
        raise ValueError(f"an address has 20 bytes, not {len(raw)}")
    return raw
