"""Nodes of one process: the same envelopes as over the wire, handed over directly.

A hub stands for the network. A node that is stopped has left the hub; what is sent to it meanwhile is lost,
as over a real network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import anyio

from .envelope import MAX_PAYLOAD, Incoming, NodeSigner, seal
from .inbox import Counters, Inbox

Tap = Callable[[bytes, bytes, bytes], bool]
"""Given sender, recipient and the raw envelope, whether it is delivered. For drills: loss, partition."""


class Hub:
    """The network between the nodes of one process."""

    def __init__(self) -> None:
        self.tap: Tap | None = None
        self._inboxes: dict[bytes, Inbox] = {}

    def join(self, inbox: Inbox) -> None:
        self._inboxes[inbox.own] = inbox

    def leave(self, inbox: Inbox) -> None:
        if self._inboxes.get(inbox.own) is inbox:
            del self._inboxes[inbox.own]

    def inbox_of(self, node: bytes) -> Inbox | None:
        return self._inboxes.get(node)

    def deliver(self, sender: bytes, to: bytes, raw: bytes) -> None:
        inbox = self._inboxes.get(to)
        if inbox is not None and (self.tap is None or self.tap(sender, to, raw)):
            inbox.accept(raw)


class InProcessTransport:
    """One node's place at a hub, taken while `run` is running."""

    def __init__(self, hub: Hub, signer: NodeSigner, members: Iterable[bytes]) -> None:
        self._members = [member for member in members if member != signer.address]
        self.inbox = Inbox(signer.address, self._members)
        self._hub = hub
        self._signer = signer
        self._counters = Counters()

    def send(self, to: bytes, payload: bytes) -> None:
        if len(payload) > MAX_PAYLOAD:
            raise ValueError(f"a payload of {len(payload)} bytes is above the cap of {MAX_PAYLOAD}")
        peer = self._hub.inbox_of(to)
        if peer is None:
            return
        self._counters.heard(to, peer.last_counter(self._signer.address))
        raw = seal(self._signer, to, peer.session, self._counters.next(to), [payload])
        self._hub.deliver(self._signer.address, to, raw)

    def broadcast(self, payload: bytes) -> None:
        for member in self._members:
            self.send(member, payload)

    async def receive(self) -> Incoming:
        return await self.inbox.receive()

    def take(self) -> Incoming | None:
        return self.inbox.take()

    async def run(self) -> None:
        self._hub.join(self.inbox)
        try:
            await anyio.sleep_forever()
        finally:
            self._hub.leave(self.inbox)
