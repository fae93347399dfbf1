"""A third way of planting faults: other sentences, other changes, by someone who has not read the check.

The sentences are those that people wrote from passages before them, and pairs from two articles in one sentence. The
changes are those of a hasty writer: the day beside the right one, another unit, "some" for "all", "plans to" for "did".
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.benchmarks.faults import Change, Pool, Told
from vectorstore.splitter import sentences

_MONTH = "January|February|March|April|June|July|August|September|October|November|December"
_WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_BESIDE_A_MONTH = re.compile(
    rf"\b(?:(?:{_MONTH})\.? (?P<after>\d{{1,2}})\b(?! ?:)|(?P<before>\d{{1,2}}) (?:{_MONTH})\b)"
)
_WEEKDAY = re.compile(rf"\b(?:{'|'.join(_WEEKDAYS)})\b")
_NUMBER = re.compile(r"(?<![\w.,$€£-])\d{2,}(?:,\d{3})*(?![\w.,]\d|[\w-])")
_FULL_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{2,} [A-Z][a-z]{2,}\b(?! [A-Z])")
_PEOPLES = (
    "French German Italian Spanish Russian Ukrainian American British Chinese Japanese Indian Canadian Australian "
    "Dutch Polish Turkish Greek Egyptian Mexican Brazilian Swedish Irish Scottish English"
).split()
_ORDINALS = "first second third fourth fifth sixth seventh eighth".split()

_UNITS = {
    r"\ba day\b": "a week", r"\ba week\b": "a month", r"\ba month\b": "a year", r"\bper hour\b": "per minute",
    r"\bper year\b": "per month", r"\bannual(?:ly)?\b": "monthly", r"\bdaily\b": "weekly", r"\bweekly\b": "daily",
    r"\bhundreds of\b": "thousands of", r"\bthousands of\b": "millions of", r"\bdozens of\b": "hundreds of",
    r"(?<=\d )minutes\b": "seconds", r"(?<=[a-z\d] )years\b": "decades", r"\bdecades\b": "centuries",
    r"\bcenturies\b": "decades", r"(?<=\d )(?:miles|kilometers|km)\b": "feet", r"(?<=\d )(?:feet|ft)\b": "inches",
    r"(?<=\d )(?:meters|metres|m)\b": "kilometers", r"(?<=\d )acres\b": "square miles",
    r"(?<=\d )(?:pounds|kg)\b": "ounces", r"(?<=\d )million\b": "thousand", r"(?<=\d )thousand\b": "million",
    r"\bFahrenheit\b": "Celsius", r"\bCelsius\b": "Fahrenheit", r"(?<=\d)%": " times",
    r"(?<=\d) percent\b": " times", r"(?<=[a-z\d] )months\b": "years", r"(?<=[a-z\d] )hours\b": "days",
}  # fmt: skip
_DROPPED_NEGATIONS = {
    r"\bnever ": "", r"\bno longer ": "still ", r"\bwithout\b": "with", r"\bcannot\b": "can", r"\bcan[’']t\b": "can",
    r"\b(is|are|was|were|has|have|had|would|could|should|will) not\b": r"\1", r"\b(do|does|did) not ": "",
    r"\b(is|are|was|were|has|have|had|would|could|should)n[’']t\b": r"\1", r"\bno (?=[a-z]+\b)": "some ",
    r"\bunable to\b": "able to", r"\bfailed to\b": "managed to", r"\brefused to\b": "agreed to",
}  # fmt: skip
_DENIALS = {
    r"\bagreed to\b": "refused to", r"\bdecided to\b": "declined to", r"\bable to\b": "unable to",
    r"\bmanaged to\b": "failed to", r"\bsaid that\b": "denied that", r"\bcontinued to\b": "ceased to",
    r"\bincludes\b": "excludes", r"\bincluding\b": "excluding", r"\bcan (?=[a-z])": "cannot ",
    r"\bwill (?=[a-z])": "will not ", r"\b(is|are|was|were) (?=[a-z]+ed\b)": r"\1 never ",
    r"\bhelped\b": "failed to help", r"\bpossible\b": "impossible", r"\bsuccessful\b": "unsuccessful",
    r"\bwith (?=[a-z])": "without ", r"\b(has|have|had) (?=[a-z]+ed\b)": r"\1 not ",
}  # fmt: skip
_PLANS = {
    r"\b(?:plans|hopes|aims|wants|intends|tries|seeks|attempts) to (?=[a-z])": "managed to ",
    r"\b(?:planned|hoped|aimed|wanted|intended|tried|sought|attempted) to (?=[a-z])": "managed to ",
    r"\b(?:may|might|could) (?=(?:also )?[a-z]+\b)": "will ",
    r"\b(?:is|are|was|were) expected to\b": "managed to", r"\ballegedly\b": "certainly",
    r"\breportedly\b": "certainly", r"\bprobably\b": "certainly", r"\blikely\b": "certain",
    r"\bpossibly\b": "certainly",
}  # fmt: skip
_QUANTIFIERS = {
    r"\b[Ss]ome\b": "all", r"\bmost\b(?= (?!of the time)[a-z]+s\b)": "all", r"\b[Mm]any\b": "few",
    r"\b[Ff]ew\b": "many", r"\b[Aa]ll\b(?= (?:the |of )?[a-z]+)": "some", r"\b[Ee]very\b": "no",
    r"\b[Ss]everal\b": "all", r"\balways\b": "sometimes", r"\busually\b": "never", r"\boften\b": "rarely",
    r"\bsometimes\b": "always", r"\bboth\b": "neither", r"\bonly\b": "not only", r"\bmajority\b": "minority",
    r"\bhalf\b": "a third", r"\beach (?!other)": "no ",
}  # fmt: skip
_CONNECTIONS = {
    r"\bbecause of\b": "despite", r"\bdue to\b": "despite", r"\bbecause\b": "although", r"\bsince\b(?= \d)": "until",
    r"\buntil\b": "since", r"\bduring\b": "after", r"\bdespite\b": "because of", r"\bas well as\b": "instead of",
    r"\bprior to\b": "after", r"\bbefore\b": "after", r"\bafter\b": "before", r"\bearlier\b": "later",
    r"\bthrough\b(?= \w+ing\b)": "without",
}  # fmt: skip
_OPPOSITES = {
    r"\bincreases\b": "decreases", r"\blower\b": "higher", r"\bhigher\b": "lower", r"\blargest\b": "smallest",
    r"\bbest\b": "worst", r"\bmore\b": "less", r"\bless\b": "more", r"\bstrong\b": "weak", r"\blong\b": "short",
    r"\bearly\b": "late", r"\blate\b": "early", r"\bsuccess\b": "failure", r"\bwinning\b": "losing",
    r"\bbeginning\b": "end", r"\bend\b": "beginning", r"\bpositive\b": "negative", r"\bnegative\b": "positive",
    r"\bpublic\b": "private", r"\bprivate\b": "public", r"\bnew\b": "old", r"\bold\b": "new", r"\bfemale\b": "male",
    r"\bmale\b": "female", r"\bfather\b": "mother", r"\bmother\b": "father", r"\bhis wife\b": "his sister",
    r"\bdied\b": "survived", r"\bborn\b": "buried", r"\bopen\b": "closed", r"\bsafe\b": "dangerous",
    r"\bminimum\b": "maximum", r"\bmaximum\b": "minimum", r"\bupper\b": "lower", r"\bleft\b(?= side| hand)": "right",
}  # fmt: skip


def _holds(text: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word.strip())}(?!\w)", text, re.IGNORECASE) is not None


def _with(told: Told, start: int, end: int, new: str) -> Told:
    return replace(told, statement=told.statement[:start] + new + told.statement[end:])


def _one_of(table: Mapping[str, str], *, absent: bool = True) -> Change:
    """One of the patterns replaced by what stands beside it; not by what the source says as well."""

    def change(told: Told, pool: Pool, chance: random.Random) -> Told | None:
        made = [
            _with(told, match.start(), match.end(), match.expand(new))
            for pattern, new in table.items()
            for match in re.finditer(pattern, told.statement)
            if not (absent and new.strip() and _holds(told.source, match.expand(new)))
        ]
        return chance.choice(made) if made else None

    return change


def _day_by_one(told: Told, pool: Pool, chance: random.Random) -> Told | None:
    made = []
    for match in _BESIDE_A_MONTH.finditer(told.statement):
        group = "after" if match["after"] else "before"
        other = str(int(match[group]) + chance.choice((-1, 1)))
        if 0 < int(other) < 31 and not _holds(told.source, other):
            made.append(_with(told, *match.span(group), other))
    for match in _WEEKDAY.finditer(told.statement):
        other = _WEEKDAYS[(_WEEKDAYS.index(match.group()) + chance.choice((-1, 1))) % 7]
        if not _holds(told.source, other):
            made.append(_with(told, *match.span(), other))
    return chance.choice(made) if made else None


def _misread_number(told: Told, pool: Pool, chance: random.Random) -> Told | None:
    """Two digits exchanged, or one too many."""
    made = []
    for match in _NUMBER.finditer(told.statement):
        digits = match.group()
        other = digits[1] + digits[0] + digits[2:] if digits[1].isdigit() and digits[0] != digits[1] else digits + "0"
        if other[0] != "0" and not _holds(told.source, other):
            made.append(_with(told, *match.span(), other))
    return chance.choice(made) if made else None


def _other_full_name(told: Told, pool: Pool, chance: random.Random) -> Told | None:
    match = next(iter(_FULL_NAME.finditer(told.statement)), None)
    others = [
        name
        for name in dict.fromkeys(_FULL_NAME.findall("\n".join(told.passages)))
        if not any(_holds(told.statement, word) for word in name.split())
    ]
    return _with(told, *match.span(), chance.choice(others)) if match and others else None


def _other_speaker(told: Told, pool: Pool, chance: random.Random) -> Told | None:
    match = re.search(
        r"\b[A-Z][a-z]{3,}(?= (?:said|says|told|added|argued|wrote|believes|claims|claimed)\b)", told.statement
    )
    others = [
        name for name in re.findall(r"(?<=[a-z,] )[A-Z][a-z]{3,}\b", told.source) if not _holds(told.statement, name)
    ]
    return _with(told, *match.span(), chance.choice(others)) if match and others else None


def _other_people(told: Told, pool: Pool, chance: random.Random) -> Told | None:
    match = re.search(rf"\b(?:{'|'.join(_PEOPLES)})\b(?! [A-Z])", told.statement)
    others = [people for people in _PEOPLES if not _holds(told.source, people)]
    return _with(told, *match.span(), chance.choice(others)) if match else None


def _other_ordinal(told: Told, pool: Pool, chance: random.Random) -> Told | None:
    match = re.search(rf"\b(?:{'|'.join(_ORDINALS)})\b", told.statement)
    others = [word for word in _ORDINALS if not _holds(told.source, word)]
    return _with(told, *match.span(), chance.choice(others)) if match and others else None


def _exchanged(told: Told, pool: Pool, chance: random.Random) -> Told | None:
    """Two names change places: "from A to B", "A was left by B", "A, not B", "A defeated B"."""
    name = r"[A-Z][a-z]{2,}(?: [A-Z][a-z]+)?"
    match = re.search(
        rf"\b(?P<a>{name})\b(?P<between> to | over | than | instead of | rather than "
        rf"| (?:was|were|is|are|been) [a-z]+ (?:by|in|from|to) | [a-z]{{3,}}(?:ed|s) )(?P<b>{name})\b",
        told.statement,
    )
    if not match or match["a"] == match["b"] or match["a"].lower() in ("the", "this", "when", "while", "after"):
        return None
    return _with(told, *match.span(), f"{match['b']}{match['between']}{match['a']}")


def _misquoted(told: Told, pool: Pool, chance: random.Random) -> Told | None:
    """Six words between quotation marks, two of them exchanged."""
    if re.search(r"[“”\"‘]|``|''", told.statement):
        return None
    spans = [match.span() for match in re.finditer(r"\b[a-z]{3,}\b", told.statement)]
    runs = [
        spans[at : at + 6]
        for at in range(len(spans) - 5)
        if all(told.statement[a[1] : b[0]] == " " for a, b in zip(spans[at : at + 5], spans[at + 1 :], strict=False))
    ]
    if not runs:
        return None
    run = chance.choice(runs)
    words = [told.statement[start:end] for start, end in run]
    words[2], words[3] = words[3], words[2]
    quoted = " ".join(words)
    return None if quoted in told.source or words[2] == words[3] else _with(told, run[0][0], run[-1][1], f"“{quoted}”")


def _nearest_citation(told: Told, pool: Pool, chance: random.Random) -> Told | None:
    """Cites the passage of something else that shares the most words with the statement."""
    words = set(re.findall(r"\w{4,}", told.statement.lower()))
    others = [text for text in pool.passages if text not in told.passages and told.statement not in text]
    near = max(others, key=lambda text: len(words & set(re.findall(r"\w{4,}", text.lower()))))
    return replace(told, passages=(near,), title="")


THIRD: dict[str, Change] = {
    "day by one": _day_by_one, "misread number": _misread_number, "full name": _other_full_name,
    "speaker": _other_speaker, "people": _other_people, "ordinal": _other_ordinal, "other unit": _one_of(_UNITS),
    "negation dropped": _one_of(_DROPPED_NEGATIONS, absent=False), "denial": _one_of(_DENIALS),
    "plan told as done": _one_of(_PLANS), "quantifier": _one_of(_QUANTIFIERS), "connection": _one_of(_CONNECTIONS),
    "opposite": _one_of(_OPPOSITES), "exchanged": _exchanged, "misquoted": _misquoted,
    "near citation": _nearest_citation,
}  # fmt: skip


def responses(dialogues: Sequence[Mapping[str, Any]]) -> Iterator[Told]:
    """What assistants answered with the passages before them, sentence by sentence, where it tells something."""
    for row in dialogues:
        if "ANSWERABLE" not in row["answerability"]:
            continue
        passages = tuple(context["text"] for context in row["contexts"])
        title = row["Collection"] if isinstance(row["Collection"], str) else ""
        for target in row["targets"]:
            for start, end in sentences(target["text"]):
                text = target["text"][start:end]
                if end - start > 40 and not re.search(r"\b(?:I|you|your|we|our|sorry)\b|\?|^\W*\d*\W*$", text):
                    yield Told(text, passages, title, None)


def merged(news: Sequence[Told]) -> Iterator[Told]:
    """Every fourth sentence joined with the one after it, which is of another article, with both passages cited."""
    for one, other in zip(news[::4], news[1::4], strict=False):
        head, tail = one.statement.rstrip(), other.statement
        if re.search(r"[\w’']\.$", head) and not re.search(r"[“”\"‘]", head + tail) and one.day and other.day:
            yield Told(f"{head[:-1]}, while {tail}", one.passages + other.passages, f"{one.title}. {other.title}", None)
