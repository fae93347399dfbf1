"""Where articles disagree: other figures, days, names or outcomes for the same thing, and what to make of it.

The sentences that an answer cites are laid beside those of the other articles that were found. Where they claim
different things of the same, each side is told with its source and day, and whether the later one looks like an
update, corrects the other, or contradicts it. Articles about several people, places or works of one name do not
contradict each other: what is told of each is set side by side. Rules over words, no model.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import combinations, permutations, product, starmap
from textwrap import shorten
from typing import Final, NamedTuple

from assistant import quotation
from assistant.claims import CORRECTS, MEASURES, STATES, Claim, Sentence, families_of, sentences_in
from assistant.contrast import TITLES
from assistant.facts import Day, Figure, facts, same_day, same_figure
from assistant.families import content_families, family, question_families
from assistant.fillers import gap
from assistant.kinds import Wanted, wanted
from assistant.namesakes import Account, accounts, are_same, bearer, is_of_another
from assistant.sameness import (
    are_alike,
    are_versions,
    changed,
    compatible,
    in_the_same_place,
    relations,
    same_days,
    same_thing,
)
from assistant.support import check
from assistant.types import Citation, Disagreement, DisagreementKind, Side, Statement
from assistant.words import MONTHS, names, stem
from vectorstore.types import Article, Match

PASSAGES: Final = 10
"""Best matches that are read beside the cited ones: what an answer is made of."""

MOST: Final = 3
"""Disagreements that are shown; the first cited first."""

MOST_SIDES: Final = 4

LONGEST_TITLE: Final = 32
"""Characters of a title that stands in for an unknown source."""

NAMED: Final = 0.6
"""Share of the words of the question's names that a passage and its headline must hold."""

_ROLLING = frozenset(
    family(stem(word))
    for word in """price prices cost costs estimate estimated estimates toll count counts total rate votes projected
    projection forecast expected expects subscribers users sales donated pledged raised provisional preliminary latest
    inflation unemployment delayed postponed rescheduled planned plans due scheduled""".split()
)
"""Words of what goes on changing. What an earlier article says of it was true that day."""

_ROLLING_PHRASES = re.compile(
    r"\b(?:so far|as of|to date|now stands?|(?:has |have )?(?:risen|rose|climbed|increased|grown|fallen|dropped) to"
    r"|raised|updated|revised|provisional|at least|early counts?|known of)\b",
    re.IGNORECASE,
)


class Told(NamedTuple):
    """What is added to an answer where articles disagree or tell of several of one name; else all empty."""

    disagreements: tuple[Disagreement, ...] = ()
    text: str = ""
    """A line for each, with markers, and before them one for several of one name."""
    statements: tuple[Statement, ...] = ()
    citations: tuple[Citation, ...] = ()
    """Those of the other sides, numbered on from the answer's own."""


def told(
    question: str, statements: Sequence[Statement], citations: Sequence[Citation], matches: Sequence[Match]
) -> Told:
    """What other articles among ``matches`` say otherwise than the answer's supported ``statements``."""
    carrying = {number for each in statements if each.support != "unsupported" for number in each.citations}
    carried = [each for each in citations if each.number in carrying]
    numbers = _Numbers(citations)
    told_apart = _bearers(question, carried, matches)
    found = _disagreements(question, carried, matches, told_apart, numbers)
    lines = [(in_words(each), [side.citation for side in each.sides]) for each in found]
    if len(told_apart) > 1:
        lines.insert(0, _namesakes_in_words(told_apart[:MOST_SIDES], numbers))
    return Told(
        found,
        "\n\n".join(line for line, _ in lines),
        tuple(
            Statement(_MARKERS.sub("", line), tuple(citation.number for citation in own), "verified")
            for line, own in lines
        ),
        tuple({each.number: each for _, own in lines for each in own if each not in citations}.values()),
    )


_SAME = 20
"""Characters in which a value repeats what its bearer is."""

_MARKERS = re.compile(r" \[\d+\]")


def disagreements(
    question: str, cited: Sequence[Citation], matches: Sequence[Match], citations: Sequence[Citation] = ()
) -> tuple[Disagreement, ...]:
    """What other articles among ``matches`` say otherwise than the ``cited`` words, in the order of these.

    A side that stands in none of the answer's ``citations`` gets one of its own, numbered on from them.
    """
    return _disagreements(question, cited, matches, _bearers(question, cited, matches), _Numbers(citations or cited))


def _disagreements(
    question: str,
    cited: Sequence[Citation],
    matches: Sequence[Match],
    told_apart: Sequence[Account],
    numbers: _Numbers,
) -> tuple[Disagreement, ...]:
    asked = frozenset(question_families(question))
    want = wanted(question)
    found = matches[:PASSAGES]
    own_sentences = {each.place: each for citation in cited for each in _sentences_of(citation, found)}
    named = frozenset(word for name in names(question) for word in families_of(name)) - frozenset(TITLES)
    others = [sentence for match in found for sentence in _others(match, named)]
    made: list[list[Claim]] = []
    several = len(told_apart) > 1  # then only what is told of the same one of them is laid side by side
    for own in [] if several else own_sentences.values():
        needed = 1 if asked & own.families else 2
        for other in others:
            if len(own.families & other.families) < needed or own.article.id == other.article.id:
                continue
            pairs = list(_differing(own, other, want, asked))
            if pairs and not _of_two_bearers(own.article, other.article, named):
                for pair in pairs:
                    _group(made, pair)
    for pair in _changed(own_sentences.values(), found, want):
        if not _of_two_bearers(pair[0].sentence.article, pair[1].sentence.article, named):
            _group(made, pair)
    for pair in _taken_back(own_sentences.values(), others, want, asked):
        _group(made, pair)
    known = {citation.article.id for citation in cited}
    for account in told_apart:
        for first, second in combinations(account.claims, 2):
            shown = several or not known.isdisjoint({first.sentence.article.id, second.sentence.article.id})
            if shown and (contradicting := _contradicting(first, second, want)):
                _group(made, contradicting)
    judged = (_judged(group, numbers) for group in made)
    told = {frozenset(side.value for side in one.sides): one for one in judged if one is not None}
    return tuple(told.values())[:MOST]


def _changed(
    own_sentences: Iterable[Sentence], matches: Sequence[Match], want: Wanted
) -> Iterator[tuple[Claim, Claim]]:
    """Where another version of the cited article has another fact in the same sentence."""
    others = [sentence for match in matches for sentence in sentences_in(match)]
    for own in own_sentences:
        for other in others:
            if other.article.id != own.article.id and (pair := changed(own, other, want)):
                yield pair


def _taken_back(
    own_sentences: Iterable[Sentence], others: Sequence[Sentence], want: Wanted, asked: frozenset[str]
) -> Iterator[tuple[Claim, Claim]]:
    """Where one article says that what the other counts was thought before: "the team had spoken of 250 grams"."""
    if want.kind != "number":
        return
    for own, other in product(own_sentences, others):
        if own.article.id == other.article.id:
            continue
        for claim, rival in product(own.claims, other.claims):
            if _measure(claim) != _measure(rival) or compatible(claim, rival):
                continue
            former, later = (claim, rival) if _takes_back(other, claim) else (rival, claim)
            if _is_asked(later, want, asked) and _takes_back(later.sentence, former):
                yield claim, rival


def _measure(claim: Claim) -> str | None:
    return claim.value.unit if isinstance(claim.value, Figure) else None


def _takes_back(sentence: Sentence, claim: Claim) -> bool:
    """Whether the passage of ``sentence`` tells the value of ``claim``, of another article, as one thought before."""
    return isinstance(claim.value, Figure) and any(
        figure.unit == claim.value.unit and same_figure(figure, claim.value)
        for near in sentences_in(sentence.match)
        for figure in near.former
    )


def _bearers(question: str, cited: Sequence[Citation], matches: Sequence[Match]) -> list[Account]:
    """What is told of each bearer of the name that the question asks about, the one first that the answer is about."""
    asked = gap(question)
    if asked is None:
        return []
    known = {citation.article.id for citation in cited}
    found = sorted(matches[:PASSAGES], key=lambda match: match.article.id not in known)
    told_apart: list[Account] = []
    for each in accounts(asked, map(sentences_in, found)):
        first = each.claims[0]
        if each.bearer.is_person and any(_says_same(first, other.claims[0]) for other in told_apart):
            continue  # one and the same under two descriptions
        if check(first.text, [first.sentence.match]).support == "verified":
            told_apart.append(each)
    return told_apart


def _of_two_bearers(one: Article, other: Article, named: frozenset[str]) -> bool:
    """Whether two articles tell of different people, places or works whose names share words."""
    if any(is_of_another(each, named) for each in (one, other)):
        return True
    ours, theirs = bearer(one, named), bearer(other, named)
    return ours is not None and theirs is not None and are_same(ours, theirs, named) is False


def _contradicting(one: Claim, other: Claim, want: Wanted) -> tuple[Claim, Claim] | None:
    """Where two articles put different things into one gap, of the same bearer of a name."""
    if one.sentence.article.id == other.sentence.article.id or type(one.value) is not type(other.value):
        return None
    if isinstance(one.value, str):
        return changed(one.sentence, other.sentence, replace(want, kind="which"), same_subject=True)
    if compatible(one, other):
        return None
    if isinstance(one.value, Day):
        return (one, other) if one.verb == other.verb else None
    return (one, other) if same_days(one, other) and are_alike(one.sentence, other.sentence) else None


def _others(match: Match, named: frozenset[str]) -> Sequence[Sentence]:
    """The sentences of a match that holds what the question names; matches further down tell of other things."""
    spoken = sentences_in(match)
    held = content_families(match.article.title).union(*(sentence.families for sentence in spoken))
    return spoken if len(named & held) >= NAMED * len(named) else ()


def _sentences_of(citation: Citation, matches: Sequence[Match]) -> Iterator[Sentence]:
    match = next(
        (m for m in matches if m.article.id == citation.article.id and m.start <= citation.start < m.end), None
    )
    if match is None:
        match = Match(0, 0.0, 0.0, citation.passage, citation.article)
    for sentence in sentences_in(match):
        begin, end = match.start + sentence.start, match.start + sentence.end
        if begin < citation.end and citation.start < end:
            yield sentence


def _differing(own: Sentence, other: Sentence, want: Wanted, asked: frozenset[str]) -> Iterator[tuple[Claim, Claim]]:
    theirs = other.claims
    for claim in own.claims:
        if not _is_asked(claim, want, asked):
            continue
        rivals = [rival for rival in theirs if same_thing(claim, rival, asked)]
        if rivals and not any(compatible(claim, rival) for rival in rivals):
            rival = max(rivals, key=lambda rival: len(rival.near & claim.near))
            if not _is_known(claim, other.match) and not _is_known(rival, own.match):
                yield claim, rival
    yield from relations(own, other, want, asked)
    yield from in_the_same_place(own, other)


def _is_known(claim: Claim, match: Match) -> bool:
    """Whether a passage claims the same elsewhere: then its other value is of something else.

    Not for what becomes of people: an article may tell the count of yesterday and that of today; nor in a correction,
    which quotes what was wrong.
    """
    if claim.state or CORRECTS.search(match.article.title):
        return False
    known = (each for sentence in sentences_in(match) for each in sentence.claims if not each.state)
    return any(
        each.verb == claim.verb and type(each.value) is type(claim.value) and _equal(each, claim) for each in known
    )


def _equal(one: Claim, other: Claim) -> bool:
    if isinstance(one.value, Figure) and isinstance(other.value, Figure):
        return same_figure(one.value, other.value)
    return _says_same(one, other)


def _is_asked(claim: Claim, want: Wanted, asked: frozenset[str]) -> bool:
    """Whether the question, if it asks for one thing, asks for this."""
    if want.kind not in ("number", "when", "who", "where", "which", "definition"):
        return want.extent != "one" or not asked.isdisjoint(claim.near)
    if want.kind == "number":
        if not isinstance(claim.value, Figure):
            return False
        if states := {STATES[word] for word in asked if word in STATES}:
            return claim.state in states
        return not claim.near.isdisjoint(MEASURES if asked & MEASURES else asked)
    return want.kind == "when" and isinstance(claim.value, Day) and bool(claim.near & asked)


def _group(made: list[list[Claim]], pair: tuple[Claim, Claim]) -> None:
    """Puts a pair to those about the same claims: several articles may each say otherwise."""
    for group in made:
        if any(_is_it(each, claim) for each in group for claim in pair):
            for claim in pair:
                known = [each.sentence.article.id for each in group]
                if claim.sentence.article.id not in known and not any(_says_same(each, claim) for each in group):
                    group.append(claim)
            return
    made.append(list(pair))


def _is_it(one: Claim, other: Claim) -> bool:
    return one.sentence.place == other.sentence.place and one.start == other.start


def _says_same(one: Claim, other: Claim) -> bool:
    if type(one.value) is not type(other.value):
        return False
    return one.value == other.value if isinstance(one.value, str) else compatible(one, other)


class _Numbers:
    """Citations for the sides: the answer's own where it cites the words, else new ones."""

    def __init__(self, citations: Sequence[Citation]) -> None:
        self._known = list(citations)
        self._last = max((citation.number for citation in citations), default=0)

    def of(self, claim: Claim) -> Citation:
        sentence = claim.sentence
        start = sentence.match.start + sentence.start
        value = start + claim.start
        for citation in self._known:
            if citation.article.id == sentence.article.id and citation.start <= value < citation.end:
                return citation
        end = sentence.match.start + sentence.end
        self._last += 1
        quote = sentence.article.text[start:end]
        self._known.append(Citation(self._last, quote, start, end, sentence.article, sentence.match.passage))
        return self._known[-1]


def _judged(group: list[Claim], numbers: _Numbers) -> Disagreement | None:
    claims = group[:MOST_SIDES]
    corrects = next((each for each in claims if any(_is_corrected_by(o, each) for o in claims if o is not each)), None)
    dated = all(claim.sentence.article.published for claim in claims)
    days = [claim.sentence.article.published for claim in claims]
    kind: DisagreementKind = "contradiction"
    if corrects is not None:
        kind = "correction"
    elif (
        dated
        and len(set(days)) == len(days)
        and (any(map(_goes_on, claims)) or _are_versions(claims) or any(starmap(_is_former, permutations(claims, 2))))
    ):
        kind = "update"
    claims = sorted(
        claims,
        key=lambda each: (each is corrects, each.sentence.article.published or _NO_DAY, each.sentence.article.id),
    )
    sides = tuple(Side(claim.text, numbers.of(claim), claim.is_forecast) for claim in claims)
    if any(check(side.value, [side.citation]).support != "verified" for side in sides):
        return None  # what we say of a side goes through the check of every other statement
    return Disagreement(group[0].about, kind, sides)


_NO_DAY = date.min


def _is_former(one: Claim, other: Claim) -> bool:
    return _takes_back(other.sentence, one)


def _are_versions(claims: Sequence[Claim]) -> bool:
    """Whether the later articles are the first one with something changed."""
    return all(are_versions(claims[0].sentence.article, claim.sentence.article) for claim in claims[1:])


def _is_corrected_by(wrong: Claim, right: Claim) -> bool:
    """Whether the article of ``right`` says so, at the claim itself or where it names the wrong value."""
    sentence = right.sentence
    article = sentence.article
    others = sentence.match.text[: sentence.start] + "\n" + sentence.match.text[sentence.end :]
    if any(CORRECTS.search(text) for text in (sentence.text, sentence.before, article.title)):
        return True
    return any(CORRECTS.search(each) and _states(each, wrong) for each in others.split("\n") if each)


def _states(text: str, claim: Claim) -> bool:
    if isinstance(claim.value, str):
        return claim.value in text
    found = facts(text)
    if isinstance(claim.value, Day):
        return any(same_day(claim.value, day) for day in found.days)
    return any(same_figure(claim.value, figure) for figure in found.figures)


def _goes_on(claim: Claim) -> bool:
    """Whether what is claimed may be another by the next day."""
    if isinstance(claim.value, Figure) and claim.state:
        return True
    return bool(claim.near & _ROLLING) or claim.is_forecast or _ROLLING_PHRASES.search(claim.sentence.text) is not None


def said_of(side: Side) -> str:
    """One side in words: “45 dead (Reuters, 2 Sep 2024)”."""
    article = side.citation.article
    day = article.published
    when = f"{day.day} {MONTHS[day.month - 1][:3]} {day.year}" if day else "undated"
    title = "".join(character for character in article.title if character not in quotation.DOUBLE)
    return f"{side.value} ({article.source or shorten(title, LONGEST_TITLE, placeholder='…')}, {when})"


def _namesakes_in_words(told_apart: Sequence[Account], numbers: _Numbers) -> tuple[str, list[Citation]]:
    """What is told of each, in a sentence with markers."""
    parts, cited = [], []
    for each in told_apart:
        value, citation = each.claims[0].text, numbers.of(each.claims[0])
        who = each.bearer.name if each.bearer.description.startswith(value[:_SAME]) else each.bearer.shown
        parts.append(f"{who}: {said_of(Side(value, citation))} [{citation.number}]")
        cited.append(citation)
    return f"Several go by this name. {'; '.join(parts)}.", cited


def in_words(disagreement: Disagreement) -> str:
    """The disagreement in a sentence with ``[n]`` markers."""
    sides = [f"{said_of(side)} [{side.citation.number}]" for side in disagreement.sides]
    of = f" ({disagreement.about})" if disagreement.about in STATES.values() else ""
    is_forecast = all(side.is_forecast for side in disagreement.sides)
    if disagreement.kind == "correction":
        return f"Corrected{of}: not {', nor '.join(sides[:-1])}, but {sides[-1]}."
    if disagreement.kind == "update":
        what = "The forecast has changed" if is_forecast else "This looks like an update"
        return f"{what}{of}: {'; then '.join(sides)}."
    what = "Forecasts" if is_forecast else "Sources"
    return f"{what} contradict each other{of}: {'; '.join(sides)}. Nothing in them says which is right."
