"""E-books (EPUB): a chapter an article, or a short book one. Runs in the worker process only."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from urllib.parse import unquote
from zipfile import ZipFile

from lxml.etree import _Element

from vectorstore.errors import SourceRefused
from vectorstore.sources.cleaning.markup import html_root, safe_xml, text_of
from vectorstore.sources.cleaning.text import has_sentence
from vectorstore.sources.documents.reading import Document, headed, iso_day
from vectorstore.sources.html import decode_page

ONE_ARTICLE_CHARACTERS = 30_000
"""Of a book that becomes one article: a long report. In a longer one a chapter is found and cited by its own title."""

_OBFUSCATED_FONTS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")


def parse_epub(archive: ZipFile) -> list[Document]:
    """The articles of a book, in the order in which it is read; with its author, publisher and day on each."""
    _demand_readable(archive)
    place = safe_xml(archive.read("META-INF/container.xml")).find(".//{*}rootfile").get("full-path")
    package = safe_xml(archive.read(place))
    about = {
        name: element.text.strip()
        for name in ("title", "publisher", "date")
        if (element := package.find(f".//{{http://purl.org/dc/elements/1.1/}}{name}")) is not None and element.text
    }
    known = Document(
        authors=[each.text for each in package.iter("{http://purl.org/dc/elements/1.1/}creator") if each.text],
        source=about.get("publisher"),
        published=iso_day(about.get("date")),
    )
    chapters = list(_chapters(archive, package, posixpath.dirname(place)))
    whole = "\n\n".join(text for _, _, text in chapters)
    if len(whole) <= ONE_ARTICLE_CHARACTERS:
        return [headed(whole, Document(**known, title=about.get("title")))]
    documents: list[Document] = []
    before = ""  # a title page or a motto has no sentence of its own and opens the next chapter
    for name, heading, text in chapters:
        text = f"{before}\n\n{text}"
        before = "" if has_sentence(text) else text
        if not before:
            title = heading or f"{about.get('title', '')}, {len(documents) + 1}"
            documents.append(Document(**known, name=name, text=text, title=title))
    return documents


def _chapters(archive: ZipFile, package: _Element, folder: str) -> Iterator[tuple[str, str | None, str]]:
    """Name, heading and text of each part of the book but its table of contents."""
    items = {item.get("id"): item for item in package.iter("{*}item")}
    for reference in package.iter("{*}itemref"):
        item = items.get(reference.get("idref"))
        if item is None or "nav" in (item.get("properties") or "").split():
            continue
        name = posixpath.normpath(posixpath.join(folder, unquote(item.get("href") or "")))
        root = html_root(decode_page(archive.read(name)))
        heading = next(root.iter("h1", "h2", "h3"), None)
        yield name, None if heading is None else " ".join(text_of(heading).split()), text_of(root)


def _demand_readable(archive: ZipFile) -> None:
    """Raises ``SourceRefused`` for a book whose text is encrypted; fonts usually are and do not matter."""
    if "META-INF/encryption.xml" not in archive.namelist():
        return
    for data in safe_xml(archive.read("META-INF/encryption.xml")).iter("{*}EncryptedData"):
        method = data.find("{*}EncryptionMethod")
        if method is None or method.get("Algorithm") not in _OBFUSCATED_FONTS:
            raise SourceRefused("", "its text is encrypted (DRM), for its own reader only; add its text instead")
