"""A monitor's own settings: its chains, its lanes, its keys, and nobody else's.

A configuration that would make the monitor less than independent is refused here: one endpoint where two
are needed, one key in two roles. `config_read.py` reads one from TOML, `config_toml.py` writes one.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

# Chains that exist on one machine only. Well-known keys are tolerated here and nowhere else.
LOCAL_CHAIN_IDS = frozenset({31337, 1337, 2337, 3337, *range(90000001, 90000007)})
_HEADER_NAME = re.compile(r"[a-z0-9-]+")
# What a request says of itself.
_OWN_HEADERS = frozenset({"host", "content-length", "transfer-encoding", "connection"})


class ConfigError(Exception):
    """What is wrong with a configuration, one line per mistake."""


@dataclass(frozen=True, slots=True)
class KeySource:
    """Where a key comes from: an encrypted keystore, or Anvil's n-th well-known account."""

    keystore: Path | None = None
    password_file: Path | None = None
    dev_key_index: int | None = None


@dataclass(frozen=True, slots=True)
class Rpc:
    """Where a chain is asked. What is secret, the URL itself or a header, is named by the file that holds it."""

    url: str = ""
    url_file: Path | None = None
    headers: tuple[tuple[str, str], ...] = ()
    header_files: tuple[tuple[str, Path], ...] = ()  # the file holds the header's whole value

    @property
    def name(self) -> str:
        """What may be shown of it."""
        return self.url if self.url_file is None else f"the endpoint in {self.url_file}"

    @property
    def place(self) -> tuple[object, ...]:
        """Two that are the same place are one endpoint, whatever is told to them."""
        return (self.url_file,) if self.url_file is not None else place_of(self.url)


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
    """One chain as this monitor sees it.

    `absence_grace` is the one number here that a curse depends on. It has to exceed what all endpoints together may lag
    behind a committer's, or a message that is merely not seen yet would be held against the committers.
    """

    name: str
    selector: int
    chain_id: int
    endpoints: tuple[Rpc, ...]
    finality: int | None  # blocks behind the latest; None: the node's `finalized` tag
    start_block: int  # nothing before it concerns us
    rmn: bytes  # the RMN itself: it is what signatures are bound to
    rmn_proxy: bytes  # what the other contracts ask; must point at `rmn`
    absence_grace: int  # finalized blocks to see go by before "it isn't there" is held against anyone
    router: bytes = b""  # whose off-ramps are watched; empty: they aren't
    registry: bytes = b""  # the TokenAdminRegistry, which says what pool a token has; empty: not watched
    pools: tuple[Pool, ...] = ()
    prices: tuple[PriceBound, ...] = ()
    # That the proxy named before, oldest first: they explain past executions.
    former_rmns: tuple[bytes, ...] = ()
    expected: tuple[tuple[str, str], ...] = ()  # settings whose change was announced: (name, new value)


@dataclass(frozen=True, slots=True)
class Lane:
    """One direction between two chains. The on-ramp is on the source, the other two are on the destination."""

    source: int  # selectors
    destination: int
    on_ramp: bytes  # what it logs is what was sent
    commit_store: bytes  # what it holds is what is claimed
    off_ramp: bytes  # what it logs is what was executed
    retired: bool = False  # replaced: nothing on it is judged any more, but it explains what tokens did

    # Names the lane in the store. An on-ramp belongs to exactly one lane.
    key: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        key = f"{self.source}/{self.destination}/{self.on_ramp.hex()}/{self.commit_store.hex()}"
        object.__setattr__(self, "key", key)


@dataclass(frozen=True, slots=True)
class Config:
    """One monitor. What differs from its peers' is what makes it worth having: endpoints, keys, the folder, the port.

    What must be the same in all of them are the chains and lanes, and the relaying steps, from which everybody computes
    whose turn it is.
    """

    name: str  # for people: logs and status
    directory: Path  # journal.sqlite and facts.sqlite live here
    listen: tuple[str, int]  # loopback host and port; port 0 takes a free one
    peers: tuple[str, ...]  # base URLs of the other monitors
    bless: KeySource
    curse: KeySource
    relay: KeySource | None  # pays for transactions; None: the bless key does
    chains: tuple[Chain, ...]
    lanes: tuple[Lane, ...]
    poll_seconds: float = 1.0  # between two cycles; a curse needs two
    timeout_seconds: float = 5.0  # of each request, to endpoints and peers
    relay_step_blocks: int = 2  # blocks of the destination that each in the order waits for the one before
    alone_after_blocks: int = 12  # without a quorum in sight, how long until one's own vote goes alone
    stalled_seconds: float = 180.0  # a chain without a new finalized block for longer is worth an alert
    simulated_independence: bool = False  # one endpoint is enough: for devnets, and shown in the status

    def chain(self, selector: int) -> Chain:
        return next(chain for chain in self.chains if chain.selector == selector)

    def neighbours(self, selector: int) -> list[int]:
        """Each chain that this one has a lane with, in either direction: a curse of it belongs on them, too."""
        pairs = {(lane.source, lane.destination) for lane in self.lanes}
        return sorted({end for pair in pairs if selector in pair for end in pair} - {selector})

    def arriving(self, selector: int) -> list[Lane]:
        """The lanes to a chain that anything is still judged on."""
        return [lane for lane in self.lanes if lane.destination == selector and not lane.retired]


def check(config: Config) -> None:
    """The same rules for a configuration that was built in code."""
    mistakes = mistakes_in(config)
    if mistakes:
        raise ConfigError("\n".join(mistakes))


def is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")


def place_of(url: str) -> tuple[object, ...]:
    """Where a URL leads, without who asks there."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.hostname, port, parts.path.rstrip("/"), parts.query


def mistakes_in(config: Config) -> list[str]:
    """What would make this monitor less than an independent witness."""
    mistakes = []
    known = {chain.selector for chain in config.chains}
    for chain in config.chains:
        different = len({rpc.place for rpc in chain.endpoints})
        if (len(chain.endpoints) if config.simulated_independence else different) < 2:
            mistakes.append(
                f"chains.{chain.name}.rpc: at least two different endpoints are needed, so that one can't lie alone"
                " (on a devnet, name the same twice and set monitor.simulated_independence)"
            )
        if config.simulated_independence and chain.chain_id not in LOCAL_CHAIN_IDS:
            mistakes.append(f"chains.{chain.name}: simulated_independence is for local chains only")
        mistakes += [
            f"chains.{chain.name}.rpc: {what}" for rpc in chain.endpoints for what in _rpc_mistakes(rpc)
        ]
        if chain.finality is not None and chain.finality < 1:
            mistakes.append(f'chains.{chain.name}.finality: a depth of at least 1, or "finalized"')
    if len(known) != len(config.chains):
        mistakes.append("chains: a selector appears twice")
    for lane in config.lanes:
        if lane.source == lane.destination or not {lane.source, lane.destination} <= known:
            mistakes.append(f"lanes: {lane.source} → {lane.destination} needs two chains that are configured")
    for name in ("on_ramp", "commit_store", "off_ramp"):
        # Its logs would be taken for those of one of them, and be missing from the other.
        ends = [(lane.source, lane.destination, getattr(lane, name)) for lane in config.lanes]
        if len(set(ends)) < len(ends):
            mistakes.append(f"lanes: two of them have the same {name}")
    if config.bless == config.curse:
        mistakes.append("keys: bless and curse must be two different keys")
    if config.relay is not None and config.relay == config.curse:
        mistakes.append("keys: the relay key must not be the curse key")
    if config.listen[0] not in ("127.0.0.1", "localhost", "::1"):
        mistakes.append("monitor.listen: votes are served on loopback; put a proxy in front to publish them")
    return mistakes


def _rpc_mistakes(rpc: Rpc) -> list[str]:
    """What would show a secret to whoever may see the configuration, or could not be sent."""
    mistakes = []
    if bool(rpc.url) == (rpc.url_file is not None):
        mistakes.append("an endpoint has either a url or a url_file")
    if rpc.url and not is_url(rpc.url):
        mistakes.append("an endpoint is an http or https URL")
    if "@" in urlsplit(rpc.url).netloc:
        mistakes.append("a URL with a password belongs in a file of its own: url_file")
    names = [name.lower() for name, _ in (*rpc.headers, *rpc.header_files)]
    if len(set(names)) != len(names):
        mistakes.append("a header is given twice")
    if not all(_HEADER_NAME.fullmatch(name) for name in names) or _OWN_HEADERS & set(names):
        mistakes.append(f"these can't be headers here: {', '.join(names)}")
    if any(not is_header_value(value) for _, value in rpc.headers):
        mistakes.append("a header's value is one line")
    return mistakes


def is_url(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def is_header_value(value: str) -> bool:
    """Printable, and nothing that would begin another line."""
    return bool(value) and value.isascii() and value.isprintable()
