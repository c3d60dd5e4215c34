"""What the relay's bench computes from what it saw."""

from ccip_py.chaos.figures import Figures, as_table, spread, sustained
from ccip_py.chaos.watch import Journey


def tried(*times: int) -> list[Journey]:
    return [Journey(("a", "b"), number, 0, time, time, True) for number, time in enumerate(times)]


def test_a_sustained_rate_leaves_out_the_start_and_the_end() -> None:
    steady = [time for time in range(10, 20) for _ in range(50)]

    assert sustained(tried(0, 1, *steady, 90)) == 50.0


def test_what_was_over_within_a_second_has_no_sustained_rate() -> None:
    assert sustained(tried(7, 7, 7)) == 0.0
    assert sustained([]) == 0.0


def test_a_table_has_a_row_for_each_scenario() -> None:
    row = Figures(
        scenario="10 a block",
        messages=300,
        per_second=9.1,
        sustained=10.0,
        seconds=spread([5, 6]),
        blocks=spread([5, 6]),
        cpu_us={"committer": 1_200.4},
        others=0.25,
        memory_mb={"committer": [80.0, 82.6]},
        first_work_s=7.5,
        restart_s={},
        load=1.0,
        calls={"committer": 4.5},
    )

    lines = as_table([row, row]).splitlines()
    assert sum(line.startswith("| 10 a block |") for line in lines) == 4
    assert {line.count("|") for line in lines[:4]} == {lines[0].count("|")}
    assert "80 → 83" in lines[2]
