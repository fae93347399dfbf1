"""The outlets in a question: how they are called, what limits to them, what only hints, and what does neither."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.question.outlets import ReadOutlets, read_outlets
from tests.benchmarks.outlets import OUTLETS
from vectorstore.types import Outlet


def outlet(name: str, *domains: str) -> Outlet:
    return Outlet(name, 1, domains)


HELD = [outlet("CNN", "cnn.com"), outlet("The Guardian", "theguardian.com"), outlet("UNN"), outlet("Nature")]


@pytest.mark.parametrize(
    ("question", "only"),
    [
        ("According to UNN, who met Umerov?", ("UNN",)),
        ("What did the Guardian write about drones?", ("The Guardian",)),
        ("What did CNN and the Guardian report on the flood?", ("CNN", "The Guardian")),
        ("Show me articles from UNN about drones", ("UNN",)),
        ("What was CNN's coverage of the flood?", ("CNN",)),
        ("Who met Umerov?", ()),
        ("Who owns CNN?", ()),
        ("What damage did nature do?", ()),
        ("Who sang “According to CNN”?", ()),
    ],
)
def test_a_question_for_the_words_of_outlets_limits_the_search_to_them(question: str, only: tuple[str, ...]) -> None:
    assert read_outlets(question, HELD).only == only


def test_outlets_can_be_left_out_or_hinted_at() -> None:
    without = read_outlets("Who met Umerov, not from UNN?", HELD)
    assert (without.only, without.without) == ((), ("UNN",))
    hinted = read_outlets("What did he tell CNN about it?", HELD)
    assert (hinted.only, hinted.preferred) == ((), ("CNN",))


@pytest.mark.parametrize(
    ("question", "words", "rest"),
    [
        ("According to UNN, who met Umerov?", ("According to UNN",), "Who met Umerov?"),
        ("Who met Umerov (according to UNN)?", ("according to UNN",), "Who met Umerov?"),
        ("What did UNN write?", ("UNN",), "What did UNN write?"),
    ],
)
def test_the_words_are_named_and_those_that_only_name_a_source_are_not_searched_for(
    question: str, words: tuple[str, ...], rest: str
) -> None:
    found = read_outlets(question, HELD)
    assert (found.words, found.rest) == (words, rest)


@pytest.mark.parametrize(
    ("stored", "written"),
    [
        (outlet("The New York Times"), "the New York Times"),
        (outlet("The New York Times"), "NYT"),
        (outlet("CNN", "edition.cnn.com"), "cnn"),
        (outlet("BBC News", "bbc.co.uk"), "the BBC"),
        (outlet("BBC News", "bbc.co.uk"), "bbc.co.uk"),
        (outlet("УНН"), "UNN"),
        (outlet("UNN"), "УНН"),
        (outlet("L'Équipe"), "L’Equipe"),
        (outlet("Starter Library, Space desk"), "the Starter Library"),
    ],
)
def test_what_an_outlet_is_called(stored: Outlet, written: str) -> None:
    assert read_outlets(f"Who resigned, according to {written}?", [stored]).only == (stored.name,)


def test_an_outlet_under_two_names_is_asked_under_both() -> None:
    held = [outlet("CNN"), outlet("cnn.com", "cnn.com"), outlet("UNN")]
    assert read_outlets("According to CNN, who won?", held).only == ("CNN", "cnn.com")


def test_a_library_without_outlets_reads_none() -> None:
    assert read_outlets("According to CNN, who won?", []) == ReadOutlets(rest="According to CNN, who won?")


PIECES = """
according to not from in on as reported by did write says told about what who the The , . ? ( ) “ ” other than except
sources articles news UNN CNN Guardian Time time NYT bbc.co.uk www. BBC News and or УНН правда Nature's / - @ \ue000
""".split()
QUESTIONS_OF_PIECES = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join),
    st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=10).map("".join),
    st.text(max_size=80),
)


@given(QUESTIONS_OF_PIECES)
def test_any_text_gives_outlets_of_the_library_and_its_own_words(question: str) -> None:
    found = read_outlets(question, OUTLETS)
    names = {outlet.name for outlet in OUTLETS}
    assert {*found.only, *found.without, *found.preferred} <= names
    assert not (found.only and found.without)
    assert not {*found.preferred} & {*found.only, *found.without}
    assert bool(found.words) == bool(found.only or found.without or found.preferred)
    assert all(words in question for words in found.words)


@pytest.mark.timeout(120)  # linear, it takes half a second; what is quadratic takes far longer
@pytest.mark.parametrize(
    "piece", ["UNN and ", "in the BBC ", "according to ", "“", "the The ", "articles not from ", " "]
)
def test_a_long_text_takes_time_in_proportion(piece: str) -> None:
    read_outlets(piece * (10_000 // len(piece)), OUTLETS)
