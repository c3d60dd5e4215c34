"""Keeps the facts from growing for ever: what is over is folded up into intervals.

A root is over when all its messages succeeded, every execution of them was judged, what pools paid out up to
then too, and so many blocks went by since that no window looks back at it. Its messages, its executions and its blessing then
become part of one long interval in `done`, which is enough to recognise a second execution. The
newest root of a lane always stays, because the next one is expected to follow it.
"""

import sqlite3
from collections.abc import Iterable

from ccip_py.risk.config import Chain, Lane

# Finalized blocks of the destination that a finished root stays in full.
KEEP_BLOCKS = 2_000
# Roots folded up at once: bounds the time that a cycle spends here.
_AT_ONCE = 200


def prune(db: sqlite3.Connection, chains: Iterable[Chain], lanes: Iterable[Lane], keep: int) -> int:
    """Fold up what is over. Returns how many roots that was. All or nothing."""
    folded = 0
    db.execute("BEGIN")
    try:
        heads = {int(chain): number for chain, number in db.execute("SELECT chain, number FROM cursor")}
        unjudged = {
            int(chain): block
            for chain, block in db.execute(
                "SELECT chain, min(block) FROM flow WHERE NOT judged GROUP BY chain"
            )
        }
        for lane in lanes:
            before = heads.get(lane.destination, 0) - keep
            before = min(before, unjudged.get(lane.destination, before))
            folded += _prune_lane(db, lane.key, before << 32)
        for chain in chains:
            oldest = heads.get(chain.selector, 0) - max(
                keep, *(pool.outflow_blocks for pool in chain.pools), 0
            )
            _prune_chain(db, str(chain.selector), oldest)
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
    return folded


def _prune_lane(db: sqlite3.Connection, lane: str, before: int) -> int:
    """Roots committed before that place which were removed, or whose messages all succeeded, none of them lately and
    none unjudged. Removed ones leave nothing behind: nothing was executed under them."""
    newest = db.execute(
        "SELECT max(at) FROM accepted WHERE lane = ? AND removed_at IS NULL", (lane,)
    ).fetchone()[0]
    rows = db.execute(
        "SELECT at, first, last, root, removed_at FROM accepted WHERE lane = ?1 AND at < ?2 AND at < ?3"
        " AND (removed_at < ?2 OR (removed_at IS NULL AND succeeded > last - first"
        "   AND NOT EXISTS (SELECT 1 FROM execution e WHERE e.lane = ?1 AND NOT e.judged"
        "                   AND e.seq BETWEEN accepted.first AND accepted.last)"
        "   AND NOT EXISTS (SELECT 1 FROM execution e WHERE e.lane = ?1 AND e.at >= ?2"
        "                   AND e.seq BETWEEN accepted.first AND accepted.last)))"
        " ORDER BY at LIMIT ?4",
        (lane, before, newest or 0, _AT_ONCE),
    ).fetchall()
    for at, first, last, root, removed_at in rows:
        db.execute("DELETE FROM accepted WHERE lane = ? AND at = ?", (lane, at))
        if removed_at is not None:
            continue
        db.execute("DELETE FROM blessed WHERE lane = ? AND root = ? AND first = ?", (lane, root, first))
        for table in ("sent", "execution"):
            db.execute(f"DELETE FROM {table} WHERE lane = ? AND seq BETWEEN ? AND ?", (lane, first, last))
        _fold(db, lane, first, last)
    return len(rows)


def _fold(db: sqlite3.Connection, lane: str, first: int, last: int) -> None:
    """Add an interval to `done`, joined with those it touches or overlaps."""
    touching = "lane = ? AND first <= ? AND last >= ?"
    near = (lane, last + 1, first - 1)
    for begin, end in db.execute(f"SELECT first, last FROM done WHERE {touching}", near).fetchall():
        first, last = min(first, begin), max(last, end)
    db.execute(f"DELETE FROM done WHERE {touching}", near)
    db.execute("INSERT INTO done VALUES (?,?,?)", (lane, first, last))


def _prune_chain(db: sqlite3.Connection, chain: str, oldest: int) -> None:
    """Flows before that block that passed both checks, and sums that no window needs."""
    db.execute("DELETE FROM flow WHERE chain = ? AND block < ? AND judged AND cleared", (chain, oldest))
    # Of each token's sums, the last one before the window stays: it is still the sum.
    db.execute(
        "DELETE FROM net WHERE chain = ?1 AND block < (SELECT max(n.block) FROM net n"
        " WHERE n.chain = ?1 AND n.token = net.token AND n.block < ?2)",
        (chain, oldest),
    )
