"""The coverage gate reads lcov as forge writes it, and counts what was not reached."""

import pytest

from tests.contracts.measure_coverage import read, share

REPORT = """TN:
SF:contracts/Router.sol
DA:10,3
DA:11,0
BRDA:11,0,0,-
BRDA:11,0,1,2
end_of_record
SF:contracts/RMN.sol
DA:5,1
end_of_record
"""


def test_lines_and_branches_are_told_by_file() -> None:
    router, rmn = read(REPORT.splitlines())

    assert router.lines == {10: 3, 11: 0}
    assert router.branches == {"11,0,0": 0, "11,0,1": 2}
    assert router.missed() == "lines [11], branches at [11]"
    assert rmn.missed() == "lines all run, branches at all taken"


@pytest.mark.parametrize(("hits", "per_cent"), [([], 100.0), ([0, 4], 50.0), ([1, 1, 1], 100.0)])
def test_the_share_counts_what_was_reached(hits: list[int], per_cent: float) -> None:
    assert share(hits) == per_cent
