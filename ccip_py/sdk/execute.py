"""Finish a message by hand: rebuild its root from the source chain, prove it, execute it.

Whoever does this is not trusted with anything: the proof is checked on chain, and so is the blessing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ccip_py.errors import BadInput, NotBlessed, NotYet, RootMismatch
from ccip_py.protocol.codec import evm as codec
from ccip_py.protocol.hashing import leaf, metadata_hash
from ccip_py.protocol.journey import Stage
from ccip_py.protocol.merkle import grow
from ccip_py.protocol.message import Message
from ccip_py.protocol.report import ExecutionReport, GasLimitOverride, Interval
from ccip_py.sdk.evm import RECEIPT_TIMEOUT_S, Function, Signer, read_many, succeeded, transact
from ccip_py.sdk.flow import Call, Flow, ask
from ccip_py.sdk.logs import find_logs, head, topic
from ccip_py.sdk.track import Commitment, Trace
from ccip_py.sdk.types import SentMessage, Transaction
from ccip_py.sdk.waits import expected_wait

SETTINGS = Function("getDynamicConfig", (), ("uint32", "uint32", "uint16", "address", "address"))
FIRST_REACH = 500  # blocks around the message's own; doubled until the whole interval is found


def messages_of(sent: SentMessage, interval: Interval) -> Flow[tuple[Message, ...]]:
    """Every message of the interval, read from the source chain outwards from the block of one of them."""
    lane = sent.lane
    latest = yield from head(lane.source)
    reach = FIRST_REACH
    while True:
        first, last = max(0, sent.transaction.block - reach), min(latest, sent.transaction.block + reach)
        logs = yield from find_logs(
            lane.source, lane.on_ramp, [topic(codec.CCIP_SEND_REQUESTED)], first, last
        )
        found = [codec.decode_ccip_send_requested(log.data) for log in logs]
        wanted = tuple(message for message in found if message.sequence_number in interval)
        if len(wanted) == len(interval):
            return wanted
        if first == 0 and last == latest:
            raise NotYet(
                "the source chain does not show all messages of the committed interval",
                context={"first": interval.first, "last": interval.last, "found": len(wanted)},
                hint="the endpoint may be behind; ask another one",
            )
        reach *= 2


def build_report(sent: SentMessage, commitment: Commitment) -> Flow[ExecutionReport]:
    """The message with the proof that it is a leaf of the committed root; RootMismatch if it is not."""
    messages = yield from messages_of(sent, commitment.interval)
    lane = sent.lane
    metadata = metadata_hash(lane.source, lane.destination, lane.on_ramp)
    rebuilt = grow([leaf(message, metadata) for message in messages])
    if rebuilt.root != commitment.root:
        raise RootMismatch(
            "the committed root is not the root of the source chain's messages",
            context={"committed": bytes(commitment.root), "rebuilt": bytes(rebuilt.root)},
            hint="do not execute anything under this root, and tell the operators of the lane",
        )
    proof = rebuilt.prove([sent.sequence_number - commitment.interval.first])
    return ExecutionReport(
        (sent.message,), ((b"",) * len(sent.message.token_amounts),), proof.hashes, proof.flag_bits
    )


def must_be_ready(trace: Trace) -> Flow[Commitment]:
    """The commitment of a message that anyone may execute now; else an error that says what is missing, and for how
    long.
    """
    sent, known = trace.sent, {"message_id": bytes(trace.sent.message_id)}
    if trace.commitment is None:
        wait = yield from expected_wait(trace)
        raise NotYet(
            "the message is not committed yet",
            code="NOT_COMMITTED",
            context=known if wait is None else {**known, "expected_in_s": wait},
            hint="wait until its stage is COMMITTED: there is nothing to prove it against before",
        )
    if trace.stage is Stage.EXECUTED:
        at = trace.attempt.transaction.to_0x_hex() if trace.attempt else ""
        raise BadInput(
            "the message is executed already",
            code="ALREADY_EXECUTED",
            context={**known, "transaction": at},
            hint="nothing is left to do",
        )
    if trace.blessed is None and trace.rmn is not None:
        raise NotBlessed(
            "the message is committed, but the risk network has not blessed its root",
            context={**known, "root": bytes(trace.commitment.root)},
            hint="wait for its stage to be BLESSED; if it does not come, look whether the lane is cursed",
        )
    if trace.stage is not Stage.FAILED:
        yield from _must_be_open(sent, trace.commitment)
    return trace.commitment


def _must_be_open(sent: SentMessage, commitment: Commitment) -> Flow[None]:
    """Registered executors go first: the window opens so many seconds after the commit."""
    lane = sent.lane
    ((window, *_),) = yield from read_many(lane.destination, [(lane.off_ramp, SETTINGS, ())])
    (block,) = yield from ask(lane.destination, Call("eth_getBlockByNumber", ("latest", False)))
    left = commitment.stage.timestamp + window - int(succeeded(block)["timestamp"], 16)
    if window and left >= 0:
        raise NotYet(
            f"too early: for {left + 1} s more only the lane's executors may execute this message",
            code="TOO_EARLY",
            context={"message_id": bytes(sent.message_id), "seconds_left": left + 1},
            hint="they probably will; after that time, or once it FAILED, anyone may",
        )


def manually_execute(
    sent: SentMessage,
    commitment: Commitment,
    signer: Signer,
    *,
    gas_limit: int = 0,
    token_gas: Sequence[int] = (),
    timeout: float = RECEIPT_TIMEOUT_S,
) -> Flow[tuple[Transaction, dict[str, Any]]]:
    """Execute one committed, blessed message; gas of 0 keeps what the sender chose or paid for."""
    count = len(sent.message.token_amounts)
    if token_gas and len(token_gas) != count:
        raise BadInput(
            f"the message carries {count} tokens, and {len(token_gas)} gas limits for tokens were given"
        )
    report = yield from build_report(sent, commitment)
    override = GasLimitOverride(gas_limit, tuple(token_gas) or (0,) * count)
    call = codec.manually_execute_call(report, [override])
    return (yield from transact(sent.lane.destination, signer, sent.lane.off_ramp, call, timeout=timeout))
