"""The finished rows of a batch on disk, one JSON object a line: what a killed run goes on from."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from assistant.errors import BatchInvalid
from assistant.many import Row
from vectorstore.messages import Message

_BEGINS = b'{"key": "'
"""Every line of ours, so that no other file is ever taken for a journal and written to."""


def keys(rows: Iterable[Row]) -> list[str]:
    """By what a row is recognised: a digest of its content, and of its place among rows that are the same."""
    seen: Counter[str] = Counter()
    made = []
    for row in rows:
        content = json.dumps([row.question, row.id, row.within], default=str, sort_keys=True)
        seen[content] += 1
        made.append(hashlib.sha256(f"{seen[content]} {content}".encode()).hexdigest()[:16])
    return made


def read(path: Path) -> list[dict[str, Any]]:
    """The rows in a file of answers, but for a last line that a kill has torn. Raises ``BatchInvalid``."""
    *whole, torn = path.read_bytes().split(b"\n")
    with suppress(ValueError):
        if all(line.startswith(_BEGINS) for line in whole) and torn[: len(_BEGINS)] == _BEGINS[: len(torn)]:
            return [json.loads(line) for line in whole]
    raise BatchInvalid(Message("{file} holds something else than the answers of a batch. Name another.", file=path))


class Journal:
    """What ``append`` has taken survives a killed process and a power cut. Use a ``with`` block.

    Rows stand in the order in which they were finished, until ``settle`` puts them into that of the questions.
    """

    def __init__(self, path: Path) -> None:
        """Opens ``path``, made if missing. Raises ``BatchInvalid`` for a file of another kind, or one in use."""
        self._path = path
        self._file = path.open("ab")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.rows = {row["key"]: row for row in read(path)}
        except BlockingIOError:
            self._file.close()
            raise BatchInvalid(Message("Another run is writing {file}. Name another.", file=path)) from None
        except BatchInvalid:
            self._file.close()
            raise
        self._file.truncate(path.read_bytes().rfind(b"\n") + 1)

    def append(self, row: dict[str, Any]) -> None:
        self.rows[row["key"]] = row
        self._file.write(_line(row))
        self._file.flush()
        os.fsync(self._file.fileno())

    def settle(self, keys: Iterable[str]) -> list[dict[str, Any]]:
        """The finished rows among ``keys``, in this order; the file holds just them from now on."""
        rows = [self.rows[key] for key in keys if key in self.rows]
        replace_file(self._path, b"".join(map(_line, rows)))
        return rows

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def replace_file(path: Path, content: bytes) -> None:
    """Writes ``content`` in place of what stands in ``path``: whole, or not at all."""
    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _line(row: dict[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
