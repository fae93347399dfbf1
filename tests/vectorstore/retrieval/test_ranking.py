"""The order of candidates: blended scores, age, breadth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectorstore.retrieval.ranking import (
    BREADTH,
    CONTENT_FIRST,
    FRESH,
    MEANING,
    MOST_OF_ONE,
    WHOLE,
    WORDS,
    age_factors,
    best_first,
    blend,
    is_about,
    spread,
)

numbers = st.lists(st.floats(-1, 30), min_size=1, max_size=20)


def test_each_signal_counts_by_its_share_of_its_own_best() -> None:
    scores = blend(np.array([20.0, 10.0, 0.0]), np.array([0.4, 0.8, -0.1]), np.array([0.0, 3.0, 3.0]))
    assert scores.tolist() == pytest.approx([WORDS + MEANING / 2, WORDS / 2 + MEANING + WHOLE, WHOLE])
    assert pytest.approx(1) == WORDS + MEANING + WHOLE


def test_signals_that_found_nothing_are_no_reason_to_divide_by_zero() -> None:
    nothing = np.zeros(2)
    assert blend(nothing, np.array([0.2, 0.1]), nothing).tolist() == pytest.approx([MEANING, MEANING / 2])
    assert blend(nothing, np.array([-0.2, -0.1]), nothing).tolist() == [0, 0]
    assert blend(np.zeros(0), np.zeros(0), np.zeros(0)).tolist() == []


@given(numbers)
def test_a_better_signal_never_lowers_a_score(words: list[float]) -> None:
    some = np.array(words)
    scores = blend(some, np.zeros(len(some)), np.zeros(len(some)))
    assert (np.diff(scores[np.argsort(some, kind="stable")]) >= 0).all()
    assert ((scores >= 0) & (scores <= 1)).all()


def test_age_lowers_smoothly_never_to_nothing() -> None:
    ages = np.arange(0, 20_000)
    for prefers_recent in (True, False):
        factors = age_factors(ages, prefers_recent=prefers_recent)
        assert factors[0] == 1
        assert (np.diff(factors) < 0).all()
        assert -np.diff(factors).min() < 0.06
        assert factors[-1] > 0.05
    assert age_factors(ages, prefers_recent=False).min() >= CONTENT_FIRST
    assert age_factors(np.array([FRESH]), prefers_recent=True)[0] == pytest.approx(1 / (1 + np.log(2)))


def test_an_article_without_a_day_counts_as_the_oldest_found() -> None:
    factors = age_factors(np.array([3, -1, 400]), prefers_recent=True)
    assert factors[1] == factors[2] < factors[0]
    assert age_factors(np.array([-1, -1]), prefers_recent=True).tolist() == [1, 1]


def test_equal_scores_come_in_the_order_of_their_ids() -> None:
    assert best_first(np.array([0.5, 0.9, 0.5]), np.array([8, 9, 2])).tolist() == [1, 2, 0]


def test_one_article_has_two_of_the_first_eight_places_and_the_rest_later() -> None:
    articles = [1] * 10 + list(range(2, 12))
    order = spread(range(20), articles)
    assert [articles[place] for place in order[:BREADTH]] == [1, 1, 2, 3, 4, 5, 6, 7]
    assert order[BREADTH:] == sorted(set(range(20)) - set(order[:BREADTH]))


def test_an_article_that_is_asked_about_may_have_them_all_and_so_may_the_only_ones() -> None:
    articles = [1] * 10 + list(range(2, 12))
    assert spread(range(20), articles, about={1}) == list(range(20))
    assert spread(range(6), [1, 1, 1, 1, 2, 2]) == [0, 1, 4, 5, 2, 3]


@given(st.lists(st.integers(0, 5), max_size=40))
def test_spreading_loses_and_repeats_nothing(articles: list[int]) -> None:
    order = spread(range(len(articles)), articles)
    assert sorted(order) == list(range(len(articles)))
    first = [articles[place] for place in order[: min(BREADTH, MOST_OF_ONE * len(set(articles)))]]
    if all(articles.count(article) >= MOST_OF_ONE for article in set(articles)):
        assert all(first.count(article) <= MOST_OF_ONE for article in first)


def test_a_question_is_about_an_article_when_it_holds_the_words_of_its_title() -> None:
    title = "Finland opens its border to trade again"
    assert is_about("What does “Finland opens its border to trade again” say about lorries?", title)
    assert not is_about("When did Finland open its border again?", title)
    assert not is_about("storm", "Storm")
