"""A short run of the soak, every node a process; and what makes a run fail or prove too little."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ccip_py.audit.history import Finding
from ccip_py.audit.rpc import EndpointError
from ccip_py.audit.words import Unreadable
from ccip_py.chaos.clock import WallClock
from ccip_py.chaos.inquiry import Answer, Inquiry
from ccip_py.chaos.nemesis import FAULTS, World
from ccip_py.chaos.report import Fate, Plan, Report, as_data, as_text
from ccip_py.chaos.soak import _Run, soak
from ccip_py.testing.sandbox import Sandbox

SEED = int(os.environ.get("CCIP_SOAK_SEED", "1"))


@pytest.mark.slow
def test_everything_holds_under_faults() -> None:
    """A failure prints its seed: CCIP_SOAK_SEED=17 scripts/test tests/chaos."""
    report = soak(
        Plan(
            seconds=20,
            seed=SEED,
            per_second=8,
            strangers=False,
            deep_every=0,
            longest_fault_s=5.0,
            longest_pause_s=1.0,
            calm_s=240,
        )
    )
    assert report.passed, as_text(report)
    assert report.sent > 50
    assert report.delivered > 0
    assert report.failed > 0
    assert report.faults.total() >= 3


def _report(**changes: object) -> Report:
    faults = Counter(dict.fromkeys(list(FAULTS)[:10], 5))
    report = Report(Plan(), ran_s=3_600, sent=20_000, delivered=20_000, faults=faults, decided=True)
    report.audits = [Answer(600.0, 60.0)]
    for name, value in changes.items():
        setattr(report, name, value)
    return report


def test_an_hour_of_enough_is_not_void() -> None:
    assert _report().void == ""


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"sent": 19_999}, "19,999 messages, 20,000 are wanted"),
        ({"ran_s": 3_599.0}, "3599 s, 3600 are wanted"),
        ({"faults": Counter(dict.fromkeys(list(FAULTS)[:9], 50))}, "9 kinds of fault 5 times, 10 are wanted"),
    ],
)
def test_an_hour_of_too_little_is_void(changes: dict[str, object], why: str) -> None:
    assert _report(**changes).void == why
    assert f"verdict: VOID: {why}" in as_text(_report(**changes))


def test_the_report_is_told_as_json_and_as_text() -> None:
    found = [Finding("S1", "a", ("0x1",), "out of nothing")]
    report = _report(violations=found, audits=[Answer(60.0, 5.0)], hostile={"refusing": Fate(3, 0, 3)})
    told = json.loads(json.dumps(as_data(report)))
    assert told["faults"] == dict(report.faults)
    assert told["violations"][0]["what"] == "out of nothing"
    assert told["verdict"] == "BROKEN: 1 violations at the end"
    assert told["hostile"]["refusing"] == {"sent": 3, "delivered": 0, "failed": 3}
    assert "BROKEN S1 on a: out of nothing 0x1" in as_text(report)
    assert "3      0      3 refusing" in as_text(report)


def test_a_shorter_run_is_a_try_and_says_so() -> None:
    report = _report(plan=Plan(seconds=180), sent=900)
    assert report.void == ""
    assert "verdict: everything held, in a try of 3 minutes" in as_text(report)


@pytest.mark.parametrize(
    "changes",
    [
        {"delivered": 0, "failed": 20_000},
        {"delivered": 19_999, "failed": 1},
        {"sent": 0, "delivered": 0},
        {"delivered": 10, "failed": 10, "hostile": {"refusing": Fate(9, 0, 9)}},
        {"sent": 10, "delivered": 10, "hostile": {"no harm after all": Fate(10, 10, 0)}},
        {"drained_s": 120.1},
        {"lost": 1},
        {"doubled": 1},
        {"deaths": ["committer 0"]},
        {"broken_promises": ["nobody noticed"]},
        {"violations": [Finding("S1", "a", (), "out of nothing")]},
        {
            "audits": [
                Answer(60.0, 5.0, violations=[{"invariant": "S1", "chain": "a", "what": "out of nothing"}])
            ]
        },
        {"decided": False},
        {"cut_short": ["conclude: Unreadable: log 3"]},
        {"audits": []},
        {"audits": [Answer(600.0, 60.0, error="no usable answer")]},
        {"plan": Plan(seconds=600), "audits": []},
    ],
)
def test_anything_lost_doubled_dead_or_broken_fails_the_run(changes: dict[str, object]) -> None:
    assert _report().passed
    assert not _report(**changes).passed
    assert "BROKEN: " in as_text(_report(**changes)).splitlines()[-1]


def test_the_calm_after_an_hour_is_promised_and_that_after_a_try_only_told() -> None:
    assert _report(drained_s=120.0).passed
    slow = {"drained_s": 200.0}
    assert _report(**slow).reasons == ["200 s until the queue was empty, 120 s were promised"]
    a_try = _report(plan=Plan(seconds=599), audits=[], **slow)
    assert a_try.passed
    assert "200 s after the faults (120 s were promised)" in as_text(a_try)


def test_one_audit_decided_meanwhile_is_enough_and_a_short_try_needs_none() -> None:
    failed = Answer(600.0, 60.0, error="the chains were reorganised")
    assert _report(audits=[failed, Answer(1_200.0, 60.0)]).passed
    assert _report(plan=Plan(seconds=599), audits=[]).passed


def test_an_audit_under_way_at_the_end_is_waited_for_or_said_to_be_undecided(tmp_path: Path) -> None:
    inquiry = Inquiry(tmp_path / "missing.json", tmp_path)
    assert inquiry.last_answer(60.0) is None
    for patience_s, why in ((60.0, "cannot read the deployment"), (0.0, "not decided when the run was over")):
        inquiry.begin(30.0)
        answer = inquiry.last_answer(patience_s)
        assert answer is not None
        assert why in answer.error
        assert not inquiry.under_way


def test_the_report_outlives_an_error_in_every_part(
    ccip: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    network, healed, stopped = ccip.network, list[str](), list[str]()

    def raising(error: Exception) -> Callable[..., Any]:
        def fail(*_: object) -> None:
            raise error

        return fail

    @contextmanager
    def fault(_world: object, _dice: object) -> Iterator[str]:
        yield "struck"
        healed.append("healed")

    fleet: Any = SimpleNamespace(
        names=["monitor 0"], start_all=raising(EndpointError("gone")), stop=stopped.append
    )
    nothing: Any = SimpleNamespace(send=raising(ValueError("a bug of ours")), harm=lambda *_: "")
    monkeypatch.setattr("ccip_py.chaos.soak.FAULTS", {"a fault": fault})
    monkeypatch.setattr("ccip_py.chaos.soak.read_history", raising(Unreadable("log 3 of 0x5")))
    report = Report(Plan(seconds=600, only=("a fault",)))
    world = World(network, fleet, nothing, nothing)
    with WallClock(network) as clock:
        _Run(world, nothing, clock, Inquiry(tmp_path / "none", tmp_path), report, lambda _: None).run()

    for told, what in zip(
        report.cut_short,
        ("under fire: ValueError: a bug", "calm down: Endpoint", "conclude: Unreadable"),
        strict=True,
    ):
        assert what in told
        assert f"BROKEN: cut short: {told}" in as_text(report)
    assert (report.passed, healed, stopped) == (False, ["healed"], ["monitor 0"])
    assert report.faults == {"a fault": 1}
    assert report.ran_s > 0


def test_hostile_messages_may_fail() -> None:
    assert _report(delivered=19_990, failed=10, hostile={"refusing": Fate(10, 0, 10)}).passed
