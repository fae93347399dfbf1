"""Documents that the worker process parses: PDF, office, e-books, mail, archives. One file, one article or several.

The parsers (``pdf.py``, ``office.py``, ``epub.py``, ``mail.py``, ``archives.py``) run there, because each of them can
be made to run for ever or to take all memory. Here is what they reply with, and what becomes of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypedDict

from vectorstore.errors import SourceRefused
from vectorstore.messages import Message, from_json
from vectorstore.sources.cleaning.text import clean_line, clean_text
from vectorstore.sources.common import identity, make_article, open_file, place, shown, split_authors, unpacked_from
from vectorstore.sources.documents.press_databases import articles_in
from vectorstore.sources.head import loose_head
from vectorstore.sources.html import parse_document
from vectorstore.sources.limits import DEFAULT_LIMITS, Limits
from vectorstore.sources.tables.reading import Table
from vectorstore.text.dates import parse_day
from vectorstore.types import Article, DateOrigin, Refusal

DOCUMENT_BYTES = 100_000_000
"""Of one document or archive; a printed newspaper as PDF has 20 to 60 MB."""

UNPACKED_BYTES = 500_000_000
"""Of all that one archive holds, and what the archives in it hold: 100,000 articles. A bomb holds a thousand times its
own size."""

DEEPEST = 2
"""How deep in other archives or messages an archive may lie to be unpacked: one in another is, a third one is not."""


BEGINS = {
    "pdf": re.compile(rb"\s*%PDF-"),
    "zip": re.compile(rb"PK(?:\x03\x04|\x05\x06)"),
    "rtf": re.compile(rb"\{\\rtf"),
}
"""How the kinds begin that a site sends as they are; ZIP is that of DOCX, ODT and EPUB too."""


class Document(TypedDict, total=False):
    """An article as a parser found it, or with ``refused`` a part of the file that is none."""

    name: str
    """What it is called in its file, where that holds several: a chapter, an attachment, a page."""
    refused: Any
    """The reason, as ``messages.to_json`` writes it."""
    notes: Sequence[Any]
    """What was left out of the article, in the same form."""
    text: str
    pages: list[int]
    """Offsets at which pages begin."""
    title: str | None
    authors: Sequence[str] | str
    """Names, or a byline that holds several."""
    source: str | None
    url: str | None
    published: str | None
    """Of these two, the day in ISO form."""
    published_from: DateOrigin
    updated: str | None
    known_by: Sequence[str] | None
    """What stays the same when the file is another: the id of a message, the address of a feed's item."""
    row: tuple[int, dict[str, object] | None]
    """Instead of all this, one article of a press database: the line that it begins in, and its named fields."""
    lists: bool
    """Whether what stands at ``url`` is a sitemap itself."""


@dataclass(slots=True)
class Reading:
    """What reading one input may use: how addresses are fetched, and what is left of the limits of unpacking."""

    limits: Limits = DEFAULT_LIMITS
    room: int = UNPACKED_BYTES
    depth: int = 0


def read_document(
    kind: str, path: Path, reading: Reading, read_folder: Callable[[Path], Iterator[Article | Refusal]]
) -> Iterator[Article | Refusal]:
    """The articles of a document; ``read_folder`` reads what was unpacked of it."""
    origin = shown(path)
    with TemporaryDirectory(prefix="articles-") as made:
        folder = Path(made)
        try:
            open_file(path, DOCUMENT_BYTES, "a document").close()
            room = reading.room if reading.depth < DEEPEST else 0
            documents: list[Document] = parse_document(kind, path, folder, room, origin)
        except SourceRefused as refused:
            yield Refusal(refused.source, refused.reason)
            return
        yield from _articles(documents, origin, path)
        if not any(folder.iterdir()):
            if not documents:
                yield Refusal(origin, Message("there is no file and no message in it; fetch or save it again"))
        else:
            reading.room -= sum(file.stat().st_size for file in folder.rglob("*"))
            reading.depth += kind != "mailbox"  # its messages lie beside one another
            with unpacked_from(path, folder):
                yield from read_folder(folder)
            reading.depth -= kind != "mailbox"


def is_document(data: bytes) -> bool:
    """Whether what was fetched is no page but a document, whatever the site calls it."""
    return any(begins.match(data) for begins in BEGINS.values())


def read_fetched(data: bytes, address: str, name: str) -> list[Article | Refusal]:
    """The articles of a document that was fetched, known by its ``address``; ``name`` is what it was asked by. Raises
    ``SourceRefused``.
    """
    kind = next(kind for kind, begins in BEGINS.items() if begins.match(data))
    with TemporaryDirectory(prefix="articles-") as made:
        path, into = Path(made) / "document", Path(made) / "unpacked"
        path.write_bytes(data)
        into.mkdir()
        documents: list[Document] = parse_document(kind, path, into, 0, name)
    for document in documents:
        document["known_by"] = ["url", address, *filter(None, [document.get("name")])]
        document["url"] = address
    return list(_articles(documents, name, Path(name)))


def _articles(documents: list[Document], origin: str, path: Path) -> Iterator[Article | Refusal]:
    table = Table(path)
    for document in documents:
        if "row" in document:
            yield table.exported(*document["row"])
        else:
            yield article_or_refusal(document, origin, path)


def article_or_refusal(document: Document, origin: str, path: Path) -> Article | Refusal:
    """The article in what a parser found in the file at ``path``."""
    name = document.get("name")
    named = f"{origin}/{name}" if name else origin
    if document.get("refused"):
        return Refusal(named, _said(document["refused"]))
    known_by = document.get("known_by")
    try:
        article = make_article(
            id=identity(*known_by) if known_by else identity("file", place(path), *filter(None, [name])),
            title=document.get("title"),
            text=document["text"],
            published=_day(document.get("published")),
            published_from=document.get("published_from", "page"),
            updated=_day(document.get("updated")),
            source=document.get("source"),
            url=document.get("url"),
            authors=split_authors(document.get("authors") or ()),
            origin=named,
            notes=map(_said, document.get("notes", ())),
        )
    except SourceRefused as refused:
        return Refusal(refused.source, refused.reason)
    return replace(article, pages=tuple(document.get("pages", ())))


def _said(stored: Any) -> str:
    return Message(stored) if isinstance(stored, str) else from_json(stored)  # a page's reasons are templates only


def _day(iso: str | None) -> date | None:
    return date.fromisoformat(iso) if iso else None


def iso_day(written: object) -> str | None:
    """The day in what a document's metadata say, in ISO form; ``None`` when it cannot be read."""
    day = parse_day(str(written).strip(), day_first=None) if written else None
    return day.isoformat() if day else None


def one_or_several(text: str, known: Document) -> list[Document]:
    """The document with this text, see ``headed``, or each article of a press database's export in it."""
    return [Document(row=row) for row in articles_in(text)] or [headed(text, known)]


def headed(text: str, known: Document) -> Document:
    """The document with this text; what the head of the text says comes before what is ``known`` from its metadata.

    A day that is printed above the text was put there for readers, while one in the metadata may be the template's.
    """
    text = clean_text(text)
    title = clean_line(known.get("title") or "")
    head = loose_head(text, titled=bool(title) and title.casefold() != text.partition("\n")[0].casefold())
    document = known.copy()
    document["text"] = text[head.start :]
    document["title"] = title or head.title
    document["authors"] = head.authors or known.get("authors", ())
    document["pages"] = [max(0, start - head.start) for start in known.get("pages", ())]
    if head.published:
        document["published"], document["published_from"] = head.published.isoformat(), "text"
    if head.updated:
        document["updated"] = head.updated.isoformat()
    return document
