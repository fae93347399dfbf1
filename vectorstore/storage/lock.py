"""One process owns a library: two on one Chroma folder destroy it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from pathlib import Path

from filelock import FileLock, Timeout

from vectorstore.errors import LibraryInUse
from vectorstore.messages import Message

_PATIENCE = 0.1
"""Seconds to wait for a free lock: a process that only asks whether there is an owner holds it for an instant."""


UNWRITABLE = (errno.EROFS, errno.EACCES, errno.EPERM)
"""Why nothing can be written: a read-only file system, or a permission that this user lacks."""


class Ownership:
    """The right to write to a library, held until ``release`` or the end of the process, however it ends.

    The operating system holds the lock, so that a killed owner leaves none behind; a file beside it tells others who
    the owner is.
    """

    def __init__(self, folder: Path) -> None:
        self._owner = folder / "owner.pid"
        self._folder = folder
        # The library is closed and asked from other threads than the one that opened it.
        self._lock = FileLock(str(folder / "owner.lock"), thread_local=False)

    def acquire(self) -> None:
        """Takes the lock, or raises ``LibraryInUse`` with the owner's process id."""
        try:
            self._lock.acquire(timeout=_PATIENCE, poll_interval=_PATIENCE / 10)
        except Timeout:
            pid = self.owner_pid()
            raise LibraryInUse(
                "The library {folder} is being written by {owner}. Close it first (a running chat can add articles on "
                "its page), or use another library. Asking and searching work meanwhile.",
                folder=self._folder,
                owner=Message("process {pid}", pid=pid) if pid else Message("another process"),
                pid=pid,
            ) from None
        try:
            self._owner.write_text(str(os.getpid()), encoding="ascii")
        except OSError:
            self._lock.release()
            raise

    def release(self) -> None:
        if self._lock.is_locked:
            with contextlib.suppress(OSError):
                self._owner.unlink(missing_ok=True)
            self._lock.release()

    def held_elsewhere(self) -> bool:
        """Whether another process owns the library now."""
        if self._lock.is_locked:
            return False
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return True
        except OSError:  # nothing can be written here, but an owner may write it from elsewhere
            return self._seems_held()
        self._lock.release()
        return False

    def _seems_held(self) -> bool:
        try:
            with Path(self._lock.lock_file).open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def owner_pid(self) -> int | None:
        try:
            return int(self._owner.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None
