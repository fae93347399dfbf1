"""Archives (ZIP, TAR), and the documents that are ZIP archives inside. Runs in the worker process only."""

from __future__ import annotations

import shutil
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from io import BytesIO
from lzma import LZMAError
from pathlib import Path
from typing import IO
from zipfile import BadZipFile, ZipFile

from vectorstore.errors import SourceRefused
from vectorstore.messages import Message, to_json
from vectorstore.sources.documents.epub import parse_epub
from vectorstore.sources.documents.office import parse_docx, parse_odt
from vectorstore.sources.documents.reading import Document

MOST_FILES = 10_000
"""In one archive. More are a whole disk, and slow the machine down before the first of them is read."""

LARGEST_DOCUMENT = 200_000_000
"""Bytes of a document once unpacked, its pictures included. A file of 200 kB can hold as many; that is a bomb."""

_OFFICE = {
    "xl/workbook.xml": (Message("an Excel workbook"), "libreoffice --headless --convert-to csv FILE"),
    "ppt/presentation.xml": (Message("a PowerPoint presentation"), "libreoffice --headless --convert-to pdf FILE"),
    "Index/Document.iwa": (Message("a Pages document"), "File > Export To > Word…"),
}
_OTHER_OFFICE = (Message("an office document, but no text"), "libreoffice --headless --convert-to pdf FILE")
_TORN = (tarfile.TarError, BadZipFile, EOFError, OSError, LZMAError, NotImplementedError, ValueError, zlib.error)

_LOCKED = Message("it is encrypted; unpack the archive with its password and add the file")
_NO_FILE = Message("it is a link or a device and no file; add what it leads to")

_Member = tuple[str, int, Callable[[], IO[bytes] | None], Message | None]
"""A file in an archive: its name, its size once unpacked, how to open it, and why it is refused."""


def parse_zip(path: Path, into: Path, room: int) -> list[Document]:
    """The document that a ZIP archive is, or its files, unpacked into the folder ``into``."""
    try:
        with ZipFile(path) as archive:
            return _in_zip(archive, path, into, room)
    except (KeyError, *_TORN) as error:  # KeyError: a part is missing
        raise SourceRefused(
            "", "it is damaged or incomplete ({error}); fetch or save it again", error=str(error)[:100]
        ) from error


def _in_zip(archive: ZipFile, path: Path, into: Path, room: int) -> list[Document]:
    names = set(archive.namelist())
    mimetype = b""
    if "mimetype" in names:
        with archive.open("mimetype") as file:
            mimetype = file.read(100)
    marks = {"[Content_Types].xml", "word/document.xml", "META-INF/container.xml", *_OFFICE}
    if names.isdisjoint(marks) and b"opendocument" not in mimetype:
        return list(_unpacked(_zipped(archive), into, room))
    parts = archive.infolist()
    _demand_size(sum(part.file_size for part in parts), LARGEST_DOCUMENT)
    if any(part.flag_bits & 1 for part in parts):
        raise SourceRefused("", "it is encrypted; save it without a password")
    if "word/document.xml" in names:
        return parse_docx(archive, path)
    if "META-INF/container.xml" in names:
        return parse_epub(archive)
    if mimetype.startswith(b"application/vnd.oasis.opendocument.text"):
        return parse_odt(archive)
    what, command = next((_OFFICE[name] for name in _OFFICE if name in names), _OTHER_OFFICE)
    raise SourceRefused("", "it is {what}; convert it: {command}", what=what, command=command)


def unpack_tar(path: Path, into: Path, room: int) -> list[Document]:
    """Unpacks the files of a TAR archive, which may be compressed, into the folder ``into``."""
    found: list[Document] = []
    try:
        with tarfile.open(path) as archive:
            found.extend(_unpacked(_tarred(archive), into, room))
    except _TORN as error:
        if not any(into.iterdir()):
            raise SourceRefused(
                "", "it is no TAR archive, or a damaged one ({error}); unpack it yourself", error=str(error)[:100]
            ) from error
        reason = Message("the archive is cut off or damaged here; what came before is kept. Fetch it again")
        found.append(Document(refused=to_json(reason)))
    return found


def _zipped(archive: ZipFile) -> Iterator[_Member]:
    for part in archive.infolist():
        if not part.is_dir():
            reason = _LOCKED if part.flag_bits & 1 else None
            yield part.filename, part.file_size, partial(archive.open, part), reason


def _tarred(archive: tarfile.TarFile) -> Iterator[_Member]:
    for part in archive:
        if not part.isdir():
            yield part.name, part.size, partial(archive.extractfile, part), None if part.isreg() else _NO_FILE


def _unpacked(members: Iterator[_Member], into: Path, room: int) -> Iterator[Document]:
    """Writes ``members`` into the folder, and yields a refusal for each that cannot be. Raises ``SourceRefused``."""
    if not room:
        raise SourceRefused(
            "", "it is an archive inside of others, or at an address; unpack it yourself and add its files"
        )
    used = 0
    for number, (name, size, opened, reason) in enumerate(members, 1):
        used += size
        _demand_size(used, room)
        if number > MOST_FILES:
            raise SourceRefused("", "it holds more than {most} files; unpack it and add them in parts", most=MOST_FILES)
        if reason := reason or _written(opened, name, into):
            yield Document(name=name, refused=to_json(reason))


def _written(opened: Callable[[], IO[bytes] | None], name: str, into: Path) -> Message | None:
    """Writes one file of an archive below ``into``; returns why it could not be."""
    place = into / name
    try:
        if not place.resolve().is_relative_to(into.resolve()):
            return Message("its name leads out of the archive; unpack it yourself if you trust it")
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as target, opened() or BytesIO() as source:
            shutil.copyfileobj(source, target)
    except _TORN as error:
        if not isinstance(error, FileExistsError):  # two of one name: the first stays
            with suppress(OSError, ValueError):
                place.unlink()
        why = str(getattr(error, "strerror", None) or error)[:100]
        return Message("it cannot be unpacked ({error}); unpack the archive yourself and add the file", error=why)
    return None


def _demand_size(size: int, most: int) -> None:
    if size > most:
        raise SourceRefused(
            "",
            "unpacked it has more than {most} MB, as bombs have; if it is none, unpack it and add its files in parts",
            most=most // 1_000_000,
        )
