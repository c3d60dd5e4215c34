"""What the chains said, finalized and proven: the monitor's memory of them.

Deleting this file costs time, never correctness: everything is read again from the start block. The
cursor of each chain and the facts of its blocks move in one transaction, so a crash can't separate
them. Each cycle touches what is new; nothing here scans history.

An on-ramp numbers messages 1, 2, 3 … without gaps. One that doesn't is not a lane we understand:
`take` then raises `Undecodable`, the cursor stays, and the alarm stays on.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ccip_py.risk import evm
from ccip_py.risk.arrivals import Execution
from ccip_py.risk.config import Chain, Lane
from ccip_py.risk.evm import Log, TokenMove, Undecodable
from ccip_py.risk.facts_flows import Flows
from ccip_py.risk.facts_prune import KEEP_BLOCKS, prune
from ccip_py.risk.facts_rmn import RmnFacts, position
from ccip_py.risk.facts_schema import SCHEMA, VERSION
from ccip_py.risk.facts_signed import SignedFacts
from ccip_py.risk.judge import Claim, Message


@dataclass(frozen=True, slots=True)
class Block:
    """A finalized block and the proven logs of the contracts we watch in it."""

    number: int
    hash: bytes
    logs: Sequence[Log] = field(default=())


class Facts:
    def __init__(self, path: Path, chains: Sequence[Chain], lanes: Sequence[Lane]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        # A crash may lose the latest blocks, together with the cursor: they are read again.
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._open_tables()
        self.flows = Flows(self._db, chains)
        self.signed = SignedFacts(self._db)
        self.rmn = RmnFacts(self._db, lanes)
        self._chains = tuple(chains)
        self._pools = {chain.selector: frozenset(pool.pool for pool in chain.pools) for chain in chains}
        self._by_ramp = {(lane.source, lane.on_ramp): lane for lane in lanes}
        self._by_store = {(lane.destination, lane.commit_store): lane for lane in lanes}
        self._by_off_ramp = {(lane.destination, lane.off_ramp): lane for lane in lanes}
        self._lanes = {lane.key: lane for lane in lanes}
        self._metadata = {
            lane.key: evm.metadata(lane.source, lane.destination, lane.on_ramp) for lane in lanes
        }

    def _open_tables(self) -> None:
        """A file that an older version wrote is read anew from the chains."""
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version != VERSION:
            tables = self._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            for (table,) in tables:
                self._db.execute(f"DROP TABLE {table}")
            self._db.execute(f"PRAGMA user_version = {VERSION}")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        self._db.close()

    def prune(self, keep_blocks: int = KEEP_BLOCKS) -> int:
        """Fold up what is over (see `facts_prune.py`); how many roots that was."""
        self.signed.prune()
        return prune(self._db, self._chains, self._lanes.values(), keep_blocks)

    # TAKING IN

    def cursor(self, chain: int) -> tuple[int, bytes] | None:
        """The last block taken in, which is also the ratchet of finality: it must never change."""
        row: tuple[int, bytes] | None = self._db.execute(
            "SELECT number, hash FROM cursor WHERE chain = ?", (str(chain),)
        ).fetchone()
        return row

    def watch(self, chain: int, contracts: Sequence[bytes]) -> None:
        """Say whose logs will be taken in. Those of a contract that is new to the configuration are
        missing from the blocks that were taken in without it, so these are read again."""
        known = {
            row[0] for row in self._db.execute("SELECT contract FROM watched WHERE chain = ?", (str(chain),))
        }
        if known and not known.issuperset(contracts):
            self.forget(chain)
        self._db.executemany(
            "INSERT OR IGNORE INTO watched VALUES (?,?)", [(str(chain), contract) for contract in contracts]
        )

    def take(self, chain: int, blocks: Iterable[Block]) -> None:
        """Take in consecutive blocks: all of them with the cursor, or none."""
        self._db.execute("BEGIN")
        try:
            for block in blocks:
                self._take_logs(chain, block)
                self._db.execute(
                    "INSERT OR REPLACE INTO cursor VALUES (?,?,?)", (str(chain), block.number, block.hash)
                )
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def forget(self, chain: int) -> None:
        """Everything read from one chain, after its history was replaced and an owner reviewed it."""
        self._db.execute("BEGIN")
        for lane in self._lanes.values():
            if lane.source == chain:
                for table in ("sent", "counted", "done"):
                    self._db.execute(f"DELETE FROM {table} WHERE lane = ?", (lane.key,))
            if lane.destination == chain:
                for table in ("accepted", "blessed", "execution"):
                    self._db.execute(f"DELETE FROM {table} WHERE lane = ?", (lane.key,))
        for table in ("cursor", "cursed"):
            self._db.execute(f"DELETE FROM {table} WHERE chain = ?", (str(chain),))
        self.flows.forget(chain)
        self._db.execute("COMMIT")

    def _take_logs(self, chain: int, block: Block) -> None:
        pools = self._pools[chain]
        taken = [
            (log.tx, log.address, evm.word(log.data, 0))
            for log in block.logs
            if log.address in pools and log.topics and log.topics[0] in evm.TAKEN
        ]
        for log in block.logs:
            topic = log.topics[0] if log.topics else b""
            if topic == evm.MESSAGE_SENT and (lane := self._by_ramp.get((chain, log.address))):
                self._take_sent(lane, log, taken)
            elif lane := self._by_store.get((chain, log.address)):
                self._take_commit(lane, topic, log)
            elif topic == evm.EXECUTION_STATE and (lane := self._by_off_ramp.get((chain, log.address))):
                self._take_execution(lane, log)
            elif topic in (evm.ROOT_BLESSED, evm.CURSED, evm.UNCURSED):
                self.rmn.take(chain, log)
            else:
                self.flows.take(chain, log)

    def _take_sent(self, lane: Lane, log: Log, taken: list[tuple[int, bytes, int]]) -> None:
        sent = evm.read_sent(log, lane.source, self._metadata[lane.key])
        if sent.seq_nr != self.final_through(lane) + 1:
            raise Undecodable(f"message {sent.seq_nr} does not follow {self.final_through(lane)}")
        # Each token uses up its backing, so all of them are looked at, whatever the first one says.
        backings = [self._backed(lane, log.tx, move, taken) for move in sent.moves]
        moves = [
            [m.source_token.hex(), str(m.amount), m.source_pool.hex(), m.dest_token.hex(), m.source_decimals]
            for m in sent.moves
        ]
        row = (lane.key, sent.seq_nr, sent.leaf, sent.stated_id, json.dumps(moves), all(backings))
        self._db.execute("INSERT INTO sent VALUES (?,?,?,?,?,?)", row)
        self._db.execute("INSERT OR REPLACE INTO counted VALUES (?,?)", (lane.key, sent.seq_nr))

    def _backed(self, lane: Lane, tx: int, move: TokenMove, taken: list[tuple[int, bytes, int]]) -> bool:
        """Uses up the lock or burn that backs one token, so that it can't back a second message.

        Pools that nobody asked us to guard are their owners' affair: whatever they do touches only
        their own token, and they may speak in events of their own.
        """
        if move.source_pool not in self._pools[lane.source]:
            return True
        backing = (tx, move.source_pool, move.amount)
        if backing not in taken:
            return False
        taken.remove(backing)
        return True

    def _take_commit(self, lane: Lane, topic: bytes, log: Log) -> None:
        at = position(log.block, log.index)
        if topic == evm.REPORT_ACCEPTED and (accepted := evm.read_accepted(log)):
            self._db.execute(
                "INSERT INTO accepted (lane, at, follows, first, last, root) VALUES (?,?,?,?,?,?)",
                (
                    lane.key,
                    at,
                    self.expected_first(lane, log.block, log.index),
                    accepted.first,
                    accepted.last,
                    accepted.root,
                ),
            )
        elif topic == evm.ROOT_REMOVED:
            self._db.execute(
                "UPDATE accepted SET removed_at = ? WHERE lane = ? AND root = ? AND removed_at IS NULL",
                (at, lane.key, log.data[:32]),
            )

    def _take_execution(self, lane: Lane, log: Log) -> None:
        seq_nr, message_id, state = evm.read_execution(log)
        first_success = state == evm.SUCCESS and not self._successes(
            message_id, position(log.block, log.index)
        )
        self._db.execute(
            "INSERT INTO execution (lane, at, tx, seq, id, state) VALUES (?,?,?,?,?,?)",
            (lane.key, position(log.block, log.index), log.tx, seq_nr, message_id, state),
        )
        if first_success:
            self._db.execute(
                "UPDATE accepted SET succeeded = succeeded + 1 WHERE lane = ? AND last >= ? AND first <= ?"
                " AND last < ? AND removed_at IS NULL",
                (lane.key, seq_nr, seq_nr, seq_nr + 256),
            )

    # ASKING: ROOTS

    def final_through(self, lane: Lane) -> int:
        """The highest sequence number whose message is final here. There are no gaps below it."""
        row = self._db.execute("SELECT through FROM counted WHERE lane = ?", (lane.key,)).fetchone()
        return row[0] if row else 0

    def messages(self, lane: Lane, first: int, last: int) -> list[Message]:
        """The final messages of an interval, in order. At most 257: one more than a root may hold."""
        rows = self._db.execute(
            "SELECT seq, leaf, stated_id, moves, backed FROM sent"
            " WHERE lane = ? AND seq BETWEEN ? AND ? ORDER BY seq LIMIT 257",
            (lane.key, min(first, 2**62), min(last, 2**62)),
        )
        return [_message(*row) for row in rows]

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
        row = self._db.execute(
            "SELECT follows FROM accepted WHERE lane = ? AND at = ?", (lane.key, position(block, index))
        ).fetchone()
        if row:
            return int(row[0])
        row = self._db.execute(
            "SELECT last FROM accepted WHERE lane = ? AND at < ? AND (removed_at IS NULL OR removed_at > ?)"
            " ORDER BY at DESC LIMIT 1",
            (lane.key, position(block, index), position(block, index)),
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

    # ASKING: EXECUTIONS

    def unjudged(self, lane: Lane, limit: int = 200) -> list[Execution]:
        rows = self._db.execute(
            "SELECT seq, id, state, at, tx FROM execution INDEXED BY unjudged"
            " WHERE lane = ? AND NOT judged ORDER BY at LIMIT ?",
            (lane.key, limit),
        )
        return [
            Execution(lane.key, lane.source, lane.destination, seq, id_, state, at >> 32, tx, at & 0xFFFFFFFF)
            for seq, id_, state, at, tx in rows
        ]

    def mark_judged(self, execution: Execution) -> None:
        self._db.execute(
            "UPDATE execution SET judged = 1 WHERE lane = ? AND at = ?",
            (execution.lane, position(execution.block, execution.index)),
        )

    def earlier_successes(self, execution: Execution) -> int:
        """Successes of the same message before, on this lane's off-ramp or another of the chain's."""
        folded = self._db.execute(
            "SELECT count(*) FROM done WHERE lane = ? AND first <= ? AND last >= ?",
            (execution.lane, execution.seq_nr, execution.seq_nr),
        ).fetchone()
        before = position(execution.block, execution.index)
        return int(folded[0]) + self._successes(execution.message_id, before)

    def _successes(self, message_id: bytes, before: int) -> int:
        (count,) = self._db.execute(
            "SELECT count(*) FROM execution WHERE id = ? AND state = ? AND at < ?",
            (message_id, evm.SUCCESS, before),
        ).fetchone()
        return int(count)

    def executed_in(self, chain: int, block: int, tx: int) -> list[tuple[Lane, int]]:
        """(lane, sequence number) of what ended in SUCCESS in one transaction."""
        found = []
        for lane in self._lanes.values():
            if lane.destination != chain:
                continue
            rows = self._db.execute(
                "SELECT seq FROM execution WHERE lane = ? AND at BETWEEN ? AND ? AND tx = ? AND state = ?",
                (lane.key, position(block, 0), position(block, 0xFFFFFFFF), tx, evm.SUCCESS),
            )
            found += [(lane, seq) for (seq,) in rows]
        return found


def _message(seq_nr: int, leaf: bytes, stated_id: bytes, moves: str, backed: int) -> Message:
    return Message(
        seq_nr,
        leaf,
        stated_id,
        tuple(
            TokenMove(bytes.fromhex(token), int(amount), bytes.fromhex(pool), bytes.fromhex(dest), decimals)
            for token, amount, pool, dest, decimals in json.loads(moves)
        ),
        bool(backed),
    )
