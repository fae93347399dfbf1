"""Suggested questions are made once for each state of the library, and a fault in it keeps nobody waiting."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.history.conversations import Conversations
from assistant.messages import Translator, translator
from assistant.models.cancelling import Stop
from tests.ui.fake_desk import DART, FakeDesk, answer_about_dart
from ui.answering.suggesting import Suggesting
from vectorstore.errors import LibraryBusy

EN = translator()


class Counting(FakeDesk):
    fault: Exception | None = None
    made = 0

    def suggest(self, words: Translator, stop: Stop) -> tuple[str, ...]:
        self.made += 1
        if self.fault:
            raise self.fault
        return (f"Question {self.made}?",)


@pytest.fixture
def desk(tmp_path: Path) -> Counting:
    return Counting(folder=tmp_path)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Conversations]:
    with Conversations(tmp_path) as opened:
        yield opened


@pytest.fixture
def suggesting(desk: Counting, store: Conversations) -> Iterator[Suggesting]:
    made = Suggesting(desk, store)  # type: ignore[arg-type]
    yield made
    made.close()


def test_questions_are_made_once_until_an_article_comes(suggesting: Suggesting, desk: Counting) -> None:
    assert [suggesting.of_library(EN).result() for _ in range(3)] == [("Question 1?",)] * 3
    assert suggesting.of_library(translator("uk")).result() == ("Question 2?",)
    desk.stored.append(replace(DART, id="another"))
    assert suggesting.of_library(EN).result() == ("Question 3?",)


def test_a_library_that_cannot_be_read_suggests_nothing(
    suggesting: Suggesting, desk: Counting, caplog: pytest.LogCaptureFixture
) -> None:
    desk.fault = LibraryBusy("The disk is full.")
    assert suggesting.of_library(EN).result() == ()
    assert "The disk is full." in caplog.text


def test_what_to_ask_next_is_stored_with_the_answer(
    suggesting: Suggesting, desk: Counting, store: Conversations
) -> None:
    desk.suggested = ("Who steers it?",)
    begun = store.begin("rita", "How much shorter?")
    store.finish("rita", begun.turn, answer_about_dart())
    assert suggesting.after("rita", begun.turn, answer_about_dart(), EN).result().suggested == ("Who steers it?",)
    kept = store.conversation("rita", begun.conversation).turns[0].answer
    assert kept is not None
    assert kept.suggested == ("Who steers it?",)


def test_the_end_of_the_server_asks_to_stop_and_waits(desk: Counting, store: Conversations) -> None:
    begun, ended = threading.Event(), threading.Event()

    def wait_for_stop(words: Translator, stop: Stop) -> tuple[str, ...]:
        begun.set()
        stop.wait(600)
        ended.set()
        return ()

    desk.suggest = wait_for_stop  # type: ignore[method-assign]
    suggesting = Suggesting(desk, store)  # type: ignore[arg-type]
    suggesting.of_library(EN)
    begun.wait()
    suggesting.close()
    assert ended.is_set()
