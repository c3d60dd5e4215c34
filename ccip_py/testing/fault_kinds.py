"""What can be wrong with an endpoint: one value per kind of fault. faults.py commits them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
LogFilter = Callable[[Json], bool]

# --- What can be wrong with an exchange ---


@dataclass(frozen=True, slots=True)
class Latency:
    """Every answer comes this many seconds late."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hang:
    """The connection stays open and nothing comes. With `methods`, only for exchanges that ask for one of them."""

    methods: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Status:
    """An HTTP error instead of an answer, with a page of HTML as proxies like to send."""

    code: int  # 429, 500, 503 …


@dataclass(frozen=True, slots=True)
class Truncated:
    """The body stops in the middle, though the exchange looks complete."""


@dataclass(frozen=True, slots=True)
class WrongId:
    """The answers carry the ids of other requests."""


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection is cut without an answer."""


# --- What can be wrong with an answer ---


def every_log(_log: Json) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class DropLogs:
    """Matching logs are missing from eth_getLogs and from receipts, as if they had never been emitted. Blooms and the
    receipts root stay true, so a reader who recomputes that one finds out."""

    matching: LogFilter = every_log


@dataclass(frozen=True, slots=True)
class DuplicateLogs:
    """Each log is delivered twice."""


@dataclass(frozen=True, slots=True)
class ReorderLogs:
    """Logs come in the opposite order."""


@dataclass(frozen=True, slots=True)
class ForgeLogs:
    """Matching logs carry other data, the same lie in eth_getLogs and in receipts.

    Neither addresses nor topics change, so even the receipts' blooms still fit: only a receipts root shows it.
    """

    forge: Callable[[bytes], bytes]
    matching: LogFilter = every_log


@dataclass(frozen=True, slots=True)
class FrozenTag:
    """A block tag stands still: at `number`, or where it is when first asked for."""

    tag: str = "finalized"
    number: int | None = None


@dataclass(frozen=True, slots=True)
class RegressedTag:
    """A block tag lies this many blocks behind the truth."""

    blocks: int
    tag: str = "finalized"


@dataclass(frozen=True, slots=True)
class RangeLimit:
    """eth_getLogs over more than `blocks` blocks is refused."""

    blocks: int


@dataclass(frozen=True, slots=True)
class StaleReplica:
    """An endpoint that is so many blocks behind: what is newer is not there under any name, and logs of newer blocks
    are silently left out."""

    blocks: int


@dataclass(frozen=True, slots=True)
class WrongChain:
    """It says that it is another chain."""

    chain_id: int


@dataclass(frozen=True, slots=True)
class ForkedFrom:
    """From this block on it tells of other blocks than other endpoints do: all their hashes differ."""

    block: int


ExchangeFault = Latency | Hang | Status | Truncated | WrongId | Disconnected
LogFault = DropLogs | DuplicateLogs | ReorderLogs | ForgeLogs
AnswerFault = LogFault | FrozenTag | RegressedTag | RangeLimit | StaleReplica | WrongChain | ForkedFrom
Fault = ExchangeFault | AnswerFault


def emitted_by(address: bytes, topic: bytes | None = None) -> LogFilter:
    """Logs of one contract, and of one kind if `topic` is given."""

    def matches(log: Json) -> bool:
        same_topic = topic is None or log["topics"][:1] == ["0x" + topic.hex()]
        return same_topic and str(log["address"]).lower() == "0x" + address.hex()

    return matches
