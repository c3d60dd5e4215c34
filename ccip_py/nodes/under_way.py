"""Which messages are in transactions that were sent and are not settled: read back from the sender's journal."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from ccip_py.chains.evm.sending import Entry
from ccip_py.errors import CannotEncode
from ccip_py.protocol.codec.evm import decode_execution_report
from ccip_py.protocol.codec.evm.calls import EXECUTE, MANUALLY_EXECUTE
from ccip_py.protocol.ids import Address, MessageId


def messages_under_way(entries: Iterable[Entry], off_ramp: Address) -> set[MessageId]:
    """The messages that these transactions would execute on that OffRamp."""
    found: set[MessageId] = set()
    for entry in entries:
        if entry.intent.to == off_ramp:
            found |= _messages_of(entry.intent.data)
    return found


@lru_cache(maxsize=64)
def _messages_of(call: bytes) -> frozenset[MessageId]:
    """Asked every cycle about the same few transactions, so the last ones are remembered."""
    if call[:4] not in (EXECUTE, MANUALLY_EXECUTE):
        return frozenset()
    try:
        report = decode_execution_report(call[4:])
    except CannotEncode:
        return frozenset()
    return frozenset(message.message_id for message in report.messages)
