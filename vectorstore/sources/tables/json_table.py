"""The rows of JSON Lines and of other JSON.

The latter is read whole, and its rows are found wherever they lie in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain

from vectorstore.messages import Message
from vectorstore.sources.common import shown
from vectorstore.sources.tables.json_rows import rows_in
from vectorstore.sources.tables.lines import TOO_LONG, Lines, LineTooLong, Row
from vectorstore.types import Refusal


def json_rows(lines: Lines) -> Iterator[Row | Refusal]:
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


def _short_lines(lines: Lines) -> Iterator[str | Refusal]:
    while True:
        try:
            yield next(lines)
        except StopIteration:
            return
        except LineTooLong:
            yield lines.refusal(TOO_LONG)


def _line_rows(line: str, lines: Lines) -> Iterator[Row | Refusal]:
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


def _document_rows(text: str, lines: Lines) -> Iterator[Row | Refusal]:
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


def _rows_in(value: object, line: int, lines: Lines) -> Iterator[Row | Refusal]:
    """The rows of one JSON value, as many as it holds."""
    found, passed = rows_in(value)
    note = Message("beside the articles it holds {lists}, which were left out", lists=", ".join(passed)[:300])
    for number, (path, row) in enumerate(found):
        place = f"{line}:{path}" if path else line
        if isinstance(row, dict):
            yield Row(place, row, note if passed and number == 0 else None)
        else:
            yield Refusal(f"{shown(lines.path)}:{place}", _no_object(row))
