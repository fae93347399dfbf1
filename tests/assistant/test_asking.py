"""Plain questions over short news, as a reader puts them: answered with the sentence that answers, or with silence."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from assistant import Assistant
from assistant.settings import Settings
from assistant.types import Answer, Turn

TODAY = "2026-04-30"
ROWS = [
    {"title": "Veldmark museum gets a head", "published": "2026-03-02", "source": "Veldmark Post",
     "text": "The council of Veldmark chose a new head for its museum on Monday. Petra Olsen, 52, will run the museum "
     "from May, the council said. She follows Hans Brandt, who left in January after nine years. The museum had "
     "310,000 visitors last year, down 4 percent."},
    {"title": "New tram line to cost €85 m", "published": "2026-03-09", "source": "Veldmark Post",
     "text": "A new tram line in Veldmark will cost €85 m, the city said on Monday. The state will pay half and the "
     "city the rest. Work begins in August 2027. “Nobody needs this line,” said councillor Ida Moor, who voted "
     "against it."},
    {"title": "Bus drivers walk out", "published": "2026-03-16", "source": "Tarn Wire",
     "text": "Bus drivers in Veldmark walked out on Monday over their shifts. Their union wants two free days in a "
     "row; the company offered one. Union head Ruud de Wit said: “We will stay at the gate until somebody listens.” "
     "The Canadian consulate told visitors to walk to the fair."},
    {"title": "Audit of the harbour fund", "published": "2026-04-20", "source": "Tarn Wire",
     "text": "Harbour head Lars Eek stepped down on Monday after an audit. The audit found that 5 of 12 loans had no "
     "contract. Eek denied that he kept any money. His deputy, Inês Prado, will lead the harbour until June."},
    {"title": "Interview with the new director", "published": "2026-04-21", "source": "Tarn Wire",
     "text": "Gus Lindholm takes over the Tarn theatre in August.\n\nWhat will your first season hold?\n\n"
     "\"Fewer musicals. Four new plays by living writers, and Ibsen every spring.\"\n\nWhy not more?\n\n"
     "\"We looked at the money with the board.\" Lindholm paused. \"It did not add up at all.\""},
    {"title": "Маяк у Вельдмарку відкрили", "published": "2026-04-22", "source": "Хвиля",
     "text": "Маяк у Вельдмарку відкрили для відвідувачів у середу. Квиток коштує 12 євро. Доглядач маяка Олег Бойко "
     "сказав, що нагору ведуть 214 сходинок."},
]  # fmt: skip


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    place = tmp_path_factory.mktemp("asking")
    (place / "rows.jsonl").write_text("\n".join(map(json.dumps, ROWS)), encoding="utf-8")
    with Assistant.open(place / "library", settings=Settings()) as desk:
        assert desk.add(place / "rows.jsonl").count("added") == len(ROWS)
        yield desk


def opening(answer: Answer) -> str:
    """The first quotation of an answer."""
    return answer.text.partition(" [")[0]


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Who said “We will stay at the gate until somebody listens”?", "Ruud de Wit"),
        ("What did Ruud de Wit say?", "We will stay at the gate"),
        ("What did the Canadian consulate tell visitors?", "told visitors to walk to the fair"),
        ("How old is Petra Olsen?", "Petra Olsen, 52"),
        ("What does the union want?", "wants two free days in a row"),
        ("What did the audit find?", "5 of 12 loans had no contract"),
        ("How much will the tram line cost?", "will cost €85 m"),
        ("When does work on the tram line begin?", "August 2027"),
        ("How many visitors did the museum have last year?", "310,000 visitors"),
        ("Who will lead the harbour?", "Inês Prado, will lead the harbour"),
    ],
)
def test_what_stands_there_is_answered_with_that_sentence_first(news: Assistant, question: str, words: str) -> None:
    answer = news.ask(question, as_of=TODAY)
    assert words in opening(answer), answer.text
    assert {each.support for each in answer.statements} == {"verified"}


def test_a_question_in_an_interview_is_quoted_with_its_answer_or_not_at_all(news: Assistant) -> None:
    answer = news.ask("What will the first season of Gus Lindholm hold?", as_of=TODAY)
    assert "Four new plays by living writers" in opening(answer), answer.text
    alone = news.ask("Who said “It did not add up at all”?", as_of=TODAY)
    assert "Lindholm paused." in opening(alone), alone.text


def test_what_an_outlet_reported_on_something_is_an_overview_of_its_stories(news: Assistant) -> None:
    answer = news.ask("What did the Veldmark Post report about the museum?", as_of=TODAY)
    assert [citation.article.title for citation in answer.citations] == ["Veldmark museum gets a head"]
    asked_for_a_fact = news.ask("How many visitors did the museum have, according to the Veldmark Post?", as_of=TODAY)
    assert "310,000 visitors" in opening(asked_for_a_fact)


@pytest.mark.parametrize(
    ("first", "question", "words"),
    [
        ("Who will run the Veldmark museum?", "How old is she?", "52"),
        ("How much will the tram line cost?", "and who voted against it?", "Ida Moor"),
        ("Why did Lars Eek step down?", "Did he keep any money?", "Eek denied that he kept any money"),
    ],
)
def test_a_follow_up_is_answered_from_what_was_talked_about(
    news: Assistant, first: str, question: str, words: str
) -> None:
    answer = news.ask(question, as_of=TODAY, history=[Turn("user", first), Turn.of(news.ask(first, as_of=TODAY))])
    assert words in opening(answer), answer.text


@pytest.mark.parametrize(
    "question", ["Who won the world cup of 1998?", "What is the capital of Mongolia?", "How tall is Mount Kenya?"]
)
def test_what_stands_nowhere_gets_silence_and_the_next_step(news: Assistant, question: str) -> None:
    answer = news.ask(question, as_of=TODAY)
    assert answer.abstained, answer.text
    assert "The nearest article is" in answer.text
