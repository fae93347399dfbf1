"""The questions of a batch: a file of text (one a line), CSV, JSON Lines or Excel, as rows."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from assistant import many
from assistant.errors import BatchInvalid
from vectorstore.sources.common import decode, read_file, shown

KINDS = (".txt", ".csv", ".jsonl", ".xlsx")


def read(path: Path) -> list[many.Row]:
    """The questions of ``path``. Raises ``BatchInvalid`` or ``SourceRefused`` for a file that holds none."""
    kind, name = path.suffix.lower(), shown(path)
    if kind not in KINDS:
        raise BatchInvalid("{file}: questions are read from {kinds}.", file=name, kinds=", ".join(KINDS))
    data = read_file(path)
    given = _sheet(name, data) if kind == ".xlsx" else list(_records(name, decode(data, name), kind))
    rows = list(many.rows(given))
    if all(row.question is None for row in rows):
        columns = ", ".join(dict.fromkeys(str(column) for record in given for column in record)) or "–"
        raise BatchInvalid("{file}: no column “question” among {columns}.", file=name, columns=columns)
    return rows


def _records(name: str, text: str, kind: str) -> Iterator[Any]:
    if kind == ".csv":
        head = text.partition("\n")[0]
        yield from csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count))
        return
    for number, line in enumerate(text.split("\n"), 1):
        try:
            if line.strip():
                yield line.strip() if kind == ".txt" else json.loads(line)
        except ValueError as error:
            raise BatchInvalid("{file}:{line}: no JSON ({why}).", file=name, line=number, why=error) from None


def _sheet(name: str, data: bytes) -> list[dict[str, Any]]:
    """The rows of the first sheet, by the names in its first row."""
    book = openpyxl(name).load_workbook
    try:
        head, *lines = book(io.BytesIO(data), read_only=True, data_only=True).worksheets[0].values
    except (BadZipFile, LookupError, OSError, SyntaxError, ValueError) as error:
        raise BatchInvalid("{file} cannot be read ({why}). Save it as .csv.", file=name, why=error) from None
    return [dict(zip(map(str, head), line, strict=False)) for line in lines if any(cell is not None for cell in line)]


def openpyxl(name: str) -> Any:
    """The library for Excel files, an optional one. Raises ``BatchInvalid`` where it is missing."""
    try:
        return import_module("openpyxl")
    except ModuleNotFoundError:
        raise BatchInvalid(
            "{file}: Excel files need openpyxl. Run: pip install 'article-assistant[xlsx]'.", file=name
        ) from None
