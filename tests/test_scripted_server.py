"""The scripted server itself: what the other tests lean on."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from dataclasses import dataclass
from email.message import Message

import pytest

from tests.scripted_server import Received, Scene, ScriptedServer, refuses, says, sends, stalls


@dataclass
class Reply:
    status: int
    headers: Message
    content: bytes

    @property
    def text(self) -> str:
        """The texts of all deltas."""
        events = [json.loads(line[6:]) for line in self.content.decode().splitlines() if line.startswith("data: {")]
        return "".join(c["delta"].get("content", "") for event in events for c in event["choices"])


def ask(server: ScriptedServer, *, stream: bool = True, timeout: float | None = None) -> Reply:
    body = {"model": "m", "stream": stream, "messages": [{"role": "user", "content": "hello"}]}
    with closing(http.client.HTTPConnection(server.address, timeout=timeout)) as line:
        line.request("POST", "/v1/chat/completions", json.dumps(body), {"Authorization": "Bearer key"})
        with line.getresponse() as response:
            return Reply(response.status, response.headers, response.read())


@pytest.mark.parametrize("wire", [0, 1, 7])
def test_the_stream_says_the_script_however_it_is_cut_into_writes(wire: int) -> None:
    with ScriptedServer([says("Schön — да [1].", wire=wire)]) as server:
        reply = ask(server)
        assert reply.text == "Schön — да [1]."
        assert reply.content.endswith(b"data: [DONE]\n\n")
        assert server.requests[0].headers["authorization"] == "Bearer key"
        assert server.requests[0].prompt == "hello"


def test_scenes_come_in_order_and_the_last_one_stays() -> None:
    with ScriptedServer() as server:
        server.plays(refuses(429, retry_after=3), says("first"), says("second"))
        refusal = ask(server)
        assert (refusal.status, refusal.headers["Retry-After"]) == (429, "3")
        assert [ask(server).text for _ in range(3)] == ["first", "second", "second"]


def test_a_cut_body_is_not_whole_and_a_clean_one_is() -> None:
    torn = (ConnectionError, http.client.IncompleteRead)
    with ScriptedServer([says("half", ending="cut")]) as server, pytest.raises(torn):
        ask(server)
    with ScriptedServer([says("half", ending="clean", finish=None)]) as server:
        reply = ask(server)
        assert reply.text == "half"
        assert b"[DONE]" not in reply.content
        assert b'"stop"' not in reply.content


def test_a_stall_sends_nothing_more_and_notices_that_the_client_left() -> None:
    with ScriptedServer([stalls("begun")]) as server:
        with pytest.raises(TimeoutError):
            ask(server, timeout=0.3)
        assert server.hung_up.wait(300)


def test_without_streaming_the_answer_comes_whole() -> None:
    def echo(received: Received) -> Scene:
        return says(received.body["messages"][0]["content"].upper())

    with ScriptedServer([echo]) as server:
        assert json.loads(ask(server, stream=False).content)["choices"][0]["message"]["content"] == "HELLO"


def test_any_body_can_be_sent() -> None:
    with ScriptedServer([sends("data: {broken\n\n")]) as server:
        assert ask(server).content == b"data: {broken\n\n"
