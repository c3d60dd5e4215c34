"""What is known of a call from one part of an application to another. Frozen, as all that the SDK returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Protocol

from hexbytes import HexBytes

from ccip_py.protocol.ids import ChainSelector


class Part(Protocol):
    """A contract of the application on one chain, as web3.py and the pytest plugin hand it out."""

    @property
    def address(self) -> Any: ...

    @property
    def abi(self) -> Sequence[Any]: ...


class Outcome(IntEnum):
    """How a call ended, by the word of its remote side. The numbers are the contracts'."""

    UNDECIDED = 0
    SUCCEEDED = 1
    FAILED = 2  # it left no effect there and never will


class CallStage(IntEnum):
    """How far a call is. SETTLED is the end: the origin acted on the outcome, and will not again."""

    OPEN = 1  # nothing is known of it at its remote side
    DECIDED = 2  # it ended there; the reply is under way, or waits to be sent or executed
    SETTLED = 3


@dataclass(frozen=True, slots=True)
class RemoteCall:
    """A call that left its origin."""

    call_id: HexBytes
    origin: ChainSelector
    caller: str  # the contract at the origin, checksum address
    remote: ChainSelector
    peer: str  # the contract that is called, checksum address
    function: str  # its name; its selector if the peer's ABI is not known
    deadline: int  # on the remote's clock, in seconds
    message_id: HexBytes  # of the message that carries it
    transaction: HexBytes  # at the origin
    block: int


@dataclass(frozen=True, slots=True)
class CallStatus:
    """A call as both chains show it now."""

    call: RemoteCall
    stage: CallStage
    outcome: Outcome = Outcome.UNDECIDED
    result: Any = None  # SUCCEEDED: what the function returned, a dict by name if it returns several values
    error: str = ""  # FAILED: the error by name with its values
    overdue: bool = False  # OPEN or DECIDED: past its deadline, so that anyone may cancel it
