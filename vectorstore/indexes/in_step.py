"""The two derived indexes of a library, vectors and keywords, kept in step with its catalogue.

They are never the truth: what is lost, torn or out of step is made anew from the catalogue, and searches meanwhile go
over the catalogue's own vectors.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import numpy as np

from vectorstore.errors import LibraryBusy, LibraryInUse
from vectorstore.indexes import seal
from vectorstore.indexes.keywords import Keywords, sealed_keywords
from vectorstore.indexes.vectors import ChromaVectors, ExactVectors, VectorIndex
from vectorstore.storage.articles.catalogue import Catalogue
from vectorstore.storage.articles.passages import Entry
from vectorstore.storage.lock import Ownership
from vectorstore.storage.sqlite import is_writable
from vectorstore.types import OnProgress, Progress

_log = logging.getLogger(__name__)

FOLDERS = ("vectors", "keywords")
"""Below the library's folder; each holds its index in a folder of a new name."""

_REBUILD_AT_OPENING = 20_000
"""Up to so many passages a lost index is made anew before the library opens (a few seconds); above, beside it."""


_SAMPLE = 50
_FOUND_OF_SAMPLE = 0.9
"""A check looks for so many passages by their own vectors. Chroma lists ids it can no longer find; a sound index found
at least 0.99 of all."""


class Indexes:
    """Opened on first use: a reader never touches Chroma, and most commands only read.

    ``writing`` is the library's lock for changes, shared so that a rebuild in the background and a change wait for
    each other.
    """

    def __init__(
        self, folder: Path, catalogue: Catalogue, ownership: Ownership, writing: threading.RLock, *, read_only: bool
    ) -> None:
        self._vector_root, self._keyword_root = (folder / name for name in FOLDERS)
        self._catalogue = catalogue
        self._ownership = ownership
        self._read_only = read_only
        self._writing = writing
        self._opening = threading.RLock()
        self._vectors: ChromaVectors | None = None
        self._keywords: Keywords | None = None
        self._exact: tuple[int, ExactVectors] | None = None
        self._reader: tuple[int, Keywords] | None = None
        self._background: threading.Thread | None = None
        self._closing = threading.Event()

    # -- for a search

    def meaning(self) -> VectorIndex:
        """Chroma for the owner; the catalogue's vectors for a reader and while Chroma's index is being made."""
        if not self._read_only and not self._busy():
            return self._owned()[0]
        with self._opening:
            if self._vectors is not None:
                return self._vectors
            generation = self._catalogue.generation()
            if self._exact is None or self._exact[0] != generation:
                self._exact = (generation, ExactVectors(*self._catalogue.passages.vectors()))
            return self._exact[1]

    def words(self) -> Keywords | None:
        """The keyword index, or ``None`` while it is being made."""
        if not self._read_only:
            return self._keywords if self._busy() else self._owned()[1]
        with self._opening:
            generation = self._catalogue.generation()
            if self._reader is None or self._reader[0] != generation:
                self._reader = (generation, self._read_keywords())
            return self._reader[1]

    # -- for a change; the caller holds the lock for writing

    def open(self) -> None:
        """Opens both now rather than at the first use."""
        self._owned()

    def apply(self, entries: Sequence[Entry] | None = None) -> None:
        """Brings both indexes in step with the catalogue, then settles there what was pending.

        ``entries`` are the pending passages where the caller has them at hand; ``None`` reads them, if there are any.
        """
        if entries is None and not self._unfinished():
            return  # nor is Chroma opened, whose import a Ctrl-C may have broken
        vectors, keywords = self._owned()
        self._apply(vectors, keywords, entries)

    def seal(self) -> None:
        """Marks both indexes as whole and belonging to the catalogue as it stands, if they are open and do."""
        if self._vectors is not None and self._keywords is not None and not self._unfinished():
            stamp = uuid4().hex
            self._catalogue.set_meta({"stamp": stamp})
            self._vectors.seal(stamp)
            self._keywords.seal(stamp)

    def rebuild(self, on_progress: OnProgress | None = None) -> None:
        """Makes both anew from the catalogue, and the groups of copies where the rule for them has changed."""
        with self._writing, self._opening:
            self._catalogue.copies.regroup(on_progress, damaged=self._catalogue.copies.damaged())
            self._close_handles()
            vectors, keywords = ChromaVectors(self._vector_root, stamp=None), Keywords(self._keyword_root)
            self._fill(vectors, keywords, on_progress)
            self._vectors, self._keywords = vectors, keywords
            if not self._closing.is_set():
                self._catalogue.writes.settle()
                self.seal()

    def recover(self) -> list[str]:
        """Finishes what a crash left and makes lost indexes anew, large ones in the background. Says what it found."""
        lost = self._lost()
        if not lost and not self._unfinished():
            return []
        if lost and self._catalogue.counts()[1] > _REBUILD_AT_OPENING:
            self._background = threading.Thread(target=self._owned, name="rebuild-index", daemon=True)
            self._background.start()
        else:
            self._owned()
        if not lost:
            return ["The last change was cut off; it is finished now."]
        return [
            f"The {' and the '.join(lost)} index was not left whole, or not by you on this machine; it is made anew "
            "from the catalogue."
        ]

    # -- for a check; opens nothing that is not sealed

    def vector_ids(self) -> set[int] | None:
        """The passages that the vector index holds; ``None`` when it is missing, torn, or finds not what it lists."""
        with self._writing:
            if self._vectors is not None:
                return self._ids_found(self._vectors)
            with self._briefly_owned() as owned:
                if not owned and (self._ownership.held_elsewhere() or self._sealed(self._vector_root)):
                    return self._catalogue.passages.ids()  # Chroma would write; what is sealed is in step
                if not owned or not self._sealed(self._vector_root):
                    return None if self._catalogue.counts()[1] else set()
                try:
                    index = self._sealed_vectors(self._catalogue.meta("stamp"))
                    try:
                        return self._ids_found(index)
                    finally:
                        index.close()
                except LibraryBusy as error:
                    _log.info("%s", error)
                    return None

    def keyword_ids(self) -> set[int] | None:
        """The passages that the keyword index holds; ``None`` when it is missing or torn."""
        with self._writing:
            if self._keywords is not None:
                return self._keywords.ids()
            if not self._sealed(self._keyword_root):
                return None if self._catalogue.counts()[1] else set()
            try:
                return Keywords(self._keyword_root, stamp=self._catalogue.meta("stamp"), read_only=True).ids()
            except LibraryBusy as error:
                _log.info("%s", error)
                # Tantivy opens nothing where it cannot write a lock file; what is sealed is in step.
                return None if is_writable(self._keyword_root) else self._catalogue.passages.ids()

    def unfinished(self) -> bool:
        """Whether a change was cut off before both indexes had it, and no process is at it now."""
        return self._unfinished() and not self._ownership.held_elsewhere()

    def close(self) -> None:
        self._closing.set()
        if self._background is not None:
            self._background.join()
        with self._writing, self._opening:
            self._close_handles()

    # -- inside

    def _busy(self) -> bool:
        background = self._background
        return background is not None and background.is_alive() and background is not threading.current_thread()

    def _owned(self) -> tuple[ChromaVectors, Keywords]:
        """Both indexes open, whole, and in step with the catalogue."""
        if self._vectors is None or self._keywords is None:
            with self._writing:
                if self._vectors is None or self._keywords is None:
                    self._open()
        assert self._vectors is not None
        assert self._keywords is not None
        return self._vectors, self._keywords

    def _open(self) -> None:
        stamp = self._catalogue.meta("stamp")
        keywords = Keywords(self._keyword_root, stamp=stamp)
        if not keywords.whole:
            self._fill(None, keywords, None)
        self._keywords = keywords
        vectors = self._opened_vectors(stamp)
        if not vectors.whole:
            self._fill(vectors, None, None)
        if self._closing.is_set():  # perhaps stopped midway: unsealed, so the next opening starts over
            self._vectors = vectors
            return
        changed = self._apply(vectors, keywords, None)
        with self._opening:
            self._vectors, self._exact = vectors, None
        if changed or not (keywords.whole and vectors.whole):
            self.seal()

    def _sealed_vectors(self, stamp: str | None) -> ChromaVectors:
        """The sealed index, asked once and sealed again; an empty one where there is none."""
        vectors = ChromaVectors(self._vector_root, stamp=stamp)
        if vectors.whole and stamp is not None:
            # Chroma writes to its files when it opens them and is first asked, and later only what it is given.
            for first, *_ in self._catalogue.passages.entries(batch=1):
                vectors.nearest(first.vector, 1)
                break
            vectors.seal(stamp)
        return vectors

    def _opened_vectors(self, stamp: str | None) -> ChromaVectors:
        """The sealed index if it opens and answers, else an empty one."""
        try:
            return self._sealed_vectors(stamp)
        except LibraryBusy as error:
            if stamp is None:
                raise
            _log.warning("%s It is made anew from the catalogue.", error)
            return ChromaVectors(self._vector_root, stamp=None)

    def _apply(self, vectors: ChromaVectors, keywords: Keywords, entries: Sequence[Entry] | None) -> bool:
        """``apply``; returns whether there was anything to do."""
        forget: Sequence[int] = self._catalogue.writes.retired()
        pending = set(self._catalogue.writes.pending())
        if entries is None or {entry.passage.article_id for entry in entries} != pending:
            # Also what an earlier change left behind, when it failed for want of space and this process went on.
            batches: Iterable[Sequence[Entry]] = self._catalogue.passages.entries(only_pending=True)
        else:
            batches = [entries] if entries else []
        changed = bool(forget or pending)
        if forget:
            vectors.forget(forget)
        for batch in batches:
            _put(vectors, batch)
            keywords.change(batch, forget)
            forget = ()
        if forget:
            keywords.change((), forget)
        if changed:
            self._catalogue.writes.settle()
        return changed

    def _fill(self, vectors: ChromaVectors | None, keywords: Keywords | None, on_progress: OnProgress | None) -> None:
        total = self._catalogue.counts()[1]
        done = 0
        for entries in self._catalogue.passages.entries():
            if self._closing.is_set():
                return
            if vectors is not None:
                _put(vectors, entries)
            if keywords is not None:
                keywords.change(entries)
            done += len(entries)
            if on_progress is not None:
                on_progress(Progress("indexing", done, total))

    def _lost(self) -> list[str]:
        if not self._catalogue.counts()[1]:
            return []
        roots = {"vector": self._vector_root, "keyword": self._keyword_root}
        return [name for name, root in roots.items() if not self._sealed(root)]

    def _unfinished(self) -> bool:
        return bool(self._catalogue.writes.pending() or self._catalogue.writes.retired())

    def _sealed(self, root: Path) -> bool:
        stamp = self._catalogue.meta("stamp")
        if stamp is None:
            return False
        return sealed_keywords(root, stamp) if root == self._keyword_root else seal.holds(root, stamp)

    def _ids_found(self, index: ChromaVectors) -> set[int] | None:
        every = sorted(self._catalogue.passages.ids())
        _, vectors = self._catalogue.passages.vectors(every[:: len(every) // _SAMPLE + 1])
        found = sum(any(cosine > 0.999 for _, cosine in index.nearest(vector, 1)) for vector in vectors)
        return index.ids() if found >= _FOUND_OF_SAMPLE * len(vectors) else None

    def _read_keywords(self) -> Keywords:
        """The keyword index for a reader: the one on disk where it can be trusted, else one made in memory."""
        if self._sealed(self._keyword_root) or self._ownership.held_elsewhere():
            try:
                return Keywords(self._keyword_root, stamp=self._catalogue.meta("stamp"), read_only=True)
            except LibraryBusy as error:
                _log.info("%s This process makes one in memory.", error)
        in_memory = Keywords(None)
        for entries in self._catalogue.passages.entries():
            in_memory.change(entries)
        return in_memory

    @contextmanager
    def _briefly_owned(self) -> Iterator[bool]:
        """Tells whether this process owns the library meanwhile."""
        if not self._read_only:
            yield True
            return
        try:
            self._ownership.acquire()
        except (LibraryInUse, OSError):  # another process does by now, or nothing can be written
            yield False
            return
        try:
            yield True
        finally:
            self._ownership.release()

    def _close_handles(self) -> None:
        if self._keywords is not None:
            self._keywords.close()
        if self._vectors is not None:
            self._vectors.close()
        self._vectors = self._keywords = self._exact = self._reader = None


def _put(vectors: ChromaVectors, entries: Sequence[Entry]) -> None:
    vectors.put([entry.passage.id for entry in entries], np.stack([entry.vector for entry in entries]))
