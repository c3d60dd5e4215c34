"""What the RMN of each chain said: blessings, curses, lifts, as finalized facts with their place."""

import sqlite3
from collections.abc import Sequence

from ccip_py.risk import evm
from ccip_py.risk.arrivals import Execution
from ccip_py.risk.config import Lane
from ccip_py.risk.evm import Log
from ccip_py.risk.vote import GLOBAL_SUBJECT, subject_of


def position(block: int, index: int) -> int:
    """Block and log index as one number that sorts the same way."""
    return block << 32 | index


class RmnFacts:
    """Shares the database, and its transactions, with `Facts`."""

    def __init__(self, db: sqlite3.Connection, lanes: Sequence[Lane]) -> None:
        self._db = db
        self._by_store = {(lane.destination, lane.commit_store): lane for lane in lanes}

    # TAKING IN

    def take(self, chain: int, log: Log) -> None:
        """One finalized log of an RMN: RootBlessed, Cursed or Uncursed."""
        at = position(log.block, log.index)
        if log.topics[0] == evm.ROOT_BLESSED:
            self._take_blessing(chain, log, at)
            return
        # Cursed and Uncursed: the subject is indexed, at the left end of its word.
        subject = log.topics[1][:16]
        self._db.execute(
            "INSERT INTO cursed VALUES (?,?,?,?)",
            (str(chain), subject, at, log.topics[0] == evm.CURSED),
        )

    def _take_blessing(self, chain: int, log: Log, at: int) -> None:
        store, root, first, last, epoch = evm.read_blessed(log)
        lane = self._by_store.get((chain, store))
        if lane is None:
            return
        self._db.execute("INSERT INTO blessed VALUES (?,?,?,?,?)", (lane.key, root, first, last, at))
        self._db.execute(
            "UPDATE accepted SET blessed_epoch = ?"
            " WHERE lane = ? AND root = ? AND first = ? AND last = ? AND removed_at IS NULL",
            (epoch, lane.key, root, first, last),
        )

    # ASKING: BEFORE AN EXECUTION

    def standing(self, execution: Execution) -> tuple[bool, bool]:
        """(a root covering the message stood, and was blessed) just before the execution."""
        at = position(execution.block, execution.index)
        rows = self._db.execute(
            "SELECT root, first, last FROM accepted WHERE lane = ? AND last >= ? AND last < ? AND first <= ?"
            " AND at < ? AND (removed_at IS NULL OR removed_at > ?)",
            (execution.lane, execution.seq_nr, execution.seq_nr + 256, execution.seq_nr, at, at),
        ).fetchall()
        since = self._last_lift(execution, at)
        blessed = any(
            self._db.execute(
                "SELECT 1 FROM blessed WHERE lane = ? AND root = ? AND first = ? AND last = ?"
                " AND at < ? AND at > ? LIMIT 1",
                (execution.lane, root, first, last, at, since),
            ).fetchone()
            for root, first, last in rows
        )
        return bool(rows), blessed

    def was_cursed(self, execution: Execution) -> bool:
        """Whether the source, or everything, was cursed on the destination just before."""
        at = position(execution.block, execution.index)
        subjects = (subject_of(execution.source), GLOBAL_SUBJECT)
        return any(self._latest(execution.destination, subject, at)[0] for subject in subjects)

    def _last_lift(self, execution: Execution, at: int) -> int:
        """When blessings were last voided: by the lift of a curse on the source, or of a global one."""
        (last,) = self._db.execute(
            "SELECT max(at) FROM cursed WHERE chain = ? AND subject IN (?,?) AND at < ? AND NOT begins",
            (str(execution.destination), subject_of(execution.source), GLOBAL_SUBJECT, at),
        ).fetchone()
        return int(last or -1)

    # ASKING: CURSES

    def in_force(self, chain: int, remote: int) -> int | None:
        """The block since which `remote`, or everything, is cursed on the chain; None if it isn't."""
        for subject in (subject_of(remote), GLOBAL_SUBJECT):
            begins, at = self._latest(chain, subject, 2**62)
            if begins:
                return at >> 32
        return None

    def _latest(self, chain: int, subject: bytes, before: int) -> tuple[bool, int]:
        row = self._db.execute(
            "SELECT begins, at FROM cursed WHERE chain = ? AND subject = ? AND at < ? ORDER BY at DESC LIMIT 1",
            (str(chain), subject, before),
        ).fetchone()
        return (bool(row[0]), row[1]) if row else (False, 0)
