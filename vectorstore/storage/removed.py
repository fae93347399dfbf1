"""Articles that were removed: their words stand in ``versions`` until they are forgotten, and can come back."""

from __future__ import annotations

from datetime import datetime

from vectorstore.storage.database import Database
from vectorstore.storage.rows import Rows
from vectorstore.types import Article


class Removed:
    """Reads what ``Writes.remove`` left, and deletes it for good."""

    def __init__(self, database: Database, rows: Rows) -> None:
        self._database = database
        self._rows = rows

    def since(self, moment: datetime) -> list[Article]:
        """The articles that were removed from ``moment`` on, as they were, the last removed first."""
        rows = self._database.all(
            f"SELECT {self._rows.columns('versions')} FROM removed JOIN versions USING (article_id) "
            "WHERE moment >= ? AND version = "
            "(SELECT MAX(version) FROM versions v WHERE v.article_id = removed.article_id) ORDER BY moment DESC, title",
            (_stored(moment),),
        )
        return [self._rows.proven(row) for row in rows]

    def forget(self, before: datetime) -> int:
        """Deletes the words of articles that were removed before this moment; returns how many articles."""
        moment = (_stored(before),)
        with self._database.transaction():
            self._database.run(
                "DELETE FROM versions WHERE article_id IN (SELECT article_id FROM removed WHERE moment < ?)", moment
            )
            return self._database.run("DELETE FROM removed WHERE moment < ?", moment).rowcount


def _stored(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
