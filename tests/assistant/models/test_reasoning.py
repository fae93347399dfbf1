"""Reasoning is taken out of a stream wherever it is cut."""

from __future__ import annotations

import pytest

from assistant.models.reasoning import WithoutReasoning, repeats_itself

SAID = "Umerov met Lecornu [1]. a < b <i>so</i> <|im_end|>"
RAW = [
    f"<think>Or not?</think>{SAID}",
    f"[THINK] Or not? [/THINK]{SAID}",
    f"<|channel|>analysis<|message|>Or not?<|end|><|start|>assistant<|channel|>final <|message|>{SAID}<|return|>",
    f"<|channel|>commentary to=x <|constrain|>json<|message|>Or not?<|channel|>final<|message|>{SAID}",
    SAID,
]


@pytest.mark.parametrize("raw", RAW)
def test_however_the_stream_is_cut_the_text_is_the_same(raw: str) -> None:
    for cut in range(len(raw) + 1):
        reasoning = WithoutReasoning()
        assert reasoning.feed(raw[:cut]) + reasoning.feed(raw[cut:]) + reasoning.finish() == SAID
        assert not reasoning.was_inside


def test_a_model_known_to_begin_inside_that_does_not_loses_nothing() -> None:
    for raw, said in ((SAID, SAID), (f"Or not?</think>{SAID}", SAID), (f"<think>Or not?</think>{SAID}", SAID)):
        reasoning = WithoutReasoning(begins_inside=True)
        assert reasoning.feed(raw[:9]) == ""
        assert reasoning.feed(raw[9:]) + reasoning.finish() == said


def test_a_closing_tag_that_nothing_opened_is_told_once_text_was_given_out() -> None:
    reasoning = WithoutReasoning()
    assert reasoning.feed("Or not? ") == "Or not? "
    assert reasoning.feed(f"</think>{SAID} ") == f"{SAID} "
    assert reasoning.was_inside
    harmless = WithoutReasoning()
    assert harmless.feed(f"\n</think>{SAID} ").strip() == SAID
    assert not harmless.was_inside


@pytest.mark.parametrize("text", ["", "So it was. " * 3, "-" * 120, "Not reported [1].\n- Tuesday: not reported [1]."])
def test_honest_text_does_not_repeat_itself(text: str) -> None:
    assert not any(repeats_itself(text[:end]) for end in range(len(text) + 1))
