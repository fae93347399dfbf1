"""What a follow-up takes from the conversation: the question before it, time and sources; how a model rewords it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from assistant import Assistant
from assistant.cli.printing import below
from assistant.conversation.follow_up import Exchange, in_context, leans, scope_of
from assistant.settings import Settings
from assistant.types import Answer, Turn
from tests.assistant.conftest import Open, TakesFor
from tests.scripted_server import Scene, ScriptedServer, refuses, says, stalls
from vectorstore.errors import SearchInvalid
from vectorstore.library import Library
from vectorstore.types import Match

ROWS = [
    {"title": "Storm floods Lisbon", "text": "The storm flooded Lisbon. 12 people died in Portugal in the flood.",
     "published": "2024-03-02", "source": "Harbour News"},
    {"title": "Storm floods Bilbao", "text": "The storm flooded Bilbao. 3 people died in Spain in the flood.",
     "published": "2024-03-20", "source": "Harbour News"},
    {"title": "Floods of last year in Portugal", "text": "A flood in Portugal in 2023 killed 30 people, as the "
        "city of Porto said.",
     "published": "2023-05-04", "source": "The Coast Post"},
    {"title": "Museum opens in Lisbon", "text": "A museum of tiles opened in Lisbon. Ana Reis leads the museum "
        "and said that it has 7,000 tiles.",
     "published": "2024-03-05", "source": "The Coast Post"},
]  # fmt: skip
TODAY = "2024-04-10"
FLOOD = "According to Harbour News, how many people died in the flood in Portugal last month?"


@pytest.fixture(scope="module")
def coast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    place = tmp_path_factory.mktemp("coast")
    (place / "rows.jsonl").write_text("\n".join(map(json.dumps, ROWS)), encoding="utf-8")
    with Assistant.open(place / "library", settings=Settings()) as desk:
        assert desk.add(place / "rows.jsonl").count("added") == len(ROWS)
        yield desk


@pytest.fixture(autouse=True)
def all_are_questions(takes_for: TakesFor) -> None:
    """Which of them ask for something else is the reader's to say, and tested in ``test_requests``."""
    takes_for("answer")


def after(desk: Assistant, *questions: str) -> Answer:
    """The answer to the last question, each asked with the answers before it."""
    history: list[Turn] = []
    for question in questions:
        answer = desk.ask(question, history=history, today=TODAY)
        history += [Turn("user", question), Turn.of(answer)]
    return answer


@pytest.mark.parametrize(
    ("question", "leaning"),
    [
        ("How old is she?", True),
        ("And in Spain?", True),
        ("why", True),
        ("until when?", True),
        ("What about the ferry?", True),
        ("А де вони?", True),
        ("Who leads the museum in Lisbon?", False),
        ("Which minister said that the bridge was closed?", False),
        ("Скільки людей загинуло в Португалії?", False),
    ],
)
def test_a_question_with_a_pronoun_or_hardly_a_word_of_its_own_leans_on_the_one_before(
    question: str, leaning: bool
) -> None:
    assert leans(question) is leaning


def test_it_is_read_with_the_question_that_it_leans_on_in_brackets_and_never_with_brackets_in_them() -> None:
    first = in_context("How old is she?", "Who leads the museum?")
    assert first == "How old is she? (Who leads the museum?)"
    assert in_context("And why?", first) == "And why? (Who leads the museum?)"


def test_a_follow_up_is_searched_for_in_that_form_and_answered(coast: Assistant) -> None:
    answer = after(coast, "Who leads the museum in Lisbon?", "How many tiles does it have?")
    assert answer.searched_for == "How many tiles does it have? (Who leads the museum in Lisbon?)"
    assert answer.to_dict()["searched_for"] == answer.searched_for
    assert "7,000 tiles" in answer.text
    assert after(coast, "Who leads the museum in Lisbon?").searched_for is None


def test_names_of_the_last_answer_are_searched_for_beside_it(coast: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[str] = []
    search = Library.search

    def watched(self: Library, question: str, **scope: Any) -> list[Match]:
        searched.append(question)
        return search(self, question, **scope)

    monkeypatch.setattr(Library, "search", watched)
    history = [Turn("user", "Who leads the museum in Lisbon?"), Turn("assistant", "Ana Reis leads the museum [1].")]
    answer = coast.ask("How old is she?", history=history, today=TODAY)
    assert [each.startswith(str(answer.searched_for)) and "Ana Reis" in each for each in searched] == [True]
    assert "Ana" not in str(answer.searched_for)


def test_time_and_sources_are_kept_and_the_scope_says_so(coast: Assistant) -> None:
    first, answer = after(coast, FLOOD), after(coast, FLOOD, "And in Spain?")
    assert first.scope.sources == ("Harbour News",)
    assert first.scope.words == ("last month",)
    assert first.scope.kept == ()
    for field in ("since", "until", "near", "sources", "words", "source_words"):
        assert getattr(answer.scope, field) == getattr(first.scope, field)
    assert set(answer.scope.kept) == {*first.scope.words, *first.scope.source_words}
    assert "kept from your last question" in str(answer.scope.note)
    assert answer.to_dict()["scope"]["kept"]


def test_what_is_kept_is_kept_through_several_turns(coast: Assistant) -> None:
    answer = after(coast, FLOOD, "And in Spain?", "Why?")
    assert answer.scope.sources == ("Harbour News",)
    assert answer.scope.words == ("last month",)


def test_a_time_of_its_own_replaces_only_the_time(coast: Assistant) -> None:
    answer = after(coast, FLOOD, "And in 2023?")
    assert answer.scope.sources == ("Harbour News",)
    assert str(answer.scope.since) == "2023-01-01"
    assert "last month" not in f"{answer.searched_for} {answer.scope.words}"


def test_a_time_that_limits_nothing_still_ends_the_one_before(coast: Assistant) -> None:
    answer = after(coast, FLOOD, "When was that?", "And in 2023?")
    assert "last month" not in answer.scope.words
    assert "2023" in str(answer.searched_for)


def test_a_source_of_its_own_replaces_only_the_source(coast: Assistant) -> None:
    answer = after(coast, FLOOD, "And according to The Coast Post?")
    assert answer.scope.sources == ("The Coast Post",)
    assert answer.scope.words == ("last month",)
    assert answer.scope.kept == ("last month",)
    assert "flood in Portugal" in str(answer.searched_for)


def test_overall_lifts_the_time_and_all_sources_the_sources(coast: Assistant) -> None:
    overall = after(coast, FLOOD, "And overall?")
    assert (overall.scope.since, overall.scope.words) == (None, ())
    assert overall.scope.sources == ("Harbour News",)
    assert "last month" not in str(overall.searched_for)
    everywhere = after(coast, FLOOD, "And from all sources?")
    assert everywhere.scope.sources == ()
    assert everywhere.scope.words == ("last month",)


def test_time_and_sources_are_lifted_in_ukrainian_too(coast: Assistant) -> None:
    overall = after(coast, FLOOD, "А за весь час?")
    assert (overall.scope.words, overall.scope.sources) == ((), ("Harbour News",))
    everywhere = after(coast, FLOOD, "А з усіх джерел?")
    assert (everywhere.scope.words, everywhere.scope.sources) == (("last month",), ())
    kept = after(coast, FLOOD, "Чому?")
    assert (kept.scope.words, kept.scope.sources) == (("last month",), ("Harbour News",))
    assert after(coast, FLOOD, "Скільки плиток має музей у Лісабоні?").scope.kept == ()


def test_a_new_subject_drops_both(coast: Assistant) -> None:
    answer = after(coast, FLOOD, "Who leads the museum of tiles?")
    assert answer.searched_for is None
    assert answer.scope.kept == ()
    assert (answer.scope.since, answer.scope.sources) == (None, ())
    assert "Ana Reis" in answer.text


def test_what_the_caller_sets_wins_over_what_was_kept(coast: Assistant) -> None:
    history = [Turn("user", FLOOD), Turn.of(after(coast, FLOOD))]
    answer = coast.ask(
        "And in Spain?", history=history, today=TODAY, since="2024-03-15", sources=["The Coast Post", "Harbour News"]
    )
    assert str(answer.scope.since) == "2024-03-15"
    assert answer.scope.sources == ("The Coast Post", "Harbour News")
    assert answer.scope.kept == ()


def test_what_a_caller_had_set_is_not_kept(coast: Assistant) -> None:
    question = "How many people died in the flood in Portugal?"
    earlier = coast.ask(question, since="2024-03-01", sources=["Harbour News"])
    answer = coast.ask("And in Spain?", history=[Turn("user", question), Turn.of(earlier)])
    assert (answer.scope.since, answer.scope.sources) == (None, ())


def test_without_an_earlier_scope_it_is_read_from_the_question_again(coast: Assistant) -> None:
    bare = [Turn("user", FLOOD), Turn("assistant", "12 people died.")]
    assert coast.ask("And in Spain?", history=bare, today=TODAY).scope == after(coast, FLOOD, "And in Spain?").scope


def test_an_earlier_scope_may_be_given_as_json(coast: Assistant) -> None:
    first = after(coast, FLOOD).to_dict()
    history = [
        {"role": "user", "content": FLOOD},
        {"role": "assistant", "content": first["text"], "scope": first["scope"], "searched_for": first["searched_for"]},
    ]
    # Another day: what was kept is the earlier one's last month.
    answer = coast.ask("And in Spain?", history=history, today="2024-06-20")
    assert str(answer.scope.since) == first["scope"]["since"] == "2024-03-01"
    with pytest.raises(SearchInvalid, match="scope"):
        scope_of({"since": "soon"})


def test_a_kept_time_that_leaves_nothing_is_dropped(coast: Assistant) -> None:
    history = [Turn("user", FLOOD), Turn.of(after(coast, FLOOD))]
    answer = coast.ask("And in Spain?", history=history, as_of="2023-06-01", today=TODAY)
    assert answer.scope.kept == ()


MEETING = Exchange("Whom did Umerov meet in Paris?", "Umerov met Sébastien Lecornu in Paris.")


def test_a_chat_model_rewrites_a_follow_up_in_one_call(open_desk: Open, server: ScriptedServer) -> None:
    server.plays(
        says('{"questions": ["Whom did Sébastien Lecornu meet in Paris?"]}'),
        says("Umerov met Sébastien Lecornu in Paris [1]."),
    )
    history = [Turn("user", MEETING.question), Turn("assistant", MEETING.answer)]
    answer = open_desk().ask("And whom did he meet?", history=history)
    assert answer.searched_for == "Whom did Sébastien Lecornu meet in Paris?"
    asked = server.requests[0].body["messages"]
    assert MEETING.question in asked[-1]["content"]
    assert "And whom did he meet?" in asked[-1]["content"]
    assert len(server.requests) == 2


@pytest.mark.parametrize("fault", [says("I cannot."), refuses(500), stalls()], ids=["words", "refused", "stalled"])
def test_the_form_in_brackets_stands_in_when_the_model_fails(
    open_desk: Open, server: ScriptedServer, fault: Scene
) -> None:
    server.plays(fault, says("Umerov met Sébastien Lecornu in Paris [1]."))
    history = [Turn("user", MEETING.question), Turn("assistant", MEETING.answer)]
    answer = open_desk().ask("When was that?", history=history)
    assert answer.searched_for == "When was that? (Whom did Umerov meet in Paris?)"


def test_a_new_subject_costs_no_call(open_desk: Open, server: ScriptedServer) -> None:
    server.plays(says("DART shortened the orbit of Dimorphos by 32 minutes [1]."))
    history = [Turn("user", MEETING.question), Turn("assistant", MEETING.answer)]
    answer = open_desk().ask("By how many minutes did DART shorten the orbit of Dimorphos?", history=history)
    assert answer.searched_for is None
    assert len(server.requests) == 1


def test_the_command_line_says_what_was_kept_and_searched_for(coast: Assistant) -> None:
    answer = after(coast, FLOOD, "And in Spain?")
    printed = "\n".join(below(answer, answer.text))
    assert "Searched for: And in Spain? (" in printed
    assert "kept from your last question" in printed
    assert "as the question says" not in printed
