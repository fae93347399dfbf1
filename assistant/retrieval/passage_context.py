"""The sentence before a passage, where the passage begins in the middle of a thought: "He said so on Monday".

What comes along stays a span of the stored text, so citations count from the wider passage as from the narrow one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.language.words import is_dangling
from vectorstore.text.splitter import sentences
from vectorstore.types import Match

MOST_SENTENCES = 2
"""That come along: the one before may lean on another one itself."""

MOST_CHARACTERS = 250
"""That come along: a long sentence of news, or two short ones."""

_MARGIN = 120
"""Characters read before these, so that sentence boundaries are found as in the whole text."""

_CLOSING = "”»)"
_ENDED = re.compile(r"[.!?…:;。！？][\"'”’»)\]]*$")


def widened(matches: Sequence[Match]) -> list[Match]:
    """``matches`` in their order, each with the sentences before it that it needs to be understood.

    ``article.text[start:end] == text`` holds for each. Passages that grow into one another become one, in the place
    of the better: no text comes twice. Ranks, scores and similarities stay as they were.
    """
    made: list[Match] = []
    for match in matches:
        wide = _spanning(match, _begin(match.article.text, match.start, match.end), match.end)
        touching = [place for place, other in enumerate(made) if _overlap(wide, other)]
        if not touching:
            made.append(wide)
            continue
        together = [wide, *(made[place] for place in touching)]
        best = touching[0]
        made[best] = _spanning(made[best], min(each.start for each in together), max(each.end for each in together))
        made = [other for place, other in enumerate(made) if place not in touching[1:]]
    return made


def _begin(text: str, start: int, end: int) -> int:
    """Where a passage should start: at most two sentences earlier. Headings in between are passed over."""
    low = max(0, start - MOST_CHARACTERS - _MARGIN)
    before = [(low + first, low + last) for first, last in sentences(text[low:start])]
    if low and before:
        del before[0]  # its beginning may be cut off
    told = [span for span in before if _ENDED.search(text[slice(*span)])]
    begin, last = start, start + sentences(text[start:end])[0][1]
    for first, ended in reversed(told[-MOST_SENTENCES:]):
        sentence = text[begin:last]
        leans = sentence[0].islower() or sentence[0] in _CLOSING or is_dangling(sentence)
        if start - first > MOST_CHARACTERS or not leans:
            break
        begin, last = first, ended
    return begin


def _overlap(one: Match, other: Match) -> bool:
    return one.article.id == other.article.id and one.start < other.end and other.start < one.end


def _spanning(match: Match, start: int, end: int) -> Match:
    if (start, end) == (match.start, match.end):
        return match
    return replace(match, passage=replace(match.passage, start=start, end=end, text=match.article.text[start:end]))
