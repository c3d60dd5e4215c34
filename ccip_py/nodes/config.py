"""What an operator may choose. TOML in, frozen values out; all mistakes are reported together, with their keys' paths.

Secrets are never in here: a key is named by the files that hold it, or by its number on a development chain.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from eth_utils.address import is_checksum_address
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from ccip_py.chains.evm.sending import Policy
from ccip_py.commit.config import PriceRule
from ccip_py.errors import ConfigError
from ccip_py.execute.fees import FeeRule
from ccip_py.execute.select import Limits
from ccip_py.ocr.config import Timing

from .config_bounds import BoundFeeRule, BoundLimits, BoundPace, BoundPolicy, BoundPriceRule, BoundTiming
from .cycle import Pace


def _checksum(value: str) -> str:
    if not is_checksum_address(value):
        raise ValueError("want a checksum address")
    return value


def _url(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ValueError("want an http or https URL")
    return value


def _no_secret(value: str) -> str:
    if "@" in value.split("/")[2]:
        raise ValueError("a URL with a password belongs in a file of its own: url_file")
    return value


def _as_endpoint(value: Any) -> Any:
    return {"url": value} if isinstance(value, str) else value


def _listen(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError("want host:port")
    return value


Checksum = Annotated[str, AfterValidator(_checksum)]
Url = Annotated[str, AfterValidator(_url)]
Listen = Annotated[str, AfterValidator(_listen)]
Selector = Annotated[int, Field(gt=0, lt=2**64)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]


class Section(BaseModel):
    """A TOML table. Unknown keys are mistakes: they are usually misspelt ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LaneName(Section):
    """A lane by its two selectors."""

    source: Selector
    destination: Selector


class CommitterConfig(Section):
    """How a committer works. What the whole committee must share is marked; the rest is each node's own."""

    lanes: tuple[LaneName, ...] = ()  # none named: every lane that has this node's key among its committers
    token_prices: BoundPriceRule = PriceRule(heartbeat=3600, deviation_ppb=10_000_000)  # shared: 1 %
    gas_price: BoundPriceRule = PriceRule(heartbeat=3600, deviation_ppb=10**9)  # shared: doubled or halved
    data_availability_ppb: Annotated[int, Field(ge=0)] = 1_000_000_000  # shared
    timing: BoundTiming = Field(default_factory=Timing)
    pace: BoundPace = Pace(pause=0.35)
    fees: BoundPolicy = Field(default_factory=Policy)
    prove_logs: bool = True  # recompute headers and receipts of the source instead of believing eth_getLogs


class ExecutorConfig(Section):
    """How an executor works."""

    lanes: tuple[LaneName, ...] = ()  # none named: every lane
    monitors: tuple[Url, ...] = ()  # where the monitors serve their votes
    relay_after_blocks: Annotated[int, Field(ge=0)] = (
        2  # a quorum of votes is relayed here if nobody did it by then
    )
    relay_step_blocks: Annotated[int, Field(ge=1)] = 2  # between executors
    turn_step: Annotated[int, Field(ge=1)] = 6  # seconds of the destination chain between executors
    limits: BoundLimits = Field(default_factory=Limits)
    fee_guard: BoundFeeRule = Field(default_factory=FeeRule)
    pace: BoundPace = Pace(pause=0.35)
    fees: BoundPolicy = Field(default_factory=Policy)


class EndpointConfig(Section):
    """Where a chain is asked. What is secret, be it the URL itself or a header, is named by the file that holds it."""

    url: Annotated[Url, AfterValidator(_no_secret)] | None = None
    url_file: Path | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    header_files: dict[str, Path] = Field(default_factory=dict)  # the file holds the header's whole value

    @model_validator(mode="after")
    def _one_url(self) -> Self:
        if (self.url is None) == (self.url_file is None):
            raise ValueError("want either url or url_file")
        if {name.lower() for name in self.headers} & {name.lower() for name in self.header_files}:
            raise ValueError("a header is given twice")
        return self

    def beside(self, folder: Path) -> Self:
        """With its paths starting at `folder`."""
        files = {name: folder / path for name, path in self.header_files.items()}
        url_file = folder / self.url_file if self.url_file is not None else None
        return self.model_copy(update={"header_files": files, "url_file": url_file})


Endpoints = tuple[Annotated[EndpointConfig, BeforeValidator(_as_endpoint)], ...]


class KeyConfig(Section):
    """Where the key is: a keystore and its passphrase file, or the number of a development key."""

    keystore: Path | None = None
    passphrase: Path | None = None
    dev_index: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.keystore is None) != (self.passphrase is None):
            raise ValueError("keystore and passphrase belong together")
        if (self.keystore is None) == (self.dev_index is None):
            raise ValueError("want either keystore and passphrase, or dev_index")
        return self


class TransportConfig(Section):
    """Where this node listens to its peers, and where they listen."""

    listen: Listen
    peers: dict[Checksum, Url]


class FixedPrice(Section):
    """A price for 1e18 smallest units, in USD·1e18."""

    chain: Selector
    token: Checksum
    usd: int = Field(gt=0, lt=2**224)


class FeedPrice(Section):
    """An AggregatorV3 feed. `chain` is the token's; the feed may be on another one."""

    chain: Selector
    token: Checksum
    token_decimals: int = Field(ge=0, le=77)
    feed: Checksum
    feed_chain: Selector


class PricesConfig(Section):
    fixed: tuple[FixedPrice, ...] = ()
    feeds: tuple[FeedPrice, ...] = ()
    max_age: Annotated[int, Field(gt=0)] = 86_400  # seconds of the feed's chain


class NodeFile(Section):
    """A whole node.toml."""

    kind: Literal["committer", "executor"]
    name: str = Field(min_length=1)
    deployment: Path
    folder: Path  # the journal and the cache
    journal_url_file: Path | None = None  # holds the URL of another database for the journal
    key: KeyConfig | None = None  # without one the node only says what it would do
    rpc: dict[str, Endpoints] = Field(default_factory=dict)  # by chain name; default: the deployment's
    transport: TransportConfig | None = None
    prices: PricesConfig = PricesConfig()
    metrics: Listen | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    committer: CommitterConfig = CommitterConfig()
    executor: ExecutorConfig = ExecutorConfig()

    @model_validator(mode="after")
    def _committers_have_peers(self) -> Self:
        if self.kind == "committer" and self.key is not None and self.transport is None:
            raise ValueError("a committer with a key needs [transport]")
        return self


S = TypeVar("S", bound=BaseModel)


def parse_config(text: str, kind: type[S]) -> S:
    """The TOML text as `kind`; ConfigError lists every mistake at once."""
    try:
        return kind.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as broken:
        raise ConfigError(f"the configuration is not TOML: {broken}") from None
    except ValidationError as wrong:
        lines = [f"  {_path(error['loc'])}: {error['msg']}" for error in wrong.errors()]
        raise ConfigError("the configuration has mistakes:\n" + "\n".join(lines)) from None


def load_node_file(path: Path) -> NodeFile:
    """Read a node.toml. Relative paths in it start at its folder."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as missing:
        raise ConfigError(f"cannot read the configuration {path}: {missing.strerror}") from None
    node = parse_config(text, NodeFile)
    here = path.resolve().parent
    changes: dict[str, Any] = {"deployment": here / node.deployment, "folder": here / node.folder}
    changes["rpc"] = {
        chain: tuple(endpoint.beside(here) for endpoint in endpoints) for chain, endpoints in node.rpc.items()
    }
    if node.journal_url_file is not None:
        changes["journal_url_file"] = here / node.journal_url_file
    if node.key is not None and node.key.keystore is not None and node.key.passphrase is not None:
        files = {"keystore": here / node.key.keystore, "passphrase": here / node.key.passphrase}
        changes["key"] = node.key.model_copy(update=files)
    return node.model_copy(update=changes)


def _path(location: tuple[int | str, ...]) -> str:
    return (
        "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")
        or "file"
    )
