"""Overviews, timelines and comparisons of outlets: what is told, once, in which order, and what is left out by name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant import Assistant
from assistant.settings import Settings
from assistant.types import Answer
from tests.assistant.conftest import TakesFor
from tests.scripted_server import ScriptedServer, says

TODAY = "2026-03-31"
POST, WIRE, REVIEW = "Veldmark Post", "Tarn Wire", "Coast Review"
TRAM = (
    "The new tram line of Veldmark will cost 85 million euros, the city said on Tuesday. It is to run from the harbour "
    "to the hospital. The state pays half of it."
)
ROWS: list[dict[str, Any]] = [
    {"title": "Museum gets a head", "published": "2026-03-02", "source": POST,
     "text": "Petra Olsen will run the maritime museum from May. She follows Hans Brandt."},
    {"title": "Tram line to cost €85 m", "published": "2026-03-24", "source": POST, "text": TRAM},
    {"title": "Tram line to cost 85 million", "published": "2026-03-25", "source": WIRE, "text": TRAM},
    {"title": "Bees return to the heath", "published": "2026-03-26", "source": REVIEW,
     "text": "Photos: The heath in spring, with its hives.\n\nWild bees have come back to the heath, a count found."},
    {"title": "Work on tram line begins in May", "published": "2026-03-27", "source": WIRE,
     "text": "Work on the tram line begins in May, Mayor Ida Moor said. Two streets will be closed."},
    {"title": "A sourdough without yeast", "source": REVIEW,
     "text": "A sourdough rises because wild yeast lives in it. Its baker feeds it."},
    {"title": "Storm at sea", "published": "2026-02-10", "source": WIRE,
     "text": "A storm sank three fishing boats off the cape. Nobody was hurt."},
]  # fmt: skip


def filled(place: Path, rows: list[dict[str, Any]]) -> Path:
    table = place / "rows.jsonl"
    table.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    with Assistant.open(place / "library", settings=Settings()) as desk:
        assert desk.add(table).count("refused") == 0
    return place / "library"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("veldmark"), ROWS)


@pytest.fixture
def desk(library: Path) -> Iterator[Assistant]:
    with Assistant.open(library, settings=Settings(), read_only=True) as opened:
        yield opened


def titles(answer: Answer) -> list[str]:
    """Of the cited articles, in the order of the answer."""
    return [citation.article.title for citation in answer.citations]


def test_each_story_of_the_days_comes_once_newest_first(desk: Assistant, takes_for: TakesFor) -> None:
    takes_for("digest")
    answer = desk.ask("What happened last week?", as_of=TODAY)
    assert titles(answer) == ["Work on tram line begins in May", "Bees return to the heath", "Tram line to cost €85 m"]
    first, *_ = answer.text.splitlines()
    assert first == "- Tarn Wire, 27 March 2026: “Work on the tram line begins in May, Mayor Ida Moor said.” [1]"
    assert {each.support for each in answer.statements} == {"verified"}
    for citation in answer.citations:
        assert citation.article.text[citation.start : citation.end] == citation.quote


def test_a_story_is_told_by_a_sentence_not_by_a_caption(desk: Assistant, takes_for: TakesFor) -> None:
    takes_for("digest")
    answer = desk.ask("What happened last week?", as_of=TODAY)
    assert "Wild bees have come back" in answer.text
    assert "Photos" not in answer.text


def test_what_has_no_day_is_in_no_range_of_days(desk: Assistant, takes_for: TakesFor) -> None:
    takes_for("digest")
    assert "sourdough" not in desk.ask("What happened in 2026?", as_of=TODAY).text
    assert titles(desk.ask("What happened in February 2026?", as_of=TODAY)) == ["Storm at sea"]
    nothing = desk.ask("What happened in 2019?", as_of=TODAY)
    assert nothing.abstained
    assert "in 2019" in nothing.text


def test_a_week_that_has_just_begun_is_the_last_seven_days(desk: Assistant, takes_for: TakesFor) -> None:
    takes_for("digest")
    answer = desk.ask("Summarise this week's news about the tram line", as_of="2026-03-30")  # a Monday
    assert titles(answer) == ["Work on tram line begins in May", "Tram line to cost €85 m"]


def test_a_topic_leaves_out_what_is_not_about_it(desk: Assistant, takes_for: TakesFor) -> None:
    takes_for("digest")
    answer = desk.ask("What is the latest news about the tram line?", as_of=TODAY)
    assert titles(answer) == ["Work on tram line begins in May", "Tram line to cost €85 m"]


def test_a_timeline_begins_with_the_earliest(desk: Assistant, takes_for: TakesFor) -> None:
    takes_for("timeline")
    answer = desk.ask("Give me a timeline of the tram line", as_of=TODAY)
    assert titles(answer) == ["Tram line to cost €85 m", "Work on tram line begins in May"]


NEWS = """
The opera house sold all seats for its winter season.|A comet passed the Earth at a great distance.
Farmers in the valley picked the first cherries.|The chess club of Lodi won a silver cup.
A court fined the owner of a paper mill.|Divers found an anchor of bronze near the reef.
The bakery on the square closed after ninety years.|Teachers asked for smaller classes in the north.
A wolf was seen close to the railway yard.|The bank cut its rate for house loans.
Volunteers planted oaks along the old canal.|A painter gave forty pictures to the library.
""".strip().replace("|", "\n")


def test_at_most_ten_are_told_and_the_number_of_the_others_is(tmp_path: Path, takes_for: TakesFor) -> None:
    takes_for("digest")
    rows = [
        {"title": f"Story {day}", "text": text, "published": f"2026-03-{day:02}", "source": POST}
        for day, text in enumerate(NEWS.splitlines(), start=1)
    ]
    with Assistant.open(filled(tmp_path, rows), settings=Settings(), read_only=True) as desk:
        answer = desk.ask("What happened in March 2026?", as_of=TODAY)
    assert titles(answer) == [f"Story {day}" for day in range(12, 2, -1)]
    assert answer.text.endswith("2 more stories in this scope.")


def test_outlets_stand_side_by_side(desk: Assistant, takes_for: TakesFor) -> None:
    takes_for("compare")
    answer = desk.ask("What did the Veldmark Post and Tarn Wire report about the tram line?", as_of=TODAY)
    groups = answer.text.split("\n\n")
    assert sorted(re.split(", ", group)[0] for group in groups) == [WIRE, POST]
    assert {each.support for each in answer.statements} == {"verified"}
    assert answer.reason is None


def test_an_outlet_that_has_nothing_is_named(desk: Assistant, takes_for: TakesFor) -> None:
    takes_for("compare")
    answer = desk.ask("What did Tarn Wire and Coast Review report about the tram line?", as_of=TODAY)
    assert {citation.article.source for citation in answer.citations} == {WIRE}
    assert answer.reason == "Nothing was found by Coast Review."


def test_a_chat_model_is_given_the_stories(library: Path, takes_for: TakesFor) -> None:
    takes_for("digest")
    with ScriptedServer() as server:
        server.plays(says("Work on the tram line begins in May [1]."))
        settings = Settings(model="m", base_url=server.url, api_key="sk-secret-key")
        with Assistant.open(library, settings=settings, read_only=True) as desk:
            answer = desk.ask("What happened last week?", as_of=TODAY)
    sent = server.requests[0].prompt
    assert [sent.index(title) for title in ("Work on tram line", "Bees return", "Tram line to cost €85 m")] == sorted(
        sent.index(title) for title in ("Work on tram line", "Bees return", "Tram line to cost €85 m")
    )
    assert sent.count(" passage ") >= 3
    assert "sourdough" not in sent
    assert titles(answer) == ["Work on tram line begins in May"]
