"""Days and outlets that a question names, on their way into the search, the answer and a retriever."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from assistant import Assistant
from assistant.question.scope import listed, scoped, searched
from assistant.settings import Settings
from vectorstore.errors import SearchInvalid
from vectorstore.types import TimeScope

LENGTH = "The bridge over the Desna is {} metres long. "
ARTICLES = [
    ("unn", "UNN", "https://unn.ua/1", "2024-08-20", "Lorries now wait for a ferry at the old mill, a driver said."),
    ("reuters", "Reuters", "https://www.reuters.com/1", "2024-08-21", "Grain exporters expect delays until October."),
    ("later", "Reuters", "https://www.reuters.com/2", "2024-08-30", "Engineers opened it again after ten days."),
    ("nobody", None, None, "2024-08-22", "The council of Chernihiv wants a tunnel instead, to be paid by a toll."),
    ("undated", "UNN", None, None, "It was built by a firm from Lviv with steel of a scrapped cruiser."),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scoped")
    rows = [
        {"title": key, "text": LENGTH.format(210 + n) + fact, "source": source, "url": url, "date": day}
        for n, (key, source, url, day, fact) in enumerate(ARTICLES)
    ]
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    with Assistant.open(folder / "library", settings=Settings()) as desk:
        assert desk.add(folder / "rows.jsonl").count("added") == len(ARTICLES)
    return folder / "library"


@pytest.fixture
def desk(place: Path) -> Iterator[Assistant]:
    with Assistant.open(place, settings=Settings(), read_only=True) as opened:
        yield opened


def found(desk: Assistant, question: str, **given: object) -> set[str]:
    return {match.article.title for match in desk.search(question, **given)}  # type: ignore[arg-type]


def test_an_outlet_that_the_question_asks_is_the_only_one_searched(desk: Assistant) -> None:
    question = "How long is the bridge over the Desna, according to UNN?"
    answer = desk.ask(question)
    assert (answer.scope.sources, answer.scope.source_words) == (("UNN",), ("according to UNN",))
    assert {citation.article.source for citation in answer.citations} == {"UNN"}
    assert answer.question == question
    assert found(desk, question) == {"unn", "undated"}


def test_what_only_names_a_source_is_not_searched_for(desk: Assistant) -> None:
    asked = scoped("How long is it, according to UNN?", desk.library, today=date(2024, 9, 3))
    assert asked.text == "How long is it?"
    given = scoped("How long is it, according to UNN?", desk.library, today=date(2024, 9, 3), sources=["UNN"])
    assert given.text == "How long is it, according to UNN?"


def test_an_outlet_that_the_question_leaves_out_is_not_searched_and_neither_is_what_has_none(desk: Assistant) -> None:
    scope = desk.scope("How long is the bridge? Not from UNN")
    assert (scope.without_sources, scope.sources) == (("UNN",), ())
    assert scope.note == "1 article without a known source left out as well"
    assert found(desk, "How long is the bridge? Not from UNN") == {"reuters", "later"}


def test_an_outlet_that_is_hinted_at_comes_first_and_leaves_nothing_out(desk: Assistant) -> None:
    matches = desk.search("Which length of the bridge over the Desna did the mayor give in an interview with Reuters?")
    assert {match.article.title for match in matches} >= {"unn", "nobody", "undated"}
    assert matches[0].article.source == "Reuters"
    assert matches[0].why.preferred_source


def test_sources_of_the_caller_outweigh_those_of_the_question(desk: Assistant) -> None:
    question = "How long is the bridge, according to UNN?"
    scope = desk.scope(question, sources=["reuters"])
    assert (scope.sources, scope.source_words) == (("Reuters",), ())
    assert found(desk, question, sources=["reuters"]) == {"reuters", "later"}


def test_a_refusal_says_where_alone_was_searched(desk: Assistant) -> None:
    answer = desk.ask("According to UNN, who won the chess olympiad of 1930 in Hamburg?")
    assert answer.abstained
    assert "Only articles by UNN were searched, as the question says “According to UNN”." in answer.text


def test_a_search_reads_the_days_of_the_question_as_ask_does(desk: Assistant) -> None:
    question = "What happened to the bridge last week?"
    assert found(desk, question, today="2024-09-03") == {"later"}
    assert desk.ask(question, today="2024-09-03").scope.since == date(2024, 8, 26)
    assert found(desk, question, today="2024-09-03", until="2024-08-20") == {"unn"}


def test_a_scope_is_what_the_question_says(tmp_path: Path) -> None:
    table = Path(__file__).parents[2] / "data" / "scope_questions.jsonl"
    rows = [json.loads(line) for line in table.read_text(encoding="utf-8").splitlines()]
    days = sorted({day for row in rows for day in (row["since"], row["until"]) if day})
    articles = [{"title": day, "text": LENGTH.format(n), "date": day} for n, day in enumerate(days)]
    (tmp_path / "days.jsonl").write_text("\n".join(map(json.dumps, articles)), encoding="utf-8")
    with Assistant.open(tmp_path / "library", settings=Settings()) as desk:
        assert desk.add(tmp_path / "days.jsonl").count("added") == len(days)
        scopes = {row["question"]: desk.scope(row["question"], today="2026-03-10") for row in rows}
    read = {question: [scope.since, scope.until] for question, scope in scopes.items()}
    assert read == {
        row["question"]: [row[end] and date.fromisoformat(row[end]) for end in ("since", "until")] for row in rows
    }


def test_where_no_article_is_of_the_days_of_an_event_later_ones_are_searched_and_the_scope_says_so(
    desk: Assistant,
) -> None:
    scope = desk.scope("Who built the bridge over the Desna in 2019?", today="2024-09-03")
    assert (scope.since, scope.until, scope.near) == (date(2019, 1, 1), None, date(2019, 12, 31))
    assert scope.note == "No article is dated “in 2019”, so later ones were searched"
    published = desk.scope("Which articles were published in 2019?", today="2024-09-03")
    assert (published.since, published.until) == (date(2019, 1, 1), date(2019, 12, 31))


def test_undated_articles_are_left_out_by_a_limit_and_counted_within_the_outlet(desk: Assistant) -> None:
    scope = desk.scope("According to UNN, what happened to the bridge in August 2024?")
    assert (scope.since, scope.until, scope.left_out_undated) == (date(2024, 8, 1), date(2024, 8, 31), 1)
    assert desk.scope("According to Reuters, what happened in August 2024?").left_out_undated == 0


def test_a_retriever_searches_in_the_same_scope(desk: Assistant) -> None:
    documents = desk.as_retriever(k=5).invoke("How long is the bridge over the Desna, according to UNN?")
    assert {document.metadata["source"] for document in documents} == {"UNN"}
    documents = desk.as_retriever(sources=["Reuters"]).invoke("How long is the bridge, according to UNN?")
    assert {document.metadata["source"] for document in documents} == {"Reuters"}


@pytest.mark.parametrize(("locale", "since"), [("en-GB", date(2024, 5, 3)), ("en_US.UTF-8", date(2024, 3, 5))])
def test_the_locale_decides_which_day_is_meant_and_the_scope_says_so(place: Path, locale: str, since: date) -> None:
    with Assistant.open(place, settings=Settings(locale=locale), read_only=True) as desk:
        scope = desk.scope("What happened to the bridge on 03/05/2024?", today="2024-09-03")
    assert scope.since == since
    assert scope.note is not None
    assert scope.note.startswith(f"03/05/2024 read as {since.day} {since:%B %Y}; ASSISTANT_LOCALE decides")


def test_today_is_the_readers(place: Path) -> None:
    days = []
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):  # 25 hours apart: never the same day
        settings = Settings(time_zone=zone)
        with Assistant.open(place, settings=settings, read_only=True) as desk:
            days.append(desk.scope("Who resigned yesterday?").since)
    assert days[0] is not None
    assert days[1] is not None
    assert days[0] > days[1]


def test_a_day_that_is_none_is_refused_by_its_name(desk: Assistant) -> None:
    with pytest.raises(SearchInvalid, match="today"):
        desk.ask("Who resigned yesterday?", today="soon")


def test_what_was_searched_in_words() -> None:
    scope = TimeScope(since=date(2024, 8, 1), until=date(2024, 8, 31), sources=("UNN", "Reuters"))
    assert searched(scope) == "articles by UNN and Reuters from 1 August 2024 to 31 August 2024"
    assert searched(TimeScope(since=date(2024, 8, 29), until=date(2024, 8, 29))) == "articles of 29 August 2024"
    assert listed("ABCDE") == "A, B, C and 2 others"
    assert listed(["A"]) == "A"


def test_a_time_shuts_nothing_out_where_no_article_has_a_day(tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_text(
        "The bridge over the Desna was opened in 2019 after a long delay.", encoding="utf-8"
    )
    with Assistant.open(tmp_path / "library", settings=Settings()) as desk:
        desk.add(tmp_path / "old.txt")
        assert desk.search("Which bridge was opened in 2019?", today="2024-09-02")
        assert desk.scope("Which bridge was opened in 2019?", today="2024-09-02").since is None
