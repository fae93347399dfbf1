"""Pages by address, from a scripted site on loopback; what may not be asked, with a resolver that says anything."""

from __future__ import annotations

import gzip
import ipaddress
import logging
import re
import socket
import ssl
import threading
import time
import tracemalloc
import zlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.scripted_site import PAGE, WORDS, Reply, Site
from tests.vectorstore.helpers import Opener
from tests.vectorstore.sources.made import docx, pdf, zipped
from vectorstore.errors import SourceRefused
from vectorstore.sources import Limits, named, read_address
from vectorstore.sources.web import addresses as web
from vectorstore.sources.web import feeds
from vectorstore.sources.web.addresses import fetch
from vectorstore.types import Article, Progress, Refusal


@pytest.fixture
def site(served: Site) -> Site:
    served.replies, served.asked = {"/": Reply()}, []
    served.left.clear()
    return served


OWN = Limits(private=True, connect_seconds=300, read_seconds=300, whole_seconds=300)


def read(address: str, limits: Limits = OWN) -> Article:
    found = read_address(address, limits)
    assert isinstance(found, Article), found
    return found


def refused(address: str, limits: Limits = OWN) -> str:
    found = read_address(address, limits)
    assert isinstance(found, Refusal), found
    assert found.source == address
    assert ";" in found.reason or ":" in found.reason, "no next step"
    return found.reason


# --- reading ---------------------------------------------------------------------------------------------------------


def test_a_page_becomes_an_article_with_its_address(site: Site) -> None:
    address = f"{site.address}/2024/03/05/ice?id=7"
    site.replies["/2024/03/05/ice?id=7"] = Reply()
    found = read(f"  {address}#comments ")
    assert found.text == "\n\n".join(WORDS)
    assert (found.title, found.url, found.source) == ("Ice stops the ferry", address, "127.0.0.1")
    assert found.origin == f"{address}#comments"
    assert str(found.published) == "2024-03-05"


def test_the_page_is_asked_for_honestly_and_nothing_else_is(site: Site) -> None:
    read(site.address)
    ((path, headers),) = site.asked
    assert path == "/"
    assert headers.pop("user-agent").startswith("article-assistant/")
    assert "http" not in web.USER_AGENT
    assert headers.pop("host") == f"127.0.0.1:{site.port}"
    assert sorted(headers) == ["accept", "accept-encoding", "connection"]


def test_a_document_at_an_address_is_read_like_a_file(site: Site) -> None:
    printed = pdf([["Ice stops the ferry", "", *WORDS], ["Nobody was asked, said the captain of the ferry."]])
    word = docx(f"<w:p><w:r><w:t>{WORDS[0]}</w:t></w:r></w:p>")
    for name, data, kind in (
        ("a.pdf", printed, "application/pdf"),
        ("b", printed, None),
        ("c.docx", word, "text/html"),
    ):
        address = f"{site.address}/{name}"
        site.replies[f"/{name}"] = Reply(data, kind=kind)
        found = read(address)
        assert WORDS[0] in found.text
        assert (found.url, found.origin, found.source) == (address, address, "127.0.0.1")
        assert found.id == read(address).id != read(f"{site.address}/a.pdf" if name != "a.pdf" else site.address).id
        assert found.page_at(found.text.find("Nobody")) == (2 if data is printed else None)
    site.replies["/news.zip"] = Reply(zipped({"a.txt": WORDS[0]}), kind="application/octet-stream")
    (archive,) = feeds.read_web(f"{site.address}/news.zip", OWN)
    assert isinstance(archive, Refusal)
    assert "an archive inside of others, or at an address; unpack it yourself" in archive.reason


def test_a_page_names_its_own_address_and_redirects_decide_who_it_is(site: Site) -> None:
    declared = PAGE.replace("<title>", "<link rel='canonical' href='https://fjord.example/ice'><title>")
    site.replies |= {
        "/ice": Reply(declared.encode()),
        "/old": Reply(b"", 301, headers={"Location": "ice"}),
        "/older": Reply(b"", 302, headers={"Location": f"{site.address}/old"}),
    }
    new, old, older = (read(f"{site.address}/{name}") for name in ("ice", "old", "older"))
    assert new.url == "https://fjord.example/ice"
    assert new.source == "fjord.example"
    assert new.id == old.id == older.id
    assert older.origin == f"{site.address}/older"
    assert new.id != read(site.address).id


def test_five_redirects_are_followed_and_the_sixth_is_not(site: Site) -> None:
    site.replies |= {f"/{n}": Reply(b"", 308, headers={"Location": f"/{n - 1}"}) for n in range(1, 7)}
    site.replies["/0"] = Reply()
    assert read(f"{site.address}/5").url == f"{site.address}/0"
    assert "leads on and on (5 redirects)" in refused(f"{site.address}/6")
    site.replies["/round"] = Reply(b"", 302, headers={"Location": "/round"})
    assert "leads on and on" in refused(f"{site.address}/round")


def test_an_address_is_asked_for_as_browsers_write_it(site: Site) -> None:
    site.replies["/%D0%BB%D1%96%D0%B4%20a%7Cb?q=%C3%A9&x=%25"] = Reply()
    assert read(f"{site.address}/лід a|b?q=é&x=%25").url == f"{site.address}/%D0%BB%D1%96%D0%B4%20a%7Cb?q=%C3%A9&x=%25"
    site.replies["/a//ice//"] = Reply()
    assert read(f"{site.address}/a//ice//").url == f"{site.address}/a//ice//"
    site.replies["/way"] = Reply(b"", 302, headers={"Location": "/лід".encode().decode("latin-1")})
    site.replies["/%D0%BB%D1%96%D0%B4"] = Reply()
    assert read(f"{site.address}/way").url == f"{site.address}/%D0%BB%D1%96%D0%B4"


UKRAINIAN = "Пором до Берґена скасували у вівторок, бо фіорд уночі замерз, і лід був завтовшки пів метра."


@pytest.mark.parametrize(
    ("kind", "declared", "encoding"),
    [
        ("text/html; charset=windows-1251", "", "cp1251"),
        ('text/html; charset="KOI8-U"', "<meta charset=iso-8859-1>", "koi8-u"),  # the server outweighs the page
        ("text/html", "<meta charset=windows-1251>", "cp1251"),
        ("text/html; charset=utf-7", "<meta charset=windows-1251>", "cp1251"),  # no browser reads that
        ("application/xhtml+xml", "", "utf-8"),
        (None, "", "utf-8"),
        ("text/xml", "", "utf-8"),
    ],
)
def test_the_encoding_is_what_the_header_says_then_the_page(
    site: Site, kind: str | None, declared: str, encoding: str
) -> None:
    page = f"<html><head>{declared}<title>Лід</title></head><body><article><p>{UKRAINIAN}</p></article></body></html>"
    site.replies["/"] = Reply(page.encode(encoding), kind=kind)
    assert read(site.address).text == UKRAINIAN


def test_plain_text_is_read_like_a_text_file(site: Site) -> None:
    text = f"Ice stops the ferry\nPublished: 5 March 2024\n\n{WORDS[0]}\n\n<b>{WORDS[1]}</b>"
    site.replies["/"] = Reply(text.encode(), kind="text/plain; charset=us-ascii")
    found = read(f"{site.address}/")
    assert found.text.endswith(f"{WORDS[0]}\n\n<b>{WORDS[1]}</b>")
    assert found.url == f"{site.address}/"


@pytest.mark.parametrize("packed", [True, False])
def test_a_body_comes_whole_packed_or_in_chunks(site: Site, packed: bool) -> None:
    body = gzip.compress(PAGE.encode()) if packed else PAGE.encode()

    def send(wire: Any) -> None:
        wire.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n")
        wire.write(b"Content-Encoding: gzip\r\n\r\n" if packed else b"\r\n")
        for start in range(0, len(body), 50):
            piece = body[start : start + 50]
            wire.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        wire.write(b"0\r\n\r\n")

    site.replies["/"] = Reply(raw=send)
    assert read(site.address).text == "\n\n".join(WORDS)


def test_a_fetch_gives_whatever_stands_there_and_sends_what_its_caller_wants(site: Site) -> None:
    site.replies["/feed"] = Reply(b"", 302, headers={"Location": "/atom"})
    site.replies["/atom"] = Reply(b"<feed/>", kind="application/atom+xml; charset=utf-8", headers={"ETag": '"7"'})
    found = fetch(f"{site.address}/feed", OWN, headers={"Accept": "application/atom+xml"})
    assert (found.address, found.status, found.data) == (f"{site.address}/atom", 200, b"<feed/>")
    assert (found.kind, found.charset, found.headers["etag"]) == ("application/atom+xml", "utf-8", '"7"')
    site.replies["/atom"] = Reply(b"", 304, kind=None)
    found = fetch(f"{site.address}/atom", OWN, headers={"If-None-Match": '"7"'})
    assert (found.status, found.data) == (304, b"")
    assert [headers["accept"] for _, headers in site.asked[:2]] == ["application/atom+xml"] * 2
    assert site.asked[2][1]["if-none-match"] == '"7"'
    with pytest.raises(SourceRefused, match="is not on the public web"):
        fetch(site.address.replace(f":{site.port}", ""))


# --- refusals: what comes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(status=404), "there is no page at this address (404)"),
        (Reply(status=410), "there is no page at this address (410)"),
        (Reply(status=403), "does not let this program read it (403)"),
        (Reply(status=429), "too much to do (429); try again later"),
        (Reply(status=500), "a fault (500); try again later"),
        (Reply(status=204), "without a page (204)"),
        (Reply(status=302), "without a page (302)"),
        (Reply(kind="application/msword"), "it is application/msword, and only web pages, plain text, PDF,"),
        (Reply(kind="image/png"), "it is image/png"),
        (Reply(b"<house/>", kind="text/xml"), "it is text/xml"),
        (Reply(b"%PDF-1.7 of a kind"), "it is no PDF, or a damaged one"),
        (Reply(b"\0\0\1" * 50), "it is binary data"),
        (Reply(b" \n"), "the page is empty"),
        (Reply(b"<html><body><div id=app></div></body></html>"), "no article text in it; scripts may write it"),
        (Reply(kind="application/rss+xml"), web.FEED),
        (Reply(b"<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom'/>", kind="text/xml"), web.FEED),
        (Reply(b"\xef\xbb\xbf\n<rss version='2.0'></rss>", kind="text/html; charset=utf-8"), web.FEED),
        (Reply(headers={"Content-Encoding": "br"}), "packed as br"),
        (Reply(headers={"Content-Encoding": "gzip"}), "the connection broke off"),
    ],
)  # fmt: skip
def test_what_is_no_readable_page_is_refused_by_what_it_is(site: Site, reply: Reply, reason: str) -> None:
    site.replies["/"] = reply
    assert reason in refused(site.address)


def test_a_page_that_is_too_large_is_refused_however_it_comes(site: Site) -> None:
    small = replace(OWN, page_bytes=100_000)
    much = b"<p>" + b"a" * 200_000
    packed = gzip.compress(much)
    assert len(packed) < small.page_bytes

    def endless(wire: Any) -> None:
        wire.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        while True:
            wire.write(much)

    def trailing(wire: Any) -> None:  # what follows the end of the packed page is kept by zlib
        wire.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n")
        wire.write(gzip.compress(PAGE.encode()))
        while True:
            wire.write(much)

    def lying(wire: Any) -> None:  # some parsers take a chunk of less than nothing for "all that follows"
        wire.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n")
        while True:
            wire.write(much)

    def head(wire: Any) -> None:
        wire.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            wire.write(b"X-More: of the same\r\n")

    for reply in (
        Reply(much),
        Reply(packed, headers={"Content-Encoding": "gzip"}),
        Reply(raw=endless),
        Reply(raw=trailing),
    ):
        site.replies["/"] = reply
        assert "it has more than 0.1 MB" in refused(site.address, small)
    for endless_form in (lying, head):
        site.replies["/"] = Reply(raw=endless_form)
        assert "broke off" in refused(site.address, small)


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (b"Content-Type: text/html\r\nContent-Length: 50000000", "it has more than 10 MB"),
        (b"Content-Type: application/zip\r\nContent-Length: 50", "it is application/zip"),
    ],
)
def test_what_its_head_gives_away_is_refused_before_the_rest_comes(site: Site, head: bytes, reason: str) -> None:
    def send(wire: Any) -> None:
        wire.write(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n")
        go_on.wait()

    go_on = threading.Event()
    site.replies["/"] = Reply(raw=send)
    assert reason in refused(site.address)
    go_on.set()


def test_a_bomb_is_not_unpacked(site: Site) -> None:
    bomb = zlib.compressobj(wbits=31)
    packed = b"".join(bomb.compress(bytes(1_000_000)) for _ in range(60)) + bomb.flush()
    assert len(packed) < 65_536
    site.replies["/"] = Reply(packed, headers={"Content-Encoding": "gzip"})
    tracemalloc.start()
    try:
        assert "it has more than 1 MB" in refused(site.address, replace(OWN, page_bytes=1_000_000))
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_what_is_cut_off_is_not_taken_for_the_article(site: Site) -> None:
    cut = gzip.compress(PAGE.encode())[:-20]
    for headers, body in (
        (b"Content-Length: 5000\r\n", PAGE.encode()),
        (b"Transfer-Encoding: chunked\r\n", b"%x\r\n%b\r\n" % (len(PAGE), PAGE.encode())),
        (b"Content-Encoding: gzip\r\n", cut),
    ):

        def send(wire: Any, headers: bytes = headers, body: bytes = body) -> None:
            wire.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + headers + b"\r\n" + body)

        site.replies["/"] = Reply(raw=send)
        assert "broke off" in refused(site.address)


@pytest.mark.parametrize("slow", ["head", "body", "silence"])
def test_a_site_that_dribbles_or_says_nothing_is_left(site: Site, slow: str) -> None:
    given_up = threading.Event()

    def send(wire: Any) -> None:
        if slow == "body":
            wire.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        if slow == "silence":
            given_up.wait()
        while slow != "silence":  # until it is left, which raises
            wire.write(b"x")
            time.sleep(0.05)

    site.replies["/"] = Reply(raw=send)
    limits = replace(OWN, read_seconds=0.3) if slow == "silence" else replace(OWN, whole_seconds=0.6)
    assert "takes too long" in refused(site.address, limits)
    given_up.set()
    if slow != "silence":
        assert site.left.wait(300), "the connection was left open"


def test_no_answer_at_all_is_refused(site: Site) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        assert "does not take the connection" in refused(f"http://127.0.0.1:{closed.getsockname()[1]}/")
    site.replies["/"] = Reply(raw=lambda wire: wire.write(b"220 smtp.fjord.example ready\r\n"))
    assert "broke off" in refused(site.address)
    assert "broke off" in refused(site.address.replace("http:", "https:"))  # it speaks no TLS


# --- refusals: what may not be asked ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("ftp://fjord.example/a", "only http and https are read, not ftp"),
        ("file:///etc/hosts", "only http and https are read, not file"),
        ("http://", "cannot be read as an address"),
        ("http://[::1", "cannot be read as an address"),
        ("http://fjord.example:many/", "cannot be read as an address"),
        ("http://fjord\u200b .example/", "cannot be read as an address"),
        ("https://fjord.example/" + "a" * 2_000, "cannot be read as an address"),
        ("http://fjord.example:8080/", "it names port 8080, and only 80 and 443 are asked"),
        ("https://fjord.example:22/", "it names port 22"),
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_page_is_refused_unasked(
    monkeypatch: pytest.MonkeyPatch, address: str, reason: str
) -> None:
    monkeypatch.setattr(web, "_resolve", lambda *_: pytest.fail("it was looked up"))
    found = read_address(address)
    assert isinstance(found, Refusal)
    assert reason in found.reason


@pytest.mark.parametrize("private", [False, True])
def test_a_password_in_an_address_is_neither_sent_nor_shown(
    site: Site, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], private: bool
) -> None:
    caplog.set_level(logging.DEBUG)
    for login in ("ann:s3cret", "s3cret", "ann:s3c@ret", "%73s3cret:"):
        found = read_address(f"http://{login}@127.0.0.1:{site.port}/?q=1", Limits(private=private))
        assert isinstance(found, Refusal)
        assert found.source == f"http://127.0.0.1:{site.port}/?q=1"
        assert "s3c" not in found.reason
        assert "password" in found.reason
    for written in ("http:///ann:s3cret@fjord.example/", "http://\\ann:s3cret@fjord.example/", "ftp://ann:s3cret@a/b"):
        assert "s3c" not in str(read_address(written, Limits(private=private)))
    assert site.asked == []
    site.replies["/"] = Reply(b"", 302, headers={"Location": f"http://ann:s3cret@127.0.0.1:{site.port}/in"})
    assert "password" in refused(site.address)
    site.replies["/page?token=s3cret"] = Reply(status=404)
    refused(f"{site.address}/page?token=s3cret")
    assert "s3c" not in caplog.text + "".join(capfd.readouterr())


REFUSED_ALWAYS = """
0.0.0.0 0.1.2.3 169.254.169.254 169.254.170.2 100.100.100.200 192.0.0.8 192.0.2.1 192.88.99.1 198.18.0.1 198.51.100.1
203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255
:: ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1 64:ff9b::808:808 64:ff9b:1::a00:1
100::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:db8::1 2001:10::1 2002:7f00:1:: 2002:808:808::1 3fff::1
fe80::1 fe80::a9fe:a9fe fec0::1 fd00:ec2::254 ff02::1 ff0e::1 4000::1 5f00::1
168.63.129.16 161.26.0.10 161.26.255.255 166.8.0.1 166.11.255.255 fd00:c1::a9fe:a9fe fd20:ce::254
2600::5efe:a9fe:a9fe 2600::200:5efe:7f00:1 2600::100:5efe:808:808 2600::300:5efe:a00:1
""".split()
PRIVATE = (
    "10.0.0.1 10.255.255.255 100.64.0.1 127.0.0.1 127.9.9.9 172.16.0.1 172.31.255.255 192.168.1.1 ::1 fc00::1 fd12::1"
)
PUBLIC = (
    "8.8.8.8 1.1.1.1 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.169.0.1 "
    "2606:4700::1111 2a00:1450::1 161.25.0.1 161.27.0.1 166.7.0.1 166.12.0.1 168.63.129.17 2600::5eff:a9fe:a9fe"
)


def test_which_addresses_are_public_private_or_neither() -> None:
    for each in REFUSED_ALWAYS:
        address = ipaddress.ip_address(each)
        assert not web.may_be_asked(address), each
        assert not web.may_be_asked(address, private=True), each
    for each in PRIVATE.split():
        address = ipaddress.ip_address(each)
        assert not web.may_be_asked(address), each
        assert web.may_be_asked(address, private=True), each
    for each in PUBLIC.split():
        assert web.may_be_asked(ipaddress.ip_address(each)), each


def test_a_name_that_leads_inside_is_not_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        assert host == "fjord.example"
        family = socket.AF_INET6 if ":" in place else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (place, port, 0, 0)[: 4 if ":" in place else 2])]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("it was connected to"))
    for place in (*REFUSED_ALWAYS, *PRIVATE.split()):
        reason = refused("https://fjord.example/", Limits())
        assert "fjord.example is not on the public web" in reason, place
        assert "ASSISTANT_PRIVATE_ADDRESSES=allow" in reason
        assert place not in reason


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_this_machine_is_refused(host: str) -> None:
    assert "is not on the public web" in refused(f"http://{host}/", Limits())


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "0", "017700000001"])
def test_an_odd_spelling_of_this_machine_is_checked_as_the_system_reads_it(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    read_by_system = socket.inet_ntoa(socket.inet_aton(host))
    monkeypatch.setattr(web, "_resolve", lambda *_: [(socket.AF_INET, (read_by_system, 80))])
    assert "is not on the public web" in refused(f"http://{host}/", Limits())


def answers(monkeypatch: pytest.MonkeyPatch, *replies: list[tuple[str, int]]) -> list[str]:
    """Makes the resolver give these, one a look-up; what it was asked for."""
    looked_up: list[str] = []

    def resolve(host: str, port: int) -> list[Any]:
        looked_up.append(host)
        return [(socket.AF_INET, place) for place in replies[len(looked_up) - 1]]

    monkeypatch.setattr(web, "_resolve", resolve)
    return looked_up


def test_a_name_is_looked_up_once_and_asked_where_it_was_checked(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up = answers(monkeypatch, [("127.0.0.1", site.port)])  # a second look-up would fail
    found = read("http://fjord.example/")
    assert looked_up == ["fjord.example"]
    assert site.asked[0][1]["host"] == "fjord.example"
    assert found.url == "http://fjord.example/"


def test_only_the_checked_places_of_a_name_are_tried(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        gone = closed.getsockname()[1]
        answers(monkeypatch, [("169.254.169.254", 80), ("127.0.0.1", gone), ("127.0.0.1", site.port)])
        read("http://fjord.example/")


def test_a_redirect_is_checked_like_an_address(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.replies["/"] = Reply(b"", 302, headers={"Location": "http://metadata.example/latest/"})
    answers(monkeypatch, [("127.0.0.1", site.port)], [("169.254.169.254", 80)])
    assert "metadata.example is not on the public web" in refused("http://fjord.example/")
    assert len(site.asked) == 1
    for location, reason in (
        ("file:///etc/passwd", "only http and https are read, not file"),
        ("gopher://fjord.example/1", "only http and https are read, not gopher"),
        ("http://[", "cannot be read as an address"),
    ):
        site.replies["/"] = Reply(b"", 302, headers={"Location": location})
        answers(monkeypatch, [("127.0.0.1", site.port)])
        assert reason in refused("http://fjord.example/")


def test_a_name_that_nobody_knows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert "there is no site called nobody.example; check the address" in refused("https://nobody.example/")


def test_names_in_other_scripts_are_looked_up_in_their_plain_form(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up = answers(monkeypatch, [])
    refused("https://суспільне.укр/новини")
    assert looked_up == ["xn--h1aebp2a0ag4h.xn--j1amh"] or looked_up[0].startswith("xn--")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(rest=st.text(), path=st.text(), query=st.text())
def test_whatever_is_given_as_an_address_makes_one_clean_request_or_a_refusal(
    monkeypatch: pytest.MonkeyPatch, rest: str, path: str, query: str
) -> None:
    monkeypatch.setattr(web, "_resolve", lambda *_: [])
    assert isinstance(read_address(f"http://{rest}"), Refusal)
    assert isinstance(read_address(f"http://fjord.example/{path}?{query}"), Refusal)
    target = web._target(f"http://fjord.example/{path}?{query}", "name", OWN)
    assert re.fullmatch(r"/[!-~]*", target.path)
    assert "#" not in target.path
    assert web._target(target.address, "name", OWN) == target
    assert named(rest).isprintable()


def test_the_certificate_must_be_trusted_and_the_sites_own(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[ssl.VerifyMode, bool, str]] = []

    def wrap(context: ssl.SSLContext, connection: socket.socket, server_hostname: str) -> ssl.SSLSocket:
        asked.append((context.verify_mode, context.check_hostname, server_hostname))
        error = ssl.SSLCertVerificationError(1, "certificate verify failed")
        error.verify_message = "self-signed certificate"
        raise error

    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", wrap)
    answers(monkeypatch, [("127.0.0.1", site.port)])
    assert "cannot be trusted (self-signed certificate)" in refused("https://fjord.example/")
    assert asked == [(ssl.CERT_REQUIRED, True, "fjord.example")]
    assert site.asked == []


# --- in a library ----------------------------------------------------------------------------------------------------


def test_the_same_address_again_is_unchanged_and_a_changed_page_is_a_new_version(
    site: Site, open_library: Opener
) -> None:
    library = open_library()
    told: list[Progress] = []
    addresses = [f"{site.address}/", f"{site.address}/none", f"{site.address}/"]
    report = library.add(addresses, limits=OWN, on_progress=told.append)
    assert [outcome.kind for outcome in report.outcomes] == ["added", "refused", "unchanged"]
    assert [refusal.source for refusal in report.refused] == [f"{site.address}/none"]
    assert [path for path, _ in site.asked] == ["/", "/none"]
    assert [(each.done, each.total) for each in told if each.task == "fetching"] == [(0, 2), (1, 2)]
    assert library.add(f"{site.address}/", limits=OWN).count("unchanged") == 1
    site.replies["/"] = Reply(PAGE.replace("half a metre", "a metre").encode())
    assert library.add([f"{site.address}/"], limits=OWN).count("changed") == 1
    (article,) = library.articles()
    assert article.version == 2
    assert "a metre thick" in article.text


def test_an_own_network_is_refused_unless_it_is_allowed(site: Site, open_library: Opener) -> None:
    report = open_library().add(f"http://127.0.0.1:{site.port}/")
    assert report.count("refused") == 1
    assert site.asked == []


def test_a_slow_site_holds_up_nobody_else(site: Site, open_library: Opener) -> None:
    library = open_library()
    asked, go_on = threading.Event(), threading.Event()

    def wait(wire: Any) -> None:
        asked.set()
        go_on.wait()
        wire.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + PAGE.encode())

    site.replies["/"] = Reply(raw=wait)
    adding = threading.Thread(target=library.add, args=(f"{site.address}/",), kwargs={"limits": OWN})
    adding.start()
    assert asked.wait(300)
    library.add_articles([Article("other", "Other", f"{WORDS[1]} That was all.")])  # else it waits without end
    assert library.count() == 1
    go_on.set()
    adding.join()
    assert library.count() == 2
