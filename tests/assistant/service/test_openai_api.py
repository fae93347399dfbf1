"""OpenAI's protocol, spoken by OpenAI's own client and by LangChain's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openai
import pytest
from langchain_openai import ChatOpenAI
from openai import OpenAI
from openai.types.chat import ChatCompletion
from openai.types.responses import Response
from pydantic import SecretStr

from assistant.service.openai_api import MODEL
from tests.assistant.conftest import ABSENT_QUESTION, DRONES_QUESTION, MEETING_QUESTION, Open
from tests.assistant.making import DRONES
from tests.assistant.service.conftest import served
from tests.scripted_server import ScriptedServer, says, stalls

FOOTNOTE = "[1]: “France will co-finance two thousand drones”, Starter Library, Europe desk, 3 September 2024"
ASKED: Any = [{"role": "user", "content": DRONES_QUESTION}]


@pytest.fixture(scope="module")
def client(extractive: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{extractive}/v1", api_key="none", timeout=None, max_retries=0) as made:
        yield made


def check_citation(text: str, cited: dict[str, Any]) -> None:
    assert text[cited["start_index"] : cited["end_index"]] == "[1]"
    assert cited["quote"] == DRONES[cited["start"] : cited["end"]]
    assert cited["url"] == f"article://{cited['article_id']}"
    assert cited["title"] == "France will co-finance two thousand drones"


def test_a_completion_has_citations_as_annotations_and_as_footnotes(client: OpenAI) -> None:
    done = client.chat.completions.create(model=MODEL, messages=ASKED, temperature=0.5, user="anybody")
    ChatCompletion.model_validate(done.model_dump(), strict=True)
    text, annotations = done.choices[0].message.content or "", done.choices[0].message.annotations or []
    assert "2,000 drones" in text
    assert text.endswith(FOOTNOTE)
    check_citation(text, annotations[0].url_citation.model_dump())
    assert done.choices[0].finish_reason == "stop"


def test_a_streamed_completion_is_the_same(client: OpenAI) -> None:
    whole = client.chat.completions.create(model=MODEL, messages=ASKED)
    options: Any = {"include_usage": True}
    chunks = list(client.chat.completions.create(model=MODEL, messages=ASKED, stream=True, stream_options=options))
    deltas = [choice.delta for chunk in chunks for choice in chunk.choices]
    text = "".join(delta.content or "" for delta in deltas)
    assert text == whole.choices[0].message.content
    (annotations,) = [each for delta in deltas if (each := (delta.model_extra or {}).get("annotations"))]
    check_citation(text, annotations[0]["url_citation"])
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage is not None


def test_a_response_and_its_stream(client: OpenAI) -> None:
    whole = client.responses.create(model=MODEL, input=DRONES_QUESTION, instructions="Be brief.")
    Response.model_validate(whole.model_dump(), strict=True)
    assert whole.output_text.endswith(FOOTNOTE)
    with client.responses.stream(model=MODEL, input=ASKED) as stream:
        events = list(stream)
        final = stream.get_final_response()
    assert final.output_text == whole.output_text
    assert "".join(each.delta for each in events if each.type == "response.output_text.delta") == whole.output_text
    part: Any = final.model_dump()["output"][0]["content"][0]
    check_citation(whole.output_text, part["annotations"][0])
    numbers = [each.sequence_number for each in events if hasattr(each, "sequence_number")]
    assert numbers == sorted(set(numbers))


def test_earlier_messages_are_the_history(client: OpenAI) -> None:
    first = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": MEETING_QUESTION}])
    answer = first.choices[0].message.content or ""
    said: Any = [
        {"role": "system", "content": "Speak like a pirate."},
        {"role": "user", "content": [{"type": "text", "text": MEETING_QUESTION}]},
        {"role": "assistant", "content": answer},
        {"role": "user", "content": "And what remains a priority for them?"},
    ]
    followed = client.chat.completions.create(model=MODEL, messages=said)
    assert "Air defence" in (followed.choices[0].message.content or "")
    response = client.responses.create(model=MODEL, input=said)
    assert "Air defence" in response.output_text


def test_footnotes_of_an_earlier_answer_do_not_reach_the_model(open_desk: Open, server: ScriptedServer) -> None:
    server.plays(says("France pays for 2,000 drones [1]."))
    with served(open_desk()) as address, OpenAI(base_url=f"{address}/v1", api_key="none", timeout=None) as client:
        first = client.chat.completions.create(model=MODEL, messages=ASKED).choices[0].message.content or ""
        assert "[1]: “" in first
        said: Any = [*ASKED, {"role": "assistant", "content": first}, {"role": "user", "content": "And in which year?"}]
        client.chat.completions.create(model=MODEL, messages=said)
    earlier = server.requests[-1].body["messages"][2]
    assert earlier["role"] == "assistant"
    assert "France pays for 2,000 drones" in earlier["content"]
    assert "“" not in earlier["content"]


def test_nothing_held_is_said_and_a_day_can_be_set(client: OpenAI) -> None:
    absent = client.responses.create(model=MODEL, input=ABSENT_QUESTION)
    assert absent.status == "completed"
    assert "nearest article" in absent.output_text
    early = client.responses.create(model=MODEL, input=DRONES_QUESTION, extra_body={"as_of": "2024-09-02"})
    assert "2,000" not in early.output_text


@pytest.mark.parametrize(
    ("changed", "param"),
    [
        ({"model": "gpt-4.1"}, "model"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "wizard", "content": ""}]}, "messages.0.role"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]},
            "messages.0.content",
        ),
        ({"n": 2}, "n"),
        ({"response_format": {"type": "json_object"}}, "response_format.type"),
    ],
)
def test_a_wrong_parameter_is_named(client: OpenAI, changed: Any, param: str) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(**({"model": MODEL, "messages": ASKED} | changed))
    assert (refused.value.param, refused.value.type) == (param, "invalid_request_error")


def test_the_model_is_listed(client: OpenAI) -> None:
    assert [model.id for model in client.models.list()] == [MODEL]


def test_a_cut_answer_does_not_look_whole(open_desk: Open, server: ScriptedServer) -> None:
    server.plays(says("France will co-finance 2,000 drones [1]. And", ending="cut", finish=None))
    with served(open_desk()) as address, OpenAI(base_url=f"{address}/v1", api_key="none", timeout=None) as client:
        done = client.chat.completions.create(model=MODEL, messages=ASKED)
        assert done.choices[0].finish_reason == "length"
        assert "The answer is cut." in (done.choices[0].message.content or "")
        *_, last = client.responses.create(model=MODEL, input=ASKED, stream=True)
        assert last.type == "response.incomplete"


def test_a_failure_of_the_model_is_an_error_also_of_a_stream(open_desk: Open, server: ScriptedServer) -> None:
    server.plays(stalls())
    with (
        served(open_desk(first_token_seconds=1)) as address,
        OpenAI(base_url=f"{address}/v1", api_key="none", timeout=None, max_retries=0) as client,
    ):
        with pytest.raises(openai.InternalServerError, match="sent nothing"):
            client.chat.completions.create(model=MODEL, messages=ASKED)
        with pytest.raises(openai.APIError, match="sent nothing"):
            list(client.chat.completions.create(model=MODEL, messages=ASKED, stream=True))


def test_what_was_corrected_after_it_was_sent_follows_once_more(open_desk: Open, server: ScriptedServer) -> None:
    wrong, right = "France will co-finance 3,000 drones [1].", "France will co-finance 2,000 drones [1]."
    verdicts = f'{{"verdicts": [{{"number": 1, "verdict": "not_carried", "corrected": "{right}"}}]}}'
    server.plays(says(wrong), says(verdicts))
    with (
        served(open_desk(check="model")) as address,
        OpenAI(base_url=f"{address}/v1", api_key="none", timeout=None) as client,
    ):
        chunks = list(client.chat.completions.create(model=MODEL, messages=ASKED, stream=True))
    deltas = [choice.delta for chunk in chunks for choice in chunk.choices]
    text = "".join(delta.content or "" for delta in deltas)
    before, _, after = text.partition("The answer now reads:")
    assert "3,000" in before
    assert "2,000" in after
    (annotations,) = [each for delta in deltas if (each := (delta.model_extra or {}).get("annotations"))]
    places = [each["url_citation"]["start_index"] for each in annotations]
    assert [text[place : place + 3] for place in places] == ["[1]"]
    assert places[0] > len(before)


def test_an_articles_or_a_models_words_become_no_markup(open_desk: Open, server: ScriptedServer) -> None:
    hostile = "France: ![x](https://evil.example/?q) <img src=https://evil.example> 2,000 drones, 1 < 2 [1]."
    server.plays(says(hostile))
    with served(open_desk()) as address, OpenAI(base_url=f"{address}/v1", api_key="none", timeout=None) as client:
        chunks = list(client.chat.completions.create(model=MODEL, messages=ASKED, stream=True))
        streamed = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
        server.plays(says(hostile))
        whole = client.chat.completions.create(model=MODEL, messages=ASKED).choices[0].message.content or ""
    for text in (streamed, whole):
        assert "](" not in text
        assert "<img" not in text.replace("\\<img", "")


@pytest.mark.parametrize("responses", [False, True])
def test_langchains_model_asks_and_streams(extractive: str, responses: bool) -> None:
    model = ChatOpenAI(
        model=MODEL,
        base_url=f"{extractive}/v1",
        api_key=SecretStr("none"),
        use_responses_api=responses,
        stream_usage=True,
    )
    said = model.invoke(DRONES_QUESTION)
    assert "2,000 drones" in said.text
    assert FOOTNOTE in said.text
    assert "".join(chunk.text for chunk in model.stream(DRONES_QUESTION)) == said.text
    if responses:
        block: Any = said.content[0]
        assert block["annotations"][0]["title"] == "France will co-finance two thousand drones"
