"""The simulator can fail: each of these bugs, planted into the engine or the subject, breaks a promise it watches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest

from ccip_py.commit import agree, report
from ccip_py.commit.observe import Observation
from ccip_py.commit.view import View
from ccip_py.ocr import config, votes
from ccip_py.ocr.attest import AttestedReport, ReportSignature
from ccip_py.ocr.config import Config
from ccip_py.ocr.messages import Slot, Vote
from ccip_py.ocr.state import CountedVote
from ccip_py.protocol.ids import SeqNr
from ccip_py.protocol.report import Interval

from .sim import history
from .sim.byzantine import Fault
from .sim.checks import Checks, Violation
from .sim.history import Committee, run
from .sim.node import Node

WITHIN = 1000  # seeds; each bug is found in far fewer


def broken_promise(committee: Committee | None = None, node: type[Node] = Node) -> str:
    """What the first history that goes wrong says."""
    for seed in range(WITHIN):
        try:
            run(seed, committee, node)
        except Violation as broken:
            return str(broken)
    pytest.fail(f"not found within {WITHIN} seeds")


def test_finds_a_quorum_of_f_plus_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Config, "quorum", property(lambda self: self.f + 1))

    assert broken_promise().startswith("S13")


def test_finds_what_a_quorum_of_f_plus_1_leads_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if the referee itself believed in f+1: a liar and one poisoned endpoint commit a wrong root."""
    monkeypatch.setattr(Config, "quorum", property(lambda self: self.f + 1))
    monkeypatch.setattr(history, "Checks", lambda *known: Checks(*known[:-1], quorum=2))

    assert broken_promise(Committee(kinds=(Fault.REPLAYING, Fault.EQUIVOCATING)))[:3] in ("S14", "S15", "S16")


def test_finds_a_signature_made_before_it_is_recorded() -> None:
    class Hasty(Node):
        signs_before_recording = True

    bad_disks = Committee(kinds=(Fault.EQUIVOCATING,), crash_rates=(0.3,))

    assert broken_promise(bad_disks, Hasty).startswith("S14: an honest node signs")


def test_finds_a_signer_counted_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    def add(known: votes.Votes, sender: int, slot: Slot, vote: Vote) -> tuple[votes.Votes, None]:
        mine = (*known[sender], CountedVote(slot, vote))
        return (*known[:sender], mine, *known[sender + 1 :]), None

    def attest(
        config: Config, slot: Slot, text: bytes, found: Iterable[ReportSignature]
    ) -> AttestedReport | None:
        enough = tuple(found)[: config.quorum]
        return AttestedReport(slot, text, enough) if len(enough) == config.quorum else None

    monkeypatch.setattr(votes, "knows", lambda *_: False)
    monkeypatch.setattr(votes, "add", add)
    monkeypatch.setattr(votes, "attest", attest)

    assert broken_promise().startswith("S13")


def test_finds_messages_of_an_earlier_configuration_that_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "_session", lambda _: bytes(32))

    assert broken_promise().startswith("E3")


def test_finds_a_gap_that_no_node_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    skip_one(monkeypatch)
    monkeypatch.setattr(report, "_root", root_of_anything)

    assert broken_promise().startswith("S2")


def test_finds_a_gap_that_every_node_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The nodes' own check turns the wrong rule into a standstill."""
    skip_one(monkeypatch)

    assert broken_promise().startswith("liveness")


def skip_one(monkeypatch: pytest.MonkeyPatch) -> None:
    right = agree.agree_interval

    def wrong(observations: Sequence[Observation], f: int) -> Interval:
        interval = right(observations, f)
        return Interval(SeqNr(interval.first + 1), interval.last) if len(interval) > 1 else interval

    monkeypatch.setattr(agree, "agree_interval", wrong)


def root_of_anything(interval: Interval, view: View) -> object:
    """Only looks whether the leaves are there."""
    if not interval.first:
        return report.NO_ROOT
    start, end = interval.first - view.expected_next, interval.last - view.expected_next + 1
    if start < 0 or end > len(view.leaves):
        return report.NotYet("not here")
    return report.root(view.leaves[start:end])
