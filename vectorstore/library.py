"""A library of articles: add, remove, search, check, rebuild. Owns the lock, and the order of every write.

An article is acknowledged when ``add`` reports it, and from then on it is found, once, after any crash: the catalogue
has it first, the indexes follow, and what a crash leaves between the two is finished at the next opening.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from vectorstore import forking
from vectorstore import search as searching
from vectorstore import sources as reading
from vectorstore.adding import Addition, embedded_text
from vectorstore.embedding.embeddings import ArrayEmbeddings, LocalEmbeddings, checked
from vectorstore.errors import (
    LibraryBusy,
    LibraryDamaged,
    LibraryInUse,
    LibraryMismatch,
    LibraryReadOnly,
    SearchInvalid,
)
from vectorstore.indexes.in_step import FOLDERS, Indexes
from vectorstore.messages import Message
from vectorstore.sources import DEFAULT_LIMITS, Limits
from vectorstore.storage.arrays import Vectors
from vectorstore.storage.catalogue import FILE_NAME, Catalogue, demand_library
from vectorstore.storage.lock import UNWRITABLE, Ownership
from vectorstore.storage.watches import Watches
from vectorstore.text import splitter
from vectorstore.text.names import NOTHING, respelled
from vectorstore.types import (
    AddReport,
    Article,
    CheckReport,
    Match,
    OnProgress,
    Outlet,
    Passage,
    Problem,
    Progress,
    Refusal,
    TimeScope,
)

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

_log = logging.getLogger(__name__)

_REMEMBERED_QUESTIONS = 256
_REMEMBERED_TEXTS = 2_000

UNDO = timedelta(days=1)
"""How long what was removed can be brought back."""

_REBUILT = "rebuild.part"
"""Below the library's folder: where passages are made anew."""

_LONGEST_QUESTION = 4_000
"""Characters of a question that are searched for; more is a document, and belongs into the library."""


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
        self._embeddings = _array_embeddings(embeddings)
        self._writing = threading.RLock()
        self._open_stores()
        self._questions: OrderedDict[str, Vectors] = OrderedDict()
        self._texts: OrderedDict[str, Vectors] = OrderedDict()
        self._wished_to_read = False
        forking.OPEN.add(self)

    def _open_stores(self) -> None:
        self._catalogue = Catalogue(self.folder, read_only=self.read_only)
        self._indexes = Indexes(self.folder, self._catalogue, self._ownership, self._writing, read_only=self.read_only)

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
        last is told in ``notices``. ``recover=False`` accepts a
        library made with another model and mends nothing: for ``check`` and ``rebuild``.

        Raises ``LibraryError`` when there is nothing to read, ``LibraryMismatch``, ``LibraryDamaged``, ``LibraryBusy``.
        """
        path = Path(folder).expanduser()
        if read_only:
            demand_library(path)
        ownership = Ownership(path)
        owned = False
        notices: list[str] = []
        try:
            path.mkdir(parents=True, exist_ok=True)
            if not read_only:
                with suppress(LibraryInUse):
                    ownership.acquire()
                    owned = True
        except OSError as error:
            reason = error.strerror or str(error)
            if error.errno not in UNWRITABLE or not (path / FILE_NAME).is_file():
                raise LibraryBusy(
                    "The library {path} cannot be opened: {reason}. Choose another folder.",
                    path=path,
                    reason=reason,
                ) from error
            notices.append(
                Message(
                    "Nothing can be written to the library {path} ({reason}): it is open for reading.",
                    path=path,
                    reason=reason,
                )
            )
        try:
            _demand_catalogue(path)
            library = cls(path, embeddings, ownership, read_only=not owned)
        except BaseException:
            ownership.release()
            raise
        library._wished_to_read = read_only
        try:
            if recover:
                library._compare_identity()
                if owned:
                    library._catalogue.forget_removed(datetime.now(UTC) - UNDO)
                    notices += library._indexes.recover()
            library.notices = tuple(notices)
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

    def article(self, article_id: str, version: int | None = None) -> Article:
        """One article, or an earlier version of it. Raises ``ArticleUnknown``."""
        return self._catalogue.article(article_id, version)

    def state(self) -> str:
        """A digest of the articles and their words: libraries that hold the same have the same."""
        return self._catalogue.state()

    def identity(self) -> dict[str, str]:
        """What passages and vectors are made with."""
        return {
            "model": self._embeddings.name,
            "dimension": str(self._embeddings.dimension),
            "splitter": str(splitter.SPLITTER_VERSION),
        }

    def changes(self) -> int:
        """A number that is another one whenever articles have come or gone: for what is remembered of them."""
        return self._catalogue.generation()

    def copies(self, article_ids: Sequence[str]) -> dict[str, tuple[Article, ...]]:
        """The other articles that carry the same story, for those of ``article_ids`` that have any; without texts."""
        return self._catalogue.copies(article_ids)

    def most_covered(self, k: int) -> list[tuple[str, int]]:
        """The ``k`` stories that most articles carry, at least two each: an article that stands for it, and how many.

        The newest comes first among those that are carried as often.
        """
        table = self._catalogue.table()
        if not len(table.ids):
            return []
        articles, firsts = np.unique(table.articles, return_index=True)
        stories, of_article, carried = np.unique(table.stories[firsts], return_inverse=True, return_counts=True)
        newest = np.zeros(len(stories), dtype=np.int64)
        np.maximum.at(newest, of_article, table.days[firsts])
        shared = np.flatnonzero(carried > 1)
        chosen = shared[np.lexsort((stories[shared], -newest[shared], -carried[shared]))][:k]
        member = {int(story): table.article_ids[articles[np.flatnonzero(of_article == story)[0]]] for story in chosen}
        fullest = self._catalogue.representatives(list(member.values()))
        return [(fullest.get(member[story], member[story]), int(carried[story])) for story in map(int, chosen)]

    def find_articles(self, words: str, *, k: int = 1_000, other_spellings: bool = True) -> list[str] | None:
        """The ids of the ``k`` articles in which ``words`` stand, the best first; ``None`` while the index is made.

        ``other_spellings``: those of names are looked for as well.
        """
        keywords = self._indexes.words()
        if keywords is None:
            return None
        wanted = words.strip()[:_LONGEST_QUESTION].encode(errors="replace").decode()
        hits = keywords.search_articles(wanted, k, expansion=None if other_spellings else NOTHING)
        table = self._catalogue.table()
        places = np.searchsorted(table.ids, [passage for passage, _ in hits])
        held = [
            place
            for place, (passage, _) in zip(places.tolist(), hits, strict=True)
            if place < len(table.ids) and table.ids[place] == passage  # else it has just been removed
        ]
        return [table.article_ids[number] for number in table.articles[held].tolist()]

    def passages(self, article_id: str) -> list[Passage]:
        """The passages of one article, in order. Raises ``ArticleUnknown``."""
        return self._catalogue.passages_of(article_id)

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
            self._compare_identity()
            return Addition(self._catalogue, self._indexes, self._embed, on_progress).run(articles)

    def remove(self, article_ids: str | Iterable[str]) -> int:
        """Takes articles out, with their earlier versions; returns how many there were.

        For a day ``undo`` can bring them back; ``purge`` leaves nothing of them at once.
        """
        self.demand_ownership()
        with self._writing:
            removed = self._catalogue.remove([article_ids] if isinstance(article_ids, str) else article_ids)
            if removed:
                self._indexes.apply([])
                self._indexes.seal()
            return removed

    def undo(self, *, on_progress: OnProgress | None = None) -> AddReport:
        """Brings back the articles that were removed within the last day, with their earlier versions."""
        self.demand_ownership()
        with self._writing:
            return self.add_articles(self._catalogue.removed(datetime.now(UTC) - UNDO), on_progress=on_progress)

    def purge(self, article_ids: Iterable[str] = (), *, on_progress: OnProgress | None = None) -> int:
        """Removes ``article_ids``, and leaves no byte of them or of what was removed before; returns how many it was.

        Both indexes are made anew, as neither Chroma nor tantivy overwrites what it forgets. What is cut off, the next
        call does. Raises ``LibraryBusy`` where something could not be deleted.
        """
        self.demand_ownership()
        with self._writing:
            self._catalogue.remove(article_ids)
            purged = self._catalogue.forget_removed(datetime.max)
            self._questions.clear()
            self._texts.clear()
            shutil.rmtree(self.folder / _REBUILT, ignore_errors=True)
            self._indexes.rebuild(on_progress)
            self._catalogue.compact()
            indexes = [path for name in FOLDERS for path in (self.folder / name).iterdir()]
            if len(indexes) > len(FOLDERS) or (self.folder / _REBUILT).exists():
                raise LibraryBusy(
                    "Files of an earlier index in {folder} could not be deleted, and may hold what was removed. Check "
                    "permissions, then run `assistant purge` again.",
                    folder=self.folder,
                )
            return purged

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
    ) -> list[Match]:
        """The ``k`` best passages, best first. Days are included at both ends; ``sources`` are outlets' names.

        ``prefer_recent`` lowers a match by its article's age before ``as_of`` (today if not given), and ``near`` by
        its distance from the day of the matter; without either, age decides between matches that fit alike.
        ``prefer_sources`` come first where they fit as well.

        Raises ``SearchInvalid`` for an empty question, a day that is none, or an outlet that the library lacks.
        """
        if not question.strip():
            raise SearchInvalid("The question is empty. Ask something about your articles.")
        if k < 1:
            raise SearchInvalid("k: {k} passages make no sense; ask for at least 1.", k=k)
        question = question.strip()[:_LONGEST_QUESTION].encode(errors="replace").decode()  # no half surrogate pairs
        keywords = self._indexes.words()
        expansion = keywords.expand(question) if keywords is not None else NOTHING
        return searching.find(
            question,
            self._vector_of(respelled(question, expansion)),
            k=k,
            scope=replace(
                self.scope(as_of=as_of, since=since, until=until, sources=sources),
                prefers_recent=prefer_recent,
                near=searching.day(near, "near"),
            ),
            sources=sources,
            prefer_sources=prefer_sources,
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
    ) -> TimeScope:
        """The time scope that these parameters mean, with the number of undated articles it leaves out."""
        if sources is not None:
            self._demand_sources(sources)
        scope = TimeScope(searching.day(as_of, "as_of"), searching.day(since, "since"), searching.day(until, "until"))
        if scope.first is not None and scope.last is not None and scope.first > scope.last:
            ends = {"first": str(scope.first), "last": str(scope.last)}
            raise SearchInvalid("The scope is empty: it begins on {first} and ends on {last}.", **ends)
        undated = self._catalogue.undated(sources) if scope.limits else 0
        return TimeScope(scope.as_of, scope.since, scope.until, undated)

    def has_any(self, scope: TimeScope, sources: Sequence[str] | None = None) -> bool:
        """Whether any article lies inside ``scope`` and ``sources``."""
        return bool(searching.admissible(self._catalogue.table(), scope, sources).any())

    def similarity(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Cosine between ``question`` and each of ``texts``, shape (len(texts),).

        The vectors of texts are kept for a while: what judges the evidence and what writes compare the same sentences.
        """
        if not texts:
            return np.zeros(0, dtype=np.float32)
        known = {text: vector for text in texts if (vector := self._texts.get(text)) is not None}
        if unknown := [text for text in dict.fromkeys(texts) if text not in known]:
            known.update(zip(unknown, self._embeddings.embed_array(unknown), strict=True))
            self._texts.update((text, known[text]) for text in unknown)
            _forget_oldest(self._texts, _REMEMBERED_TEXTS)
        cosines: NDArray[np.float32] = np.stack([known[text] for text in texts]) @ self._vector_of(question)
        return cosines

    # -- care

    def check(self) -> CheckReport:
        """Compares the catalogue with its own proofs and with both indexes, passage by passage, and changes nothing.

        While another process owns the library its indexes are taken to be in step: it may be at work on them.
        """
        try:
            return self._checked()
        except LibraryDamaged as error:
            return CheckReport(0, 0, 0, 0, 0, (Problem(str(error), f"restore {FILE_NAME} from a backup"),))

    def _checked(self) -> CheckReport:
        beside_owner = self.read_only and self._ownership.held_elsewhere()
        articles, passages, undated = self._catalogue.counts()
        problems = [
            Problem(f"The catalogue is damaged: {finding}", f"restore {FILE_NAME} from a backup")
            for finding in self._catalogue.integrity()
        ]
        problems += [
            Problem(
                f"The article {article_id} is damaged: its words, passages or vectors are not what was stored",
                f"assistant remove {article_id} --library {self.folder}, and add it again",
            )
            for article_id in self._catalogue.damaged()
        ]
        remedy = f"assistant rebuild --library {self.folder}"
        if self._catalogue.groups_damaged():
            problems.append(Problem("The groups of copies are damaged", remedy))
        problems += [
            Problem(f"The library was made otherwise: {difference}", remedy)
            for difference in self._identity_differences()
        ]
        if self._indexes.unfinished():
            problems.append(Problem("The last change was cut off before both indexes had it", remedy))
        expected = self._catalogue.passage_ids()
        held: list[int] = []
        for name, held_by in (("vector", self._indexes.vector_ids), ("keyword", self._indexes.keyword_ids)):
            ids = expected if beside_owner else held_by()
            held.append(0 if ids is None else len(ids))
            if ids is None:
                problems.append(Problem(f"The {name} index is missing or was not left whole", remedy))
                continue
            for count, what in ((len(expected - ids), "lacks"), (len(ids - expected), "has too many:")):
                if count:
                    problems.append(Problem(f"The {name} index {what} {count} passages", remedy))
        return CheckReport(articles, passages, held[0], held[1], undated, tuple(problems))

    def rebuild(self, on_progress: OnProgress | None = None) -> None:
        """Makes both indexes anew from the catalogue; passages and vectors too where model or splitter changed."""
        self.demand_ownership()
        with self._writing:
            if self._identity_differences():
                self._remake_passages(on_progress)
            self._indexes.rebuild(on_progress)

    @property
    def owner_pid(self) -> int | None:
        """The process that owns the library, when it is another one."""
        return self._ownership.owner_pid() if self.read_only and self._ownership.held_elsewhere() else None

    # -- inside

    def _identity_differences(self) -> list[str]:
        stored = {name: self._catalogue.meta(name) for name in ("model", "splitter")}
        if stored["model"] is None:
            return []
        now = {"model": self._embeddings.name, "splitter": str(splitter.SPLITTER_VERSION)}
        return [f"{name} {stored[name]}, now {now[name]}" for name in now if stored[name] != now[name]]

    def _compare_identity(self) -> None:
        differences = self._identity_differences()
        if differences:
            raise LibraryMismatch(
                "The library {folder} was made otherwise ({differences}). `assistant rebuild --library {folder}` makes "
                "its passages anew; or set ASSISTANT_EMBEDDINGS to the model it was made with.",
                folder=self.folder,
                differences="; ".join(differences),
            )

    def _remake_passages(self, on_progress: OnProgress | None) -> None:
        """Splits and embeds every article again, in a copy that takes the catalogue's place once it is complete."""
        place = self.folder / _REBUILT
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        self._catalogue.copy_to(place)
        copy = Catalogue(place)
        articles = copy.articles()
        for done, article in enumerate(articles, start=1):
            spans = splitter.passages(article.text)
            vectors = self._embeddings.embed_array([embedded_text(article, span) for span in spans])
            copy.replace_passages(article.id, spans, vectors)
            if on_progress is not None:
                on_progress(Progress("embedding", done, len(articles)))
        # No index has this stamp: whatever happens next, those of the old passages are not taken for whole.
        copy.set_meta({**self.identity(), "stamp": uuid4().hex})
        self._catalogue.take_over(copy)
        copy.close()
        shutil.rmtree(place, ignore_errors=True)

    def _embed(self, texts: Sequence[str]) -> Vectors:
        return self._of_our_dimension(self._embeddings.embed_array(texts))

    def _of_our_dimension(self, vectors: Vectors) -> Vectors:
        ours = self._catalogue.meta("dimension")
        if ours is not None and vectors.shape[-1] != int(ours):
            raise LibraryMismatch(
                "The library {folder} holds vectors of {ours} numbers, and {model} now makes {theirs}. Set it to "
                "{ours}, or use another library.",
                folder=self.folder,
                ours=ours,
                model=self._embeddings.name,
                theirs=vectors.shape[-1],
            )
        return vectors

    def _vector_of(self, question: str) -> Vectors:
        vector = self._questions.get(question)
        if vector is None:
            vector = self._of_our_dimension(np.asarray(self._embeddings.embed_query(question), dtype=np.float32))
            self._questions[question] = vector
            _forget_oldest(self._questions, _REMEMBERED_QUESTIONS)
        return vector

    def demand_ownership(self) -> None:
        """Raises ``LibraryInUse`` or ``LibraryReadOnly`` where this process may not write."""
        if not self.read_only:
            return
        if self._wished_to_read:
            raise LibraryReadOnly(
                "The library {folder} is open for reading only. Open it without read_only.", folder=self.folder
            )
        try:
            self._ownership.acquire()  # raises LibraryInUse with the owner's pid while there is one
        except OSError as error:
            raise LibraryReadOnly(
                "Nothing can be written to the library {folder} ({reason}). Copy it to where you may write, and use "
                "the copy.",
                folder=self.folder,
                reason=error.strerror or error,
            ) from error
        self._ownership.release()
        raise LibraryInUse(
            "The library {folder} was in use when this process opened it. It is free now: open it again to write.",
            folder=self.folder,
        )

    def _demand_sources(self, wanted: Sequence[str]) -> None:
        if isinstance(wanted, str):
            raise SearchInvalid("sources: give a list of outlets, such as [{outlet}].", outlet=repr(wanted))
        known = {name.casefold(): name for name in self._catalogue.table().source_names}
        for name in wanted:
            if name.casefold() not in known:
                raise SearchInvalid(
                    "sources: no article here comes from “{name}”. Outlets in this library: {some}.",
                    name=name,
                    some=", ".join(sorted(known.values())[:12]) or Message("none yet"),
                )


def _forget_oldest(kept: OrderedDict[str, Vectors], most: int) -> None:
    while len(kept) > most:
        with suppress(KeyError):  # another thread was quicker
            kept.popitem(last=False)


def _demand_catalogue(folder: Path) -> None:
    """A folder with indexes but no catalogue is no new library: its articles are gone, and that must be said."""
    catalogue = folder / FILE_NAME
    made = catalogue.is_file() and catalogue.stat().st_size
    if not made and any((folder / name).is_dir() for name in FOLDERS):
        raise LibraryDamaged(
            "The library {folder} has indexes, but its catalogue {file} is missing or empty. Restore it from a "
            "backup, or remove the folder and add the articles again.",
            folder=folder,
            file=FILE_NAME,
        )


def _array_embeddings(embeddings: Embeddings | None) -> ArrayEmbeddings:
    if embeddings is None:
        return LocalEmbeddings()
    if isinstance(embeddings, ArrayEmbeddings):
        return embeddings
    name = getattr(embeddings, "model", None) or type(embeddings).__name__
    return checked(embeddings, str(name))
