"""Tables of articles: JSON Lines, JSON and CSV, plain or gzipped. One row, one article or one refusal."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path

from vectorstore.errors import SourceRefused
from vectorstore.messages import Message
from vectorstore.sources.common import TABLE_BYTES, identity, make_article, open_file, place, shown
from vectorstore.sources.fields import Fields
from vectorstore.sources.tables.csv_table import csv_rows
from vectorstore.sources.tables.exported import exported_article, is_exported
from vectorstore.sources.tables.json_table import json_rows
from vectorstore.sources.tables.lines import Row, rows_of
from vectorstore.text.dates import parse_day
from vectorstore.types import Article, Refusal

HOPELESS_ROWS = 100
"""Refusals with no article before them after which the rest of a table is left: it is something else."""

SHORTEST_GLOBAL_ID = 8
"""Characters of an id that is taken as it stands. Shorter ones, and mere numbers, count rows of one table only."""

LONGEST_ID = 200

_SLASHED = re.compile(r"(\d{1,2})([/-])(\d{1,2})\2\d{4}\b")


def read_table(path: Path, rows: Generator[Row | Refusal] | None = None) -> Iterator[Article | Refusal]:
    """The articles of a table, in order; a refusal stands where a row could not be read. Never raises for content.

    ``rows`` are those of the file where it is a table of another kind.
    """
    table = Table(path)
    refused = articles = 0
    with closing(rows or _rows(path)) as found:
        for row in found:
            item = row if isinstance(row, Refusal) else table.article(row)
            yield item
            refused, articles = (refused + 1, articles) if isinstance(item, Refusal) else (refused, articles + 1)
            if refused == HOPELESS_ROWS and not articles:
                reason = Message("none of its first {count} rows is an article; the rest was left", count=refused)
                yield Refusal(shown(path), reason)
                return
    if not refused and not articles:
        yield Refusal(shown(path), Message("the table holds no rows"))


class Table:
    """What makes rows of one table articles: its place, the rows seen, and the order of day and month in its dates."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._place = place(path)
        self._seen: Counter[str] = Counter()
        self._unread: str | None = None
        self._day_first: bool | None = None
        self._looked_for_order = False

    def article(self, row: Row) -> Article | Refusal:
        origin = f"{shown(self._path)}:{row.place}"
        fields = Fields(row.record, origin)
        try:
            if is_exported(row.record):
                return exported_article(row.record, origin)
            text = fields.text()
            self._settle_order(fields)
            published = fields.day("published", day_first=self._day_first)
            self._note_unread_day(fields)
            return make_article(
                id=self._id(fields),
                title=fields.line("title"),
                text=text,
                published=published,
                published_from="field",
                updated=fields.day("updated", day_first=self._day_first),
                source=fields.line("source"),
                url=fields.line("url"),
                authors=fields.authors(),
                origin=origin,
                notes=filter(None, (*fields.notes, row.note)),
            )
        except SourceRefused as refused:
            return Refusal(refused.source, refused.reason)

    def exported(self, line: int, fields: dict[str, object] | None) -> Article | Refusal:
        """An article of a press database's export, by its named fields."""
        if fields is not None:
            return self.article(Row(line, fields))
        reason = Message("no head of an article is recognised in what begins here; add it as a file of its own")
        return Refusal(f"{shown(self._path)}:{line}", reason)

    def _id(self, fields: Fields) -> str:
        """What stays the same when the row's text changes, and what no other row of the table has.

        An id is taken as it stands when it can be unique beyond its table; a number or a short word counts rows of
        this table only, so the table's place joins it. An address is next best, since it names one article. A row
        with neither is known by its title and day. Rows that share all that are told apart by their order.
        """
        own = fields.line("id") or ""
        key = (self._place, fields.line("title") or "", fields.line("published") or "")
        if SHORTEST_GLOBAL_ID <= len(own) <= LONGEST_ID and own.isprintable() and any(map(str.isalpha, own)):
            known_by = own
        elif url := fields.line("url"):
            known_by = identity("url", url)
        elif own:
            known_by = identity("table", f"{self._place}#{own}")
        else:
            known_by = "\n".join(key)
        self._seen[known_by] += 1
        count = str(self._seen[known_by])
        if known_by == "\n".join(key):
            return identity("row", "\n".join((*key, count)))
        if count == "1":
            return known_by
        fields.notes.append(
            Message("its id or address, {id}, is that of an earlier row; it was added beside it", id=own or url)
        )
        return identity("again", known_by, count)

    def _note_unread_day(self, fields: Fields) -> None:
        """Reports, once for the table, a column that holds days and is not read, where an article has no day."""
        if self._unread is None and "published" not in fields and (name := fields.unread_day()):
            self._unread = name
            fields.notes.append(
                Message(
                    "the column “{name}” seems to hold days and is not read; name it “published” if it is the day of "
                    "publication",
                    name=name[:60],
                )
            )

    def _settle_order(self, fields: Fields) -> None:
        """Learns from the table's own dates whether 03/04/2024 is in April or in March, when one such date comes."""
        if self._looked_for_order:
            return
        for field in ("published", "updated"):
            written = fields.line(field)
            if written and parse_day(written, day_first=None) is None and parse_day(written) is not None:
                self._looked_for_order = True
                self._day_first = _day_first_in(self._path)
                return


def _day_first_in(path: Path) -> bool | None:
    """Whether a table writes the day first, by its first date that has only one reading; ``None`` without one."""
    with closing(_rows(path)) as rows:
        for row in rows:
            if isinstance(row, Refusal):
                continue
            fields = Fields(row.record, "")
            for field in ("published", "updated"):
                if match := _SLASHED.match(fields.line(field) or ""):
                    if int(match[1]) > 12 >= int(match[3]):
                        return True
                    if int(match[3]) > 12 >= int(match[1]):
                        return False
    return None


def _rows(path: Path) -> Generator[Row | Refusal]:
    try:
        name = path.name.lower().removesuffix(".gz")
        with open_file(path, TABLE_BYTES, "a .json file" if name.endswith(".json") else "a table") as file:
            if name.endswith((".csv", ".tsv")):
                yield from rows_of(path, file, csv_rows, newline="")
            else:
                yield from rows_of(path, file, json_rows, newline="\n")
    except SourceRefused as refused:
        yield Refusal(refused.source, refused.reason)
