"""What each article puts into the gap that a question leaves: the day, the figure, the name, the kind of thing.

"When was Velden founded?" leaves a day open that belongs to the founding of Velden. Read are sentences about what the
question names, by the word that the question asks with; whatever asks otherwise has no gap here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from assistant.claims import MEASURES, Claim, Sentence, families_of
from assistant.contrast import TITLES
from assistant.extractive import is_dangling
from assistant.facts import Day, Figure
from assistant.families import family, question_families
from assistant.kinds import QuestionKind, wanted
from assistant.words import MONTHS, names, stem

_SAME_EVENTS: Final = tuple(
    frozenset(family(stem(word)) for word in words.split())
    for words in (
        "built constructed erected completed completion construction",
        "established founded formed created organised organized opened incorporated launched",
        "released published launched release premiered",
        "broadcast aired transmitted premiered",
        "died death",
        "born birth",
    )
)
"""Verbs that tell the same event of a building, a body, a work or a life."""

_ROLES: Final = {
    family(stem(role)): re.compile(
        rf"\b(?:{verbs})\b(?P<made>[^.;]{{0,40}}?)\s(?:by|from|of)\s(?P<who>[^.;]{{0,80}}(?!\w))"
    )
    for roles, verbs in {
        "artist band singer performer group album song recorded": "album|record|EP|single|song|compilation|CD|track"
        "|recorded|performed|released",
        "director directed directs": "directed|film|movie|director",
        "creator created author wrote written writer": "written|created|novel|book|series|play|author|creator",
        "architect designed designer": "designed|architect|designer",
        "composer composed": "composed|music|composer",
        "founder founded": "founded|founder",
        "owner owned": "owned|owner",
        "father son daughter": "son|daughter|father|child",
        "husband wife married": "wife|widow|husband|married",
    }.items()
    for role in roles.split()
}
"""For the role that is asked for, what its bearer stands after: "an album by", "was designed by", "the son of"."""

_KINDS_OF_THING: Final = frozenset(
    family(stem(word))
    for word in """sport profession occupation job genre medium format type language party rank position instrument
    nationality style career unit function refer stand mean abbreviation known""".split()
)
"""What the sentence tells that says who or what something is: "was a Norwegian economist"."""

_NUMBERED: Final = re.compile(r"\b(?!(?:1\d|20)\d\d\b)\d+(?:st|nd|rd|th)?\b")
"""A number belongs to the name, "100 Brigade", and is none of its words."""

_DATE, _LOCATION = (family(stem(word)) for word in ("date", "location"))

_IS_A: Final = re.compile(
    r"\s(?:is|was|are|were)\s(?:also |now )?(?P<what>(?:an?|the|one of the)\s"
    r"(?:(?!\s(?:who|which|that|whose|best|known|currently|&)(?!\w))[^.;,()]){3,90}(?![\w’'-]))"
)

_NAME: Final = re.compile(r"[A-Z][\w’'.-]*(?: (?:(?:of|de|van|von|al|bin) )?[A-Z][\w’'-]*)*")

_LIVING: Final = re.compile(
    r"\s(?:inhabitants|residents)\b"
    r"|\speople\b[^.;]{0,60}\b(?:residing|living|resident|in the (?:city|town|village|county|township))"
)
"""What is counted where a population is meant: "900 people living in the town"."""

_POPULATION: Final = family(stem("population"))

_WHERE: Final = re.compile(r"\b(?:in|at|near)\s(?:the\s)?(?P<who>[A-Z][\w’'-]*(?:,? [A-Z][\w’'-]*)*)")


_TITLES: Final = frozenset(TITLES) | frozenset(
    family(stem(word)) for word in "judge justice senator emperor empress governor mayor bishop colonel captain".split()
)
"""Words before a name that its bearer's own article may leave out."""


@dataclass(frozen=True, slots=True)
class Gap:
    """What a question leaves open of what it names."""

    kind: QuestionKind
    named: frozenset[str]
    """Families of the words of its names."""
    asked: frozenset[str]
    """Families of its other words."""
    about: str
    """The words that it asks with."""


def gap(question: str) -> Gap | None:
    """The gap of ``question``; ``None`` where it names nothing, or asks for what no single word tells."""
    want = wanted(question)
    kind = want.kind
    named = frozenset(word for name in names(question) for word in families_of(name)) - _TITLES
    asked = frozenset(question_families(question)) - named
    if not named or want.extent == "list" or _NUMBERED.search(question):
        return None
    if kind not in ("when", "where"):
        kind = "when" if _DATE in asked else "where" if _LOCATION in asked else kind
    if kind not in ("when", "where") and asked.isdisjoint(MEASURES | _ROLES.keys() | _KINDS_OF_THING):
        return None
    about = " ".join(word for word in question.rstrip("?").split() if not asked.isdisjoint(families_of(word)))
    return Gap(kind, named, asked, about)


def fillers(gap: Gap, sentence: Sentence, *, is_about: bool) -> Iterator[Claim]:
    """What a sentence puts into the gap. ``is_about``: its article is about what the question names."""
    if not gap.named <= sentence.families and not (is_about and _goes_on(sentence, gap)):
        return
    if gap.kind == "when":
        events = gap.asked.union(*(same for same in _SAME_EVENTS if same & gap.asked))
        yield from (
            claim
            for claim in sentence.claims
            if isinstance(claim.value, Day) and claim.value.year and claim.verb in events and _is_its(claim, gap)
        )
    elif measures := gap.asked & MEASURES:
        for claim in sentence.claims:
            if not isinstance(claim.value, Figure):
                continue
            if measures & claim.near or (_POPULATION in measures and _LIVING.match(sentence.text, claim.value.end)):
                yield claim
    elif roles := [role for role in _ROLES if role in gap.asked]:
        for role in roles:
            yield from _named(sentence, _ROLES[role], gap)
    elif gap.kind == "where":
        yield from _places(sentence, gap)
    elif gap.asked & _KINDS_OF_THING and (found := _IS_A.search(sentence.text)):
        start, end = found.span("what")
        near = frozenset(families_of(found["what"]))
        yield Claim(sentence, found["what"], start, end, near, about=gap.about)


def _goes_on(sentence: Sentence, gap: Gap) -> bool:
    """Whether a sentence tells of what its article is about by a shorter name or none: "It was …", "Built in …"."""
    return (
        is_dangling(sentence.text)
        or _SAME_SUBJECT.match(sentence.text) is not None
        or not gap.named.isdisjoint(sentence.families)
    )


_SAME_SUBJECT = re.compile(r"(?:The|In|As of|At|According to|[A-Z][a-z]+ed|Built|Begun|Born)\b")


def _is_its(claim: Claim, gap: Gap) -> bool:
    """Not the days of a life in the brackets behind another name: "the son of Karl Blum (1850–1921)"."""
    before = claim.sentence.text[: claim.start]
    opened = before.rfind("(")
    if opened <= before.rfind(")"):
        return True
    return not gap.named.isdisjoint(families_of(" ".join(before[:opened].split()[-4:])))


def _places(sentence: Sentence, gap: Gap) -> Iterator[Claim]:
    for found in _WHERE.finditer(sentence.text):
        words = frozenset(families_of(found["who"]))
        if words and words.isdisjoint(gap.named) and not words & _MONTHS:
            yield Claim(sentence, found["who"], *found.span("who"), words, about=gap.about)


_MONTHS: Final = frozenset(word for month in MONTHS for word in families_of(month))


def _named(sentence: Sentence, pattern: re.Pattern[str], gap: Gap) -> Iterator[Claim]:
    for found in pattern.finditer(sentence.text):
        held = list(_NAME.finditer(sentence.text, found.start("who"), found.end("who")))
        for place, name in enumerate(held):
            words = frozenset(families_of(name.group()))
            following = sentence.text[name.end() : held[place + 1].start()] if place + 1 < len(held) else ""
            if words and words.isdisjoint(gap.named) and len(name.group()) > 2 and not _DESCRIBES.fullmatch(following):
                end = name.start() + len(name.group().rstrip("."))
                yield Claim(sentence, sentence.text[name.start() : end], name.start(), end, words, about=gap.about)
                break


_DESCRIBES: Final = re.compile(
    r"(?:(?!\s(?:and|in|on|at|by|for|with|from|to|of|released|as|is|was|that|who|which)\s)[\s/a-z-])*\s[a-z]+[\s/a-z-]*"
)
"""Between two names of which the first only says of what kind the second is: "Danish rock band Long Quay"."""
