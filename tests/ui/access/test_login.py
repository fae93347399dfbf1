"""The door: nobody unknown comes in, readers do not add, bodies have an end, and each request has its user."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
import uvicorn
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from assistant.messages import translator
from tests.ui.quick import hash_quickly
from tests.ui.served import in_a_loop
from ui import users
from ui.access.login import COOKIE, LOCAL, LOGIN_BYTES, REQUEST_BYTES, Doorkeeper, router, user_of, who
from ui.access.sessions import ATTEMPTS_HERE, FIRST_WAIT_SECONDS, Door
from ui.app import listen
from ui.users import User, Users

PASSWORD = "correct horse"
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module", autouse=True)
def quick_hashes() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        hash_quickly(patch)
        yield


@pytest.fixture
def door(tmp_path: Path) -> Door:
    path = tmp_path / "users.txt"
    path.write_text(f"ann:editor:{users.hashed(PASSWORD)}\nbob:reader:{users.hashed(PASSWORD)}\n")
    return Door(Users.read(path))


def application(door: Door | None) -> FastAPI:
    app = FastAPI()
    if door is not None:
        app.include_router(router(door))

    async def told(request: Request) -> PlainTextResponse:
        body = await request.body()
        return PlainTextResponse(f"{user_of(request).name}, {user_of(request).role}, {len(body)} bytes")

    async def font(request: Request) -> PlainTextResponse:
        return PlainTextResponse("a font")

    page = ("/page/page.js", "/page/door.css", "/page/article/a.woff2")
    for path in ("/", "/healthz", *page, "/gradio_api/upload", "/gradio_api/queue/join"):
        app.add_route(path, told, methods=["GET", "POST"])
    app.add_route("/page/inter-latin.woff2", font)
    app.add_middleware(Doorkeeper, door=door)
    return app


@pytest.fixture
def site(door: Door) -> TestClient:
    return TestClient(application(door), follow_redirects=False)


def log_in(site: TestClient, name: str = "ann", password: str = PASSWORD, **headers: str) -> Any:
    return site.post("/login", data={"name": name, "password": password}, headers=headers)


def test_without_users_everyone_is_the_local_editor() -> None:
    got = TestClient(application(None)).get("/")
    assert got.text == ", editor, 0 bytes"
    assert who(LOCAL, translator()) == ""


@pytest.mark.parametrize("cookie", [None, "", "made-up", "x" * 5_000])
def test_nobody_unknown_gets_further_than_the_login(site: TestClient, cookie: str | None) -> None:
    headers = {} if cookie is None else {"cookie": f"{COOKIE}={cookie}"}
    page = site.get("/", headers=headers)
    assert [page.status_code, page.headers["location"]] == [303, "/login"]
    for path in (
        "/page/page.js",
        "/page/share/c/1",
        "/page/article/a.woff2",
        "/gradio_api/upload",
        "/gradio_api/queue/join",
        "//",
        "/login/x",
        "/Login",
        "/nothing",
    ):
        got = site.post(path, headers=headers)
        assert got.status_code == 401, path
        assert "bytes" not in got.text
    assert site.get("/login", headers=headers).status_code == 200
    assert site.get("/page/inter-latin.woff2", headers=headers).text == "a font"


def test_logging_in_brings_the_user_to_every_request(site: TestClient) -> None:
    got = log_in(site)
    assert [got.status_code, got.headers["location"]] == [303, "/"]
    assert site.get("/").text == "ann, editor, 0 bytes"
    assert site.post("/gradio_api/queue/join", content=b"12345").text == "ann, editor, 5 bytes"
    assert site.get("/login").headers["location"] == "/"


@pytest.mark.parametrize("wanted", ["/page/shared/a-link_1", "/?c=a-conversation_1", "/page/shared/a-link_1?from=mail"])
def test_the_login_leads_to_what_was_asked_for(site: TestClient, wanted: str) -> None:
    login = site.get(wanted).headers["location"]
    hidden = re.search(r'name="next" value="([^"]*)"', site.get(login).text)
    assert hidden is not None
    wrong = site.post("/login", data={"name": "ann", "password": "wrong", "next": hidden[1]})
    assert hidden[0] in wrong.text, "a second try leads there too"
    got = site.post("/login", data={"name": "ann", "password": PASSWORD, "next": hidden[1]})
    assert [got.status_code, got.headers["location"]] == [303, wanted.removesuffix("?from=mail")]
    assert site.get(login).headers["location"] == got.headers["location"], "also for who is logged in"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/", "//evil.example/page/shared/x", "/\\evil.example", "\\\\evil.example", "evil.example",
        "javascript:alert(1)", "https:/page/shared/x", "/page/shared//evil.example", "/page/shared/../../x",
        "/page/shared/x\r\nSet-Cookie: a=b", "/page/shared/x\n", "/page/shared/%2e%2e", "/page/shared/x@evil.example",
        "/?c=x&next=//evil.example", "/?c=//evil.example", " /page/shared/x", "/logout", "/page/share/c/1", "",
    ],
)  # fmt: skip
def test_the_login_leads_nowhere_else(site: TestClient, elsewhere: str) -> None:
    assert "evil" not in site.get("/login", params={"next": elsewhere}).text
    got = site.post("/login", data={"name": "ann", "password": PASSWORD, "next": elsewhere})
    assert got.headers["location"] == "/"
    assert site.get("/login", params={"next": elsewhere}).headers["location"] == "/"


def test_the_cookie_is_for_this_site_and_not_for_scripts(site: TestClient) -> None:
    plain = log_in(site).headers["set-cookie"].lower()
    assert {"httponly", "samesite=strict", "path=/"} <= set(plain.split("; "))
    assert "secure" not in plain
    assert "max-age" not in plain
    over_https = TestClient(site.app, base_url="https://testserver", follow_redirects=False)
    secured = log_in(over_https).headers["set-cookie"]
    assert secured.startswith("__Host-")
    assert "secure" in secured.lower().split("; ")
    assert over_https.get("/").text.startswith("ann")


def test_a_header_of_the_browser_alone_does_not_make_it_https(site: TestClient) -> None:
    assert "Secure" not in log_in(site, **{"x-forwarded-proto": "https"}).headers["set-cookie"]


def test_wrong_passwords_are_refused_alike_and_counted(site: TestClient) -> None:
    wrong, unknown = log_in(site, "ann", "wrong"), log_in(site, "ann\u200b<b>", "wrong")
    assert [wrong.status_code, unknown.status_code] == [401, 401]
    assert "Name or password is wrong." in wrong.text
    assert "<b>" not in unknown.text
    assert "set-cookie" not in wrong.headers
    for _ in range(ATTEMPTS_HERE):
        last = log_in(site, "ann", "wrong")
    assert last.status_code == 429
    assert 0 < int(last.headers["retry-after"]) <= FIRST_WAIT_SECONDS
    assert log_in(site).status_code == 429


def test_logging_out_ends_the_session_and_a_link_cannot_do_it(site: TestClient, door: Door) -> None:
    log_in(site)
    token = site.cookies[COOKIE]
    assert site.get("/logout").status_code == 405
    assert site.get("/").status_code == 200
    got = site.post("/logout")
    assert got.headers["location"] == "/login"
    assert door.user(token) is None
    assert site.get("/", headers={"cookie": f"{COOKIE}={token}"}).status_code == 303


def test_logging_in_again_ends_the_session_before(site: TestClient, door: Door) -> None:
    log_in(site, "ann")
    before = site.cookies[COOKIE]
    log_in(site, "bob")
    assert door.user(before) is None
    assert site.get("/").text.startswith("bob, reader")


def test_a_reader_cannot_upload(site: TestClient) -> None:
    log_in(site, "bob")
    for path in ("/gradio_api/upload", "/gradio_api/upload/"):
        assert site.post(path, content=b"x").status_code == 403
    assert site.post("/gradio_api/queue/join", content=b"x").status_code == 200
    log_in(site, "ann")
    assert site.post("/gradio_api/upload", content=b"x").status_code == 200


def test_the_login_page_works_without_scripts_and_may_load_nothing_else(site: TestClient) -> None:
    got = site.get("/login", headers={"accept-language": "uk-UA,uk;q=0.9,en;q=0.8"})
    assert "Пароль" in got.text
    assert 'lang="uk"' in got.text
    assert "<script" not in got.text
    assert "style=" not in got.text
    assert re.search(r'<form method="post" action="/login">', got.text)
    policy = got.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy
    assert got.headers["cache-control"] == "no-store"
    for known in ("en-GB", "de-DE,de", ""):
        assert "Password" in site.get("/login", headers={"accept-language": known}).text


def test_who_is_logged_in_is_shown_as_text() -> None:
    made = who(User('<img src=x>"', "reader"), translator())
    assert "<img" not in made
    assert '<form class="who" method="post" action="/logout">' in made


# -- limits, over real connections: a client that lies about the length is no library's client


@pytest.fixture
def server(door: Door) -> Iterator[str]:
    listener = listen("127.0.0.1", 0)
    serving = uvicorn.Server(uvicorn.Config(application(door), log_level="error", lifespan="off"))
    running = threading.Thread(target=serving.run, kwargs={"sockets": [listener]}, daemon=True)
    running.start()
    while not serving.started:
        time.sleep(0.01)
    yield f"127.0.0.1:{listener.getsockname()[1]}"
    serving.should_exit = True
    running.join()
    listener.close()


def sent(address: str, path: str, body: Any, **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(address)
    with suppress(BrokenPipeError, ConnectionResetError):  # it hung up before all was sent, its answer on the way
        connection.request("POST", path, body, headers, encode_chunked="Transfer-Encoding" in headers)
    try:
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def chunks(size: int) -> Iterator[bytes]:
    for _ in range(size // 65_536 + 1):
        yield b"x" * 65_536


def test_a_body_that_says_it_is_too_large_is_not_read(server: str, door: Door) -> None:
    _, token = door.log_in("ann", PASSWORD, "")
    cookie = {"Cookie": f"{COOKIE}={token}"}
    assert sent(server, "/gradio_api/queue/join", b"", **cookie, **{"Content-Length": str(REQUEST_BYTES + 1)})[0] == 413
    assert sent(server, "/login", b"", **{"Content-Length": str(LOGIN_BYTES + 1)})[0] == 413
    assert sent(server, "/login", b"", **{"Content-Length": "-1"})[0] in (400, 413)


def test_a_body_in_chunks_is_cut_off_where_the_limit_is(server: str, door: Door) -> None:
    _, token = door.log_in("ann", PASSWORD, "")
    headers = {"Cookie": f"{COOKIE}={token}", "Transfer-Encoding": "chunked"}
    status, said = sent(server, "/gradio_api/queue/join", chunks(REQUEST_BYTES // 2), **headers)
    assert [status, said.split(",")[0]] == [200, "ann"]
    status, said = sent(server, "/gradio_api/queue/join", chunks(REQUEST_BYTES), **headers)
    assert [status, "too large" in said] == [413, True]


# -- behind Gradio: its handlers get the same request


def test_a_gradio_handler_knows_who_asked(door: Door) -> None:
    def told(request: gr.Request) -> str:
        assert request.request is not None
        return user_of(request.request).name

    def made() -> FastAPI:
        with gr.Blocks(analytics_enabled=False) as blocks:
            out = gr.Textbox()
            gr.Button().click(told, outputs=[out])
        app = FastAPI()
        app.include_router(router(door))
        gr.mount_gradio_app(app, blocks, path="/", ssr_mode=False)
        app.add_middleware(Doorkeeper, door=door)
        return app

    app = in_a_loop(made)
    with TestClient(app) as site:
        for name in ("bob", "ann"):
            log_in(site, name)
            joined = {"data": [], "fn_index": 0, "session_hash": f"of-{name}", "trigger_id": None}
            assert site.post("/gradio_api/queue/join", json=joined).status_code == 200
            with site.stream("GET", f"/gradio_api/queue/data?session_hash=of-{name}") as stream:
                completed = next(line for line in stream.iter_lines() if "process_completed" in line)
            assert f'"data":["{name}"]' in completed.replace(" ", "")


# -- the command


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--auth", "none.txt"], "none.txt cannot be read"),
        (["--auth", "bad.txt"], "line 2: a line is name:role:hash"),
        (["--answers", "0"], "at least one"),
    ],
)
def test_the_command_refuses_what_cannot_be_served(tmp_path: Path, arguments: list[str], said: str) -> None:
    (tmp_path / "bad.txt").write_text("# users\nann editor\n")
    command = [sys.executable, "-m", "assistant", "chat", "--library", "l", "--port", "0", *arguments]
    done = subprocess.run(
        command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "l").exists()


def test_the_command_serves_the_login_and_stops_when_it_is_told(tmp_path: Path) -> None:
    (tmp_path / "users.txt").write_text(f"ann:editor:{users.hashed(PASSWORD)}\n")
    command = [sys.executable, "-m", "assistant", "chat", "--library", "l", "--port", "0", "--auth", "users.txt"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True
    ) as serving:
        assert serving.stdout is not None
        watch = threading.Timer(600, serving.kill)  # one that never says its address would be waited for without end
        watch.start()
        address = next(found[1] for line in serving.stdout if (found := re.search(r"http://([\w.:]+\d)", line)))
        connection = http.client.HTTPConnection(address)
        connection.request("GET", "/")
        response = connection.getresponse()
        assert [response.status, response.headers["location"]] == [303, "/login"]
        policy = response.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        response.read()
        connection.request("GET", "/healthz")
        assert connection.getresponse().read() == b"ok"
        connection.close()
        serving.send_signal(signal.SIGTERM)
        assert [serving.stdout.read().strip(), serving.wait()] == [
            "The page is closed. The library is as you left it.",
            0,
        ]
        watch.cancel()
