"""The catalogue's SQLite file: one connection with its lock, transactions, and errors that name a next step."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic, TypeVar

from vectorstore.errors import LibraryBusy, LibraryDamaged, LibraryError
from vectorstore.messages import Message
from vectorstore.storage.sqlite import advice, connected, is_damage

T = TypeVar("T")

Row = tuple[Any, ...]


class Database:
    """One connection, for any thread. ``one`` and ``all`` read; ``run`` and ``run_many`` are for a ``transaction``.

    Raises ``LibraryDamaged`` when the file is no sound database, ``LibraryBusy`` when the disk refuses.
    """

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self.path = path
        self.read_only = read_only
        self._lock = threading.RLock()
        self._changes = 0
        with self.exclusively():
            self.connection = connected(path, patience=10)
        self.run = self.connection.execute
        self.run_many = self.connection.executemany

    def close(self) -> None:
        with self._lock:
            self.connection.close()

    def one(self, query: str, values: Sequence[object] = ()) -> Row | None:
        with self.exclusively():
            row: Row | None = self.run(query, values).fetchone()
            return row

    def all(self, query: str, values: Sequence[object] = ()) -> list[Row]:
        with self.exclusively():
            return self.run(query, values).fetchall()

    def meta(self, name: str) -> str | None:
        """A fact of the whole library, such as the model that its vectors are made with."""
        row = self.one("SELECT value FROM meta WHERE name = ?", (name,))
        return None if row is None else str(row[0])

    def set_meta(self, values: dict[str, str]) -> None:
        with self.transaction():
            self.run_many("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())

    def generation(self) -> int:
        """A number that changes whenever this or another process has committed a change.

        While this one may write, no other does.
        """
        if not self.read_only:
            return self._changes
        row = self.one("PRAGMA data_version")
        assert row is not None
        return int(row[0]) * 1_000_003 + self._changes

    def take_over(self, other: Database) -> None:
        """Becomes what ``other`` is, in one transaction: readers beside it see the old state or the new one."""
        with self.exclusively():
            other.connection.backup(self.connection)
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
                if self.connection.in_transaction:  # SQLite rolls back by itself when the disk is full
                    self.run("ROLLBACK")
                raise
            self._changes += 1

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Reads that belong together see one state, whatever a writer in another process commits meanwhile."""
        with self.exclusively():
            self.run("BEGIN")
            try:
                yield
            finally:
                if self.connection.in_transaction:  # an error of the disk ends it
                    self.run("COMMIT")

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """No other thread uses the connection meanwhile; SQLite's errors become the library's."""
        with self._lock:
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
        self._known: tuple[int, T] | None = None

    def __call__(self) -> T:
        known = self._known
        if known is None or known[0] != self._database.generation():
            with self._database.snapshot():
                known, generation = self._known, self._database.generation()
                if known is None or known[0] != generation:  # nobody was quicker
                    known = self._known = (generation, self._read())
        return known[1]
