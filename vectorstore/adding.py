"""Taking articles in: reading and splitting, embedding, and storing, the three at the same time."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from vectorstore.errors import AddInterrupted
from vectorstore.indexes.in_step import Indexes
from vectorstore.messages import Message
from vectorstore.storage.arrays import Vectors
from vectorstore.storage.articles.catalogue import Catalogue
from vectorstore.storage.articles.rows import digest
from vectorstore.storage.articles.writes import Draft
from vectorstore.storage.kept_vectors import Embed, KeptVectors
from vectorstore.text import splitter
from vectorstore.types import AddReport, Article, OnProgress, Outcome, OutcomeKind, Progress, Refusal

_FIRST_BATCH, _LARGEST_BATCH = 32, 256
"""Passages embedded and committed at once. The first are few, so that progress shows soon; then twice as many each
time, up to two seconds of work: little is repeated after a crash, and commits cost little."""

_AHEAD = 0.5
"""Seconds of reading ahead, to learn how many articles there are before the first is reported."""

PART = "add.part"
"""Below the library's folder: vectors of articles that are not stored yet."""


def embedded_text(article: Article, span: tuple[int, int]) -> str:
    """What stands for a passage in the vector space: its words under its article's title, which names the subject."""
    return f"{article.title}\n{article.text[span[0] : span[1]]}"


@dataclass(slots=True)
class _Batch:
    """Articles on their way: read and split, their vectors being made."""

    articles: list[Article] = field(default_factory=list)
    spans: list[list[tuple[int, int]]] = field(default_factory=list)
    outcomes: list[tuple[int, Outcome]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    vectors: Future[Vectors] | None = None
    size: int = 0


class Addition:
    """One run of ``add``. The caller holds the library's lock for writing."""

    def __init__(
        self,
        folder: Path,
        catalogue: Catalogue,
        indexes: Indexes,
        embed: Embed,
        identity: Mapping[str, str],
        on_progress: OnProgress | None = None,
    ) -> None:
        self._place = folder / PART
        self._identity = identity
        self._kept: KeptVectors | None = None
        self._catalogue = catalogue
        self._indexes = indexes
        self._embed = embed
        self._on_progress = on_progress
        self._outcomes: list[Outcome | None] = []  # None: on its way
        self._passages = 0
        self._settled = 0
        self._total = 0
        self._batch = _FIRST_BATCH
        self._filling = _Batch()
        self._queue: list[_Batch] = []
        self._ids: set[str] = set()  # what is on its way is not in the catalogue yet, and an input can meet itself
        self._digests: dict[str, str] = {}

    def run(self, items: Iterable[Article | Refusal]) -> AddReport:
        """Takes everything in and reports on it. Raises ``AddInterrupted`` on Ctrl-C, leaving no work half done."""
        begun = time.monotonic()
        try:
            self._catalogue.copies.regroup(self._on_progress)
            if self._place.is_dir():  # an earlier run was cut off
                self._keep()
            # One thread: the model itself uses every core.
            with ThreadPoolExecutor(1, thread_name_prefix="embed") as self._executor:
                try:
                    for item in self._counted(iter(items)):
                        self._take(item)
                    self._drain()
                except BaseException:
                    self._executor.shutdown(wait=False, cancel_futures=True)
                    raise
        except KeyboardInterrupt:
            self._indexes.apply()  # what the catalogue already holds becomes findable; the rest was not acknowledged
            for batch in self._queue:
                self._acknowledge(batch)
            raise AddInterrupted(self._report(begun)) from None
        finally:
            if self._kept is not None:
                self._kept.close()
            self._indexes.seal()
        if self._kept is not None:
            self._kept.delete()
        self._catalogue.learn_outlet_names()
        return self._report(begun)

    def _report(self, begun: float) -> AddReport:
        done = tuple(outcome for outcome in self._outcomes if outcome is not None)
        return AddReport(done, self._passages, time.monotonic() - begun)

    def _counted(self, items: Iterator[Article | Refusal]) -> Iterator[Article | Refusal]:
        ahead: list[Article | Refusal] = []
        until = time.monotonic() + _AHEAD
        for item in items:
            ahead.append(item)
            if time.monotonic() > until:
                break
        else:
            self._total = len(ahead)
        yield from ahead
        yield from items

    def _take(self, item: Article | Refusal) -> None:
        if isinstance(item, Refusal):
            self._settle(Outcome(item.source, "refused", reason=item.reason))
            return
        if not _encodable(item):
            reason = Message("it holds half of a surrogate pair, which is no text; clean it first")
            self._settle(_outcome(item, "refused", reason))
            return
        if item.id in self._ids:
            self._drain()
        content = digest(item)
        known = self._catalogue.digest_of(item.id)
        if known == content and self._catalogue.is_whole(item.id):
            self._settle(_outcome(item, "unchanged"))
            return
        twin = self._digests.get(content) or self._catalogue.same_content(content)
        if known is None and twin is not None:
            self._settle(
                _outcome(item, "duplicate", Message("the same article is in the library as {article}", article=twin))
            )
            return
        spans = splitter.passages(item.text)
        if not spans:
            reason = Message("it holds no text; check that the file is the article")
            self._settle(Outcome(item.origin, "refused", reason=reason))
            return
        batch = self._filling
        batch.articles.append(item)
        batch.spans.append(spans)
        batch.outcomes.append((len(self._outcomes), _outcome(item, "added" if known is None else "changed")))
        batch.size += len(spans)
        self._outcomes.append(None)
        self._ids.add(item.id)
        self._digests[content] = item.id
        if batch.size >= self._batch:
            self._keep()
            self._send()
            self._batch = min(2 * self._batch, _LARGEST_BATCH)

    def _send(self) -> None:
        """Hands the filled batch to the model, and stores the one before it meanwhile."""
        batch, self._filling = self._filling, _Batch()
        if not batch.articles:
            return
        batch.texts = [
            embedded_text(article, span)
            for article, spans in zip(batch.articles, batch.spans, strict=True)
            for span in spans
        ]
        make = partial(self._kept.vectors, embed=self._embed) if self._kept else self._embed
        batch.vectors = self._executor.submit(make, batch.texts)
        self._queue.append(batch)
        self._indexes.open()  # once, while the model is at work: importing Chroma takes over a second
        if len(self._queue) > 2:
            self._store()

    def _keep(self) -> None:
        """From now on vectors are kept until they are stored. A run of one small batch has nothing worth keeping."""
        if self._kept is None:
            self._kept = KeptVectors.open(self._place, self._identity)

    def _drain(self) -> None:
        self._send()
        while self._queue:
            self._store()

    def _store(self) -> None:
        batch = self._queue[0]
        assert batch.vectors is not None
        vectors = batch.vectors.result()
        drafts = []
        first = 0
        for article, spans in zip(batch.articles, batch.spans, strict=True):
            drafts.append(Draft(article, spans, vectors[first : first + len(spans)]))
            first += len(spans)
        entries = self._catalogue.writes.stage(drafts)
        self._indexes.apply(entries)
        self._acknowledge(batch)
        if self._kept is not None:
            self._kept.forget(batch.texts)
        self._queue.pop(0)
        self._settled += len(batch.articles)
        self._tell()
        for article in batch.articles:
            self._ids.discard(article.id)
            self._digests.pop(digest(article), None)

    def _acknowledge(self, batch: _Batch) -> None:
        """Enters into the report what the catalogue has of the batch; once, however often it is called."""
        copies = self._catalogue.copies.of([article.id for article in batch.articles])
        for (position, outcome), article, spans in zip(batch.outcomes, batch.articles, batch.spans, strict=True):
            if self._outcomes[position] is None and self._catalogue.digest_of(article.id) == digest(article):
                if article.id in copies:
                    first = copies[article.id][0].id
                    outcome = replace(outcome, reason=Message("it carries the same story as {article}", article=first))
                self._outcomes[position] = outcome
                self._passages += len(spans)

    def _settle(self, outcome: Outcome) -> None:
        self._outcomes.append(outcome)
        self._settled += 1
        self._tell()

    def _tell(self) -> None:
        if self._on_progress is not None:
            self._on_progress(Progress("adding", self._settled, self._total))


def _encodable(article: Article) -> bool:
    parts = (
        article.id,
        article.title,
        article.text,
        article.source,
        article.url,
        *article.authors,
        article.origin,
        *article.tags,
    )
    try:
        "".join(part for part in parts if part is not None).encode()
    except UnicodeEncodeError:
        return False
    return True


def _outcome(article: Article, kind: OutcomeKind, reason: str | None = None) -> Outcome:
    return Outcome(article.origin, kind, article.id, article.title, reason, article.notes)
