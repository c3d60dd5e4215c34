"""What guarded pools and their tokens did: the part of the facts that is about value.

One row per transaction that moved anything in or out of a pool, or into or out of existence. Which
rows still await judgement is marked, so that a cycle touches those and no others.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ccip_py.risk import evm
from ccip_py.risk.config import Chain, Pool
from ccip_py.risk.evm import Log
from ccip_py.risk.tokens import Flow

_NOBODY = bytes(20)
# Any of these says that a pool has remote chains.
_IN_USE = frozenset({evm.CHAIN_ADDED, *evm.GIVEN, *evm.TAKEN})
# Amounts exceed SQLite's integers, so they are text, and the columns are named here and nowhere else.
_COLUMNS = {"given": "judged", "issued": "cleared", "withdrawn": "cleared"}


@dataclass(frozen=True, slots=True)
class Spent:
    """What a pool gave out in a span of blocks, and what came into being in the same transactions."""

    given: int
    issued: int


class Flows:
    """Shares the database, and its transactions, with `Facts`."""

    def __init__(self, db: sqlite3.Connection, chains: Sequence[Chain]) -> None:
        self._db = db
        self._pools = {chain.selector: {pool.pool: pool for pool in chain.pools} for chain in chains}
        self._by_token: dict[int, dict[bytes, list[Pool]]] = {chain.selector: {} for chain in chains}
        for chain in chains:
            for pool in chain.pools:
                self._by_token[chain.selector].setdefault(pool.token, []).append(pool)

    # TAKING IN

    def take(self, chain: int, log: Log) -> None:
        """One finalized log, of a pool or of a token."""
        topic = log.topics[0] if log.topics else b""
        if log.address in self._pools[chain] and topic in _IN_USE:
            self._db.execute(
                "INSERT OR IGNORE INTO connected VALUES (?,?,?)", (str(chain), log.address, log.block)
            )
            if topic in evm.GIVEN:
                self._add(chain, log, log.address, "given", evm.word(log.data, 0))
        elif topic == evm.TRANSFER and (pools := self._by_token[chain].get(log.address)):
            self._take_transfer(chain, log, pools)

    def _take_transfer(self, chain: int, log: Log, pools: Sequence[Pool]) -> None:
        transfer = evm.read_transfer(log)
        if transfer is None:
            return
        sender, recipient, amount = transfer
        holder = next((pool for pool in pools if sender in (pool.pool, pool.vault)), None)
        if sender == _NOBODY:
            self._add(chain, log, pools[0].pool, "issued", amount)
        elif holder and recipient not in (_NOBODY, holder.pool, holder.vault):
            self._add(chain, log, holder.pool, "withdrawn", amount)
        change = amount * ((sender == _NOBODY) - (recipient == _NOBODY))
        if change:
            net = self.net(chain, log.address, log.block) + change
            row = (str(chain), log.address, log.block, str(net))
            self._db.execute("INSERT OR REPLACE INTO net VALUES (?,?,?,?)", row)

    def _add(self, chain: int, log: Log, pool: bytes, column: str, amount: int) -> None:
        key = (str(chain), log.block, log.tx, pool)
        self._db.execute("INSERT OR IGNORE INTO flow (chain, block, tx, pool) VALUES (?,?,?,?)", key)
        where = "chain = ? AND block = ? AND tx = ? AND pool = ?"
        (before,) = self._db.execute(f"SELECT {column} FROM flow WHERE {where}", key).fetchone()
        self._db.execute(
            f"UPDATE flow SET {column} = ?, {_COLUMNS[column]} = 0 WHERE {where}",
            (str(int(before) + amount), *key),
        )

    def forget(self, chain: int) -> None:
        for table in ("flow", "net", "opening", "connected"):
            self._db.execute(f"DELETE FROM {table} WHERE chain = ?", (str(chain),))

    # ASKING

    def payouts(self, chain: int, limit: int = 200) -> list[tuple[Pool, int, int, int]]:
        """(pool, block, tx, given) that no messages were held against yet."""
        return [(row.pool, row.block, row.tx, row.given) for row in self._open(chain, "judged", limit)]

    def uncleared(self, chain: int, limit: int = 200) -> list[Flow]:
        """Flows that were not compared with the token's own account yet."""
        return [self._with_siblings(flow) for flow in self._open(chain, "cleared", limit)]

    def _with_siblings(self, flow: Flow) -> Flow:
        """Pools that share a token account for its transfers together."""
        siblings = self._by_token[flow.chain][flow.pool.token]
        if len(siblings) == 1:
            return flow
        marks = ",".join("?" * len(siblings))
        rows = self._db.execute(
            "SELECT given, issued, withdrawn FROM flow"
            f" WHERE chain = ? AND block = ? AND tx = ? AND pool IN ({marks})",
            (str(flow.chain), flow.block, flow.tx, *(pool.pool for pool in siblings)),
        ).fetchall()
        given, issued, withdrawn = (sum(int(value) for value in column) for column in zip(*rows, strict=True))
        return replace(flow, given=given, issued=issued, withdrawn=withdrawn)

    def _open(self, chain: int, mark: str, limit: int) -> list[Flow]:
        rows = self._db.execute(
            "SELECT pool, block, tx, given, issued, withdrawn FROM flow"
            f" WHERE chain = ? AND NOT {mark} ORDER BY block LIMIT ?",
            (str(chain), limit),
        )
        pools = self._pools[chain]
        return [
            Flow(chain, pools[pool], block, tx, int(given), int(issued), int(withdrawn))
            for pool, block, tx, given, issued, withdrawn in rows
            if pool in pools
        ]

    def mark_payout(self, chain: int, pool: Pool, block: int, tx: int) -> None:
        self._mark("judged", chain, pool, block, tx)

    def mark_cleared(self, flow: Flow) -> None:
        self._mark("cleared", flow.chain, flow.pool, flow.block, flow.tx)

    def _mark(self, mark: str, chain: int, pool: Pool, block: int, tx: int) -> None:
        self._db.execute(
            f"UPDATE flow SET {mark} = 1 WHERE chain = ? AND block = ? AND tx = ? AND pool = ?",
            (str(chain), block, tx, pool.pool),
        )

    def connected(self, chain: int, pool: Pool) -> int | None:
        """The block in which the pool got its first remote chain; None: it has none yet."""
        row = self._db.execute(
            "SELECT block FROM connected WHERE chain = ? AND pool = ?", (str(chain), pool.pool)
        ).fetchone()
        return row[0] if row else 0 if pool.connected else None

    def net(self, chain: int, token: bytes, block: int) -> int:
        """Minted minus burned, by the token's own transfers up to a block."""
        row = self._db.execute(
            "SELECT net FROM net WHERE chain = ? AND token = ? AND block <= ? ORDER BY block DESC LIMIT 1",
            (str(chain), token, block),
        ).fetchone()
        return int(row[0]) if row else 0

    def opening(self, chain: int, token: bytes, otherwise: int) -> int:
        """Supply that no transfer explains, as it was at the first look. The first look writes it down."""
        key = (str(chain), token)
        self._db.execute("INSERT OR IGNORE INTO opening VALUES (?,?,?)", (*key, str(otherwise)))
        row = self._db.execute("SELECT supply FROM opening WHERE chain = ? AND token = ?", key).fetchone()
        return int(row[0])

    def spent(self, chain: int, pool: Pool, first: int, last: int) -> Spent:
        """What the pool gave out in blocks first to last."""
        rows = self._db.execute(
            "SELECT given, issued FROM flow WHERE chain = ? AND block BETWEEN ? AND ? AND pool = ? AND given <> '0'",
            (str(chain), first, last, pool.pool),
        ).fetchall()
        return Spent(sum(int(given) for given, _ in rows), sum(int(issued) for _, issued in rows))

    def tokens(self, chain: int) -> Iterator[Pool]:
        """One guarded pool per token."""
        return (pools[0] for pools in self._by_token[chain].values())
