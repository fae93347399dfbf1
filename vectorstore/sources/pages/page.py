"""The article in a web page: its text, title, authors, outlet and days. Runs in the worker process only.

Structured statements come first (JSON-LD, meta elements, ``time`` elements), because the outlet wrote them for
machines; trafilatura finds the text, and htmldate a date that is only printed.
"""

from __future__ import annotations

from typing import TypedDict

import trafilatura
from lxml.etree import iterwalk
from lxml.html import HtmlElement

from vectorstore.messages import Message
from vectorstore.sources.cleaning.fragment import plain_text
from vectorstore.sources.cleaning.text import clean_text
from vectorstore.sources.head import loose_head
from vectorstore.sources.pages.body import article_text
from vectorstore.sources.pages.days import ONLY_A_MONTH, days_of, stated_months
from vectorstore.sources.pages.no_article import PAID, has_wall, why_beginning, why_list, why_notice, without_paywall
from vectorstore.sources.pages.structured_data import (
    TITLES,
    authors_of,
    canonical_address,
    first_said,
    linked_article,
    meta_elements,
    outlet_of,
    string,
    values,
    without_broken_data,
)


class Page(TypedDict):
    """What a page says. Days are ISO dates; what it does not say is ``None`` or empty."""

    text: str
    title: str | None
    authors: list[str]
    source: str | None
    url: str | None
    published: str | None
    updated: str | None
    notes: list[str]
    refused: str | None
    """Why the page is no article, where it stands in the place of one."""


_SHOWN_LESS = 0.7
"""Of the article's text in JSON-LD: where the page shows less of it, as to those who do not pay, that text is taken."""

DEEPEST = 250
"""Elements inside one another. The parser stops at 256 and drops the rest without a word; real pages have up to 60."""


class PageTooDeep(Exception):
    """A page whose end the parser has dropped."""


def _demand_whole(tree: HtmlElement) -> None:
    depth = 0
    for event, _ in iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > DEEPEST:
            why = Message(
                "its elements stand more than {count} deep in one another, and it is read no deeper", count=DEEPEST
            )
            raise PageTooDeep(why)


def read_page(html: str, address: str = "") -> Page:
    """Everything a page says about its article. ``text`` is empty when it holds none. Raises ``PageTooDeep``.

    ``address`` is where it was fetched from, if it was: its own claim of another one comes first.
    """
    tree = trafilatura.load_html(html)
    if tree is None:  # a fragment without its frame
        tree = trafilatura.load_html(f"<html><body>{html}</body></html>")
    if tree is None:
        return Page(
            text="", title=None, authors=[], source=None, url=None, published=None, updated=None, notes=[], refused=None
        )
    _demand_whole(tree)
    meta = meta_elements(tree)
    linked = linked_article(tree, meta)
    addresses = [claim for claim in (canonical_address(tree), *values(meta, ["og:url"]), address) if claim]
    known = trafilatura.extract_metadata(without_broken_data(tree), extensive=False)
    title = first_said(string(linked.get("headline")), *values(meta, TITLES), known.title)
    text, asks_to_pay = without_paywall(clean_text(article_text(tree, title)))
    published, updated = days_of(tree, meta, linked, addresses, text)
    month = next(stated_months(meta, linked), None)
    if month and not (published or "").startswith(month):
        published = None  # of another month: it is an event's
    body = clean_text(plain_text(string(linked.get("articleBody")) or ""))
    if len(text) < _SHOWN_LESS * len(body):
        text, paid = body, False
    else:
        paid = asks_to_pay or str(linked.get("isAccessibleForFree")).lower() == "false" or has_wall(tree)
    is_article = linked or "article" in " ".join(meta.get("og:type", ())).lower()
    refused = (
        (None if linked.get("datePublished") else why_notice(tree, text))
        or (None if is_article else why_list(tree, text))
        or why_beginning(text, paid=paid)
    )
    return Page(
        text=text[loose_head(text, titled=True).start :],
        title=title,
        authors=authors_of(linked, meta, known.author),
        source=outlet_of(tree, linked, meta),
        url=first_said(*addresses, known.url),
        published=published,
        updated=updated,
        notes=[*[PAID] * paid, *[ONLY_A_MONTH] * bool(month and not published)],
        refused=refused,
    )
