"""A report and a fresh view: send, wait or drop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from ccip_py.execute.transmit import Drop, Send, Wait, decide
from ccip_py.protocol.ids import Root, SeqNr
from ccip_py.protocol.message import ExecutionState, Message
from ccip_py.protocol.report import ExecutionReport

from .builders import ALICE, BOB, a_root, a_view, ordered, some_messages, view_of


def over(messages: Sequence[Message]) -> ExecutionReport:
    return ExecutionReport(tuple(messages), ((),) * len(messages), (), 0)


def test_sends_when_nothing_changed() -> None:
    messages = some_messages(2)

    assert decide(over(messages), a_root(messages).root, view_of(messages)) == Send()


def test_drops_what_is_not_committed_any_more() -> None:
    messages = some_messages(2)

    assert isinstance(decide(over(messages), Root(b"\x01" * 32), view_of(messages)), Drop)


@pytest.mark.parametrize("state", [ExecutionState.SUCCESS, ExecutionState.FAILURE])
def test_drops_when_somebody_was_faster_with_any_message(state: ExecutionState) -> None:
    messages = some_messages(3)
    fresh = view_of(messages, states={SeqNr(2): state})

    decision = decide(over(messages), a_root(messages).root, fresh)

    assert decision == Drop("1 of 3 messages were attempted by somebody else")


@pytest.mark.parametrize("stop", [{"cursed": True}, {"paused": True}], ids=str)
def test_waits_while_the_lane_is_stopped(stop: dict[str, Any]) -> None:
    messages = some_messages(1)

    assert isinstance(decide(over(messages), a_root(messages).root, view_of(messages, **stop)), Wait)


def test_J11_waits_while_the_blessing_is_gone() -> None:
    messages = some_messages(1)
    committed = a_root(messages)
    fresh = a_view((replace(committed, blessed=False), messages))

    assert isinstance(decide(over(messages), committed.root, fresh), Wait)


@pytest.mark.parametrize(("nonce", "expected"), [(0, Send), (1, Drop)])
def test_drops_what_would_break_a_senders_order(nonce: int, expected: type) -> None:
    messages = [*ordered(ALICE, 1, 2), *ordered(BOB, 3)]
    fresh = view_of(messages, sender_nonces={ALICE: nonce})

    assert isinstance(decide(over(messages), a_root(messages).root, fresh), expected)


def test_reports_ahead_count_for_the_order() -> None:
    first, second = ordered(ALICE, 1), ordered(ALICE, 2, first_nonce=2)
    fresh = view_of([*first, *second])
    root = fresh.roots[0].root

    assert isinstance(decide(over(second), root, fresh), Drop)
    assert decide(over(second), root, fresh, ahead=[over(first)]) == Send()


def test_a_report_ahead_that_landed_already_does_not_turn_the_order_back() -> None:
    messages = ordered(ALICE, 1, 2, 3)
    fresh = view_of(messages, sender_nonces={ALICE: 2}, states={SeqNr(1): ExecutionState.SUCCESS})

    decision = decide(over(messages[2:]), fresh.roots[0].root, fresh, ahead=[over(messages[:1])])

    assert decision == Send()
