"""Several questions in one: told apart, searched for, answered; each that has no answer is named."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from assistant import Assistant
from assistant.conversation import parts as facets
from assistant.conversation import planning
from assistant.models.prompt import NO_ANSWER
from assistant.settings import Settings
from assistant.writer import Writer
from tests.assistant.conftest import ABSENT_QUESTION, DRONES_QUESTION
from tests.assistant.making import matches
from tests.scripted_server import ScriptedServer, refuses, says, sends, stalls
from vectorstore.library import Library
from vectorstore.types import Match

ORBIT_QUESTION = "By how many minutes did DART shorten the orbit of Dimorphos?"
TWO = f"{DRONES_QUESTION} {ORBIT_QUESTION}"
PAIR = "Whom did Umerov and Dimorphos meet in Paris?"
"""One question by its mark; the "and" makes a model look."""


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (TWO, (DRONES_QUESTION, ORBIT_QUESTION)),
        ("Who won the cup and where did Spain play England?", ("Who won the cup?", "where did Spain play England?")),
        ("Who leads the port? How old is she?", ("Who leads the port?", "How old is she? (Who leads the port?)")),
    ],
)
def test_questions_with_marks_of_their_own_are_parted_and_a_later_one_gets_the_first_in_brackets(
    question: str, parts: tuple[str, ...]
) -> None:
    assert facets.split(question) == parts


@pytest.mark.parametrize(
    "question",
    [
        "Who won the final between Spain and England?",
        "The port has a new head. Who is it?",
        "Did the act pass and is it in force?",
        " ".join(f"Who won the cup in {year}?" for year in range(2015, 2020)),
        f"Who won the cup? {'Why? ' * 200}",
        "?",
    ],
)
def test_anything_else_stays_whole(question: str) -> None:
    assert facets.split(question) == (question,)


def test_rankings_take_turns_and_a_passage_comes_once() -> None:
    one, two, three, four = matches(["One.", "Two.", "Three.", "Four."])
    mixed = facets.interleaved([[one, two, four], [two, three]], 3)
    assert [(match.rank, match.text) for match in mixed] == [(1, "One."), (2, "Two."), (3, "Three.")]


def test_statements_of_all_parts_number_the_same_passages_and_none_comes_twice() -> None:
    found = matches(["One.", "Two.", "Three."])
    not_held: list[str] = []

    def write(question: str, own: Sequence[Match]) -> Iterator[str]:
        for number, match in enumerate(own, start=1):
            yield f"Desk [7], 2024: “{match.text}” [{number}]"
            yield "\n"

    written = "".join(facets.one_after_the_other(write, [("a", [2, 0]), ("b", [0, 1])], found, not_held))
    assert written == "Desk [7], 2024: “Three.” [3]\nDesk [7], 2024: “One.” [1]\n\nDesk [7], 2024: “Two.” [2]"
    assert not_held == []


def test_a_part_without_an_answer_is_noted_and_none_at_all_is_no_answer() -> None:
    def write(question: str, own: Sequence[Match]) -> Iterator[str]:
        yield "“One.” [1]" if question == "a" else NO_ANSWER

    for parts, text, missing in [(("a", "b"), "“One.” [1]", ["b"]), (("b", "c"), NO_ANSWER, ["b", "c"])]:
        not_held: list[str] = []
        own = [(part, [0]) for part in parts]
        assert "".join(facets.one_after_the_other(write, own, matches(["One."]), not_held)) == text
        assert not_held == [f"No answer was found to “{part}”." for part in missing]


@pytest.fixture
def quoting(folder: Path) -> Iterator[Assistant]:
    with Assistant.open(folder, settings=Settings(), read_only=True) as desk:
        yield desk


def test_both_parts_of_a_question_are_answered_and_cited(quoting: Assistant) -> None:
    answer = quoting.ask(TWO)
    assert 0 <= answer.text.find("2,000 drones") < answer.text.find("32 minutes")
    assert answer.reason is None
    assert all(statement.citations and statement.support == "verified" for statement in answer.statements)


def test_a_part_without_an_answer_is_named_and_the_other_answered(quoting: Assistant) -> None:
    answer = quoting.ask(f"{DRONES_QUESTION} {ABSENT_QUESTION}")
    assert not answer.abstained
    assert "2,000 drones" in answer.text
    assert answer.reason == f"No answer was found to “{ABSENT_QUESTION}”."


def test_each_part_is_searched_and_their_best_passages_come_first(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_whole, of_first, of_second = matches(["Of the whole.", "Of the first.", "Of the second."])
    found = {TWO: [of_whole], DRONES_QUESTION: [of_first, of_whole], ORBIT_QUESTION: [of_second]}
    given: list[str] = []

    def write(question: str, own: Sequence[Match], *rest: object) -> Iterator[str]:
        given.extend(match.text for match in own)
        return iter(())

    monkeypatch.setattr(Library, "search", lambda self, question, **scope: found[question])
    with Library.open(folder, read_only=True) as library:
        Assistant(library, Settings(passages=2), Writer("test", write)).ask(TWO)
    assert given == ["Of the first.", "Of the second."]


# -- with a chat model


def test_a_model_splits_where_there_is_a_sign_and_sees_no_article(desk: Assistant, server: ScriptedServer) -> None:
    parts = json.dumps({"questions": ["Whom did Umerov meet in Paris?", "Whom did Dimorphos meet in Paris?"]})
    server.plays(says(f"```json\n{parts}\n```", usage=(50, 10)), says("Umerov met Lecornu [1].", usage=(100, 20)))
    answer = desk.ask(PAIR)
    first, second = server.requests
    assert [message["role"] for message in first.body["messages"]] == ["system", "user"]
    assert first.body["messages"][1]["content"] == PAIR
    assert not any(secret in first.prompt for secret in ("Lecornu", "sk-secret-key", "passage 1"))
    assert "passage 1" in second.prompt
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (150, 30)


def test_a_simple_question_costs_no_further_call(desk: Assistant, server: ScriptedServer) -> None:
    server.plays(says("France will co-finance 2,000 drones [1]."))
    desk.ask(DRONES_QUESTION)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "scene",
    [refuses(500), refuses(401), says("No idea."), sends("{"), says('{"questions": ["Who is Ivan Grozny?", "Why?"]}')],
    ids=["fault", "key", "prose", "broken", "made up"],
)
def test_whatever_the_model_does_to_the_question_its_marks_part_it(
    desk: Assistant, server: ScriptedServer, scene: Any
) -> None:
    server.plays(scene, says("France will co-finance 2,000 drones [1]."))
    answer = desk.ask(TWO)
    assert len(server.requests) == 2
    assert "2,000 drones" in answer.text
    assert "DART" in server.requests[1].prompt


def test_a_model_that_takes_too_long_over_a_question_is_not_waited_for(
    desk: Assistant, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "SECONDS", 0.2)
    server.plays(stalls(), says("France will co-finance 2,000 drones [1]."))
    assert "2,000 drones" in desk.ask(TWO).text
