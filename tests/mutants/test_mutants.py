"""Every row of the threat table has a test that is named after it, and a mutant that this test must notice.

`scripts/test` tries ten of them, others each time; `scripts/check --deep` tries all.
"""

import re
from pathlib import Path

import pytest

from . import mutants

ROOT = Path(__file__).resolve().parents[2]
ROWS = [
    f"{group}{number}"
    for group, rows in {"A": 13, "B": 13, "C": 9, "D": 8, "E": 11, "F": 14, "G": 10, "H": 10}.items()
    for number in range(1, rows + 1)
]


def named_tests() -> dict[str, str]:
    """Test file by row: Solidity's `test_A1_…` and `testFuzz_A1_…`, and Python's `test_A1_…`."""
    found = {}
    for path in [
        *(ROOT / "tests/contracts/attacks").glob("*.t.sol"),
        *(ROOT / "tests").glob("*/test_rows.py"),
    ]:
        for row in re.findall(
            r"(?:function|def) test(?:Fuzz)?_([A-H]\d+)_", path.read_text(encoding="utf-8")
        ):
            found[row] = path.relative_to(ROOT).as_posix()
    return found


def test_every_row_has_a_test_named_after_it() -> None:
    assert sorted(set(ROWS) - named_tests().keys()) == []


def test_every_row_has_a_mutant() -> None:
    assert sorted(set(ROWS) ^ mutants.read_all().keys()) == []


@pytest.mark.parametrize("row", ROWS)
def test_the_mutant_applies_to_the_source_as_it_is(row: str) -> None:
    mutant = mutants.read(row)

    assert mutants.apply(mutant) != (ROOT / mutant.path).read_text(encoding="utf-8")
    assert mutant.test in (None, named_tests()[row])
