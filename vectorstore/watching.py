"""Watched addresses: pages, feeds and sitemaps that are asked again and again; what is new or changed is taken in.

Pages that a feed or sitemap lists are watched too, the more rarely the longer they stay as they are. What a request has
brought is stored before the next ones begin, so a refresh that is cut off goes on where it stopped. A site is asked as
its robots.txt wishes, once a second at most, for what has changed only, and ever more rarely while it does not answer.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

from vectorstore.errors import ArticleUnknown, LibraryError, SourceRefused
from vectorstore.library import Library
from vectorstore.sources.documents.reading import article_or_refusal
from vectorstore.sources.limits import DEFAULT_LIMITS, Limits
from vectorstore.sources.web import feeds
from vectorstore.sources.web.addresses import Page, article_in, demand_page, fetch, is_address, named
from vectorstore.sources.web.robots import Robots
from vectorstore.storage.watches import Watch
from vectorstore.types import Article, Outcome, Refusal

_log = logging.getLogger(__name__)

MOST_SELDOM = 30 * 86_400
"""Seconds between two requests for a page that never changes, or for a site that never answers."""

AT_ONCE = 20
"""Requests whose articles are added together: adding seals the indexes each time. At most so many are repeated after a
crash."""

_NEVER = 1e12
_PAUSE = 30.0
"""Seconds after which the chat looks again whether something is due."""

_SECONDS = {"m": 60, "h": 3_600, "d": 86_400}
_EVERY = re.compile(r"([1-9]\d{0,4})\s*([mhd])")


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """What a refresh did: requests, what became of articles, pages found gone, and what could not be read and why."""

    asked: int = 0
    outcomes: tuple[Outcome, ...] = ()
    gone: tuple[str, ...] = ()
    problems: tuple[Refusal, ...] = ()


def watch(library: Library, address: str, every: str) -> None:
    """Watches ``address`` from now on, at a pace such as ``30m``, ``6h`` or ``1d``. Raises ``LibraryError``."""
    pace = _EVERY.fullmatch(every.strip())
    seconds = int(pace[1]) * _SECONDS[pace[2]] if pace else 0
    if not 300 <= seconds <= MOST_SELDOM:
        raise LibraryError("“{every}” is no pace. Name one from 5m to 30d, such as 30m, 6h or 1d.", every=every[:40])
    if not is_address(address):
        raise SourceRefused(address, "this is no address; name one with https:// before it")
    library.demand_ownership()
    library.watches.add(named(address), seconds)


@dataclass(slots=True)
class _Brought:
    """What one request has brought: the watch as it is to be stored, and the articles that it tells of."""

    watch: Watch
    articles: list[Article]
    listed: list[Watch]


class _Stopped(Exception):
    """The refresh is to end before the next request."""


class Refresh:
    """One round over all that is due. ``stop`` ends it between two requests; ``pace`` is of requests to one host."""

    def __init__(
        self,
        library: Library,
        limits: Limits = DEFAULT_LIMITS,
        *,
        stop: threading.Event | None = None,
        pace: float = 1.0,
    ) -> None:
        self._library = library
        self._limits = limits
        self._stop = stop or threading.Event()
        self._pace = pace
        self._free: dict[str, float] = {}
        self._robots = Robots(self._fetched)
        self._asked = 0
        self._outcomes: list[Outcome] = []
        self._gone: list[str] = []
        self._problems: list[Refusal] = []

    def run(self) -> RefreshReport:
        """Asks all that is due, also what is listed meanwhile. Raises ``LibraryInUse``, ``LibraryReadOnly``."""
        self._library.demand_ownership()
        begun = time.time()
        while not self._stop.is_set() and (due := self._library.watches.due(begun)[:AT_ONCE]):
            brought = []
            with suppress(_Stopped):
                for each in due:
                    brought.append(self._look(each))
            self._take_in(brought)
        return RefreshReport(self._asked, tuple(self._outcomes), tuple(self._gone), tuple(self._problems))

    def _take_in(self, brought: list[_Brought]) -> None:
        articles = [article for each in brought for article in each.articles]
        outcomes = self._library.add_articles(articles).outcomes if articles else ()
        self._outcomes += outcomes
        became = {outcome.article_id: outcome.kind for outcome in outcomes}

        def held(watch: Watch) -> Watch:
            # Else the article would be taken for one that a person has removed.
            other = became.get(watch.article_id) in ("duplicate", "refused")
            return replace(watch, article_id=None) if other else watch

        for each in brought:
            self._library.watches.list_pages(map(held, each.listed))
            page = held(each.watch)
            if page.listed_by and not page.failures and became.get(page.article_id) not in ("added", "changed"):
                page = replace(page, every=min(2 * page.every, MOST_SELDOM))
            self._library.watches.update(page)

    def _look(self, asked: Watch) -> _Brought:
        """Asks one address; whatever the site does ends up in the watch."""
        headers = {}
        if asked.etag:
            headers["If-None-Match"] = asked.etag
        if asked.modified:
            headers["If-Modified-Since"] = asked.modified
        brought = _Brought(asked, [], [])
        wait = 0.0
        try:
            self._robots.demand_permission(asked.address)
            page = self._fetched(asked.address, headers)
            wait = _retry_after(page)
            if page.status in (404, 410) and asked.article_id and self._article(asked.article_id):
                self._library.mark_gone(asked.article_id, datetime.now(UTC).date())
                self._gone += [asked.article_id] if not asked.failures else []
            if page.status != 304:
                self._read(page, brought)
        except SourceRefused as refused:
            failures = asked.failures + 1
            pause = max(wait, min(asked.every * 2 ** min(failures, 20), MOST_SELDOM))
            if not asked.failures and asked.article_id not in self._gone:  # told once
                self._problems.append(Refusal(refused.source, refused.reason))
            brought.watch = replace(asked, due=time.time() + pause, failures=failures, problem=refused.reason)
            return brought
        read = brought.watch
        if read.article_id and self._article(read.article_id, gone=True):
            self._library.mark_gone(read.article_id, None)
        brought.watch = replace(read, due=time.time() + asked.every, failures=0, problem=None)
        return brought

    def _read(self, page: Page, brought: _Brought) -> None:
        """Notes the articles of a page, or those that a feed or sitemap lists."""
        asked = brought.watch
        name = named(asked.address)
        if page.status == 200 and feeds.BEGINS.match(feeds.gunzipped(page.data, 4_096)):
            self._read_list(page, name, brought)
            known = asked.article_id
        else:
            demand_page(page, name)
            article = article_in(page, name)
            known = article.id
            if not self._was_removed(asked):
                brought.articles.append(feeds.completed(article, asked.published, asked.source))
        etag, modified = page.headers.get("etag"), page.headers.get("last-modified")
        brought.watch = replace(asked, article_id=known, etag=etag, modified=modified)

    def _read_list(self, page: Page, name: str, brought: _Brought) -> None:
        asked = brought.watch
        by = asked.listed_by or asked.address
        for item in feeds.newest(feeds.listed_items(page.data, name, page.address), feeds.MOST_PAGES):
            link = item.get("url")
            if item.keys() & {"text", "refused"}:
                found = article_or_refusal(item, link or name, Path(name))
                if isinstance(found, Refusal):
                    self._problems.append(found)
                    continue
                known = Watch(f"{by}#{found.id}", asked.every, _NEVER, by, article_id=found.id)
                if not self._was_removed(self._library.watches.get(known.address)):
                    brought.articles.append(found)
                    brought.listed.append(known)
            elif link:
                published, source = item.get("published"), item.get("source")
                brought.listed.append(Watch(link, asked.every, 0.0, by, published, source))
            else:
                self._problems.append(Refusal(name, feeds.ONLY_A_SUMMARY))

    def _was_removed(self, known: Watch | None) -> bool:
        """Whether the article of a watch was in the library, and a person has removed it."""
        return known is not None and known.article_id is not None and not self._article(known.article_id)

    def _article(self, article_id: str, *, gone: bool = False) -> bool:
        try:
            article = self._library.article(article_id)
        except ArticleUnknown:
            return False
        return article.gone is not None or not gone

    # -- asking politely

    def _fetched(self, address: str, headers: Mapping[str, str] | None = None) -> Page:
        """What stands at ``address``, once its host is free to be asked."""
        host = urlsplit(address).netloc
        if self._stop.wait(max(0.0, self._free.get(host, 0.0) - time.monotonic())):
            raise _Stopped
        self._asked += 1
        try:
            return fetch(address, self._limits, headers=headers)
        finally:
            self._free[host] = time.monotonic() + self._pace


def _retry_after(page: Page) -> float:
    """Seconds after which a site that has too much to do wants to be asked again; 0 where it does not say."""
    said = page.headers.get("retry-after", "") if page.status in (429, 503) else ""
    with suppress(ValueError):
        seconds = float(said) if said.isdecimal() else parsedate_to_datetime(said).timestamp() - time.time()
        return min(max(seconds, 0.0), MOST_SELDOM)
    return 0.0


@contextmanager
def in_background(library: Library, limits: Limits = DEFAULT_LIMITS) -> Iterator[None]:
    """Refreshes what is due while the block runs; on leaving it, the request under way is not waited for long."""
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            try:
                Refresh(library, limits, stop=stop).run()
            except LibraryError as error:
                _log.warning("%s", error)
            stop.wait(_PAUSE)

    thread = threading.Thread(target=run, name="refresh", daemon=True)
    if not library.read_only:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        if thread.is_alive():
            thread.join(3)
