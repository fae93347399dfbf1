"""The time that a question speaks of, as limits on the day of publication: English and written dates, without a model.

A limit that shuts the answer out is worse than none, so every rule withholds it when in doubt.

1. **A time limits where it stands free**: behind "in", "on", "since", "before" and their like, or by itself when it is
   relative or has day or month and year; and with no noun behind it that it may belong to. "The 2019 treaty", "World
   Cup 2026", "the earthquake of February 2023", "on Friday prayers" and all that is quoted belong to the matter.
2. **The time of an event opens and does not close.** What happened on 2 September is told on that day or any time
   later (of the sentences in 1,500 news articles that name a past time, 45 % were published more than a week after
   it): ``since`` is the first day meant, ``until`` stays open, and ``near`` names the last day meant, for ranking. So
   too "between … and …" and "from … to …"; "by" and "until" give ``near`` alone. Only words that ask for what was known
   by then close: "as of" (that day) and "before" (the day before it, unless it is a bare year: who ruled before 2020 is
   told in 2024 as well).
3. **The time of publication is exact**: "articles from", "news in", "what was written on", "last week's reports".
4. **The event must be past.** The verb before the time (or else the first after it) is a past form; "is", "will" or
   "planned to" limit nothing, except with "since" and "as of". "Yesterday", "last week" or "two days ago" are past by
   themselves. A question that asks for a time ("when did", "what year") is limited by such words and "as of" only. A
   time that begins after ``as_of`` never limits.
5. **The distant past does not limit** (``DISTANT``), unless it is the time of publication.
6. **A relative time that does not limit prefers recent articles**, and so do "latest", "now", "currently" and the like,
   and a weekday without a preposition ("took office Wednesday").

Without a year a time is the latest that has begun by ``as_of``, or the nearest after "before", "until" and "by". "Last
week" is the calendar's, "the last week" and "past week" count back. Weeks begin on Monday; seasons are the north's. Of
several times the widest limits hold; limits that contradict each other are dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from assistant.periods import WEEKDAY, Clock, Mention, Period, days_before, mentions

THIS_REACHES_BACK = 7
"""Days. "This week" is said of the last seven: of 37 news questions with these words, 7 had their article on a day
before that week's Monday and at most six days back. The same holds for a month or year that has just begun."""

_REACHES_BACK = re.compile(rf"\bthis\s+(?:week|month|quarter|year)\b|\bon\s+{WEEKDAY}\b", re.IGNORECASE)
"""So too "earlier this week" on its Monday, and "on Thursday" on a Thursday, said of the one before."""

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


def read_scope(question: str, as_of: date, *, day_first: bool = True) -> ReadScope:
    """The time in ``question`` as asked on the day ``as_of``. ``day_first`` decides 03/04/2024. Raises nothing."""
    text = _QUOTED.sub(lambda quoted: "\ufffd" * len(quoted[0]), question)
    tense = _Tense.of(text)
    readings = [r for phrase in _phrases(text, Clock(as_of, day_first)) if (r := _read(phrase, tense, as_of))]
    recent = [reading.span for reading in readings if reading.prefers]
    recent += [match.span() for match in _RECENT.finditer(text) if not _is_title(text, *match.span())]
    limits = [reading for reading in readings if not reading.prefers]
    limits = [reading for reading in limits if reading.published] or limits
    since = min((limit.since for limit in limits if limit.since), default=None)
    until = max((limit.until for limit in limits if limit.until), default=None)
    near = limits[0].near if len(limits) == 1 else None
    if since and until and since > until:
        since = until = None
    if not (since or until or near):
        limits = []
    spans = sorted({*(limit.span for limit in limits), *recent})
    return ReadScope(
        since=since,
        until=until,
        prefers_recent=bool(recent),
        words=tuple(question[start:end] for start, end in spans),
        ambiguous="; ".join(limit.note for limit in limits if limit.note) or None,
        near=near,
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


# ---- a time and what stands around it -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Phrase:
    """A time with its preposition."""

    span: tuple[int, int]
    period: Period
    lead: str
    """What the preposition does: a name of a group of ``_LEAD``."""
    published: bool = False
    owns: bool = False
    """Relative, and a genitive: "last week's"."""
    reaches_back: bool = False
    """Whether the days just before may be meant as well."""


_LEAD = re.compile(
    r"""(?<![\w'’-])(?:
        (?P<inside>in|on|at|during|within|throughout|over) | (?P<since>since) | (?P<after>after|following)
      | (?P<as_of>as\s+(?:of|at)) | (?P<before>before|prior\s+to|ahead\s+of) | (?P<until>until|till|up\s+to|through|by)
      | (?P<between>between|from) | (?P<of>of))
    \s+(?:the\s+(?:night|morning|afternoon|evening)\s+of\s+)?(?:(?P<day>\d\d?)(?:st|nd|rd|th)?\s*(?:and|to|[-–—])\s*)?\Z
    """,
    re.IGNORECASE | re.VERBOSE,
)
_EVENT_LEAD = re.compile(
    r"""(?<![\w'’-])(?:
        (?P<before>(?:before|prior\s+to|ahead\s+of)\s+(?:the|an?|his|her|its|their)\s+(?:\w+\s+){0,2}?(?:elections?|vote
          |referendum|ballot|summit|meeting|talks|debate|final|match|launch|deadline|ceasefire|invasion)\s+(?:of|on)\s+)
      | (?P<since>since\s+(?:(?!attacks?\b)[\w'’-]+\s+){1,6}(?:of|on|in)\s+)
      | (?P<unclear>(?:before|prior\s+to|ahead\s+of|until|till)\s+(?:[\w'’-]+\s+){1,6}(?:of|on|in)\s+))\Z""",
    re.IGNORECASE | re.VERBOSE,
)
"""A time by its event: "before the election of 5 November", "since the war began in 2022". Unclear are "before the
committee on 5 May" and "before he left in May"; and which year's attacks those "of September 11" were."""
_JOINT = re.compile(r"\s*(?:(?P<both>and|[-–—])|to|until|till|through)\s*", re.IGNORECASE)
_BARE_WEEKDAY = re.compile(
    rf"(?<!\S)(?!the\s|an?\s|of\s|for\s)[a-z][\w'’,-]*\s+(?i:{WEEKDAY})"
    r"(?:\s+(?:morning|afternoon|evening|night))?\Z"
)
"""As American papers write: "launched a rocket Wednesday". It may be of any week, so it only prefers."""
_ONWARDS = re.compile(r"\s+(?:onwards?\b|on(?=\s*[,?.!]|\s*\Z))")
_BELONGS = re.compile(
    r"(?:['’]s|\b(?:the|an?|of|for|about|than|to|with|against|like|and|or|my|your|his|her|its|our|their))\s+\Z"
)
_OWNED = re.compile(
    r"(?:(?<!what)(?<!who)(?<!that)(?<!it)(?<!here)['’]s|\b(?:the|an?|my|your|his|her|its|our|their))\s+\Z",
    re.IGNORECASE,
)
_GENITIVE = re.compile(r"['’]s?\b")

_NOUNS = "(?:articles?|reports|news|stories|headlines|publications|press coverage|media coverage)"
_NOUN = rf"(?:\A(?i:{_NOUNS})|(?<![\w-]){_NOUNS})\s+"
_ABOUT = r"(?:about|of|on|from|in|regarding)\s+(?:\S+\s+){1,4}?"
_WRITTEN = r"(?:published|written|reported|printed|posted|dated)\s+"
_PUBLISHED = re.compile(
    rf"(?:{_NOUN}(?:{_WRITTEN})?|{_NOUN}(?:{_ABOUT})?(?:that\s+)?(?:were|have been)\s+{_WRITTEN}"
    rf"|\b(?:[Ww]hat|[Aa]nything|[Ee]verything)\s+(?:was|were|has been)\s+{_WRITTEN}(?:{_ABOUT})?)\Z"
)
_PRESS_FROM = re.compile(rf"{_NOUN}{_ABOUT}\Z")
_VERB_OF_PRESS = re.compile(r"\s+[a-z]")
"""Behind "articles from 2019" a small letter is their verb; the noun that a time belongs to there has a capital."""
_PRESS_AFTER = re.compile(r"(?:['’]s?)?\s+(?:articles|reports|stories|headlines|publications)\b")

_PAST_ONLY = (
    "(?:began|took|went|came|fell|rose|gave|broke|spoke|wrote|saw|drew|flew|grew|threw|swore|sank|stole|chose|drove|rode"
    "|hid|became|overcame|overthrew|withdrew|shook|underwent|overtook|knew|wore|tore|sang)"
)
# These are participles as well ("is sold"), or the present ("does it cost").
_FORM = (
    "(?:said|told|met|won|lost|left|made|held|sent|shot|struck|led|found|got|fought|brought|bought|sold|built|kept|stood"
    "|spent|paid|ran|fled|dealt|meant|heard|thought|taught|caught|sought|understood|laid|lay|felt|swept|rebuilt|upheld"
    "|hit|set|put|cut|cost|beat|bid|let|quit|read|shut|split|spread|agreed|freed|guaranteed"
    "|(?!(?:armed|unmanned|hundred|aged|based|related|sacred)\\b)[a-z]{2,}(?<!e)ed)"
)
_VERB = re.compile(
    rf"""(?<![\w-])(?:
        (?P<ahead>(?:\A|(?<=[.?!]\s))Will|(?:will|would|shall|should|could|can|may|might|must)(?:n['’]t)?(?:\s+have(?:\s+been)?)?|won['’]t
            |going\s+to|about\s+to|(?:is|are|was|were|be|been)\s+to|(?:plans|hopes|aims|wants|intends|set)\s+to)
      | (?P<plan>expected|scheduled|due|forecast|predicted|projected|supposed|planned
            |(?:promised|pledged|vowed|agreed|decided|hoped|wanted|threatened|intended|offered|proposed)\s+to)
      | (?P<now>(?:[Ii]s|[Aa]re|[Dd]o|[Dd]oes)(?:n['’]t)?|(?:[Ww]hat|[Ww]ho|[Ww]here|[Hh]ow|that|it|there)['’]s
            |runs|lasts|begins|starts|ends|opens|closes|happens|falls|takes)
      | (?P<past>(?:[Dd]id|[Ww]as|[Ww]ere|[Hh]ad)(?:n['’]t)?|been|{_PAST_ONLY}
            |(?:who|which|that|he|she|it|they|we|has|have|and)\s+{_FORM})
      | (?P<form>{_FORM}))\b""",
    re.VERBOSE,
)
_FREE_END = re.compile(
    rf"""\s*(?:\Z|[,.;:?!)\]…]|[-–—](?!\w)|[–—](?!\d))
      | \s+(?:an?|the|and|or|but|as|at|by|for|from|in|into|on|to|with|about|over|under|after|before|since|until|between
          |during|than|like|because|so|also|then|alone|according|amid|against|among|despite|while|when|where|who|whom|what
          |which|whose|why|how|if|that|this|these|those|it|he|she|they|we|you|I|his|her|its|their|there|not|has|have
          |[a-z]+ly|did|was|were|is|are|had|do|does|will|{_PAST_ONLY}|{_FORM})\b(?!-)""",
    re.VERBOSE,
)
_ASKS = re.compile(
    r"\b(?:who|whom|whose|what|which|where|why|how|when)\b|\A\s*(?:did|do|does|is|are|was|were|has|have|will|can)\b",
    re.IGNORECASE,
)
_ASKS_WHEN = re.compile(
    r"\A\W*(?:(?:and|but|so|since|until|by)\s+)?when\b(?![^?]*,)"
    r"|\bwhen\s+(?:exactly\s+)?(?:did|was|were|is|are|will|does|do|has|have|had|can|must|should)\b"
    r"|\b(?:what|which)\s+(?:year|date|day|month|week|time|century|decade|season|hour)\b|\bhow\s+(?:long\s+ago|soon)\b"
    r"|\bdate\s+of\b|\b(?:year|day)\s+(?:in|on)\s+which\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(
    r"\"[^\"]{0,200}\"|“[^”]{0,200}”|„[^“”]{0,200}[“”]|«[^»]{0,200}»|(?<!\w)‘[^’]{0,200}’(?!\w)|(?<!\w)'[^']{0,200}'(?!\w)"
)
_RECENT = re.compile(
    r"""\b(?:(?<!at\sthe\s)latest|newest|most\s+recent(?:ly)?|recent(?:ly)?|lately|nowadays|these\s+days|currently|so\s+far
      |at\s+(?:the\s+moment|present)|up[\s-]to[\s-]date|(?:right\s+)?(?<!-)now(?!-)
      |(?:\A|\b(?:the|its|their|his|her|whose|which|what|of|['’]s)\s+)current(?=\s+[a-z])
       (?!\s+(?:accounts?|assets|density|in|of|and|or|is|was|to|from|that|through|flows?)\b))(?!\w)""",
    re.IGNORECASE | re.VERBOSE,
)


_SENTENCE_START = re.compile(r"(?:\A|[.?!:;…]\s)[\s(\[]*\Z")
_HAS_CAPITAL = re.compile(r"(?:\w+day|January|February|March|April|May|June|July|August|\w+ber)")
_TITLE_AFTER = re.compile(r"\s+(?:[A-Z]|programme\b|program\b|show\b)")


@dataclass(frozen=True, slots=True)
class _Tense:
    """The verbs of a question: is what it says of a time past?"""

    verbs: tuple[tuple[int, str], ...]
    asks: bool
    """Has a question's words; without them it is a heap of keywords, and a past time in it is meant."""
    asks_when: bool

    @classmethod
    def of(cls, text: str) -> _Tense:
        verbs: list[tuple[int, str]] = []
        for match in _VERB.finditer(text):
            kind = match.lastgroup or ""
            if kind == "form" or (match[0] == "do" and verbs):  # "what hit Kyiv" is past, "what does it cost" is not
                kind = verbs[-1][1] if verbs else "past"
            verbs.append((match.start(), kind))
        return cls(tuple(verbs), bool(_ASKS.search(text)), bool(_ASKS_WHEN.search(text)))

    @property
    def begins_now(self) -> bool:
        return bool(self.verbs) and self.verbs[0][1] == "now"

    def is_past(self, start: int, end: int, lead: str) -> bool:
        """Is the verb nearest before ``start``, or else the first after ``end``, a past form?"""
        before = [kind for at, kind in self.verbs if at < start]
        after = [kind for at, kind in self.verbs if at >= end]
        if before:  # what was planned in May was planned for May, but what was planned before May was planned before
            return before[-1] == "past" or (before[-1] == "plan" and lead == "before")
        return after[0] in ("past", "plan") if after else not self.asks


def _phrases(text: str, clock: Clock) -> Iterator[_Phrase]:
    """The times of ``text`` that may limit or prefer; those that belong to the matter are left out."""
    times = mentions(text)
    while times:
        first = last = times.pop(0)
        lead = _LEAD.search(text, max(first.start - 60, 0), first.start)
        joint = _JOINT.fullmatch(text, first.end, times[0].start) if lead and times else None
        if lead and joint and (lead["between"] or (lead["inside"] and joint["both"])):
            last = times.pop(0)
        if phrase := _phrase(text, first, last, lead, clock):
            yield phrase


def _phrase(text: str, first: Mention, last: Mention, lead: re.Match[str] | None, clock: Clock) -> _Phrase | None:
    kind = next((name for name, words in lead.groupdict().items() if words and name != "day"), "") if lead else ""
    from_day = int(lead["day"]) if lead and lead["day"] else None
    ranged = last is not first or from_day is not None
    if event := None if ranged else _EVENT_LEAD.search(text, max(first.start - 90, 0), first.start):
        kind, lead = event.lastgroup or "", event
    period = _whole_period(first, last, from_day, replace(clock, nearest=kind in ("before", "until")))
    if period is None or kind == "unclear":
        return None
    start, end = lead.start() if lead else first.start, last.end
    press_after = not period.coarse and bool(_PRESS_AFTER.match(text, end))
    published = press_after or bool(_PUBLISHED.search(text, max(start - 120, 0), start))
    if kind == "between" and not ranged:  # "from" with one time: it opens, or names where something is from
        published = published or bool(_PRESS_FROM.search(text, max(start - 120, 0), start))
        onwards = _ONWARDS.match(text, end)
        kind, end = ("since", onwards.end()) if onwards else ("", end)
    if kind in ("", "of"):
        stands_free = not lead and period.free and not _BELONGS.search(text, max(start - 9, 0), start)
        weekday = not lead and not period.relative and _BARE_WEEKDAY.search(text, max(start - 40, 0), end)
        bare = weekday and _FREE_END.match(text, end)
        if not (published or period.relative or stands_free or bare):
            return None
        if bare and not published:
            return _Phrase((first.start, end), period, "bare")
        start, kind = start if published else first.start, "inside"
    if period.relative:
        if _is_title(text, first.start, end) or _OWNED.search(text, max(first.start - 9, 0), first.start):
            return None
    elif not (press_after or _FREE_END.match(text, end) or (_VERB_OF_PRESS.match(text, end) and published)):
        return None
    owns = bool(period.relative) and not press_after and bool(_GENITIVE.match(text, end))
    return _Phrase((start, end), period, kind, published, owns, _REACHES_BACK.search(text[start:end]) is not None)


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


def _is_title(text: str, start: int, end: int) -> bool:
    """Capitals where a sentence has none: "USA Today", "This Week", "Now You See Me", "Today programme"."""
    if not text[start].isupper():
        return False
    more = text[start:end].split()[1:]
    return (
        not _SENTENCE_START.search(text[:start])
        or any(word[0].isupper() and not _HAS_CAPITAL.fullmatch(word) for word in more)
        or (not more and text[start:end].lower() in ("today", "now") and bool(_TITLE_AFTER.match(text, end)))
    )


def _read(phrase: _Phrase, tense: _Tense, as_of: date) -> _Reading | None:
    """What a time asks for: rules 2 to 6."""
    period, published = phrase.period, phrase.published
    first, last, relative = period.first, period.last, period.relative
    if not published and first.year < as_of.year - DISTANT:
        return None
    limits = published or phrase.lead == "as_of" or relative == "past"
    if not limits and not tense.asks_when:
        nowadays = relative == "open" and first == last and tense.begins_now  # "is it still spoken today?"
        limits = phrase.lead == "since" or (tense.is_past(*phrase.span, phrase.lead) and not nowadays)
    if phrase.lead == "bare":
        return _Reading(phrase.span, prefers=True) if limits and first <= as_of else None
    if not limits or phrase.owns or relative == "ahead" or first > as_of:
        return _Reading(phrase.span, prefers=True) if relative else None
    closes = last if published else None
    opens = first
    if phrase.reaches_back and not published and last >= as_of:
        opens = min(first, days_before(as_of, THIS_REACHES_BACK))
    told_near = None if published or (last - first).days > NEAR_AT_MOST else last
    since, until, near = {
        "since": (first, None, None),
        "after": (days_before(last, -1), None, None),
        "as_of": (None, last, None),
        "before": (None, days_before(first, 1) if published or not period.coarse else None, None),
        "until": (None, closes, last),
    }.get(phrase.lead, (opens, closes, told_near))
    since = since if since and since <= as_of else None
    until = until if until and until < as_of else None
    near = near if near and near < as_of else None
    if since or until or (near and not relative):
        return _Reading(phrase.span, since, until, near, published, note=period.note)
    return _Reading(phrase.span, prefers=True) if relative else None
