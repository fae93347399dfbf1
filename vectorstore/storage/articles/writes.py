"""What is stored and removed, in two steps: staged, and settled once both indexes have followed.

``stage`` commits articles, passages and vectors with the state ``pending`` (from here on nothing is lost); ``settle``
makes them ``ready``. Passages that an update or a removal takes away stand in ``retired`` until both indexes have
forgotten them. Whoever opens the library for writing finishes what is pending or retired.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from vectorstore.storage.articles.passages import Entry
from vectorstore.storage.articles.rows import Rows, digest
from vectorstore.storage.articles.schema import COLUMNS, PROOFS
from vectorstore.storage.database import Database
from vectorstore.storage.sqlite import iso
from vectorstore.storage.stories import Stories
from vectorstore.storage.tags import Tags
from vectorstore.types import Article, Passage

if TYPE_CHECKING:
    from vectorstore.storage.arrays import Vectors


@dataclass(frozen=True, slots=True)
class Draft:
    """An article ready to be stored: its passages' spans, and one vector for each, shape (passages, dimension)."""

    article: Article
    spans: Sequence[tuple[int, int]]
    vectors: Vectors


class Writes:
    """Changes articles, with their versions, passages and groups."""

    def __init__(self, database: Database, rows: Rows, stories: Stories, tags: Tags) -> None:
        self._database = database
        self._run = database.run
        self._rows = rows
        self._stories = stories
        self._tags = tags

    def stage(self, drafts: Sequence[Draft]) -> list[Entry]:
        """Commits ``drafts`` as ``pending`` in one transaction; an article that exists becomes its next version.

        After this returns the articles survive any crash.
        """
        entries: list[Entry] = []
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._database.transaction():
            for draft in drafts:
                entries.extend(self._stage_one(draft, now))
        return entries

    def pending(self) -> list[str]:
        """Ids of articles that the indexes may not have yet."""
        return [str(row[0]) for row in self._database.all("SELECT id FROM articles WHERE state = 'pending'")]

    def retired(self) -> list[int]:
        """Ids of passages that the indexes may still have and must forget."""
        return [int(row[0]) for row in self._database.all("SELECT passage_id FROM retired")]

    def settle(self) -> None:
        """Both indexes hold what is pending and have forgotten what is retired."""
        with self._database.transaction():
            self._run("UPDATE articles SET state = 'ready' WHERE state = 'pending'")
            self._run("DELETE FROM retired")

    def remove(self, article_ids: Iterable[str]) -> int:
        """Takes articles out, with their passages; returns how many there were.

        Their words stay, for ``Removed`` alone, until that forgets them. What is damaged does not.
        """
        removed = 0
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._database.transaction():
            for article_id in article_ids:
                if self._keep_version(article_id, now):
                    kept = "INSERT OR REPLACE INTO removed SELECT id, ?, pages FROM articles WHERE id = ?"
                    self._run(kept, (now, article_id))
                else:
                    self._run("DELETE FROM versions WHERE article_id = ?", (article_id,))
                self._take_out(article_id)
                removed += self._run("DELETE FROM articles WHERE id = ?", (article_id,)).rowcount
        return removed

    def replace_passages(self, article_id: str, spans: Sequence[tuple[int, int]], vectors: Iterable[Vectors]) -> None:
        """Gives an article other passages, as another splitter or model makes them; the article itself stays."""
        with self._database.transaction():
            self._run("DELETE FROM passages WHERE article_id = ?", (article_id,))
            for span, vector in zip(spans, vectors, strict=True):
                self._insert_passage(article_id, span, vector)
            self._prove_whole(article_id)

    def _stage_one(self, draft: Draft, now: str) -> Iterator[Entry]:
        run = self._run
        article = draft.article
        old = run("SELECT version + 1, added FROM articles WHERE id = ?", (article.id,)).fetchone()
        version, added = old or (article.version, article.added.isoformat() if article.added else now)
        if old is not None:
            self._keep_version(article.id, now)
            self._take_out(article.id)
        else:  # one that was removed comes back, and its earlier versions with it, or another takes its place
            run("DELETE FROM versions WHERE article_id = ? AND version >= ?", (article.id, version))
            run("DELETE FROM removed WHERE article_id = ?", (article.id,))
        run(
            "INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', NULL, ?) "
            "ON CONFLICT (id) DO UPDATE SET version = excluded.version, title = excluded.title, text = excluded.text, "
            "published = excluded.published, published_from = excluded.published_from, updated = excluded.updated, "
            "source = excluded.source, url = excluded.url, authors = excluded.authors, origin = excluded.origin, "
            "digest = excluded.digest, state = 'pending', pages = excluded.pages",
            (
                article.id,
                version,
                article.title,
                article.text,
                iso(article.published),
                article.published_from,
                iso(article.updated),
                added,
                article.source,
                article.url,
                json.dumps(article.authors, ensure_ascii=False),
                article.origin,
                digest(article),
                json.dumps(article.pages) if article.pages else None,
            ),
        )
        self._stories.add(article.id, article.text, article.published)
        for tag in article.tags:
            self._tags.put(article.id, tag)
        day = article.published.toordinal() if article.published else None
        for span, vector in zip(draft.spans, draft.vectors, strict=True):
            start, stop = span
            passage = Passage(
                self._insert_passage(article.id, span, vector), article.id, start, stop, article.text[start:stop]
            )
            whole = article.text if start == draft.spans[0][0] else None
            yield Entry(passage, article.title, article.source, day, vector, whole)
        self._prove_whole(article.id)

    def _insert_passage(self, article_id: str, span: tuple[int, int], vector: Vectors) -> int:
        number = self._run(
            "INSERT INTO passages (article_id, start, stop, vector) VALUES (?, ?, ?, ?)",
            (article_id, *span, vector.astype("<f4", copy=False).tobytes()),
        ).lastrowid
        assert number is not None
        return number

    def _prove_whole(self, article_id: str) -> None:
        self._prove("passages", "article_id", article_id)
        self._prove("articles", "id", article_id)

    def _prove(self, table: str, column: str, article_id: str) -> None:
        self._run(f"UPDATE {table} SET proof = {PROOFS[table]} WHERE {column} = ?", (article_id,))

    def _keep_version(self, article_id: str, now: str) -> bool:
        """Copies an article that is whole to ``versions``; whether it was."""
        if not self._rows.is_whole(article_id):
            return False
        kept = f"INSERT OR REPLACE INTO versions SELECT {COLUMNS}, ?, NULL FROM articles WHERE id = ?"
        self._run(kept, (now, article_id))
        self._prove("versions", "article_id", article_id)
        return True

    def _take_out(self, article_id: str) -> None:
        """Takes away what was made of an article: its passages, its place in a group, the mark that it is gone."""
        self._run("INSERT INTO retired SELECT id FROM passages WHERE article_id = ?", (article_id,))
        self._run("DELETE FROM passages WHERE article_id = ?", (article_id,))
        self._run("DELETE FROM gone WHERE article_id = ?", (article_id,))
        self._stories.remove(article_id)
