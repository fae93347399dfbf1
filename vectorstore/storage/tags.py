"""The tags of articles, in a table beside the catalogue's own.

The tags of an article that was removed stay as long as its words do, so that it comes back with them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable

from vectorstore.errors import SearchInvalid
from vectorstore.messages import Message
from vectorstore.sources.cleaning.text import tag_of
from vectorstore.storage.database import Database

COLUMNS = "article_id TEXT NOT NULL, key TEXT NOT NULL, tag TEXT NOT NULL"
SCHEMA = f"""
CREATE TABLE IF NOT EXISTS tags ({COLUMNS}, PRIMARY KEY (article_id, key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tags_by_key ON tags (key);
"""
"""``key`` is the tag without regard to capitals: "Budget" and "budget" are one tag, as it was written first."""

_CARRIED = "FROM tags JOIN articles ON articles.id = tags.article_id"


class Tags:
    """Reads and changes the table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def counts(self) -> dict[str, int]:
        """How many articles carry each tag, the most frequent first."""
        counted = f"SELECT MIN(tag), COUNT(*) {_CARRIED} GROUP BY key ORDER BY COUNT(*) DESC, key"
        return {tag: int(count) for tag, count in self._database.all(counted)}

    def of_articles(self) -> dict[str, tuple[str, ...]]:
        """The tags of each article that has any, in their order."""
        rows = self._database.all(f"SELECT article_id, json_group_array(tag) {_CARRIED} GROUP BY article_id")
        return {article_id: tuple(sorted(json.loads(tags), key=str.casefold)) for article_id, tags in rows}

    def carrying(self, tags: Iterable[str]) -> set[str]:
        """The ids of the articles that carry one of ``tags``."""
        keys = json.dumps([tag.casefold() for tag in tags])
        rows = self._database.all(
            f"SELECT article_id {_CARRIED} WHERE key IN (SELECT value FROM json_each(?))", (keys,)
        )
        return {article_id for (article_id,) in rows}

    def add(self, article_ids: Iterable[str], text: str) -> int:
        """Tags the articles that there are; returns how many did not carry the tag. Raises ``SearchInvalid``."""
        tag = tag_of(text)
        with self._database.transaction():
            return sum(self.put(article_id, tag) for article_id in article_ids)

    def put(self, article_id: str, tag: str) -> int:
        """``add`` for one article, inside a transaction."""
        key = tag.casefold()
        written = "IFNULL((SELECT tag FROM tags WHERE key = ? LIMIT 1), ?)"
        put = f"INSERT OR IGNORE INTO tags SELECT id, ?, {written} FROM articles WHERE id = ?"
        return self._database.run(put, (key, key, tag, article_id)).rowcount

    def remove(self, article_ids: Iterable[str], text: str) -> int:
        """Takes a tag away from the articles; returns how many carried it."""
        key = " ".join(text.split()).casefold()
        with self._database.transaction():
            away = "DELETE FROM tags WHERE article_id = ? AND key = ?"
            return sum(self._database.run(away, (article_id, key)).rowcount for article_id in article_ids)

    def demand(self, wanted: Collection[str]) -> None:
        """Raises ``SearchInvalid`` where one of ``wanted`` is carried by no article."""
        if isinstance(wanted, str):
            raise SearchInvalid("tags: give a list of tags, such as [{tag}].", tag=repr(wanted))
        known = self.counts()
        keys = {tag.casefold() for tag in known}
        for tag in wanted:
            if tag.casefold() not in keys:
                raise SearchInvalid(
                    "tags: no article here carries “{tag}”. Tags in this library: {some}.",
                    tag=tag,
                    some=", ".join(list(known)[:12]) or Message("none yet"),
                )

    def forget(self) -> None:
        """Deletes the tags of articles that are neither there nor can be brought back; inside a transaction."""
        self._database.run(
            "DELETE FROM tags WHERE article_id NOT IN (SELECT id FROM articles) "
            "AND article_id NOT IN (SELECT article_id FROM removed)"
        )
