"""What this node signed and what it sent: the part of its state that it cannot read again from a chain.

Promise: a statement is on disk before its signature exists, and there is at most one statement per
(config digest, epoch, round), whatever crashes. One process writes a journal at a time, for one key. A
journal that is damaged, belongs to another key, is an older copy of itself, or has vanished from a folder that once
held it stops the node: without its memory a node must not sign. (A folder that vanishes as a whole looks like a
first start, and one that is put back as a whole like itself; keep it, and never restore it.)
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DatabaseError

from ccip_py.chains.ports import FinalityRecord
from ccip_py.errors import BrokenInvariant
from ccip_py.protocol.ids import ChainSelector

from .journal_folder import JournalFolder
from .journal_schema import EPOCHS, FINALITY, GENESIS, META, PROOFS, SCHEMA_VERSION, SIGNED, bring_up

ROUNDS = 2**8  # in an epoch, at most


@dataclass(frozen=True, slots=True)
class Signed:
    """One statement this node made."""

    epoch: int
    round: int
    report_hash: bytes


class Journal:
    """The open journal of one node. Close it, or use it as a context manager."""

    def __init__(self, engine: Engine, lock: IO[str], folder: JournalFolder) -> None:
        self._engine = engine
        self._lock = lock
        self._folder = folder
        self._finality: dict[
            ChainSelector, FinalityRecord | None
        ] = {}  # as on disk: asked for with every look

    @classmethod
    def open(cls, folder: Path, identity: bytes, url: str | None = None) -> Self:
        """Open the journal of the key `identity` in `folder`, or create it where no node ever ran.

        `url` names another database than the folder's own file, as SQLAlchemy writes it. The lock and the notes of
        what belongs together stay in the folder.
        """
        here = JournalFolder(folder)
        lock = here.lock()
        try:
            engine = _open_database(here, identity, url)
        except BaseException:
            lock.close()
            raise
        return cls(engine, lock, here)

    def close(self) -> None:
        self._engine.dispose()
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- Signing ---

    def record_signing(self, config_digest: bytes, epoch: int, round_: int, report_hash: bytes) -> bool:
        """Whether this node may sign that report; must be asked before each signature.

        True once the statement is on disk, also if it was there before. False if this node is bound to another
        report of the same round, which a lying leader or a lost race can well ask for.
        """
        before = self.signed(config_digest, epoch, round_)
        if before is not None:
            return before == report_hash
        statement = {"config_digest": config_digest, "epoch": epoch, "round": round_}
        with self.transaction() as connection:
            connection.execute(sql.insert(SIGNED).values(report_hash=report_hash, **statement))
        self._folder.note_signing(config_digest, (epoch, round_))
        return True

    def signed(self, config_digest: bytes, epoch: int, round_: int) -> bytes | None:
        """The hash of the report signed in that round, if any."""
        query = sql.select(SIGNED.c.report_hash).where(
            SIGNED.c.config_digest == config_digest, SIGNED.c.epoch == epoch, SIGNED.c.round == round_
        )
        with self.reading() as connection:
            return connection.execute(query).scalar()

    def last_signed(self, config_digest: bytes) -> Signed | None:
        """The statement of the highest (epoch, round) under that configuration."""
        query = (
            sql.select(SIGNED.c.epoch, SIGNED.c.round, SIGNED.c.report_hash)
            .where(SIGNED.c.config_digest == config_digest)
            .order_by(SIGNED.c.epoch.desc(), SIGNED.c.round.desc())
            .limit(1)
        )
        with self.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else Signed(int(row[0]), int(row[1]), bytes(row[2]))

    def record_epoch(self, config_digest: bytes, epoch: int) -> None:
        """Remember the epoch this node is in. It never goes back."""
        if epoch <= self.epoch(config_digest):
            return
        with self.transaction() as connection:
            connection.execute(sql.delete(EPOCHS).where(EPOCHS.c.config_digest == config_digest))
            connection.execute(sql.insert(EPOCHS).values(config_digest=config_digest, epoch=epoch))
        self._folder.note_epoch(config_digest, epoch)

    def epoch(self, config_digest: bytes) -> int:
        """The highest epoch recorded under that configuration; 0 if there is none."""
        query = sql.select(EPOCHS.c.epoch).where(EPOCHS.c.config_digest == config_digest)
        with self.reading() as connection:
            return int(connection.execute(query).scalar() or 0)

    def keep_proof(self, config_digest: bytes, culprit: int, proof: str) -> None:
        """Keep the first proof against a member: for the owner, who replaces it."""
        if culprit not in self.proofs(config_digest):
            row = {"config_digest": config_digest, "culprit": culprit, "proof": proof}
            with self.transaction() as connection:
                connection.execute(sql.insert(PROOFS).values(**row))

    def proofs(self, config_digest: bytes) -> dict[int, str]:
        """By the member's index in that configuration."""
        query = sql.select(PROOFS).where(PROOFS.c.config_digest == config_digest)
        with self.reading() as connection:
            return {int(row.culprit): str(row.proof) for row in connection.execute(query)}

    # --- The finality ratchet (a `FinalityStore`) ---

    def load(self, chain: ChainSelector) -> FinalityRecord | None:
        """The highest block of the chain that was ever final here, and the violation found, if any."""
        if chain not in self._finality:
            self._finality[chain] = self._read_finality(chain)
        return self._finality[chain]

    def _read_finality(self, chain: ChainSelector) -> FinalityRecord | None:
        query = sql.select(FINALITY).where(FINALITY.c.chain == str(chain))
        with self.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else FinalityRecord(int(row.number), bytes(row.hash), row.violation)

    def save(self, chain: ChainSelector, record: FinalityRecord) -> None:
        """A violation is on disk for good when this returns. An advance, which comes with every block, outlives
        the process but may be lost with the machine's power: an older ratchet is still a true one."""
        values = {"number": record.number, "hash": record.hash, "violation": record.violation}
        with self.transaction(durable=bool(record.violation)) as connection:
            connection.execute(sql.delete(FINALITY).where(FINALITY.c.chain == str(chain)))
            connection.execute(sql.insert(FINALITY).values(chain=str(chain), **values))
        self._finality[chain] = record

    def genesis(self, chain: ChainSelector) -> str:
        """The hash of the chain's first block, in hex; empty while it is not known."""
        with self.reading() as connection:
            query = sql.select(GENESIS.c.hash).where(GENESIS.c.chain == str(chain))
            return str(connection.execute(query).scalar() or "")

    def pin_genesis(self, chain: ChainSelector, block_hash: str) -> None:
        """From now on the chain is the one that began with this block."""
        with self.transaction() as connection:
            connection.execute(sql.insert(GENESIS).values(chain=str(chain), hash=block_hash))

    # --- For the journal's other parts ---

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One read."""
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[Connection]:
        """One write. When this returns, the change survives a power cut, or at least the end of the process. If it
        fails, the node stops."""
        try:
            with self._engine.begin() as connection:
                if connection.dialect.name == "sqlite":
                    connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
                yield connection
        except DatabaseError as failed:
            raise BrokenInvariant(
                "INV-JOURNAL-1",
                f"the journal cannot be written: {failed.orig}",
                hint="free the disk or mend it; the node stopped before it said anything unrecorded",
            ) from None


def _open_database(folder: JournalFolder, identity: bytes, url: str | None) -> Engine:
    """The checked database. The folder is told to whom it belongs once it is complete."""
    expected_id = folder.journal_id(identity)
    if expected_id is not None and url is None and not folder.database.exists():
        raise folder.lost("the journal is gone")
    engine = _engine(url or f"sqlite:///{folder.database}")
    try:
        journal_id = _check_or_create(engine, folder, identity)
        if expected_id not in (None, journal_id):
            raise folder.lost("the journal is not the one this folder was made with")
        folder.check_age(*_highest(engine))
    except DatabaseError as damaged:
        engine.dispose()
        raise folder.lost(f"the journal is damaged: {damaged.orig}") from None
    except BaseException:
        engine.dispose()
        raise
    if expected_id is None:
        folder.belongs_to(identity, journal_id)
    return engine


@lru_cache(maxsize=64)
def _engine(url: str) -> Engine:
    """One per database: what it has learnt about its statements serves whoever opens the journal next."""
    engine = sql.create_engine(url)
    if engine.dialect.name == "sqlite":
        sql.event.listen(engine, "connect", _make_durable)
    return engine


def _highest(engine: Engine) -> tuple[dict[str, int], dict[str, tuple[int, int]]]:
    """By configuration: the epoch entered last, and the round signed in last."""
    packed = sql.func.max(SIGNED.c.epoch * ROUNDS + SIGNED.c.round)
    last = sql.select(SIGNED.c.config_digest, packed).group_by(SIGNED.c.config_digest)
    with engine.connect() as connection:
        epochs = {row.config_digest.hex(): int(row.epoch) for row in connection.execute(sql.select(EPOCHS))}
        signed = {row[0].hex(): divmod(int(row[1]), ROUNDS) for row in connection.execute(last)}
    return epochs, signed


def _check_or_create(engine: Engine, folder: JournalFolder, identity: bytes) -> str:
    """The id inside the database, which is filled in one transaction where it is empty."""
    with engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            answer = connection.execute(sql.text("PRAGMA integrity_check")).scalar()
            if answer != "ok":
                raise folder.lost(f"the journal is damaged: {answer}")
        META.create(connection, checkfirst=True)
        meta: dict[str, str] = {row.key: row.value for row in connection.execute(sql.select(META))}
        if not meta:
            meta = {"id": secrets.token_hex(16), "key": identity.hex(), "schema": str(SCHEMA_VERSION)}
            rows = [{"key": key, "value": value} for key, value in meta.items()]
            connection.execute(sql.insert(META), rows)
        if not bring_up(connection, int(meta["schema"])):
            raise folder.lost(f"the journal has schema {meta['schema']}, newer than this program")
    if meta["key"] != identity.hex():
        raise folder.not_ours(meta["key"])
    return meta["id"]


def _make_durable(connection: sqlite3.Connection, _record: object) -> None:
    """Every commit reaches the disk before it returns."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
