"""The REST interface as another program uses it."""

from __future__ import annotations

import http.client
import json
import time
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as made

from assistant.history.answer_json import answer_from_dict
from assistant.service import application as service
from tests.assistant.conftest import ABSENT_QUESTION, DRONES_QUESTION, MEETING_QUESTION, Open
from tests.assistant.making import DRONES
from tests.assistant.service.conftest import served
from tests.scripted_server import ScriptedServer, calls, says, stalls


def events(response: httpx2.Response) -> list[tuple[str, Any]]:
    blocks = [block.split("\n") for block in response.text.split("\n\n") if block]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in blocks]


def test_an_answer_is_that_of_the_history_without_paths_of_the_machine(client: httpx2.Client) -> None:
    response = client.post("/api/ask", json={"question": DRONES_QUESTION})
    assert response.status_code == 200
    answer = answer_from_dict(response.json())
    assert "2,000 drones" in answer.text
    cited = answer.citations[0]
    assert cited.quote == DRONES[cited.start : cited.end]
    assert "articles.jsonl" not in response.text


def test_a_stream_has_pieces_and_ends_with_the_answer(client: httpx2.Client) -> None:
    response = client.post("/api/ask", json={"question": DRONES_QUESTION}, headers={"Accept": "text/event-stream"})
    assert response.headers["content-type"].startswith("text/event-stream")
    *pieces, (last, answer) = events(response)
    assert last == "answer"
    assert "".join(data["text"] for name, data in pieces if name == "piece") == answer["text"]


def test_silence_is_said_in_words_and_not_in_templates(client: httpx2.Client) -> None:
    answer = client.post("/api/ask", json={"question": ABSENT_QUESTION}).json()
    assert (answer["abstained"], answer["text"]) == (True, answer["reason"])
    assert "were searched" in answer["text"]


def test_history_and_days_count(client: httpx2.Client) -> None:
    first = client.post("/api/ask", json={"question": MEETING_QUESTION}).json()
    said = {"role": "assistant", "content": first["text"], "scope": first["scope"]}
    history = [{"role": "user", "content": MEETING_QUESTION}, said]
    followed = client.post("/api/ask", json={"question": "And on which day did they meet?", "history": history})
    assert MEETING_QUESTION in followed.json()["searched_for"]
    before = client.post("/api/ask", json={"question": DRONES_QUESTION, "as_of": "2024-09-02"}).json()
    assert "2,000" not in before["text"]


def test_passages_are_found_and_articles_read(client: httpx2.Client) -> None:
    found = client.get("/api/search", params={"q": "drones", "k": 2, "since": "2024-09-03"}).json()
    (drones,) = [match["article"] for match in found["matches"]]
    assert "two thousand drones" in drones["title"]
    assert found["scope"]["since"] == "2024-09-03"
    assert drones["text"] == ""
    listed = client.get("/api/articles", params={"limit": 2, "offset": 1}).json()
    assert (listed["total"], [each["published"] for each in listed["articles"]]) == (4, ["2024-09-02", "2022-10-11"])
    assert client.get(f"/api/articles/{drones['id']}").json()["text"] == DRONES
    assert client.get("/healthz").json() == {"status": "ok"}


def test_the_interface_describes_itself(client: httpx2.Client) -> None:
    described = client.get("/api/docs").json()
    paths = {"/api/ask", "/api/search", "/api/articles", "/v1/chat/completions", "/v1/responses", "/v1/models"}
    assert paths <= set(described["paths"])
    assert "quote" in described["components"]["schemas"]["Citation"]["properties"]
    assert "HTTPValidationError" not in described["components"]["schemas"]
    for path in ("/api/ask", "/v1/chat/completions", "/v1/responses"):
        content = described["paths"][path]["post"]["responses"]["200"]["content"]
        assert set(content) == {"application/json", "text/event-stream"}
    figures = described["paths"]["/metrics"]["get"]["responses"]
    assert [set(figures[status]["content"]) for status in ("200", "4XX")] == [{"text/plain"}, {"application/json"}]
    assert client.get("/docs").status_code == 404  # FastAPI's own page would load a script from another host


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code", "words"),
    [
        ("POST", "/api/ask", {}, 400, "request_invalid", "question: Field required"),
        ("POST", "/api/ask", {"question": "Why?", "sorces": []}, 400, "request_invalid", "sorces"),
        ("POST", "/api/ask", {"question": "Why?", "since": "soon"}, 400, "request_invalid", "since"),
        ("POST", "/api/ask", {"question": " "}, 400, "search_invalid", "empty"),
        ("POST", "/api/ask", {"question": "a" * 20_001}, 400, "search_invalid", "20000 characters"),
        ("POST", "/api/ask", {"question": "Why?", "sources": ["The Nowhere"]}, 400, "search_invalid", "The Nowhere"),
        ("POST", "/api/ask", {"question": "Why?", "deep": True}, 400, "settings_invalid", "chat model"),
        ("POST", "/api/ask", {"question": "a" * 1_000_001}, 413, "http_413", ""),
        ("GET", "/api/search?q=a&k=0", None, 400, "request_invalid", "k:"),
        ("GET", "/api/articles/none", None, 404, "article_unknown", "none"),
        ("GET", "/api/nothing", None, 404, "http_404", ""),
        ("DELETE", "/api/articles", None, 405, "http_405", ""),
    ],
)
def test_errors_are_json_with_a_status(
    client: httpx2.Client, method: str, path: str, body: Any, status: int, code: str, words: str
) -> None:
    response = client.request(method, path, json=body)
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (status, code)
    assert words in error["message"]
    assert "Traceback" not in response.text


def test_a_deep_question_tells_its_steps(open_desk: Open, server: ScriptedServer) -> None:
    server.plays(
        calls(("search_articles", {"query": "drones"})), says("enough"), says("France pays for 2,000 drones [1].")
    )
    with served(open_desk()) as address:
        body = {"question": DRONES_QUESTION, "deep": True, "stream": True}
        told = events(httpx2.post(f"{address}/api/ask", json=body, timeout=None))
    assert [data["asked"] for name, data in told if name == "step"] == [DRONES_QUESTION, "drones"]
    assert told[-1][0] == "answer"


def test_a_models_failure_is_told_before_the_stream_and_inside_it(open_desk: Open, server: ScriptedServer) -> None:
    with served(open_desk(first_token_seconds=1)) as address:
        server.plays(stalls())
        body = {"question": DRONES_QUESTION, "stream": True}
        response = httpx2.post(f"{address}/api/ask", json=body | {"stream": False}, timeout=None)
        assert response.status_code == 502
        assert response.json()["error"]["code"] == "stalled"
        told = httpx2.post(f"{address}/api/ask", json=body, timeout=None)
    assert "stalled" in told.text
    assert "Traceback" not in told.text


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_hangs_up_ends_the_answer(open_desk: Open, server: ScriptedServer, stream: bool) -> None:
    server.plays(stalls("France will co-finance 2,000 drones. " * 3))
    with served(open_desk(first_token_seconds=3_000, answer_seconds=3_000)) as address:
        line = http.client.HTTPConnection(urlsplit(address).netloc)
        body = json.dumps({"question": DRONES_QUESTION, "stream": stream})
        line.request("POST", "/api/ask", body, {"Content-Type": "application/json"})
        if stream:
            response = line.getresponse()
            assert response.readline() == b"event: piece\n"
            response.close()
        while not server.requests:
            time.sleep(0.02)
        line.close()
        assert server.hung_up.wait(600)


def test_a_service_that_ends_gives_up_the_answers_under_way(
    open_desk: Open, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SHUTDOWN_SECONDS", 6_000)
    server.plays(stalls("France will co-finance 2,000 drones. " * 3))
    with ExitStack() as line:
        with served(open_desk(first_token_seconds=3_000, answer_seconds=3_000)) as address:
            body = {"question": DRONES_QUESTION, "stream": True}
            response = line.enter_context(httpx2.stream("POST", f"{address}/api/ask", json=body, timeout=None))
            lines = response.iter_lines()
            assert next(lines) == "event: piece"
        last = json.loads([data for data in lines if data.startswith("data: ")][-1].removeprefix("data: "))
    assert last["state"] == "stopped"


anything = made.recursive(
    made.none() | made.booleans() | made.integers() | made.floats() | made.text() | made.sampled_from(["user", "text"]),
    lambda inner: made.lists(inner, max_size=3) | made.dictionaries(made.text(), inner, max_size=3),
    max_leaves=8,
)
said = made.fixed_dictionaries(
    {"role": made.sampled_from(["user", "assistant", "system"]) | anything, "content": made.text() | anything}
)
fields = {
    "question": made.text() | made.just(ABSENT_QUESTION) | anything,
    "model": made.just("article-assistant") | anything,
    "messages": made.lists(said, max_size=3) | anything,
    "input": made.lists(said, max_size=3) | made.text() | anything,
    "history": made.lists(said, max_size=3) | anything,
    "stream": made.booleans() | anything,
    "since": made.dates().map(str) | anything,
    "as_of": made.dates().map(str) | anything,
    "sources": made.lists(made.text(), max_size=2) | anything,
    "deep": anything,
}
names = {"/api/ask": "question", "/v1/chat/completions": "messages", "/v1/responses": "input"}


@given(data=made.data(), path=made.sampled_from(sorted(names)))
def test_no_body_is_a_fault_of_the_service(client: httpx2.Client, data: made.DataObject, path: str) -> None:
    needed = {name: fields[name] for name in ("model", names[path]) if path != "/api/ask" or name != "model"}
    optional = {name: fields[name] for name in ("history", "stream", "since", "as_of", "sources", "deep")}
    body = data.draw(made.fixed_dictionaries(needed, optional=optional) | anything)
    response = client.post(path, content=json.dumps(body), headers={"Content-Type": "application/json"})
    assert response.status_code < 500, response.text
    assert "event: error" not in response.text
    if response.status_code >= 400:
        assert response.json()["error"]["message"]
