"""Figures, days and names in a text, in forms that can be compared: what a paraphrase may not change.

Rules over characters, for English first; figures, ISO dates and names work in any language with capitals.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple

from assistant.language.words import MONTH_NUMBERS, NUMBER_WORDS, STOP_WORDS, WEEKDAYS, without_accents
from vectorstore.messages import MONTHS
from vectorstore.text.likeness import Likeness, likeness

Bound = Literal["", "about", "least", "most"]
"""How a figure is said to be meant: exactly, "about", "nearly"; "at least", "more than"; "at most", "less than"."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as written, and every value it may stand for: "1.500" is 1.5 or, in much of Europe, 1500."""

    text: str
    values: frozenset[float]
    unit: str = ""
    """What is measured: ``%``, ``points``, ``usd``, ``length``, ``time``, …; empty where no unit is written."""
    factor: float = 1.0
    """By which a value becomes one in the basic unit of what is measured: 1000 for kilometres."""
    bound: Bound = ""
    bound_text: str = ""
    """The words that say so."""
    spelled: bool = False
    """Written in words."""
    start: int = 0
    end: int = 0

    @property
    def said(self) -> str:
        return f"{self.bound_text} {self.text}".strip()


class Name(NamedTuple):
    """One capitalised word. ``sure`` is false where the capital may only be that of a sentence's first word."""

    text: str
    sure: bool = True
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Day:
    """What a text says of a day; what it leaves open is ``None``. ``weekday`` counts from Monday as 0."""

    text: str
    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    figures: tuple[Figure, ...]
    days: tuple[Day, ...]
    names: tuple[Name, ...]


_MONTH = r"(?P<month>" + "|".join(sorted(MONTH_NUMBERS, key=len, reverse=True)) + r")\b\.?"
_YEAR = r"(?P<year>(?:1[0-9]|20|21)\d\d)\b"
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
# A month alone must be written as a name, and "May" and "March" need a word before them that only a month follows.
_MONTH_FOLLOWS = "|".join(
    rf"(?<=\b{word}[ -])" for word in "in since until last next early late mid by of this".split()
)
_DAYS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?<!\d)(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})(?!\d)",
        r"(?<!\d)(?P<year>\d{4})/(?P<month>\d{1,2})/(?P<day>\d{1,2})(?!\d)",
        r"(?<![\d.])(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})(?!\d)",
        rf"(?<![\w.,]){_DAY}(?:\s+of)?\s+{_MONTH}(?:\s?,?\s+{_YEAR})?",
        rf"\b{_MONTH}\s+{_DAY}\b(?!:|\.\d|,\d)(?:\s?,?\s+{_YEAR})?",
        rf"\b{_MONTH},?\s+(?:of\s+)?{_YEAR}",
        r"\b(?P<weekday>" + "|".join(WEEKDAYS) + r")s?\b",
        r"\b(?-i:(?P<month>" + "|".join(month for month in MONTHS if month not in ("May", "March")) + r"))\b",
        rf"(?:{_MONTH_FOLLOWS})(?-i:(?P<month>May|March))\b",
        r"(?<=\b(?P<century>1\d|2[01])\d\d[-–/])(?P<year>\d\d)(?![\w-])",  # the season 2018–19
        r"(?<![\w.,$€£])(?P<year>(?:1[0-9]|20|21)\d\d)(?![\w%]|[.,]\d)",
    )
)
_FIELDS = ("year", "month", "day", "weekday")
_STEPS = {"yesterday": -1, "today": 0, "tonight": 0, "tomorrow": 1, "last": -1, "this": 0, "next": 1}
_RELATIVE = re.compile(
    r"\b(?:(?P<day>yesterday|today|tonight|tomorrow)|(?P<which>last|this|next) (?P<unit>week|month|year)"
    rf"|(?P<count>an?|\d{{1,3}}|{'|'.join(NUMBER_WORDS)}) (?P<units>day|week|month|year)s? ago)\b"
)
_SCALES = {"dozen": 12, "hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_SHORT_SCALES = {"k": 1e3, "m": 1e6, "mn": 1e6, "mln": 1e6, "bn": 1e9, "b": 1e9, "tn": 1e12}
_DIGITS = re.compile(
    r"(?<![\w.,])(?<![A-Za-z]-)(?P<number>\d{1,3}(?:[,.’'\u00a0\u202f ]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d+)?)"
    r"(?P<after>[\s-]?(?:hundred|thousand|million|billion|trillion)\b|\s?(?:k|mn|mln|bn|tn|m|b)\b|st\b|nd\b|rd\b|th\b)?",
    re.IGNORECASE,
)
_NUMBER_WORD = "|".join(NUMBER_WORDS)
_SPELLED = re.compile(
    rf"\b(?:{_NUMBER_WORD}|hundred|dozen)\b(?:[\s-]+(?:and\s+)?(?:{_NUMBER_WORD}|{'|'.join(_SCALES)})\b)*",
    re.IGNORECASE,
)

_BOUND_WORDS: dict[Bound, str] = {
    "about": "about|around|roughly|some|approximately|approx|approx.|close to|an estimated|~|circa",
    "least": "over|more than|at least|above|exceeding|no less than|no fewer than|upwards of|minimum of",
    "most": "nearly|almost|under|less than|fewer than|at most|up to|below|no more than|not more than|maximum of",
}
_BOUNDS = {word: bound for bound, words in _BOUND_WORDS.items() for word in words.split("|")}
_ANY_BOUND = "|".join(re.escape(word) for word in sorted(_BOUNDS, key=len, reverse=True))
_BOUND = re.compile(rf"(?<!\w)(?:{_ANY_BOUND})(?=\s*(?:a |the )?$)", re.IGNORECASE)

_MEASURES: dict[str, tuple[str, float]] = {
    word: (unit, factor)
    for unit, factor, words in (
        ("%", 1, "% percent pc"), ("points", 1, "points point pts"),
        ("usd", 1, "$ dollars dollar usd us$ bucks"), ("usd", 0.01, "cents"), ("eur", 1, "€ euros euro eur"),
        ("gbp", 1, "£ gbp sterling"), ("gbp", 0.01, "pence"), ("yen", 1, "¥ yen"), ("yuan", 1, "yuan renminbi"),
        ("rub", 1, "rubles roubles ruble rouble"), ("uah", 1, "hryvnia hryvnias hryvnyas uah"),
        ("inr", 1, "₹ rupees rupee"), ("chf", 1, "francs franc"), ("pound", 1, "pounds pound lbs lb"),
        ("length", 1, "metres meters metre meter m"),
        ("length", 1000, "kilometres kilometers kilometre kilometer km kms"),
        ("length", 0.01, "centimetres centimeters centimetre centimeter cm"),
        ("length", 0.001, "millimetres millimeters millimetre millimeter mm"), ("length", 1609.344, "miles mile"),
        ("length", 0.3048, "feet foot ft"), ("length", 0.0254, "inches inch"), ("length", 0.9144, "yards yard"),
        ("area", 1e4, "hectares hectare ha"), ("area", 4046.86, "acres acre"),
        ("mass", 1, "grams grammes gram g"), ("mass", 1000, "kilograms kilogrammes kilogram kilos kg"),
        ("mass", 1e6, "tonnes tonne"), ("mass", 907185, "tons ton"), ("mass", 28.35, "ounces ounce oz"),
        ("volume", 1, "litres liters litre liter"), ("volume", 3.785, "gallons gallon"),
        ("volume", 159, "barrels barrel"),
        ("time", 1, "seconds second secs"), ("time", 60, "minutes minute mins min"), ("time", 3600, "hours hour hrs"),
        ("time", 86400, "days day"), ("time", 604800, "weeks week"), ("time", 2629800, "months month"),
        ("time", 31557600, "years year"), ("time", 315576000, "decades decade"), ("time", 3155760000, "centuries"),
        ("degree", 1, "degrees degree °"), ("celsius", 1, "°c celsius"), ("fahrenheit", 1, "°f fahrenheit"),
        ("speed", 1, "mph"), ("speed", 0.621371, "kph km/h kmh"),
        ("energy", 1, "watts w"), ("energy", 1e3, "kilowatts kilowatt kw"), ("energy", 1e6, "megawatts megawatt mw"),
        ("energy", 1e9, "gigawatts gigawatt gw"),
    )
    for word in words.split()
} | {"per cent": ("%", 1), "percentage point": ("points", 1), "percentage points": ("points", 1)}  # fmt: skip
_MEASURE = re.compile(
    r"(?P<measure>\s?percentage[\s-]points?\b|\s?per\s?cent\b|\s?%|\s?degrees? (?:celsius|fahrenheit)\b|\s?°\s?[CF]?\b"
    r"|\s?(?:km/h)|[\s-](?:US )?(?:"
    + "|".join(sorted((w for w in _MEASURES if w.isalpha()), key=len, reverse=True))
    + r")\b"
    r"|(?:km|cm|mm|kg|lbs?|ft|mph|kph|kw|mw|gw|pc|ha)\b)",
    re.IGNORECASE,
)
_CURRENCY = re.compile(r"[$€£¥₹]\s?$")
_SAME_MEASURE = frozenset({("pound", "gbp"), ("gbp", "pound"), ("degree", "celsius"), ("degree", "fahrenheit"),
                         ("celsius", "degree"), ("fahrenheit", "degree")})  # fmt: skip
_RANGE = re.compile(r"\s?(?:-|–|—|to|and|or|from)\s(?:about |nearly |almost )?|[-–—]", re.IGNORECASE)

# "O'Brien", "U.S", and designations: "F-16", "COVID-19", "G20".
_NAME = re.compile(r"[^\W\d_]+(?:[’'.][^\W\d_]+)*(?:-?\d+[^\W_]*)?")
_SENTENCE_START = re.compile(r"(?:^|[.!?…:;\n]|^\s*(?:[-*•]|\d+[.)]))\s*[\"'“”‘«»„(\[*_#]*$")
_COMMON_ENDING = re.compile(r"(?:ing|ed|ly|ion|ment|ness|ity|(?<![aiosu])s)$")
"""Of a sentence's first word: plurals and verbal nouns, which are hardly ever names ("Officials", "Speaking")."""
_NOT_NAMES = (STOP_WORDS - {"us"}).union(
    """mr mrs ms dr st sir since although though however according no yes many one two three another several thus
    meanwhile additionally moreover furthermore finally overall still even among despite besides due based upon along
    earlier later today now next last new early recent recently every neither others against near like unlike beyond
    behind across around throughout article articles source sources passage passages pm sure please note see make take
    consider use keep add try ensure check remember give get nobody none nothing never always often
    sometimes""".split(),
    [*MONTH_NUMBERS, *WEEKDAYS, *NUMBER_WORDS, *_SCALES, "first", "second", "both", "half", "once"],
)
"""Words that may begin a sentence, or bear a capital, without naming anyone."""

PEOPLES = {
    word: land
    for land, forms in {
        "united states": "american americans us usa america", "united kingdom": "british briton britons britain uk",
        "european union": "eu", "united nations": "un", "china": "chinese", "cyprus": "cypriot", "denmark": "danish",
        "england": "english", "finland": "finnish finn finns", "france": "french frenchman", "greece": "greek greeks",
        "iraq": "iraqi", "ireland": "irish", "netherlands": "dutch", "norway": "norwegian", "peru": "peruvian",
        "poland": "polish pole poles", "portugal": "portuguese", "scotland": "scottish scots", "spain": "spanish",
        "switzerland": "swiss", "thailand": "thai", "turkey": "turkish turk türkiye", "wales": "welsh",
    }.items()
    for word in (*forms.split(), land)
}  # fmt: skip
"""Peoples and abbreviations that share too little with the name of their land to be seen as its form."""

_LANDS_OF_SEVERAL_WORDS = frozenset(land for land in PEOPLES.values() if " " in land)

CONVERTED = 0.02
"""A converted figure may be off by this share: "10 miles" for 16 kilometres."""

_PEOPLE_ENDINGS = "ians ian nian ans an ns n en ish ese is i ia ic ism ist ists s a e y".split()
"""What a name and the word for its people differ by: Ukraine, Ukrainian; Sweden, Swedish; Islam, Islamist."""


@lru_cache(maxsize=1024)
def facts(text: str) -> Facts:
    """The figures, days and names of ``text``. A number that belongs to a date is not a figure as well."""
    days: list[Day] = []
    for pattern in _DAYS:
        found = [day for match in pattern.finditer(text) if (day := _day(match))]
        text = _blanked(text, found)
        days += found
    figures = _figures(text)
    text = _blanked(text, figures)  # "US dollars" names no land
    return Facts(tuple(figures), tuple(days), tuple(_names(text)))


def without_figures_and_days(text: str) -> str:
    """``text`` with marks in their places: they are compared as what they mean, not as words."""
    found = facts(text)
    return _blanked(text, sorted((*found.figures, *found.days), key=lambda each: each.start))


def _day(match: re.Match[str]) -> Day | None:
    named = match.groupdict()
    year, month, weekday = named.get("year"), named.get("month"), named.get("weekday")
    found = Day(
        match.group(),
        year=int(named.get("century", "") + year) if year else None,
        month=MONTH_NUMBERS.get(month.lower()) or int(month) if month else None,
        day=int(named["day"]) if named.get("day") else None,
        weekday=WEEKDAYS.index(weekday.lower()) if weekday else None,
        start=match.start(),
        end=match.end(),
    )
    return found if (found.month or 1) <= 12 and (found.day or 1) <= 31 else None


def _blanked(text: str, found: Sequence[Figure | Day]) -> str:
    """Takes ``found`` out and keeps all offsets; a mark stays, so that neighbours do not become one number."""
    parts, position = [], 0
    for each in found:
        parts += [text[position : each.start], "|" * (each.end - each.start)]
        position = each.end
    return "".join((*parts, text[position:]))


def _figures(text: str) -> list[Figure]:
    found = []
    for match in _DIGITS.finditer(text):
        values = _values(match["number"])
        end = match.end()
        after = (match["after"] or "").strip(" -\u00a0").lower()
        currency = _CURRENCY.search(text, max(0, match.start() - 2), match.start())
        if after in _SCALES:
            values = {value * _SCALES[after] for value in values}
        elif after == "m" and text[match.start("after")] == " " and not currency:
            end = match.start("after")  # 3,000 m are metres, 5m may be millions
        elif after in _SHORT_SCALES:
            values |= {value * _SHORT_SCALES[after] for value in values}  # 5m may be metres
        found.append(_figure(text, match.start(), end, values))
    text = _blanked(text, found)
    for match in _SPELLED.finditer(text):
        figure = _figure(text, *match.span(), {_spelled_value(match.group())}, spelled=True)
        if match.group().lower() != "one" or figure.unit == "%":  # alone, "one" is mostly a pronoun
            found.append(figure)
    found.sort(key=lambda figure: figure.start)
    for at in range(len(found) - 2, -1, -1):  # "from 5 to 10 per cent": the unit is said once
        one, other = found[at], found[at + 1]
        if not one.unit and other.unit and _RANGE.fullmatch(text, one.end, other.start):
            found[at] = replace(one, unit=other.unit, factor=other.factor)
    return found


def _figure(text: str, start: int, end: int, values: set[float], *, spelled: bool = False) -> Figure:
    unit, factor = "", 1.0
    if currency := _CURRENCY.search(text, max(0, start - 2), start):
        unit, factor = _MEASURES[currency.group().strip()]
        start = currency.start()
    if measure := _MEASURE.match(text, end):
        written = re.sub(r"[\s-]+", " ", measure.group().lower()).strip()
        written = re.sub(r"^us |degrees? ", "", written).replace("° ", "°")
        if written in _MEASURES and not unit:
            unit, factor = _MEASURES[written]
            end = measure.end()
    bound = _BOUND.search(text, max(0, start - 24), start)
    return Figure(
        text[start:end].strip(),
        frozenset(values),
        unit,
        factor,
        bound=_BOUNDS[bound.group().lower()] if bound else "",
        bound_text=bound.group() if bound else "",
        spelled=spelled,
        start=start,
        end=end,
    )


def _values(number: str) -> set[float]:
    """A comma before three digits groups them in English; a point may do either. The last of two kinds is decimal."""
    compact = re.sub(r"[’'\u00a0\u202f ]", "", number)
    marks = re.findall(r"[.,]", compact)
    whole, _, part = compact.rpartition(marks[-1]) if marks else ("", "", compact)
    digits = re.sub(r"[.,]", "", whole)
    grouped, decimal = float(digits + part), float(f"{digits or 0}.{part}")
    if len(marks) == 1:
        if len(part) != 3 or len(whole) > 3 or whole == "0":
            return {decimal}
        return {grouped} if marks == [","] else {grouped, decimal}
    return {decimal if len(set(marks)) > 1 else grouped}


def _spelled_value(text: str) -> float:
    """Two hundred and fifty thousand: 250000."""
    total, current = 0.0, 0.0
    for word in re.findall(r"\b(?!and\b)[a-z]+", text.lower()):
        if word not in _SCALES:
            current += NUMBER_WORDS[word]
        elif _SCALES[word] <= 100:
            current = (current or 1) * _SCALES[word]
        else:
            total += (current or 1) * _SCALES[word]
            current = 0
    return total + current


def _names(text: str) -> Iterator[Name]:
    for match in _NAME.finditer(text):
        word, after = match.group(), text[match.end() : match.end() + 2]
        if not word[0].isupper() or plain(word) in _NOT_NAMES:
            continue
        sure = True
        if _SENTENCE_START.search(text, max(0, match.start() - 12), match.start()) and word[1:].islower():
            sure = after[:1] == " " and after[1:].isupper()
            if not sure and _COMMON_ENDING.search(word):
                continue
        yield Name(word, sure, match.start(), match.end())


@lru_cache(maxsize=1 << 14)
def _name_forms(word: str) -> frozenset[str]:
    """A name without each of the endings of peoples, and the land of a people: Ukrainian → Ukrain; Dutch → …"""
    endings = (ending for ending in _PEOPLE_ENDINGS if word.endswith(ending) and len(word) - len(ending) >= 4)
    return frozenset([word, PEOPLES.get(word, word), *(word[: -len(ending)] for ending in endings)])


@lru_cache(maxsize=1 << 15)
def plain(word: str) -> str:
    """One word in lower case, without accents, stops, hyphens, apostrophes and a possessive ending."""
    return without_accents(re.sub(r"[.’'-]", "", re.sub(r"[’']s$|[’']$", "", word).casefold()))


class Known:
    """What a statement may say: the facts of ``texts``, and the days on which their articles were ``published``."""

    def __init__(self, texts: Sequence[str], published: Sequence[date] = ()) -> None:
        self._facts = [facts(text) for text in texts]
        self._figures = [figure for each in self._facts for figure in each.figures]
        stated = [day for each in self._facts for day in each.days]
        years = sorted({day.year for day in stated if day.year is not None})
        self._days = [whole for day in stated for whole in _completed(day, published, years)]
        self._published = [_whole_day(near) for near in published]
        self._days += [day for text in texts for day in _relative_days(text, published)]
        found = [_names_of(text) for text in texts]
        self._capitals = frozenset[str]().union(*(capitals for capitals, _ in found))
        self._forms = frozenset[str]().union(*(forms for _, forms in found))

    def has_figure(self, figure: Figure) -> bool:
        """Whether it stands there, is the year or day of a date there, or can be computed."""
        return (
            any(same_figure(figure, known) for known in self._figures)
            or (not figure.unit and any(day.year in figure.values or day.day in figure.values for day in self._days))
            or any(_is_computed(figure, each.figures) for each in self._facts)
        )

    def same_number(self, figure: Figure) -> list[Figure]:
        """The number as it stands there, of whatever."""
        return [known for known in self._figures if not figure.values.isdisjoint(known.values)]

    def has_day(self, day: Day) -> bool:
        if any(_agrees(day, known) for known in self._days):
            return True
        only_year = day.month is None and day.weekday is None and day.year is not None
        if only_year and any(day.year in figure.values for figure in self._figures):  # "2000 troops"
            return True
        # The article's own day proves a date; for "Monday" or "in March" its text must say so.
        return day.year is not None and any(_agrees(day, known) for known in self._published)

    def has_name(self, name: str) -> bool:
        word = plain(name)
        if len(word) == 1:
            return any(known.startswith(word) for known in self._forms)
        if name.isupper() and word[:2] in PEOPLES and word[2:] in self._forms:
            return True  # "USPS" for the Postal Service
        return not self._forms.isdisjoint(_name_forms(word))

    def has_spelling(self, name: str) -> bool:
        """Whether the name stands there in another spelling: Kyiv and Kiev, Müller and Mueller.

        Not what only sounds alike: with the source at hand, Smyth is not Smith.
        """
        return any(likeness(name, known) is Likeness.WRITTEN for known in self._capitals)

    def has_abbreviation(self, words: Sequence[str]) -> bool:
        """Whether these names stand here as their first letters: "EU" for European, Union."""
        letters = "".join(word[0] for word in words).upper()
        known = (word.replace(".", "") for word in self._capitals)
        return len(words) > 1 and any(letters in (word, word[2:]) for word in known)  # "USPS": Postal, Service


@lru_cache(maxsize=1024)
def _names_of(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """The words of ``text`` that have a capital; and every form in which a word or a name of it may be said again."""
    found = _NAME.findall(text)
    capitals = frozenset(word for word in found if word[0].isupper())
    forms = {plain(word) for word in found}.union(*(_name_forms(plain(word)) for word in capitals), _initials(text))
    folded = text.casefold()
    return capitals, frozenset(forms.union(land for land in _LANDS_OF_SEVERAL_WORDS if land in folded))


def same_figure(stated: Figure, known: Figure) -> bool:
    """Whether ``known`` allows ``stated``: the same amount, or, said to be rough, a rounder one close to it."""
    if stated.unit != known.unit and (stated.unit, known.unit) not in _SAME_MEASURE:
        if "%" in (stated.unit, known.unit) or (stated.unit and known.unit):
            return False
        return not stated.values.isdisjoint(known.values)
    if stated.factor == known.factor:
        if not stated.values.isdisjoint(known.values):
            return True
        return stated.bound != "" and any(_rounds(a, b) for a in stated.values for b in known.values)
    return any(
        abs(a * stated.factor - b * known.factor) <= CONVERTED * abs(b * known.factor)
        for a in stated.values
        for b in known.values
    )


def _is_computed(stated: Figure, figures: Sequence[Figure]) -> bool:
    """Whether it is the sum or the difference of two that follow upon one another among those of its unit.

    The difference of two percentages is in points. Any two of a long text would give almost any small number.
    """
    unit = "%" if stated.unit == "points" else stated.unit
    amounts = [[value * each.factor for value in each.values] for each in figures if each.unit == unit]
    made = {c for one, other in pairwise(amounts) for a in one for b in other for c in (a + b, abs(a - b))}
    return any(
        math.isclose(value * stated.factor, amount) or (stated.bound and _rounds(value * stated.factor, amount))
        for value in stated.values
        for amount in made
    )


def _rounds(stated: float, known: float) -> bool:
    """Whether ``stated`` is a rounder figure close to ``known``; 5 %: "nearly 1.5 million" for 1,430,000."""
    rounder = len(f"{stated:.0f}".rstrip("0")) < len(f"{known:.0f}".rstrip("0"))
    return rounder and abs(stated - known) <= 0.05 * known


def _completed(day: Day, published: Sequence[date], years: Sequence[int]) -> Iterator[Day]:
    """A day with what its article adds: the year of "2 September", the date of "on Monday".

    News speaks of days close by, so the article's own day decides; without one, any year that its text names will do.
    """
    if day.year and day.month and day.day:
        with suppress(ValueError):  # 31 February
            day = replace(day, weekday=date(day.year, day.month, day.day).weekday())
    yield day
    if day.weekday is not None and day.day is None:
        for near in published:
            back = (near.weekday() - day.weekday) % 7
            yield from (_whole_day(near + timedelta(days=days)) for days in (-back, 7 - back))
    elif day.year is None and day.month is not None:
        middle = min(day.day or 15, 28)
        for near in published:
            candidates = [date(year, day.month, middle) for year in (near.year - 1, near.year, near.year + 1)]
            closest = min(candidates, key=lambda candidate: abs(candidate - near))
            yield from _completed(replace(day, year=closest.year), (), ())
        yield from (replace(day, year=year) for year in years if not published)


def _relative_days(text: str, published: Sequence[date]) -> Iterator[Day]:
    """The days that "yesterday", "last week" and "two years ago" mean in an article of the day ``published``."""
    for match in _RELATIVE.finditer(text.lower()) if published else ():
        said, count, unit = match["day"] or match["which"], match["count"], match["unit"] or match["units"] or "day"
        steps = _STEPS[said] if said else -int(count if count.isdigit() else NUMBER_WORDS.get(count, 1))
        for near in published:
            if unit == "week":
                monday = near - timedelta(days=near.weekday()) + timedelta(weeks=steps)
                yield from (_whole_day(monday + timedelta(days=day)) for day in range(7))
            elif unit == "day":
                yield _whole_day(near + timedelta(days=steps))
            elif unit == "month":
                months = near.year * 12 + near.month - 1 + steps
                yield Day(match.group(), year=months // 12, month=months % 12 + 1)
            else:
                yield Day(match.group(), year=near.year + steps)


def _whole_day(day: date) -> Day:
    return Day(str(day), day.year, day.month, day.day, day.weekday())


def _agrees(stated: Day, known: Day) -> bool:
    """Whether ``known`` says all that ``stated`` says."""
    fields = [(getattr(stated, field), getattr(known, field)) for field in _FIELDS]
    return all(a is None or a == b for a, b in fields)


def _initials(text: str) -> Iterator[str]:
    """First letters of every run of two to six capitalised words, small words between them left out; U.S. has two."""
    for run in re.findall(r"[A-Z][\w.]*(?:[\s-]+(?:(?:of|the|and|for)\s+)*[A-Z][\w.]*)+", text):
        letters = "".join(re.findall(r"(?<!\w)[A-Z]", run)).lower()
        for length in range(2, 7):
            yield from (letters[start : start + length] for start in range(len(letters) - length + 1))
