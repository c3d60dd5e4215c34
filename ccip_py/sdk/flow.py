"""What the SDK wants from a chain, said without asking for it.

Everything the SDK does is written once, as a generator: it yields what it needs (`Calls` to one chain, or a `Pause`),
is sent the answers, and returns its result; or, where there is more to say than a result, it also yields what it has to
`Tell` on the way. `drive` runs such a flow with blocking or with asynchronous I/O, so
`Ccip` and `AsyncCcip` are two thin faces over the same code, and a flow can be tested by answering it by hand.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from ccip_py.protocol.ids import ChainSelector

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call:
    """One JSON-RPC request."""

    method: str
    params: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Calls:
    """Requests for one chain, sent as one batch. The flow is sent a tuple of results in the same order.

    A result is the node's answer, or a `Failure` in its place: one failed request does not spoil its neighbours.
    """

    chain: ChainSelector
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """The node answered a request with an error. `data` holds revert data, where there is any."""

    code: int
    message: str
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait this long before going on; the chain needs time, not another question."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Tell(Generic[T]):
    """News for the caller, before the flow goes on."""

    value: T


Step: TypeAlias = Calls | Pause
Flow: TypeAlias = Generator[Step, Any, T]
Stream: TypeAlias = Generator[Step | Tell[T], Any, None]
"""A flow that tells values of one type as it goes, and returns nothing."""


def ask(chain: ChainSelector, *calls: Call) -> Flow[tuple[Any, ...]]:
    """Send the requests together and get their results, failures included."""
    answers: tuple[Any, ...] = yield Calls(chain, calls)
    return answers
