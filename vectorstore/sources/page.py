"""The article in a web page: its text, title, authors, outlet and days. Runs in the worker process only.

Structured statements come first (JSON-LD, meta elements, ``time`` elements), because the outlet wrote them for
machines; trafilatura finds the text, and htmldate a date that is only printed. A day on which a page was changed is
never taken for the day of publication.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import TypedDict

import trafilatura
from htmldate import find_date
from lxml.html import HtmlElement

from vectorstore.dates import parse_day
from vectorstore.sources.cleaning import clean_line, has_sentence


class Page(TypedDict):
    """What a page says. Days are ISO dates; what it does not say is ``None`` or empty."""

    text: str
    title: str | None
    authors: list[str]
    source: str | None
    url: str | None
    published: str | None
    updated: str | None


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
_AUTHORS = "author article:author parsely-author sailthru.author byl citation_author dc.creator dcterms.creator".split()
_SITES = "og:site_name application-name dc.publisher dcterms.publisher citation_journal_title publisher".split()
_TITLES = "og:title headline parsely-title sailthru.title citation_title dc.title twitter:title title".split()
_DESCRIPTIONS = "og:description description twitter:description dc.description".split()

_ARTICLE_TYPES = re.compile(r"(?:Article|Posting|Report|Review)$")
_MOST_LINKED_DATA = 200
"""Objects of JSON-LD looked at: news pages have up to 60, hostile ones any number."""


def read_page(html: str) -> Page:
    """Everything a page says about its article. ``text`` is empty when it holds none."""
    tree = trafilatura.load_html(html)
    if tree is None:
        return Page(text="", title=None, authors=[], source=None, url=None, published=None, updated=None)
    meta = _meta(tree)
    linked = _linked_article(tree, meta)
    published, updated = _days(tree, meta, linked)
    known = trafilatura.extract_metadata(deepcopy(tree), extensive=False)
    title = _first(_string(linked.get("headline")), *_values(meta, _TITLES), known.title)
    return Page(
        text=_text(tree, title, _first(*_values(meta, _DESCRIPTIONS))),
        title=title,
        authors=_authors(linked, meta, known.author),
        source=_first(_name(linked.get("publisher")), *_values(meta, _SITES), known.sitename),
        url=_first(_canonical(tree), *_values(meta, ["og:url"]), known.url),
        published=published,
        updated=updated,
    )


# --- statements ------------------------------------------------------------------------------------------------------


def _meta(tree: HtmlElement) -> dict[str, list[str]]:
    """The values of the page's meta elements by lower-case name, property or itemprop."""
    found: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop")
        content = element.get("content")
        if name and content and content.strip():
            found.setdefault(name.strip().lower(), []).append(content.strip())
    return found


def _values(meta: Mapping[str, list[str]], names: list[str]) -> Iterator[str]:
    for name in names:
        yield from meta.get(name, ())


def _first(*values: str | None) -> str | None:
    return next((value for value in values if value and value.strip()), None)


def _string(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _name(value: object) -> str | None:
    """The name in a JSON-LD value: a string, ``{"name": …}``, or the first of a list of these."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("name")
    return _string(value)


def _linked_data(tree: HtmlElement) -> Iterator[dict[str, object]]:
    """The objects that the page's JSON-LD puts at its top level, in order."""
    waiting: list[object] = []
    for script in tree.iter("script"):
        if (script.get("type") or "").strip().lower() == "application/ld+json" and script.text:
            text = re.sub(r"^\s*(?://)?\s*<!(?:--|\[CDATA\[)|(?://)?\s*(?:-->|\]\]>)\s*$", "", script.text)
            try:
                waiting.append(json.loads(text.strip().rstrip(";"), strict=False))
            except (ValueError, RecursionError):
                continue
    for _ in range(_MOST_LINKED_DATA):
        if not waiting:
            return
        value = waiting.pop(0)
        if isinstance(value, list):
            waiting = value + waiting
        elif isinstance(value, dict):
            yield value
            # Lists of other stories hang on other keys and are not this article.
            waiting = [value.get("@graph"), value.get("mainEntity"), value.get("mainEntityOfPage"), *waiting]


def _linked_article(tree: HtmlElement, meta: Mapping[str, list[str]]) -> Mapping[str, object]:
    """The JSON-LD object that describes this page's article; an empty one when there is none."""
    articles: list[dict[str, object]] = []
    for thing in _linked_data(tree):
        types = thing.get("@type")
        names = types if isinstance(types, list) else [types]
        if any(isinstance(name, str) and _ARTICLE_TYPES.search(name) for name in names):
            articles.append(thing)
    titles = {_words(title) for title in _values(meta, _TITLES)}
    own = [thing for thing in articles if _words(_string(thing.get("headline")) or "") in titles]
    dated = [thing for thing in own + articles if _string(thing.get("datePublished"))]
    return (dated or own or articles or [{}])[0]


def _words(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _authors(linked: Mapping[str, object], meta: Mapping[str, list[str]], known: str | None) -> list[str]:
    value = linked.get("author") or linked.get("creator")
    people = value if isinstance(value, list) else [value]
    names = [name for name in map(_name, people) if name]
    names = names or list(dict.fromkeys(_values(meta, _AUTHORS)))
    return names or (known.split("; ") if known else [])


def _canonical(tree: HtmlElement) -> str | None:
    for link in tree.iter("link"):
        if "canonical" in (link.get("rel") or "").lower().split():
            address = link.get("href") or ""
            if address.startswith(("http://", "https://")):
                return address
    return None


# --- days ------------------------------------------------------------------------------------------------------------


def _days(
    tree: HtmlElement, meta: Mapping[str, list[str]], linked: Mapping[str, object]
) -> tuple[str | None, str | None]:
    """The days of publication and of the last change, in ISO form."""
    published = (
        _day(linked.get("datePublished"))
        or _first_day(_values(meta, _PUBLISHED))
        or _first_day(_marked_times(tree))
        or _day(linked.get("dateCreated"))
    )
    updated = _day(linked.get("dateModified")) or _first_day(_values(meta, _UPDATED))
    if published is None:
        published = _printed_day(tree, meta)
    return published, updated


def _day(value: object) -> str | None:
    text = _string(value)
    day = parse_day(clean_line(text, 100), day_first=None) if text else None
    return day.isoformat() if day else None


def _first_day(values: Iterator[str]) -> str | None:
    return next((day for value in values if (day := _day(value))), None)


def _marked_times(tree: HtmlElement) -> Iterator[str]:
    """Dates of elements that say themselves that they hold the day of publication."""
    for element in tree.iter("time", "span", "p", "div", "abbr"):
        marked = "datepublished" in (element.get("itemprop") or "").lower().split() or (
            element.tag == "time" and (element.get("pubdate") is not None or _says_published(element.get("class")))
        )
        if marked:
            for value in (element.get("datetime"), element.get("content"), element.text_content()[:200]):
                if value:
                    yield value


def _says_published(classes: str | None) -> bool:
    return any(
        name in ("published", "entry-date", "pubdate", "dt-published") for name in (classes or "").lower().split()
    )


def _printed_day(tree: HtmlElement, meta: Mapping[str, list[str]]) -> str | None:
    """A date that htmldate finds printed in the page or its address, once every trace of a later change is gone.

    Its extensive search is off: it falls back to years of copyright, and a wrong date is worse than none.
    """
    rest = deepcopy(tree)
    for element in list(rest.iter("meta", "script", "time")):
        says = " ".join(
            element.get(name) or "" for name in ("property", "name", "itemprop", "http-equiv", "class")
        ).lower()
        changed = re.search(r"modif|updat|revis|copyright", says)
        if element.tag == "script" or changed:
            element.drop_tree()
    found = find_date(
        rest, original_date=True, extensive_search=False, url=_canonical(tree) or _first(*_values(meta, ["og:url"]))
    )
    return _day(found)


# --- text ------------------------------------------------------------------------------------------------------------


def _text(tree: HtmlElement, title: str | None, description: str | None) -> str:
    """The article's paragraphs, a blank line between them; list items and table rows keep their lines."""
    for precise in (True, False):
        document = trafilatura.bare_extraction(
            deepcopy(tree), include_comments=False, include_tables=True, favor_precision=precise
        )
        text = _paragraphs(document.text or "", title) if document is not None else ""
        if has_sentence(text):
            return text
    return ""


def _paragraphs(text: str, title: str | None) -> str:
    blocks: list[str] = []
    seen: set[str] = set()
    previous = ""
    for line in text.split("\n"):
        line = line.strip()
        if line.startswith("|"):
            if not line.strip("|- "):
                continue
            line = " | ".join(cell.strip() for cell in line.strip("| ").split("|"))
            kind = "row"
        else:
            kind = "item" if line.startswith("- ") else ""
        if not line or (not blocks and title and _words(line) == _words(title)):
            continue
        # The same long words twice are a pull quote or a teaser, not the article saying it again.
        if len(line) >= 60:
            if line in seen:
                continue
            seen.add(line)
        blocks.append(("\n" if kind and kind == previous else "\n\n") + line)
        previous = kind
    return "".join(blocks).strip()
