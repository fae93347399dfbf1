"""The time in a question: two tables of questions, and what holds for every text."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.question.time_limits import THIS_REACHES_BACK, ReadScope, read_scope

DATA = Path(__file__).parents[2] / "data"
THURSDAY = date(2024, 9, 5)


def table(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def expected(row: dict[str, Any]) -> tuple[date | None, date | None, bool]:
    return day(row["since"]), day(row["until"]), row["prefers_recent"]


def read(row: dict[str, Any]) -> tuple[date | None, date | None, bool]:
    scope = read_scope(row["question"], date.fromisoformat(row["as_of"]))
    return scope.since, scope.until, scope.prefers_recent


@pytest.mark.parametrize("name", ["time_phrases.jsonl", "time_phrases_held_out.jsonl"])
def test_most_times_are_read_as_people_mean_them(name: str) -> None:
    rows = table(name)
    assert sum(read(row) == expected(row) for row in rows) / len(rows) >= 0.8


def test_what_a_time_limits_follows_from_its_role() -> None:
    asked = "What was said of the port in August 2024?"
    days = date(2024, 8, 1), date(2024, 8, 31)
    assert read_scope(asked, THURSDAY, role=says("event")) == ReadScope(
        since=days[0], until=days[1], words=("in August 2024",)
    )
    assert read_scope("Who heard of the flood of August 2024?", THURSDAY, role=says("event")) == ReadScope(
        since=days[0], near=days[1], words=("August 2024",)
    )
    assert read_scope(asked, THURSDAY, role=says("published")) == ReadScope(
        since=days[0], until=days[1], words=("in August 2024",), of_publication=True
    )
    assert read_scope("Where is bread dear in August?", THURSDAY, role=says("none")) == ReadScope()
    assert read_scope("What does bread cost this week?", THURSDAY, role=says("recent")).prefers_recent


def says(role: str) -> Callable[[str, str], str]:
    return lambda question, time: role


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What has changed since March?", ("since March",)),
        ("What did  he say\ton 2\nSeptember 2024?", ("on 2\nSeptember 2024",)),
        ("What was expected before the election on 1 September?", ("on 1 September",)),
        ("What happened between 1 and 5 August 2024?", ("between 1 and 5 August 2024",)),
        ("What is the latest on the talks that began on Monday?", ("latest", "on Monday")),
        ("What was said about the border from 1 June onwards?", ("from 1 June onwards",)),
    ],
)
def test_the_scope_names_the_words_it_came_from(question: str, words: tuple[str, ...]) -> None:
    assert read_scope(question, THURSDAY, role=says("event")).words == words


@pytest.mark.parametrize(
    ("question", "near"),
    [
        ("What did the minister say on Monday?", date(2024, 9, 2)),
        ("What happened two weeks ago?", date(2024, 8, 25)),
        ("How many died in the flood of August 2024?", date(2024, 8, 31)),
        ("Who was elected last week?", None),
        ("Who was elected this week?", None),
        ("Who was elected this year?", None),
        ("Which articles were published in August 2024?", None),
        ("What happened between 1 and 5 August 2024?", None),
        ("How many had died by 5 May?", date(2024, 5, 5)),
        ("What has changed since March?", None),
        ("What was sold in 2022, and what has been sold since 2023?", None),
        ("Compare what was sold in May with what was sold in July", None),
    ],
)
def test_the_last_day_of_one_past_time_is_named_for_ranking(question: str, near: date | None) -> None:
    role = says("published" if "published" in question else "event")
    assert read_scope(question, THURSDAY, role=role).near == near


@pytest.mark.parametrize(("day_first", "since"), [(True, date(2024, 4, 3)), (False, date(2024, 3, 4))])
def test_an_ambiguous_date_is_read_as_the_reader_writes_and_said_so(day_first: bool, since: date) -> None:
    scope = read_scope("What was said on 03/04/2024?", THURSDAY, day_first=day_first, role=says("event"))
    assert scope.since == since
    said = "3 April 2024" if day_first else "4 March 2024"
    assert scope.ambiguous == f"03/04/2024 read as {said}; ASSISTANT_LOCALE decides"


@pytest.mark.parametrize("written", ["13/04/2024", "04/13/2024", "03.04.2024", "2024-04-03", "04/04/2024"])
def test_a_date_with_one_reading_is_not_called_ambiguous(written: str) -> None:
    scope = read_scope(f"What was said on {written}?", THURSDAY, role=says("event"))
    assert scope.since is not None
    assert scope.ambiguous is None


def test_a_winter_with_one_year_is_either_of_two_and_said_so() -> None:
    scope = read_scope("Which articles were published in winter 2022?", THURSDAY, role=says("published"))
    assert (scope.since, scope.until) == (date(2021, 12, 1), date(2023, 2, 28))
    assert scope.ambiguous == "winter 2022 read as both winters of that year"


def test_this_week_reaches_back_over_its_monday() -> None:
    monday = date(2024, 9, 2)
    since = read_scope("Who resigned this week?", monday, role=says("event")).since
    assert since == monday - timedelta(days=THIS_REACHES_BACK)


@pytest.mark.parametrize(
    ("time", "asked_on"),
    [
        ("this week", date(2024, 9, 2)),
        ("earlier this week", date(2024, 9, 2)),
        ("earlier this month", date(2024, 9, 1)),
        ("earlier this year", date(2024, 1, 1)),
        ("on Thursday", THURSDAY),
        ("recently", THURSDAY),
        ("in recent days", THURSDAY),
        ("early Thursday", THURSDAY),
        ("over the last 12 months", THURSDAY),
        ("for the 17th month in a row", THURSDAY),
        ("after the 2020 election", THURSDAY),
    ],
)
def test_a_question_never_shuts_out_the_days_right_before_it(time: str, asked_on: date) -> None:
    since = read_scope(f"Which prices rose {time}?", asked_on, role=says("event")).since
    assert since is None or since <= asked_on - timedelta(days=THIS_REACHES_BACK)


def test_of_several_times_the_widest_limits_hold() -> None:
    scope = read_scope("Compare what was sold in May with what was sold in July", THURSDAY, role=says("event"))
    assert (scope.since, scope.until) == (date(2024, 5, 1), date(2024, 7, 31))
    scope = read_scope("What was sold in 2022, and what since 2023?", THURSDAY, role=says("event"))
    assert (scope.since, scope.until) == (date(2022, 1, 1), None)


def test_limits_that_contradict_each_other_are_dropped() -> None:
    scope = read_scope("What was said since August that was denied before 5 May?", THURSDAY, role=says("event"))
    assert (scope.since, scope.until, scope.words) == (None, None, ())


def test_a_season_is_a_noun_behind_a_preposition_or_before_its_year() -> None:
    event = says("event")
    assert read_scope("Did prices fall between 2019 and 2021?", THURSDAY, role=event).since == date(2019, 1, 1)
    assert read_scope("Did prices fall last year?", THURSDAY, role=event).since == date(2023, 1, 1)
    assert read_scope("What led to prices in the fall of 2023?", THURSDAY, role=event).since == date(2023, 9, 1)
    assert read_scope("What led to the fall of Kabul?", THURSDAY, role=event) == ReadScope()


def test_a_time_in_a_clause_is_limited_as_the_word_before_the_clause_says() -> None:
    begun = read_scope("How many fled since the war began in February 2022?", THURSDAY, role=says("event"))
    assert (begun.since, begun.until) == (date(2022, 2, 1), None)
    voted = read_scope("What was said before the vote on 1 September?", THURSDAY, role=says("event"))
    assert (voted.since, voted.until) == (None, date(2024, 8, 31))


@pytest.mark.parametrize("time", ["on 31 June 2024", "in 2035", "on 6 September 2024", "in 1989"])
def test_a_time_that_never_was_or_is_yet_to_come_or_long_past_says_nothing(time: str) -> None:
    assert read_scope(f"What happened {time}?", THURSDAY, role=says("event")) == ReadScope()


def test_an_empty_question_has_no_time() -> None:
    assert read_scope("", THURSDAY) == ReadScope()


PIECES = """
what who when did was is will said expected the a his news articles reports published since after before until
by as of in on between from to and – ' “ ” 's , . ? today yesterday tomorrow tonight this last next past
previous earlier early late mid week month quarter year weekend days hours ago ten 0 7 999 monday Friday march
May August September 29 February 31 1 05 2024 2019 1500 2099 1990s Q1 H2 first second half winter summer
2024-09-02 31.12.2024 03/04/2024 9999-99-99 latest now current recently so far election attack Ukraine
""".split()
QUESTIONS = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join),
    st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=10).map("".join),
    st.text(max_size=80),
)


@given(QUESTIONS, st.dates(), st.booleans())
@pytest.mark.parametrize("role", ["event", "published", "recent"])
def test_any_text_on_any_day_gives_limits_in_order_and_its_own_words(
    role: str, question: str, as_of: date, first: bool
) -> None:
    scope = read_scope(question, as_of, day_first=first, role=says(role))
    assert not (scope.since and scope.until) or scope.since <= scope.until
    assert all(limit <= as_of for limit in (scope.since, scope.until, scope.near) if limit)
    at = 0
    for words in scope.words:
        at = question.index(words, at) + len(words)
    assert bool(scope.words) == bool(scope.since or scope.until or scope.near or scope.prefers_recent)


@given(QUESTIONS, st.dates(date(2015, 1, 1), date(2025, 12, 31)))
def test_what_is_quoted_is_no_time(question: str, as_of: date) -> None:
    quoted = question.translate({ord(mark): None for mark in "\"'“”„«»‘’"})
    assert read_scope(f"Who wrote “{quoted}”?", as_of) == ReadScope()


@pytest.mark.parametrize(
    "piece", ["in May ", "today did ", "“", "'", "2024-", "articles about ", " ", "since the ", "1 and "]
)
def test_a_long_text_takes_time_in_proportion(piece: str) -> None:
    text = piece * (10_000 // len(piece))
    begun = time.thread_time()  # other programs do not count
    read_scope(text, THURSDAY, role=says("event"))
    assert time.thread_time() - begun < 10  # 0.01 to 0.3 s; what is quadratic takes far longer
