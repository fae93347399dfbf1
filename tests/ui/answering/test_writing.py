"""An answer goes on whoever looks on, and Stop reaches that of its own tab, whenever it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from tests.ui.fake_desk import FakeReply, answer_about_dart
from ui.answering.threads import Waiting
from ui.answering.writing import Underway, Writing
from ui.views.conversation_list import Place

PLACE = Place("c", 1)


async def two_pieces(go: asyncio.Event) -> AsyncGenerator[str | Waiting, None]:
    yield Waiting(1)
    yield "DART "
    await go.wait()
    yield "struck."


async def test_who_leaves_ends_nothing_and_who_comes_later_sees_all_to_the_end() -> None:
    writing, go = Writing(), asyncio.Event()
    underway = Underway("ann", PLACE, "How?")
    writing.start(underway, two_pieces(go))
    async with aclosing(underway.steps()) as first:
        async for _ in first:
            if underway.text:
                break
    assert writing.at("bob", PLACE) is None
    assert writing.at("ann", PLACE) is underway
    go.set()
    seen = [underway.text async for _ in underway.steps()]
    assert seen[0] == "DART "
    assert underway.text == "DART struck."
    await asyncio.sleep(0)
    assert writing.at("ann", PLACE) is None


async def test_a_fault_of_the_program_reaches_who_looks_on() -> None:
    async def broken() -> AsyncGenerator[str | Waiting, None]:
        yield "DART "
        raise ZeroDivisionError

    writing, underway = Writing(), Underway("ann", PLACE, "How?")
    writing.start(underway, broken())
    with pytest.raises(ZeroDivisionError):
        async for _ in underway.steps():
            pass


def test_a_stop_that_comes_before_the_writer_is_there_counts() -> None:
    writing = Writing()
    look = writing.look("one")
    assert look is not None
    look.underway = Underway("ann", PLACE, "How?")
    writing.stop("one")
    reply = FakeReply(answer_about_dart(), ())
    look.underway.attach(reply)  # type: ignore[arg-type]
    assert reply.cancelled.is_set()
    assert look.underway.is_stopped


def test_a_tab_looks_at_one_answer_and_its_stop_does_not_reach_another() -> None:
    writing = Writing()
    looks = {session: writing.look(session) for session in ("one", "two")}
    for look in looks.values():
        assert look is not None
        look.underway = Underway("ann", PLACE, "How?")
    assert writing.look("one") is None
    stopped = writing.stop("two")
    assert writing.stop("nobody") is None
    assert [look.underway for look in looks.values() if look and look.underway and look.underway.is_stopped] == [
        stopped
    ]


def test_a_look_that_was_left_does_not_end_the_one_after_it() -> None:
    writing = Writing()
    first = writing.look("one")
    writing.leave("one")
    second = writing.look("one")
    assert first
    assert second
    writing.end(first)
    assert not writing.is_shown(first)
    assert writing.is_shown(second)
