"""From named fields to an article: the same names in tables, in front matter and in a text's header."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from vectorstore.errors import SourceRefused
from vectorstore.messages import Message
from vectorstore.sources.common import split_authors
from vectorstore.text.dates import ACCEPTED_FORMS, parse_day

# Best name first: where a row has several, the first that is filled counts. Case and "_", "-", " " do not matter,
# so `publishedAt`, `Published At` and `published_at` are one name.
_NAMES = {
    "id": "id articleid guid",
    "url": "url link canonicalurl weburl permalink",
    "title": "title headline",
    "text": "text body content articletext articlebody fulltext maintext",
    "published": "published publishdate date publishedat datepublished publisheddate publicationdate pubdate",
    "updated": "updated updatedat modified datemodified modifiedat updateddate modifieddate lastmodified",
    "authors": "authors author byline",
    "source": "source outlet site publisher sitename sourcename publication newspaper",
}
_CANONICAL = {alias: name for name, aliases in _NAMES.items() for alias in aliases.split()}
_RANK = {alias: rank for aliases in _NAMES.values() for rank, alias in enumerate(aliases.split())}

# What exports write where they have nothing.
_NOTHING = frozenset({"", "null", "none", "nan", "nat", "n/a", "na", "-", "–", "—", "~", "unknown", "undefined"})


def canonical(name: str) -> str | None:
    """Which of our fields a column or key names: ``"Publish Date"`` → ``"published"``; ``None`` for other columns."""
    return _CANONICAL.get("".join(filter(str.isalnum, name.lower())))


def _rank(name: str) -> int:
    return _RANK["".join(filter(str.isalnum, name.lower()))]


class Fields:
    """The fields of one article, by our names. Values are what the source held; empty ones count as missing."""

    __slots__ = ("_values", "names", "origin")

    def __init__(self, record: Mapping[str, object], origin: str) -> None:
        self.origin = origin
        self.names = [name for name in record if name]
        self._values: dict[str, object] = {}
        ranks: dict[str, int] = {}
        for name, value in record.items():
            field = canonical(name)
            if field and not _is_nothing(value) and _rank(name) < ranks.get(field, 99):
                self._values[field], ranks[field] = value, _rank(name)

    def __contains__(self, field: str) -> bool:
        return field in self._values

    def line(self, field: str) -> str | None:
        """A field of one value as a string: numbers are spelled, ``{"name": …}`` gives its name, lists nothing."""
        value = self._values.get(field)
        if isinstance(value, Mapping):
            value = value.get("name") or value.get("title")
        if isinstance(value, bool) or not isinstance(value, (str, int, float, date)):
            return None
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # a whole column turns to floats when one of its numbers is missing
        return str(value).strip()

    def text(self) -> str:
        """The article's text: a string, or a list of paragraphs. Raises ``SourceRefused`` when there is none."""
        value = self._values.get("text")
        if isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(part, str) for part in value):
            return "\n\n".join(value)
        if isinstance(value, str):
            return value
        if value is None:
            found = (", ".join(self.names[:20]) or "none")[:300]
            reason = Message(
                "it has no text: the field must be named text, body or content; found: {found}", found=found
            )
            raise SourceRefused(self.origin, reason)
        raise SourceRefused(self.origin, Message("its text is not a string but {kind}", kind=type(value).__name__))

    def day(self, field: str, *, day_first: bool | None = None) -> date | None:
        """The day in ``published`` or ``updated``; ``None`` when the field is missing or empty.

        Raises ``SourceRefused`` when it is filled and cannot be read, or can be read as two days: neither a wrong
        date nor one silently lost would be right.
        """
        if field not in self._values:
            return None
        written = self.line(field) or ""
        day = parse_day(_from_clock(self._values[field]) or written, day_first=day_first)
        if day is not None:
            return day
        if day_first is None and (either := parse_day(written)):
            reason = Message(
                "the date “{written}” can mean {one} or {other}; write it as {one}, year first",
                written=written[:40],
                one=str(either),
                other=str(parse_day(written, day_first=False)),
            )
        else:
            reason = Message(
                "the date “{written}” ({field}) cannot be read; write it as {forms}",
                written=written[:40],
                field=field,
                forms=ACCEPTED_FORMS,
            )
        raise SourceRefused(self.origin, reason)

    def authors(self) -> tuple[str, ...]:
        value = self._values.get("authors")
        if isinstance(value, Mapping):
            value = [value]
        if isinstance(value, Sequence) and not isinstance(value, str):
            named = [part.get("name") if isinstance(part, Mapping) else part for part in value]
            return split_authors([name for name in named if isinstance(name, str)])
        return split_authors(value) if isinstance(value, str) else ()


def _from_clock(value: object) -> str | None:
    """The ISO day of a number of seconds or milliseconds since 1970, as data frames write dates; else ``None``."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not _FIRST_CLOCK <= value < _LAST_CLOCK:
        return None
    return datetime.fromtimestamp(value / 1000 if value >= _MILLISECONDS else value, UTC).date().isoformat()


_FIRST_CLOCK, _MILLISECONDS, _LAST_CLOCK = 100_000_000, 100_000_000_000, 10_000_000_000_000
"""Seconds of 1973, above every YYYYMMDD; milliseconds of 1973, seconds of no living year; milliseconds of 2286."""


def _is_nothing(value: object) -> bool:
    if isinstance(value, str):
        # Longer strings cannot be one of the words; a text of megabytes is not copied to find that out.
        return len(value) < 40 and value.strip().lower() in _NOTHING
    return value is None or value == [] or value == {} or value != value  # the last: NaN
