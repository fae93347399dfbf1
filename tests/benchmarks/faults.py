"""Figures, days, names and quotations changed in true statements, and rewordings that change no fact.

None of it looks at how the check works: the patterns are those of someone who edits the sentence by hand. A change that
leaves the sentence true as far as can be told (the new figure or name stands there as well) is not counted as a fault.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Told:
    """A statement and what it cites."""

    statement: str
    passages: tuple[str, ...]
    title: str
    day: date | None

    @property
    def source(self) -> str:
        return "\n".join((self.title, *self.passages))


@dataclass(frozen=True, slots=True)
class Pool:
    """What other articles lend."""

    names: Sequence[str]
    words: Sequence[str]


Change = Callable[[Told, Pool, random.Random], Told | None]

_WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_MONTHS = "January February March April May June July August September October November December".split()
_MONTH = "|".join(month for month in _MONTHS if month != "May")
_NUMBER = re.compile(r"(?<![\w.,-])\d[\d,]*(?:\.\d+)?(?![\w-])")
_NUMBER_WORDS = "two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty".split()
_NUMBER_WORD = re.compile(r"\b(?:" + "|".join(_NUMBER_WORDS) + r")\b")
_YEAR = re.compile(r"(?<![\w.,$-])(?:19|20)\d\d(?![\w%]|[.,]\d)")
_DATE = re.compile(rf"\b(?:{'|'.join(_WEEKDAYS)})\b|\b(?:{_MONTH})\b|{_YEAR.pattern}")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{3,}\b")
_NOT_A_NAME = frozenset([*_WEEKDAYS, *_MONTHS, "President", "Minister", "Senator", "Judge", "King", "Queen", "This"])
_QUOTED = re.compile(r"[“\"]([^“”\"]{15,})[”\"]")
_WORD = re.compile(r"\b[a-z]{4,}\b")
_SIX_WORDS = re.compile(r"\b[a-z]{3,}(?: [a-z]{3,}){5}\b")
_DAY = re.compile(rf"\b(?:{_MONTH}) (?P<after>\d{{1,2}})\b(?! ?:)|\b(?P<before>\d{{1,2}}) (?:{_MONTH})\b")
_LONG_NUMBER = re.compile(r"(?<![\w.,$€£-])\d{2,}(?:,\d{3})*(?![\w.,]\d|[\w-])")
_UNITS = (
    (r"\bmillion\b", "billion"), (r"\bbillion\b", "million"), (r"\btrillion\b", "billion"),
    (r"(?<=\d)%", " percentage points"), (r" (?:percent|per cent)\b", " percentage points"),
    (r"\$(?=\d)", "€"), (r"£(?=\d)", "$"), (r"€(?=\d)", "£"), (r"(?<=\d )miles\b", "kilometers"),
    (r"\b(?:kilometers|kilometres|km)\b", "miles"), (r"(?<=\d )feet\b", "meters"), (r"\bmeters\b", "feet"),
    (r"(?<=\d )pounds\b", "tons"), (r"(?<=[a-z\d] )years(?= |,|\.)", "months"), (r"(?<=[a-z\d] )months\b", "weeks"),
    (r"(?<=[a-z\d] )weeks\b", "days"), (r"(?<=[a-z\d] )days\b", "weeks"), (r"(?<=[a-z\d] )hours\b", "minutes"),
    (r"(?<=[a-z\d] )minutes\b", "hours"), (r"\bdegrees\b", "percent"),
)  # fmt: skip
_COUNTED = re.compile(
    rf"(?:[\d,.]+|\b(?:{'|'.join(_NUMBER_WORDS)}))[ -]?"
    r"(?:%|percent|per cent|million|billion|trillion|miles|kilometers|kilometres|km|feet|meters|pounds|years|months"
    r"|weeks|days|hours|minutes|degrees)|[$€£][\d,.]+"
)


def _with(told: Told, match: re.Match[str], new: str) -> Told:
    return replace(told, statement=told.statement[: match.start()] + new + told.statement[match.end() :])


def _holds(text: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) is not None


def _one(pattern: re.Pattern[str], text: str, chance: random.Random) -> re.Match[str] | None:
    found = list(pattern.finditer(text))
    return chance.choice(found) if found else None


def _number(told: Told, pool: Pool, chance: random.Random) -> Told | None:
    found = [match for match in _NUMBER.finditer(told.statement) if not _YEAR.fullmatch(match.group())]
    if found:
        match = chance.choice(found)
        digits = re.sub(r"\d+", lambda old: str(int(old[0]) + chance.choice((1, 3, 7, 10))), match.group(), count=1)
        return None if _holds(told.source, digits) else _with(told, match, digits)
    spelled = _one(_NUMBER_WORD, told.statement, chance)
    if spelled is None:
        return None
    absent = [word for word in _NUMBER_WORDS if not _holds(told.source, word) and word != spelled.group()]
    return _with(told, spelled, chance.choice(absent))


def _name(told: Told, pool: Pool, chance: random.Random) -> Told | None:
    match = _one(_NAME, told.statement, chance)
    other = chance.choice(pool.names)
    return _with(told, match, other) if match and _is_name(match) and not _holds(told.source, other) else None


def _is_name(match: re.Match[str]) -> bool:
    return match.group() not in _NOT_A_NAME


def _date(told: Told, pool: Pool, chance: random.Random) -> Told | None:
    match = _one(_DATE, told.statement, chance)
    if match is None:
        return None
    old = match.group()
    kind = _WEEKDAYS if old in _WEEKDAYS else _MONTHS if old in _MONTHS else None
    others = [word for word in kind if word != "May"] if kind else [str(int(old) + step) for step in (-7, -3, -2, 2, 4)]
    other = chance.choice([word for word in others if word != old])
    return None if _holds(told.source, other) else _with(told, match, other)


def _unit(told: Told, pool: Pool, chance: random.Random) -> Told | None:
    made = []
    for counted in _COUNTED.finditer(told.statement):
        for pattern, new in _UNITS:
            match = re.compile(pattern).search(told.statement, counted.start(), counted.end())
            before = re.match(r"\S+", counted.group())
            if match and not re.search(rf"{re.escape(before[0]) if before else ''}.?{new}", told.source):
                made.append(_with(told, match, new))
    return chance.choice(made) if made else None


def _quoted_words(text: str, chance: random.Random) -> re.Match[str] | None:
    """A quotation of some length; straight marks are taken in pairs from the start, if they are in pairs."""
    found = [match for match in re.finditer(r"“([^“”\"]*)”", text) if len(match[1]) > 14]
    if not found and text.count('"') % 2 == 0 and "“" not in text:
        found = [match for match in re.finditer(r'"([^"]*)"', text) if len(match[1]) > 14]
    return chance.choice(found) if found else None


def _quotation(told: Told, pool: Pool, chance: random.Random) -> Told | None:
    """A word changed between quotation marks; where nothing is quoted, a run of the sentence is put between them."""
    quoted = _quoted_words(told.statement, chance)
    if quoted is None:
        if re.search(r"[“”\"]", told.statement):
            return None
        spaces = [match.start() for match in re.finditer(" ", told.statement)]
        if len(spaces) < 10:
            return None
        first = chance.randrange(len(spaces) - 8)
        begin, end = spaces[first] + 1, spaces[first + 7]
    else:
        begin, end = quoted.span(1)
    words = list(_WORD.finditer(told.statement, begin, end))
    other = chance.choice(pool.words)
    if not words or _holds(told.source, other):
        return None
    word = chance.choice(words)
    inner = told.statement[begin : word.start()] + other + told.statement[word.end() : end]
    if quoted is None:
        inner = f"“{inner}”"
    return replace(told, statement=told.statement[:begin] + inner + told.statement[end:])


_BOUNDS = {
    "more than": "less than", "less than": "more than", "fewer than": "more than", "at least": "at most",
    "at most": "at least", "up to": "at least", "over": "under", "nearly": "more than", "almost": "more than",
}  # fmt: skip


def _bound(told: Told, pool: Pool, chance: random.Random) -> Told | None:
    made = [
        _with(told, match, new)
        for old, new in _BOUNDS.items()
        for match in re.finditer(rf"\b{old}\b(?= [$€£]?\d)", told.statement)
        if not re.search(rf"\b{new}\b", told.source)
    ]
    return chance.choice(made) if made else None


def _next_year(told: Told, pool: Pool, chance: random.Random) -> Told | None:
    match = _one(_YEAR, told.statement, chance)
    other = str(int(match.group()) + chance.choice((-1, 1))) if match else ""
    return _with(told, match, other) if match and not _holds(told.source, other) else None


def _points(told: Told, pool: Pool, chance: random.Random) -> Told | None:
    match = _one(re.compile(r"(?<=\d)(?:%| percent\b| per cent\b)"), told.statement, chance)
    return _with(told, match, " points") if match and "points" not in told.source else None


def _scale(told: Told, pool: Pool, chance: random.Random) -> Told | None:
    match = _one(re.compile(r"(?<=\d )(?:million|billion|thousand)\b"), told.statement, chance)
    return _with(told, match, "billion" if match.group() == "million" else "million") if match else None


def _quoted_word(told: Told, pool: Pool, chance: random.Random) -> Told | None:
    """A word of a quotation left out, doubled or put elsewhere."""
    quoted = _quoted_words(told.statement, chance)
    words = list(_WORD.finditer(told.statement, *quoted.span(1))) if quoted else []
    if not quoted or len(words) < 4:
        return None
    inner = words[1:-1]
    word = chance.choice(inner)
    new = (
        "" if chance.random() < 0.5 else chance.choice([w.group() for w in words if w.group() != word.group()] or [""])
    )
    changed = _with(told, word, new)
    text = re.sub(r"  +", " ", changed.statement)
    return (
        None if _QUOTED.findall(text)[:1] and _QUOTED.findall(text)[0] in told.source else replace(told, statement=text)
    )


def _day_by_one(told: Told, pool: Pool, chance: random.Random) -> Told | None:
    """The day beside the right one, of a date."""
    match = _one(_DAY, told.statement, chance)
    if match is None:
        return None
    day = match["after"] or match["before"]
    other = str(int(day) + chance.choice((-1, 1)))
    if not 0 < int(other) < 31 or _holds(told.source, other):
        return None
    return _with(told, match, re.sub(rf"\b{day}\b", other, match.group()))


def _misread_number(told: Told, pool: Pool, chance: random.Random) -> Told | None:
    """Two digits exchanged, or one too many."""
    match = _one(_LONG_NUMBER, told.statement, chance)
    if match is None:
        return None
    digits = match.group()
    other = digits[1] + digits[0] + digits[2:] if digits[1].isdigit() and digits[0] != digits[1] else digits + "0"
    return _with(told, match, other) if other[0] != "0" and not _holds(told.source, other) else None


def _misquoted(told: Told, pool: Pool, chance: random.Random) -> Told | None:
    """Six words between quotation marks, two of them exchanged."""
    if re.search(r"[“”\"‘]|``|''", told.statement):
        return None
    match = _one(_SIX_WORDS, told.statement, chance)
    if match is None:
        return None
    words = match.group().split()
    words[2], words[3] = words[3], words[2]
    quoted = " ".join(words)
    return None if quoted in told.source else _with(told, match, f"“{quoted}”")


FAULTS: dict[str, Change] = {
    "number": _number, "misread number": _misread_number, "name": _name, "date": _date, "year": _next_year,
    "day by one": _day_by_one, "unit": _unit, "points": _points, "scale": _scale,
    "bound": _bound, "quotation": _quotation, "quoted word": _quoted_word, "misquoted": _misquoted,
}  # fmt: skip


# What may be written otherwise without saying anything else.

_PERSON = re.compile(r"(?<=[a-z,] )([A-Z][a-z]+) ([A-Z][a-z]{2,})\b(?! [A-Z])")
_FIRST_NAMES = frozenset(
    """James John Robert Michael David William Richard Joseph Thomas Daniel Matthew Mark Paul Steven Andrew Kevin Brian
    Peter Mary Jennifer Linda Elizabeth Susan Jessica Sarah Karen Lisa Nancy Anna Emily Laura Maria Donald Joe Kamala
    Vladimir Volodymyr Boris Emmanuel Elon Jeff Mike Chris Tom Jim Bill Ben Sam Alex Nick Eric Kate Emma""".split()
)


def _unquoted(change: Change) -> Change:
    """Words between quotation marks are not ours to reword."""
    return lambda told, pool, chance: None if re.search(r"[“”\"]|‘|``", told.statement) else change(told, pool, chance)


def _in_words(told: Told, pool: Pool, chance: random.Random) -> Told | None:
    match = re.search(r"(?<![\w.,$€£-])(?:[2-9]|1[0-2])(?= [a-z])", told.statement)
    return _with(told, match, _NUMBER_WORDS[int(match.group()) - 2]) if match else None


def _in_digits(told: Told, pool: Pool, chance: random.Random) -> Told | None:
    match = _NUMBER_WORD.search(told.statement)
    values = [*range(2, 13), 20, 30, 40, 50]
    if not match or "-" in told.statement[match.start() - 1 : match.end() + 1]:
        return None
    return _with(told, match, str(values[_NUMBER_WORDS.index(match.group())]))


def _other_percent(told: Told, pool: Pool, chance: random.Random) -> Told | None:
    match = re.search(r"(?<=\d)%|(?<=\d) percent\b", told.statement)
    return _with(told, match, " per cent" if match.group() == "%" else "%") if match else None


def _other_currency(told: Told, pool: Pool, chance: random.Random) -> Told | None:
    match = re.search(r"\$(\d[\d,.]*\d|\d)( (?:million|billion|trillion))?(?! ?[a-z-]*\d)", told.statement)
    if not match:
        return None
    scale = {"million": "m", "billion": "bn", "trillion": "tn"}.get((match[2] or "").strip(), "")
    new = f"{match[1]}{match[2] or ''} dollars" if chance.random() < 0.5 or not scale else f"${match[1]}{scale}"
    return _with(told, match, new)


def _without_separators(told: Told, pool: Pool, chance: random.Random) -> Told | None:
    match = re.search(r"(?<![\w.,])\d{1,3}(?:,\d{3})+(?![\d,])", told.statement)
    return _with(told, match, match.group().replace(",", "")) if match else None


def _whole_date(told: Told, pool: Pool, chance: random.Random) -> Told | None:
    """The day that "on Monday" means, by the article's date; only where the sentence tells of what has happened."""
    match = re.search(rf"\bon ({'|'.join(_WEEKDAYS)})\b(?! (?:night|morning|evening|afternoon))", told.statement)
    if not match or told.day is None or re.search(r"\bwill\b|\bnext\b|\bupcoming\b", told.statement):
        return None
    back = (told.day.weekday() - _WEEKDAYS.index(match[1])) % 7
    day = told.day - timedelta(days=back)
    return _with(told, match, f"on {day.day} {_MONTHS[day.month - 1]} {day.year}")


def _short_name(told: Told, pool: Pool, chance: random.Random) -> Told | None:
    people = [match for match in _PERSON.finditer(told.statement) if match[1] in _FIRST_NAMES]
    if not people:
        return None
    match = people[0]
    return _with(told, match, chance.choice((match[2], f"{match[1][0]}. {match[2]}")))


def _told_by(told: Told, pool: Pool, chance: random.Random) -> Told | None:
    if chance.random() < 0.7:
        return None
    words = told.statement
    first = words.split()[0]
    lower = first.lower() in ("the", "a", "an", "it", "in", "he", "she", "they", "this", "but", "at", "there", "some")
    return replace(told, statement=f"According to the article, {words[0].lower() if lower else words[0]}{words[1:]}")


def _quoted(told: Told, pool: Pool, chance: random.Random) -> Told | None:
    if chance.random() < 0.7:
        return None
    return replace(told, statement=f"The article says: “{told.statement}”")


_REWORDED: dict[str, Change] = {
    "number in words": _in_words, "number in digits": _in_digits, "percent": _other_percent,
    "currency": _other_currency, "separators": _without_separators, "whole date": _whole_date,
    "short name": _short_name, "told by": _told_by, "quoted": _quoted,
}  # fmt: skip

FAITHFUL = {kind: _unquoted(change) for kind, change in _REWORDED.items()}
