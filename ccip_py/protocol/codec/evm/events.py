"""What the contracts of a lane say: the topic of each event, and its data both ways.

The encoders exist for caches, chains in memory and tests; a real chain encodes its own events. Which contract
emitted a log, and in which block, is the reader's business: a log is worth nothing without that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ....errors import CannotEncode
from ...ids import MessageId, SeqNr
from ...keccak import keccak
from ...message import ExecutionState, Message
from ...report import CommitReport
from .abi import Reader, word
from .messages import MESSAGE, encode_values, read_message, write_message
from .reports import COMMIT_REPORT, decode_commit_report, encode_commit_report


def _topic(signature: str) -> bytes:
    return keccak(signature.encode())


# OnRamp: a message was accepted and paid for.
CCIP_SEND_REQUESTED: Final = _topic(f"CCIPSendRequested({MESSAGE})")

# CommitStore: a signed report landed; the owner removed an unblessed root.
REPORT_ACCEPTED: Final = _topic(f"ReportAccepted({COMMIT_REPORT})")
ROOT_REMOVED: Final = _topic("RootRemoved(bytes32)")

# RMN: a quorum of monitors blessed a root.
ROOT_BLESSED: Final = _topic("RootBlessed(bytes32,address,bytes32,uint64,uint64,uint64)")

# OffRamp: a message was attempted.
EXECUTION_STATE_CHANGED: Final = _topic("ExecutionStateChanged(uint64,bytes32,uint8,bytes)")


@dataclass(frozen=True, slots=True)
class ExecutionStateChanged:
    """The outcome of one attempt. `return_data` is the encoded error of a FAILURE, empty after SUCCESS."""

    seq_nr: SeqNr
    message_id: MessageId
    state: ExecutionState
    return_data: bytes


def decode_ccip_send_requested(data: bytes) -> Message:
    """Nothing of this event is indexed: the data is the whole message. Its id is claimed, not checked."""
    return read_message(Reader(data).tuple_at(0))


def encode_ccip_send_requested(message: Message) -> bytes:
    """Data of the event."""
    return word(32) + write_message(message)  # one argument, and it is right behind its pointer


def decode_report_accepted(data: bytes) -> CommitReport:
    """The report as it was signed, prices included, even if they were too old to apply."""
    return decode_commit_report(data)


def encode_report_accepted(report: CommitReport) -> bytes:
    """Data of the event."""
    return encode_commit_report(report)


def decode_execution_state_changed(topics: Sequence[bytes], data: bytes) -> ExecutionStateChanged:
    """The sequence number and the message id are indexed: they are in the topics."""
    if len(topics) != 3 or topics[0] != EXECUTION_STATE_CHANGED:
        raise CannotEncode("not an ExecutionStateChanged log", context={"topics": len(topics)})
    fields = Reader(data)
    return ExecutionStateChanged(
        seq_nr=SeqNr(Reader(topics[1]).uint(0, bits=64)),
        message_id=MessageId(topics[2]),
        state=ExecutionState(fields.uint(0, bits=2)),
        return_data=fields.bytes_at(1),
    )


def encode_execution_state_changed(event: ExecutionStateChanged) -> tuple[tuple[bytes, ...], bytes]:
    """Topics and data."""
    topics = (EXECUTION_STATE_CHANGED, word(event.seq_nr), bytes(event.message_id))
    return topics, encode_values(["uint8", "bytes"], [int(event.state), event.return_data])
