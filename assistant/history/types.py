"""What is stored of conversations, as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime, tzinfo
from itertools import groupby
from typing import Any, Literal

from assistant.types import Answer, Turn

TurnState = Literal["asking", "complete", "cut", "stopped", "failed"]
Rating = Literal["up", "down"]


@dataclass(frozen=True, slots=True)
class Summary:
    """A conversation as a list shows it. Times are in UTC."""

    id: str
    title: str
    created: datetime
    changed: datetime
    """When it was last asked in or answered."""


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """A question, and what became of it."""

    id: int
    question: str
    state: TurnState
    text: str
    """The answer's text, or as much of it as had come."""
    asked: datetime
    answer: Answer | None = None
    """The whole answer as it was given; ``None`` while it is written, and where the writing was cut or failed."""
    problem: str | None = None
    """Why it failed, was cut or abstained: a sentence for the reader."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """What the reader had set beside the question, as it was given to ``begin``."""
    versions: tuple[int, ...] = ()
    """The turns that were asked in this place, oldest first, this one among them."""
    rating: Rating | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Conversation(Summary):
    """One path through a conversation's turns, first to last."""

    turns: tuple[StoredTurn, ...] = ()


def as_history(turns: Iterable[StoredTurn]) -> tuple[Turn, ...]:
    """Stored turns as the history of the next question; what got no answer is no part of it."""
    return tuple(
        each
        for turn in turns
        if turn.answer is not None and turn.answer.text
        for each in (Turn("user", turn.question), Turn.of(turn.answer))
    )


@dataclass(frozen=True, slots=True)
class PendingTurn:
    """A turn that is stored and waits for its answer."""

    conversation: str
    turn: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A conversation that holds the words of a search."""

    conversation: Summary
    turn: int | None
    """The latest turn that holds them all, perhaps on another branch; ``None`` where it is the title that does."""
    excerpt: str
    """Words around the first that was found."""
    marks: tuple[tuple[int, int], ...]
    """Where the words stand in ``excerpt``."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """A reader's verdict on an answer."""

    user: str
    conversation: str
    turn: int
    rating: Rating
    comment: str
    given: datetime
    answer: Answer

    def to_dict(self) -> dict[str, Any]:
        given, answer = self.given.isoformat(timespec="seconds"), self.answer.to_dict()
        return {each.name: getattr(self, each.name) for each in fields(self)} | {"given": given, "answer": answer}


def by_day(summaries: Iterable[Summary], zone: tzinfo | None = None) -> list[tuple[date, list[Summary]]]:
    """What ``Conversations.conversations`` gives, under the days of the last change in ``zone`` (``None``: our own)."""
    days = groupby(summaries, lambda each: each.changed.astimezone(zone).date())
    return [(day, list(group)) for day, group in days]
