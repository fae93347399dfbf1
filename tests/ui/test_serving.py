"""What stands around the page: headers, shut routes, foreign sites, the port, the start and the end."""

from __future__ import annotations

import http.server
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ui.fake_desk import DART, FakeDesk
from tests.ui.served import Served, served
from ui.access.guard import Additions, complete
from ui.app import PageNotServed, listen, serve
from ui.language import PAGE_FAILED

SERVE = """
import sys
from tests.ui.fake_desk import DART, FakeDesk
from ui.app import serve
serve(FakeDesk(), port=int(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def page() -> Iterator[Served]:
    with served(FakeDesk()) as server:
        yield server


# --- headers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/page/page.js", "/assets/none.js", "/nothing", "/gradio_api/upload"])
def test_every_reply_carries_the_policy(page: Served, path: str) -> None:
    _, headers, _ = page.request(path)
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self' 'nonce-" in policy
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
    for directive in ("connect-src 'self'", "img-src 'self' data:", "form-action 'none'", "frame-ancestors 'none'"):
        assert directive in policy
    assert not re.search(r"https?:|\*", policy)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers


def test_every_script_of_the_page_carries_the_nonce_and_each_reply_another(page: Served) -> None:
    nonces = set()
    for _ in range(2):
        _, headers, body = page.request("/")
        found = re.search(r"'nonce-([\w-]+)'", headers["content-security-policy"])
        assert found
        scripts = re.findall(r"<script[^>]*>", body.decode())
        assert scripts
        assert all(f'nonce="{found.group(1)}"' in script for script in scripts if "src=" not in script)
        nonces.add(found.group(1))
    assert len(nonces) == 2


def test_the_page_names_no_other_host(page: Served) -> None:
    _, _, body = page.request("/")
    tags = re.findall(r"<(?!/)[^>]+>", re.sub(r"(?s)(<script[^>]*>).*?</script>", r"\1", body.decode()))
    assert tags
    assert not [tag for tag in tags if re.search(r"(?:https?:)?//", tag)]


def test_completing_leaves_what_stands_in_the_configuration_alone() -> None:
    made = complete('<head><script>x = "\\u003cscript>"</script></head>', "n", Additions(head="<link>"))
    assert made == '<head><script nonce="n">x = "\\u003cscript>"</script><link></head>'


def test_a_fault_of_our_own_is_said_with_the_same_headers(page: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError("a secret of the machine")

    monkeypatch.setattr(page.page.desk.library, "article", fails)
    status, headers, body = page.request("/page/article/x")
    assert (status, body.decode()) == (500, PAGE_FAILED)
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"


# --- what is shut ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=/etc/passwd", "/gradio_api/file/etc/passwd", "/gradio_api/proxy=https://x.hf.space/",
        "/monitoring", "/monitoring/summary", "/docs", "/openapi.json", "/gradio_api/openapi.json", "/gradio_api/runs",
        "/gradio_api/run/ask", "/gradio_api/call/ask", "/gradio_api/vibe-code/", "/login", "/gradio_api/dev/reload",
        "/gradio_api/stream/x", "/config", "/gradio_api/info", "/static/../../etc/passwd",
    ],
)  # fmt: skip
def test_what_the_page_does_not_need_is_shut(page: Served, path: str) -> None:
    for method in ("GET", "POST"):
        status, _, body = page.request(path, method)
        assert status in (403, 404, 405)
        assert b"root:" not in body


def test_a_text_cannot_make_the_server_fetch_an_address(page: Served) -> None:
    fetched: list[str] = []

    class Outside(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            fetched.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with http.server.HTTPServer(("127.0.0.1", 0), Outside) as outside:
        threading.Thread(target=outside.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{outside.server_port}/beacon"
        for path in (f"/gradio_api/file={address}", f"/gradio_api/proxy={address}", f"/file={address}"):
            assert page.request(path)[0] == 404
        outside.shutdown()
    assert fetched == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"},
        {"Origin": "https://evil.example"}, {"Origin": "null"},
    ],
)  # fmt: skip
def test_a_page_of_another_site_cannot_ask_or_upload(page: Served, headers: dict[str, str]) -> None:
    for path in ("/gradio_api/queue/join", "/gradio_api/upload"):
        status, _, body = page.request(path, "POST", b"{}", **headers)
        assert (status, body.decode()) == (403, "This page does not take requests from other sites.")


def test_a_foreign_name_for_this_machine_is_not_answered(page: Served) -> None:
    assert page.request("/", Host="evil.example:7860")[0] == 421
    for name in ("localhost", "127.0.0.1:1", "[::1]:7860"):
        assert page.request("/", Host=name)[0] == 200


FORWARDED = {
    "X_Forwarded_Host": "evil.example", "X_Forwarded_Proto": "https", "X_Forwarded_Prefix": "/evil",
    "Forwarded": "host=evil.example", "X_Gradio_Server": "https://evil.example", "X_Gradio_User": "evil.example",
}  # fmt: skip


def root(body: bytes) -> str:
    """The address from which the page's own script fetches everything."""
    found = re.search(rb'"root":\s*"([^"]*)"', body)
    assert found
    return found[1].decode()


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_nobody_but_a_proxy_says_under_which_address_the_page_is_read(host: str) -> None:
    with served(FakeDesk(), host=host) as page:
        for name in FORWARDED:
            status, headers, body = page.request("/", "GET", None, **{name: FORWARDED[name]})
            assert (status, root(body)) == (200, page.address)
            assert b"evil" not in body + repr(headers).encode()


def test_a_proxy_that_is_named_says_who_asks_and_under_which_address() -> None:
    with served(FakeDesk(), host="0.0.0.0", proxies=["127.0.0.1"]) as page:
        said = {"X_Forwarded_Host": "evil.example, articles.example", "X_Forwarded_Proto": "https"}
        assert root(page.request("/", "GET", None, **said)[2]) == "https://articles.example"
        assert page.request("/", X_Forwarded_Host='x"><script>alert(1)</script>')[0] == 400
    with served(FakeDesk(), proxies=["127.0.0.1"]) as page:
        assert page.request("/", X_Forwarded_Host="evil.example")[0] == 421
    with served(FakeDesk(), host="0.0.0.0", proxies=["10.0.0.0/8"]) as page:
        assert root(page.request("/", "GET", None, **said)[2]) == page.address


def test_the_page_is_read_under_its_public_address_and_this_machine_s_alone() -> None:
    with served(FakeDesk(), host="0.0.0.0", public_url="https://articles.example:8443") as page:
        for host in ("articles.example", "ARTICLES.example:8443", "articles.example:80"):
            assert root(page.request("/", Host=host)[2]) == "https://articles.example:8443"
        assert page.request("/healthz")[0] == 200
        for host in ("evil.example", "articles.example.evil.example", "10.0.0.1", ""):
            status, _, said = page.request("/", "GET", None, Host=host, **FORWARDED)
            assert status == 421
            assert b"--public-url" in said
        assert page.request("/gradio_api/queue/join", "POST", b"", Origin="https://evil.example")[0] == 403


@pytest.mark.parametrize("host", ['x"><b>', "a b", "[::1", "x:y", "user@x", "x/y", "x:123456", "ї"])
def test_a_host_that_is_none_is_refused(host: str) -> None:
    with served(FakeDesk(), host="0.0.0.0") as page:
        status, _, said = page.request("/", Host=host.encode("utf-8").decode("latin-1"))
        assert status == 400
        assert host.encode() not in said


@pytest.mark.parametrize(
    "settings",
    [
        *({"public_url": url} for url in ("articles.example", "ftp://x", "https://", "https://x/y", "//x")),
        {"public_url": "https://u@x"},
        {"public_url": "https://x:99999"}, {"public_url": "https://x?y"}, {"proxies": ["articles.example"]},
        {"proxies": ["*"]},
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_named_before_anything_is_served(settings: dict[str, Any]) -> None:
    given = settings.get("public_url") or settings["proxies"][0]
    with pytest.raises(PageNotServed, match=re.escape(given)):
        serve(FakeDesk(), port=0, **settings)  # type: ignore[arg-type]


def test_under_another_name_no_other_site_may_read_the_answers() -> None:
    with served(FakeDesk(), host="0.0.0.0") as page:
        status, headers, _ = page.request("/", Host="library.example", Origin="https://evil.example")
        assert status == 200
        assert "access-control-allow-origin" not in headers


def test_a_file_above_the_limit_is_refused(page: Served) -> None:
    edge = "edge"
    head = f'--{edge}\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'.encode()
    body = head + b"a" * (51 * 1024 * 1024) + f"\r\n--{edge}--\r\n".encode()
    status, _, said = page.request(
        "/gradio_api/upload", "POST", body, Content_Type=f"multipart/form-data; boundary={edge}"
    )
    assert status == 413, said


def test_the_configuration_says_nothing_of_articles_or_machine(page: Served) -> None:
    status, _, body = page.request("/")
    assert status == 200
    assert str(Path.cwd()) not in body.decode()
    assert DART.title not in body.decode()


# --- the address -------------------------------------------------------------------------------------------------


def test_a_port_in_use_is_named_with_the_next_step() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PageNotServed, match=f"Port {port} .* --port {port + 1}"):
            listen("127.0.0.1", port)


def test_a_name_that_leads_nowhere_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(PageNotServed, match=r"'nowhere\.invalid' .* --host 127\.0\.0\.1"):
        listen("nowhere.invalid", 0)


def test_a_number_that_is_no_port_is_refused() -> None:
    with pytest.raises(PageNotServed, match="70000"):
        listen("127.0.0.1", 70_000)


def test_the_command_says_what_is_wrong_without_a_traceback(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = subprocess.run(
            [sys.executable, "-m", "ui", "--library", str(tmp_path / "library"), "--port", port],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith(f"Port {port} on 127.0.0.1 is in use.")
    assert len(ended.stderr.splitlines()) == 1


def test_ctrl_c_ends_it_cleanly_with_a_stream_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(port)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline().strip() == "Starting the page…"
        assert process.stdout.readline().strip() == f"Open http://127.0.0.1:{port} in a browser. Ctrl-C stops it."
        with socket.create_connection(("127.0.0.1", port)) as stream:  # what every open tab keeps
            stream.sendall(b"GET /gradio_api/heartbeat/abc HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert b"200" in stream.recv(64)
            process.send_signal(signal.SIGINT)
            said, complained = process.communicate()
        assert process.returncode == 0
        assert said.strip() == "The page is closed. The library is as you left it."
        assert complained == ""
    finally:
        process.kill()
        process.wait()
