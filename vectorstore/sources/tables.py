"""Tables of articles: JSON Lines, JSON and CSV, plain or gzipped. One row, one article or one refusal.

Rows are read one at a time, so a table may be larger than memory, and what is broken costs only itself. JSON that is
no JSON Lines is read whole, and its rows are found wherever they lie in it.
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
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from vectorstore.errors import SourceRefused
from vectorstore.messages import Message
from vectorstore.sources.common import (
    ROW_CHARACTERS,
    TABLE_BYTES,
    UNPACKED_BYTES,
    identity,
    make_article,
    not_utf8,
    open_file,
    place,
    refuse_binary,
    shown,
    too_large,
    why_unreadable,
)
from vectorstore.sources.exported import exported_article, is_exported
from vectorstore.sources.fields import Fields, canonical
from vectorstore.sources.json_rows import rows_in
from vectorstore.text.dates import parse_day
from vectorstore.text.encodings import is_nearly_utf8, recognised
from vectorstore.types import Article, Refusal

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

JSON_CHARACTERS = 50_000_000
"""Of JSON that is no JSON Lines, which is read whole, unlike the other tables."""

HOPELESS_ROWS = 100
"""Refusals with no article before them after which the rest of a table is left: it is something else."""

SHORTEST_GLOBAL_ID = 8
"""Characters of an id that is taken as it stands. Shorter ones, and mere numbers, count rows of one table only."""

LONGEST_ID = 200

_DELIMITERS = ",;\t|"
_SLASHED = re.compile(r"(\d{1,2})([/-])(\d{1,2})\2\d{4}\b")


class Row(NamedTuple):
    """One row: the line it begins in, counted from 1, with its place in a JSON value ("4:articles[0]"), its fields."""

    place: int | str
    record: dict[str, object]
    note: str | None = None
    """What was left out beside it."""


def read_table(path: Path, rows: Generator[Row | Refusal] | None = None) -> Iterator[Article | Refusal]:
    """The articles of a table, in order; a refusal stands where a row could not be read. Never raises for content.

    ``rows`` are those of the file where it is a table of another kind.
    """
    table = Table(path)
    refused = articles = 0
    with closing(rows or _rows(path)) as found:
        for row in found:
            item = row if isinstance(row, Refusal) else table.article(row)
            yield item
            refused, articles = (refused + 1, articles) if isinstance(item, Refusal) else (refused, articles + 1)
            if refused == HOPELESS_ROWS and not articles:
                reason = Message("none of its first {count} rows is an article; the rest was left", count=refused)
                yield Refusal(shown(path), reason)
                return
    if not refused and not articles:
        yield Refusal(shown(path), Message("the table holds no rows"))


class Table:
    """What makes rows of one table articles: its place, the rows seen, and the order of day and month in its dates."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._place = place(path)
        self._seen: Counter[str] = Counter()
        self._unread: str | None = None
        self._day_first: bool | None = None
        self._looked_for_order = False

    def article(self, row: Row) -> Article | Refusal:
        origin = f"{shown(self._path)}:{row.place}"
        fields = Fields(row.record, origin)
        try:
            if is_exported(row.record):
                return exported_article(row.record, origin)
            text = fields.text()
            self._settle_order(fields)
            published = fields.day("published", day_first=self._day_first)
            self._note_unread_day(fields)
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
                notes=filter(None, (*fields.notes, row.note)),
            )
        except SourceRefused as refused:
            return Refusal(refused.source, refused.reason)

    def exported(self, line: int, fields: dict[str, object] | None) -> Article | Refusal:
        """An article of a press database's export, by its named fields."""
        if fields is not None:
            return self.article(Row(line, fields))
        reason = Message("no head of an article is recognised in what begins here; add it as a file of its own")
        return Refusal(f"{shown(self._path)}:{line}", reason)

    def _id(self, fields: Fields) -> str:
        """What stays the same when the row's text changes, and what no other row of the table has.

        An id is taken as it stands when it can be unique beyond its table; a number or a short word counts rows of
        this table only, so the table's place joins it. An address is next best, since it names one article. A row
        with neither is known by its title and day. Rows that share all that are told apart by their order.
        """
        own = fields.line("id") or ""
        key = (self._place, fields.line("title") or "", fields.line("published") or "")
        if SHORTEST_GLOBAL_ID <= len(own) <= LONGEST_ID and own.isprintable() and any(map(str.isalpha, own)):
            known_by = own
        elif url := fields.line("url"):
            known_by = identity("url", url)
        elif own:
            known_by = identity("table", f"{self._place}#{own}")
        else:
            known_by = "\n".join(key)
        self._seen[known_by] += 1
        count = str(self._seen[known_by])
        if known_by == "\n".join(key):
            return identity("row", "\n".join((*key, count)))
        if count == "1":
            return known_by
        fields.notes.append(
            Message("its id or address, {id}, is that of an earlier row; it was added beside it", id=own or url)
        )
        return identity("again", known_by, count)

    def _note_unread_day(self, fields: Fields) -> None:
        """Reports, once for the table, a column that holds days and is not read, where an article has no day."""
        if self._unread is None and "published" not in fields and (name := fields.unread_day()):
            self._unread = name
            fields.notes.append(
                Message(
                    "the column “{name}” seems to hold days and is not read; name it “published” if it is the day of "
                    "publication",
                    name=name[:60],
                )
            )

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
            fields = Fields(row.record, "")
            for field in ("published", "updated"):
                if match := _SLASHED.match(fields.line(field) or ""):
                    if int(match[1]) > 12 >= int(match[3]):
                        return True
                    if int(match[3]) > 12 >= int(match[1]):
                        return False
    return None


def _rows(path: Path) -> Generator[Row | Refusal]:
    try:
        name = path.name.lower().removesuffix(".gz")
        with open_file(path, TABLE_BYTES, "a .json file" if name.endswith(".json") else "a table") as file:
            reader = _csv_rows if name.endswith((".csv", ".tsv")) else _json_rows
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
            encoding, errors = _encoding(head)
            with io.TextIOWrapper(buffered, encoding, errors, newline="\n" if reader is _json_rows else "") as text:
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


def _encoding(head: bytes) -> tuple[str, str]:
    """The encoding of a table that begins with ``head``, and what becomes of bytes that it does not have."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", "strict"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # the head may end within a letter
    except UnicodeDecodeError:
        if not is_nearly_utf8(head) and (legacy := recognised(head)):
            return legacy, "replace"
    # A bad byte in UTF-8 stays visible as a surrogate, so that it costs one row and not the rest.
    return "utf-8-sig", "surrogateescape"


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

    def first(self) -> str:
        """The first line that is not blank, however long: it may be a whole document."""
        for line in iter(lambda: self._text.readline(JSON_CHARACTERS + 1), ""):
            self.number += 1
            if line.strip():
                return self._of_bearable_length(line)
        return ""

    def rest(self) -> str:
        """All that follows, of a document that is read whole."""
        return self._of_bearable_length(self._text.read(JSON_CHARACTERS + 1))

    def _of_bearable_length(self, text: str) -> str:
        if len(text) > JSON_CHARACTERS:
            raise SourceRefused(shown(self.path), too_large(len(text), JSON_CHARACTERS, "a .json file"))
        return text

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
            return self.refusal(not_utf8(ord(text[error.start]) & 0xFF, where), line)
        return None


_TOO_LONG = Message(
    "the row has more than {count} million characters; split it into its articles", count=ROW_CHARACTERS // 1_000_000
)


def _json_rows(lines: _Lines) -> Iterator[Row | Refusal]:
    """The rows of JSON Lines, or of a JSON document; which one it is its first line tells, not the file's name."""
    first = lines.first()
    if _opens_document(first):
        yield from _document_rows(first + lines.rest(), lines)
        return
    for line in chain([first] if first else [], _short_lines(lines)):
        if isinstance(line, Refusal):
            yield line
        elif line.strip():
            yield from _line_rows(line, lines)


def _opens_document(first: str) -> bool:
    """Whether ``first`` is the beginning of something longer, and not JSON or a broken line of its own."""
    try:
        json.loads(first, strict=False)
    except json.JSONDecodeError as error:
        return first.startswith("[") or error.pos >= len(first.rstrip())
    except (ValueError, RecursionError):
        pass
    return False


def _short_lines(lines: _Lines) -> Iterator[str | Refusal]:
    while True:
        try:
            yield next(lines)
        except StopIteration:
            return
        except _LineTooLong:
            yield lines.refusal(_TOO_LONG)


def _line_rows(line: str, lines: _Lines) -> Iterator[Row | Refusal]:
    if bad := lines.bad_byte(line):
        yield bad
        return
    try:
        value = json.loads(line.strip(), strict=False)  # raw tabs in strings do no harm
    except (ValueError, RecursionError) as error:
        yield lines.refusal(_json_reason(error))
    else:
        yield from _rows_in(value, lines.number, lines)


def _json_reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        why = error.msg.removesuffix(" at")
        return Message("it is not JSON: {why} at column {column}", why=why, column=error.colno)
    # A number of thousands of digits, a thousand brackets.
    return Message("its JSON cannot be read: {why}", why=str(error))


def _no_object(value: object) -> str:
    return Message(
        "it is not an object with fields such as title and text, but {type}; write one such object for each article",
        type=type(value).__name__,
    )


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
            known = set(map(canonical, header))
            if not known & {"text", "excerpt"}:
                reason = Message(
                    "its first line names no column text, body or content; it names: {names}",
                    names=", ".join(header)[:300],
                )
                next_step = Message("add the pages themselves by their addresses") if "url" in known else ""
                raise SourceRefused(shown(lines.path), Message.joined(reason, next_step, by="; "))
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
                yield Row(begin, _record(header, row))


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


def _document_rows(text: str, lines: _Lines) -> Iterator[Row | Refusal]:
    """The rows of a JSON array or object, or of several one after another, up to where it breaks off."""
    if bad := lines.bad_byte(text):
        yield bad
        return
    decoder = json.JSONDecoder(strict=False)
    at = counted = 0
    number, in_array = lines.number, False
    while (at := _skip(text, at, " \t\r\n,")) < len(text):
        number, counted = number + text.count("\n", counted, at), at
        if text[at] in "[]" and in_array == (text[at] == "]"):
            in_array, at = not in_array, at + 1
            continue
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            number += text.count("\n", counted, error.pos) if isinstance(error, json.JSONDecodeError) else 0
            yield lines.refusal(Message("{reason}; what came before is kept", reason=_json_reason(error)), number)
            return
        yield from _rows_in(value, number, lines)
    if in_array:
        yield lines.refusal(Message("the JSON array breaks off here; what came before is kept"), number)


def _skip(text: str, at: int, what: str) -> int:
    while at < len(text) and text[at] in what:
        at += 1
    return at


def _rows_in(value: object, line: int, lines: _Lines) -> Iterator[Row | Refusal]:
    """The rows of one JSON value, as many as it holds."""
    found, passed = rows_in(value)
    note = Message("beside the articles it holds {lists}, which were left out", lists=", ".join(passed)[:300])
    for number, (path, row) in enumerate(found):
        place = f"{line}:{path}" if path else line
        if isinstance(row, dict):
            yield Row(place, row, note if passed and number == 0 else None)
        else:
            yield Refusal(f"{shown(lines.path)}:{place}", _no_object(row))
