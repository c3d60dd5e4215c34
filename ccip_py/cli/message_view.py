"""How messages, their stages and amounts look to people, and in JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccip_py.cli.terminal import paint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccip_py.sdk.book import Book
    from ccip_py.sdk.types import SentMessage, StageReached

_STYLE = {"executed": "green", "failed": "red"}


def lane_name(book: Book, sent: SentMessage) -> str:
    return f"{book.name(sent.lane.source)} → {book.name(sent.lane.destination)}"


def message_lines(book: Book, sent: SentMessage) -> Iterator[str]:
    """The message itself."""
    from ccip_py.protocol.codec.evm import checksum

    message = sent.message
    yield f"message   {sent.message_id.to_0x_hex()}"
    yield f"lane      {lane_name(book, sent)}, number {message.sequence_number}"
    yield f"sender    {checksum(message.sender)}"
    yield f"receiver  {checksum(message.receiver)}, {message.gas_limit:,} gas"
    order = f"in order, nonce {message.nonce}" if message.nonce else "out of order"
    yield f"order     {order}"
    for amount in message.token_amounts:
        yield f"token     {book.amount(sent.lane.source, amount.token, amount.amount)}"
    yield f"fee       {book.amount(sent.lane.source, message.fee_token, sent.fee)}"
    if message.data:
        shown = message.data.hex() if len(message.data) <= 64 else f"{message.data[:64].hex()}…"
        yield f"data      0x{shown} ({len(message.data)} bytes)"


def stage_line(book: Book, stage: StageReached) -> str:
    """One stage, with where it is proven."""
    name = paint(f"{stage.stage.name:9}", _STYLE.get(stage.stage.value, "bold"))
    place = f"{book.name(stage.chain)} block {stage.block}"
    reason = f"  {stage.reason}" if stage.reason else ""
    return f"{name} {place:14} {stage.event:22} {stage.transaction.to_0x_hex()}{reason}"


def waiting_for(book: Book, stage: StageReached) -> str:
    """What comes next, and when."""
    following = {"sent": "the commit", "committed": "the blessing", "blessed": "the execution"}
    what = following.get(stage.stage.value, "news")
    soon = "" if stage.expected_wait_s is None else f", about {max(1, stage.expected_wait_s)} s"
    return f"[{stage.stage.name}] waiting for {what}{soon}"


def stage_document(book: Book, stage: StageReached) -> dict[str, Any]:
    return {
        "stage": stage.stage.value,
        "chain": book.name(stage.chain),
        "block": stage.block,
        "transaction": bytes(stage.transaction),
        "timestamp": stage.timestamp,
        "event": stage.event,
        "contract": stage.contract,
        "gas_used": stage.gas_used,
        "reason": stage.reason,
        "root": None if stage.root is None else bytes(stage.root),
        "first": None if stage.first is None else str(stage.first),
        "last": None if stage.last is None else str(stage.last),
    }


def message_document(book: Book, sent: SentMessage) -> dict[str, Any]:
    from ccip_py.protocol.codec.evm import checksum

    message = sent.message
    return {
        "message_id": bytes(sent.message_id),
        "source": book.name(sent.lane.source),
        "destination": book.name(sent.lane.destination),
        "source_selector": str(sent.lane.source),
        "destination_selector": str(sent.lane.destination),
        "transaction": bytes(sent.transaction.hash),
        "block": sent.transaction.block,
        "sequence_number": str(message.sequence_number),
        "nonce": str(message.nonce),
        "sender": checksum(message.sender),
        "receiver": checksum(message.receiver),
        "gas_limit": str(message.gas_limit),
        "data": message.data,
        "fee": {"token": checksum(message.fee_token), "amount": str(sent.fee)},
        "tokens": [{"token": checksum(x.token), "amount": str(x.amount)} for x in message.token_amounts],
    }
