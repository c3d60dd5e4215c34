"""What a node needs of a transport, whatever carries the bytes."""

from __future__ import annotations

from typing import Protocol

from .envelope import Incoming


class Transport(Protocol):
    """One node's link to the other members of its committee.

    Sending never waits for a peer and never fails: a peer that is away simply does not hear it.
    """

    def send(self, to: bytes, payload: bytes) -> None:
        """Queue `payload` for one member. A payload above MAX_PAYLOAD raises ValueError: our own bug."""
        ...

    def broadcast(self, payload: bytes) -> None:
        """Queue `payload` for every other member."""
        ...

    async def receive(self) -> Incoming:
        """The next payload that some member signed for this node."""
        ...

    def take(self) -> Incoming | None:
        """The next payload if one is here already."""
        ...

    async def run(self) -> None:
        """Carry messages until cancelled. A transport without background work just sleeps."""
        ...
