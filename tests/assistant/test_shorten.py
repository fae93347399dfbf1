"""The clause that answers."""

from __future__ import annotations

import pytest

from assistant.shorten import clause

HEAD = "The cathedral in the old quarter of the town was opened again on Monday by the mayor and the bishop"
TAIL = ", which had been waited for by everybody who lives there or likes to visit it."


def kept(text: str, needed: tuple[str, ...] = ("mayor",), holds_answer: bool = False) -> str:
    start, end = clause(text, 0, len(text), needed, lambda words: holds_answer)
    return text[start:end]


def test_what_hangs_on_behind_goes() -> None:
    assert kept(HEAD + TAIL) == HEAD


def test_a_short_sentence_stays_whole() -> None:
    text = "The mayor opened it, which pleased everybody."
    assert kept(text) == text


@pytest.mark.parametrize(
    "tail",
    [
        ", while it may be closed again in winter if the money does not come.",
        ", as the mayor's office said in a statement to the press in the evening.",
        ", which nobody had thought likely a year ago when the roof came down.",
        ", with “the greatest joy” of everybody who lives there or likes to visit.",
    ],
)
def test_conditions_denials_speakers_and_quotations_stay(tail: str) -> None:
    assert kept(HEAD + tail) == HEAD + tail


def test_what_the_question_asks_about_stays() -> None:
    assert kept(HEAD + TAIL, needed=("visit",)) == HEAD + TAIL


def test_what_may_be_the_answer_stays() -> None:
    assert kept(HEAD + TAIL, holds_answer=True) == HEAD + TAIL
