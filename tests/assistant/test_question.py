"""Follow-ups become questions that stand alone, by rules; others are left as they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assistant.antecedents import Exchange
from assistant.question import standalone
from assistant.words import content_words

MEETING = Exchange(
    "Whom did Umerov meet in Paris?",
    "Ukraine's Defence Minister Rustem Umerov met his French counterpart, Sébastien Lecornu, in Paris.",
)
CUP = Exchange("Who won the World Cup in 2022?", "Argentina won the World Cup on 18 December 2022.")
NATO = Exchange("When did Sweden join NATO?", "Sweden became the 32nd member of NATO on 7 March 2024.")
GOLD = Exchange("How many gold medals did the United States win in Tokyo?", "The United States won 39 gold medals.")
DATA = Path(__file__).parents[1] / "data"


@pytest.mark.parametrize(
    ("before", "question", "alone"),
    [
        (MEETING, "When was that?", "When did Umerov meet Sébastien Lecornu in Paris?"),
        (MEETING, "Who is he?", "Who is Sébastien Lecornu?"),
        (MEETING, "What did they talk about?", "What did Umerov and Sébastien Lecornu talk about?"),
        (MEETING, "And what about drones?", "What about drones (whom Umerov met in Paris)?"),
        (MEETING, "Tell me more.", "Tell me more about Umerov, Paris."),
        (CUP, "When was that?", "When was that (Argentina won the World Cup in 2022)?"),
        (CUP, "And in 2018?", "Who won the World Cup in 2018?"),
        (CUP, "And the Women's World Cup in 2023?", "Who won the Women's World Cup in 2023?"),
        (NATO, "And Finland?", "When did Finland join NATO?"),
        (NATO, "Why?", "Why did Sweden join NATO?"),
        (GOLD, "In Paris too?", "How many gold medals did the United States win in Paris?"),
        (GOLD, "And China?", "How many gold medals did China win in Tokyo?"),
    ],
)
def test_a_follow_up_stands_alone(before: Exchange, question: str, alone: str) -> None:
    made = standalone(question, [before])
    assert made.text == alone
    assert made.leans
    assert made.continues
    assert standalone(question, []).text == question


def test_a_pronoun_that_may_mean_two_people_is_not_guessed() -> None:
    made = standalone("Which officials accompanied him?", [MEETING])
    assert made.text == "Which officials accompanied him (Umerov met Sébastien Lecornu in Paris)?"


def test_a_name_of_the_question_itself_is_what_its_pronoun_stands_for() -> None:
    for question in (
        "Why did CrowdStrike apologise for its update?",
        "What did Macron say when he came to Notre-Dame?",
    ):
        assert standalone(question, [MEETING]).text == question


def test_the_second_one_is_the_second_name_of_the_answer() -> None:
    prize = Exchange("Who won the medicine prize?", "Katalin Karikó and Drew Weissman receive the prize.")
    assert standalone("And the second one?", [prize]).text == "Tell me more about Drew Weissman."
    assert standalone("The latter?", [prize]).text == "Tell me more about Drew Weissman."


def test_a_question_about_the_same_names_continues_without_being_rewritten() -> None:
    question = "How many years did Sweden wait for Turkey's consent?"
    made = standalone(question, [NATO])
    assert made.text == question
    assert (made.leans, made.continues) == (False, True)


@pytest.mark.parametrize(
    "question",
    [
        "How many drones will France build in 2025?",
        "Which European countries voted for the law this week?",
        "How does a heat pump work?",
        "Something else: who won the election in Brazil?",
    ],
)
def test_a_question_of_its_own_is_left_as_it_is(question: str) -> None:
    made = standalone(question, [CUP])
    assert made.text == question
    assert not made.leans
    assert not made.continues


def rows() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / "follow_ups.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("row", rows(), ids=lambda row: str(row["question"]))
def test_the_table_of_follow_ups(row: dict[str, Any]) -> None:
    said: list[Exchange] = []
    for asked, answered in zip(row["history"][::2], row["history"][1::2], strict=True):
        if asked["content"] != "Thanks!":
            said.append(Exchange(standalone(asked["content"], said).text, answered["content"]))
    made = standalone(row["question"], said)
    assert made.leans == bool(row["articles"])
    assert all(held.lower() in made.text.lower() for held in row["holds"])
    conversation = [row["question"], *(turn["content"] for turn in row["history"])]
    known = set(content_words(" ".join(conversation))) | set(content_words("tell whether"))
    invented = set(content_words(made.text)) - known
    assert not invented
