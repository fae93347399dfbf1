"""How alike two spellings are: Horbatiuk and Gorbatyuk, Zelensky and Selenskyj, Müller and Mueller, Kyiv and Київ.

Four degrees. **Written** alike: the two differ only in how the same letters are put into Latin (accents, scripts, the
systems for Cyrillic, grammatical case), or name one place. **Sound**: they are pronounced alike. **Near**: their
consonants are, and the vowels nearly so. **Mistyped**: one slip in a long word. Different people may be near; nobody
should mix them where the exact spelling is at hand, which is for the caller to see to.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from functools import lru_cache
from itertools import product

from rapidfuzz.distance import OSA

from vectorstore.text.known_names import same_given_name, same_place
from vectorstore.text.spelling import DOUBLE, SLAVIC, VOWELS_AT_END, Form, forms, is_latin, neutral, skeleton


class Likeness(IntEnum):
    """How alike two spellings are; the higher, the surer that one name is meant."""

    OTHER = 0
    MISTYPED = 1
    NEAR = 2
    SOUND = 3
    WRITTEN = 4


@lru_cache(maxsize=8192)
def likeness(first: str, second: str) -> Likeness:
    """The highest degree in which two single words may be spellings of one name."""
    some, others = forms(first), forms(second)
    foreign = not (is_latin(first) and is_latin(second))
    best = Likeness.OTHER
    for one, other in product(some, others):
        best = max(best, _compared(one, other, foreign))
        if best is Likeness.WRITTEN:
            break
    return best


def sure_enough(word: str, degree: Likeness) -> bool:
    """Whether ``degree`` makes ``word`` of a question a name. In lower case it is more often a common word: "major"."""
    return degree > Likeness.OTHER and not (word.islower() and (degree < Likeness.SOUND or len(word) < _LEAST_SMALL))


_LEAST_SMALL = 6
"""Letters of a word in lower case from which another spelling is looked for."""


def most_edits(length: int) -> int:
    """How many edits may part two near words, the shorter of this length."""
    return 1 if length < 5 else 2 if length < 10 else 3


_TO_CLASSES = str.maketrans({"e": "i", "o": "u", "g": "h"})


def _compared(one: Form, other: Form, foreign: bool) -> Likeness:
    if one.folded == other.folded or same_place(one, other):
        return Likeness.WRITTEN
    cut = one.cut or other.cut
    first, second = one.written, other.written
    if cut:
        first, second = (VOWELS_AT_END.sub("", text) for text in (first, second))
    if first == second and min(len(one.folded), len(other.folded)) >= 5 - cut:
        return Likeness.WRITTEN
    slavic = any(SLAVIC.search(form.folded) for form in (one, other))
    near = max(_near(a, b, cut, foreign, slavic) for a, b in product(one.sounds, other.sounds))
    if near is Likeness.OTHER and same_given_name(one, other):
        return Likeness.NEAR
    if near:
        return near
    return Likeness.MISTYPED if _mistyped(one.folded, other.folded) else Likeness.OTHER


def _near(first: str, second: str, cut: bool, foreign: bool, slavic: bool) -> Likeness:
    """Whether two words of one skeleton have the same vowels, or nearly so."""
    if skeleton(first) != skeleton(second) or ({first[:1], second[:1]} == {"g", "h"} and not (foreign or slavic)):
        return Likeness.OTHER  # Gates is no Hates, though Gorbatyuk is Horbatiuk
    first, second = neutral(first), neutral(second)
    if cut:
        first, second = (VOWELS_AT_END.sub("", text) for text in (first, second))
    elif _only_an_ending(first, second):
        return Likeness.OTHER
    length = min(len(first), len(second))
    apart = OSA.distance(first, second, score_cutoff=3)
    if length < 3 or apart > most_edits(length):
        return Likeness.OTHER
    if apart <= (length >= 7):
        return Likeness.SOUND
    if length >= 7:
        return Likeness.NEAR
    one, other = (DOUBLE.sub(r"\1", text.translate(_TO_CLASSES)) for text in (first, second))
    lengthened = apart == 1 and length >= 5 and len(first) != len(second)
    transcribed = apart == 1 and length >= 4 and foreign
    return Likeness.NEAR if one == other or lengthened or transcribed else Likeness.OTHER


def _only_an_ending(first: str, second: str) -> bool:
    """Putin and Putina, Niger and Nigeria: another word, not another spelling. A final e is often silent: Poutine."""
    shorter, longer = sorted((first, second), key=len)
    rest = longer[len(shorter) :]
    return longer.startswith(shorter) and rest not in ("", "e") and not rest.strip("aeiou")


SLIP_LENGTH = 7
"""Letters from which two swapped ones are taken for a slip (Macron and Marcon have six)."""

OTHER_SLIP = 9
"""Letters from which one letter more, less or other is: Johnson and Johnston have eight, Clinton and Clifton seven."""


def _mistyped(first: str, second: str) -> bool:
    shorter = min(len(first), len(second))
    if shorter < SLIP_LENGTH or first[0] != second[0] or _only_an_ending(first, second):
        return False
    if OSA.distance(first, second, score_cutoff=1) > 1:
        return False
    return shorter >= OTHER_SLIP or (len(first) == len(second) and sorted(first) == sorted(second))


def likely(word: str, candidates: Sequence[str]) -> tuple[Likeness, list[str]]:
    """Those of ``candidates`` that are most alike to ``word``, in their order, and how alike they are."""
    alike: dict[Likeness, list[str]] = {}
    for candidate in candidates:
        alike.setdefault(likeness(word, candidate), []).append(candidate)
    best = max(alike, default=Likeness.OTHER)
    return best, alike.get(best, []) if best else []
