"""Stop and a closed tab reach the answer of their own tab, whenever they come."""

from __future__ import annotations

from tests.ui.fake_desk import FakeReply, answer_about_dart
from ui.answering.writing import Writing


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


def test_a_question_that_arrives_after_its_tab_was_closed_is_not_begun() -> None:
    writing = Writing()
    writing.close("one")
    assert not writing.begin("one")
    assert writing.begin("two")


def test_a_stop_does_not_reach_another_tab() -> None:
    writing = Writing()
    replies = {session: FakeReply(answer_about_dart(), ()) for session in ("one", "two")}
    for session, reply in replies.items():
        writing.begin(session)
        writing.attach(session, reply)  # type: ignore[arg-type]
    writing.stop("two")
    writing.stop("nobody")
    assert [reply.cancelled.is_set() for reply in replies.values()] == [False, True]
