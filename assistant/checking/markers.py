"""Markers as writers write them, and the lines of an answer that hold them: what each marker cites for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from assistant.checking import quotations
from assistant.models.outgoing import CITING
from vectorstore.text.splitter import sentences

_LABEL = rf"(?:[\^#SPD]|{CITING}\s*[:.#_-]?\s*)?"
_MARKER = (
    rf"\\?[\[【［]{{1,2}}\s*{_LABEL}(\d+(?:\s*(?:[,;、，&–—-]|and)\s*{_LABEL}\d+)*)"
    r"\s*\^?(?:†[^\]】］]*)?\\?[\]】］]{1,2}"
)
_ROUND = rf"\(\s*{_LABEL}(\d+(?:\s*[,;]\s*{_LABEL}\d+)*)\s*\)(?=[.,;:!?…。)(\n]|$)"
"""``(1)`` at the end of a clause; the number of an item in a list has its item behind it."""
_RAISED = r"(?:(?<=[^\W\d_]{3})|(?<=[.,;:!?”\"’»)])|(?<!\S))([⁰¹²³⁴-⁹]+)"
"""``¹`` behind a word or a full stop, and not behind a unit: ``m²``."""
PART = re.compile(rf"{_MARKER}|{_ROUND}|{_RAISED}|\s+|(?:(?!{_MARKER}|{_ROUND}|{_RAISED})\S)+|\S", re.IGNORECASE)
"""A marker, white space, or a word."""
UNFINISHED = re.compile(rf"\\?[\[【［]{{1,2}}\s*{_LABEL}[\d\s,;、，&–—†^#:.-]*$", re.IGNORECASE)
_RANGE = re.compile(r"(\d+)(?:\s*[–—-]\s*(\d+))?")
_LIST_ITEM = re.compile(r"\s*(?:(?:[-*•+>–—◦▪‣·]|#{1,6}|\d{1,3}[.)]|\(\d{1,3}\)|[a-z]\))\s+)*")
_BOLD_HEADING = re.compile(r"\s*(\*\*|__)[^*_]*[^*_.!?…]\1:?\s*")
"""A line of its own, all in bold and no sentence, with more behind it: ``**What was agreed:**``."""


@dataclass(eq=False)
class Marker:
    """The passages that one marker cites."""

    offset: int
    """Where in the line's text it stands."""
    passages: list[int]
    space: str
    """White space before it."""
    leading: bool
    """It stands before the sentence it cites for, not behind it."""
    written: str
    """The marker as its writer wrote it."""
    numbers: tuple[int, ...] | None = None
    """Citation numbers, once the words that they carry are known."""
    repaired: bool = False
    """The writer cited another passage, or one that does not exist."""


@dataclass(eq=False)
class Line:
    """One line of the answer: its text without markers, and the markers."""

    space: str = ""
    """White space before it."""
    text: str = ""
    markers: list[Marker] = field(default_factory=list)

    def cites_for_all(self) -> bool:
        """Whether its markers stand in one place, with nothing behind them: they cite for the whole paragraph."""
        return len({marker.offset for marker in self.markers}) == 1 and not re.search(
            r"\w", self.text[self.markers[0].offset :]
        )

    def with_markers(self, start: int, end: int, markers: Sequence[Marker]) -> str:
        """A sentence as its writer wrote it; markers of another line follow it."""
        text = self.text[start:end]
        for marker in reversed(markers):
            at = min(max(start, marker.offset), end) - start if marker in self.markers else end - start
            before = " " if at and marker.space else ""
            text = text[:at] + before + marker.written + (text[at:] if at else f" {text}")
        return text


@lru_cache(maxsize=64)
def unstated_letters(raw: str) -> frozenset[str]:
    """The letters of those lines of a Markdown text that state nothing: headings, the heads of tables, code."""
    from markdown_it import MarkdownIt

    lines = raw.splitlines()
    marked = [
        token.map
        for token in MarkdownIt("commonmark").enable("table").disable("code").parse(raw)
        if token.map and token.type in ("heading_open", "thead_open", "fence")
    ]
    in_bold = [[at, at + 1] for at, line in enumerate(lines[:-1]) if _BOLD_HEADING.fullmatch(line)]
    return frozenset(letters(line) for start, end in (*marked, *in_bold) for line in lines[start:end])


def letters(line: str) -> str:
    return "".join(re.findall(r"[^\W_]+", PART.sub(lambda part: "" if part[1] else part[0], line))).casefold()


def numbers_of(text: str, most: int) -> list[int]:
    """The passage numbers of "1, 3-5" that exist, in order."""
    ranges = ((int(first), int(last or first)) for first, last in _RANGE.findall(text))
    return [number for first, last in ranges for number in range(max(first, 1), min(last, most) + 1)]


def statement_spans(line: str) -> Iterator[tuple[int, int]]:
    """Spans of the statements of one line: its sentences, a quotation of several in one piece, without list marks."""
    head = _LIST_ITEM.match(line)
    begin = head.end() if head else 0
    opened: int | None = None
    for start, end in sentences(line[begin:]):
        start, end = start + begin, end + begin
        start = start if opened is None else opened
        if quotations.is_open(line[start:end]) and any(mark in line[end:] for mark in quotations.DOUBLE):
            opened = start
            continue
        opened = None
        if re.search(r"\w", line[start:end]):
            yield start, end


def sentence_of(marker: Marker, text: str, spans: Sequence[tuple[int, int]]) -> int | None:
    """Which of ``spans`` a marker cites for; ``None`` while there is none."""
    if marker.leading:
        return next((index for index, (_, end) in enumerate(spans) if end > marker.offset), None)
    before = len(text[: marker.offset].rstrip())
    started = sum(start < before for start, _ in spans)
    return max(started - 1, 0) if spans else None
