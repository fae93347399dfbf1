"""The head of a plain text: what stands above the article's own words and speaks about it.

Either a block of ``key: value`` lines with a blank line after it, or loose lines: a title, a date, a byline. Only
what is surely one of these is taken; everything else is the article.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date

from vectorstore.sources.cleaning.text import has_sentence
from vectorstore.sources.common import split_authors
from vectorstore.sources.fields import Fields, canonical
from vectorstore.text.dates import date_at_head, parse_day

LONGEST_TITLE_LINE = 150
"""Characters; a longer first line is a paragraph."""

MOST_HEAD_LINES = 5
"""Title, subtitle's date, byline, "updated"; what follows is the article."""

_KEY_VALUE = re.compile(r"([^\W\d_][\w -]{0,30}?)\s*:(?:\s+(.*))?")
_BYLINE = re.compile(r"(?:by|автор:?|von|par|por)\s+(?=[^\W\d_])(.{3,100})", re.IGNORECASE)
_UPDATED = re.compile(
    r"(?:last\s+)?(?:updated|modified|оновлено|aktualisiert|mis à jour)(?:\s+on)?\s*:?\s+(.{6,60})", re.IGNORECASE
)
_SMALL_WORDS = frozenset("and of for the in at de la von van der і та und et y &".split())


@dataclass(frozen=True, slots=True)
class Head:
    """What the head says. ``start`` is the offset of the article's first word."""

    title: str | None = None
    published: date | None = None
    updated: date | None = None
    authors: tuple[str, ...] = ()
    start: int = 0


def header_block(text: str, origin: str) -> tuple[Fields, int] | None:
    """The fields of a block of ``key: value`` lines at the top of clean ``text``, and where the text after it begins.

    ``None`` when the first paragraph is no such block: every line must have a key, and one of them a known one.
    """
    block, blank, _ = text.partition("\n\n")
    lines = [_KEY_VALUE.fullmatch(line) for line in block.split("\n")]
    matches = [match for match in lines if match]
    known = [match for match in matches if canonical(match[1]) not in (None, "text", "excerpt", "id")]
    if not blank or not known or len(matches) < len(lines):
        return None
    fields = Fields({match[1]: match[2] or "" for match in matches}, origin)
    written = fields.line("published")
    if len(lines) == 1 and written and parse_day(written) is None:
        return None  # "Date: 2024-09-02 The minister said …" is a text with its date before it
    return fields, len(block) + 2


def loose_head(text: str, *, titled: bool = False) -> Head:
    """The head of clean ``text`` in loose lines. ``titled``: a title is known already, so none is looked for."""
    head = Head()
    for _ in range(MOST_HEAD_LINES):
        if head.published is None:
            day, skipped = date_at_head(text[head.start : head.start + 400])
            if day or skipped:
                head = replace(head, published=day, start=_skip_blank(text, head.start + skipped))
                if not skipped:
                    break  # a dateline belongs to the article, which has begun
                continue
        line = _line_at(text, head.start)
        after = _skip_blank(text, head.start + len(line))
        if match := _UPDATED.fullmatch(line):
            day = parse_day(match[1].strip(" ."), day_first=None)
            if day is None:
                break
            head = replace(head, updated=day, start=after)
        elif not head.authors and (match := _BYLINE.fullmatch(line)) and _is_names(match[1]):
            head = replace(head, authors=split_authors(match[1]), start=after)
        elif not titled and head.title is None and not head.authors and _is_title(text, head.start, line):
            head = replace(head, title=line, start=after)
        else:
            break
    return head


def _line_at(text: str, start: int) -> str:
    end = text.find("\n", start)
    return text[start : len(text) if end < 0 else end]


def _skip_blank(text: str, at: int) -> int:
    while at < len(text) and text[at] in "\n\t ":
        at += 1
    return at


def _is_names(line: str) -> bool:
    """Whether it reads like "Jane Doe and John Roe, Reuters", and not like "Tuesday the water had risen"."""
    words = re.findall(r"[^\s,;]+", line)
    return (
        1 < len(words) <= 12
        and not line.endswith((".", "!", "?", ":"))
        and all(word[0].isupper() or word.lower() in _SMALL_WORDS for word in words)
    )


def _is_title(text: str, start: int, line: str) -> bool:
    """Whether ``line`` stands alone above the article and does not end as a sentence does."""
    end = start + len(line)
    below = _skip_blank(text, end)
    alone = text.startswith("\n\n", end) or _is_about(_line_at(text, below))
    return (
        alone
        and 3 <= len(line) <= LONGEST_TITLE_LINE
        and any(map(str.isalpha, line))
        and not line.endswith((".", ",", ";", ":", "…", "。", "—", "–", "-"))
        and not line.startswith(("- ", "* ", "• "))
        and has_sentence(text[below : below + 4000])
    )


def _is_about(line: str) -> bool:
    """Whether ``line`` is one of those that stand below a title without a blank line: a date or a byline."""
    if (match := _BYLINE.fullmatch(line)) and _is_names(match[1]):
        return True
    day, skipped = date_at_head(line + "\n")
    return day is not None and skipped > len(line)
