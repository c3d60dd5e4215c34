"""What the checks look at: everything that was said on all chains, and what the contracts answer now.

Plain data, so that a check is a function of it and a test can edit it. `reading.py` makes it from real chains.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from ccip_py.audit.events import Event, Order, RmnSet

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Token:
    """A token that the operator vouches for by naming it. Strangers' tokens are their own business."""

    symbol: str
    address: bytes
    decimals: int
    burns: bool  # its pool burns and mints; else it locks and releases


@dataclass(frozen=True, slots=True)
class Lane:
    """One direction between two chains; a lane that replaced another is one of its own."""

    source: int
    destination: int
    on_ramp: bytes
    commit_store: bytes
    off_ramp: bytes
    previous_off_ramp: bytes  # zero: none


@dataclass(slots=True)
class State:
    """What a chain's contracts answer at its head. Contracts are named by address."""

    expected_next: dict[bytes, int] = field(default_factory=dict)  # commit store → next number to commit
    price_round: dict[bytes, int] = field(default_factory=dict)  # commit store → epoch << 8 | round
    next_sent: dict[bytes, int] = field(default_factory=dict)  # on-ramp → next number to give
    attempts: dict[tuple[bytes, int], int] = field(default_factory=dict)  # (off-ramp, number) → state
    nonces: dict[tuple[bytes, bytes], int] = field(default_factory=dict)  # (off-ramp, sender) → inbound nonce
    cursed: frozenset[bytes] = frozenset()
    epochs: dict[int, int] = field(default_factory=dict)  # remote selector → epoch, with the global one in it
    votes: dict[tuple[bytes, bytes], tuple[int, int]] = field(
        default_factory=dict
    )  # (RMN, tag) → who voted, as a bitmap, and the version of the monitors they were
    levels: dict[tuple[bytes, int, bool], int] = field(
        default_factory=dict
    )  # (pool, remote, outbound) → tokens
    balances: dict[tuple[bytes, bytes], int] = field(default_factory=dict)  # (holder, token) → amount
    supplies: dict[bytes, int] = field(default_factory=dict)  # token → amount
    # token → its supply before the history begins, if the node still knows
    issued_before: dict[bytes, int] = field(default_factory=dict)
    rounds: dict[tuple[int, int], int] = field(
        default_factory=dict
    )  # (block, tx) of a transmit → epoch, round
    quotes: dict[Order, tuple[int, ...]] = field(
        default_factory=dict
    )  # send → the fees that are right for it
    coins: dict[bytes, int] = field(default_factory=dict)  # contract → wei of the chain's own coin
    # (contract, send) → wei that stayed there in the send's transaction, as far as `coins` is not 0
    coins_kept: dict[tuple[bytes, Order], int] = field(default_factory=dict)
    lifted_by: dict[Order, tuple[bytes, bytes]] = field(default_factory=dict)  # lift → (caller, owner)


@dataclass(frozen=True)
class Chain:
    """One chain up to its head, with everything of ours on it."""

    name: str
    selector: int
    head: int
    head_time: int
    final: int
    router: bytes
    rmn: bytes  # as the deployment names it; an RmnSet event overrides that
    rmn_proxy: bytes
    fee_quoter: bytes
    on_ramps: tuple[bytes, ...]
    tokens: dict[bytes, Token]
    fee_tokens: frozenset[bytes]
    pools: dict[bytes, bytes]  # every pool that ever served a token of `tokens` → that token
    events: tuple[Event, ...]
    state: State
    boxes: dict[bytes, bytes] = field(
        default_factory=dict
    )  # a pool that keeps tokens elsewhere → its lock box
    first: int = 0  # block that the history begins with

    def of(self, kind: type[E], by: bytes | None = None) -> Iterator[E]:
        """The events of one kind, in order; by one contract if it is given."""
        for event in self._by_kind.get(kind, ()):
            if isinstance(event, kind) and (by is None or event.at.by == by):
                yield event

    @cached_property
    def _by_kind(self) -> dict[type[Event], list[Event]]:
        found: dict[type[Event], list[Event]] = {}
        for event in self.events:
            found.setdefault(type(event), []).append(event)
        return found

    def rmn_at(self, order: Order) -> bytes:
        """The RMN that the proxy pointed to just then."""
        rmn = self.rmn
        for change in self.of(RmnSet, self.rmn_proxy):
            if change.at.order > order:
                break
            rmn = change.rmn
        return rmn


@dataclass(frozen=True, slots=True)
class History:
    """All chains of one network, and the lanes between them."""

    chains: dict[int, Chain]
    lanes: tuple[Lane, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, and the transactions that show it."""

    invariant: str  # S1 …
    chain: str
    transactions: tuple[str, ...]
    what: str
    broken: bool = True  # else only worth knowing: the invariant holds
