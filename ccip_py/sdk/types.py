"""What the SDK returns: frozen, typed, in the units people compute with.

Addresses are checksum strings, hashes `HexBytes`, amounts integers in the smallest unit. Nothing here is ever a
float but a duration in seconds. Only `SentMessage.lane` and `SentMessage.message` are of the protocol itself, and hold
addresses and hashes as the bytes that are hashed: they are what proofs are made of, not what people read.
"""

from __future__ import annotations

from dataclasses import dataclass

from hexbytes import HexBytes

from ccip_py.protocol.codec.evm import checksum
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

    lane: Lane  # as the protocol has it, in bytes
    message: Message  # the same: every field of the leaf
    transaction: Transaction

    @property
    def message_id(self) -> HexBytes:
        return HexBytes(self.message.message_id)

    @property
    def sequence_number(self) -> int:
        return self.message.sequence_number

    @property
    def sender(self) -> str:
        """The account on the source that sent it."""
        return checksum(self.message.sender)

    @property
    def receiver(self) -> str:
        """The address on the destination that it goes to."""
        return checksum(self.message.receiver)

    @property
    def data(self) -> HexBytes:
        """What its receiver is handed."""
        return HexBytes(self.message.data)

    @property
    def tokens(self) -> tuple[tuple[str, int], ...]:
        """Address on the source, and amount in its smallest unit, of each token it carries."""
        return tuple((checksum(each.token), each.amount) for each in self.message.token_amounts)

    @property
    def fee_token(self) -> str:
        """What the fee was paid in; the wrapped native token if it was native coin."""
        return checksum(self.message.fee_token)

    @property
    def fee(self) -> int:
        """What was paid, in the smallest unit of `fee_token`."""
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
    event: str = ""  # what proves it, and the contract that said it
    contract: str = ""
    expected_wait_s: int | None = (
        None  # until the next stage, by the chains' pace; None: not known, or the last
    )
    reason: str = ""  # FAILED: the decoded reason
    root: HexBytes | None = (
        None  # COMMITTED: the root over the messages `first` to `last`, this one among them
    )
    first: int | None = None
    last: int | None = None


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
    pool_type: str  # as the pool calls itself, with its version
    remote_token: str
    remote_decimals: int | None  # None, here and below: the destination's registry is not known
    remote_pool: str | None
    outbound: Bucket  # what may leave for the destination
    inbound: Bucket  # what may come back from it
    remote_inbound: Bucket | None  # what may arrive on the destination, in its own units


@dataclass(frozen=True, slots=True)
class MessageLimits:
    """What one message may carry on a lane."""

    tokens: int
    data_bytes: int
    gas_limit: int
    default_gas_limit: int  # of messages that name none
    must_be_out_of_order: bool


@dataclass(frozen=True, slots=True)
class LaneStatus:
    """A lane as its chains describe it now. None: cannot be seen, `blind` says why."""

    source: str
    destination: str
    source_selector: ChainSelector
    destination_selector: ChainSelector
    on_ramp: str
    commit_store: str
    off_ramp: str
    in_use: bool  # the Router sends through this OnRamp; False: the lane was replaced or closed
    cursed_on_source: bool
    cursed_on_destination: bool
    paused: bool | None
    sent: int | None  # messages so far: the last sequence number
    committed: int | None  # the last sequence number under a root
    limits: MessageLimits | None
    blind: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        """Whether a message sent now would be accepted and delivered, as far as the chains say."""
        return self.in_use and not (self.cursed_on_source or self.cursed_on_destination or self.paused)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One reason why a message would not be sent, or not arrive."""

    code: str
    message: str
    on_source: (
        bool  # sending would be refused; otherwise it would be accepted, and get stuck or fail over there
    )
    hint: str = ""
    seconds: int | None = None  # until time alone removes it; None: time does not
