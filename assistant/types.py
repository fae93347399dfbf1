"""What a question turns into. The same ``Answer`` for Python, command line, page and export."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, get_args

from vectorstore.messages import MessageText
from vectorstore.types import Article, Match, Passage, TimeScope

Support = Literal["verified", "partly", "unsupported", "unchecked"]
"""``partly``: a part of the sentence is named that the source lacks. ``unchecked``: it is written in another language
than its source, so that nothing was compared."""
JudgedBy = Literal["exact", "reader", "model"]
"""What decided: a comparison to the letter, the reader on this machine, or a chat model."""
DisagreementKind = Literal["update", "correction", "contradiction"]
"""``update``: a later article has another count or plan. ``correction``: an article says that another one is wrong.
``contradiction``: nothing says which is right."""
StepKind = Literal["search", "read", "note"]
"""Of a deep question: passages were searched for, an article was read, or a note for the reader."""
State = Literal["complete", "cut", "stopped"]
"""``complete``: the writer finished. ``cut``: the model or the line failed midway. ``stopped``: by the reader."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier message of the conversation."""

    role: Literal["user", "assistant"]
    text: str
    scope: TimeScope | None = None
    """Of an answer: what was searched. A follow-up keeps what of it was read from the question; without it, that is
    read from the question again."""
    searched_for: str | None = None
    """Of an answer: the question that was searched for, where it differs from what was asked."""

    @classmethod
    def of(cls, answer: Answer) -> Turn:
        """``answer`` as a turn of the conversation, with what a follow-up takes from it."""
        return cls("assistant", answer.text, answer.scope, answer.searched_for)


@dataclass(frozen=True, slots=True)
class Citation:
    """The exact words that carry a statement: ``article.text[start:end] == quote``, inside ``passage``."""

    number: int
    quote: str
    start: int
    end: int
    article: Article
    passage: Passage

    @property
    def page(self) -> int | None:
        """The printed page that the words stand on, where the article was read from a document with pages."""
        return self.article.page_at(self.start)

    def to_dict(self) -> dict[str, Any]:
        made = {
            "number": self.number,
            "quote": self.quote,
            "start": self.start,
            "end": self.end,
            "article": self.article.to_dict(),
        }
        return made | ({"page": self.page} if self.page else {})


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of the answer, without its markers, and how well its citations carry it."""

    text: MessageText
    citations: tuple[int, ...]
    support: Support
    reason: MessageText = ""
    """Why it is not ``verified``: "figure 45 not in the source", "no source cited", …"""
    repaired: tuple[int, ...] = ()
    """Those of ``citations`` that stand where the writer cited a passage that does not say it."""
    by: JudgedBy = "exact"

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"citations": list(self.citations), "repaired": list(self.repaired)}


@dataclass(frozen=True, slots=True)
class Side:
    """What one article says where articles disagree: ``value`` as it stands in the quote of ``citation``."""

    value: str
    citation: Citation
    is_forecast: bool = False
    """Whether it says what is expected, not what is."""

    def to_dict(self) -> dict[str, Any]:
        article = self.citation.article
        return {
            "value": self.value,
            "quote": self.citation.quote,
            "citation": self.citation.number,
            "source": article.source,
            "published": article.published.isoformat() if article.published else None,
        }


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Different values for the same thing in different articles: the earliest first, the correcting one last."""

    about: str
    """The words beside the value in the sentence that the answer cites: "people were killed"."""
    kind: DisagreementKind
    sides: tuple[Side, ...]

    def to_dict(self) -> dict[str, Any]:
        return {"about": self.about, "kind": self.kind, "sides": [side.to_dict() for side in self.sides]}


@dataclass(frozen=True, slots=True)
class Step:
    """One look-up of a deep question, or a note on how the looking went."""

    kind: StepKind
    asked: str
    """What was looked for, in the model's words, without addresses and markup; empty for a note."""
    scope: TimeScope
    """Where: never wider than the question's own scope."""
    found: tuple[Article, ...] = ()
    """The articles that passages were taken from, the best first; their texts are left empty."""
    note: MessageText = ""
    """A sentence for the reader: why nothing was found, or what happened."""

    def to_dict(self) -> dict[str, Any]:
        found = [{"id": article.id, "title": article.title} for article in self.found]
        return asdict(self) | {"scope": self.scope.to_dict(), "found": found}


@dataclass(frozen=True, slots=True)
class Usage:
    """What the writer consumed. ``cost_usd`` is ``None`` where the price is not known."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None

    def __add__(self, other: Usage) -> Usage:
        costs = [cost for cost in (self.cost_usd, other.cost_usd) if cost is not None]
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            sum(costs) if costs else None,
        )


QUOTING: Final = frozenset({"extractive", "catalogue", "assistant"})
"""Writers whose words are shown to the letter: they write no Markdown, but what they quote may look like it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished, checked answer."""

    question: str
    text: MessageText
    """Markdown with ``[1]`` markers; the numbers are those of ``citations``."""
    statements: tuple[Statement, ...]
    citations: tuple[Citation, ...]
    scope: TimeScope
    model: str
    """Which writer wrote: ``extractive``, or the chat model's name; ``catalogue`` for one about the library itself,
    ``assistant`` for a word to a greeting and its like."""
    abstained: bool = False
    reason: MessageText | None = None
    """Why it abstained, or why it is cut; a sentence for the reader."""
    state: State = "complete"
    fault: str | None = None
    """What cut it, or kept the model from writing it, by name: one of ``assistant.errors.Fault``."""
    mended: int = 0
    """Sentences that were not carried at first, and were corrected by the chat model; they are verified or partly."""
    dropped: int = 0
    """Sentences that no source carries and that are left out, as the settings want it."""
    disagreements: tuple[Disagreement, ...] = ()
    """Where the articles give different values for what a statement says."""
    nearest: tuple[Match, ...] = ()
    """When it abstained: the closest passages, none of which holds the answer."""
    articles_read: int = 0
    """Articles of which the writer had passages before it; 0 where nothing was written from any."""
    usage: Usage = Usage()
    seconds_search: float = 0.0
    seconds_write: float = 0.0
    searched_for: str | None = None
    """A follow-up as a question that stands alone, where that differs from what was asked."""
    trail: tuple[Step, ...] = ()
    """Of a deep question: what was looked up, in order."""
    suggested: tuple[str, ...] | None = None
    """What may be asked next: questions that passages answer which this answer does not use. ``None``: not looked for.
    """

    def count(self, support: Support) -> int:
        """How many of its statements are carried so well."""
        return sum(statement.support == support for statement in self.statements)

    def _repr_html_(self) -> str:
        """For notebooks: with sources and the quoted words marked, everything escaped."""
        from assistant.export.page import answer_html

        return answer_html(self)

    def _repr_markdown_(self) -> str:
        from assistant.export.text import answer_markdown

        return answer_markdown(self)

    def to_dict(self) -> dict[str, Any]:
        """The one JSON form. ``state`` is there so that a cut answer can be told from a whole one."""
        return {
            "question": self.question,
            "searched_for": self.searched_for,
            "text": self.text,
            "abstained": self.abstained,
            "reason": self.reason,
            "state": self.state,
            "fault": self.fault,
            "checked": {
                **{support: self.count(support) for support in get_args(Support)},
                "mended": self.mended,
                "dropped": self.dropped,
            },
            "statements": [statement.to_dict() for statement in self.statements],
            "citations": [citation.to_dict() for citation in self.citations],
            "disagreements": [disagreement.to_dict() for disagreement in self.disagreements],
            "trail": [step.to_dict() for step in self.trail],
            "articles_read": self.articles_read,
            "scope": self.scope.to_dict(),
            "model": self.model,
            "usage": asdict(self.usage),
            "seconds": {"search": round(self.seconds_search, 3), "write": round(self.seconds_write, 3)},
        }
