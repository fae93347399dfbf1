"""Where articles give other figures for the same thing, and what to make of it.

The sentences that an answer cites are laid beside those of the other articles that were found. Figures are
compared exactly; that two are of the same thing is taken from the words beside them and the cosine. Each side
is told with its source and day: a later article's newer value looks like an update, one that says of itself that
it corrects, or was corrected from the other value, is a correction, and where nothing says which is right it is a
contradiction.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from itertools import pairwise
from typing import Final, NamedTuple

from assistant.checking.facts import facts
from assistant.checking.figures import Figure, same_figure
from assistant.language.words import content_words
from assistant.types import Answer, Citation, Disagreement, DisagreementKind, Side, Statement
from assistant.writing.extractive import Similarity, attribution, is_corrected
from vectorstore.messages import Message
from vectorstore.text.splitter import sentences
from vectorstore.types import Article, Match

PASSAGES: Final = 10
"""Best matches that are read beside the cited ones: what an answer is made of."""

MOST: Final = 3
"""Disagreements that are shown; the first cited first."""

MOST_SIDES: Final = 4

ALIKE: Final = 0.6
"""Cosine from which two sentences may speak of the same thing."""

SAME_THING: Final = 1.5
"""How alike the words beside two values must be. Of made pairs written as traps 71 % of what is then told is right, and
53 % is found (development half; ``python -m tests.benchmarks disagreement``); the reader's "contradicted" found 5 %."""

COMMON: Final = 0.4
"""Share of the content words of the shorter sentence that the two must have in common."""

BESIDE: Final = 2
"""Words behind a figure that say what it counts, as a side shows it."""

_CORRECTS = re.compile(r"\b(?:correct(?:ion|ed|s)|clarification|erratum|an earlier version)\b", re.IGNORECASE)
_RANGE = re.compile(r"\s*(?:and|to|or|[-–—])\s*")
_MARKERS = re.compile(r" \[\d+\]")


class Disagreements(NamedTuple):
    """What is added to an answer where articles disagree; else all empty."""

    disagreements: tuple[Disagreement, ...] = ()
    text: str = ""
    """A line for each, with markers."""
    statements: tuple[Statement, ...] = ()
    citations: tuple[Citation, ...] = ()
    """Those of the other sides, numbered on from the answer's own."""


@dataclass(frozen=True, slots=True)
class _Said:
    """A sentence of a match, with the values that it gives."""

    match: Match
    start: int
    end: int
    figures: tuple[Figure, ...]
    years: frozenset[int] = frozenset()
    """That it names beside the year of its article: what an earlier earthquake did is no other figure for this one."""

    @property
    def text(self) -> str:
        return " ".join(self.match.text[self.start : self.end].split())

    @property
    def article(self) -> Article:
        return self.match.article


def find_disagreements(
    statements: Sequence[Statement], citations: Sequence[Citation], matches: Sequence[Match], similarity: Similarity
) -> Disagreements:
    """What other articles among ``matches`` say otherwise than the words that the answer's statements cite."""
    carrying = {number for each in statements if each.support != "unsupported" for number in each.citations}
    own = [said for each in citations if each.number in carrying for said in _cited(each, matches)]
    others = [said for match in matches[:PASSAGES] for said in _sentences(match)]
    known = list(citations)
    found: list[Disagreement] = []
    shown: set[tuple[str, str]] = set()
    for said in own:
        for value in said.figures:
            rivals = _newest_first(_rivals(said, value, others, similarity))
            key = (said.article.id, value.text)
            if rivals and key not in shown and len(found) < MOST:
                shown.update((rival.article.id, other.text) for rival, other in rivals)
                shown.add(key)
                found.append(_judged([(said, value), *rivals][:MOST_SIDES], known))
    lines = [in_words(each) for each in found]
    cited = [tuple(side.citation.number for side in each.sides) for each in found]
    return Disagreements(
        tuple(found),
        Message.joined(*lines, by="\n\n"),
        tuple(Statement(_MARKERS.sub("", line), each, "verified") for line, each in zip(lines, cited, strict=True)),
        tuple(known[len(citations) :]),
    )


def _sentences(match: Match) -> Iterator[_Said]:
    for start, end in sentences(match.text):
        if match.article.correction_at(match.start + start):
            continue  # it tells what an earlier version said
        stated = facts(match.text[start:end])
        own = match.article.published.year if match.article.published else None
        years = frozenset(day.year for day in stated.days if day.year and day.year != own)
        yield _Said(match, start, end, stated.figures, years)


def _cited(citation: Citation, matches: Sequence[Match]) -> Iterator[_Said]:
    match = next(
        (m for m in matches if m.article.id == citation.article.id and m.start <= citation.start < m.end), None
    )
    for said in _sentences(match or Match(0, 0.0, 0.0, citation.passage, citation.article)):
        begin = said.match.start + said.start
        if begin < citation.end and citation.start < said.match.start + said.end:
            yield said


def _rivals(
    said: _Said, value: Figure, others: Sequence[_Said], similarity: Similarity
) -> Iterator[tuple[_Said, Figure]]:
    """The sentences of other articles that give another value for the same thing, with that value."""
    words = set(content_words(said.text))
    near = []
    for other in others:
        theirs = set(content_words(other.text))
        if other.article.id == said.article.id or other.years != said.years:
            continue
        if len(words & theirs) < COMMON * min(len(words), len(theirs)):
            continue
        rival = _other_value(value, other)
        if rival is not None and _alikeness(said, value, other, rival) >= SAME_THING:
            near.append((other, rival))
    cosines = similarity(said.text, [other.text for other, _ in near]) if near else ()
    known: set[str] = set()
    for (other, rival), cosine in zip(near, cosines, strict=True):
        if float(cosine) >= ALIKE and other.article.id not in known:
            known.add(other.article.id)
            yield other, rival


def _newest_first(rivals: Iterable[tuple[_Said, Figure]]) -> list[tuple[_Said, Figure]]:
    """Each value once, by the newest article that gives it."""
    kept: list[tuple[_Said, Figure]] = []
    for said, value in sorted(rivals, key=lambda rival: rival[0].article.published or date.min, reverse=True):
        if not any(same_figure(value, known) for _, known in kept):
            kept.append((said, value))
    return kept


def _alikeness(said: _Said, value: Figure, other: _Said, rival: Figure) -> float:
    """How surely two values are of the same thing, by the words beside them: "45 people died", "109 people killed"."""
    own, theirs = _beside(said, value), _beside(other, rival)
    both = [bool(set(one) & set(two)) for one, two in zip(own, theirs, strict=True)]
    return both[0] + both[1] / 2 + both[2] / 2 + bool(value.unit) / 2


def _beside(said: _Said, value: Figure) -> tuple[list[str], list[str], list[str]]:
    """The content word behind a value, the two behind it, and the two before it."""
    text = said.match.text[said.start : said.end]
    behind, before = content_words(text[value.end :]), content_words(text[: value.start])
    return behind[:1], behind[:2], before[-2:]


def _other_value(value: Figure, other: _Said) -> Figure | None:
    """The value of ``other`` that stands where ``value`` does, of the same unit; ``None`` where it has the same."""
    alike = [figure for figure in other.figures if figure.unit == value.unit]
    return None if not alike or any(same_figure(value, figure) for figure in other.figures) else alike[0]


def _judged(group: Sequence[tuple[_Said, Figure]], known: list[Citation]) -> Disagreement:
    corrects = [
        said
        for said, value in group
        if _CORRECTS.search(f"{said.article.title} {said.text}")
        or all(
            other is said or is_corrected(said.article, value.text, other.article, wrong.text) for other, wrong in group
        )
    ]
    days = [said.article.published for said, _ in group]
    newest = max((day for day in days if day), default=None)
    kind: DisagreementKind = "update" if all(days) and days.count(newest) == 1 else "contradiction"
    if corrects:
        kind = "correction"
    ordered = sorted(
        group, key=lambda pair: (pair[0] in corrects, pair[0].article.published or date.min, pair[0].article.id)
    )
    first, value = group[0]
    about = " ".join(first.match.text[first.start + value.end : first.end].split()[:4]).rstrip(" ,.;:")
    return Disagreement(
        about, kind, tuple(Side(_shown(said, each), _citation(said, each, known)) for said, each in ordered)
    )


def _shown(said: _Said, value: Figure) -> str:
    """The value with the words behind it, as they stand, up to the last that says something: "45 people"."""
    text = said.match.text
    start, end = said.start + value.start, said.start + value.end
    for other in said.figures:  # "between 25 and 26 billion pounds"
        if _RANGE.fullmatch(text, end, max(end, said.start + other.start)):
            end = said.start + other.end
    behind = re.match(rf"(?:[ -][^\W\d_]+){{0,{BESIDE}}}", text[end : said.end])
    shown = text[start : end + (behind.end() if behind else 0)].strip()
    while " " in shown and len(shown) > end - start and not content_words(shown.rpartition(" ")[2]):
        shown = shown.rpartition(" ")[0]
    return shown


def _citation(said: _Said, value: Figure, known: list[Citation]) -> Citation:
    """The one of ``known`` that quotes the value, or else a new one, which is then known too."""
    start, end = said.match.start + said.start, said.match.start + said.end
    for citation in known:
        if citation.article.id == said.article.id and citation.start <= start + value.start < citation.end:
            return citation
    number = max((citation.number for citation in known), default=0) + 1
    known.append(Citation(number, said.article.text[start:end], start, end, said.article, said.match.passage))
    return known[-1]


def in_words(disagreement: Disagreement) -> str:
    """The disagreement in a sentence with ``[n]`` markers: "The figure rose: 45 dead on 2 September 2024 [1], …".

    That a figure rose or fell is said of the reports of one outlet alone. Two may count different things: of the made
    pairs that look like an update 12 of 36 do, and on the half to choose by no cosine tells them apart
    (``python -m tests.benchmarks disagreement``).
    """
    sides = disagreement.sides
    outlets = {side.citation.article.source for side in sides}
    if disagreement.kind == "update" and len(outlets) == 1 and all(outlets):
        return _course(sides)
    told: list[str] = [
        Message.joined(side.value, " (", attribution(side.citation.article), f") [{side.citation.number}]", by="")
        for side in sides
    ]
    if disagreement.kind == "correction":
        wrong = reduce(lambda one, other: Message("{one}, nor {other}", one=one, other=other), told[:-1])
        return Message("Corrected: not {wrong}, but {right}.", wrong=wrong, right=told[-1])
    values = Message.joined(*told, by="; ")
    if disagreement.kind == "update":
        return Message("The figures differ: {values}.", values=values)
    return Message("The articles differ, and nothing says which is right: {values}.", values=values)


def _course(sides: Sequence[Side]) -> Message:
    """How the figure went from the first side to the last."""
    told = (
        Message(
            "{value} on {day} {marker}",
            value=side.value,
            day=side.citation.article.published,
            marker=f"[{side.citation.number}]",
        )
        for side in sides
    )
    values = Message.joined(*told, by=", ")
    figures = [next((max(each.values) * each.factor for each in facts(side.value).figures), 0.0) for side in sides]
    steps = [later - earlier for earlier, later in pairwise(figures)]
    if all(step > 0 for step in steps):
        return Message("The figure rose: {values}.", values=values)
    if all(step < 0 for step in steps):
        return Message("The figure fell: {values}.", values=values)
    return Message("The figure has changed: {values}.", values=values)


def without_disagreements(answer: Answer) -> str:
    """The answer's text without the sentences on its disagreements, for a page that has them as cards.

    They are known by their values and markers: earlier versions put them in other words.
    """
    text: str = answer.text
    for each in reversed(answer.disagreements):
        before, _, last = text.rpartition("\n\n")
        if not all(side.value in last and f"[{side.citation.number}]" in last for side in each.sides):
            break
        text = before
    return text
