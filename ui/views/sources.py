"""The sources of an answer: cards, the timeline, what was looked up, where articles differ, and an article to be read.

Pure functions; everything passes through ``render.escape``.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from assistant.types import Answer, Citation, Disagreement, Side, Step
from ui.texts.messages import ENGLISH, Texts
from ui.views import scope_chips as steering
from ui.views.answer import Copies, byline, escape, original, title
from vectorstore.types import Article, Match, TimeScope

_PARAGRAPH = re.compile(r"[^\n]*\S")
DOTS = 40
"""Dots of a timeline; more would touch each other."""


# -- under the answer


def strip(answer: Answer, copies: Copies, *, say: Texts = ENGLISH) -> str:
    """A card for each cited article, in order of first citation; without an answer the nearest articles."""
    if answer.nearest:
        return nearest(answer.nearest, say=say)
    by_article: dict[str, list[Citation]] = {}
    for citation in answer.citations:
        by_article.setdefault(citation.article.id, []).append(citation)
    if not by_article:
        return ""
    cards = "".join(_card(group, copies.get(id_, ()), say) for id_, group in by_article.items())
    articles = [group[0].article for group in by_article.values()]
    return (
        f'<section class="sources" aria-label="{escape(say.sources)}"><h3>{escape(say.sources)}</h3>'
        f'<ol class="cards">{cards}</ol>{timeline(articles, say=say)}</section>'
    )


def _card(group: Sequence[Citation], copies: Sequence[Article], say: Texts) -> str:
    article = group[0].article
    numbers = sorted({citation.number for citation in group})
    badges = "".join(f'<span class="number" data-number="{number}">{number}</span>' for number in numbers)
    return (
        f'<li class="card" data-number="{" ".join(map(str, numbers))}">'
        f'<button type="button" data-source="{numbers[0]}"><span class="numbers">{badges}</span>{title(article, say)}'
        f'<span class="byline">{byline(article, say)}</span>{_also(article, copies, say)}</button></li>'
    )


def _also(article: Article, copies: Sequence[Article], say: Texts) -> str:
    others = [copy for copy in copies if copy.id != article.id]
    if not others:
        return ""
    names = ", ".join(dict.fromkeys(copy.source or say.no_source for copy in others))
    said = say.also_in.format(others=say.counted(len(others), say.count_others))
    return f'<span class="also" title="{escape(names)}">{escape(said)}</span>'


def nearest(matches: Iterable[Match], *, say: Texts = ENGLISH) -> str:
    """The closest articles of an answer that abstained, each once, opened at the passage that came closest."""
    cards: dict[str, str] = {}
    for match in matches:
        article = match.article
        if article.id not in cards:
            cards[article.id] = (
                f'<li class="card"><button type="button" data-article="{escape(article.id)}"'
                f' data-start="{match.start}" data-end="{match.end}">{title(article, say)}'
                f'<span class="byline">{byline(article, say)}</span>{_also(article, match.copies, say)}</button></li>'
            )
    if not cards:
        return ""
    return (
        f'<section class="sources" aria-label="{escape(say.nearest)}"><h3>{escape(say.nearest)}</h3>'
        f'<ol class="cards">{"".join(cards.values())}</ol></section>'
    )


def timeline(articles: Sequence[Article], *, say: Texts = ENGLISH) -> str:
    """When the sources were published, where that is more than one day: a line with a dot for each day."""
    days = sorted({article.published for article in articles if article.published})[:DOTS]
    if len(days) < 2:
        return ""
    first, last = days[0], days[-1]
    span = (last - first).days
    dots = "".join(f'<i style="--at:{100 * (day - first).days / span:.2f}%"></i>' for day in days)
    label = say.timeline.format(first=say.day(first), last=say.day(last))
    return (
        f'<div class="timeline"><span>{escape(say.short_day(first))}</span>'
        f'<span class="line" role="img" aria-label="{escape(label)}">{dots}</span>'
        f"<span>{escape(say.short_day(last))}</span></div>"
    )


# -- what a deep question looked up


def trail(steps: Sequence[Step], scope: TimeScope, *, say: Texts = ENGLISH) -> str:
    """The look-ups of a finished answer, folded away, and where a step looked in less than the question's ``scope``."""
    if not steps:
        return ""
    found = {article.id for step in steps for article in step.found}
    lookups = sum(step.kind != "note" for step in steps)
    summary = say.looked_up.format(
        lookups=say.counted(lookups, say.count_lookups), articles=say.counted(len(found), say.count_articles)
    )
    items = "".join(_step(step, scope, say) for step in steps)
    return f'<details class="trail"><summary>{escape(summary)}</summary><ol>{items}</ol></details>'


def trail_so_far(steps: Sequence[Step], scope: TimeScope, *, say: Texts = ENGLISH) -> str:
    """The look-ups of an answer that is not written yet."""
    items = "".join(_step(step, scope, say) for step in steps)
    return f'<div class="trail"><ol aria-label="{escape(say.looking)}">{items}</ol></div>' if items else ""


def _step(step: Step, scope: TimeScope, say: Texts) -> str:
    asked = {"search": say.step_search, "read": say.step_read}.get(step.kind, "").format(asked=step.asked)
    said = f'<span dir="auto">{escape(asked)}</span>' if step.asked else ""
    narrowed = [
        steering.in_words("days", step.scope, say) if _days(step.scope) != _days(scope) else "",
        steering.in_words("outlets", step.scope, say) if step.scope.sources != scope.sources else "",
    ]
    within = "".join(f'<span class="within">{escape(each)}</span>' for each in narrowed if each)
    found = "".join(
        f'<li><button type="button" data-article="{escape(article.id)}">{title(article, say)}</button></li>'
        for article in step.found
    )
    found = f"<ul>{found}</ul>" if found else ""
    note = f'<span class="note" dir="auto">{escape(say.said(step.note))}</span>' if step.note else ""
    return f'<li class="{escape(step.kind)}">{said}{within}{note}{found}</li>'


def _days(scope: TimeScope) -> tuple[date | None, date | None]:
    return scope.first, scope.last


# -- where articles differ


def disagreements(found: Sequence[Disagreement], *, say: Texts = ENGLISH) -> str:
    """Where articles give different values: a row of cards for each, side by side."""
    kinds = {"update": say.update, "correction": say.correction, "contradiction": say.contradiction}
    out = ""
    for each in found:
        sides = "".join(_side(side, say) for side in each.sides)
        heading = say.disagreement.format(about=each.about)
        out += (
            f'<section class="differ {escape(each.kind)}"><h3 dir="auto">{escape(heading)}</h3>'
            f'<p class="kind">{escape(kinds[each.kind])}</p><ol class="sides">{sides}</ol></section>'
        )
    return out


def _side(side: Side, say: Texts) -> str:
    citation = side.citation
    forecast = f' <span class="forecast">{escape(say.forecast)}</span>' if side.is_forecast else ""
    return (
        f'<li><strong dir="auto">{escape(side.value)}</strong>{forecast}'
        f'<q dir="auto">{escape(citation.quote)}</q>'
        f'<button type="button" class="byline" data-article="{escape(citation.article.id)}"'
        f' data-start="{citation.start}" data-end="{citation.end}">{byline(citation.article, say)}</button></li>'
    )


# -- in the side pane


@dataclass(frozen=True, slots=True)
class Place:
    """Words of an article that are marked. ``now``: those that were asked for."""

    start: int
    end: int
    number: int | None = None
    now: bool = False


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a source stands among those of its answer."""

    turn: int
    number: int
    numbers: Sequence[int]


def source(
    answer: Answer,
    turn: int,
    number: int,
    article: Article | None,
    *,
    newest: int | None = None,
    copies: Sequence[Article] = (),
    say: Texts = ENGLISH,
) -> str:
    """The article of a citation with the quoted words marked, and more lightly those of the answer's other citations.

    ``article`` is the version that was quoted; ``None`` when it is gone, which leaves the passage. ``newest`` is the
    version that the library holds now, ``copies`` are other articles with the same story. Raises ``KeyError`` for a
    number that the answer does not cite.
    """
    cited = [citation for citation in answer.citations if citation.number == number]
    if not cited:
        raise KeyError(number)
    walk = Walk(turn, number, list(dict.fromkeys(citation.number for citation in answer.citations)))
    known = cited[0].article
    note = ""
    repaired = any(number in statement.repaired for statement in answer.statements)
    corrected = say.repaired.format(number=number) if repaired else ""
    if article is None or any(article.text[each.start : each.end] != each.quote for each in cited):
        note = say.only_passage
        body = "".join(_passage(each) for each in dict.fromkeys(cited))
    else:
        known = article
        places = [
            Place(each.start, each.end, each.number, each.number == number)
            for each in answer.citations
            if each.article.id == article.id and article.text[each.start : each.end] == each.quote
        ]
        body = marked(article.text, places)
        if newest is not None and newest != article.version:
            note = say.older_version
        elif any(not place.now for place in places):
            note = say.other_quotes
    notes = [each for each in (corrected, note) if each]
    return _reader(known, body, notes, _steps(walk, say), copies, say, turn=turn, number=number)


def article(
    value: Article, start: int = 0, end: int = 0, *, copies: Sequence[Article] = (), say: Texts = ENGLISH
) -> str:
    """An article to be read, with a passage of it marked if one is named."""
    places = [Place(start, end, now=True)] if 0 <= start < end <= len(value.text) else []
    return _reader(value, marked(value.text, places), [], "", copies, say)


def unreadable(message: str, *, say: Texts = ENGLISH) -> str:
    """Instead of an article that cannot be opened."""
    said = escape(say.not_there.format(reason=message))
    return f'<div class="bar">{_close(say)}</div><p class="notice problem" role="alert">{said}</p>'


def marked(text: str, places: Sequence[Place]) -> str:
    """The paragraphs of a text, the places in it marked; where they overlap, the one that was asked for wins."""
    edges = sorted({edge for place in places for edge in (place.start, place.end)})
    out: list[str] = []
    for paragraph in _PARAGRAPH.finditer(text):
        start, end = paragraph.span()
        cuts = [start, *(edge for edge in edges if start < edge < end), end]
        runs = "".join(
            _run(text[one:two], [each for each in places if each.start <= one and two <= each.end])
            for one, two in itertools.pairwise(cuts)
        )
        out.append(f'<p dir="auto">{runs}</p>')
    return "".join(out)


def _run(text: str, places: Sequence[Place]) -> str:
    if not places:
        return escape(text)
    numbers = " ".join(str(number) for number in dict.fromkeys(each.number for each in places) if number is not None)
    kind = ' class="now"' if any(place.now for place in places) else ""
    return f'<mark{kind} data-number="{numbers}">{escape(text)}</mark>'


def _passage(citation: Citation) -> str:
    passage = citation.passage
    start, end = citation.start - passage.start, citation.end - passage.start
    if 0 <= start < end <= len(passage.text) and passage.text[start:end] == citation.quote:
        return marked(passage.text, [Place(start, end, citation.number, now=True)])
    return marked(citation.quote, [Place(0, len(citation.quote), citation.number, now=True)])


def _reader(
    value: Article,
    body: str,
    notes: Sequence[str],
    steps: str,
    copies: Sequence[Article],
    say: Texts,
    *,
    turn: int | None = None,
    number: int | None = None,
) -> str:
    facts = [byline(value, say)]
    if authors := [author for author in value.authors if author not in (value.source or "")]:
        facts.append(f"<bdi>{escape(say.by_authors.format(authors=', '.join(authors)))}</bdi>")
    noted = "".join(f'<p class="note">{escape(note)}</p>' for note in notes)
    named = f' data-turn="{turn}" data-number="{number}"' if turn is not None else ""
    return (
        f'<div class="bar">{steps}{_close(say)}</div>'
        f'<article class="reader"{named} aria-labelledby="reader-title">'
        f'<h2 id="reader-title" tabindex="-1">{title(value, say)}</h2><p class="byline">{" · ".join(facts)}</p>'
        f"{original(value, say)}{_carried_by(value, copies, say)}{noted}"
        f'<div class="text">{body}</div></article>'
    )


def _carried_by(value: Article, copies: Sequence[Article], say: Texts) -> str:
    """Who else has the story: each opens."""
    items = "".join(
        f'<li><button type="button" data-article="{escape(copy.id)}">'
        f"<bdi>{escape(copy.source or say.no_source)}</bdi>, {escape(say.day(copy.published))}</button></li>"
        for copy in copies
        if copy.id != value.id
    )
    return f'<div class="carried"><span>{escape(say.carried_by)}</span><ul>{items}</ul></div>' if items else ""


def _steps(walk: Walk, say: Texts) -> str:
    at = walk.numbers.index(walk.number)

    def step(to: int, label: str, sign: str, key: str) -> str:
        target = f' data-source="{walk.numbers[to]}"' if 0 <= to < len(walk.numbers) else " disabled"
        return (
            f'<button type="button" class="step {key}" data-turn="{walk.turn}"{target}'
            f' aria-label="{escape(label)}" title="{escape(label)}">{sign}</button>'
        )

    said = say.place_of.format(number=at + 1, count=len(walk.numbers))
    return (
        f"{step(at - 1, say.previous_source, '‹', 'previous')}<span>{escape(said)}</span>"
        f"{step(at + 1, say.next_source, '›', 'next')}"
    )


def _close(say: Texts) -> str:
    label = escape(say.close_source)
    return f'<button type="button" class="close" data-closes aria-label="{label}" title="{label}">×</button>'
