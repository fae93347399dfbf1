"""Where articles come from: files and folders of text, Markdown, saved web pages and tables of articles; addresses.

``find`` names the files, ``read`` reads one of them, ``read_all`` does both, and fetches what is an address of the web.
What cannot become an article comes back as a ``Refusal`` with its name and the reason, in its place among the articles;
the rest goes on.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from vectorstore.errors import SourceRefused
from vectorstore.messages import Message
from vectorstore.sources.common import ARTICLE_BYTES, open_file, shown, why_unreadable
from vectorstore.sources.html import close_worker, read_html
from vectorstore.sources.tables import read_table
from vectorstore.sources.text import read_markdown, read_text
from vectorstore.sources.web import DEFAULT_LIMITS, FEED, Limits, is_address, is_feed, named, read_address
from vectorstore.types import Article, Refusal

__all__ = [
    "DEFAULT_LIMITS",
    "KINDS",
    "Limits",
    "close_worker",
    "find",
    "is_address",
    "named",
    "read",
    "read_address",
    "read_all",
]

_SINGLE: dict[str, Callable[[Path], Article]] = {
    ".txt": read_text,
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".html": read_html,
    ".htm": read_html,
}
_TABLES = (".jsonl", ".jsonl.gz", ".ndjson", ".json", ".csv", ".csv.gz", ".tsv")

KINDS = (*_SINGLE, *_TABLES)
"""Endings of the files that can be read."""

_README = re.compile(r"readme(?![^\W_])", re.IGNORECASE)
_FEEDS = (".atom", ".rdf", ".rss", ".xml")
_UNKNOWN = Message("unknown kind of file; what can be read ends in {kinds}", kinds=", ".join(KINDS))


def find(sources: str | Path | Iterable[str | Path]) -> Iterator[Path | str | Refusal]:
    """The files that ``sources`` name, folders with all that is below them, in sorted order; a ``str`` is an address.

    In folders, hidden files and files named ``README`` are passed over, and a file of an unknown kind is refused by
    name. What is named directly and is not there, and a folder without a file to read, are refused.
    """
    for source in [sources] if isinstance(sources, (str, Path)) else sources:
        if isinstance(source, str) and is_address(source):
            yield source
            continue
        # The shell knows what "~" is; Python does not.
        path = Path(source).expanduser() if str(source).startswith("~/") else Path(source)
        try:
            status = path.stat()
        except OSError as error:
            yield Refusal(shown(path), why_unreadable(error, path))
        except ValueError:
            yield Refusal(shown(path), Message("this is no path: it holds a zero character"))
        else:
            if stat.S_ISDIR(status.st_mode):
                yield from _below(path)
            else:
                yield path if _kind(path) else Refusal(shown(path), _why_unknown(path))


def _below(folder: Path) -> Iterator[Path | Refusal]:
    """The files below ``folder``. A folder that links lead to twice, or in a circle, is entered once."""
    entered: set[tuple[int, int]] = set()
    waiting = [folder]
    found = False
    while waiting:
        path = waiting.pop()
        try:
            status = path.stat()
            if stat.S_ISDIR(status.st_mode):
                if (status.st_dev, status.st_ino) not in entered:
                    entered.add((status.st_dev, status.st_ino))
                    waiting += sorted(filter(_wanted, path.iterdir()), reverse=True)
                continue
        except OSError as error:
            yield Refusal(shown(path), why_unreadable(error, path))
        else:
            yield path if _kind(path) else Refusal(shown(path), _why_unknown(path))
        found = True
    if not found:
        nothing = Message("the folder holds no file to read; it may hold {kinds}", kinds=", ".join(KINDS))
        yield Refusal(shown(folder), nothing)


def _wanted(path: Path) -> bool:
    return not path.name.startswith(".") and not _README.match(path.name)


def _kind(path: Path) -> str | None:
    """The ending of ``path`` that says how to read it."""
    name = path.name.lower()
    return next((ending for ending in KINDS if name.endswith(ending)), None)


def _why_unknown(path: Path) -> str:
    if path.suffix.lower() in _FEEDS:
        with suppress(SourceRefused), open_file(path, ARTICLE_BYTES, "a feed") as file:
            if is_feed(file.read(4_000)):
                return FEED
    return _UNKNOWN


def read(path: Path) -> Iterator[Article | Refusal]:
    """The articles of one file, as they are read. Never raises for what the file holds."""
    kind = _kind(path)
    if kind is None:
        yield Refusal(shown(path), _why_unknown(path))
    elif kind in _TABLES:
        yield from read_table(path)
    else:
        try:
            yield _SINGLE[kind](path)
        except SourceRefused as refused:
            yield Refusal(refused.source, refused.reason)


def read_all(
    sources: str | Path | Iterable[str | Path], fetch: Callable[[str], Article | Refusal] = read_address
) -> Iterator[Article | Refusal]:
    """Everything that ``sources`` hold: ``find`` and ``read`` in one, and ``fetch`` for addresses."""
    for found in find(sources):
        if isinstance(found, Refusal):
            yield found
        elif isinstance(found, Path):
            yield from read(found)
        else:
            yield fetch(found)
