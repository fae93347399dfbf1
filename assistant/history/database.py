"""One SQLite file that many threads read and write, and that other processes may read meanwhile."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from assistant.errors import ConversationsUnusable
from vectorstore.messages import Message
from vectorstore.storage.sqlite import advice, connected, is_damage

VERSION = 2
"""Of the tables; a file of another one is refused."""
_PATIENCE = 10
"""Seconds to wait for another process that writes to the file."""
_CHECKPOINT_MILLISECONDS = 200
"""How long a deletion waits for readers of other processes before it leaves the log to be emptied later."""

Run = Callable[..., sqlite3.Cursor]
"""Executes one statement inside a transaction."""


class Database:
    """A file at ``path`` with the tables of ``schema``; every method raises ``ConversationsUnusable``.

    It has two connections, so that a long search does not hold up what is being stored. ``read_only`` changes nothing
    and makes no file; where there is none, it is empty.
    """

    def __init__(self, path: Path, schema: str, *, read_only: bool = False) -> None:
        self.path = path
        self.first = False
        """Whether no other process, nor another object of this one, has opened the file before and still holds it."""
        self._write_lock = threading.RLock()
        self._read_lock = self._write_lock if read_only else threading.RLock()
        # The operating system lets go of it when the process ends, however it ends.
        self._lock = FileLock(str(path.with_suffix(".lock")), thread_local=False)
        missing = read_only and not path.exists()
        with _translated(path), ExitStack() as opening:
            if not read_only:
                with suppress(FileExistsError):  # what people ask is their own matter; SQLite's other files follow suit
                    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            self._writer = self._reader = _connected(None if missing else path)
            opening.callback(self.close)
            # Where several processes open a new file at once, SQLite would not wait but fail.
            with nullcontext() if read_only else FileLock(path.with_suffix(".opening"), timeout=_PATIENCE):
                self._prepare(schema, make=missing or not read_only)
            if not read_only:
                self._reader = _connected(path)
                with suppress(Timeout):
                    self._lock.acquire(timeout=0)
                    self.first = True
            self._reader.execute("PRAGMA query_only = ON")
            if self.first:  # does SQLite find its way through the file? Where pages are missing it may only find less
                (found,) = self._writer.execute("PRAGMA integrity_check(1)").fetchone()
                if found != "ok":
                    raise sqlite3.DatabaseError(found)
            opening.pop_all()

    def _prepare(self, schema: str, *, make: bool) -> None:
        run = self._writer.execute
        run("PRAGMA foreign_keys = ON")
        if make:
            run("PRAGMA journal_mode = WAL")
            run("PRAGMA secure_delete = ON")  # what is deleted is overwritten, not only unlisted
        (version,) = run("PRAGMA user_version").fetchone()
        if make and version == 0:
            with self.writing():
                for statement in schema.split(";\n"):
                    run(statement)
                run(f"PRAGMA user_version = {VERSION}")
        elif version == 0:
            raise ConversationsUnusable(
                "{file} is empty: it was cut. Restore it from a backup, or remove it.", file=self.path
            )
        elif version != VERSION:
            raise ConversationsUnusable(
                "{file} was made by another version of this program (it says {version}, expected {expected}). Use that "
                "version, or move the file away to begin with none.",
                file=self.path,
                version=version,
                expected=VERSION,
            )

    def close(self) -> None:
        with self._read_lock, self._write_lock:
            self._reader.close()
            self._writer.close()
        self._lock.release()

    @contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[Run]:
        """One transaction. ``durable``: it survives a power cut once it is through, not only a killed process."""
        with self._write_lock, _translated(self.path):
            run = self._writer.execute
            run(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            try:
                run("BEGIN IMMEDIATE")
                yield run
                run("COMMIT")
            except BaseException:
                if self._writer.in_transaction:  # SQLite rolls back by itself when the disk is full
                    run("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[Run]:
        """Reads that belong together see one state."""
        with self._read_lock, _translated(self.path):
            run = self._reader.execute
            run("BEGIN")
            try:
                yield run
            finally:
                if self._reader.in_transaction:  # an error of the disk ends it
                    run("COMMIT")

    def forget(self) -> None:
        """Empties the log of changes, in which deleted texts still stand.

        A reader in another process can hold that up; the log is then emptied by the next call, or on closing.
        """
        with self._read_lock, self._write_lock, _translated(self.path):
            run = self._writer.execute
            run(f"PRAGMA busy_timeout = {_CHECKPOINT_MILLISECONDS}")
            run("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            run(f"PRAGMA busy_timeout = {_PATIENCE * 1000}")


def _connected(path: Path | None) -> sqlite3.Connection:
    connection = connected(path, patience=_PATIENCE)
    connection.row_factory = sqlite3.Row
    return connection


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.ProgrammingError as error:
        raise ConversationsUnusable(
            "The conversations in {file} are closed ({error}). Open them again.", file=path, error=error
        ) from error
    except (sqlite3.DatabaseError, OSError, UnicodeDecodeError) as error:
        if isinstance(error, OSError) or not is_damage(error):
            what = Message("The conversations in {file} could not be used ({error}).", file=path, error=error)
            kept = Message("What was stored is still there.")
            raise ConversationsUnusable(Message.joined(what, advice(path), kept)) from error
        raise ConversationsUnusable(
            "The conversations in {file} cannot be read ({error}). Restore the file from a backup, or move it away to "
            "begin with none; the library is untouched.",
            file=path,
            error=error,
        ) from error
