"""Does the library hold the answer?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from assistant.evidence import PASSAGES, THRESHOLD, Signs, is_headline, judge, signs, weighted_share, word_weights
from assistant.words import content_words
from tests.assistant.making import match, matches
from vectorstore.library import Library

ROOT = Path(__file__).parents[2]
QUESTIONS = [json.loads(line) for line in (ROOT / "tests/data/seed_questions.jsonl").read_text("utf-8").splitlines()]


def shared_words(question: str, texts: Sequence[str]) -> NDArray[np.float32]:
    """Cosine of word sets: what texts share, without a model."""
    asked = set(content_words(question))
    held = [set(content_words(text)) for text in texts]
    return np.array([len(asked & each) / max(1, len(asked) * len(each)) ** 0.5 for each in held], dtype=np.float32)


@pytest.fixture(scope="module")
def starters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with Library.open(tmp_path_factory.mktemp("starters")) as library:
        library.add(ROOT / "seeds")
        yield library


def test_of_the_starter_articles_five_in_six_questions_are_judged_rightly(starters: Library) -> None:
    wrong = []
    for row in QUESTIONS:
        found = starters.search(row["question"], k=10, as_of=row["as_of"])
        judged = judge(row["question"], found, starters.similarity)
        assert judged.enough == (judged.score >= THRESHOLD)
        if judged.enough != (row["article"] is not None):
            wrong.append((row["question"], judged))
    assert len(wrong) <= len(QUESTIONS) / 6, wrong


@pytest.mark.parametrize("question", ["hello", "weather in London tomorrow", "Who is Taylor Swift?", "?", "the of and"])
def test_what_the_starter_articles_do_not_speak_of_is_refused_with_the_nearest_article(
    starters: Library, question: str
) -> None:
    judged = judge(question, starters.search(question, k=10), starters.similarity)
    assert not judged.enough
    assert "does not seem to hold the answer; the nearest article is “" in judged.reason


def test_without_matches_there_is_no_evidence() -> None:
    judged = judge("Who met in Paris?", [], shared_words)
    assert (judged.enough, judged.score) == (False, 0.0)
    assert judged.reason == "The search found nothing in the library."


def test_enough_evidence_needs_no_reason() -> None:
    text = "Rustem Umerov met Sébastien Lecornu in Paris."
    judged = judge("Whom did Rustem Umerov meet in Paris?", [match(text)], shared_words)
    assert judged.enough
    assert judged.reason == ""


def test_only_a_title_that_tells_something_new_is_a_headline() -> None:
    def headline(title: str, text: str = "Whatever happened.") -> bool:
        return is_headline(replace(match(text).article, title=title, text=text))

    assert headline("Spain beat England in the final")
    assert not headline("Mount Logan")
    assert not headline("")
    text = "Spain beat England in the final, and the whole country celebrated for a week."
    assert not headline("Spain beat England in the final…", text)


def test_the_headline_of_another_story_counts_against_an_article() -> None:
    question = "Which hurricane cut the power in Puerto Rico?"
    text = "Other hurricanes have cut the power of whole islands for a week."
    same = match(text, title="Hurricane Fiona cuts power in Puerto Rico")
    other = match(text, title="Insurers count the cost of a stormy summer")
    assert judge(question, [same], shared_words).score > judge(question, [other], shared_words).score


def test_what_the_question_presumes_and_the_article_lacks_refuses_it_and_says_so() -> None:
    text = "The minister discussed joint ventures and air defence with his French colleague for an hour."
    [known] = signs("What did the minister discuss in Paris?", [match(text)], shared_words)
    [missing] = signs("What did the minister discuss in Berlin?", [match(text)], shared_words)
    assert (known.lack, missing.lack) == ("", "It does not mention Berlin.")
    assert known.stated_score > missing.stated_score == 0
    refused = judge("What did the minister discuss in Berlin?", [match(text)], shared_words)
    assert not refused.enough
    assert refused.reason.endswith("the nearest article is “A meeting in Paris”. It does not mention Berlin.")


def test_two_articles_may_hold_the_two_names_of_a_comparison() -> None:
    found = [
        match("The tower of Narvik is 90 metres tall.", 1, title="A tower of Narvik and its height"),
        match("The tower of Bergen is 80 metres tall.", 2, title="A tower of Bergen and its height"),
    ]
    assert not any(each.lack for each in signs("Which tower is taller, Narvik or Bergen?", found, shared_words))
    assert all(each.lack for each in signs("Which tower is taller, Narvik or Oslo?", found, shared_words))


def test_the_month_of_an_article_counts_among_its_words() -> None:
    [found] = signs("Whom did Umerov meet in September 2024?", [match("Umerov met Lecornu.")], shared_words)
    assert found.coverage == 1


def test_the_day_and_the_source_of_an_article_are_known() -> None:
    [found] = signs(
        "What did the Starter Library report on 2 September 2024?", matches(["The ministers met."]), shared_words
    )
    assert not found.lack


def test_a_sentence_that_states_the_question_decides_however_far_the_headline_is() -> None:
    text = "It rained. Crews removed about 50,000 tons of steel and concrete from the Patapsco River. The port opened."
    found = [match(text, title="The shipping channel of Baltimore is at full depth again")]
    assert judge(
        "How many tons of steel and concrete were removed from the Patapsco River?", found, shared_words
    ).enough


def test_a_question_in_the_text_states_nothing() -> None:
    question = "Which city opened a camp of tents for the migrants?"
    asked, told = (
        signs(question, [match(f"A quiz about the week. {text}")], shared_words)[0].stated
        for text in (question, question.replace("?", "."))
    )
    assert asked < told


def test_a_name_in_another_spelling_is_none_that_the_passage_lacks() -> None:
    text = "Valerii Zaluzhnyi was appointed ambassador in London."
    [theirs], [ours], [other] = (
        signs(f"When was {name} appointed?", [match(text)], shared_words)
        for name in ("Zaluzhnyi", "Zaluzhny", "Zelensky")
    )
    assert (ours.score, ours.lack) == (theirs.score, "")
    assert other.score < ours.score
    assert other.lack


def test_words_scattered_over_a_passage_cover_less_than_those_of_one_sentence() -> None:
    together = "The bridge of Narvik was opened by the queen. It rained."
    apart = "The bridge was long. It lies in Narvik. A shop was opened. There was a queen."
    one, other = (
        signs("Who opened the bridge of Narvik?", [match(text, title="News")], shared_words)[0].coverage
        for text in (together, apart)
    )
    assert one == 1.0
    assert other < 0.5


def test_rare_words_weigh_more_than_those_that_every_passage_has() -> None:
    texts = [frozenset({"river", "bridge"}), frozenset({"river"}), frozenset({"river", "boat"})]
    weights = word_weights(["river", "bridge"], texts)
    assert weights["bridge"] > weights["river"]
    assert weighted_share(weights, frozenset({"bridge"})) > 0.5
    assert weighted_share({}, frozenset({"bridge"})) == 0.0


def test_each_sign_moves_the_score_its_own_way() -> None:
    base = Signs(
        match("").article,
        story=0.5,
        coverage=0.5,
        stated=0.5,
        lack="",
        answer_stated=0.0,
    )
    assert replace(base, story=0.7).score > base.score
    assert replace(base, coverage=0.7).score > base.score
    assert replace(base, stated=0.9).score > base.score
    assert replace(base, story=1.0, coverage=1.0, stated=1.5, lack="It does not mention Berlin.").score < THRESHOLD
    stated = replace(base, answer_stated=1.45)
    assert stated.score > 0.8 > base.score
    assert replace(stated, lack="It does not mention Berlin.").score < base.score
    assert 0 < base.score < 1


def test_an_article_is_judged_by_the_best_of_its_passages() -> None:
    far = match("It rained for a week.", 1)
    near = replace(match("Umerov met Lecornu in Paris.", 2), article=far.article)
    [alone] = signs("Whom did Umerov meet?", [near], shared_words)
    for order in ([far, near], [near, far]):
        [found] = signs("Whom did Umerov meet?", order, shared_words)
        assert found.stated == alone.stated
        assert found.coverage > 0.5


def test_only_the_best_matches_are_embedded_and_no_text_twice() -> None:
    embedded: list[str] = []

    def remembering(question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        embedded.extend(texts)
        return shared_words(question, texts)

    found = [
        match(f"Umerov met minister number {n} in Paris.", n, title=f"Umerov meets minister {n} in Paris")
        for n in range(1, 21)
    ]
    judge("Whom did Umerov meet in Paris?", found, remembering)
    assert len(embedded) == len(set(embedded)) <= 3 * PASSAGES
