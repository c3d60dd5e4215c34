"""What the RMN of each chain said: blessings, curses, lifts, as finalized facts with their place."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ccip_py.risk import evm
from ccip_py.risk.config import Lane
from ccip_py.risk.evm import Log
from ccip_py.risk.facts_schema import position
from ccip_py.risk.vote import GLOBAL_SUBJECT, subject_of


@dataclass(frozen=True, slots=True)
class _Root:
    """A root that stood for a while: from `at` until `removed_at`, blessed at the places `blessed_at`."""

    first: int
    last: int
    at: int
    removed_at: int | None
    blessed_at: Sequence[int]


@dataclass(frozen=True, slots=True)
class Reasons:
    """What a lane's destination had to go by, for asking about any execution of a few messages.

    An off-ramp checks roots, blessings and curses when a report begins, and what the messages do then may change them: any
    receiver can carry the deciding curse vote. So an execution is in order if there was a moment for it between the
    beginning of its transaction (`since`) and the log that tells of it (`at`).
    """

    roots: Sequence[_Root]
    switches: Mapping[
        bytes, Sequence[tuple[int, bool]]
    ]  # subject → (place, whether a curse begins), in order

    def standing(self, seq_nr: int, since: int, at: int) -> tuple[bool, bool]:
        """(a root covering the message stood, and was blessed)."""
        standing = [
            root
            for root in self.roots
            if root.first <= seq_nr <= root.last
            and root.at < at
            and (root.removed_at is None or root.removed_at > since)
        ]
        lifted = self._last_lift(since)
        return bool(standing), any(lifted < place < at for root in standing for place in root.blessed_at)

    def cursed(self, since: int, at: int) -> bool:
        """Whether the source, or everything, was cursed all the while."""
        lifts = [
            place + 1
            for ones in self.switches.values()
            for place, begins in ones
            if since <= place < at and not begins
        ]
        return all(self._is_cursed(moment) for moment in (since, *lifts))

    def _is_cursed(self, at: int) -> bool:
        """Just before a place."""
        latest = ([begins for place, begins in ones if place < at] for ones in self.switches.values())
        return any(begins[-1] for begins in latest if begins)

    def _last_lift(self, at: int) -> int:
        """When blessings were last voided before a place: by the lift of a curse on the source, or of a global one."""
        return max(
            (place for ones in self.switches.values() for place, begins in ones if place < at and not begins),
            default=-1,
        )


class RmnFacts:
    """Shares the database, and its transactions, with `Facts`."""

    def __init__(self, db: sqlite3.Connection, lanes: Sequence[Lane]) -> None:
        self._db = db
        self._by_store = {(lane.destination, lane.commit_store): lane for lane in lanes}

    # TAKING IN

    def take(self, chain: int, log: Log) -> None:
        """One finalized log of the chain's RMN. The caller has seen that it is this contract's word."""
        topic, at = log.topics[0] if log.topics else b"", position(log.block, log.index)
        if topic == evm.ROOT_BLESSED:
            self._take_blessing(chain, log, at)
        elif topic in (evm.CURSED, evm.UNCURSED):
            self._db.execute(
                "INSERT INTO cursed VALUES (?,?,?,?)",
                (str(chain), evm.read_subject(log), at, topic == evm.CURSED),
            )

    def _take_blessing(self, chain: int, log: Log, at: int) -> None:
        """Kept with its place, for judging executions, and noted at the root, which is not open in that epoch any more."""
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

    # ASKING: BEFORE EXECUTIONS

    def reasons(self, lane: Lane, first: int, last: int) -> Reasons:
        """For executions of the messages first to last. Asked once for many of them: roots and curses are few."""
        blessed: dict[tuple[bytes, int, int], list[int]] = {}
        rows = self._db.execute(
            "SELECT root, first, last, at, removed_at FROM accepted"
            " WHERE lane = ? AND last >= ? AND last < ? AND first <= ?",
            (lane.key, first, last + 256, last),
        ).fetchall()
        for root in {row[0] for row in rows}:
            for begin, end, at in self._db.execute(
                "SELECT first, last, at FROM blessed WHERE lane = ? AND root = ?", (lane.key, root)
            ):
                blessed.setdefault((root, begin, end), []).append(at)
        return Reasons(
            [
                _Root(begin, end, at, removed_at, blessed.get((root, begin, end), ()))
                for root, begin, end, at, removed_at in rows
            ],
            {
                subject: self._db.execute(
                    "SELECT at, begins FROM cursed WHERE chain = ? AND subject = ? ORDER BY at",
                    (str(lane.destination), subject),
                ).fetchall()
                for subject in (subject_of(lane.source), GLOBAL_SUBJECT)
            },
        )

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
