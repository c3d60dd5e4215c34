"""The tables of the journal. Nothing here can be read again from anywhere, and nothing is ever deleted but transactions
whose nonces are used up.

Bytes are hex and large integers are text, so that an operator can read the file with any SQLite. Times (`at`) are this
machine's, for people: no judgement rests on them.
"""

SCHEMA = """
-- Blessings that were signed, or were about to be. The statement is everything of a blessing but its root, so the primary
-- key is the promise: one root for one (lane, first, last, epoch), whatever happens to the process in between.
CREATE TABLE IF NOT EXISTS blessing (
    statement TEXT NOT NULL,          -- chain and RMN, lane, first, last, epoch
    root TEXT NOT NULL,
    tag TEXT NOT NULL,                -- what votes are counted under, and `explain` is asked for
    config_version INTEGER NOT NULL,  -- of the RMN: signing again for another one is the same statement
    why TEXT NOT NULL,                -- JSON: the facts it rests on
    at REAL NOT NULL,
    PRIMARY KEY (statement)
);

-- Curse votes. They may be repeated and renewed, and are kept to be explained.
CREATE TABLE IF NOT EXISTS curse (
    domain TEXT NOT NULL, subject TEXT NOT NULL, nonce TEXT NOT NULL,
    valid_until INTEGER NOT NULL,     -- seconds of chain time
    evidence TEXT NOT NULL,           -- id in the table below
    config_version INTEGER NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (domain, subject, nonce, valid_until, evidence, config_version)
);

-- What was seen twice. Voted on until it is settled: the bad root is gone, or the owner has lifted every curse it led to.
CREATE TABLE IF NOT EXISTS evidence (
    id TEXT PRIMARY KEY,              -- hash of anomaly, blame and facts: votes name it
    anomaly TEXT NOT NULL,
    blame TEXT,                       -- selector of the chain that can't be trusted; NULL: stop everything
    chains TEXT NOT NULL,             -- JSON: selectors of the chains that the curse is for
    summary TEXT NOT NULL, facts TEXT NOT NULL,
    standing TEXT NOT NULL,           -- lane whose commit store holds the bad root; '': a fact that can't be undone
    at REAL NOT NULL,
    epochs TEXT NOT NULL DEFAULT '{}',  -- JSON: "chain/subject" → the subject's epoch when first voted on
    settled INTEGER NOT NULL DEFAULT 0
);

-- What somebody should look at. Never voted on.
CREATE TABLE IF NOT EXISTS alert (
    id TEXT PRIMARY KEY, anomaly TEXT NOT NULL, summary TEXT NOT NULL, facts TEXT NOT NULL, at REAL NOT NULL
);

-- How a chain's settings are meant to be: as they were at the first look, or as last accepted. A change that was made
-- while the monitor was away is therefore seen when it is back.
CREATE TABLE IF NOT EXISTS setting (
    chain TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (chain, name)
);

-- What was seen last, accepted or not, and how often it had changed by then: tells a change from the same change made again.
CREATE TABLE IF NOT EXISTS seen (
    chain TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, changes INTEGER NOT NULL, PRIMARY KEY (chain, name)
);

-- What `pairs.py` remembers of the two ends of a curse.
CREATE TABLE IF NOT EXISTS pair (
    here TEXT NOT NULL, there TEXT NOT NULL, lifts_here INTEGER NOT NULL, free INTEGER NOT NULL,
    answered INTEGER NOT NULL, PRIMARY KEY (here, there)
);

-- Transactions that may still be under way, written down before they are sent. The lowest nonce that is free is the next.
CREATE TABLE IF NOT EXISTS sending (
    chain_id INTEGER NOT NULL, nonce INTEGER NOT NULL,
    purpose TEXT NOT NULL,            -- the same wish is not sent twice
    recipient TEXT NOT NULL, data TEXT NOT NULL,
    fee INTEGER NOT NULL,             -- wei per gas, at most: a replacement must be dearer
    raw TEXT NOT NULL,
    block INTEGER NOT NULL,           -- head of the chain when it was last sent: patience counts from here
    PRIMARY KEY (chain_id, nonce)
);
"""
