"""What a source sent: finalized messages, numbered without gaps, each with the hash that was computed here.

An on-ramp numbers messages 1, 2, 3 … without gaps. One that doesn't is not a lane we understand: `take`
then raises `Undecodable`, nothing of the block is kept, and the alarm stays on.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Sequence

from ccip_py.risk import evm
from ccip_py.risk.config import Chain, Lane
from ccip_py.risk.evm import Log, TokenMove, Undecodable
from ccip_py.risk.judge import Message

_NO_MOVES = "[]"


class SentFacts:
    """Shares the database, and its transactions, with `Facts`. Rows are collected by `take` and written at once."""

    def __init__(self, db: sqlite3.Connection, chains: Sequence[Chain], lanes: Sequence[Lane]) -> None:
        self._db = db
        self._pools = {chain.selector: frozenset(pool.pool for pool in chain.pools) for chain in chains}
        self._metadata = {
            lane.key: evm.metadata(lane.source, lane.destination, lane.on_ramp) for lane in lanes
        }
        self._rows: list[tuple[object, ...]] = []
        self._through: dict[str, int] = {}  # as `counted` says, and what was collected since

    # TAKING IN

    def backing(self, chain: int, logs: Sequence[Log]) -> Counter[tuple[int, bytes, int]]:
        """How often guarded pools took what amount in which transaction of a block. An event of another shape backs
        nothing."""
        pools = self._pools[chain]
        return Counter(
            (log.tx, log.address, amount)
            for log in logs
            if log.address in pools and log.topics and log.topics[0] in evm.TAKEN
            if (amount := evm.read_amount(log)) is not None
        )

    def take(self, lane: Lane, log: Log, backing: Counter[tuple[int, bytes, int]]) -> None:
        """One message. Uses up in `backing` what backs its tokens, so that it can't back a second message."""
        sent = evm.read_sent(log, lane.source, self._metadata[lane.key])
        if sent.seq_nr != self.through(lane) + 1:
            raise Undecodable(f"message {sent.seq_nr} does not follow {self.through(lane)}")
        # Each token uses up its backing, so all of them are looked at, whatever the first one says.
        backed = [self._backed(lane, log.tx, move, backing) for move in sent.moves]
        self._rows.append(
            (lane.key, sent.seq_nr, sent.leaf, sent.stated_id, _written(sent.moves), all(backed))
        )
        self._through[lane.key] = sent.seq_nr

    def _backed(self, lane: Lane, tx: int, move: TokenMove, backing: Counter[tuple[int, bytes, int]]) -> bool:
        """Pools that nobody asked us to guard are their owners' affair: whatever they do touches only
        their own token, and they may speak in events of their own."""
        if move.source_pool not in self._pools[lane.source]:
            return True
        key = (tx, move.source_pool, move.amount)
        backing[key] -= 1
        return backing[key] >= 0

    def write(self) -> None:
        """Everything collected, within the transaction of the caller."""
        self._db.executemany("INSERT INTO sent VALUES (?,?,?,?,?,?)", self._rows)
        if self._rows:
            self._db.executemany("INSERT OR REPLACE INTO counted VALUES (?,?)", self._through.items())
        self._rows = []

    def drop(self) -> None:
        """Nothing of what was collected counts, and what is remembered is asked for again."""
        self._rows, self._through = [], {}

    # ASKING

    def through(self, lane: Lane) -> int:
        """The highest sequence number whose message is final here. There are no gaps below it."""
        if lane.key not in self._through:
            row = self._db.execute("SELECT through FROM counted WHERE lane = ?", (lane.key,)).fetchone()
            self._through[lane.key] = row[0] if row else 0
        return self._through[lane.key]

    def messages(self, lane: Lane, first: int, last: int) -> list[Message]:
        """The final messages of an interval, in order. At most 257: one more than a root may hold."""
        rows = self._db.execute(
            "SELECT seq, leaf, stated_id, backed FROM sent"
            " WHERE lane = ? AND seq BETWEEN ? AND ? ORDER BY seq LIMIT 257",
            (lane.key, min(first, 2**62), min(last, 2**62)),
        )
        return [Message(seq, leaf, stated_id, bool(backed)) for seq, leaf, stated_id, backed in rows]


def _written(moves: Sequence[TokenMove]) -> str:
    """Amounts as text: they exceed what SQLite and JSON hold as numbers."""
    if not moves:
        return _NO_MOVES
    return json.dumps(
        [
            [m.source_token.hex(), str(m.amount), m.source_pool.hex(), m.dest_token.hex(), m.source_decimals]
            for m in moves
        ]
    )


def read_moves(text: str) -> tuple[TokenMove, ...]:
    """The tokens of a message, from the column `sent.moves`."""
    if text == _NO_MOVES:
        return ()
    return tuple(
        TokenMove(bytes.fromhex(token), int(amount), bytes.fromhex(pool), bytes.fromhex(dest), decimals)
        for token, amount, pool, dest, decimals in json.loads(text)
    )
