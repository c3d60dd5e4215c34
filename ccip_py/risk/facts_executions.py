"""What a destination executed: finalized executions, each judged once, beside what is known of its message.

At hundreds of messages a second every statement counts, so all that can be told of an execution by joining
tables comes with it, and what was judged is marked in one go.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from ccip_py.risk import evm
from ccip_py.risk.arrivals import Execution
from ccip_py.risk.config import Lane
from ccip_py.risk.evm import Log, TokenMove
from ccip_py.risk.facts_schema import AT_ONCE, position
from ccip_py.risk.facts_sent import read_moves

_UNJUDGED = """
SELECT e.seq, e.id, e.state, e.at, e.tx, e.since, s.leaf,
    (SELECT count(*) FROM execution p WHERE p.id = e.id AND p.state = ?2 AND p.at < e.at)
        + EXISTS (SELECT 1 FROM done d WHERE d.lane = e.lane AND d.first <= e.seq AND d.last >= e.seq)
FROM execution e INDEXED BY unjudged LEFT JOIN sent s ON s.lane = e.lane AND s.seq = e.seq
WHERE e.lane = ?1 AND NOT e.judged ORDER BY e.at LIMIT ?3
"""
# A second success of one message doesn't count again; what was removed is not brought back.
_SUCCEEDED = """
UPDATE accepted SET succeeded = (
    SELECT count(DISTINCT seq) FROM execution
    WHERE lane = ?1 AND state = ?4 AND seq BETWEEN accepted.first AND accepted.last)
WHERE lane = ?1 AND last >= ?2 AND first <= ?3 AND last < ?3 + 256 AND removed_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Unjudged:
    """An execution that no check has passed yet."""

    execution: Execution
    since: int  # place of the first log of its transaction that we watch: what was checked was checked no earlier
    leaf: bytes | None  # of the message with that number; None: it is not final on its source here
    earlier_successes: int  # of the same message, on this lane's off-ramp or another of the chain's


class Executions:
    """Shares the database, and its transactions, with `Facts`. Rows are collected by `take` and written at once."""

    def __init__(self, db: sqlite3.Connection, lanes: Sequence[Lane]) -> None:
        self._db = db
        self._lanes = tuple(lanes)
        self._rows: list[tuple[str, int, int, int, int, bytes, int]] = []

    # TAKING IN

    def take(self, lane: Lane, log: Log, begins: int) -> None:
        """One execution, whatever its outcome, and the index of its transaction's first log."""
        seq_nr, message_id, state = evm.read_execution(log)
        at, since = position(log.block, log.index), position(log.block, begins)
        self._rows.append((lane.key, at, since, log.tx, seq_nr, message_id, state))

    def write(self) -> None:
        """Everything collected, within the transaction of the caller and after the roots in it."""
        self._db.executemany(
            "INSERT INTO execution (lane, at, since, tx, seq, id, state) VALUES (?,?,?,?,?,?,?)", self._rows
        )
        succeeded: dict[str, list[int]] = {}
        for lane, _, _, _, seq_nr, _, state in self._rows:
            if state == evm.SUCCESS:
                succeeded.setdefault(lane, []).append(seq_nr)
        for lane, numbers in succeeded.items():
            self._db.execute(_SUCCEEDED, (lane, min(numbers), max(numbers), evm.SUCCESS))
        self._rows = []

    def drop(self) -> None:
        """Nothing of what was collected counts."""
        self._rows = []

    # ASKING

    def unjudged(self, lane: Lane, limit: int = AT_ONCE) -> list[Unjudged]:
        """In their order on chain."""
        return [
            Unjudged(
                Execution(
                    lane.key, lane.source, lane.destination, seq, id_, state, at >> 32, tx, at & 0xFFFFFFFF
                ),
                since,
                leaf,
                earlier,
            )
            for seq, id_, state, at, tx, since, leaf, earlier in self._db.execute(
                _UNJUDGED, (lane.key, evm.SUCCESS, limit)
            )
        ]

    def mark_judged(self, executions: Sequence[Execution]) -> None:
        """They are not asked about again."""
        if not executions:
            return
        places = [(one.lane, position(one.block, one.index)) for one in executions]
        self._db.execute("BEGIN")
        self._db.executemany("UPDATE execution SET judged = 1 WHERE lane = ? AND at = ?", places)
        self._db.execute("COMMIT")

    def succeeded_in(
        self, chain: int, block: int, tx: int
    ) -> list[tuple[Lane, tuple[TokenMove, ...] | None]]:
        """What ended in SUCCESS in one transaction: each message's lane, and its tokens if it is final here."""
        found: list[tuple[Lane, tuple[TokenMove, ...] | None]] = []
        for lane in self._lanes:
            if lane.destination != chain:
                continue
            rows = self._db.execute(
                "SELECT s.moves FROM execution e LEFT JOIN sent s ON s.lane = e.lane AND s.seq = e.seq"
                " WHERE e.lane = ? AND e.at BETWEEN ? AND ? AND e.tx = ? AND e.state = ?",
                (lane.key, position(block, 0), position(block, 0xFFFFFFFF), tx, evm.SUCCESS),
            )
            found += [(lane, None if moves is None else read_moves(moves)) for (moves,) in rows]
        return found
