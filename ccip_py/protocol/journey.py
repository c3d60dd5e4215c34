"""The stages a message goes through, and what may follow what.

Rule 1: every legal move is in MOVES. Rule 2: a stage is only ever claimed with its on-chain proof; "probably
sent" is not a stage. Rule 3: a curse is a state of a chain, not a stage of a message. Rule 4: a
reorganisation is not a move; after one, the journey is read again from the chain as it now is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Stage(StrEnum):
    """Named by what has happened, as the applications that wait for it would say."""

    SENT = "sent"
    COMMITTED = "committed"
    BLESSED = "blessed"
    EXECUTED = "executed"
    FAILED = "failed"


MOVES: Final[Mapping[Stage, frozenset[Stage]]] = MappingProxyType(
    {
        Stage.SENT: frozenset({Stage.COMMITTED}),
        # The owner may remove a root that is not blessed; its messages then wait to be committed again.
        Stage.COMMITTED: frozenset({Stage.BLESSED, Stage.SENT}),
        # Lifting a curse moves the epoch and so takes back every blessing that was not used.
        Stage.BLESSED: frozenset({Stage.EXECUTED, Stage.FAILED, Stage.COMMITTED}),
        # A failed message may be tried again, by anyone.
        Stage.FAILED: frozenset({Stage.EXECUTED}),
        Stage.EXECUTED: frozenset(),
    }
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where the proof of a stage is found: an event, and the contract that must have emitted it."""

    on_source: bool
    contract: str
    event: str


EVIDENCE: Final[Mapping[Stage, Evidence]] = MappingProxyType(
    {
        Stage.SENT: Evidence(True, "OnRamp", "CCIPSendRequested"),
        Stage.COMMITTED: Evidence(False, "CommitStore", "ReportAccepted"),
        Stage.BLESSED: Evidence(False, "RMN", "RootBlessed"),
        Stage.EXECUTED: Evidence(False, "OffRamp", "ExecutionStateChanged"),
        Stage.FAILED: Evidence(False, "OffRamp", "ExecutionStateChanged"),
    }
)


def may_follow(now: Stage, then: Stage) -> bool:
    """Whether `then` is one legal move away from `now`. Staying is not a move."""
    return then in MOVES[now]


def is_over(stage: Stage) -> bool:
    """Whether nothing can happen to the message any more."""
    return not MOVES[stage]
