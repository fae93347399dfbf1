"""The passages of the catalogue: their words, their vectors, and all of them as a table of arrays.

What needs numpy is imported where it is used: a list of articles needs none.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vectorstore.storage.articles.copies import Copies
from vectorstore.storage.articles.outlet_names import OutletNames, called
from vectorstore.storage.articles.rows import Rows, article_of
from vectorstore.storage.database import Database, Remembered, Row
from vectorstore.storage.sqlite import day
from vectorstore.types import Article, Passage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vectorstore.storage.arrays import Table, Vectors

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """A passage as the indexes need it."""

    passage: Passage
    title: str
    source: str | None
    day: int | None
    """Day of publication as ``date.toordinal()``; ``None`` while it is not known."""
    vector: Vectors
    whole: str | None = None
    """The article's whole text, on the first of its passages only."""


class Passages:
    """Reads passages; ``Writes`` stores them."""

    def __init__(self, database: Database, rows: Rows, copies: Copies, outlet_names: OutletNames) -> None:
        self._database = database
        self._rows = rows
        self._copies = copies
        self._outlet_names = outlet_names
        self._latest: Table | None = None
        self.table = Remembered(database, self._read_table)
        """The passages as arrays; after a change what came is read, and what went is dropped."""

    def ids(self) -> set[int]:
        """The ids of all passages."""
        return {int(row[0]) for row in self._database.all("SELECT id FROM passages")}

    def of(self, article_id: str) -> list[Passage]:
        """The passages of one article, in order. Raises ``ArticleUnknown``, ``LibraryDamaged``."""
        columns = f"id, start, stop, {self._rows.holds('passages')}"
        with self._database.snapshot():
            text = self._rows.article(article_id).text
            rows = self._database.all(
                f"SELECT {columns} FROM passages WHERE article_id = ? ORDER BY start", (article_id,)
            )
        if not all(row[3] for row in rows):
            raise self._rows.damage(article_id)
        return [Passage(row[0], article_id, row[1], row[2], text[row[1] : row[2]]) for row in rows]

    def with_articles(self, passage_ids: Sequence[int], *, proven: bool = True) -> dict[int, tuple[Passage, Article]]:
        """The passages that exist among ``passage_ids``, each with its article.

        Raises ``LibraryDamaged`` when one is not what was stored; with ``proven=False``, for what is compared and not
        quoted, it is as it stands.
        """
        found: dict[int, tuple[Passage, Article]] = {}
        columns = f"id, article_id, start, stop, {self._rows.holds('passages')}"
        with self._database.snapshot():
            names = self._outlet_names.names()
            rows = self._among(f"SELECT {columns} FROM passages", passage_ids)
            articles = {
                row[0]: called(self._rows.proven(row) if proven else article_of(row), names)
                for row in self._database.all(
                    f"SELECT {self._rows.columns('articles')} FROM articles "
                    "WHERE id IN (SELECT value FROM json_each(?))",
                    (json.dumps(list({row[1] for row in rows})),),
                )
            }
        for passage_id, article_id, start, stop, holds in rows:
            article = articles.get(article_id)
            if proven and (article is None or not holds):
                raise self._rows.damage(article_id)
            article = article or Article(article_id, "", "")
            found[passage_id] = (Passage(passage_id, article_id, start, stop, article.text[start:stop]), article)
        return found

    def entries(self, *, only_pending: bool = False, batch: int = 2000) -> Iterator[list[Entry]]:
        """All passages (or those of pending articles) in batches, in the order of their ids.

        Without those that are not what was stored: they are named in the log and by ``Catalogue.damaged``.
        """
        from vectorstore.storage.arrays import vector_of

        last = -1
        begun = None  # the article whose first passage was met last; an article's passages have consecutive ids
        condition = "AND a.state = 'pending'" if only_pending else ""
        while True:
            with self._database.snapshot():
                rows = self._database.all(
                    "SELECT passages.id, article_id, start, stop, vector, a.title, a.source, a.published, "
                    f"{self._rows.holds('passages')} FROM passages JOIN articles a ON a.id = article_id "
                    f"WHERE passages.id > ? {condition} ORDER BY passages.id LIMIT ?",
                    (last, batch),
                )
                texts = {article_id: self._text(article_id) for article_id in {row[1] for row in rows}}
            if not rows:
                return
            last = rows[-1][0]
            entries = []
            for number, article_id, start, stop, vector, title, source, published, holds in rows:
                if not holds:
                    _log.warning("%s", self._rows.damage(article_id))
                    continue
                text = texts[article_id]
                passage = Passage(number, article_id, start, stop, text[start:stop])
                whole = None if article_id == begun else text
                begun = article_id
                published_on = day(published)
                ordinal = published_on.toordinal() if published_on else None
                entries.append(Entry(passage, title, source, ordinal, vector_of(vector), whole))
            if entries:
                yield entries

    def vectors(self, passage_ids: Sequence[int] | None = None) -> tuple[NDArray[np.int64], Vectors]:
        """Ids and vectors, shape (n, dimension), of all passages or of those among ``passage_ids``, sorted by id.

        Without vectors that are none any more; a proof of each would take as long again as reading it.
        """
        from vectorstore.storage.arrays import sound_vectors

        if passage_ids is None:
            rows = self._database.all("SELECT id, vector FROM passages ORDER BY id")
        else:
            rows = self._among("SELECT id, vector FROM passages", passage_ids)
        ids, vectors = sound_vectors(rows, self._dimension(len(rows[0][1]) // 4) if rows else 1)
        if len(ids) < len(rows):
            _log.warning(
                "Vectors in %s are damaged and left out; `assistant check` names their articles.", self._database.path
            )
        return ids, vectors

    def _dimension(self, otherwise: int) -> int:
        known = self._database.meta("dimension") or ""
        return int(known) if known.isdecimal() else otherwise

    def _read_table(self) -> Table:
        """The table as it is now, made from the one that was read last.

        The passages of an article come and go together, with consecutive ids above all that ever were; none changes.
        Of 300,000 passages the first reading takes 0.3 s, one after an addition 0.03 s, after a removal 0.15.
        """
        from vectorstore.storage.arrays import Table

        known = self._latest or Table.empty()
        last = int(known.ids[-1]) if len(known.ids) else -1
        # SQLite counts by the index on article_id: the rows themselves hold the vectors, 20 times as much to read.
        rows = self._database.all(
            "SELECT article_id, first, number, published, source FROM articles JOIN "
            "(SELECT article_id, MIN(id) AS first, COUNT(*) AS number FROM passages WHERE id > ? GROUP BY article_id) "
            "ON article_id = articles.id ORDER BY first",
            (last,),
        )
        come = [(*row[:3], day(row[3]), row[4]) for row in rows]
        ((total,),) = self._database.all("SELECT COUNT(*) FROM passages")
        none_gone = total == len(known.ids) + sum(row[2] for row in rows)
        self._latest = known.changed(come, None if none_gone else self.ids(), self._copies.shared())
        return self._latest

    def _text(self, article_id: str) -> str:
        row = self._database.one("SELECT text FROM articles WHERE id = ?", (article_id,))
        return "" if row is None else str(row[0])

    def _among(self, query: str, passage_ids: Sequence[int]) -> list[Row]:
        """The rows of ``query`` whose passage is among ``passage_ids``, in the order of their ids."""
        rows = []
        wanted = sorted(int(passage_id) for passage_id in passage_ids)
        for first in range(0, len(wanted), 10_000):  # SQLite allows 32,766 parameters
            chunk = wanted[first : first + 10_000]
            rows += self._database.all(f"{query} WHERE id IN ({', '.join('?' * len(chunk))}) ORDER BY id", chunk)
        return rows
