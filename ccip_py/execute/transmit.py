"""A report and a fresh view → send it, wait with it, or drop it.

Asked right before each sending, with the newest block rather than a final one: somebody else may have
executed the same messages, and the blessing may be gone. The chain decides in the end; this saves gas and
noise. A dropped report loses nothing: the next cycle chooses again from what is left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ..protocol.ids import Address, Root
from ..protocol.message import ExecutionState, Message
from ..protocol.report import ExecutionReport
from .view import ExecutionView


@dataclass(frozen=True, slots=True)
class Send:
    """Nothing speaks against it."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Right, but not now: ask again with the next view."""

    reason: str


@dataclass(frozen=True, slots=True)
class Drop:
    """It will never be right again as it stands."""

    reason: str


Decision: TypeAlias = Send | Wait | Drop


def decide(
    report: ExecutionReport, root: Root, fresh: ExecutionView, ahead: Sequence[ExecutionReport] = ()
) -> Decision:
    """What to do with a report under `root` now; `ahead` were sent from the same key and are under way."""
    committed = next((each for each in fresh.roots if each.root == root), None)
    if committed is None:
        return Drop("its root is not committed any more, or nothing under it is left to do")
    done = [each for each in report.messages if _attempted(each, fresh)]
    if done:
        return Drop(f"{len(done)} of {len(report.messages)} messages were attempted by somebody else")
    if not _continues_nonces(report, _nonces_after(ahead, fresh)):
        return Drop("an ordered message would not be its sender's next")
    if fresh.stopped:
        return Wait("the lane is cursed or paused")
    if not committed.blessed:
        return Wait("its root is not blessed")
    return Send()


def _attempted(message: Message, fresh: ExecutionView) -> bool:
    return fresh.state_of(message.sequence_number) is not ExecutionState.UNTOUCHED


def _nonces_after(ahead: Sequence[ExecutionReport], fresh: ExecutionView) -> Mapping[Address, int]:
    """Each sender's nonce once the reports ahead have landed."""
    nonces = dict(fresh.sender_nonces)
    for report in ahead:
        for message in report.messages:
            nonces[message.sender] = max(message.nonce, nonces.get(message.sender, 0))
    return nonces


def _continues_nonces(report: ExecutionReport, before: Mapping[Address, int]) -> bool:
    """Whether the ordered messages, taken in order, each carry their sender's next nonce."""
    nonces = dict(before)
    for message in report.messages:
        if not message.ordered:
            continue
        if message.nonce != nonces.get(message.sender, 0) + 1:
            return False
        nonces[message.sender] = message.nonce
    return True
