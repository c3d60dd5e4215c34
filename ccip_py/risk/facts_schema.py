"""The tables of `facts.py`. All of them hold finalized facts, and all can be read again from the chains.

`at` is a place in a chain: block number and log index in one number that sorts the same way. Chain
selectors are text, because SQLite's integers are signed. The partial indexes keep the work of a cycle
in proportion to what is open, however long the history behind it:

- `waiting`: standing roots with unexecuted messages, by the epoch of their latest blessing;
- `unjudged`, `unjudged_payout`: what no check has passed yet.
"""

SCHEMA = """
CREATE TABLE IF NOT EXISTS cursor (chain TEXT PRIMARY KEY, number INTEGER NOT NULL, hash BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS sent (
    lane TEXT NOT NULL, seq INTEGER NOT NULL, leaf BLOB NOT NULL, stated_id BLOB NOT NULL,
    moves TEXT NOT NULL, backed INTEGER NOT NULL, PRIMARY KEY (lane, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS accepted (
    lane TEXT NOT NULL, at INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, root BLOB NOT NULL,
    removed_at INTEGER, blessed_epoch INTEGER NOT NULL DEFAULT -1, succeeded INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (lane, at)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS waiting ON accepted (lane, blessed_epoch, at)
    WHERE removed_at IS NULL AND succeeded <= last - first;
CREATE INDEX IF NOT EXISTS by_last ON accepted (lane, last);
CREATE TABLE IF NOT EXISTS blessed (
    lane TEXT NOT NULL, root BLOB NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (lane, root, at)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cursed (
    chain TEXT NOT NULL, subject BLOB NOT NULL, at INTEGER NOT NULL, begins INTEGER NOT NULL,
    PRIMARY KEY (chain, subject, at)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS execution (
    lane TEXT NOT NULL, at INTEGER NOT NULL, tx INTEGER NOT NULL, seq INTEGER NOT NULL, id BLOB NOT NULL,
    state INTEGER NOT NULL, judged INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (lane, at)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS unjudged ON execution (lane, at) WHERE NOT judged;
CREATE INDEX IF NOT EXISTS by_id ON execution (id);
CREATE TABLE IF NOT EXISTS payout (
    chain TEXT NOT NULL, block INTEGER NOT NULL, tx INTEGER NOT NULL, pool BLOB NOT NULL, paid TEXT NOT NULL,
    judged INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (chain, block, tx, pool)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS unjudged_payout ON payout (chain, block) WHERE NOT judged;
"""
