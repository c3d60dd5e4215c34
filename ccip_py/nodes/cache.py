"""What a node has read and could read again: the messages of its lanes, and how far it has come.

Promise: deleting it costs time, never correctness. A damaged file is thrown away and made anew. Messages are kept
on disk by sequence number, without gaps, so memory does not grow with history and a restart goes on where the last
read ended.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import sqlalchemy as sql
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DatabaseError

from ccip_py.errors import NotYet
from ccip_py.protocol.ids import SeqNr

_SCHEMA = "1"

_tables = sql.MetaData()

_schema = sql.Table("schema", _tables, sql.Column("version", sql.String, primary_key=True))

_cursors = sql.Table(
    "cursors",
    _tables,
    sql.Column("stream", sql.String, primary_key=True),
    sql.Column("next_block", sql.BigInteger, nullable=False),
    sql.Column("last_hash", sql.LargeBinary(32), nullable=False),
)

_messages = sql.Table(
    "messages",
    _tables,
    sql.Column("stream", sql.String, primary_key=True),
    sql.Column("seq_nr", sql.BigInteger, primary_key=True),
    sql.Column("block_number", sql.BigInteger, nullable=False),
    sql.Column("leaf", sql.LargeBinary(32), nullable=False),
    sql.Column("data", sql.LargeBinary, nullable=False),  # the event's, as the chain encodes it
)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The next block to read, and the hash of the one before it."""

    next_block: int
    last_hash: bytes


@dataclass(frozen=True, slots=True)
class CachedMessage:
    seq_nr: SeqNr
    block_number: int
    leaf: bytes
    data: bytes


class Cache:
    """One node's cache, one file."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the file, or start anew where it is missing, damaged or of another version."""
        path.parent.mkdir(parents=True, exist_ok=True)
        engine = _connect(path)
        if not _usable(engine):
            engine.dispose()
            for part in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
                part.unlink(missing_ok=True)
            engine = _connect(path)
            _tables.create_all(engine)
            with engine.begin() as connection:
                connection.execute(sql.insert(_schema).values(version=_SCHEMA))
        return cls(engine)

    def close(self) -> None:
        self._engine.dispose()

    def lane(self, stream: str) -> LaneCache:
        """The part of one lane. The name must change when the lane's contracts do."""
        return LaneCache(self._engine, stream)


class LaneCache:
    """The messages of one lane from 1 on, as far as they were read."""

    def __init__(self, engine: Engine, stream: str) -> None:
        self._engine = engine
        self._stream = stream

    def cursor(self) -> Cursor | None:
        query = sql.select(_cursors.c.next_block, _cursors.c.last_hash).where(
            _cursors.c.stream == self._stream
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return None if row is None else Cursor(int(row[0]), bytes(row[1]))

    def last(self) -> SeqNr:
        """The highest sequence number known; 0 before the first."""
        query = sql.select(sql.func.max(_messages.c.seq_nr)).where(_messages.c.stream == self._stream)
        with self._engine.connect() as connection:
            return SeqNr(int(connection.execute(query).scalar() or 0))

    def append(self, messages: Sequence[CachedMessage], cursor: Cursor) -> None:
        """Keep what was read and move the cursor, both or neither. A gap means that the endpoint left a message
        out: nothing is kept and the same blocks are read again."""
        expected = self.last() + 1
        for message in messages:
            if message.seq_nr != expected:
                raise NotYet(
                    "a message is missing from what the endpoint sent",
                    code="SEQUENCE_GAP",
                    context={"expected": expected, "got": message.seq_nr},
                )
            expected += 1
        rows = [
            {
                "stream": self._stream,
                "seq_nr": message.seq_nr,
                "block_number": message.block_number,
                "leaf": message.leaf,
                "data": message.data,
            }
            for message in messages
        ]
        place = {"stream": self._stream, "next_block": cursor.next_block, "last_hash": cursor.last_hash}
        with self._engine.begin() as connection:
            if rows:
                connection.execute(sql.insert(_messages), rows)
            connection.execute(sql.delete(_cursors).where(_cursors.c.stream == self._stream))
            connection.execute(sql.insert(_cursors).values(**place))

    def leaves(self, first: int, last: int) -> list[bytes]:
        """The leaves of an interval, as many as are known from `first` on."""
        query = sql.select(_messages.c.leaf).where(*self._between(first, last)).order_by(_messages.c.seq_nr)
        with self._engine.connect() as connection:
            return [bytes(row[0]) for row in connection.execute(query)]

    def messages(self, first: int, last: int) -> list[CachedMessage]:
        """The messages of an interval, as many as are known from `first` on."""
        columns = (_messages.c.seq_nr, _messages.c.block_number, _messages.c.leaf, _messages.c.data)
        query = sql.select(*columns).where(*self._between(first, last)).order_by(_messages.c.seq_nr)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [CachedMessage(SeqNr(row[0]), int(row[1]), bytes(row[2]), bytes(row[3])) for row in rows]

    def clear(self) -> None:
        """Forget the lane; it will be read again."""
        with self._engine.begin() as connection:
            connection.execute(sql.delete(_messages).where(_messages.c.stream == self._stream))
            connection.execute(sql.delete(_cursors).where(_cursors.c.stream == self._stream))

    def _between(self, first: int, last: int) -> tuple[sql.ColumnElement[bool], ...]:
        return (_messages.c.stream == self._stream, _messages.c.seq_nr.between(first, last))


def _connect(path: Path) -> Engine:
    engine = sql.create_engine(f"sqlite:///{path}")
    sql.event.listen(engine, "connect", _make_fast)
    return engine


def _make_fast(connection: sqlite3.Connection, _record: object) -> None:
    """Speed over durability: what a power cut takes is read again."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=OFF")


def _usable(engine: Engine) -> bool:
    try:
        with engine.connect() as connection:
            if connection.execute(sql.text("PRAGMA quick_check")).scalar() != "ok":
                return False
            return connection.execute(sql.select(_schema.c.version)).scalar() == _SCHEMA
    except DatabaseError:
        return False
