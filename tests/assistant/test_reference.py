"""Whom "he" and "it" stand for."""

from __future__ import annotations

import pytest

from assistant.reference import resolve


def name(before: str, sentence: str, title: str = "A day in Paris") -> str | None:
    text = f"{before} {sentence}"
    found = resolve(text, len(before) + 1, title)
    return found.name if found else None


def test_he_is_the_subject_of_the_sentence_before() -> None:
    assert name("Defence Minister Rustem Umerov came to Paris.", "He met nobody.") == "Rustem Umerov"


def test_a_surname_stands_for_the_full_name_given_earlier() -> None:
    assert name("Rustem Umerov came to Paris. Umerov wanted drones.", "He got them.") == "Rustem Umerov"


def test_she_goes_on_through_sentences_that_begin_with_she() -> None:
    assert name("Olga Carmona scored late. She wept.", "She thanked the team.") == "Olga Carmona"


@pytest.mark.parametrize(
    "before",
    [
        "Rustem Umerov met Sébastien Lecornu.",
        "It rained in Paris.",
        "A spokesman of Rustem Umerov was there.",
        "Rustem Umerov’s car stood outside.",
        "Rustem Umerov said that she had left.",
        "Rustem Umerov said: “Nobody called.",
        "The First National Bank opened a branch.",
    ],
)
def test_where_two_may_be_meant_or_none_is_named_nobody_is(before: str) -> None:
    assert name(before, "He left in the evening.") is None


def test_it_is_the_thing_that_the_article_is_about() -> None:
    before = "Odysseus is about four metres tall."
    assert name(before, "It was launched in May.", "Odysseus lands on the Moon") == "Odysseus"
    assert name(before, "It was launched in May.", "A week in space") is None


@pytest.mark.parametrize("sentence", ["It is clear that the launch failed.", "It rained all day.", "It took a week."])
def test_an_it_that_stands_for_nothing_gets_no_name(sentence: str) -> None:
    assert name("Odysseus is about four metres tall.", sentence, "Odysseus lands on the Moon") is None


def test_an_office_is_borne_by_the_only_one_named_with_it() -> None:
    before = "President Sauli Niinistö spoke first. The crowd was large."
    found = resolve(f"{before} The president thanked everybody.", len(before) + 1, "")
    assert found is not None
    assert (found.name, found.length, found.replaces) == ("Sauli Niinistö", len("The president"), False)
    two = f"President Emmanuel Macron met President Sauli Niinistö. {before}"
    assert resolve(f"{two} The president thanked everybody.", len(two) + 1, "") is None
