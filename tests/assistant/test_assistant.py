"""The assistant on its real parts, without a model."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from assistant import Assistant
from assistant.assistant import Said
from assistant.settings import Settings
from assistant.types import Turn
from tests.assistant.conftest import ABSENT_QUESTION, ARTICLES, DRONES_QUESTION, MEETING_QUESTION
from vectorstore.errors import LibraryReadOnly, SearchInvalid


@pytest.fixture
def quoting(folder: Path) -> Assistant:
    return Assistant.open(folder, settings=Settings(), read_only=True)


def test_a_question_gets_verbatim_quotations_with_source_and_date(quoting: Assistant) -> None:
    with quoting as desk:
        answer = desk.ask(DRONES_QUESTION)
    assert (answer.model, answer.state, answer.abstained) == ("extractive", "complete", False)
    assert "2,000 drones" in answer.text
    assert "Starter Library, Europe desk, 3 September 2024" in answer.text
    assert answer.statements
    for statement in answer.statements:
        assert statement.support == "verified", statement.reason
        assert statement.citations
    for citation in answer.citations:
        assert citation.article.text[citation.start : citation.end] == citation.quote
        assert citation.quote.rstrip(".") in answer.text


def test_streaming_gives_the_same_answer_as_asking(quoting: Assistant) -> None:
    with quoting as desk:
        reply = desk.stream(DRONES_QUESTION)
        streamed = "".join(reply)
        assert reply.answer.text == streamed == desk.ask(DRONES_QUESTION).text
        assert reply.question == DRONES_QUESTION


def test_the_json_form_of_an_answer(quoting: Assistant) -> None:
    with quoting as desk:
        form = json.loads(json.dumps(desk.ask(DRONES_QUESTION, as_of="2024-09-05").to_dict()))
    assert list(form) == [
        *("question", "searched_for", "text", "abstained", "reason", "state", "fault", "checked", "statements"),
        *("citations", "disagreements", "trail", "articles_read", "scope", "model", "usage", "seconds"),
    ]
    assert form["articles_read"] >= len({each["article"]["id"] for each in form["citations"]}) > 0
    assert form["searched_for"] is None
    scope = form["scope"]
    assert [scope[name] for name in ("as_of", "since", "until", "left_out_undated")] == ["2024-09-05", None, None, 1]
    assert form["citations"][0]["article"]["published"] == "2024-09-03"
    assert set(form["statements"][0]) == {"text", "citations", "support", "reason", "repaired", "by"}


def test_what_the_library_does_not_hold_is_not_said(quoting: Assistant) -> None:
    with quoting as desk:
        answer = desk.ask(ABSENT_QUESTION)
    assert answer.abstained
    assert answer.text == answer.reason
    assert answer.text.startswith("No sentence of the library answers this surely enough")
    assert f"The nearest article is “{answer.nearest[0].article.title}”" in answer.text
    assert "All 4 articles of the library were searched." in answer.text
    assert (answer.statements, answer.citations, answer.articles_read) == ((), (), 0)
    assert 0 < len(answer.nearest) <= 5


def test_a_scope_is_kept(quoting: Assistant) -> None:
    with quoting as desk:
        assert not desk.ask(MEETING_QUESTION, since=date(2024, 9, 1), until="2024-09-02").abstained
        outside = desk.ask(MEETING_QUESTION, until="2021-01-01")
        assert outside.abstained
        assert outside.nearest == ()
        assert outside.reason == (
            "No article in the library lies within this scope. Widen the days or the sources. "
            "Only articles up to 1 January 2021 were searched."
        )
        kitchen = desk.ask(MEETING_QUESTION, sources=["Starter Library, Kitchen desk"])
        assert {match.article.source for match in kitchen.nearest} == {"Starter Library, Kitchen desk"}


@pytest.mark.parametrize(
    "asked",
    [
        {"question": " \n"},
        {"question": "Why?", "as_of": "yesterday"},
        {"question": "Why?", "since": "2024-02-02", "until": "2024-01-01"},
        {"question": "Why?", "sources": ["No such outlet"]},
        {"question": "Why?", "history": [{"role": "system", "content": "obey"}]},
        {"question": "Why?", "history": [{"text": "hello"}]},
    ],
)
def test_what_makes_no_sense_is_refused_at_once(quoting: Assistant, asked: dict[str, object]) -> None:
    with quoting as desk, pytest.raises(SearchInvalid):
        desk.stream(**asked)  # type: ignore[arg-type]


def test_an_empty_library_says_what_to_do(tmp_path: Path) -> None:
    with Assistant.open(tmp_path / "new", settings=Settings()) as desk:
        answer = desk.ask("Who met whom?")
    assert answer.abstained
    assert answer.reason == "The library is empty. Add articles first."


def test_articles_go_in_and_out(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(ARTICLES[0]), encoding="utf-8")
    with Assistant.open(tmp_path / "library", settings=Settings()) as desk:
        progress: list[object] = []
        assert desk.add(tmp_path / "a.jsonl", on_progress=progress.append).count("added") == 1
        assert progress
        (article,) = desk.articles()
        assert [match.article.id for match in desk.search(MEETING_QUESTION, k=3)] == [article.id]
        assert desk.remove([article.id]) == 1
        assert desk.articles() == []


def test_a_reader_cannot_write(quoting: Assistant, tmp_path: Path) -> None:
    with quoting as desk, pytest.raises(LibraryReadOnly):
        desk.add(tmp_path)


def test_cancelling_keeps_what_was_written(quoting: Assistant) -> None:
    with quoting as desk:
        reply = desk.stream(DRONES_QUESTION)
        first = next(reply)
        threading.Thread(target=reply.cancel).start()
        answer = reply.answer
        assert answer.text.startswith(first)
        assert answer.state in ("stopped", "complete")  # it may have been at its end


def test_importing_is_cheap_and_quoting_loads_no_model_library() -> None:
    code = """
import sys, assistant
assert not any(name.startswith(("langchain", "openai", "numpy", "pydantic")) for name in sys.modules)
import assistant.assistant
heavy = ("openai", "langchain_openai", "langchain_core.retrievers", "gradio", "torch")
loaded = [name for name in heavy if name in sys.modules]
assert not loaded, loaded
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_days_that_the_question_names_limit_the_search(quoting: Assistant) -> None:
    with quoting as desk:
        answer = desk.ask("Whom did Umerov meet in September 2024?")
        assert (answer.scope.since, answer.scope.words) == (date(2024, 9, 1), ("in September 2024",))
        assert not answer.abstained
        later = desk.ask("Whom did Umerov meet in October 2024?")
        assert later.abstained
        assert "in October 2024" in later.text
        assert "1 October 2024" in later.text


def test_relative_days_count_from_as_of(quoting: Assistant) -> None:
    with quoting as desk:
        reply = desk.stream("Whom did Umerov meet last week?", as_of="2024-09-10")
        assert (reply.scope.since, reply.scope.as_of) == (date(2024, 9, 2), date(2024, 9, 10))
        assert not reply.answer.abstained


def test_days_of_the_caller_outweigh_those_of_the_question(quoting: Assistant) -> None:
    with quoting as desk:
        reply = desk.stream("Whom did Umerov meet in Paris last week?", since="2024-09-01")
        assert (reply.scope.since, reply.scope.words) == (date(2024, 9, 1), ())
        assert not reply.answer.abstained


def test_the_latest_is_a_preference_and_leaves_nothing_out(quoting: Assistant) -> None:
    with quoting as desk:
        scope = desk.stream("What is the latest on drones from France?").scope
    assert scope.prefers_recent
    assert not scope.limits
    assert scope.left_out_undated == 0


def test_a_conversation_may_come_in_the_forms_of_others(quoting: Assistant) -> None:
    question, said = "How many drones will France co-finance?", "France will co-finance 2,000 drones."
    with quoting as desk:
        want = desk.ask("When?", history=[Turn("user", question), Turn("assistant", said)])
        assert want.searched_for is not None
        forms: list[list[Said]] = [
            [{"role": "user", "content": question}, {"role": "assistant", "content": said}],
            [{"role": "user", "content": [{"type": "text", "text": question}]}, ("ai", said)],
            [("human", question), ("assistant", said)],
            [HumanMessage(question), AIMessage(said)],
        ]
        for history in forms:
            assert desk.ask("When?", history=history).searched_for == want.searched_for
        for strange in ("what was said", [SystemMessage("Obey.")], [("narrator", "It rains.")], [3]):
            with pytest.raises(SearchInvalid, match="history: each turn is"):
                desk.ask("When?", history=strange)  # type: ignore[arg-type]


def test_what_is_no_text_is_no_question(quoting: Assistant) -> None:
    with quoting as desk, pytest.raises(SearchInvalid, match="A question is a text, not NoneType"):
        desk.ask(None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "day",
    [
        date(2024, 9, 2),
        datetime(2024, 9, 2, 23, 59, tzinfo=timezone(timedelta(hours=-5))),
        "2024-09-02T00:00:00Z",
        "2024-09-02T23:30:00-05:00",
        "2024-09-02 12:00",
        "2024/09/02",
    ],
)
def test_a_day_may_be_written_with_its_time(quoting: Assistant, day: date | str) -> None:
    with quoting as desk:
        scope = desk.scope(MEETING_QUESTION, as_of=day, since=day, until=day)
    assert (scope.as_of, scope.since, scope.until) == (date(2024, 9, 2),) * 3


def test_a_notebook_shows_an_answer_with_its_sources_and_its_quotes_marked(quoting: Assistant) -> None:
    with quoting as desk:
        answer = replace(desk.ask(DRONES_QUESTION), question="<script>alert(1)</script>")
    page = answer._repr_html_()
    assert "<script" not in page
    assert "<html" not in page
    assert "<mark>France will co-finance the production of 2,000 drones in 2025.</mark>" in page
    (anchor,) = set(re.findall(r'href="#([^"]+)"', page))
    assert f'id="{anchor}"' in page
    assert anchor not in replace(answer, question="Another?")._repr_html_()  # each cell leads to its own sources
    assert "> France will co-finance the production of 2,000 drones in 2025" in answer._repr_markdown_()
