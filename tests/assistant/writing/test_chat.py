"""The chat model's writer against a scripted server: what goes out, what comes back, and everything that goes wrong."""

from __future__ import annotations

import gc
import logging
import random
import threading
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from langchain_core import exceptions
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from assistant import Assistant
from assistant.errors import (
    ModelError,
    ModelFailed,
    ModelKeyRefused,
    ModelRateLimited,
    ModelUnknown,
    ModelUnreachable,
)
from assistant.models.prompt import NO_ANSWER
from assistant.settings import Settings
from assistant.types import Turn, Usage
from tests.assistant.conftest import ABSENT_QUESTION, DRONES_QUESTION, MEETING_QUESTION, Open
from tests.assistant.making import DRONES, MEETING
from tests.scripted_server import (
    Scene,
    ScriptedServer,
    quotes_first_passage,
    refuses,
    says,
    sends,
    stalls,
)

MET = "Umerov met Sébastien Lecornu in Paris [1]. “We have specific projects, an action plan, and deadlines” [1]."
SHOWN = "Umerov met Sébastien Lecornu in Paris [1]. “We have specific projects, an action plan, and deadlines” [2]."


def test_an_answer_of_a_chat_model_is_checked_like_any_other(desk: Assistant, server: ScriptedServer) -> None:
    server.plays(says(MET, usage=(321, 54)))
    answer = desk.ask(MEETING_QUESTION)
    assert (answer.text, answer.state, answer.abstained, answer.reason) == (SHOWN, "complete", False, None)
    assert [(s.citations, s.support) for s in answer.statements] == [((1,), "verified"), ((2,), "verified")]
    assert [c.quote for c in answer.citations] == [
        "Defence Minister Rustem Umerov met his French counterpart Sébastien Lecornu in Paris on Monday.",
        "We have specific projects, an action plan, and deadlines",
    ]
    for citation in answer.citations:
        assert citation.article.text[citation.start : citation.end] == citation.quote
    assert answer.usage == Usage(321, 54)
    assert answer.model == desk.writer == f"m ({server.address})"
    assert answer.seconds_search > 0 < answer.seconds_write


def test_the_prompt_holds_numbered_passages_with_title_source_and_date(desk: Assistant, server: ScriptedServer) -> None:
    server.plays(says(MET))
    desk.ask(MEETING_QUESTION, as_of="2024-09-02")
    request = server.requests[0]
    head = "Title: Umerov meets his French counterpart in Paris\nSource: Starter Library, Europe desk\nDate: 2024-09-02"
    assert f" passage 1\n{head}\nText:\n{MEETING}\n" in request.prompt
    assert DRONES not in request.prompt  # published a day later
    assert "Answer as of 2024-09-02" in request.prompt
    assert request.prompt.endswith(f"Question: {MEETING_QUESTION}")
    assert request.body["model"] == "m"
    assert request.body["temperature"] == 0
    assert request.headers["authorization"] == "Bearer sk-secret-key"
    assert "sk-secret" not in str(request.body)


@pytest.mark.parametrize("scene", [says(MET, wire=1), says(list(MET)), says([MET]), says(MET, wire=13)])
def test_however_the_server_cuts_its_stream_the_answer_is_the_same(
    desk: Assistant, server: ScriptedServer, scene: Scene
) -> None:
    server.plays(scene)
    reply = desk.stream(MEETING_QUESTION)
    pieces = list(reply)
    assert "".join(pieces) == reply.answer.text == SHOWN
    assert [s.support for s in reply.answer.statements] == ["verified", "verified"]


def test_numbers_that_were_not_given_are_repaired_where_a_passage_says_it_else_dropped(
    desk: Assistant, server: ScriptedServer
) -> None:
    server.plays(says("Whales eat plankton slowly [99]. Umerov met Lecornu in Paris [98]. It was on Monday [0][1]."))
    answer = desk.ask(MEETING_QUESTION)
    assert answer.text == "Whales eat plankton slowly. Umerov met Lecornu in Paris [1]. It was on Monday [1]."
    assert (answer.statements[1].support, answer.statements[1].repaired) == ("verified", (1,))
    assert (answer.statements[0].support, answer.statements[0].reason) == ("unsupported", "no source cited")


@pytest.mark.parametrize(
    ("scene", "kind", "says_so", "requests"),
    [
        (refuses(401, "Incorrect API key provided: sk-secret-key"), ModelKeyRefused, "refused the key (401)", 1),
        (refuses(403), ModelKeyRefused, "does not let this key use m (403)", 1),
        (refuses(404, "no model m"), ModelUnknown, "has no model “m” (404). Set ASSISTANT_MODEL", 1),
        (refuses(429, retry_after=60), ModelRateLimited, "asks to slow down (429). Try again in 60 s", 1),
        (refuses(429, code="insufficient_quota"), ModelRateLimited, "quota", 1),
        (refuses(429, retry_after=0), ModelRateLimited, "asks to slow down (429)", 3),
        (refuses(500), ModelFailed, "failed (500). Try again later", 3),
        (refuses(503, "overloaded"), ModelFailed, "is overloaded (503)", 3),
        (refuses(400, "maximum context length is 8192 tokens"), ModelFailed, "Set ASSISTANT_PASSAGES lower", 2),
        (refuses(400, "sk-secret-key is odd"), ModelFailed, "refused the request (400)", 1),
        (refuses(422), ModelFailed, "refused the request (422)", 1),
        (says("", ending="cut"), ModelUnreachable, "cannot be reached, or hung up. Check OPENAI_BASE_URL", 1),
        (says("", ending="clean", finish=None), ModelFailed, "empty answer", 1),
        (says(" \n"), ModelFailed, "empty answer", 1),
        (says("", finish="content_filter"), ModelFailed, "withheld", 1),
        (says("", finish="length"), ModelFailed, "length limit", 1),
        (sends("data: {broken\n\n"), ModelFailed, "cannot be read", 1),
        (sends("<html>Log in</html>"), ModelFailed, "cannot be read", 1),
        (sends('data: {"error": {"message": "sk-secret-key broke"}}\n\n'), ModelFailed, "reported a failure", 3),
    ],
)  # fmt: skip
def test_no_answer_is_a_plain_message_with_the_next_step(
    desk: Assistant,
    server: ScriptedServer,
    caplog: pytest.LogCaptureFixture,
    scene: Scene,
    kind: type[ModelError],
    says_so: str,
    requests: int,
) -> None:
    caplog.set_level(logging.DEBUG)
    server.plays(scene)
    articles = desk.articles()
    reply = desk.stream(MEETING_QUESTION)
    with pytest.raises(kind) as raised:
        list(reply)
    assert type(raised.value) is kind
    for_operator = raised.value.detail
    assert says_so in f"{raised.value} {for_operator}"
    assert server.address not in str(raised.value)
    assert not for_operator or (server.address in for_operator and for_operator in caplog.text)
    assert raised.value.found[0].article.title == "Umerov meets his French counterpart in Paris"
    unanswered = reply.unanswered
    assert unanswered is not None
    assert (unanswered.state, unanswered.text, unanswered.reason) == ("cut", "", str(raised.value))
    assert (unanswered.fault, unanswered.nearest) == (raised.value.fault, raised.value.found)
    assert len(server.requests) == requests
    shown = "".join(traceback.format_exception(raised.value)) + repr(raised.value)
    assert "sk-secret" not in shown + str(raised.value.__context__) + str(raised.value.__cause__)
    assert "sk-secret" not in "".join(r.getMessage() for r in caplog.records if r.name.startswith("assistant"))
    with pytest.raises(kind):
        _ = reply.answer
    assert desk.articles() == articles


@pytest.mark.parametrize(
    ("scene", "says_so"),
    [
        (says(MET[:50], ending="cut"), "broke off"),
        (says(MET, ending="clean", finish=None), "ended before the answer did"),
        (says(MET, finish="length"), "length limit"),
        (says(MET, finish="content_filter"), "withheld"),
        (stalls(MET[:50]), "sent nothing for"),
        (stalls(MET[:50], keepalives=True), "sent nothing for"),
        (says(MET[:50], ending="cut", wire=1), "broke off"),
    ],
)
def test_an_answer_that_breaks_off_is_kept_and_marked_as_cut(
    open_desk: Open, server: ScriptedServer, scene: Scene, says_so: str
) -> None:
    server.plays(scene)
    patience = 2 if scene.ending == "stall" else 600
    reply = open_desk(first_token_seconds=patience).stream(MEETING_QUESTION)
    text = "".join(reply)
    answer = reply.answer
    assert answer.state == "cut"
    assert answer.reason is not None
    assert answer.reason.startswith("The answer is cut.")
    assert says_so in answer.reason
    assert text == answer.text
    assert answer.text.startswith("Umerov met Sébastien Lecornu in Paris [1].")
    assert answer.statements[0].support == "verified"
    assert len(server.requests) == 1


def test_a_model_that_never_begins_is_given_up_and_hung_up(open_desk: Open, server: ScriptedServer) -> None:
    server.plays(stalls())
    desk = open_desk(first_token_seconds=0.3)
    desk.search(MEETING_QUESTION)  # loads the vectors' model
    with pytest.raises(ModelUnreachable, match=r"sent nothing for 0\.3 s") as raised:
        desk.ask(MEETING_QUESTION)
    assert "ASSISTANT_FIRST_TOKEN_SECONDS" in raised.value.detail
    assert server.hung_up.wait(300)


def test_a_whole_answer_has_its_limit_too(open_desk: Open, server: ScriptedServer) -> None:
    server.plays(stalls(MET[:50], keepalives=True))
    answer = open_desk(answer_seconds=2).ask(MEETING_QUESTION)
    assert answer.state == "cut"
    assert 0 < len(answer.text) < len(SHOWN)
    assert server.hung_up.wait(300)


@pytest.mark.parametrize("scene", [refuses(500), refuses(429, retry_after=0), refuses(503)])
def test_a_passing_failure_is_tried_again(desk: Assistant, server: ScriptedServer, scene: Scene) -> None:
    server.plays(scene, scene, says(MET))
    assert desk.ask(MEETING_QUESTION).text == SHOWN
    assert len(server.requests) == 3


def test_a_server_that_is_not_there(open_desk: Open) -> None:
    with pytest.raises(ModelUnreachable, match="m cannot be reached") as raised:
        open_desk(base_url="http://127.0.0.1:9/v1").ask(MEETING_QUESTION)
    assert "127.0.0.1:9 cannot be reached" in raised.value.detail


def test_cancelling_stops_and_closes_the_request(desk: Assistant, server: ScriptedServer) -> None:
    server.plays(stalls(MET[:60]))
    reply = desk.stream(MEETING_QUESTION)
    text = ""
    for piece in reply:
        text += piece
        if "[1]" in text:
            threading.Timer(0.05, reply.cancel).start()
    assert server.hung_up.wait(300)
    answer = reply.answer
    assert (answer.state, answer.reason) == ("stopped", None)
    assert answer.text == text
    assert answer.text.startswith("Umerov met Sébastien Lecornu in Paris [1].")
    assert answer.statements[0].support == "verified"
    reply.cancel()


def test_cancelling_before_the_first_word(desk: Assistant, server: ScriptedServer) -> None:
    server.plays(stalls())
    reply = desk.stream(MEETING_QUESTION)

    def cancel_once_asked() -> None:
        while not server.requests:
            time.sleep(0.02)
        reply.cancel()

    threading.Thread(target=cancel_once_asked).start()
    answer = reply.answer
    assert (answer.state, answer.text, answer.statements) == ("stopped", "", ())
    untouched = desk.stream(MEETING_QUESTION)
    untouched.cancel()
    assert untouched.answer.state == "stopped"
    assert len(server.requests) == 1


def test_answers_stopped_at_random_moments_leave_no_thread_and_no_connection(
    desk: Assistant, server: ScriptedServer
) -> None:
    desk.search(MEETING_QUESTION)
    chance = random.Random(7)
    earlier = set(threading.enumerate())
    for round_ in range(20):
        server.plays(says(MET, pause=0.01) if round_ % 2 else stalls(MET[: chance.randrange(0, 90)]))
        reply = desk.stream(MEETING_QUESTION)
        timer = threading.Timer(chance.uniform(0.0, 0.25), reply.cancel)
        timer.start()
        for _ in reply:
            pass
        timer.join()
        assert reply.answer.state in ("stopped", "complete")
    while server.connections or _answering(earlier):
        time.sleep(0.02)


def _answering(earlier: set[threading.Thread]) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "answer" and thread not in earlier]


def test_a_reply_that_nobody_reads_on_is_hung_up(desk: Assistant, server: ScriptedServer) -> None:
    server.plays(stalls(MET[:50]))
    reply = desk.stream(MEETING_QUESTION)
    next(reply)
    del reply
    gc.collect()
    assert server.hung_up.wait(300)


def test_reading_in_part_and_then_asking_for_the_answer_reads_the_rest(desk: Assistant, server: ScriptedServer) -> None:
    server.plays(says(MET))
    reply = desk.stream(MEETING_QUESTION)
    assert next(reply)
    assert reply.answer.text == SHOWN
    assert reply.answer is reply.answer
    assert list(reply) == []


def test_the_model_is_asked_though_nothing_matches_well_and_says_itself_that_there_is_no_answer(
    desk: Assistant, server: ScriptedServer
) -> None:
    server.plays(says(f"{NO_ANSWER} The passages say nothing of chess [1]."))
    reply = desk.stream(ABSENT_QUESTION)
    shown = "".join(reply)
    answer = reply.answer
    assert len(server.requests) == 1
    assert " passage 1\n" in server.requests[0].prompt
    assert answer.abstained
    assert answer.text == answer.reason == shown
    assert shown.startswith("The passages say nothing of chess. The nearest article is “")
    assert shown.endswith("All 4 articles of the library were searched.")
    assert (answer.statements, answer.citations, answer.state) == ((), (), "complete")
    assert answer.nearest


@pytest.mark.parametrize("cut", range(1, len(NO_ANSWER) + 2))
def test_a_refusal_in_any_language_is_one_however_it_is_cut(desk: Assistant, server: ScriptedServer, cut: int) -> None:
    raw = f"{NO_ANSWER} У статтях немає нічого про шахи."
    server.plays(says([raw[:cut], raw[cut:]]))
    answer = desk.ask(MEETING_QUESTION)
    assert answer.abstained
    assert answer.text.startswith("У статтях немає нічого про шахи. The nearest article is")
    assert NO_ANSWER not in answer.text


def test_an_empty_scope_asks_no_model(desk: Assistant, server: ScriptedServer) -> None:
    answer = desk.ask(MEETING_QUESTION, until="2021-01-01")
    assert server.requests == []
    assert answer.abstained
    assert "No article in the library lies within this scope." in answer.text


def test_an_answer_in_another_language_than_the_articles_is_not_checked_never_called_wrong(
    desk: Assistant, server: ScriptedServer
) -> None:
    server.plays(says("Умєров зустрів у Парижі міністра оборони Франції [1]."))
    answer = desk.ask(MEETING_QUESTION)
    assert [(each.support, each.citations) for each in answer.statements] == [("unchecked", (1,))]
    assert answer.to_dict()["checked"]["unchecked"] == 1
    assert len(server.requests) == 1  # there is nothing to mend


def test_earlier_turns_are_sent_without_their_markers_and_help_the_search(
    desk: Assistant, server: ScriptedServer
) -> None:
    server.plays(says('{"questions": ["Who is Lecornu?"]}'), says("Rustem Umerov met Lecornu [1]."))
    history: list[Turn | dict[str, str]] = [
        Turn("user", MEETING_QUESTION),
        {"role": "assistant", "content": "Lecornu, in Paris [1][2]."},
    ]
    answer = desk.ask("Who is he?", history=history)
    assert not answer.abstained
    assert answer.searched_for == "Who is Lecornu?"
    roles = [(message["role"], message["content"]) for message in server.requests[1].body["messages"]]
    assert roles[1:3] == [("user", MEETING_QUESTION), ("assistant", "Lecornu, in Paris.")]
    assert MEETING in roles[3][1]


def test_many_threads_share_one_assistant(desk: Assistant, server: ScriptedServer) -> None:
    server.plays(quotes_first_passage)
    questions = [MEETING_QUESTION, DRONES_QUESTION] * 4
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(desk.ask, questions))
    for question, answer in zip(questions, answers, strict=True):
        expected = "meeting" if question == MEETING_QUESTION else "drones"
        assert {c.article.title for c in answer.citations} == {
            {
                "meeting": "Umerov meets his French counterpart in Paris",
                "drones": "France will co-finance two thousand drones",
            }[expected]
        }
        assert answer.state == "complete"


@pytest.mark.parametrize("scene", [refuses(401), refuses(429), stalls(), says(" ")])
def test_where_the_model_gives_no_answer_the_reader_may_get_quotes_at_once(
    open_desk: Open, server: ScriptedServer, scene: Scene
) -> None:
    server.plays(scene)
    desk = open_desk(fallback="extractive", first_token_seconds=1 if scene.ending == "stall" else 600)
    answer = desk.ask(MEETING_QUESTION)
    assert len(server.requests) == 1
    assert (answer.model, answer.state, answer.statements[0].support) == ("extractive", "complete", "verified")
    assert answer.reason == "The model m did not answer; these are quotes."
    assert answer.fault is not None
    deep = desk.ask(MEETING_QUESTION, deep=True)
    assert (deep.text, deep.reason) == (answer.text, answer.reason)
    absent = desk.ask(ABSENT_QUESTION)
    assert absent.abstained
    assert absent.text.startswith("The model m did not answer. No sentence of the library")


class OwnModel(BaseChatModel):
    """A model of somebody's own: no streaming, no word on how it ended."""

    says: str = MET
    error: Any = None

    @property
    def _llm_type(self) -> str:
        return "own"

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        if self.error is not None:
            raise self.error
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content=self.says))])


def test_any_langchain_chat_model_can_write(folder: Path) -> None:
    with Assistant.open(folder, settings=Settings(), read_only=True, chat_model=OwnModel()) as desk:
        answer = desk.ask(MEETING_QUESTION)
    assert (answer.text, answer.state, answer.model) == (SHOWN, "complete", "OwnModel")


def test_a_foreign_client_that_cannot_be_hung_up_is_left_at_once(folder: Path) -> None:
    asked, released = threading.Event(), threading.Event()

    class Blocked(OwnModel):
        def _stream(self, *_: Any, **__: Any) -> Iterator[ChatGenerationChunk]:
            asked.set()
            yield ChatGenerationChunk(message=AIMessageChunk(content=f"{MET} "))
            released.wait(300)
            yield ChatGenerationChunk(message=AIMessageChunk(content="Too late [1]."))

    with Assistant.open(folder, settings=Settings(), read_only=True, chat_model=Blocked()) as desk:
        reply = desk.stream(MEETING_QUESTION)
        text = next(reply)
        assert asked.is_set()
        threading.Timer(0.05, reply.cancel).start()
        assert text + "".join(reply) == reply.answer.text == SHOWN
        assert reply.answer.state == "stopped"
        released.set()
    assert reply.answer.text == SHOWN


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (exceptions.ModelAuthenticationError("sk-secret"), ModelKeyRefused),
        (exceptions.ModelNotFoundError("sk-secret"), ModelUnknown),
        (exceptions.ModelTimeoutError("sk-secret"), ModelUnreachable),
        (exceptions.ContextOverflowError("sk-secret"), ModelFailed),
        (OSError("sk-secret"), ModelUnreachable),
        (ZeroDivisionError("sk-secret"), ModelFailed),
    ],
)
def test_errors_of_any_provider_become_ours(folder: Path, error: Exception, kind: type[ModelError]) -> None:
    model = OwnModel(error=error)
    with (
        Assistant.open(folder, settings=Settings(), read_only=True, chat_model=model) as desk,
        pytest.raises(kind) as raised,
    ):
        desk.ask(MEETING_QUESTION)
    assert "OwnModel" in str(raised.value)
    assert "sk-secret" not in "".join(traceback.format_exception(raised.value))


def test_the_retrieval_chain_runs_with_callbacks(desk: Assistant) -> None:
    from assistant.writing.chain import retrieval_chain

    seen: list[str] = []

    class Watcher(BaseCallbackHandler):
        def on_retriever_end(self, documents: Any, **_: Any) -> None:
            seen.append(documents[0].metadata["title"])

        def on_chat_model_start(self, serialized: Any, messages: Any, **_: Any) -> None:
            seen.append(messages[0][0].type)

    chain = retrieval_chain(desk.as_retriever(k=2, until="2024-09-02"), OwnModel())
    message = chain.invoke(MEETING_QUESTION, {"callbacks": [Watcher()]})
    assert message.content == MET
    assert seen == ["Umerov meets his French counterpart in Paris", "system"]


def test_documents_of_the_retriever_say_where_they_stand(desk: Assistant) -> None:
    document = desk.as_retriever(k=1).invoke(MEETING_QUESTION)[0]
    article = desk.library.article(document.metadata["article_id"])
    assert article.text[document.metadata["start"] : document.metadata["end"]] == document.page_content
    assert document.metadata["published"] == "2024-09-02"


def test_a_writer_is_named_by_the_settings(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def writer() -> str:
        with Assistant.open(folder, read_only=True) as opened:
            return opened.writer

    assert writer() == "extractive"
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")
    assert writer() == "openai:gpt-4.1-mini"
    monkeypatch.setenv("ASSISTANT_MODEL", "openai:gpt-5.4")
    assert writer() == "openai:gpt-5.4"
    monkeypatch.setenv("ASSISTANT_MODEL", "extractive")
    assert writer() == "extractive"
