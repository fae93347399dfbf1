"""What the page fetches by itself: only one's own, and only what is there."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.ui.fake_desk import DART, FakeDesk, answer_about_dart
from tests.ui.served import Served, served
from ui.routes import _last_asked


@dataclass(frozen=True)
class Kept:
    """A page with one stored answer of the local user's."""

    server: Served
    desk: FakeDesk
    conversation: str
    turn: int


@pytest.fixture(scope="module")
def kept() -> Iterator[Kept]:
    desk = FakeDesk()
    with served(desk) as server:
        store = server.page.store
        begun = store.begin("", "How much shorter?")
        store.finish("", begun.turn, answer_about_dart())
        yield Kept(server, desk, begun.conversation, begun.turn)


def test_a_source_is_the_whole_article_with_the_quoted_words_marked(kept: Kept) -> None:
    status, headers, body = kept.server.request(f"/page/source/{kept.conversation}/{kept.turn}/1")
    assert status == 200
    assert "default-src 'none'" in headers["content-security-policy"]
    assert f'<mark class="now" data-number="1">{answer_about_dart().citations[0].quote}</mark>' in body.decode()


def test_a_source_is_shown_in_the_reader_s_language(kept: Kept) -> None:
    _, _, body = kept.server.request(f"/page/source/{kept.conversation}/{kept.turn}/1", Cookie="language=uk")
    assert "Наступне джерело" in body.decode()


@pytest.mark.parametrize("place", ["{c}/{t}/9", "{c}/{t}/x", "{c}/999/1", "{c}/{t}/-1", "nobody/{t}/1", "{c}/1e3/1"])
def test_what_is_not_there_is_said(kept: Kept, place: str) -> None:
    status, _, body = kept.server.request("/page/source/" + place.format(c=kept.conversation, t=kept.turn))
    assert status == 404
    assert 'role="alert"' in body.decode()


def test_somebody_else_s_answer_looks_as_if_it_were_not_there(kept: Kept) -> None:
    store = kept.server.page.store
    begun = store.begin("ann", "Secret?")
    store.finish("ann", begun.turn, answer_about_dart())
    for path in (f"source/{begun.conversation}/{begun.turn}/1", f"copy/{begun.conversation}/{begun.turn}.txt"):
        assert kept.server.request(f"/page/{path}")[0] == 404
        own = path.replace(begun.conversation, kept.conversation)
        assert kept.server.request(f"/page/{own}")[0] == 404


def test_an_article_is_opened_at_its_words(kept: Kept) -> None:
    start = DART.text.index("11 hours")
    status, _, body = kept.server.request(f"/page/article/dart?start={start}&end={start + 8}")
    assert status == 200
    assert '<mark class="now" data-number="">11 hours</mark>' in body.decode()
    assert kept.server.request("/page/article/none")[0] == 404
    assert b"<mark" not in kept.server.request("/page/article/dart?start=9&end=99999")[2]


def test_an_answer_is_copied_with_its_sources(kept: Kept) -> None:
    for ending, said in (("txt", b"[1] DART shortened"), ("md", b"1. [DART shortened")):
        status, headers, body = kept.server.request(f"/page/copy/{kept.conversation}/{kept.turn}.{ending}")
        assert (status, headers["content-type"]) == (200, "text/plain; charset=utf-8")
        assert said in body
    cited = kept.server.request(f"/page/copy/{kept.conversation}/{kept.turn}.cite")[2].decode().splitlines()
    assert [line.partition(": ")[0] for line in cited] == ["[^1]", "[^2]"]
    assert "](<https://" in cited[0]
    apa = kept.server.request(f"/page/copy/{kept.conversation}/{kept.turn}.apa")[2].decode().splitlines()
    assert apa == [
        "DART shortened the orbit of Dimorphos by 32 minutes. (2022, October 11). Starter Library, Space desk. "
        "https://example.org/dart",
        "How a kinetic impactor works. (n.d.).",
    ]
    links = kept.server.request(f"/page/copy/{kept.conversation}/{kept.turn}.link")[2].decode().splitlines()
    assert links[0].startswith("[1] https://example.org/dart#:~:text=the%20impact%20of%20its%20DART")
    assert links[1].startswith("[2] How a kinetic impactor works — ")
    assert kept.server.request(f"/page/copy/{kept.conversation}/{kept.turn}.exe")[0] == 404
    text = kept.server.request(f"/page/copy/{kept.conversation}/{kept.turn}.txt", accept_language="uk")[2]
    assert "Джерела" in text.decode()


def test_a_shared_answer_is_read_by_others_until_its_conversation_goes(kept: Kept) -> None:
    store = kept.server.page.store
    begun = store.begin("ann", "How long <b>now</b>?")
    store.finish("ann", begun.turn, answer_about_dart())
    theirs = f"/page/share/{begun.conversation}/{begun.turn}"
    assert kept.server.request(theirs, "POST")[0] == 404, "not the local user's"
    word = store.share("ann", begun.turn)
    assert store.share("ann", begun.turn) == word
    status, headers, body = kept.server.request(f"/page/shared/{word}")
    assert (status, headers["cache-control"]) == (200, "no-store")
    shown = body.decode()
    assert "How long &lt;b&gt;now&lt;/b&gt;?" in shown
    assert f"<mark>{answer_about_dart().citations[0].quote}</mark>" in shown
    assert "<script" not in shown
    store.delete("ann", begun.conversation)
    status, headers, body = kept.server.request(f"/page/shared/{word}")
    assert (status, headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "its conversation was deleted" in body.decode()


def test_a_link_to_an_answer_is_made_by_the_page_alone(kept: Kept) -> None:
    path, store = f"/page/share/{kept.conversation}/{kept.turn}", kept.server.page.store

    def made() -> int:
        with store._database.reading() as run:
            return int(run("SELECT count(*) FROM shares WHERE turn = ?", (kept.turn,)).fetchone()[0])

    for method in ("GET", "HEAD"):
        assert kept.server.request(path, method)[0] in (404, 405)
    assert kept.server.request(path, "POST", Sec_Fetch_Site="cross-site")[0] == 403
    assert kept.server.request(path, "POST", Origin="https://elsewhere.example")[0] == 403
    assert made() == 0
    status, _, own = kept.server.request(path, "POST")
    assert (status, made()) == (200, 1)
    assert kept.server.request(own.decode())[0] == 200


def test_the_files_of_the_page_stay_in_a_browser_only_by_version(kept: Kept) -> None:
    for name in ("page.css", "door.css", "page.js", "icon.svg"):
        status, headers, whole = kept.server.request(f"/page/{name}")
        assert (status, headers["cache-control"]) == (200, "no-cache")
        packed = kept.server.request(f"/page/{name}", accept_encoding="gzip")
        assert gzip.decompress(packed[2]) == whole
        assert packed[1]["content-encoding"] == "gzip"
        assert "immutable" in kept.server.request(f"/page/{name}?1")[1]["cache-control"]
    for name in ("page.py", "../app.py", "users.py"):
        assert kept.server.request(f"/page/{name}")[0] == 404


def test_every_font_that_the_style_sheets_name_is_there_and_stays(kept: Kept) -> None:
    named = set(re.findall(rb'url\("([^"]+)"\)', kept.server.request("/page/page.css")[2]))
    assert named == set(re.findall(rb'url\("([^"]+)"\)', kept.server.request("/page/door.css")[2]))
    sizes = []
    for address in named:
        status, headers, body = kept.server.request(address.decode())
        assert (status, headers["content-type"], body[:4]) == (200, "font/woff2", b"wOF2")
        assert "immutable" in headers["cache-control"]
        sizes.append(len(body))
    assert len(sizes) == 6
    assert sum(sizes) <= 200_000


def test_the_page_comes_in_the_reader_s_language(kept: Kept) -> None:
    _, _, english = kept.server.request("/")
    _, _, ukrainian = kept.server.request("/", Accept_Language="uk")
    assert "Skip to the question" in english.decode()
    assert b'lang="en"' in english
    assert b'lang="uk"' in ukrainian
    assert "Перейти до запитання" in ukrainian.decode()


def test_what_takes_time_to_make_is_fetched(kept: Kept) -> None:
    kept.desk.suggested = ("Who steers it?",)
    assert b"Who steers it?" in kept.server.request("/page/first/questions")[2]
    path = f"/page/next/{kept.conversation}/{kept.turn}"
    assert b"Who steers it?" in kept.server.request(path)[2]
    kept.desk.suggested = ("Who paid for it?",)
    assert b"Who steers it?" in kept.server.request(path)[2]  # it was looked for once, and is kept
    assert kept.server.request("/page/next/nobodys/1")[0] == 404


def test_news_are_those_since_the_moment_that_a_browser_names(kept: Kept) -> None:
    news = kept.server.request("/page/first/news?since=2026-01-01T00:00:00.000Z")
    assert news[0] == 200
    assert b"2 articles came in since 1 January 2026." in news[2]
    for since in ("2026-02-01T00:00:00.000Z", "", "yesterday", "9" * 40):
        assert kept.server.request(f"/page/first/news?since={since}")[::2] == (200, b"")


def test_for_a_reader_with_a_name_the_last_visit_is_when_they_last_asked(kept: Kept) -> None:
    store = kept.server.page.store
    assert _last_asked(store, "rita") is None
    begun = store.begin("rita", "How much shorter?")
    assert _last_asked(store, "rita") == store.conversation("rita", begun.conversation).changed
