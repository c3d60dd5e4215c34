"""What to do with a batch whose simulation reverts: find the one message at fault without holding up the
rest.

Halving finds it in log2(n) simulations. A batch of one that reverts is quarantined for a time that doubles
with each attempt, up to a bound: the cause may be passing (an empty pool, a limit used up), and no message is
ever given up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from ..protocol.message import Message
from .cost import BATCH_GAS, message_bytes, message_gas
from .select import Batch

FIRST_QUARANTINE: Final = 15  # seconds of the destination chain
LONGEST_QUARANTINE: Final = 3600


@dataclass(frozen=True, slots=True)
class Split:
    """Try the halves one after the other; the second may continue nonces of the first."""

    first: Batch
    second: Batch


@dataclass(frozen=True, slots=True)
class Quarantine:
    """This message alone makes a transaction revert."""

    message: Message


def after_revert(batch: Batch) -> Split | Quarantine:
    """The next step for a batch that reverted in simulation."""
    if len(batch.messages) == 1:
        return Quarantine(batch.messages[0])
    middle = len(batch.messages) // 2
    return Split(
        narrowed(batch, batch.messages[:middle]),
        narrowed(batch, batch.messages[middle:]),
    )


def quarantine_seconds(attempts: int) -> int:
    """How long a message sits out after it reverted alone `attempts` times, from 1."""
    doublings = min(attempts - 1, LONGEST_QUARANTINE.bit_length())
    return min(FIRST_QUARANTINE << doublings, LONGEST_QUARANTINE)


def narrowed(batch: Batch, messages: tuple[Message, ...]) -> Batch:
    """The batch with only these of its messages."""
    return replace(
        batch,
        messages=messages,
        gas=BATCH_GAS + sum(message_gas(message) for message in messages),
        bytes=sum(message_bytes(message) for message in messages),
    )
