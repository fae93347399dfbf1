from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from vectorstore.messages import Message, to_json
from vectorstore.sources import close_worker, html, read, read_all
from vectorstore.sources.html import decode_page
from vectorstore.sources.worker import receive, send
from vectorstore.types import Article, Refusal

BODY = """
<p>The ferry to Bergen was cancelled on Tuesday because the fjord had frozen over during the night.</p>
<p>The captain, <a href="/berg">Anna Berg</a>, said that the ice was half a metre thick near the pier.</p>
<h2>What happens next</h2>
<p>A ship that breaks ice is expected on Thursday, and the ferry may sail again at the end of the week.</p>
<ul><li>Passengers get their money back.</li><li>Buses go around the fjord twice a day.</li></ul>
"""

LINKED = """<script type="application/ld+json">
{"@context": "https://schema.org", "@graph": [
 {"@type": "WebSite", "name": "Fjord"},
 {"@type": ["NewsArticle"], "headline": "Ice stops the ferry &amp; the post",
  "datePublished": "2024-03-05T08:00:00+01:00", "dateModified": "2024-03-06T09:00:00+01:00",
  "author": [{"@type": "Person", "name": "A. Berg"}, {"name": "C. Dahl"}],
  "publisher": {"@type": "Organization", "name": "The Fjord"}},
 {"@type": "ItemList", "itemListElement": [
  {"@type": "NewsArticle", "headline": "Old", "datePublished": "2019-01-01"}]}]}
</script>"""


def page(head: str = "", body: str = BODY) -> str:
    return f"<!doctype html><html><head><meta charset=utf-8>{head}</head><body><article>{body}</article></body></html>"


def item(folder: Path, content: str | bytes) -> Article | Refusal:
    path = folder / "page.html"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    (found,) = read(path)
    return found


def article(folder: Path, content: str | bytes) -> Article:
    found = item(folder, content)
    assert isinstance(found, Article), found
    return found


@pytest.fixture(scope="module", autouse=True)
def no_worker_is_left() -> Iterator[None]:
    yield
    close_worker()


def test_a_page_gives_its_text_in_paragraphs_and_nothing_else(tmp_path: Path) -> None:
    found = article(
        tmp_path,
        page(
            "<title>Ice stops the ferry | The Fjord</title><meta property='og:site_name' content='The Fjord'>",
            "<nav><a href='/'>Home</a> <a href='/sport'>Sport</a></nav><h1>Ice stops the ferry</h1>"
            + BODY
            + "<p>READ MORE: <a href='/x'>Ten ferries you must see</a></p><script>alert('x')</script>"
            "<section class='comments'><p>First! I never liked that ferry and never will, honestly.</p></section>"
            "<footer>All rights reserved by The Fjord, and so on and so forth.</footer>",
        ),
    )
    assert found.title == "Ice stops the ferry"
    assert found.source == "The Fjord"
    assert found.text.split("\n\n") == [
        "The ferry to Bergen was cancelled on Tuesday because the fjord had frozen over during the night.",
        "The captain, Anna Berg, said that the ice was half a metre thick near the pier.",
        "What happens next",
        "A ship that breaks ice is expected on Thursday, and the ferry may sail again at the end of the week.",
        "- Passengers get their money back.\n- Buses go around the fjord twice a day.",
    ]


def test_json_ld_names_title_days_authors_and_outlet(tmp_path: Path) -> None:
    found = article(tmp_path, page(LINKED + "<link rel='canonical' href='https://www.fjord.example/ice'>"))
    assert (found.title, found.source) == ("Ice stops the ferry & the post", "The Fjord")
    assert (found.published, found.published_from, found.updated) == (date(2024, 3, 5), "page", date(2024, 3, 6))
    assert (found.authors, found.url) == (("A. Berg", "C. Dahl"), "https://www.fjord.example/ice")


@pytest.mark.parametrize(
    "head",
    [
        "<meta property='article:published_time' content='2024-03-05T08:00:00+01:00'>",
        "<meta name='DC.date.issued' content='2024-03-05'>",
        "<meta name='parsely-pub-date' content='2024-03-05T07:00:00Z'>",
        '<script type="application/ld+json">{"@type": "Article", "datePublished": "2024-03-05", }</script>',
    ],
)
def test_the_head_of_a_page_states_its_day(tmp_path: Path, head: str) -> None:
    found = article(tmp_path, page(head + "<meta property='article:modified_time' content='2024-03-09'>"))
    assert (found.published, found.updated) == (date(2024, 3, 5), date(2024, 3, 9))


@pytest.mark.parametrize(
    "body",
    [
        "<h1>Ice stops the ferry</h1><time pubdate datetime='2024-03-05'>today</time>" + BODY,
        "<h1>Ice stops the ferry</h1><p class='published-date'>Oslo / tirsdag / 5 March 2024</p>" + BODY,
        "<h1>Ice stops the ferry</h1><div><span>By A. Berg</span> <span>5 March 2024</span></div>" + BODY,
        "<h1>Ice stops the ferry</h1><p>By A. Berg</p><p>Updated 9 March 2024</p><p>5 March 2024</p>" + BODY,
    ],
)
def test_a_day_printed_at_the_headline_is_the_day_of_publication(tmp_path: Path, body: str) -> None:
    assert article(tmp_path, page("<title>Ice stops the ferry</title>", body)).published == date(2024, 3, 5)


@pytest.mark.parametrize(
    "head",
    [
        "<meta property='article:modified_time' content='2024-03-09T08:00:00Z'>",
        '<script type="application/ld+json">{"@type": "NewsArticle", "dateModified": "2024-03-09"}</script>',
        "<meta http-equiv='last-modified' content='2024-03-09'>",
        "<meta name='copyright' content='2024'><meta itemprop='copyrightYear' content='2024'>",
        "",
    ],
)
def test_the_day_of_a_change_is_never_the_day_of_publication(tmp_path: Path, head: str) -> None:
    body = (
        BODY
        + "<p>Last updated: <time class='updated' datetime='2024-03-09'>9 March 2024</time></p><p>© 2024 The Fjord</p>"
    )
    found = article(tmp_path, page(head, body))
    assert (found.published, found.published_from) == (None, "unknown")


@pytest.mark.parametrize(
    "head",
    [
        "<meta property='article:published_time' content='2024-03'>",
        '<script type="application/ld+json">{"@type": "NewsArticle", "datePublished": "2024"}</script>',
    ],
)
def test_a_page_that_states_only_its_month_has_no_day_and_says_so(tmp_path: Path, head: str) -> None:
    found = article(tmp_path, page(head, "<h1>Ice</h1><p>2 September 2023</p>" + BODY))
    assert found.published is None  # what is printed is of another month, and no day of this page
    assert found.notes == ("its page states only the month or the year of its publication, so it has no day",)
    found = article(tmp_path, page(head, "<h1>Ice</h1><p>5 March 2024</p>" + BODY))
    assert (found.published, found.notes) == (date(2024, 3, 5), ())


def test_a_day_on_a_line_of_its_own_counts_behind_a_caption(tmp_path: Path) -> None:
    caption = f"<p>FILE PHOTO: The pier of Bergen, where ships waited {'for hours ' * 10}on 1 March 2024.</p>"
    found = article(tmp_path, page("", f"{caption}<p>March 5, 2024</p>{BODY}"))
    assert found.published == date(2024, 3, 5)


def test_a_time_in_utc_is_dated_as_the_outlet_dates_it(tmp_path: Path) -> None:
    stated = "<meta property='article:published_time' content='2024-03-05T23:15:00Z'>"
    address = "<link rel='canonical' href='https://fjord.example/{}/ice.html'>"
    assert article(tmp_path, page(stated)).published == date(2024, 3, 5)
    assert article(tmp_path, page(stated + address.format("2024/03/06"))).published == date(2024, 3, 6)
    assert article(tmp_path, page(stated + address.format("2024/03/09"))).published == date(2024, 3, 5)
    printed = "<h1>Ice</h1><p itemprop='datePublished'>6 March 2024</p>" + BODY
    assert article(tmp_path, page(stated, printed)).published == date(2024, 3, 6)
    local = stated.replace("Z", "+01:00")
    assert article(tmp_path, page(local + address.format("2024/03/06"))).published == date(2024, 3, 5)


def test_a_page_s_claim_of_its_address_is_not_its_identity(tmp_path: Path) -> None:
    ids = set()
    for name in ("a.html", "b.html"):
        path = tmp_path / name
        path.write_text(page("<link rel='canonical' href='https://fjord.example/'>"))
        (found,) = read(path)
        assert isinstance(found, Article)
        assert found.url == "https://fjord.example/"
        ids.add(found.id)
    assert len(ids) == 2


@pytest.mark.parametrize("address", ["javascript:alert(1)", "/relative", "data:text/html,x", "https://x y/"])
def test_an_address_that_no_page_may_link_to_is_dropped(tmp_path: Path, address: str) -> None:
    head = f"<link rel='canonical' href='{address}'><meta property='og:url' content='{address}'>"
    assert article(tmp_path, page(head)).url is None


def test_a_long_paragraph_that_comes_twice_is_stored_once(tmp_path: Path) -> None:
    found = article(tmp_path, page(body=BODY + BODY.split("\n")[1] + "<p>That is all for today from the fjord.</p>"))
    assert found.text.count("cancelled on Tuesday") == 1
    assert found.text.endswith("That is all for today from the fjord.")


def test_sentences_that_begin_like_a_teaser_stay(tmp_path: Path) -> None:
    lines = [
        "Recommended doses",
        "Related deaths rose to nine, the hospital of Bergen said on Monday.",
        "Listen to the wind, the captain said, and you know what comes.",
        "Read more slowly, the teacher told the children of the island.",
    ]
    teasers = [
        "Read more: Ten ferries you must see",
        "RELATED STORIES",
        "Watch: The ice breaks",
        "Also on fjord.example Ice",
    ]
    mixed = "".join(f"<p>{line}</p>" for pair in zip(lines, teasers, strict=True) for line in pair)
    text = article(tmp_path, page(body=BODY + mixed)).text
    assert all(line in text for line in lines)
    assert not any(teaser in text for teaser in teasers)


def test_the_headline_is_not_repeated_in_the_text(tmp_path: Path) -> None:
    head = "<title>Ice stops the ferry to Bergen | The Fjord</title>"
    found = article(tmp_path, page(head, "<h2>Ice stops the ferry to Bergen</h2>" + BODY))
    assert found.text.startswith("The ferry to Bergen was cancelled")


def test_fragments_and_pages_without_paragraphs_are_read(tmp_path: Path) -> None:
    line = "The ferry to Bergen was cancelled on Tuesday because of ice."
    for content in (
        f"<p>{line}</p>",
        line,
        f"<html><body>{line}</body></html>",
        f"<title>x</title><table><tr><td>{line}</table>",
    ):
        assert article(tmp_path, content).text == line


def test_what_a_page_hides_is_not_stored(tmp_path: Path) -> None:
    body = (
        BODY.replace("frozen", "fro\u200bzen\u202e") + "<p>\U000e0049\U000e0067 This line had hidden letters in it.</p>"
    )
    text = article(tmp_path, page(body=body)).text
    assert "fjord had frozen over" in text
    assert "\n\nThis line had hidden" in text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("é".encode(), "é"),
        (b"\xef\xbb\xbf\xc3\xa9", "é"),
        ("é".encode("utf-16"), "é"),
        (b"\x93caf\xe9\x94", "“café”"),
        (b"<meta charset=iso-8859-1>\x93\xe9\x94", "<meta charset=iso-8859-1>“é”"),
        (b"<meta http-equiv='Content-Type' content='text/html; charset=windows-1251'>\xe4\xe0", "да"),
        (b'<?xml version="1.0" encoding="koi8-r"?>\xc4\xc1', "да"),
        (b"<meta charset='shift_jis'>\x93\xfa\x96{", "日本"),
        (b"<meta charset='iso-2022-jp'>\x1b$BF|K\\\x1b(B", "日本"),
        ("<meta charset='iso-8859-1'>dämmert".encode(), "dämmert"),  # the declaration is wrong, as servers know
        (b"<meta charset='no-such'>caf\xe9", "café"),
        ("<p>Пором до Бергена стояв у порту дев’ять годин".encode("windows-1251"), "стояв у порту дев’ять годин"),
        (b"<meta charset='utf-7'>+ADw-script+AD4-", "+ADw-script+AD4-"),
        ("über ".encode() * 20 + b"\xff", "über " * 20 + "\ufffd"),
    ],
)
def test_pages_are_decoded_as_browsers_do(data: bytes, text: str) -> None:
    assert decode_page(data).endswith(text)


@pytest.mark.parametrize(
    ("title", "body", "reason"),
    [
        ("Just a moment...", "<h1>fjord.example</h1><p>Verifying you are human. It may take seconds.</p>", "robots"),
        ("Access denied", "<p>You have been blocked. Ray ID: 7f00aa11bb22cc33</p>", "robots"),
        ("Before you continue to Fjord", "<p>We and our partners use cookies for many things.</p>", "cookies"),
        ("Fjord", "<h1>Wir und unsere 120 Partner</h1><p>Bevor Sie weiterlesen, wählen Sie bitte.</p>", "cookies"),
        ("Page not found | Fjord", "<p>Sorry, the page you are looking for has gone elsewhere.</p>", "no such page"),
        ("404", "<h1>Сторінку не знайдено</h1><p>Можливо, її перенесли або вилучили.</p>", "no such page"),
        ("Sign in to Fjord", "<form><p>Forgot your password? Create an account to go on reading.</p></form>", "log in"),
        ("Ice stops the ferry", f"<p>{'Ice and snow. ' * 9}</p><p>Subscribe to continue reading.</p>", "subscribers"),
        ("Лід зупинив пором", f"<p>{'Лід і вітер. ' * 9}</p><p>Далі лише за передплатою</p>", "subscribers"),
        ("The Fjord", "<h1>News</h1>" + "".join(
            f"<h2><a href='/{n}'>Ice stops the ferry number {n} for a day</a></h2><p>By A. Berg</p>" for n in range(12)
        ), "a list of articles"),
    ],
)  # fmt: skip
def test_a_page_in_an_article_s_place_is_refused_by_name(tmp_path: Path, title: str, body: str, reason: str) -> None:
    found = item(tmp_path, f"<html><head><meta charset=utf-8><title>{title}</title></head><body>{body}</body></html>")
    assert isinstance(found, Refusal)
    assert reason in found.reason
    assert "browser" in found.reason or "add the addresses" in found.reason


def test_an_article_about_such_pages_is_one(tmp_path: Path) -> None:
    lines = [
        "Access to the port was denied to nine ships on Monday, and the captains had to wait for a security check.",
        "“Before you continue, prove that you are not a robot” is what the new terminal asks of every crew, he said.",
        "The terminal cost four million and was built in two years by a firm from Bergen that makes such gates.",
        "The council will look at it again in May, when the ice is gone and the ferries sail every hour of the day.",
        "A spokesman said that crews who had waited would get their money back by the end of the month at the latest.",
    ]
    body = "".join(f"<p>{line}</p>" for line in lines) + "<p>Already a subscriber? Log in.</p>"
    found = article(
        tmp_path, page("<title>Robots at the gate of the port</title>", f"<article>{body}</article>" * 1 + BODY)
    )
    assert [line for line in lines if line not in found.text] == []
    assert "Already a subscriber" not in found.text
    assert "only subscribers may read it all" in found.notes[0]


def test_the_text_of_json_ld_stands_in_where_the_page_shows_less(tmp_path: Path) -> None:
    words = "The ferry to Bergen was cancelled on Tuesday. The ice was half a metre thick near the pier, he said."
    linked = (
        '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Ice", "datePublished": "2024-03-05", '
        f'"isAccessibleForFree": false, "articleBody": "<p>{words}</p>"}}</script>'
    )
    found = article(tmp_path, page(linked, "<h1>Ice</h1><p>The ferry to Bergen was can…</p>"))
    assert (found.text, found.notes) == (words, ())


@pytest.mark.parametrize(
    "broken",
    [
        '"headline": "The "Ida" stays in port", "author": {"@type": "Person", "name": "A. Berg"},',
        '"author": [{"name": "A. Berg"},], "headline": "The Ida stays in port", "keywords": ["ice",],',
    ],
)
def test_json_ld_that_is_broken_is_read_as_far_as_it_goes(tmp_path: Path, broken: str) -> None:
    data = f'{{"@type": "NewsArticle", {broken} "datePublished": "2024-03-05"}}'
    linked = f'<script type="application/ld+json">{data}</script>'
    found = article(
        tmp_path, page(f"<title>The Ida stays in port</title>{linked}", f"<h1>The Ida stays in port</h1>{BODY}")
    )
    assert (found.title, found.authors) == ("The Ida stays in port", ("A. Berg",))
    assert (found.published, found.updated) == (date(2024, 3, 5), None)


def test_lists_that_hold_the_facts_are_kept_and_lists_of_links_are_not(tmp_path: Path) -> None:
    content = (
        "<html><body><h1>What the board decided</h1>2024.03.05<p>The board of the port met on Monday, and decided this."
        "<ol><li>The ferry sails from May on.<li>Nine new ships are bought.</ol><p>It will meet again in June, it said."
        "<ul><li><a href='/1'>Ice stops the ferry again</a><li><a href='/2'>Nine ships for the port of Bergen</a></ul>"
    )
    found = article(tmp_path, content)
    assert "\n\n- The ferry sails from May on.\n- Nine new ships are bought.\n\n" in found.text
    assert "Nine ships for the port" not in found.text
    assert found.published == date(2024, 3, 5)


@pytest.mark.parametrize(
    ("line", "authors", "days"),
    [
        ("By Anna Berg | Published: 05.03.2024, 10:15 | Updated: 06.03.2024", ("Anna Berg",), (5, 6)),
        ("A. Berg, 5 March 2024 (updated 6 March 2024) · 3 min read", (), (5, 6)),
        ("2024年3月5日 10時15分", (), (5, None)),
        ("5 марта 2024, обновлено 6 марта 2024", (), (5, 6)),
        ("<time datetime='2024-03-05T10:15:00Z'>two days ago</time>", (), (5, None)),
    ],
)
def test_a_byline_names_people_and_days_and_nothing_else(
    tmp_path: Path, line: str, authors: tuple[str, ...], days: tuple[int, int | None]
) -> None:
    found = article(
        tmp_path, page("<title>Ice stops it</title>", f"<h1>Ice stops it</h1><p class=byline>{line}</p>{BODY}")
    )
    assert found.published == date(2024, 3, days[0])
    assert found.updated == (date(2024, 3, days[1]) if days[1] else None)
    assert not authors or found.authors == authors
    assert not {"Published", "Updated"} & set(found.authors)


def test_the_outlet_is_named_by_the_site_where_the_article_does_not(tmp_path: Path) -> None:
    linked = (
        '<script type="application/ld+json">{"@graph": [{"@type": "WebPage"}, '
        '{"@type": "NewsMediaOrganization", "name": "The Fjord"}]}</script>'
        "<link rel='canonical' href='https://fjord.example/ice'>"
    )
    assert article(tmp_path, page(linked)).source == "The Fjord"


# --- the worker ------------------------------------------------------------------------------------------------------

BOMB = "<html><body><div " + " ".join(f'a{n}="x"' for n in range(300_000)) + f">{BODY}</div></body></html>"
"""Attributes are compared each with each: 3 MB take minutes."""


def test_a_page_that_takes_too_long_is_killed_and_the_next_one_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.html").write_text(page())
    (tmp_path / "b.html").write_text(BOMB)
    (tmp_path / "c.html").write_text(page())
    found = iter(read_all(tmp_path))
    assert isinstance(next(found), Article)
    assert html._worker is not None
    worker = html._worker._process
    with monkeypatch.context() as patch:
        patch.setattr(html, "PAGE_SECONDS", 1)
        bomb = next(found)
    assert worker.wait() == -signal.SIGKILL  # by us: the worker's own limit would have ended it with another signal
    last = next(found)
    assert isinstance(bomb, Refusal)
    assert bomb.source == str(tmp_path / "b.html")
    assert "takes more than 1 seconds or breaks the parser; save its text as a .txt file" in bomb.reason
    assert isinstance(last, Article)


@pytest.mark.parametrize(
    "content",
    [
        "<div>" * 100_000 + BODY,
        "<div>" * 3_000 + BODY + "</div>" * 3_000,
        "<b><i>" * 20_000 + BODY,
        "<table><tr><td>" * 2_000 + BODY,
        "<" * 200_000 + BODY,
        "<script type='application/ld+json'>" + '{"@graph":[' * 50_000 + "</script>" + BODY,
        "<script type='application/ld+json'>" + "[" + ",".join(['{"@graph": []}'] * 20_000) + "]</script>" + BODY,
        "<meta name='date' content='" + "1" * 100_000 + "'>" + BODY,
        "<h1>" + "x " * 50_000 + "</h1>" + BODY,
        "<!--" * 50_000 + BODY,
        "\x1a\x1b" + BODY + "&#0;&#xD800;&#x1F600;&#99999999;",
    ],
)  # fmt: skip
def test_hostile_pages_end_in_an_article_or_a_refusal(tmp_path: Path, content: str) -> None:
    found = item(tmp_path, content)
    if isinstance(found, Article):
        assert len(found.title) <= 300
        found.text.encode()


@pytest.mark.parametrize("tag", ["div", "ul><li", "b"])
@pytest.mark.parametrize("before", ["", BODY], ids=["alone", "after an article"])
def test_a_page_that_is_nested_too_deep_is_refused_for_that(tmp_path: Path, tag: str, before: str) -> None:
    """Its end is not in the tree that the parser makes: what could be read is no whole article, or none."""
    for count in (300, 100_000):
        refused = item(tmp_path, page(body=before + f"<{tag}>" * count + BODY))
        assert isinstance(refused, Refusal)
        assert refused.reason == (
            "its elements stand more than 250 deep in one another, and it is read no deeper; "
            "save its text as a .txt file instead"
        )
        assert isinstance(refused.reason, Message)
        assert isinstance(refused.reason.parts[0], Message), "as the parsing process made it"
    assert isinstance(item(tmp_path, page(body="<div>" * 200 + BODY)), Article)


def test_the_worker_holds_no_key_of_the_user_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    close_worker()
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    article(tmp_path, page())
    assert b"secret" not in Path(f"/proc/{_worker_pid()}/environ").read_bytes()


def test_a_worker_that_dies_is_replaced(tmp_path: Path) -> None:
    assert isinstance(item(tmp_path, page()), Article)
    os.kill(_worker_pid(), signal.SIGKILL)
    found = item(tmp_path, page())
    assert isinstance(found, Refusal)
    assert isinstance(item(tmp_path, page()), Article)


def test_a_worker_is_replaced_after_its_share_of_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    article(tmp_path, page())
    first = _worker_pid()
    monkeypatch.setattr(html, "PAGES_A_WORKER", 1)
    article(tmp_path, page())
    assert _worker_pid() != first
    assert not _alive(first)


def test_a_worker_that_does_not_start_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    close_worker()
    monkeypatch.setattr(sys, "executable", "/bin/false")
    found = item(tmp_path, page())
    assert isinstance(found, Refusal)
    assert "does not start" in found.reason
    monkeypatch.undo()
    assert isinstance(item(tmp_path, page()), Article)


def test_pages_are_read_from_several_threads(tmp_path: Path) -> None:
    paths = [tmp_path / f"{n}.html" for n in range(8)]
    for n, path in enumerate(paths):
        path.write_text(page(body=f"<p>This is page number {n} of the fjord, long enough.</p>" + BODY))
    texts: dict[int, str] = {}

    def run(n: int) -> None:
        (found,) = read(paths[n])
        assert isinstance(found, Article)
        texts[n] = found.text

    threads = [threading.Thread(target=run, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(f"page number {n} of" in texts[n] for n in range(8))


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), signal.SIGKILL)", "os._exit(0)", "sys.exit(0)", ""])
def test_the_worker_does_not_outlive_its_program(tmp_path: Path, end: str) -> None:
    (tmp_path / "a.html").write_text(page())
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from vectorstore.sources import html, read\n"
        f"list(read(Path({str(tmp_path / 'a.html')!r})))\n"
        "print(html._worker._process.pid, flush=True)\n" + end
    )
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert done.stderr == ""
    while _alive(int(done.stdout)):
        time.sleep(0.05)


def test_ctrl_c_at_the_terminal_is_not_for_the_worker(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(page())
    program = (
        "import os, signal, time\n"
        "from pathlib import Path\n"
        "from vectorstore.sources import html, read\n"
        f"path = Path({str(tmp_path / 'a.html')!r})\n"
        "list(read(path))\n"
        "first = html._worker._process.pid\n"
        "try:\n"
        "    os.killpg(0, signal.SIGINT)\n"
        "    time.sleep(600)\n"
        "except KeyboardInterrupt:\n"
        "    time.sleep(0.3)\n"
        "(article,) = read(path)\n"
        "print(article.published_from, html._worker._process.pid == first)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        start_new_session=True,
    )
    assert (done.stdout, done.stderr) == ("unknown True\n", "")


def _worker_with(setting: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", f"from vectorstore.sources import worker\nworker.{setting}\nworker.main()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


def test_a_worker_limits_its_own_memory() -> None:
    with _worker_with("MEMORY_BYTES = 400_000_000") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert receive(process.stdout) == {"ready": True}
        send(process.stdin, {"html": "word <br>" * 1_000_000})
        assert receive(process.stdout) == {"failed": to_json(Message("it needs too much memory"))}
        send(process.stdin, {"html": page()})
        reply = receive(process.stdout)
        assert reply is not None
        assert "page" in reply


def test_a_worker_ends_itself_when_nobody_does() -> None:
    with _worker_with("PAGE_SECONDS = 1") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert receive(process.stdout) == {"ready": True}
        send(process.stdin, {"html": BOMB})
        assert receive(process.stdout) is None
        assert process.wait() in (-signal.SIGXCPU, -signal.SIGALRM, -signal.SIGKILL)


def test_ctrl_c_ends_the_worker_and_passes_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    article(tmp_path, page())
    pid = _worker_pid()

    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(html, "receive", interrupted)
    with pytest.raises(KeyboardInterrupt):
        item(tmp_path, page())
    assert not _alive(pid)
    monkeypatch.undo()
    assert isinstance(item(tmp_path, page()), Article)


def _worker_pid() -> int:
    assert html._worker is not None
    return html._worker._process.pid


def _alive(pid: int) -> bool:
    """Whether a process runs; one that waits to be collected by an init that does not collect has ended too."""
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
