"""The final messages of one lane, from the first that is still needed on, kept in the cache.

Work is proportional to what is new: the cursor says where the last read ended. Where there is no cursor, or a
message below what is kept is needed again (a root was removed, or lost in a reorganisation), the OnRamp's own
counter tells where to begin.
"""

from __future__ import annotations

from dataclasses import dataclass

from ccip_py.chains.evm.caller import Caller
from ccip_py.chains.evm.decode import Sent
from ccip_py.chains.evm.lane_reader import MessageCursor, MissingLogs, find_message_block, read_messages
from ccip_py.chains.ports import Block, LogSource
from ccip_py.protocol.codec.evm import decode_ccip_send_requested, encode_ccip_send_requested
from ccip_py.protocol.ids import SeqNr
from ccip_py.protocol.lane import Lane
from ccip_py.protocol.merkle import MAX_LEAVES
from ccip_py.protocol.message import Message

from .cache import CachedMessage, Cursor, LaneCache


@dataclass(frozen=True, slots=True)
class MessageStream:
    """One lane's messages on the source chain. A committer needs only leaves, an executor whole messages."""

    lane: Lane
    logs: LogSource
    caller: Caller
    cache: LaneCache
    start_block: int  # the OnRamp did not exist below
    whole_messages: bool

    async def follow(self, needed: SeqNr, pinned: Block) -> None:
        """Read up to `pinned`, a final block, so that every message from `needed` on is kept. A very long way is
        cut into pages: another call goes on."""
        cursor, first = self.cache.cursor(), self.cache.first()
        if cursor is None or first is None or needed < first:
            return await self._begin(needed, pinned)
        if cursor.next_block > pinned.number:
            return None
        place = MessageCursor(cursor.next_block, cursor.next_seq_nr)
        sent, place = await read_messages(self.logs, self.caller, self.lane, place, pinned)
        next_seq_nr = place.next_seq_nr if place.next_seq_nr is not None else cursor.next_seq_nr
        self.cache.append([self._cached(each) for each in sent], Cursor(place.next_block, next_seq_nr))
        return None

    async def _begin(self, needed: SeqNr, pinned: Block) -> None:
        """Start over where `needed` was sent. Its block may hold earlier messages: those are kept as well."""
        block = await find_message_block(self.caller, self.lane.on_ramp, needed, self.start_block, pinned)
        sent, place = await read_messages(self.logs, self.caller, self.lane, MessageCursor(block), pinned)
        first = sent[0].message.sequence_number if sent else place.next_seq_nr
        if first is None or first > needed or place.next_seq_nr is None:
            raise MissingLogs("the first message needed is missing", context={"needed": needed, "got": first})
        self.cache.start(Cursor(block, first))
        self.cache.append([self._cached(each) for each in sent], Cursor(place.next_block, place.next_seq_nr))

    def forget_far_below(self, needed: SeqNr) -> None:
        """Drop what is below `needed`, a tree's worth at a time, so that the cache follows the work and not the history."""
        first = self.cache.first()
        if first is not None and first + MAX_LEAVES <= needed:
            self.cache.forget_below(needed)

    def messages(self, first: SeqNr, last: SeqNr) -> list[Message]:
        """Whole messages of an interval, as many as are known."""
        return [decode_ccip_send_requested(each.data) for each in self.cache.messages(first, last)]

    def _cached(self, sent: Sent) -> CachedMessage:
        message = sent.message
        data = encode_ccip_send_requested(message) if self.whole_messages else b""
        return CachedMessage(message.sequence_number, message.message_id, data)
