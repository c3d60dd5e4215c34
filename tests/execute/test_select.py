"""Which messages now.

given a stopped lane, an unblessed root, a root not fully seen, another's turn: nothing, with the reason
given a finished message: neither chosen nor waiting
given an ordered message out of turn, quarantined, pending: it waits; of its sender's, only ordered ones behind it do
given more than a batch holds: more batches, in order, up to the cycle's number
given one too large for a shared batch: alone; for any block: left out
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccip_py.execute.cost import BATCH_GAS, message_bytes, message_gas
from ccip_py.execute.select import Avoid, Batch, Limits, Selection, Why, select
from ccip_py.execute.turns import Standing
from ccip_py.execute.view import ExecutionView
from ccip_py.protocol.ids import Address, SeqNr
from ccip_py.protocol.message import ExecutionState, Message, TokenAmount

from .builders import (
    ALICE,
    BOB,
    NOW,
    a_message,
    a_root,
    a_view,
    an_address,
    ordered,
    some_messages,
    view_of,
)

LIMITS = Limits()


def numbers(selection: Selection) -> list[list[int]]:
    return [[message.sequence_number for message in batch.messages] for batch in selection.batches]


# --- Nothing at all ---


@pytest.mark.parametrize("stop", [{"cursed": True}, {"paused": True}], ids=str)
def test_nothing_goes_from_a_stopped_lane(stop: dict[str, bool]) -> None:
    selection = select(view_of(some_messages(2), **stop), LIMITS)

    assert selection == Selection((), {1: Why.LANE_STOPPED, 2: Why.LANE_STOPPED})


def test_nothing_goes_under_an_unblessed_root_and_the_next_root_does() -> None:
    first, second = some_messages(2), some_messages(2, first=3)
    view = a_view((a_root(first, blessed=False), first), (a_root(second), second))

    selection = select(view, LIMITS)

    assert numbers(selection) == [[3, 4]]
    assert selection.waiting == {1: Why.NOT_BLESSED, 2: Why.NOT_BLESSED}


def test_nothing_goes_under_a_root_with_a_message_missing() -> None:
    messages = some_messages(3)
    view = a_view((a_root(messages), [messages[0], messages[2]]))

    selection = select(view, LIMITS)

    assert selection == Selection((), dict.fromkeys((1, 2, 3), Why.NOT_SEEN))


def test_others_go_first_until_they_were_quiet_long_enough() -> None:
    messages = some_messages(1)
    committed = a_root(messages)
    everybody = frozenset(an_address(i) for i in range(1, 5))
    view = a_view((committed, messages))

    chosen = [len(select(view, LIMITS, Standing(me, everybody, step=60)).batches) for me in everybody]
    later = [len(select(view, LIMITS, Standing(me, everybody, step=30)).batches) for me in everybody]

    assert sum(chosen) == 2  # quiet for 90 s: the first in line, and the second after one step of 60
    assert sum(later) == 4


# --- One message at a time ---


@pytest.mark.parametrize("state", [ExecutionState.SUCCESS, ExecutionState.FAILURE])
def test_J10_a_message_is_attempted_once(state: ExecutionState) -> None:
    view = view_of(some_messages(2), states={SeqNr(1): state})

    assert select(view, LIMITS).waiting == {}
    assert numbers(select(view, LIMITS)) == [[2]]


def test_ordered_messages_follow_their_senders_nonce() -> None:
    view = view_of(ordered(ALICE, 1, 2, 3, first_nonce=5), sender_nonces={ALICE: 4})

    assert numbers(select(view, LIMITS)) == [[1, 2, 3]]


def test_a_gap_in_nonces_holds_up_its_sender_and_nobody_else() -> None:
    messages = [*ordered(ALICE, 1, 3, first_nonce=6), *ordered(BOB, 2, 4)]
    view = view_of(messages, sender_nonces={ALICE: 4})

    selection = select(view, LIMITS)

    assert numbers(selection) == [[2, 4]]
    assert selection.waiting == {1: Why.BEHIND, 3: Why.BEHIND}


@pytest.mark.parametrize("kind", ["pending", "quarantined"])
def test_a_message_to_avoid_holds_up_only_its_senders_ordered_ones(kind: str) -> None:
    free = a_message(3)
    messages = [*ordered(ALICE, 1, 2), free, *ordered(BOB, 4)]
    avoid = Avoid(**{kind: {messages[0].message_id: NOW + 1}})

    selection = select(view_of(messages), LIMITS, avoid=avoid)

    assert numbers(selection) == [[3, 4]]
    assert selection.waiting == {1: Why[kind.upper()], 2: Why.BEHIND}


def test_its_time_over_a_message_is_tried_again() -> None:
    (message,) = messages = some_messages(1)
    avoid = Avoid(pending={message.message_id: NOW}, quarantined={message.message_id: NOW})

    assert numbers(select(view_of(messages), LIMITS, avoid=avoid)) == [[1]]


def test_an_ordered_message_waits_for_a_root_that_is_not_blessed() -> None:
    first, second = ordered(ALICE, 1), ordered(ALICE, 2, first_nonce=2)
    view = a_view((a_root(first, blessed=False), first), (a_root(second), second))

    assert select(view, LIMITS) == Selection((), {1: Why.NOT_BLESSED, 2: Why.BEHIND})


# --- Limits ---


def test_batches_are_filled_by_count() -> None:
    selection = select(view_of(some_messages(5)), Limits(messages=2, batches=2))

    assert numbers(selection) == [[1, 2], [3, 4]]
    assert selection.waiting == {5: Why.NO_ROOM}


def test_batches_are_filled_by_gas() -> None:
    room_for_two = BATCH_GAS + 2 * message_gas(a_message(1))

    assert numbers(select(view_of(some_messages(4)), Limits(gas=room_for_two))) == [[1, 2], [3, 4]]
    assert numbers(select(view_of(some_messages(2)), Limits(gas=room_for_two - 1))) == [[1], [2]]


def test_batches_are_filled_by_bytes() -> None:
    messages = some_messages(4, data=bytes(1000))
    room_for_two = 2 * message_bytes(messages[0])

    assert numbers(select(view_of(messages), Limits(bytes=room_for_two))) == [[1, 2], [3, 4]]
    assert numbers(select(view_of(messages[:2]), Limits(bytes=room_for_two - 1))) == [[1], [2]]


def test_a_batch_fits_in_a_block_of_the_destination() -> None:
    view = view_of(some_messages(20), block_gas_limit=3_000_000)

    batches = select(view, Limits(batches=20)).batches

    assert len(batches) > 1
    assert all(batch.gas <= 2_700_000 for batch in batches)


def test_a_batch_is_under_one_root() -> None:
    first, second = some_messages(2), some_messages(2, first=3)

    selection = select(a_view((a_root(second), second), (a_root(first), first)), LIMITS)

    assert numbers(selection) == [[1, 2], [3, 4]]
    assert [batch.committed for batch in selection.batches] == [a_root(first), a_root(second)]


def test_a_senders_nonces_continue_from_batch_to_batch() -> None:
    selection = select(view_of(ordered(ALICE, 1, 2, 3, 4)), Limits(messages=3))

    assert numbers(selection) == [[1, 2, 3], [4]]


def test_a_message_too_large_for_a_shared_batch_goes_alone() -> None:
    messages = [a_message(1), a_message(2, gas_limit=17_000_000), a_message(3)]

    assert numbers(select(view_of(messages), LIMITS)) == [[1], [2], [3]]


@pytest.mark.parametrize(
    "change",
    [{"gas_limit": 30_000_000}, {"gas_limit": 2**256 - 1}, {"data": bytes(128 * 1024)}],
    ids=["gas", "absurd gas", "bytes"],
)
def test_J7_a_message_too_large_for_any_block_is_left_out(change: dict[str, object]) -> None:
    messages = [a_message(1), a_message(2, **change), a_message(3)]

    selection = select(view_of(messages), LIMITS)

    assert numbers(selection) == [[1, 3]]
    assert selection.waiting == {2: Why.OVERSIZE}


def test_token_data_that_nobody_can_read_does_not_stop_the_others() -> None:
    poisoned = a_message(
        1, token_amounts=(TokenAmount(an_address(9), 1),), source_token_data=(b"not an encoding",)
    )

    assert numbers(select(view_of([poisoned, a_message(2)]), LIMITS)) == [[1, 2]]


# --- Any backlog ---


@st.composite
def backlogs(draw: st.DrawFn) -> tuple[ExecutionView, Limits, Avoid]:
    """Roots of messages by three senders, ordered or not, some attempted, some to avoid."""
    senders = [ALICE, BOB, an_address(0xCA41)]
    nonces = dict.fromkeys(senders, 0)
    attempted: dict[Address, int] = dict.fromkeys(senders, 0)
    states: dict[SeqNr, ExecutionState] = {}
    pending, roots, seq_nr = {}, [], 1
    for _ in range(draw(st.integers(1, 3))):
        messages: list[Message] = []
        for _ in range(draw(st.integers(1, 6))):
            sender = draw(st.sampled_from(senders))
            if in_order := draw(st.booleans()):
                nonces[sender] += 1
            gas = draw(st.sampled_from([0, 200_000, 5_000_000, 40_000_000]))
            message = a_message(seq_nr, sender=sender, nonce=nonces[sender] if in_order else 0, gas_limit=gas)
            if draw(st.booleans()) and (not in_order or attempted[sender] == message.nonce - 1):
                states[message.sequence_number] = ExecutionState.SUCCESS
                attempted[sender] += in_order
            elif draw(st.integers(0, 4)) == 0:
                pending[message.message_id] = NOW + 1
            messages.append(message)
            seq_nr += 1
        roots.append((a_root(messages, blessed=draw(st.integers(0, 3)) > 0), messages))
    limits = Limits(messages=draw(st.integers(1, 4)), batches=draw(st.integers(1, 3)))
    return a_view(*roots, states=states, sender_nonces=attempted), limits, Avoid(pending=pending)


@given(backlogs())
def test_every_selection_keeps_the_rules(drawn: tuple[ExecutionView, Limits, Avoid]) -> None:
    view, limits, avoid = drawn

    selection = select(view, limits, avoid=avoid)

    chosen = [message for batch in selection.batches for message in batch.messages]
    numbers_chosen = [message.sequence_number for message in chosen]
    unfinished = {seq for seq in view.messages if view.state_of(seq) is ExecutionState.UNTOUCHED}
    assert set(numbers_chosen) | set(selection.waiting) == unfinished
    assert not set(numbers_chosen) & set(selection.waiting)
    assert numbers_chosen == sorted(set(numbers_chosen))
    nonces = dict(view.sender_nonces)
    for message in chosen:
        if message.ordered:
            assert message.nonce == nonces[message.sender] + 1
            nonces[message.sender] = message.nonce
    assert len(selection.batches) <= limits.batches
    for batch in selection.batches:
        assert_within_limits(batch, limits, view.block_gas_limit)


def assert_within_limits(batch: Batch, limits: Limits, block_gas_limit: int) -> None:
    assert batch.committed.blessed
    assert all(message.sequence_number in batch.committed.interval for message in batch.messages)
    assert batch.gas == BATCH_GAS + sum(map(message_gas, batch.messages)) < block_gas_limit
    assert batch.bytes == sum(map(message_bytes, batch.messages))
    assert 1 <= len(batch.messages) <= limits.messages
    assert len(batch.messages) == 1 or batch.gas <= limits.gas


@given(backlogs())
def test_whoever_executes_each_selection_drains_all_that_can_go(
    drawn: tuple[ExecutionView, Limits, Avoid],
) -> None:
    """No head-of-line blocking: in the end only what cannot go, or is behind such, is left."""
    view, limits, avoid = drawn
    states, nonces = dict(view.states), dict(view.sender_nonces)

    while (selection := select(_at(view, states, nonces), limits, avoid=avoid)).batches:
        for message in (each for batch in selection.batches for each in batch.messages):
            states[message.sequence_number] = ExecutionState.SUCCESS
            nonces[message.sender] = max(nonces[message.sender], message.nonce)

    assert set(selection.waiting.values()) <= {Why.NOT_BLESSED, Why.PENDING, Why.OVERSIZE, Why.BEHIND}
    stuck = {view.messages[seq].sender for seq, why in selection.waiting.items() if why is not Why.BEHIND}
    behind = {view.messages[seq].sender for seq, why in selection.waiting.items() if why is Why.BEHIND}
    assert behind <= stuck


def _at(
    view: ExecutionView, states: dict[SeqNr, ExecutionState], nonces: dict[Address, int]
) -> ExecutionView:
    return replace(view, states=states, sender_nonces=nonces)
