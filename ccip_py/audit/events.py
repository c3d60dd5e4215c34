"""What contracts say: one frozen value per kind of event, with where it was said.

What no invariant needs is not here. decode.py reads these from logs.
"""

from __future__ import annotations

from dataclasses import dataclass

SUCCESS, FAILURE = 2, 3

Order = tuple[int, int, int]  # block, transaction, log: the order of a chain


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was said."""

    chain: int  # selector
    block: int
    tx: int
    log: int
    hash: str  # of the transaction
    time: int  # of the block, seconds
    by: bytes  # the contract

    @property
    def order(self) -> Order:
        """For comparing places on one chain."""
        return (self.block, self.tx, self.log)

    @property
    def moment(self) -> tuple[int, int]:
        """For comparing transactions on one chain."""
        return (self.block, self.tx)


@dataclass(frozen=True, slots=True)
class Event:
    """Something a contract said."""

    at: Place


# --- Source chain ---


@dataclass(frozen=True, slots=True)
class Sent(Event):
    """A message left: every field of it."""

    source: int
    sender: bytes
    receiver: bytes
    number: int
    gas_limit: int
    strict: bool
    nonce: int
    fee_token: bytes
    fee: int
    data: bytes
    tokens: tuple[tuple[bytes, int], ...]
    token_data: tuple[bytes, ...]
    id: bytes


@dataclass(frozen=True, slots=True)
class FeeWithdrawn(Event):
    token: bytes
    amount: int


# --- Destination chain ---


@dataclass(frozen=True, slots=True)
class Committed(Event):
    """ReportAccepted."""

    first: int
    last: int
    root: bytes


@dataclass(frozen=True, slots=True)
class RootRemoved(Event):
    root: bytes


@dataclass(frozen=True, slots=True)
class Transmitted(Event):
    digest: bytes
    epoch: int


@dataclass(frozen=True, slots=True)
class Attempt(Event):
    """ExecutionStateChanged: a message was attempted."""

    number: int
    id: bytes
    state: int


@dataclass(frozen=True, slots=True)
class Delivered(Event):
    """MessageExecuted, by the Router: a receiver was called."""

    id: bytes
    source: int
    off_ramp: bytes
    calldata_hash: bytes


# --- Risk network ---


@dataclass(frozen=True, slots=True)
class RmnSet(Event):
    rmn: bytes


@dataclass(frozen=True, slots=True)
class MonitorsSet(Event):
    version: int
    monitors: tuple[tuple[bytes, bytes], ...]
    bless_threshold: int
    curse_threshold: int


@dataclass(frozen=True, slots=True)
class Blessed(Event):
    tag: bytes
    commit_store: bytes
    root: bytes
    first: int
    last: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Cursed(Event):
    subject: bytes
    by: bytes


@dataclass(frozen=True, slots=True)
class Uncursed(Event):
    subject: bytes
    epoch: int


# --- Tokens ---


@dataclass(frozen=True, slots=True)
class Taken(Event):
    """Locked or burned by a pool, because `ramp` said so."""

    ramp: bytes
    amount: int


@dataclass(frozen=True, slots=True)
class Given(Event):
    """Released or minted by a pool, because `ramp` said so."""

    ramp: bytes
    recipient: bytes
    amount: int


@dataclass(frozen=True, slots=True)
class LiquidityRemoved(Event):
    provider: bytes
    amount: int


@dataclass(frozen=True, slots=True)
class Limit:
    """What a bucket holds and gets per second; nothing is limited while it is off."""

    on: bool
    capacity: int
    rate: int


@dataclass(frozen=True, slots=True)
class LimitsSet(Event):
    remote: int
    outbound: Limit
    inbound: Limit


@dataclass(frozen=True, slots=True)
class LimitsRemoved(Event):
    remote: int


@dataclass(frozen=True, slots=True)
class Transfer(Event):
    source: bytes
    to: bytes
    amount: int


@dataclass(frozen=True, slots=True)
class PoolSet(Event):
    token: bytes
    pool: bytes


# --- Prices and routes ---


@dataclass(frozen=True, slots=True)
class PriceSet(Event):
    """A token's price, or the gas price of a chain: `key` is the token or the selector."""

    key: bytes
    value: int
    timestamp: int


@dataclass(frozen=True, slots=True)
class FeesChanged(Event):
    """Some other change to what a message costs."""


@dataclass(frozen=True, slots=True)
class OnRampSet(Event):
    destination: int
    on_ramp: bytes


@dataclass(frozen=True, slots=True)
class OffRampAdded(Event):
    source: int
    off_ramp: bytes
