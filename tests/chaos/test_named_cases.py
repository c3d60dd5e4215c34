"""The page of named cases names every promise, and only tests and drills that exist."""

import re
from pathlib import Path

import pytest

from ccip_py.testing.drills.__main__ import DRILLS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "chaos.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(test_\w+)(?:_…)?`", PAGE)))


def test_every_promise_about_time_has_its_row() -> None:
    assert re.findall(r"^\| (V\d+) \|", PAGE, re.MULTILINE) == [f"V{number}" for number in range(1, 17)]


@pytest.mark.parametrize("name", NAMED)
def test_a_named_test_exists(name: str) -> None:
    assert any(
        f"def {name}" in path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")
    )


def test_a_named_drill_exists() -> None:
    named = {drill for names in re.findall(r"`scripts/drill ([\w -]+)`", PAGE) for drill in names.split()}
    assert named
    assert named <= set(DRILLS)
