"""The rows of CSV and of text with tabs, by the names in the first line."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from itertools import chain

from vectorstore.errors import SourceRefused
from vectorstore.messages import Message
from vectorstore.sources.common import ROW_CHARACTERS, shown
from vectorstore.sources.fields import canonical
from vectorstore.sources.tables.lines import TOO_LONG, Lines, LineTooLong, Row
from vectorstore.types import Refusal

_DELIMITERS = ",;\t|"


def csv_rows(lines: Lines) -> Iterator[Row | Refusal]:
    """The rows of CSV; the delimiter is the one that its first line shows."""
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
        except LineTooLong:
            yield lines.refusal(TOO_LONG, begin)
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
        return TOO_LONG
    return Message("it is not CSV: {why}", why=error)
