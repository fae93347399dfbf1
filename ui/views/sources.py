"""The sources of an answer: cards, the timeline, what was looked up, where articles differ, and an article to be read.

Functions from data to HTML, which the templates make of it (``ui.templates``).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from markupsafe import Markup

from assistant.disagreement import in_words
from assistant.export.text import link, notices
from assistant.messages import Translator
from assistant.types import Answer, Citation, Disagreement, Step, StepKind
from ui.templates import render
from ui.views import scope_chips
from ui.views.answer import Copies
from vectorstore.types import Article, Match, TimeScope

_MARKER = re.compile(r"\s*\[\d+\]")
_PARAGRAPH = re.compile(r"[^\n]*\S")
DOTS = 40
"""Dots of a timeline; more would touch each other."""


# -- under the answer


@dataclass(frozen=True, slots=True)
class Card:
    """One article under an answer."""

    article: Article
    also: int
    """Other articles with the same story."""
    outlets: str
    """Who published those."""
    numbers: Sequence[int] = ()
    """Of its citations. Without any, the card opens the article at ``start``."""
    start: int = 0
    end: int = 0


def strip(answer: Answer, copies: Copies, *, words: Translator) -> Markup:
    """A card for each cited article, in order of first citation; without an answer the nearest articles."""
    if answer.nearest:
        return _nearest(answer.nearest, words)
    by_article: dict[str, list[Citation]] = {}
    for citation in answer.citations:
        by_article.setdefault(citation.article.id, []).append(citation)
    if not by_article:
        return Markup()
    cards = [
        _card(group[0].article, copies.get(id_, ()), words, sorted({citation.number for citation in group}))
        for id_, group in by_article.items()
    ]
    days = sorted({card.article.published for card in cards if card.article.published})[:DOTS]
    return render("sources.html", words, heading=words.gettext("Sources"), cards=cards, days=days)


def _nearest(matches: Sequence[Match], words: Translator) -> Markup:
    """The closest articles of an answer that abstained, each once, opened at the passage that came closest."""
    first: dict[str, Match] = {}
    for match in matches:
        first.setdefault(match.article.id, match)
    if not first:
        return Markup()
    cards = [_card(each.article, each.copies, words, (), each.start, each.end) for each in first.values()]
    return render("sources.html", words, heading=words.gettext("Nearest articles"), cards=cards, days=())


def _card(
    article: Article,
    copies: Sequence[Article],
    words: Translator,
    numbers: Sequence[int],
    start: int = 0,
    end: int = 0,
) -> Card:
    others = _others(article, copies)
    outlets = dict.fromkeys(copy.source or words.gettext("source not known") for copy in others)
    return Card(article, len(others), ", ".join(outlets), numbers, start, end)


def _others(article: Article, copies: Sequence[Article]) -> list[Article]:
    return [copy for copy in copies if copy.id != article.id]


# -- what a deep question looked up


@dataclass(frozen=True, slots=True)
class LookUp:
    """One step of a deep question, in words."""

    kind: StepKind
    asked: str
    within: Sequence[str]
    """Where it looked, as far as that is less than the question's scope."""
    note: str
    found: Sequence[Article]


def trail(steps: Sequence[Step], scope: TimeScope, *, words: Translator) -> Markup:
    """The look-ups of a finished answer, folded away, and where a step looked in less than the question's ``scope``."""
    found = {article.id for step in steps for article in step.found}
    lookups = sum(step.kind != "note" for step in steps)
    summary = words.gettext(
        "Looked up: {lookups}, {articles}",
        lookups=words.ngettext("{count} step", "{count} steps", lookups),
        articles=words.ngettext("{count} article", "{count} articles", len(found)),
    )
    return _trail(steps, scope, words, summary)


def trail_so_far(steps: Sequence[Step], scope: TimeScope, *, words: Translator) -> Markup:
    """The look-ups of an answer that is not written yet."""
    return _trail(steps, scope, words, "")


def _trail(steps: Sequence[Step], scope: TimeScope, words: Translator, summary: str) -> Markup:
    if not steps:
        return Markup()
    return render("trail.html", words, trail=[_look_up(step, scope, words) for step in steps], summary=summary)


def _look_up(step: Step, scope: TimeScope, words: Translator) -> LookUp:
    asked = ""
    if step.asked and step.kind == "search":
        asked = words.gettext("Searched for “{asked}”", asked=step.asked)
    elif step.asked and step.kind == "read":
        asked = words.gettext("Read an article for “{asked}”", asked=step.asked)
    within = []
    if _days(step.scope) != _days(scope):
        within.append(scope_chips.in_words("days", step.scope, words))
    if step.scope.sources != scope.sources:
        within.append(scope_chips.in_words("outlets", step.scope, words))
    return LookUp(step.kind, asked, within, words.gettext(step.note), step.found)


def _days(scope: TimeScope) -> tuple[date | None, date | None]:
    return scope.first, scope.last


# -- where articles differ


def disagreements(found: Sequence[Disagreement], *, words: Translator) -> Markup:
    """Where articles give different values: for each the sentence that says so, and a row of cards, side by side."""
    told = [(each, _MARKER.sub("", words.gettext(in_words(each)))) for each in found]
    return render("disagreements.html", words, found=told) if found else Markup()


# -- in the side pane


@dataclass(frozen=True, slots=True)
class Place:
    """Words of an article that are marked. ``now``: those that were asked for."""

    start: int
    end: int
    number: int | None = None
    now: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """A part of a paragraph that lies in the same places throughout; in none, it is not marked."""

    text: str
    places: Sequence[Place] = ()

    @property
    def now(self) -> bool:
        return any(place.now for place in self.places)

    @property
    def numbers(self) -> str:
        return " ".join(str(number) for number in dict.fromkeys(place.number for place in self.places) if number)


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a source stands among those of its answer, and those before and after it."""

    turn: int
    number: int
    place: int
    count: int
    previous: int | None
    next: int | None


def source(
    answer: Answer,
    turn: int,
    number: int,
    article: Article | None,
    *,
    words: Translator,
    newest: int | None = None,
    copies: Sequence[Article] = (),
) -> Markup:
    """The article of a citation with the quoted words marked, and more lightly those of the answer's other citations.

    ``article`` is the version that was quoted; ``None`` when it is gone, which leaves the passage. ``newest`` is the
    version that the library holds now, ``copies`` are other articles with the same story. Raises ``KeyError`` for a
    number that the answer does not cite.
    """
    cited = [citation for citation in answer.citations if citation.number == number]
    if not cited:
        raise KeyError(number)
    known, notes = cited[0].article, []
    if any(number in statement.repaired for statement in answer.statements):
        notes.append(
            words.gettext(
                "The number was corrected to [{number}]: the passage that the writer had cited does not say this.",
                number=number,
            )
        )
    if article is None or any(article.text[each.start : each.end] != each.quote for each in cited):
        notes.append(words.gettext("The article is no longer in the library. This is the passage that was quoted."))
        paragraphs = [paragraph for each in dict.fromkeys(cited) for paragraph in _passage(each)]
    else:
        known = article
        places = [
            Place(each.start, each.end, each.number, each.number == number)
            for each in answer.citations
            if each.article.id == article.id and article.text[each.start : each.end] == each.quote
        ]
        paragraphs = marked(article.text, places)
        if newest is not None and newest != article.version:
            notes.append(words.gettext("The article has changed since; this is the version that was quoted."))
        elif any(not place.now for place in places):
            notes.append(words.gettext("Other words that this answer quotes are marked more lightly."))
    return _pane(known, paragraphs, copies, words, notes, _walk(answer, turn, number), known.page_at(cited[0].start))


def article(
    value: Article, start: int = 0, end: int = 0, *, words: Translator, copies: Sequence[Article] = ()
) -> Markup:
    """An article to be read, with a passage of it marked if one is named."""
    places = [Place(start, end, now=True)] if 0 <= start < end <= len(value.text) else []
    return _pane(value, marked(value.text, places), copies, words)


def unreadable(message: str, *, words: Translator) -> Markup:
    """Instead of an article that cannot be opened."""
    return render("pane.html", words, walk=None, problem=words.gettext(message))


def marked(text: str, places: Sequence[Place]) -> list[list[Run]]:
    """The paragraphs of a text in runs, each with the places that it lies in."""
    edges = sorted({edge for place in places for edge in (place.start, place.end)})
    paragraphs = []
    for paragraph in _PARAGRAPH.finditer(text):
        start, end = paragraph.span()
        cuts = [start, *(edge for edge in edges if start < edge < end), end]
        paragraphs.append(
            [
                Run(text[one:two], [each for each in places if each.start <= one and two <= each.end])
                for one, two in itertools.pairwise(cuts)
            ]
        )
    return paragraphs


def _passage(citation: Citation) -> list[list[Run]]:
    passage = citation.passage
    start, end = citation.start - passage.start, citation.end - passage.start
    if 0 <= start < end <= len(passage.text) and passage.text[start:end] == citation.quote:
        return marked(passage.text, [Place(start, end, citation.number, now=True)])
    return marked(citation.quote, [Place(0, len(citation.quote), citation.number, now=True)])


def _walk(answer: Answer, turn: int, number: int) -> Walk:
    numbers = list(dict.fromkeys(citation.number for citation in answer.citations))
    at = numbers.index(number)
    before, after = numbers[:at], numbers[at + 1 :]
    return Walk(turn, number, at + 1, len(numbers), before[-1] if before else None, after[0] if after else None)


def _pane(
    value: Article,
    paragraphs: Sequence[Sequence[Run]],
    copies: Sequence[Article],
    words: Translator,
    notes: Sequence[str] = (),
    walk: Walk | None = None,
    page: int | None = None,
) -> Markup:
    address = link(value.url)
    return render(
        "pane.html",
        words,
        problem="",
        walk=walk,
        page=page,
        article=value,
        authors=[author for author in value.authors if author not in (value.source or "")],
        address=address,
        host=urlsplit(address).hostname if address else "",
        copies=_others(value, copies),
        notes=list(filter(None, [notices(value, words), *notes])),
        paragraphs=paragraphs,
    )
