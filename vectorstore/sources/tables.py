"""Tables of articles: JSON Lines, JSON and CSV, plain or gzipped. One row, one article or one refusal.

Rows are read one at a time, so a table may be larger than memory, and what is broken costs only itself.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import re
import zlib
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from vectorstore.errors import SourceRefused
from vectorstore.messages import Message
from vectorstore.sources.common import (
    ROW_CHARACTERS,
    TABLE_BYTES,
    UNPACKED_BYTES,
    decode,
    identity,
    make_article,
    not_utf8,
    open_file,
    place,
    read_file,
    refuse_binary,
    shown,
    too_large,
    why_unreadable,
)
from vectorstore.sources.exported import exported_article, is_exported
from vectorstore.sources.fields import Fields, canonical
from vectorstore.text.dates import parse_day
from vectorstore.types import Article, Refusal

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

JSON_BYTES = 50_000_000
"""Of a .json file, which is read whole, unlike the other tables."""

HOPELESS_ROWS = 100
"""Refusals with no article before them after which the rest of a table is left: it is something else."""

SHORTEST_GLOBAL_ID = 8
"""Characters of an id that is taken as it stands. Shorter ones, and mere numbers, count rows of one table only."""

LONGEST_ID = 200

_DELIMITERS = ",;\t|"
_SLASHED = re.compile(r"(\d{1,2})([/-])(\d{1,2})\2\d{4}\b")

Row = tuple[int, dict[str, object]]
"""The line a row begins in, counted from 1, and its fields."""


def read_table(path: Path) -> Iterator[Article | Refusal]:
    """The articles of a table, in order; a refusal stands where a row could not be read. Never raises for content."""
    table = _Table(path)
    refused = articles = 0
    with closing(_rows(path)) as rows:
        for row in rows:
            item = row if isinstance(row, Refusal) else table.article(*row)
            yield item
            refused, articles = (refused + 1, articles) if isinstance(item, Refusal) else (refused, articles + 1)
            if refused == HOPELESS_ROWS and not articles:
                reason = Message("none of its first {count} rows is an article; the rest was left", count=refused)
                yield Refusal(shown(path), reason)
                return
    if not refused and not articles:
        yield Refusal(shown(path), Message("the table holds no rows"))


class _Table:
    """What makes rows of one table articles: its place, the rows seen, and the order of day and month in its dates."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._place = place(path)
        self._seen: Counter[tuple[str, str]] = Counter()
        self._day_first: bool | None = None
        self._looked_for_order = False

    def article(self, line: int, record: dict[str, object]) -> Article | Refusal:
        origin = f"{shown(self._path)}:{line}"
        fields = Fields(record, origin)
        try:
            if is_exported(record):
                return exported_article(record, origin)
            text = fields.text()
            self._settle_order(fields)
            published = fields.day("published", day_first=self._day_first)
            return make_article(
                id=self._id(fields),
                title=fields.line("title"),
                text=text,
                published=published,
                published_from="field",
                updated=fields.day("updated", day_first=self._day_first),
                source=fields.line("source"),
                url=fields.line("url"),
                authors=fields.authors(),
                origin=origin,
            )
        except SourceRefused as refused:
            return Refusal(refused.source, refused.reason)

    def _id(self, fields: Fields) -> str:
        """What stays the same when the row's text changes.

        An id is taken as it stands when it can be unique beyond its table; a number or a short word counts rows of
        this table only, so the table's place joins it. An address is next best, since it names one article. A row
        with neither is known by its title and day, and among equals by its order.
        """
        own = fields.line("id") or ""
        if SHORTEST_GLOBAL_ID <= len(own) <= LONGEST_ID and own.isprintable() and any(map(str.isalpha, own)):
            return own
        if url := fields.line("url"):
            return identity("url", url)
        if own:
            return identity("table", f"{self._place}#{own}")
        key = (fields.line("title") or "", fields.line("published") or "")
        self._seen[key] += 1
        return identity("row", "\n".join((self._place, *key, str(self._seen[key]))))

    def _settle_order(self, fields: Fields) -> None:
        """Learns from the table's own dates whether 03/04/2024 is in April or in March, when one such date comes."""
        if self._looked_for_order:
            return
        for field in ("published", "updated"):
            written = fields.line(field)
            if written and parse_day(written, day_first=None) is None and parse_day(written) is not None:
                self._looked_for_order = True
                self._day_first = _day_first_in(self._path)
                return


def _day_first_in(path: Path) -> bool | None:
    """Whether a table writes the day first, by its first date that has only one reading; ``None`` without one."""
    with closing(_rows(path)) as rows:
        for row in rows:
            if isinstance(row, Refusal):
                continue
            fields = Fields(row[1], "")
            for field in ("published", "updated"):
                if match := _SLASHED.match(fields.line(field) or ""):
                    if int(match[1]) > 12 >= int(match[3]):
                        return True
                    if int(match[3]) > 12 >= int(match[1]):
                        return False
    return None


def _rows(path: Path) -> Generator[Row | Refusal]:
    name = path.name.lower().removesuffix(".gz")
    if name.endswith(".json"):
        try:
            yield from _json_rows(path)
        except SourceRefused as refused:
            yield Refusal(refused.source, refused.reason)
        return
    try:
        with open_file(path, TABLE_BYTES, "a table") as file:
            reader = _csv_rows if name.endswith((".csv", ".tsv")) else _json_line_rows
            yield from _guarded(path, file, reader)
    except SourceRefused as refused:
        yield Refusal(refused.source, refused.reason)


def _guarded(
    path: Path, file: BinaryIO, reader: Callable[[_Lines], Iterator[Row | Refusal]]
) -> Iterator[Row | Refusal]:
    """Rows until the file itself breaks off; what came before is kept, and the break is named with its line."""
    lines: _Lines | None = None
    packed = path.name.lower().endswith(".gz")
    reason = ""
    try:
        with _Unpacked(file, packed, path) as unpacked, io.BufferedReader(unpacked, 1 << 16) as buffered:
            head = buffered.peek(1 << 16)
            refuse_binary(head, shown(path))
            utf16 = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
            # A bad byte in UTF-8 stays visible as a surrogate, so that it costs one row and not the rest.
            encoding, errors = ("utf-16", "strict") if utf16 else ("utf-8-sig", "surrogateescape")
            with io.TextIOWrapper(
                buffered, encoding, errors, newline="\n" if reader is _json_line_rows else ""
            ) as text:
                lines = _Lines(text, path)
                yield from reader(lines)
    except EOFError:
        reason = Message("the gzip file is cut off here; what came before is kept. Fetch the file again")
    except (zlib.error, gzip.BadGzipFile) as error:
        reason = Message(
            "the gzip file is damaged here ({why}); what came before is kept. Fetch the file again", why=str(error)
        )
    except UnicodeDecodeError:
        reason = Message("it is broken UTF-16 here; what came before is kept. Save the file as UTF-8")
    except OSError as error:
        reason = why_unreadable(error, path)
    if reason:
        yield Refusal(f"{shown(path)}:{lines.number + 1}" if lines and lines.number else shown(path), reason)


class _Unpacked(io.RawIOBase):
    """A table's bytes, unpacked when it is gzipped, until there are more than ``UNPACKED_BYTES``."""

    def __init__(self, file: BinaryIO, packed: bool, path: Path) -> None:
        super().__init__()
        self._packed = gzip.GzipFile(fileobj=file) if packed else None
        self._read = self._packed.read1 if self._packed else file.read1  # type: ignore[attr-defined]
        self._path = path
        self._total = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        # read1: at most one read below, so that what was unpacked before a break is not lost with it.
        data = self._read(len(view))
        view[: len(data)] = data
        self._total += len(data)
        if self._total > UNPACKED_BYTES:
            reason = Message("unpacked, {size}", size=too_large(self._total, UNPACKED_BYTES, "a table"))
            raise SourceRefused(shown(self._path), reason)
        return len(data)

    def close(self) -> None:
        if self._packed:
            self._packed.close()
        super().close()


class _LineTooLong(Exception):
    """A line beyond ``ROW_CHARACTERS``. The reader stands behind it."""


class _Lines:
    """The lines of a table; ``number`` is that of the last one."""

    def __init__(self, text: io.TextIOWrapper, path: Path) -> None:
        self._text = text
        self.path = path
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._text.readline(ROW_CHARACTERS)
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) >= ROW_CHARACTERS:
            while not line.endswith(("\n", "\r")) and line:
                line = self._text.readline(ROW_CHARACTERS)
            raise _LineTooLong
        return line

    def refusal(self, reason: str, line: int | None = None) -> Refusal:
        return Refusal(f"{shown(self.path)}:{line or self.number}", reason)

    def bad_byte(self, text: str, line: int | None = None) -> Refusal | None:
        """The refusal of a row that holds a byte which is no UTF-8."""
        if text.isascii():
            return None
        try:
            text.encode()
        except UnicodeEncodeError as error:
            where = Message("character {count} of the row", count=error.start + 1)
            return self.refusal(not_utf8(ord(text[error.start]) & 0xFF, where, shown(self.path)), line)
        return None


_TOO_LONG = Message(
    "the row has more than {count} million characters; split it into its articles", count=ROW_CHARACTERS // 1_000_000
)


def _json_line_rows(lines: _Lines) -> Iterator[Row | Refusal]:
    while True:
        try:
            line = next(lines)
        except StopIteration:
            return
        except _LineTooLong:
            yield lines.refusal(_TOO_LONG)
            continue
        if not line.strip():
            continue
        if bad := lines.bad_byte(line):
            yield bad
            continue
        try:
            record = json.loads(line.rstrip("\r\n"), strict=False)  # raw tabs in strings do no harm
        except (ValueError, RecursionError) as error:
            advice = Message("a file that is one JSON array must be named .json") if line.strip() in ("[", "{") else ""
            yield lines.refusal(Message.joined(_json_reason(error), advice, by="; "))
        else:
            yield (lines.number, record) if isinstance(record, dict) else lines.refusal(_no_object(record))


def _json_reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        why = error.msg.removesuffix(" at")
        return Message("it is not JSON: {why} at column {column}", why=why, column=error.colno)
    # A number of thousands of digits, a thousand brackets.
    return Message("its JSON cannot be read: {why}", why=str(error))


def _no_object(value: object) -> str:
    return Message("it is not an object with fields such as title and text, but {kind}", kind=type(value).__name__)


def _csv_rows(lines: _Lines) -> Iterator[Row | Refusal]:
    # The limit is the interpreter's, not this reader's; the default of 131,072 is less than a long article.
    csv.field_size_limit(max(csv.field_size_limit(), ROW_CHARACTERS))
    first = next((line for line in lines if line.strip()), "")
    marked = re.fullmatch(r"sep=(.)\s*", first, re.IGNORECASE)  # Excel's own way to name the delimiter
    if marked:
        first = next(lines, "")
    delimiter = marked[1] if marked else max(_DELIMITERS, key=lambda mark: _known_columns(first, mark))
    reader = csv.reader(chain([first], lines), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    end = lines.number - 1
    while True:
        begin, row = end + 1, None
        try:
            row = next(reader)
        except StopIteration:
            return
        except _LineTooLong:
            yield lines.refusal(_TOO_LONG, begin)
        except csv.Error as error:
            yield lines.refusal(_csv_reason(str(error)), begin)
        end = lines.number
        if header is None:
            header = [name.strip() for name in row or ()]
            if "text" not in map(canonical, header):
                names = ", ".join(header)[:300]
                reason = Message("its first line names no column text, body or content; it names: {names}", names=names)
                raise SourceRefused(shown(lines.path), reason)
        elif row and any(map(str.strip, row)):
            if bad := lines.bad_byte(delimiter.join(row), begin):
                yield bad
            elif len(row) > len(header):
                reason = Message(
                    "it has {values} values for {columns} columns; put values that hold “{delimiter}” in quotes",
                    values=len(row),
                    columns=len(header),
                    delimiter=delimiter,
                )
                yield lines.refusal(reason, begin)
            else:
                yield begin, _record(header, row)


def _known_columns(header: str, delimiter: str) -> int:
    return sum(canonical(name.strip(' "\r\n')) is not None for name in header.split(delimiter))


def _record(header: list[str], row: list[str]) -> dict[str, object]:
    record: dict[str, object] = {}
    for name, value in zip(header, row, strict=False):  # rows may leave out their last columns
        record[name] = record.get(name) or value
    return record


def _csv_reason(error: str) -> str:
    if "unexpected end of data" in error:
        return Message("a quotation mark opened here is never closed, so the rows after it cannot be told apart")
    if "expected after" in error:
        return Message('a quotation mark inside a quoted value must be doubled: "" for "')
    if "field larger" in error:
        return _TOO_LONG
    return Message("it is not CSV: {why}", why=error)


def _json_rows(path: Path) -> Iterator[Row | Refusal]:
    """The objects of a JSON array, of the one array inside an object, or the object itself."""
    text = decode(read_file(path, JSON_BYTES, "a .json file"), shown(path))
    decoder = json.JSONDecoder(strict=False)
    at = _skip_space(text, 0)
    if not text.startswith("[", at):
        record = _decoded(decoder, text, at, path)[0]
        if not isinstance(record, dict):
            raise SourceRefused(shown(path), _no_object(record))
        lists = [name for name, value in record.items() if _is_rows(value)]
        start = re.search(re.escape(json.dumps(lists[0], ensure_ascii=False)) + r"\s*:\s*\[", text) if lists else None
        if "text" in map(canonical, record) or len(lists) != 1 or start is None:
            yield text.count("\n", 0, at) + 1, record
            return
        at = start.end() - 1
    line, counted = 1, 0
    at = _skip_space(text, at + 1)
    while not text.startswith("]", at):
        line, counted = line + text.count("\n", counted, at), at
        record, at = _decoded(decoder, text, at, path)
        yield (line, record) if isinstance(record, dict) else Refusal(f"{shown(path)}:{line}", _no_object(record))
        at = _skip_space(text, at)
        if text.startswith(",", at):
            at = _skip_space(text, at + 1)
        elif not text.startswith("]", at):
            line += text.count("\n", counted, at)
            reason = Message("the JSON array breaks off here; what came before is kept")
            raise SourceRefused(f"{shown(path)}:{line}", reason)


def _is_rows(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(part, dict) for part in value)


def _skip_space(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _decoded(decoder: json.JSONDecoder, text: str, at: int, path: Path) -> tuple[object, int]:
    try:
        return decoder.raw_decode(text, at)
    except (ValueError, RecursionError) as error:
        line = f":{error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise SourceRefused(shown(path) + line, _json_reason(error)) from error
