"""Plain text and Markdown files: one file, one article."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from vectorstore.sources.cleaning.text import clean_text
from vectorstore.sources.common import decode, identity, is_website, make_article, place, read_file, shown
from vectorstore.sources.documents.press_databases import articles_in
from vectorstore.sources.fields import Fields
from vectorstore.sources.head import header_block, loose_head
from vectorstore.sources.tables.reading import Table
from vectorstore.types import Article, DateOrigin, Refusal


def read_text(path: Path) -> Iterator[Article | Refusal]:
    """The article in a plain text file, or the articles where a press database has put several. Raises
    ``SourceRefused``.
    """
    origin = shown(path)
    text = decode(read_file(path), origin)
    if exported := articles_in(text.replace("\r\n", "\n")):
        table = Table(path)
        for line, fields in exported:
            yield table.exported(line, fields)
    else:
        # A file is known by its place: its text and title may change.
        yield text_article(clean_text(text), id=identity("file", place(path)), origin=origin)


def text_article(text: str, *, id: str, origin: str, url: str | None = None) -> Article:  # noqa: A002
    """The article in clean ``text``; ``url`` is where it was fetched from. Raises ``SourceRefused``."""
    block = header_block(text, origin)
    fields, start = block or (Fields({}, origin), 0)
    return _article(fields, fields.line("title"), text[start:], id=id, origin=origin, url=url)


def read_markdown(path: Path) -> Article:
    """The article in a Markdown file, without its marks. Raises ``SourceRefused``."""
    # Here and not above: YAML and Markdown take a tenth of a second to import, which every start would pay.
    from vectorstore.sources.documents.markdown import front_matter, plain_text

    origin = shown(path)
    fields, body = front_matter(decode(read_file(path), origin), origin)
    heading, text = plain_text(body, fields.line("title"))
    title = fields.line("title") or heading
    return _article(fields, title, clean_text(text), id=identity("file", place(path)), origin=origin)


def _article(
    fields: Fields,
    title: str | None,
    text: str,
    *,
    id: str,  # noqa: A002
    origin: str,
    url: str | None = None,
) -> Article:
    """What named fields say counts; the loose lines of the head are asked for the rest."""
    head = loose_head(text, titled=title is not None)
    source = fields.line("source")
    published: date | None = fields.day("published")
    origin_of_date: DateOrigin = "front matter"
    if published is None and "published" not in fields:
        published, origin_of_date = head.published, "text"
    return make_article(
        id=id,
        title=title or head.title,
        text=text[head.start :],
        published=published,
        published_from=origin_of_date,
        updated=fields.day("updated") or head.updated,
        source=source,
        url=fields.line("url") or url or (source if source and is_website(source) else None),
        authors=fields.authors() or head.authors,
        origin=origin,
        notes=fields.notes,
    )
