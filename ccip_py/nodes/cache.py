"""What a node has read and could read again: the messages of its lanes, and how far it has come.

Promise: deleting it costs time, never correctness. A damaged file is thrown away and made anew. Messages are kept
on disk by sequence number, without gaps, so memory does not grow with history and a restart goes on where the last
read ended. It is a file of SQLite whatever the journal is, asked several times with every block: hence by plain SQL.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ccip_py.errors import BrokenInvariant
from ccip_py.protocol.ids import SeqNr

_SCHEMA = "4"

_TABLES = """
    CREATE TABLE schema (version TEXT PRIMARY KEY);
    CREATE TABLE cursors (stream TEXT PRIMARY KEY, next_block INTEGER NOT NULL, next_seq_nr INTEGER NOT NULL);
    CREATE TABLE notes (stream TEXT PRIMARY KEY, text TEXT NOT NULL);
    CREATE TABLE messages (
        stream TEXT NOT NULL,
        seq_nr INTEGER NOT NULL,
        leaf BLOB NOT NULL,
        data BLOB NOT NULL,  -- the event's, as the chain encodes it
        PRIMARY KEY (stream, seq_nr)
    ) WITHOUT ROWID;
"""


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

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the file, or start anew where it is missing, damaged or of another version."""
        path.parent.mkdir(parents=True, exist_ok=True)
        database = _connect(path)
        if not _usable(database):
            database.close()
            forget_file(path)
            database = _connect(path)
            database.executescript(_TABLES)
            database.execute("INSERT INTO schema VALUES (?)", (_SCHEMA,))
        return cls(database)

    def close(self) -> None:
        self._database.close()

    def lane(self, stream: str) -> LaneCache:
        """The part of one lane. The name must change when the lane's contracts do."""
        return LaneCache(self._database, stream)


class LaneCache:
    """Messages of one lane, without gaps from wherever reading began. Nobody else writes its stream."""

    def __init__(self, database: sqlite3.Connection, stream: str) -> None:
        self._database = database
        self._stream = stream

    def cursor(self) -> Cursor | None:
        row = self._row("SELECT next_block, next_seq_nr FROM cursors WHERE stream = ?")
        return None if row is None else Cursor(int(row[0]), SeqNr(int(row[1])))

    def first(self) -> SeqNr | None:
        """The lowest number from which on nothing is missing: also the next one where nothing is kept yet."""
        row = self._row("SELECT min(seq_nr) FROM messages WHERE stream = ?")
        if row is not None and row[0] is not None:
            return SeqNr(int(row[0]))
        cursor = self.cursor()
        return cursor.next_seq_nr if cursor else None

    def start(self, cursor: Cursor) -> None:
        """Forget what is kept; reading begins at `cursor`."""
        with self._at_once():
            self._database.execute("DELETE FROM messages WHERE stream = ?", (self._stream,))
            self._move(cursor)

    def append(self, messages: Sequence[CachedMessage], cursor: Cursor) -> None:
        """Keep what was read up to `cursor`, all or nothing. The messages must close up to what is kept."""
        before = self.cursor()
        expected = before.next_seq_nr if before else cursor.next_seq_nr - len(messages)
        numbers = [message.seq_nr for message in messages]
        if numbers != list(range(expected, cursor.next_seq_nr)):
            raise BrokenInvariant(
                "INV-CACHE-1",
                "messages are kept without a gap",
                context={"expected": expected, "next": cursor.next_seq_nr, "got": numbers[:5]},
            )
        rows = [(self._stream, each.seq_nr, each.leaf, each.data) for each in messages]
        with self._at_once():
            self._database.executemany("INSERT INTO messages VALUES (?, ?, ?, ?)", rows)
            self._move(cursor)

    def forget_below(self, seq_nr: SeqNr) -> None:
        """Drop messages that will not be asked for again."""
        self._database.execute("DELETE FROM messages WHERE stream = ? AND seq_nr < ?", (self._stream, seq_nr))

    def leaves(self, first: int, last: int) -> list[bytes]:
        """The leaves of an interval, as many as are known from `first` on."""
        return [row[0] for row in self._between("leaf", first, last)]

    def messages(self, first: int, last: int) -> list[CachedMessage]:
        """The messages of an interval, as many as are known from `first` on."""
        return [
            CachedMessage(SeqNr(seq_nr), leaf, data)
            for seq_nr, leaf, data in self._between("seq_nr, leaf, data", first, last)
        ]

    def note(self) -> str | None:
        """What `keep_note` kept."""
        row = self._row("SELECT text FROM notes WHERE stream = ?")
        return None if row is None else str(row[0])

    def keep_note(self, text: str) -> None:
        """Keep one text beside the messages."""
        self._database.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (self._stream, text))

    def _row(self, query: str) -> tuple[int | str, ...] | None:
        row: tuple[int | str, ...] | None = self._database.execute(query, (self._stream,)).fetchone()
        return row

    def _between(self, columns: str, first: int, last: int) -> sqlite3.Cursor:
        query = f"SELECT {columns} FROM messages WHERE stream = ? AND seq_nr BETWEEN ? AND ? ORDER BY seq_nr"
        return self._database.execute(query, (self._stream, first, last))

    def _move(self, cursor: Cursor) -> None:
        place = (self._stream, cursor.next_block, cursor.next_seq_nr)
        self._database.execute("INSERT OR REPLACE INTO cursors VALUES (?, ?, ?)", place)

    @contextmanager
    def _at_once(self) -> Iterator[None]:
        """All or nothing."""
        self._database.execute("BEGIN IMMEDIATE")
        with self._database:  # commits, or rolls back
            yield


def forget_file(path: Path) -> None:
    """Delete a cache, of a node that is not running."""
    for part in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        part.unlink(missing_ok=True)


def _connect(path: Path) -> sqlite3.Connection:
    """Speed over durability: what a power cut takes is read again."""
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    with suppress(sqlite3.DatabaseError):  # it is not usable then, which is seen next
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=OFF")
    return database


def _usable(database: sqlite3.Connection) -> bool:
    try:
        [checked] = database.execute("PRAGMA quick_check").fetchone()
        found = database.execute("SELECT version FROM schema").fetchone()
    except sqlite3.DatabaseError:
        return False
    return bool(checked == "ok" and found == (_SCHEMA,))
