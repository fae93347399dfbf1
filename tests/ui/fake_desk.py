"""A desk without a library or a model: articles in memory, answers as they were laid down.

For looking at the page and for tests of what surrounds the answer. The flows of a reader run on the real Assistant.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

from assistant.types import Answer, Citation, Statement, Turn
from vectorstore.types import AddReport, Article, OnProgress, Outcome, Passage, Progress, TimeScope

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
                "“Houston” not in the source",
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
    """The pieces, each after ``wait`` seconds, then the answer."""

    finished: Answer
    pieces: Sequence[str]
    wait: float = 0.0
    fails_with: Exception | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)

    def __iter__(self) -> Iterator[str]:
        for piece in self.pieces:
            if self.cancelled.wait(self.wait) or self.cancelled.is_set():
                return
            yield piece
        if self.fails_with is not None:
            raise self.fails_with

    @property
    def answer(self) -> Answer:
        return replace(self.finished, state="stopped") if self.cancelled.is_set() else self.finished

    def cancel(self) -> None:
        self.cancelled.set()


@dataclass
class FakeLibrary:
    folder: Path
    read_only: bool = False


class FakeDesk:
    def __init__(
        self, articles: Sequence[Article] = (DART, UNDATED), *, folder: Path = Path("library"), read_only: bool = False
    ) -> None:
        self.library = FakeLibrary(folder, read_only)
        self.writer = "openai:gpt-test"
        self.stored = list(articles)
        self.asked: list[tuple[str, tuple[Turn, ...]]] = []
        self.replies: list[FakeReply] = []
        self.wait = 0.0
        self.fails_with: Exception | None = None
        self.finished: Answer | None = None

    def stream(self, question: str, history: Sequence[Turn] = ()) -> FakeReply:
        self.asked.append((question, tuple(history)))
        finished = self.finished or answer_about_dart(question)
        pieces = [word + " " for word in finished.text.split(" ")]
        reply = FakeReply(finished, pieces, self.wait, self.fails_with)
        self.replies.append(reply)
        return reply

    def articles(self, *, with_text: bool = True) -> list[Article]:
        return list(self.stored)

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
