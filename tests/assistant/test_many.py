"""Many questions at a time, and questions from async code."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import aclosing
from typing import Any

import pandas as pd  # type: ignore[import-untyped]
import pytest

from assistant import Assistant
from assistant.models.cancelling import Stop
from assistant.types import Answer
from tests.assistant.conftest import DRONES_QUESTION, MEETING_QUESTION, Open
from tests.scripted_server import Received, Scene, ScriptedServer, says, stalls
from vectorstore.errors import SearchInvalid


@pytest.fixture
def quoting(open_desk: Open) -> Assistant:
    return open_desk(model="extractive")


def test_answers_come_in_order_with_what_was_asked_and_errors_in_their_places(quoting: Assistant) -> None:
    asked: list[Any] = [
        MEETING_QUESTION,
        {"id": 7, "question": DRONES_QUESTION, "since": "2024-09-03", "sources": None},
        "",
        {"question": None},
        {"question": MEETING_QUESTION, "until": "2021-01-01"},
    ]
    for workers in (1, 3):
        answered = list(quoting.ask_many(asked, workers=workers, as_of="2024-09-05"))
        assert [question for question, _ in answered] == asked
        met, drones, empty, none, outside = (result for _, result in answered)
        assert isinstance(met, Answer)
        assert "Lecornu" in met.text
        assert isinstance(drones, Answer)
        assert (str(drones.scope.since), str(drones.scope.as_of)) == ("2024-09-03", "2024-09-05")
        assert isinstance(empty, SearchInvalid)
        assert "not NoneType" in str(none)
        assert isinstance(outside, Answer)
        assert outside.abstained


def test_a_data_frame_is_a_list_of_questions_and_its_gaps_are_gaps(quoting: Assistant) -> None:
    frame = pd.DataFrame(
        {
            "question": [MEETING_QUESTION, DRONES_QUESTION],
            "since": [pd.NaT, pd.Timestamp("2024-09-03")],
            "sources": [float("nan"), "Starter Library, Europe desk"],
        }
    )
    (_, met), (_, drones) = quoting.ask_many(frame)
    assert isinstance(met, Answer)
    assert isinstance(drones, Answer)
    assert (met.scope.since, met.scope.sources) == (None, ())
    assert (str(drones.scope.since), drones.scope.sources) == ("2024-09-03", ("Starter Library, Europe desk",))
    assert [question for question, _ in quoting.ask_many(frame["question"])] == [MEETING_QUESTION, DRONES_QUESTION]


def test_several_are_asked_at_a_time_and_a_slow_one_keeps_its_place(desk: Assistant, server: ScriptedServer) -> None:
    others = threading.Barrier(3)

    def together(received: Received) -> Scene:
        others.wait()  # broken, and an error, unless three ask at the same time
        return says("Umerov met Lecornu in Paris. [1]")

    server.plays(together)
    questions = [f"Whom did Umerov meet in Paris on visit {n}?" for n in range(6)]
    assert [question for question, _ in desk.ask_many(questions, workers=3)] == questions


def test_one_question_in_place_of_a_list_is_refused(quoting: Assistant) -> None:
    with pytest.raises(SearchInvalid, match="list of questions"):
        quoting.ask_many(MEETING_QUESTION)


def test_stopping_hangs_up_on_the_model(desk: Assistant, server: ScriptedServer) -> None:
    stop = Stop()
    server.plays(stalls("Umerov met"))
    answers = desk.ask_many([MEETING_QUESTION, DRONES_QUESTION], workers=2, stop=stop)
    reading = threading.Thread(target=lambda: list(answers))
    reading.start()
    while len(server.requests) < 2:
        time.sleep(0.01)
    stop.ask()
    reading.join()
    server.hung_up.wait()


def test_async_code_asks_and_streams_while_its_loop_goes_on(desk: Assistant, server: ScriptedServer) -> None:
    over = threading.Event()
    server.plays(says("Umerov met Sébastien Lecornu in Paris. [1]", until=over))

    async def ask() -> tuple[str, Answer, Answer]:
        waiting = asyncio.create_task(desk.aask(MEETING_QUESTION))
        reply = desk.astream(MEETING_QUESTION)
        text = await anext(reply)
        assert not waiting.done()
        over.set()  # by this very thread: it is not blocked
        async for piece in reply:
            text += piece
        return text, await reply.answer(), await waiting

    text, streamed, asked = asyncio.run(ask())
    assert text == streamed.text == asked.text
    assert streamed.citations


def test_a_cancelled_task_hangs_up_on_the_model(desk: Assistant, server: ScriptedServer) -> None:
    async def cancelled(begin: Any) -> None:
        server.plays(stalls("Umerov met"))
        task = asyncio.create_task(begin())
        while not server.requests:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.to_thread(server.hung_up.wait)

    async def stream() -> None:
        async for _ in desk.astream(MEETING_QUESTION):
            pass

    async def many() -> None:
        async with aclosing(desk.aask_many([MEETING_QUESTION] * 3, workers=2)) as answers:
            async for _ in answers:
                pass

    for begin in (lambda: desk.aask(MEETING_QUESTION), stream, many):
        asyncio.run(cancelled(begin))


def test_the_async_twin_gives_the_same_answers(quoting: Assistant) -> None:
    asked = [MEETING_QUESTION, "", DRONES_QUESTION]

    async def ask() -> list[tuple[Any, Any]]:
        return [pair async for pair in quoting.aask_many(asked, workers=2)]

    def told(pairs: list[tuple[Any, Any]]) -> list[tuple[Any, str]]:
        return [(question, str(getattr(result, "text", result))) for question, result in pairs]

    assert told(asyncio.run(ask())) == told(list(quoting.ask_many(asked)))
