"""What some pools need from off chain to deliver their tokens: attestations, fetched from wherever they are made.

It is not part of the leaf: a message executes with whatever its executor brings, and the pool judges it. A source is an
operator's own; without one every token gets empty bytes, which is what pools of this project ask for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from ccip_py.protocol.ids import MessageId
from ccip_py.protocol.message import Message

TokenData = Mapping[MessageId, tuple[bytes, ...]]
"""For each message, one entry per token. A message that is not named gets empty bytes."""


class TokenDataSource(Protocol):
    """Where attestations come from. What is not there yet is left out: the message's token step then fails in
    simulation, and it is tried again later."""

    async def fetch(self, messages: Sequence[Message]) -> TokenData: ...


class NoTokenData:
    """Pools that need nothing."""

    async def fetch(self, messages: Sequence[Message]) -> TokenData:
        return {}
