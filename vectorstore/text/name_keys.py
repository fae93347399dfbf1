"""The keys under which an index keeps names, so that the other spellings of a name are found without comparing all."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from vectorstore.text.likeness import OTHER_SLIP, most_edits
from vectorstore.text.spelling import VOWELS_AT_END, forms, neutral, skeleton


class Key(NamedTuple):
    """Where a word is kept and looked up: under a skeleton, the same for any two that are near; and how it sounds."""

    skeleton: str
    sound: str


@lru_cache(maxsize=32768)
def keys(word: str) -> tuple[Key, ...]:
    """One for each way of reading ``word``."""
    sounds = (sound for form in forms(word) for sound in form.sounds)
    return tuple(dict.fromkeys(Key(skeleton(sound), neutral(sound)) for sound in sounds))


@lru_cache(maxsize=32768)
def sure_keys(word: str) -> tuple[str, ...]:
    """Under which letters besides: the same for any two that are written alike by rule. No vowels at the end."""
    return tuple(dict.fromkeys(f"={VOWELS_AT_END.sub('', form.written)}" for form in forms(word)))


def slips(word: str) -> tuple[list[str], list[str]]:
    """Where the right spelling of a mistyped word may be kept: further skeletons, and beginnings of skeletons."""
    own = list(dict.fromkeys(key.skeleton for key in keys(word)))
    swapped = [
        key[:place] + key[place + 1] + key[place] + key[place + 2 :] for key in own for place in range(len(key) - 1)
    ]
    if len(word) < OTHER_SLIP:
        return [key for key in dict.fromkeys(swapped) if key not in own], []
    fewer = [key[:place] + key[place + 1 :] for key in own for place in range(len(key))]
    beginnings = [key[: max(_BEGINNING, len(key) - 2)] for key in own if len(key) >= _BEGINNING]
    return [key for key in dict.fromkeys(swapped + fewer) if key not in own], beginnings


_BEGINNING = 4
"""Consonants that stand before a slip, at least. With three, 3,000 of half a million names are compared, 3 ms."""


def nearest(text: str, others: Sequence[str], most: int, apart: int) -> list[int]:
    """The positions of at most ``most`` of ``others`` that ``apart`` edits or fewer part from ``text``, nearest first.

    Coarse and quick, a thousand in a millisecond: ``likeness`` decides.
    """
    found = extract(text, others, scorer=OSA.distance, score_cutoff=apart, limit=most)
    return [position for _, _, position in found]


def most_apart(sound: str) -> int:
    """How many edits may part the sounds of two near words; one more where an ending may have been taken off."""
    return most_edits(len(sound)) + 1
