"""From named fields to an article: the same names in tables, in front matter and in a text's header.

One table says what the columns of newspapers' APIs, exports and data sets are called, and one rule where the article's
own fields lie inside others (``{"_id": "a", "_source": {"title": …}}``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from vectorstore.errors import SourceRefused
from vectorstore.messages import Message
from vectorstore.sources.cleaning.fragment import plain_text
from vectorstore.sources.common import split_authors
from vectorstore.text.dates import ACCEPTED_FORMS, LONGEST_DATE, find_day, parse_day
from vectorstore.text.splitter import sentences

# Best name first: where a row has several, the first that is filled counts. Case and "_", "-", " " do not matter,
# so `publishedAt`, `Published At` and `published_at` are one name.
_NAMES = {
    "id": "id articleid guid uuid uid docid documentid storyid storiesid accessionnumber",
    "url": "url link canonicalurl weburl permalink articleurl storyurl sourceurl documenturl canonical alternate "
    "externalurl посилання",
    "title": "title headline webtitle posttitle articletitle storytitle heading subject заголовок назва titel titre "
    "titulo",
    # Where HTML stands beside plain text it comes first: it still has its paragraphs.
    "text": "text body content articletext articlebody fulltext maintext article articlecontent bodyhtml contenthtml "
    "contentencoded html postcontent storytext story bodytext contenttext plaintext textcontent текст texte texto",
    "excerpt": "leadparagraph lead abstract abstractnote standfirst trailtext shortdescription description summary "
    "snippet excerpt postexcerpt",
    "published": "published publishdate date publishedat datepublished publisheddate publicationdate pubdate "
    "datepublish webpublicationdate firstpublicationdate firstpublished dateofpublication publishedon publishtime "
    "publicationtime publishedtime postdate articledate newsdate storydate issued datetimepub datetime timestamp "
    "дата датапублікації datum fecha",
    "updated": "updated updatedat modified datemodified modifiedat updateddate modifieddate lastmodified datemodify "
    "dateupdated postmodified lastupdated updatedon modifiedon",
    "authors": "authors author byline creator creators writer writers publishedby authorname автор автори autor auteur",
    "source": "source outlet site sitename sourcename publication newspaper publicationname publicationtitle pubtitle "
    "containertitle publisher medianame origin website sourcedomain domain domainname channel from feedtitle "
    "джерело видання quelle",
}
_CANONICAL = {alias: name for name, aliases in _NAMES.items() for alias in aliases.split()}
_RANK = {alias: rank for aliases in _NAMES.values() for rank, alias in enumerate(aliases.split())}

# Under which key of an object its value stands, as in `{"rendered": "…"}` or `{"$date": {"$numberLong": "…"}}`.
_VALUE_KEYS = (
    "name title rendered content main original href url value raw text #text $date $oid $numberLong date-parts"
).split()

# What exports write where they have nothing.
_NOTHING = frozenset({"", "null", "none", "nan", "nat", "n/a", "na", "-", "–", "—", "~", "unknown", "undefined"}) | {
    "only available in paid plans"
}

# How feeds and news APIs end what they cut off: "… repair th… [+2829 chars]", "… […]", "… Continue reading".
_CUT_OFF = re.compile(
    r"\s*(?:\[\+?\d+ char(?:acter)?s\]|\[(?:…|\.{3})\]|(?:…|\.{3})\s*(?:Read more|Continue reading).{0,80})\s*\Z",
    re.IGNORECASE,
)
_PAGE = re.compile(r"\s*<(?:!doctype html|html)\b", re.IGNORECASE)
_TRAILING_DOTS = re.compile(r"\s*(?:…|\.{3})\s*\Z")


def canonical(name: str) -> str | None:
    """Which of our fields a column or key names: ``"Publish Date"`` → ``"published"``; ``None`` for other columns."""
    return _CANONICAL.get(_bare(name))


@lru_cache(10_000)
def _bare(name: str) -> str:
    return "".join(filter(str.isalnum, name.lower()))


def has_field(record: Mapping[str, object], field: str) -> bool:
    """Whether ``record`` holds one of our fields, such as ``text``, in itself or in an object inside it."""
    if field == "text":
        return _has_text(own_fields(record))
    return any(canonical(name) == field and not _is_nothing(value) for name, value in record.items())


def own_fields(record: Mapping[str, object]) -> Mapping[str, object]:
    """``record`` with the fields of the object inside it that holds the text, where it holds none itself.

    ``{"id": "a", "fields": {"body": "…"}}`` (the Guardian), ``{"_id": "a", "_source": {…}}`` (Elasticsearch), and
    ``{"title": "…", "summary": {"content": "…"}}`` (FreshRSS) are such.
    """
    if _has_text(record):
        return record
    inside = [name for name, inner in record.items() if isinstance(inner, Mapping) and _has_text(inner)]
    if len(inside) != 1:  # several: they are articles of their own
        return record
    inner = record[inside[0]]
    assert isinstance(inner, Mapping)
    return {**{name: value for name, value in record.items() if name != inside[0]}, **inner}


def _has_text(record: Mapping[str, object]) -> bool:
    texts = (_joined(value) for name, value in record.items() if canonical(str(name)) == "text")
    return any(text is not None and not _is_nothing(text) for text in texts)


class Fields:
    """The fields of one article, by our names. Values are what the source held; empty ones count as missing.

    ``notes`` are what was found in them and could not be taken over.
    """

    __slots__ = ("_record", "_values", "names", "notes", "origin")

    def __init__(self, record: Mapping[str, object], origin: str) -> None:
        self.origin = origin
        self.notes: list[str] = []
        self._record = own_fields(record)
        self.names = [name for name in self._record if name]
        self._values: dict[str, object] = {}
        ranks: dict[str, int] = {}
        for name, value in self._record.items():
            field = canonical(name)
            names_nobody = field == "authors" and str(value).isdigit()  # the number of a user
            if field and not _is_nothing(value) and not names_nobody and _RANK[_bare(name)] < ranks.get(field, 99):
                self._values[field], ranks[field] = value, _RANK[_bare(name)]

    def __contains__(self, field: str) -> bool:
        return field in self._values

    def line(self, field: str) -> str | None:
        """A field of one value as a string: numbers are spelled, ``{"name": …}`` gives its name, a list its first."""
        value = _value(self._values.get(field))
        if isinstance(value, bool) or not isinstance(value, (str, int, float, date)):
            return None
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # a whole column turns to floats when one of its numbers is missing
        return plain_text(str(value)).strip()

    def text(self) -> str:
        """The article's text: a string, or a list of paragraphs, read as HTML where it is that.

        Where it is cut off, or only an excerpt is there, its whole sentences. Raises ``SourceRefused`` when there are
        none.
        """
        value = self._values.get("text")
        text = _joined(value)
        if value is not None and text is None:
            raise SourceRefused(self.origin, Message("its text is not a string but {type}", type=type(value).__name__))
        if _PAGE.match(text or ""):
            from vectorstore.sources.html import page_text

            whole = page_text(text or "", self.origin)
        else:
            whole = plain_text(text or "")
        if cut := _CUT_OFF.search(whole[-200:]):
            whole = _whole_sentences(whole[: len(whole) - len(cut[0])])
            self.notes.append(Message("it is an excerpt: its source cuts the text off"))
        if not whole and (excerpt := self.line("excerpt")):
            cut = _CUT_OFF.search(excerpt) or _TRAILING_DOTS.search(excerpt)
            whole = _whole_sentences(excerpt[: cut.start()]) if cut else excerpt
            self.notes = [Message("it is an excerpt: its source has no full text")]
        if not whole and cut:
            raise SourceRefused(
                self.origin, Message("its source cuts it off within the first sentence; add the page itself")
            )
        if value is None and not whole:
            found = ", ".join(self.names[:20])[:300] or "none"
            reason = Message(
                "it has no text: the field must be named text, body or content; found: {found}", found=found
            )
            next_step = Message("add the pages themselves by their addresses") if "url" in self else ""
            raise SourceRefused(self.origin, Message.joined(reason, next_step, by="; "))
        return whole

    def day(self, field: str, *, day_first: bool | None = None) -> date | None:
        """The day in ``published`` or ``updated``; ``None`` when the field is missing or empty.

        Also when it is filled and cannot be read, or can be read as two days; then ``notes`` say so: neither a wrong
        date nor one silently lost would be right.
        """
        if field not in self._values:
            return None
        written = self.line(field) or ""
        if day := read_day(written, day_first):
            return day
        if day_first is None and (either := parse_day(written)):
            self.notes.append(
                Message(
                    "the date “{written}” can mean {either} or {other} and was left out; write it with the year first",
                    written=written[:40],
                    either=either,
                    other=parse_day(written, day_first=False),
                )
            )
        else:
            self.notes.append(
                Message(
                    "the date “{written}” ({field}) cannot be read or lies ahead and was left out; write it as {forms}",
                    written=written[:40],
                    field=field,
                    forms=ACCEPTED_FORMS,
                )
            )
        return None

    def unread_day(self) -> str | None:
        """The name of a column that holds a day and is none that is read, for an article without one."""
        for name, value in self._record.items():
            written = _value(value)
            if canonical(name) is None and isinstance(written, (str, int)) and not isinstance(written, bool):
                dated = re.search(r"date|time|publish|дата", name, re.IGNORECASE)
                if parse_day(str(written)) if isinstance(written, str) else dated and read_day(str(written)):
                    return name
        return None

    def authors(self) -> tuple[str, ...]:
        value = self._values.get("authors")
        if isinstance(value, Sequence) and not isinstance(value, str):
            return split_authors([name for name in map(_person, value) if name])
        return split_authors(_person(value) or "")


def read_day(written: str, day_first: bool | None = None) -> date | None:
    """The day in a field of dates: written out, alone or among other words, or counted as programs do."""
    day = parse_day(written, day_first=day_first) or _counted_day(written)
    return day or (find_day(written) if len(written) <= LONGEST_DATE else None)


# What a bare number counts: days of Excel since 1900, up to 2091; seconds, from 1973, above every YYYYMMDD, or their
# thousandths, millionths and billionths, since 1970.
_EXCEL_FIRST, _EXCEL_LAST, _EXCEL_ZERO = 20_000, 70_000, date(1899, 12, 30)
_CLOCK_FIRST, _CLOCK_STEP = 100_000_000, 100_000_000_000


def _counted_day(written: str) -> date | None:
    if not re.fullmatch(r"-?\d{1,20}(?:\.\d{1,20})?", written):
        return None
    number = float(written)
    if _EXCEL_FIRST <= number < _EXCEL_LAST:
        return _EXCEL_ZERO + timedelta(int(number))
    if number and abs(number) < _CLOCK_FIRST:
        return None
    while abs(number) >= _CLOCK_STEP:
        number /= 1000
    with suppress(OverflowError):  # before the year 1
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=number)).date()
    return None


def _value(value: object) -> object:
    """The one value that an object or a list stands for: ``{"rendered": "…"}``, ``[{"href": "…"}]``, ``[[2024]]``."""
    for _ in range(5):
        if isinstance(value, Mapping):
            value = next((value[key] for key in _VALUE_KEYS if value.get(key)), None)
        elif isinstance(value, list) and len(value) > 1 and all(str(part).isdigit() for part in value):
            return "-".join(map(str, value))
        elif isinstance(value, list):
            value = value[0] if value else None
    return value


def _person(value: object) -> str | None:
    """The name of ``"Ann"``, ``{"name": "Ann"}``, ``{"given": "Ann", "family": "Lee"}``; a number names nobody."""
    if isinstance(value, Mapping):
        parts = [value.get(key) for key in ("given", "firstName", "family", "lastName")]
        if written := " ".join(part for part in parts if isinstance(part, str)):
            return written
    name = _value(value)
    return plain_text(name) if isinstance(name, str) and not name.strip().isdigit() else None


def _joined(value: object) -> str | None:
    """A text in one piece, in paragraphs, or in the runs that Telegram makes of it; ``None`` when it is none."""
    if isinstance(value, list):
        runs = [part.get("text") if isinstance(part, Mapping) and "type" in part else part for part in value]
        strings = [run for run in runs if isinstance(run, str)]
        whole = "\n\n" if all(isinstance(part, str) for part in value) else ""
        return whole.join(strings) if len(strings) == len(value) else None
    if isinstance(value, Mapping) and not any(canonical(str(key)) == "title" for key in value):
        value = next((value[key] for key in ("rendered", "content", "value", "text", "#text") if value.get(key)), None)
    return value if isinstance(value, str) else None


def _whole_sentences(text: str) -> str:
    """``text`` up to the end of its last whole sentence."""
    text = _TRAILING_DOTS.sub("", text)
    spans = [span for span in sentences(text) if re.search(r"[.!?。！？][\"'”’»)]*\Z", text[slice(*span)])]
    return text[: spans[-1][1]] if spans else ""


def _is_nothing(value: object) -> bool:
    if isinstance(value, str):
        # Longer strings cannot be one of the words; a text of megabytes is not copied to find that out.
        return len(value) < 40 and value.strip().lower() in _NOTHING
    return value is None or value == [] or value == {} or value != value  # the last: NaN
