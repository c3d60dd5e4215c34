"""What is deployed where: `deployment.json`, the one file that every tool reads to find the network.

Addresses and digests are bytes in here and checksum strings or hex in the file; selectors and amounts are
strings in the file, because JSON numbers lose bits above 2^53. A file is either right as a whole or refused
with *all* its mistakes, each under the path of its key. What the chains really answer is deploy's `verify`.

    load_deployment(path) -> Deployment          parse_deployment(text) -> Deployment
    save_deployment(deployment, path)            dump_deployment(deployment) -> str
    deployment.chain(selector)                   deployment.lane(source, destination)
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any

from ccip_py.chains.bounded_json import parse_json
from ccip_py.chains.rpc_headers import Headers, optional_headers
from ccip_py.chains.sections import (
    POOL_KINDS,
    Finality,
    PoolKind,
    Section,
    addresses,
    digest,
    finality,
    kind,
    url,
)
from ccip_py.errors import ConfigError, UnknownLane
from ccip_py.protocol.codec.evm import checksum
from ccip_py.protocol.ids import Address, ChainSelector
from ccip_py.protocol.lane import Lane

VERSION = 1


@dataclass(frozen=True, slots=True)
class TokenDeployment:
    """A token and the pool that serves it on one chain."""

    symbol: str
    address: Address
    pool: Address
    kind: PoolKind
    decimals: int


@dataclass(frozen=True, slots=True)
class ChainDeployment:
    """One chain: how to reach it, what counts as final there, and the contracts all lanes share."""

    name: str
    chain_id: int
    selector: ChainSelector
    rpc_url: str
    finality: Finality  # a tag of the node, or how many blocks below latest
    start_block: int  # nothing of ours exists below
    router: Address
    fee_quoter: Address
    rmn: Address
    rmn_proxy: Address
    token_admin_registry: Address
    wrapped_native: Address
    link: Address
    owner: Address
    tokens: tuple[TokenDeployment, ...] = ()
    rpc_headers: Headers = field(default_factory=dict, hash=False)  # references, see `rpc_headers`

    def token(self, symbol: str) -> TokenDeployment:
        """The token of that symbol."""
        for token in self.tokens:
            if token.symbol == symbol:
                return token
        raise ConfigError(f"the deployment has no token {symbol} on {self.name}")


@dataclass(frozen=True, slots=True)
class LaneDeployment:
    """One direction between two chains, with the committers its CommitStore was configured with."""

    source: ChainSelector
    destination: ChainSelector
    on_ramp: Address
    commit_store: Address
    off_ramp: Address
    on_ramp_block: int  # on the source chain
    off_ramp_block: int  # on the destination chain; the commit store is not older
    committers: tuple[Address, ...]
    f: int
    config_digest: bytes
    previous_off_ramp: Address | None = None  # of the lane that this one goes on from, until that is drained
    previous_commit_store: Address | None = None

    def lane(self) -> Lane:
        """The lane as the protocol names it."""
        return Lane(self.source, self.destination, self.on_ramp, self.commit_store, self.off_ramp)


@dataclass(frozen=True, slots=True)
class Deployment:
    """The whole network."""

    chains: tuple[ChainDeployment, ...]
    lanes: tuple[LaneDeployment, ...]
    version: int = VERSION

    def chain(self, selector: ChainSelector) -> ChainDeployment:
        """The chain with that selector."""
        for chain in self.chains:
            if chain.selector == selector:
                return chain
        raise UnknownLane(f"the deployment has no chain with selector {selector}")

    def chain_named(self, name: str) -> ChainDeployment:
        """The chain that the file calls `name`."""
        for chain in self.chains:
            if chain.name == name:
                return chain
        raise UnknownLane(f"the deployment has no chain named {name}")

    def lane(self, source: ChainSelector, destination: ChainSelector) -> LaneDeployment:
        """The lane from `source` to `destination`."""
        for lane in self.lanes:
            if (lane.source, lane.destination) == (source, destination):
                return lane
        raise UnknownLane(f"the deployment has no lane from {source} to {destination}")


# Reading


def _read_token(section: Section) -> TokenDeployment:
    token = TokenDeployment(
        symbol=section.text("symbol"),
        address=section.address("address"),
        pool=section.address("pool"),
        kind=section.take("kind", kind, " or ".join(POOL_KINDS), POOL_KINDS[0]),
        decimals=section.number("decimals", 0, 255),
    )
    section.done()
    return token


def _read_chain(section: Section) -> ChainDeployment:
    chain = ChainDeployment(
        name=section.text("name"),
        chain_id=section.number("chain_id", 1),
        selector=section.selector("selector"),
        rpc_url=section.take("rpc_url", url, "an http or https URL", ""),
        finality=section.take("finality", finality, '"finalized", "safe" or a depth in blocks', 0),
        start_block=section.number("start_block"),
        router=section.address("router"),
        fee_quoter=section.address("fee_quoter"),
        rmn=section.address("rmn"),
        rmn_proxy=section.address("rmn_proxy"),
        token_admin_registry=section.address("token_admin_registry"),
        wrapped_native=section.address("wrapped_native"),
        link=section.address("link"),
        owner=section.address("owner"),
        tokens=tuple(_read_token(inner) for inner in section.sections("tokens")),
        rpc_headers=optional_headers(section),
    )
    section.done()
    return chain


def _read_lane(section: Section) -> LaneDeployment:
    lane = LaneDeployment(
        source=section.selector("source"),
        destination=section.selector("destination"),
        on_ramp=section.address("on_ramp"),
        commit_store=section.address("commit_store"),
        off_ramp=section.address("off_ramp"),
        on_ramp_block=section.number("on_ramp_block"),
        off_ramp_block=section.number("off_ramp_block"),
        committers=section.take("committers", addresses, "a list of checksum addresses", ()),
        f=section.number("f", 1, 10),
        config_digest=section.take("config_digest", digest, "32 bytes of hex that are not zero", bytes(32)),
        previous_off_ramp=_read_optional_address(section, "previous_off_ramp"),
        previous_commit_store=_read_optional_address(section, "previous_commit_store"),
    )
    section.done()
    return lane


def _read_optional_address(section: Section, key: str) -> Address | None:
    section.used.add(key)
    return section.address(key) if key in section.values else None


def _repeated(values: Iterable[object]) -> Iterator[object]:
    seen: set[object] = set()
    for value in values:
        if value in seen:
            yield value
        seen.add(value)


def _disagreements(deployment: Deployment) -> Iterator[str]:
    """What no single value can be wrong about alone."""
    for what, values in (
        ("name", [c.name for c in deployment.chains]),
        ("chain_id", [c.chain_id for c in deployment.chains]),
        ("selector", [c.selector for c in deployment.chains]),
    ):
        yield from (f"chains: {what} {value} appears twice" for value in _repeated(values))
    for chain in deployment.chains:
        yield from (
            f"chains: token {s} twice on {chain.name}" for s in _repeated(t.symbol for t in chain.tokens)
        )
    yield from (
        f"lanes: {pair} appears twice"
        for pair in _repeated(f"{x.source} to {x.destination}" for x in deployment.lanes)
    )
    known = {chain.selector for chain in deployment.chains}
    for index, lane in enumerate(deployment.lanes):
        for end in (lane.source, lane.destination):
            if end not in known:
                yield f"lanes[{index}]: no chain has selector {end}"
        if lane.source == lane.destination:
            yield f"lanes[{index}]: source and destination are the same chain"
        if (count := len(lane.committers)) < 3 * lane.f + 1:
            yield f"lanes[{index}].committers: f = {lane.f} needs {3 * lane.f + 1}, got {count}"
        for twice in _repeated(lane.committers):
            yield f"lanes[{index}].committers: {_plain(twice)} appears twice"


def parse_deployment(text: str) -> Deployment:
    """Read the JSON text of a deployment; ConfigError lists every mistake at once."""
    try:
        raw = parse_json(text)
    except ValueError as broken:
        raise ConfigError(f"the deployment is not JSON: {broken}") from broken
    if not isinstance(raw, dict):
        raise ConfigError("the deployment is not a JSON object")
    root = Section(raw, "", [])
    deployment = Deployment(
        version=root.number("version", VERSION, VERSION),
        chains=tuple(_read_chain(section) for section in root.sections("chains")),
        lanes=tuple(_read_lane(section) for section in root.sections("lanes")),
    )
    root.done()
    problems = root.problems or list(_disagreements(deployment))
    if problems:
        raise ConfigError("the deployment has mistakes:\n" + "\n".join(f"  {p}" for p in problems))
    return deployment


def load_deployment(path: Path | str) -> Deployment:
    """Read a deployment file."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as missing:
        raise ConfigError(f"cannot read the deployment {path}: {missing.strerror}") from missing
    return parse_deployment(text)


# Writing


def _plain(value: Any) -> Any:
    """A dataclass as JSON values: addresses in checksum, other bytes in hex, selectors as strings."""
    if isinstance(value, bytes):
        return checksum(Address(value)) if len(value) == 20 else "0x" + value.hex()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return dict(value)
    if is_dataclass(value):
        known = {item.name: getattr(value, item.name) for item in fields(value)}
        plain = {name: _plain(item) for name, item in known.items() if item not in (None, {})}
        return {
            key: str(v) if key in ("selector", "source", "destination") else v for key, v in plain.items()
        }
    return value


def dump_deployment(deployment: Deployment) -> str:
    """The JSON text of a deployment. What could not be read back is not written."""
    plain = _plain(deployment)
    text = json.dumps({"version": plain.pop("version"), **plain}, indent=2) + "\n"
    parse_deployment(text)
    return text


def save_deployment(deployment: Deployment, path: Path | str) -> None:
    """Write the file at once: a reader sees the old one or the new one, never half of it."""
    text, target = dump_deployment(deployment), Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    beside.write_text(text, encoding="utf-8")
    beside.replace(target)
