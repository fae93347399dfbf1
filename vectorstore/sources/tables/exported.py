"""Articles as ``assistant export`` writes them, one JSON object a line: read back they are the same, id and days too.

Other tables are interpreted: their ids may count rows, their texts may be HTML. An exported line is taken at its word,
but for what no text may hold.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, get_args

from vectorstore.errors import SearchInvalid, SourceRefused
from vectorstore.messages import Message
from vectorstore.sources.cleaning.text import LONGEST_LINE, clean_line, clean_text, tag_of
from vectorstore.sources.common import web_address
from vectorstore.types import Article, DateOrigin

_ORIGINS: dict[str, DateOrigin] = {name: name for name in get_args(DateOrigin)}
_MARK = "article-assistant/1"
_WRONG = Message("it is marked as exported by this program and is not as it was written; export the library again")


def exported(article: Article) -> str:
    """The line for ``article``."""
    record = {"format": _MARK, **article.to_dict(), "text": article.text}
    record |= {"published_from": article.published_from, "origin": article.origin, "pages": article.pages}
    record.pop("gone", None)
    return json.dumps(record, ensure_ascii=False)


def is_exported(record: Mapping[str, object]) -> bool:
    """Whether a table's row says that ``exported`` wrote it."""
    return record.get("format") == _MARK


def exported_article(record: Mapping[str, object], origin: str) -> Article:
    """The article in an exported row. Raises ``SourceRefused`` when it is not as it was written."""

    def line(name: str, longest: int = LONGEST_LINE) -> str:
        return clean_line(_string(record[name]), longest)

    def day(name: str) -> date | None:
        return None if record[name] is None else date.fromisoformat(line(name))

    try:
        return Article(
            id=_string(line("id", 1_000) or None),
            title=line("title"),
            text=clean_text(_string(record["text"])),
            published=day("published"),
            published_from=_ORIGINS[line("published_from")],
            updated=day("updated"),
            source=None if record["source"] is None else line("source"),
            url=None if record["url"] is None else web_address(_string(record["url"])),
            authors=tuple(clean_line(_string(name)) for name in _listed(record["authors"])),
            origin=line("origin", 4_000),
            pages=tuple(map(int, _listed(record["pages"]))),
            tags=tuple(tag_of(_string(name)) for name in _listed(record.get("tags", []))),
        )
    except (KeyError, TypeError, ValueError, SearchInvalid) as error:
        raise SourceRefused(origin, _WRONG) from error


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _listed(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(value)
    return value
