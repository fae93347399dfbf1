"""Who or what of a name an article is about: two judges Blum, three towns called Velden, an album and a film.

Read from the article's headline and its opening, where such things stand: "Velden, Ardia", "Long Quay (film)", "Anna
Blum (1850–1921) was a judge". Rules over words; what is not clear is neither the same nor another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from assistant.claims import Claim, Sentence, families_of
from assistant.facts import plain, same_name
from assistant.fillers import Gap, fillers
from assistant.words import MONTHS
from vectorstore.duplicates import own_share
from vectorstore.types import Article

OPENING: Final = 700
"""Characters of an article in which it says who or what it is about."""

COPIED: Final = 0.3
"""Share of an opening's words that a copy of it may have for itself: an article that changes a fact of another keeps
its sentences, and is about the same. Of 294 pairs of openings about namesakes 2 share so much, of 131 pairs of which
one was changed 42."""

ALIKE: Final = 0.5
"""Share of the words of the shorter of two descriptions that the other must hold to be one of the same."""

_IS_A = re.compile(r"\s(?:is|was|are|were|refers to)\s(?:also |now )?(?P<what>(?:an?|the|one of the)\s[^.;]{3,160})")

_ASIDE = re.compile(r"\s?\([^()]*(?:\([^()]*\)[^()]*)*\)|,[^,]{3,80},$|[\"“”]")
"""What stands between a name and what its bearer is: days of birth and death, another name."""

_LIFE = re.compile(rf"[–—]|^\s*\d+\s*$|\b(?:{'|'.join(MONTHS)})\b", re.IGNORECASE)
"""Days in brackets belong to a life; they tell no two apart that an article confuses."""

_SHORT = re.compile(
    r"(?:(?!\s(?:who|which|that|whose|where|released|known|based|located|founded|built|currently)\b"
    r"|, (?![A-Z]))[^(:]){3,80}(?![\w’'-])"
)
"""Of what something is said to be: "a town in Nord County, Ardia"."""

_NAME_WORD = re.compile(r"[A-Z]|\d+(?:st|nd|rd|th)\b")

_LIVED = re.compile(r"(?=\s\((?:[^()]{0,40}\D)?\d{4}\b[^()]{0,60}\))")
"""Days of birth and death in brackets."""

_BORN = re.compile(r"\([^()]{0,60}(?:\bborn\b|\d{4}\s?[–—-])")

_LOOSE_END = re.compile(r"(?:\s+(?:in|of|the|by|and|at|on|for|with|is|was|an?))+\s*$")

_LONGEST_NAME: Final = 12
"""Words."""

_TOLD_APART = re.compile(r"(?:\(|, (?=[^\n()]{3,40}\n))([^()\n]{3,40})(?:\)|\n)")

_GENERIC_WORDS = """County State United States North South East West Province District City Town Township Republic Sir
    Lady Lord Dr Mr Mrs Ms Major General Jr Sr Saint St"""
_GENERIC = frozenset(families_of(_GENERIC_WORDS))
_GENERIC_PLAIN = frozenset(plain(word) for word in _GENERIC_WORDS.split())
"""Words that tell no bearer from another."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """One bearer of a name, as far as an article says who or what it is about."""

    article: Article
    name: str
    """As the opening or the headline has it in full; empty where neither names it."""
    description: str
    """What it is said to be: "a town in Nord County, Ardia"; empty where it is not said."""
    brackets: str
    """What the headline says in brackets or behind a comma: "1993 film", "Ardia"."""
    is_person: bool = False
    """Whether days of a life stand behind the name."""

    @property
    def is_known(self) -> bool:
        """Whether the article says who or what its subject is, not just its name."""
        return bool(self.description or self.is_person)

    @property
    def opening(self) -> str:
        return self.article.text[:OPENING]

    @property
    def shown(self) -> str:
        """The name, and as far as the article says so, whose it is: "Anna Blum, a French judge"."""
        what = _SHORT.match(self.description)
        if what:
            return f"{self.name}, {_LOOSE_END.sub('', what.group()).strip()}"
        return f"{self.name} ({self.brackets})" if self.brackets else self.name or self.article.title


@dataclass(slots=True)
class Account:
    """What articles about one bearer put into the gap of a question."""

    bearer: Bearer
    claims: list[Claim] = field(default_factory=list)
    """Those of the article that was found first go first, in its order: an opening tells what matters."""


def accounts(gap: Gap, read: Iterable[Sequence[Sentence]]) -> list[Account]:
    """For each bearer of the name what is told of it; ``read`` holds the sentences of one passage each.

    An article that may be about one of those before it or about another is left out.
    """
    made: list[Account] = []
    for sentences in _of_one_article(read):
        found = bearer(sentences[0].article, gap.named)
        claims = [claim for sentence in sentences for claim in fillers(gap, sentence, is_about=True)] if found else []
        if not found or not claims:
            continue
        same = [are_same(each.bearer, found, gap.named) for each in made]
        if True in same:
            made[same.index(True)].claims += claims
        elif None not in same:
            made.append(Account(found, claims))
    return made


def _of_one_article(read: Iterable[Sequence[Sentence]]) -> Iterator[list[Sentence]]:
    """The sentences of each article in their order, each once."""
    held: dict[str, dict[tuple[str, int], Sentence]] = {}
    for sentences in read:
        for sentence in sentences:
            held.setdefault(sentence.article.id, {}).setdefault(sentence.place, sentence)
    for places in held.values():
        yield [places[place] for place in sorted(places)]


@lru_cache(maxsize=256)
def bearer(article: Article, named: frozenset[str]) -> Bearer | None:
    """Whom or what of the name ``named``, the families of its words, an article is about; ``None`` if about no one."""
    opening = article.text[:OPENING]
    for found in _IS_A.finditer(opening):
        sentence = re.split(r"[.!?]\s(?=[A-Z])|\n", opening[: found.start()])[-1]
        if name := _full_name(_ASIDE.sub("", sentence), named):
            brackets = _in_brackets(f"{article.title}\n{sentence}", named)
            return Bearer(article, name, found["what"], brackets, _BORN.search(sentence) is not None)
    for found in _LIVED.finditer(opening):
        sentence = re.split(r"[.!?]\s(?=[A-Z])|\n", opening[: found.start()])[-1]
        if name := _full_name(_ASIDE.sub("", sentence), named):
            return Bearer(article, name, "", _in_brackets(f"{article.title}\n{sentence}", named), is_person=True)
    head = article.title or opening[:80]
    if named <= set(families_of(head)):
        return Bearer(article, _full_name(head, named), "", _in_brackets(f"{head}\n{opening[:80]}", named))
    return None


def _full_name(text: str, named: frozenset[str]) -> str:
    """The capitalised words that end ``text`` and hold the name, without what is said twice; empty if they do not."""
    words = text.split()[-_LONGEST_NAME:]
    missing, start = set(named), len(words)
    while missing and start and (_NAME_WORD.match(words[start - 1]) or not set(families_of(words[start - 1])) - named):
        start -= 1
        missing -= set(families_of(words[start]))
    if missing or start == len(words):
        return ""
    while start and words[start - 1][0].isupper() and words[start - 1][-1] not in ",)":
        if not named.isdisjoint(families_of(words[start - 1])):
            break  # the headline before it, or "Velden" in "Velden, Ardia Velden"
        start -= 1
    return " ".join(words[start:]).strip(" ,")


def _in_brackets(text: str, named: frozenset[str]) -> str:
    for found in _TOLD_APART.finditer(text):
        before = text[: found.start()].rsplit("\n", 1)[-1]
        if _LIFE.search(found[1]) or set(named).isdisjoint(families_of(before.split()[-1]) if before.strip() else ()):
            continue
        if found.group()[0] == "(" or named >= set(families_of(before)):
            return found[1].strip()
    return ""


def is_of_another(article: Article, named: frozenset[str]) -> bool:
    """Whether an article opens with what something is whose name shares words with ``named``, and is another."""
    opening = article.text[:OPENING]
    found = _IS_A.search(opening)
    if not named or found is None or bearer(article, named) is not None:
        return False
    words = set(families_of(_ASIDE.sub("", re.split(r"[.!?]\s(?=[A-Z])|\n", opening[: found.start()])[-1])))
    return not named.isdisjoint(words)


def are_same(one: Bearer, other: Bearer, named: frozenset[str]) -> bool | None:
    """Whether two articles are about the same bearer of a name; ``None`` where they do not say enough."""
    if one.article.id == other.article.id:
        return True
    if one.brackets and other.brackets and _words(one.brackets) != _words(other.brackets):
        return False
    if one.is_known and other.is_known and _differ(_beyond(one.name, named), _beyond(other.name, named)):
        return False
    if _is_copy(one, other):
        return True
    if not one.description or not other.description:
        return True if one.brackets and other.brackets else None
    are_people = one.is_person and other.is_person  # who work in many places, and for many
    if not are_people and any(_apart(pattern, one, other) for pattern in (_YEAR, _PLACE, _MAKER)):
        return False
    first, second = set(families_of(one.description)), set(families_of(other.description))
    if len(first & second) >= ALIKE * min(len(first), len(second)):
        return True
    return None if first & second - _GENERIC else False


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", plain(text))


def _is_copy(one: Bearer, other: Bearer) -> bool:
    return min(own_share(one.opening, other.article.text), own_share(other.opening, one.article.text)) <= COPIED


def _differ(ours: set[str], theirs: set[str]) -> bool:
    """Whether each full name has a word for which the other has another: Anna and Karl, "A. Blum" and "Anna Blum"."""
    mine, yours = ours - theirs, theirs - ours
    return bool(mine and yours) and not any(
        same_name(a, b) or (a[0] == b[0] and 1 in (len(a), len(b))) for a in mine for b in yours
    )


def _apart(pattern: re.Pattern[str], one: Bearer, other: Bearer) -> bool:
    """Whether each description names a year, a place or a maker that the other has not."""
    ours, theirs = (
        {
            word
            for found in pattern.findall(each.description.split(" who ")[0])
            for word in families_of(found) or [found]
        }
        - _GENERIC
        for each in (one, other)
    )
    return bool(ours - theirs and theirs - ours)


_YEAR = re.compile(r"^an? (?:\S+ )?(\d{4})\b")

_MAKER = re.compile(r"\b(?:by|from) (?:the |[a-z][\w-]* )*((?:[A-Z][\w’'-]+ ?)+)")

_PLACE = re.compile(r"\b(?:in|of|at|near) (?:the )?((?:[A-Z][\w’'-]+(?:, | )?)+)")


def _beyond(name: str, named: frozenset[str]) -> set[str]:
    """The words of a full name that the question does not have."""
    words = re.findall(r"\b(?:[A-Z][\w’'-]*|\d+(?:st|nd|rd|th))", name)
    return {plain(word) for word in words if not named >= set(families_of(word))} - _GENERIC_PLAIN
