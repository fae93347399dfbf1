"""What every SQLite file of ours needs: opening it, proofs of its rows, days in them, and what an error of it means."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from vectorstore.messages import Message

_OUTSIDE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_READONLY,
}
"""Results that speak of the disk, of permissions or of other processes; all others, of what stands in the file."""


def connected(path: Path | None, *, patience: float) -> sqlite3.Connection:
    """A connection that commits by itself, to ``path`` or an empty file in memory; any thread may use it.

    ``patience`` is how many seconds it waits for a writer. Where the folder cannot be written, and nobody has the file
    open, SQLite is told that it does not change: it could not make its side files, without which it reads nothing. A
    text that is no UTF-8 comes with marks in its place.
    """
    place: Path | str = path or ":memory:"
    if path is not None and not is_writable(path.parent) and not _is_open(path):
        place = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    connection = sqlite3.connect(
        place, uri=path is not None and place != path, check_same_thread=False, isolation_level=None, timeout=patience
    )
    connection.text_factory = _text
    connection.create_function("proof", -1, _proof, deterministic=True)
    return connection


def _is_open(path: Path) -> bool:
    """Whether some process has the file open, or was killed while it had."""
    return any(path.with_name(path.name + end).exists() for end in ("-shm", "-wal"))


def is_writable(folder: Path) -> bool:
    """Whether this process may make files in ``folder``: not on a read-only file system, for one."""
    return os.access(folder, os.W_OK)


def proof_of(columns: Iterable[str]) -> str:
    """The SQL for 16 bytes that change when one of ``columns`` does: a row that holds its own shows when it is spoilt.

    It is no lock: whoever changes a row can give it another proof. It is for disks that fail.
    """
    return f"proof({', '.join(f'CAST({column} AS BLOB)' for column in columns)})"


def day(text: object) -> date | None:
    """A day as it is stored; ``None`` also where it is spoilt, which its row's proof tells."""
    try:
        return None if text is None else date.fromisoformat(str(text))
    except ValueError:
        return None


def iso(known: date | None) -> str | None:
    """A day for storing."""
    return None if known is None else known.isoformat()


def is_damage(error: sqlite3.DatabaseError | UnicodeDecodeError) -> bool:
    """Whether ``error`` speaks of what stands in the file, rather than of disk, permissions or other processes.

    SQLite's words for a spoilt schema hold what stands there, and that may be no text.
    """
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF not in _OUTSIDE


def advice(path: Path) -> str:
    """What to do about an error that is no damage of the file at ``path``."""
    if not is_writable(path.parent):
        left = path.with_name(f"{path.name}-wal").exists()
        return Message.joined(
            Message("The folder cannot be written: it is on a read-only file system, or you lack the permission."),
            Message("Its last changes stand in a -wal file beside it.") if left else "",
            Message("Copy it to where you may write, and use the copy."),
        )
    return Message("Check free disk space and permissions, then try again.")


def _proof(*values: bytes | None) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for value in values:
        digest.update(b"-" if value is None else b"%d:" % len(value))
        digest.update(value or b"")
    return digest.digest()


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
