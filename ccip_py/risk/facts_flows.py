"""What guarded pools and their tokens did: the part of the facts that is about value.

One row per transaction that moved anything out of a pool, or into existence. Which rows still await
judgement is marked, so that a cycle touches those and no others. Amounts exceed SQLite's integers, so
they are text.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ccip_py.risk import evm
from ccip_py.risk.config import Chain, Pool
from ccip_py.risk.evm import Log
from ccip_py.risk.facts_schema import AT_ONCE
from ccip_py.risk.tokens import Flow

_NOBODY = bytes(20)
# Any of these says that a pool has remote chains.
_IN_USE = frozenset({evm.CHAIN_ADDED, *evm.GIVEN, *evm.TAKEN})


@dataclass(slots=True)
class _Moved:
    """What one transaction did to a pool, so far: the columns of a row of `flow`."""

    given: int = 0
    issued: int = 0
    withdrawn: int = 0


@dataclass(frozen=True, slots=True)
class Spent:
    """What a pool gave out in a span of blocks, and what came into being in the same transactions."""

    given: int
    issued: int


class Flows:
    """Shares the database, and its transactions, with `Facts`. Rows are collected by `take` and written at once."""

    def __init__(self, db: sqlite3.Connection, chains: Sequence[Chain]) -> None:
        self._db = db
        self._pools = {chain.selector: {pool.pool: pool for pool in chain.pools} for chain in chains}
        self._by_token: dict[int, dict[bytes, list[Pool]]] = {chain.selector: {} for chain in chains}
        for chain in chains:
            for pool in chain.pools:
                self._by_token[chain.selector].setdefault(pool.token, []).append(pool)
        # What was collected. A block is taken in whole, so a transaction's row is complete when it is written.
        self._moved: dict[tuple[int, int, int, bytes], _Moved] = {}
        self._net: dict[tuple[int, bytes, int], int] = {}
        # What the tables say, and what was collected since.
        self._sum: dict[tuple[int, bytes], int] = {}
        self._in_use: dict[tuple[int, bytes], int] = {}

    # TAKING IN

    def take(self, chain: int, log: Log) -> None:
        """One finalized log, of a pool or of a token."""
        topic = log.topics[0] if log.topics else b""
        if topic == evm.TRANSFER and (pools := self._by_token[chain].get(log.address)):
            self._take_transfer(chain, log, pools)
        elif topic in _IN_USE and (pool := self._pools[chain].get(log.address)):
            if self.connected(chain, pool) is None:
                self._connect(chain, pool, log.block)
            # A pool that says it in another shape hides nothing: the token's own account shows what left.
            if topic in evm.GIVEN and (amount := evm.read_amount(log)) is not None:
                self._of(chain, log, log.address).given += amount

    def _take_transfer(self, chain: int, log: Log, pools: Sequence[Pool]) -> None:
        """The token's own account: minted is what comes from nobody, burned what goes there, and withdrawn what leaves
        a pool or its vault for anybody else. A burn out of a pool is no withdrawal: that is how value leaves a chain."""
        transfer = evm.read_transfer(log)
        if transfer is None:
            return
        sender, recipient, amount = transfer
        holder = next((pool for pool in pools if sender in (pool.pool, pool.vault)), None)
        if sender == _NOBODY:
            self._of(chain, log, pools[0].pool).issued += amount
        elif holder and recipient not in (_NOBODY, holder.pool, holder.vault):
            self._of(chain, log, holder.pool).withdrawn += amount
        change = amount * ((sender == _NOBODY) - (recipient == _NOBODY))
        if change:
            key = chain, log.address
            if key not in self._sum:
                self._sum[key] = self.net(chain, log.address, log.block)
            self._sum[key] += change
            self._net[(*key, log.block)] = self._sum[key]

    def _of(self, chain: int, log: Log, pool: bytes) -> _Moved:
        return self._moved.setdefault((chain, log.block, log.tx, pool), _Moved())

    def _connect(self, chain: int, pool: Pool, block: int) -> None:
        self._in_use[chain, pool.pool] = block
        self._db.execute("INSERT OR IGNORE INTO connected VALUES (?,?,?)", (str(chain), pool.pool, block))

    def write(self) -> None:
        """Everything collected, within the transaction of the caller."""
        self._db.executemany(
            "INSERT INTO flow VALUES (?,?,?,?,?,?,?,?,?)",
            [
                (str(chain), block, tx, pool, str(m.given), str(m.issued), str(m.withdrawn), not m.given,
                 not (m.issued or m.withdrawn))
                for (chain, block, tx, pool), m in self._moved.items()
            ],
        )  # fmt: skip
        self._db.executemany(
            "INSERT INTO net VALUES (?,?,?,?)",
            [(str(chain), token, block, str(net)) for (chain, token, block), net in self._net.items()],
        )
        self._moved, self._net = {}, {}

    def drop(self) -> None:
        """Nothing of what was collected counts, and what is remembered is asked for again."""
        self._moved, self._net, self._sum, self._in_use = {}, {}, {}, {}

    def forget(self, chain: int) -> None:
        """Everything read from one chain."""
        for table in ("flow", "net", "opening", "connected"):
            self._db.execute(f"DELETE FROM {table} WHERE chain = ?", (str(chain),))
        self.drop()

    # ASKING

    def payouts(self, chain: int, limit: int = AT_ONCE) -> list[tuple[Pool, int, int, int]]:
        """(pool, block, tx, given) that no messages were held against yet."""
        return [(row.pool, row.block, row.tx, row.given) for row in self._open(chain, "judged", limit)]

    def uncleared(self, chain: int, limit: int = AT_ONCE) -> list[Flow]:
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

    def mark_judged(self, payouts: Sequence[tuple[Pool, int, int]], chain: int) -> None:
        """Of each (pool, block, tx) it is settled whether messages justify what it gave."""
        self._mark("judged", [(str(chain), block, tx, pool.pool) for pool, block, tx in payouts])

    def mark_cleared(self, flows: Sequence[Flow]) -> None:
        """They were compared with the token's own account."""
        self._mark("cleared", [(str(one.chain), one.block, one.tx, one.pool.pool) for one in flows])

    def _mark(self, mark: str, rows: Sequence[tuple[str, int, int, bytes]]) -> None:
        if not rows:
            return
        self._db.execute("BEGIN")
        self._db.executemany(
            f"UPDATE flow SET {mark} = 1 WHERE chain = ? AND block = ? AND tx = ? AND pool = ?", rows
        )
        self._db.execute("COMMIT")

    def connected(self, chain: int, pool: Pool) -> int | None:
        """The block in which the pool got its first remote chain; None: it has none yet."""
        key = chain, pool.pool
        if key not in self._in_use:
            row = self._db.execute(
                "SELECT block FROM connected WHERE chain = ? AND pool = ?", (str(chain), pool.pool)
            ).fetchone()
            if row is None:
                return 0 if pool.connected else None
            self._in_use[key] = row[0]
        return self._in_use[key]

    def net(self, chain: int, token: bytes, block: int) -> int:
        """Minted minus burned, by the token's own transfers up to a block."""
        row = self._db.execute(
            "SELECT net FROM net WHERE chain = ? AND token = ? AND block <= ? ORDER BY block DESC LIMIT 1",
            (str(chain), token, block),
        ).fetchone()
        return int(row[0]) if row else 0

    def opening(self, chain: int, token: bytes, otherwise: int) -> int:
        """Supply that no transfer explains, as it was at the first look. The first look writes it down."""
        key = str(chain), token
        row = self._db.execute("SELECT supply FROM opening WHERE chain = ? AND token = ?", key).fetchone()
        if row is None:
            self._db.execute("INSERT INTO opening VALUES (?,?,?)", (*key, str(otherwise)))
        return int(row[0]) if row else otherwise

    def accept_opening(self, chain: int, token: bytes, supply: int) -> None:
        """The owner has reviewed what no transfer explains: from now on this is how it should be."""
        self._db.execute(
            "UPDATE opening SET supply = ? WHERE chain = ? AND token = ?", (str(supply), str(chain), token)
        )

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
