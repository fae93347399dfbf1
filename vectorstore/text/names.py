"""The names in a question and in texts, and a question with its names as the library writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from vectorstore.text.likeness import Likeness, likeness, sure_enough
from vectorstore.text.spelling import is_latin


class Word(NamedTuple):
    """A word as it stands at ``text[start:end]``, without a possessive ending."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Spelling:
    """How the library writes one name of a question."""

    word: Word
    variants: tuple[str, ...]
    """The library's forms, the most frequent of the surest first."""
    likeness: Likeness
    held: bool
    """Whether the library has the question's own spelling too."""


@dataclass(frozen=True, slots=True)
class Expansion:
    """What is looked up beside the words of one question."""

    spellings: tuple[Spelling, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """The library's spellings, readable, each once."""
        return tuple(dict.fromkeys(variant for spelling in self.spellings for variant in spelling.variants))


NOTHING = Expansion()
"""For a search by the question's own words alone."""


def respelled(question: str, expansion: Expansion) -> str:
    """``question`` with the names that the library does not write so put as it writes them."""
    for spelling in sorted(expansion.spellings, key=lambda each: -each.word.start):
        if not spelling.held:
            word = spelling.word
            question = question[: word.start] + spelling.variants[0] + question[word.end :]
    return question


def written_as_in(question: str, texts: Iterable[str]) -> str:
    """``question`` with the names that stand in none of ``texts`` put as ``texts`` write them.

    For whoever compares the words of a question with passages and has no library at hand.
    """
    asked = asked_names(question)
    if not asked:
        return question
    there: dict[str, int] = {}
    known: set[str] = set()
    for text in texts:
        for name in names_in(text):
            there[name] = there.get(name, 0) + 1
        known.update(match.group().casefold() for match in _WORD.finditer(text))
    for word in reversed(asked):
        if word.text.casefold() in known:
            continue
        alike = [(likeness(word.text, name), count, name) for name, count in there.items()]
        degree, _, name = max(alike, default=(Likeness.OTHER, 0, ""))
        if sure_enough(word.text, degree):
            question = question[: word.start] + name + question[word.end :]
    return question


_WORD = re.compile(r"[^\W\d_]+(?:['’ʼ`][^\W\d_]+)*")
_POSSESSIVE = re.compile(r"['’ʼ`][sS]$")

_LONGEST = 40
"""Characters of a word that can be a name; what is longer is an address or noise."""


_ASKING = frozenset(
    """who whom whose what when where which why how was were are did does has have had can could will would should the
    and for with about that this from there tell list хто кто кой кого який яка які какой какая коли когда кога чому
    почему защо куди куда скільки сколько колко який""".split()
)
"""Words that begin questions, and the most frequent of those that stand in one: spared the looking up."""


def asked_names(question: str) -> list[Word]:
    """The words of a question that may be names, in order: not those in lower case, unless the question has no
    capitals at all. At least three letters.
    """
    small = not any(character.isupper() for character in question[1:])
    found = []
    for match in _WORD.finditer(question):
        text = _POSSESSIVE.sub("", match.group())
        if 3 <= len(text) <= _LONGEST and (small or not text[0].islower()) and text.casefold() not in _ASKING:
            found.append(Word(text, match.start(), match.start() + len(text)))
    return found


def names_in(text: str) -> set[str]:
    """The words of ``text`` that begin with a capital, without possessive endings. The start of a sentence counts:
    which of them are names shows when the library's lower-case words stand beside them.
    """
    found = set()
    for match in _WORD.finditer(text):
        word = match.group()
        if word[0].isupper() and 3 <= len(word) <= _LONGEST:
            word = _POSSESSIVE.sub("", word)
            found.add(word.title() if len(word) > 4 and word.isupper() else word)
    return found


def tells_names(title: str) -> bool:
    """Whether capitals in a title mean names: not where most words have one, as American headlines do."""
    words = [match.group() for match in _WORD.finditer(title)]
    small = sum(word[0].islower() for word in words)
    return small * 2 >= len(words) or any(not is_latin(word) for word in words)
