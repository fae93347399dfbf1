"""The truth of a library: articles, their versions, passages and vectors, in one SQLite file.

SQL is spoken in this folder only. Chroma and tantivy are made from what stands here and can be thrown away. Each row
holds a proof of what it says, compared before an article or a passage is handed out: nothing is quoted that was not
stored. How a write is acknowledged stands in ``writes``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import closing, suppress
from datetime import date
from pathlib import Path
from typing import Self

from vectorstore.errors import LibraryBusy, LibraryError
from vectorstore.storage.articles.copies import Copies
from vectorstore.storage.articles.outlet_names import OutletNames, called
from vectorstore.storage.articles.outlets import learn_names, read_outlets
from vectorstore.storage.articles.passages import Passages
from vectorstore.storage.articles.removed import Removed
from vectorstore.storage.articles.rows import COLUMNS_OF_LIST, Rows, article_of
from vectorstore.storage.articles.schema import prepare
from vectorstore.storage.articles.writes import Writes
from vectorstore.storage.database import Database, Remembered
from vectorstore.storage.sqlite import iso
from vectorstore.storage.stories import Stories
from vectorstore.storage.tags import Tags
from vectorstore.storage.watches import Watches
from vectorstore.types import Article

FILE_NAME = "catalogue.sqlite3"

_OPENING = 300
"""Characters of how an article begins: two lines of a list, and what a title may take of them."""


class Catalogue:
    """The file, its articles, and the parts that know the rest of it.

    Safe to use from several threads; one process at a time may write. Raises ``LibraryDamaged`` when the file is not a
    catalogue, ``LibraryBusy`` when the disk refuses.
    """

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        self._database = database = Database(folder / FILE_NAME, read_only=read_only)
        try:
            version = prepare(database)
        except BaseException:
            database.close()
            raise
        stories = Stories(database, proven=version >= 3)
        self._rows = Rows(database, version)
        self.tags = Tags(database)
        self.outlet_names = OutletNames(database)
        self.copies = Copies(database, stories, self.outlet_names)
        self.passages = Passages(database, self._rows, self.copies, self.outlet_names)
        self.writes = Writes(database, self._rows, stories, self.tags)
        self.removed = Removed(database, self._rows, self.tags)
        self.watches = Watches(database)
        self.counts = Remembered(database, self._read_counts)
        """Numbers of articles, of passages and of undated articles."""
        self.state = Remembered(database, self._read_state)
        """16 hex digits that stand for all articles and their words."""
        self.outlets = Remembered(database, lambda: read_outlets(database, self.outlet_names))
        """The sources of the articles, the most frequent first."""

    @classmethod
    def to_read(cls, folder: str | Path) -> Self:
        """The articles of the library in ``folder`` without all that searching takes, for whoever lists them.

        Raises ``LibraryError`` where there is none.
        """
        path = Path(folder).expanduser()
        demand_library(path)
        return cls(path, read_only=True)

    def close(self) -> None:
        self._database.close()

    def generation(self) -> int:
        """A number that changes whenever this or another process has committed a change."""
        return self._database.generation()

    # -- what the library is made with

    def meta(self, name: str) -> str | None:
        return self._database.meta(name)

    def set_meta(self, values: dict[str, str]) -> None:
        self._database.set_meta(values)

    # -- articles

    def article(self, article_id: str, version: int | None = None) -> Article:
        """The article with this id, or an earlier version of it. Raises ``ArticleUnknown``, ``LibraryDamaged``."""
        return called(self.as_stored(article_id, version), self.outlet_names.names())

    def as_stored(self, article_id: str, version: int | None = None) -> Article:
        """``article`` with its outlet as it was stored, whatever that is called now."""
        return self._rows.article(article_id, version)

    def articles(self, *, limit: int | None = None, offset: int = 0, with_text: bool = True) -> list[Article]:
        """Articles, newest publication first, undated last; ``with_text=False`` leaves their texts empty."""
        columns = self._rows.columns("articles") if with_text else COLUMNS_OF_LIST
        rows = self._database.all(
            f"SELECT {columns} FROM articles ORDER BY published IS NULL, published DESC, title, id LIMIT ? OFFSET ?",
            (-1 if limit is None else limit, offset),
        )
        names = self.outlet_names.names()
        return [called(self._rows.proven(row) if with_text else article_of(row), names) for row in rows]

    def openings(self, article_ids: Sequence[str]) -> dict[str, tuple[str, int]]:
        """How each article begins, without its title, and how many words it has."""
        rows = self._database.all(
            "SELECT id, title, text FROM articles WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(article_ids)),),
        )
        openings = {}
        for article_id, title, text in rows:
            first, _, rest = text.partition("\n")
            opening = rest if first.strip() == title else text
            openings[article_id] = (" ".join(opening[: 2 * _OPENING].split())[:_OPENING], len(text.split()))
        return openings

    def learn_outlet_names(self) -> None:
        """Calls outlets that are stored under their host as that host's own pages do."""
        learn_names(self._database, self.outlet_names)

    def digest_of(self, article_id: str) -> str | None:
        row = self._database.one("SELECT digest FROM articles WHERE id = ?", (article_id,))
        return None if row is None else str(row[0])

    def same_content(self, digest: str) -> str | None:
        """The id of an article with exactly this content, if there is one."""
        row = self._database.one("SELECT id FROM articles WHERE digest = ? LIMIT 1", (digest,))
        return None if row is None else str(row[0])

    def undated(self, sources: Sequence[str] | None = None, tags: Sequence[str] = ()) -> int:
        """How many articles without a known day a time limit leaves out, among ``sources`` and ``tags`` if given."""
        number = self.counts()[2]
        if not number or (sources is None and not tags):
            return number
        return self.passages.table().undated(sources, self.tags.carrying(tags) if tags else None)

    def mark_gone(self, article_id: str, found: date | None) -> None:
        """Notes the day on which an article's page was found to be gone; ``None``: it is there again."""
        with self._database.transaction():
            if found is None:
                self._database.run("DELETE FROM gone WHERE article_id = ?", (article_id,))
            else:
                self._database.run(
                    "INSERT OR IGNORE INTO gone SELECT id, ? FROM articles WHERE id = ?", (iso(found), article_id)
                )

    def _read_counts(self) -> tuple[int, int, int]:
        ((articles, passages, undated),) = self._database.all(
            "SELECT (SELECT COUNT(*) FROM articles), (SELECT COUNT(*) FROM passages), "
            "(SELECT COUNT(*) FROM articles WHERE published IS NULL)"
        )
        return int(articles), int(passages), int(undated)

    def _read_state(self) -> str:
        rows = self._database.all("SELECT id, digest FROM articles ORDER BY id")
        return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:16]

    # -- integrity

    def is_whole(self, article_id: str) -> bool:
        """Whether the article, its passages and their vectors are what was stored."""
        return self._rows.is_whole(article_id)

    def damaged(self) -> list[str]:
        """The ids of articles that, with their versions, passages and vectors, are not what was stored."""
        return self._rows.damaged()

    def integrity(self) -> list[str]:
        """What SQLite itself finds wrong with the file; empty when nothing is."""
        found = [str(row[0]) for row in self._database.all("PRAGMA integrity_check(5)")]
        if found != ["ok"]:
            return found
        lost = {(row[0], row[2]) for row in self._database.all("PRAGMA foreign_key_check")}
        return [f"rows of {table} belong to rows of {other} that are missing" for table, other in sorted(lost)]

    # -- the file as a whole

    def copy_to(self, folder: Path) -> None:
        """Writes a compact copy of the catalogue into ``folder``."""
        self._database.all("VACUUM INTO ?", (str(folder / FILE_NAME),))

    def take_over(self, other: Catalogue) -> None:
        """Becomes what ``other`` is, in one transaction: readers beside it see the old state or the new one."""
        self._database.take_over(other._database)

    def compact(self) -> None:
        """Writes the file anew, without a byte of what was deleted, and empties its log of changes.

        Raises ``LibraryBusy`` while another process reads: the log, and what was deleted in it, then stays.
        """
        with self._database.exclusively():
            self._database.run("VACUUM")
            (busy, *_) = self._database.run("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise LibraryBusy(
                "Another process still reads {path}, and so the log beside it keeps what was deleted. Close that "
                "process, then run `assistant purge` again.",
                path=self._database.path,
            )


def model_of(folder: str | Path) -> str | None:
    """The embedding model that the library in ``folder`` was made with; ``None`` where none is there or can be read."""
    with suppress(LibraryError), closing(Catalogue.to_read(folder)) as catalogue:
        return catalogue.meta("model")
    return None


def demand_library(folder: Path) -> None:
    """Raises ``LibraryError`` where no library is to be read."""
    if not (folder / FILE_NAME).is_file():
        raise LibraryError("There is no library in {folder} yet. `assistant add FILES` makes one.", folder=folder)
