"""Nearest neighbours: Chroma on disk, and exact search over the catalogue's own vectors.

The only module that speaks Chroma. It gets ids and vectors and nothing else: the text and every filter stay with the
catalogue, which made writing 3.5 times faster and a filtered query 30 times.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import sqlite3
import sys
import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from vectorstore.errors import LibraryBusy, panicked
from vectorstore.indexes import seal

if TYPE_CHECKING:
    from vectorstore.storage.arrays import Vectors

Hits = list[tuple[int, float]]
"""Passage ids with their cosine, best first."""

_COLLECTION = "passages"

_YOUNG = 500
"""Vectors up to which an index is young, when Chroma loses some of the next that come: asked when it held 20 and then
given 32 more, every third index could not find one of these ever again (after 50 every seventh, 100: 3 %, 200: 1 %,
400: none of 120). Putting the lost ones again mended them all."""

_PAGE = 10_000
"""Ids asked for at once: one call for everything fails beyond about 30,000."""

DATABASE = "chroma.sqlite3"
_NO_FUNCTION = ({"type": "legacy"}, {"type": "unknown"})
"""What Chroma notes where a collection has no embedding function."""

# Self-recall@10 on clustered vectors reached 0.99 only from 200 on; building slows by a third, a query by a
# millisecond.
_HNSW = {"space": "cosine", "ef_construction": 200, "ef_search": 200, "max_neighbors": 24}


_M_PERTURB = -6
"""Of ``mallopt(3)``; with 0xFF, memory that is given out is filled with zeros."""


class VectorIndex(Protocol):
    """What a search needs of an index, exact or approximate."""

    def nearest(self, vector: Vectors, k: int, allowed: NDArray[np.int64] | None = None) -> Hits:
        """The ``k`` passages closest to ``vector``, shape (dimension,), among the sorted ``allowed`` ids if given."""
        ...


class ExactVectors:
    """All vectors in memory, compared one by one: about 10 ms for 100,000, and always right."""

    def __init__(self, ids: NDArray[np.int64], vectors: Vectors) -> None:
        self._ids = ids
        self._vectors = vectors

    def nearest(self, vector: Vectors, k: int, allowed: NDArray[np.int64] | None = None) -> Hits:
        ids, vectors = self._ids, self._vectors
        if allowed is not None:
            kept = np.isin(ids, allowed, assume_unique=True)
            ids, vectors = ids[kept], vectors[kept]
        if not len(ids):
            return []
        return best(ids, cosines(vectors, vector), k)


class ChromaVectors:
    """A Chroma collection in a folder of its own under ``root``. For the process that owns the library only."""

    def __init__(self, root: Path, *, stamp: str | None) -> None:
        """Opens the index whose seal names ``stamp``; with ``None``, or where there is none, starts an empty one.

        ``whole`` tells which it was. Folders of earlier indexes are removed.
        """
        folders = [folder for folder in root.glob("*") if folder.is_dir()] if root.is_dir() else []
        sealed = [
            folder
            for folder in folders
            if stamp is not None and seal.intact(folder, stamp) and not names_a_function(folder / DATABASE)
        ]
        self.whole = bool(sealed)
        # A new name each time: Chroma keeps one system a path and process, also after the files are gone.
        self.folder = sealed[0] if sealed else root / uuid.uuid4().hex[:12]
        for folder in folders:
            if folder != self.folder:
                shutil.rmtree(folder, ignore_errors=True)
        self._changing = threading.Lock()
        with self._translated():
            self.folder.mkdir(parents=True, exist_ok=True)
            self._client = _client(self.folder)
            self._collection = self._client.get_or_create_collection(
                _COLLECTION, embedding_function=None, configuration={"hnsw": _HNSW}
            )
            self._batch = min(self._client.get_max_batch_size(), 5000)

    def __len__(self) -> int:
        with self._translated():
            return int(self._collection.count())

    def put(self, ids: Sequence[int], vectors: Vectors) -> None:
        """Adds or replaces vectors, shape (len(ids), dimension)."""
        with self._translated(), self._changing:
            seal.broken(self.folder)
            for first in range(0, len(ids), self._batch):
                last = first + self._batch
                self._collection.upsert(ids=_names(ids[first:last]), embeddings=vectors[first:last])
            if ids and self._collection.count() <= _YOUNG:
                found = self._collection.query(query_embeddings=vectors, n_results=10, include=[])["ids"]
                lost = [row for row, number in enumerate(ids) if str(number) not in found[row]]
                if lost:
                    self._collection.upsert(ids=_names(ids[row] for row in lost), embeddings=vectors[lost])

    def forget(self, ids: Sequence[int]) -> None:
        with self._translated(), self._changing:
            seal.broken(self.folder)
            for first in range(0, len(ids), self._batch):
                self._collection.delete(ids=_names(ids[first : first + self._batch]))

    def ids(self) -> set[int]:
        """Every id the index holds."""
        found: set[int] = set()
        total = len(self)
        with self._translated():
            for offset in range(0, total, _PAGE):
                page = self._collection.get(include=[], limit=_PAGE, offset=offset)
                found.update(int(name) for name in page["ids"])
        return found

    def nearest(self, vector: Vectors, k: int, allowed: NDArray[np.int64] | None = None) -> Hits:
        from chromadb.errors import ChromaError

        with self._translated():
            try:
                return self._ask(vector, k, None if allowed is None else _names(allowed))
            except ChromaError:
                # "Error finding id": a delete in another thread pulled one away between Chroma's two steps, or one of
                # those allowed is not there, not yet or no longer, which fails the whole query. So again, without
                # changes meanwhile, and with what is there.
                with self._changing:
                    return self._ask(vector, k, None if allowed is None else self._held(allowed))

    def seal(self, stamp: str) -> None:
        """Declares the index whole and in step with the catalogue's ``stamp``."""
        with self._translated():
            seal.put(self.folder, stamp)

    def close(self) -> None:
        self._client.close()

    def _ask(self, vector: Vectors, k: int, names: list[str] | None) -> Hits:
        if names == []:
            return []
        query: dict[str, Any] = {"query_embeddings": [vector], "n_results": k, "include": ["distances"]}
        if names is not None:
            query["ids"] = names
        reply = self._collection.query(**query)
        return [
            (int(name), 1.0 - float(distance))
            for name, distance in zip(reply["ids"][0], reply["distances"][0], strict=True)
        ]

    def _held(self, ids: NDArray[np.int64]) -> list[str]:
        """The names of those among ``ids`` that the index holds."""
        held: list[str] = []
        for first in range(0, len(ids), _PAGE):
            held += self._collection.get(ids=_names(ids[first : first + _PAGE]), include=[])["ids"]
        return held

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            if not (isinstance(error, _faults()) or panicked(error)):
                raise
            raise LibraryBusy(
                "The vector index {place} could not be used ({error}). Check free disk space and permissions; if it "
                "happens again, `assistant rebuild` makes it anew. Nothing acknowledged is lost.",
                place=self.folder,
                error=error,
            ) from error


def blank_memory() -> None:
    """From now on, memory that this process gives out or takes back holds nothing of what stood in it before.

    Chroma writes space that it has not filled to its file as it is: 70 kB of whatever the process last held there, such
    as texts and vectors of articles that were purged. Only glibc can be told so; elsewhere nothing happens.
    """
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.mallopt(_M_PERTURB, 0xFF)
        libc.malloc_trim(0)  # what was given back before goes to the system, which blanks it


def _faults() -> tuple[type[Exception], ...]:
    # Asked only when something was raised, so that `_client` is the one that imports Chroma first.
    from chromadb.errors import ChromaError

    return ChromaError, OSError, ValueError  # the last for a database without its tenant, such as an empty one


def names_a_function(database: Path, *, unreadable: bool = True) -> bool:
    """Whether a collection names an embedding function, which Chroma would make, with whatever code it names, to write.

    Ours never do. Asked before Chroma sees the file. ``unreadable`` is what is said of no file of ours.
    """
    try:
        with contextlib.closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            rows = connection.execute("SELECT config_json_str, schema_str FROM collections").fetchall()
        return any(_has_function(json.loads(text)) for row in rows for text in row if text)
    except (sqlite3.Error, ValueError, TypeError, RecursionError):  # no file of ours
        return unreadable


def _has_function(settings: object) -> bool:
    if isinstance(settings, Mapping):
        function = settings.get("embedding_function")
        if function is not None and function not in _NO_FUNCTION:
            return True
        settings = settings.values()
    elif not isinstance(settings, list):
        return False
    return any(map(_has_function, settings))


def _names(ids: Iterable[int]) -> list[str]:
    return [str(number) for number in ids]


def cosines(vectors: Vectors, vector: Vectors) -> Vectors:
    """Of each of ``vectors``, shape (n, dimension), with ``vector``, all of unit length; shape (n,)."""
    # In one thread, unlike `@`: the threads of BLAS wait for each other, and on a machine with other work that took
    # 23 ms for 3,000 vectors, this 0.3.
    found: Vectors = np.einsum("ij,j->i", vectors, vector)
    return found


def best(ids: NDArray[np.int64], scores: Vectors, k: int) -> Hits:
    """The ``k`` highest scores with their ids, best first; ties by id so that a search is repeatable."""
    if k < len(ids):
        kept = np.argpartition(-scores, k - 1)[:k]
        ids, scores = ids[kept], scores[kept]
    order = np.lexsort((ids, -scores))
    return [(int(ids[position]), float(scores[position])) for position in order]


def _client(folder: Path) -> Any:
    # Chroma reads its settings from the environment too: another program's CHROMA_* must not redirect ours.
    with _without_environment("CHROMA_"):
        import chromadb
        from chromadb.config import Settings

        try:
            return chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))
        except AttributeError as error:  # it keeps what it began of a folder that failed to open, and trips over it
            raise OSError("it could not be opened before") from error


@contextlib.contextmanager
def _without_environment(prefix: str) -> Iterator[None]:
    hidden = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith(prefix)}
    try:
        yield
    finally:
        os.environ.update(hidden)
