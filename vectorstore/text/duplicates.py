"""Which articles carry the same story: one text under two addresses, agency copy, a light rewrite, a trimmed version.

Two steps. ``fingerprint`` gives each article a few numbers, some of which it has in common with every article that
shares text with it: an index finds candidates by them. ``same_story`` then reads both texts and decides. Both depend on
texts and days alone, so the same two articles are judged the same whenever and wherever they are compared.

The sketch is the bottom-k sample of the set of word shingles (Broder, "On the resemblance and containment of
documents", 1997).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

RULE_VERSION = 1
"""Raise it with any change below that can change a sketch or a verdict; libraries then form their groups anew."""

SHINGLE = 5
"""Words in a row that make one shingle of a sketch."""

SKETCH_SIZE = 48
"""Shingles kept of an article. Two articles with a Jaccard similarity of 0.2 then share ten of them on average, and
fewer than ``shared_needed`` in one case out of sixty."""

COMMON = 64
"""A shingle that stands in more articles than this is boilerplate and leads to no candidates: looking for copies takes
as long in a large library as in a small one. Texts that are the same word for word are found in any number."""

_OWN_RUN = 3
"""Words in a row that must stand in both texts to count as shared: rewording one word leaves its sentence shared."""

_MOST_OWN = 0.3
"""Share of its words that a copy may have for itself, in rewording, head and tail. Of 62 pairs of news articles with a
Jaccard similarity of 0.5 or more 59 stay below; of the pairs with less, among 1,595 articles, none does."""

_TRIMMED_OWN = 0.1
_TRIMMED_LEFT_OUT = 0.6
"""What a trimmed version may have for itself, and what share of the full text it may leave out."""

_MOST_NEW = 0.2
"""Share of a later text that may be new, beyond what rewording changed in the earlier one as well: with more it is a
follow-up."""

_REPLACED = 0.25
_FAR_REPLACED = 0.125
_FAR_DAYS = 30
"""Share of its numbers, and of its names, that each of two texts may have where the other has different ones: with
more they are of one template. Half of it where they were published far apart, as series come back every year. One more
is allowed, for a figure may have been corrected, but never all of them. Of the 62 pairs one has more, two towns' hours
of one eclipse; filled templates have a half to all."""

_BESIDE = 2
"""Words on either side that must be the same where a figure is another one."""

_AS_FULL = 0.9
"""Of the fullest text's length: shorter ones may leave something out."""

Ids = NDArray[np.uint64]
Sketch = NDArray[np.int64]

# A number with its separators; one sign of a script that puts no spaces between words; a word.
_TOKEN = re.compile(
    r"\d+(?:[.,:]\d+)*|[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]|[^\W\d_]+"
)
_SENTENCE_STARTS = re.compile(r"[.!?…:;\n\"“”„«»(|•–—]")

# The finaliser of splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_FIRST_MIX, _SECOND_MIX = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A text in a few numbers."""

    sketch: Sketch
    """The smallest hashes of its shingles, shape (at most ``SKETCH_SIZE``,), distinct; empty for a few words."""
    wording: int | None
    """A signed 64-bit hash of all its words in their order, the same whatever their case and the marks between them;
    ``None`` for a text without words."""


@dataclass(frozen=True, slots=True)
class Story:
    """What of an article its group is decided by."""

    text: str
    published: date | None


@dataclass(frozen=True, slots=True)
class Member:
    """One article of a group; ``length`` is its text's, in characters."""

    article_id: str
    length: int
    published: date | None


@dataclass(frozen=True, slots=True)
class _Reading:
    """A text as parallel arrays, one entry for each word."""

    words: Ids
    runs: Ids
    """Hashes of ``_OWN_RUN`` words in a row; shorter than ``words`` by two."""
    numbers: NDArray[np.bool_]
    names: NDArray[np.bool_]
    """Words with a capital that no start of a sentence explains."""


def fingerprint(text: str) -> Fingerprint:
    """What an index finds the copies of a text by."""
    words = _word_ids(_TOKEN.findall(text.casefold()))
    sketch = np.unique(_hashed_runs(words, SHINGLE))[:SKETCH_SIZE].view(np.int64)
    if not len(words):
        return Fingerprint(sketch, None)
    digest = hashlib.blake2b(words.tobytes(), digest_size=8).digest()
    return Fingerprint(sketch, int.from_bytes(digest, "big", signed=True))


def shared_needed(size: int) -> int:
    """How many shingles of a sketch of ``size`` another must share before the texts are compared."""
    return max(1, size // 12)


def same_story(one: Story, other: Story) -> bool:
    """Whether the two carry the same story: more than seven tenths of each stand in the other, or one is the other
    trimmed.

    Not so for a follow-up, which adds to an earlier text, nor for a template filled with other figures or names.
    """
    shorter, longer = sorted((one, other), key=lambda story: (len(story.text), story.published or date.min, story.text))
    part, whole = _read(shorter.text), _read(longer.text)
    if np.array_equal(part.words, whole.words):
        return True
    if not len(part.runs) or not len(whole.runs):
        return False
    part_own, whole_own = _own(part, whole), _own(whole, part)
    days = 0
    if shorter.published is not None and longer.published is not None:
        days = (longer.published - shorter.published).days
    return _tells_as_much(float(part_own.mean()), float(whole_own.mean()), days) and not _of_one_template(
        part, whole, part_own, whole_own, _FAR_REPLACED if abs(days) > _FAR_DAYS else _REPLACED
    )


def own_share(part: str, whole: str) -> float:
    """Share of the words of ``part``, 0 to 1, that stand in no run of words that ``whole`` has too."""
    own = _own(_read(part), _read(whole))
    return float(own.mean()) if len(own) else 0.0


def has_other_figure(part: str, whole: str) -> bool:
    """Whether ``part`` has a number or the name of a day or month where ``whole`` has another, among the same words.

    So a corrected figure or a later count shows, also in a text that is a copy otherwise. The time at which a page was
    changed is none.
    """
    one, other = _read(part), _read(whole)
    runs = _places(other.words)
    for place in np.flatnonzero(_counts(one) & ~np.isin(one.words, other.words)).tolist():
        before, after = one.words[place - _BESIDE : place].tolist(), one.words[place + 1 :][:_BESIDE].tolist()
        if (
            place < _BESIDE
            or len(after) < _BESIDE
            or not _STAMPS.isdisjoint(one.words[max(0, place - 4) : place + 5].tolist())
        ):
            continue
        for there in runs.get(tuple(before), ()):
            if other.words[there + 1 :][:_BESIDE].tolist() == after and _counts(other)[there]:
                return True
    return False


def _places(words: Ids) -> dict[tuple[int, ...], list[int]]:
    """Where a word stands behind each two words."""
    found: dict[tuple[int, ...], list[int]] = {}
    listed = words.tolist()
    for place in range(_BESIDE, len(listed)):
        found.setdefault(tuple(listed[place - _BESIDE : place]), []).append(place)
    return found


def _counts(reading: _Reading) -> NDArray[np.bool_]:
    """Which words are numbers, or name a day of the week or a month."""
    return reading.numbers | (reading.names & np.isin(reading.words, _CALENDAR))


def representative(members: Sequence[Member]) -> str:
    """The id of the article that stands for a story: the fullest, which leaves out least.

    Among those of at least nine tenths of its length the one that was published first; undated articles come last.
    """
    fullest = max(member.length for member in members)
    full = [member for member in members if member.length >= _AS_FULL * fullest]
    return min(full, key=lambda member: (member.published or date.max, -member.length, member.article_id)).article_id


def _tells_as_much(part_own: float, whole_own: float, days: int) -> bool:
    """Judges the shares of their words that the shorter and the longer text have for themselves.

    ``days`` is how much later the longer one was published.
    """
    if days > 0 and whole_own - part_own >= _MOST_NEW:
        return False
    if part_own <= _TRIMMED_OWN and whole_own <= _TRIMMED_LEFT_OUT:
        return True
    return max(part_own, whole_own) < _MOST_OWN


def _of_one_template(
    part: _Reading, whole: _Reading, part_own: NDArray[np.bool_], whole_own: NDArray[np.bool_], limit: float
) -> bool:
    """Whether each text has figures, or names, of its own where the other has different ones."""
    for part_facts, whole_facts in ((part.numbers, whole.numbers), (part.names, whole.names)):
        own = [
            len(np.setdiff1d(one.words[facts & alone], other.words))
            for one, other, facts, alone in ((part, whole, part_facts, part_own), (whole, part, whole_facts, whole_own))
        ]
        every = [len(np.unique(one.words[facts])) for one, facts in ((part, part_facts), (whole, whole_facts))]
        if all(count > max(0, min(limit * total + 1, total - 1)) for count, total in zip(own, every, strict=True)):
            return True
    return False


def _own(one: _Reading, other: _Reading) -> NDArray[np.bool_]:
    """Which words of ``one`` stand in no run of words that the two share."""
    shared = np.isin(one.runs, other.runs)
    own = np.ones(len(one.words), dtype=bool)
    for place in range(_OWN_RUN):
        own[place : place + len(shared)][shared] = False
    return own


def _word_ids(words: Sequence[str]) -> Ids:
    return np.fromiter((crc32(word.encode(errors="replace")) for word in words), dtype=np.uint64, count=len(words))


_CALENDAR: Final = _word_ids(
    """monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december""".split()
)
_STAMPS: Final = frozenset(_word_ids("updated published posted modified am pm et gmt utc".split()).tolist())


@lru_cache(maxsize=64)
def _read(text: str) -> _Reading:
    words: list[str] = []
    numbers: list[bool] = []
    names: list[bool] = []
    end = 0
    for match in _TOKEN.finditer(text):
        word = match[0]
        number = word[0].isdigit()
        words.append(word.replace(",", "") if number else word.casefold())
        numbers.append(number)
        names.append(word[0].isupper() and end > 0 and not _SENTENCE_STARTS.search(text, end, match.start()))
        end = match.end()
    ids = _word_ids(words)
    return _Reading(ids, _hashed_runs(ids, _OWN_RUN), np.array(numbers, dtype=bool), np.array(names, dtype=bool))


def _hashed_runs(words: Ids, length: int) -> Ids:
    """A hash of each ``length`` words in a row, shape (len(words) - length + 1,) or empty."""
    count = len(words) - length + 1
    if count < 1:
        return np.zeros(0, dtype=np.uint64)
    hashes = np.zeros(count, dtype=np.uint64)
    for place in range(length):
        hashes = hashes * _MULTIPLIER + words[place : place + count]
    hashes = (hashes ^ (hashes >> np.uint64(30))) * _FIRST_MIX
    hashes = (hashes ^ (hashes >> np.uint64(27))) * _SECOND_MIX
    return hashes ^ (hashes >> np.uint64(31))
