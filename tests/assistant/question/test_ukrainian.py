from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from assistant import Assistant
from assistant.question.time_limits import read_scope
from assistant.question.ukrainian import in_english, share_held

AS_OF = date(2024, 9, 30)  # a Monday

ROWS = [
    (
        "Рада Ворскли обговорила мости",
        "2024-09-25",
        "Рада Ворскли схвалила ремонт двох мостів за 9 млн гривень.",
    ),
    ("Ганна Сірко відкрила театр", "2024-09-20", "Письменниця Ганна Сірко відкрила в Самарі новий театр на 200 місць."),
    ("У Самарі подорожчав хліб", "2024-08-14", "Хліб у Самарі подорожчав на третину, повідомили пекарі у середу."),
]


@pytest.mark.parametrize(
    ("asked", "since", "until"),
    [
        ("Що писали вчора?", "2024-09-29", "2024-09-29"),
        ("Що було позавчора?", "2024-09-28", "2024-09-28"),
        ("новини минулого тижня", "2024-09-23", "2024-09-29"),
        ("Що сталося на минулому тижні?", "2024-09-23", "2024-09-29"),
        ("події у серпні 2024", "2024-08-01", "2024-08-31"),
        ("події у серпні 2024 року", "2024-08-01", "2024-08-31"),
        ("події в липні", "2024-07-01", "2024-07-31"),
        ("Що сталося 25 вересня 2024?", "2024-09-25", "2024-09-25"),
        ("новини за 25 вересня", "2024-09-25", "2024-09-25"),
        ("з 2 по 5 вересня 2024 року", "2024-09-02", "2024-09-05"),
        ("після 20 вересня", "2024-09-21", None),
        ("за останні три дні", "2024-09-27", None),
        ("два тижні тому", "2024-09-13", "2024-09-19"),
        ("у п’ятницю", "2024-09-27", "2024-09-27"),
        ("минулого року", "2023-01-01", "2023-12-31"),
    ],
)
def test_times_limit_the_search_as_in_english(asked: str, since: str, until: str | None) -> None:
    read = read_scope(asked, AS_OF, role=lambda question, time: "published")
    assert (read.since, read.until) == (date.fromisoformat(since), date.fromisoformat(until) if until else None)
    assert all(words in asked for words in read.words)
    assert read.words


@pytest.mark.parametrize("asked", ["травма коліна", "серед учасників", "цінова політика", "What happened? «Вчора»"])
def test_words_that_only_look_like_times_stay(asked: str) -> None:
    assert read_scope(asked, AS_OF, role=lambda question, time: "published").words == ()


def test_each_letter_of_the_english_knows_where_it_stands() -> None:
    text = "Хто приїхав минулого тижня до Самари?"
    english, places = in_english(text)
    assert english == "who приїхав last week до Самари?"
    begin = english.index("last week")
    assert text[places[begin][0] : places[begin + len("last week") - 1][1]] == "минулого тижня"
    assert [text[start:end] for start, end in places[-7:]] == list("Самари?")


def test_a_text_holds_what_is_asked_in_any_case_or_not() -> None:
    assert share_held("Хто відкрив театр у Самарі?", ROWS[1][2]) == 1
    assert share_held("Хто відкрив театр у Полтаві?", ROWS[1][2]) == 0  # a name is missing
    assert share_held("Хто здобув кубок?", ROWS[1][2]) == 0
    assert share_held("Who opened the theatre?", ROWS[1][2]) == 1  # nothing is known of it


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder = tmp_path_factory.mktemp("ukrainian")
    rows: Path = folder / "rows.jsonl"
    fields = ("title", "date", "text")
    rows.write_text("\n".join(json.dumps(dict(zip(fields, row, strict=True))) for row in ROWS))
    with Assistant.open(folder / "library") as opened:
        opened.add(rows)
        yield opened


@pytest.mark.parametrize("asked", ["Хто здобув кубок з плавання?", "Хто президент Бразилії?", "Хто мер Києва?"])
def test_what_no_article_tells_is_answered_by_silence(desk: Assistant, asked: str) -> None:
    assert desk.ask(asked, as_of=AS_OF).abstained


@pytest.mark.parametrize(
    ("asked", "titles"),
    [
        ("Новини про Ворсклу", [0]),
        ("перелічи статті про Ганну Сірко", [1]),
        ("перелічи статті про Сіркові", [1]),
        ("Новини минулого тижня", [0]),
        ("Що сталося у серпні 2024?", [2]),
        ("Що сталося 20 вересня 2024?", [1]),
        ("Новини про Самару", [1, 2]),
    ],
)
def test_news_and_lists_keep_to_their_subject_and_days(desk: Assistant, asked: str, titles: list[int]) -> None:
    answer = desk.ask(asked, as_of=AS_OF)
    assert [citation.article.title for citation in answer.citations] == [ROWS[place][0] for place in titles]
