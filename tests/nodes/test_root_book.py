"""The book of open roots: events in order, whatever order they arrive in, and roots leave it when they are done."""

from __future__ import annotations

from ccip_py.chains.evm.decode import Attempted, Committed, Place, Removed
from ccip_py.nodes.root_book import (
    RECEIVER_ERROR,
    RootBook,
    RootEvent,
    dump_book,
    fold,
    load_book,
    open_at_end,
)
from ccip_py.protocol.codec.evm import ExecutionStateChanged
from ccip_py.protocol.ids import MessageId, Root, SeqNr
from ccip_py.protocol.message import ExecutionState
from ccip_py.protocol.report import NO_INTERVAL, CommitReport, Interval, PriceUpdates

ROOT = Root(b"\x01" * 32)


def at(block: int, index: int = 0) -> Place:
    return Place(block, b"\x0b" * 32, b"\x0c" * 32, index)


def committed(block: int, first: int = 1, last: int = 2, root: Root = ROOT) -> Committed:
    return Committed(CommitReport(PriceUpdates(), Interval(SeqNr(first), SeqNr(last)), root), at(block))


def attempted(block: int, seq_nr: int, state: ExecutionState, data: bytes = b"", index: int = 0) -> Attempted:
    outcome = ExecutionStateChanged(SeqNr(seq_nr), MessageId(b"\x0a" * 32), state, data)
    return Attempted(outcome, at(block, index))


def book(*events: RootEvent) -> RootBook:
    return fold(RootBook(0), events, 100)


def test_a_committed_root_is_open() -> None:
    folded = book(committed(1))

    assert [each.root for each in folded.roots] == [ROOT]
    assert folded.first_needed() == 1
    assert folded.next_block == 100


def test_a_removed_root_is_gone_and_may_be_committed_again() -> None:
    removed = Removed(ROOT, at(2))

    assert book(committed(1), removed).roots == ()
    assert len(book(committed(3), committed(1), removed).roots) == 1


def test_prices_alone_open_nothing() -> None:
    assert book(Committed(CommitReport(PriceUpdates(), NO_INTERVAL, Root(bytes(32))), at(1))).roots == ()


def test_a_root_is_finished_when_every_message_was_attempted() -> None:
    one = attempted(2, 1, ExecutionState.SUCCESS)
    other = attempted(3, 2, ExecutionState.FAILURE, RECEIVER_ERROR + b"why")

    assert open_at_end(book(committed(1), one)).roots != ()
    assert open_at_end(book(committed(1), one, other)).roots == ()


def test_events_are_folded_in_chain_order() -> None:
    failure = attempted(2, 1, ExecutionState.FAILURE, b"\x01\x02\x03\x04", index=0)
    success = attempted(2, 1, ExecutionState.SUCCESS, index=1)

    folded = book(success, failure, committed(1))

    assert folded.roots[0].states == {1: ExecutionState.SUCCESS}
    assert folded.roots[0].token_failures == frozenset()


def test_a_failed_token_step_keeps_the_root_open() -> None:
    failure = attempted(2, 1, ExecutionState.FAILURE, b"\x01\x02\x03\x04")
    other = attempted(2, 2, ExecutionState.SUCCESS, index=1)

    folded = open_at_end(book(committed(1), failure, other))

    assert folded.roots[0].token_failures == {1}


def test_a_book_survives_the_cache() -> None:
    folded = book(committed(1), attempted(2, 2, ExecutionState.FAILURE, b"\x01\x02\x03\x04"))

    assert load_book(dump_book(folded)) == folded
