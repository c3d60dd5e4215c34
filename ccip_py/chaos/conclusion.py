"""What a finished run comes to, from the chains alone: the auditor's verdict, and how each kind of message fared."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ccip_py.audit.events import FAILURE, SUCCESS, Attempt, Sent
from ccip_py.audit.history import History
from ccip_py.audit.verdict import judge
from ccip_py.chaos.clock import WallClock, latencies
from ccip_py.chaos.report import Fate, Report, histogram, percentiles

Harm = Callable[[str, Sent], str]
"""(destination's name, message) → what is hostile about it; empty for an ordinary one."""


def conclude(report: Report, history: History, clock: WallClock, harm: Harm) -> None:
    """Fill in what only the end can tell."""
    verdict = judge(history)
    report.decided = True
    report.sent = sum(tally.sent for tally in verdict.tallies)
    report.delivered = sum(tally.delivered for tally in verdict.tallies)
    report.failed = sum(tally.failed for tally in verdict.tallies)
    report.lost = sum(tally.waiting for tally in verdict.tallies)
    report.doubled = sum(finding.invariant == "S2" for finding in verdict.violations)
    report.violations += verdict.violations
    report.notes = [f"{n.invariant} {n.chain}: {n.what}" for n in verdict.findings if not n.broken]
    for what, state in _hostile(history, harm):
        fate = report.hostile.setdefault(what, Fate())
        fate.sent += 1
        fate.delivered += state == SUCCESS
        fate.failed += state == FAILURE

    names = {selector: chain.name for selector, chain in history.chains.items()}
    took = latencies(history, clock, lambda there, sent: bool(harm(names[there], sent)))
    report.latency_s = {"ordinary": percentiles(took.ordinary), "hostile": percentiles(took.hostile)}
    report.histogram = {"ordinary": histogram(took.ordinary), "hostile": histogram(took.hostile)}


def _hostile(history: History, harm: Harm) -> Iterator[tuple[str, int]]:
    """Every hostile message: what is hostile about it, and how it stands; 0 if nobody tried it."""
    for lane in history.lanes:
        source, destination = history.chains[lane.source], history.chains[lane.destination]
        states = {each.number: each.state for each in destination.of(Attempt, lane.off_ramp)}
        for sent in source.of(Sent, lane.on_ramp):
            if what := harm(destination.name, sent):
                yield what, states.get(sent.number, 0)
