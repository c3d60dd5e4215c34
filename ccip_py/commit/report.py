"""Outcome + this node's own leaves → the report it is ready to sign.

Peers decide how much to commit and at which prices; what the messages are, each node decides for itself.
"""

from __future__ import annotations

from ..ocr.plugin import NotYet
from ..protocol.codec.evm import encode_commit_report
from ..protocol.ids import NO_ROOT, Root
from ..protocol.merkle import root
from ..protocol.report import NO_INTERVAL, CommitReport, Interval
from .agree import Outcome
from .view import View


def report(outcome: Outcome, view: View) -> bytes | NotYet:
    """The report's bytes, or why this view does not bear it out."""
    if view.halted:
        return NotYet("the lane is halted")
    committed = _root(outcome.interval, view)
    if isinstance(committed, NotYet):
        return committed
    return encode_commit_report(CommitReport(outcome.prices, outcome.interval, committed))


def _root(interval: Interval, view: View) -> Root | NotYet:
    """The root over this node's leaves. Only an interval that the CommitStore would take now is rooted."""
    if interval == NO_INTERVAL:
        return NO_ROOT
    if interval.first != view.expected_next:
        return NotYet(f"the CommitStore expects {view.expected_next}, not {interval.first}")
    if len(interval) > len(view.leaves):
        return NotYet(f"message {interval.last} is not final here yet")
    return root(view.leaves[: len(interval)])
