"""Vectors on their way: what a model has made of texts so far, in a SQLite file of its own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Self

import numpy as np

from vectorstore.errors import LibraryDamaged
from vectorstore.storage.arrays import Vectors, vector_of
from vectorstore.storage.database import Database
from vectorstore.storage.sqlite import proof_of

Embed = Callable[[Sequence[str]], Vectors]
"""Vectors of texts, shape (texts, dimension)."""

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS vectors (digest TEXT PRIMARY KEY, vector BLOB NOT NULL, proof BLOB)",
)
_PROOF = proof_of(["digest", "vector"])
_AT_ONCE = 64
"""Texts embedded and kept at once, half a second of work for the local model: what a crash can cost."""


class KeptVectors:
    """Keeps the vector of a text under the text's digest; what was put is there after the process was killed.

    By digest, because articles may come, go and change before the rest is made. Raises ``LibraryDamaged`` when the file
    is no sound database, ``LibraryBusy`` when the disk refuses.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._database = Database(folder / "vectors.sqlite3", read_only=False)
        try:
            with self._database.exclusively():
                self._database.run("PRAGMA synchronous = OFF")  # a power cut costs what can be made again
            with self._database.transaction():
                for statement in _SCHEMA:
                    self._database.run(statement)
        except BaseException:
            self.close()
            raise

    @classmethod
    def open(cls, folder: Path, identity: Mapping[str, str]) -> Self:
        """What is kept in ``folder`` if it is sound and made with ``identity``; else an empty one takes its place."""
        if folder.is_dir():
            try:
                kept = cls(folder)
                if kept._fits(identity):
                    return kept
                kept.close()
            except LibraryDamaged:
                pass  # made anew
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        kept = cls(folder)
        kept._database.set_meta(dict(identity))
        return kept

    def close(self) -> None:
        self._database.close()

    def delete(self) -> None:
        """Closes and deletes the file: it is not needed any more."""
        self.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def vectors(self, texts: Sequence[str], embed: Embed) -> Vectors:
        """The vectors of ``texts``, shape (texts, dimension): those that are kept, and those that are made now."""
        digests = [_digest(text) for text in texts]
        known = self._among(digests)
        missing = {digest: text for digest, text in zip(digests, texts, strict=True) if digest not in known}
        for first in range(0, len(missing), _AT_ONCE):
            some = list(missing)[first : first + _AT_ONCE]
            made = dict(zip(some, embed([missing[digest] for digest in some]), strict=True))
            self._put(made)
            known |= made
        return np.stack([known[digest] for digest in digests])

    def forget(self, texts: Sequence[str]) -> None:
        """Makes room: the vectors of ``texts`` are stored elsewhere by now."""
        with self._database.transaction():
            self._database.run_many("DELETE FROM vectors WHERE digest = ?", [(_digest(text),) for text in texts])

    def _fits(self, identity: Mapping[str, str]) -> bool:
        sound = self._database.all("PRAGMA quick_check(1)") == [("ok",)]
        return sound and all(self._database.meta(name) == value for name, value in identity.items())

    def _put(self, vectors: Mapping[str, Vectors]) -> None:
        rows = [(digest, vector.astype("<f4").tobytes()) for digest, vector in vectors.items()]
        with self._database.transaction():
            self._database.run_many(f"INSERT OR REPLACE INTO vectors VALUES (?1, ?2, {proof_of(['?1', '?2'])})", rows)

    def _among(self, digests: Sequence[str]) -> dict[str, Vectors]:
        """The vectors that are there and whole, by digest."""
        rows = self._database.all(
            f"SELECT digest, vector FROM vectors WHERE digest IN (SELECT value FROM json_each(?)) AND proof = {_PROOF}",
            (json.dumps(list(digests)),),
        )
        return {digest: vector_of(vector) for digest, vector in rows}


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
