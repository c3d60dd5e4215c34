"""What a node has read and could read again: the messages of its lanes, and how far it has come.

Promise: deleting it costs time, never correctness. A damaged file is thrown away and made anew. Messages are kept
on disk by sequence number, without gaps, so memory does not grow with history and a restart goes on where the last
read ended.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DatabaseError

from ccip_py.errors import BrokenInvariant
from ccip_py.protocol.ids import SeqNr

_SCHEMA = "3"

_tables = sql.MetaData()

_schema = sql.Table("schema", _tables, sql.Column("version", sql.String, primary_key=True))

_cursors = sql.Table(
    "cursors",
    _tables,
    sql.Column("stream", sql.String, primary_key=True),
    sql.Column("next_block", sql.BigInteger, nullable=False),
    sql.Column("next_seq_nr", sql.BigInteger, nullable=False),
)

_notes = sql.Table(
    "notes",
    _tables,
    sql.Column("stream", sql.String, primary_key=True),
    sql.Column("text", sql.Text, nullable=False),
)

_messages = sql.Table(
    "messages",
    _tables,
    sql.Column("stream", sql.String, primary_key=True),
    sql.Column("seq_nr", sql.BigInteger, primary_key=True),
    sql.Column("leaf", sql.LargeBinary(32), nullable=False),
    sql.Column("data", sql.LargeBinary, nullable=False),  # the event's, as the chain encodes it
)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where reading goes on: the next block, and the number of the message that must come first in it."""

    next_block: int
    next_seq_nr: SeqNr


@dataclass(frozen=True, slots=True)
class CachedMessage:
    seq_nr: SeqNr
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
            forget_file(path)
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
    """Messages of one lane, without gaps from wherever reading began. Nobody else writes its stream."""

    def __init__(self, engine: Engine, stream: str) -> None:
        self._engine = engine
        self._stream = stream
        self._cursor: Cursor | None = None  # as on disk, once known: it is asked for with every block

    def cursor(self) -> Cursor | None:
        if self._cursor is None:
            self._cursor = self._read_cursor()
        return self._cursor

    def _read_cursor(self) -> Cursor | None:
        query = sql.select(_cursors).where(_cursors.c.stream == self._stream)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return None if row is None else Cursor(int(row.next_block), SeqNr(row.next_seq_nr))

    def first(self) -> SeqNr | None:
        """The lowest number from which on nothing is missing: also the next one where nothing is kept yet."""
        query = sql.select(sql.func.min(_messages.c.seq_nr)).where(_messages.c.stream == self._stream)
        with self._engine.connect() as connection:
            lowest = connection.execute(query).scalar()
        if lowest is not None:
            return SeqNr(int(lowest))
        cursor = self.cursor()
        return cursor.next_seq_nr if cursor else None

    def start(self, cursor: Cursor) -> None:
        """Forget what is kept; reading begins at `cursor`."""
        with self._engine.begin() as connection:
            connection.execute(sql.delete(_messages).where(_messages.c.stream == self._stream))
            self._move(connection, cursor)
        self._cursor = cursor

    def append(self, messages: Sequence[CachedMessage], cursor: Cursor) -> None:
        """Keep what was read and move the cursor, both or neither. The messages must continue what is kept."""
        before = self.cursor()
        expected = before.next_seq_nr if before else cursor.next_seq_nr - len(messages)
        numbers = [message.seq_nr for message in messages]
        if numbers != list(range(expected, cursor.next_seq_nr)):
            raise BrokenInvariant(
                "INV-CACHE-1",
                "messages are kept without a gap",
                context={"expected": expected, "next": cursor.next_seq_nr, "got": numbers[:5]},
            )
        rows = [
            {"stream": self._stream, "seq_nr": each.seq_nr, "leaf": each.leaf, "data": each.data}
            for each in messages
        ]
        with self._engine.begin() as connection:
            if rows:
                connection.execute(sql.insert(_messages), rows)
            self._move(connection, cursor)
        self._cursor = cursor

    def forget_below(self, seq_nr: SeqNr) -> None:
        """Drop messages that will not be asked for again."""
        old = sql.and_(_messages.c.stream == self._stream, _messages.c.seq_nr < seq_nr)
        with self._engine.begin() as connection:
            connection.execute(sql.delete(_messages).where(old))

    def leaves(self, first: int, last: int) -> list[bytes]:
        """The leaves of an interval, as many as are known from `first` on."""
        query = sql.select(_messages.c.leaf).where(*self._between(first, last)).order_by(_messages.c.seq_nr)
        with self._engine.connect() as connection:
            return [bytes(row[0]) for row in connection.execute(query)]

    def messages(self, first: int, last: int) -> list[CachedMessage]:
        """The messages of an interval, as many as are known from `first` on."""
        columns = (_messages.c.seq_nr, _messages.c.leaf, _messages.c.data)
        query = sql.select(*columns).where(*self._between(first, last)).order_by(_messages.c.seq_nr)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [CachedMessage(SeqNr(row[0]), bytes(row[1]), bytes(row[2])) for row in rows]

    def note(self) -> str | None:
        """What `keep_note` kept."""
        query = sql.select(_notes.c.text).where(_notes.c.stream == self._stream)
        with self._engine.connect() as connection:
            text = connection.execute(query).scalar()
        return None if text is None else str(text)

    def keep_note(self, text: str) -> None:
        """Keep one text beside the messages."""
        with self._engine.begin() as connection:
            connection.execute(sql.delete(_notes).where(_notes.c.stream == self._stream))
            connection.execute(sql.insert(_notes).values(stream=self._stream, text=text))

    def _between(self, first: int, last: int) -> tuple[sql.ColumnElement[bool], ...]:
        return (_messages.c.stream == self._stream, _messages.c.seq_nr.between(first, last))

    def _move(self, connection: Connection, cursor: Cursor) -> None:
        connection.execute(sql.delete(_cursors).where(_cursors.c.stream == self._stream))
        place = {"next_block": cursor.next_block, "next_seq_nr": cursor.next_seq_nr}
        connection.execute(sql.insert(_cursors).values(stream=self._stream, **place))


def forget_file(path: Path) -> None:
    """Delete a cache that nobody has open: it is read again."""
    for part in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        part.unlink(missing_ok=True)


@lru_cache(maxsize=64)
def _connect(path: Path) -> Engine:
    """One engine per file: what it has learnt about its statements serves whoever opens the file next."""
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
