"""What a question turns into. The same ``Answer`` for Python, command line, page and export."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from vectorstore.types import Article, Match, Passage, TimeScope

Support = Literal["verified", "partly", "unsupported"]
State = Literal["complete", "cut", "stopped"]
"""``complete``: the writer finished. ``cut``: the model or the line failed midway. ``stopped``: by the reader."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier message of the conversation."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Citation:
    """The exact words that carry a statement: ``article.text[start:end] == quote``, inside ``passage``."""

    number: int
    quote: str
    start: int
    end: int
    article: Article
    passage: Passage

    def to_dict(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "quote": self.quote,
            "start": self.start,
            "end": self.end,
            "article": self.article.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of the answer, without its markers, and how well its citations carry it."""

    text: str
    citations: tuple[int, ...]
    support: Support
    reason: str = ""
    """Why it is not ``verified``: "figure 45 not in the source", "no source cited", …"""
    repaired: tuple[int, ...] = ()
    """Those of ``citations`` that stand where the writer cited a passage that does not say it."""

    def to_dict(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "citations": list(self.citations),
            "support": self.support,
            "reason": self.reason,
            "repaired": list(self.repaired),
        }


@dataclass(frozen=True, slots=True)
class Usage:
    """What the writer consumed. ``cost_usd`` is ``None`` where the price is not known."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished, checked answer."""

    question: str
    text: str
    """Markdown with ``[1]`` markers; the numbers are those of ``citations``."""
    statements: tuple[Statement, ...]
    citations: tuple[Citation, ...]
    scope: TimeScope
    model: str
    """Which writer wrote: ``extractive``, or the chat model's name."""
    abstained: bool = False
    reason: str | None = None
    """Why it abstained, or why it is cut; a sentence for the reader."""
    state: State = "complete"
    nearest: tuple[Match, ...] = ()
    """When it abstained: the closest passages, none of which holds the answer."""
    usage: Usage = Usage()
    seconds_search: float = 0.0
    seconds_write: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """The one JSON form. ``state`` is there so that a cut answer can be told from a whole one."""
        return {
            "question": self.question,
            "text": self.text,
            "abstained": self.abstained,
            "reason": self.reason,
            "state": self.state,
            "statements": [statement.to_dict() for statement in self.statements],
            "citations": [citation.to_dict() for citation in self.citations],
            "scope": self.scope.to_dict(),
            "model": self.model,
            "usage": {
                "input_tokens": self.usage.input_tokens,
                "output_tokens": self.usage.output_tokens,
                "cost_usd": self.usage.cost_usd,
            },
            "seconds": {"search": round(self.seconds_search, 3), "write": round(self.seconds_write, 3)},
        }
