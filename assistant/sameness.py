"""Whether two sentences speak of the same thing, and whether what they claim of it can both be true.

The same thing: the same measure of the same subject, in the same place, of the same event. Two towns, two namesakes,
two years or a part and its whole are different things, and rounded, converted and open figures the same. Whatever is
not clear counts as different: a disagreement that is none costs more trust than one unnoticed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import Final

from assistant.alignment import align
from assistant.claims import (
    CORRECTS,
    EVENT_VERBS,
    GROUPS,
    MEASURES,
    PEOPLE,
    QUALIFYING,
    STATES,
    WORD,
    Claim,
    Sentence,
    families_of,
    first_clause,
    named_after,
)
from assistant.contrast import TITLES, Token, opposite, tokens
from assistant.extractive import is_dangling
from assistant.facts import Day, Figure, Known, facts, plain, same_day, same_figure, same_name
from assistant.families import family
from assistant.kinds import Wanted
from assistant.reference import resolve
from assistant.words import MONTHS, STOP_WORDS, stem
from vectorstore.duplicates import own_share
from vectorstore.types import Article

ROUNDED: Final = 0.05
"""A rounder figure within this share of another is the same: 1,000 for 1,012."""

ROUGH: Final = 0.1
"""The same for a figure that is said to be rough: "about", "nearly"."""

OPEN_END: Final = 1.5
"""Up to so many times its figure "at least" speaks of the same count; a much larger one is news."""

SOON: Final = 14
"""Days within which two articles that share a place and an event tell the same one; later they must share more."""

SEASON: Final = 90
"""Days within which two articles mean the same year by "2 September"."""

MATTER: Final = 60
"""Days after which articles must name the day of an event, or be nearly alike, to tell of the same one."""

CLOSE: Final = 0.5
"""Share of the words around a figure that must stand around the other, unless it is said what became of those
counted. Of what was told on 1,500 headlines of news, figures with less in common were other things."""

NEARLY_ALIKE: Final = 0.75
"""The same for articles more than ``MATTER`` days apart."""

ANOTHER_SCALE: Final = 100
"""A figure more than so many times another measures something else."""

ALIKE: Final = 0.6
"""Share of the longer sentence's tokens that must stand in the other, in order, before a name or an outcome in the same
place is compared: only sentences that say the same otherwise."""

REWORDED: Final = 0.4
"""Share of its words that the shorter of two versions of a text may have for itself."""

SHORTEST_VERSION: Final = 150
"""Characters: two sentences may be alike by chance."""

VERBATIM: Final = 14
"""Words in common from which two sentences with names are one, written by one hand."""

KEPT: Final = 4
"""Words that two versions of a sentence must have in common."""

LONGEST_CHANGE: Final = 5
"""Words of what stands in one place of two versions of a sentence; more is another sentence."""

COVERED: Final = 0.6
"""Share of the question's other words that a sentence and its headline must hold to answer it with a name."""

_TOGETHER = re.compile(r"\b(?:together|combined|between them|jointly|worldwide)\b", re.IGNORECASE)

_OF_NAME = re.compile(r"\b([a-z]+) of (?:the |an? )?(?:[a-z]+ )?[A-Z]")

_BODIES = frozenset(
    family(stem(word))
    for word in """city town village state province republic kingdom county prefecture university island bank house
    ministry department parliament government people""".split()
)

_ATTRIBUTED = re.compile(
    r"^.*?\b(?:said|says|say|reported|reports|announced|confirmed|claimed|claims|estimated?s?|believes?) that\s"
    r"|^According to [^,]+,\s|^(?:Correction|Clarification|Erratum)\s?:\s",
    re.IGNORECASE,
)
"""Who says so is not what it is about."""

_SUBJECT_CLAUSE = re.compile(
    r"[;:]\s|\b(?:since|because|as|while|whereas|but|although|when|after|before|if|that|and)\s"
)

_PLACED = re.compile(
    r"\b(?:in|at|near|from|across|outside|around|on|throughout|inside|off|over)\s+(?:the\s+|northern\s+|southern\s+|"
    r"eastern\s+|western\s+|central\s+|nearby\s+)*(?:(?:city|town|village|province|region|prefecture|state|district|county|"
    r"port|island)\s+of\s+)?(?P<names>[A-Z][\w’'-]*(?:(?:,? and |,? or |, | )(?:the )?[A-Z][\w’'-]*)*)"
)

_RATE = re.compile(
    r"\b(?:per|an?|each|every) (?:hour|day|week|month|year)\b|\b(?:daily|weekly|yearly)\b", re.IGNORECASE
)
_REPORTING = re.compile(
    r"\b(?:sa(?:id|ys|y)|report(?:s|ed)?|announc(?:ed|es)|put|puts|count(?:s|ed)?|given|gave|as of|stood|stands|updated"
    r"|known|raised|confirm(?:s|ed)|evening|afternoon|morning|told|wrote|according|estimated?|released|published|by)\b",
    re.IGNORECASE,
)

_RELATIONS = {
    family(stem(word))
    for word in """directed director born died located based headquartered wrote written author composed composer
    designed designer published won winner created creator recorded capital sentenced married succeeded appointed
    artist album film stationed discovered invented""".split()
}
"""Of whom or where there is one: two names for it disagree."""


def _plain_words(text: str) -> frozenset[str]:
    return frozenset(plain(word) for word in WORD.findall(text))


def same_thing(one: Claim, other: Claim, asked: frozenset[str]) -> bool:
    if type(one.value) is not type(other.value) or one.is_forecast != other.is_forecast:
        return False
    if isinstance(one.value, Figure) and isinstance(other.value, Figure):
        return _same_measure(one, other, asked) and _same_event(one, other) and same_days(one, other)
    return _same_day_of_what(one, other) and _same_event(one, other)


def _same_measure(one: Claim, other: Claim, asked: frozenset[str]) -> bool:
    a, b = one.value, other.value
    assert isinstance(a, Figure)
    assert isinstance(b, Figure)
    if a.unit != b.unit and not (a.unit and b.unit and same_figure(a, replace(b, values=a.values, factor=a.factor))):
        return False
    if one.near & QUALIFYING != other.near & QUALIFYING:
        return False
    if one.state != other.state or bool(_TOGETHER.search(one.segment)) != bool(_TOGETHER.search(other.segment)):
        return False
    if bool(_RATE.search(one.segment)) != bool(_RATE.search(other.segment)):
        return False
    if one.state:
        if one.near & GROUPS != other.near & GROUPS or _far_apart(a, b):
            return False
        return not a.unit and (one.counted == other.counted or not one.counted.isdisjoint(other.counted))
    if a.unit == "time" and not (one.near & other.near & MEASURES):
        return False
    shared = one.near & other.near
    apart = _days_apart(one.sentence.article, other.sentence.article) or 0
    if len(shared) < (NEARLY_ALIKE if apart > MATTER else CLOSE) * min(len(one.near), len(other.near)):
        return False
    if not (one.counted <= other.counted or other.counted <= one.counted) or _far_apart(a, b):
        return False
    if a.unit or shared & MEASURES:
        return len(shared) >= 2 or bool(shared & (MEASURES | asked))
    return bool(one.counted and other.counted) and len(shared) >= 2


def _far_apart(one: Figure, other: Figure) -> bool:
    low, high = sorted(min(each.values) * each.factor for each in (one, other))
    return high > ANOTHER_SCALE * low


def _same_event(one: Claim, other: Claim) -> bool:
    """The same places, and enough in common with headline and sentence before."""
    own, its = one.sentence, other.sentence
    if not _same_places(one, other) or (
        not one.state and not (_same_subject(one, other) and _same_complement(one, other))
    ):
        return False
    ours, theirs = _about(own), _about(its)
    shared = (ours & theirs) - PEOPLE - frozenset(STATES)
    named = _names_of(own) & _names_of(its)
    if not named:
        return False
    apart = _days_apart(own.article, its.article)
    if one.state and apart is not None and apart > MATTER and not _share_date(own, its):
        return False
    return len(shared) >= (2 if apart is None or apart <= SOON else 3)


def _share_date(own: Sentence, other: Sentence) -> bool:
    """Whether both articles name the same day, that of the event: months later the place says too little."""
    ours, theirs = (
        {
            (day.year, day.month, day.day)
            for day in facts(f"{each.before}\n{each.match.text}").days
            if day.day and day.year
        }
        for each in (own, other)
    )
    return not ours.isdisjoint(theirs)


def _about(sentence: Sentence) -> frozenset[str]:
    return frozenset(word for word in sentence.context_families if not word[0].isdigit())


def _names_of(sentence: Sentence) -> frozenset[str]:
    """Families of the names in the sentence, the one before it and the headline, with the headline's first word."""
    first = WORD.match(sentence.article.title)
    return _name_families(sentence.context) | frozenset(families_of(first.group()) if first else ())


@lru_cache(maxsize=1024)
def _name_families(text: str) -> frozenset[str]:
    return frozenset(family(stem(plain(name.text))) for name in facts(text).names if len(name.text) > 1)


def _days_apart(one: Article, other: Article) -> int | None:
    return abs((one.published - other.published).days) if one.published and other.published else None


@lru_cache(maxsize=1024)
def _placed(text: str) -> tuple[tuple[str, ...], ...]:
    """The names that say where, as runs; those joined by "and" in one run."""
    found = []
    for match in _PLACED.finditer(text):
        run = tuple(plain(word) for word in WORD.findall(match["names"]) if word[0].isupper())
        run = tuple(word for word in run if word and word not in _MONTHS and word not in _WEEKDAYS)
        if run:
            found.append(run)
    return tuple(found)


_MONTHS = frozenset(month.lower() for month in MONTHS)

_WEEKDAYS = frozenset("monday tuesday wednesday thursday friday saturday sunday".split())


def _same_places(one: Claim, other: Claim) -> bool:
    own, its = one.sentence, other.sentence
    ours, theirs = _places(one), _places(other)
    if isinstance(one.value, Day) and not (ours and theirs):
        return True
    if not ours or not theirs:
        return _known(ours, f"{its.context}\n{its.match.text}") and _known(theirs, f"{own.context}\n{own.match.text}")
    if not _share_name(ours, theirs):
        return False
    return _joined_known(one, theirs | _plain_words(its.text)) and _joined_known(other, ours | _plain_words(own.text))


def _places(claim: Claim) -> set[str]:
    """Names that say where, beside the value, else anywhere in its sentence."""
    near = {word for run in _placed(claim.segment) for word in run}
    return near or {word for run in _placed(claim.sentence.text) for word in run}


def _same_subject(one: Claim, other: Claim) -> bool:
    """Whether both speak of a name in common, or of none and of the same noun."""
    if _are_told_apart(one.sentence.article.title, other.sentence.article.title):
        return False
    if not (_same_whole(one, other) and _same_whole(other, one)):
        return False
    ours, theirs = _subject(one), _subject(other)
    if ours and theirs:
        return _share_name(ours, theirs) and not _are_namesakes(one, other, ours & theirs)
    if not ours and not theirs:
        first, second = (set(families_of(each.sentence.text[: each.start])[:3]) for each in (one, other))
        return bool(first & second)
    return False


def _are_told_apart(one: str, other: str) -> bool:
    """Whether the headlines say themselves which of several they mean: "Long Quay (film)", "Long Quay (novel)"."""
    ours, theirs = (_IN_BRACKETS.search(title) for title in (one, other))
    return ours is not None and theirs is not None and _brackets(one) != _brackets(other)


def _brackets(title: str) -> list[str]:
    return [word for part in _IN_BRACKETS.findall(title) for word in families_of(part)]


_IN_BRACKETS = re.compile(r"\(([^()]+)")


def _are_namesakes(one: Claim, other: Claim, shared: frozenset[str]) -> bool:
    """Anton and Karl Ritter, the Velden and the Tessin tunnel."""
    ours, theirs = _first_names(one.sentence), _first_names(other.sentence)
    return any(
        last in ours and last in theirs and not any(same_name(a, b) for a in ours[last] for b in theirs[last])
        for last in shared
    )


def _first_names(sentence: Sentence) -> dict[str, set[str]]:
    """For the last word of every run of capitalised words its first ones."""
    return _firsts(f"{sentence.article.title}\n{sentence.match.text}")


@lru_cache(maxsize=256)
def _firsts(text: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for match in _NAME_RUN.finditer(text):
        run = [
            word
            for written in match.group().split()
            if (word := plain(written)) and not TITLES.keys() & set(written.lower().split("-"))
        ]
        if len(run) > 1 and run[0] not in STOP_WORDS:
            found.setdefault(run[-1], set()).add(run[0])
    return found


_NAME_RUN = re.compile(r"[A-Z][\w’'-]*\.?(?: [A-Z][\w’'-]*\.?)+")


def _same_complement(one: Claim, other: Claim) -> bool:
    """Not "paid 5 million for the house" and "paid 6 million for the garden"."""
    if isinstance(one.value, Day):
        return True
    ours, theirs = (
        set(families_of(first_clause(each.sentence.text[each.end :])[:80])) - set(STATES) - each.counted
        for each in (one, other)
    )
    return not ours or not theirs or bool(ours & theirs)


def _same_whole(one: Claim, other: Claim) -> bool:
    """Not "the Senna" and "the delta of the Senna"."""
    nouns = {word for noun in _OF_NAME.findall(one.sentence.text[: one.start]) for word in families_of(noun)}
    return nouns <= MEASURES | PEOPLE | _BODIES | other.sentence.context_families | set(EVENT_VERBS)


def _subject(claim: Claim) -> frozenset[str]:
    """The names before the value that do not say where; those of the sentence before and the title for "it"."""
    sentence = claim.sentence
    text = _ATTRIBUTED.sub("", sentence.text[: claim.start])
    clauses = _SUBJECT_CLAUSE.split(text)
    found = _unplaced_names(clauses[-1]) or _unplaced_names(text)
    if found:
        return found
    if not is_dangling(text) and not text.startswith("The "):
        # "Ingenuity first flew": the first word of a sentence is not taken for a name where it looks like a noun.
        return _capitals(" ".join(WORD.findall(text)[:2])) - STOP_WORDS
    reference = resolve(sentence.article.text, sentence.match.start + sentence.start, sentence.article.title)
    if reference is not None:
        return _capitals(reference.name)
    return _unplaced_names(sentence.before) | _capitals(sentence.article.title)


def _capitals(text: str) -> frozenset[str]:
    return frozenset(plain(word) for word in WORD.findall(text) if word[0].isupper())


@lru_cache(maxsize=1024)
def _unplaced_names(text: str) -> frozenset[str]:
    placed = {word for run in _placed(text) for word in run}
    words = {plain(name.text) for name in facts(text).names}
    return frozenset(
        word
        for word in words
        if word not in placed and word not in TITLES and not CORRECTS.fullmatch(word) and len(word) > 1
    )


def _share_name(ours: Collection[str], theirs: Collection[str]) -> bool:
    return any(same_name(one, other) for one in ours for other in theirs)


def _known(names: set[str], context: str) -> bool:
    words = _plain_words(context)
    return all(name in words or any(same_name(name, word) for word in words) for name in names)


def _joined_known(claim: Claim, known: set[str] | frozenset[str]) -> bool:
    """No "Türkiye and Syria" where the other side has one of the two."""
    for match in _PLACED.finditer(claim.segment):
        parts = re.split(r",? and |, ", match["names"])
        if len(parts) > 1 and not all(
            any(plain(word) in known for word in WORD.findall(part)) for part in parts if WORD.search(part)
        ):
            return False
    return True


def same_days(one: Claim, other: Claim) -> bool:
    """False where each side names a day of its own: then both are true. Days of reporting are none of the matter."""
    if _is_of_another_year(one, other) or _is_of_another_year(other, one):
        return False
    ours, theirs = (_days_of_matter(claim) for claim in (one, other))
    if not ours or not theirs:
        return True
    return any(map(_known_days(other).has_day, ours)) or any(map(_known_days(one).has_day, theirs))


def _known_days(claim: Claim) -> Known:
    published = claim.sentence.article.published
    return Known([claim.sentence.text], [published] if published else [])


def _is_of_another_year(one: Claim, other: Claim) -> bool:
    """Whether one sentence tells of an earlier year, of which the other article knows nothing."""
    published = one.sentence.article.published
    years = {day.year for day in facts(one.sentence.text).days if day.year is not None}
    if not years or published is None or max(years) >= published.year:
        return False
    known = facts(f"{other.sentence.article.title}\n{other.sentence.match.text}").days
    year = other.sentence.article.published.year if other.sentence.article.published else None
    return years.isdisjoint({year, *(day.year for day in known)})


def _days_of_matter(claim: Claim) -> list[Day]:
    text = claim.sentence.text
    rolling = bool(claim.state)
    opened = text.rfind("(", 0, claim.start)
    left = opened if opened > text.rfind(")", 0, claim.start) else 0  # a value in brackets has its day there
    end = re.search(r"[();]", text[claim.end :])
    right = claim.end + end.start() if end else len(text)
    return [
        day
        for day in facts(text).days
        if left <= day.start < right
        and not (rolling and _REPORTING.search(text[max(0, day.start - 60) : day.start] + text[day.end : day.end + 40]))
    ]


def _same_day_of_what(one: Claim, other: Claim) -> bool:
    if not one.verb or one.verb != other.verb:
        return False
    years = [claim.value.year for claim in (one, other) if isinstance(claim.value, Day)]
    apart = _days_apart(one.sentence.article, other.sentence.article)
    return None not in years or (apart is not None and apart <= SEASON)


def compatible(one: Claim, other: Claim) -> bool:
    """Whether both can be true, or say the same in another form."""
    if isinstance(one.value, Day) and isinstance(other.value, Day):
        return same_day(one.value, other.value) is not False or _is_end_of(one, other) or _is_end_of(other, one)
    a, b = one.value, other.value
    assert isinstance(a, Figure)
    assert isinstance(b, Figure)
    if same_figure(a, b) or same_figure(b, a):
        return True
    is_rate = _RATE.search(one.segment) is not None
    later = bool(one.state) and not is_rate and _later(one.sentence.article, other.sentence.article)
    for x in _amounts(a, one.upper):
        for y in _amounts(b, other.upper):
            if x[0] <= y[1] and y[0] <= x[1]:
                return True
            big, small = max(x[0], y[0]), min(x[1], y[1])
            rough = a.bound == "about" or b.bound == "about" or "" not in (a.bound, b.bound)
            is_round = _rounder(x[0], y[0]) or _rounder(y[0], x[0])
            if abs(big - small) <= big * (ROUGH if rough else ROUNDED if is_round else 0):
                return True
            for bound, (low, high) in ((a.bound, (x[0], y[0])), (b.bound, (y[0], x[0]))):
                if bound == "least" and low <= high <= low * OPEN_END and not later:
                    return True
                if bound == "most" and high <= low <= high * OPEN_END:
                    return True
    return False


def _is_end_of(one: Claim, other: Claim) -> bool:
    """Whether a year is one of those that the other gives: 1855 and 1852–1855."""
    assert isinstance(one.value, Day)
    return one.value.month is None and str(one.value.year) in re.findall(r"\d{4}", other.text)


def _amounts(figure: Figure, upper: Figure | None) -> Iterator[tuple[float, float]]:
    highest = max(value * upper.factor for value in upper.values) if upper else 0.0
    for value in figure.values:
        yield value * figure.factor, max(value * figure.factor, highest)


def _rounder(one: float, other: float) -> bool:
    return len(f"{one:.6g}".rstrip("0").rstrip(".")) < len(f"{other:.6g}".rstrip("0").rstrip("."))


def _later(one: Article, other: Article) -> bool:
    return bool(one.published and other.published and one.published != other.published)


def relations(own: Sentence, other: Sentence, want: Wanted, asked: frozenset[str]) -> Iterator[tuple[Claim, Claim]]:
    """Two names for one thing: "directed by" one and "directed by" another, where that is asked."""
    if want.kind not in ("who", "where", "which"):
        return
    where = want.kind == "where"
    for relation in sorted(asked & _RELATIONS):
        one = [claim for claim in named_after(own, relation, where) if not _name_families(claim.text) <= asked]
        two = [claim for claim in named_after(other, relation, where) if not _name_families(claim.text) <= asked]
        if not one or not two or any(share_words(a.text, b.text) for a in one for b in two):
            continue
        rest = asked - {relation}
        if all(len(rest & _about(each)) >= len(rest) * COVERED for each in (own, other)):
            yield one[0], two[0]


def share_words(one: str, other: str) -> bool:
    return any(same_name(a, b) for a in WORD.findall(one) for b in WORD.findall(other) if len(a) > 2 and len(b) > 2)


def in_the_same_place(own: Sentence, other: Sentence) -> Iterator[tuple[Claim, Claim]]:
    """An outcome and its opposite in two sentences that say the same otherwise."""
    ours, theirs = tokens(own.text), tokens(other.text)
    pairs = _aligned(own, other)
    if not pairs:
        return
    differing = [
        (ours[i + 1], theirs[j + 1])
        for (i, j), (next_i, next_j) in pairwise([(-1, -1), *pairs, (len(ours), len(theirs))])
        if next_i - i == 2 and next_j - j == 2
    ]
    if any(one.kind == two.kind != "word" for one, two in differing):  # two bills, of which one was passed
        return
    for one, two in differing:
        if opposite(one.key, two.key):
            yield _as_claim(own, one), _as_claim(other, two)


def are_alike(own: Sentence, other: Sentence) -> bool:
    """Whether two sentences say the same but for a few words."""
    return bool(_aligned(own, other))


def _aligned(own: Sentence, other: Sentence) -> list[tuple[int, int]]:
    """Places of the tokens that two sentences have in common, in order; none where they are not alike."""
    if len(own.families & other.families) < ALIKE / 2 * max(len(own.families), len(other.families)):
        return []
    ours, theirs = tokens(own.text), tokens(other.text)
    pairs = align([token.key for token in ours], [token.key for token in theirs])
    return pairs if len(pairs) >= max(4, ALIKE * max(len(ours), len(theirs))) else []


def are_versions(one: Article, other: Article) -> bool:
    """Whether most of the shorter text stands in the other, and it is more than a sentence."""
    if min(len(one.text), len(other.text)) < SHORTEST_VERSION:
        return False
    return min(own_share(one.text, other.text), own_share(other.text, one.text)) <= REWORDED


def changed(own: Sentence, other: Sentence, want: Wanted, *, same_subject: bool = False) -> tuple[Claim, Claim] | None:
    """What stands in the one place in which two sentences differ, if it is of the kind that is asked for.

    The sentences must be of two versions of one text, or so long and full of names that one was taken from the other,
    or be known to tell of the ``same_subject``: everywhere else such a pair tells of two things.
    """
    if own.text == other.text or len(own.families & other.families) < ALIKE / 2 * max(
        len(own.families), len(other.families)
    ):
        return None
    ours, theirs = (
        list(_PIECE.finditer(_NOTE.sub(lambda note: " " * len(note[0]), each.text))) for each in (own, other)
    )
    ours, theirs = _without_headline(ours, theirs), _without_headline(theirs, ours)
    pairs = align([piece.group().lower() for piece in ours], [piece.group().lower() for piece in theirs])
    gaps: dict[tuple[str, str], tuple[int, int]] = {}
    for (i, j), (k, m) in pairwise([(-1, -1), *pairs, (len(ours), len(theirs))]):
        mine, yours = ours[i + 1 : k], theirs[j + 1 : m]
        if mine and yours:
            start, begin = mine[0].start(), yours[0].start()
            gaps[own.text[start : mine[-1].end()], other.text[begin : yours[-1].end()]] = start, begin
        elif mine or yours:
            return None  # words that only one has: "in children"
    if len(gaps) != 1 or len(pairs) < max(KEPT, ALIKE * max(len(ours), len(theirs))):
        return None
    is_quoted = len(pairs) >= VERBATIM and len(facts(own.text).names) > 2
    if not is_quoted and not same_subject and not are_versions(own.article, other.article):
        return None
    ((one, two), (start, begin)) = next(iter(gaps.items()))
    if max(len(one.split()), len(two.split())) > LONGEST_CHANGE:
        return None
    first, second = _claim_at(own, one, start), _claim_at(other, two, begin)
    return (
        (first, second) if _may_answer(first, want) and _may_answer(second, want) and _unlike(first, second) else None
    )


_NOTE = re.compile(r"\[\s?\d+\s?\]")
"""The number of a footnote."""

_PIECE = re.compile(r"\w+(?:[’'.,:-]\w+)*")


def _without_headline(pieces: list[re.Match[str]], other: Sequence[re.Match[str]]) -> list[re.Match[str]]:
    """``pieces`` from where they begin as ``other`` does: a headline or a dateline may stand before."""
    opening = [piece.group() for piece in other[:2]]
    starts = [
        place for place in range(len(pieces) - 1) if [piece.group() for piece in pieces[place : place + 2]] == opening
    ]
    return pieces[starts[-1] :] if starts and len(pieces) - starts[-1] >= KEPT else pieces


def _claim_at(sentence: Sentence, text: str, start: int) -> Claim:
    """The figure or day of which the words are part, else the words."""
    for claim in sentence.claims:
        if claim.start < start + len(text) and start < claim.end:
            return claim
    return Claim(sentence, text, start, start + len(text), about=" ".join(sentence.text[:start].split()[-3:]))


def _may_answer(claim: Claim, want: Wanted) -> bool:
    has_digit = not isinstance(claim.value, str) or claim.text[0].isdigit()
    if want.kind in ("when", "number"):
        return has_digit
    if want.kind in ("who", "where"):
        return claim.text[0].isupper()
    return has_digit or claim.text[0].isupper() or want.kind in ("which", "definition")


def _unlike(one: Claim, other: Claim) -> bool:
    """Not two ways to say one thing."""
    if type(one.value) is not type(other.value):
        return False
    if isinstance(one.value, str):
        ours, theirs = set(families_of(one.text)), set(families_of(other.text))
        return bool(ours and theirs) and ours.isdisjoint(theirs) and not share_words(one.text, other.text)
    return not compatible(one, other)


def _as_claim(sentence: Sentence, token: Token) -> Claim:
    start = sentence.text.find(token.text)
    return Claim(sentence, token.text, start, start + len(token.text), about=token.text)
