"""What a web page states for machines: its meta elements and its JSON-LD, also where that is not quite JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from html import unescape

from lxml.html import HtmlElement

_AUTHORS = "author article:author parsely-author sailthru.author byl citation_author dc.creator dcterms.creator".split()

_SITES = "og:site_name citation_journal_title dc.publisher dcterms.publisher publisher application-name".split()

TITLES = "og:title headline parsely-title sailthru.title citation_title dc.title twitter:title title".split()

_ARTICLE_TYPES = re.compile(r"(?:Article|Posting|Report|Review)$")

_BROKEN_FIELD = re.compile(
    r'"(datePublished|dateModified|headline|articleBody|author|publisher)"\s*:\s*'
    r'(?:\[?\s*\{[^{}]{0,500}?"name"\s*:\s*)?"((?:[^"\\]|\\.){1,50000})"\s*(?=[,}\]])'
)

_BROKEN = "broken"
"""Marks what was read of JSON-LD that is not JSON."""

_MOST_LINKED_DATA = 200
"""Objects of JSON-LD looked at: news pages have up to 60, hostile ones any number."""


def meta_elements(tree: HtmlElement) -> dict[str, list[str]]:
    """The values of the page's meta elements by lower-case name, property or itemprop."""
    found: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop")
        content = element.get("content")
        if name and content and content.strip():
            found.setdefault(name.strip().lower(), []).append(unescape(content).strip())
    return found


def values(meta: Mapping[str, list[str]], names: list[str]) -> Iterator[str]:
    """What the meta elements of these names say, in the order of ``names``."""
    for name in names:
        yield from meta.get(name, ())


def first_said(*values: str | None) -> str | None:
    """The first that says anything."""
    return next((value for value in values if value and value.strip()), None)


def string(value: object) -> str | None:
    """The text of a value, ``None`` when it is none or blank."""
    # Many pages escape what is already escaped: "40&nbsp;000", "&#8220;".
    return unescape(value) if isinstance(value, str) and value.strip() else None


def name_in(value: object) -> str | None:
    """The name in a JSON-LD value: a string, ``{"name": …}``, or the first of a list of these."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("name")
    return string(value)


def _linked_data(tree: HtmlElement) -> Iterator[dict[str, object]]:
    """The objects that the page's JSON-LD puts at its top level, in order."""
    waiting: list[object] = []
    for script in tree.iter("script"):
        if (script.get("type") or "").strip().lower() == "application/ld+json" and script.text:
            waiting.append(_parsed(script.text))
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


def _parsed(text: str) -> object:
    """JSON-LD as it is meant: in comment marks, with commas behind the last value, as far as it can be read."""
    text = re.sub(r"^\s*(?://)?\s*<!(?:--|\[CDATA\[)|(?://)?\s*(?:-->|\]\]>)\s*$", "", text)
    text = re.sub(r",(?=\s{0,20}[}\]])", "", text.strip().rstrip(";"))
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        # A quotation mark within the headline, often: what matters can still be read.
        fields = dict(_BROKEN_FIELD.findall(text[:100_000]))
        return {"@type": "Article", _BROKEN: True, **fields} if "datePublished" in fields else None


def without_broken_data(tree: HtmlElement) -> HtmlElement:
    """A copy of the page without the JSON-LD of which trafilatura would take half a headline."""
    rest = deepcopy(tree)
    for script in list(rest.iter("script")):
        parsed = _parsed(script.text) if script.text and '"datePublished"' in script.text else None
        if isinstance(parsed, dict) and _BROKEN in parsed:
            script.drop_tree()
    return rest


def linked_article(tree: HtmlElement, meta: Mapping[str, list[str]]) -> Mapping[str, object]:
    """The JSON-LD object that describes this page's article; an empty one when there is none."""
    articles: list[dict[str, object]] = []
    for thing in _linked_data(tree):
        types = thing.get("@type")
        names = types if isinstance(types, list) else [types]
        if any(isinstance(name, str) and _ARTICLE_TYPES.search(name) for name in names):
            articles.append(thing)
    titles = {bare(title) for title in values(meta, TITLES)}
    own = [thing for thing in articles if bare(string(thing.get("headline")) or "") in titles]
    dated = [thing for thing in own + articles if string(thing.get("datePublished"))]
    return (dated or own or articles or [{}])[0]


def _sites(tree: HtmlElement) -> Iterator[str]:
    """The names of the site, and of who runs it, that JSON-LD states beside the article."""
    for thing in _linked_data(tree):
        if re.search(r"WebSite|Organization", str(thing.get("@type"))):
            yield name_in(thing) or ""


def outlet_of(tree: HtmlElement, linked: Mapping[str, object], meta: Mapping[str, list[str]]) -> str | None:
    """The name of the outlet: as the article's publisher, else the site's."""
    names = (name_in(linked.get("publisher")) or "", *values(meta, _SITES), *_sites(tree))
    return next(filter(_is_outlet, names), None)


def _is_outlet(name: str) -> bool:
    """Whether a publisher's name is one that readers know, and not an address, a notice or the page's software."""
    return 1 < len(name) <= 60 and not re.search(
        r"https?:|^@|©|\(c\)|all rights|^(?:blogger|wordpress)$", name, re.IGNORECASE
    )


def bare(text: str) -> str:
    """The letters and digits of a title alone, to compare it by."""
    return "".join(filter(str.isalnum, text.casefold()))


def authors_of(linked: Mapping[str, object], meta: Mapping[str, list[str]], known: str | None) -> list[str]:
    """The names of who wrote the article; ``known`` are those that trafilatura found."""
    value = linked.get("author") or linked.get("creator")
    people = value if isinstance(value, list) else [value]
    names = [name for name in map(name_in, people) if name]
    names = names or list(dict.fromkeys(values(meta, _AUTHORS)))
    return names or (known.split("; ") if known else [])


def canonical_address(tree: HtmlElement) -> str | None:
    """The address that the page calls its own."""
    for link in tree.iter("link"):
        if "canonical" in (link.get("rel") or "").lower().split():
            address = link.get("href") or ""
            if address.startswith(("http://", "https://")):
                return address
    return None
