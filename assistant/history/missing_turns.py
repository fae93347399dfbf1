"""Whether stored turns are missing: a file beside the conversations knows how many there were.

SQLite itself takes a file that was cut to nothing for a new one.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from vectorstore.messages import Message

_log = logging.getLogger(__name__)


class TurnCount:
    """How many turns were ever stored in the conversations at ``path``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.with_suffix(".count")
        self._counted = 0
        self._aside = ""
        with suppress(OSError, ValueError):
            self._counted = int(self._file.read_text(encoding="ascii"))

    def keep(self, turns: int) -> None:
        with suppress(OSError):  # the question itself is stored
            self._file.write_text(str(turns), encoding="ascii")

    def set_aside(self) -> None:
        """Moves what is left of a file that was removed or cut to nothing out of SQLite's way."""
        if not self._counted or (self._path.exists() and self._path.stat().st_size):
            return
        kept = self._path.with_stem(f"{self._path.stem}-{datetime.now(UTC):%Y%m%d-%H%M%S}")
        with suppress(OSError):
            for found in self._path.parent.glob(f"{self._path.name}*"):
                found.rename(kept.with_name(kept.name + found.name.removeprefix(self._path.name)))
        if kept.exists():
            self._aside = Message("What was left of it is kept as {file}.", file=kept.name)

    def missing(self, stored: int) -> tuple[str, ...]:
        """A notice for whoever runs the page, where fewer turns are ``stored`` than were counted before."""
        if stored >= self._counted:
            return ()
        notice = Message.joined(
            Message(
                "{file} holds {stored} of {counted} questions that were stored in it: it was removed or cut, or an "
                "older file has taken its place.",
                file=self._path,
                stored=stored,
                counted=self._counted,
            ),
            self._aside,
            Message("Restore a newer one from a backup to have the others again."),
        )
        _log.warning("%s", notice)
        return (notice,)
