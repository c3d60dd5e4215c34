"""What the SDK returns: frozen, typed, in the units people compute with.

Addresses are checksum strings, hashes `HexBytes`, amounts integers in the smallest unit. Nothing here is ever a
float but a duration in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hexbytes import HexBytes

from ccip_py.protocol.ids import ChainSelector
from ccip_py.protocol.journey import Stage
from ccip_py.protocol.lane import Lane
from ccip_py.protocol.message import Message


@dataclass(frozen=True, slots=True)
class Fee:
    """What the Router asks for one message now, in the smallest unit of `token`."""

    amount: int
    token: str  # checksum address; the wrapped native token's when `native`
    native: bool


@dataclass(frozen=True, slots=True)
class Transaction:
    """A mined, successful transaction of ours."""

    chain: ChainSelector
    hash: HexBytes
    block: int
    timestamp: int  # chain time, seconds
    gas_used: int


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message that a source chain accepted, with everything needed to follow, prove and execute it."""

    lane: Lane
    message: Message
    transaction: Transaction

    @property
    def message_id(self) -> HexBytes:
        return HexBytes(self.message.message_id)

    @property
    def sequence_number(self) -> int:
        return self.message.sequence_number

    @property
    def fee(self) -> int:
        """What was paid, in the smallest unit of the message's fee token."""
        return self.message.fee_token_amount


@dataclass(frozen=True, slots=True)
class StageReached:
    """One step of a message's journey, with the on-chain evidence that it happened."""

    stage: Stage
    chain: ChainSelector  # where the evidence is
    block: int
    transaction: HexBytes
    timestamp: int  # chain time, seconds
    gas_used: int  # of the whole transaction, which may have carried other messages too
    reason: str = ""  # FAILED: the decoded reason
    detail: dict[str, str] = field(default_factory=dict)  # committed: root, first, last


@dataclass(frozen=True, slots=True)
class Bucket:
    """A rate limit's token bucket, as of now."""

    tokens: int
    capacity: int
    rate: int  # tokens per second
    is_enabled: bool

    @property
    def seconds_to_full(self) -> int | None:
        """How long until it is full again; None if it never will be."""
        missing = self.capacity - self.tokens
        if not self.is_enabled or missing <= 0:
            return 0
        return None if self.rate == 0 else -(-missing // self.rate)


@dataclass(frozen=True, slots=True)
class TokenOnLane:
    """A token that one chain can send to another."""

    symbol: str
    token: str
    decimals: int
    pool: str
    pool_type: str
    remote_token: str
    outbound: Bucket
    inbound: Bucket
