"""The groups of articles that carry the same story, in tables beside the catalogue's own.

An edge joins two articles that ``duplicates.same_story`` compared and found to be copies; articles with the same
wording are joined without one. A story is what is connected, and its number the least of its members'. Every method
runs inside a transaction of the catalogue, so that groups and articles are always of one state. What compares texts is
imported where they are compared: it needs numpy, and a list of articles does not.
"""

from __future__ import annotations

import json
import sqlite3
import struct
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from vectorstore.storage.sqlite import day, proof_of

if TYPE_CHECKING:
    from vectorstore.storage.database import Database
    from vectorstore.text.duplicates import Member, Sketch

SCHEMA = """
CREATE TABLE prints (
    number INTEGER PRIMARY KEY,
    article_id TEXT NOT NULL UNIQUE REFERENCES articles (id),
    story INTEGER NOT NULL,
    length INTEGER NOT NULL,
    wording INTEGER,
    sketch BLOB NOT NULL,
    proof BLOB
);
CREATE INDEX prints_by_story ON prints (story, article_id);
CREATE INDEX prints_by_wording ON prints (wording) WHERE wording IS NOT NULL;
CREATE TABLE shingles (hash INTEGER NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (hash, number)) WITHOUT ROWID;
CREATE TABLE edges (number INTEGER NOT NULL, other INTEGER NOT NULL, PRIMARY KEY (number, other)) WITHOUT ROWID;
"""

PROVEN = ("number", "article_id", "story", "length", "wording", "sketch")
_PROOF = proof_of(PROVEN)

_COMPARED = 16
"""Candidates whose texts are read, those that share most first; a comparison takes one to five milliseconds."""


class Stories:
    """Keeps the groups in step with articles that come and go."""

    def __init__(self, database: Database, *, proven: bool) -> None:
        """``proven``: rows hold proofs; not so for a reader of an older catalogue. A spoilt row is in no group."""
        self._proven = proven
        self._run = database.run
        self._run_all = database.run_many

    def add(self, article_id: str, text: str, published: date | None) -> None:
        """Joins an article that the catalogue holds, and that has no group yet, to its copies."""
        from vectorstore.text.duplicates import Story, fingerprint, same_story

        printed = fingerprint(text)
        (number,) = self._run("SELECT COALESCE(MAX(number), 0) + 1 FROM prints").fetchone()
        candidates = self._candidates(printed.sketch)
        twin = self._run("SELECT number FROM prints WHERE wording = ? LIMIT 1", (printed.wording,)).fetchone()
        self._run(
            "INSERT INTO prints VALUES (?, ?, ?, ?, ?, ?, NULL)",
            (number, article_id, number, len(text), printed.wording, printed.sketch.astype("<i8").tobytes()),
        )
        self._run_all("INSERT INTO shingles VALUES (?, ?)", ((hash_, number) for hash_ in printed.sketch.tolist()))
        joined = [] if twin is None else [int(twin[0])]
        for candidate in candidates:
            found = self._run(
                "SELECT p.wording, a.text, a.published FROM prints p JOIN articles a ON a.id = p.article_id "
                "WHERE p.number = ?",
                (candidate,),
            ).fetchone()
            if found is None:
                raise sqlite3.DatabaseError("an article of a group is missing")
            wording, other_text, other_day = found
            if wording == printed.wording:
                continue
            other = Story(other_text, day(other_day))
            if same_story(Story(text, published), other):
                self._run_all("INSERT INTO edges VALUES (?, ?)", ((number, candidate), (candidate, number)))
                joined.append(candidate)
        if joined:
            self._unite([number, *joined])
        self._run(f"UPDATE prints SET proof = {_PROOF} WHERE number = ?", (number,))

    def remove(self, article_id: str) -> None:
        """Takes an article out, if it is in; what only it joined falls apart."""
        row = self._run("SELECT number, story, sketch FROM prints WHERE article_id = ?", (article_id,)).fetchone()
        if row is None:
            return
        number, story, sketch = row
        self._run_all(
            "DELETE FROM shingles WHERE hash = ? AND number = ?", ((hash_, number) for hash_ in _hashes(sketch))
        )
        self._run_all("DELETE FROM edges WHERE number = ? AND other = ?", self._both_ways(number))
        self._run("DELETE FROM prints WHERE number = ?", (number,))
        self._part(story)

    def clear(self) -> None:
        """Forgets all groups."""
        for statement in ("DELETE FROM edges", "DELETE FROM shingles", "DELETE FROM prints"):
            self._run(statement)

    def damaged(self) -> bool:
        """Whether a group is not what was stored, or what finds the next copy is not what its sketch says."""
        if self._run(f"SELECT 1 FROM prints WHERE NOT ({self._holds('prints')})").fetchone():
            return True
        one_way = "SELECT number, other FROM edges EXCEPT SELECT other, number FROM edges"
        if self._run(one_way).fetchone():
            return True
        hashes: dict[int, list[int]] = {}
        for number, hash_ in self._run("SELECT number, hash FROM shingles ORDER BY number, hash"):
            hashes.setdefault(number, []).append(hash_)
        prints = self._run("SELECT number, sketch FROM prints").fetchall()
        sketches = {number: sorted(_hashes(sketch)) for number, sketch in prints}
        return hashes != {number: sketch for number, sketch in sketches.items() if sketch}

    def without(self) -> list[str]:
        """The ids of articles that have no group yet."""
        return [row[0] for row in self._run("SELECT id FROM articles EXCEPT SELECT article_id FROM prints")]

    def shared(self) -> list[tuple[str, int]]:
        """The articles that have copies, each with the number of its story."""
        rows: list[tuple[str, int]] = self._run(
            "SELECT article_id, story FROM prints WHERE story IN "
            "(SELECT story FROM prints GROUP BY story HAVING COUNT(*) > 1) "
            f"AND {self._holds('prints')} ORDER BY story, article_id"
        ).fetchall()
        return rows

    def members(self, article_ids: Iterable[str]) -> dict[str, list[Member]]:
        """The whole group of each article that has one, itself included, in the order of ``article_ids``."""
        from vectorstore.text.duplicates import Member

        groups: dict[str, list[Member]] = {}
        for asked, article_id, length, published in self._run(
            "SELECT asked.value, p.article_id, p.length, a.published FROM json_each(?) asked "
            f"CROSS JOIN prints mine ON mine.article_id = asked.value AND {self._holds('mine')} "
            f"CROSS JOIN prints p ON p.story = mine.story AND {self._holds('p')} "
            "CROSS JOIN articles a ON a.id = p.article_id ORDER BY asked.key",
            (json.dumps(list(dict.fromkeys(article_ids))),),
        ).fetchall():
            groups.setdefault(asked, []).append(Member(article_id, length, day(published)))
        return groups

    def _holds(self, table: str) -> str:
        return f"{table}.proof IS {proof_of(f'{table}.{column}' for column in PROVEN)}" if self._proven else "1"

    def _move(self, moves: Iterable[tuple[int, int]], column: str) -> None:
        """Gives prints another story: pairs of it, and of the value of ``column`` by which they are found."""
        proof = _PROOF.replace("CAST(story AS", "CAST(?1 AS")
        self._run_all(f"UPDATE prints SET story = ?1, proof = {proof} WHERE {column} = ?2", moves)

    def _candidates(self, sketch: Sketch) -> list[int]:
        """Articles that share enough of a sketch to be worth comparing, those that share most first."""
        from vectorstore.text.duplicates import COMMON, shared_needed

        rows = self._run(
            "SELECT s.number FROM json_each(?) AS sketch CROSS JOIN shingles AS s ON s.hash = sketch.value "
            "WHERE (SELECT COUNT(*) FROM (SELECT 1 FROM shingles WHERE hash = sketch.value LIMIT ?)) <= ? "
            "GROUP BY s.number HAVING COUNT(*) >= ? ORDER BY COUNT(*) DESC, s.number LIMIT ?",
            (json.dumps(sketch.tolist()), COMMON + 1, COMMON, shared_needed(len(sketch)), _COMPARED),
        )
        return [number for (number,) in rows]

    def _both_ways(self, number: int) -> list[tuple[int, int]]:
        others = [row[0] for row in self._run("SELECT other FROM edges WHERE number = ?", (number,))]
        return [(number, other) for other in others] + [(other, number) for other in others]

    def _unite(self, numbers: Iterable[int]) -> None:
        joined = "SELECT story FROM prints WHERE number IN (SELECT value FROM json_each(?))"
        stories = {row[0] for row in self._run(joined, (json.dumps(list(numbers)),))}
        least = min(stories)
        self._move([(least, story) for story in stories - {least}], "story")

    def _part(self, story: int) -> None:
        """Gives the members of a story that are no longer connected stories of their own."""
        rows = self._run("SELECT number, wording FROM prints WHERE story = ? ORDER BY number", (story,)).fetchall()
        root = {number: number for number, _ in rows}

        def root_of(number: int) -> int:
            while root[number] != number:
                root[number] = number = root[root[number]]
            return number

        def join(one: int, other: int) -> None:
            one, other = root_of(one), root_of(other)
            root[max(one, other)] = min(one, other)

        same_wording: dict[int, int] = {}
        for number, wording in rows:
            if wording is not None:
                join(number, same_wording.setdefault(wording, number))
            for (other,) in self._run("SELECT other FROM edges WHERE number = ?", (number,)):
                if other in root:  # else the edge is spoilt
                    join(number, other)
        self._move([(root_of(number), number) for number in root], "number")


def _hashes(sketch: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(sketch) // 8}q", sketch)
