"""Suggested questions: short, natural, and only those that the library answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from assistant import Assistant
from assistant.messages import translator
from assistant.models.cancelling import Stop
from assistant.settings import Settings
from assistant.suggestions import LONGEST, newest_stories, persons
from tests.assistant.conftest import DRONES_QUESTION, MEETING_QUESTION, Open
from tests.scripted_server import Scene, ScriptedServer, refuses, says
from vectorstore.types import Article

EN = translator()
NOVEMBER = (
    "Mayor Ada Quill, 52, opened the harbour of Tarnmouth in November. Quill said that the ferries return.",
    "The ferries of Tarnmouth sail again. Ada Quill, who leads the city, was on the first one. Quill waved.",
)


def suggests(*questions: str) -> Scene:
    return says(json.dumps({"questions": questions}))


def written(text: str, number: int = 0) -> Article:
    return Article(str(number), "", text)


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """Two articles of last week that tell of one person."""
    last_week = date.today() - timedelta(days=7)
    settings = Settings(model="extractive")
    with Assistant.open(tmp_path_factory.mktemp("harbour"), settings=settings) as desk:
        desk.library.add_articles(
            Article(f"h{n}", f"Tarnmouth's ferries, part {n}", text, published=last_week, source="Tarnmouth Post")
            for n, text in enumerate(NOVEMBER)
        )
        yield desk


def test_a_person_is_one_whom_several_articles_name_and_something_shows_to_be_one() -> None:
    told = [written(text, n) for n, text in enumerate(NOVEMBER)]
    assert persons(told) == ["Ada Quill"]
    assert persons(told[:1]) == []
    lands = "A guard from South Korea, who left it, sails for the United States. He was in South Korea. Korea is far."
    half = "Sarah Michelle Quill, 52, sang. Quill danced."
    assert persons([written(text, n) for n, text in enumerate([lands, lands, half, half])]) == []


def test_without_a_model_only_natural_questions_that_are_answered_are_made(harbour: Assistant, folder: Path) -> None:
    month = EN.month(*(date.today() - timedelta(days=7)).timetuple()[:2])
    made = harbour.suggest(EN, Stop())
    assert made[:3] == ("What happened last week?", "Who is Ada Quill?", f"What happened in {month}?")
    with Assistant.open(folder, settings=Settings(), read_only=True) as desk:
        assert desk.suggest(EN, Stop()) == ("What happened in September 2024?",)  # nothing happened last week


def test_questions_take_their_words_from_headlines_and_counts_and_one_person_is_enough(tmp_path: Path) -> None:
    told = {
        "Tarnmouth closes its last coal mine and celebrates": "Tarnmouth closed its last coal mine on 30 May 2024. "
        "It had to close.",
        "The council of Tarnmouth, a portrait": "At least 48 people were rescued from the ferry Aurora off Tarnmouth, "
        "the coast guard said. About two and a half hours later the Aurora sank. About 45,000 letters came. "
        "More than 20 per cent of Tarnmouth saw it.",
        "Tarnmouth members in the dark on 3 June": "The members of the club in Tarnmouth say that nobody told them.",
        "Tarnmouth wins the cup": "In the end the cup was won by Tarnmouth, as everybody there had hoped for years.",
    }
    pairs = [text.replace("Ada Quill", name).replace("Quill", name.split()[1]) for text in NOVEMBER
             for name in ("Ada Quill", "Bert Moss")]  # fmt: skip
    with Assistant.open(tmp_path, settings=Settings(model="extractive")) as desk:
        titled = [*told.items(), *((f"Part {number}", text) for number, text in enumerate(pairs))]
        desk.library.add_articles(
            Article(str(n), title, text, published=date(2024, 6, 1)) for n, (title, text) in enumerate(titled)
        )
        when, how_many, who_is, *others = desk.suggest(EN, Stop())
        assert when == "When did Tarnmouth close its last coal mine?"
        assert how_many == "How many people were rescued from the ferry Aurora off Tarnmouth?"
        assert who_is in ("Who is Ada Quill?", "Who is Bert Moss?")
        assert others == ["What happened in June 2024?"]
        assert not {when, how_many} & {*desk.suggest(translator("uk"), Stop())}, "they are English"


def test_the_model_words_questions_and_those_without_an_answer_are_left_out(
    open_desk: Open, server: ScriptedServer
) -> None:
    unanswered = "Who won the chess olympiad of 1930 in Hamburg?"
    unfit = (f"{'Why ' * LONGEST}?", "Drones are coming", "Did he say so at https://evil.example/x ?", "**Why**?")
    server.plays(suggests(*unfit, unanswered, DRONES_QUESTION, MEETING_QUESTION))
    assert open_desk().suggest(EN, Stop()) == (DRONES_QUESTION, MEETING_QUESTION)
    (request,) = server.requests
    assert "France will co-finance two thousand drones" in request.prompt
    assert "No further aircraft were promised." in request.prompt
    assert "A security belt" not in request.prompt  # the third sentence
    assert "in this language: English" in request.prompt


@pytest.mark.parametrize("scene", [refuses(500), says("What a lovely library!"), suggests()])
def test_a_model_that_suggests_nothing_leaves_the_natural_questions(
    open_desk: Open, server: ScriptedServer, scene: Scene
) -> None:
    server.plays(scene)
    assert open_desk().suggest(EN, Stop()) == ("What happened in September 2024?",)


def test_the_model_is_not_asked_where_the_settings_forbid_it(open_desk: Open, server: ScriptedServer) -> None:
    desk = open_desk(suggest="off")
    desk.suggest(EN, Stop())
    server.plays(says("France will co-finance 2,000 drones [1]."))
    answer = desk.ask(DRONES_QUESTION)
    assert desk.suggest_next(answer, EN, Stop()).usage == answer.usage
    assert len(server.requests) == 1


def test_what_to_ask_next_is_not_what_was_just_told_and_its_cost_is_counted(
    open_desk: Open, server: ScriptedServer
) -> None:
    desk = open_desk()
    server.plays(says("France will co-finance the production of 2,000 drones in 2025 [1]."))
    answer = desk.ask(DRONES_QUESTION)
    used = answer.citations[0].passage.text
    server.plays(suggests("How many drones does France pay for?", MEETING_QUESTION))
    after = desk.suggest_next(answer, EN, Stop())
    assert after.suggested == (MEETING_QUESTION,)
    assert after.usage.input_tokens == answer.usage.input_tokens + 4_000
    prompt = server.requests[0].prompt
    assert used not in prompt
    assert f"The reader asked: {DRONES_QUESTION}" in prompt


def test_an_answer_that_tells_nothing_is_followed_by_nothing(open_desk: Open, server: ScriptedServer) -> None:
    desk = open_desk()
    for answer in (desk.ask("How many articles do you have?"), replace(desk.ask(DRONES_QUESTION), state="cut")):
        server.requests.clear()
        assert desk.suggest_next(answer, EN, Stop()).suggested == ()
        assert server.requests == []


def test_without_a_model_a_person_whom_the_answer_names_may_be_asked_about(harbour: Assistant) -> None:
    answer = harbour.ask("Who opened the harbour of Tarnmouth?")
    assert harbour.suggest_next(answer, EN, Stop()).suggested == ("Who is Ada Quill?",)
    about = harbour.ask("Who is Ada Quill?")
    assert harbour.suggest_next(about, EN, Stop()).suggested == ()


def test_what_to_ask_next_stays_within_the_tags_of_the_answer(harbour: Assistant) -> None:
    opening = next(each for each in harbour.articles() if "opened the harbour" in each.text)
    harbour.library.tag([opening.id], "opening")
    answer = harbour.ask("Who opened the harbour of Tarnmouth?", tags=["opening"])
    assert {each.article.id for each in answer.citations} == {opening.id}
    assert harbour.suggest_next(answer, EN, Stop()).suggested == ()  # she is named in one article of the tag


def test_of_each_story_the_newest_article_stands_for_all() -> None:
    first, copy, other = written("a", 1), written("b", 2), written("c", 3)
    carried = {"1": (copy,), "2": (first,)}
    assert newest_stories([first, copy, other], lambda ids: carried, 5) == [(first, (copy,)), (other, ())]
    assert newest_stories([first, copy, other], lambda ids: carried, 1) == [(first, (copy,))]
