"""A store in a file, for the processes of one machine."""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from restgql.cache import packed
from restgql.cache.keys import CacheKey
from restgql.cache.store import Entries, StoredEntries, Token

LOCKED_SECONDS = 0.1
"""Seconds to wait for a file that another process writes to."""
REMEMBERED = 10_000
"""The number of invalidations that are remembered. A write that began before the oldest of them is dropped."""
_APPLICATION = 0x52475131
"""SQLite's application_id: it marks a file as ours, in this version of its format."""
_SCHEMA = (
    "CREATE TABLE meta (invalidations INT, places INT, size INT)",
    "INSERT INTO meta VALUES (0, 0, 0)",
    "CREATE TABLE invalidated (uri TEXT PRIMARY KEY, number INT)",
    "CREATE INDEX invalidated_number ON invalidated (number)",
    "CREATE TABLE places (number INTEGER PRIMARY KEY, uri TEXT, scope TEXT, until REAL, responses INT, size INT, "
    "entries BLOB, UNIQUE (uri, scope))",
    "CREATE INDEX places_until ON places (until)",
    "CREATE TRIGGER added AFTER INSERT ON places "
    "BEGIN UPDATE meta SET places = places + new.responses, size = size + new.size; END",
    "CREATE TRIGGER dropped AFTER DELETE ON places "
    "BEGIN UPDATE meta SET places = places - old.responses, size = size - old.size; END",
    f"PRAGMA application_id = {_APPLICATION}",
)


class Sqlite:
    """A store in the file `path`, created on first use, within `entries` and `size` bytes: expired entries are dropped
    first, then the oldest. `_lock` guards the connection, which is of process `_pid`."""

    failures: tuple[type[Exception], ...] = (sqlite3.Error, OSError)

    def __init__(self, path: Path, *, entries: int, size: int) -> None:
        self._path = path
        self._max_entries = entries
        self._max_size = size
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._connection: sqlite3.Connection | None = None
        self._opened_file: tuple[int, int] | None = None
        self._inherited: list[sqlite3.Connection] = []

    def read(self, key: CacheKey) -> StoredEntries:
        """Return the stored entries of a key."""
        with self._connected() as connection:
            rows = connection.execute(
                "SELECT invalidations, NULL, NULL FROM meta UNION ALL "
                "SELECT NULL, scope, entries FROM places WHERE uri = ? AND scope IN (?, ?)",
                (packed.name_of(key.uri), key.private, key.shared),
            ).fetchall()
        by_scope = {scope: packed.entries(blob) for _, scope, blob in rows if scope is not None}
        tokens = [number for number, scope, _ in rows if scope is None]
        return StoredEntries(tokens[0] if tokens else None, by_scope.get(key.private, ()), by_scope.get(key.shared, ()))

    def write(self, uri: str, scope: str, entries: Entries, token: Token) -> None:
        """Replace the entries in a scope of a URI."""
        blob, name = packed.pack(entries), packed.name_of(uri)
        until = max((entry.kept for entry in entries), default=0.0)
        with self._connected() as connection, _transaction(connection):
            (invalidations,) = connection.execute("SELECT invalidations FROM meta").fetchone()
            row = connection.execute("SELECT number FROM invalidated WHERE uri = ?", (name,)).fetchone()
            assert isinstance(token, int)
            if token < (row[0] if row else invalidations - REMEMBERED):
                return
            connection.execute("DELETE FROM places WHERE uri = ? AND scope = ?", (name, scope))
            if entries:
                row = (name, scope, until, len(entries), len(blob), blob)
                connection.execute(
                    "INSERT INTO places (uri, scope, until, responses, size, entries) VALUES (?, ?, ?, ?, ?, ?)", row
                )
                self._make_room(connection)

    def invalidate(self, uris: Sequence[str]) -> None:
        """Drop all entries of these URIs, in any scope, and all writes that are under way."""
        with self._connected() as connection, _transaction(connection):
            for name in map(packed.name_of, uris):
                connection.execute("UPDATE meta SET invalidations = invalidations + 1")
                connection.execute("REPLACE INTO invalidated SELECT ?, invalidations FROM meta", (name,))
                connection.execute("DELETE FROM places WHERE uri = ?", (name,))
            connection.execute(
                "DELETE FROM invalidated WHERE number <= (SELECT invalidations FROM meta) - ?", (REMEMBERED,)
            )

    def clear(self) -> None:
        """Drop everything."""
        with self._connected() as connection, _transaction(connection):
            connection.execute("UPDATE meta SET invalidations = invalidations + ?", (REMEMBERED + 1,))
            connection.execute("DELETE FROM places")
            connection.execute("DELETE FROM invalidated")

    def close(self) -> None:
        """Close the connection; the next use opens it again."""
        if self._pid != os.getpid():
            self._set_connection_aside()
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def _make_room(self, connection: sqlite3.Connection) -> None:
        (places, size) = connection.execute("SELECT places, size FROM meta").fetchone()
        if places <= self._max_entries and size <= self._max_size:
            return
        connection.execute("DELETE FROM places WHERE until < ?", (time.time(),))
        while True:
            (places, size) = connection.execute("SELECT places, size FROM meta").fetchone()
            if places <= self._max_entries and size <= self._max_size:
                return
            connection.execute("DELETE FROM places WHERE number = (SELECT min(number) FROM places)")

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        if self._pid != os.getpid():
            self._set_connection_aside()
        if not self._lock.acquire(timeout=LOCKED_SECONDS):
            raise sqlite3.OperationalError("another thread waits for the file")
        try:
            if self._connection is not None and self._opened_file != self._file_id():
                self._connection.close()  # the file was deleted: processes that start later use another one
                self._connection = None
            if self._connection is None:
                self._connection = self._open()
                self._opened_file = self._file_id()
            yield self._connection
        finally:
            self._lock.release()

    def _file_id(self) -> tuple[int, int] | None:
        """Return device and inode of the file at the path now, or None without one."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        return status.st_dev, status.st_ino

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=LOCKED_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            if connection.execute("PRAGMA application_id").fetchone() != (_APPLICATION,):
                self._set_up(connection)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")  # a crash of the machine may lose responses: a miss each
        except BaseException:
            connection.close()
            raise
        return connection

    def _set_up(self, connection: sqlite3.Connection) -> None:
        with _transaction(connection):
            if connection.execute("PRAGMA application_id").fetchone() == (_APPLICATION,):
                return  # another process created the tables first
            if connection.execute("SELECT count(*) FROM sqlite_master").fetchone() != (0,):
                raise sqlite3.DatabaseError(f"{self._path} is the database of something else, and stays as it is")
            for statement in _SCHEMA:
                connection.execute(statement)

    def _set_connection_aside(self) -> None:
        """Set aside the connection: a fork must neither use nor close it (SQLite, How To Corrupt, section 2.6)."""
        self._pid = os.getpid()
        self._lock = threading.Lock()
        if self._connection is not None:
            self._inherited.append(self._connection)
            self._connection = None


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
