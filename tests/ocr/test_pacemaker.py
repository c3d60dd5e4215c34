"""Epochs end when they must, all honest nodes move together, and nobody is dragged along by f liars."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ccip_py.ocr import engine as pure
from ccip_py.ocr.config import MAX_EPOCH, MAX_ROUND
from ccip_py.ocr.messages import Kind, Message, Slot
from ccip_py.ocr.misbehaviour import Misbehaviour
from ccip_py.ocr.state import Attested, Broadcast, Durable, RecordEpoch, Rejected, Tick

from .board import Board
from .tiny import Reading

IDLE = [Reading(100, published=100)] * 4  # there is nothing to sign
ALL = [Reading(100)] * 4


def test_a_committee_starts_in_epoch_1() -> None:
    assert {state.epoch for state in Board().start(*IDLE).states} == {1}


def test_rounds_with_nothing_to_do_are_progress() -> None:
    board = Board().start(*IDLE).wait(10)

    assert {state.epoch for state in board.states} == {1}


def test_I8_a_silent_leader_is_left_behind() -> None:
    board = Board()
    silent = board.config.leader(1)
    board.off.add(silent)
    board.start(*ALL).wait(4)

    moved = [state.epoch for i, state in enumerate(board.states) if i != silent]
    assert moved == [2, 2, 2]
    assert board.of(Attested, board.config.leader(2))


def test_no_leader_rules_for_long() -> None:
    board = Board().start(*IDLE).wait(61)

    assert {state.epoch for state in board.states} == {2}


def test_the_last_round_number_ends_the_epoch() -> None:
    board = Board().start(*IDLE)
    leading = board.states[board.leader].leading
    board.states[board.leader] = replace(
        board.states[board.leader], leading=replace(leading, number=MAX_ROUND - 1, open=False)
    )
    board.wait(1.5)

    assert {state.epoch for state in board.states} == {2}


@pytest.mark.parametrize(("liars", "epoch"), [(1, 1), (2, 9), (3, 9)])
def test_f_wishes_do_nothing_and_f_plus_1_take_everybody_along(liars: int, epoch: int) -> None:
    """Two wishers are one more than may lie, so an honest node joins them; then there are three."""
    board = Board().start(*IDLE)
    for sender in range(liars):
        for to in range(4):
            board.tell(to, sender, Message(Kind.WISH, Slot(9, 0)))

    assert {state.epoch for state in board.states} == {epoch}


def test_one_liar_cannot_drag_the_epoch_away() -> None:
    board = Board().start(*IDLE)
    for to in range(4):
        board.tell(to, 0, Message(Kind.WISH, Slot(MAX_EPOCH, 0)))
    board.wait(61)

    assert {state.epoch for state in board.states[1:]} == {2}


def test_the_epoch_is_recorded_before_anything_is_said_in_it() -> None:
    board = Board().start(*ALL).wait(1)

    for effects in board.effects:
        recorded = 0
        for effect in effects:
            if isinstance(effect, RecordEpoch):
                recorded = effect.epoch
            if isinstance(effect, Broadcast) and effect.message.kind is not Kind.WISH:
                assert effect.message.slot.epoch <= recorded


def test_a_restarted_node_is_where_it_was_and_follows() -> None:
    board = Board().start(*IDLE).wait(1)
    back = board.follower()
    board.restart(back)
    board.see(back, IDLE[0])
    assert board.states[back].epoch == 1

    board.wait(2)

    assert board.states[back].round.number == board.states[board.leader].round.number


def test_a_late_joiner_catches_up_with_the_epoch() -> None:
    board = Board()
    late = board.config.leader(4)
    board.off.add(late)
    board.disks = [Durable(epoch=3)] * 4
    board.disks[late] = Durable()
    board.start(*IDLE)

    board.off.clear()
    board.wait(2)

    assert board.states[late].epoch == 3


def test_a_restarted_leader_does_not_lead_on_but_asks_for_the_next_epoch() -> None:
    """It no longer knows what it proposed, and must not seem to equivocate."""
    board = Board().start(*IDLE).wait(1)
    fallen = board.leader
    board.effects[fallen].clear()
    board.restart(fallen)
    board.wait(0.2)

    said = [effect.message for effect in board.of(Broadcast, fallen)]
    assert {message.kind for message in said} == {Kind.WISH}
    assert max(message.slot.epoch for message in said) == 2


def test_a_query_that_comes_before_the_epoch_is_heard_when_the_epoch_comes() -> None:
    board = Board().start(*IDLE)
    ahead, to = board.config.leader(2), board.config.leader(3)
    board.tell(to, ahead, Message(Kind.QUERY, Slot(2, 1)))
    assert board.states[to].epoch == 1

    board.hears = lambda sender, to, kind: kind is Kind.WISH
    for sender in range(3):
        board.tell(to, sender, Message(Kind.WISH, Slot(2, 0)))

    assert board.states[to].slot == Slot(2, 1)


def test_waking_when_told_is_enough() -> None:
    """Between two wake times a tick changes nothing."""
    board = Board().start(*IDLE)
    for i, engine in enumerate(board.engines):
        state = board.states[i]
        due = pure.wake_at(engine, state)
        assert due > board.now
        same, effects = pure.step(engine, state, Tick(due - 0.001))
        assert not effects
        assert replace(same, now=state.now) == state


def test_L8_a_member_that_was_stopped_for_a_minute_comes_back_and_its_old_timers_do_no_harm() -> None:
    board = Board().start(*[Reading(5)] * 4)
    asleep = board.leader
    board.off.add(asleep)
    board.wait(60)
    board.off.clear()
    before = len(board.of(Misbehaviour)) + len(board.of(Rejected))

    board.wait(10)

    assert len({state.epoch for state in board.states}) == 1
    assert len(board.of(Misbehaviour)) + len(board.of(Rejected)) == before
