"""A desk without a library or a model: articles in memory, answers as they were laid down.

For looking at the page and for tests of what surrounds the answer. The flows of a reader run on the real Assistant.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import weakref
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from assistant.messages import Translator
from assistant.models.cancelling import Stop
from assistant.settings import Settings
from assistant.types import Answer, Citation, Statement, Step, Turn
from vectorstore.errors import ArticleUnknown
from vectorstore.messages import Message
from vectorstore.types import AddReport, Article, OnProgress, Outcome, Outlet, Passage, Progress, TimeScope

DART = Article(
    id="dart",
    title="DART shortened the orbit of Dimorphos by 32 minutes",
    text=(
        "NASA said on 11 October 2022 that the impact of its DART spacecraft shortened the orbit of the asteroid "
        "Dimorphos by 32 minutes. Dimorphos used to need 11 hours and 55 minutes to circle its larger companion "
        "Didymos; since the collision it needs 11 hours and 23 minutes. The figure is uncertain by about two minutes."
    ),
    published=date(2022, 10, 11),
    added=datetime(2026, 1, 5, 9, 0, tzinfo=UTC),
    source="Starter Library, Space desk",
    url="https://example.org/dart",
)
UNDATED = Article(
    id="undated",
    title="How a kinetic impactor works",
    text=(
        "A kinetic impactor is a spacecraft that strikes an asteroid to change its path. "
        "Nobody needs to steer it by hand."
    ),
    added=datetime(2026, 1, 5, 9, 0, tzinfo=UTC),
)


def cite(number: int, article: Article, quote: str) -> Citation:
    """A citation of words that stand in the article, the whole article as its passage."""
    start = article.text.index(quote)
    passage = Passage(1, article.id, 0, len(article.text), article.text)
    return Citation(number, quote, start, start + len(quote), article, passage)


def answer_about_dart(question: str = "How much shorter?") -> Answer:
    """Three sentences: carried, partly carried, not carried."""
    return Answer(
        question=question,
        text=(
            "DART shortened the orbit of Dimorphos by 32 minutes [1]. A kinetic impactor changes an asteroid's path, "
            "and is steered from Houston [2].\n\nIt cost 45 million dollars."
        ),
        statements=(
            Statement("DART shortened the orbit of Dimorphos by 32 minutes.", (1,), "verified"),
            Statement(
                "A kinetic impactor changes an asteroid's path, and is steered from Houston.",
                (2,),
                "partly",
                Message("{words} is not in the source", words="“Houston”"),
            ),
            Statement("It cost 45 million dollars.", (), "unsupported", "no source cited"),
        ),
        citations=(
            cite(
                1, DART, "the impact of its DART spacecraft shortened the orbit of the asteroid Dimorphos by 32 minutes"
            ),
            cite(2, UNDATED, "A kinetic impactor is a spacecraft that strikes an asteroid to change its path."),
        ),
        scope=TimeScope(until=date(2024, 9, 5), left_out_undated=2),
        model="openai:gpt-test",
        seconds_search=0.04,
        seconds_write=1.3,
    )


@dataclass
class FakeReply:
    """The pieces, each after ``wait`` seconds, then, once ``go`` is set, the answer."""

    finished: Answer
    pieces: Sequence[str]
    wait: float = 0.0
    fails_with: Exception | None = None
    status: str = ""
    checked: tuple[Statement, ...] = ()
    unanswered: Answer | None = None
    trail: tuple[Step, ...] = ()
    go: threading.Event | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)

    def __iter__(self) -> Iterator[str]:
        for piece in self.pieces:
            if self.cancelled.wait(self.wait) or self.cancelled.is_set():
                return
            yield piece
        while self.go and not (self.go.is_set() or self.cancelled.wait(0.02)):
            pass
        if self.fails_with is not None:
            raise self.fails_with

    @property
    def scope(self) -> TimeScope:
        return self.finished.scope

    @property
    def answer(self) -> Answer:
        return replace(self.finished, state="stopped") if self.cancelled.is_set() else self.finished

    def cancel(self) -> None:
        self.cancelled.set()


class FakeLibrary:
    """The articles of the desk, by the names under which the page asks for them."""

    def __init__(self, stored: list[Article], folder: Path | None, read_only: bool) -> None:
        if folder is None:
            folder = Path(tempfile.mkdtemp())
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.folder = folder
        self.read_only = read_only
        self.stored = stored
        self.carried: dict[str, tuple[Article, ...]] = {}

    def count(self) -> int:
        return len(self.stored)

    def changes(self) -> int:
        return hash(tuple(article.id for article in self.stored))

    def article(self, article_id: str, version: int | None = None) -> Article:
        for article in self.stored:
            if article.id == article_id and version in (None, article.version):
                return article
        raise ArticleUnknown(article_id)

    def outlets(self) -> tuple[Outlet, ...]:
        names = Counter(article.source for article in self.stored if article.source)
        return tuple(Outlet(name, count) for name, count in names.most_common())

    def tags(self) -> dict[str, int]:
        return dict(Counter(tag for article in self.stored for tag in article.tags).most_common())

    def tags_of_articles(self) -> dict[str, tuple[str, ...]]:
        return {article.id: article.tags for article in self.stored if article.tags}

    def openings(self, article_ids: Sequence[str]) -> dict[str, tuple[str, int]]:
        return {each.id: (each.text, len(each.text.split())) for each in self.stored if each.id in article_ids}

    def copies(self, article_ids: Sequence[str]) -> dict[str, tuple[Article, ...]]:
        return {id_: self.carried[id_] for id_ in article_ids if id_ in self.carried}

    def find_articles(self, words: str, *, k: int = 1_000) -> None:
        """As while the index is being made: titles are looked through instead."""


class FakeDesk:
    def __init__(
        self, articles: Sequence[Article] = (DART, UNDATED), *, folder: Path | None = None, read_only: bool = False
    ) -> None:
        self.stored = list(articles)
        self.library = FakeLibrary(self.stored, folder, read_only)
        self.writer = "openai:gpt-test"
        self.settings = Settings()
        self.asked: list[tuple[str, tuple[Turn, ...]]] = []
        self.searched: list[dict[str, Any]] = []
        self.replies: list[FakeReply] = []
        self.wait = 0.0
        self.go: threading.Event | None = None
        """Where there is one, an answer is being written until it is set."""
        self.fails_with: Exception | None = None
        self.finished: Answer | None = None
        self.can_look_deeper = False
        self.suggested: tuple[str, ...] = ()

    def stream(self, question: str, history: Sequence[Turn] = (), **search: Any) -> FakeReply:
        self.asked.append((question, tuple(history)))
        self.searched.append({name: value for name, value in search.items() if value})
        finished = self.finished or answer_about_dart(question)
        pieces = [word + " " for word in finished.text.split(" ")]
        reply = FakeReply(finished, pieces, self.wait, self.fails_with, trail=finished.trail, go=self.go)
        self.replies.append(reply)
        return reply

    def suggest(self, words: Translator, stop: Stop) -> tuple[str, ...]:
        return self.suggested

    def suggest_next(self, answer: Answer, words: Translator, stop: Stop) -> Answer:
        return replace(answer, suggested=self.suggested)

    def articles(self, *, limit: int | None = None, with_text: bool = True) -> list[Article]:
        return self.stored[:limit]

    def remove(self, ids: Sequence[str]) -> int:
        gone = [article for article in self.stored if article.id in ids]
        for article in gone:
            self.stored.remove(article)
        return len(gone)

    def add(self, paths: Sequence[Path], on_progress: OnProgress | None = None) -> AddReport:
        outcomes = []
        for number, path in enumerate(paths, 1):
            if on_progress is not None:
                on_progress(Progress("reading", number, len(paths)))
            text = path.read_text(errors="replace")
            if not text.strip():
                outcomes.append(Outcome(str(path), "refused", reason=f"{path} is empty"))
                continue
            article = Article(id=path.name, title=text.splitlines()[0], text=text, added=datetime.now(UTC))
            self.stored.append(article)
            outcomes.append(Outcome(str(path), "added", article.id, article.title))
        return AddReport(tuple(outcomes), passages=len(outcomes), seconds=0.1)
