"""What keys signed, as far as this monitor came across it, and where one contradicted itself.

Unlike the rest of the facts this is not read from finalized blocks only: a signature proves itself.
"""

import json
import sqlite3
import time
from collections.abc import Iterable

from ccip_py.risk.signers import Conflict, Signed

# Statements remembered. A contradiction is found if its two halves are seen within so many.
KEPT = 50_000


class SignedFacts:
    """Statements by who made them and under which heading. More than one under a heading is a conflict, for good."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._known: set[tuple[bytes, str, bytes]] = set()
        (self._conflicts,) = db.execute("SELECT count(*) FROM conflict").fetchone()

    def take(self, statements: Iterable[Signed]) -> None:
        """Remember each statement; one that contradicts an earlier one becomes a conflict."""
        for one in statements:
            key = (one.signer, one.heading, one.statement)
            if key in self._known:
                continue
            if len(self._known) > KEPT:
                self._known.clear()
            self._known.add(key)
            self._db.execute(
                "INSERT OR IGNORE INTO signed VALUES (?,?,?,?,?)",
                (one.signer, one.heading, one.statement, one.proof, time.time()),
            )
            self._compare(one)

    def _compare(self, one: Signed) -> None:
        rows = self._db.execute(
            "SELECT proof FROM signed WHERE heading = ? AND signer = ? ORDER BY statement",
            (one.heading, one.signer),
        ).fetchall()
        if len(rows) > 1:
            proofs = json.dumps([proof for (proof,) in rows[:2]])
            self._db.execute(
                "INSERT OR IGNORE INTO conflict VALUES (?,?,?)", (one.heading, one.signer, proofs)
            )
            self._conflicts += 1

    def conflicts(self, headings: str) -> list[Conflict]:
        """Every contradiction under headings that begin like this. There are none among the honest."""
        if not self._conflicts:
            return []
        rows = self._db.execute(
            "SELECT signer, heading, proofs FROM conflict WHERE heading >= ? AND heading < ? ORDER BY heading, signer",
            (headings, headings + "\x7f"),
        )
        return [Conflict(signer, heading, tuple(json.loads(proofs))) for signer, heading, proofs in rows]

    def prune(self) -> None:
        """Forget the oldest statements beyond `KEPT`; conflicts stay."""
        self._db.execute(
            "DELETE FROM signed WHERE at < (SELECT at FROM signed ORDER BY at DESC LIMIT 1 OFFSET ?)", (KEPT,)
        )
