"""The outlets in a question: two tables of questions, how outlets are called, and what holds for every text."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.outlets import ReadOutlets, read_outlets
from tests.benchmarks.outlets import HELD_OUT, OUTLETS, QUESTIONS, expected, is_trap, limits_wrongly, read, rows
from vectorstore.types import Outlet


def outlet(name: str, *domains: str) -> Outlet:
    return Outlet(name, 1, domains)


@pytest.mark.parametrize("row", rows(QUESTIONS), ids=lambda row: row["question"])
def test_the_outlets_in_a_question(row: dict[str, Any]) -> None:
    assert read(row) == expected(row)


def test_the_table_is_large_and_full_of_traps() -> None:
    table = rows(QUESTIONS)
    assert len(table) >= 80
    assert sum(map(is_trap, table)) >= 40


def test_questions_written_after_the_rules_were_fixed() -> None:
    # 34 of 38 (89 %) before any change that they led to, none of them a wrong limit; 33 of 38 of an earlier set that is
    # now in the table.
    table = rows(HELD_OUT)
    assert len(table) >= 30
    assert sum(read(row) == expected(row) for row in table) / len(table) >= 0.9
    assert not any(map(limits_wrongly, table))


@pytest.mark.parametrize(
    ("question", "words", "rest"),
    [
        ("According to UNN, who met Umerov?", ("According to UNN",), "Who met Umerov?"),
        ("Who met Umerov, according to UNN?", ("according to UNN",), "Who met Umerov?"),
        ("Who met Umerov (according to UNN)?", ("according to UNN",), "Who met Umerov?"),
        ("What did the Guardian write about drones?", ("did the Guardian write about",), "What drones?"),
        ("Who met Umerov, not from UNN?", ("not from UNN",), "Who met Umerov?"),
        ("UNN Umerov Paris", ("UNN",), "UNN Umerov Paris"),
        ("What did he tell CNN about it?", ("tell CNN",), "What did he tell CNN about it?"),
        ("What did UNN write?", ("did UNN write",), "What did UNN write?"),
        ("Who met Umerov?", (), "Who met Umerov?"),
    ],
)
def test_the_words_are_named_and_those_that_only_name_a_source_are_not_searched_for(
    question: str, words: tuple[str, ...], rest: str
) -> None:
    found = read_outlets(question, OUTLETS)
    assert (found.words, found.rest) == (words, rest)


@pytest.mark.parametrize(
    ("stored", "written"),
    [
        (outlet("The New York Times"), "the New York Times"),
        (outlet("The New York Times"), "NYT"),
        (outlet("The New York Times"), "the NY Times"),
        (outlet("The New York Times"), "the Times"),
        (outlet("nytimes.com", "nytimes.com"), "the NYT"),
        (outlet("usatoday.com", "usatoday.com"), "USA Today"),
        (outlet("theweek.co.uk", "theweek.co.uk"), "The Week"),
        (outlet("cnn.com", "edition.cnn.com"), "CNN"),
        (outlet("CNN", "edition.cnn.com"), "cnn.com"),
        (outlet("The Wall Street Journal", "wsj.com"), "WSJ"),
        (outlet("Financial Times", "ft.com"), "the FT"),
        (outlet("The Washington Post"), "WaPo"),
        (outlet("BBC News", "bbc.co.uk"), "the BBC"),
        (outlet("BBC News", "bbc.co.uk"), "bbc.co.uk"),
        (outlet("Business Insider.com"), "Business Insider"),
        (outlet("Associated Press", "apnews.com"), "AP"),
        (outlet("Agence France-Presse"), "AFP"),
        (outlet("Le Monde"), "Le Monde"),
        (outlet("L'Équipe"), "L’Equipe"),
        (outlet("УНН"), "UNN"),
        (outlet("UNN"), "УНН"),
        (outlet("Українська правда"), "Ukrainska Pravda"),
        (outlet("Ukrinform"), "Укрінформ"),
        (outlet("Известия"), "Izvestia"),
        (outlet("Starter Library, Space desk"), "the Starter Library"),
        (outlet("TIME"), "Time"),
        (outlet("Nature"), "the journal Nature"),
    ],
)
def test_what_an_outlet_is_called(stored: Outlet, written: str) -> None:
    assert read_outlets(f"Who resigned, according to {written}?", [stored]).only == (stored.name,)


@pytest.mark.parametrize(
    ("stored", "written"),
    [
        (outlet("Daily Mail", "dailymail.co.uk"), "DM"),
        (outlet("World Health Observer"), "who"),
        (outlet("Financial Times", "ft.com"), "Ft"),
        (outlet("medium.com/space", "medium.com"), "a medium"),
        (outlet("The Hill"), "Jonah Hill"),
        (outlet("Bloomberg"), "Michael Bloomberg"),
        (outlet("BBC News", "bbc.co.uk"), "press@bbc.co.uk"),
        (outlet("Reuters"), "Reuters/Ipsos"),
        (outlet("USA Today"), "the USA today"),
        (outlet("Independent Agency"), "the Agency"),
    ],
)
def test_what_no_outlet_is_called(stored: Outlet, written: str) -> None:
    assert read_outlets(f"Who resigned, according to {written}?", [stored]).only == ()


def test_an_outlet_under_two_names_is_asked_under_both() -> None:
    held = [outlet("CNN"), outlet("cnn.com", "cnn.com"), outlet("UNN")]
    assert read_outlets("According to CNN, who won?", held).only == ("CNN", "cnn.com")


def test_what_a_government_says_is_told_by_others_too() -> None:
    found = read_outlets("According to the White House, who won?", [outlet("White House", "whitehouse.gov")])
    assert (found.only, found.preferred) == ((), ("White House",))


def test_what_is_quoted_names_no_source_but_a_quoted_name_does() -> None:
    assert not read_outlets("Who sang “According to CNN”?", OUTLETS).only
    assert read_outlets("According to “The Guardian”, who sang?", OUTLETS).only == ("The Guardian",)


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


@pytest.mark.parametrize(
    "piece", ["UNN and ", "in the BBC ", "according to ", "“", "the The ", "articles not from ", " "]
)
def test_a_long_text_takes_time_in_proportion(piece: str) -> None:
    text = piece * (10_000 // len(piece))
    begun = time.perf_counter()
    read_outlets(text, OUTLETS)
    assert time.perf_counter() - begun < 3  # 0.02 to 0.5 s alone; what is quadratic takes far longer
