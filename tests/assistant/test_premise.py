"""What a question takes for granted, and whether an article bears it out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from assistant.families import content_families
from assistant.premise import lack, premise
from tests.assistant.making import match


def lacking(question: str, text: str, *, title: str = "News", published: date | None = date(2024, 9, 2)) -> str:
    found = match(text, title=title, published=published)
    article = replace(found.article, text=text)
    held = content_families(f"{title}\n{text}")
    return lack(premise(question), article, [text], held)


def test_a_name_that_stands_nowhere_is_lacking() -> None:
    text = "Macron spoke about artificial intelligence in Paris."
    assert lacking("What did Angela Merkel say about intelligence?", text) == "It does not mention Angela Merkel."
    assert lacking("What did Emmanuel Macron say about intelligence?", text) == ""


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What did the World Health Organization recommend?", "WHO recommends a vaccine."),
        ("What did WHO recommend?", "The World Health Organization recommends a vaccine."),
        ("How many people live in the United States?", "Some 340 million Americans were counted."),
        ("How many people live in the United Kingdom?", "Some 68 million people live in Britain."),
        ("Where is President Macron?", "Macron is in Paris."),
        ("Approximately how many people live here?", "About 68 million people."),
        ("What happens on Fridays in July?", "The market opens."),
    ],
)
def test_another_form_of_a_name_is_no_lack_and_neither_are_days_and_first_words(question: str, text: str) -> None:
    assert lacking(question, text) == ""


def test_a_title_is_no_part_of_a_name() -> None:
    assert lacking("What did President Macron say?", "President Biden spoke.") == "It does not mention Macron."


def test_a_year_that_the_article_never_names_is_lacking() -> None:
    text = "Han Kang won the Nobel Prize in Literature. In 2023 Jon Fosse won it."
    assert lacking("Who won the Nobel Prize in Literature in 2022?", text) == "It says nothing of 2022."
    assert lacking("Who won the Nobel Prize in Literature in 2023?", text) == ""


def test_the_day_of_an_article_names_its_year_and_its_words_the_ones_beside_it() -> None:
    question = "How many visitors came in {}?"
    assert lacking(question.format(2024), "Some 300 visitors came.") == ""
    assert lacking(question.format(2023), "Some 300 visitors came, 200 more than last year.") == ""
    assert lacking(question.format(2025), "Some 300 visitors came; next year it will be 400.") == ""
    assert lacking(question.format(2022), "Some 300 visitors came, 200 more than last year.") != ""
    assert lacking("Who won the cup in 2023?", "They won the cup of the season 2022/23.", published=None) == ""


def test_amounts_and_decades_are_no_years() -> None:
    assert premise("How many of the 2,000 people of the 1990s paid $1999 or 2000%?").years == frozenset()
    assert premise("Who won in 1999, and who in 2004?").years == {"1999", "2004"}


def test_a_name_with_another_number_is_another_thing() -> None:
    text = "Orion ended Artemis I. Vogtle 3 and 4 are at work."
    assert lacking("When was Artemis III launched?", text) == "It speaks of Artemis I, not III."
    assert lacking("What did Vogtle 5 cost?", text).startswith("It speaks of Vogtle")
    assert lacking("What did Vogtle 4 cost?", text) == ""
    assert lacking("What did the Covid-19 pandemic cost?", "The Covid pandemic cost much.") == ""


def test_an_event_must_be_told_of_the_names_of_the_question() -> None:
    text = (
        "Norway and Denmark were among the founders. No member has ever left. In 1966 France withdrew from the command."
    )
    assert lacking("When did Norway leave NATO?", text, title="Who belongs to NATO") == "It does not report this."
    assert lacking("When did France leave the command of NATO?", text, title="Who belongs to NATO") == ""


def test_what_is_denied_or_planned_has_not_happened() -> None:
    denied = "Norway never left NATO."
    assert lacking("When did Norway leave NATO?", denied) == "It does not report this."
    assert lacking("Did Norway leave NATO?", denied) == ""
    planned = "The capsule Orion will return in May."
    assert lacking("When did Orion return?", planned) == "It does not report this."
    assert lacking("When will Orion return?", planned) == ""
    assert lacking("When was Orion to be returned?", planned) == ""


def test_an_event_of_another_year_is_another_event() -> None:
    text = "Argentina won the World Cup in 2022. The next World Cup, in 2026, will be held in Canada."
    asked = "Who won the World Cup in {}?"
    assert lacking(asked.format(2026), text, published=date(2022, 12, 18)) == "It does not report this."
    assert lacking(asked.format(2022), text, published=date(2022, 12, 18)) == ""


def test_reports_call_an_event_by_other_words() -> None:
    assert lacking("Who bought the Ruritania Bank?", "The takeover of the Ruritania Bank is agreed.") == ""
    assert lacking("Who bought the Ruritania Bank?", "The Ruritania Bank has a new roof.") == "It does not report this."


def test_a_clause_beside_the_question_asks_for_nothing() -> None:
    text = "“We are safer now,” Stoltenberg said. Finland is in NATO."
    assert lacking("What did Stoltenberg say when Finland joined?", text) == ""


def test_what_a_follow_up_is_about_need_not_be_told_again() -> None:
    text = "The final was played in Lusail before 88,966 people."
    assert lacking("Where was the final played (Argentina won the World Cup in 2022)?", text) == ""
    assert lacking("Where was the final of 2018 played (Argentina won the World Cup)?", text) != ""


def test_two_articles_may_tell_a_side_each_of_a_comparison() -> None:
    text = "Artemis I flew in 2022."
    assert lacking("Which flew longer, Artemis I or Artemis II?", text) == ""


def test_without_capitals_and_years_nothing_is_missed() -> None:
    assert lacking("who sold the old bridge", "The bridge is of stone.") == ""
