"""Finding words in stored conversations: texts without the differences that do not count, and excerpts of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

_BEFORE = 50
"""Characters of an excerpt before the first word that was found."""
_LENGTH = 160
"""Characters of an excerpt: two lines of a list of hits."""
_APOSTROPHES = dict.fromkeys("’‘ʼ′`´", "'")


@lru_cache(maxsize=4_096)
def _folded(character: str) -> str:
    """One character without case, accent and width; nothing for marks and invisible ones."""
    if character in _APOSTROPHES:
        return "'"
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    kinds = [(each, unicodedata.category(each)) for each in plain]
    kept = [(each, kind) for each, kind in kinds if kind not in ("Mn", "Me", "Cf", "Cs")]
    return "".join(" " if kind in ("Zs", "Zl", "Zp", "Cc") else each for each, kind in kept)


def folded(text: str) -> str:
    """``text`` as searches compare it: without case, accents, width, kinds of apostrophes and invisible characters."""
    return "".join(map(_folded, text))


def excerpt(texts: Sequence[str], words: Sequence[str]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Words around the first of ``words`` (folded) in the first text that holds any, and where in it they stand."""
    for text in texts:
        places = _places(text, words)
        if not places:
            continue
        start, end = _around(text, places[0][0])
        head, tail = "… " if start else "", " …" if end < len(text) else ""
        shift = len(head) - start
        # One character for one, so that the places stay right.
        shown = "".join(each if each.isprintable() else " " for each in text[start:end])
        marks = tuple((first + shift, last + shift) for first, last in places if start <= first and last <= end)
        return f"{head}{shown}{tail}", marks
    return "", ()


def _places(text: str, words: Sequence[str]) -> list[tuple[int, int]]:
    """Where ``words`` stand in ``text``, in order, overlapping ones joined."""
    pieces = [_folded(character) for character in text]
    dense = "".join(pieces)
    origins = [index for index, piece in enumerate(pieces) for _ in piece]
    found: list[tuple[int, int]] = []
    for word in words:
        at = dense.find(word)
        while at >= 0:
            found.append((origins[at], origins[at + len(word) - 1] + 1))
            at = dense.find(word, at + len(word))
    joined: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _around(text: str, place: int) -> tuple[int, int]:
    """A stretch of ``text`` with ``place`` near its beginning, from a word's start to a word's end if there are any."""
    start = max(0, place - _BEFORE)
    if start:
        space = text.find(" ", start, place)
        start = space + 1 if space >= 0 else start
    end = min(len(text), start + _LENGTH)
    if end < len(text):
        space = text.rfind(" ", place, end)
        end = space if space > place + _LENGTH // 4 else end
    return start, end
