"""What a question asks for, and whether a sentence holds something of that kind.

Rules over words, microseconds each: a question for a figure wants a figure with the right unit, one for a person a
name, one for a reason a "because". A kind without a form of its own is held by every sentence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import dropwhile
from typing import Literal

from assistant.families import content_families, family, question_families
from assistant.words import STOP_WORDS, names, numbers, stem, words

QuestionKind = Literal["who", "when", "where", "number", "why", "how", "which", "definition", "yes_no", "open"]
"""What would answer: a person or body, a day or time, a place, a figure, a reason, a way, one of a kind, what something
is, yes or no; ``open`` is everything else."""

Extent = Literal["one", "list", "course", "comparison", "explanation", "account"]
"""How much would answer: one thing, several of a kind, what happened one after the other, two things side by side, a
reason, a meaning or a way, or an account."""

Measure = Literal["", "money", "share", "age", "span", "length", "weight", "strength", "speed", "votes"]
"""What a figure counts; nothing where any figure will do or where the question names it ("how many people")."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a question asks for."""

    kind: QuestionKind
    extent: Extent
    measure: Measure = ""
    counted: frozenset[str] = frozenset()
    """The families of what "how many" counts: "people" in "how many people", and the dead where it asks for them."""
    compared: tuple[str, str] | None = None
    """The two names that a comparison is between."""

    changes: bool = False
    """Whether a later article may put another answer in the place of an earlier one: a count, a plan, a state."""
    years: frozenset[str] = frozenset()
    """The years that the question names."""
    happened: bool = False
    """Whether it asks for one thing that has happened: a plan does not tell it."""


@lru_cache(maxsize=256)
def wanted(question: str) -> Wanted:
    """Reads what ``question`` asks for. Key words as typed into a search box ask for an account."""
    kind = _kind(question)
    text = " ".join(words(question))
    measure: Measure = ""
    counted: frozenset[str] = frozenset()
    if kind == "number":
        measure = next((name for pattern, name in _MEASURES if pattern.search(text)), "")
        if (found := _COUNTED.search(text)) and not measure:
            counted = frozenset((family(stem(found[1])),))
            if _DYING & frozenset(question_families(question)):
                counted |= _DYING
    compared = _compared(question)
    if _COURSE.search(text):
        extent: Extent = "course"
    elif compared and kind != "why":
        extent = "comparison"
    elif _LIST.search(text):
        extent = "list"
    elif question.rstrip(" \"'”’)").endswith("?"):
        extent = "one" if kind in _ONE_THING else "explanation"
    else:
        extent = "account"
    years = frozenset(re.findall(r"\b(?:1[5-9]|20)\d\d\b", question))
    is_of_now = extent == "one" and not years and _OF_NOW.search(text) is not None
    changes = is_of_now or (kind == "number" and extent in ("one", "account"))
    happened = kind in _ONE_THING and _HAPPENED.search(text) is not None and _PLANNED.search(question) is None
    return Wanted(kind, extent, measure, counted, compared, changes, years, happened)


def holds_kind(want: Wanted, sentence: str, asked: Sequence[str]) -> float:
    """How well ``sentence`` holds something of the kind wanted that the question does not, 0 to 1.

    ``asked`` are the families of the question's words.
    """
    test = _HELD.get(want.kind)
    return 1.0 if test is None else test(want, sentence, frozenset(asked))


def is_plan(sentence: str) -> bool:
    """Whether it tells what was to come when it was written."""
    return _PLANNED.search(sentence) is not None


def adds_kind(want: Wanted, part: str, asked: Collection[str]) -> bool:
    """Whether a part of a sentence holds something that may be the answer; of an open kind any part may."""
    known = frozenset(asked)
    if want.kind in ("who", "where", "which"):
        return bool(_new_names(part, known))
    if want.kind == "number":
        return not numbers(part) <= known
    return want.kind != "when" or bool(_time(want, part, known))


# The question.

_ONE_THING = frozenset({"who", "when", "where", "number", "which", "yes_no"})
_COURSE = re.compile(
    r"\bwhat (?:has |had |have )?happen|\b(?:timeline|chronology|course of events|sequence of events)\b"
    r"|\bhow did .+ (?:unfold|develop|proceed)\b|\bwhat (?:has |have )(?:changed|been going on)\b"
)
_OF_NOW = re.compile(
    r"\b(?:who|where|which \w+|what \w+) (?:is|are|leads|runs|holds|owns|heads)\b|\bwhen (?:will|is|are|can|should)\b"
    r"|^(?:is|are|has|have|will|can|do|does)\b|\b(?:now|currently|still|today|at present|latest|current)\b"
)
"""What asks for a state or a plan, not for an event: it may be another by now."""

_HAPPENED = re.compile(r"\b(?:when|where|who|many|much|long|old|far|year|day) (?:\w+ ){0,4}?did\b|^did\b")
_PLANNED = re.compile(
    r"\b(?:(?:is|are|were) (?:due|set|expected|scheduled|planned|supposed|likely) (?:to|for|in|on)"
    r"|(?:is|are) to (?!date)[a-z]+"
    r"|will|plans? to|planned (?:for|to)|hopes? to|expects? to|intends? to|aims? to|going to)\b"
)
"""What is told before it happens, at the time or later: "would" and "was to" tell of what did happen as well."""

_LIST = re.compile(
    r"^(?:please )?(?:list|name|enumerate)\b|\b(?:which|what) (?:\w+ )?(?:are|were) (?:the|all)\b"
    r"|^who (?:are|were) (?:the|all)\b"
    r"|\b(?:which|what) (?:\w+ )?(?:countries|states|companies|cities|people|players|teams|parties|members|officials"
    r"|ministers|weapons|articles|reasons|steps|planets|works|names|towns|agencies|groups|products|models|languages|causes"
    r"|kinds|types|signs|factors|measures|parts|lawmakers)\b"
)
_KIND_FORMS: tuple[tuple[str, QuestionKind], ...] = (
    (r"\bwhat (?:has |had |have )?happen|\bwhat (?:do|does) .+ (?:know|say)\b|\bwhat is known\b", "open"),
    (r"\bhow (?:many|much|old|long|far|high|tall|big|large|fast|often|deep|heavy|wide|thick|strong|powerful"
     r"|hot|cold|warm|expensive|steep|loud)\b", "number"),
    (r"\bhow did .+ vote\b", "number"),
    (r"\b(?:what|which) (?:\w+ )?(?:percentage|percent|number|amount|proportion|share|price|size|age)\b", "number"),
    (r"\bwhat (?:is|are|was|were|s) (?:the |its |their |his |her )?(?:\w+ )?(?:cost|price|population|magnitude|score"
     r"|toll|length|weight|height|budget|turnout|speed|salary|distance|capacity|temperature|rate)\b", "number"),
    (r"\bwhat (?:did|does|do|will|would) .+ (?:cost|weigh|measure)\b", "number"),
    (r"\bhow soon\b|\b(?:what|which) (?:year|month|day|date|time|decade|century|season)\b|\bwhen\b", "when"),
    (r"\bwho(?:m|se)?\b|\b(?:what|which) (?:person|man|woman|player|actor|singer|politician"
     r"|compan(?:y|ies)|organi[sz]ations?|agenc(?:y|ies)|teams?|part(?:y|ies) (?!of)|universit(?:y|ies)|airlines?"
     r"|banks?|clubs?|bands?)\b", "who"),
    (r"\bwhere\b|\b(?:what|which) (?:\w+ )?(?:country|city|state|place|town|region|continent|county)\b"
     r"|\bwhat (?:is|was) (?:the |its |their )?(?:\w+ ){0,3}(?:location|capital|birthplace|headquarters)\b", "where"),
    (r"\bwhy\b|\bwhat (?:caused|causes|made|led)\b|\b(?:reasons?|causes?) (?:for|of|why)\b", "why"),
    (r"\bhow\b", "how"),
    (r"^what (?:is|are|was|were) (?:an? |the )?(?:\w+ ){0,2}\w+$|\bmeaning of\b|\bdefin", "definition"),
    (r"\bwhich\b|\bwhat \w+\b", "which"),
    (r"^(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)\b", "yes_no"),
)  # fmt: skip
_KINDS = tuple((re.compile(form), kind) for form, kind in _KIND_FORMS)

_MEASURE_FORMS: tuple[tuple[str, Measure], ...] = (
    (r"\b(?:costs?|prices?|pay|paid|spen[dt]|worth|money|salary|earn|fined?|budget|raise|invest\w*)\b"
     r"|\b(?:dollars|euros|pounds)\b", "money"),
    (r"\bpercent(?:age)?\b|\bper cent\b|\bproportion\b|\bwhat share\b|\bturnout\b", "share"),
    (r"\bhow old\b|\bwhat age\b", "age"),
    (r"\bhow fast\b|\bspeed\b", "speed"),
    (r"\bhow (?:far|high|tall|deep|wide)\b|\b(?:length|height|distance)\b", "length"),
    (r"\bhow long (?:did|does|do|will|would|has|have|had|can|could)\b", "span"),
    (r"\bhow expensive\b", "money"),
    (r"\bhow heavy\b|\bweight?s?\b|\bhow much .+ (?:material|dust|rock)\b", "weight"),
    (r"\bhow (?:strong|powerful)\b|\bmagnitude\b", "strength"),
    (r"\bhow (?:many|much) (?:years|months|weeks|days|hours|minutes|seconds|time)\b", "span"),
    (r"\bhow did .+ vote\b", "votes"),
)  # fmt: skip
_MEASURES = tuple((re.compile(form), measure) for form, measure in _MEASURE_FORMS)
_COUNTED = re.compile(r"\bhow many (?:(?:more|new|other|different|of the|of) )*(\w+)")

_COMPARISONS = (
    re.compile(
        r"\b(?:difference|differences|compare|comparison) (?:between )?(?P<one>.+?) (?:and|with|to) (?P<two>.+)"
    ),
    re.compile(r"\b(?:compare|compares|compared) (?:with|to) (?P<two>.+)"),
    re.compile(r"(?P<one>.+?) (?:than|versus|vs\.?) (?P<two>.+)"),
    re.compile(r"[,:] (?P<one>.+?),? or (?P<two>.+)"),
)


def _kind(question: str) -> QuestionKind:
    asking = [part for part in re.split(r"(?<=[.?!])\s+", question.strip()) if part.endswith("?")]
    text = " ".join(words(asking[-1] if asking else question))
    # The first word that asks is the one: "Which satellite was used when it was launched?"
    found = [
        (match.start(), order, kind) for order, (pattern, kind) in enumerate(_KINDS) if (match := pattern.search(text))
    ]
    return min(found)[2] if found else "open"


def _compared(question: str) -> tuple[str, str] | None:
    """The two names that a question sets against each other."""
    for pattern in _COMPARISONS:
        if match := pattern.search(question):
            parts = match.groupdict()
            first = names(parts.get("one") or question[: match.start()])
            second = names(parts["two"])
            if first and second and first[-1] != second[0]:
                return first[-1], second[0]
    return None


# The sentence.

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
)
_TIME = re.compile(
    rf"\b(?:{_MONTH}|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|1\d{{3}}s?\b|20\d\d\b|\d{{1,2}}(?:st|nd|rd|th) century"
    r"|\d+\s?(?:a\.?m|p\.?m)\b|yesterday|today|tomorrow|tonight|(?:last|next|this|past) (?:week|month|year|season)"
    r"|(?:days|weeks|months|years|decades|centuries) (?:ago|later|before|after)"
    r"|(?:spring|summer|autumn|winter) (?:of )?\d{4})"
)
_DATE = re.compile(
    rf"\b(?:\d{{1,2}}(?:st|nd|rd|th)? {_MONTH}|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?\b(?!,\d{{3}}))(?:,? \d{{4}})?"
    rf"|\b(?:{_MONTH}|[Ii]n|[Ss]ince|[Bb]y|[Uu]ntil|[Oo]f) (?:1\d{{3}}|20\d\d)\b(?!,\d)"
)
_CLOCK = re.compile(
    r"\b\d+(?:st|nd|rd|th)\b|\b\d{1,2}(?::\d\d)?\s?[ap]\.?m\b|\b\d{1,2}:\d\d\b|\bmagnitude (?:of )?(?:about )?\d[\d.]*"
)
"""Figures that count nothing."""

_REASON = re.compile(
    r"\b(?:because|due to|owing to|since|as a result|so that|in order to|caused?|causing|reasons?|thanks to|"
    r"led to|leading to|trigger(?:ed|ing)|sparked|blam(?:ed?|ing)|result(?:ed|s) (?:from|in)|stem(?:s|med) from"
    r"|(?:which|that) is why|therefore|fault(?:y|s)?|errors?|mistakes?"
    r"|to (?:avoid|prevent|allow|protect|make|keep|help|reduce|ensure)|after)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-ZÀ-ÖØ-Þ][\w’'.-]*\w(?:\s+(?:(?:of|the|de|van|von|al|bin|for|and)\s+)?[A-ZÀ-ÖØ-Þ][\w’'.-]*\w)*")
_NUMBER = r"(?:\d[\d.,]*|" + "|".join("one two three four five six seven eight nine ten twelve twenty".split()) + ")"
_UNITS: dict[Measure, re.Pattern[str]] = {
    "money": re.compile(
        rf"[$£€¥₹]\s?\d|{_NUMBER}(?:\s(?:million|billion|trillion|thousand))?\s"
        r"(?:US\s|Australian\s|Canadian\s|Swedish\s)?"
        r"(?:dollars?|euros?|pounds?|yen|yuan|rupees?|kron[ao]r?|roubles?|rubles?|francs?|hryvnias?|cents?|USD|EUR|GBP)\b"
    ),
    "share": re.compile(rf"\d\s?%|{_NUMBER}\s(?:per\s?cent|percentage)\b|\b(?:half|third|quarter|two-thirds)\b"),
    "age": re.compile(r"\b\d{1,3}[- ]years?[- ]old|\baged?\s(?:of\s)?\d+|\bat\s\d{1,3}\b|, \d{1,3},"),
    "span": re.compile(rf"{_NUMBER}[\s-](?:and a half )?(?:second|minute|hour|day|week|month|year|decade)s?\b"),
    "length": re.compile(
        rf"{_NUMBER}[\s-](?:(?:million|billion) )?(?:kilomet|met|centimet|millimet|mile|f(?:oo|ee)t|inch|yard|km\b|m\b)"
    ),
    "weight": re.compile(rf"{_NUMBER}[\s-](?:[mb]illion )?(?:(?:kilo|milli)?grams?|kg|tonn?es?|tons?|pounds?)\b"),
    "strength": re.compile(r"\b(?:magnitude|category|force) |watts?\b|\b(?:horsepower|newtons?|per hour|knots)\b"),
    "speed": re.compile(rf"{_NUMBER}\s\w+ (?:per|an?) (?:hour|second)|\b(?:mph|km/h)\b"),
    "votes": re.compile(r"\d+[^.]{0,60}\b(?:votes?|in favour|against|for|to \d+|abst)"),
}
_BEFORE_PLACES = frozenset("in at of from near the to off outside towards into across".split())
_DYING = content_families("died victims")
_COUNTED_WITHIN = 4
"""Words between a figure and what it counts: "2,316 confirmed dead", "45 of the 60 houses"."""
_FAR = 3 * _COUNTED_WITHIN


def _time(want: Wanted, sentence: str, known: frozenset[str]) -> float:
    return float(any(not known.issuperset(content_families(time)) for time in _TIME.findall(sentence)))


def _figure(want: Wanted, sentence: str, known: frozenset[str]) -> float:
    undated = _CLOCK.sub(" ", _DATE.sub(" ", sentence)) if want.counted else _DATE.sub(" ", sentence)
    if numbers(undated) <= known:
        return 0.0
    if want.measure:
        return 1.0 if _UNITS[want.measure].search(undated) else 0.4
    if not want.counted:
        return 1.0
    return 1.0 if _counts(undated, want.counted) else 0.6


def _counts(text: str, counted: frozenset[str]) -> bool:
    """Whether a figure stands just before what it counts, or just behind it: "put the number of deaths at 48"."""
    written = words(text)
    places = [place for place, word in enumerate(written) if word[0].isdigit() or numbers(word)]
    things = [place for place, word in enumerate(written) if family(stem(word)) in counted]
    before = _FAR if counted >= _DYING else _COUNTED_WITHIN  # "Six men of the crew that was repairing the bridge died"
    return any(-before <= place - thing < 0 or 0 < place - thing <= _FAR for place in places for thing in things)


def _person(want: Wanted, sentence: str, known: frozenset[str]) -> float:
    return max((_like_a_person(name, sentence) for name in _new_names(sentence, known)), default=0.0)


def _place(want: Wanted, sentence: str, known: frozenset[str]) -> float:
    """1 for "in New York" and "near Kourou", 0.6 for any other name."""
    held = [name for name in _new_names(sentence, known) if not _TIME.search(name.group())]
    before = {(sentence[: name.start()].split() or [""])[-1].lower() for name in held}
    return 0.0 if not held else 1.0 if before & _BEFORE_PLACES else 0.6


def _reason(want: Wanted, sentence: str, known: frozenset[str]) -> float:
    return float(_REASON.search(sentence) is not None)


def _definition(want: Wanted, sentence: str, known: frozenset[str]) -> float:
    """Heat pumps: "Heat pumps are …", not "Ground-source heat pumps …"."""
    leading = [family(stem(word)) for word in words(sentence) if word not in STOP_WORDS][: len(known)]
    return float(bool(known) and known.issuperset(leading))


_HELD: dict[QuestionKind, Callable[[Wanted, str, frozenset[str]], float]] = {
    "when": _time,
    "number": _figure,
    "who": _person,
    "where": _place,
    "why": _reason,
    "definition": _definition,
}


def _new_names(sentence: str, known: frozenset[str]) -> list[re.Match[str]]:
    """The names without a word of the question, but for a title before them: "President" Niinistö."""
    return [name for name in _NAME.finditer(sentence) if _is_new(name.group().split(), known)]


def _is_new(name: Sequence[str], known: frozenset[str]) -> bool:
    bare = list(dropwhile(lambda word: bool(known & content_families(word)), name))
    held = content_families(" ".join(bare))
    return bool(held) and known.isdisjoint(held)


def _like_a_person(name: re.Match[str], sentence: str) -> float:
    """1 for "Olga Carmona", 0.5 for "Sydney", "England" and "in New York"."""
    before = sentence[: name.start()].split()[-1:]
    several = " " in name.group() and not any(character.isdigit() for character in name.group())
    return 0.5 if not several or (before and before[0].lower() in _BEFORE_PLACES) or _TIME.search(name.group()) else 1.0
