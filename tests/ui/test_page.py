"""What the page does between the browser and the desk."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from assistant.errors import ModelUnreachable
from assistant.types import Turn
from tests.ui.fake_desk import DART, FakeDesk, FakeReply, answer_about_dart
from tests.ui.served import in_a_loop
from ui import texts
from ui.page import QUESTION_LIMIT, Conversation, Page, Writing
from vectorstore.errors import LibraryInUse


@pytest.fixture
def desk(tmp_path: Path) -> FakeDesk:
    return FakeDesk(folder=tmp_path)


@pytest.fixture
def page(desk: FakeDesk) -> Page:
    return in_a_loop(lambda: Page(desk))  # type: ignore[arg-type]


def asked(page: Page, question: str, conversation: Conversation, session: str = "one") -> list[dict[Any, Any]]:
    request: Any = SimpleNamespace(session_hash=session)
    return list(page.ask(question, conversation, request))


def after(updates: list[dict[Any, Any]], page: Page) -> Conversation:
    conversation = updates[-1][page.conversation]
    assert isinstance(conversation, Conversation)
    return conversation


def test_a_turn_goes_into_the_history_of_the_next(page: Page, desk: FakeDesk) -> None:
    first = after(asked(page, " How much shorter? ", Conversation()), page)
    second = after(asked(page, "And since when?", first), page)
    said = answer_about_dart().text
    assert desk.asked == [
        ("How much shorter?", ()),
        ("And since when?", (Turn("user", "How much shorter?"), Turn("assistant", said))),
    ]
    assert [second.number, len(second.earlier), len(second.turns)] == [3, 1, 4]
    assert 'id="turn-1"' in second.earlier[0]
    assert 'id="turn-2"' in second.latest


def test_the_finished_turns_change_only_when_a_question_is_asked(page: Page) -> None:
    first = asked(page, "One?", Conversation())
    second = asked(page, "Two?", after(first, page))
    assert [page.past in update for update in second] == [True] + [False] * (len(second) - 1)
    assert second[0][page.past] == after(first, page).latest


def test_an_error_is_shown_and_does_not_enter_the_history(page: Page, desk: FakeDesk) -> None:
    desk.fails_with = ModelUnreachable("The model's server does not answer. Start it, and ask again.")
    conversation = after(asked(page, "How much?", Conversation()), page)
    assert "does not answer" in conversation.latest
    assert conversation.turns == ()
    desk.fails_with = None
    assert after(asked(page, "How much?", conversation), page).turns != ()


def test_an_empty_question_asks_nothing(page: Page, desk: FakeDesk) -> None:
    asked(page, "  \n ", Conversation())
    assert desk.asked == []


def test_a_question_beyond_the_limit_asks_nothing(page: Page, desk: FakeDesk) -> None:
    asked(page, "x" * (QUESTION_LIMIT + 1), Conversation())
    assert desk.asked == []
    asked(page, "x" * QUESTION_LIMIT, Conversation())
    assert len(desk.asked) == 1


def test_one_tab_writes_one_answer_at_a_time_and_another_tab_is_free(page: Page, desk: FakeDesk) -> None:
    request: Any = SimpleNamespace(session_hash="one")
    writing = page.ask("First?", Conversation(), request)
    next(writing)
    asked(page, "Second?", Conversation())
    assert desk.asked == []
    asked(page, "Elsewhere?", Conversation(), session="two")
    list(writing)
    asked(page, "Third?", Conversation())
    assert [question for question, _ in desk.asked] == ["Elsewhere?", "First?", "Third?"]


def test_a_tab_that_goes_away_ends_the_writing_and_frees_its_place(page: Page, desk: FakeDesk) -> None:
    desk.wait = 0.06
    request: Any = SimpleNamespace(session_hash="one")
    writing: Any = page.ask("First?", Conversation(), request)
    next(writing)
    next(writing)
    writing.close()
    assert desk.replies[0].cancelled.is_set()
    assert page.writing.begin("one")


def test_a_stop_that_comes_before_the_writer_is_there_counts() -> None:
    writing = Writing()
    reply = FakeReply(answer_about_dart(), ())
    assert writing.begin("one")
    writing.stop("one")
    writing.attach("one", reply)  # type: ignore[arg-type]
    assert reply.cancelled.is_set()
    writing.end("one")
    later = FakeReply(answer_about_dart(), ())
    assert writing.begin("one")
    writing.attach("one", later)  # type: ignore[arg-type]
    assert not later.cancelled.is_set()


def test_a_stop_does_not_reach_another_tab() -> None:
    writing = Writing()
    replies = {session: FakeReply(answer_about_dart(), ()) for session in ("one", "two")}
    for session, reply in replies.items():
        writing.begin(session)
        writing.attach(session, reply)  # type: ignore[arg-type]
    writing.stop("two")
    writing.stop("nobody")
    assert [reply.cancelled.is_set() for reply in replies.values()] == [False, True]


def uploaded(tmp_path: Path, folder: str, name: str, text: str) -> str:
    """A file where the browser's upload would have put it."""
    path = tmp_path / "incoming" / folder / name
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return str(path)


def test_uploads_are_kept_beside_the_library_and_refused_ones_are_not(page: Page, tmp_path: Path) -> None:
    files = [uploaded(tmp_path, "a", "good.txt", "Harbour news\n"), uploaded(tmp_path, "b", "empty.txt", "")]
    report = list(page.add(files, "", Conversation()))[-1][page.report]
    assert [path.name for path in tmp_path.rglob("*.txt")] == ["good.txt"]
    assert "1 added, 1 refused" in report
    assert str(tmp_path) not in report


def test_two_files_of_one_name_do_not_replace_each_other(page: Page, desk: FakeDesk, tmp_path: Path) -> None:
    before = len(desk.stored)
    for number in (1, 2):
        list(page.add([uploaded(tmp_path, str(number), "index.html", f"Page {number}")], "", Conversation()))
    assert len(desk.stored) == before + 2
    assert len(list((tmp_path / "uploads").rglob("index.html"))) == 2


def test_a_library_in_use_is_said_plainly(page: Page, desk: FakeDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise LibraryInUse("Process 4321 owns the library. Close it first.", 4321)

    monkeypatch.setattr(desk, "add", refuse)
    assert "Process 4321" in list(page.add([], "", Conversation()))[-1][page.report]


def test_a_list_is_narrowed_by_every_word_in_title_or_source(page: Page) -> None:
    assert DART.title in page.list_articles("dimorphos SPACE")[page.articles]
    assert page.list_articles("dimorphos sport")[page.articles].count("<tr>") == 0
    assert texts.NONE_FOUND in page.list_articles("dimorphos sport")[page.articles]


def test_examples_are_offered_for_starter_articles_only(page: Page, desk: FakeDesk) -> None:
    assert page.greet(Conversation())[page.examples]["visible"]
    desk.stored = [article for article in desk.stored if article is not DART]
    assert not page.greet(Conversation())[page.examples]["visible"]
    desk.stored = []
    assert texts.WELCOME_EMPTY in page.greet(Conversation())[page.welcome]["value"]
