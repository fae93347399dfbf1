"""Days in a text: what is said of them, what their article adds, and which other days they agree with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta

from assistant.language.words import MONTH_NUMBERS, NUMBER_WORDS, WEEKDAYS
from vectorstore.messages import MONTHS


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


_MONTH = r"(?P<month>" + "|".join(sorted(MONTH_NUMBERS, key=len, reverse=True)) + r")\b\.?"
_YEAR = r"(?P<year>(?:1[0-9]|20|21)\d\d)\b"
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
# A month alone must be written as a name, and "May" and "March" need a word before them that only a month follows.
_MONTH_FOLLOWS = "|".join(
    rf"(?<=\b{word}[ -])" for word in "in since until last next early late mid by of this".split()
)
DAYS = tuple(
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


def day_of(match: re.Match[str]) -> Day | None:
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


def completed(day: Day, published: Sequence[date], years: Sequence[int]) -> Iterator[Day]:
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
            yield from (whole_day(near + timedelta(days=days)) for days in (-back, 7 - back))
    elif day.year is None and day.month is not None:
        middle = min(day.day or 15, 28)
        for near in published:
            candidates = [date(year, day.month, middle) for year in (near.year - 1, near.year, near.year + 1)]
            closest = min(candidates, key=lambda candidate: abs(candidate - near))
            yield from completed(replace(day, year=closest.year), (), ())
        yield from (replace(day, year=year) for year in years if not published)


def relative_days(text: str, published: Sequence[date]) -> Iterator[Day]:
    """The days that "yesterday", "last week" and "two years ago" mean in an article of the day ``published``."""
    for match in _RELATIVE.finditer(text.lower()) if published else ():
        said, count, unit = match["day"] or match["which"], match["count"], match["unit"] or match["units"] or "day"
        steps = _STEPS[said] if said else -int(count if count.isdigit() else NUMBER_WORDS.get(count, 1))
        for near in published:
            if unit == "week":
                monday = near - timedelta(days=near.weekday()) + timedelta(weeks=steps)
                yield from (whole_day(monday + timedelta(days=day)) for day in range(7))
            elif unit == "day":
                yield whole_day(near + timedelta(days=steps))
            elif unit == "month":
                months = near.year * 12 + near.month - 1 + steps
                yield Day(match.group(), year=months // 12, month=months % 12 + 1)
            else:
                yield Day(match.group(), year=near.year + steps)


def whole_day(day: date) -> Day:
    return Day(str(day), day.year, day.month, day.day, day.weekday())


def agrees(stated: Day, known: Day) -> bool:
    """Whether ``known`` says all that ``stated`` says."""
    fields = [(getattr(stated, field), getattr(known, field)) for field in _FIELDS]
    return all(a is None or a == b for a, b in fields)
