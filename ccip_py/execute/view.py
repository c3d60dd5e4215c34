"""What one executor saw of one lane, at one pinned block per chain. Everything it decides follows from this
alone.

The shell reads it in one pass and never again within a cycle. Only roots with something left to do need to be
in it, so its size follows the backlog, not the history.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..protocol.ids import Address, Root, SeqNr
from ..protocol.lane import Lane
from ..protocol.message import ExecutionState, Message
from ..protocol.report import Interval


@dataclass(frozen=True, slots=True)
class CommittedRoot:
    """A root as the destination's CommitStore has it. Times are in the destination chain's seconds."""

    root: Root
    interval: Interval
    committed_at: int
    blessed: bool  # at the current epoch
    quiet_since: int  # when it was blessed or, if later, when a message under it was last attempted


@dataclass(frozen=True, slots=True)
class ExecutionView:
    """`messages` holds *every* message of the roots' intervals, executed ones too: the tree needs their
    leaves.

    A sequence number missing from `states` is UNTOUCHED; a sender missing from `sender_nonces` is at 0.
    """

    lane: Lane
    source_block: int  # finalized: messages are read up to here
    destination_block: int
    now: int  # timestamp of the destination block
    block_gas_limit: int  # of the destination
    roots: tuple[CommittedRoot, ...]
    messages: Mapping[SeqNr, Message]
    states: Mapping[SeqNr, ExecutionState]
    sender_nonces: Mapping[Address, int]  # the nonce last attempted
    cursed: bool = False  # the source, or everything, on the destination's RMN
    paused: bool = False  # the lane's CommitStore

    @property
    def stopped(self) -> bool:
        """Whether the destination executes nothing from this lane now."""
        return self.cursed or self.paused

    def state_of(self, seq_nr: SeqNr) -> ExecutionState:
        return self.states.get(seq_nr, ExecutionState.UNTOUCHED)

    def root_over(self, seq_nr: SeqNr) -> CommittedRoot | None:
        """The root whose interval covers this message."""
        return next((each for each in self.roots if seq_nr in each.interval), None)
