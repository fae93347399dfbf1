"""Quotations in a sentence, and where a text holds them word for word.

Two texts are the same words when they differ only in what typesetting changes: curly or straight quotes, the kind of
dash, an ellipsis as one character or three, white space, invisible characters, ligatures, emphasis marks, capitals.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

DOUBLE = '"“”„‟«»″'
_SINGLE = "'‘’‚‛′`´"
_DASHES = "-‐‑‒–—―−"
_FOLDED = {**dict.fromkeys(DOUBLE, '"'), **dict.fromkeys(_SINGLE, "'"), **dict.fromkeys(_DASHES, "-"), "…": "..."}
_OPENING, _CLOSING = "“„«‟", "”»"

_GAP = re.compile(r"\s*(?:\.{3,}|…|\[[^\]]*\]|\([.…]+\))\s*")
"""What an honest quotation puts where it leaves something out or explains: an ellipsis, words in brackets."""

_EDGE = " \t\n.,;:!?…-–—›"
"""Punctuation at the edge of a quotation belongs to the sentence around it as often as to the source."""

_TYPEWRITTEN = re.compile(r"``|(?<!\d)''")
"""Quotation marks of those who have none: ``so''."""

_SPACED = " .,;:!?)]%'"
"""Marks before which some texts put a space; "word ," and "word," are the same."""

_LAST_STOP = re.compile(r"[.!?…]+$")

_SINGLE_QUOTED = re.compile(r"(?<![\w’'])[‘']((?:[^‘’']|(?<=\w)[’'](?=\w))+)[’'](?!\w)")
_WORDS_IN_SINGLE_QUOTES = 3
"""Fewer words between single quotes are more often a nickname or an apostrophe than a quotation."""


@dataclass(frozen=True, slots=True)
class Folded:
    """A text without the differences of typesetting; ``spans[i]`` is where character ``i`` stands in the original."""

    text: str
    spans: tuple[tuple[int, int], ...]


@lru_cache(maxsize=512)
def fold(text: str) -> Folded:
    """Folds ``text`` and remembers for every character of the result where it came from."""
    characters: list[str] = []
    spans: list[tuple[int, int]] = []
    position = 0
    while position < len(text):
        start = position
        position += 1
        if text.startswith(("``", "''"), start):
            characters.append('"')
            position += 1
            spans.append((start, position))
            continue
        while position < len(text) and unicodedata.combining(text[position]):
            position += 1
        for character in _fold_cluster(text[start:position]):
            if character == " " and (not characters or characters[-1] in " -(["):
                continue
            if character == "-":
                while (
                    characters and characters[-1] in " -"
                ):  # "word - word", "word—word" and "word -- word" are the same
                    characters.pop()
                    spans.pop()
            elif character in _SPACED and characters and characters[-1] == " ":
                characters.pop()
                spans.pop()
            characters.append(character)
            spans.append((start, position))
    return Folded("".join(characters), tuple(spans))


def _fold_cluster(cluster: str) -> str:
    if cluster in _FOLDED:
        return _FOLDED[cluster]
    if cluster.isspace():
        return " "
    if cluster == "*" or unicodedata.category(cluster[0]) in ("Cf", "Cc"):
        return ""
    return cluster.casefold() if cluster.isascii() else unicodedata.normalize("NFKC", cluster).casefold()


def quotations(sentence: str) -> list[tuple[int, int]]:
    """Spans of the words between quotation marks in ``sentence``, without the marks, in order.

    A quotation that begins or ends outside the sentence reaches to the sentence's edge.
    """
    sentence = _TYPEWRITTEN.sub(lambda mark: "\u200b“" if mark.group() == "``" else "”\u200b", sentence)
    spans: list[tuple[int, int]] = []
    opened: int | None = None
    for position, character in enumerate(sentence):
        if character not in DOUBLE or character == "″":
            continue
        if opened is None and not _closes(sentence, position):
            opened = position + 1
        elif opened is not None:
            # “ closes after „ in several languages, and opens in English: once open, any mark closes.
            spans.append((opened, position))
            opened = None
        elif not spans and not sentence[position - 1].isdigit():  # 5" is a length
            spans.append((0, position))
    if opened is not None:
        spans.append((opened, len(sentence)))
    spans += [
        match.span(1)
        for match in _SINGLE_QUOTED.finditer(sentence)
        if len(match[1].split()) >= _WORDS_IN_SINGLE_QUOTES
        and not any(start <= match.start() and match.end() <= end for start, end in spans)
    ]
    return sorted(span for span in spans if sentence[span[0] : span[1]].strip(_EDGE))


def is_open(text: str) -> bool:
    """Whether a quotation that begins in ``text`` goes on after its end."""
    return any(end == len(text) for _, end in quotations(text))


def _closes(sentence: str, position: int) -> bool:
    """Whether a mark with no quotation open before it is the end of one that began earlier."""
    mark = sentence[position]
    if mark in _OPENING:
        return False
    before, after = sentence[position - 1 : position], sentence[position + 1 : position + 2]
    if mark in _CLOSING:
        return not (mark == "»" and (not before or before.isspace()) and after.isalnum())  # »so« opens with ”»“
    return bool(before) and not before.isspace() and before not in "([{-–—:" and not after.isalnum()


def find(quotation: str, text: str) -> tuple[int, int] | None:
    """Where ``text`` holds the words of ``quotation`` in order; ``None`` if it does not.

    Ellipses and bracketed words in the quotation may stand for anything. The span runs from the first word quoted to
    the last: ``text[start:end]``.
    """
    folded = fold(text)
    begin: int | None = None
    position = 0
    for part in _GAP.split(quotation):
        words = fold(part.strip(_EDGE)).text.strip(_EDGE)
        if not words:
            continue
        found = _find_words(words, folded.text, position)
        if found < 0:
            return None
        begin = found if begin is None else begin
        position = found + len(words)
    if begin is None:
        return None
    end = folded.spans[position - 1][1]
    for mark in _LAST_STOP.findall(quotation):  # the stop is part of the words where both have it
        if text.startswith(mark, end):
            end += len(mark)
    return folded.spans[begin][0], end


def _find_words(words: str, text: str, position: int) -> int:
    """Like ``str.find``, at word boundaries only: "art" is not in "parties"."""
    while (found := text.find(words, position)) >= 0:
        end = found + len(words)
        starts = found == 0 or not (text[found - 1].isalnum() and words[0].isalnum())
        ends = end == len(text) or not (text[end].isalnum() and words[-1].isalnum())
        if starts and ends:
            return found
        position = found + 1
    return -1
