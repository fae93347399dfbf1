"""The time that a question speaks of, as limits on the day of publication: English, Ukrainian and written dates.

Which times there are and which days they mean is exact (``time_expressions``), and so are "since", "before" and
their like. What a time does in the question is the reader's judgement, one of four roles:

1. ``event``: something happened then. The days that are written limit on both sides: "in 2022" is that year, "on 29
   August" that day, "before 2020" all until its eve. It costs what is told only later (of the sentences in 1,500 news
   articles that name a past time, 45 % were published more than a week after it), but readers can see what was searched
   and widen it. A day that is said by its distance ("yesterday", "on Monday", "two weeks ago") opens and does not
   close, and ``near`` names its last day, for ranking. "By" and "until" give ``near`` alone.
2. ``published``: the articles' own days are meant; they limit on both sides, whatever their form.
3. ``recent``: it is said of now; recent articles are preferred.
4. ``none``: a name, a title, a time ahead or asked for; it limits nothing. Where the words leave no doubt ("since
   March", "in 2024", "on 29 August"), they are an ``event`` all the same.

A time that begins after ``as_of`` never limits, and neither does one that ended in the distant past (``DISTANT``),
unless it is the time of publication. Without a year a time is the latest that has begun by ``as_of``, or the nearest
after "before", "until" and "by". "Last week" is the calendar's, "the last week" and "past week" count back. Of several
times the widest limits hold; limits that contradict each other are dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from assistant.question.time_expressions import WEEKDAY, Clock, Mention, Period, days_before, mentions
from assistant.question.ukrainian import in_english
from assistant.reader import reader
from vectorstore.messages import Message

Role = Callable[[str, str], str]
"""What the words of a time do in a question: ``event``, ``published``, ``recent`` or ``none``."""

THIS_REACHES_BACK = 7
"""Days. "This week" is said of the last seven: of 37 news questions with these words, 7 had their article on a day
before that week's Monday and at most six days back. The same holds for a month or year that has just begun."""

_REACHES_BACK = re.compile(rf"\bthis\s+(?:week|month|quarter|year)\b|\b{WEEKDAY}\b", re.IGNORECASE)
"""So too "earlier this week" on its Monday, and "Thursday" on a Thursday, said of the one before."""

NEAR_AT_MOST = 31
"""Days of the longest time whose last day is ``near``: what happened in a year is told all through it."""

DISTANT = 10
"""Years before ``as_of``'s. What a limit would shut out there is mostly reference pages without a date: in SQuAD, "in
1989" or "since 1990" can only lose the answer."""


@dataclass(frozen=True, slots=True)
class ReadScope:
    """What a question says of time. ``since`` and ``until`` are days of publication, both included."""

    since: date | None = None
    """``None``: no limit. Never after ``as_of``."""
    until: date | None = None
    """``None``: no limit, or one that ``as_of`` has not passed. Never before ``since``."""
    prefers_recent: bool = False
    words: tuple[str, ...] = ()
    """The words of the question that all this came from, verbatim, in their order."""
    ambiguous: str | None = None
    """How a form with two readings was read."""
    near: date | None = None
    """Not a limit: the last day of the one time of an event that is asked about, over by ``as_of`` and a month at most.
    Articles soon after it are likeliest to tell."""
    of_publication: bool = False
    """Whether the articles of these days are asked for, and not what happened then."""


def published(question: str, time: str) -> str:
    """The role of ``time`` where the articles of some days are asked for: those are meant, not what happened then."""
    role = reader().time_role(question, time)
    return "published" if role == "event" else role


def happened(question: str, time: str) -> str:
    """The opposite: "this week's news", asked on a Monday, is that of the last seven days."""
    role = reader().time_role(question, time)
    return "event" if role == "published" else role


def read_scope(question: str, as_of: date, *, day_first: bool = True, role: Role | None = None) -> ReadScope:
    """The time in ``question`` as asked on the day ``as_of``. ``day_first`` decides 03/04/2024. Raises nothing.

    ``role`` says what a time is doing in the question; by default the reader does.
    """
    role = role or reader().time_role
    english, places = in_english(question)
    text = _QUOTED.sub(lambda quoted: "\ufffd" * len(quoted[0]), english)
    phrases = _phrases(text, Clock(as_of, day_first))
    readings = [read for each in phrases if (read := _read(each, role(english, each.time), as_of))]
    recent = [reading.span for reading in readings if reading.prefers]
    recent += [match.span() for match in _RECENT.finditer(text)]
    limits = [reading for reading in readings if not reading.prefers]
    limits = [reading for reading in limits if reading.published] or limits
    since = min((limit.since for limit in limits if limit.since), default=None)
    until = max((limit.until for limit in limits if limit.until), default=None)
    near = limits[0].near if len(limits) == 1 else None
    if recent and not any(limit.published for limit in limits):  # "the latest on the talks that began in May"
        until = None
    if any(limit.since and limit.until for limit in limits):  # and others without an end or a beginning: the widest
        since = since if all(limit.since for limit in limits) else None
        until = until if all(limit.until for limit in limits) else None
    if since and until and since > until:
        since = until = None
    if not (since or until or near):
        limits = []
    spans = sorted({*(limit.span for limit in limits), *recent})
    return ReadScope(
        since=since,
        until=until,
        prefers_recent=bool(recent),
        words=tuple(question[places[start][0] : places[end - 1][1]] for start, end in spans),
        ambiguous=Message.joined(*(limit.note or "" for limit in limits), by="; ") or None,
        near=near,
        of_publication=any(limit.published for limit in limits),
    )


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one time asks for."""

    span: tuple[int, int]
    since: date | None = None
    until: date | None = None
    near: date | None = None
    published: bool = False
    prefers: bool = False
    note: str | None = None


# ---- a time and its preposition --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Phrase:
    """A time with its preposition."""

    span: tuple[int, int]
    time: str
    """Its words without the preposition."""
    period: Period
    lead: str
    """What the preposition does: a name of a group of ``_LEAD``."""
    reaches_back: bool = False
    """Whether the days just before may be meant as well."""

    @property
    def is_plain(self) -> bool:
        """Whether it limits whatever the reader makes of it: "since March", "in 2024", "on 29 August"."""
        has_day_or_year = self.period.first == self.period.last or re.search(r"\b\d{4}\b", self.time)
        plain = self.lead in ("inside", "between", "as_of") and not self.period.rough and has_day_or_year
        return self.lead == "since" or bool(plain)


_LEAD = re.compile(
    r"""(?<![\w'’-])(?:
        (?P<inside>in|on|at|during|within|throughout|over) | (?P<since>since) | (?P<after>after|following)
      | (?P<as_of>as\s+(?:of|at)) | (?P<before>before|prior\s+to|ahead\s+of) | (?P<until>until|till|up\s+to|through|by)
      | (?P<between>between|from))
    \s+(?:the\s+(?:night|morning|afternoon|evening)\s+of\s+)?(?:(?P<day>\d\d?)(?:st|nd|rd|th)?\s*(?:and|to|[-–—])\s*)?\Z
    """,
    re.IGNORECASE | re.VERBOSE,
)
_GOVERNING = re.compile(
    r"\b(?:(?P<since>since|after|following)|(?P<before>before|prior\s+to|ahead\s+of)|(?P<until>until|till))\b[^,;:.?!]*\Z",
    re.IGNORECASE,
)
"""Before "in" or "on": "since the war began in May" means since May, and "before the vote on 5 May" before that day."""
_JOINT = re.compile(r"\s*(?:(?P<both>and|[-–—])|to|until|till|through)\s*", re.IGNORECASE)
_ONWARDS = re.compile(r"\s+(?:onwards?\b|on(?=\s*[,?.!]|\s*\Z))")
_QUOTED = re.compile(
    r"\"[^\"]{0,200}\"|“[^”]{0,200}”|„[^“”]{0,200}[“”]|«[^»]{0,200}»|(?<!\w)‘[^’]{0,200}’(?!\w)|(?<!\w)'[^']{0,200}'(?!\w)"
)
_RECENT = re.compile(
    r"\b(?:latest|newest|most\s+recent(?:ly)?|recent(?:ly)?|lately|nowadays|these\s+days|current(?:ly)?|so\s+far|now"
    r"|at\s+(?:the\s+moment|present)|up[\s-]to[\s-]date)\b",
    re.IGNORECASE,
)


def _phrases(text: str, clock: Clock) -> Iterator[_Phrase]:
    """The times of ``text``; two that are joined ("from May to July") are one."""
    times = mentions(text)
    read = 0
    while times:
        first = last = times.pop(0)
        begin, end = first.match.span()
        lead = _LEAD.search(text, max(begin - 60, 0), begin)
        joint = _JOINT.fullmatch(text, end, times[0].match.start()) if lead and times else None
        if lead and joint and (lead["between"] or (lead["inside"] and joint["both"])):
            last = times.pop(0)
        kind = _kind(lead)
        if lead and kind == "inside":
            kind = _kind(_GOVERNING.search(text, max(read, begin - 100), lead.start())) or kind
        read = last.match.end()
        from_day = int(lead["day"]) if lead and lead["day"] else None
        period = _whole_period(first, last, from_day, replace(clock, nearest=kind in ("before", "until")))
        if period is None:
            continue
        start, end = lead.start() if lead else begin, last.match.end()
        if kind == "between" and last is first and from_day is None and (onwards := _ONWARDS.match(text, end)):
            kind, end = "since", onwards.end()
        if kind == "between" and last is first and from_day is None:  # "articles from May": no beginning, no end
            kind = ""
        back = _REACHES_BACK.search(text[start:end]) is not None
        yield _Phrase((start, end), text[begin : last.match.end()], period, kind, back)


def _kind(lead: re.Match[str] | None) -> str:
    """The name of the group that ``lead`` matched."""
    return next((name for name, words in lead.groupdict().items() if words and name != "day"), "") if lead else ""


def _whole_period(first: Mention, last: Mention, from_day: int | None, clock: Clock) -> Period | None:
    """From one mention to the other, or from a day of the same month. The year that the first lacks is the last's."""
    period = last.period(clock)
    if period is None:
        return None
    if last is not first:
        opening = first.period(replace(clock, as_of=period.last))
        if opening is None or opening.first > period.last:
            return None
        return replace(period, first=opening.first, relative=opening.relative)
    if from_day is None:
        return period
    return replace(period, first=period.first.replace(day=from_day)) if 0 < from_day < period.first.day else None


def _read(phrase: _Phrase, role: str, as_of: date) -> _Reading | None:
    """What a time asks for in its role."""
    role = "event" if phrase.is_plain and role != "published" else role
    period, published = phrase.period, role == "published"
    first, last, relative = period.first, period.last, period.relative
    if role == "none" or (not published and last.year < as_of.year - DISTANT):
        return None
    if role == "recent" or relative == "ahead" or first > as_of:
        return _Reading(phrase.span, prefers=True) if relative else None
    # A time that only tells which one is meant ("the flood of May 2023", "the 2022 final") leaves its end open.
    closes = last if published or (not period.rough and (relative or phrase.lead in ("inside", "between"))) else None
    opens = first
    if phrase.reaches_back and not published and last >= as_of:
        opens = min(first, days_before(as_of, THIS_REACHES_BACK))
    told_near = None if closes or (last - first).days > NEAR_AT_MOST else last
    since, until, near = {
        "since": (first, None, None),
        "after": (days_before(last, -1), None, None),
        "as_of": (None, last, None),
        "before": (None, days_before(first, 1), None),
        "until": (None, last if published else None, last),
    }.get(phrase.lead, (opens, closes, told_near))
    since = since if since and since <= as_of else None
    until = until if until and until < as_of else None
    near = near if near and near < as_of else None
    if since or until or (near and not relative):
        return _Reading(phrase.span, since, until, near, published, note=period.note)
    return _Reading(phrase.span, prefers=True) if relative else None
