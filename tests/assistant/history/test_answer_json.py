"""A stored answer comes back as it was."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.history.answer_json import answer_from_dict, stored_form
from assistant.history.types import StoredTurn
from assistant.messages import translator
from assistant.types import Answer, Citation, Statement, Usage
from tests.assistant.making import MEETING, match
from ui.views.answer import finished_turn
from vectorstore.types import Article, Match, TimeScope

# Every field, as its type allows: a field that is added to an answer later is in these without a change.
st.register_type_strategy(float, st.floats(allow_nan=False))
ANSWERS = st.from_type(Answer)


def through_json(answer: Answer) -> Answer:
    return answer_from_dict(json.loads(json.dumps(stored_form(answer))))


def without_texts(value: Any) -> Any:
    """``value`` with the texts of all articles in it taken out."""
    if isinstance(value, Article):
        return replace(value, text="")
    if isinstance(value, tuple):
        return tuple(without_texts(each) for each in value)
    if hasattr(value, "__dataclass_fields__"):
        return replace(value, **{each.name: without_texts(getattr(value, each.name)) for each in fields(value)})
    return value


def cited_answer() -> Answer:
    found = match(MEETING)
    quote = "Rustem Umerov met his French counterpart"
    start = found.start + found.text.index(quote)
    return Answer(
        question="Whom did Umerov meet?",
        text="Umerov met his French counterpart [1]. He also met the Pope [1].",
        statements=(
            Statement("Umerov met his French counterpart.", (1,), "verified"),
            Statement("He also met the Pope.", (1,), "unsupported", "“Pope” not in the source"),
        ),
        citations=(Citation(1, quote, start, start + len(quote), found.article, found.passage),),
        scope=TimeScope(until=date(2024, 9, 5), left_out_undated=2, words=("last week",), source_words=("UNN",)),
        model="openai:m",
        state="cut",
        reason="The line failed.",
        usage=Usage(10, 20, 0.004),
        nearest=(found,),
        seconds_search=0.25,
    )


@settings(max_examples=60, deadline=None)
@given(ANSWERS)
def test_any_answer_comes_back_but_for_the_texts_of_its_articles(answer: Answer) -> None:
    assert through_json(answer) == without_texts(answer)


def test_a_stored_answer_is_shown_exactly_as_it_was() -> None:
    answer = cited_answer()
    assert answer.citations[0].article.text
    asked = datetime(2024, 9, 5, 12, tzinfo=UTC)
    given, again = (
        finished_turn(StoredTurn(1, one.question, "complete", one.text, asked, one), "c", words=translator())
        for one in (answer, through_json(answer))
    )
    assert again == given
    assert through_json(answer).to_dict() == answer.to_dict()


def test_the_texts_of_whole_articles_are_not_stored() -> None:
    found = match(MEETING)
    long = replace(found.article, text=found.article.text + "Further down. " * 10_000)
    citation = Citation(1, "Paris", 0, 5, long, found.passage)
    assert len(json.dumps(stored_form(replace(cited_answer(), citations=(citation,), nearest=())))) < 5_000


def test_an_answer_of_an_earlier_or_a_later_version_is_read() -> None:
    form = stored_form(cited_answer())
    del form["usage"], form["scope"]["prefers_recent"]
    form["unheard_of"] = {"at": "this time"}
    read = answer_from_dict(form)
    assert read == without_texts(replace(cited_answer(), usage=Usage()))


@pytest.mark.parametrize(
    "change",
    [{"question": 3}, {"citations": {}}, {"scope": None}, {"scope": {"as_of": "someday"}}, {"statements": [{}]}],
)
def test_what_is_no_answer_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        answer_from_dict(stored_form(cited_answer()) | change)
    with pytest.raises(ValueError):
        answer_from_dict({})


def test_days_and_times_keep_their_kind() -> None:
    article = replace(match(MEETING).article, added=datetime(2026, 1, 5, 9, 0, tzinfo=UTC), updated=date(2024, 9, 3))
    found: Match = replace(match(MEETING), article=article)
    (read,) = through_json(replace(cited_answer(), nearest=(found,))).nearest
    assert read.article == replace(article, text="")
