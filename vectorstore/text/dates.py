"""When an article was published, as far as its own words say.

Two questions, both answered without the file system or a guess: does this string name a day (``parse_day``), and does
this text begin with the day it was published (``date_at_head``)? What cannot be read is ``None``: a wrong date is
worse than none, because search trusts it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime
from functools import cache
from typing import Any

EARLIEST_YEAR = 1500
"""Below the first newspapers (1605); keeps a year out that is really a count or another calendar's."""

LONGEST_DATE = 80
"""Characters. RFC 2822 with a spelled-out zone stays below 60; longer strings are not dates."""

ACCEPTED_FORMS = "2024-09-02, 2024/09/02, 20240902, 02.09.2024, 2 September 2024 or September 2, 2024"
"""For messages: what to write instead."""

# Whose names of months and weekdays are read, as CLDR has them. Where one word is a month in two languages the first
# counts. Croatian is left out: its October is spelled like Poland's November.
_LANGUAGES = "en en_GB uk ru de de_AT fr es pl it pt tr nl sv da nb fi cs ro hu el bg ar ar_LB zh ja ko".split()

_MONTH = r"(?:[^\W\d_]{2,12}\.?|[\u0620-\u064a]{3,8} [\u0620-\u064a]{3,8})"
"""A word that may name a month: which words do is looked up. Two words only in Arabic ("تشرين الأول")."""

_ORDINAL = r"(?:st|nd|rd|th|er|\.?[ºª]|-?(?:го|ге|е)\b|\.)?"
_OF = r"(?:d[eo]l?\s+|of\s+)?"

# What may stand for the day itself, in running text.
_ERA_STARTS = {"明治": 1868, "大正": 1912, "昭和": 1926, "平成": 1989, "令和": 2019}
_ERA = rf"({'|'.join(_ERA_STARTS)})\s?(\d{{1,2}}|元)(?=\s?年)"
"""A year of a Japanese emperor, whose first one is also written 元: 令和6年."""

_EAST_ASIAN = rf"(?:\d{{4}}|{_ERA})\s?[年년]\s?\d{{1,2}}\s?[月월]\s?\d{{1,2}}\s?[日일号號]"
_YEAR_FIRST = r"\d{4}(?P<separator>[-/.])\d{1,2}(?P=separator)\d{1,2}"
_SPELLED = rf"(?:\d{{1,2}}{_ORDINAL}\s*{_OF}{_MONTH},?\s*{_OF}\d{{4}}|{_MONTH}\s*\d{{1,2}}{_ORDINAL},?\s+\d{{4}})(?!\d)"
_DAY_OR_MONTH_FIRST = r"\d{1,2}(?P<mark>[-/.])\d{1,2}(?P=mark)\d{4}(?!\d)"

_CLOCK = (
    r"(?:\s?[:分분]\s?\d{1,2}(?:[.,]\d+)?)?(?:\s?[秒초分분])?(?:\s*(?:[ap]\.?\s?m\b\.?|[صم]\b))?"
    r"(?:\s*(?:z|[+-]\d{2}:?\d{2}|(?:utc|gmt)(?:[+-]\d{1,2}(?::?\d{2})?)?"
    r"|e[sd]?t|c[sd]t|m[sd]t|p[sd]t|bst|ist|msk|cest|cet|eest|eet|west|wet)(?![^\W_])){0,2}(?:\s*\([^()]{1,40}\))?"
)
# "T10:15Z", " | 10.15 Uhr", ", um 10:15", " à 10h15", "午前10時15分", and the zone alone that XML writes.
_TIME_AFTER = (
    r"(?:z|[+-]\d{2}:\d{2}|t\d{2}z?|(?:t|[\s,،|·•—–-]+|(?<=[日일号號]))(?:[^\W\d_]{1,8}\.?\s*){0,2}"
    rf"\d{{1,2}}\s?[:.h時时點点시]\s?\d{{2}}{_CLOCK}(?:\s+[^\W\d_]{{1,4}}\.?)?)?"
)
# Before running text only a colon is a clock's: "2024-09-02 12.50 percent of …" begins with a figure.
_TIME_IN_TEXT = rf"(?:(?:\s*[,|·•—–-]\s*|\s*\bat\s+|\s*\bо\s+|t|\s+)\d{{1,2}}(?::|\s?[時时點点시]\s?)\d{{2}}{_CLOCK})?"

_WHOLE = tuple(
    re.compile(form + _TIME_AFTER, re.IGNORECASE)
    for form in (
        r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?:[t ]?\d{4}(?:\d{2})?(?:\.\d+)?)?",
        r"(?P<year>\d{4})\s?[年년.]\s?(?P<month>\d{1,2})\s?[月월.]\s?(?P<day>\d{1,2})\s?[日일号號.]?"
        r"\s?(?:[^\W\d_]{1,4}|[(（][^()（）]{1,4}[)）])?",
        rf"(?P<day>\d{{1,2}}){_ORDINAL}[\s/-]*{_OF}(?P<month>{_MONTH})(?:\s?/\s?{_MONTH})?[,\s/-]*{_OF}"
        r"(?P<year>\d{4}|\d{2})(?:\s*(?:р|г|r|й)\.|\s*(?:року|года|roku))?",
        rf"(?P<month>{_MONTH})[\s-]*(?P<day>\d{{1,2}}){_ORDINAL},?[\s-]+(?P<year>\d{{4}})",
        rf"(?P<year>\d{{4}})\.?[\s-]*(?P<month>{_MONTH})[\s-]*(?P<day>\d{{1,2}})\.?",
        rf"(?P<month>{_MONTH})\s+(?P<day>\d{{1,2}})\s+\d{{2}}:\d{{2}}:\d{{2}}\s+"
        r"(?:(?:[+-]\d{4}|[a-z]{3,5})\s+)?(?P<year>\d{4})",
    )
)
_NUMERIC_WHOLE = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}|(?<=[/.])\d{{2}}){_TIME_AFTER}", re.IGNORECASE)
_ISO_WEEK_OR_ORDINAL = re.compile(r"(\d{4}-w\d{2}-[1-7]|\d{4}w\d{3}|\d{4}-\d{3})(?:t.*)?", re.IGNORECASE)
_LEADING_CLOCK = re.compile(r"\A\d{1,2}[:.]\d{2}(?::\d{2})?(?:\s*[ap]\.?m\.?)?[\s,|·•—–-]+", re.IGNORECASE)
_WORD = re.compile(r"([^\W\d_]+['’ʼ][^\W\d_]+|[^\W\d_]{2,})[.,،]?\s*")


def parse_day(text: str, *, day_first: bool | None = True) -> date | None:
    """The day that ``text`` names, or ``None`` when it names none, several, or an impossible one.

    Accepts ISO 8601 in all forms, ``YYYY/MM/DD``, ``YYYYMMDD``, ``DD.MM.YYYY``, RFC 822, days with a month in letters
    ("2 вересня 2024") and East Asian ones. A time and its zone are read and dropped: the day stays as written, which
    is the day the outlet printed. ``day_first`` decides ``03/04/2024``, and ``None`` leaves it unread; where only one
    reading is a date, as in ``09/13/2024``, that one counts.
    """
    if len(text) > LONGEST_DATE:
        return None
    text = re.sub(_ERA, _common_year, " ".join(text.split()))
    day = _whole_day(text, day_first)
    if day is None and any(map(str.isdigit, text)):
        bare = _WORD.sub(_unless_weekday, _LEADING_CLOCK.sub("", text, count=1)).strip(" ,،")
        day = _whole_day(bare, day_first) if bare != text else None
    return day


def _common_year(match: re.Match[str]) -> str:
    return str(_ERA_STARTS[match[1]] + (1 if match[2] == "元" else int(match[2])) - 1)


def _whole_day(text: str, day_first: bool | None) -> date | None:
    for form in _WHOLE:
        if match := form.fullmatch(text):
            month = match["month"] if match["month"].isdigit() else _names("month").get(_key(match["month"]), 0)
            return _day(match["year"], month, match["day"])
    if match := _NUMERIC_WHOLE.fullmatch(text):
        first, second, year = match[1], match[3], match[4]
        european, american = _day(year, second, first), _day(year, first, second)
        if match[2] == ".":  # dots are day-first everywhere; slashes and dashes differ by country
            return european
        if day_first is None and european and american and european != american:
            return None
        return (european or american) if day_first is not False else (american or european)
    if match := _ISO_WEEK_OR_ORDINAL.fullmatch(text):
        with suppress(ValueError):
            how = "%GW%V%u" if match[1][4:].lower().lstrip("-").startswith("w") else "%Y%j"
            day = datetime.strptime(match[1].upper().replace("-", ""), how).date()
            return day if "j" not in how or day.year == int(text[:4]) else None
    return None


@cache
def _names(of: str) -> Mapping[str, int]:
    """The number of each name of a month (from 1) or weekday (from 0), in small letters without a full stop."""
    # Here and not above: it takes a tenth of a second, and most tables write their days in digits.
    from babel.dates import get_day_names, get_month_names

    names: Callable[..., Mapping[int, Any]] = get_month_names if of == "month" else get_day_names
    found: dict[str, int] = {}
    for language in _LANGUAGES:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for number, name in names(width, context, language).items():
                    found.setdefault(_key(name), number)
    unaccented = {re.sub(r"[\u0300-\u036f]", "", unicodedata.normalize("NFKD", name)): n for name, n in found.items()}
    return {**unaccented, **found}


def _key(name: str) -> str:
    # "KASIM" is Turkish without the dots, and lower() gives it one; "İ" keeps its own.
    return name.rstrip(".").lower().replace("ı", "i").replace("i\u0307", "i").replace("’", "'").replace("ʼ", "'")


def _unless_weekday(match: re.Match[str]) -> str:
    """Nothing for the name of a weekday; the "mar." of French Tuesdays only where no month can stand, in front."""
    name = _key(match[1])
    weekday = name in _names("day") and (match.start() == 0 or name not in _names("month"))
    return "" if weekday else match[0]


def _day(year: str | int, month: str | int, day: str | int) -> date | None:
    # An outlet may announce next year's issue; anything later is a typing error or another calendar.
    last = date.today().year + 1
    full = int(year) if len(str(year)) > 2 else int(year) + (2000 if int(year) + 2000 <= last else 1900)
    if not EARLIEST_YEAR <= full <= last:
        return None
    try:
        return date(full, int(month), int(day))
    except ValueError:
        return None


_SOME_DATE = rf"(?:{_EAST_ASIAN}|{_YEAR_FIRST}|{_SPELLED}|{_DAY_OR_MONTH_FIRST}|\d{{8}}(?!\d))"
_DATE_AT_HEAD = rf"(?P<day>(?:[^\W\d_]{{2,12}}[.,،]?\s*)?{_SOME_DATE})"
"""A date with the word before it, which may name the weekday; ``parse_day`` knows whether it does."""
_CERTAIN_LABEL = r"date(?:\s+of\s+publication)?|publication\s+date|дата|datum"
_VERB_LABEL = (
    r"(?:first\s+)?published(?:\s+on)?|posted(?:\s+on)?|опубліковано|опубликовано"
    r"|veröffentlicht(?:\s+am)?|publié(?:\s+le)?|publicado(?:\s+el)?"
)
_LABELLED = re.compile(
    rf"\s*(?:(?P<certain>(?:{_CERTAIN_LABEL})\s*[:=]?|(?:{_VERB_LABEL})\s*[:=])|(?:{_VERB_LABEL}))\s*"
    rf"{_DATE_AT_HEAD}{_TIME_IN_TEXT}",
    re.IGNORECASE,
)
_LABELLED_UNKNOWN = re.compile(r"\s*date\s*[:=]?\s*(?:none|null|nan|nat|n/a|unknown)\b[ \t]*", re.IGNORECASE)
_WHOLE_LINE = re.compile(rf"\s*\(?{_DATE_AT_HEAD}{_TIME_IN_TEXT}\)?\.?[ \t]*(?=\n|$)", re.IGNORECASE)
_BARE = re.compile(rf"\s*(?P<day>{_YEAR_FIRST}|\d{{2}}\.\d{{2}}\.\d{{4}}(?!\d)){_TIME_IN_TEXT}", re.IGNORECASE)
# "KYIV, Sept. 2, 2024 (UNN) — ", "PARIS, 2 September 2024 – ": capitals, a year and a dash, or it is only prose.
_DATELINE = re.compile(
    rf"\s*[^\W\d_a-z][^\na-z]{{1,40}},\s*(?i:(?P<day>{_SPELLED}))\s*(?:\([^()\n]{{1,30}}\)\s*|/[^/\n]{{1,30}}/\s*)?[-–—]"
)
_SOMEWHERE = re.compile(rf"(?<!\d){_EAST_ASIAN}|(?<![\w/.-]){_SOME_DATE}", re.IGNORECASE)
_SEPARATOR = re.compile(r"[ \t]*[-–—:|·•.,;]*\s*")


def date_at_head(text: str) -> tuple[date | None, int]:
    """The day of publication that stands at the head of ``text``, and where the article's own words begin.

    Recognised, at the very beginning only: a labelled date (``date 2024-09-02 …``, ``Published: 2 September 2024``),
    a line that is nothing but a date, a bare ISO date before a capital, and an agency's dateline with a year. The
    offset skips what was recognised, except a dateline: that is part of the article. ``(None, 0)`` when there is no
    such head. A date further down is an event's, not the article's, and is never taken.
    """
    if match := _LABELLED.match(text):
        day = parse_day(match["day"], day_first=None)
        after = _after(text, match.end())
        # "Published 2 September 2024 in Nature, …" is prose; "date 2024-09-02 three ships …" is a label.
        begins = match["certain"] or not text[after : after + 1].islower()
        return (day, after) if day and begins and not text[match.end() : match.end() + 1].isalnum() else (None, 0)
    if match := _LABELLED_UNKNOWN.match(text):
        return None, _after(text, match.end())
    if match := _WHOLE_LINE.match(text):
        day = parse_day(match["day"], day_first=None)
        return (day, _after(text, match.end())) if day else (None, 0)
    if match := _BARE.match(text):
        day = parse_day(match["day"])
        after = _after(text, match.end())
        # "2024-09-02 was a Monday" is prose; before a capital, a digit or a quotation mark an article begins.
        begins = after < len(text) and not text[after].islower() and after > match.end()
        return (day, after) if day and begins else (None, 0)
    if match := _DATELINE.match(text):
        return parse_day(match["day"]), 0
    return None, 0


def _after(text: str, end: int) -> int:
    match = _SEPARATOR.match(text, end)
    return match.end() if match else end


def find_day(text: str) -> date | None:
    """The one day named anywhere in a short ``text``, such as "By Jane Doe / Tuesday 17 March 2020"."""
    found = [(match[0], parse_day(match[0], day_first=None)) for match in _SOMEWHERE.finditer(text)]
    # "3 cups 2024" is no date at all; "03/04/2024" is one, though nobody knows which.
    days = {day for written, day in found if day or not any(map(str.isalpha, written))}
    return days.pop() if len(days) == 1 else None
