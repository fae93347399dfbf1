"""Who bears which name and title: what a paraphrase mixes up most easily, because every word of it is in the source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from assistant.facts import PEOPLES, plain, same_name
from assistant.words import STOP_WORDS

TITLES = {
    form: title
    for title, forms in {
        "president": "president pres", "prime minister": "premier pm", "minister": "minister",
        "chancellor": "chancellor",
        "senator": "senator sen", "representative": "representative rep congressman congresswoman",
        "governor": "governor gov", "mayor": "mayor", "secretary": "secretary", "ambassador": "ambassador amb",
        "general": "general gen", "colonel": "colonel col", "captain": "captain capt", "major": "major maj",
        "lieutenant": "lieutenant lt", "sergeant": "sergeant sgt", "admiral": "admiral adm",
        "commander": "commander cmdr",
        "judge": "judge justice", "attorney": "attorney", "doctor": "doctor dr", "professor": "professor prof",
        "king": "king", "queen": "queen", "prince": "prince", "princess": "princess", "emperor": "emperor",
        "duke": "duke",
        "pope": "pope", "bishop": "bishop", "archbishop": "archbishop", "cardinal": "cardinal",
        "reverend": "reverend rev",
        "sir": "sir", "lord": "lord", "lady": "lady", "dame": "dame", "coach": "coach", "chief": "chief",
        "director": "director", "chairman": "chairman chairwoman chair", "ceo": "ceo", "sheriff": "sheriff",
        "detective": "detective", "officer": "officer", "inspector": "inspector", "marshal": "marshal",
    }.items()
    for form in forms.split()
}  # fmt: skip
"""What may stand before a person's name, and its short forms."""

_ADJECTIVES = frozenset(("major", "general", "chief"))
"""In lower case these are no titles: "other major Allied nations"."""

_ANY_TITLE = "|".join(sorted(TITLES, key=len, reverse=True))
_TITLED = re.compile(rf"\b(?P<title>(?i:{_ANY_TITLE}))\b\.?\s+(?P<name>[A-Z][\w’'-]*(?:\s+[A-Z][\w’'-]*\.?)*)")
_RUN = re.compile(r"[A-Z][\w’']*(?:-\w+)*\.?(?: [A-Z][\w’']*(?:-\w+)*\.?)+")
_NAMED = re.compile(r"[^\W\d_]+(?:[’'.][^\W\d_]+)*")
_HONORIFICS = frozenset("mr mrs ms miss mx sir dame the".split())


NEAR = 4
"""Words between which two names may be one: "Minister of Defence Rustem Umerov" for "Defence Minister Umerov"."""


class Persons(NamedTuple):
    """Who bears which title, and which names stand together, in a text."""

    titled: frozenset[tuple[str, str]]
    words: frozenset[str]
    together: frozenset[tuple[str, str]]
    runs: tuple[frozenset[str], ...]


@lru_cache(maxsize=1024)
def persons(text: str) -> Persons:
    titled = {
        (TITLES[match["title"].lower()], plain(match["name"].split()[-1]))
        for match in _TITLED.finditer(text)
        if match["title"] not in _ADJECTIVES
    }
    runs = []
    together: set[tuple[str, str]] = set()
    for match in _RUN.finditer(text):
        run = [word for written in match.group().split() if (word := plain(written))]
        if run and run[0] in STOP_WORDS:  # "While Cheng"
            run = run[1:]
        kept = [word for word in run if word not in TITLES and word not in _HONORIFICS]
        runs.append(frozenset(kept))
        if len(kept) == 2 and run[-2:] == kept:  # first and last name; longer runs name bodies and works
            together.add((kept[0], kept[1]))
    words = frozenset(TITLES.get(word, word) for word in re.findall(r"[a-z]+", text.lower()))
    return Persons(frozenset(titled), words, frozenset(together), tuple(runs))


def _is_proper(written: str) -> bool:
    """Whether it is part of a name alone: titles, peoples and abbreviations stand before any name."""
    word = plain(written)
    joins_any = word in TITLES or word in _HONORIFICS or word in PEOPLES or word in STOP_WORDS
    people = word.endswith(("an", "ish", "ese"))
    return len(word) > 2 and "-" not in written and not written.isupper() and not joins_any and not people


def person_fault(statement: str, texts: Sequence[str]) -> str:
    """A title that nobody has in ``texts``, or a first name that belongs to someone else there; empty if neither."""
    ours = persons(statement)
    if not ours.titled and not ours.together:
        return ""
    known = [persons(text) for text in texts]
    for title, name in sorted(ours.titled):
        parts = title.split()
        if not any(all(part in each.words or title in each.words for part in parts) for each in known):
            return f"“{title}” is not in the source"
        theirs = {other for each in known for other, whose in each.titled if whose == name}
        if theirs and title not in theirs:
            owners = {whose for each in known for other, whose in each.titled if other == title}
            if owners:
                return f"the source does not call {name.title()} “{title}”"
    for one, other in sorted(ours.together):
        firsts = {first for each in known for first, last in each.together if last == other}
        if not firsts or any(same_name(one, first) for first in firsts):
            continue
        if not any(one in run and other in run for each in known for run in each.runs):
            return f"“{one.title()} {other.title()}” is not in the source"
    return ""


def separated(statement: str, texts: Sequence[str]) -> Iterator[str]:
    """Names that ``texts`` know, each for something else, and that make one name in ``statement``."""
    beside = [
        (one, other)
        for match in _RUN.finditer(statement)
        for one, other in pairwise(match.group().split())
        if one[-1] != "." and not one.endswith(("’s", "'s", "s’")) and _is_proper(one) and _is_proper(other)
    ]
    places = [capitals(text) for text in texts] if beside else []
    for one, other in beside:
        known = all(any(plain(name) in each for each in places) for name in (one, other))
        if known and not any(_stand_near(one, other, each) for each in places):
            yield f"“{one} {other.rstrip('.')}” is no name in the source"


def _stand_near(one: str, other: str, places: dict[str, list[int]]) -> bool:
    return any(abs(a - b) <= NEAR for a in places.get(plain(one), ()) for b in places.get(plain(other), ()))


@lru_cache(maxsize=1024)
def capitals(text: str) -> dict[str, list[int]]:
    """Where the capitalised words stand, counted in words."""
    places: dict[str, list[int]] = {}
    for at, match in enumerate(_NAMED.finditer(text)):
        if match.group()[0].isupper():
            places.setdefault(plain(match.group()), []).append(at)
    return places
