"""Feeds (RSS, Atom, JSON Feed) and sitemaps: files or addresses that list articles, each item one article.

An item becomes an article where the feed holds its whole text. A summary is never stored: the item's page is fetched
instead, and the item is refused by name when that cannot be had. A program that goes from page to page by itself asks
robots.txt first, which a person who names one page need not.
"""

from __future__ import annotations

import io
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urljoin

from vectorstore.errors import SourceRefused
from vectorstore.messages import Message, to_json
from vectorstore.sources.cleaning.fragment import plain_text
from vectorstore.sources.cleaning.text import clean_line, has_sentence
from vectorstore.sources.cleaning.titles import host_of
from vectorstore.sources.common import read_file, shown
from vectorstore.sources.documents.reading import DOCUMENT_BYTES, Document, Reading, article_or_refusal, iso_day
from vectorstore.sources.html import parse_document
from vectorstore.sources.limits import Limits
from vectorstore.sources.web.addresses import articles_in, demand_page, fetch, named, read_address
from vectorstore.sources.web.robots import Robots
from vectorstore.types import Article, Refusal

MOST_PAGES = 200
"""Pages fetched for one feed or sitemap, the newest: a news sitemap lists up to 1,000, any other up to 50,000."""

MOST_SITEMAPS = 20
"""Sitemaps fetched for one index of them, the newest; large sites have one for each month."""

ONLY_A_SUMMARY = Message("the feed holds only a summary of it, and no address of its page; find it and add that")

_ROOT = r"(?:\xef\xbb\xbf)?\s*(?:<[?!][^>]*>\s*)*<(?:\w+:)?"
BEGINS = re.compile(
    (_ROOT + r"(?:rss|feed|rdf|urlset|sitemapindex)[\s>]|\s*\{[^\[]{0,2000}jsonfeed\.org/version/").encode(), re.I
)
"""How feeds and sitemaps begin."""

_SITEMAP = re.compile((_ROOT + r"(?:urlset|sitemapindex)[\s>]").encode())
_ENDS = re.compile(rb"</(?:\w+:)?(?:rss|feed|rdf)\s*>|\}\s*\Z", re.IGNORECASE)
_CUT = re.compile(r"(?:…|\.\.\.)\s*[\])]?\s*(?:(?:continue|keep) reading\b.*|(?:read )?more\b.*)?\Z", re.IGNORECASE)
"""How the last line of a summary ends: "… [Continue reading]", "[...]"."""


def gunzipped(data: bytes, most: int) -> bytes:
    """What gzipped data hold, ``most`` bytes of it at most; other data as they are."""
    with suppress(zlib.error):
        return zlib.decompressobj(31).decompress(data, most)
    return data


# -- what the program does with the items


def read_feed(path: Path, reading: Reading) -> Iterator[Article | Refusal]:
    """The articles that a feed or sitemap in a file lists."""
    try:
        data = read_file(path, DOCUMENT_BYTES, "a document")
        yield from _articles(listed_items(data, shown(path)), shown(path), reading.limits)
    except SourceRefused as refused:
        yield Refusal(refused.source, refused.reason)


def read_web(address: str, limits: Limits) -> Iterator[Article | Refusal]:
    """The article at an address, or those that the feed or sitemap there lists."""
    name = named(address)
    try:
        page = fetch(address, limits)
        if page.status == 200 and BEGINS.match(gunzipped(page.data, 4_096)):
            yield from _articles(listed_items(page.data, name, page.address), name, limits)
        else:
            demand_page(page, name)
            yield from articles_in(page, name)
    except SourceRefused as refused:
        yield Refusal(refused.source, refused.reason)


def listed_items(data: bytes, name: str, address: str = "") -> list[Document]:
    """What a feed or sitemap lists, in its order, with whole addresses. Raises ``SourceRefused``."""
    with TemporaryDirectory(prefix="articles-") as folder:
        path = Path(folder) / "feed"
        path.write_bytes(data)
        found: list[Document] = parse_document("feed", path, Path(folder), DOCUMENT_BYTES, name)
    for item in found:
        if item.get("url"):
            item["url"] = urljoin(address, item["url"])
    return found


def _articles(items: list[Document], name: str, limits: Limits) -> Iterator[Article | Refusal]:
    for item in items:
        if item.keys() & {"text", "refused"}:
            yield article_or_refusal(item, item.get("url") or name, Path(name))
    pages = [item for item in items if not item.keys() & {"text", "refused"} and not item.get("lists")]
    sitemaps = [item for item in items if item.get("lists")]
    listed = len(pages)
    for sitemap in newest(sitemaps, MOST_SITEMAPS):
        address = sitemap.get("url") or ""
        name_of_it = named(address)
        try:
            page = fetch(address, limits)
            if page.status != 200:
                demand_page(page, name_of_it)
            found = listed_items(page.data, name_of_it, address)
        except SourceRefused as refused:
            yield Refusal(refused.source, refused.reason)
        else:
            listed += len(found)
            pages += newest([item for item in found if not item.get("lists")], MOST_PAGES)
    robots = Robots(lambda place: fetch(place, limits))
    for item in newest(pages, MOST_PAGES):
        yield _fetched(item, name, limits, robots)
    if not items:
        yield Refusal(name, Message("it lists no articles; look whether it is the right address or file"))
    for count, most in ((len(sitemaps), MOST_SITEMAPS), (listed, MOST_PAGES)):
        if count > most:
            reason = Message(
                "it lists {count} addresses, of which the {most} newest were read; add others by themselves",
                count=count,
                most=most,
            )
            yield Refusal(name, reason)


def newest(items: list[Document], most: int) -> list[Document]:
    """The newest of ``items``, those without a day last."""
    return sorted(items, key=lambda item: item.get("published") or item.get("updated") or "", reverse=True)[:most]


def _fetched(item: Document, name: str, limits: Limits, robots: Robots) -> Article | Refusal:
    """The article on an item's own page, with the day and the outlet that the list names where the page does not."""
    address = item.get("url")
    if not address:
        return Refusal(f"{name}/{item.get('name')}", ONLY_A_SUMMARY)
    try:
        robots.demand_permission(address)
    except SourceRefused as refused:
        return Refusal(named(address), refused.reason)
    article = read_address(address, limits)
    return article if isinstance(article, Refusal) else completed(article, item.get("published"), item.get("source"))


def completed(article: Article, published: str | None, outlet: str | None) -> Article:
    """The article of a page with the day and the outlet that a list names for it, where the page does not."""
    if article.published is None and published:
        article = replace(article, published=date.fromisoformat(published), published_from="field")
    return replace(article, source=outlet) if outlet and article.source == host_of(article.url) else article


# -- parsing, in the worker process only


def parse_feed(path: Path, *, room: int, **_: Any) -> list[Document]:
    """The items of a feed, those with ``text`` whole, or the addresses in a sitemap."""
    from lxml.etree import XMLSyntaxError

    data = gunzipped(path.read_bytes(), room + 1)
    if len(data) > room:
        raise SourceRefused(
            "",
            "unpacked it has more than {most} MB, as bombs have; if it is none, unpack it and add its files in parts",
            most=room // 1_000_000,
        )
    try:
        if _SITEMAP.match(data):
            return list(_in_sitemap(data))
        feed, entries = _json_feed(data) if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else _xml_feed(data)
    except (ValueError, XMLSyntaxError) as error:
        raise SourceRefused("", "it is cut off or damaged ({error}); fetch it again", error=str(error)[:100]) from error
    links = Counter(entry.get("link") for entry in entries)
    items = [_item(entry, feed, links) for entry in entries]
    if items and not _ENDS.search(data[-1_000:]):  # what is not closed, feedparser leaves out
        reason = Message("the feed is cut off; what came before is kept. Fetch it again")
        items.append(Document(refused=to_json(reason)))
    return items


def _in_sitemap(data: bytes) -> Iterator[Document]:
    from vectorstore.sources.cleaning.markup import safe_xml

    for entry in safe_xml(data).iter("{*}url", "{*}sitemap"):
        if address := entry.findtext("{*}loc", "").strip():
            yield Document(
                url=address,
                lists=entry.tag.endswith("}sitemap"),
                source=entry.findtext("{*}news/{*}publication/{*}name"),
                published=iso_day(entry.findtext("{*}news/{*}publication_date")),
                updated=iso_day(entry.findtext("{*}lastmod")),
            )


def _xml_feed(data: bytes) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
    import feedparser

    # A stream, since bytes could be taken for a path; unsanitised, since no markup of it is kept.
    found = feedparser.parse(io.BytesIO(data), sanitize_html=False)
    if not found.version and not found.entries:
        raise SourceRefused("", "it is XML, but no feed and no sitemap; save the article as a web page or text")
    if not found.version.startswith("atom"):  # RSS has no day of change: it is dc:date that feedparser calls so
        for entry in found.entries:
            entry.setdefault("published", entry.pop("updated", None))
    return found.feed, found.entries


def _json_feed(data: bytes) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
    """A JSON Feed in the form that ``feedparser`` gives to the others."""
    found = json.loads(data.decode("utf-8-sig"), strict=False)
    entries: list[Mapping[str, Any]] = [
        {
            **item,
            "link": item.get("url") or item.get("external_url"),
            "published": item.get("date_published"),
            "updated": item.get("date_modified"),
            "authors": item.get("authors") or [item.get("author") or {}],
            "content": [
                {"type": kind, "value": item[name]}
                for name, kind in (("content_html", "text/html"), ("content_text", "text/plain"))
                if item.get(name)
            ],
            "summary_detail": {"type": "text/plain", "value": item.get("summary") or ""},
        }
        for item in found.get("items", ())
    ]
    return {"title": found.get("title"), "link": found.get("home_page_url")}, entries


def _item(entry: Mapping[str, Any], feed: Mapping[str, Any], links: Counter[str | None]) -> Document:
    link = urljoin(feed.get("link") or "", entry.get("link") or "")
    title = clean_line(plain_text(entry.get("title") or ""))
    outlet = (entry.get("source") or {}).get("title")  # where an aggregator has it from
    own = host_of(link) == host_of(feed.get("link")) or not link or not feed.get("link")
    unique = links[entry.get("link")] == 1 and link
    item = Document(
        title=title,
        url=link or None,
        authors=[str(author.get("name") or "") for author in entry.get("authors") or ()],
        source=str(outlet or (own and feed.get("title")) or ""),
        published=_day_of(entry, "published"),
        updated=_day_of(entry, "updated"),
        published_from="field",
        known_by=["url", link] if unique else ["feed", link, str(entry.get("id")), title],
    )
    if not link:
        item["name"] = title or str(entry.get("id") or "item")
    content: Mapping[str, str] = next(iter(entry.get("content") or ()), {})
    # Of Atom's content feedparser also makes a summary, one without details.
    text, summary = _plain(content), _plain(entry.get("summary_detail") or {})
    if has_sentence(text) and len(text) > len(summary) and not _is_cut(text, content, link):
        item["text"] = text
    elif kind := entry.get("wp_post_type"):  # an export of WordPress holds all there is, pictures and menus too
        reason = Message(
            "it is of the type {kind} in WordPress and has no text of its own; if its page has one, add its address",
            kind=str(kind)[:60],
        )
        return Document(name=title or link, refused=to_json(reason))
    return item


def _plain(detail: Mapping[str, str]) -> str:
    value = detail.get("value") or ""
    return plain_text(value) if "html" in detail.get("type", "") else value


def _is_cut(text: str, content: Mapping[str, str], link: str) -> bool:
    """Whether a text ends as a summary does: with an ellipsis, or with nothing but a link to the item's own page."""
    last = text.rstrip().rpartition("\n")[2]
    own = re.search(rf"<a\s[^>]*href=[\"']{re.escape(link)}[^>]*>(.*?)</a>\W*(?:</\w+>\s*)*\Z", content["value"], re.S)
    return bool(_CUT.search(last)) or bool(link and own and plain_text(own[1]) == last)


def _day_of(entry: Mapping[str, Any], name: str) -> str | None:
    moment = entry.get(f"{name}_parsed")  # in UTC; what is written is the outlet's own day
    return iso_day(entry.get(name)) or (iso_day("{}-{:02}-{:02}".format(*moment)) if moment else None)
