"""Articles that were removed: their words stand in ``versions`` until they are forgotten, and can come back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from vectorstore.storage.articles.rows import Rows
from vectorstore.storage.database import Database
from vectorstore.storage.tags import Tags
from vectorstore.types import Article


class Removed:
    """Reads what ``Writes.remove`` left, and deletes it for good."""

    def __init__(self, database: Database, rows: Rows, tags: Tags) -> None:
        self._database = database
        self._rows = rows
        self._tags = tags

    def since(self, moment: datetime, article_ids: Iterable[str] | None = None) -> list[Article]:
        """The articles (among ``article_ids``) that were removed from ``moment`` on, the last removed first."""
        rows = self._database.all(
            f"SELECT {self._rows.columns('versions')} FROM removed JOIN versions USING (article_id) "
            "WHERE moment >= ? AND version = "
            "(SELECT MAX(version) FROM versions v WHERE v.article_id = removed.article_id) ORDER BY moment DESC, title",
            (_stored(moment),),
        )
        wanted = None if article_ids is None else set(article_ids)
        return [self._rows.proven(row) for row in rows if wanted is None or row[0] in wanted]

    def forget(self, before: datetime) -> int:
        """Deletes the words and tags of articles that were removed before this moment; returns how many articles."""
        moment = (_stored(before),)
        with self._database.transaction():
            self._database.run(
                "DELETE FROM versions WHERE article_id IN (SELECT article_id FROM removed WHERE moment < ?)", moment
            )
            forgotten = self._database.run("DELETE FROM removed WHERE moment < ?", moment).rowcount
            self._tags.forget()
            return forgotten


def _stored(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
