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

from assistant.words import MONTHS, NUMBER_WORDS, STOP_WORDS, without_accents
from vectorstore.names import Likeness, likeness

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
    sign: str = ""
    """Of a currency, before the number."""
    start: int = 0
    end: int = 0

    @property
    def hedged(self) -> bool:
        return self.bound != ""

    @property
    def written(self) -> str:
        return self.sign + self.text

    @property
    def said(self) -> str:
        return f"{self.bound_text} {self.written}".strip()


@dataclass(frozen=True, slots=True)
class Name:
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
    shares: tuple[Figure, ...] = ()
    """Fractions in words, "a third of", as per cent."""


_MONTH_NUMBER = {form: at for at, name in enumerate(MONTHS, 1) for form in (name.lower(), name[:3].lower())}
_MONTH_NUMBER["sept"] = 9
_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_WEEKDAY_NUMBER = {name: number for number, name in enumerate(_WEEKDAYS)}

_MONTH = r"(?P<month>" + "|".join(sorted(_MONTH_NUMBER, key=len, reverse=True)) + r")\b\.?"
_YEAR = r"(?P<year>(?:1[0-9]|20|21)\d\d)\b"
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?<!\d)(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})(?!\d)",
        r"(?<!\d)(?P<year>\d{4})/(?P<month>\d{1,2})/(?P<day>\d{1,2})(?!\d)",
        r"(?<![\d.])(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})(?!\d)",
        rf"(?<![\w.,]){_DAY}(?:\s+of)?\s+{_MONTH}(?:\s?,?\s+{_YEAR})?",
        rf"\b{_MONTH}\s+(?P<day>[0-3]?\d)(?:st|nd|rd|th)?\b(?!:|\.\d|,\d)(?:\s?,?\s+{_YEAR})?",
        rf"\b{_MONTH},?\s+(?:of\s+)?{_YEAR}",
        r"\b(?P<weekday>" + "|".join(_WEEKDAYS) + r")s?\b",
    )
)

# A month alone must be written as a name, and "May" and "March" need a word before them that only a month follows.
_MONTH_ALONE = re.compile(
    r"\b(?P<month>January|February|April|June|July|August|September|October|November|December)\b"
    r"|\b(?:[Ii]n|[Ss]ince|[Uu]ntil|[Ll]ast|[Nn]ext|[Ee]arly|[Ll]ate|[Mm]id|[Bb]y|[Oo]f|[Tt]his)[ -]"
    r"(?P<other>May|March)\b"
)
_YEARS = re.compile(r"(?<![\w.,])(?P<first>(?:1[0-9]|20|21)\d\d)[-–/](?P<last>\d\d|(?:1[0-9]|20|21)\d\d)(?![\w-])")
"""A season or a span: 2018–19, 1939-1945."""
_YEAR_ALONE = re.compile(r"(?<![\w.,$€£])(?P<year>(?:1[0-9]|20|21)\d\d)(?![\w%]|[.,]\d)")
_FIELDS = ("year", "month", "day", "weekday")
_RELATIVE_DAYS = {"yesterday": -1, "today": 0, "tonight": 0, "tomorrow": 1}
_NUMBERS = {word: int(digits) for word, digits in NUMBER_WORDS.items()}
_RELATIVE_STEPS = {"last": -1, "this": 0, "next": 1}
_RELATIVE = re.compile(
    r"\b(?:(?P<day>yesterday|today|tonight|tomorrow)|(?P<which>last|this|next) (?P<unit>week|month|year)"
    rf"|(?P<count>a|an|\d{{1,3}}|{'|'.join(_NUMBERS)}) (?P<ago_unit>day|week|month|year)s? ago)\b",
    re.IGNORECASE,
)
_SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_SHORT_SCALES = {"k": 1e3, "m": 1e6, "mn": 1e6, "mln": 1e6, "bn": 1e9, "b": 1e9, "tn": 1e12}
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split()
_LOOSE = {word: float(value) for value, word in enumerate(_ORDINALS, 1)}
_LOOSE |= {"dozen": 12.0, "half": 0.5, "once": 1.0, "one": 1.0}
_LOOSE |= dict.fromkeys(("both", "pair", "couple", "twice", "double"), 2.0)
"""Words that stand for a number without being one."""

_DIGITS = re.compile(
    r"(?<![\w.,])(?<![A-Za-z]-)(?P<number>\d{1,3}(?:[,.’'\u00a0\u202f ]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d+)?)"
    r"(?P<after>[\s-]?(?:hundred|thousand|million|billion|trillion)\b|\s?(?:k|mn|mln|bn|tn|m|b)\b|st\b|nd\b|rd\b|th\b)?",
    re.IGNORECASE,
)
_NUMBER_WORD = "|".join([*_NUMBERS, *_SCALES])
_SPELLED = re.compile(
    rf"\b(?:{_NUMBER_WORD})\b(?:[\s-]+(?:and\s+)?(?:{_NUMBER_WORD})\b)*",
    re.IGNORECASE,
)
_PER_CENT = re.compile(r"\s?%|\s?per\s?cent\b", re.IGNORECASE)
_FRACTION_COUNTS = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4}
_FRACTION_PARTS = {"half": 2, "third": 3, "quarter": 4, "fifth": 5, "sixth": 6, "tenth": 10}
_FRACTION = re.compile(
    r"\b(?<!first )(?<!second )(?<!other )(?<!latter )(?<!last )"
    r"(?:(?P<count>a|one|two|three|four)[ -](?P<part>half|thirds?|quarters?|fifths?|sixths?|tenths?)(?= of\b)"
    r"|(?P<half>half)(?= (?:of|the|its|their|all)\b))",
    re.IGNORECASE,
)

_BOUND_WORDS: dict[Bound, str] = {
    "about": "about|around|roughly|some|approximately|approx|approx.|close to|an estimated|~|circa",
    "least": "over|more than|at least|above|exceeding|no less than|no fewer than|upwards of|minimum of",
    "most": "nearly|almost|under|less than|fewer than|at most|up to|below|no more than|not more than|maximum of",
}
_BOUNDS = {word: bound for bound, words in _BOUND_WORDS.items() for word in words.split("|")}
_ANY_BOUND = "|".join(re.escape(word) for word in sorted(_BOUNDS, key=len, reverse=True))
_BOUND = re.compile(rf"(?<!\w)(?:{_ANY_BOUND})(?=\s*(?:a |the )?[$€£]?$)", re.IGNORECASE)

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
_RANGE = re.compile(r"\s?(?:-|–|—|to|and|or|from)\s(?:[$€£]|about |nearly |almost )?|[-–—][$€£]?", re.IGNORECASE)

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
    [*_MONTH_NUMBER, *_WEEKDAYS, *_NUMBERS, *_SCALES, *_LOOSE],
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

SHARE = 2.0
"""Points within which a fraction in words may stand for a share: "a third" for 34 per cent, "nearly half" for 48."""

CONVERTED = 0.02
"""A converted figure may be off by this share: "10 miles" for 16 kilometres."""

_PEOPLE_ENDINGS = "ians ian nian ans an ns n en ish ese is i ia ic ism ist ists s a e y".split()
"""What a name and the word for its people differ by: Ukraine, Ukrainian; Sweden, Swedish; Islam, Islamist."""


@lru_cache(maxsize=1024)
def facts(text: str) -> Facts:
    """The figures, days and names of ``text``. A number that belongs to a date is not a figure as well."""
    rest, days = _take_days(text)
    figures = _figures(rest)
    rest = _blanked(rest, [(figure.start, figure.end) for figure in figures])  # "US dollars" names no land
    return Facts(tuple(figures), tuple(days), tuple(_names(rest)), tuple(_shares(text)))


def without_figures_and_days(text: str) -> str:
    """``text`` with marks in their places: they are compared as what they mean, not as words."""
    found = facts(text)
    spans = {(each.start, each.end) for each in found.figures} | {(each.start, each.end) for each in found.days}
    return _blanked(text, sorted(spans))


def _take_days(text: str) -> tuple[str, list[Day]]:
    days: list[Day] = []
    for pattern in (*_DATES, _MONTH_ALONE, _YEARS, _YEAR_ALONE):
        taken = []
        for match in pattern.finditer(text):
            found = [day for day in _days_of(match) if (day.month or 1) <= 12 and (day.day or 1) <= 31]
            if found:
                days += found
                taken.append(match.span())
        text = _blanked(text, taken)
    return text, days


def _days_of(match: re.Match[str]) -> list[Day]:
    named = match.groupdict()
    start = match.start("other") if named.get("other") else match.start()
    day = Day(match.group().strip(), start=start, end=match.end())
    if first := named.get("first"):
        last = match["last"]
        return [replace(day, year=int(year)) for year in (first, first[: 4 - len(last)] + last)]
    month, weekday = named.get("month") or named.get("other"), named.get("weekday")
    return [
        replace(
            day,
            year=int(named["year"]) if named.get("year") else None,
            month=None if month is None else int(month) if month.isdigit() else _MONTH_NUMBER[month.lower()],
            day=int(named["day"]) if named.get("day") else None,
            weekday=_WEEKDAY_NUMBER[weekday.lower()] if weekday else None,
        )
    ]


def _blanked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """Takes spans out and keeps all offsets; a mark stays, so that their neighbours do not become one number."""
    parts, position = [], 0
    for start, end in spans:
        parts += [text[position:start], "|" * (end - start)]
        position = end
    return "".join((*parts, text[position:]))


def _figures(text: str) -> list[Figure]:
    found = []
    taken = []
    for match in _DIGITS.finditer(text):
        values = _values(match["number"])
        end = match.end()
        after = (match["after"] or "").strip(" -\u00a0").lower()
        if after in _SCALES:
            values = {value * _SCALES[after] for value in values}
        elif (
            after == "m"
            and text[match.start("after")] == " "
            and not _CURRENCY.search(text, max(0, match.start() - 2), match.start())
        ):
            end = match.start("after")  # 3,000 m are metres, 5m may be millions
        elif after in _SHORT_SCALES:
            values |= {value * _SHORT_SCALES[after] for value in values}  # 5m may be metres
        found.append(_figure(text, match.start(), end, values, spelled=False))
        taken.append((match.start(), found[-1].end))
    text = _blanked(text, taken)
    for match in _SPELLED.finditer(text):
        number = _spelled_value(match.group())
        if number is None and match.group().lower() == "one" and _PER_CENT.match(text, match.end()):
            number = 1.0
        if number is not None:
            found.append(_figure(text, match.start(), match.end(), {number}, spelled=True))
    found.sort(key=lambda figure: figure.start)
    for at in range(len(found) - 2, -1, -1):  # "from 5 to 10 per cent": the unit is said once
        one, other = found[at], found[at + 1]
        if not one.unit and other.unit and _RANGE.fullmatch(text, one.end, other.start):
            found[at] = replace(one, unit=other.unit, factor=other.factor)
    return found


def _shares(text: str) -> Iterator[Figure]:
    """Shares in words, "a third of", "nearly half the"; rounded by nature."""
    for match in _FRACTION.finditer(text):
        count, part = (match["count"] or "a").lower(), (match["part"] or match["half"]).lower().rstrip("s")
        if (share := 100 * _FRACTION_COUNTS[count] / _FRACTION_PARTS[part]) < 100:
            figure = _figure(text, match.start(), match.end(), {share}, spelled=True)
            yield replace(figure, unit="%", bound=figure.bound or "about")


def _figure(text: str, start: int, end: int, values: set[float], *, spelled: bool) -> Figure:
    unit, factor = "", 1.0
    begin = start
    if currency := _CURRENCY.search(text, max(0, start - 2), start):
        unit, factor = _MEASURES[currency.group().strip()]
        begin = currency.start()
    if measure := _MEASURE.match(text, end):
        written = re.sub(r"[\s-]+", " ", measure.group().lower()).strip()
        written = re.sub(r"^us |degrees? ", "", written).replace("° ", "°")
        if written in _MEASURES and not unit:
            unit, factor = _MEASURES[written]
            end = measure.end()
    bound = _BOUND.search(text, max(0, begin - 24), begin)
    return Figure(
        text[start:end].strip(),
        frozenset(values),
        unit,
        factor,
        bound=_BOUNDS[bound.group().lower()] if bound else "",
        bound_text=bound.group() if bound else "",
        spelled=spelled,
        sign=currency.group().strip() if currency else "",
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


def _spelled_value(text: str) -> float | None:
    """Two hundred and fifty thousand: 250000. ``None`` for "one", mostly a pronoun, and for "thousand" by itself."""
    words = [word for word in re.split(r"[\s-]+", text.lower()) if word != "and"]
    if words == ["one"] or (words[0] in _SCALES and words != ["hundred"]):
        return None
    total = current = 0.0
    for word in words:
        if word in _SCALES and word != "hundred":
            total += (current or 1) * _SCALES[word]
            current = 0
        elif word == "hundred":
            current = (current or 1) * 100
        else:
            current += _NUMBERS[word]
    return total + current


def _names(text: str) -> Iterator[Name]:
    for match, following in pairwise([*_NAME.finditer(text), None]):
        assert match is not None
        word = match.group()
        if not word[0].isupper() or plain(word) in _NOT_NAMES:
            continue
        sure = True
        if _SENTENCE_START.search(text, max(0, match.start() - 12), match.start()) and word[1:].islower():
            sure = following is not None and following.group()[0].isupper()
            sure = sure and following is not None and text[match.end() : following.start()] == " "
            if not sure and _COMMON_ENDING.search(word):
                continue
        yield Name(word, sure, match.start(), match.end())


@lru_cache(maxsize=1 << 14)
def _name_stems(word: str) -> tuple[str, ...]:
    endings = (ending for ending in _PEOPLE_ENDINGS if word.endswith(ending) and len(word) - len(ending) >= 4)
    return (word, *(word[: -len(ending)] for ending in endings))


@lru_cache(maxsize=1 << 15)
def plain(word: str) -> str:
    """One word in lower case, without accents, stops, hyphens, apostrophes and a possessive ending."""
    return without_accents(re.sub(r"[.’'-]", "", re.sub(r"[’']s$|[’']$", "", word).casefold()))


class _Text(NamedTuple):
    """What one text makes known, apart from its article's day."""

    facts: Facts
    loose: frozenset[float]
    words: frozenset[str]
    capitals: frozenset[str]
    initials: frozenset[str]
    stems: frozenset[str]
    lands: frozenset[str]


@lru_cache(maxsize=1024)
def _read(text: str) -> _Text:
    found = _NAME.findall(text)
    words, capitals = frozenset(map(plain, found)), frozenset(word for word in found if word[0].isupper())
    folded = text.casefold()
    return _Text(
        facts(text),
        frozenset(_LOOSE[word] for word in re.findall(r"[a-z]+", folded) if word in _LOOSE),
        words,
        capitals,
        frozenset(_initials(text)),
        frozenset(stem for word in capitals for stem in _name_stems(plain(word))),
        frozenset(PEOPLES[word] for word in words if word in PEOPLES)
        | {land for land in _LANDS_OF_SEVERAL_WORDS if land in folded},
    )


class Known:
    """What a statement may say: the facts of ``texts``, and the days on which their articles were ``published``."""

    def __init__(self, texts: Sequence[str], published: Sequence[date] = ()) -> None:
        self._read = [_read(text) for text in texts]
        self._figures = [figure for each in self._read for figure in each.facts.figures]
        stated = [day for each in self._read for day in each.facts.days]
        years = sorted({day.year for day in stated if day.year is not None})
        self._days = [whole for day in stated for whole in _completed(day, published, years)]
        self._published = [_whole_day("", near) for near in published]
        self._days += [day for text in texts for day in _relative_days(text, published)]

    def has_share(self, share: Figure) -> bool:
        """Whether "a third of" stands there, as such, as a percentage close to it, or as some third."""
        shares = [
            known for each in self._read for known in (*each.facts.figures, *each.facts.shares) if known.unit == "%"
        ]
        if any(abs(a - b) <= SHARE for known in shares for a in share.values for b in known.values):
            return True
        parts = {0.5 if value == 50 else float(round(100 / value)) for value in share.values}
        return any(not parts.isdisjoint(each.loose) for each in self._read)

    def has_figure(self, figure: Figure) -> bool:
        """Whether it stands there, may be counted there ("both"; the year and day of a date), or can be computed."""
        return (
            any(same_figure(figure, known) for known in self._figures)
            or (not figure.unit and any(not figure.values.isdisjoint(each.loose) for each in self._read))
            or (not figure.unit and any(day.year in figure.values or day.day in figure.values for day in self._days))
            or any(_is_computed(figure, each.facts.figures) for each in self._read)
        )

    def other_unit(self, figure: Figure) -> Figure | None:
        """The number as it stands there, of something else."""
        return next((known for known in self._figures if not figure.values.isdisjoint(known.values)), None)

    def other_bound(self, figure: Figure) -> Figure | None:
        """The number as it stands there, "less than 5" for "more than 5", if that is the only way."""
        opposite = {"least": "most", "most": "least"}.get(figure.bound)
        same = [known for known in self._figures if not figure.values.isdisjoint(known.values)]
        return same[0] if same and opposite and all(known.bound == opposite for known in same) else None

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
            return any(known.startswith(word) for each in self._read for known in each.stems)
        if any(word in each.words or word in each.initials for each in self._read):
            return True
        if any(PEOPLES.get(word) in each.lands for each in self._read):
            return True
        if name.isupper() and word[:2] in PEOPLES and any(word[2:] in each.initials for each in self._read):
            return True  # "USPS" for the Postal Service
        if designation := re.fullmatch(r"([^\W\d]{2,})(\d+)", word):  # "Apollo11" for "Apollo 11"
            said = any(designation[1] in each.words for each in self._read)
            return said and any(float(designation[2]) in figure.values for figure in self._figures)
        return any(not each.stems.isdisjoint(_name_stems(word)) for each in self._read)

    def has_spelling(self, name: str) -> bool:
        """Whether the name stands there in another spelling: Kyiv and Kiev, Müller and Mueller.

        Not what only sounds alike: with the source at hand, Smyth is not Smith.
        """
        return any(likeness(name, known) is Likeness.WRITTEN for each in self._read for known in each.capitals)

    def has_abbreviation(self, words: Sequence[str]) -> bool:
        """Whether these names stand here as their first letters: "EU" for European, Union."""
        letters = "".join(word[0] for word in words).upper()
        known = {word.replace(".", "") for each in self._read for word in each.capitals}
        return len(words) > 1 and any(letters in (word, word[2:]) for word in known)  # USPS: Postal, Service


def same_figure(stated: Figure, known: Figure) -> bool:
    """Whether ``known`` allows ``stated``: the same amount, or, said to be rough, a rounder one close to it."""
    if stated.unit != known.unit and (stated.unit, known.unit) not in _SAME_MEASURE:
        if "%" in (stated.unit, known.unit) or (stated.unit and known.unit):
            return False
        return not stated.values.isdisjoint(known.values)
    if stated.factor == known.factor:
        if not stated.values.isdisjoint(known.values):
            return True
        return stated.hedged and any(_rounds(a, b) for a in stated.values for b in known.values)
    return any(
        abs(a * stated.factor - b * known.factor) <= CONVERTED * abs(b * known.factor)
        for a in stated.values
        for b in known.values
    )


def same_day(one: Day, other: Day) -> bool | None:
    """Whether two days agree in all that both say of themselves; ``None`` where they say nothing in common."""
    fields = [(getattr(one, field), getattr(other, field)) for field in _FIELDS]
    common = [a == b for a, b in fields if a is not None and b is not None]
    return all(common) if common else None


def _is_computed(stated: Figure, figures: Sequence[Figure]) -> bool:
    """Whether it is the sum or the difference of two that follow upon one another among those of its unit.

    The difference of two percentages is in points. Any two of a long text would give almost any small number.
    """
    unit = "%" if stated.unit == "points" else stated.unit
    amounts = [[value * each.factor for value in each.values] for each in figures if each.unit == unit]
    made = {c for one, other in pairwise(amounts) for a in one for b in other for c in (a + b, abs(a - b))}
    return any(
        math.isclose(value * stated.factor, amount) or (stated.hedged and _rounds(value * stated.factor, amount))
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
            yield from (_whole_day(day.text, near + timedelta(days=days)) for days in (-back, 7 - back))
    elif day.year is None and day.month is not None:
        middle = min(day.day or 15, 28)
        for near in published:
            candidates = [date(year, day.month, middle) for year in (near.year - 1, near.year, near.year + 1)]
            closest = min(candidates, key=lambda candidate: abs(candidate - near))
            yield from _completed(replace(day, year=closest.year), (), ())
        yield from (replace(day, year=year) for year in years if not published)


def _relative_days(text: str, published: Sequence[date]) -> Iterator[Day]:
    """The days that "yesterday", "last week" and "two years ago" mean in an article of the day ``published``."""
    for near in published:
        for match in _RELATIVE.finditer(text):
            words, which = match.group(), match["which"]
            if match["day"]:
                unit, count = "day", _RELATIVE_DAYS[match["day"].lower()]
            else:
                unit = (match["unit"] or match["ago_unit"]).lower()
                count = _RELATIVE_STEPS[which.lower()] if which else -_count(match["count"])
            if unit == "week" and which:
                monday = near - timedelta(days=near.weekday()) + timedelta(weeks=count)
                yield from (_whole_day(words, monday + timedelta(days=day)) for day in range(7))
            elif unit in ("day", "week"):
                yield _whole_day(words, near + timedelta(days=count * (7 if unit == "week" else 1)))
            elif unit == "month":
                months = near.year * 12 + near.month - 1 + count
                yield Day(words, year=months // 12, month=months % 12 + 1)
            else:
                yield Day(words, year=near.year + count)


def _whole_day(words: str, day: date) -> Day:
    return Day(words, day.year, day.month, day.day, day.weekday())


def _count(written: str) -> int:
    word = written.lower()
    return int(word) if word.isdigit() else _NUMBERS.get(word, 1)


def _agrees(stated: Day, known: Day) -> bool:
    """Whether ``known`` says all that ``stated`` says."""
    fields = [(getattr(stated, field), getattr(known, field)) for field in _FIELDS]
    return all(a is None or a == b for a, b in fields)


def _initials(text: str) -> Iterator[str]:
    """First letters of every run of two to six capitalised words, small words between them left out; U.S. has two."""
    for run in re.findall(r"[A-Z][\w.]*(?:[\s-]+(?:(?:of|the|and|for)\s+)*[A-Z][\w.]*)+", text):
        capitals = re.findall(r"(?<!\w)[A-Z]", run)
        letters = "".join(capitals).lower()
        for length in range(2, 7):
            for start in range(len(letters) - length + 1):
                yield letters[start : start + length]
