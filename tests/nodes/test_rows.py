"""Every fault of the committers, the executors, the chains and the processes has a test that bears its number.

The rows are those of the threat table: I byzantine committers, J executors, K chains and endpoints, L processes. A test may
prove two of them: `test_I4_K4_only_finalized_messages_are_committed`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
LAST = {"I": 12, "J": 11, "K": 18, "L": 11}
ROWS = [f"{group}{number}" for group, last in LAST.items() for number in range(1, last + 1)]


@pytest.fixture(scope="module")
def proven() -> set[str]:
    named = re.compile(r"def test_((?:[A-Z]\d+_)+)")
    found = (named.findall(path.read_text(encoding="utf-8")) for path in TESTS.rglob("test_*.py"))
    return {row for names in found for name in names for row in name.strip("_").split("_")}


@pytest.mark.parametrize("row", ROWS)
def test_there_is_a_test_of(row: str, proven: set[str]) -> None:
    assert row in proven
