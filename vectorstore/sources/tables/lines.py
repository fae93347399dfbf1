"""The lines of a table, whatever its encoding and whether it is gzipped, up to where the file breaks off.

They are read one at a time, so a table may be larger than memory, and what is broken costs only itself.
"""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from vectorstore.errors import SourceRefused
from vectorstore.messages import Message
from vectorstore.sources.common import (
    ROW_CHARACTERS,
    UNPACKED_BYTES,
    not_utf8,
    refuse_binary,
    shown,
    too_large,
    why_unreadable,
)
from vectorstore.text.encodings import is_nearly_utf8, recognised
from vectorstore.types import Refusal

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

JSON_CHARACTERS = 50_000_000
"""Of JSON that is no JSON Lines, which is read whole, unlike the other tables."""


class Row(NamedTuple):
    """One row: the line it begins in, counted from 1, with its place in a JSON value ("4:articles[0]"), its fields."""

    place: int | str
    record: dict[str, object]
    note: str | None = None
    """What was left out beside it."""


def rows_of(
    path: Path, file: BinaryIO, reader: Callable[[Lines], Iterator[Row | Refusal]], *, newline: str
) -> Iterator[Row | Refusal]:
    """The rows that ``reader`` finds in the lines of a table, until the file itself breaks off.

    What came before is kept, and the break is named with its line. ``newline`` is as for ``open``.
    """
    lines: Lines | None = None
    packed = path.name.lower().endswith(".gz")
    reason = ""
    try:
        with _Unpacked(file, packed, path) as unpacked, io.BufferedReader(unpacked, 1 << 16) as buffered:
            head = buffered.peek(1 << 16)
            refuse_binary(head, shown(path))
            encoding, errors = _encoding(head)
            with io.TextIOWrapper(buffered, encoding, errors, newline=newline) as text:
                lines = Lines(text, path)
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


class LineTooLong(Exception):
    """A line beyond ``ROW_CHARACTERS``. The reader stands behind it."""


class Lines:
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
            raise LineTooLong
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


TOO_LONG = Message(
    "the row has more than {count} million characters; split it into its articles", count=ROW_CHARACTERS // 1_000_000
)
