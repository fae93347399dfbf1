"""The data that passes between the parts: frozen, and without behaviour that needs an index or a disk.

Offsets are Python string indices (code points), half open: ``article.text[start:end]``.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from vectorstore.messages import MessageText

DERIVED = "derived"
"""Below the library's folder: what others keep that holds words of its articles. A purge deletes it."""

DateOrigin = Literal["field", "front matter", "page", "text", "unknown"]
"""How the day of publication is known: a field of a table, front matter, a page's metadata, the text's head."""

OutcomeKind = Literal["added", "changed", "unchanged", "duplicate", "refused"]


@dataclass(frozen=True, slots=True)
class Correction:
    """A notice in an article that it was corrected: ``article.text[start:end] == text``."""

    text: str
    start: int
    end: int
    day: date | None = None
    """The day that the notice gives for itself."""

    def to_dict(self) -> dict[str, Any]:
        return {"text": self.text, "day": self.day.isoformat() if self.day else None}


@dataclass(frozen=True, slots=True)
class Article:
    """One article as it is stored.

    ``published``, ``updated`` and ``added`` are three different facts. What is not known is ``None``; the time of
    adding never stands in for the day of publication.
    """

    id: str
    title: str
    text: str
    published: date | None = None
    published_from: DateOrigin = "unknown"
    updated: date | None = None
    added: datetime | None = None
    """When the library first acknowledged the article, in UTC. ``None`` until then."""
    source: str | None = None
    """The outlet, as a reader would name it."""
    url: str | None = None
    authors: tuple[str, ...] = ()
    origin: str = ""
    """Where it was read from: a path, ``path:line`` for a row of a table, or an address as it was given."""
    version: int = 1
    gone: date | None = None
    """The day on which its page was found to be no longer online; ``None`` for what is there, or is not watched."""
    pages: tuple[int, ...] = ()
    """The offsets in ``text`` at which printed pages begin; empty where it was read from no such document."""

    def page_at(self, offset: int) -> int | None:
        """The number of the page with ``text[offset]``, from 1, for a citation to name; ``None`` without pages."""
        return max(1, bisect_right(self.pages, offset)) if self.pages else None

    tags: tuple[str, ...] = ()
    """What people have filed it under."""

    corrections: tuple[Correction, ...] = field(default=(), compare=False)
    """The notices in its text, once it is stored."""

    @property
    def corrected(self) -> date | None:
        """The last day that a notice of correction gives; ``None`` too where there are notices without days."""
        return max((each.day for each in self.corrections if each.day), default=None)

    def correction_at(self, offset: int) -> Correction | None:
        """The notice with ``text[offset]``."""
        return next((each for each in self.corrections if each.start <= offset < each.end), None)

    notes: tuple[str, ...] = field(default=(), compare=False)
    """What the report on adding it is to say, such as a day that could not be read. Not stored."""

    @property
    def updated_since(self) -> date | None:
        """The day of its last update, where that is another than the day of publication.

        Whoever names the article's day must name this one too: its words may tell of what came after the first.
        """
        return self.updated if self.updated != self.published else None

    def to_dict(self) -> dict[str, Any]:
        """The article as citations and matches name it in JSON."""
        return {
            "id": self.id,
            "title": self.title,
            "published": self.published.isoformat() if self.published else None,
            "updated": self.updated.isoformat() if self.updated else None,
            "source": self.source,
            "url": self.url,
            "authors": list(self.authors),
            **({"corrections": [each.to_dict() for each in self.corrections]} if self.corrections else {}),
            **({"gone": self.gone.isoformat()} if self.gone else {}),
            **({"tags": list(self.tags)} if self.tags else {}),
        }


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences of one article: ``article.text[start:end] == text``."""

    id: int
    """The catalogue's number for it, the same in every index; -1 before it is stored."""
    article_id: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Why:
    """Where a match's place in the order comes from."""

    keywords: int | None = None
    """Its rank by keywords, from 1; ``None`` when it was not among the candidates."""
    meaning: int | None = None
    """Its rank by meaning, from 1; ``None`` when it was not among the candidates."""
    age: int | None = None
    """Days that the article is older than the newest one that may be used, or away from the day of the matter;
    ``None`` while undated."""
    age_factor: float = 1.0
    """What age left of the score, 0 to 1; 1 where time played no part."""
    preferred_source: bool = False
    """Whether the question prefers the article's outlet."""
    spellings: tuple[str, ...] = ()
    """Words of the library that were looked up beside the question's own: other spellings of names."""

    def to_dict(self) -> dict[str, Any]:
        return {
            "keywords": self.keywords,
            "meaning": self.meaning,
            "age": self.age,
            "age_factor": round(self.age_factor, 3),
            "preferred_source": self.preferred_source,
            "spellings": list(self.spellings),
        }


@dataclass(frozen=True, slots=True)
class Match:
    """A passage that fits a question, with the article it stands in. ``rank`` counts from 1."""

    rank: int
    score: float
    """Fused score; comparable within one search only."""
    similarity: float
    """Cosine of the question's and the passage's vectors, -1 to 1."""
    passage: Passage
    article: Article
    copies: tuple[Article, ...] = ()
    """Other articles that carry the same story, earliest first; their texts are left empty."""
    why: Why = Why()

    @property
    def text(self) -> str:
        return self.passage.text

    @property
    def start(self) -> int:
        return self.passage.start

    @property
    def end(self) -> int:
        return self.passage.end

    def to_dict(self) -> dict[str, Any]:
        return {
            "rank": self.rank,
            "score": round(self.score, 6),
            "text": self.text,
            "start": self.start,
            "end": self.end,
            "article": self.article.to_dict(),
            "copies": [copy.to_dict() for copy in self.copies],
        }


@dataclass(frozen=True, slots=True)
class TimeScope:
    """Which days a search may use, both ends included. A scope with a limit leaves undated articles out."""

    as_of: date | None = None
    since: date | None = None
    until: date | None = None
    left_out_undated: int = 0
    prefers_recent: bool = False
    """Whether age lowers a match: never to nothing, and never for undated articles."""
    words: tuple[str, ...] = ()
    """The words of the question that the scope was read from; empty when the caller set it, or nobody did."""
    near: date | None = None
    """The day on which what is asked about happened: of the articles inside, those from soon after it come first."""
    note: MessageText | None = None
    """What the reader should know of how the question was read: a sentence without a full stop."""
    sources: tuple[str, ...] = ()
    """The outlets that may be searched; empty: all. The caller's, or those that the question asks."""
    without_sources: tuple[str, ...] = ()
    """The outlets that the question leaves out; ``sources`` is then empty."""
    prefer_sources: tuple[str, ...] = ()
    """The outlets that the question hints at, whose matches are raised."""
    source_words: tuple[str, ...] = ()
    """The words of the question that the outlets were read from."""
    tags: tuple[str, ...] = ()
    """The tags of which an article must carry one; empty: all articles."""
    kept: tuple[str, ...] = ()
    """Those of ``words`` and ``source_words`` that an earlier question of the conversation said."""

    @property
    def first(self) -> date | None:
        return self.since

    @property
    def last(self) -> date | None:
        """The last admissible day: ``until`` and ``as_of``, whichever comes first."""
        ends = [day for day in (self.until, self.as_of) if day is not None]
        return min(ends) if ends else None

    @property
    def limits(self) -> bool:
        return self.first is not None or self.last is not None

    def to_dict(self) -> dict[str, Any]:
        return {
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
            "left_out_undated": self.left_out_undated,
            "near": self.near.isoformat() if self.near else None,
            "prefers_recent": self.prefers_recent,
            "sources": list(self.sources),
            "without_sources": list(self.without_sources),
            "prefer_sources": list(self.prefer_sources),
            "words": list(self.words),
            "source_words": list(self.source_words),
            "tags": list(self.tags),
            "kept": list(self.kept),
        }


@dataclass(frozen=True, slots=True)
class Outlet:
    """A source of articles: its name as stored, how many articles it has, and the hosts of their addresses."""

    name: str
    articles: int
    domains: tuple[str, ...] = ()
    """In small letters, without ``www.``, the most frequent first."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An input that was not taken in: its name, and the reason with the next step."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened to one input."""

    source: str
    kind: OutcomeKind
    article_id: str | None = None
    title: str | None = None
    reason: str | None = None
    """For a refusal why, for a duplicate of what."""
    notes: tuple[str, ...] = ()
    """What was not taken over from the input, and why."""


@dataclass(frozen=True, slots=True)
class AddReport:
    """What ``add`` did to every input, in the order in which it met them."""

    outcomes: tuple[Outcome, ...] = ()
    passages: int = 0
    """Passages that were embedded and indexed by this call."""
    seconds: float = 0.0

    def count(self, kind: OutcomeKind) -> int:
        return sum(outcome.kind == kind for outcome in self.outcomes)

    @property
    def refused(self) -> tuple[Refusal, ...]:
        return tuple(Refusal(o.source, o.reason or "") for o in self.outcomes if o.kind == "refused")

    @property
    def notes(self) -> tuple[tuple[str, str], ...]:
        """Inputs that were taken in, each with something that was left out of it and why."""
        return tuple((outcome.source, note) for outcome in self.outcomes for note in outcome.notes)

    def to_dict(self) -> dict[str, Any]:
        return {
            "added": self.count("added"),
            "changed": self.count("changed"),
            "unchanged": self.count("unchanged"),
            "duplicates": self.count("duplicate"),
            "refused": [{"source": r.source, "reason": r.reason} for r in self.refused],
            "notes": [{"source": source, "note": note} for source, note in self.notes],
            "passages": self.passages,
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long task is. ``total`` is 0 while it is not known."""

    task: str
    done: int
    total: int
    note: str = ""
    """A word beside it, such as what it cost so far."""


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that ``check`` found, and the command that mends it."""

    what: str
    run: str


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What the catalogue and its two indexes hold. ``ok`` when they agree."""

    articles: int
    passages: int
    vectors: int
    keywords: int
    undated: int
    problems: tuple[Problem, ...] = field(default=())

    @property
    def ok(self) -> bool:
        return not self.problems

    def to_dict(self) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "articles": self.articles,
            "passages": self.passages,
            "vectors": self.vectors,
            "keywords": self.keywords,
            "undated": self.undated,
            "problems": [{"what": p.what, "run": p.run} for p in self.problems],
        }
