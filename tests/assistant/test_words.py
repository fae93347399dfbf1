"""Words, figures, names, and what a question asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.words import (
    asks_for_course,
    asks_for_one_thing,
    content_words,
    names,
    numbers,
    question_kind,
    question_words,
    right_kind,
    stem,
    words,
)


@pytest.mark.parametrize(
    "forms",
    [
        "invest invested investing investment investments",
        "policy policies",
        "company companies",
        "elect elected election elections",
        "agree agreed agreeing agreement",
        "win won winner winning",
        "create created creation",
        "locate located location",
        "stop stopped stopping stops",
        "2 two",
        "1,000 1000",
    ],
)
def test_the_forms_of_a_word_have_one_stem(forms: str) -> None:
    assert len({stem(form) for form in forms.split()}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("police", "policy"), ("united", "universe"), ("king", "kind"), ("news", "newer"), ("bus", "buy")],
)
def test_different_words_keep_different_stems(one: str, other: str) -> None:
    assert stem(one) != stem(other)


def test_words_lose_case_accents_and_the_possessive() -> None:
    assert words("Türkiye’s mid-term TALKS, Zürich's 1,500") == ["turkiye", "mid", "term", "talks", "zurich", "1,500"]


def test_content_words_leave_out_what_every_sentence_has() -> None:
    assert content_words("It was the first of the two landings") == ["first", "2", "land"]


def test_question_words_leave_out_what_only_asks() -> None:
    assert question_words("How many people were called to the bridge?") == ["person", "bridg"]
    assert question_words("Tell me about it") == ["tell"]


def test_figures_are_plain_digits() -> None:
    assert numbers("2,500 men, 3.5 metres and twelve boats in 1999") == {"2500", "3.5", "12", "1999"}


def test_names_are_runs_of_capitals() -> None:
    assert names("The minister Rustem Umerov met Sébastien Lecornu in New York.") == [
        "Rustem Umerov",
        "Sébastien Lecornu",
        "New York",
    ]


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who did Umerov meet?", "who"),
        ("When did it land?", "when"),
        ("In what year was it built?", "when"),
        ("Where is the glacier?", "where"),
        ("Which country won?", "where"),
        ("How many drones were promised?", "number"),
        ("What percentage of the votes did it get?", "number"),
        ("Why did the bridge collapse?", "why"),
        ("How does a heat pump work?", "how"),
        ("What is a heat pump?", "definition"),
        ("What satellite was used when the service was launched?", "which"),
        ("The storm that struck when nobody watched is over. Where did it begin?", "where"),
        ("Did Sweden join NATO?", "yes_no"),
        ("What happened in Baltimore?", "open"),
        ("drones", "open"),
        ("", "open"),
    ],
)
def test_the_kind_of_a_question_is_what_its_first_asking_word_wants(question: str, kind: str) -> None:
    assert question_kind(question) == kind


def test_a_full_question_wants_one_thing_and_key_words_an_account() -> None:
    assert asks_for_one_thing("Who won the final?")
    assert not asks_for_one_thing("who won the final")
    assert not asks_for_one_thing("Why was the final moved?")


def test_what_happened_asks_for_the_course_of_events() -> None:
    assert asks_for_course("What happened in Baltimore?")
    assert not asks_for_course("Who was in Baltimore when it happened?")


@pytest.mark.parametrize(
    ("question", "better", "worse"),
    [
        ("How much did it weigh?", "The sample weighed 121.6 grams.", "The sample was weighed on 15 February 2024."),
        ("When did it land?", "It touched down on 23 August.", "It touched down near the pole."),
        ("Who scored the goal?", "Olga Carmona scored it.", "It was scored in Sydney."),
        ("Who scored the goal?", "It was scored in Sydney.", "The goal was scored late."),
        ("Where did it land?", "It came down in Utah.", "It came down in a desert."),
        ("Why did it fail?", "It failed because a cable broke.", "It failed on the third try."),
        ("What is a heat pump?", "A heat pump moves heat.", "A good heat pump costs more."),
    ],
)
def test_a_sentence_with_the_kind_of_thing_asked_for_is_told_from_one_without(
    question: str, better: str, worse: str
) -> None:
    kind, asked = question_kind(question), question_words(question)
    assert right_kind(kind, better, asked) > right_kind(kind, worse, asked)


def test_what_the_question_itself_says_is_no_answer() -> None:
    question = "When after 5 May did Umerov speak?"
    assert right_kind("when", "Umerov spoke on 5 May.", question_words(question)) == 0


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    assert all(content_words(text)) or not content_words(text)
    assert question_kind(text)
    assert 0 <= right_kind(question_kind(text), text, question_words(text)) <= 1
    names(text), numbers(text)
