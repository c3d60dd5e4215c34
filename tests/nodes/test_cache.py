"""The cache: no gaps, all or nothing, and nothing lost when it is lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ccip_py.errors import BrokenInvariant
from ccip_py.nodes.cache import Cache, CachedMessage, Cursor, LaneCache
from ccip_py.protocol.ids import SeqNr

CURSOR = Cursor(11, SeqNr(3))


def a_message(seq_nr: int) -> CachedMessage:
    return CachedMessage(SeqNr(seq_nr), bytes([seq_nr]) * 32, b"data %d" % seq_nr)


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    with closing(Cache.open(tmp_path / "cache.sqlite")) as cache:
        yield cache


@pytest.fixture
def lane(cache: Cache) -> LaneCache:
    return cache.lane("a")


def test_what_was_read_is_known_after_a_restart(tmp_path: Path) -> None:
    with closing(Cache.open(tmp_path / "cache.sqlite")) as before:
        before.lane("a").append([a_message(1), a_message(2)], CURSOR)

    with closing(Cache.open(tmp_path / "cache.sqlite")) as after:
        lane = after.lane("a")

        assert lane.cursor() == CURSOR
        assert lane.leaves(2, 9) == [b"\x02" * 32]
        assert lane.messages(1, 1) == [a_message(1)]


def test_lanes_are_apart(cache: Cache) -> None:
    cache.lane("a").append([a_message(1), a_message(2)], CURSOR)

    assert cache.lane("b").cursor() is None
    assert cache.lane("b").first() is None


@pytest.mark.parametrize("seq_nrs", [[4], [3, 5], [3, 3], [3, 4, 5], []])
def test_a_gap_keeps_nothing(lane: LaneCache, seq_nrs: list[int]) -> None:
    lane.start(CURSOR)

    with pytest.raises(BrokenInvariant):
        lane.append([a_message(seq_nr) for seq_nr in seq_nrs], Cursor(12, SeqNr(5)))

    assert lane.cursor() == CURSOR
    assert lane.messages(1, 9) == []


def test_the_cursor_moves_without_messages(lane: LaneCache) -> None:
    lane.start(CURSOR)

    lane.append([], Cursor(12, SeqNr(3)))

    assert lane.cursor() == Cursor(12, SeqNr(3))


def test_reading_may_begin_in_the_middle(lane: LaneCache) -> None:
    lane.start(CURSOR)
    assert lane.first() == 3

    lane.append([a_message(3)], Cursor(12, SeqNr(4)))

    assert lane.first() == 3


def test_what_is_done_with_can_be_forgotten(lane: LaneCache) -> None:
    lane.append([a_message(1), a_message(2)], CURSOR)

    lane.forget_below(SeqNr(2))

    assert lane.first() == 2
    assert lane.cursor() == CURSOR


def test_a_damaged_file_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    path.write_bytes(b"not a database" * 1000)

    with closing(Cache.open(path)) as cache:
        cache.lane("a").append([a_message(1), a_message(2)], CURSOR)

        assert cache.lane("a").cursor() == CURSOR
