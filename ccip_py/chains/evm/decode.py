"""Logs → what happened on a lane, with where it happened. The layouts themselves are `protocol.codec.evm`'s."""

from dataclasses import dataclass

from ccip_py.chains.evm.blocks import BadBlock
from ccip_py.chains.ports import Log
from ccip_py.errors import CannotEncode
from ccip_py.protocol.codec.evm import (
    CCIP_SEND_REQUESTED,
    EXECUTION_STATE_CHANGED,
    REPORT_ACCEPTED,
    ROOT_REMOVED,
    ExecutionStateChanged,
    decode_ccip_send_requested,
    decode_execution_state_changed,
    decode_report_accepted,
)
from ccip_py.protocol.hashing import leaf
from ccip_py.protocol.ids import Root
from ccip_py.protocol.message import Message
from ccip_py.protocol.report import CommitReport


@dataclass(frozen=True, slots=True)
class Place:
    """Where a log stands. Two events are the same event if and only if their places are equal."""

    block_number: int
    block_hash: bytes
    transaction_hash: bytes
    log_index: int


@dataclass(frozen=True, slots=True)
class Sent:
    """A message left its source chain. Its id was recomputed: it is the leaf of its fields on this lane."""

    message: Message
    place: Place


@dataclass(frozen=True, slots=True)
class Committed:
    """A signed report landed."""

    report: CommitReport
    place: Place


@dataclass(frozen=True, slots=True)
class Removed:
    """The owner removed an unblessed root, and the lane went back to before it."""

    root: Root
    place: Place


@dataclass(frozen=True, slots=True)
class Attempted:
    """A message was executed, or failed."""

    outcome: ExecutionStateChanged
    place: Place


SENT_TOPICS = (CCIP_SEND_REQUESTED,)
COMMIT_TOPICS = (REPORT_ACCEPTED, ROOT_REMOVED)
ATTEMPT_TOPICS = (EXECUTION_STATE_CHANGED,)


def place_of(log: Log) -> Place:
    """Where the log stands."""
    return Place(log.block_number, log.block_hash, log.transaction_hash, log.index)


def sent(log: Log, metadata: bytes) -> Sent:
    """A CCIPSendRequested of the lane with that metadata hash; BadBlock if it cannot be an OnRamp's."""
    try:
        message = decode_ccip_send_requested(log.data)
    except CannotEncode as odd:
        raise BadBlock(f"a message cannot be decoded: {odd}", context={"block": log.block_number}) from odd
    if leaf(message, metadata) != message.message_id:
        raise BadBlock("a message is not the one its id names", context={"id": message.message_id})
    return Sent(message, place_of(log))


def commit_event(log: Log) -> Committed | Removed:
    """A ReportAccepted or RootRemoved."""
    try:
        if log.topics[0] == ROOT_REMOVED:
            return Removed(Root(log.data[:32]), place_of(log))
        return Committed(decode_report_accepted(log.data), place_of(log))
    except CannotEncode as odd:
        raise BadBlock(f"a report cannot be decoded: {odd}", context={"block": log.block_number}) from odd


def attempted(log: Log) -> Attempted:
    """An ExecutionStateChanged."""
    try:
        return Attempted(decode_execution_state_changed(log.topics, log.data), place_of(log))
    except (CannotEncode, ValueError) as odd:
        raise BadBlock(f"an outcome cannot be decoded: {odd}", context={"block": log.block_number}) from odd
