"""Where articles come from: files of many kinds, folders and archives of them, addresses of the web.

``find`` names the files, ``read`` reads one of them or an address, ``read_all`` does both. What cannot become an
article comes back as a ``Refusal`` with its name and the reason, in its place among the articles; the rest goes on.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from vectorstore.errors import SourceRefused
from vectorstore.messages import Message
from vectorstore.sources.common import TABLE_BYTES, open_file, shown, why_unreadable
from vectorstore.sources.documents.reading import BEGINS, Reading, read_document
from vectorstore.sources.documents.text import read_markdown, read_text
from vectorstore.sources.html import close_worker, read_html
from vectorstore.sources.limits import DEFAULT_LIMITS, Limits
from vectorstore.sources.other_kinds import what_else
from vectorstore.sources.tables import references
from vectorstore.sources.tables.reading import read_table
from vectorstore.sources.web import feeds, singlefile
from vectorstore.sources.web.addresses import is_address, named, read_address
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
    "reads_the_web",
]

_Reader = Callable[[Path, Reading], Iterator[Article | Refusal]]


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of file: known by its first bytes, or else by its ending."""

    endings: str
    read: _Reader
    begins: re.Pattern[bytes] | None = None
    gzipped: bool = False
    """Whether it is known by its first bytes also when it is gzipped."""


def _several(read: Callable[[Path], Iterator[Article | Refusal]]) -> _Reader:
    """The reader of a kind of which a file may hold several articles."""

    def read_several(path: Path, _: Reading) -> Iterator[Article | Refusal]:
        try:
            yield from read(path)
        except SourceRefused as refused:
            yield Refusal(refused.source, refused.reason)

    return read_several


def _one(read: Callable[[Path], Article]) -> _Reader:
    """The reader of a kind of which a file holds one article."""
    return _several(lambda path: iter((read(path),)))


def _parsed(kind: str) -> _Reader:
    """The reader of a kind that the worker process parses."""
    return lambda path, reading: read_document(kind, path, reading, partial(_read_below, reading=reading))


_HEADER = rb"[A-Za-z][\w-]*:[^\n]*\n(?:[ \t][^\n]*\n)*"
_SENT = rb"(?:mime-version|message-id|received|return-path|delivered-to):[^\n]*\n(?:[ \t][^\n]*\n)*[A-Za-z][\w-]*:"
_TABLE = (
    _Kind(".txt", _several(read_text)),
    _Kind(".md .markdown", _one(read_markdown)),
    _Kind("", _one(singlefile.read_singlefile), singlefile.BEGINS),
    _Kind(
        ".html .htm .xhtml",
        _one(read_html),
        re.compile(
            rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*|(?><!--.*?-->)\s*)*+<(?:!doctype html|html)[\s>]", re.I | re.S
        ),
    ),
    _Kind(".jsonl .jsonl.gz .ndjson .json .csv .csv.gz .tsv", lambda path, _: read_table(path)),
    _Kind(".rss .atom .rdf .xml .xml.gz", feeds.read_feed, feeds.BEGINS, gzipped=True),
    _Kind(".ris", _several(references.read_ris), references.BEGINS),
    _Kind(".pdf", _parsed("pdf"), BEGINS["pdf"]),
    _Kind(".docx .odt .epub .zip", _parsed("zip"), BEGINS["zip"]),
    _Kind(".rtf", _parsed("rtf"), BEGINS["rtf"]),
    _Kind(".mbox", _parsed("mailbox"), re.compile(rb"From [^\n]*\d{4}[^\n]*\n[A-Za-z][\w-]*:")),
    _Kind(
        ".eml .mht .mhtml",
        _parsed("mail"),
        re.compile(rb"(?:" + _HEADER + rb")*?" + _SENT, re.IGNORECASE),
    ),
    _Kind(
        ".tar .tar.gz .tgz .tar.bz2 .tbz2 .tar.xz .txz",
        _parsed("tar"),
        re.compile(rb".{257}ustar|BZh|\xfd7zXZ", re.DOTALL),
        gzipped=True,
    ),
)
"""Every kind that is read. The first whose first bytes fit counts."""

KINDS = tuple(ending for kind in _TABLE for ending in kind.endings.split())
"""Endings of the files that can be read."""

_README = re.compile(r"readme(?![^\W_])", re.IGNORECASE)


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
                yield path if _kind_of(path) else Refusal(shown(path), _why_unknown(path))


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
            yield path if _kind_of(path) else Refusal(shown(path), _why_unknown(path))
        found = True
    if not found:
        nothing = Message("the folder holds no file to read; it may hold {kinds}", kinds=", ".join(KINDS))
        yield Refusal(shown(folder), nothing)


def _wanted(path: Path) -> bool:
    return not path.name.startswith(".") and not _README.match(path.name)


def _kind_of(path: Path, head: bytes | None = None) -> _Kind | None:
    """The kind of a file by its first bytes, ``head``, and else by its ending."""
    unpacked = feeds.gunzipped(head or b"", 4_096)
    for kind in _TABLE:
        if kind.begins and kind.begins.match(unpacked) and (kind.gzipped or unpacked == head):
            return kind
    name = path.name.lower()
    known = (kind for kind in _TABLE for ending in kind.endings.split() if name.endswith(ending))
    found = next(known, None)
    return found if found or head is not None else _kind_of(path, _head(path))


def _head(path: Path) -> bytes:
    with suppress(SourceRefused), open_file(path, TABLE_BYTES, "a table") as file:
        return file.read(8_192)
    return b""


def _why_unknown(path: Path) -> str:
    unknown = Message("unknown kind of file; what can be read ends in {kinds}", kinds=", ".join(KINDS))
    return what_else(path, _head(path)) or unknown


def read(
    source: Path | str, limits: Limits = DEFAULT_LIMITS, reading: Reading | None = None
) -> Iterator[Article | Refusal]:
    """The articles of one file or address, as they are read. Never raises for what it holds."""
    if isinstance(source, str):
        yield from feeds.read_web(source, limits)
        return
    kind = _kind_of(source, _head(source))
    if kind is None:
        yield Refusal(shown(source), _why_unknown(source))
    else:
        yield from kind.read(source, reading or Reading(limits))


def reads_the_web(found: Path | str) -> bool:
    """Whether reading what ``find`` found takes as long as sites take to answer: an address, a feed."""
    if isinstance(found, str):
        return True
    kind = _kind_of(found, _head(found))
    return kind is not None and kind.read is feeds.read_feed


def _read_below(folder: Path, reading: Reading) -> Iterator[Article | Refusal]:
    for found in find(folder):
        yield from [found] if isinstance(found, Refusal) else read(found, reading=reading)


def read_all(
    sources: str | Path | Iterable[str | Path], limits: Limits = DEFAULT_LIMITS
) -> Iterator[Article | Refusal]:
    """Everything that ``sources`` hold: ``find`` and ``read`` in one."""
    for found in find(sources):
        yield from [found] if isinstance(found, Refusal) else read(found, limits)
