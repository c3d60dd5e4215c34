"""Which messages to execute now, and why not the others.

Rules, in the order they are asked:
1. Nothing from a stopped lane, an unblessed root, or a root whose messages are not all known here.
2. A message is attempted once. Executed is done; failed is for `manuallyExecute`, by whoever cares.
3. An ordered message goes only when its nonce is its sender's next. What has to wait holds up its own sender's later
   ordered messages, and nobody else's.
4. Quarantined and pending messages sit out until their time, and those whose fee does not pay for them until it does.
5. Batches are filled in sequence order up to the limits. A message too large for a shared batch goes alone; one too
   large for any block of the destination is left out and reported.

One batch is under one root, because a proof is. Earlier batches must be sent before later ones: a later one
may continue a sender's nonces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ..protocol.ids import Address, MessageId, SeqNr
from ..protocol.message import ExecutionState, Message
from .cost import BATCH_GAS, MAX_REPORT_BYTES, message_bytes, message_gas
from .fees import FeeGuard
from .turns import Standing, has_turn
from .view import CommittedRoot, ExecutionView


class Why(StrEnum):
    """Why a message that is not finished was not chosen."""

    LANE_STOPPED = "the lane is cursed or paused"
    NOT_BLESSED = "its root is not blessed"
    NOT_SEEN = "messages of its root are missing here"
    NOT_MY_TURN = "another executor goes first"
    PENDING = "a transaction with it is under way"
    QUARANTINED = "it made a batch revert"
    UNDERPAID = "its fee does not pay for it yet"
    BEHIND = "an earlier ordered message of its sender waits"
    OVERSIZE = "it fits in no block of the destination"
    NO_ROOM = "the batches of this cycle are full"


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one batch, and how many batches one cycle may send."""

    gas: int = 16_000_000  # below 2^24, the most that a transaction may take since EIP-7825
    bytes: int = 100_000
    messages: int = 64
    batches: int = 4
    block_share_percent: int = 90  # of a block's gas limit: more than this fits nowhere


@dataclass(frozen=True, slots=True)
class Avoid:
    """Messages to leave alone until a time, in destination seconds. By id: numbers can be reused."""

    pending: Mapping[MessageId, int] = field(default_factory=dict)
    quarantined: Mapping[MessageId, int] = field(default_factory=dict)

    def reason(self, message: Message, now: int) -> Why | None:
        if self.quarantined.get(message.message_id, 0) > now:
            return Why.QUARANTINED
        if self.pending.get(message.message_id, 0) > now:
            return Why.PENDING
        return None


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages of one root for one transaction, in sequence order; `gas` is enough for all of them."""

    committed: CommittedRoot
    messages: tuple[Message, ...]
    gas: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Selection:
    batches: tuple[Batch, ...]
    waiting: Mapping[SeqNr, Why]


def select(
    view: ExecutionView,
    limits: Limits,
    standing: Standing | None = None,
    avoid: Avoid | None = None,
    guard: FeeGuard | None = None,
) -> Selection:
    """The batches to send now, and the reason for every unfinished message that is in none of them."""
    filling = _Filling(view, limits, avoid or Avoid(), guard)
    for committed in sorted(view.roots, key=lambda each: each.interval):
        reason = _root_reason(view, committed, standing)
        for seq_nr in range(committed.interval.first, committed.interval.last + 1):
            filling.consider(committed, SeqNr(seq_nr), reason)
    return filling.selection()


def _root_reason(view: ExecutionView, committed: CommittedRoot, standing: Standing | None) -> Why | None:
    """Why nothing under this root can go now, if so."""
    if view.stopped:
        return Why.LANE_STOPPED
    if not committed.blessed:
        return Why.NOT_BLESSED
    if any(seq not in view.messages for seq in range(committed.interval.first, committed.interval.last + 1)):
        return Why.NOT_SEEN
    if standing and not has_turn(committed, standing, view.now):
        return Why.NOT_MY_TURN
    return None


class _Filling:
    """The batches so far, the last of them still open, and each sender's nonce once they have landed."""

    def __init__(self, view: ExecutionView, limits: Limits, avoid: Avoid, guard: FeeGuard | None) -> None:
        self._view = view
        self._limits = limits
        self._avoid = avoid
        self._guard = guard
        self._most_gas = view.block_gas_limit * limits.block_share_percent // 100
        self._nonces: dict[Address, int] = {}
        self._batches: list[Batch] = []
        self._waiting: dict[SeqNr, Why] = {}

    def consider(self, committed: CommittedRoot, seq_nr: SeqNr, root_reason: Why | None) -> None:
        """Put one message in a batch, or note why not."""
        if self._view.state_of(seq_nr) is not ExecutionState.UNTOUCHED:
            return
        message = self._view.messages.get(seq_nr)
        reason = root_reason or (self._refusal(committed, message) if message else Why.NOT_SEEN)
        if message and reason is None:
            reason = self._place(committed, message)
        if reason is not None:
            self._waiting[seq_nr] = reason
        elif message and message.ordered:
            self._nonces[message.sender] = message.nonce

    def selection(self) -> Selection:
        return Selection(tuple(self._batches), self._waiting)

    def _refusal(self, committed: CommittedRoot, message: Message) -> Why | None:
        if message.ordered and message.nonce != self._nonce_of(message.sender) + 1:
            return Why.BEHIND
        waited = self._view.now - committed.committed_at
        if self._guard is not None and not self._guard.pays(message, waited):
            return Why.UNDERPAID
        return self._avoid.reason(message, self._view.now)

    def _nonce_of(self, sender: Address) -> int:
        return self._nonces.get(sender, self._view.sender_nonces.get(sender, 0))

    def _place(self, committed: CommittedRoot, message: Message) -> Why | None:
        """Into the open batch if it fits, else into a new one; a message above the limits gets one of its
        own.
        """
        gas, size = message_gas(message), message_bytes(message)
        if BATCH_GAS + gas > self._most_gas or size > MAX_REPORT_BYTES:
            return Why.OVERSIZE
        last = self._batches[-1] if self._batches else None
        if last and last.committed == committed and self._fits(last, gas, size):
            self._batches[-1] = Batch(committed, (*last.messages, message), last.gas + gas, last.bytes + size)
            return None
        if len(self._batches) == self._limits.batches:
            return Why.NO_ROOM
        self._batches.append(Batch(committed, (message,), BATCH_GAS + gas, size))
        return None

    def _fits(self, batch: Batch, gas: int, size: int) -> bool:
        return (
            len(batch.messages) < self._limits.messages
            and batch.gas + gas <= min(self._limits.gas, self._most_gas)
            and batch.bytes + size <= self._limits.bytes
        )
