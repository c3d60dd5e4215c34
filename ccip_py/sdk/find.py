"""Find messages again: by the transaction that sent them, by their id, or because they failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hexbytes import HexBytes

from ccip_py.errors import BadInput, NotYet
from ccip_py.protocol.codec import evm as codec
from ccip_py.protocol.ids import ChainSelector, MessageId
from ccip_py.protocol.lane import Lane
from ccip_py.protocol.message import ExecutionState, Message
from ccip_py.sdk.book import Book, KnownLane
from ccip_py.sdk.evm import as_address, mined_transaction, succeeded
from ccip_py.sdk.flow import Call, Flow, ask
from ccip_py.sdk.logs import WINDOW, Log, find_logs, head, topic
from ccip_py.sdk.types import SentMessage

SENT = topic(codec.CCIP_SEND_REQUESTED)


def messages_in(book: Book, reference: HexBytes) -> Flow[tuple[SentMessage, ...]]:
    """The messages a transaction sent, or the one with that id. NotYet if no chain known here has it."""
    for chain in dict.fromkeys(known.lane.source for known in book.lanes):
        sent = yield from _in_transaction(book, chain, reference)
        if sent:
            return sent
    for known in book.lanes:
        found = yield from _with_id(known, reference)
        if found is not None:
            return (found,)
    raise NotYet(
        "no message with this id, and no transaction that sent one, is on the chains known here",
        code="MESSAGE_NOT_FOUND",
        context={"searched": ", ".join(chain.name for chain in book.chains), "reference": bytes(reference)},
        hint="a transaction that is not mined yet shows up in a moment; is this the right network?",
    )


def _in_transaction(book: Book, chain: ChainSelector, reference: HexBytes) -> Flow[tuple[SentMessage, ...]]:
    (receipt,) = yield from ask(chain, Call("eth_getTransactionReceipt", (reference.to_0x_hex(),)))
    if succeeded(receipt) is None:
        return ()
    if int(receipt["status"], 16) != 1:
        raise BadInput(
            f"the transaction reverted on {book.name(chain)}: it sent nothing", code="TRANSACTION_REVERTED"
        )
    lanes = {known.lane.on_ramp: known.lane for known in book.lanes if known.lane.source == chain}
    mined = yield from mined_transaction(chain, receipt)
    sent = []
    for log in receipt["logs"]:
        lane = lanes.get(as_address(log["address"]))
        if (
            lane is not None
            and log["topics"]
            and bytes(HexBytes(log["topics"][0])) == codec.CCIP_SEND_REQUESTED
        ):
            message = codec.decode_ccip_send_requested(bytes(HexBytes(log["data"])))
            sent.append(SentMessage(lane, message, mined))
    if not sent:
        raise BadInput(
            f"this transaction is on {book.name(chain)}, but sent no message on a lane known here",
            code="NO_MESSAGE",
            hint="lanes that were replaced are not searched",
        )
    return tuple(sent)


def _with_id(known: KnownLane, message_id: HexBytes) -> Flow[SentMessage | None]:
    """The id is not indexed in the event, so the lane is read backwards, newest messages first."""
    lane = known.lane
    last = yield from head(lane.source)
    while last >= known.on_ramp_block:
        first = max(known.on_ramp_block, last - WINDOW + 1)
        logs = yield from find_logs(lane.source, lane.on_ramp, [SENT], first, last)
        for log in reversed(logs):
            message = codec.decode_ccip_send_requested(log.data)
            if bytes(message.message_id) == bytes(message_id):
                return (yield from _sent(lane, message, log))
        last = first - 1
    return None


def _sent(lane: Lane, message: Message, log: Log) -> Flow[SentMessage]:
    (receipt,) = yield from ask(
        lane.source, Call("eth_getTransactionReceipt", (log.transaction.to_0x_hex(),))
    )
    if succeeded(receipt) is None:
        raise NotYet("the message's transaction just vanished in a reorganisation", hint="look again")
    return SentMessage(lane, message, (yield from mined_transaction(lane.source, receipt)))


def failed_on(known: KnownLane) -> Flow[tuple[SentMessage, ...]]:
    """The messages of a lane whose last attempt failed, oldest first."""
    _, last = yield from outcomes_on(known, known.off_ramp_block)
    return (yield from _sent_with(known, failures(last)))


def failures(outcomes: Mapping[MessageId, ExecutionState]) -> set[bytes]:
    """The ids of those that failed."""
    return {bytes(message_id) for message_id, state in outcomes.items() if state is ExecutionState.FAILURE}


def outcomes_on(known: KnownLane, first: int) -> Flow[tuple[int, dict[MessageId, ExecutionState]]]:
    """The latest block, and how each message that was attempted from the block `first` on ended last."""
    lane = known.lane
    latest = yield from head(lane.destination)
    logs = yield from find_logs(
        lane.destination, lane.off_ramp, [topic(codec.EXECUTION_STATE_CHANGED)], first, latest
    )
    outcomes = [codec.decode_execution_state_changed(log.topics, log.data) for log in logs]
    return latest, {outcome.message_id: outcome.state for outcome in outcomes}


def _sent_with(known: KnownLane, ids: set[bytes]) -> Flow[tuple[SentMessage, ...]]:
    if not ids:
        return ()
    lane, found = known.lane, list[SentMessage]()
    latest = yield from head(lane.source)
    logs: Sequence[Log] = yield from find_logs(lane.source, lane.on_ramp, [SENT], known.on_ramp_block, latest)
    for log in logs:
        message = codec.decode_ccip_send_requested(log.data)
        if bytes(message.message_id) in ids:
            found.append((yield from _sent(lane, message, log)))
    return tuple(found)
