"""Finish a message by hand: rebuild its root from the source chain, prove it, execute it.

Whoever does this is not trusted with anything: the proof is checked on chain, and so is the blessing.
"""

from __future__ import annotations

from typing import Any

from ccip_py.errors import NotYet, RootMismatch
from ccip_py.protocol.codec import evm as codec
from ccip_py.protocol.hashing import leaf, metadata_hash
from ccip_py.protocol.merkle import grow
from ccip_py.protocol.message import Message
from ccip_py.protocol.report import ExecutionReport, GasLimitOverride, Interval
from ccip_py.sdk.evm import Signer, transact
from ccip_py.sdk.flow import Flow
from ccip_py.sdk.logs import find_logs, head, topic
from ccip_py.sdk.track import Commitment
from ccip_py.sdk.types import SentMessage, Transaction

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


def manually_execute(
    sent: SentMessage, commitment: Commitment, signer: Signer, *, gas_limit: int = 0
) -> Flow[tuple[Transaction, dict[str, Any]]]:
    """Execute one committed, blessed message; `gas_limit` 0 keeps what the sender chose."""
    report = yield from build_report(sent, commitment)
    override = GasLimitOverride(gas_limit, (0,) * len(sent.message.token_amounts))
    call = codec.manually_execute_call(report, [override])
    return (yield from transact(sent.lane.destination, signer, sent.lane.off_ramp, call))
