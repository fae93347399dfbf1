"""Watched pages, feeds and sitemaps on a scripted site: what is new, changed or gone, and what is asked how often."""

from __future__ import annotations

import multiprocessing
import random
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from tests.scripted_site import PAGE, WORDS, Reply, Site
from tests.vectorstore.helpers import HashedEmbeddings, Opener, made_article
from vectorstore.errors import LibraryError, LibraryInUse
from vectorstore.library import Library
from vectorstore.sources import Limits
from vectorstore.watching import Refresh, RefreshReport, in_background, watch

OWN = Limits(private=True, connect_seconds=300, read_seconds=300, whole_seconds=300)


@pytest.fixture
def site(served: Site) -> Site:
    served.replies, served.asked = {}, []
    return served


def refreshed(library: Library, *, due: bool = True, pace: float = 0) -> RefreshReport:
    if due:
        for each in library.watches.due(1e11):
            library.watches.update(replace(each, due=0.0))
    return Refresh(library, OWN, pace=pace).run()


def asked(site: Site) -> list[str]:
    """The paths that were asked since the last call, robots.txt left out."""
    paths = [path for path, _ in site.asked if path != "/robots.txt"]
    site.asked = []
    return paths


def feed(site: Site, *paths: str, content: str = "") -> Reply:
    items = "".join(
        f"<item><title>Ice</title><link>{site.address}{path}</link><description>Short.</description>"
        f"<pubDate>Tue, 05 Mar 2024 10:00:00 GMT</pubDate>{content}</item>"
        for path in paths
    )
    xml = (
        '<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>Fjord Daily</title><link>{site.address}</link>{items}</channel></rss>"
    )
    return Reply(xml.encode(), kind="application/rss+xml")


def test_a_page_that_changed_becomes_a_new_version_and_is_only_asked_for_changes(site: Site, library: Library) -> None:
    site.replies["/ice"] = Reply(headers={"ETag": '"1"', "Last-Modified": "Tue, 05 Mar 2024 10:00:00 GMT"})
    watch(library, f"{site.address}/ice", "30m")
    assert [outcome.kind for outcome in refreshed(library).outcomes] == ["added"]
    assert (refreshed(library, due=False).asked, asked(site)) == (0, ["/ice"])  # not due for half an hour
    site.replies["/ice"] = Reply(b"", 304)
    assert refreshed(library).outcomes == ()
    headers = site.asked[-1][1]
    assert (headers["if-none-match"], headers["if-modified-since"]) == ('"1"', "Tue, 05 Mar 2024 10:00:00 GMT")
    site.replies["/ice"] = Reply(PAGE.replace("half a metre", "a metre").encode())
    assert [outcome.kind for outcome in refreshed(library).outcomes] == ["changed"]
    (article,) = library.articles()
    assert (article.version, "a metre thick" in article.text) == (2, True)
    assert library.article(article.id, 1).text == "\n\n".join(WORDS)


def test_a_page_that_is_gone_is_kept_marked_and_unmarked_when_it_is_back(
    site: Site, library: Library, open_library: Opener
) -> None:
    site.replies["/ice"] = Reply()
    watch(library, f"{site.address}/ice", "1h")
    refreshed(library)
    site.replies["/ice"] = Reply(b"", 410)
    report = refreshed(library)
    (article,) = library.articles()
    assert (report.gone, report.problems, article.gone is not None) == ((article.id,), (), True)
    assert open_library(read_only=True).search("ferry")[0].article.to_dict()["gone"] == str(article.gone)
    assert refreshed(library).gone == ()  # told once
    site.replies["/ice"] = Reply()
    refreshed(library)
    assert library.articles()[0].gone is None


def test_pages_of_a_feed_are_taken_in_once_with_its_day_and_outlet(site: Site, library: Library) -> None:
    site.replies |= {
        "/feed": feed(site, "/ice"),
        "/ice": Reply(),
        "/snow": Reply(PAGE.replace("fjord", "lake").encode()),
    }
    watch(library, f"{site.address}/feed", "30m")
    refreshed(library)
    assert asked(site) == ["/feed", "/ice"]
    (article,) = library.articles()
    assert (str(article.published), article.source) == ("2024-03-05", "Fjord Daily")
    site.replies["/feed"] = feed(site, "/ice", "/snow")
    assert Refresh(library, OWN, pace=0).run().asked == 0
    library.watches.update(replace(library.watches.named()[0], due=0.0))
    refreshed(library, due=False)
    assert asked(site) == ["/feed", "/snow"]
    pages = [each.every for each in library.watches.due(1e11) if each.listed_by]
    refreshed(library)
    assert [each.every for each in library.watches.due(1e11) if each.listed_by] == [2 * every for every in pages]
    assert library.watches.remove(f"{site.address}/feed") == 1
    assert (library.watches.due(1e11), library.count()) == ([], 2)


@pytest.mark.parametrize("whole", [True, False])
def test_what_a_person_removed_is_not_taken_in_again(site: Site, library: Library, whole: bool) -> None:
    content = f"<content:encoded>&lt;p&gt;{WORDS[0]}&lt;/p&gt;&lt;p&gt;{WORDS[1]}&lt;/p&gt;</content:encoded>"
    site.replies |= {"/feed": feed(site, "/ice", content=content * whole), "/ice": Reply()}
    watch(library, f"{site.address}/feed", "30m")
    refreshed(library)
    assert asked(site) == ["/feed"] + ["/ice"] * (not whole)
    assert library.remove([article.id for article in library.articles()]) == 1
    refreshed(library)
    assert library.count() == 0


def test_robots_txt_and_a_site_in_trouble_are_heeded(site: Site, library: Library) -> None:
    site.replies |= {"/robots.txt": Reply(b"User-agent: *\nDisallow: /private", kind="text/plain"), "/private": Reply()}
    watch(library, f"{site.address}/private", "5m")
    (problem,) = refreshed(library).problems
    assert "robots.txt asks programs not to read it" in problem.reason
    assert asked(site) == []
    library.watches.remove(f"{site.address}/private")
    site.replies["/busy"] = Reply(b"", 503, headers={"Retry-After": "7200"})
    watch(library, f"{site.address}/busy", "5m")
    pauses = []
    for _ in range(6):
        refreshed(library)
        (busy,) = library.watches.named()
        pauses.append(round((busy.due - time.time()) / 300))
    assert pauses == [24, 24, 24, 24, 32, 64]
    site.replies["/busy"] = Reply(
        b"", 429, headers={"Retry-After": format_datetime(datetime.now(UTC) + timedelta(days=9))}
    )
    refreshed(library)
    (busy,) = library.watches.named()
    assert 8 < (busy.due - time.time()) / 86_400 < 10
    assert busy.problem is not None
    site.replies["/busy"] = Reply()
    refreshed(library)
    (busy,) = library.watches.named()
    assert (busy.failures, busy.problem, library.count()) == (0, None, 1)


def test_a_host_is_asked_once_in_a_while_only(site: Site, library: Library) -> None:
    site.replies |= {f"/{n}": Reply(PAGE.replace("Tuesday", f"day {n}").encode()) for n in range(3)}
    for n in range(3):
        watch(library, f"{site.address}/{n}", "1h")
    begun = time.monotonic()
    refreshed(library, pace=0.2)
    assert asked(site) == ["/0", "/1", "/2"]
    assert time.monotonic() - begun >= 0.6  # robots.txt comes first


@pytest.mark.parametrize("wrong", ["often", "1m", "90d", "0h"])
def test_a_pace_or_an_address_that_is_none_is_refused(library: Library, wrong: str) -> None:
    with pytest.raises(LibraryError, match="is no pace"):
        watch(library, "https://fjord.example/feed", wrong)
    with pytest.raises(LibraryError, match="no address"):
        watch(library, "feed.xml", "1h")
    assert library.watches.named() == []


def test_only_the_owner_refreshes(library: Library, open_library: Opener) -> None:
    reader = open_library()
    for refused in (lambda: watch(reader, "https://fjord.example/", "1h"), lambda: Refresh(reader).run()):
        with pytest.raises(LibraryInUse):
            refused()


def test_the_background_refreshes_and_stops_between_two_requests(site: Site, library: Library) -> None:
    came, go = threading.Event(), threading.Event()

    def wait(_: object) -> None:
        came.set()
        go.wait()

    site.replies |= {"/first": Reply(raw=wait), "/second": Reply()}
    for name in ("first", "second"):
        watch(library, f"{site.address}/{name}", "1h")
    with in_background(library, OWN):
        came.wait()
    go.set()
    for thread in threading.enumerate():
        if thread.name == "refresh":
            thread.join()
    assert "/second" not in asked(site)
    assert library.watches.due(time.time())[-1].address.endswith("/second")


# -- kills

_PAGES = 60


def _refresh(folder: Path) -> None:
    with Library.open(folder, embeddings=HashedEmbeddings()) as library:
        Refresh(library, OWN, pace=0).run()


@pytest.mark.parametrize("kills", [1, pytest.param(60, marks=[pytest.mark.long, pytest.mark.timeout(7_200)])])
def test_a_killed_refresh_goes_on_where_it_stopped(site: Site, tmp_path: Path, kills: int) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["chromadb", "tests.vectorstore.helpers", __name__])
    chance = random.Random(kills)
    page = "<html><head><title>{0.title}</title></head><body><article><p>{0.text}</p></article></body></html>"
    texts = {f"/p/{n:02}": page.format(made_article(n)) for n in range(_PAGES)}
    site.replies = {path: Reply(text.encode()) for path, text in texts.items()} | {"/feed": feed(site, *texts)}
    for number in range(kills):
        folder = tmp_path / str(number)
        with Library.open(folder, embeddings=HashedEmbeddings()) as library:
            watch(library, f"{site.address}/feed", "1h")
        site.asked = []
        came, killed = threading.Event(), threading.Event()

        def hold(_: object, came: threading.Event = came, killed: threading.Event = killed) -> None:
            came.set()
            killed.wait()

        held = f"/p/{chance.randrange(20, _PAGES):02}"  # after the first batch
        site.replies[held] = Reply(raw=hold)
        process = context.Process(target=_refresh, args=(folder,))
        process.start()
        moment = None if number % 2 == 0 else chance.uniform(0.3, 1.5)  # else wherever it then is, mostly while adding
        came.wait(moment)
        process.kill()
        process.join()
        killed.set()
        site.replies[held] = Reply(texts[held].encode())
        with Library.open(folder, embeddings=HashedEmbeddings()) as library:
            settled = {each.address for each in library.watches.due(1e11) if each.article_id}
            assert moment or 20 <= len(settled) < _PAGES
            site.asked = []
            Refresh(library, OWN, pace=0).run()
            assert not {site.address + path for path in asked(site)} & settled
            articles = library.articles()
            assert sorted(article.url or "" for article in articles) == sorted(site.address + path for path in texts)
            assert {article.version for article in articles} == {1}
            assert library.check().ok
            assert not library.watches.due(time.time())
