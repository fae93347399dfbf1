"""Words, figures and names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.language.words import (
    content_words,
    names,
    numbers,
    question_words,
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


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    assert all(content_words(text)) or not content_words(text)
    names(text), numbers(text)


@pytest.mark.parametrize(("british", "american"), [("defence", "defense"), ("centres", "centers"), ("labour", "labor")])
def test_british_and_american_spellings_are_one_word(british: str, american: str) -> None:
    assert stem(british) == stem(american)
