"""Articles that carry the same story, as the library asks for them, and how a catalogue without groups gains them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from vectorstore.storage.articles.outlet_names import OutletNames, called
from vectorstore.storage.articles.rows import COLUMNS_OF_LIST, article_of
from vectorstore.storage.database import Database
from vectorstore.storage.sqlite import day
from vectorstore.storage.stories import Stories
from vectorstore.types import Article, OnProgress, Progress

if TYPE_CHECKING:
    from vectorstore.text.duplicates import Member

_GROUPED_AT_ONCE = 200
"""Articles of one transaction where groups are made for a whole library: under half a second."""


class Copies:
    """Reads the groups that ``stories`` keeps, and makes them anew where that is needed."""

    def __init__(self, database: Database, stories: Stories, outlet_names: OutletNames) -> None:
        self._database = database
        self._stories = stories
        self._outlet_names = outlet_names

    def of(self, article_ids: Sequence[str]) -> dict[str, tuple[Article, ...]]:
        """The other articles that carry the same story, for those of ``article_ids`` that have any.

        Earliest published first, undated last; their texts are left empty.
        """
        found: dict[str, tuple[Article, ...]] = {}
        with self._database.snapshot():
            names = self._outlet_names.names()
            for article_id, members in self._groups(article_ids):
                ids = json.dumps([member.article_id for member in members if member.article_id != article_id])
                rows = self._database.all(
                    f"SELECT {COLUMNS_OF_LIST} FROM articles WHERE id IN (SELECT value FROM json_each(?)) "
                    "ORDER BY published IS NULL, published, added, id",
                    (ids,),
                )
                found[article_id] = tuple(called(article_of(row), names) for row in rows)
        return found

    def representatives(self, article_ids: Sequence[str]) -> dict[str, str]:
        """For those of ``article_ids`` that have copies, the id that stands for their story: see ``representative``."""
        from vectorstore.text.duplicates import representative

        with self._database.snapshot():
            return {article_id: representative(members) for article_id, members in self._groups(article_ids)}

    def shared(self) -> list[tuple[str, int]]:
        """The articles that have copies, each with the number of its story. Call it in a ``snapshot``."""
        return self._stories.shared() if self._is_kept() else []

    def damaged(self) -> bool:
        """Whether the groups are not what was stored."""
        with self._database.snapshot():
            return self._is_kept() and self._stories.damaged()

    def regroup(self, on_progress: OnProgress | None = None, *, damaged: bool = False) -> None:
        """Groups the articles of a catalogue that had no groups, whose groups another rule formed or are ``damaged``.

        Does nothing otherwise. What is cut off goes on at the next call.
        """
        from vectorstore.text.duplicates import RULE_VERSION

        database, rule = self._database, str(RULE_VERSION)
        if database.meta("copies") == rule and not damaged:
            return
        if damaged or database.meta("copies begun") != rule:
            with database.transaction():
                self._stories.clear()
                database.run("INSERT OR REPLACE INTO meta VALUES ('copies begun', ?)", (rule,))
        with database.snapshot():
            waiting = self._stories.without()
        for first in range(0, len(waiting), _GROUPED_AT_ONCE):
            with database.transaction():
                for article_id in waiting[first : first + _GROUPED_AT_ONCE]:
                    text, published = database.run(
                        "SELECT text, published FROM articles WHERE id = ?", (article_id,)
                    ).fetchone()
                    self._stories.add(article_id, text, day(published))
            if on_progress is not None:
                on_progress(Progress("comparing", min(first + _GROUPED_AT_ONCE, len(waiting)), len(waiting)))
        database.set_meta({"copies": rule})

    def _groups(self, article_ids: Sequence[str]) -> Iterator[tuple[str, list[Member]]]:
        if self._is_kept():
            for article_id, members in self._stories.members(article_ids).items():
                if len(members) > 1:
                    yield article_id, members

    def _is_kept(self) -> bool:
        """Whether there are groups: not so for a reader of a catalogue of version 1."""
        if not self._database.read_only:
            return True
        row = self._database.one("PRAGMA user_version")
        return row is not None and row[0] >= 2
