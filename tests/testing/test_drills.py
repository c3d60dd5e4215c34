"""The drills and the soak, short: what must be stopped is stopped, and nothing else is. Times are for `scripts/drill`."""

import json
from collections import Counter
from pathlib import Path

import pytest

from ccip_py.testing.drills import __main__ as command
from ccip_py.testing.drills.__main__ import DRILLS, run_drills
from ccip_py.testing.drills.figures import Figure, as_json, table
from ccip_py.testing.drills.soak import SoakOptions, SoakReport, soak

README = Path(__file__).parents[2] / "docs" / "risk.md"


def broken(figures: list[Figure]) -> list[Figure]:
    return [figure for figure in figures if not figure.held]


@pytest.mark.slow
def test_a_lowered_threshold_and_a_deep_reorg_are_stopped_and_the_lane_goes_on() -> None:
    figures = run_drills(["lowered-threshold", "deep-reorg"], print)

    assert broken(figures) == []
    assert {figure.drill for figure in figures} == {"lowered-threshold", "deep-reorg"}


@pytest.mark.deep
def test_every_drill_ends_as_promised() -> None:
    assert broken(run_drills(list(DRILLS), print)) == []


@pytest.mark.deep
def test_ordinary_trouble_is_no_reason_to_curse() -> None:
    report = soak(SoakOptions(minutes=0.5, seed=3, message_every=4, trouble_every=4, trouble_lasts=6), print)

    assert report.passed, report.text()
    assert sum(report.troubles.values()) > 3


def test_a_figure_is_held_late_or_broken() -> None:
    assert Figure("d", "p", True).verdict == "held"
    assert Figure("d", "p", True, 2.0, 3.0).verdict == "held"
    assert Figure("d", "p", True, 4.0, 3.0).verdict == "late"
    assert Figure("d", "p", False, 1.0, 3.0).verdict == "BROKEN"
    assert "4.0 s" in table([Figure("d", "p", True, 4.0, 3.0)])
    assert json.loads(as_json([Figure("d", "p", True)]))[0]["verdict"] == "held"


@pytest.mark.parametrize(
    ("figure", "code"),
    [
        (Figure("d", "p", True), 0),
        (Figure("d", "p", True, 3.0, 3.0), 0),
        (Figure("d", "p", True, 3.1, 3.0), 1),
        (Figure("d", "p", False, 1.0, 3.0), 1),
    ],
)
def test_the_command_fails_where_a_promise_was_broken_or_kept_late(
    figure: Figure, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["scripts/drill", "bad-root"])
    monkeypatch.setattr(command, "run_drills", lambda *_: [Figure("d", "first", True), figure])

    assert command.main() == code


@pytest.mark.parametrize("spoiled", ["curses", "evidence", "waiting", "nothing executed"])
def test_a_soak_passes_only_without_any_curse_vote_or_loss(spoiled: str) -> None:
    good = SoakReport(seed=1, executed=1, troubles=Counter({"rpc": 2}))
    assert good.passed
    assert json.loads(good.json())["troubles"] == {"rpc": 2}
    if spoiled == "nothing executed":
        good.executed = 0
    else:
        getattr(good, spoiled).append("something")
    assert not good.passed
    assert "FAILED" in good.text()
    assert json.loads(good.json())["passed"] is False


def test_every_drill_is_described_in_the_documentation() -> None:
    text = README.read_text()

    assert [name for name in DRILLS if f"`{name}`" not in text] == []
