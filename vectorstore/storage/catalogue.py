"""The truth of a library: articles, their versions, passages and vectors, in one SQLite file.

The only module that speaks SQL, but for ``stories``, which keeps the groups of copies in the same file. Chroma and
tantivy are made from what stands here and can be thrown away.

A write is acknowledged in two steps. ``stage`` commits articles, passages and vectors with the state ``pending``
(from here on nothing is lost); once both indexes have them, ``settle`` makes them ``ready``. Passages that an update or
a removal takes away are kept in ``retired`` until both indexes have forgotten them. Whoever opens the library for
writing finishes what is pending or retired.

Each row holds a proof of what it says (``sqlite.proof_of``), and each article a digest of its words. They are compared
before an article or a passage is handed out, so that nothing is quoted that was not stored.

What needs numpy is imported where it is used: a list of articles needs none.
"""

from __future__ import annotations

import hashlib
import json
import logging
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from vectorstore.errors import ArticleUnknown, LibraryBusy, LibraryDamaged, LibraryError, LibraryNewer
from vectorstore.messages import Message
from vectorstore.storage.sqlite import advice, connected, is_damage, proof_of
from vectorstore.storage.stories import PROVEN, Stories, day
from vectorstore.storage.stories import SCHEMA as STORIES_SCHEMA
from vectorstore.storage.watches import SCHEMA as WATCHES_SCHEMA
from vectorstore.storage.watches import Watches
from vectorstore.types import Article, OnProgress, Outlet, Passage, Progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vectorstore.storage.arrays import Table, Vectors
    from vectorstore.text.duplicates import Member

_log = logging.getLogger(__name__)

SCHEMA_VERSION = 5
"""2 since there are groups of copies, 3 since rows hold proofs, 4 since articles have pages, 5 since removed articles
and watched addresses are kept. An older catalogue is read as it is and gains what it lacks when it is opened for
writing."""

FILE_NAME = "catalogue.sqlite3"

_Row = tuple[Any, ...]

_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE articles (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    published TEXT,
    published_from TEXT NOT NULL,
    updated TEXT,
    added TEXT NOT NULL,
    source TEXT,
    url TEXT,
    authors TEXT NOT NULL,
    origin TEXT NOT NULL,
    digest TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'ready')),
    proof BLOB,
    pages TEXT
);
CREATE INDEX articles_by_digest ON articles (digest);
CREATE INDEX articles_by_published ON articles (published);
CREATE INDEX articles_pending ON articles (state) WHERE state = 'pending';
CREATE TABLE versions (
    article_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    published TEXT,
    published_from TEXT NOT NULL,
    updated TEXT,
    added TEXT NOT NULL,
    source TEXT,
    url TEXT,
    authors TEXT NOT NULL,
    origin TEXT NOT NULL,
    replaced TEXT NOT NULL,
    proof BLOB,
    PRIMARY KEY (article_id, version)
) WITHOUT ROWID;
CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    article_id TEXT NOT NULL REFERENCES articles (id),
    start INTEGER NOT NULL,
    stop INTEGER NOT NULL,
    vector BLOB NOT NULL,
    proof BLOB
);
CREATE INDEX passages_by_article ON passages (article_id);
CREATE TABLE retired (passage_id INTEGER PRIMARY KEY);
"""

_SCHEMA_5 = """
CREATE TABLE IF NOT EXISTS removed (article_id TEXT PRIMARY KEY, moment TEXT NOT NULL, pages TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS gone (article_id TEXT PRIMARY KEY, day TEXT NOT NULL) WITHOUT ROWID;
"""
"""``removed`` names articles that stand in ``versions`` only, ``gone`` those whose page is no longer online."""

_MAPPED = 256 << 20
"""Bytes of the file that are mapped, and count as memory of this process: all of 80,000 passages. Mapped, vectors are
read in two thirds of the time; of a library of 300,000 passages, all mapped, the process was 1.9 GB large."""

_GROUPED_AT_ONCE = 200
"""Articles of one transaction where groups are made for a whole library: under half a second."""

_COLUMNS = "id, version, title, text, published, published_from, updated, added, source, url, authors, origin"

_PROOFS = {
    table: proof_of(column if "(" in column else f"{table}.{column}" for column in columns)
    for table, columns in {
        # Without its text, which has a digest: so a list can be proven without reading the texts. With the number of
        # its passages, so that one which is lost shows.
        "articles": [
            *_COLUMNS.replace(" text,", "").split(", "),
            "digest",
            "(SELECT COUNT(*) FROM passages WHERE article_id = articles.id)",
        ],
        "versions": ["article_id", *_COLUMNS.split(", ")[1:], "replaced"],
        "passages": ["id", "article_id", "start", "stop", "vector"],
        "prints": list(PROVEN),
    }.items()
}
"""By table, the SQL for the proof that a row holds."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An article ready to be stored: its passages' spans, and one vector for each, shape (passages, dimension)."""

    article: Article
    spans: Sequence[tuple[int, int]]
    vectors: Vectors


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


class Catalogue:
    """One SQLite file. Safe to use from several threads; one process at a time may write.

    Raises ``LibraryDamaged`` when the file is not a catalogue, ``LibraryBusy`` when the disk refuses.
    """

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        self.path = folder / FILE_NAME
        self._lock = threading.RLock()
        self._table: tuple[int, Table] | None = None
        self._outlets: tuple[int, tuple[Outlet, ...]] | None = None
        self._counts: tuple[int, tuple[int, int, int]] | None = None
        self._state: tuple[int, str] | None = None
        self._changes = 0
        self._read_only = read_only
        with _translated(self.path):
            self._connection = connected(self.path, patience=10)
            self._stories = Stories(self._connection)
            self.watches = Watches(self._connection, self._all, self._transaction)
            try:
                self._prepare(read_only)
            except BaseException:
                self._connection.close()
                raise

    @classmethod
    def to_read(cls, folder: str | Path) -> Self:
        """The articles of the library in ``folder`` without all that searching takes, for whoever lists them.

        Raises ``LibraryError`` where there is none.
        """
        path = Path(folder).expanduser()
        demand_library(path)
        return cls(path, read_only=True)

    def _prepare(self, read_only: bool) -> None:
        run = self._connection.execute
        if read_only:
            run("PRAGMA query_only = ON")
        else:
            run("PRAGMA journal_mode = WAL")
        # FULL: an acknowledged article survives a power cut, not only a killed process.
        run("PRAGMA synchronous = FULL")
        run("PRAGMA foreign_keys = ON")
        run(f"PRAGMA mmap_size = {_MAPPED}")
        version = run("PRAGMA user_version").fetchone()[0]
        self._proven = self._stories.proven = version >= 3 or not read_only
        self._version = version if read_only else SCHEMA_VERSION
        if version > SCHEMA_VERSION:
            raise LibraryNewer(
                "{path} was made by a newer version of this program (it says {version}, this one reads up to "
                "{expected}). Update the program: pip install --upgrade article-assistant",
                path=self.path,
                version=version,
                expected=SCHEMA_VERSION,
            )
        if version < 0 or (read_only and not version):
            raise LibraryDamaged(
                "{path} is not a catalogue of this version (it says {version}, expected {expected}). Use the program "
                "that made it, or add the articles to a new library.",
                path=self.path,
                version=version,
                expected=SCHEMA_VERSION,
            )
        if version == 0:
            self._make(_SCHEMA + STORIES_SCHEMA + _SCHEMA_5 + WATCHES_SCHEMA)
        elif version < SCHEMA_VERSION and not read_only:
            old = [table for table in _PROOFS if version < 3 and (version == 2 or table != "prints")]
            self._make(
                (STORIES_SCHEMA if version == 1 else "")
                + "".join(f"ALTER TABLE {table} ADD COLUMN proof BLOB;\n" for table in old)
                + "".join(f"UPDATE {table} SET proof = {_PROOFS[table]};\n" for table in old)
                + ("ALTER TABLE articles ADD COLUMN pages TEXT;\n" if version < 4 else "")
                + _SCHEMA_5
                + WATCHES_SCHEMA
            )

    def _make(self, schema: str) -> None:
        with self._transaction():
            for statement in schema.split(";\n"):
                self._connection.execute(statement)
            self._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    # -- what the library is made with

    def meta(self, name: str) -> str | None:
        row = self._one("SELECT value FROM meta WHERE name = ?", (name,))
        return None if row is None else str(row[0])

    def set_meta(self, values: dict[str, str]) -> None:
        with self._transaction():
            self._connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())

    # -- articles

    def article(self, article_id: str, version: int | None = None) -> Article:
        """The article with this id, or an earlier version of it. Raises ``ArticleUnknown``, ``LibraryDamaged``."""
        row = self._one(f"SELECT {self._with_proof('articles')} FROM articles WHERE id = ?", (article_id,))
        if row is not None and version is not None and row[1] != version:
            columns = self._with_proof("versions").replace("id,", "article_id,", 1)
            row = self._one(
                f"SELECT {columns} FROM versions WHERE article_id = ? AND version = ?",
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
        return self._as_stored(row)

    def _with_proof(self, table: str) -> str:
        """``_COLUMNS``, whether the row's proof holds, the digest of its words, its pages, since when it is gone."""
        if table == "articles":
            pages = "pages" if self._version >= 4 else "NULL"
            gone = "(SELECT day FROM gone WHERE article_id = articles.id)" if self._version >= 5 else "NULL"
            return f"{_COLUMNS}, {self._proof_holds(table)}, digest, {pages}, {gone}"
        kept = "(SELECT pages FROM removed r WHERE r.article_id = versions.article_id)"
        pages = kept if self._version >= 5 else "NULL"
        return f"{_COLUMNS}, {self._proof_holds(table)}, NULL, {pages}, NULL"

    def _proof_holds(self, table: str) -> str:
        return f"{table}.proof IS {_PROOFS[table]}" if self._proven else "1"

    def _as_stored(self, row: _Row) -> Article:
        """The article in a row of ``_with_proof``. Raises ``LibraryDamaged`` when it is not what was stored."""
        *columns, holds, words, pages, gone = row
        article = replace(_article(tuple(columns)), pages=_offsets(pages), gone=day(gone))
        if not holds or words not in (None, digest(article)):
            raise self._damaged(article.id)
        return article

    def _damaged(self, article_id: str) -> LibraryDamaged:
        return LibraryDamaged(
            "The article {id} in {path} is damaged: it is not what was stored. Take it out with `assistant remove` and "
            "add it again, or restore {file} from a backup; `assistant check` lists what is damaged.",
            id=article_id[:100],
            path=self.path,
            file=FILE_NAME,
        )

    def articles(self, *, limit: int | None = None, offset: int = 0, with_text: bool = True) -> list[Article]:
        """Articles, newest publication first, undated last; ``with_text=False`` leaves their texts empty."""
        columns = self._with_proof("articles") if with_text else _COLUMNS.replace(" text,", " '' AS text,", 1)
        rows = self._all(
            f"SELECT {columns} FROM articles ORDER BY published IS NULL, published DESC, title, id LIMIT ? OFFSET ?",
            (-1 if limit is None else limit, offset),
        )
        return [self._as_stored(row) if with_text else _article(row) for row in rows]

    def digest_of(self, article_id: str) -> str | None:
        row = self._one("SELECT digest FROM articles WHERE id = ?", (article_id,))
        return None if row is None else str(row[0])

    def is_whole(self, article_id: str) -> bool:
        """Whether the article, its passages and their vectors are what was stored."""
        try:
            self.article(article_id)
        except (ArticleUnknown, LibraryDamaged):
            return False
        spoilt = f"SELECT 1 FROM passages WHERE article_id = ? AND NOT ({self._proof_holds('passages')})"
        return self._one(spoilt, (article_id,)) is None

    def same_content(self, digest: str) -> str | None:
        """The id of an article with exactly this content, if there is one."""
        row = self._one("SELECT id FROM articles WHERE digest = ? LIMIT 1", (digest,))
        return None if row is None else str(row[0])

    def counts(self) -> tuple[int, int, int]:
        """Numbers of articles, of passages and of undated articles; counted again only after a change."""
        generation = self.generation()
        if self._counts is None or self._counts[0] != generation:
            row = self._one(
                "SELECT (SELECT COUNT(*) FROM articles), (SELECT COUNT(*) FROM passages), "
                "(SELECT COUNT(*) FROM articles WHERE published IS NULL)",
            )
            assert row is not None
            self._counts = (generation, (int(row[0]), int(row[1]), int(row[2])))
        return self._counts[1]

    def state(self) -> str:
        """16 hex digits that stand for all articles and their words; read again only after a change."""
        generation = self.generation()
        if self._state is None or self._state[0] != generation:
            rows = self._all("SELECT id, digest FROM articles ORDER BY id")
            self._state = (generation, hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:16])
        return self._state[1]

    def outlets(self) -> tuple[Outlet, ...]:
        """The sources of the articles, the most frequent first; read again only after a change.

        Spellings that differ in capitals are one outlet, under the most frequent of them.
        """
        known = self._outlets
        if known is None or known[0] != self.generation():
            with self._snapshot():
                known = self._outlets = (self.generation(), self._read_outlets())
        return known[1]

    def _read_outlets(self) -> tuple[Outlet, ...]:
        # Scheme and host are cut out by SQLite: 100,000 addresses become a few hundred rows.
        rows = self._all(
            "SELECT source, substr(url, 1, instr(substr(url, 9) || '/', '/') + 7) AS site, COUNT(*) FROM articles "
            "WHERE source IS NOT NULL GROUP BY source, site"
        )
        spellings: dict[str, Counter[str]] = {}
        sites: dict[str, Counter[str]] = {}
        for source, site, count in rows:
            spellings.setdefault(source.casefold(), Counter())[source] += count
            if host := _host(site):
                sites.setdefault(source.casefold(), Counter())[host] += count
        made = [
            Outlet(_most(written)[0], written.total(), tuple(_most(sites.get(key, Counter()))))
            for key, written in spellings.items()
        ]
        return tuple(sorted(made, key=lambda outlet: (-outlet.articles, outlet.name)))

    def undated(self, sources: Sequence[str] | None = None) -> int:
        """How many articles without a known day a time limit leaves out, among ``sources`` if given."""
        number = self.counts()[2]
        if not number or sources is None:
            return number
        return self.table().undated(sources)

    # -- writing

    def stage(self, drafts: Sequence[Draft]) -> list[Entry]:
        """Commits ``drafts`` as ``pending`` in one transaction; an article that exists becomes its next version.

        After this returns the articles survive any crash.
        """
        entries: list[Entry] = []
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._transaction():
            for draft in drafts:
                entries.extend(self._stage_one(draft, now))
        return entries

    def _stage_one(self, draft: Draft, now: str) -> Iterator[Entry]:
        run = self._connection.execute
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
                _iso(article.published),
                article.published_from,
                _iso(article.updated),
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
        for (start, stop), vector in zip(draft.spans, draft.vectors, strict=True):
            cursor = run(
                "INSERT INTO passages (article_id, start, stop, vector) VALUES (?, ?, ?, ?)",
                (article.id, start, stop, vector.astype("<f4", copy=False).tobytes()),
            )
            assert cursor.lastrowid is not None
            passage = Passage(cursor.lastrowid, article.id, start, stop, article.text[start:stop])
            whole = article.text if start == draft.spans[0][0] else None
            yield Entry(passage, article.title, article.source, _ordinal(article.published), vector, whole)
        self._prove("passages", "article_id", article.id)
        self._prove("articles", "id", article.id)

    def _prove(self, table: str, column: str, article_id: str) -> None:
        self._connection.execute(f"UPDATE {table} SET proof = {_PROOFS[table]} WHERE {column} = ?", (article_id,))

    def remove(self, article_ids: Iterable[str]) -> int:
        """Takes articles out, with their passages; returns how many there were.

        Their words stay, for ``removed`` alone, until ``forget_removed``. What is damaged does not.
        """
        removed = 0
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._transaction():
            for article_id in article_ids:
                if self._keep_version(article_id, now):
                    kept = "INSERT OR REPLACE INTO removed SELECT id, ?, pages FROM articles WHERE id = ?"
                    self._connection.execute(kept, (now, article_id))
                else:
                    self._connection.execute("DELETE FROM versions WHERE article_id = ?", (article_id,))
                self._take_out(article_id)
                removed += self._connection.execute("DELETE FROM articles WHERE id = ?", (article_id,)).rowcount
        return removed

    def _keep_version(self, article_id: str, now: str) -> bool:
        """Copies an article that is whole to ``versions``; whether it was."""
        if not self.is_whole(article_id):
            return False
        kept = f"INSERT OR REPLACE INTO versions SELECT {_COLUMNS}, ?, NULL FROM articles WHERE id = ?"
        self._connection.execute(kept, (now, article_id))
        self._prove("versions", "article_id", article_id)
        return True

    def _take_out(self, article_id: str) -> None:
        """Takes away what was made of an article: its passages, its place in a group, the mark that it is gone."""
        self._connection.execute("INSERT INTO retired SELECT id FROM passages WHERE article_id = ?", (article_id,))
        self._connection.execute("DELETE FROM passages WHERE article_id = ?", (article_id,))
        self._connection.execute("DELETE FROM gone WHERE article_id = ?", (article_id,))
        self._stories.remove(article_id)

    def removed(self, since: datetime) -> list[Article]:
        """The articles that were removed ``since`` then, as they were, the last removed first."""
        columns = self._with_proof("versions").replace("id,", "article_id,", 1)
        rows = self._all(
            f"SELECT {columns} FROM removed JOIN versions USING (article_id) WHERE moment >= ? AND version = "
            "(SELECT MAX(version) FROM versions v WHERE v.article_id = removed.article_id) ORDER BY moment DESC, title",
            (since.isoformat(timespec="seconds"),),
        )
        return [self._as_stored(row) for row in rows]

    def forget_removed(self, before: datetime) -> int:
        """Deletes the words of articles that were removed ``before`` then; returns how many articles."""
        moment = before.isoformat(timespec="seconds")
        with self._transaction():
            self._connection.execute(
                "DELETE FROM versions WHERE article_id IN (SELECT article_id FROM removed WHERE moment < ?)", (moment,)
            )
            return self._connection.execute("DELETE FROM removed WHERE moment < ?", (moment,)).rowcount

    def compact(self) -> None:
        """Writes the file anew, without a byte of what was deleted, and empties its log of changes.

        Raises ``LibraryBusy`` while another process reads: the log, and what was deleted in it, then stays.
        """
        self._all("VACUUM")
        if self._all("PRAGMA wal_checkpoint(TRUNCATE)")[0][0]:
            raise LibraryBusy(
                "Another process still reads {path}, and so the log beside it keeps what was deleted. Close that "
                "process, then run `assistant purge` again.",
                path=self.path,
            )

    def mark_gone(self, article_id: str, found: date | None) -> None:
        """Notes the day on which an article's page was found to be gone; ``None``: it is there again."""
        with self._transaction():
            if found is None:
                self._connection.execute("DELETE FROM gone WHERE article_id = ?", (article_id,))
            else:
                self._connection.execute(
                    "INSERT OR IGNORE INTO gone SELECT id, ? FROM articles WHERE id = ?", (_iso(found), article_id)
                )

    def pending(self) -> list[str]:
        """Ids of articles that the indexes may not have yet."""
        return [str(row[0]) for row in self._all("SELECT id FROM articles WHERE state = 'pending'")]

    def retired(self) -> list[int]:
        """Ids of passages that the indexes may still have and must forget."""
        return [int(row[0]) for row in self._all("SELECT passage_id FROM retired")]

    def settle(self) -> None:
        """Both indexes hold what is pending and have forgotten what is retired."""
        with self._transaction():
            self._connection.execute("UPDATE articles SET state = 'ready' WHERE state = 'pending'")
            self._connection.execute("DELETE FROM retired")

    # -- copies

    def copies(self, article_ids: Sequence[str]) -> dict[str, tuple[Article, ...]]:
        """The other articles that carry the same story, for those of ``article_ids`` that have any.

        Earliest published first, undated last; their texts are left empty.
        """
        found: dict[str, tuple[Article, ...]] = {}
        columns = _COLUMNS.replace(" text,", " '' AS text,", 1)
        with self._snapshot():
            for article_id, members in self._groups(article_ids):
                ids = json.dumps([member.article_id for member in members if member.article_id != article_id])
                rows = self._all(
                    f"SELECT {columns} FROM articles WHERE id IN (SELECT value FROM json_each(?)) "
                    "ORDER BY published IS NULL, published, added, id",
                    (ids,),
                )
                found[article_id] = tuple(_article(row) for row in rows)
        return found

    def representatives(self, article_ids: Sequence[str]) -> dict[str, str]:
        """For those of ``article_ids`` that have copies, the id that stands for their story: see ``representative``."""
        from vectorstore.text.duplicates import representative

        with self._snapshot():
            return {article_id: representative(members) for article_id, members in self._groups(article_ids)}

    def _groups(self, article_ids: Sequence[str]) -> Iterator[tuple[str, list[Member]]]:
        if self._has_stories():
            for article_id, members in self._stories.members(article_ids).items():
                if len(members) > 1:
                    yield article_id, members

    def regroup(self, on_progress: OnProgress | None = None, *, damaged: bool = False) -> None:
        """Groups the articles of a catalogue that had no groups, whose groups another rule formed or are ``damaged``.

        Does nothing otherwise. What is cut off goes on at the next call.
        """
        from vectorstore.text.duplicates import RULE_VERSION

        rule = str(RULE_VERSION)
        if self.meta("copies") == rule and not damaged:
            return
        if damaged or self.meta("copies begun") != rule:
            with self._transaction():
                self._stories.clear()
                self._connection.execute("INSERT OR REPLACE INTO meta VALUES ('copies begun', ?)", (rule,))
        with self._snapshot():
            waiting = self._stories.without()
        for first in range(0, len(waiting), _GROUPED_AT_ONCE):
            with self._transaction():
                for article_id in waiting[first : first + _GROUPED_AT_ONCE]:
                    text, published = self._connection.execute(
                        "SELECT text, published FROM articles WHERE id = ?", (article_id,)
                    ).fetchone()
                    self._stories.add(article_id, text, day(published))
            if on_progress is not None:
                on_progress(Progress("comparing", min(first + _GROUPED_AT_ONCE, len(waiting)), len(waiting)))
        self.set_meta({"copies": rule})

    def _has_stories(self) -> bool:
        """Not so for a reader of a catalogue of version 1."""
        if not self._read_only:
            return True
        row = self._one("PRAGMA user_version")
        return row is not None and row[0] >= 2

    # -- passages

    def entries(self, *, only_pending: bool = False, batch: int = 2000) -> Iterator[list[Entry]]:
        """All passages (or those of pending articles) in batches, in the order of their ids.

        Without those that are not what was stored: they are told in the log and by ``damaged``.
        """
        from vectorstore.storage.arrays import vector_of

        last = -1
        begun = None  # the article whose first passage was met last; an article's passages have consecutive ids
        condition = "AND a.state = 'pending'" if only_pending else ""
        while True:
            with self._snapshot():
                rows = self._all(
                    "SELECT passages.id, article_id, start, stop, vector, a.title, a.source, a.published, "
                    f"{self._proof_holds('passages')} FROM passages JOIN articles a ON a.id = article_id "
                    f"WHERE passages.id > ? {condition} ORDER BY passages.id LIMIT ?",
                    (last, batch),
                )
                texts = self._texts({row[1] for row in rows})
            if not rows:
                return
            last = rows[-1][0]
            entries = []
            for number, article_id, start, stop, vector, title, source, published, holds in rows:
                if not holds:
                    _log.warning("%s", self._damaged(article_id))
                    continue
                text = texts[article_id]
                passage = Passage(number, article_id, start, stop, text[start:stop])
                whole = None if article_id == begun else text
                begun = article_id
                published_on = _ordinal(day(published))
                entries.append(Entry(passage, title, source, published_on, vector_of(vector), whole))
            if entries:
                yield entries

    def passages(self, passage_ids: Sequence[int], *, proven: bool = True) -> dict[int, tuple[Passage, Article]]:
        """The passages that exist among ``passage_ids``, each with its article.

        Raises ``LibraryDamaged`` when one is not what was stored; with ``proven=False``, for what is compared and not
        quoted, it is as it stands.
        """
        found: dict[int, tuple[Passage, Article]] = {}
        columns = f"id, article_id, start, stop, {self._proof_holds('passages')}"
        with self._snapshot():
            rows = self._among(f"SELECT {columns} FROM passages", passage_ids)
            articles = {
                row[0]: self._as_stored(row) if proven else _article(row[:-4])
                for row in self._all(
                    f"SELECT {self._with_proof('articles')} FROM articles WHERE id IN (SELECT value FROM json_each(?))",
                    (json.dumps(list({row[1] for row in rows})),),
                )
            }
        for passage_id, article_id, start, stop, holds in rows:
            article = articles.get(article_id)
            if proven and (article is None or not holds):
                raise self._damaged(article_id)
            article = article or Article(article_id, "", "")
            found[passage_id] = (Passage(passage_id, article_id, start, stop, article.text[start:stop]), article)
        return found

    def passages_of(self, article_id: str) -> list[Passage]:
        """The passages of one article, in order. Raises ``ArticleUnknown``, ``LibraryDamaged``."""
        columns = f"id, start, stop, {self._proof_holds('passages')}"
        with self._snapshot():
            text = self.article(article_id).text
            rows = self._all(f"SELECT {columns} FROM passages WHERE article_id = ? ORDER BY start", (article_id,))
        if not all(row[3] for row in rows):
            raise self._damaged(article_id)
        return [Passage(row[0], article_id, row[1], row[2], text[row[1] : row[2]]) for row in rows]

    def vectors(self, passage_ids: Sequence[int] | None = None) -> tuple[NDArray[np.int64], Vectors]:
        """Ids and vectors, shape (n, dimension), of all passages or of those among ``passage_ids``, sorted by id.

        Without vectors that are none any more; a proof of each would take as long again as reading it.
        """
        from vectorstore.storage.arrays import sound_vectors

        if passage_ids is None:
            rows = self._all("SELECT id, vector FROM passages ORDER BY id")
        else:
            rows = self._among("SELECT id, vector FROM passages", passage_ids)
        ids, vectors = sound_vectors(rows, self._dimension(len(rows[0][1]) // 4) if rows else 1)
        if len(ids) < len(rows):
            _log.warning("Vectors in %s are damaged and left out; `assistant check` names their articles.", self.path)
        return ids, vectors

    def _dimension(self, otherwise: int) -> int:
        known = self.meta("dimension") or ""
        return int(known) if known.isdecimal() else otherwise

    def generation(self) -> int:
        """A number that changes whenever this or another process has committed a change.

        While this one may write, no other does.
        """
        if not self._read_only:
            return self._changes
        row = self._one("PRAGMA data_version")
        assert row is not None
        return int(row[0]) * 1_000_003 + self._changes

    def table(self) -> Table:
        """The passages as arrays; after a change what came is read, and what went is dropped."""
        known = self._table
        if known is None or known[0] != self.generation():
            with self._snapshot():
                known, generation = self._table, self.generation()
                if known is None or known[0] != generation:  # nobody was quicker
                    known = self._table = (generation, self._read_table(None if known is None else known[1]))
        return known[1]

    def _read_table(self, known: Table | None) -> Table:
        """The table as it is now, ``known`` being what it once was.

        The passages of an article come and go together, with consecutive ids above all that ever were; none changes.
        Of 300,000 passages the first reading takes 0.3 s, one after an addition 0.03 s, after a removal 0.15.
        """
        from vectorstore.storage.arrays import Table

        known = known or Table.empty()
        last = int(known.ids[-1]) if len(known.ids) else -1
        # SQLite counts by the index on article_id: the rows themselves hold the vectors, 20 times as much to read.
        rows = self._all(
            "SELECT article_id, first, number, published, source FROM articles JOIN "
            "(SELECT article_id, MIN(id) AS first, COUNT(*) AS number FROM passages WHERE id > ? GROUP BY article_id) "
            "ON article_id = articles.id ORDER BY first",
            (last,),
        )
        come = [(*row[:3], day(row[3]), row[4]) for row in rows]
        ((total,),) = self._all("SELECT COUNT(*) FROM passages")
        none_gone = total == len(known.ids) + sum(row[2] for row in rows)
        return known.changed(
            come, None if none_gone else self.passage_ids(), self._stories.shared() if self._has_stories() else ()
        )

    def replace_passages(self, article_id: str, spans: Sequence[tuple[int, int]], vectors: Vectors) -> None:
        """Gives an article other passages, as another splitter or model makes them; the article itself stays."""
        with self._transaction():
            self._connection.execute("DELETE FROM passages WHERE article_id = ?", (article_id,))
            self._connection.executemany(
                "INSERT INTO passages (article_id, start, stop, vector) VALUES (?, ?, ?, ?)",
                [
                    (article_id, start, stop, vector.astype("<f4", copy=False).tobytes())
                    for (start, stop), vector in zip(spans, vectors, strict=True)
                ],
            )
            self._prove("passages", "article_id", article_id)
            self._prove("articles", "id", article_id)

    def copy_to(self, folder: Path) -> None:
        """Writes a compact copy of the catalogue into ``folder``."""
        self._all("VACUUM INTO ?", (str(folder / FILE_NAME),))

    def take_over(self, other: Catalogue) -> None:
        """Becomes what ``other`` is, in one transaction: readers beside it see the old state or the new one."""
        with self._lock, _translated(self.path):
            other._connection.backup(self._connection)
            self._changes += 1
            self._table = None

    def passage_ids(self) -> set[int]:
        """The ids of all passages."""
        return {int(row[0]) for row in self._all("SELECT id FROM passages")}

    def integrity(self) -> list[str]:
        """What SQLite itself finds wrong with the file; empty when nothing is."""
        found = [str(row[0]) for row in self._all("PRAGMA integrity_check(5)")]
        if found != ["ok"]:
            return found
        lost = {(row[0], row[2]) for row in self._all("PRAGMA foreign_key_check")}
        return [f"rows of {table} belong to rows of {other} that are missing" for table, other in sorted(lost)]

    def damaged(self) -> list[str]:
        """The ids of articles that, with their versions, passages and vectors, are not what was stored."""
        found: dict[str, None] = {}
        with self._snapshot():
            for (article_id,) in self._connection.execute("SELECT id FROM articles ORDER BY id").fetchall():
                try:
                    self.article(article_id)
                except (ArticleUnknown, LibraryDamaged):
                    found[article_id] = None
            for table in ("passages", "versions"):
                spoilt = (
                    f"SELECT DISTINCT article_id FROM {table} WHERE NOT ({self._proof_holds(table)}) "
                    "AND article_id IN (SELECT id FROM articles)"
                )
                found.update((row[0], None) for row in self._all(spoilt))
        return list(found)

    def groups_damaged(self) -> bool:
        """Whether the groups of copies are not what was stored."""
        with self._snapshot():
            return self._has_stories() and self._stories.damaged()

    # -- plumbing

    def _texts(self, article_ids: set[str]) -> dict[str, str]:
        return {article_id: self._text(article_id) for article_id in article_ids}

    def _text(self, article_id: str) -> str:
        row = self._one("SELECT text FROM articles WHERE id = ?", (article_id,))
        return "" if row is None else str(row[0])

    def _one(self, query: str, values: Sequence[object] = ()) -> _Row | None:
        with self._lock, _translated(self.path):
            row: _Row | None = self._connection.execute(query, values).fetchone()
            return row

    def _all(self, query: str, values: Sequence[object] = ()) -> list[_Row]:
        with self._lock, _translated(self.path):
            return self._connection.execute(query, values).fetchall()

    def _among(self, query: str, passage_ids: Sequence[int]) -> list[_Row]:
        """The rows of ``query`` whose passage is among ``passage_ids``, in the order of their ids."""
        rows = []
        wanted = sorted(int(passage_id) for passage_id in passage_ids)
        for first in range(0, len(wanted), 10_000):  # SQLite allows 32,766 parameters
            chunk = wanted[first : first + 10_000]
            rows += self._all(f"{query} WHERE id IN ({', '.join('?' * len(chunk))}) ORDER BY id", chunk)
        return rows

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock, _translated(self.path):
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # SQLite rolls back by itself when the disk is full
                    self._connection.execute("ROLLBACK")
                raise
            self._changes += 1

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """Reads that belong together see one state, whatever a writer in another process commits meanwhile."""
        with self._lock, _translated(self.path):
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                if self._connection.in_transaction:  # an error of the disk ends it
                    self._connection.execute("COMMIT")


def demand_library(folder: Path) -> None:
    """Raises ``LibraryError`` where no library is to be read."""
    if not (folder / FILE_NAME).is_file():
        raise LibraryError(
            Message("There is no library in {folder} yet. `assistant add FILES` makes one.", folder=folder)
        )


def digest(article: Article) -> str:
    """A hash of everything that makes an article what it is, but not of where or when it was read."""
    parts = [article.title, article.text, _iso(article.published), _iso(article.updated), article.source, article.url]
    return hashlib.sha256(json.dumps([*parts, *article.authors, *article.pages]).encode()).hexdigest()


def _article(row: _Row) -> Article:
    article_id, version, title, text, published, published_from, updated, added, source, url, authors, origin = row
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
    )


def _host(site: str | None) -> str | None:
    try:
        host = urlsplit(site or "").hostname
    except ValueError:
        return None
    return host.removeprefix("www.") if host else None


def _most(counts: Counter[str]) -> list[str]:
    """The most frequent first, equals by name."""
    return sorted(counts, key=lambda name: (-counts[name], name))


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


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


def _ordinal(day: date | None) -> int | None:
    return None if day is None else day.toordinal()


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.ProgrammingError as error:
        raise LibraryError(
            "The library {folder} cannot be asked ({error}). Open it again.", folder=path.parent, error=error
        ) from error
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        if not is_damage(error):
            what = Message("The catalogue {path} could not be used ({error}).", path=path, error=error)
            raise LibraryBusy(Message.joined(what, advice(path), Message("Nothing acknowledged is lost."))) from error
        raise LibraryDamaged(
            "The catalogue {path} cannot be read ({error}). Restore it from a backup, or add the articles to a new "
            "library with `assistant add … --library NEW`.",
            path=path,
            error=error,
        ) from error
