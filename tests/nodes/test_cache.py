"""The cache: no gaps, all or nothing, and nothing lost when it is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccip_py.errors import NotYet
from ccip_py.nodes.cache import Cache, CachedMessage, Cursor
from ccip_py.protocol.ids import SeqNr

CURSOR = Cursor(11, b"\x0a" * 32)


def a_message(seq_nr: int) -> CachedMessage:
    return CachedMessage(SeqNr(seq_nr), 10, bytes([seq_nr]) * 32, b"data %d" % seq_nr)


def test_what_was_read_is_known_after_a_restart(tmp_path: Path) -> None:
    cache = Cache.open(tmp_path / "cache.sqlite")
    cache.lane("a").append([a_message(1), a_message(2)], CURSOR)
    cache.close()

    lane = Cache.open(tmp_path / "cache.sqlite").lane("a")

    assert lane.cursor() == CURSOR
    assert lane.last() == 2
    assert lane.leaves(2, 9) == [b"\x02" * 32]
    assert lane.messages(1, 1) == [a_message(1)]


def test_lanes_are_apart(tmp_path: Path) -> None:
    cache = Cache.open(tmp_path / "cache.sqlite")
    cache.lane("a").append([a_message(1)], CURSOR)

    assert cache.lane("b").cursor() is None
    assert cache.lane("b").last() == 0


@pytest.mark.parametrize("seq_nrs", [[2], [1, 3], [1, 1]])
def test_a_gap_keeps_nothing(tmp_path: Path, seq_nrs: list[int]) -> None:
    lane = Cache.open(tmp_path / "cache.sqlite").lane("a")

    with pytest.raises(NotYet) as gap:
        lane.append([a_message(seq_nr) for seq_nr in seq_nrs], CURSOR)

    assert gap.value.code == "SEQUENCE_GAP"
    assert lane.cursor() is None
    assert lane.last() == 0


def test_the_cursor_moves_without_messages(tmp_path: Path) -> None:
    lane = Cache.open(tmp_path / "cache.sqlite").lane("a")

    lane.append([], CURSOR)
    lane.append([], Cursor(12, b"\x0b" * 32))

    assert lane.cursor() == Cursor(12, b"\x0b" * 32)


def test_a_damaged_file_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    path.write_bytes(b"not a database" * 1000)

    lane = Cache.open(path).lane("a")
    lane.append([a_message(1)], CURSOR)

    assert lane.last() == 1


def test_a_cleared_lane_starts_from_nothing(tmp_path: Path) -> None:
    lane = Cache.open(tmp_path / "cache.sqlite").lane("a")
    lane.append([a_message(1)], CURSOR)

    lane.clear()

    assert lane.cursor() is None
    assert lane.last() == 0
