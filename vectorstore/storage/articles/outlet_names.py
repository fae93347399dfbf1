"""What outlets are called where it is not as their articles are stored: "CNN" for ``cnn.com``.

A name is set by a person, or learnt: of an outlet that is stored under its host, how that host's own pages call it. The
articles themselves stay as they are, so that the same file added again is the same article.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from vectorstore.storage.database import Database
from vectorstore.types import Article

COLUMNS = "stored TEXT NOT NULL, learnt INTEGER NOT NULL, name TEXT NOT NULL"
SCHEMA = f"""
CREATE TABLE IF NOT EXISTS outlets ({COLUMNS}, PRIMARY KEY (stored, learnt)) WITHOUT ROWID;
"""
"""``stored`` is the outlet as articles name it, without regard to capitals."""


class OutletNames:
    """Reads and changes the table."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: tuple[int, dict[str, str]] | None = None

    def names(self) -> dict[str, str]:
        """The name of each outlet that has another one than its stored name (here in small letters).

        Remembered until something changes, and asked inside a ``snapshot`` too.
        """
        generation = self._database.generation()
        known = self._known
        if known is None or known[0] != generation:
            names: dict[str, str] = dict(self._database.all("SELECT stored, name FROM outlets ORDER BY learnt DESC"))
            known = self._known = (generation, names)
        return known[1]

    def stored(self, names: Iterable[str]) -> list[str]:
        """``names`` of outlets, as stored or as called, as all the stored names that are meant."""
        called = self.names()
        meant = {called.get(name.casefold(), name).casefold() for name in names}
        return [*meant, *(stored for stored, name in called.items() if name.casefold() in meant)]

    def set(self, stored: Iterable[str], name: str) -> None:
        """Calls outlets ``name``, or, where that is empty, as before."""
        with self._database.transaction():
            for each in stored:
                self._database.run("DELETE FROM outlets WHERE stored = ? AND NOT learnt", (each.casefold(),))
                if name:
                    self._database.run("INSERT INTO outlets VALUES (?, 0, ?)", (each.casefold(), name))

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
        if learnt != set(self._database.all("SELECT stored, name FROM outlets WHERE learnt")):
            with self._database.transaction():
                self._database.run("DELETE FROM outlets WHERE learnt")
                self._database.run_many("INSERT INTO outlets VALUES (?, 1, ?)", sorted(learnt))


def called(article: Article, names: Mapping[str, str]) -> Article:
    """``article`` with the name that its outlet has in ``names``."""
    name = names.get(article.source.casefold()) if names and article.source else None
    return replace(article, source=name) if name else article
