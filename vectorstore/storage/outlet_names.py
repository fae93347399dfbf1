"""What outlets are called where it is not as their articles are stored: "CNN" for ``cnn.com``.

A name is set by a person, or learnt: of an outlet that is stored under its host, how that host's own pages call it. The
articles themselves stay as they are, so that the same file added again is the same article.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any

COLUMNS = "stored TEXT NOT NULL, learnt INTEGER NOT NULL, name TEXT NOT NULL"
SCHEMA = f"""
CREATE TABLE IF NOT EXISTS outlets ({COLUMNS}, PRIMARY KEY (stored, learnt)) WITHOUT ROWID;
"""
"""``stored`` is the outlet as articles name it, without regard to capitals."""


class OutletNames:
    """Reads and changes the table through the catalogue whose ``connection`` it shares."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        read: Callable[..., list[tuple[Any, ...]]],
        transaction: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._connection = connection
        self._read = read
        self._transaction = transaction

    def names(self) -> dict[str, str]:
        """The name of each outlet that has another one than its stored name (here in small letters)."""
        return dict(self._read("SELECT stored, name FROM outlets ORDER BY learnt DESC"))

    def set(self, stored: Iterable[str], name: str) -> None:
        """Calls outlets ``name``, or, where that is empty, as before."""
        with self._transaction():
            for each in stored:
                self._connection.execute("DELETE FROM outlets WHERE stored = ? AND NOT learnt", (each.casefold(),))
                if name:
                    self._connection.execute("INSERT INTO outlets VALUES (?, 0, ?)", (each.casefold(), name))

    def learn(self, sites: Sequence[tuple[str, str | None]]) -> None:
        """Takes names from ``sites``, outlets as stored with a host of their articles, where all of a host agree."""
        hosts = {host for _, host in sites}
        own: dict[str, dict[str, str]] = {}
        for source, host in sites:
            if host and source.casefold().removeprefix("www.") not in hosts:
                own.setdefault(host, {})[source.casefold()] = source
        learnt = {
            (source.casefold(), name)
            for source, _ in sites
            if len(called := own.get(source.casefold().removeprefix("www."), {})) == 1
            for name in called.values()
        }
        if learnt != set(self._read("SELECT stored, name FROM outlets WHERE learnt")):
            with self._transaction():
                self._connection.execute("DELETE FROM outlets WHERE learnt")
                self._connection.executemany("INSERT INTO outlets VALUES (?, 1, ?)", sorted(learnt))
