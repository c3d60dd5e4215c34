"""A lane with messages in committed roots, as an executor would see it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from ccip_py.execute.view import CommittedRoot, ExecutionView
from ccip_py.protocol.hashing import leaf, metadata_hash
from ccip_py.protocol.ids import Address, ChainSelector, MessageId, SeqNr
from ccip_py.protocol.lane import Lane
from ccip_py.protocol.merkle import root
from ccip_py.protocol.message import Message
from ccip_py.protocol.report import Interval


def an_address(number: int) -> Address:
    return Address(number.to_bytes(20, "big"))


LANE = Lane(ChainSelector(11), ChainSelector(22), an_address(1), an_address(2), an_address(3))
METADATA = metadata_hash(LANE.source, LANE.destination, LANE.on_ramp)
ALICE, BOB = an_address(0xA11CE), an_address(0xB0B)
NOW = 10_000


def a_message(seq_nr: int, **changes: Any) -> Message:
    """An unordered message; its id is its leaf."""
    plain = Message(
        source_chain_selector=LANE.source,
        sender=ALICE,
        receiver=an_address(0xBEEF),
        sequence_number=SeqNr(seq_nr),
        gas_limit=200_000,
        strict=False,
        nonce=0,
        fee_token=an_address(0xFEE),
        fee_token_amount=1,
        data=b"",
        token_amounts=(),
        source_token_data=(),
        message_id=MessageId(bytes(32)),
    )
    message = replace(plain, **changes)
    return replace(message, message_id=MessageId(leaf(message, METADATA)))


def some_messages(count: int, first: int = 1, **changes: Any) -> list[Message]:
    return [a_message(seq_nr, **changes) for seq_nr in range(first, first + count)]


def ordered(sender: Address, *seq_nrs: int, first_nonce: int = 1) -> list[Message]:
    """Ordered messages of one sender."""
    return [
        a_message(seq_nr, sender=sender, nonce=nonce)
        for nonce, seq_nr in enumerate(seq_nrs, start=first_nonce)
    ]


def a_root(messages: Sequence[Message], **changes: Any) -> CommittedRoot:
    """A blessed root over messages with consecutive sequence numbers."""
    committed = CommittedRoot(
        root=root([each.message_id for each in messages]),
        interval=Interval(messages[0].sequence_number, messages[-1].sequence_number),
        committed_at=NOW - 100,
        blessed=True,
        quiet_since=NOW - 90,
    )
    return replace(committed, **changes)


def a_view(*roots: tuple[CommittedRoot, Iterable[Message]], **changes: Any) -> ExecutionView:
    """What an executor sees of these roots; nothing was executed yet."""
    view = ExecutionView(
        lane=LANE,
        source_block=50,
        destination_block=60,
        now=NOW,
        block_gas_limit=30_000_000,
        roots=tuple(committed for committed, _ in roots),
        messages={each.sequence_number: each for _, messages in roots for each in messages},
        states={},
        sender_nonces={},
    )
    return replace(view, **changes)


def view_of(messages: Sequence[Message], **changes: Any) -> ExecutionView:
    """The same, with all messages under one root."""
    in_order = sorted(messages, key=lambda each: each.sequence_number)
    return a_view((a_root(in_order), in_order), **changes)
