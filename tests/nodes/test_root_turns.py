"""Which roots an executor works on when there are too many: the oldest, and by and by all the others."""

from __future__ import annotations

from collections.abc import Sequence

from ccip_py.nodes.root_book import OpenRoot
from ccip_py.nodes.root_turns import IN_TURN, ROOTS_AT_ONCE, Turns
from ccip_py.protocol.ids import Root, SeqNr
from ccip_py.protocol.message import ExecutionState
from ccip_py.protocol.report import Interval


def over(number: int, *, failed: bool = False) -> OpenRoot:
    """A root over that message alone."""
    seq = SeqNr(number)
    states = {seq: ExecutionState.FAILURE} if failed else {}
    retry = frozenset({seq} if failed else ())
    return OpenRoot(Root(number.to_bytes(32, "big")), Interval(seq, seq), states, retry)


def cycle(turns: Turns, roots: Sequence[OpenRoot], asleep: frozenset[SeqNr] = frozenset()) -> set[int]:
    turns.next_cycle(asleep)
    return {each.interval.first for each in turns.choose(roots)}


def test_as_many_roots_as_there_is_room_for_are_all_there() -> None:
    roots = [over(number) for number in range(1, ROOTS_AT_ONCE + 1)]

    assert cycle(Turns(), roots) == set(range(1, ROOTS_AT_ONCE + 1))


def test_roots_whose_retries_fail_for_ever_do_not_keep_another_from_its_retry() -> None:
    """As long as they may be tried again, and while they wait for it."""
    roots = [over(number, failed=True) for number in range(1, ROOTS_AT_ONCE + 2)]
    turns = Turns()

    assert ROOTS_AT_ONCE + 1 in cycle(turns, roots) | cycle(turns, roots)
    everybody_else = frozenset(SeqNr(number) for number in range(1, ROOTS_AT_ONCE + 1))
    assert ROOTS_AT_ONCE + 1 in cycle(Turns(), roots, everybody_else)


def test_messages_that_nobody_will_execute_hold_up_no_younger_root() -> None:
    """An unpaid message is never set aside."""
    roots = [over(number) for number in range(1, 10 * ROOTS_AT_ONCE + 1)]
    turns, found = Turns(), set[int]()

    for _ in range(10 * ROOTS_AT_ONCE // IN_TURN):
        chosen = cycle(turns, roots)
        assert len(chosen) == ROOTS_AT_ONCE
        assert set(range(1, ROOTS_AT_ONCE - IN_TURN + 1)) <= chosen  # the oldest are there all the time
        found |= chosen

    assert found == {each.interval.first for each in roots}


def test_what_was_never_tried_comes_before_what_failed() -> None:
    roots = [over(number, failed=number <= 10 * ROOTS_AT_ONCE) for number in range(1, 10 * ROOTS_AT_ONCE + 6)]
    turns = Turns()

    assert all(
        set(range(10 * ROOTS_AT_ONCE + 1, 10 * ROOTS_AT_ONCE + 6)) <= cycle(turns, roots) for _ in range(3)
    )


def test_a_second_look_within_a_cycle_sees_the_same_roots() -> None:
    roots = [over(number) for number in range(1, 3 * ROOTS_AT_ONCE)]
    turns = Turns()
    cycle(turns, roots)

    before = cycle(turns, roots)

    assert {each.interval.first for each in turns.choose(roots)} == before
