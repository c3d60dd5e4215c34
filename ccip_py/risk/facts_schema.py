"""The tables of the facts. All of them hold finalized facts, and all can be read again from the chains.

`at` is a place in a chain: block number and log index in one number that sorts the same way. Chain
selectors are text, because SQLite's integers are signed. The partial indexes keep the work of a cycle
in proportion to what is open, however long the history behind it:

- `waiting`: standing roots with unexecuted messages, by the epoch of their latest blessing;
- `unjudged`, `unjudged_payout`, `uncleared`: what no check has passed yet.

What is over is folded up (`facts_prune.py`): `done` holds, as few long intervals, the numbers of
messages whose rows are gone, and `counted` the highest number that was ever final.
"""

# What a cycle judges at most: executions of a lane, flows of a chain. The rest is for the next one.
AT_ONCE = 2_000


def position(block: int, index: int) -> int:
    """Block and log index as one number that sorts the same way."""
    return block << 32 | index


# Another number here makes older files be read anew.
VERSION = 7

SCHEMA = """
-- Up to where each chain was taken in, and what must never change: the ratchet of finality.
CREATE TABLE IF NOT EXISTS cursor (chain TEXT PRIMARY KEY, number INTEGER NOT NULL, hash BLOB NOT NULL);

-- Whose logs were taken in, up to the cursor: contracts, and the lanes they were read for. One that is not here makes its
-- chain be read again.
CREATE TABLE IF NOT EXISTS watched (
    chain TEXT NOT NULL, contract BLOB NOT NULL, PRIMARY KEY (chain, contract)
) WITHOUT ROWID;

-- Messages, with the leaf that was computed here.
CREATE TABLE IF NOT EXISTS sent (
    lane TEXT NOT NULL, seq INTEGER NOT NULL, leaf BLOB NOT NULL,
    stated_id BLOB NOT NULL,  -- what the event calls the message id
    moves TEXT NOT NULL,      -- JSON: its tokens
    backed INTEGER NOT NULL,  -- whether each token of a guarded pool was locked or burned in the same transaction
    PRIMARY KEY (lane, seq)
) WITHOUT ROWID;

-- Roots, also those that were removed again.
CREATE TABLE IF NOT EXISTS accepted (
    lane TEXT NOT NULL, at INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, root BLOB NOT NULL,
    follows INTEGER NOT NULL,  -- what the standing roots before it led one to expect as its first message
    removed_at INTEGER,
    blessed_epoch INTEGER NOT NULL DEFAULT -1,  -- of its latest blessing: older than the subject's, it is void
    succeeded INTEGER NOT NULL DEFAULT 0,       -- how many of its messages did
    PRIMARY KEY (lane, at)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS waiting ON accepted (lane, blessed_epoch, at)
    WHERE removed_at IS NULL AND succeeded <= last - first;
CREATE INDEX IF NOT EXISTS by_last ON accepted (lane, last);

-- Blessings, with their places: an execution must come after one.
CREATE TABLE IF NOT EXISTS blessed (
    lane TEXT NOT NULL, root BLOB NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, at INTEGER NOT NULL,
    rmn BLOB NOT NULL,  -- whose word it is
    PRIMARY KEY (lane, root, at)
) WITHOUT ROWID;

-- Curses as they began and ended, by chain and subject.
CREATE TABLE IF NOT EXISTS cursed (
    chain TEXT NOT NULL, subject BLOB NOT NULL, at INTEGER NOT NULL, begins INTEGER NOT NULL,
    rmn BLOB NOT NULL,  -- whose word it is
    PRIMARY KEY (chain, subject, at)
) WITHOUT ROWID;

-- Which RMN a chain's contracts obeyed from when on.
CREATE TABLE IF NOT EXISTS pointer (
    chain TEXT NOT NULL, at INTEGER NOT NULL, rmn BLOB NOT NULL, PRIMARY KEY (chain, at)
) WITHOUT ROWID;

-- Executions, whatever their outcome. By message id, because one message must not succeed on two off-ramps either.
CREATE TABLE IF NOT EXISTS execution (
    lane TEXT NOT NULL, at INTEGER NOT NULL,
    since INTEGER NOT NULL,  -- where its transaction begins
    tx INTEGER NOT NULL, seq INTEGER NOT NULL, id BLOB NOT NULL,
    state INTEGER NOT NULL, judged INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (lane, at)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS unjudged ON execution (lane, at) WHERE NOT judged;
CREATE INDEX IF NOT EXISTS by_id ON execution (id);
CREATE INDEX IF NOT EXISTS by_seq ON execution (lane, seq);

-- What a transaction moved out of a guarded pool or into existence. Amounts are text: they exceed 64 bits.
CREATE TABLE IF NOT EXISTS flow (
    chain TEXT NOT NULL, block INTEGER NOT NULL, tx INTEGER NOT NULL, pool BLOB NOT NULL,
    given TEXT NOT NULL,       -- released or minted, as the pool says
    issued TEXT NOT NULL,      -- minted, as the token says
    withdrawn TEXT NOT NULL,   -- taken out of the pool or its vault, as the token says
    judged INTEGER NOT NULL,   -- whether messages justify what was given
    cleared INTEGER NOT NULL,  -- whether the pool accounts for what the token says
    PRIMARY KEY (chain, block, tx, pool)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS unjudged_payout ON flow (chain, block) WHERE NOT judged;
CREATE INDEX IF NOT EXISTS uncleared ON flow (chain, block) WHERE NOT cleared;

-- Minted minus burned by a token's own transfers, after each block that changed it.
CREATE TABLE IF NOT EXISTS net (
    chain TEXT NOT NULL, token BLOB NOT NULL, block INTEGER NOT NULL, net TEXT NOT NULL,
    PRIMARY KEY (chain, token, block)
) WITHOUT ROWID;

-- Supply that no transfer explains, as it was at the first look, or as the owner last reviewed it.
CREATE TABLE IF NOT EXISTS opening (
    chain TEXT NOT NULL, token BLOB NOT NULL, supply TEXT NOT NULL, PRIMARY KEY (chain, token)
) WITHOUT ROWID;

-- The block in which a pool first had anything to do with another chain.
CREATE TABLE IF NOT EXISTS connected (
    chain TEXT NOT NULL, pool BLOB NOT NULL, block INTEGER NOT NULL, PRIMARY KEY (chain, pool)
) WITHOUT ROWID;

-- Statements that keys signed, by what there may be only one for; and where there were two. These prove themselves, final
-- or not, so they don't go when a chain is read again.
CREATE TABLE IF NOT EXISTS signed (
    signer BLOB NOT NULL, heading TEXT NOT NULL, statement BLOB NOT NULL, proof TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (heading, signer, statement)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS signed_at ON signed (at);
CREATE TABLE IF NOT EXISTS conflict (
    heading TEXT NOT NULL, signer BLOB NOT NULL, proofs TEXT NOT NULL, PRIMARY KEY (heading, signer)
) WITHOUT ROWID;

-- The highest message number that was ever final, and the numbers whose rows were folded up.
CREATE TABLE IF NOT EXISTS counted (lane TEXT PRIMARY KEY, through INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS done (
    lane TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (lane, first)
) WITHOUT ROWID;
"""
