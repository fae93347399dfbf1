"""Names in a text, and every form in which each may be said again: Ukraine, Ukrainian; European Union, EU."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from assistant.checking.figures import SCALES
from assistant.language.words import MONTH_NUMBERS, NUMBER_WORDS, STOP_WORDS, WEEKDAYS, without_accents


class Name(NamedTuple):
    """One capitalised word. ``sure`` is false where the capital may only be that of a sentence's first word."""

    text: str
    sure: bool = True
    start: int = 0
    end: int = 0


# "O'Brien", "U.S", and designations: "F-16", "COVID-19", "G20".
_NAME = re.compile(r"[^\W\d_]+(?:[’'.][^\W\d_]+)*(?:-?\d+[^\W_]*)?")
_SENTENCE_START = re.compile(r"(?:^|[.!?…:;\n]|^\s*(?:[-*•]|\d+[.)]))\s*[\"'“”‘«»„(\[*_#]*$")
_COMMON_ENDING = re.compile(r"(?:ing|ed|ly|ion|ment|ness|ity|(?<![aiosu])s)$")
"""Of a sentence's first word: plurals and verbal nouns, which are hardly ever names ("Officials", "Speaking")."""
_NOT_NAMES = (STOP_WORDS - {"us"}).union(
    """mr mrs ms dr st sir since although though however according no yes many one two three another several thus
    meanwhile additionally moreover furthermore finally overall still even among despite besides due based upon along
    earlier later today now next last new early recent recently every neither others against near like unlike beyond
    behind across around throughout article articles source sources passage passages pm sure please note see make take
    consider use keep add try ensure check remember give get nobody none nothing never always often
    sometimes""".split(),
    [*MONTH_NUMBERS, *WEEKDAYS, *NUMBER_WORDS, *SCALES, "first", "second", "both", "half", "once"],
)
"""Words that may begin a sentence, or bear a capital, without naming anyone."""
PEOPLES = {
    word: land
    for land, forms in {
        "united states": "american americans us usa america", "united kingdom": "british briton britons britain uk",
        "european union": "eu", "united nations": "un", "china": "chinese", "cyprus": "cypriot", "denmark": "danish",
        "england": "english", "finland": "finnish finn finns", "france": "french frenchman", "greece": "greek greeks",
        "iraq": "iraqi", "ireland": "irish", "netherlands": "dutch", "norway": "norwegian", "peru": "peruvian",
        "poland": "polish pole poles", "portugal": "portuguese", "scotland": "scottish scots", "spain": "spanish",
        "switzerland": "swiss", "thailand": "thai", "turkey": "turkish turk türkiye", "wales": "welsh",
    }.items()
    for word in (*forms.split(), land)
}  # fmt: skip
"""Peoples and abbreviations that share too little with the name of their land to be seen as its form."""
_LANDS_OF_SEVERAL_WORDS = frozenset(land for land in PEOPLES.values() if " " in land)
_PEOPLE_ENDINGS = "ians ian nian ans an ns n en ish ese is i ia ic ism ist ists s a e y".split()
"""What a name and the word for its people differ by: Ukraine, Ukrainian; Sweden, Swedish; Islam, Islamist."""


def names_in(text: str) -> Iterator[Name]:
    for match in _NAME.finditer(text):
        word, after = match.group(), text[match.end() : match.end() + 2]
        if not word[0].isupper() or plain(word) in _NOT_NAMES:
            continue
        sure = True
        if _SENTENCE_START.search(text, max(0, match.start() - 12), match.start()) and word[1:].islower():
            sure = after[:1] == " " and after[1:].isupper()
            if not sure and _COMMON_ENDING.search(word):
                continue
        yield Name(word, sure, match.start(), match.end())


@lru_cache(maxsize=1 << 14)
def name_forms(word: str) -> frozenset[str]:
    """A name without each of the endings of peoples, and the land of a people: Ukrainian → Ukrain; Dutch → …"""
    endings = (ending for ending in _PEOPLE_ENDINGS if word.endswith(ending) and len(word) - len(ending) >= 4)
    return frozenset([word, PEOPLES.get(word, word), *(word[: -len(ending)] for ending in endings)])


@lru_cache(maxsize=1 << 15)
def plain(word: str) -> str:
    """One word in lower case, without accents, stops, hyphens, apostrophes and a possessive ending."""
    return without_accents(re.sub(r"[.’'-]", "", re.sub(r"[’']s$|[’']$", "", word).casefold()))


@lru_cache(maxsize=1024)
def words_and_forms(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """The words of ``text`` that have a capital; and every form in which a word or a name of it may be said again."""
    found = _NAME.findall(text)
    capitals = frozenset(word for word in found if word[0].isupper())
    forms = {plain(word) for word in found}.union(*(name_forms(plain(word)) for word in capitals), _initials(text))
    folded = text.casefold()
    return capitals, frozenset(forms.union(land for land in _LANDS_OF_SEVERAL_WORDS if land in folded))


def _initials(text: str) -> Iterator[str]:
    """First letters of every run of two to six capitalised words, small words between them left out; U.S. has two."""
    for run in re.findall(r"[A-Z][\w.]*(?:[\s-]+(?:(?:of|the|and|for)\s+)*[A-Z][\w.]*)+", text):
        letters = "".join(re.findall(r"(?<!\w)[A-Z]", run)).lower()
        for length in range(2, 7):
            yield from (letters[start : start + length] for start in range(len(letters) - length + 1))
