"""Times in a text, found by a few patterns and resolved to periods of days: "last week", "in early 2023", "Q1 2024".

English, and dates in figures. Weeks begin on Monday; seasons are those of the northern half. What a time is doing in
its sentence is not asked here (see ``assistant/question/time_limits.py``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from assistant.language.words import MONTH_NUMBERS, NUMBER_WORDS, WEEKDAYS
from vectorstore.messages import MONTHS, Message
from vectorstore.text.dates import parse_day


@dataclass(frozen=True, slots=True)
class Clock:
    """What a time is resolved against."""

    as_of: date
    day_first: bool = True
    nearest: bool = False
    """A time without a year is the nearest, before or after ``as_of``; else the latest that had begun by then."""


@dataclass(frozen=True, slots=True)
class Period:
    """Days, both ends included, and how they were named."""

    first: date
    last: date
    relative: Literal["past", "open", "ahead"] | None = None
    """Named by the distance from ``as_of``. ``open``: what is meant may still lie ahead, as in "this week"."""
    rough: bool = False
    """Without a last day of its own: "on Monday" and "two weeks ago" are told of in the days after, too."""
    note: str | None = None
    """How a form with two readings was read."""


_Resolve = Callable[[re.Match[str], Clock], Period | None]


@dataclass(frozen=True, slots=True)
class Mention:
    """A time in a text, where it was matched."""

    match: re.Match[str]
    resolve: _Resolve

    def period(self, clock: Clock) -> Period | None:
        """The days meant; ``None`` where the calendar has none such, as on 31 February."""
        return self.resolve(self.match, clock)


def mentions(text: str) -> list[Mention]:
    """The times in ``text`` from left to right; of two that overlap the one that begins first, then the longer."""
    found = [Mention(match, resolve) for pattern, resolve in _GRAMMAR for match in pattern.finditer(text)]
    taken: list[Mention] = []
    for mention in sorted(found, key=lambda mention: (mention.match.start(), -mention.match.end())):
        if not taken or taken[-1].match.end() <= mention.match.start():
            taken.append(mention)
    return taken


# ---- words ----------------------------------------------------------------------------------------------------------

_SEASONS = {"spring": (3, 3), "summer": (6, 3), "autumn": (9, 3), "fall": (9, 3), "winter": (12, 3)}
"""First month, and how many."""
_TERMS = {f"q{n}": (3 * n - 2, 3) for n in range(1, 5)}
_TERMS |= {f"{word} quarter": (3 * n - 2, 3) for n, word in enumerate(("first", "second", "third", "fourth"), 1)}
_TERMS |= {"first half": (1, 6), "h1": (1, 6), "second half": (7, 6), "h2": (7, 6)}
_THIRDS = {"early": 0, "beginning of": 0, "start of": 0, "mid": 1, "middle of": 1, "late": 2, "end of": 2}
_UNITS = {"hour": 1, "day": 1, "week": 7, "fortnight": 14, "month": 31, "quarter": 92, "year": 366, "decade": 3653}
"""In days, rounded up: counted spans are meant roughly."""
_NUMBERS = NUMBER_WORDS | {"a": 1, "an": 1, "couple of": 3, "a couple of": 3, "few": 7, "a few": 7, "several": 10}
"""Vague counts at the upper end of what people mean by them."""


def _any(words: Iterable[str]) -> str:
    return "(?:" + "|".join(sorted(words, key=len, reverse=True)).replace(" ", r"\s+") + ")"


WEEKDAY, _SEASON, _TERM, _UNIT = _any(WEEKDAYS), _any(_SEASONS), _any(_TERMS), _any(_UNITS)
_WHOLE = {name.lower() for name in MONTHS}
_MONTH = rf"(?:{_any(_WHOLE)}|{_any(MONTH_NUMBERS.keys() - _WHOLE)}\b\.?)"
# Alone, "may" and "march" are verbs in small letters, and "by May" is as often a person as a month.
_MAY = r"(?<!by\s)(?<!before\s)(?<!after\s)(?-i:M)ay"
_MONTH_ALONE = _any(_WHOLE).replace("may", _MAY).replace("march", "(?-i:M)arch")
_DAY = r"[0-3]?\d(?:st|nd|rd|th)?"
_YEAR = r"(?:1[5-9]|20)\d\d(?![\w%]|[.,/]\d)"
_A_YEAR = rf",?\s+(?:of\s+)?(?:{_YEAR}|(?:this|last)\s+year)"
_ITS_YEAR = rf"(?:,?\s+(?:of\s+)?(?:(?P<its_year>{_YEAR})|(?P<which>this|last)\s+year))?"
_COUNT = rf"(?:\d{{1,3}}|{_any(_NUMBERS)})"
_HOURS = r"(?:\s+(?:morning|afternoon|evening|night))?"
_NOUN_AFTER = (
    "(?:"
    + "|".join(rf"(?<=\b{word}\s)" for word in ("in", "of", "by", "since", "until", "during", "before", "after"))
    + ")"
)
"""What makes a season a noun, if not its year behind it: "Did prices fall last year?" has none."""


# ---- from words to days ---------------------------------------------------------------------------------------------

_Span = tuple[date, date]


def days_before(day: date, days: int) -> date:
    """``days`` earlier, or later where negative, held by the ends of the calendar."""
    return date.fromordinal(min(max(day.toordinal() - days, 1), date.max.toordinal()))


def _months(year: int, month: int, count: int = 1) -> _Span | None:
    start = 12 * year + month - 1
    try:
        first, after = (date(index // 12, index % 12 + 1, 1) for index in (start, start + count))
    except ValueError:  # outside the calendar
        return None
    return first, days_before(after, 1)


def _latest(in_year: Callable[[int], _Span | None], as_of: date, *, ended: bool = False) -> _Span | None:
    """The latest that has begun, or ended, by ``as_of``. Nine years back reach any 29 February."""
    spans = (span for year in range(as_of.year, as_of.year - 9, -1) if (span := in_year(year)))
    return next((span for span in spans if (span[1] < as_of if ended else span[0] <= as_of)), None)


def _in_its_year(match: re.Match[str], clock: Clock, in_year: Callable[[int], _Span | None]) -> _Span | None:
    """In the year that is named, or in that which the clock decides."""
    if match["its_year"] or match["which"]:
        return in_year(int(match["its_year"] or clock.as_of.year - (match["which"].lower() == "last")))
    latest, coming = _latest(in_year, clock.as_of), None
    if clock.nearest:
        years = range(clock.as_of.year, clock.as_of.year + 2)
        coming = next((span for year in years if (span := in_year(year)) and span[0] > clock.as_of), None)
    spans = [span for span in (latest, coming) if span]
    return min(spans, key=lambda span: abs((span[0] - clock.as_of).days), default=None)


def _figures(match: re.Match[str], clock: Clock) -> Period | None:
    written = match["figures"]
    day = parse_day(written, day_first=clock.day_first)
    unsure = parse_day(written, day_first=None) is None
    if day is None:
        return None
    note = Message("{written} read as {day}; ASSISTANT_LOCALE decides", written=written, day=day)
    return Period(day, day, note=note if unsure else None)


def _day_and_month(match: re.Match[str], clock: Clock) -> Period | None:
    def in_year(year: int) -> _Span | None:
        day = parse_day(f"{match['day']} {year}")
        return (day, day) if day else None

    span = _in_its_year(match, clock, in_year)
    return Period(*span) if span else None


def _around_today(match: re.Match[str], clock: Clock) -> Period:
    days = 0 if match["today"] or match["ahead"] else 2 if match["before"] else 1
    day = days_before(clock.as_of, days)
    relative: Literal["past", "open", "ahead"] = "past" if days or match["earlier"] else "open"
    return Period(day, day, "ahead" if match["ahead"] else relative, rough=True)


def _counted_back(match: re.Match[str], clock: Clock) -> Period:
    count = (match["ago"] or match["count"] or "one").lower()
    unit = (match["ago_unit"] or match["unit"] or match["one"]).lower()
    number = int(count) if count.isdecimal() else _NUMBERS[" ".join(count.split())]
    days = number // 24 + 1 if unit == "hour" else number * _UNITS[unit]
    if not match["ago"]:
        return Period(days_before(clock.as_of, days), clock.as_of, "past", rough=True)
    around = _UNITS[unit] // 2  # "two weeks ago" is said of days to either side
    first, last = days_before(clock.as_of, days + around), days_before(clock.as_of, days - around)
    return Period(first, last, "past", rough=True)


def _this_or_last(match: re.Match[str], clock: Clock) -> Period | None:
    today, unit, back = clock.as_of, match["unit"].lower(), int(match["relation"].lower() != "this")

    def in_year(year: int) -> _Span | None:
        return _months(year, *(_SEASONS.get(unit) or (MONTH_NUMBERS[unit], 1)))

    length = {"month": 1, "quarter": 3, "year": 12}.get(unit)
    span: _Span | None
    if unit in WEEKDAYS:
        day = days_before(today, back + (today.weekday() - back - WEEKDAYS.index(unit)) % 7)
        span = day, day
    elif unit in ("week", "weekend"):
        monday = days_before(today, today.weekday() + 7 * back)
        span = days_before(monday, -5 if unit == "weekend" else 0), days_before(monday, -6)
    elif length:
        span = _months(today.year, today.month - (today.month - 1) % length - length * back, length)
    else:
        span = _latest(in_year, today, ended=True) if back else in_year(today.year)
    relative: Literal["past", "open"] = "past" if back or match["earlier"] else "open"
    return Period(*span, relative, rough=unit == "weekend" or unit in WEEKDAYS) if span else None


def _named(match: re.Match[str], clock: Clock) -> Period | None:
    name, part = (" ".join((match[group] or "").lower().split()) for group in ("name", "part"))
    third = _THIRDS.get(part)
    both_winters = name == "winter" and match["its_year"]
    month, count = _SEASONS.get(name) or _TERMS.get(name) or (MONTH_NUMBERS[name.rstrip(".")], 1)

    def in_year(year: int) -> _Span | None:
        if both_winters:
            return _months(year - 1, 12, 15)
        if third is None:
            return _months(year, month, count)
        if count > 1:
            return _months(year, month + third * (count // 3), count // 3)
        whole = _months(year, month)
        first = days_before(whole[0], -10 * third) if whole else None
        return (first, whole[1] if third == 2 else days_before(first, -9)) if whole and first else None

    span = _in_its_year(match, clock, in_year)
    winter = f"{match['name']} {match['its_year']}"
    note = Message("{winter} read as both winters of that year", winter=winter) if both_winters else None
    return Period(*span, note=note) if span else None


def _years(match: re.Match[str], _: Clock) -> Period | None:
    count, third = 120 if match["decade"] else 12, _THIRDS.get(" ".join((match["part"] or "").lower().split()))
    start, part = (0, count) if third is None else (third * count // 3, count // 3)
    span = _months(int(match["decade"] or match["year"]), 1 + start, part)
    return Period(*span) if span else None


def _weekday(match: re.Match[str], clock: Clock) -> Period:
    day = days_before(clock.as_of, (clock.as_of.weekday() - WEEKDAYS.index(match["weekday"].lower())) % 7)
    return Period(day, day, rough=True)


# ---- the grammar ----------------------------------------------------------------------------------------------------


_PART = rf"(?:(?:the\s+)?(?P<part>{_any(_THIRDS)})[\s-]+)?"

_GRAMMAR: tuple[tuple[re.Pattern[str], _Resolve], ...] = tuple(
    (re.compile(rf"(?<![\w$€£.,/])(?<![a-z]-)(?:{body})(?!\w|-\w)", re.IGNORECASE | re.VERBOSE), resolve)
    for resolve, body in (
        (_figures, r"(?P<figures>\d{4}-\d\d?-\d\d?|\d\d?(?P<mark>[./-])\d\d?(?P=mark)\d{4})"),
        (_day_and_month, rf"""(?:{WEEKDAY},?\s+)?(?:the\s+(?=\d+[a-z]))?
            (?P<day>{_DAY}\s+(?:of\s+)?{_MONTH}|{_MONTH}\s+{_DAY}(?![:.,]?\d)){_ITS_YEAR}"""),
        (_around_today, rf"""(?P<earlier>earlier\s+)?(?P<today>today|tonight|this\s+(?:morning|afternoon|evening))
            |(?P<before>the\s+day\s+before\s+)?(?:yesterday|last\s+night)
            |(?P<ahead>tomorrow|later\s+(?:today|this\s+{_UNIT})|this\s+(?:coming\s+)?weekend
              |(?:the\s+)?(?:next|coming)\s+(?:(?:{_COUNT}\s+)?{_UNIT}s?|weekend|{WEEKDAY}|{_MONTH}|{_SEASON}))"""),
        (_counted_back, rf"""(?P<ago>{_COUNT})\s+(?P<ago_unit>{_UNIT})s?\s+ago
            |(?:(?:the\s+)?(?:last|past|previous)\s+(?P<count>{_COUNT})\s+(?P<unit>{_UNIT})s?
               |(?:the\s+last(?!\s+day)|(?:the\s+)?past)\s+(?P<one>{_UNIT}))(?!\s+of\b)"""),
        (_this_or_last, rf"""(?:(?P<earlier>earlier)\s+|early\s+|late\s+(?=last))?
            (?P<relation>this|last|(?:the\s+)?previous|(?:over|at)\s+the(?=\s+weekend))\s+
            (?P<unit>week(?:end)?|month|quarter|year|{WEEKDAY}|{_MONTH_ALONE}|{_SEASON}){_HOURS}(?!\s+of\b|,?\s+\d)"""),
        (_named, rf"""{_PART}(?:the\s+(?!{_MONTH}))?
            (?P<name>{_MONTH_ALONE}|{_SEASON}(?=,?\s+(?:of\s+)?{_YEAR})|(?:{_MONTH}|{_TERM})(?={_A_YEAR})){_ITS_YEAR}"""),
        (_named, rf"{_NOUN_AFTER}{_PART}(?:the\s+)?(?P<name>{_SEASON})(?!\s+of\s+(?!{_YEAR}|this|last)){_ITS_YEAR}"),
        (_years, rf"{_PART}(?:(?:the\s+)?(?P<decade>(?:1[5-9]|20)\d0)['’]?s|(?P<year>{_YEAR}))"),
        (_weekday, rf"(?P<weekday>{WEEKDAY}){_HOURS}"),
    )
)  # fmt: skip
