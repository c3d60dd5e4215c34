"""What this node sent on one chain: the sender's write-ahead journal, kept in the node's journal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sql

from ccip_py.chains.evm.sending import Entry, dump_entry, load_entry
from ccip_py.protocol.ids import ChainSelector

from .journal import Journal
from .journal_schema import SENT


@dataclass(frozen=True, slots=True)
class Outbox:
    """One (key, chain)'s entries. The journal's lock sees to it that nobody else writes them."""

    journal: Journal
    chain: ChainSelector

    def load(self) -> Sequence[Entry]:
        """The entries that can still change."""
        query = (
            sql.select(SENT.c.entry).where(SENT.c.chain == str(self.chain), SENT.c.open).order_by(SENT.c.id)
        )
        with self.journal.reading() as connection:
            return [load_entry(row.entry) for row in connection.execute(query)]

    def save(self, entry: Entry, *, durable: bool = True) -> None:
        """Put the entry in place of the earlier one with its id. If durable, it is on disk when this returns; if not, it
        may be lost with the machine's power, but not with the process."""
        same = sql.and_(SENT.c.chain == str(self.chain), SENT.c.id == entry.id)
        values = {"chain": str(self.chain), "id": entry.id, "open": entry.open, "entry": dump_entry(entry)}
        with self.journal.transaction(durable=durable) as connection:
            connection.execute(sql.delete(SENT).where(same))
            connection.execute(sql.insert(SENT).values(**values))

    def next_id(self) -> int:
        """Above every id ever saved."""
        query = sql.select(sql.func.max(SENT.c.id)).where(SENT.c.chain == str(self.chain))
        with self.journal.reading() as connection:
            return int(connection.execute(query).scalar() or 0) + 1
