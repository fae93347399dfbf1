"""Vectors on their way: what a model has made of texts so far, in a SQLite file of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from vectorstore.storage.arrays import Vectors, vector_of
from vectorstore.storage.database import Database
from vectorstore.storage.sqlite import proof_of

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS vectors (digest TEXT PRIMARY KEY, vector BLOB NOT NULL, proof BLOB)",
)
_PROOF = proof_of(["digest", "vector"])


class KeptVectors:
    """Keeps the vector of a text under the text's digest; what was put is there after a crash.

    By digest, because articles may come, go and change before the rest is made. Raises ``LibraryDamaged`` when the file
    is no sound database, ``LibraryBusy`` when the disk refuses.
    """

    def __init__(self, folder: Path) -> None:
        self._database = Database(folder / "vectors.sqlite3", read_only=False)
        try:
            with self._database.transaction():
                for statement in _SCHEMA:
                    self._database.run(statement)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._database.close()

    def fits(self, identity: Mapping[str, str]) -> bool:
        """Whether the file is sound, and its vectors are made with ``identity``."""
        sound = self._database.all("PRAGMA quick_check(1)") == [("ok",)]
        return sound and all(self._database.meta(name) == value for name, value in identity.items())

    def begin(self, identity: Mapping[str, str]) -> None:
        """Notes what the vectors are made with."""
        self._database.set_meta(dict(identity))

    def put(self, digests: Sequence[str], vectors: Vectors) -> None:
        """Commits vectors, shape (len(digests), dimension)."""
        rows = [(digest, vector.astype("<f4").tobytes()) for digest, vector in zip(digests, vectors, strict=True)]
        with self._database.transaction():
            self._database.run_many(f"INSERT OR REPLACE INTO vectors VALUES (?1, ?2, {proof_of(['?1', '?2'])})", rows)

    def among(self, digests: Sequence[str]) -> dict[str, Vectors]:
        """The vectors that are there and whole, by digest."""
        rows = self._database.all(
            f"SELECT digest, vector FROM vectors WHERE digest IN (SELECT value FROM json_each(?)) AND proof = {_PROOF}",
            (json.dumps(list(digests)),),
        )
        return {digest: vector_of(vector) for digest, vector in rows}
