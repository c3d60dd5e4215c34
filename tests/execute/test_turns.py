"""The order of executors: one line per root, the same for everybody, and nobody is waited for in vain."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccip_py.execute.turns import Standing, has_turn, rank
from ccip_py.protocol.ids import Address, Root

from .builders import NOW, a_root, an_address, some_messages

executors = st.sets(st.binary(min_size=20, max_size=20).map(Address), min_size=1, max_size=8)
roots = st.binary(min_size=32, max_size=32).map(Root)


@given(roots, executors)
def test_ranks_are_one_line_without_gaps(root: Root, everybody: set[Address]) -> None:
    assert sorted(rank(root, each, everybody) for each in everybody) == list(range(len(everybody)))


def test_another_root_has_another_order() -> None:
    everybody = [an_address(i) for i in range(1, 5)]
    firsts = {
        min(everybody, key=lambda each: rank(Root(bytes([i]) * 32), each, everybody)) for i in range(32)
    }

    assert firsts == set(everybody)


@pytest.mark.parametrize(
    ("place", "quiet", "expected"), [(0, 0, True), (1, 59, False), (1, 60, True), (2, 119, False)]
)
def test_the_next_in_line_steps_in_after_a_step_of_silence(place: int, quiet: int, expected: bool) -> None:
    everybody = frozenset(an_address(i) for i in range(1, 5))
    committed = replace(a_root(some_messages(1)), quiet_since=NOW - quiet)
    (me,) = (each for each in everybody if rank(committed.root, each, everybody) == place)

    assert has_turn(committed, Standing(me, everybody, step=60), NOW) is expected


def test_alone_it_is_always_my_turn() -> None:
    me = an_address(1)

    assert has_turn(a_root(some_messages(1), quiet_since=NOW), Standing(me, frozenset({me}), 60), NOW)


def test_who_is_not_on_the_list_queues_behind_some() -> None:
    """An executor that is about to be registered must not crash, nor take a place from others."""
    everybody = {an_address(i) for i in range(1, 5)}

    assert 0 <= rank(Root(bytes(32)), an_address(99), everybody) <= 4
