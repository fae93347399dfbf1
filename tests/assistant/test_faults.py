"""Everything that a provider does wrong has a name, a message without a secret, and an end in bounded time."""

from __future__ import annotations

import time
import traceback
from dataclasses import replace
from email.utils import formatdate
from typing import Any

import pytest

from assistant import Assistant
from assistant.errors import Fault, ModelError
from assistant.types import Turn, Usage
from tests.assistant.conftest import MEETING_QUESTION, Open
from tests.scripted_server import Received, Scene, ScriptedServer, refuses, says, sends, stalls

SECRET = "sk-secret-key"
MET = "Umerov met Sébastien Lecornu in Paris [1]. “We have specific projects, an action plan, and deadlines” [1]."
SHOWN = MET.replace("deadlines” [1]", "deadlines” [2]")
BROKEN = 'data: {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [{"index": 0, '

OVERFLOWS = [
    (400, "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens."),
    (400, "Your input exceeds the context window of this model. Please adjust your input and try again."),
    (400, "Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300000 tokens."),
    (400, "prompt is too long: 210000 tokens > 200000 maximum"),
    (400, "input length and `max_tokens` exceed context limit: 174167 + 64000 > 200000"),
    (400, "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."),
    (400, "The decoder prompt (length 5000) is longer than the maximum model length of 4096."),
    (400, "the request exceeds the available context size (4096 tokens), try increasing it"),
    (400, "Trying to keep the first 9000 tokens when context the overflows. The model is loaded with less."),
    (400, "Prompt contains 40000 tokens and is too large for model with 32768 maximum context length"),
    (400, "This model's maximum prompt length is 131072 but the request contains 200000 tokens."),
    (400, "too many tokens: total number of tokens in the prompt cannot exceed 4081"),
    (400, "Input is too long for requested model."),
    (413, "Request too large for model `m` on tokens per minute (TPM): Limit 6000, Requested 9000"),
    (422, "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097. Given: 5000"),
    (429, "Request too large for m on tokens per min (TPM): Limit 30000, Requested 31000."),
    (500, "context length exceeded"),
]


def faulted(desk: Assistant) -> ModelError:
    """The error of an answer that does not begin."""
    with pytest.raises(ModelError) as raised:
        desk.ask(MEETING_QUESTION)
    error = raised.value
    assert SECRET not in "".join(traceback.format_exception(error)) + repr(error) + str(error.__context__)
    assert str(error).endswith((".", "?"))
    return error


@pytest.mark.parametrize(
    ("scene", "fault", "requests"),
    [
        (refuses(401, f"Incorrect API key provided: {SECRET}"), "key_refused", 1),
        (refuses(403, "Country, region, or territory not supported"), "forbidden", 1),
        (refuses(404, "The model `m` does not exist"), "model_unknown", 1),
        (refuses(429, retry_after=60), "rate_limited", 1),
        (refuses(429), "rate_limited", 3),
        (refuses(429, code="insufficient_quota"), "quota", 1),
        (refuses(500), "server_failed", 3),
        (refuses(502, f"{SECRET}"), "server_failed", 3),
        (refuses(503, retry_after=0), "overloaded", 3),
        (refuses(529, "Overloaded", retry_after=0), "overloaded", 3),
        (sends('data: {"error": {"message": "sk-secret-key broke"}}\n\n'), "server_failed", 3),
        (sends('data: {"error": {"message": "the prompt exceeds the context window"}}\n\n'), "too_long", 2),
        (refuses(400, "filtered", code="content_filter"), "withheld", 1),
        (refuses(400, "The response was filtered due to Azure's content management policy"), "withheld", 1),
        (says("", finish="content_filter"), "withheld", 1),
        (replace(says(""), refusal="I cannot help with that."), "refused", 1),
        (says("", finish="length"), "length", 1),
        (says("", ending="cut"), "unreachable", 1),
        (says("", ending="clean", finish=None), "empty", 1),
        (says(" \n"), "empty", 1),
        (sends(f"{BROKEN}\n\n"), "unreadable", 1),
        (sends("data: [1, 2]\n\n"), "unreadable", 1),
        (sends("<html>Log in</html>"), "unreadable", 1),
        (refuses(422, f"{SECRET} is odd"), "rejected", 1),
        (stalls(), "stalled", 1),
    ],
)  # fmt: skip
def test_each_fault_has_a_name(
    open_desk: Open, server: ScriptedServer, scene: Scene, fault: Fault, requests: int
) -> None:
    desk = open_desk(first_token_seconds=1 if scene.ending == "stall" else 600)
    server.plays(scene)
    assert faulted(desk).fault == fault
    assert len(server.requests) == requests


@pytest.mark.parametrize(
    ("scene", "fault"),
    [
        (says(MET[:60], ending="cut"), "cut"),
        (says(MET, ending="clean", finish=None), "unended"),
        (says(MET, finish="length"), "length"),
        (says(MET, finish="content_filter"), "withheld"),
        (replace(says(MET), refusal="No more."), "refused"),
        (stalls(MET[:60]), "stalled"),
    ],
)
def test_a_cut_answer_names_what_cut_it(open_desk: Open, server: ScriptedServer, scene: Scene, fault: Fault) -> None:
    desk = open_desk(first_token_seconds=2 if scene.ending == "stall" else 600)
    server.plays(scene)
    answer = desk.ask(MEETING_QUESTION)
    assert (answer.state, answer.fault, answer.to_dict()["fault"]) == ("cut", fault, fault)
    assert answer.text.startswith("Umerov met Sébastien Lecornu in Paris [1]")
    assert len(server.requests) == 1  # a broken line is not asked to mend anything


def test_json_that_breaks_inside_the_answer_cuts_it(desk: Assistant, server: ScriptedServer) -> None:
    delta = '{"index": 0, "delta": {"content": "Umerov met Lecornu in Paris [1]. And"}, "finish_reason": null}'
    server.plays(sends(BROKEN.replace('{"index": 0, ', delta) + f"]}}\n\n{BROKEN}\n\n"))
    answer = desk.ask(MEETING_QUESTION)
    assert (answer.state, answer.fault) == ("cut", "unreadable")
    assert answer.text.startswith("Umerov met Lecornu in Paris [1].")


@pytest.mark.parametrize(("status", "words"), OVERFLOWS)
def test_what_is_too_long_is_asked_with_fewer_passages_and_then_with_less_history(
    desk: Assistant, server: ScriptedServer, status: int, words: str
) -> None:
    history = [Turn("user", MEETING_QUESTION), Turn("assistant", "Lecornu, " + "in Paris " * 100)]
    asked: list[str] = []

    def too_long_twice(received: Received) -> Scene:
        if "end of passages" not in received.prompt:  # a request about the question alone
            return says("What did Umerov discuss in Paris?")
        asked.append(received.prompt)
        return refuses(status, words) if len(asked) < 3 else says(MET)

    server.plays(too_long_twice)
    reply = desk.stream("What did Umerov discuss in Paris?", history=history)
    said = [reply.status for piece in reply if not piece]
    assert reply.answer.text == SHOWN
    first, second, third = asked
    assert second.count(" passage ") < first.count(" passage ")
    assert len(third) < len(second)
    assert third.count("in Paris in Paris") < second.count("in Paris in Paris")
    assert "Too long" in said[0]
    assert "passages" in said[0]
    assert "less of what was said" in said[1]
    assert reply.status == ""


def test_what_stays_too_long_is_said_after_one_shorter_attempt(desk: Assistant, server: ScriptedServer) -> None:
    server.plays(refuses(400, "prompt is too long", code="context_length_exceeded"))
    error = faulted(desk)
    assert (error.fault, len(server.requests)) == ("too_long", 2)
    assert "ASSISTANT_PASSAGES" in error.detail


def test_a_reader_is_told_honestly_why_it_takes_longer(desk: Assistant, server: ScriptedServer) -> None:
    server.plays(refuses(429), refuses(503, retry_after=0), says(MET))
    reply = desk.stream(MEETING_QUESTION)
    said = [reply.status for piece in reply if not piece]
    assert said == [
        "m asks to slow down. Attempt 2 of 3 in 1 s.",
        "m is overloaded. Attempt 3 of 3 in 1 s.",
    ]
    assert reply.answer.text == SHOWN


@pytest.mark.parametrize(
    ("headers", "least"),
    [
        ((("Retry-After", "1"),), 0.9),
        ((("retry-after-ms", "300"), ("Retry-After", "60")), 0.3),  # 60 s would not be waited for
        ((("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT"),), 0.0),
    ],
)
def test_the_server_s_word_on_when_to_come_back_is_kept(
    desk: Assistant, server: ScriptedServer, headers: Any, least: float
) -> None:
    desk.search(MEETING_QUESTION)
    server.plays(replace(refuses(429), headers=headers), says(MET))
    began = time.monotonic()
    assert desk.ask(MEETING_QUESTION).text == SHOWN
    assert time.monotonic() - began >= least


def test_a_day_far_away_is_not_waited_for(desk: Assistant, server: ScriptedServer) -> None:
    server.plays(replace(refuses(429), headers=(("Retry-After", formatdate(time.time() + 3000, usegmt=True)),)))
    error = faulted(desk)
    assert error.retry_after is not None
    assert 2900 < error.retry_after <= 3000
    assert len(server.requests) == 1


def test_stopping_while_an_attempt_is_waited_for_stops_at_once(desk: Assistant, server: ScriptedServer) -> None:
    server.plays(refuses(503, retry_after=8))
    reply = desk.stream(MEETING_QUESTION)
    for piece in reply:
        assert piece == ""
        reply.cancel()
    assert len(server.requests) == 1
    assert reply.answer.state == "stopped"


def test_tokens_are_counted_and_priced_where_the_price_is_known(open_desk: Open, server: ScriptedServer) -> None:
    scene = says(MET, usage=(1000, 100), cached=400)
    server.plays(scene)
    assert open_desk().ask(MEETING_QUESTION).usage == Usage(1000, 100, None)
    usage = open_desk(prices="m=2/0.5/8, other=1/1").ask(MEETING_QUESTION).usage
    assert usage.cost_usd == pytest.approx((600 * 2 + 400 * 0.5 + 100 * 8) / 1_000_000)
