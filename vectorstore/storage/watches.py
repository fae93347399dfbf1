"""The addresses that a library watches, in a table beside the catalogue's own, and when each is to be asked again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields

from vectorstore.storage.database import Database

SCHEMA = """
CREATE TABLE IF NOT EXISTS watches (
    address TEXT PRIMARY KEY,
    every INTEGER NOT NULL,
    due REAL NOT NULL,
    listed_by TEXT,
    published TEXT,
    source TEXT,
    article_id TEXT,
    etag TEXT,
    modified TEXT,
    failures INTEGER NOT NULL,
    problem TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS watches_by_due ON watches (due);
"""


@dataclass(frozen=True, slots=True)
class Watch:
    """An address that is asked again and again: a page, or a feed or sitemap that lists pages."""

    address: str
    every: int
    """Seconds between two requests, while nothing goes wrong."""
    due: float = 0.0
    """When it is to be asked, in seconds since 1970."""
    listed_by: str | None = None
    """The watched feed or sitemap that lists this page; ``None`` for what a person named."""
    published: str | None = None
    source: str | None = None
    """Of these two, the day in ISO form and the outlet that the list names, for a page that names none."""
    article_id: str | None = None
    """The article that was read from the page."""
    etag: str | None = None
    modified: str | None = None
    """What the site said of the state it last sent, to be asked only for another one."""
    failures: int = 0
    """In a row."""
    problem: str | None = None
    """Why the last request failed."""


_MARKS = ", ".join("?" * len(fields(Watch)))


class Watches:
    """Reads and changes the table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def named(self) -> list[Watch]:
        """What a person named, in the order of the addresses."""
        return [
            Watch(*row) for row in self._database.all("SELECT * FROM watches WHERE listed_by IS NULL ORDER BY address")
        ]

    def due(self, now: float) -> list[Watch]:
        """What is to be asked by ``now``, first what a person named."""
        query = "SELECT * FROM watches WHERE due <= ? ORDER BY listed_by IS NOT NULL, due, address"
        return [Watch(*row) for row in self._database.all(query, (now,))]

    def get(self, address: str) -> Watch | None:
        """The watch of an address, if there is one."""
        return next(
            (Watch(*row) for row in self._database.all("SELECT * FROM watches WHERE address = ?", (address,))), None
        )

    def add(self, address: str, every: int) -> None:
        """Watches what a person named, from now on; one that is watched already only gets another pace."""
        with self._database.transaction():
            self._database.run(
                f"INSERT INTO watches VALUES ({_MARKS}) ON CONFLICT (address) DO UPDATE SET every = excluded.every, "
                "due = 0, listed_by = NULL",
                astuple(Watch(address, every)),
            )

    def list_pages(self, pages: Iterable[Watch]) -> None:
        """Watches pages that a feed or sitemap lists; those that are watched already stay as they are."""
        with self._database.transaction():
            self._database.run_many(f"INSERT OR IGNORE INTO watches VALUES ({_MARKS})", map(astuple, pages))

    def update(self, watch: Watch) -> None:
        """Stores what a request has brought, unless nobody watches the address any more."""
        with self._database.transaction():
            self._database.run(
                f"REPLACE INTO watches SELECT {_MARKS} WHERE EXISTS (SELECT 1 FROM watches WHERE address = ?)",
                (*astuple(watch), watch.address),
            )

    def remove(self, address: str) -> int:
        """Stops watching an address and the pages that it lists; returns how many people named: 1 or 0."""
        with self._database.transaction():
            gone = self._database.run("DELETE FROM watches WHERE address = ? AND listed_by IS NULL", (address,))
            self._database.run("DELETE FROM watches WHERE listed_by = ?", (address,))
            return gone.rowcount
