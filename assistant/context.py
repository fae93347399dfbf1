"""The sentences around a passage, where it starts or ends in the middle of a thought.

A passage is a run of whole sentences, cut where its length was reached: "He said so on Monday" may be the first of
them, and "Three reasons were given:" the last. The neighbours that such a passage needs come along with it. Everything
stays a span of the stored text, so citations count from the wider passage as they did from the narrow one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant import quotation
from assistant.extractive import is_dangling
from vectorstore.splitter import sentences
from vectorstore.types import Match

MOST_SENTENCES = 2
"""Neighbours on either side: who "he" is stands in one of the two sentences before, or much farther away."""

MOST_CHARACTERS = 250
"""Of neighbours on either side: a long sentence of news, or two short ones. With 400 the F1 of quoted sentences on
CLAPNQ was 0.001 lower, and the news answers were the same: 67 % held the right words, against 64 % unwidened."""

_MARGIN = 120
"""Characters read beyond the neighbours, so that their own boundaries are found as in the whole text."""

_CONTINUES = re.compile(
    r"[\"“‘'(]?(?:but|yet|and|or|nor|so|still|also|then|thus|hence|instead|however|nevertheless|nonetheless|therefore"
    r"|consequently|moreover|furthermore|besides|similarly|likewise|otherwise|meanwhile|even so|as a result"
    r"|for (?:example|instance)|in (?:addition|contrast|turn|response|return)|on the (?:other hand|contrary)"
    r"|that (?:is|was|would|will|had|has|means|meant|makes|made|said)|among them|one of them|another"
    r"|the (?:move|decision|announcement|news|plan|proposal|deal|agreement|attack|incident|statement|comments?|remarks?"
    r"|claims?|allegations?|figures?|change|changes|measures?|step|result|vote|company|group|minister|president|official"
    r"|spokes(?:man|woman|person)))\b",
    re.IGNORECASE,
)
"""Openings that follow on from something: connectives, and "the move", which names what has just been told."""

_SPEAKER_BEFORE = re.compile(
    r"[\"”»]\s+(?:he|she|they)\b|\b(?:said|says|added|told|asked|replied) (?:he|she|they)\b", re.IGNORECASE
)
"""A quotation whose speaker was named earlier."""

_OPENING = '"“«„'
_LONGEST_LINE = 2_000
"""Characters that are read back to tell whether a quotation is open."""

_LIST_ITEM = re.compile(r"(?:[-*•–]|\(?\d{1,2}[.)]|\(?[a-z]\))\s")
_ANNOUNCES = re.compile(r"(?::|\b(?:the following|as follows|listed below)[.:]?)[\"”’»)]*$", re.IGNORECASE)
_ENDED = re.compile(r"[.!?…:;。！？][\"'”’»)\]]*$")


def widened(matches: Sequence[Match]) -> list[Match]:
    """``matches`` in their order, each with the neighbouring sentences that its passage needs to be understood.

    ``article.text[start:end] == text`` holds for each. Passages that grow into one another become one, in the place
    of the better: no text comes twice. Ranks, scores and similarities stay as they were.
    """
    made: list[Match] = []
    for match in matches:
        text = match.article.text
        wide = _spanning(match, _begin(text, match.start, match.end), _end(text, match.end))
        touching = [place for place, other in enumerate(made) if _overlap(wide, other)]
        if not touching:
            made.append(wide)
            continue
        together = [wide, *(made[place] for place in touching)]
        best = touching[0]
        made[best] = _spanning(made[best], min(each.start for each in together), max(each.end for each in together))
        for place in reversed(touching[1:]):
            del made[place]
    return made


def starts_mid_thought(text: str, start: int, end: int) -> bool:
    """Whether the sentence ``text[start:end]`` leans on what stands before it."""
    sentence = text[start:end]
    return (
        sentence[0].islower()
        or sentence[0] in "”»)"
        or is_dangling(sentence)
        or _CONTINUES.match(sentence) is not None
        or _SPEAKER_BEFORE.search(sentence) is not None
        or _LIST_ITEM.match(sentence) is not None
        or _is_inside_quotation(text, start)
    )


def ends_mid_thought(text: str, end: int) -> bool:
    """Whether what stands before ``end`` announces more, or is a quotation that has not ended."""
    return _ANNOUNCES.search(text, max(0, end - 40), end) is not None or quotation.is_open(text[_line(text, end) : end])


def _begin(text: str, start: int, end: int) -> int:
    """Where a passage should start: at most two sentences earlier, and only if they tell something."""
    low = max(0, start - MOST_CHARACTERS - _MARGIN)
    before = [(low + first, low + last) for first, last in sentences(text[low:start])]
    if low and before:
        del before[0]  # its beginning may be cut off
    first, last = start, start + sentences(text[start:end])[0][1]
    begin = start
    if _LIST_ITEM.match(text, first):
        introductions = [span for span in before[-MOST_SENTENCES:] if _ANNOUNCES.search(text[slice(*span)])]
        return introductions[-1][0] if introductions and start - introductions[-1][0] <= MOST_CHARACTERS else start
    for earlier in reversed(before[-MOST_SENTENCES:]):
        is_heading = first < start and not _ENDED.search(text[first:last])
        if start - earlier[0] > MOST_CHARACTERS or not (is_heading or starts_mid_thought(text, first, last)):
            break
        first, last = earlier
        if _ENDED.search(text[first:last]):  # a heading alone explains nothing
            begin = first
    return begin


def _end(text: str, end: int) -> int:
    """Where a passage should end: at most two sentences later."""
    high = min(len(text), end + MOST_CHARACTERS + _MARGIN)
    after = [(end + first, end + last) for first, last in sentences(text[end:high])]
    if high < len(text) and after:
        del after[-1]  # its ending may be cut off
    last = end
    in_list = False
    for first, stop in after[:MOST_SENTENCES]:
        is_item = _LIST_ITEM.match(text, first) is not None
        if stop - end > MOST_CHARACTERS or not (ends_mid_thought(text, last) or (in_list and is_item)):
            break
        last, in_list = stop, is_item
    return last


def _is_inside_quotation(text: str, start: int) -> bool:
    line = _line(text, start)
    if text[line:start].strip():
        return quotation.is_open(text[line:start])
    # A quotation of several paragraphs: each opens it again, only the last closes it.
    before = text[:line].rstrip()
    return text[start] in _OPENING and quotation.is_open(before[_line(before, len(before)) :])


def _line(text: str, position: int) -> int:
    """Where the line that ``position`` is in begins, or 2,000 characters before it."""
    return max(text.rfind("\n", 0, position) + 1, position - _LONGEST_LINE)


def _overlap(one: Match, other: Match) -> bool:
    return one.article.id == other.article.id and one.start < other.end and other.start < one.end


def _spanning(match: Match, start: int, end: int) -> Match:
    if (start, end) == (match.start, match.end):
        return match
    return replace(match, passage=replace(match.passage, start=start, end=end, text=match.article.text[start:end]))
