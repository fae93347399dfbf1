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

_CLUSTER = re.compile("``|''|.[\u0300-\u036f]*", re.DOTALL)
"""A character with its accents, or a typewritten quotation mark."""

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
    folded: list[tuple[str, tuple[int, int]]] = []
    for cluster in _CLUSTER.finditer(text):
        for character in _fold_cluster(cluster[0]):
            before = folded[-1][0] if folded else " "
            if character == " " and before in " -([":
                continue
            # "word - word", "word—word" and "word -- word" are the same.
            loose = " -" if character == "-" else " " if character in _SPACED else ""
            while folded and folded[-1][0] in loose:
                folded.pop()
            folded.append((character, cluster.span()))
    return Folded("".join(character for character, _ in folded), tuple(span for _, span in folded))


def _fold_cluster(cluster: str) -> str:
    if cluster in ("``", "''"):
        return '"'
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
    mark, before, after = sentence[position], sentence[:position][-1:], sentence[position + 1 : position + 2]
    behind_words = mark in _CLOSING or before.strip().strip("([{-–—:") != ""
    return mark not in _OPENING and behind_words and not after.isalnum()  # »so« opens with »


def find(quotation: str, text: str) -> tuple[int, int] | None:
    """Where ``text`` holds the words of ``quotation`` in order; ``None`` if it does not.

    Ellipses and bracketed words in the quotation may stand for anything. The span runs from the first word quoted to
    the last: ``text[start:end]``.
    """
    folded = fold(text)
    found: list[int] = []
    end = 0
    for part in _GAP.split(quotation):
        if words := fold(part.strip(_EDGE)).text.strip(_EDGE):
            found.append(_find_words(words, folded.text, end))
            if found[-1] < 0:
                return None
            end = found[-1] + len(words)
    if not found:
        return None
    last = folded.spans[end - 1][1]
    stop = re.search(r"[.!?…]*$", quotation)
    if stop and text.startswith(stop[0], last):  # the stop is part of the words where both have it
        last += len(stop[0])
    return folded.spans[found[0]][0], last


def _find_words(words: str, text: str, position: int) -> int:
    """Like ``str.find``, at word boundaries only: "art" is not in "parties"."""
    while (found := text.find(words, position)) >= 0:
        before, behind = text[max(0, found - 1) : found], text[found + len(words) : found + len(words) + 1]
        if not (before.isalnum() and words[0].isalnum()) and not (behind.isalnum() and words[-1].isalnum()):
            break
        position = found + 1
    return found
