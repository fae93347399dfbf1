"""Web pages saved by SingleFile: HTML with every picture and font written into it, and the page's address on top."""

from __future__ import annotations

import re
from pathlib import Path

from vectorstore.sources.common import identity, place, read_file, shown
from vectorstore.sources.documents.reading import DOCUMENT_BYTES
from vectorstore.sources.html import page_article
from vectorstore.types import Article

BEGINS = re.compile(rb"\s*<!doctype html>[^\[]{0,2000}?<!--\s*Page saved with SingleFile\s+url:\s*(\S+)", re.IGNORECASE)
_EMBEDDED = re.compile(rb"data:[\w.+-]+/[\w.+-]+;base64,[A-Za-z0-9+/=]*")


def read_singlefile(path: Path) -> Article:
    """The article in a page saved by SingleFile. Raises ``SourceRefused``."""
    data = read_file(path, DOCUMENT_BYTES, "a document")
    saved = BEGINS.match(data)
    return page_article(
        _EMBEDDED.sub(b"", data),  # most of the file, and parsers stop at attributes of 10 MB
        id=identity("file", place(path)),
        origin=shown(path),
        address=saved[1].decode("ascii", "replace") if saved else None,
    )
