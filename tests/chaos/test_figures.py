"""What the relay's bench computes from what it saw."""

from dataclasses import replace
from pathlib import Path

import pytest

from ccip_py.chaos import bench_relay
from ccip_py.chaos.figures import Delivered, Figures, Offered, as_table, delivered, spread, sustained
from ccip_py.chaos.replay import ChainsAlone
from ccip_py.chaos.watch import Journey

DOCS = Path(__file__).parents[2] / "docs"
ROW = Figures(
    scenario="10 a block",
    offered=Offered.of(10, [0.1] * 30, took_s=30.0),
    delivered=Delivered(
        300, 0, per_second=9.1, sustained=10.0, seconds=spread([5, 6]), blocks=spread([5, 6])
    ),
    cpu_us={"committer": 1_200.4},
    others=0.25,
    memory_mb={"committer": [80.0, 82.6]},
    first_work_s=7.5,
    restart_s={},
    load=1.0,
    calls={"committer": 4.5},
)


def tried(*times: int, succeeded: bool = True) -> list[Journey]:
    return [Journey(("a", "b"), number, 0, time, time, succeeded) for number, time in enumerate(times)]


def test_a_sustained_rate_leaves_out_the_start_and_the_end() -> None:
    steady = [time for time in range(10, 20) for _ in range(50)]

    assert sustained(tried(0, 1, *steady, 90)) == 50.0


def test_what_was_over_within_a_second_has_no_sustained_rate() -> None:
    assert sustained(tried(7, 7, 7)) is None
    assert sustained([]) is None

    burst = replace(ROW, delivered=delivered(tried(7, 7, 7), took_s=1.0))
    assert "| –, 3.0 |" in as_table([burst])


def test_a_table_has_a_row_for_each_scenario() -> None:
    lines = as_table([ROW, ROW]).splitlines()
    assert sum(line.startswith("| 10 a block |") for line in lines) == 4
    assert {line.count("|") for line in lines[:4]} == {lines[0].count("|")}
    assert "80 → 83" in lines[2]


def test_what_failed_counts_for_no_rate_and_no_latency() -> None:
    came = delivered(tried(5, 5, 6, 7) + tried(90, 99, succeeded=False), took_s=2.0)

    assert (came.messages, came.failed, came.per_second) == (4, 2, 2.0)
    assert came.seconds[2] == came.blocks[2] == 7
    assert came == replace(delivered(tried(5, 5, 6, 7), took_s=2.0), failed=2)


@pytest.mark.parametrize("failed", [0, 1])
def test_a_bench_with_failed_messages_fails(
    failed: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    row = replace(ROW, delivered=replace(ROW.delivered, failed=failed))
    monkeypatch.setattr(bench_relay, "run", lambda *_: row)

    assert bench_relay.main(["--only", "10"]) == failed
    said = capsys.readouterr()
    assert f"| 10 a block | 10.0 of 10 | 300 | {failed} |" in said.out
    assert ("1 messages failed" in said.err) == bool(failed)


def test_chains_alone_are_as_fast_as_the_slowest_or_as_one_core_that_does_all() -> None:
    alone = ChainsAlone.of(600, {"a": 2.0, "b": 1.0})

    assert alone == ChainsAlone(slowest_chain=300.0, one_core=200.0)
    table = as_table([replace(ROW, chains_alone=alone)]).splitlines()
    assert "slowest chain, all on one core" in table[0]
    assert "| 300, 200 |" in table[2]


def test_the_offered_load_is_what_was_achieved_and_says_where_it_fell_behind() -> None:
    behind = Offered.of(600, [0.4, 1.5, 1.1, 0.9], took_s=4.8)

    assert (behind.per_second, behind.named, behind.late) == (500.0, 600.0, 2)
    assert "| 500.0 of 600; longer than a block in 2 of 4 |" in as_table([replace(ROW, offered=behind)])


def test_a_burst_is_offered_as_fast_as_the_chains_take_it() -> None:
    burst = Offered.of(1_000, [4.0], took_s=4.0)

    assert (burst.named, burst.late) == (None, 0)
    assert "| 250.0 at once |" in as_table([replace(ROW, offered=burst)])


def test_the_documented_table_has_the_columns_of_the_bench() -> None:
    head, rule = as_table([]).splitlines()
    documented = (DOCS / "relay.md").read_text(encoding="utf-8").splitlines()

    assert documented[documented.index(head) + 1] == rule


@pytest.mark.parametrize("name", bench_relay.SCENARIOS)
def test_every_scenario_is_documented(name: str) -> None:
    assert f"`{name}`" in (DOCS / "benchmarks.md").read_text(encoding="utf-8")
