"""The days of a web page: stated for machines, in its address, or printed.

A day on which a page was changed is never taken for the day of publication.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from datetime import date
from itertools import islice

from htmldate import find_date
from lxml.html import HtmlElement

from vectorstore.messages import Message
from vectorstore.sources.cleaning.text import clean_line
from vectorstore.sources.pages.structured_data import TITLES, bare, string, values
from vectorstore.text.dates import find_day, parse_day

_PUBLISHED = (
    "article:published_time article:published og:article:published_time og:published_time datepublished date_published "
    "publish-date publish_date publishdate publication_date publication-date published-date published_date "
    "parsely-pub-date sailthru.date cxenseparse:recs:publishtime citation_publication_date citation_online_date "
    "citation_date bt:pubdate rnews:datepublished dc.date.issued dcterms.issued dc.date.created dcterms.created "
    "dcterms.date dc.date pubdate date article.published originalpublicationdate last-published"
).split()

_UPDATED = (
    "article:modified_time article:modified og:article:modified_time og:updated_time og:modified_time datemodified "
    "date_modified last-modified lastmodified last_modified dc.date.modified dcterms.modified article.updated "
    "modified-date updated_time"
).split()


ONLY_A_MONTH = Message("its page states only the month or the year of its publication, so it has no day")


def days_of(
    tree: HtmlElement, meta: Mapping[str, list[str]], linked: Mapping[str, object], addresses: list[str], text: str
) -> tuple[str | None, str | None]:
    """The days of publication and of the last change, in ISO form."""
    stated = [value for value in (linked.get("datePublished"), *values(meta, _PUBLISHED)) if _day(value)]
    printed = [day for value in _marked_days(tree) if (day := _day(value))]
    published: str | None
    if stated:
        published = _local_day(str(stated[0]), [*_days_in_addresses(addresses), *printed])
    else:
        published = (
            next(iter(printed), None)
            or _day(linked.get("dateCreated"))
            or _only_day(_below_headline(tree, meta))
            or _only_day(first_lines := text.split("\n\n", _FIRST_LINES)[:_FIRST_LINES])
            or next(filter(None, map(_day, first_lines)), None)  # a line of its own, behind a caption
            or _printed_day(tree, addresses)
        )
    changes = (linked.get("dateModified"), *values(meta, _UPDATED))
    updated = next((day for value in changes if (day := _day(value))), None)
    return published, updated or next(_printed_changes(_below_headline(tree, meta)), None)


def stated_months(meta: Mapping[str, list[str]], linked: Mapping[str, object]) -> Iterator[str]:
    """The months or years that a page states in the place of its day of publication: "2024-03"."""
    stated = [value.strip() for value in (string(linked.get("datePublished")), *values(meta, _PUBLISHED)) if value]
    if not any(map(_day, stated)):
        yield from (value for value in stated if re.fullmatch(r"(?:19|20)\d\d(?:-(?:0[1-9]|1[0-2]))?", value))


def _printed_changes(texts: list[str]) -> Iterator[str]:
    """The days that short texts name as those of a change: "Updated: 15.09.2026"."""
    for text in texts:
        if len(text) <= _LONGEST_PRINTED_DATE and (says := _SAYS_CHANGED.search(text)):
            day = find_day(text[says.end() :])
            if day:
                yield day.isoformat()


def _day(value: object) -> str | None:
    text = string(value)
    day = parse_day(clean_line(text, 100), day_first=None) if text else None
    return day.isoformat() if day else None


def _local_day(stated: str, elsewhere: list[str]) -> str | None:
    """The day of a stated time where the outlet is.

    Many sites state the hour in UTC but print the local day, or put it in the address: a story of 23:15 UTC is dated
    the next morning in Rome. So for times in UTC, a day next to it in the address or in print wins.
    """
    day = _day(stated)
    if day is None or not re.search(r"\d(?:Z|[+-]00:?00)\s*$", stated):
        return day
    instant = date.fromisoformat(day).toordinal()
    return next((other for other in elsewhere if abs(date.fromisoformat(other).toordinal() - instant) == 1), day)


def _days_in_addresses(addresses: list[str]) -> Iterator[str]:
    for address in addresses:
        if match := re.search(r"/((?:19|20)\d\d)(?:[/-](\d{1,2})[/-](\d{1,2})|(\d\d)(\d\d))(?=[/_-]|$)", address):
            day = _day("-".join(filter(None, match.groups())))
            if day:
                yield day


def _marked_days(tree: HtmlElement) -> Iterator[str]:
    """Dates in elements that say that they hold the day of publication."""
    for element in tree.iter("time", "span", "p", "div", "abbr"):
        names = " ".join(element.get(name) or "" for name in ("itemprop", "class", "id")).lower()
        if element.get("pubdate") is None and not _SAYS_PUBLISHED.search(names):
            continue
        text = " ".join(element.text_content()[:200].split())
        printed = find_day(text) if len(text) <= _LONGEST_PRINTED_DATE else None
        # What is printed is the outlet's own day; the attribute is often in UTC.
        yield from filter(
            None, (printed.isoformat() if printed else None, element.get("datetime"), element.get("content"))
        )


_SAYS_PUBLISHED = re.compile(
    r"(?<![a-z])(?:datepublished|pubdate|published(?:[-_]?(?:date|time|on|at))?|dt-published"
    r"|(?:entry|post|posted|article|story|publish|publication)[-_]?date)(?![a-z])"
)

_SAYS_CHANGED = re.compile(r"modif|updat|revis|copyright|aktuali|actuali|mis à jour|оновлено|обновлено", re.IGNORECASE)

_LONGEST_PRINTED_DATE = 120
"""Characters of an element that holds a date and little else, such as a byline."""

_NEAR_HEADLINE = 12
"""Texts after the headline among which the day of publication stands, if it is printed there: kicker, byline, date,
place, the first links to share."""

_FIRST_LINES = 4
"""Of the text, among which a date may stand: outlet, date, byline, place."""


def _only_day(texts: list[str]) -> str | None:
    """The one day that the short texts before the first paragraph name."""
    days: set[date] = set()
    for text in texts:
        if len(text) > _LONGEST_PRINTED_DATE:
            break
        day = find_day(_SAYS_CHANGED.split(text)[0])
        if day:
            days.add(day)
    return days.pop().isoformat() if len(days) == 1 else None


def _below_headline(tree: HtmlElement, meta: Mapping[str, list[str]]) -> list[str]:
    """The texts between the headline and the first paragraph; none when it is not clear which headline it is."""
    titles = {bare(title) for title in values(meta, TITLES)}
    headlines = list(tree.iter("h1"))
    own = [heading for heading in headlines if bare(heading.text_content()) in titles] or headlines
    if len(own) != 1:
        return []
    texts = [own[0].tail.strip()] if own[0].tail and own[0].tail.strip() else []
    for element in islice(own[0].xpath("following::*"), _NEAR_HEADLINE * 10):
        if not isinstance(element.tag, str) or element.tag in ("script", "style"):
            continue
        texts += [" ".join(text.split()) for text in (element.text, element.tail) if text and text.strip()]
        if len(texts) >= _NEAR_HEADLINE:
            break
    return texts[:_NEAR_HEADLINE]


def _printed_day(tree: HtmlElement, addresses: list[str]) -> str | None:
    """A date that htmldate finds in the address or in print, once every trace of a later change is gone.

    Its extensive search is off: it falls back to years of copyright, and a wrong date is worse than none.
    """
    rest = deepcopy(tree)
    for element in list(rest.iter("meta", "script", "time", "span")):
        says = " ".join(element.get(name) or "" for name in ("property", "name", "itemprop", "http-equiv", "class"))
        if element.tag == "script" or _SAYS_CHANGED.search(says):
            element.drop_tree()
    return _day(find_date(rest, original_date=True, extensive_search=False, url=addresses[0] if addresses else None))
