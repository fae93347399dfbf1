"""Every route and every event of the running page, tried by nobody, a reader, an editor and another user.

``OPEN``, ``SHUT`` and ``EVENTS`` are the table: what the page has and is not in them fails the test. Each attack is
followed by a look at ``/healthz``: a server that hangs is what must be caught, not a slow machine.
"""

from __future__ import annotations

import http.server
import json
import re
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from starlette.routing import BaseRoute

from assistant.history.conversations import Conversations
from tests.ui.fake_desk import FakeDesk, answer_about_dart
from tests.ui.quick import hash_quickly
from tests.ui.served import Served, served
from ui import page as page_module
from ui import users
from ui.access.login import CHECKS_AT_ONCE, CHECKS_OF_ADDRESS, COOKIE, READER_BYTES, REQUEST_BYTES
from ui.users import Users

PASSWORD = "correct horse"
PEOPLE = {"nobody": None, "reader": "bob", "editor": "ann", "another reader": "cyd", "another editor": "eve"}


@dataclass(frozen=True)
class Row:
    """A well-formed request to a route, and what comes of it. Conversation and turn are the reader's."""

    request: str
    nobody: int = 401
    reader: int = 200
    editor: int = 200
    another: int = 200
    body: bytes | None = None

    def status(self, who: str) -> int:
        if who == "another reader" and self.reader == 403:
            return 403
        return {"nobody": self.nobody, "reader": self.reader, "editor": self.editor}.get(who, self.another)


def own(request: str) -> Row:
    return Row(request, editor=404, another=404)


def never(request: str, nobody: int = 404) -> Row:
    return Row(request, nobody, 404, 404, 404)


OPEN: Mapping[str, Row] = {
    "GET /": Row("/", nobody=303),
    "HEAD /": Row("/", nobody=303),
    "GET /healthz": Row("/healthz", nobody=200),
    "GET /login": Row("/login", nobody=200, reader=303, editor=303, another=303),
    "HEAD /login": Row("/login", nobody=200, reader=303, editor=303, another=303),
    "POST /login": Row("/login", nobody=401, reader=401, editor=401, another=401, body=b"name=zoe&password=wrong"),
    "POST /logout": Row("/logout", nobody=401, reader=303, editor=303, another=303),
    "GET /page/{name}": Row("/page/page.js"),
    "HEAD /page/{name}": Row("/page/page.js"),
    "GET /page/article/{article:path}": Row("/page/article/dart"),
    "HEAD /page/article/{article:path}": Row("/page/article/dart"),
    "GET /page/source/{conversation}/{turn}/{number}": own("/page/source/{c}/{t}/1"),
    "HEAD /page/source/{conversation}/{turn}/{number}": own("/page/source/{c}/{t}/1"),
    "GET /page/copy/{conversation}/{turn}.{ending}": own("/page/copy/{c}/{t}.txt"),
    "HEAD /page/copy/{conversation}/{turn}.{ending}": own("/page/copy/{c}/{t}.txt"),
    "POST /page/share/{conversation}/{turn}": own("/page/share/{c}/{t}"),
    "GET /page/shared/{word}": never("/page/shared/none", nobody=303),
    "HEAD /page/shared/{word}": never("/page/shared/none", nobody=303),
    "GET /page/export/{file}": own("/page/export/{c}.md"),
    "HEAD /page/export/{file}": own("/page/export/{c}.md"),
    "GET /page/first/questions": Row("/page/first/questions"),
    "HEAD /page/first/questions": Row("/page/first/questions"),
    "GET /page/first/news": Row("/page/first/news"),
    "HEAD /page/first/news": Row("/page/first/news"),
    "GET /page/next/{conversation}/{turn}": own("/page/next/{c}/{t}"),
    "HEAD /page/next/{conversation}/{turn}": own("/page/next/{c}/{t}"),
    "GET /assets/{path:path}": never("/assets/none.js", nobody=401),
    "GET /static/{path:path}": Row("/static/img/logo.svg"),
    "GET /favicon.ico": Row("/favicon.ico"),
    "GET /manifest.json": Row("/manifest.json"),
    "GET /theme.css": Row("/theme.css"),
    "GET /gradio_api/app_id": Row("/gradio_api/app_id"),
    # Streams, joins and uploads have tests of their own below; without a session, a body or a form they are refused.
    "GET /gradio_api/heartbeat/{session_hash}": never("/gradio_api/heartbeat/no-name"),
    "GET /gradio_api/queue/data": Row("/gradio_api/queue/data", reader=422, editor=422, another=422),
    "GET /gradio_api/upload_progress": Row("/gradio_api/upload_progress", reader=422, editor=422, another=422),
    "POST /gradio_api/queue/join": Row("/gradio_api/queue/join", reader=422, editor=422, another=422, body=b""),
    "POST /gradio_api/upload": Row("/gradio_api/upload", reader=403, editor=400, another=400, body=b"x"),
}  # fmt: skip

SHUT = frozenset(
    f"{method} {path}"
    for method, paths in {
        "GET": """/openapi.json /logout /svelte/{path:path} /gradio_api/deep_link /config /config/ /robots.txt
            /pwa_icon /pwa_icon/{size} /monitoring /monitoring/summary /monitoring/{key} /gradio_api/user
            /gradio_api/user/ /gradio_api/login_check /gradio_api/login_check/ /gradio_api/token /gradio_api/token/
            /gradio_api/app_id/ /gradio_api/dev/reload /gradio_api/runs /gradio_api/runs/ /gradio_api/info
            /gradio_api/info/ /gradio_api/openapi.json
            /gradio_api/custom_component/{id}/{environment}/{type}/{file_name} /gradio_api/proxy={url_path:path}
            /gradio_api/file={path_or_url:path} /gradio_api/file/{path:path}
            /gradio_api/stream/{session_hash}/{run}/{component_id}/playlist.m3u8
            /gradio_api/stream/{session_hash}/{run}/{component_id}/{segment_id}.{ext}
            /gradio_api/stream/{session_hash}/{run}/{component_id}/playlist-file
            /gradio_api/call/{api_name}/{event_id} /gradio_api/call/v2/{api_name}/{event_id} /gradio_api/queue/status
            /gradio_api/startup-events /gradio_api/theme.css /gradio_api/vibe-code /gradio_api/vibe-code/""",
        "HEAD": "/openapi.json /gradio_api/proxy={url_path:path} /gradio_api/file={path_or_url:path}",
        "POST": """/login/ /gradio_api/stream/{event_id} /gradio_api/stream/{event_id}/close /gradio_api/reset
            /gradio_api/reset/ /gradio_api/cancel /gradio_api/api/{api_name} /gradio_api/api/{api_name}/
            /gradio_api/run/{api_name} /gradio_api/run/{api_name}/ /gradio_api/call/{api_name}
            /gradio_api/call/{api_name}/ /gradio_api/call/v2/{api_name} /gradio_api/call/v2/{api_name}/
            /gradio_api/component_server /gradio_api/component_server/ /gradio_api/process_recording
            /gradio_api/vibe-edit /gradio_api/vibe-edit/ /gradio_api/undo-vibe-edit /gradio_api/undo-vibe-edit/
            /gradio_api/vibe-code /gradio_api/vibe-code/ /gradio_api/vibe-starter-queries
            /gradio_api/vibe-starter-queries/""",
    }.items()
    for path in paths.split()
)

EVENTS: Mapping[str, tuple[str, ...] | None] = {
    "ask": ("text", "state", "state"),
    "act": ("text", "state", "state", "state"),
    "recover": (),
    "stop": (),
    "add": ("files", "state"),
    "open": (),
    "leave": None,  # nobody can send it
}
EDITORS_ALONE = {"add"}


# -- the page, and those who try it


class Person:
    """One login, as a browser or a program of it speaks."""

    def __init__(self, page: Served, name: str | None) -> None:
        self.page = page
        self.cookie: dict[str, str] = {}
        if name is not None:
            status, headers, _ = page.request("/login", "POST", f"name={name}&password={PASSWORD}".encode())
            assert status == 303
            self.cookie = {"Cookie": headers["set-cookie"].partition(";")[0]}
            assert COOKIE in self.cookie["Cookie"]

    def request(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        status, _, said = self.page.request(path, method, body, **self.cookie, **headers)
        return status, said

    def send(self, sent: object) -> int:
        told = json.dumps(sent).encode()
        return self.request("/gradio_api/queue/join", "POST", told, Content_Type="application/json")[0]

    def join(self, number: object, data: object, session: object = "mine") -> int:
        return self.send({"fn_index": number, "data": data, "session_hash": session, "trigger_id": None})

    def stream(self, session: str = "mine") -> tuple[int, str]:
        status, said = self.request(f"/gradio_api/queue/data?session_hash={session}")
        return status, said.decode()

    def upload(self, name: str, content: bytes, query: str = "") -> tuple[int, Any]:
        edge = "edge"
        head = f'--{edge}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'.encode()
        body = head + content + f"\r\n--{edge}--\r\n".encode()
        kind = f"multipart/form-data; boundary={edge}"
        status, said = self.request(f"/gradio_api/upload{query}", "POST", body, Content_Type=kind)
        return status, json.loads(said) if status == 200 else said


@dataclass(frozen=True)
class Site:
    page: Served
    desk: FakeDesk
    people: Mapping[str, Person]
    conversation: str
    turn: int
    secret: Path
    """The file of users, with the hashes of their passwords."""

    def is_well(self) -> bool:
        return self.page.request("/healthz")[::2] == (200, b"ok")

    def number(self, event: str) -> int:
        return next(number for number, each in self.page.page.blocks.fns.items() if each.name == event)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    secret = tmp_path_factory.mktemp("site") / "users.txt"
    with pytest.MonkeyPatch.context() as patch:
        hash_quickly(patch)
        hashed = users.hashed(PASSWORD)
        roles = {"ann": "editor", "bob": "reader", "cyd": "reader", "eve": "editor"}
        secret.write_text("".join(f"{name}:{role}:{hashed}\n" for name, role in roles.items()))
        desk = FakeDesk()
        with served(desk, users=Users.read(secret)) as page:
            store: Conversations = page.page.store
            begun = store.begin("bob", "How much shorter?")
            store.finish("bob", begun.turn, answer_about_dart())
            people = {who: Person(page, name) for who, name in PEOPLE.items()}
            yield Site(page, desk, people, begun.conversation, begun.turn, secret)


def listed(routes: Iterable[BaseRoute]) -> Iterator[str]:
    for route in routes:
        within: Any = getattr(route, "original_router", None) or getattr(route, "app", None)
        if within is not None and hasattr(within, "routes"):
            yield from listed(within.routes)
        else:
            yield from (
                f"{method} {getattr(route, 'path', route)}" for method in getattr(route, "methods", None) or ["?"]
            )


# -- routes


def test_every_route_of_the_running_page_is_in_the_table(site: Site) -> None:
    there = set(listed(site.page.app.routes))
    assert len(there) > 80
    assert there - SHUT - set(OPEN) == set(), "a new route: say in OPEN or SHUT who may ask for it"
    assert (SHUT | set(OPEN)) - there == set(), "a route is gone: take its row out"
    assert not SHUT & set(OPEN)


@pytest.mark.parametrize("row", OPEN)
def test_an_open_route_gives_each_what_is_theirs(site: Site, row: str) -> None:
    method, asked = row.partition(" ")[0], OPEN[row]
    for who in PEOPLE:
        person = Person(site.page, PEOPLE[who]) if "/logout" in row else site.people[who]
        status, said = person.request(asked.request.format(c=site.conversation, t=site.turn), method, asked.body)
        assert status == asked.status(who), (who, said)


@pytest.mark.parametrize("row", sorted(SHUT))
def test_a_shut_route_gives_nobody_anything(site: Site, row: str) -> None:
    method, path = row.split(" ")
    for value in ("x", quote(str(site.secret)), "http://127.0.0.1:9/"):
        for who, person in site.people.items():
            filled = re.sub(r"\{[^}]*\}", value, path)
            status, said = person.request(filled, method, b"{}" if method == "POST" else None)
            assert status in (401, 404) if who == "nobody" else status == 404, (who, said)
            assert b"$scrypt$" not in said


@pytest.mark.parametrize(
    "hostile",
    ["..%2f..%2fetc%2fpasswd", "%00", "x" * 10_000, "http:%2f%2f127.0.0.1:9", "%ff%fe", "1e9", "-1", "%F0%9F%92%A9"],
)
def test_no_value_in_an_open_route_makes_a_fault(site: Site, hostile: str) -> None:
    for row in OPEN:
        method, path = row.split(" ")
        if "{" not in path:
            path += f"?c={hostile}&session_hash={hostile}&upload_id={hostile}&name={hostile}"
        filled = re.sub(r"\{[^}]*\}", hostile, path)
        if hostile == "1e9" and ("/heartbeat/" in path or "/upload_progress" in path):
            continue  # a name as good as any: its stream would last
        for who, person in site.people.items():
            if "/logout" in row:
                continue
            status, said = person.request(filled, method, b"\xff" if method == "POST" else None)
            assert status < 500, (row, who, said)
            assert b"root:" not in said
    assert site.is_well()


@pytest.mark.parametrize(("who", "limit"), [("nobody", 0), ("reader", READER_BYTES), ("editor", REQUEST_BYTES)])
def test_no_body_is_taken_that_is_larger_than_the_page_sends(site: Site, who: str, limit: int) -> None:
    person = site.people[who]
    status = person.join(site.number("ask"), ["x" * max(limit, 100_000), None, None], "large")
    assert status == (401 if who == "nobody" else 413)
    for row in OPEN:
        if row.startswith("POST"):
            path = OPEN[row].request.format(c=site.conversation, t=site.turn)
            status, _ = person.request(path, "POST", b"", Content_Length=str(10**12))
            assert status in (401, 403, 413)
    assert site.is_well()


def test_a_flood_of_passwords_takes_no_thread_from_the_page(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    held = threading.Event()
    checked: list[str] = []

    def slow(self: Users, name: str, password: str) -> None:
        checked.append(name)
        held.wait(120)

    monkeypatch.setattr(Users, "check", slow)
    statuses: list[int] = []

    def guess(number: int) -> None:
        sent = f"name=guessed{number}&password=wrong".encode()
        statuses.append(site.page.request("/login", "POST", sent, X_Forwarded_For=f"192.0.2.{number}")[0])

    guessing = [threading.Thread(target=guess, args=(number,)) for number in range(60)]
    for thread in guessing:
        thread.start()
    try:
        while len(statuses) < 60 - CHECKS_OF_ADDRESS:  # those that may not even wait
            time.sleep(0.05)
        assert site.is_well()
        assert site.people["reader"].request("/page/article/dart")[0] == 200
        assert len(checked) == CHECKS_AT_ONCE
    finally:
        held.set()
        for thread in guessing:
            thread.join(60)
    assert sorted(statuses) == [401] * CHECKS_OF_ADDRESS + [429] * (60 - CHECKS_OF_ADDRESS)


# -- events


def test_every_event_of_the_running_page_is_in_the_table(site: Site) -> None:
    there = {str(event.name): number for number, event in site.page.page.blocks.fns.items()}
    assert there.keys() == EVENTS.keys(), "a new event: say in EVENTS what it takes, and in EDITORS_ALONE who sends it"
    for name, number in there.items():
        declared = site.page.page.events.get(number)
        assert (declared.inputs if declared else None) == EVENTS[name]
        assert declared is None or (declared.role == "editor") == (name in EDITORS_ALONE)


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_comes_from_those_alone_who_may_send_it(site: Site, name: str) -> None:
    number, inputs = site.number(name), EVENTS[name]
    for who, person in site.people.items():
        session = f"by{who.replace(' ', '')}"
        status = person.join(number, [None] * len(inputs or ()), session)
        if who == "nobody":
            assert status == 401
        elif inputs is None:
            assert status == 404
        elif name in EDITORS_ALONE and "editor" not in who:
            assert status == 403
        else:
            assert status == 200
            assert '"msg":"process_completed"' in person.stream(session)[1].replace(" ", "")


FOREIGN = [
    {"path": "/dev/zero", "orig_name": "y.jsonl", "meta": {"_type": "gradio.FileData"}},
    {"path": "{secret}", "orig_name": "y.txt", "meta": {"_type": "gradio.FileData"}},
    {"path": "{outside}", "meta": {"_type": "gradio.FileData"}},
    {"path": "{uploads}", "url": "{outside}", "meta": {"_type": "gradio.FileData"}},
    {"path": "{seal}/dev/zero", "meta": {"_type": "gradio.FileData"}},
    {"path": "{seal}{secret}", "meta": {"_type": "gradio.FileData"}},
    {"path": "{sealed}/../../x", "meta": {"_type": "gradio.FileData"}},
    {"path": "", "meta": {"_type": "gradio.FileData"}},
    {"path": "é" * 64 + "/dev/zero", "meta": {"_type": "gradio.FileData"}},
    {"path": "\ud800" * 64 + "/dev/zero", "meta": {"_type": "gradio.FileData"}},
    {"url": "{outside}", "meta": {"_type": "gradio.FileData"}},
    {"path": ["{sealed}"], "meta": {"_type": "gradio.FileData"}},
    {"video": {"path": "/dev/zero", "meta": {"_type": "gradio.FileData"}}},
    "/dev/zero",
]
WRONG: list[Any] = [
    *FOREIGN, [FOREIGN], *([each] for each in FOREIGN), 1, 1.5, True, {}, [None], [[]], "\ud800",
    {"__type__": "update"},
    {"__type__": "update", "value": FOREIGN[0]}, [FOREIGN[0]] * 1_001, {"data": {"a": [FOREIGN[1]]}},
]  # fmt: skip


def with_places(value: Any, places: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        for name, place in places.items():
            value = value.replace(f"{{{name}}}", place)
        return value
    if isinstance(value, list):
        return [with_places(each, places) for each in value]
    if isinstance(value, dict):
        return {name: with_places(each, places) for name, each in value.items()}
    return value


@pytest.fixture
def outside() -> Iterator[tuple[str, list[str]]]:
    """An address of somebody else, and what was asked of it."""
    asked: list[str] = []

    class Outside(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with http.server.HTTPServer(("127.0.0.1", 0), Outside) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/y.jsonl", asked
        server.shutdown()


@pytest.mark.parametrize("name", [name for name, inputs in EVENTS.items() if inputs is not None])
def test_nothing_but_what_the_page_sends_reaches_an_event(
    site: Site, name: str, outside: tuple[str, list[str]], capfd: pytest.CaptureFixture[str]
) -> None:
    sealed = site.people["another editor"].upload("theirs.txt", b"Theirs\n\nText.")[1][0]
    places = {
        "secret": str(site.secret), "outside": outside[0], "sealed": sealed, "seal": sealed[:64],
        "uploads": sealed[64:],
    }  # fmt: skip
    number, inputs = site.number(name), EVENTS[name] or ()
    held = len(site.desk.stored)
    tried = 0
    for who in ("nobody", "reader", "editor", "another reader"):
        person = site.people[who]
        for wrong in WRONG:
            value = with_places(wrong, places)
            bodies = [[value] * (len(inputs) + 1), [value]] if not inputs else []
            for place, kind in enumerate(inputs):
                if kind == "text" and value == "/dev/zero":
                    continue  # as a question it is a text like any other
                data: list[Any] = [None] * len(inputs)
                data[place] = value
                bodies.append(data)
            for data in bodies:
                status = person.join(number, data)
                tried += 1
                assert 400 <= status < 500, (who, data)
                assert status == 401 or who != "nobody"
        assert site.is_well()
    assert tried > 150
    assert outside[1] == []
    assert len(site.desk.stored) == held
    said = capfd.readouterr()
    assert "Traceback" not in said.out + said.err


@pytest.mark.parametrize(
    "sent",
    [
        None, [], "x", 1, {}, {"data": []}, {"data": {}, "session_hash": "s", "fn_index": 0},
        {"data": [None] * 3, "session_hash": "s"}, {"data": [None] * 3, "fn_index": 0},
        *({"data": [None] * 3, "session_hash": "s", "fn_index": each} for each in (-1, 99, True, 0.0, "0", None, [0])),
        *({"data": [None] * 3, "session_hash": each, "fn_index": 0} for each in ("", "a/b", "x" * 65, 1, None, ["s"])),
        {"data": [None] * 2, "session_hash": "s", "fn_index": 0},
    ],
)  # fmt: skip
def test_a_body_of_another_shape_is_refused(site: Site, sent: object) -> None:
    assert 400 <= site.people["editor"].send(sent) < 500
    assert site.people["nobody"].send(sent) == 401


@pytest.mark.parametrize("body", [b"", b"\xff", b"[" * 90_000, b"{", b"1" * 9_000, b'{"data":' * 9_000])
def test_a_body_that_is_no_json_is_refused(site: Site, body: bytes) -> None:
    assert site.people["reader"].request("/gradio_api/queue/join", "POST", body)[0] == 422
    assert site.is_well()


def test_what_a_body_says_beyond_its_event_does_not_reach_gradio(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    queue = site.page.page.blocks._queue
    push = queue.push

    async def watched(body: Any, **named: Any) -> Any:
        seen.append(body.model_copy())
        return await push(body, **named)

    monkeypatch.setattr(queue, "push", watched)
    sent = {
        "fn_index": site.number("stop"), "data": [], "session_hash": "beyond", "event_id": "another", "batched": True,
        "simple_format": True, "oauth_token": "secret", "event_data": {"path": "/dev/zero"}, "trigger_id": 10**30,
    }  # fmt: skip
    assert site.people["reader"].send(sent) == 200
    assert site.people["reader"].stream("beyond")[0] == 200
    assert (seen[0].event_id, seen[0].batched, seen[0].oauth_token, seen[0].event_data) == (None, False, None, None)


# -- acts: what a press on our own HTML sends through the one event "act"

ACTS = frozenset(
    """conversation-new conversation-open conversation-search conversation-more conversation-rename conversation-delete
    turn-show turn-again turn-edit rate rate-word steer-days steer-outlets steer-drop-days steer-drop-outlets
    steer-preset steer-deep steer-tags steer-drop-tags
    shelf-open shelf-find shelf-page shelf-remove shelf-paste shelf-addresses
    shelf-picked shelf-untag shelf-undo shelf-outlet
    welcome-ask welcome-starters""".split()
)
OPENS_A_VIEW = "welcome-add"
"""An act of the page's script alone."""


def test_every_act_of_the_page_is_in_the_table() -> None:
    written = "\n".join(path.read_text(encoding="utf-8") for path in Path(page_module.__file__).parent.rglob("*.py"))
    told = r'data-act="([a-z-]+)"|(?:case|done\.name (?:[=!]=|(?:not )?in)) ([("a-z, |-]+)'
    found = " ".join(f'"{each[0]}" {each[1]}' for each in re.findall(told, written))
    names = {name for name in re.findall(r'"([a-z-]+)"', found) if "-" in name or name == "rate"}
    assert len(names) > 15
    assert names - ACTS - {OPENS_A_VIEW} == set(), "a new act: name it in ACTS, and see whose thing it touches"


@pytest.mark.parametrize("act", sorted(ACTS))
def test_no_act_touches_what_is_somebody_else_s(site: Site, act: str, capfd: pytest.CaptureFixture[str]) -> None:
    store: Conversations = site.page.page.store

    def of_bob() -> object:
        conversation = store.conversation("bob", site.conversation)
        return conversation.title, [(each.id, each.question, each.rating, each.comment) for each in conversation.turns]

    before, held = of_bob(), [article.id for article in site.desk.stored]
    long = "x" * 30_000
    fields = {
        "title": "Taken",
        "question": "Mine?",
        "comment": "Mine",
        "text": "Text",
        "addresses": "http://127.0.0.1:9/",
        "do": "remove",
        "pick-0": "dart",
        "name": "Mine",
    }
    hostile = dict.fromkeys([*fields, "words", "since", "until", "outlet", "month", "sort"], "\x00'\"(*")
    for who in ("another reader", *(["editor"] if not act.startswith(("shelf", "welcome")) else [])):
        person = site.people[who]
        session = f"act{act.replace('-', '')}{len(who)}"
        values = (site.conversation, str(site.turn), f"{site.turn}:up", "dart", "../../x", "9" * 18, long)
        too_much = {"words": long, "title": long, "question": long, "month": "2024-99"}
        for value, given in [(each, fields) for each in values] + [(values[0], hostile), (values[0], too_much)]:
            told = json.dumps({"act": act, "value": value, "fields": given})
            status = person.join(site.number("act"), [told, None, None, None], session)
            if status == 413:
                continue
            assert status == 200
            assert '"success":true' in person.stream(session)[1].replace(" ", "").split("process_completed")[-1]
        assert site.is_well()
    assert of_bob() == before
    assert [article.id for article in site.desk.stored] == held
    said = capfd.readouterr()
    assert "Traceback" not in said.out + said.err


# -- what belongs to a login


def test_an_upload_becomes_an_article_by_whoever_uploaded_it_and_once(site: Site) -> None:
    ann, eve = site.people["editor"], site.people["another editor"]
    status, (path,) = ann.upload("mine.txt", b"Mine\n\nText of mine.")
    assert status == 200
    file = [{"path": path, "orig_name": "mine.txt", "meta": {"_type": "gradio.FileData"}}]
    number = site.number("add")
    assert eve.join(number, [file, None], "theirs") == 403
    assert Person(site.page, "ann").join(number, [file, None], "later") == 403  # the same user, another login
    assert ann.join(number, [file, None], "adding") == 200
    assert '"success":true' in ann.stream("adding")[1].replace(" ", "")
    assert "Mine" in [article.title for article in site.desk.stored]
    assert ann.join(number, [file, None], "again") == 410


def test_an_upload_that_is_gone_in_the_same_moment_is_told_without_a_traceback(
    site: Site, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    ann = site.people["editor"]
    _, (path,) = ann.upload("gone.txt", b"Gone\n\nText.")
    Path(path[64:]).unlink()
    monkeypatch.setattr(Path, "is_file", lambda _: True)
    assert ann.join(site.number("add"), [[{"path": path}], None], "gone") == 200
    assert "could not be kept: No such file or directory. Nothing was added." in ann.stream("gone")[1]
    said = capfd.readouterr()
    assert "Traceback" not in said.out + said.err


@pytest.mark.parametrize(
    "form",
    [
        b"", b"--edge--\r\n", b"--edge\r\n", b"x" * 5_000,
        b'--edge\r\nContent-Disposition: form-data; name="files"\r\n\r\nno file\r\n--edge--\r\n',
        b'--edge\r\nContent-Disposition: form-data; filename="a"\r\n\r\nx\r\n--edge--\r\n',
        b'--edge\r\nContent-Type: text/plain\r\n\r\nx\r\n--edge--\r\n',
        b'--edge\r\nContent-Disposition: form-data; name="files"; filename="\x00"\r\n\r\nx\r\n--edge--\r\n',
        b'--edge\r\nContent-Disposition: form-data; name="files"; filename="%b"\r\n\r\nx\r\n--edge--\r\n'
        % (b"x" * 5_000),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=edge", "multipart/form-data", "application/json", ""])
def test_a_form_of_another_shape_brings_no_file_and_no_fault(
    site: Site, form: bytes, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    status, said = site.people["editor"].request("/gradio_api/upload", "POST", form, Content_Type=kind)
    assert status < 500, said
    assert status != 200 or all(Path(path[64:]).is_relative_to("/tmp") for path in json.loads(said))
    assert "Traceback" not in capfd.readouterr().err
    assert site.is_well()


def test_a_file_of_any_name_lies_among_the_uploads(site: Site) -> None:
    uploads = Path(site.people["editor"].upload("a.txt", b"a")[1][0][64:]).parents[1]
    for name in ("../../../x.txt", "/etc/x.txt", "..", "a\\..\\b.txt", "%2e%2e%2fx", "ї.txt"):
        status, said = site.people["editor"].upload(name, b"x")
        assert status in (200, 400), said
        if status == 200:
            assert Path(said[0][64:]).resolve().is_relative_to(uploads.resolve())


def test_a_stream_belongs_to_the_login_that_began_it(site: Site) -> None:
    bob, cyd = site.people["reader"], site.people["another reader"]
    site.desk.wait = 0.05
    try:
        assert bob.join(site.number("ask"), ["Whose is this?", None, None], "bobs") == 200
        for person in (cyd, site.people["editor"], Person(site.page, "bob")):
            assert person.stream("bobs")[0] == 404
        assert site.people["nobody"].stream("bobs")[0] == 401
        assert '"process_completed"' in bob.stream("bobs")[1]
    finally:
        site.desk.wait = 0.0


def test_a_tab_of_somebody_else_is_neither_spoken_for_nor_closed(site: Site) -> None:
    bob, cyd = site.people["reader"], site.people["another reader"]
    site.desk.wait = 0.05
    try:
        assert bob.join(site.number("ask"), ["Goes on?", None, None], "tab") == 200
        assert cyd.join(site.number("stop"), [], "tab") == 200
        assert '"process_completed"' in cyd.stream("tab")[1]
        beat(cyd, "tab")
        assert '"process_completed"' in bob.stream("tab")[1]
    finally:
        site.desk.wait = 0.0
    assert not site.desk.replies[-1].cancelled.is_set()


def test_a_tab_that_is_closed_ends_no_answer(site: Site) -> None:
    bob, store = site.people["reader"], site.page.page.store
    site.desk.wait = 0.05
    try:
        assert bob.join(site.number("ask"), ["And closed?", None, None], "closed") == 200
        while not (found := store.search("bob", "And closed?")):
            time.sleep(0.01)
        beat(bob, "closed")
        while (turn := store.conversation("bob", found[0].conversation.id).turns[-1]).state == "asking":
            time.sleep(0.01)
    finally:
        site.desk.wait = 0.0
    assert turn.state == "complete"


def beat(person: Person, session: str) -> None:
    """Opens the stream that says that a tab is there, and closes it."""
    import http.client
    from urllib.parse import urlsplit

    connection = http.client.HTTPConnection(urlsplit(person.page.address).netloc, timeout=60)
    connection.request("GET", f"/gradio_api/heartbeat/{session}", headers=person.cookie)
    assert b"ALIVE" in connection.getresponse().readline()
    connection.close()


def test_the_progress_of_an_upload_is_its_own_login_s(site: Site) -> None:
    ann, eve = site.people["editor"], site.people["another editor"]
    told: list[tuple[int, bytes]] = []
    watching = threading.Thread(target=lambda: told.append(eve.request("/gradio_api/upload_progress?upload_id=u1")))
    watching.start()
    assert ann.upload("progress.txt", b"x", "?upload_id=u1")[0] == 200
    watching.join(60)
    assert told[0][0] == 404


def test_without_a_login_everybody_is_the_local_editor_and_paths_are_no_less_sealed(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("Secret\n\nText.")
    desk = FakeDesk()
    with served(desk) as page:
        site = Site(page, desk, {}, "", 0, tmp_path)
        local = Person(page, None)
        number = site.number("add")
        for path in ("/dev/zero", str(tmp_path / "secret.txt"), "http://127.0.0.1:9/x"):
            file = {"path": path, "meta": {"_type": "gradio.FileData"}}
            assert local.join(number, [[file], None]) == 403
        assert page.request("/healthz")[0] == 200
        _, (path,) = local.upload("local.txt", b"Local\n\nText.")
        assert local.join(number, [[{"path": path, "meta": {"_type": "gradio.FileData"}}], None]) == 200
        assert '"success":true' in local.stream()[1].replace(" ", "")
        assert "Local" in [article.title for article in desk.stored]


def test_the_words_of_a_refusal_are_said_where_the_page_s_script_reads_them(site: Site) -> None:
    status, said = site.people["editor"].request("/gradio_api/queue/join", "POST", b"{}")
    refused = "This page sends no such request. If this happened on the page itself, load it anew."
    assert (status, json.loads(said)) == (422, {"detail": refused})
