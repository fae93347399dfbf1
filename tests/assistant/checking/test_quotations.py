"""Quotations, and finding them word for word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.checking import quotations

SOURCE = "He said: ‘We — all of us — won’t give up…  The “security\u00adbelt”\nmatters to the ﬁrst of the parties.’"


def quoted(sentence: str) -> list[str]:
    return [sentence[start:end] for start, end in quotations.quotations(sentence)]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("He said “we will go” and \"stay here\".", ["we will go", "stay here"]),
        ("Er sagte: „Wir gehen“, mehr nicht.", ["Wir gehen"]),
        ("Il a dit « nous partons ».", [" nous partons "]),
        ("The 'best of the worst' club, it's the O'Briens' 'x'.", ["best of the worst"]),
        ("First \"a quotation that goes on", ["a quotation that goes on"]),
        ("and ends here.\" Then more.", ["and ends here."]),
        ("A 5\" pipe is no quotation.", []),
        ("“”", []),
    ],
)  # fmt: skip
def test_every_pair_of_marks(sentence: str, expected: list[str]) -> None:
    assert quoted(sentence) == expected


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("We - all of us - won't give up", "We — all of us — won’t give up"),
        ("we—all of us—won’t give up...", "We — all of us — won’t give up"),
        ("the \"securitybelt\" matters", "The “security\u00adbelt”\nmatters"),
        ("We … won’t give up", "We — all of us — won’t give up"),
        ("[The fighters] won’t [ever] give up", "won’t give up"),
        ("matters to the first of the parties.", "matters to the ﬁrst of the parties."),
        ("won’t give in", None),
        ("give up … all of us", None),
        ("of the part", None),
        ("…", None),
    ],
)  # fmt: skip
def test_only_what_typesetting_changes_may_differ(words: str, found: str | None) -> None:
    span = quotations.find(words, SOURCE)
    assert (span and SOURCE[slice(*span)]) == found


@given(text=st.text(max_size=200), data=st.data())
def test_any_run_of_words_is_found_where_it_stands(text: str, data: st.DataObject) -> None:
    words = text.split()
    if not words:
        return
    start = data.draw(st.integers(0, len(words) - 1))
    end = data.draw(st.integers(start + 1, len(words)))
    part = " ".join(words[start:end])
    span = quotations.find(part, text)
    if span is not None:  # a part that is only punctuation or gaps says nothing
        assert 0 <= span[0] < span[1] <= len(text)
        assert quotations.find(text[slice(*span)], text) is not None
    else:
        assert not any(character.isalnum() for character in part) or any(
            mark in part for mark in ("...", "…", "[", "*")
        )


@given(text=st.text(max_size=100))
def test_folding_remembers_where_every_character_stood(text: str) -> None:
    folded = quotations.fold(text)
    assert len(folded.spans) == len(folded.text)
    assert all(0 <= start < end <= len(text) for start, end in folded.spans)
    assert list(folded.spans) == sorted(folded.spans)


def test_a_quotation_that_goes_on_is_open() -> None:
    assert quotations.is_open("He said: “We go.")
    assert not quotations.is_open("He said: “We go.”")
    assert not quotations.is_open("He went.")
