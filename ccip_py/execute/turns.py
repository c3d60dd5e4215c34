"""Whose turn it is, when several executors serve a lane.

For each root, all executors stand in one order that anyone can compute; the next in line steps in when
nothing has happened under the root for one more step. Getting it wrong is harmless: the loser's messages are
skipped on chain.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..protocol.ids import Address, Root
from ..protocol.keccak import keccak
from .view import CommittedRoot


@dataclass(frozen=True, slots=True)
class Standing:
    """This executor among all registered ones."""

    me: Address
    executors: frozenset[Address]
    step: int  # seconds of the destination chain


def rank(root: Root, me: Address, executors: Iterable[Address]) -> int:
    """How many executors go before `me` under this root: the order of keccak(root ‖ executor)."""
    mine = keccak(root + me)
    return sum(keccak(root + other) < mine for other in executors if other != me)


def has_turn(committed: CommittedRoot, standing: Standing, now: int) -> bool:
    """Whether everybody before this executor has had time to act since the last sign of life."""
    quiet = now - committed.quiet_since
    return quiet >= standing.step * rank(committed.root, standing.me, standing.executors)
