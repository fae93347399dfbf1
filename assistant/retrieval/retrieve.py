"""Retrieval for one question: the stories of an overview, or the passages that fit it and each of its parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from assistant.conversation.follow_up import Followed
from assistant.conversation.parts import interleaved, may_have_parts, places, split
from assistant.models.cancelling import Stop
from assistant.question.scope import ScopedQuestion
from assistant.reader import RequestKind
from assistant.retrieval.passage_context import widened
from assistant.types import Turn, Usage
from assistant.writer import Plan
from assistant.writing import digest
from vectorstore.library import Library
from vectorstore.types import Match


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question as it was read, once: its kind, and what it takes from the conversation, with its scope."""

    text: str
    """As it was asked."""
    kind: RequestKind
    followed: Followed
    history: tuple[Turn, ...] = ()

    @property
    def scoped(self) -> ScopedQuestion:
        """What is searched for, and where."""
        return self.followed.asked

    @property
    def wanted(self) -> str:
        """What is put to the writer, in words that stand alone."""
        return self.scoped.text if self.followed.leans else self.text


@dataclass(frozen=True, slots=True)
class Retrieved:
    matches: list[Match]
    wanted: str
    """The question for the writer."""
    parts: tuple[tuple[str, list[int]], ...] = ()
    """What is asked where it is several things: each with the places of its own passages among the matches."""
    overview: Iterator[str] | None = None
    """The text of a digest, for a writer that only quotes."""
    without: tuple[str, ...] = ()
    """Outlets that were asked for and have nothing on it."""
    usage: Usage = field(default_factory=Usage)


def retrieve(asked: AskedQuestion, library: Library, *, k: int, plan: Plan | None, deep: bool, stop: Stop) -> Retrieved:
    """The passages for ``asked``: ``k``, or the stories of an overview where one is asked for and there is any.

    ``plan`` may put the question into words that are easier to search for. A ``deep`` question has its parts looked up
    one by one later on, so that one call of the model is enough to wait for.
    """
    if asked.kind in ("digest", "timeline"):
        made = digest.digest(asked.scoped, library, timeline=asked.kind == "timeline")
        if made.matches:
            return Retrieved(list(made.matches), asked.wanted, overview=digest.written(made))
    elif asked.kind == "compare":
        matches, without = digest.compared(asked.scoped, library, k=k)
        if matches:
            overview = digest.side_by_side(asked.scoped.text, matches)
            return Retrieved(matches, asked.wanted, overview=overview, without=tuple(without))
    return _by_search(asked, library, k, *_planned(asked, plan, deep=deep, stop=stop))


def _planned(asked: AskedQuestion, plan: Plan | None, *, deep: bool, stop: Stop) -> tuple[tuple[str, ...], str, Usage]:
    """The questions to search for, the one for the writer, and what that cost: by the model where there is need."""
    leans, text, usage = asked.followed.leans, asked.scoped.text, Usage()
    if plan and (leans or (not deep and may_have_parts(text))):
        made, usage = plan(asked.text if leans else text, asked.followed, stop)
        if made is not None and (leans or len(made) > 1):
            return made, " ".join(made) if leans else asked.wanted, usage
    return (text,) if leans else split(text), asked.wanted, usage


def _by_search(
    asked: AskedQuestion, library: Library, k: int, questions: tuple[str, ...], wanted: str, usage: Usage
) -> Retrieved:
    def search(text: str) -> list[Match]:
        beside = " ".join(("", *asked.followed.names)) if text == asked.scoped.text else ""
        return asked.scoped.search(library, k=k, text=text + beside)

    if len(questions) == 1:
        return Retrieved(widened(search(questions[0])), wanted, usage=usage)
    found = [search(each) for each in questions]
    matches = widened(interleaved([*found, search(asked.scoped.text)], k))
    parts = tuple((each, places(own, matches)) for each, own in zip(questions, found, strict=True))
    return Retrieved(matches, wanted, parts, usage=usage)
