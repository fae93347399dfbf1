"""What an empty library says, and what a filled one suggests to ask."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from assistant.messages import translator
from ui.views import welcome
from ui.views.welcome import question_of, suggested
from vectorstore.types import Article

EN = translator()
DAY = date(2024, 9, 10)


def article(title: str, *, days: int = 0, source: str | None = "The Lamp") -> Article:
    return Article(f"{title}-{days}", title, "Text.", published=DAY - timedelta(days=days), source=source)


def test_an_empty_library_offers_two_ways_to_an_editor_and_none_to_a_reader() -> None:
    made = welcome.empty(EN)
    assert 'data-act="welcome-add"' in made
    assert 'data-act="welcome-starters"' in made
    assert "welcome-starters" not in welcome.empty(EN, starters=False)
    assert "data-act" not in welcome.empty(EN, may_edit=False)


def test_the_starter_articles_are_found_beside_the_program() -> None:
    folder = welcome.starter_articles()
    assert folder is not None
    assert any(folder.rglob("*.md"))


@pytest.mark.parametrize(
    ("title", "question"),
    [
        ("Finland joins NATO as its 31st member", "What is known about “Finland joins NATO as its 31st member”?"),
        ("LIVE: Bridge in Baltimore collapses", "What is known about “Bridge in Baltimore collapses”?"),
        ("Bridge collapses in Baltimore - The Lamp", "What is known about “Bridge collapses in Baltimore”?"),
        ("“We will win,” says the mayor.", "What is known about “We will win, says the mayor”?"),
        ("Why did the bridge in Baltimore collapse?", "Why did the bridge in Baltimore collapse?"),
        ("Чому впав міст у Балтиморі цієї ночі?", "Чому впав міст у Балтиморі цієї ночі?"),
        ("Really? The mayor says so", "What is known about “Really? The mayor says so”?"),
        ("Sport", None),
        ("x" * 40, None),
        ("word " * 40, None),
        ("Two\u202elines of a hostile title", None),
    ],
)
def test_a_title_is_quoted_unless_it_asks_by_itself(title: str, question: str | None) -> None:
    assert question_of(article(title), EN) == question


def test_widely_carried_stories_of_late_come_first_and_in_turn_with_new_ones() -> None:
    newest = [article(f"New matter number {number}", days=number, source=f"S{number}") for number in range(6)]
    covered = [
        (article("An old matter that all carried", days=90), 40),
        (article("The flood in the valley", days=5), 9),
    ]
    made = suggested(newest, covered, EN)
    assert [each.question for each in made[:2]] == [
        "What is known about “The flood in the valley”?",
        "What is known about “New matter number 0”?",
    ]
    assert made[0].carried == 9
    assert len(made) == welcome.SUGGESTED
    assert not any("old matter" in each.question for each in made)
    assert suggested(newest, covered, EN) == made
    assert "in 9 articles" in welcome.suggestions(made, EN)


def test_no_question_is_suggested_twice_and_outlets_take_turns() -> None:
    same = [article("The flood in the valley", source="A"), article("The flood in the valley", source="B")]
    others = [article(f"Harbour matter number {n}", source="A") for n in range(3)] + [
        article("Elsewhere it rains", source="C")
    ]
    made = suggested([*same, *others], [(same[0], 2)], EN)
    questions = [each.question for each in made]
    assert len(set(questions)) == len(questions) == welcome.SUGGESTED
    assert "What is known about “Elsewhere it rains”?" in questions[:3]


def test_a_library_without_dates_or_titles_suggests_what_it_can() -> None:
    undated = Article("a", "A harbour without a date", "Text.")
    assert [each.article for each in suggested([undated, Article("b", "", "Text.")], [], EN)] == [undated]
    assert suggested([], [], EN) == ()
    assert welcome.suggestions((), EN) == ""


def test_a_hostile_title_stays_text() -> None:
    made = suggested([article('Mayor <img src=x onerror=alert(1)> "opens" it')], [], EN)
    assert "<img" not in welcome.suggestions(made, EN)
    assert 'data-value="What is known about' in welcome.suggestions(made, EN)
