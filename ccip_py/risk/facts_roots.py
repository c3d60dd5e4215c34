"""What a destination committed: finalized roots, which of them stand, and how far they have come."""

import sqlite3

from ccip_py.risk import evm
from ccip_py.risk.config import Lane
from ccip_py.risk.evm import Log
from ccip_py.risk.facts_schema import position
from ccip_py.risk.judge import Claim


class RootBook:
    """Shares the database, and its transactions, with `Facts`. Roots are few: each is written as it comes."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    # TAKING IN

    def take(self, lane: Lane, log: Log) -> None:
        """One finalized log of a commit store: a root came, or was removed, or it is something else."""
        topic, at = log.topics[0] if log.topics else b"", position(log.block, log.index)
        if topic == evm.REPORT_ACCEPTED and (accepted := evm.read_accepted(log)):
            follows = self.expected_first(lane, log.block, log.index)
            self._db.execute(
                "INSERT INTO accepted (lane, at, follows, first, last, root) VALUES (?,?,?,?,?,?)",
                (lane.key, at, follows, accepted.first, accepted.last, accepted.root),
            )
        elif topic == evm.ROOT_REMOVED:
            self._db.execute(
                "UPDATE accepted SET removed_at = ? WHERE lane = ? AND root = ? AND removed_at IS NULL",
                (at, lane.key, log.data[:32]),
            )

    # ASKING

    def claims(self, lane: Lane, epoch: int, limit: int = 64) -> list[Claim]:
        """Standing roots that lack a blessing in this epoch and are not executed yet, in order: the oldest and the newest.

        A lift voids all blessings, also of the many old roots under which a message failed for good. Those are blessed
        again in their time, and meanwhile nobody's new message waits for them.
        """
        rows = sorted(
            {
                row
                for order in ("ASC", "DESC")
                for row in self._db.execute(
                    "SELECT first, last, root, at FROM accepted INDEXED BY waiting WHERE lane = ? AND blessed_epoch < ?"
                    f" AND removed_at IS NULL AND succeeded <= last - first ORDER BY at {order} LIMIT ?",
                    (lane.key, epoch, limit // 2),
                )
            },
            key=lambda row: int(row[3]),
        )
        return [
            Claim(
                lane.key, lane.source, lane.destination, lane.commit_store,
                first, last, root, at >> 32, at & 0xFFFFFFFF, final=True,
            )
            for first, last, root, at in rows
        ]  # fmt: skip

    def expected_first(self, lane: Lane, block: int, index: int) -> int:
        """What follows the standing root that was committed last before a position. Written down when
        the root at that position was taken in, because the one before it may be gone by now."""
        at = position(block, index)
        row = self._db.execute(
            "SELECT follows FROM accepted WHERE lane = ? AND at = ?", (lane.key, at)
        ).fetchone()
        if row:
            return int(row[0])
        row = self._db.execute(
            "SELECT last FROM accepted WHERE lane = ? AND at < ? AND (removed_at IS NULL OR removed_at > ?)"
            " ORDER BY at DESC LIMIT 1",
            (lane.key, at, at),
        ).fetchone()
        return row[0] + 1 if row else 1

    def unexecuted(self, lane: Lane, limit: int = 8) -> list[tuple[bytes, int]]:
        """(root, block of its commit) of blessed roots that have a message nobody tried yet, oldest
        first. A message that failed was tried: it waits for a person."""
        rows = self._db.execute(
            "SELECT root, at >> 32 FROM accepted INDEXED BY waiting WHERE lane = ?1"
            " AND blessed_epoch >= 0 AND removed_at IS NULL AND succeeded <= last - first"
            " AND (SELECT count(DISTINCT seq) FROM execution WHERE lane = ?1"
            "      AND seq BETWEEN first AND last) <= last - first ORDER BY at LIMIT ?2",
            (lane.key, limit),
        )
        return [(root, block) for root, block in rows]
