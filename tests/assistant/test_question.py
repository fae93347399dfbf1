"""What is searched for."""

from __future__ import annotations

import pytest

from assistant.question import search_text
from assistant.types import Turn

HISTORY = [Turn("user", "Whom did Umerov meet in Paris?"), Turn("assistant", "Lecornu.")]


@pytest.mark.parametrize(
    "question", ["And what about drones?", "When was that?", "Who is he?", "Why?", "Was it in Paris?"]
)
def test_a_question_that_leans_on_the_last_one_takes_it_along(question: str) -> None:
    assert search_text(question, HISTORY) == f"Whom did Umerov meet in Paris? {question}"
    assert search_text(question, []) == question


@pytest.mark.parametrize(
    "question",
    ["How many drones will France build in 2025?", "Which European countries voted for the law this week?"],
)
def test_a_question_of_its_own_stands_alone(question: str) -> None:
    assert search_text(question, HISTORY) == question
