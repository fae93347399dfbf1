"""What a message asks for decides what is done with it: the kinds as the reader tells them, and what follows."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant import Assistant
from assistant.reader import Reader, RequestKind, reader
from assistant.settings import Settings
from assistant.types import Turn
from tests.assistant.conftest import DRONES_QUESTION, MEETING_QUESTION, Open, TakesFor, with_final_weights
from tests.scripted_server import ScriptedServer, says


def test_talk_gets_a_word_without_search_or_model(open_desk: Open, server: ScriptedServer, takes_for: TakesFor) -> None:
    takes_for("talk")
    reply = open_desk().stream("Good evening!")
    answer = reply.answer
    assert (answer.model, answer.abstained, answer.citations, answer.seconds_search) == ("assistant", False, (), 0.0)
    assert "4 articles" in answer.text
    assert "The model m (127.0.0.1" in answer.text
    assert server.requests == []


def test_work_on_a_text_without_a_model_says_what_it_takes(folder: Path, takes_for: TakesFor) -> None:
    takes_for("instruct")
    with Assistant.open(folder, settings=Settings(), read_only=True) as desk:
        answer = desk.ask("Make that shorter, please.")
    assert (answer.model, answer.abstained, answer.citations) == ("assistant", False, ())
    assert "take a chat model" in answer.text
    assert "hold" not in answer.text


def test_work_on_a_text_is_left_to_a_chat_model(open_desk: Open, server: ScriptedServer, takes_for: TakesFor) -> None:
    takes_for("instruct")
    server.plays(says("Umerov met Sébastien Lecornu in Paris [1]."))
    answer = open_desk().ask("Write a line about Umerov's meeting in Paris.")
    assert answer.model.startswith("m ")
    assert len(server.requests) == 1


def test_what_the_library_holds_is_counted_without_search_or_model(
    open_desk: Open, server: ScriptedServer, takes_for: TakesFor
) -> None:
    takes_for("library")
    answer = open_desk().ask("How many articles do you have?")
    assert (answer.model, answer.abstained) == ("catalogue", False)
    assert answer.text.startswith("The library holds 4 articles")
    assert server.requests == []


def test_a_kind_that_the_reader_is_not_sure_of_is_a_question(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reader, "request", lambda self, text: ("talk", 0.5))
    with Assistant.open(folder, settings=Settings(), read_only=True) as desk:
        assert "2,000 drones" in desk.ask(DRONES_QUESTION).text


def test_a_question_that_leans_on_another_is_taken_for_something_else_only_where_that_is_very_sure(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = [Turn("user", DRONES_QUESTION), Turn("assistant", "France will co-finance 2,000 drones [1].")]
    with Assistant.open(folder, settings=Settings(), read_only=True) as desk:
        for chance, model in ((0.7, "extractive"), (0.95, "assistant")):
            monkeypatch.setattr(Reader, "request", lambda self, text, chance=chance: ("instruct", chance))
            assert desk.ask("And of what?", history=history).model == model


@pytest.mark.parametrize(("chance", "leant_on"), [(1.0, DRONES_QUESTION), (0.6, "Which minister signed the treaty?")])
def test_talk_in_between_is_nothing_to_lean_on_where_it_surely_is_talk(
    folder: Path, monkeypatch: pytest.MonkeyPatch, chance: float, leant_on: str
) -> None:
    between = "Which minister signed the treaty?"

    def request(self: Reader, text: str) -> tuple[RequestKind, float]:
        return ("talk", chance) if text == between else ("answer", 1.0)

    monkeypatch.setattr(Reader, "request", request)
    said = [DRONES_QUESTION, "2,000 [1].", between, "Ask about the articles."]
    history = [Turn("assistant" if place % 2 else "user", text) for place, text in enumerate(said)]
    with Assistant.open(folder, settings=Settings(), read_only=True) as desk:
        answer = desk.ask("And of what?", history=history)
    assert answer.searched_for == f"And of what? ({leant_on})"


def test_an_overview_of_nothing_is_searched_for_as_a_question(folder: Path, takes_for: TakesFor) -> None:
    takes_for("digest")
    with Assistant.open(folder, settings=Settings(), read_only=True) as desk:
        answer = desk.ask("What happened at the chess olympiad?", since="2030-01-01")
    assert answer.abstained


@pytest.mark.parametrize("question", [MEETING_QUESTION, DRONES_QUESTION, "Хто зустрів Умєрова в Парижі?"])
def test_a_plain_question_is_one(question: str) -> None:
    assert reader().request(question)[0] == "answer"


@with_final_weights
@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("What happened last week?", "digest"),
        ("Summarise this week's news about the harbour", "digest"),
        ("What happened in December 2024?", "digest"),
        ("latest news", "digest"),
        ("Give me a timeline of the tram strike", "timeline"),
        ("Compare how CNN and the Guardian reported the flood", "compare"),
        ("How do UNN and Reuters differ on the flood?", "compare"),
        ("How many articles do you have?", "library"),
        ("Which sources are in this library?", "library"),
        ("Hello!", "talk"),
        ("Thanks a lot", "talk"),
        ("Дякую!", "talk"),
        ("Translate that into German, please", "instruct"),
        ("Make it shorter", "instruct"),
        ("shorter", "instruct"),
        ("How many people were hurt in the flood?", "answer"),
        ("Who said hello to the minister?", "answer"),
        ("How old is she?", "answer"),
    ],
)
def test_the_reader_tells_the_kinds_apart(message: str, kind: RequestKind) -> None:
    found, chance = reader().request(message)
    assert found == kind
    assert chance >= 0.6
