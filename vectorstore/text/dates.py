"""When an article was published, as far as its own words say.

Two questions, both answered without the clock, the file system or a guess: does this string name a day
(``parse_day``), and does this text begin with the day it was published (``date_at_head``)? What cannot be read is
``None``: a wrong date is worse than none, because search trusts it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

EARLIEST_YEAR = 1500
"""Below the first newspapers (1605); keeps a year out that is really a count or another calendar's."""

LONGEST_DATE = 80
"""Characters. RFC 2822 with a spelled-out zone stays below 60; longer strings are not dates."""

ACCEPTED_FORMS = "2024-09-02, 2024/09/02, 20240902, 02.09.2024, 2 September 2024 or September 2, 2024"
"""For messages: what to write instead."""

# Twelve names a line, in calendar order, in the form that stands beside a day ("2 вересня 2024"). Polish is not here:
# its November is spelled like Croatia's October.
_MONTHS_IN_ORDER = (
    "january february march april may june july august september october november december",
    "jan feb mar apr may jun jul aug sep oct nov dec",
    "january february march april may june july august sept october november december",
    "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "januar februar märz april mai juni juli august september oktober november dezember",
    "jänner feber maerz apr mai jun jul aug sept okt nov dez",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "janv févr mars avr mai juin juil août sept oct nov déc",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "januari februari maart april mei juni juli augustus september oktober november december",
)


def _month_numbers() -> Mapping[str, int]:
    return MappingProxyType({name: n for line in _MONTHS_IN_ORDER for n, name in enumerate(line.split(), start=1)})


_MONTHS = _month_numbers()
_MONTH = "(?:" + "|".join(sorted(map(re.escape, _MONTHS), key=len, reverse=True)) + r")\b\.?"

_WEEKDAY = (
    r"(?:mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs?(?:day)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?"
    r"|понеділок|вівторок|середа|четвер|п['’]ятниця|субота|неділя"
    r"|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag"
    r"|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
    r"|lunes|martes|miércoles|jueves|viernes|sábado|domingo)\b[.,]?\s*"
)
_ORDINAL = r"(?:st|nd|rd|th|er|º|\.)?"

# What may stand for the day itself. `_spelled` and `_numeric` take the groups apart.
_YEAR_FIRST = r"\d{4}(?P<separator>[-/.])\d{1,2}(?P=separator)\d{1,2}"
_SPELLED = (
    rf"(?:\d{{1,2}}{_ORDINAL}\s*(?:de\s+|of\s+)?{_MONTH},?\s*(?:de\s+|of\s+)?\d{{4}}"
    rf"|{_MONTH}\s*\d{{1,2}}{_ORDINAL},?\s+\d{{4}})(?!\d)"
)
_DAY_OR_MONTH_FIRST = r"\d{1,2}(?P<mark>[-/.])\d{1,2}(?P=mark)\d{4}(?!\d)"

_CLOCK = (
    r"(?::\d{1,2}(?:[.,]\d+)?)?(?:\s*[ap]\.?\s?m\b\.?)?"
    r"(?:\s*(?:z|[+-]\d{2}:?\d{2}|(?:utc|gmt)(?:[+-]\d{1,2}(?::?\d{2})?)?"
    r"|e[sd]?t|c[sd]t|m[sd]t|p[sd]t|bst|ist|msk|cest|cet|eest|eet|west|wet)(?![^\W_]))?(?:\s*\([^()]{1,40}\))?"
)
_TIME_AFTER = rf"(?:(?:\s*[,|·•—–-]\s*|\s*\bat\s+|\s*\bum\s+|\s*\bо\s+|\s*\bà\s+|t|\s+)\d{{1,2}}[:.h]\d{{2}}{_CLOCK})?"
# Before running text only a colon is a clock's: "2024-09-02 12.50 percent of …" begins with a figure.
_TIME_IN_TEXT = rf"(?:(?:\s*[,|·•—–-]\s*|\s*\bat\s+|\s*\bо\s+|t|\s+)\d{{1,2}}:\d{{2}}{_CLOCK})?"

_YEAR_FIRST_WHOLE = re.compile(rf"(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}}){_TIME_AFTER}", re.IGNORECASE)
_COMPACT_WHOLE = re.compile(r"(\d{4})(\d{2})(\d{2})(?:[t ]?\d{4}(?:\d{2})?(?:z|[+-]\d{2}:?\d{2})?)?", re.IGNORECASE)
_DAY_MONTH_WHOLE = re.compile(
    rf"(\d{{1,2}}){_ORDINAL}[\s-]*(?:de\s+|of\s+)?({_MONTH})[,\s-]*(?:de\s+|of\s+)?(\d{{4}})"
    rf"(?:\s*(?:р|г)\.|\s*року|\s*года)?{_TIME_AFTER}",
    re.IGNORECASE,
)
_MONTH_DAY_WHOLE = re.compile(rf"({_MONTH})\s*(\d{{1,2}}){_ORDINAL},?\s+(\d{{4}}){_TIME_AFTER}", re.IGNORECASE)
_NUMERIC_WHOLE = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}){_TIME_AFTER}", re.IGNORECASE)
_C_LIBRARY_WHOLE = re.compile(
    rf"({_MONTH})\s+(\d{{1,2}})\s+\d{{2}}:\d{{2}}:\d{{2}}\s+(?:(?:[+-]\d{{4}}|[a-z]{{3,5}})\s+)?(\d{{4}})",
    re.IGNORECASE,
)
_LEADING_WEEKDAY = re.compile(_WEEKDAY, re.IGNORECASE)


def parse_day(text: str, *, day_first: bool | None = True) -> date | None:
    """The day that ``text`` names, or ``None`` when it names none, several, or an impossible one.

    Accepts ISO 8601 dates and times, ``YYYY/MM/DD``, ``YYYYMMDD``, ``DD.MM.YYYY``, RFC 2822, and days with a month
    in letters (English, Ukrainian, Russian and the larger languages of western Europe). A time and its zone are read
    and dropped: the day stays as written, which is the day the outlet printed. ``day_first`` decides ``03/04/2024``,
    and ``None`` leaves it unread; where only one reading is a date, as in ``09/13/2024``, that one counts.
    """
    if len(text) > LONGEST_DATE:
        return None
    text = " ".join(text.split())
    if match := _YEAR_FIRST_WHOLE.fullmatch(text):
        return _day(match[1], match[3], match[4])
    if match := _COMPACT_WHOLE.fullmatch(text):
        return _day(match[1], match[2], match[3])
    text = _LEADING_WEEKDAY.sub("", text, count=1) if _LEADING_WEEKDAY.match(text) else text
    if match := _DAY_MONTH_WHOLE.fullmatch(text):
        return _day(match[3], _month(match[2]), match[1])
    if match := _MONTH_DAY_WHOLE.fullmatch(text) or _C_LIBRARY_WHOLE.fullmatch(text):
        return _day(match[3], _month(match[1]), match[2])
    if match := _NUMERIC_WHOLE.fullmatch(text):
        first, second, year = match[1], match[3], match[4]
        european, american = _day(year, second, first), _day(year, first, second)
        if match[2] == ".":  # dots are day-first everywhere; slashes and dashes differ by country
            return european
        if day_first is None and european and american and european != american:
            return None
        return (european or american) if day_first is not False else (american or european)
    return None


def _month(name: str) -> int:
    return _MONTHS[name.rstrip(".").lower()]


def _day(year: str | int, month: str | int, day: str | int) -> date | None:
    # An outlet may announce next year's issue; anything later is a typing error or another calendar.
    if not EARLIEST_YEAR <= int(year) <= date.today().year + 1:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


_SOME_DATE = rf"(?:{_WEEKDAY})?(?P<day>{_YEAR_FIRST}|{_SPELLED}|{_DAY_OR_MONTH_FIRST}|\d{{8}}(?!\d))"
_CERTAIN_LABEL = r"date(?:\s+of\s+publication)?|publication\s+date|дата|datum"
_VERB_LABEL = (
    r"(?:first\s+)?published(?:\s+on)?|posted(?:\s+on)?|опубліковано|опубликовано"
    r"|veröffentlicht(?:\s+am)?|publié(?:\s+le)?|publicado(?:\s+el)?"
)
_LABELLED = re.compile(
    rf"\s*(?:(?P<certain>(?:{_CERTAIN_LABEL})\s*[:=]?|(?:{_VERB_LABEL})\s*[:=])|(?:{_VERB_LABEL}))\s*"
    rf"{_SOME_DATE}{_TIME_IN_TEXT}",
    re.IGNORECASE,
)
_LABELLED_UNKNOWN = re.compile(r"\s*date\s*[:=]?\s*(?:none|null|nan|nat|n/a|unknown)\b[ \t]*", re.IGNORECASE)
_WHOLE_LINE = re.compile(rf"\s*\(?{_SOME_DATE}{_TIME_IN_TEXT}\)?\.?[ \t]*(?=\n|$)", re.IGNORECASE)
_BARE = re.compile(rf"\s*(?P<day>{_YEAR_FIRST}|\d{{2}}\.\d{{2}}\.\d{{4}}(?!\d)){_TIME_IN_TEXT}", re.IGNORECASE)
# "KYIV, Sept. 2, 2024 (UNN) — ", "PARIS, 2 September 2024 – ": capitals, a year and a dash, or it is only prose.
_DATELINE = re.compile(
    rf"\s*[^\W\d_a-z][^\na-z]{{1,40}},\s*(?i:(?P<day>{_SPELLED}))\s*(?:\([^()\n]{{1,30}}\)\s*|/[^/\n]{{1,30}}/\s*)?[-–—]"
)
_SOMEWHERE = re.compile(rf"(?<![\w/.-]){_SOME_DATE}", re.IGNORECASE)
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
    days = {parse_day(match["day"], day_first=None) for match in _SOMEWHERE.finditer(text)}
    return days.pop() if len(days) == 1 else None
