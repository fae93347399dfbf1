"""A library of articles: add, remove, search, check, rebuild. Owns the lock, and the order of every write.

An article is acknowledged when ``add`` reports it, and from then on it is found, once, after any crash: the catalogue
has it first, the indexes follow, and what a crash leaves between the two is finished at the next opening.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from vectorstore import forking
from vectorstore import sources as reading
from vectorstore.adding import Addition
from vectorstore.embedder import Embedder, array_embeddings
from vectorstore.errors import SearchInvalid
from vectorstore.indexes.in_step import Indexes
from vectorstore.retrieval import scope as scopes
from vectorstore.retrieval import search as searching
from vectorstore.sources import DEFAULT_LIMITS, Limits
from vectorstore.sources.cleaning.text import clean_line
from vectorstore.storage.articles.catalogue import Catalogue
from vectorstore.storage.lock import Ownership
from vectorstore.storage.watches import Watches
from vectorstore.text.names import NOTHING, respelled
from vectorstore.types import (
    AddReport,
    Article,
    CheckReport,
    Match,
    OnProgress,
    Outlet,
    Passage,
    Progress,
    Refusal,
    TimeScope,
)
from vectorstore.upkeep import checking, rebuilding, removing
from vectorstore.upkeep.opening import gain_access, refuse_to_write

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

_log = logging.getLogger(__name__)


class Library:
    """A folder of articles that can be searched. ``Library.open`` it, and close it or use a ``with`` block.

    One process writes; any number may read beside it. Methods may be called from several threads.
    """

    def __init__(
        self,
        folder: Path,
        embeddings: Embeddings | None,
        ownership: Ownership,
        *,
        read_only: bool,
    ) -> None:
        """Use ``Library.open``."""
        self.folder = folder
        self.read_only = read_only
        """Whether this process can only read: by wish, or because another one owns the library."""
        self.notices: tuple[str, ...] = ()
        """What the opening found and mended, for the person at the keyboard."""
        self._ownership = ownership
        self._embeddings = array_embeddings(embeddings)
        self._writing = threading.RLock()
        self._open_stores()
        self._wished_to_read = False
        forking.OPEN.add(self)

    def _open_stores(self) -> None:
        self._catalogue = Catalogue(self.folder, read_only=self.read_only)
        self._indexes = Indexes(self.folder, self._catalogue, self._ownership, self._writing, read_only=self.read_only)
        self._embedder = Embedder(self.folder, self._catalogue, self._embeddings)

    def renew(self) -> None:
        """In a forked child: reads beside the parent, through connections and locks of its own."""
        forking.left_to_parent(self._catalogue, self._indexes, self._ownership)
        self._ownership, self._writing, self.read_only = Ownership(self.folder), threading.RLock(), True
        self._open_stores()

    @classmethod
    def open(
        cls,
        folder: str | Path,
        *,
        embeddings: Embeddings | None = None,
        read_only: bool = False,
        recover: bool = True,
    ) -> Self:
        """Opens the library in ``folder``, making it if it is missing.

        With ``read_only``, when another process owns it, or where nothing can be written, it is open for reading; the
        last is told in ``notices``. ``recover=False`` accepts a library made with another model and mends nothing: for
        ``check`` and ``rebuild``.

        Raises ``LibraryError`` when there is nothing to read, ``LibraryMismatch``, ``LibraryDamaged``, ``LibraryBusy``.
        """
        path = Path(folder).expanduser()
        access = gain_access(path, read_only=read_only)
        try:
            library = cls(path, embeddings, access.ownership, read_only=not access.owned)
        except BaseException:
            access.ownership.release()
            raise
        library._wished_to_read = read_only
        library.notices = access.notices
        try:
            if recover:
                library._embedder.demand_same()
                if access.owned:
                    removing.forget_removed(library._catalogue)
                    library.notices += tuple(library._indexes.recover())
        except BaseException:
            library.close()
            raise
        for notice in library.notices:
            _log.warning("%s", notice)
        return library

    def close(self) -> None:
        """Puts everything on disk and gives up the lock. Calling it twice is harmless."""
        forking.OPEN.discard(self)
        self._indexes.close()
        with self._writing:
            self._catalogue.close()
            self._ownership.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- articles

    def count(self) -> int:
        """Number of articles."""
        return self._catalogue.counts()[0]

    def articles(self, *, limit: int | None = None, offset: int = 0, with_text: bool = True) -> list[Article]:
        """Articles, newest publication first, undated last.

        ``with_text=False`` leaves their texts empty: for lists of large libraries.
        """
        return self._catalogue.articles(limit=limit, offset=offset, with_text=with_text)

    def outlets(self) -> tuple[Outlet, ...]:
        """The sources of the articles, the most frequent first. Remembered until an article comes or goes."""
        return self._catalogue.outlets()

    def call_outlet(self, outlet: str, name: str) -> None:
        """Calls an outlet of the library ``name`` from now on; an empty one takes the name back.

        Raises ``SearchInvalid`` for an outlet that the library lacks.
        """
        self.demand_ownership()
        scopes.demand_outlets(self._catalogue, [outlet])
        with self._writing:
            names = self._catalogue.outlet_names
            names.set(names.stored([outlet]), clean_line(name))

    def outlets_called(self, names: Sequence[str]) -> list[str]:
        """``names`` of outlets, as stored or as called, as the library calls them, each once."""
        called = {outlet.name.casefold(): outlet.name for outlet in self.outlets()}
        meant = [self._catalogue.outlet_names.stored([name])[0] for name in names]
        return list(dict.fromkeys(called.get(each, name) for each, name in zip(meant, names, strict=True)))

    def article(self, article_id: str, version: int | None = None) -> Article:
        """One article, or an earlier version of it. Raises ``ArticleUnknown``."""
        return self._catalogue.article(article_id, version)

    def state(self) -> str:
        """A digest of the articles and their words: libraries that hold the same have the same."""
        return self._catalogue.state()

    def identity(self) -> dict[str, str]:
        """What passages and vectors are made with."""
        return self._embedder.identity()

    def changes(self) -> int:
        """A number that is another one whenever articles have come or gone: for what is remembered of them."""
        return self._catalogue.generation()

    def copies(self, article_ids: Sequence[str]) -> dict[str, tuple[Article, ...]]:
        """The other articles that carry the same story, for those of ``article_ids`` that have any; without texts."""
        return self._catalogue.copies.of(article_ids)

    def most_covered(self, k: int) -> list[tuple[str, int]]:
        """The ``k`` stories that most articles carry, at least two each: an article that stands for it, and how many.

        The newest comes first among those that are carried as often.
        """
        covered = self._catalogue.passages.table().most_covered(k)
        fullest = self._catalogue.copies.representatives([article_id for article_id, _ in covered])
        return [(fullest.get(article_id, article_id), articles) for article_id, articles in covered]

    def find_articles(self, words: str, *, k: int = 1_000, other_spellings: bool = True) -> list[str] | None:
        """The ids of the ``k`` articles in which ``words`` stand, the best first; ``None`` while the index is made.

        ``other_spellings``: those of names are looked for as well.
        """
        keywords = self._indexes.words()
        if keywords is None:
            return None
        expansion = None if other_spellings else NOTHING
        return searching.find_articles(words, k, self._catalogue, keywords, expansion)

    def passages(self, article_id: str) -> list[Passage]:
        """The passages of one article, in order. Raises ``ArticleUnknown``."""
        return self._catalogue.passages.of(article_id)

    def add(
        self,
        inputs: str | Path | Iterable[str | Path],
        *,
        on_progress: OnProgress | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> AddReport:
        """Reads files, folders and addresses and takes their articles in; the report says what happened to each.

        Bad input is refused by name and the rest goes on; ``limits`` are for addresses, those in feeds too. Raises
        ``LibraryInUse`` or ``LibraryReadOnly`` when this process may not write, and ``AddInterrupted`` on Ctrl-C.
        """
        self.demand_ownership()
        begun = time.monotonic()
        found = list(reading.find(inputs))
        outside = dict.fromkeys(each for each in found if not isinstance(each, Refusal) and reading.reads_the_web(each))
        fetched: dict[str | Path, list[Article | Refusal]] = {}
        for each in outside:  # before the lock is taken: a slow site holds up nobody else
            if on_progress is not None:
                on_progress(Progress("fetching", len(fetched), len(outside)))
            fetched[each] = list(reading.read(each, limits))
        articles = chain.from_iterable(
            [each] if isinstance(each, Refusal) else fetched.get(each) or reading.read(each, limits) for each in found
        )
        report = self.add_articles(articles, on_progress=on_progress)
        return replace(report, seconds=time.monotonic() - begun)

    def add_articles(
        self, articles: Iterable[Article | Refusal], *, on_progress: OnProgress | None = None
    ) -> AddReport:
        """``add`` for articles that are read already; ``article.id`` decides whether two are the same one."""
        self.demand_ownership()
        with self._writing:
            if self._catalogue.meta("model") is None:
                self._catalogue.set_meta(self.identity())
            self._embedder.demand_same()
            embed, identity = self._embedder.passages, self.identity()
            return Addition(self.folder, self._catalogue, self._indexes, embed, identity, on_progress).run(articles)

    def remove(self, article_ids: str | Iterable[str]) -> int:
        """Takes articles out, with their earlier versions; returns how many there were.

        For a day ``undo`` can bring them back; ``purge`` leaves nothing of them at once.
        """
        self.demand_ownership()
        with self._writing:
            ids = [article_ids] if isinstance(article_ids, str) else article_ids
            return removing.remove(self._catalogue, self._indexes, ids)

    def undo(self, article_ids: Iterable[str] | None = None, *, on_progress: OnProgress | None = None) -> AddReport:
        """Brings back what was removed within the last day, all or ``article_ids``, with earlier versions and tags."""
        self.demand_ownership()
        with self._writing:
            return self.add_articles(removing.removed_lately(self._catalogue, article_ids), on_progress=on_progress)

    def purge(self, article_ids: Iterable[str] = (), *, on_progress: OnProgress | None = None) -> int:
        """Removes ``article_ids``, and leaves no byte of them or of what was removed before; returns how many it was.

        Both indexes are made anew, as neither Chroma nor tantivy overwrites what it forgets. What is cut off, the next
        call does. Raises ``LibraryBusy`` where something could not be deleted.
        """
        self.demand_ownership()
        with self._writing:
            self._embedder.forget()
            return removing.purge(self.folder, self._catalogue, self._indexes, article_ids, on_progress)

    def tags(self) -> dict[str, int]:
        """The tags of the articles, each with how many carry it, the most frequent first."""
        return self._catalogue.tags.counts()

    def tags_of_articles(self) -> dict[str, tuple[str, ...]]:
        """The tags of each article that has any, by its id."""
        return self._catalogue.tags.of_articles()

    def tagged(self, tags: Sequence[str]) -> set[str]:
        """The ids of the articles that carry one of ``tags``."""
        return self._catalogue.tags.carrying(tags)

    def tag(self, article_ids: Iterable[str], tag: str) -> int:
        """Tags articles; returns how many did not carry the tag before. Raises ``SearchInvalid`` for what is none."""
        self.demand_ownership()
        with self._writing:
            return self._catalogue.tags.add(article_ids, tag)

    def untag(self, article_ids: Iterable[str], tag: str) -> int:
        """Takes a tag away from articles; returns how many carried it."""
        self.demand_ownership()
        with self._writing:
            return self._catalogue.tags.remove(article_ids, tag)

    def openings(self, article_ids: Sequence[str]) -> dict[str, tuple[str, int]]:
        """How each article begins, without its title, and how many words it has; for lists."""
        return self._catalogue.openings(article_ids)

    @property
    def watches(self) -> Watches:
        """The addresses that are asked again and again; ``vectorstore.watching`` asks them."""
        return self._catalogue.watches

    def mark_gone(self, article_id: str, found: date | None) -> None:
        """Notes the day on which an article's page was found to be gone; ``None``: it is there again."""
        with self._writing:
            self._catalogue.mark_gone(article_id, found)

    # -- search

    def search(
        self,
        question: str,
        *,
        k: int = 10,
        as_of: date | str | None = None,
        since: date | str | None = None,
        until: date | str | None = None,
        sources: Sequence[str] | None = None,
        prefer_recent: bool = False,
        near: date | str | None = None,
        prefer_sources: Sequence[str] = (),
        tags: Sequence[str] = (),
    ) -> list[Match]:
        """The ``k`` best passages, best first. Days are included at both ends; ``sources`` are outlets' names.

        Of ``tags`` an article must carry one.

        ``prefer_recent`` lowers a match by its article's age before ``as_of`` (today if not given), and ``near`` by
        its distance from the day of the matter; without either, age decides between matches that fit alike.
        ``prefer_sources`` come first where they fit as well.

        Raises ``SearchInvalid`` for an empty question, a day that is none, or an outlet or tag that the library lacks.
        """
        if not question.strip():
            raise SearchInvalid("The question is empty. Ask something about your articles.")
        if k < 1:
            raise SearchInvalid("k: {k} passages make no sense; ask for at least 1.", k=k)
        question = searching.searchable(question)
        keywords = self._indexes.words()
        expansion = keywords.expand(question) if keywords is not None else NOTHING
        return searching.find(
            question,
            self._embedder.question(respelled(question, expansion)),
            k=k,
            scope=replace(
                self.scope(as_of=as_of, since=since, until=until, sources=sources, tags=tags),
                prefers_recent=prefer_recent,
                near=scopes.day(near, "near"),
            ),
            sources=None if sources is None else self._catalogue.outlet_names.stored(sources),
            prefer_sources=self._catalogue.outlet_names.stored(prefer_sources),
            catalogue=self._catalogue,
            vectors=self._indexes.meaning(),
            keywords=keywords,
            expansion=expansion,
        )

    def scope(
        self,
        *,
        as_of: date | str | None = None,
        since: date | str | None = None,
        until: date | str | None = None,
        sources: Sequence[str] | None = None,
        tags: Sequence[str] = (),
    ) -> TimeScope:
        """The scope of days and tags that these parameters mean, with the number of undated articles it leaves out."""
        return scopes.scope_of(self._catalogue, as_of=as_of, since=since, until=until, sources=sources, tags=tags)

    def has_any(self, scope: TimeScope, sources: Sequence[str] | None = None) -> bool:
        """Whether any article lies inside ``scope`` (with its tags) and ``sources``."""
        return scopes.has_any(self._catalogue, scope, sources)

    def similarity(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Cosine between ``question`` and each of ``texts``, shape (len(texts),).

        The vectors of texts are kept for a while: what judges the evidence and what writes compare the same sentences.
        """
        return self._embedder.similarity(question, texts)

    # -- care

    def check(self) -> CheckReport:
        """Compares the catalogue with its own proofs and with both indexes, passage by passage, and changes nothing.

        While another process owns the library its indexes are taken to be in step: it may be at work on them.
        """
        beside_owner = self.read_only and self._ownership.held_elsewhere()
        return checking.check(self.folder, self._catalogue, self._indexes, self._embedder, beside_owner=beside_owner)

    def rebuild(self, on_progress: OnProgress | None = None) -> None:
        """Makes both indexes anew from the catalogue; passages and vectors too where model or splitter changed.

        Until all of those are made, readers beside it see the old ones; what is cut off goes on at the next call.
        """
        self.demand_ownership()
        with self._writing:
            if self._embedder.differences():
                rebuilding.remake_passages(
                    self.folder, self._catalogue, self._embeddings.embed_array, self.identity(), on_progress
                )
            elif self._catalogue.meta("model") is None:  # the first articles are to have this model's vectors
                self._catalogue.set_meta(self.identity())
            self._indexes.rebuild(on_progress)

    @property
    def owner_pid(self) -> int | None:
        """The process that owns the library, when it is another one."""
        return self._ownership.owner_pid() if self.read_only and self._ownership.held_elsewhere() else None

    def demand_ownership(self) -> None:
        """Raises ``LibraryInUse`` or ``LibraryReadOnly`` where this process may not write."""
        if self.read_only:
            refuse_to_write(self.folder, self._ownership, wished_to_read=self._wished_to_read)
