"""Where articles disagree: other figures, days, names or outcomes for the same thing, and what to make of it.

The sentences that an answer cites are laid beside those of the other articles that were found. Two of them disagree
only if they speak of the same thing: the same measure or event, the same places, no day of its own on each side. Rules
over words, no model. When in doubt nothing is said: a disagreement that is none costs more trust than one unnoticed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from itertools import pairwise
from textwrap import shorten
from typing import Final, NamedTuple

from assistant import quotation
from assistant.alignment import align
from assistant.contrast import Token, opposite, persons, tokens
from assistant.facts import Day, Figure, Known, facts, plain, same_day, same_figure, same_name
from assistant.families import content_families, family, question_families
from assistant.extractive import is_dangling
from assistant.kinds import Wanted, wanted
from assistant.support import check, sentences_of
from assistant.types import Citation, Disagreement, DisagreementKind, Side
from assistant.words import MONTHS, STOP_WORDS, stem
from vectorstore.types import Article, Match

PASSAGES: Final = 10
"""Best matches that are read beside the cited ones: what an answer is made of."""

MOST: Final = 3
"""Disagreements that are shown; the first cited first."""

MOST_SIDES: Final = 4

LONGEST_TITLE: Final = 32
"""Characters of a title that stands in for an unknown source."""

ROUNDED: Final = 0.05
"""A rounder figure within this share of another is the same: 1,000 for 1,012."""

ROUGH: Final = 0.1
"""The same for a figure that is said to be rough: "about", "nearly"."""

OPEN_END: Final = 1.5
"""Up to so many times its figure "at least" speaks of the same count; a much larger one is news."""

SOON: Final = 3
"""Days within which two articles that share a place and an event tell the same one."""

ALIKE: Final = 0.6
"""Share of the longer sentence's tokens that must stand in the other, in order, before a name or an outcome in the same
place is compared: only sentences that say the same otherwise."""

COVERED: Final = 0.6
"""Share of the question's other words that a sentence and its headline must hold to answer it with a name."""

STATES: Final = {
    family(stem(word)): state
    for state, words in {
        "dead": "die", "injured": "injure injured wound wounded hurt hospitalized hospitalised",
        "missing": "missing unaccounted", "arrested": "arrest detain arrested detained custody",
        "rescued": "rescue rescued", "evacuated": "evacuate evacuated",
        "displaced": "displace displaced homeless fled", "infected": "infected infection cases",
        "destroyed": "destroy destroyed demolished", "damaged": "damage damaged", "collapsed": "collapse collapsed",
        "cancelled": "cancel cancelled canceled", "without power": "power electricity outage", "captured": "captured",
        "born": "born",
    }.items()
    for word in words.split()
}  # fmt: skip
"""What becomes of those who are counted: a count of the injured is none of the dead."""

_PEOPLE = frozenset(family(stem(word)) for word in "people persons person others total figure number count".split())
"""Nouns that say nothing of who is counted: "48 people", "48 dead". "48 children" are others."""

_MEASURES = frozenset(
    family(stem(word))
    for word in """magnitude price prices cost costs rate population weight weighed weighs length height width depth
    distance speed age median budget revenue profit sales turnout share temperature salary fine fined worth valued
    value area capacity tall long wide deep high weigh measured attendance spectators inflation unemployment growth
    donated pledged raised loan damages ransom laps clubs inhabitants residents employees members seats votes bail
    projected lasted""".split()
)
"""Words that name what a figure measures: one of them in common is enough."""

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
_FORECAST = re.compile(
    r"\b(?:will|would|could|may|might|expect(?:s|ed)?|forecasts?|predict(?:s|ed)?|projec(?:t|ts|ted|tions?)|plan(?:s|ned)?"
    r"|target(?:s|ed)?|aim(?:s|ed)?|hop(?:e|es|ed) to|due to|is to|are to|scheduled)\b",
    re.IGNORECASE,
)
_BEFORE_WRONG = re.compile(
    r"\b(?:had (?:stood|been (?:put|counted|expected|planned|given|reported)|(?:first|still|once|last|initially|earlier)"
    r"|known|expected|spoken|said|reported|counted|given|put|estimated)"
    r"|at first|initially|originally|previously|previous|preliminary (?:count|figure|estimate)s?"
    r"|(?:an |the )?(?:earlier|early|first|initial|wrong|mistaken) (?:version|count|estimate|figure|report|toll|number)s?"
    r"|spoke of|up from|down from|compared (?:with|to)|in error|mistaken(?:ly)?|incorrect(?:ly)?|wrong(?:ly)?|misstated"
    r"|instead of|rather than|the (?:following )?year before|a year (?:ago|earlier)|last year)\b",
    re.IGNORECASE,
)
"""After these words stands what was thought or true before: no claim of the article that says so."""

_NOT_BEFORE = re.compile(r"\b(?:not|no longer|never)(?:\s+(?:on|in|at|the|of|about|from|by))*\s*[$€£“\"‘]?$", re.IGNORECASE)
_CORRECTS = re.compile(
    r"\b(?:corrections?|corrects|corrected|an earlier version|clarification|erratum|misstated"
    r"|(?:incorrectly|wrongly|mistakenly|erroneously) (?:said|stated|reported|gave|put|named|identified))\b",
    re.IGNORECASE,
)
_PART = re.compile(
    r"\b(?:includ(?:e|es|ing|ed)|among (?:them|those|whom)|of (?:them|whom|these|those|which)|additional|another|other"
    r"|a further|at least one of|all|every)\s*(?:\w+\s)?$",
    re.IGNORECASE,
)
_OF_WHOLE = re.compile(r"\b(?:of|among|out of) (?:the|those|these|its|their|all)?\s*(?:\w+\s)?$", re.IGNORECASE)
_OF_THE = re.compile(
    r"\s*(?:\w+\s)?(?:of (?:the|them|whom|those|these|its|their|which|every)\b|in every\b|out of\b)|\s*(?:\w+ )?more\b"
    r"|\s*others?\b|\s*(?:hours?|minutes?|days?|weeks?|months?|years?) (?:later|after|before|earlier|ago|since)\b",
    re.IGNORECASE,
)
_ORDINAL = re.compile(r"(?:st|nd|rd|th)$", re.IGNORECASE)
_CLOCK = re.compile(r"\s?(?:[ap]\.?m\b|o’?'?clock|:\d|utc|gmt|local)", re.IGNORECASE)
_LABEL = re.compile(
    r"\b(?:flight|no\.?|number|route|highway|interstate|group|room|page|chapter|section|article|channel|"
    r"apollo|falcon|level|phase|stage|round|week|day|size|series|season|episode|grade|top|first|last|next|past|type)\s$",
    re.IGNORECASE,
)
"""What a number after these words counts is nothing: "Flight 370"."""

_TOGETHER = re.compile(r"\b(?:together|combined|between them|jointly|worldwide)\b", re.IGNORECASE)
_RANGE = re.compile(r"\s?(?:to|-|–|—|and|or)\s?[$€£]?", re.IGNORECASE)
_RISE = re.compile(r"\bfrom\s+[$€£]?$", re.IGNORECASE)
_CLAUSE_END = re.compile(r"[;:()—–]|,\s|\.(?=\s|$)|\s(?:while|whereas|but|although|when|after)\s")
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

_SUBJECT_CLAUSE = re.compile(r"[;:]\s|\b(?:since|because|as|while|whereas|but|although|when|after|before|if|that|and)\s")
_PLACED = re.compile(
    r"\b(?:in|at|near|from|across|outside|around|on|throughout|inside|off|over)\s+(?:the\s+|northern\s+|southern\s+|"
    r"eastern\s+|western\s+|central\s+|nearby\s+)*(?:(?:city|town|village|province|region|prefecture|state|district|county|"
    r"port|island)\s+of\s+)?(?P<names>[A-Z][\w’'-]*(?:(?:,? and |,? or |, | )(?:the )?[A-Z][\w’'-]*)*)"
)
_REPORTING = re.compile(
    r"\b(?:sa(?:id|ys|y)|report(?:s|ed)?|announc(?:ed|es)|put|puts|count(?:s|ed)?|given|gave|as of|stood|stands|updated|known"
    r"|raised|confirm(?:s|ed)|evening|afternoon|morning|told|wrote|according|estimated?|released|published|by)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+(?:[’'][^\W\d_]+)*")

_EVENT_VERBS = {
    word: stem(word)
    for word in """born died dies die founded established built opened opens open completed launched released published
    introduced elected confirmed formed broadcast constructed married began begins begin ended signed arrived landed
    discovered flew started start starts scheduled postponed delayed closed held killed crashed erupted collapsed
    returned resigned appointed inaugurated premiered debuted struck hit joined left""".split()
}
"""What happens on one day. As written: "launched" tells when, "launch" names a tower as well."""

_RELATIONS = {
    family(stem(word))
    for word in """directed director born died located based headquartered wrote written author composed composer
    designed designer published won winner created creator recorded capital sentenced married succeeded appointed
    artist album film stationed discovered invented""".split()
}
"""Of whom or where there is one: two names for it disagree."""

_AFTER_RELATION = re.compile(
    r"[\s,:]*(?:(?:by|in|at|as|is|was|the|near|from|of|a|an|to|American|British|English|singer|duo|band|group|rapper"
    r"|musician|musicians|artist|songwriter|city|town|village)[\s]+){0,6}"
    r"(?P<name>[A-Z][\w’'.-]*(?:(?:,? (?:of|the|de|van|von|and) | |, )[A-Z][\w’'.-]*)*)"
)


class _Sentence(NamedTuple):
    """A sentence of a match: ``match.text[start:end]``."""

    match: Match
    start: int
    end: int
    before: str
    """The sentence before it."""

    @property
    def text(self) -> str:
        return self.match.text[self.start : self.end]

    @property
    def article(self) -> Article:
        return self.match.article

    @property
    def context(self) -> str:
        """What says what the sentence is about."""
        return f"{self.article.title}\n{self.before}\n{self.text}"


class _Claim(NamedTuple):
    """A value that a sentence gives for something."""

    sentence: _Sentence
    value: Figure | Day | str
    start: int
    end: int
    """Of the value in the sentence, with its unit."""
    near: frozenset[str] = frozenset()
    """Families of the words around the value."""
    state: str = ""
    counted: frozenset[str] = frozenset()
    """Families of who or what is counted, where it is not just people."""
    upper: Figure | None = None
    """The other end of a range."""
    is_forecast: bool = False
    about: str = ""
    segment: str = ""
    """The part of the sentence that belongs to this value and to no other."""
    verb: str = ""
    """Family of the verb next to a day: what happened then."""

    @property
    def text(self) -> str:
        return " ".join(self.sentence.text[self.start : self.end].split())


def disagreements(
    question: str, citations: Sequence[Citation], matches: Sequence[Match], *, numbered: int = 0
) -> tuple[Disagreement, ...]:
    """What other articles among ``matches`` say otherwise than the cited words, the first cited first.

    A side that the answer does not cite gets a citation of its own, numbered on from ``citations`` (or ``numbered``).
    """
    asked = frozenset(question_families(question))
    want = wanted(question)
    found = matches[:PASSAGES]
    cited = [sentence for citation in citations for sentence in _cited(citation, found)]
    others = [sentence for match in found for sentence in _sentences(match)]
    made: list[list[_Claim]] = []
    for own in dict.fromkeys(cited):
        words = content_families(own.text)
        for other in others:
            if _one_story(own.match, other.match) or len(words & content_families(other.text)) < 2 - bool(asked & words):
                continue
            for pair in _differing(own, other, want, asked):
                _group(made, pair)
    numbers = _Numbers(citations, numbered)
    judged = (_judged(group, numbers) for group in made)
    return tuple(one for one in judged if one is not None)[:MOST]


def _cited(citation: Citation, matches: Sequence[Match]) -> Iterator[_Sentence]:
    match = next((m for m in matches if m.article.id == citation.article.id and m.start <= citation.start < m.end), None)
    if match is None:
        match = Match(0, 0.0, 0.0, citation.passage, citation.article)
    for sentence in _sentences(match):
        begin, end = match.start + sentence.start, match.start + sentence.end
        if begin < citation.end and citation.start < end:
            yield sentence


def _sentences(match: Match) -> list[_Sentence]:
    spans = sentences_of(match.text)
    before = ["", *(match.text[span.start : span.end] for span in spans)]
    return [_Sentence(match, span.start, span.end, last) for span, last in zip(spans, before, strict=False)]


def _one_story(one: Match, other: Match) -> bool:
    """Whether two matches are of one article, or of copies of one story."""
    ids = {one.article.id, *(copy.id for copy in one.copies)}
    return not ids.isdisjoint({other.article.id, *(copy.id for copy in other.copies)})


# ---- what a sentence claims


def _claims(sentence: _Sentence) -> list[_Claim]:
    """The figures and days that the sentence states, without those it takes back, or gives as parts of others."""
    return list(_claims_of(sentence.text, sentence))


def _claims_of(text: str, sentence: _Sentence) -> Iterator[_Claim]:
    found = facts(text)
    forecast = _FORECAST.search(text) is not None
    figures = [figure for figure in found.figures if _counts_something(text, figure)]
    places = sorted([(figure.start, figure.end) for figure in found.figures] + [(d.start, d.end) for d in found.days])
    upper: Figure | None
    skip = -1
    for at, figure in enumerate(figures):
        if at == skip:
            continue
        upper = None
        following = figures[at + 1] if at + 1 < len(figures) else None
        if following is not None and _RANGE.fullmatch(text, figure.end, following.start):
            skip = at + 1
            if _RISE.search(text, 0, figure.start) and text[figure.end : following.start].strip() == "to":
                figure = following  # "raised from 5 to 10"
            else:
                upper = following
        end = max(figure.end, upper.end if upper else 0)
        if _taken_back(text, figure.start) or _is_part(text, figure, found.figures):
            continue
        left = max((stop for _, stop in places if stop <= figure.start), default=0)
        right = min((start for start, _ in places if start >= end), default=len(text))
        before, after = _words_before(text[left : figure.start]), _words_after(text[end:right])
        state = _nearest_state(before, after)
        counted = _counted(text[left : figure.start], text[end:right])
        near = frozenset((*before[:5], *after[:5]))
        shown = _with_noun(text, end)
        about = " ".join(text[end:right].split()[:4]).strip(" ,.;:") or " ".join(text[left : figure.start].split()[-4:])
        segment = text[left:right]
        yield _Claim(sentence, figure, figure.start, shown, near, state, counted, upper, forecast, about, segment)
    for day in found.days:
        if day.month is None and (day.year is None or day.weekday is not None):
            continue
        if _taken_back(text, day.start):
            continue
        left = max((stop for _, stop in places if stop <= day.start), default=0)
        right = min((start for start, _ in places if start >= day.end), default=len(text))
        head, tail = _last_clause(text[left : day.start]), _first_clause(text[day.end : right])
        verb = next((family(v) for word in _plain_words(head)[::-1] if (v := _EVENT_VERBS.get(word))), "")
        near = frozenset((*_words_before(head)[:6], *_words_after(tail)[:4]))
        end = day.start + len(day.text.rstrip("."))
        about = " ".join(head.split()[-5:])
        yield _Claim(sentence, day, day.start, end, near, "", frozenset(), None, forecast, about, text[left:right], verb)


def _counts_something(text: str, figure: Figure) -> bool:
    before = text[max(0, figure.start - 14) : figure.start]
    return not (
        _ORDINAL.search(figure.text)
        or _CLOCK.match(text, figure.end)
        or _LABEL.search(before)
        or (before and (before[-1].isalpha() or before[-1] in "-#/"))
        or text[figure.end : figure.end + 1] in ("/", ":")
        or (figure.spelled and max(figure.values) < 2)
    )


def _taken_back(text: str, start: int) -> bool:
    """Whether a value is one that the sentence denies, or tells as what was thought before."""
    clause = _last_clause(text[:start], commas=False)
    return _NOT_BEFORE.search(text[:start]) is not None or _BEFORE_WRONG.search(clause) is not None


def _is_part(text: str, figure: Figure, figures: Sequence[Figure]) -> bool:
    """"Of the 45, 12 were children", "12 of them", "including 12", "12 more"."""
    head = text[max(0, figure.start - 30) : figure.start]
    if _PART.search(head) or _OF_THE.match(text, figure.end):
        return True
    wholes = [other for other in figures if _OF_WHOLE.search(text, max(0, other.start - 30), other.start)]
    return any(other.start < figure.start for other in wholes if other is not figure)


def _last_clause(text: str, *, commas: bool = True) -> str:
    ends = [m.end() for m in _CLAUSE_END.finditer(text) if commas or m.group() != ", "]
    return text[ends[-1] :] if ends else text


def _first_clause(text: str) -> str:
    found = _CLAUSE_END.search(text)
    return text[: found.start()] if found else text


def _counted(before: str, after: str) -> frozenset[str]:
    """Families of the nouns that are counted: "48 Polish miners", "the number of children killed is 12"."""
    found = _NUMBER_OF.search(before)
    run = _NOUNS.match(after)
    words = _words(run.group() if run else "") or _words(found["what"] if found else "")
    return frozenset(word for word in words[: _first_state(words)][:2] if word not in _PEOPLE)


_NOUN = r"(?!(?:" + "|".join(sorted(STOP_WORDS | {"per", "said", "since", "off", "like"})) + r")\b)[^\W\d_][\w’'-]*"
_NOUNS = re.compile(rf"(?:[ -]+{_NOUN}){{1,3}}", re.IGNORECASE)
_NUMBER_OF = re.compile(rf"\b(?:number|count|total|toll) of (?:the )?(?P<what>{_NOUN}(?: {_NOUN}){{0,2}})", re.IGNORECASE)


def _words_before(text: str) -> list[str]:
    """Families of the words of a clause, the nearest first."""
    return _words(text)[::-1]


def _words_after(text: str) -> list[str]:
    return _words(re.split(r"[;()—]", text, maxsplit=1)[0])


def _plain_words(text: str) -> list[str]:
    return [plain(word) for word in _WORD.findall(text)]


@lru_cache(maxsize=2048)
def _word_families(text: str) -> tuple[str, ...]:
    return tuple(family(stem(word)) for each in _WORD.findall(text) if (word := plain(each)) not in STOP_WORDS and word)


def _words(text: str) -> list[str]:
    return list(_word_families(text))


def _first_state(words: Sequence[str]) -> int:
    return next((at for at, word in enumerate(words) if word in STATES), len(words))


def _nearest_state(before: Sequence[str], after: Sequence[str]) -> str:
    back, on = _first_state(before), _first_state(after)
    if back == len(before) and on == len(after):
        return ""
    if on < len(after) and (back == len(before) or on <= back):
        return STATES[after[on]]
    return STATES[before[back]]


def _with_noun(text: str, end: int) -> int:
    """Where the word that a figure counts ends, if it follows at once."""
    found = re.compile(r"[ -](?:people|dead|deaths|[a-z]{3,})\b").match(text, end)
    return found.end() if found and found.group()[1:] not in STOP_WORDS else end


# ---- whether two sentences differ


def _differing(
    own: _Sentence, other: _Sentence, want: Wanted, asked: frozenset[str]
) -> Iterator[tuple[_Claim, _Claim]]:
    if not _may_be_the_same(own, other):
        return
    theirs = _claims(other)
    for claim in _claims(own):
        if not _is_asked(claim, want, asked):
            continue
        rivals = [rival for rival in theirs if _same_thing(claim, rival, asked)]
        if rivals and not any(_compatible(claim, rival) for rival in rivals):
            yield claim, max(rivals, key=lambda rival: len(rival.near & claim.near))
    yield from _relations(own, other, asked)
    yield from _in_the_same_place(own, other)


def _is_asked(claim: _Claim, want: Wanted, asked: frozenset[str]) -> bool:
    """Whether the question, if it asks for one thing, asks for this."""
    if want.extent != "one" or want.kind not in ("number", "when", "who", "where"):
        return True
    if want.kind == "number":
        named = claim.near | {claim.state} | claim.counted
        wanted_states = {STATES[word] for word in asked if word in STATES}
        return isinstance(claim.value, Figure) and bool(named & (asked | wanted_states))
    return want.kind == "when" and isinstance(claim.value, Day) and bool(claim.near & asked)


def _may_be_the_same(own: _Sentence, other: _Sentence) -> bool:
    """Whether nothing shows that the sentences tell of different people, places or days."""
    ours, theirs = persons(own.context), persons(other.context)
    for one, last in ours.together:
        firsts = {first for first, name in theirs.together if name == last}
        if firsts and not any(same_name(one, first) for first in firsts) and last in content_plain(own.text):
            return False
    return True


def content_plain(text: str) -> frozenset[str]:
    return frozenset(plain(word) for word in _WORD.findall(text))


def _same_thing(one: _Claim, other: _Claim, asked: frozenset[str]) -> bool:
    if type(one.value) is not type(other.value) or one.is_forecast != other.is_forecast:
        return False
    if isinstance(one.value, Figure) and isinstance(other.value, Figure):
        return _same_measure(one, other, asked) and _same_event(one, other) and _same_days(one, other)
    return _same_day_of_what(one, other) and _same_event(one, other)


def _same_measure(one: _Claim, other: _Claim, asked: frozenset[str]) -> bool:
    a, b = one.value, other.value
    assert isinstance(a, Figure)
    assert isinstance(b, Figure)
    if a.unit != b.unit and not (same_figure(a, replace(b, values=a.values, factor=a.factor)) and not (a.unit and b.unit)):
        return False
    if one.state != other.state or bool(_TOGETHER.search(one.segment)) != bool(_TOGETHER.search(other.segment)):
        return False
    if one.state:
        return not a.unit and (one.counted == other.counted or not one.counted.isdisjoint(other.counted))
    if a.unit == "time" and not (one.near & other.near & _MEASURES):
        return False
    if a.unit or one.near & other.near & _MEASURES:
        shared = one.near & other.near
        return len(shared) >= 2 or bool(shared & (_MEASURES | asked))
    of_one_kind = one.counted <= other.counted or other.counted <= one.counted
    return bool(one.counted and other.counted) and of_one_kind and len(one.near & other.near) >= 2


def _same_event(one: _Claim, other: _Claim) -> bool:
    """The same places, and enough in common with headline and sentence before."""
    own, its = one.sentence, other.sentence
    if not _same_places(one, other) or (
        not one.state and not (_same_subject(one, other) and _same_complement(one, other))
    ):
        return False
    ours, theirs = _about(own), _about(its)
    shared = (ours & theirs) - _PEOPLE - frozenset(STATES)
    named = _name_families(own.context) & _name_families(its.context)
    if not named:
        return False
    apart = _days_apart(own.article, its.article)
    return len(shared) >= (2 if apart is None or apart <= SOON else 3)


def _about(sentence: _Sentence) -> frozenset[str]:
    return frozenset(word for word in content_families(sentence.context) if not word[0].isdigit())


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
        run = tuple(plain(word) for word in _WORD.findall(match["names"]) if word[0].isupper())
        run = tuple(word for word in run if word and word not in _MONTHS and word not in _WEEKDAYS)
        if run:
            found.append(run)
    return tuple(found)


_MONTHS = frozenset(month.lower() for month in MONTHS)
_WEEKDAYS = frozenset("monday tuesday wednesday thursday friday saturday sunday new year’s".split())


def _same_places(one: _Claim, other: _Claim) -> bool:
    own, its = one.sentence, other.sentence
    ours, theirs = _places(one), _places(other)
    if isinstance(one.value, Day) and not (ours and theirs):
        return True
    if not ours or not theirs:
        return _known(ours, f"{its.context}\n{its.match.text}") and _known(theirs, f"{own.context}\n{own.match.text}")
    if not _share_name(ours, theirs):
        return False
    return _joined_known(one, theirs | content_plain(its.text)) and _joined_known(other, ours | content_plain(own.text))


def _places(claim: _Claim) -> set[str]:
    """Names that say where, beside the value, else anywhere in its sentence."""
    near = {word for run in _placed(claim.segment) for word in run}
    return near or {word for run in _placed(claim.sentence.text) for word in run}


def _same_subject(one: _Claim, other: _Claim) -> bool:
    """Whether both speak of a name in common, or of none and of the same noun."""
    if not (_same_whole(one, other) and _same_whole(other, one)):
        return False
    ours, theirs = _subject(one), _subject(other)
    if ours and theirs:
        return _share_name(ours, theirs)
    if not ours and not theirs:
        first, second = (set(_words(each.sentence.text[: each.start])[:3]) for each in (one, other))
        return bool(first & second)
    return False


def _same_complement(one: _Claim, other: _Claim) -> bool:
    """Not "paid 5 million for the house" and "paid 6 million for the garden"."""
    if isinstance(one.value, Day):
        return True
    ours, theirs = (
        set(_words(_first_clause(each.sentence.text[each.end :])[:80])) - set(STATES) - each.counted
        for each in (one, other)
    )
    return not ours or not theirs or bool(ours & theirs)


def _same_whole(one: _Claim, other: _Claim) -> bool:
    """Not "the Senna" and "the delta of the Senna"."""
    nouns = {word for noun in _OF_NAME.findall(one.sentence.text[: one.start]) for word in _words(noun)}
    return nouns <= _MEASURES | _PEOPLE | _BODIES | content_families(other.sentence.context) | set(_EVENT_VERBS)


def _subject(claim: _Claim) -> set[str]:
    """The names before the value that do not say where; those of the sentence before and the title for "it"."""
    sentence = claim.sentence
    text = _ATTRIBUTED.sub("", sentence.text[: claim.start])
    clauses = _SUBJECT_CLAUSE.split(text)
    found = _unplaced_names(clauses[-1]) or _unplaced_names(text)
    if found or not is_dangling(text):
        return found
    return _unplaced_names(sentence.before) or _unplaced_names(sentence.article.title)


@lru_cache(maxsize=1024)
def _unplaced_names(text: str) -> set[str]:
    placed = {word for run in _placed(text) for word in run}
    words = {plain(name.text) for name in facts(text).names}
    return {word for word in words if word not in placed and not _CORRECTS.fullmatch(word) and len(word) > 1}


def _share_name(ours: set[str], theirs: set[str]) -> bool:
    return any(same_name(one, other) for one in ours for other in theirs)


def _known(names: set[str], context: str) -> bool:
    words = content_plain(context)
    return all(name in words or any(same_name(name, word) for word in words) for name in names)


def _joined_known(claim: _Claim, known: set[str] | frozenset[str]) -> bool:
    """No "Türkiye and Syria" where the other side has one of the two."""
    for match in _PLACED.finditer(claim.segment):
        parts = re.split(r",? and |, ", match["names"])
        if len(parts) > 1 and not all(
            any(plain(word) in known for word in _WORD.findall(part)) for part in parts if _WORD.search(part)
        ):
            return False
    return True


def _same_days(one: _Claim, other: _Claim) -> bool:
    """False where each side names a day of its own: then both are true. Days of reporting are none of the matter."""
    ours, theirs = (_days_of_matter(claim) for claim in (one, other))
    if not ours or not theirs:
        return True
    published = [article.published for article in (other.sentence.article,) if article.published]
    known = Known([other.sentence.text], published)
    if any(known.has_day(day) for day in ours):
        return True
    published = [article.published for article in (one.sentence.article,) if article.published]
    known = Known([one.sentence.text], published)
    return any(known.has_day(day) for day in theirs)


def _days_of_matter(claim: _Claim) -> list[Day]:
    text = claim.sentence.text
    rolling = bool(claim.state)
    return [
        day
        for day in facts(text).days
        if not (rolling and _REPORTING.search(text[max(0, day.start - 60) : day.start] + text[day.end : day.end + 40]))
    ]


def _same_day_of_what(one: _Claim, other: _Claim) -> bool:
    return bool(one.verb) and one.verb == other.verb


def _compatible(one: _Claim, other: _Claim) -> bool:
    """Whether both can be true, or say the same in another form."""
    if isinstance(one.value, Day) and isinstance(other.value, Day):
        return same_day(one.value, other.value) is not False
    a, b = one.value, other.value
    assert isinstance(a, Figure)
    assert isinstance(b, Figure)
    if same_figure(a, b) or same_figure(b, a):
        return True
    later = _later(one.sentence.article, other.sentence.article) and bool(one.state)
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


def _amounts(figure: Figure, upper: Figure | None) -> Iterator[tuple[float, float]]:
    highest = max(value * upper.factor for value in upper.values) if upper else 0.0
    for value in figure.values:
        yield value * figure.factor, max(value * figure.factor, highest)


def _rounder(one: float, other: float) -> bool:
    return len(f"{one:.6g}".rstrip("0").rstrip(".")) < len(f"{other:.6g}".rstrip("0").rstrip("."))


def _later(one: Article, other: Article) -> bool:
    return bool(one.published and other.published and one.published != other.published)


def _relations(own: _Sentence, other: _Sentence, asked: frozenset[str]) -> Iterator[tuple[_Claim, _Claim]]:
    """Two names for one thing: "directed by" one and "directed by" another, where that is asked."""
    for relation in sorted(asked & _RELATIONS):
        one = [claim for claim in _named(own, relation) if not _name_families(claim.text) <= asked]
        two = [claim for claim in _named(other, relation) if not _name_families(claim.text) <= asked]
        if not one or not two or any(_share_words(a.text, b.text) for a in one for b in two):
            continue
        rest = asked - {relation}
        if all(len(rest & _about(each)) >= len(rest) * COVERED for each in (own, other)):
            yield one[0], two[0]


def _named(sentence: _Sentence, relation: str) -> Iterator[_Claim]:
    text = sentence.text
    for word in _WORD.finditer(text):
        if family(stem(plain(word.group()))) != relation:
            continue
        match = _AFTER_RELATION.match(text, word.end())
        if match and not _taken_back(text, match.start("name")):
            yield _Claim(sentence, match["name"], match.start("name"), match.end("name"), about=word.group())


def _share_words(one: str, other: str) -> bool:
    return any(same_name(a, b) for a in _WORD.findall(one) for b in _WORD.findall(other) if len(a) > 2 and len(b) > 2)


def _in_the_same_place(own: _Sentence, other: _Sentence) -> Iterator[tuple[_Claim, _Claim]]:
    """An outcome and its opposite in two sentences that say the same otherwise."""
    ours, theirs = tokens(own.text), tokens(other.text)
    pairs = align([token.key for token in ours], [token.key for token in theirs])
    if len(pairs) < max(4, ALIKE * max(len(ours), len(theirs))):
        return
    for (i, j), (next_i, next_j) in pairwise([(-1, -1), *pairs, (len(ours), len(theirs))]):
        if next_i - i != 2 or next_j - j != 2:
            continue
        one, two = ours[i + 1], theirs[j + 1]
        if opposite(one.key, two.key):
            yield _as_claim(own, one), _as_claim(other, two)


def _as_claim(sentence: _Sentence, token: Token) -> _Claim:
    start = sentence.text.find(token.text)
    return _Claim(sentence, token.text, start, start + len(token.text), about=token.text)


# ---- what to make of it


def _group(made: list[list[_Claim]], pair: tuple[_Claim, _Claim]) -> None:
    """Puts a pair to those about the same claims: several articles may each say otherwise."""
    for group in made:
        if any(_is_it(each, claim) for each in group for claim in pair):
            for claim in pair:
                known = [each.sentence.article.id for each in group]
                if claim.sentence.article.id not in known and not any(_says_same(each, claim) for each in group):
                    group.append(claim)
            return
    made.append(list(pair))


def _is_it(one: _Claim, other: _Claim) -> bool:
    same = one.sentence.match.start + one.sentence.start == other.sentence.match.start + other.sentence.start
    return same and one.sentence.article.id == other.sentence.article.id and one.start == other.start


def _says_same(one: _Claim, other: _Claim) -> bool:
    if type(one.value) is not type(other.value):
        return False
    return one.value == other.value if isinstance(one.value, str) else _compatible(one, other)


class _Numbers:
    """Citations for the sides: the answer's own where it cites the words, else new ones."""

    def __init__(self, citations: Sequence[Citation], numbered: int) -> None:
        self._known = list(citations)
        self._last = max([numbered, *(citation.number for citation in citations)])

    def of(self, claim: _Claim) -> Citation:
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


def _judged(group: list[_Claim], numbers: _Numbers) -> Disagreement | None:
    claims = group[:MOST_SIDES]
    corrects = next((each for each in claims if any(_is_corrected_by(o, each) for o in claims if o is not each)), None)
    dated = all(claim.sentence.article.published for claim in claims)
    days = [claim.sentence.article.published for claim in claims]
    kind: DisagreementKind = "contradiction"
    if corrects is not None:
        kind = "correction"
    elif dated and len(set(days)) == len(days) and any(map(_goes_on, claims)):
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


def _is_corrected_by(wrong: _Claim, right: _Claim) -> bool:
    """Whether the article of ``right`` says so, at the claim itself or where it names the wrong value."""
    sentence = right.sentence
    article = sentence.article
    others = sentence.match.text[: sentence.start] + "\n" + sentence.match.text[sentence.end :]
    if any(_CORRECTS.search(text) for text in (sentence.text, sentence.before, article.title)):
        return True
    return any(_CORRECTS.search(each) and _states(each, wrong) for each in others.split("\n") if each)


def _states(text: str, claim: _Claim) -> bool:
    if isinstance(claim.value, str):
        return claim.value in text
    found = facts(text)
    if isinstance(claim.value, Day):
        return any(same_day(claim.value, day) for day in found.days)
    return any(same_figure(claim.value, figure) for figure in found.figures)


def _goes_on(claim: _Claim) -> bool:
    """Whether what is claimed may be another by the next day."""
    if isinstance(claim.value, Figure) and claim.state and claim.state != "born":
        return True
    return bool(claim.near & _ROLLING) or claim.is_forecast or _ROLLING_PHRASES.search(claim.sentence.text) is not None


# ---- in words


def said_of(side: Side) -> str:
    """ "45 dead (Reuters, 2 Sep 2024)"."""
    article = side.citation.article
    day = article.published
    when = f"{day.day} {MONTHS[day.month - 1][:3]} {day.year}" if day else "undated"
    title = "".join(character for character in article.title if character not in quotation.DOUBLE)
    return f"{side.value} ({article.source or shorten(title, LONGEST_TITLE, placeholder='…')}, {when})"


def sentence(disagreement: Disagreement) -> str:
    """The disagreement in a sentence with ``[n]`` markers."""
    sides = "; ".join(f"{said_of(side)} [{side.citation.number}]" for side in disagreement.sides)
    what = "Forecasts" if any(side.is_forecast for side in disagreement.sides) else "Sources"
    return f"{what} differ: {sides}{_VERDICTS[disagreement.kind]}."


_VERDICTS: Final[dict[DisagreementKind, str]] = {
    "update": ": the later one looks like an update",
    "correction": ": the last corrects what was said before",
    "contradiction": ": a contradiction, and nothing in them says which is right",
}
