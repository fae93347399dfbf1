"""The catalogue's SQLite file: its connections, transactions, and errors that name a next step."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from vectorstore.errors import LibraryBusy, LibraryDamaged, LibraryError
from vectorstore.messages import Message
from vectorstore.storage.sqlite import advice, connected, is_damage

T = TypeVar("T")

Row = tuple[Any, ...]

_PATIENCE = 10
"""Seconds to wait for another connection that writes."""


class _Held(NamedTuple):
    """What a thread reads and writes through until its transaction or snapshot ends."""

    connection: sqlite3.Connection
    generation: int | None
    """That of a snapshot, which sees nothing later."""


class Database:
    """One connection that writes, and others for readers who would wait for it: any thread may use it.

    ``one`` and ``all`` read; ``run`` and ``run_many`` are for a ``transaction``. Raises ``LibraryDamaged`` when the
    file is no sound database, ``LibraryBusy`` when the disk refuses.
    """

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self.path = path
        self.read_only = read_only
        self.set_up: tuple[str, ...] | None = ()
        """What each connection is told first; ``None``: there must be one only, as its own tables are needed."""
        self._lock = threading.RLock()
        self._changes = 0
        self._held = threading.local()
        self._idle: list[sqlite3.Connection] = []
        self._closed = False
        with self._translated():
            self._main = connected(path, patience=_PATIENCE)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._main.close()
            while self._idle:
                self._idle.pop().close()

    def run(self, query: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        return self._connection().execute(query, values)

    def run_many(self, query: str, rows: Iterable[Sequence[object]]) -> sqlite3.Cursor:
        return self._connection().executemany(query, rows)

    def one(self, query: str, values: Sequence[object] = ()) -> Row | None:
        with self._reading() as connection:
            row: Row | None = connection.execute(query, values).fetchone()
            return row

    def all(self, query: str, values: Sequence[object] = ()) -> list[Row]:
        with self._reading() as connection:
            return connection.execute(query, values).fetchall()

    def meta(self, name: str) -> str | None:
        """A fact of the whole library, such as the model that its vectors are made with."""
        row = self.one("SELECT value FROM meta WHERE name = ?", (name,))
        return None if row is None else str(row[0])

    def set_meta(self, values: dict[str, str]) -> None:
        with self.transaction():
            self.run_many("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())

    def generation(self) -> int:
        """A number that changes whenever this or another process has committed a change.

        While this one may write, no other does. In a ``snapshot``, the number of what it sees, or an earlier one.
        """
        held = self._holds()
        if held is not None and held.generation is not None:
            return held.generation
        if not self.read_only:
            return self._changes
        with self.exclusively():  # the numbers of two connections cannot be compared
            (version,) = self.run("PRAGMA data_version").fetchone()
        return int(version) * 1_000_003 + self._changes

    def take_over(self, other: Database) -> None:
        """Becomes what ``other`` is, in one transaction: readers beside it see the old state or the new one."""
        with self.exclusively():
            other._main.backup(self._main)
            self._changes += 1

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Writes that belong together: all are committed, or none."""
        with self.exclusively():
            try:
                self.run("BEGIN IMMEDIATE")
                yield
                self.run("COMMIT")
            except BaseException:
                if self._main.in_transaction:  # SQLite rolls back by itself when the disk is full
                    self.run("ROLLBACK")
                raise
            self._changes += 1

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Reads that belong together see one state, whatever a writer commits meanwhile."""
        generation = self.generation()  # before the first read: what is seen is never older
        with self._reading() as connection, self._holding(connection, generation):
            connection.execute("BEGIN")
            try:
                yield
            finally:
                if connection.in_transaction:  # an error of the disk ends it
                    connection.execute("COMMIT")

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Nobody else uses the connection that writes; this thread reads through it too."""
        with self._lock, self._holding(self._main), self._translated():
            yield

    def _connection(self) -> sqlite3.Connection:
        held = self._holds()
        return self._main if held is None else held.connection

    def _holds(self) -> _Held | None:
        return getattr(self._held, "held", None)

    @contextmanager
    def _holding(self, connection: sqlite3.Connection, generation: int | None = None) -> Iterator[None]:
        before = self._holds()
        self._held.held = _Held(connection, generation)
        try:
            yield
        finally:
            self._held.held = before

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """The connection that this thread holds; else the one that writes, if nobody uses it; else another one."""
        with self._translated():
            held = self._holds()
            if held is not None:
                yield held.connection
            elif self._lock.acquire(blocking=self.set_up is None or self._closed):
                try:
                    yield self._main
                finally:
                    self._lock.release()
            else:
                try:
                    connection = self._idle.pop()
                except IndexError:
                    connection = self._another()
                try:
                    yield connection
                finally:
                    self._idle.append(connection)
                    if self._closed:
                        connection.close()

    def _another(self) -> sqlite3.Connection:
        connection = connected(self.path, patience=_PATIENCE)
        for statement in (*(self.set_up or ()), "PRAGMA query_only = ON"):
            connection.execute(statement)
        return connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """SQLite's errors become the library's."""
        try:
            yield
        except sqlite3.ProgrammingError as error:
            raise LibraryError(
                "The library {folder} cannot be asked ({error}). Open it again.",
                folder=self.path.parent,
                error=error,
            ) from error
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            if not is_damage(error):
                what = Message("The catalogue {path} could not be used ({error}).", path=self.path, error=error)
                raise LibraryBusy(
                    Message.joined(what, advice(self.path), Message("Nothing acknowledged is lost."))
                ) from error
            raise LibraryDamaged(
                "The catalogue {path} cannot be read ({error}). Restore it from a backup, or add the articles to a "
                "new library with `assistant add … --library NEW`.",
                path=self.path,
                error=error,
            ) from error


class Remembered(Generic[T]):
    """A value made from the database: read at the first call, and again only after a change."""

    def __init__(self, database: Database, read: Callable[[], T]) -> None:
        self._database = database
        self._read = read
        self._reading = threading.Lock()
        self._known: tuple[int, T] | None = None

    def __call__(self) -> T:
        known = self._known
        if known is None or known[0] != self._database.generation():
            with self._reading, self._database.snapshot():
                known, generation = self._known, self._database.generation()
                if known is None or known[0] != generation:  # nobody was quicker
                    known = self._known = (generation, self._read())
        return known[1]
