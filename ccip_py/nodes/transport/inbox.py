"""The receiving end of a node: what it accepts and how much of it it keeps.

Promise: only what `envelope` calls valid reaches the node, every peer has its own bounded queue (the oldest
goes first: in agreement the newest message is worth most), and peers are served in turn, so a flooding
member can only drown itself.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter, deque
from collections.abc import Iterable

import anyio

from .envelope import (
    MAX_CONTENT,
    SESSION_BYTES,
    Envelope,
    Incoming,
    Refusal,
    envelope_digest,
    open_envelope,
    recover,
)

MAX_QUEUED_PER_PEER = 256
"""Messages kept per member: memory is bounded by members x this x MAX_PAYLOAD."""


class Inbox:
    """One node's accepted messages. Knows the members, its own session and each member's last counter."""

    def __init__(self, own: bytes, members: Iterable[bytes]) -> None:
        self.own = own
        self.session = secrets.token_bytes(SESSION_BYTES)
        self.refused: Counter[Refusal] = Counter()
        self.accepted = self.dropped = 0  # envelopes; payloads
        self._queues: dict[bytes, deque[bytes]] = {
            member: deque(maxlen=MAX_QUEUED_PER_PEER) for member in members if member != own
        }
        self._last: dict[bytes, int] = dict.fromkeys(self._queues, 0)
        self._arrived = anyio.Event()
        self._turn = 0

    def last_counter(self, sender: bytes) -> int:
        """The highest counter accepted from `sender` in this session."""
        return self._last.get(sender, 0)

    def accept(self, raw: bytes) -> Refusal | None:
        """Queue the payloads of one envelope, or say why not. Cheap checks come before the signature."""
        envelope = open_envelope(raw)
        refusal = Refusal.MALFORMED if envelope is None else self._judge(envelope)
        payloads = envelope.payloads() if envelope is not None and refusal is None else None
        if envelope is None or payloads is None:
            refusal = refusal or Refusal.MALFORMED
            self.refused[refusal] += 1
            return refusal
        self.accepted += 1
        self._last[envelope.sender] = envelope.counter
        queue = self._queues[envelope.sender]
        self.dropped += max(0, len(queue) + len(payloads) - MAX_QUEUED_PER_PEER)
        queue.extend(payloads)
        self._arrived.set()
        return None

    def _judge(self, envelope: Envelope) -> Refusal | None:
        if len(envelope.content) > MAX_CONTENT:
            return Refusal.TOO_LARGE
        if envelope.sender not in self._queues:
            return Refusal.NOT_A_MEMBER
        if envelope.counter <= self._last[envelope.sender]:
            return Refusal.REPLAYED
        digest = envelope_digest(envelope.sender, self.own, self.session, envelope.counter, envelope.content)
        if recover(digest, envelope.signature) != envelope.sender:
            return Refusal.BAD_SIGNATURE
        return None

    async def receive(self) -> Incoming:
        """Wait for the next payload, taking the members in turn."""
        while True:
            incoming = self.take()
            if incoming is not None:
                return incoming
            self._arrived = anyio.Event()
            await self._arrived.wait()

    def take(self) -> Incoming | None:
        """The next payload if there is one, taking the members in turn."""
        members = list(self._queues)
        for offset in range(len(members)):
            member = members[(self._turn + offset) % len(members)]
            if self._queues[member]:
                self._turn = (self._turn + offset + 1) % len(members)
                return Incoming(member, self._queues[member].popleft())
        return None


MAX_COUNTER = 2**63 - 1
"""What a peer may say was the last it accepted: nanoseconds until 2262. Beyond it a liar could bring the next counter
out of its eight bytes, and the process down with it."""


class Counters:
    """Strictly rising counters of one sender, also across its restarts.

    They start at the wall clock in nanoseconds. A clock set back is harmless: the recipient names the last
    counter it accepted in its hello, and counting goes on from there.
    """

    def __init__(self) -> None:
        self._last: dict[bytes, int] = {}

    def heard(self, to: bytes, last: int) -> None:
        self._last[to] = max(self._last.get(to, 0), last)

    def next(self, to: bytes) -> int:
        self._last[to] = max(self._last.get(to, 0) + 1, time.time_ns())
        return self._last[to]
