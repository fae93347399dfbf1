"""Chat models as they are in the wild: scenes of a scripted server, each with what a reader must get."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from assistant import Assistant
from assistant.errors import Fault, ModelError
from assistant.types import Turn
from tests.assistant.conftest import ABSENT_QUESTION, MEETING_QUESTION, Open
from tests.scripted_server import Received, Scene, Script, ScriptedServer, chunk, refuses, refusing, says, sends, stalls

MET = "Umerov met Sébastien Lecornu in Paris [1]."
DONE = "data: [DONE]\n\n"
STOP = chunk({}, "stop")
THOUGHT = "Passage [2] is about 45 drones. So I say: Lecornu [1]."

THINKING = [
    f"<think>\n{THOUGHT}\n</think>\n\n{MET}",
    f"<think>{THOUGHT}</think>{MET}",
    f"<thinking>{THOUGHT}</thinking>\n{MET}",
    f"<thought>{THOUGHT}</thought>\n{MET}",
    f"[THINK]{THOUGHT}[/THINK]{MET}",
    f"◁think▷{THOUGHT}◁/think▷{MET}",
    f"<|START_THINKING|>{THOUGHT}<|END_THINKING|><|START_RESPONSE|>{MET}<|END_RESPONSE|>",
    f"<|channel|>analysis<|message|>{THOUGHT}<|end|><|start|>assistant<|channel|>final<|message|>{MET}<|return|>",
    f"<think>\n\n</think>\n\n{MET}",
    f"<think>{THOUGHT}</think>\n<think>And once more [2].</think>\n{MET}",
]
UNOPENED = [
    f"{THOUGHT}\n</think>\n\n{MET}",
    f"{THOUGHT}[/THINK]{MET}",
    f"analysis{THOUGHT}assistantfinal{MET}",
]


@pytest.mark.parametrize("raw", THINKING)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_what_a_model_thinks_is_told_as_a_step_and_is_no_answer(
    desk: Assistant, server: ScriptedServer, raw: str, size: int
) -> None:
    server.plays(says(raw[at : at + size] for at in range(0, len(raw), size)))
    reply = desk.stream(MEETING_QUESTION)
    statuses = []
    text = ""
    for piece in reply:
        text += piece
        statuses += [reply.status] if not piece else []
    assert text == reply.answer.text == MET
    assert [(each.text, each.support) for each in reply.answer.statements] == [(MET.replace(" [1]", ""), "verified")]
    assert len(reply.answer.citations) == 1
    if size < 1000:
        assert statuses[0] == "m is thinking."


@pytest.mark.parametrize("raw", UNOPENED)
def test_text_before_a_closing_tag_that_nothing_opened_was_thinking(
    desk: Assistant, server: ScriptedServer, raw: str
) -> None:
    server.plays(says(raw))
    first = desk.ask(MEETING_QUESTION)
    reply = desk.stream(MEETING_QUESTION)  # by now it is known of the model, and nothing of it is shown
    assert "".join(reply) == reply.answer.text == first.text == MET
    assert len(reply.answer.citations) == len(first.citations) == 1
    server.plays(says(MET))
    assert desk.ask(MEETING_QUESTION).text == MET


def test_thinking_in_a_field_of_its_own_is_told_as_a_step(desk: Assistant, server: ScriptedServer) -> None:
    thought = "".join(chunk({"role": "assistant", "reasoning_content": word}) for word in THOUGHT.split())
    server.plays(sends(thought + chunk({"content": MET}) + STOP + DONE))
    reply = desk.stream(MEETING_QUESTION)
    assert [reply.status for piece in reply if not piece] == ["m is thinking."]
    assert reply.answer.text == MET


def without(name: str, status: int, said: str) -> Any:
    return pytest.param(lambda body: name in body, refuses(status, said), id=said)


def has_system(body: Mapping[str, Any]) -> bool:
    return any(message["role"] == "system" for message in body["messages"])


REFUSED = [
    without("temperature", 400, "Unsupported value: 'temperature' does not support 0.0 with this model."),
    without("temperature", 422, "temperature: extra fields not permitted"),
    without("stream_options", 400, "Unrecognized request argument supplied: stream_options"),
    without("stream", 400, "Your organization must be verified to stream this model."),
    pytest.param(has_system, refuses(400, "System role not supported"), id="system"),
    pytest.param(has_system, refuses(500, "Conversation roles must alternate user/assistant/user"), id="alternate"),
    pytest.param(
        has_system, refuses(400, "Developer instruction is not enabled for models/gemma-3-12b-it"), id="gemma"
    ),
    pytest.param(
        lambda body: body.get("temperature") == 0 or "stream_options" in body,
        Scene(status=422, body='{"detail": [{"loc": ["body", "temperature"]}, {"loc": ["body", "stream_options"]}]}'),
        id="both",
    ),
]


@pytest.mark.parametrize(("says_no", "refusal"), REFUSED)
def test_a_parameter_that_a_server_refuses_is_left_out_from_then_on(
    desk: Assistant, server: ScriptedServer, says_no: Any, refusal: Scene
) -> None:
    server.plays(refusing(says_no, refusal, says(MET)))
    assert desk.ask(MEETING_QUESTION).text == MET
    assert len(server.requests) == 2
    assert "You answer questions from the passages" in server.requests[1].prompt
    assert desk.ask(MEETING_QUESTION).text == MET
    assert len(server.requests) == 3


def test_what_a_server_goes_on_refusing_is_said_in_its_own_words_to_the_operator(
    desk: Assistant, server: ScriptedServer
) -> None:
    server.plays(refuses(400, "temperature must be nice, sk-secret-key"))
    with pytest.raises(ModelError) as raised:
        desk.ask(MEETING_QUESTION)
    assert len(server.requests) == 2
    assert "“temperature must be nice, …”" in raised.value.detail
    assert "temperature" not in str(raised.value)


HTML = Scene(status=404, body="<html><h1>404 Not Found</h1></html>", kind="text/html")
PATHS = ["", "/", "/v1", "/v1/", "/v1/chat/completions", "/chat/completions", "/v1/chat/completions/", "/v1/models"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("elsewhere", [HTML, Scene(status=405), sends("<html>Chat</html>", kind="text/html")])
def test_an_address_works_as_people_paste_it(
    open_desk: Open, server: ScriptedServer, path: str, elsewhere: Scene
) -> None:
    server.serves, server.elsewhere = "/v1/chat/completions", elsewhere
    server.plays(says(MET))
    desk = open_desk(base_url=f"http://{server.address}{path}")
    assert desk.ask(MEETING_QUESTION).text == MET


@pytest.mark.parametrize(
    ("pasted", "serves"),
    [
        ("/api", "/api/v1"),
        ("", ""),
        ("/inference/chat/completions", "/inference"),
        ("/v1beta/openai/", "/v1beta/openai"),
    ],
)
def test_where_the_version_stands_is_tried_and_remembered(
    open_desk: Open, server: ScriptedServer, pasted: str, serves: str
) -> None:
    server.serves, server.elsewhere = f"{serves}/chat/completions", HTML
    server.plays(says(MET))
    desk = open_desk(base_url=f"http://{server.address}{pasted}")
    assert desk.ask(MEETING_QUESTION).text == desk.ask(MEETING_QUESTION).text == MET
    assert [request.path for request in server.requests][-2:] == [server.serves] * 2
    assert len(server.requests) <= 3


def test_an_azure_address_has_its_version_in_each_request_and_its_key_in_its_own_header(
    open_desk: Open, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    pasted = f"http://{server.address}/openai/deployments/D/chat/completions?api-version=2024-10-21"
    server.plays(says(MET))
    assert open_desk(base_url=pasted).ask(MEETING_QUESTION).text == MET
    (request,) = server.requests
    assert request.path == "/openai/deployments/D/chat/completions?api-version=2024-10-21"
    assert request.headers["api-key"] == "sk-secret-key"
    assert "authorization" not in request.headers
    for name, value in {"ENDPOINT": f"http://{server.address}/", "API_KEY": "sk-azure", "DEPLOYMENT": "D"}.items():
        monkeypatch.setenv(f"AZURE_OPENAI_{name}", value)
    for version, path in {"": "/openai/v1/chat/completions?api-version=v1", "2024-10-21": request.path}.items():
        monkeypatch.setenv("AZURE_OPENAI_API_VERSION", version)
        server.plays(says(MET))
        with Assistant.open(open_desk().library.folder, read_only=True) as desk:
            assert desk.ask(MEETING_QUESTION).text == MET
        assert (server.requests[0].path, server.requests[0].headers["api-key"]) == (path, "sk-azure")


PLACES: list[tuple[Scene, Fault, str]] = [
    (HTML, "wrong_path", "/v1/chat/completions"),
    (Scene(status=404, body='{"detail": "Not Found"}'), "wrong_path", "/v1/chat/completions"),
    (refuses(404, "File Not Found"), "wrong_path", "/v1/chat/completions"),
    (refuses(404, "Invalid URL (POST /v1/chat/completions)"), "wrong_path", "/v1/chat/completions"),
    (sends("<html>Open WebUI</html>", kind="text/html"), "wrong_path", "/v1/chat/completions"),
    (Scene(status=307, headers=(("Location", "https://elsewhere.example/"),)), "wrong_path", "/v1/chat/completions"),
    (sends('{"error": "Unexpected endpoint or method. (POST /x)"}'), "wrong_path", "/v1/chat/completions"),
    (refuses(404, 'model "m" not found, try pulling it first'), "model_unknown", "ASSISTANT_MODEL"),
    (refuses(404, "The API deployment for this resource does not exist"), "model_unknown", "ASSISTANT_MODEL"),
    (refuses(400, "m is not a valid model ID"), "model_unknown", "ASSISTANT_MODEL"),
    (refuses(402, "Insufficient Balance"), "quota", "402"),
    (refuses(402, "This request requires more credits"), "quota", "more credits"),
    (refuses(429, "You exceeded your current quota, please check your plan and billing details."), "quota", "429"),
]


@pytest.mark.parametrize(("scene", "fault", "detail"), PLACES)
def test_what_is_wrong_with_address_model_or_account_is_told_apart(
    desk: Assistant, server: ScriptedServer, scene: Scene, fault: Fault, detail: str
) -> None:
    server.plays(scene)
    with pytest.raises(ModelError) as raised:
        desk.ask(MEETING_QUESTION)
    assert raised.value.fault == fault
    assert detail in raised.value.detail
    assert server.address in raised.value.detail
    assert server.address not in str(raised.value)


WHOLE = json.dumps(
    {"id": "x", "object": "chat.completion", "created": 0, "model": "m",
     "choices": [{"index": 0, "message": {"role": "assistant", "content": MET}, "finish_reason": "stop"}],
     "usage": {"prompt_tokens": 900, "completion_tokens": 9, "total_tokens": 909}},
    indent=1,
)  # fmt: skip
COMPLETE = [
    pytest.param(says(MET, finish=None), id="no finish_reason, but [DONE]"),
    pytest.param(sends(chunk({"content": MET}) + chunk(None, "stop") + DONE), id="delta: null"),
    pytest.param(sends(chunk({"content": MET}) + chunk(None) + "data:[DONE]"), id="no line end after [DONE]"),
    pytest.param(sends((chunk({"content": MET}) + STOP + DONE).replace("\n", "\r\n")), id="CRLF"),
    pytest.param(sends(": ping\n\n" + chunk({"content": MET, "role": None}) + STOP + DONE), id="role: null"),
    pytest.param(sends(chunk({"content": MET}) + chunk({}, "eos_unknown") + DONE), id="another finish_reason"),
    pytest.param(sends(WHOLE), id="a whole JSON reply"),
    pytest.param(sends(WHOLE.replace("\n", "")), id="a whole JSON reply in one line"),
]


@pytest.mark.parametrize("scene", COMPLETE)
def test_a_reply_is_read_as_it_comes(desk: Assistant, server: ScriptedServer, scene: Scene) -> None:
    server.plays(scene)
    answer = desk.ask(MEETING_QUESTION)
    assert (answer.text, answer.state, answer.fault) == (MET, "complete", None)
    assert [each.support for each in answer.statements] == ["verified"]


LONG = "Trying to keep the first 9000 tokens … model is loaded with context length of only 4096 tokens, not enough."
TOO_LONG = [
    Scene(status=400, body=json.dumps({"error": LONG})),
    sends(f"data: {json.dumps({'error': LONG})}\n\n"),
    sends(json.dumps({"error": LONG})),
    sends(f'event: error\ndata: {{"error": {{"message": "{LONG}"}}}}\n\n'),
    Scene(status=400, body='{"error": {"code": 400, "type": "exceed_context_size_error", "message": "too big"}}'),
    Scene(status=400, body='{"object": "error", "message": "maximum context length is 4096 tokens", "code": 400}'),
    refuses(500, "the input length exceeds the context length"),
]


@pytest.mark.parametrize("scene", TOO_LONG)
def test_a_prompt_that_is_too_long_is_known_however_a_server_says_it(
    desk: Assistant, server: ScriptedServer, scene: Scene
) -> None:
    server.plays(scene, says(MET))
    assert desk.ask(MEETING_QUESTION).text == MET
    first, second = server.requests
    assert len(second.prompt) < len(first.prompt)


def test_a_prompt_that_was_cut_in_silence_is_a_doubt_of_the_answer(desk: Assistant, server: ScriptedServer) -> None:
    history = [Turn("user", "Tell me of Paris. " * 80), Turn("assistant", "It lies on the Seine. " * 60)] * 3
    question = "Whom did the defence minister Rustem Umerov meet in Paris on Monday, 2 September 2024?"
    plan = json.dumps({"questions": [question]})

    def counting(tokens: int) -> Script:
        return lambda received: says(MET if "end of passages" in received.prompt else plan, usage=(tokens, 9))

    server.plays(counting(5000))
    assert desk.ask(question, history=history).reason is None
    server.plays(counting(1024))
    answer = desk.ask(question, history=history)
    assert (answer.text, answer.state) == (MET, "complete")
    assert "m read only about" in str(answer.reason)


@pytest.mark.parametrize(
    "loop", ["It was on Monday, as the minister said. ", "He came [1]. He saw. He won. ", "No. ", "\n- A point [1]."]
)
def test_words_repeated_without_end_are_stopped_and_kept_once(
    desk: Assistant, server: ScriptedServer, loop: str
) -> None:
    server.plays(stalls(f"{MET} {loop * 100}"))
    answer = desk.ask(MEETING_QUESTION)
    assert server.hung_up.wait(300)
    assert (answer.state, answer.fault) == ("cut", "repeated")
    assert answer.text.startswith(MET)
    assert len(answer.statements) == len({each.text for each in answer.statements}) > 1


def test_honest_lists_may_repeat_themselves(desk: Assistant, server: ScriptedServer) -> None:
    raw = "\n".join(f"- {day}: not reported [1]." for day in ("Monday", "Tuesday", "Friday", "Saturday", "Sunday"))
    server.plays(says(f"{raw}\n{'-' * 80}\n{MET}"))
    assert desk.ask(MEETING_QUESTION).state == "complete"


BROKEN_OFF = [
    (says(f"{MET} The two sides disc", finish="length"), 1),
    (says(f"{MET} The two sides discussed it [1].", finish="length"), 2),
    (says(f"{MET} The two sides [1] disc", ending="cut"), 1),
]


@pytest.mark.parametrize(("scene", "judged"), BROKEN_OFF)
def test_the_broken_last_sentence_of_a_cut_answer_is_not_judged(
    desk: Assistant, server: ScriptedServer, scene: Scene, judged: int
) -> None:
    server.plays(scene)
    answer = desk.ask(MEETING_QUESTION)
    assert answer.state == "cut"
    assert len(answer.statements) == judged
    assert "disc" in answer.text


def test_a_refusal_in_bold_is_one(desk: Assistant, server: ScriptedServer) -> None:
    server.plays(says("**[No answer]** The passages say nothing of chess."))
    assert desk.ask(ABSENT_QUESTION).abstained


def test_the_plan_and_the_check_are_read_without_the_thinking(desk: Assistant, server: ScriptedServer) -> None:
    thought = '<think>Perhaps {"questions": ["Who is Macron?"]}</think>'

    def thinks(received: Received) -> Scene:
        plan = '{"questions": ["Whom did Umerov meet?"]}'
        return says(thought + (MET if "end of passages" in received.prompt else plan))

    server.plays(thinks)
    history = [Turn("user", MEETING_QUESTION), Turn("assistant", "Lecornu.")]
    assert desk.ask("And who is he?", history=history).searched_for == "Whom did Umerov meet?"
