"""Figures, days and names in a text, in forms that can be compared: what a paraphrase may not change.

Rules over characters, for English first; figures, ISO dates and names work in any language with capitals.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as written, and every value it may stand for: "1.500" is 1.5 or, in much of Europe, 1500."""

    text: str
    values: frozenset[float]
    unit: str = ""
    """``%`` for a percentage, otherwise empty: currencies and measures are words, and checked as such."""
    hedged: bool = False
    """Said to be rough: "about", "nearly", "more than"."""
    spelled: bool = False
    """Written in words."""


@dataclass(frozen=True, slots=True)
class Name:
    """One capitalised word. ``sure`` is false where the capital may only be that of a sentence's first word."""

    text: str
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Day:
    """What a text says of a day; what it leaves open is ``None``. ``weekday`` counts from Monday as 0."""

    text: str
    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    figures: tuple[Figure, ...]
    days: tuple[Day, ...]
    names: tuple[Name, ...]


_MONTHS = (
    "january february march april may june july august september october november december".split(),
    "jan feb mar apr may jun jul aug sep oct nov dec".split(),
)
_MONTH_NUMBER = {name: number for names in _MONTHS for number, name in enumerate(names, 1)} | {"sept": 9}
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
        rf"(?<![\w.,]){_DAY}(?:\s+of)?\s+{_MONTH}(?:,?\s+{_YEAR})?",
        rf"\b{_MONTH}\s+(?P<day>[0-3]?\d)(?:st|nd|rd|th)?\b(?!:|\.\d|,\d)(?:,?\s+{_YEAR})?",
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
_YEAR_ALONE = re.compile(r"(?<![\w.,$€£])(?:1[0-9]|20|21)\d\d(?![\w%]|[.,]\d)")
_RELATIVE_DAYS = {"yesterday": -1, "today": 0, "tonight": 0, "tomorrow": 1}
_RELATIVE_YEARS = {"last": -1, "this": 0, "next": 1}
_RELATIVE = re.compile(r"\b(yesterday|today|tonight|tomorrow|(?:last|this|next) (?:year|month))\b", re.IGNORECASE)

_UNITS = {word: value for value, word in enumerate(
    """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen""".split()
)}  # fmt: skip
_TENS = {
    word: 10 * value for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)
}
_SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_SHORT_SCALES = {"k": 1e3, "m": 1e6, "mn": 1e6, "mln": 1e6, "bn": 1e9, "b": 1e9, "tn": 1e12}
_OTHER_WORDS = {
    "dozen": 12.0,
    "half": 0.5,
    "both": 2.0,
    "pair": 2.0,
    "couple": 2.0,
    "twice": 2.0,
    "double": 2.0,
    "once": 1.0,
}
_ORDINALS = {word: value for value, word in enumerate(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(), 1
)}  # fmt: skip

_DIGITS = re.compile(
    r"(?<![\w.,])(?<![A-Za-z]-)(?P<number>\d{1,3}(?:[,.’'\u00a0\u202f ]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d+)?)"
    r"(?P<after>\s?(?:%|percent\b|per\s?cent\b|pc\b)|[\s-]?(?:hundred|thousand|million|billion|trillion)\b"
    r"|\s?(?:k|mn|mln|bn|tn|m|b)\b|st\b|nd\b|rd\b|th\b)?",
    re.IGNORECASE,
)
_NUMBER_WORD = "|".join([*_UNITS, *_TENS, *_SCALES])
_SPELLED = re.compile(
    rf"\b(?:(?:{_NUMBER_WORD})(?:(?:[\s-]+(?:and\s+)?)(?:{_NUMBER_WORD})\b)*)\b(?P<percent>\s+(?:percent|per\s?cent)\b)?",
    re.IGNORECASE,
)
_HEDGE = re.compile(
    r"(?:about|around|nearly|almost|roughly|some|approximately|approx\.?|over|under|(?:more|less|fewer) than|at least"
    r"|up to|close to|an estimated|~)\s*[$€£]?$",
    re.IGNORECASE,
)

# "O'Brien", "U.S", and designations: "F-16", "COVID-19", "G20".
_NAME = re.compile(r"[^\W\d_]+(?:[’'.][^\W\d_]+)*(?:-?\d+[^\W_]*)?")
_SENTENCE_START = re.compile(r"(?:^|[.!?…:;\n]|^\s*(?:[-*•]|\d+[.)]))\s*[\"'“”‘«»„(\[*_#]*$")
_COMMON_ENDING = re.compile(r"(?:ing|ed|ly|ion|ment|ness|ity|(?<![aiosu])s)$")
"""Of a sentence's first word: plurals and verbal nouns, which are hardly ever names ("Officials", "Speaking")."""
_NOT_NAMES = frozenset(
    """i a an the mr mrs ms dr st sir this that these those he she it its they we you his her their our my in on at
by for from with as of to and or but if when while after before since although though however according what
who why how where which there here no not yes also both all some many most more one two three another other
each several such so then thus meanwhile additionally moreover furthermore finally overall still yet only
even during under over between into about instead among despite besides because due based upon within
without along earlier later today now once next first second third last new early recent recently every any
few neither either others against near like unlike whether until above below beyond behind across around
throughout article articles source sources passage passages am pm""".split()
).union(_MONTH_NUMBER, _WEEKDAYS, _UNITS, _TENS, _SCALES, _OTHER_WORDS, _ORDINALS)
"""Words that may begin a sentence, or bear a capital, without naming anyone."""

_PEOPLES = {
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

_PEOPLE_ENDINGS = "ians ian nian ans an ns n en ish ese is i ia ic ism ist ists s a e y".split()
"""What a name and the word for its people differ by: Ukraine, Ukrainian; Sweden, Swedish; Islam, Islamist."""


@lru_cache(maxsize=1024)
def facts(text: str) -> Facts:
    """The figures, days and names of ``text``. A number that belongs to a date is not a figure as well."""
    rest, days = _take_days(text)
    return Facts(tuple(_figures(rest)), tuple(days), tuple(_names(rest)))


def _take_days(text: str) -> tuple[str, list[Day]]:
    days: list[Day] = []
    for pattern in (*_DATES, _MONTH_ALONE):
        for match in pattern.finditer(text):
            named = match.groupdict()
            month = named.get("month") or named.get("other")
            weekday = named.get("weekday")
            day = Day(
                match.group().strip(),
                year=int(named["year"]) if named.get("year") else None,
                month=None if month is None else int(month) if month.isdigit() else _MONTH_NUMBER[month.lower()],
                day=int(named["day"]) if named.get("day") else None,
                weekday=_WEEKDAY_NUMBER[weekday.lower()] if weekday else None,
            )
            if (day.month or 1) <= 12 and (day.day or 1) <= 31:
                days.append(day)
                text = _blank(text, match.start(), match.end())
    for match in _YEARS.finditer(text):
        first, last = match["first"], match["last"]
        days += [Day(match.group(), year=int(first)), Day(match.group(), year=int(first[: 4 - len(last)] + last))]
        text = _blank(text, match.start(), match.end())
    for match in _YEAR_ALONE.finditer(text):
        days.append(Day(match.group(), year=int(match.group())))
        text = _blank(text, match.start(), match.end())
    return text, days


def _blank(text: str, start: int, end: int) -> str:
    """Takes a span out and keeps all offsets; a mark stays, so that its neighbours do not become one number."""
    return text[:start] + ";" * (end - start) + text[end:]


def _figures(text: str) -> Iterator[Figure]:
    for match in _DIGITS.finditer(text):
        values = _values(match["number"])
        after = (match["after"] or "").strip(" -\u00a0").lower()
        if after in _SCALES:
            values = {value * _SCALES[after] for value in values}
        elif after in _SHORT_SCALES:
            values |= {value * _SHORT_SCALES[after] for value in values}  # 5m may be metres
        percent = "%" if after == "%" or after.startswith("p") else ""
        yield Figure(match.group().strip(), frozenset(values), percent, _is_hedged(text, match.start()))
        text = _blank(text, *match.span())
    for match in _SPELLED.finditer(text):
        words = match.group().removesuffix(match["percent"] or "")
        if (number := _spelled_value(words)) is not None:
            percent = "%" if match["percent"] else ""
            yield Figure(match.group(), frozenset([number]), percent, _is_hedged(text, match.start()), spelled=True)


def _is_hedged(text: str, position: int) -> bool:
    return _HEDGE.search(text, max(0, position - 24), position) is not None


def _values(number: str) -> set[float]:
    compact = re.sub(r"[’'\u00a0\u202f ]", "", number)
    points = [character for character in compact if character in ".,"]
    if not points:
        return {float(compact)}
    if len(points) == 1:
        whole, _, part = compact.replace(",", ".").partition(".")
        values = {float(f"{whole}.{part}")}
        if len(part) == 3 and 1 <= len(whole) <= 3 and whole != "0":
            grouped = float(whole + part)
            # A comma before three digits groups them in English; a point may do either.
            return {grouped} if points[0] == "," else values | {grouped}
        return values
    if len(set(points)) == 1:
        return {float(re.sub(r"[.,]", "", compact))}
    last = points[-1]
    return {float(compact.replace("." if last == "," else ",", "").replace(",", "."))}


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
            current += _UNITS.get(word, 0) + _TENS.get(word, 0)
    return total + current


def _names(text: str) -> Iterator[Name]:
    for match, following in pairwise([*_NAME.finditer(text), None]):
        assert match is not None
        word = match.group()
        if not word[0].isupper() or plain(word) in _NOT_NAMES:
            continue
        sure = True
        if _SENTENCE_START.search(text, max(0, match.start() - 12), match.start()) and word[1:].islower():
            in_run = (
                following is not None
                and following.group()[0].isupper()
                and text[match.end() : following.start()] == " "
            )
            if not in_run and _COMMON_ENDING.search(word):
                continue
            sure = in_run
        yield Name(word, sure)


def _name_stems(word: str) -> Iterator[str]:
    yield word
    for ending in _PEOPLE_ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            yield word[: -len(ending)]


def plain(word: str) -> str:
    """One word in lower case, without accents, stops, hyphens, apostrophes and a possessive ending."""
    word = re.sub(r"[’']s$|[’']$", "", word).casefold()
    word = re.sub(r"[.’'-]", "", word)
    if word.isascii():
        return word
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))


class Known:
    """What a statement may say: the facts of ``texts``, and the days on which their articles were ``published``."""

    def __init__(self, texts: Sequence[str], published: Sequence[date] = ()) -> None:
        found = [facts(text) for text in texts]
        self._figures = [figure for each in found for figure in each.figures]
        self._loose = {value for text in texts for value in _loose_values(text)}
        stated = [day for each in found for day in each.days]
        years = sorted({day.year for day in stated if day.year is not None})
        self._days = [whole for day in stated for whole in _completed(day, published, years)]
        self._published = [Day("", near.year, near.month, near.day, near.weekday()) for near in published]
        self._days += [day for text in texts for day in _relative_days(text, published)]
        self._words = frozenset(plain(word) for text in texts for word in _NAME.findall(text))
        self._initials = frozenset(initials for text in texts for initials in _initials(text))
        capitals = {word for text in texts for word in _NAME.findall(text) if word[0].isupper()}
        self._stems = frozenset(stem for word in capitals for stem in _name_stems(plain(word)))
        self._lands = frozenset(_PEOPLES[word] for word in self._words if word in _PEOPLES)
        self._lands |= {land for text in texts for land in _PEOPLES.values() if " " in land and land in text.casefold()}

    def has_figure(self, figure: Figure) -> bool:
        for known in self._figures:
            if known.unit != figure.unit:
                continue
            if not figure.values.isdisjoint(known.values):
                return True
            if figure.hedged and any(_rounds(a, b) for a in figure.values for b in known.values):
                return True
        if not figure.unit and not figure.values.isdisjoint(self._loose):
            return True
        # "2024" as a figure, "5" of "5 September": what is part of a date there may be counted here.
        return not figure.unit and any(
            value in (day.year, day.day) for value in figure.values for day in self._days if value == int(value)
        )

    def has_day(self, day: Day) -> bool:
        if any(_agrees(day, known) for known in self._days):
            return True
        # The article's own day proves a date; for "Monday" or "in March" its text must say so.
        return day.year is not None and any(_agrees(day, known) for known in self._published)

    def has_name(self, name: str) -> bool:
        word = plain(name)
        if word in self._words or word in self._initials:
            return True
        land = _PEOPLES.get(word)
        if land is not None and land in self._lands:
            return True
        return not self._stems.isdisjoint(_name_stems(word))

    def has_abbreviation(self, words: Sequence[str]) -> bool:
        """Whether these names stand here as their first letters: "EU" for European, Union."""
        return len(words) > 1 and "".join(word[0] for word in words).lower() in self._words


def _rounds(stated: float, known: float) -> bool:
    """Whether ``stated`` is a rounder figure close to ``known``; 5 %: "nearly 1.5 million" for 1,430,000."""
    rounder = len(f"{stated:.0f}".rstrip("0")) < len(f"{known:.0f}".rstrip("0"))
    return rounder and abs(stated - known) <= 0.05 * known


def _loose_values(text: str) -> Iterator[float]:
    for word in re.findall(r"[a-z]+", text.lower()):
        if word in _OTHER_WORDS:
            yield _OTHER_WORDS[word]
        elif word in _ORDINALS:
            yield float(_ORDINALS[word])
        elif word == "one":
            yield 1.0


def _completed(day: Day, published: Sequence[date], years: Sequence[int]) -> Iterator[Day]:
    """A day with what its article adds: the year of "2 September", the date of "on Monday".

    News speaks of days close by, so the article's own day decides; without one, any year that its text names will do.
    """
    yield day
    if day.weekday is not None and day.day is None:
        for near in published:
            back = (near.weekday() - day.weekday) % 7
            for days in (-back, 7 - back):
                found = near + timedelta(days=days)
                yield Day(day.text, found.year, found.month, found.day, day.weekday)
    elif day.year is None and day.month is not None:
        middle = min(day.day or 15, 28)
        for near in published:
            candidates = [date(year, day.month, middle) for year in (near.year - 1, near.year, near.year + 1)]
            yield replace(day, year=min(candidates, key=lambda candidate: abs(candidate - near)).year)
        if not published:
            yield from (replace(day, year=year) for year in years)


def _relative_days(text: str, published: Sequence[date]) -> Iterator[Day]:
    for words in _RELATIVE.findall(text) if published else ():
        which, _, unit = words.lower().partition(" ")
        for near in published:
            if unit == "year":
                yield Day(words, year=near.year + _RELATIVE_YEARS[which])
            elif unit == "month":
                months = near.year * 12 + near.month - 1 + _RELATIVE_YEARS[which]
                yield Day(words, year=months // 12, month=months % 12 + 1)
            else:
                found = near + timedelta(days=_RELATIVE_DAYS[which])
                yield Day(words, found.year, found.month, found.day, found.weekday())


def _agrees(stated: Day, known: Day) -> bool:
    for field in ("year", "month", "day"):
        value = getattr(stated, field)
        if value is not None and value != getattr(known, field):
            return False
    if stated.weekday is not None and stated.weekday != known.weekday:
        if None in (known.year, known.month, known.day):
            return False
        assert known.year is not None
        assert known.month is not None
        assert known.day is not None
        return _weekday(known.year, known.month, known.day) == stated.weekday
    return True


def _weekday(year: int, month: int, day: int) -> int | None:
    try:
        return date(year, month, day).weekday()
    except ValueError:  # 31 February
        return None


def _initials(text: str) -> Iterator[str]:
    """First letters of every run of two to six capitalised words, small words between them left out."""
    for run in re.findall(r"[A-Z]\w*(?:[\s-]+(?:(?:of|the|and|for)\s+)*[A-Z]\w*)+", text):
        letters = "".join(word[0] for word in re.findall(r"[A-Z]\w*", run)).lower()
        for length in range(2, 7):
            for start in range(len(letters) - length + 1):
                yield letters[start : start + length]
