"""Do the cited words carry the statement?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.support import check, locate
from assistant.types import Citation
from tests.assistant.making import DRONES, MEETING, match
from vectorstore.types import Match


def cite(*matches: Match) -> Sequence[Citation]:
    return [Citation(n, m.text, m.start, m.end, m.article, m.passage) for n, m in enumerate(matches, 1)]


def verdict(statement: str, *texts: str) -> tuple[str, str]:
    found = check(statement, cite(*(match(text, number) for number, text in enumerate(texts or (MEETING,), 1))))
    return found.support, found.reason


@pytest.mark.parametrize(
    "statement",
    [
        "Rustem Umerov met his French counterpart Sébastien Lecornu in Paris on Monday.",
        "On 2 September 2024, Umerov met Lecornu, the minister of France, in Paris.",
        "Air defence remains a priority for Ukraine, the minister said.",
        "Forty-five projects are under way, for which $1,500,000 has been set aside.",
        "The minister said they have “specific projects, an action plan, and deadlines.”",
        "“We have … deadlines,” said Umerov.",
        "Starter Library, Europe desk, 2 September 2024: “Air defence systems and missiles for them remain a priority "
        "for Ukraine.”",
        "According to the article “A meeting in Paris”, air defence systems remain a priority.",
    ],
)
def test_a_faithful_statement_is_verified(statement: str) -> None:
    assert verdict(statement) == ("verified", "")


@pytest.mark.parametrize(
    ("statement", "support", "reason"),
    [
        ("Umerov met Lecornu in Paris on Tuesday.", "unsupported", "date Tuesday not in the source"),
        ("Umerov met Lecornu in Paris on 5 May 2021.", "unsupported", "date 5 May 2021 not in the source"),
        ("54 projects are under way.", "unsupported", "figure 54 not in the source"),
        ("45% of the projects are under way.", "unsupported", "unit differs: 45%"),
        ("Umerov met Macron in Paris.", "unsupported", "name Macron not in the source"),
        ("Two ministers discussed three joint ventures.", "partly", "figure three not in the source"),
        ("“We have vague projects, an action plan, and deadlines,” he said.", "unsupported", "quotation altered"),
        ("“Nobody expected such weather here,” he said.", "unsupported", "quotation not in the source"),
        ("Air defence systems do not remain a priority for Ukraine.", "partly", "negation differs"),
        (
            "Air defence systems remain useless toys, submarines, whales and trains.",
            "partly",
            "not in the source: useless, toys, submarines",
        ),
        ("Whales eat plankton near submarine volcanoes.", "unsupported", "the source speaks of something else"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(statement: str, support: str, reason: str) -> None:
    assert verdict(statement) == (support, reason)


def test_a_statement_without_a_citation_is_unsupported() -> None:
    found = check("Air defence remains a priority.", [])
    assert (found.support, found.reason) == ("unsupported", "no source cited")


def test_two_passages_may_carry_a_statement_together() -> None:
    statement = "Umerov met Lecornu in Paris, and France will co-finance 2,000 drones."
    assert verdict(statement, MEETING)[0] == "unsupported"
    assert verdict(statement, DRONES)[0] == "unsupported"
    assert verdict(statement, MEETING, DRONES) == ("verified", "")


def test_the_articles_own_day_proves_a_date_but_no_weekday() -> None:
    undated = match(DRONES, published=None)
    dated = match(DRONES, published=date(2024, 9, 2))
    statement = "On 2 September 2024 it was said that France will co-finance drones."
    assert check(statement, cite(dated)).support == "verified"
    assert check(statement, cite(undated)).support == "unsupported"
    assert check("On Monday, France said that it will co-finance drones.", cite(dated)).support == "unsupported"


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("The minister has “specific projects, an action plan” ready.", "specific projects, an action plan"),
        ("A priority is air defence.", "Air defence systems and missiles for them remain a priority for Ukraine."),
        ("They spoke of a “security belt” in the west.", None),
        ("", "Defence Minister Rustem Umerov met his French counterpart Sébastien Lecornu in Paris on Monday."),
    ],
)
def test_the_words_that_carry_a_statement(statement: str, words: str | None) -> None:
    start, end = locate(statement, MEETING)
    assert words is None or MEETING[start:end] == words


def test_two_neighbouring_sentences_when_one_is_not_enough() -> None:
    start, end = locate("Aircraft were not promised, but France will co-finance drones in 2025.", DRONES)
    assert DRONES[start:end] == DRONES.split(" A security")[0]


@given(statement=st.text(max_size=80), text=st.text(max_size=300))
def test_any_text_has_a_span_and_a_verdict(statement: str, text: str) -> None:
    start, end = locate(statement, text)
    assert 0 <= start <= end <= len(text)
    assert (start < end) == bool(text)
    assert verdict(statement, text)[0] in ("verified", "partly", "unsupported")


@given(st.data())
def test_every_sentence_of_a_passage_is_carried_by_it(data: st.DataObject) -> None:
    sentence = data.draw(st.sampled_from([*MEETING.split(". "), *DRONES.split(". ")]))
    assert verdict(sentence, MEETING + " " + DRONES) == ("verified", "")
