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
from vectorstore.messages import Message
from vectorstore.sources.common import decode, read_file, shown

KINDS = (".txt", ".csv", ".jsonl", ".xlsx")


def read(path: Path) -> list[many.Row]:
    """The questions of ``path``. Raises ``BatchInvalid`` or ``SourceRefused`` for a file that holds none."""
    kind = path.suffix.lower()
    if kind not in KINDS:
        raise BatchInvalid(
            Message("{file}: questions are read from {kinds}.", file=shown(path), kinds=", ".join(KINDS))
        )
    data = read_file(path)
    given = list(_sheet(path, data) if kind == ".xlsx" else _records(path, decode(data, shown(path)), kind))
    columns = dict.fromkeys(str(name) for record in given if isinstance(record, dict) for name in record)
    if columns and "question" not in {name.strip().lower() for name in columns}:
        raise BatchInvalid(
            Message(
                "{file}: no column is named “question”; there are {columns}. Rename the one that holds the questions.",
                file=shown(path),
                columns=", ".join(columns),
            )
        )
    if not given:
        raise BatchInvalid(Message("{file} holds no questions.", file=shown(path)))
    return list(many.rows(given))


def _records(path: Path, text: str, kind: str) -> Iterator[Any]:
    if kind == ".csv":
        head = text.partition("\n")[0]
        yield from csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count))
        return
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        if kind == ".txt":
            yield line.strip()
            continue
        try:
            yield json.loads(line)
        except (ValueError, RecursionError) as error:
            raise BatchInvalid(
                Message(
                    "{file}:{line} is not JSON with a question, such as {example}: {error}.",
                    file=shown(path),
                    line=number,
                    example='{"id": 7, "question": "Who met whom?"}',
                    error=error,
                )
            ) from None


def _sheet(path: Path, data: bytes) -> Iterator[dict[str, Any]]:
    """The rows of the first sheet, by the names in its first row."""
    workbook = openpyxl(path).load_workbook
    try:
        names, *lines = workbook(io.BytesIO(data), read_only=True, data_only=True).worksheets[0].values
    except (BadZipFile, LookupError, OSError, ValueError, SyntaxError) as error:
        raise BatchInvalid(
            Message("{file} holds no sheet that can be read ({error}). Save it as .csv.", file=shown(path), error=error)
        ) from error
    yield from (
        dict(zip(map(str, names), line, strict=False)) for line in lines if any(cell is not None for cell in line)
    )


def openpyxl(path: Path) -> Any:
    """The library that reads and writes Excel files, an optional one. Raises ``BatchInvalid`` where it is missing."""
    try:
        return import_module("openpyxl")
    except ModuleNotFoundError:
        raise BatchInvalid(
            Message(
                "{file}: Excel files need openpyxl. Run: pip install 'article-assistant[xlsx]', or use a .csv file.",
                file=shown(path),
            )
        ) from None
