"""Epochs end when they must, all honest nodes move together, and nobody is dragged along by f liars."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ccip_py.ocr import engine as pure
from ccip_py.ocr.config import MAX_EPOCH, MAX_ROUND
from ccip_py.ocr.messages import Kind, Message, Slot
from ccip_py.ocr.misbehaviour import Misbehaviour
from ccip_py.ocr.state import Attested, Broadcast, Durable, RecordEpoch, Rejected, SendTo, Tick

from .board import TIMING, Board, a_config
from .tiny import Reading

IDLE = [Reading(100, published=100)] * 4  # there is nothing to sign
ALL = [Reading(100)] * 4


def landed(board: Board, *members: int) -> Board:
    """Those members, or all of them, see that what was in flight is published."""
    for member in members or range(4):
        board.see(member, IDLE[0])
    return board


def test_a_committee_starts_in_epoch_1() -> None:
    assert {state.epoch for state in Board().start(*IDLE).states} == {1}


def test_rounds_with_nothing_to_do_are_progress() -> None:
    board = Board().start(*IDLE).wait(10)

    assert {state.epoch for state in board.states} == {1}


def test_a_leader_with_nothing_to_agree_on_asks_now_and_then_and_at_once_when_there_is() -> None:
    board = landed(Board().start(*IDLE)).wait(10.1)  # a leader looks again once it leads
    asked = [one for one in board.of(Broadcast, board.leader) if one.message.kind is Kind.QUERY]
    assert abs(len({one.message.slot for one in asked}) - 10 / TIMING.rest) <= 1

    for member in range(4):
        board.see(member, Reading(105, published=100))
    assert board.wait(TIMING.pace).of(Attested)


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


# --- How long things may take ---


def failing(board: Board) -> Board:
    """Nobody hears a proposal, so no round succeeds."""
    board.hears = lambda sender, to, kind: kind is not Kind.PROPOSAL
    return board


def talkative() -> Board:
    """What is wanted is repeated within a round."""
    return Board(a_config(timing=replace(TIMING, resend=0.4)))


def lengths_of_epochs(board: Board, count: int) -> list[float]:
    """Seconds that each of so many epochs lasted."""
    lengths: list[float] = []
    for _ in range(count):
        epoch, began = board.states[0].epoch, board.now
        while board.states[0].epoch == epoch:
            board.wait(0.5, step=0.5)
        lengths.append(board.now - began)
    return lengths


def test_f_failed_epochs_are_faulty_leaders_and_every_further_one_doubles_the_time() -> None:
    board = failing(Board()).start(*ALL)

    assert lengths_of_epochs(board, 6) == [3.0, 3.0, 6.0, 12.0, 24.0, 48.0]
    assert lengths_of_epochs(board, 1) == [48.0]


def test_a_leader_gives_up_rounds_later_when_epochs_fail() -> None:
    board = failing(Board()).start(*ALL)
    lengths_of_epochs(board, 3)
    leading = board.states[board.leader].leading

    assert pure.wake_at(board.engines[board.leader], board.states[board.leader]) < leading.started + 4.0
    board.wait(3.5, step=0.5)
    assert board.states[board.leader].leading.number == leading.number
    board.wait(1.0, step=0.5)
    assert board.states[board.leader].leading.number == leading.number + 1


def test_every_round_that_succeeds_takes_one_step_back() -> None:
    board = failing(Board()).start(*IDLE)
    lengths_of_epochs(board, 4)
    before = board.states[0].failed
    rounds = board.states[0].round.number

    board.hears = lambda sender, to, kind: True
    while board.states[0].failed == before:
        board.wait(0.1, step=0.1)
    assert board.states[0].failed == before - 1
    board.wait(6)

    assert board.states[0].round.number > rounds + before
    assert {state.failed for state in board.states} == {0}


def test_an_epoch_in_which_a_node_sees_nothing_does_not_count() -> None:
    board = Board().start(None, None, None, None)
    lengths_of_epochs(board, 4)

    assert {state.failed for state in board.states} == {0}


def test_an_epoch_whose_leader_was_proved_faulty_does_not_count() -> None:
    board = failing(Board()).start(*ALL)
    board.states = [replace(state, deposed=True) for state in board.states]
    board.wait(2)

    assert {(state.epoch, state.failed) for state in board.states} == {(2, 0)}


def test_who_could_not_see_when_asked_answers_when_asked_again() -> None:
    """A round may be long: it must not take that long because of one message, or of one look that came late."""
    board = talkative().start(*ALL[:2], None, None)
    assert not board.of(Attested)

    for member in (2, 3):
        board.see(member, ALL[0])
    board.wait(1)

    assert {one.attested.slot for one in board.of(Attested)} == {Slot(1, 1)}


def test_who_waits_for_a_report_to_land_answers_when_it_has_landed_and_not_before() -> None:
    """Four members notice it within the same moment: a leader that is the first must not agree with three that are not."""
    board = Board().start(*ALL)
    to, query = board.follower(), Message(Kind.QUERY, Slot(1, 2))

    board.tell(to, board.leader, query)
    assert not [one for one in board.of(SendTo, to) if one.message.slot == query.slot]

    landed(board, to)
    assert len([one for one in board.of(SendTo, to) if one.message.slot == query.slot]) == 1


def test_a_proposal_that_nobody_heard_is_said_again() -> None:
    board = failing(talkative()).start(*ALL).wait(0.3)
    board.hears = lambda sender, to, kind: True
    board.wait(0.5)

    assert {one.attested.slot for one in board.of(Attested)} == {Slot(1, 1)}


def test_a_leader_that_asks_without_end_is_answered_now_and_then() -> None:
    board = landed(Board().start(*ALL))
    board.hears = lambda sender, to, kind: kind is not Kind.PROPOSAL
    to, query = board.follower(), Message(Kind.QUERY, Slot(1, 9))
    for _ in range(50):
        board.tell(to, board.leader, query)

    answers = [one for one in board.of(SendTo, to) if one.message.slot == query.slot]
    assert len(answers) == 1


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
