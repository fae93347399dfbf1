"""Where an API is found, and what is left out of a request."""

from __future__ import annotations

import json

import pytest

from assistant import wiring
from assistant.models.openai_server import addresses, is_azure
from assistant.settings import Settings
from tests.scripted_server import ScriptedServer, refuses, refusing, says


@pytest.mark.parametrize(
    ("pasted", "places"),
    [
        ("http://127.0.0.1:11434", ["http://127.0.0.1:11434/v1", "http://127.0.0.1:11434"]),
        ("https://api.groq.com/openai/v1/", ["https://api.groq.com/openai/v1"]),
        ("https://x.example/v1beta/openai/chat/completions", ["https://x.example/v1beta/openai"]),
        ("https://openrouter.ai/api", ["https://openrouter.ai/api", "https://openrouter.ai/api/v1"]),
        ("https://x.openai.azure.com/", ["https://x.openai.azure.com/openai/v1"]),
        ("https://x.openai.azure.com/openai/v1", ["https://x.openai.azure.com/openai/v1"]),
        (
            "https://x.openai.azure.com/openai/deployments/D/chat/completions?api-version=2024-10-21",
            ["https://x.openai.azure.com/openai/deployments/D"],
        ),
    ],
)
def test_where_the_api_may_be(pasted: str, places: list[str]) -> None:
    assert addresses(pasted)[0] == places
    assert is_azure(pasted) == ("azure" in pasted)


def test_the_second_place_is_tried_also_where_the_host_is_written_in_capitals(server: ScriptedServer) -> None:
    server.serves = "/chat/completions"
    server.plays(says("Yes."))
    port = server.address.rpartition(":")[2]
    writer = wiring.chat_writer(Settings(model="m", base_url=f"http://LOCALHOST:{port}"))
    assert writer is not None
    assert writer.model.invoke("Hello").text == "Yes."


def test_the_limit_of_an_answer_goes_by_the_name_that_the_server_takes(server: ScriptedServer) -> None:
    refusal = refuses(400, "Unsupported parameter: 'max_completion_tokens'.")
    server.plays(refusing(lambda body: "max_completion_tokens" in body, refusal, says("Yes.")))
    writer = wiring.chat_writer(Settings(model="m", base_url=server.url))
    assert writer is not None
    assert writer.model.invoke("Hello", max_tokens=5).text == "Yes."
    assert server.requests[1].body["max_tokens"] == 5


def test_a_form_that_a_server_does_not_take_is_left_out(server: ScriptedServer) -> None:
    refusal = refuses(422, "response_format is not supported")
    server.plays(refusing(lambda body: "response_format" in body, refusal, says('{"city": "Paris"}')))
    writer = wiring.chat_writer(Settings(model="m", base_url=server.url))
    assert writer is not None
    assert json.loads(writer.model.invoke("Hello", response_format={"type": "json_object"}).text) == {"city": "Paris"}
    assert len(server.requests) == 2
