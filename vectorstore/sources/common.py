"""What every kind of source shares: opening within limits, decoding, identity, and the finished ``Article``."""

from __future__ import annotations

import codecs
import errno
import hashlib
import io
import os
import re
import shlex
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import BinaryIO

from vectorstore.errors import SourceRefused
from vectorstore.messages import Message
from vectorstore.sources.cleaning.text import FEWEST_LETTERS, LONGEST_LINE, clean_line, clean_text, has_sentence
from vectorstore.sources.cleaning.titles import derive_title, host_of, without_site
from vectorstore.text.encodings import is_nearly_utf8, recognised, repaired
from vectorstore.types import Article, DateOrigin

ARTICLE_BYTES = 20_000_000
"""Of a single article's file: five times the longest novel; more is a log or a dump under a wrong name."""

TABLE_BYTES = 512_000_000
"""Of a table's file on disk, about 100,000 articles. Larger ones are split, so that a stop loses little."""

UNPACKED_BYTES = 2_000_000_000
"""Of a compressed table once unpacked: real text packs 3 to 5 times smaller, a bomb a thousand times."""

ROW_CHARACTERS = 20_000_000
"""Of one line or cell of a table."""

_WEBSITE = re.compile(r"https?://", re.IGNORECASE)
_LONGEST_ADDRESS = 2_000
"""Characters; browsers and search engines read no longer ones."""

_NOT_IN_ADDRESS = re.compile(
    r"[\s<>\"\\^`{|}\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
_WWW = re.compile(r"\s*www\.(?=\S+\.\S+\s*\Z)", re.IGNORECASE)
"""Before a bare name of a host, which is one outlet with and without it."""

_BY = re.compile(r"\s*(?:(?i:(?:(?:written|analysis|opinion|review|story)\s+)?by)[\s:]+|Von\s+(?=[A-ZÄÖÜ]))")
_NO_NAME = re.compile(
    r"(?:(?:first|last|originally)\s+)?(?:published|updated|posted|modified|created|edited|date|share|print|comments?"
    r"|advertisement|admin|administrator|unknown|anonymous|none|null|опубліковано|оновлено|опубликовано|обновлено"
    r"|veröffentlicht|aktualisiert|publiée?|mise? à jour|publicado|actualizado|atualizado|pubblicato|aggiornato)"
    r"(?:\s+(?:on|at|by|am|le|el|il))?\W*\Z",
    re.IGNORECASE,
)
_NAMED_BYTES = (
    (b"%PDF-", Message("a PDF document; save it as text or as a web page first")),
    (b"PK\x03\x04", Message("a zip archive or an Office document; unpack it, or save it as text")),
    (b"\x89PNG", Message("a PNG picture")),
    (b"\xff\xd8\xff", Message("a JPEG picture")),
    (b"GIF89a", Message("a GIF picture")),
    (b"\x1f\x8b", Message("compressed with gzip; run gunzip first (tables are read as .jsonl.gz and .csv.gz)")),
    (b"BZh9", Message("compressed with bzip2; run bunzip2 first")),
    (b"\xfd7zXZ", Message("compressed with xz; run unxz first")),
    (b"\x28\xb5\x2f\xfd", Message("compressed with zstd; run unzstd first")),
    (b"7z\xbc\xaf", Message("a 7z archive; unpack it first")),
    (b"\xd0\xcf\x11\xe0", Message("an old Office document; save it as text first")),
    (b"{\\rtf", Message("an RTF document; save it as plain text first")),
    (b"SQLite format 3", Message("an SQLite database; export its table as .jsonl or .csv")),
    (b"PAR1", Message("a Parquet table; export it as .jsonl or .csv")),
)
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\r\f\x1b")) + b"\x7f"


_unpacked: dict[Path, Path] = {}


@contextmanager
def unpacked_from(path: Path, folder: Path) -> Iterator[None]:
    """While this lasts, what was unpacked into ``folder`` is known as part of ``path``: "news.zip/a.txt"."""
    _unpacked[folder] = path
    try:
        yield
    finally:
        del _unpacked[folder]


def _known_as(path: Path) -> Path:
    folder = next((folder for folder in (path, *path.parents) if folder in _unpacked), None)
    return path if folder is None else _known_as(_unpacked[folder]) / path.relative_to(folder)


def shown(path: Path) -> str:
    """``path`` as it can be printed: a name that is not UTF-8, or holds control characters, does not break a screen."""
    name = os.fsencode(_known_as(path)).decode("utf-8", "replace")
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in name)


def is_website(source: str) -> bool:
    return bool(_WEBSITE.match(source))


def open_file(path: Path, largest: int, kind: str) -> BinaryIO:
    """The open file, when it is a regular one of at most ``largest`` bytes. Raises ``SourceRefused`` otherwise.

    The size is asked before a byte is read, and nothing that could block (a pipe, a device) is waited for.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise SourceRefused(shown(path), why_unreadable(error, path)) from error
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_size > largest or not status.st_size:
        os.close(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise SourceRefused(shown(path), Message("is a folder, where a file was expected"))
        if not stat.S_ISREG(status.st_mode):
            raise SourceRefused(shown(path), Message("is not a regular file but a pipe, a socket or a device"))
        if not status.st_size:
            raise SourceRefused(shown(path), Message("the file is empty"))
        raise SourceRefused(shown(path), too_large(status.st_size, largest, kind))
    return io.BufferedReader(io.FileIO(descriptor))


def too_large(size: int, largest: int, kind: str) -> str:
    found, most = _readable(size), _readable(largest)
    if kind == "a table":
        return Message(
            "{size}; a table may have at most {most}: split it, for example with `split -l 10000`",
            size=found,
            most=most,
        )
    if kind == "a .json file":
        return Message(
            "{size}; a .json file may have at most {most}: make it a table with one object a line: {command}",
            size=found,
            most=most,
            command="jq -c '.[]' FILE.json > FILE.jsonl",
        )
    return Message(
        "{size}; a single article may have at most {most}: split it into its articles", size=found, most=most
    )


def _readable(size: int) -> Message:
    if size >= 1_000_000_000:
        return Message("{size} GB", size=f"{size / 1_000_000_000:.1f}".removesuffix(".0"))
    return Message("{size} MB", size=f"{size / 1_000_000:.1f}".removesuffix(".0"))


def why_unreadable(error: OSError, path: Path) -> str:
    """An ``OSError`` as a reason that says what to do."""
    if isinstance(error, PermissionError):
        command = f"chmod u+r {shlex.quote(shown(path))}"
        return Message("it may not be read; if it is yours, run: {command}", command=command)
    if isinstance(error, FileNotFoundError):
        return Message("there is no such file or folder; check the name")
    if error.errno == errno.ELOOP:
        return Message("its symbolic links go in a circle")
    return Message("it cannot be read: {why}", why=error.strerror or str(error))


def read_file(path: Path, largest: int = ARTICLE_BYTES, kind: str = "a single article") -> bytes:
    """The bytes of a file that is read whole. Raises ``SourceRefused``."""
    with open_file(path, largest, kind) as file:
        try:
            data = file.read(largest + 1)
        except OSError as error:
            raise SourceRefused(shown(path), why_unreadable(error, path)) from error
    if len(data) > largest:  # it grew, or lies about its size
        raise SourceRefused(shown(path), too_large(len(data), largest, kind))
    if not data.strip():
        raise SourceRefused(shown(path), Message("the file is empty"))
    return data


def refuse_binary(head: bytes, source: str) -> None:
    """Raises ``SourceRefused`` when ``head``, a file's first bytes, are not text of any encoding read here."""
    for start, what in _NAMED_BYTES:
        if head.startswith(start):
            raise SourceRefused(source, Message("whatever its name says, it is {what}", what=what))
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise SourceRefused(source, Message("it is in UTF-32; convert it: {command}", command=_iconv("UTF-32", source)))
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return
    if b"\0" in head:
        for encoding, first in (("UTF-16LE", 1), ("UTF-16BE", 0)):
            letters, others = head[first::2], head[1 - first :: 2]
            if len(head) >= 40 and letters.count(0) > 0.6 * len(letters) and not others.count(0):
                reason = Message(
                    "it is in {name} without a mark; convert it: {command}",
                    name=encoding,
                    command=_iconv(encoding, source),
                )
                raise SourceRefused(source, reason)
        zero = head.index(0)
        raise SourceRefused(source, Message("it is binary data, not text: a zero byte at offset {offset}", offset=zero))
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if controls > len(head) / 50:
        reason = Message(
            "it is binary data, not text: {some} of {all} bytes are control codes", some=controls, all=len(head)
        )
        raise SourceRefused(source, reason)


def decode(data: bytes, source: str) -> str:
    """``data`` as text: UTF-8, UTF-16 with its mark, or an older encoding that its bytes show beyond doubt.

    Raises ``SourceRefused`` naming the first bad byte.
    """
    refuse_binary(data[:65_536], source)
    utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        if utf16:
            reason = Message("it is broken UTF-16 at offset {offset}; save it as UTF-8", offset=error.start)
            raise SourceRefused(source, reason) from error
        encoding = None if data.startswith(codecs.BOM_UTF8) or is_nearly_utf8(data) else recognised(data)
        if encoding is None:
            offset = error.start + (3 if data.startswith(codecs.BOM_UTF8) else 0)
            where = Message("offset {offset}, line {line}", offset=offset, line=data.count(b"\n", 0, offset) + 1)
            raise SourceRefused(source, not_utf8(data[offset], where)) from error
        text = data.decode(encoding, "replace")
    if "\0" in text:
        zero = text.index("\0")
        raise SourceRefused(source, Message("it is binary data, not text: a zero character at {offset}", offset=zero))
    return repaired(text) or text  # before cleaning, which takes control characters out that stand for letters


def not_utf8(byte: int, where: str) -> str:
    """The reason for a byte that is no UTF-8, where the encoding cannot be told from the rest either."""
    return Message(
        "it is not UTF-8: byte 0x{byte} at {where}, and no other encoding fits; save it as UTF-8 where it was made",
        byte=f"{byte:02X}",
        where=where,
    )


def _iconv(encoding: str, source: str) -> str:
    path = Path(source)
    return f"iconv -f {encoding} -t UTF-8 {shlex.quote(source)} > {shlex.quote(path.stem + '.utf8' + path.suffix)}"


def identity(*parts: str) -> str:
    """Twelve hex digits that stand for ``parts``: at 100,000 articles two share one with a chance of 1 in 50,000."""
    return hashlib.sha256(":".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def place(path: Path) -> str:
    """Where ``path`` really is, the same from every folder and by every link: what a file's identity rests on."""
    return os.fsencode(os.path.realpath(_known_as(path))).decode("utf-8", "surrogateescape")


def web_address(url: str | None) -> str | None:
    """``url`` when it is an http(s) address that a page may link to; ``None`` otherwise."""
    address = (url or "").strip()
    unusual = len(address) > _LONGEST_ADDRESS or _NOT_IN_ADDRESS.search(address)
    return address if address and not unusual and host_of(address) else None


def split_authors(value: str | Sequence[str]) -> tuple[str, ...]:
    """Names from a byline ("By A, B and C"; "A; B") or from a list, in order, each once."""
    if isinstance(value, str):
        line = _without_by(value)
        if ";" in line or "|" in line:
            names = re.split(r"[;|]", line)
        else:
            names = re.split(r",\s+and\s+|\s+(?:and|&)\s+|,", line)
            # "Doe, Jane" is one person; "A, B and C" are three.
            if len(names) == 2 and "," in line and not any(" " in name.strip() for name in names):
                names = [line]
    else:
        names = list(map(_without_by, value))
    cleaned = [clean_line(name, 120).strip(" ,;") for name in names[:100]]
    # A crawler takes all the words of a byline for names: "Ann Lee | Published: 14.09.2026 | 3 min read".
    named = [re.sub(r"(?:^|\s+)\W*\d.*", "", name) for name in cleaned]
    people = [
        name
        for name in named
        if name and not is_website(name) and not name.startswith("@") and not _NO_NAME.match(name)
    ]
    unique = list(dict.fromkeys(people))
    if len(unique) > 2:  # some crawlers list the whole byline as one more name before its parts
        unique = [name for name in unique if name != " ".join(other for other in unique if other != name)]
    return tuple(unique[:50])


def _without_by(byline: str) -> str:
    match = _BY.match(byline)
    return byline[match.end() :] if match else byline


def make_article(
    *,
    id: str,  # noqa: A002
    text: str,
    origin: str,
    title: str | None = None,
    published: date | None = None,
    published_from: DateOrigin = "unknown",
    updated: date | None = None,
    source: str | None = None,
    url: str | None = None,
    authors: Iterable[str] = (),
    notes: Iterable[str] = (),
) -> Article:
    """The article, cleaned, with a title and an outlet where they can be known. ``text`` may be raw.

    A day on which it cannot have been published is left out, and ``notes`` say so. Raises ``SourceRefused`` when there
    is not a sentence of text, or nothing but nonsense.
    """
    legible = repaired(text)
    if legible is None:
        raise SourceRefused(origin, _NONSENSE)
    text = clean_text(legible)
    if not has_sentence(text):
        reason = Message("there is no article text in it (fewer than {count} letters)", count=FEWEST_LETTERS)
        raise SourceRefused(origin, reason)
    address = web_address(url)
    host = host_of(address)
    outlet = clean_line(host_of(source) or _WWW.sub("", source or ""), 120) or host
    headline = without_site(clean_line(repaired(title or "") or ""), (outlet, host))
    doubts = [_doubt(day) for day in (published, updated)]
    return Article(
        id=id,
        title=headline or clean_line(derive_title(text), LONGEST_LINE),
        text=text,
        published=None if doubts[0] else published,
        published_from=published_from if published and not doubts[0] else "unknown",
        updated=None if doubts[1] else updated,
        source=outlet,
        url=address,
        authors=tuple(name for name in authors if name != outlet),
        origin=origin,
        notes=(*notes, *filter(None, doubts)),
    )


_NONSENSE = Message(
    "its letters make no sense, as of a text that was read in a wrong encoding; save the original as UTF-8"
)


def _doubt(day: date | None) -> str | None:
    """Why nothing can have been published on ``day``, if so."""
    if day == date(1970, 1, 1):
        return Message("its day is {day}, which programs write for none, and was left out", day=day)
    if day and day > date.today() + timedelta(1):  # where it is tomorrow already
        return Message("its day, {day}, is yet to come, and was left out", day=day)
    return None
