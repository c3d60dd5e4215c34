"""What the bench of the surfaces reads out of pytest's own report."""

from scripts.benches.surfaces import durations, figure

SAID = """
1.25s setup    test_more.py::test_delivered[0]
0.20s call     test_more.py::test_delivered[1]
0.30s call     test_more.py::test_delivered[0]
0.05s setup    test_more.py::test_delivered[1]
0.01s teardown test_more.py::test_delivered[10]
22 passed in 9.00s
"""


def test_a_tests_time_is_all_that_it_made_one_wait() -> None:
    assert durations(SAID) == [1.55, 0.25, 0.01]


def test_a_figure_is_the_best_and_the_median_of_its_runs() -> None:
    row = figure("x", [0.3, 0.1, 0.2], [0.09, 0.08], limit=0.5)

    assert (row.best, row.median, row.cpu, row.limit) == (0.1, 0.2, 0.08, 0.5)
