"""Lists of references in RIS, as Zotero, EndNote and press databases export them: each entry one article."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from pathlib import Path

from vectorstore.sources.common import decode, read_file, shown
from vectorstore.sources.tables.lines import Row
from vectorstore.sources.tables.reading import read_table
from vectorstore.types import Article, Refusal

BEGINS = re.compile(rb"(?:\xef\xbb\xbf)?\s*TY  - ")

_LINE = re.compile(r"([A-Z][A-Z0-9])  -(?: (.*))?\s*")
# The first tag that is filled counts. PY is a mere year; DA and Y1 end in slashes where they have no more to say.
_TAGS = {
    "title": "TI T1",
    "source": "T2 JF JO J2 PB DP",
    "abstract": "AB N2",
    "published": "DA Y1 PY",
    "url": "UR L2",
    "id": "AN ID",
}


def read_ris(path: Path) -> Iterator[Article | Refusal]:
    """The articles of a list, mostly their abstracts. Raises ``SourceRefused``."""
    return read_table(path, _entries(path))


def _entries(path: Path) -> Generator[Row]:
    entry: dict[str, list[str]] = {}
    begins = 1
    last: list[str] = []
    for number, line in enumerate(decode(read_file(path), shown(path)).splitlines(), 1):
        match = _LINE.fullmatch(line)
        if match and match[1] == "TY":
            if entry:  # its end is missing
                yield Row(begins, _record(entry))
            entry, begins = {"TY": []}, number
        elif match and match[1] == "ER":
            yield Row(begins, _record(entry))
            entry = {}
        elif match:
            last = entry.setdefault(match[1], [])
            last.append(match[2] or "")
        elif last and line.strip():  # a long value goes on
            last[-1] += f"\n{line.strip()}"
    if entry:
        yield Row(begins, _record(entry))


def _record(entry: dict[str, list[str]]) -> dict[str, object]:
    firsts = {name: next((entry[tag][0] for tag in tags.split() if tag in entry), "") for name, tags in _TAGS.items()}
    return {**firsts, "published": firsts["published"].strip("/ "), "authors": entry.get("AU") or entry.get("A1")}
