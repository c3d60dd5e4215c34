"""What the RMNs of each chain said: blessings, curses, lifts, as finalized facts with their place; and which of them the
chain's contracts obeyed when. A new RMN knows nothing of what the one before it said: each time is judged by its own.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from ccip_py.risk import evm
from ccip_py.risk.config import Chain, Lane
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


class Past:
    """The reasons for executions of a few messages, whichever RMN was in office."""

    def __init__(
        self, times: Sequence[tuple[int, bytes]], before: bytes, under: Callable[[bytes], Reasons]
    ) -> None:
        """`times`: from when on which RMN was obeyed, in order; `before` the first of them another one was."""
        self._times = times
        self._before = before
        self._under = cache(under)

    def reasons(self, at: int) -> Reasons:
        """What counted just before a place."""
        latest = next((rmn for place, rmn in reversed(self._times) if place < at), self._before)
        return self._under(latest)


class RmnFacts:
    """Shares the database, and its transactions, with `Facts`."""

    def __init__(self, db: sqlite3.Connection, chains: Sequence[Chain], lanes: Sequence[Lane]) -> None:
        self._db = db
        self._chains = {chain.selector: chain for chain in chains}
        self._by_store = {(lane.destination, lane.commit_store): lane for lane in lanes}

    # TAKING IN

    def take(self, chain: int, log: Log) -> None:
        """One finalized log of an RMN of the chain, or of the proxy. The caller has seen that it is such a contract's word."""
        topic, at = log.topics[0] if log.topics else b"", position(log.block, log.index)
        if log.address == self._chains[chain].rmn_proxy:
            if topic == evm.ARM_SET:
                self._db.execute(
                    "INSERT INTO pointer VALUES (?,?,?)", (str(chain), at, evm.read_pointer(log))
                )
        elif topic == evm.ROOT_BLESSED:
            self._take_blessing(chain, log, at)
        elif topic in (evm.CURSED, evm.UNCURSED):
            self._db.execute(
                "INSERT INTO cursed VALUES (?,?,?,?,?)",
                (str(chain), evm.read_subject(log), at, topic == evm.CURSED, log.address),
            )

    def _take_blessing(self, chain: int, log: Log, at: int) -> None:
        """Kept with its place, for judging executions, and noted at the root, which is not open in that epoch any more."""
        store, root, first, last, epoch = evm.read_blessed(log)
        lane = self._by_store.get((chain, store))
        if lane is None:
            return
        self._db.execute(
            "INSERT INTO blessed VALUES (?,?,?,?,?,?)", (lane.key, root, first, last, at, log.address)
        )
        if log.address != self._chains[chain].rmn:
            return  # its epochs are not those of the RMN that is asked now
        self._db.execute(
            "UPDATE accepted SET blessed_epoch = ?"
            " WHERE lane = ? AND root = ? AND first = ? AND last = ? AND removed_at IS NULL",
            (epoch, lane.key, root, first, last),
        )

    # ASKING: BEFORE EXECUTIONS

    def past(self, lane: Lane, first: int, last: int) -> Past:
        """For executions of the messages first to last. Asked once for many of them: roots and curses are few."""
        chain = self._chains[lane.destination]
        times = self._db.execute(
            "SELECT at, rmn FROM pointer WHERE chain = ? ORDER BY at", (str(lane.destination),)
        ).fetchall()
        # Before the first one that is known to have been named, the oldest was.
        oldest = (*chain.former_rmns, chain.rmn)[0]
        return Past(times, oldest, lambda rmn: self._reasons(lane, first, last, rmn))

    def _reasons(self, lane: Lane, first: int, last: int, rmn: bytes) -> Reasons:
        blessed: dict[tuple[bytes, int, int], list[int]] = {}
        rows = self._db.execute(
            "SELECT root, first, last, at, removed_at FROM accepted"
            " WHERE lane = ? AND last >= ? AND last < ? AND first <= ?",
            (lane.key, first, last + 256, last),
        ).fetchall()
        for root in {row[0] for row in rows}:
            for begin, end, at in self._db.execute(
                "SELECT first, last, at FROM blessed WHERE lane = ? AND root = ? AND rmn = ?",
                (lane.key, root, rmn),
            ):
                blessed.setdefault((root, begin, end), []).append(at)
        return Reasons(
            [
                _Root(begin, end, at, removed_at, blessed.get((root, begin, end), ()))
                for root, begin, end, at, removed_at in rows
            ],
            {
                subject: self._db.execute(
                    "SELECT at, begins FROM cursed WHERE chain = ? AND subject = ? AND rmn = ? ORDER BY at",
                    (str(lane.destination), subject, rmn),
                ).fetchall()
                for subject in (subject_of(lane.source), GLOBAL_SUBJECT)
            },
        )

    # ASKING: CURSES

    def in_force(self, chain: int, remote: int) -> int | None:
        """The block since which `remote`, or everything, is cursed on the chain; None if it isn't."""
        for subject in (subject_of(remote), GLOBAL_SUBJECT):
            row = self._db.execute(
                "SELECT begins, at >> 32 FROM cursed WHERE chain = ? AND subject = ? AND rmn = ?"
                " ORDER BY at DESC LIMIT 1",
                (str(chain), subject, self._chains[chain].rmn),
            ).fetchone()
            if row and row[0]:
                return int(row[1])
        return None

    # ASKING: THE POINTER

    def is_awaited(self, chain: int, pointer: bytes, block: int) -> bool:
        """Whether a pointer to a former RMN is merely not moved yet: up to the block it never named the present one."""
        known = self._chains[chain]
        if pointer not in known.former_rmns:
            return False
        named = self._db.execute(
            "SELECT 1 FROM pointer WHERE chain = ? AND rmn = ? AND at < ?",
            (str(chain), known.rmn, position(block + 1, 0)),
        ).fetchone()
        return named is None
