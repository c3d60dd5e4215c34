"""What the chains said, finalized and proven: the monitor's memory of them.

Deleting this file costs time, never correctness: everything is read again from the start block. The
cursor of each chain and the facts of its blocks move in one transaction, so a crash can't separate
them. Each cycle touches what is new; nothing here scans history.

Here are the file, the cursor and which log concerns whom. What logs say is kept by subject: messages
(`sent`), roots (`roots`), executions, blessings and curses (`rmn`), tokens (`flows`), signatures
(`signed`).
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ccip_py.risk import evm
from ccip_py.risk.config import Chain, Lane
from ccip_py.risk.evm import Log
from ccip_py.risk.facts_executions import Executions
from ccip_py.risk.facts_flows import Flows
from ccip_py.risk.facts_prune import KEEP_BLOCKS, prune
from ccip_py.risk.facts_rmn import RmnFacts
from ccip_py.risk.facts_roots import RootBook
from ccip_py.risk.facts_schema import SCHEMA, VERSION
from ccip_py.risk.facts_sent import SentFacts
from ccip_py.risk.facts_signed import SignedFacts


@dataclass(frozen=True, slots=True)
class Block:
    """A finalized block and the proven logs of the contracts we watch in it."""

    number: int
    hash: bytes
    logs: Sequence[Log] = field(default=())


class Facts:
    """One SQLite file. Whatever reads it asks the part that knows the subject: `facts.sent`, `facts.roots` and so on."""

    def __init__(self, path: Path, chains: Sequence[Chain], lanes: Sequence[Lane]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        # A crash may lose the latest blocks, together with the cursor: they are read again.
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._open_tables()
        self.sent = SentFacts(self._db, chains, lanes)
        self.roots = RootBook(self._db)
        self.executions = Executions(self._db, lanes)
        self.rmn = RmnFacts(self._db, chains, lanes)
        self.flows = Flows(self._db, chains)
        self.signed = SignedFacts(self._db)
        # Grows when facts are taken back: whatever was concluded from them has to be concluded anew.
        self.generation = 0
        self._chains = tuple(chains)
        self._rmns = {
            (chain.selector, rmn)
            for chain in chains
            for rmn in (chain.rmn_proxy, chain.rmn, *chain.former_rmns)
        }
        self._by_ramp = {(lane.source, lane.on_ramp): lane for lane in lanes}
        self._by_store = {(lane.destination, lane.commit_store): lane for lane in lanes}
        self._by_off_ramp = {(lane.destination, lane.off_ramp): lane for lane in lanes}
        self._lanes = tuple(lanes)

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
        return prune(self._db, self._chains, self._lanes, keep_blocks)

    # WHOSE LOGS, AND UP TO WHERE

    def cursor(self, chain: int) -> tuple[int, bytes] | None:
        """The last block taken in, which is also the ratchet of finality: it must never change."""
        row: tuple[int, bytes] | None = self._db.execute(
            "SELECT number, hash FROM cursor WHERE chain = ?", (str(chain),)
        ).fetchone()
        return row

    def watch(self, chain: int, contracts: Sequence[bytes]) -> None:
        """Say whose logs will be taken in, for which lanes. Those of what is new to the configuration, or comes back to it,
        are missing from the blocks that were taken in without it, so these are read again."""
        known = {
            row[0] for row in self._db.execute("SELECT contract FROM watched WHERE chain = ?", (str(chain),))
        }
        now = {lane.key.encode() for lane in self._lanes if chain in (lane.source, lane.destination)}
        now.update(contracts)
        if known and not known >= now:
            self.forget(chain)
        self._db.execute("BEGIN")
        self._db.execute("DELETE FROM watched WHERE chain = ?", (str(chain),))
        self._db.executemany("INSERT INTO watched VALUES (?,?)", [(str(chain), one) for one in now])
        self._db.execute("COMMIT")

    # TAKING IN

    def take(self, chain: int, blocks: Iterable[Block]) -> None:
        """Take in consecutive blocks: all of them with the cursor, or none."""
        cursor: tuple[int, bytes] | None = None
        self._db.execute("BEGIN")
        try:
            for block in blocks:
                self._take_logs(chain, block)
                cursor = block.number, block.hash
            # Executions last: what they say of roots needs both.
            for part in (self.sent, self.flows, self.executions):
                part.write()
            if cursor is not None:
                self._db.execute("INSERT OR REPLACE INTO cursor VALUES (?,?,?)", (str(chain), *cursor))
        except BaseException:
            for part in (self.sent, self.flows, self.executions):
                part.drop()
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _take_logs(self, chain: int, block: Block) -> None:
        """Each log to whom it concerns. Whose word it is decides as much as what it says: a token or a pool is anybody's
        contract, and can log whatever an RMN does."""
        backing = self.sent.backing(chain, block.logs)
        begins: dict[int, int] = {}  # transaction → its first log that we watch
        for log in block.logs:
            begins.setdefault(log.tx, log.index)
            topic = log.topics[0] if log.topics else b""
            if topic == evm.MESSAGE_SENT and (lane := self._by_ramp.get((chain, log.address))):
                self.sent.take(lane, log, backing)
            elif topic == evm.EXECUTION_STATE and (lane := self._by_off_ramp.get((chain, log.address))):
                self.executions.take(lane, log, begins[log.tx])
            elif lane := self._by_store.get((chain, log.address)):
                self.roots.take(lane, log)
            elif (chain, log.address) in self._rmns:
                self.rmn.take(chain, log)
            else:
                self.flows.take(chain, log)

    def forget(self, chain: int) -> None:
        """Everything read from one chain, after its history was replaced and an owner reviewed it, or because more of its
        contracts are to be read. What is folded up is about both ends of a lane, and of neither is enough left to judge
        it again: then both are read anew.
        """
        gone = self._folded_up_with(chain)
        self._db.execute("BEGIN")
        for lane in self._lanes:
            if lane.source in gone:
                for table in ("sent", "counted", "done"):
                    self._db.execute(f"DELETE FROM {table} WHERE lane = ?", (lane.key,))
            if lane.destination in gone:
                for table in ("accepted", "blessed", "execution"):
                    self._db.execute(f"DELETE FROM {table} WHERE lane = ?", (lane.key,))
        for each in gone:
            for table in ("cursor", "cursed", "pointer"):
                self._db.execute(f"DELETE FROM {table} WHERE chain = ?", (str(each),))
            self.flows.forget(each)
        self.sent.drop()
        self._db.execute("COMMIT")
        self.generation += 1

    def _folded_up_with(self, chain: int) -> set[int]:
        """The chain, and every other that lanes with something folded up connect with it."""
        folded = {row[0] for row in self._db.execute("SELECT DISTINCT lane FROM done")}
        ends = [{lane.source, lane.destination} for lane in self._lanes if lane.key in folded]
        gone, before = {chain}, set[int]()
        while gone != before:
            before = set(gone)
            gone.update(*(pair for pair in ends if pair & before))
        return gone
