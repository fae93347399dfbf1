"""Finding words in stored conversations: texts without the differences that do not count, and excerpts of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

_BEFORE = 50
"""Characters of an excerpt before the first word that was found."""
_LENGTH = 160
"""Characters of an excerpt: two lines of a list of hits."""
_APOSTROPHES = frozenset("’‘ʼ′`´")


@lru_cache(maxsize=4_096)
def _folded(character: str) -> str:
    """One character without case, accent and width; nothing for marks and invisible ones."""
    if character in _APOSTROPHES:
        return "'"
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    kept = [each for each in plain if unicodedata.category(each) not in ("Mn", "Me", "Cf", "Cs")]
    return "".join(" " if unicodedata.category(each) in ("Zs", "Zl", "Zp", "Cc") else each for each in kept)


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
    """Where ``words`` stand in ``text``, in order, those that touch joined."""
    pieces = [_folded(character) for character in text]
    dense = "".join(pieces)
    origins = [index for index, piece in enumerate(pieces) for _ in piece]
    found = {
        place
        for word in words
        for hit in re.finditer(re.escape(word), dense)
        for place in range(origins[hit.start()], origins[hit.end() - 1] + 1)
    }
    joined: list[tuple[int, int]] = []
    for place in sorted(found):
        start = joined.pop()[0] if joined and joined[-1][1] == place else place
        joined.append((start, place + 1))
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
