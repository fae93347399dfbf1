"""Questions about the library itself are answered from its catalogue, with counts that are true."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from assistant.question.scope import ScopedQuestion, scoped
from assistant.question.time_limits import Role
from assistant.types import Answer
from assistant.writing.from_catalogue import about_the_library
from tests.benchmarks.material import SEEDS
from vectorstore.library import Library
from vectorstore.types import Article


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with Library.open(tmp_path_factory.mktemp("about")) as opened:
        opened.add(SEEDS)
        yield opened


TODAY = date(2024, 12, 20)


def said(library: Library, question: str, today: date = TODAY) -> Answer:
    def read(text: str, role: Role | None = None) -> ScopedQuestion:
        return scoped(text, library, today=today, role=role)

    return about_the_library(question, library, read)


def held(library: Library, word: str) -> list[Article]:
    return [each for each in library.articles() if word in f"{each.title}\n{each.text}".casefold()]


def test_the_whole_is_counted(library: Library) -> None:
    for question in ("How many articles do you have?", "Скільки у вас статей?"):
        text = said(library, question).text
        assert text.startswith(f"The library holds {library.count()} articles.")
        assert "1 article has no date." in text
        assert f"{len(library.outlets())} sources" in text


@pytest.mark.parametrize("question", ["What do you have about malaria?", "How many articles mention malaria?"])
def test_a_subject_is_counted_by_its_words(library: Library, question: str) -> None:
    answer = said(library, question)
    assert answer.text.startswith(
        f"The library holds {len(held(library, 'malaria'))} articles whose title or text holds"
    )
    assert {citation.article.id for citation in answer.citations} == {each.id for each in held(library, "malaria")}


def test_a_subject_that_is_not_there_is_not_made_up(library: Library) -> None:
    assert "The library holds no article whose" in said(library, "Do you have anything about Bitcoin?").text


def test_while_the_index_of_words_is_made_no_count_is_made_up(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Library, "find_articles", lambda *_, **__: None)
    assert "being made anew" in said(library, "How many articles mention malaria?").text


def test_only_articles_that_hold_all_the_words_in_their_own_spelling_are_counted(library: Library) -> None:
    both = said(library, "What do you have about malaria vaccines?").citations
    assert both
    for citation in both:
        text = f"{citation.article.title}\n{citation.article.text}".casefold()
        assert "malaria" in text
        assert "vaccin" in text
    assert "holds no article" in said(library, "What do you have about Malarya?").text


def test_a_subject_is_found_in_other_inflections_and_accents(library: Library) -> None:
    assert said(library, "How many articles about an earthquake in Turkiye are there?").citations
    one, several = (
        said(library, f"how many articles about {word} do you have") for word in ("earthquake", "earthquakes")
    )
    assert len(one.citations) == len(several.citations) > 1


def test_a_ukrainian_subject_is_found_in_other_forms(tmp_path: Path) -> None:
    table = tmp_path / "articles.jsonl"
    rows = [{"title": "Нові дрони", "text": "Армія має багато дронів."}, {"title": "Дорога", "text": "Дорогу закрито."}]
    table.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    with Library.open(tmp_path / "library") as library:
        library.add(table)
        for question in ("Що у вас є про дрони?", "перелічи статті про дрон"):
            assert [each.article.title for each in said(library, question).citations] == ["Нові дрони"]


def test_time_is_that_of_publication(library: Library) -> None:
    days = [each.article.published for each in said(library, "List the articles from August 2024").citations]
    assert days
    assert all(day and (day.year, day.month) == (2024, 8) for day in days)
    in_2023 = said(library, "List the articles about earthquakes in 2023")
    assert {each.article.published.year for each in in_2023.citations if each.article.published} == {2023}
    last_week = said(library, "List the articles of last week", date(2024, 8, 20))
    assert [each.article.published for each in last_week.citations] == [date(2024, 8, 14)]


def test_sources_are_counted(library: Library) -> None:
    text = said(library, "Which sources do you have?").text
    for outlet in library.outlets():
        assert f"- {outlet.name}: {outlet.articles} article" in text
    assert text.endswith("\n\n1 article names no source.")
    assert said(library, "Які у вас джерела?").text == text


def test_the_newest_and_the_oldest(library: Library) -> None:
    days = [each.published for each in library.articles() if each.published]
    for question, day in [
        ("What is the newest article?", max(days)),
        ("What's the oldest article you have?", min(days)),
        ("What is the latest article about Starship?", date(2024, 10, 13)),
    ]:
        assert [each.article.published for each in said(library, question).citations] == [day]


def test_what_is_listed_is_cited_by_its_opening_words(library: Library) -> None:
    answer = said(library, "What do you have about NATO?")
    assert answer.citations
    for citation in answer.citations:
        assert citation.article.text[citation.start : citation.end] == citation.quote
        statement = next(each for each in answer.statements if each.citations == (citation.number,))
        assert " ".join(citation.quote.split()) in statement.text
    uncited = [each for each in answer.statements if not each.citations]
    assert uncited
    assert all(each.reason == "counted in the catalogue" for each in uncited)


def test_no_markup_of_a_title_reaches_the_answer(tmp_path: Path) -> None:
    row = {"title": "Look [here](http://evil.example/x) [7]", "text": "Ferries stop for <b>repairs</b> on Monday."}
    table = tmp_path / "articles.jsonl"
    table.write_text(json.dumps(row), encoding="utf-8")
    with Library.open(tmp_path / "library") as library:
        library.add(table)
        answer = said(library, "List the articles")
    assert "http" not in answer.text
    assert "<b>" not in answer.text
    assert "[7]" not in answer.text
    assert [citation.number for citation in answer.citations] == [1]


def test_an_empty_library_says_so(tmp_path: Path) -> None:
    with Library.open(tmp_path / "library") as library:
        for question in ("How many articles do you have?", "Which sources do you have?", "Anything about NATO?"):
            assert said(library, question).text.startswith("The library is empty.")
