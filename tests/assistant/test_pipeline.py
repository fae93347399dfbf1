"""Each step of an answer by itself: what it needs is in the draft before it, what it did in the one after."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from assistant import pipeline
from assistant.conversation.follow_up import Followed
from assistant.errors import ModelError
from assistant.models.prompt import NO_ANSWER
from assistant.pipeline import Draft, Live, Means
from assistant.question.scope import scoped
from assistant.retrieval.retrieve import AskedQuestion, Retrieved
from assistant.types import Usage
from assistant.writer import TAKE_BACK, Writer, Written
from tests.assistant.conftest import DRONES_QUESTION
from tests.assistant.making import matches
from vectorstore.library import Library


@pytest.fixture
def means(folder: Path) -> Iterator[Means]:
    with Library.open(folder, read_only=True) as library:
        yield Means(library, passages=4)


def saying(*pieces: str, fails: bool = False, **end: Any) -> Writer:
    def write(*_: Any) -> Generator[str, None, Written]:
        yield from pieces
        if fails:
            raise ModelError("The server is away.", fault="overloaded")
        return Written(**end)

    return Writer("scripted", write)


def about(library: Library, question: str, writer: Writer, found: Sequence[Any] = (), **within: Any) -> Draft:
    asked = AskedQuestion(question, "answer", Followed(scoped(question, library, today=date(2024, 9, 10), **within)))
    return replace(Draft.of(asked, writer), found=Retrieved(list(found), question))


def done(step: pipeline.PipelineStep, draft: Draft, means: Means, live: Live | None = None) -> tuple[Draft, str]:
    pieces, way = [], step(draft, means, live or Live())
    while True:
        try:
            pieces.append(next(way))
        except StopIteration as end:
            return end.value, "".join(pieces)


def test_the_search_finds_passages_and_leaves_the_draft_before_it_alone(means: Means) -> None:
    before = about(means.library, DRONES_QUESTION, saying())
    after, said = done(pipeline.search, before, means)
    assert after.found.matches[0].article.title == "France will co-finance two thousand drones"
    assert (said, before.found.matches, after.is_over) == ("", [], False)


def test_a_scope_without_articles_is_the_end(means: Means) -> None:
    draft, said = done(pipeline.search, about(means.library, DRONES_QUESTION, saying(), since="2025-01-01"), means)
    assert draft.abstained
    assert said == draft.reason
    assert said.startswith(pipeline.NOTHING_THERE)


def test_what_is_written_is_numbered_and_counted(means: Means) -> None:
    writer = saying("2,000 drones ", "[2].", usage=Usage(10, 5, 0.5), doubts=("It was short.",))
    draft, said = done(pipeline.write, about(means.library, DRONES_QUESTION, writer, matches()), means)
    assert (said, draft.cited.text, draft.state) == ("2,000 drones [1].", "2,000 drones [1].", "complete")
    assert [each.article.id for each in draft.cited.citations] == ["article-2"]
    assert (draft.usage, draft.doubts) == (Usage(10, 5, 0.5), ("It was short.",))


def test_thinking_that_was_taken_for_text_is_taken_back(means: Means) -> None:
    writer = saying("Let me see. ", TAKE_BACK, "2,000 drones [2].")
    draft, _ = done(pipeline.write, about(means.library, DRONES_QUESTION, writer, matches()), means)
    assert draft.cited.text == "2,000 drones [1]."


def test_a_writer_that_finds_no_answer_ends_it(means: Means) -> None:
    draft, said = done(pipeline.write, about(means.library, DRONES_QUESTION, saying(NO_ANSWER), matches()), means)
    assert draft.is_over
    assert draft.abstained
    assert "The nearest article is “A meeting in Paris”" in said


def test_a_model_that_fails_before_its_first_word_gives_way_to_the_fallback(means: Means) -> None:
    fallback = saying("Two thousand [2].", usage=Usage(1, 1))
    failing = replace(saying("", fails=True), name="m (local)", fallback=fallback)
    draft, said = done(pipeline.write, about(means.library, DRONES_QUESTION, failing, matches()), means)
    assert (said, draft.silent, draft.writer, draft.error) == ("Two thousand [1].", "m", fallback, None)
    draft, said = done(pipeline.write, about(means.library, DRONES_QUESTION, saying(fails=True), matches()), means)
    assert draft.is_over
    assert draft.error is not None
    assert [match.article.id for match in draft.error.found] == ["article-1", "article-2"]


def test_a_model_that_fails_later_leaves_a_cut_answer(means: Means) -> None:
    draft, _said = done(
        pipeline.write, about(means.library, DRONES_QUESTION, saying("Two [2]", fails=True), matches()), means
    )
    assert (draft.state, draft.fault, draft.error) == ("cut", "overloaded", None)
    assert draft.cited.text == "Two [1]"


def test_who_stops_it_gets_what_is_there(means: Means) -> None:
    live = Live()

    def write(*_: Any) -> Iterator[str]:
        yield "Two thousand [2]. "
        live.stop.ask()
        yield "Never shown."

    draft, said = done(
        pipeline.write, about(means.library, DRONES_QUESTION, Writer("w", write), matches()), means, live
    )
    assert draft.state == "stopped"
    assert said.startswith("Two thousand [1].")


def test_the_check_leaves_out_what_is_not_carried_only_where_that_is_wished(means: Means) -> None:
    writer = saying("France will co-finance 2,000 drones [2]. France will co-finance 9,000 tanks [2].")
    draft, _ = done(pipeline.write, about(means.library, DRONES_QUESTION, writer, matches()), means)
    kept, _ = done(pipeline.check, draft, means)
    assert "9,000 tanks" in kept.cited.text
    assert kept.dropped == 0
    left, _ = done(pipeline.check, draft, replace(means, drop_unsupported=True))
    assert "9,000 tanks" not in left.cited.text
    assert left.dropped == 1
    nothing = replace(
        draft, cited=done(pipeline.write, replace(draft, writer=saying("9,000 tanks [2].")), means)[0].cited
    )
    over, _ = done(pipeline.check, nothing, replace(means, drop_unsupported=True))
    assert over.abstained
    assert over.reason == pipeline.NOTHING_CARRIED


def test_an_answer_can_be_made_of_a_draft_at_any_step(means: Means) -> None:
    draft = about(means.library, DRONES_QUESTION, saying("Two thousand [2]."))
    assert pipeline.answer(draft).state == "stopped"
    for step in pipeline.STEPS:
        draft, _ = done(step, draft, means)
        made = pipeline.answer(draft, seconds_search=0.5)
        assert (made.question, made.seconds_search) == (DRONES_QUESTION, 0.5)
    assert made.state == "complete"
