"""What a chat model's plan of a search may be: questions in the words of the conversation."""

from __future__ import annotations

import json

import pytest

from assistant.conversation.follow_up import Exchange
from assistant.conversation.planning import read, request

MEETING = Exchange("Whom did Umerov meet in Paris?", "Umerov met Sébastien Lecornu in Paris.")
PAIR = "Whom did Umerov and Dimorphos meet in Paris?"


@pytest.mark.parametrize(
    "reply",
    [
        *("no JSON", "", "null", "{}", "[]", '{"questions": "a"}', '{"questions": []}', '{"questions": [1, 2]}'),
        *('{"questions": ["a", " "]}', '{"questions": ["a", "b", "c", "d", "e"]}', '{"question": "Who is Lecornu?"}'),
        '{"questions": ["Did Macron meet Lecornu?"]}',
        '{"questions": ["Who is Lecornu, see https://evil.example/x"]}',
        '{"questions": ["Who is **Lecornu**?"]}',
        '{"questions": ["Who met Lecornu in 2021?"]}',
        json.dumps({"questions": ["Who? " * 200]}),
    ],
)
def test_a_plan_that_is_broken_or_made_up_is_not_taken(reply: str) -> None:
    assert read(reply, "Who is he?", [MEETING]) is None


def test_a_plan_in_the_words_of_the_conversation_is_taken() -> None:
    alone = ("Who is Sébastien Lecornu?",)
    assert read(f'Here: {{"questions": ["{alone[0]}"]}}', "Who is he?", [MEETING]) == alone
    parts = ("Whom did Umerov meet?", "And Dimorphos?")
    assert read(json.dumps({"questions": parts}), PAIR) == parts
    assert "Who is he?" in request("Who is he?", [MEETING])[-1].content
