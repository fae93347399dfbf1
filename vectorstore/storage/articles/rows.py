"""Rows to articles, each proven: an article that is not what was stored is refused.

A row holds a proof of what it says (``sqlite.proof_of``), and an article's also a digest of its words.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import datetime

from vectorstore.errors import ArticleUnknown, LibraryDamaged
from vectorstore.storage.articles.schema import COLUMNS, PROOFS
from vectorstore.storage.database import Database, Row
from vectorstore.storage.sqlite import day, iso
from vectorstore.text.corrections import corrections
from vectorstore.types import Article

COLUMNS_OF_LIST = COLUMNS.replace(" text,", " '' AS text,", 1)
"""For lists of articles, whose texts are left empty."""


class Rows:
    """Articles from rows of ``articles`` and ``versions``, in a catalogue of ``version``."""

    def __init__(self, database: Database, version: int) -> None:
        self._database = database
        self._version = version

    def article(self, article_id: str, version: int | None = None) -> Article:
        """The article with this id, or an earlier version of it. Raises ``ArticleUnknown``, ``LibraryDamaged``."""
        row = self._database.one(f"SELECT {self.columns('articles')} FROM articles WHERE id = ?", (article_id,))
        if row is not None and version is not None and row[1] != version:
            row = self._database.one(
                f"SELECT {self.columns('versions')} FROM versions WHERE article_id = ? AND version = ?",
                (article_id, version),
            )
        if row is None:
            if version is None:
                raise ArticleUnknown("No article {id} in this library. `assistant list` shows the ids.", id=article_id)
            raise ArticleUnknown(
                "No article {id} in version {version} in this library. `assistant list` shows the ids.",
                id=article_id,
                version=version,
            )
        return self.proven(row)

    def is_whole(self, article_id: str) -> bool:
        """Whether the article, its passages and their vectors are what was stored."""
        try:
            self.article(article_id)
        except (ArticleUnknown, LibraryDamaged):
            return False
        spoilt = f"SELECT 1 FROM passages WHERE article_id = ? AND NOT ({self.holds('passages')})"
        return self._database.one(spoilt, (article_id,)) is None

    def damaged(self) -> list[str]:
        """The ids of articles that, with their versions, passages and vectors, are not what was stored."""
        found: dict[str, None] = {}
        with self._database.snapshot():
            for (article_id,) in self._database.all("SELECT id FROM articles ORDER BY id"):
                try:
                    self.article(article_id)
                except (ArticleUnknown, LibraryDamaged):
                    found[article_id] = None
            for table in ("passages", "versions"):
                spoilt = (
                    f"SELECT DISTINCT article_id FROM {table} WHERE NOT ({self.holds(table)}) "
                    "AND article_id IN (SELECT id FROM articles)"
                )
                found.update((row[0], None) for row in self._database.all(spoilt))
        return list(found)

    def columns(self, table: str) -> str:
        """``COLUMNS``, whether the row's proof holds, digest, pages, since when it is gone, and its tags."""
        if table == "articles":
            pages = "pages" if self._version >= 4 else "NULL"
            gone = "(SELECT day FROM gone WHERE article_id = articles.id)" if self._version >= 5 else "NULL"
            tags = "(SELECT json_group_array(tag) FROM tags WHERE article_id = articles.id)"
            return f"{COLUMNS}, {self.holds(table)}, digest, {pages}, {gone}, {tags}"
        kept = "(SELECT pages FROM removed r WHERE r.article_id = versions.article_id)"
        pages = kept if self._version >= 5 else "NULL"
        return f"article_{COLUMNS}, {self.holds(table)}, NULL, {pages}, NULL, '[]'"

    def holds(self, table: str) -> str:
        """The SQL for whether a row is what was stored. A reader of an older catalogue finds no proofs there."""
        return f"{table}.proof IS {PROOFS[table]}" if self._version >= 3 else "1"

    def proven(self, row: Row) -> Article:
        """The article in a row of ``columns``. Raises ``LibraryDamaged`` when it is not what was stored."""
        holds, words, pages, gone, tags = row[-5:]
        in_order = tuple(sorted(_names(tags), key=str.casefold))
        article = replace(article_of(row), pages=_offsets(pages), gone=day(gone), tags=in_order)
        if not holds or words not in (None, digest(article)):
            raise self.damage(article.id)
        return article

    def damage(self, article_id: str) -> LibraryDamaged:
        """The error that names a damaged article."""
        path = self._database.path
        return LibraryDamaged(
            "The article {id} in {path} is damaged: it is not what was stored. Take it out with `assistant remove` and "
            "add it again, or restore {file} from a backup; `assistant check` lists what is damaged.",
            id=article_id[:100],
            path=path,
            file=path.name,
        )


def digest(article: Article) -> str:
    """A hash of everything that makes an article what it is, but not of where or when it was read."""
    parts = [article.title, article.text, iso(article.published), iso(article.updated), article.source, article.url]
    return hashlib.sha256(json.dumps([*parts, *article.authors, *article.pages]).encode()).hexdigest()


def article_of(row: Row) -> Article:
    """The article in a row that begins with ``COLUMNS``, unproven."""
    article_id, version, title, text, published, published_from, updated, added, source, url, authors, origin, *_ = row
    return Article(
        id=article_id,
        version=version,
        title=title,
        text=text,
        published=day(published),
        published_from=published_from,
        updated=day(updated),
        added=_moment(added),
        source=source,
        url=url,
        authors=_names(authors),
        origin=origin,
        corrections=corrections(title, text),
    )


def _moment(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:  # spoilt, as its row's proof says
        return None


def _names(text: object) -> tuple[str, ...]:
    try:
        return tuple(map(str, json.loads(str(text))))
    except (ValueError, TypeError):  # spoilt, as its row's proof says
        return ()


def _offsets(text: object) -> tuple[int, ...]:
    try:
        return tuple(map(int, json.loads(str(text)))) if text else ()
    except (ValueError, TypeError):  # spoilt, as the article's digest says
        return ()
