"""Several questions in one: told apart, searched for, answered."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from assistant import Assistant, facets
from assistant.assistant import Writer
from assistant.evidence import Evidence
from assistant.settings import Settings
from tests.assistant.conftest import ABSENT_QUESTION, DRONES_QUESTION
from tests.assistant.making import matches
from tests.scripted_server import ScriptedServer, refuses, says, sends, stalls
from vectorstore.library import Library
from vectorstore.types import Match

ROWS: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "facet_questions.jsonl").read_text("utf-8").splitlines()
]
TWO = "How many drones will France co-finance, and by how much did DART shorten the orbit of Dimorphos?"
HALF = "How many drones will France co-finance, and who won the chess olympiad of 1930 in Hamburg?"
PAIR = "Whom did Umerov and Dimorphos meet in Paris?"
"""Rules see one question here; two names make a model look."""


@pytest.mark.parametrize("row", [row for row in ROWS if row["parts"]], ids=lambda row: row["question"])
def test_each_part_stands_alone_and_has_nothing_of_the_others(row: dict[str, Any]) -> None:
    parts = [set(re.findall(r"[\w-]+", part.casefold())) for part in facets.split(row["question"])]
    wanted = [{word.casefold() for word in words} for words in row["parts"]]
    assert len(parts) == len(wanted)
    for part, own in zip(parts, wanted, strict=True):
        assert own <= part
        assert not part & (set().union(*wanted) - own)


@pytest.mark.parametrize("row", [row for row in ROWS if not row["parts"]], ids=lambda row: row["question"])
def test_one_question_stays_whole(row: dict[str, Any]) -> None:
    assert facets.split(row["question"]) == (row["question"],)


@pytest.mark.parametrize(
    ("question", "second"),
    [
        ("Where did Odysseus land and when?", "When did Odysseus land?"),
        ("When did Cassini reach Saturn and what did it find?", "What did Cassini find?"),
        ("When did Umerov arrive, and what was his plan?", "What was Umerov’s plan?"),
        ("What did Umerov say about arms and what did Lecornu reply?", "What did Lecornu reply about arms?"),
        ("Which vaccine came in 2021, and which was made in 2023?", "Which vaccine was made in 2023?"),
        ("Can a packet be lost, and if so, where does it go?", "Where does it go (a packet be lost)?"),
        ("Did the act pass, and by how many votes?", "By how many votes did the act pass?"),
        ("Compare the cost of Vogtle with that of Hinkley", "The cost of Hinkley"),
        ("who won the cup and when was the final", "When was the final (won the cup)"),
    ],
)
def test_what_the_second_part_leaves_out_is_carried_over(question: str, second: str) -> None:
    assert facets.split(question)[1] == second


def test_more_questions_than_places_stay_one() -> None:
    many = " ".join(f"Who won the cup in {year}?" for year in range(2015, 2020))
    assert facets.split(many) == (many,)


@pytest.mark.parametrize("unit", ["who and ", "A and B ", "what is ", "in A and ", "both A and ", "the ", "? "])
def test_however_a_question_is_built_it_is_read_at_once(unit: str) -> None:
    for length in (490, 4_000):
        question = f"Compare who {unit * length}"[:length]
        began = time.perf_counter()
        facets.split(question)
        facets.may_have_parts(question)
        assert time.perf_counter() - began < 0.5


def test_rankings_take_turns_and_a_passage_comes_once() -> None:
    one, two, three, four = matches(["One.", "Two.", "Three.", "Four."])
    mixed = facets.interleaved([[one, two, four], [two, three]], 3)
    assert [(match.rank, match.text) for match in mixed] == [(1, "One."), (2, "Two."), (3, "Three.")]


def test_statements_of_all_parts_number_the_same_passages_and_none_comes_twice() -> None:
    found = matches(["One.", "Two.", "Three."])

    def write(question: str, own: Sequence[Match]) -> Iterator[str]:
        for number, match in enumerate(own, start=1):
            yield f"Desk [7], 2024: “{match.text}” [{number}]"
            yield "\n"

    written = "".join(facets.one_after_the_other(write, [("a", [2, 0]), ("b", [0, 1])], found))
    assert written == ("Desk [7], 2024: “Three.” [3]\nDesk [7], 2024: “One.” [1]\n\nDesk [7], 2024: “Two.” [2]")


def test_both_parts_of_a_question_are_answered_and_cited(folder: Path) -> None:
    with Assistant.open(folder, settings=Settings(), read_only=True) as desk:
        answer = desk.ask(TWO)
    assert "2,000 drones" in answer.text
    assert "32 minutes" in answer.text
    assert answer.reason is None
    assert all(statement.citations and statement.support == "verified" for statement in answer.statements)
    for citation in answer.citations:
        assert citation.article.text[citation.start : citation.end] == citation.quote


def test_each_part_is_searched_and_their_best_passages_come_first(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_whole, of_first, of_second = matches(["Of the whole.", "Of the first.", "Of the second."])
    first, second = facets.split(TWO)
    found = {TWO: [of_whole], first: [of_first, of_whole], second: [of_second]}
    given: list[str] = []

    def write(question: str, own: Sequence[Match], *rest: object) -> Iterator[str]:
        given.extend(match.text for match in own)
        return iter(())

    monkeypatch.setattr(Library, "search", lambda self, question, **scope: found[question])
    monkeypatch.setattr("assistant.assistant.judge", lambda *_: Evidence(True, 1.0))
    with Library.open(folder, read_only=True) as library:
        Assistant(library, Settings(passages=2), Writer("test", write)).ask(TWO)
    assert given == ["Of the first.", "Of the second."]


def test_a_part_without_evidence_is_named_and_the_other_answered(folder: Path) -> None:
    with Assistant.open(folder, settings=Settings(), read_only=True) as desk:
        answer = desk.ask(HALF)
        neither = desk.ask(f"{ABSENT_QUESTION} Who wrote the opera Salvator Rosa?")
    assert not answer.abstained
    assert "2,000 drones" in answer.text
    assert answer.reason is not None
    assert "chess olympiad" in answer.reason
    assert "drones" not in answer.reason
    assert all(statement.citations for statement in answer.statements)
    assert neither.abstained


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
def test_whatever_the_model_does_to_the_question_the_rules_split_it(
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
    monkeypatch.setattr(facets, "MODEL_SECONDS", 0.2)
    server.plays(stalls(), says("France will co-finance 2,000 drones [1]."))
    began = time.perf_counter()
    assert "2,000 drones" in desk.ask(TWO).text
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "null",
        "{}",
        '{"questions": "a"}',
        '{"questions": []}',
        '{"questions": [1, 2]}',
        '{"questions": ["a", " "]}',
        '{"questions": ["a", "b", "c", "d", "e"]}',
        '{"questions": ["Whom did Umerov meet in 1999?", "Whom did Dimorphos meet?"]}',
        '{"questions": ["What did Macron do?", "What happened?"]}',
    ],
)
def test_a_reply_of_another_form_or_with_new_names_is_not_taken(reply: str) -> None:
    assert facets.read(reply, PAIR) is None


def test_a_reply_with_one_question_leaves_the_reader_s_own() -> None:
    assert facets.read('{"questions": ["Whom did they meet in Paris?"]}', PAIR) == (PAIR,)
    assert facets.read('So: {"questions": ["Whom did Umerov meet?", "And Dimorphos?"]}', PAIR) == (
        "Whom did Umerov meet?",
        "And Dimorphos?",
    )
