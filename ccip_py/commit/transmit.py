"""An attested report + a fresh view → send it, wait, or drop it. The view is the only memory of what was sent."""

from __future__ import annotations

from ..errors import CannotEncode
from ..ocr.messages import Slot
from ..ocr.plugin import Drop, Send, Verdict, Wait
from ..protocol.codec.evm import decode_commit_report
from ..protocol.merkle import root
from ..protocol.report import CommitReport
from .view import View


def transmit(encoded: bytes, slot: Slot, view: View) -> Verdict:
    """Send only what the CommitStore would take now. Drop tells also that the report has landed, or never will."""
    try:
        report = decode_commit_report(encoded)
    except CannotEncode:
        return Drop("not a commit report")
    verdict = _judge_root(report, view) if report.has_root else _judge_prices(slot, view)
    return Wait("the lane is halted") if view.halted and isinstance(verdict, Send) else verdict


def _judge_root(report: CommitReport, view: View) -> Verdict:
    interval = report.interval
    if view.expected_next > interval.first:
        return Drop("its messages are committed")
    if view.expected_next < interval.first:
        return Wait("an earlier commit is not visible here")
    if len(view.leaves) >= len(interval) and root(view.leaves[: len(interval)]) != report.root:
        return Drop("its root is not over the messages this node sees")
    return Send()


def _judge_prices(slot: Slot, view: View) -> Verdict:
    """Prices apply only if they are newer than what the chain took last."""
    return Drop("newer prices are on chain") if slot.packed <= view.latest_price_slot else Send()
