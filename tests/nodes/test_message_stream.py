"""The committer's cache follows the work: what landed long ago is dropped, and read again if a root is taken back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ccip_py.nodes.cache import Cache, CachedMessage, Cursor, LaneCache
from ccip_py.nodes.commit_view import KEPT_BEHIND, CommitEyes, Market
from ccip_py.nodes.message_stream import MessageStream
from ccip_py.protocol.ids import SeqNr
from ccip_py.protocol.merkle import MAX_LEAVES

LAST = KEPT_BEHIND + 3 * MAX_LEAVES


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[LaneCache]:
    with closing(Cache.open(tmp_path / "cache.sqlite")) as whole:
        rows = [CachedMessage(SeqNr(n), n.to_bytes(32, "big"), b"") for n in range(1, LAST + 1)]
        lane = whole.lane("a")
        lane.append(rows, Cursor(50, SeqNr(LAST + 1)))
        yield lane


def a_stream(cache: LaneCache) -> MessageStream:
    nothing: Any = SimpleNamespace()
    return MessageStream(nothing, nothing, nothing, cache, 1, whole_messages=False)


def test_what_is_far_below_is_dropped(cache: LaneCache) -> None:
    a_stream(cache).forget_far_below(SeqNr(2 * MAX_LEAVES))

    assert cache.first() == 2 * MAX_LEAVES
    assert len(cache.leaves(1, LAST)) == LAST - 2 * MAX_LEAVES + 1


def test_less_than_a_tree_is_not_worth_a_write(cache: LaneCache) -> None:
    a_stream(cache).forget_far_below(SeqNr(MAX_LEAVES))

    assert cache.first() == 1


class Stream:
    """Notes what it is told to drop."""

    def __init__(self, cache: LaneCache) -> None:
        self.cache, self.needed = cache, SeqNr(0)

    async def follow(self, needed: SeqNr, pinned: object) -> None:
        self.needed = needed

    def forget_far_below(self, needed: SeqNr) -> None:
        a_stream(self.cache).forget_far_below(needed)


class Eyes(CommitEyes):
    """The chains stand still, and the CommitStore expects message `expects`."""

    __slots__ = ("expects",)

    async def _destination_state(self, at: Any) -> Any:
        return SimpleNamespace(
            expected_next=self.expects,
            paused=False,
            cursed=False,
            config_digest=b"",
            latest_price_epoch_and_round=0,
        )

    async def _cursed_at_source(self, at: Any) -> bool:
        return False

    async def _prices(self, state: Any, at: Any) -> Market:
        stored: Any = SimpleNamespace(tokens={}, gas={})
        return Market({}, None, stored, 0, 0.0)


@pytest.mark.anyio
async def test_a_committer_keeps_what_a_removed_root_may_bring_back_and_no_more(cache: LaneCache) -> None:
    block = SimpleNamespace(number=9, timestamp=9)
    nothing: Any = SimpleNamespace()
    eyes = Eyes(nothing, b"", nothing, nothing, Stream(cache), nothing)  # type: ignore[arg-type]
    heads: Any = SimpleNamespace(latest=block, finalized=block)

    for expects in (1, MAX_LEAVES + 1, LAST + 1):
        eyes.expects = SeqNr(expects)
        await eyes._read(heads, heads)

    assert cache.first() == LAST + 1 - KEPT_BEHIND
    eyes.expects = SeqNr(LAST + 1 - KEPT_BEHIND)  # sixteen roots were removed
    assert len((await eyes._read(heads, heads)).leaves) == MAX_LEAVES
