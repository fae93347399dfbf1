"""So many at once, the others in line, and nothing left behind by those who leave."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress

import pytest

from ui.answering.threads import Answering, Waiting
from ui.answering.waiting_line import LineLeft, LineTooLong

Make = Callable[..., Answering]


@pytest.fixture
def make() -> Iterator[Make]:
    made: list[Answering] = []

    def answering(places: int, **named: int) -> Answering:
        made.append(Answering(places, **named))
        return made[-1]

    yield answering
    for each in made:
        each.close()


class Writer:
    """Counts how many write at once; each answer waits for ``go``, and notes how it ended."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.stopped = threading.Event()
        self.closed: list[int] = []
        self.now = self.most = 0
        self._lock = threading.Lock()

    def __call__(self, number: int) -> Iterator[str]:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        try:
            yield f"{number} begins. "
            while not (self.go.wait(0.01) or self.stopped.is_set()):
                pass
            yield f"{number} ends."
        finally:
            with self._lock:
                self.now -= 1
                self.closed.append(number)


async def collected(pieces: AsyncIterator[str | Waiting]) -> tuple[str, list[int]]:
    text, positions = "", []
    async for piece in pieces:
        if isinstance(piece, Waiting):
            positions.append(piece.position)
        else:
            text += piece
    return text, positions


async def until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0.005)


def test_no_more_write_at_once_than_there_are_places_and_all_are_answered_in_order(make: Make) -> None:
    answering, writer = make(3), Writer()

    async def run() -> list[tuple[str, list[int]]]:
        asking = []
        for number in range(10):
            asking.append(asyncio.create_task(collected(answering.pieces(number, lambda n=number: writer(n)))))  # type: ignore[misc]
            await asyncio.sleep(0.01)
        await until(lambda: answering.line.waiting == 7 and writer.now == 3)
        writer.go.set()
        return await asyncio.gather(*asking)

    answers = asyncio.run(run())
    assert [text for text, _ in answers] == [f"{number} begins. {number} ends." for number in range(10)]
    assert writer.most == 3
    assert [positions[:1] for _, positions in answers] == [[]] * 3 + [[place] for place in range(1, 8)]
    assert [answering.line.inside, answering.line.waiting] == [0, 0]


def test_a_wait_tells_its_position_at_once_and_then_again_and_again(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.answering.threads.TELL_SECONDS", 0.02)
    answering, writer = make(1), Writer()
    told: list[int] = []

    async def wait() -> None:
        async for piece in answering.pieces("last", lambda: writer(9)):
            told.extend([piece.position] if isinstance(piece, Waiting) else [])

    async def run() -> None:
        asking = [asyncio.create_task(collected(answering.pieces(n, lambda n=n: writer(n)))) for n in range(2)]  # type: ignore[misc]
        await until(lambda: answering.line.waiting == 1)
        last = asyncio.create_task(wait())
        await until(lambda: told[:2] == [2, 2])
        answering.leave(1)
        with pytest.raises(LineLeft):
            await asking[1]
        await until(lambda: told[-2:] == [1, 1])
        writer.go.set()
        await last

    asyncio.run(run())
    assert told == sorted(told, reverse=True)


def test_one_who_leaves_a_waiting_line_is_never_begun(make: Make) -> None:
    answering, writer = make(1), Writer()

    async def run() -> None:
        first = asyncio.create_task(collected(answering.pieces("a", lambda: writer(1))))
        await until(lambda: writer.now == 1)
        waiting = answering.pieces("b", lambda: writer(2))
        assert await anext(waiting) == Waiting(1)
        await waiting.aclose()
        assert answering.line.waiting == 0
        answering.leave("a")  # has a place: it keeps it
        assert answering.line.inside == 1
        answering.leave("nobody")
        writer.go.set()
        await first

    asyncio.run(run())
    assert writer.closed == [1]


@pytest.mark.parametrize("how", ["closed", "cancelled"])
def test_one_who_goes_in_the_middle_stops_the_writing_before_the_place_is_free(make: Make, how: str) -> None:
    answering, writer = make(1), Writer()
    free_while_writing: list[bool] = []

    def begin() -> Iterator[str]:
        try:
            yield from writer(1)
        finally:
            free_while_writing.append(answering.line.inside == 0)

    async def run() -> None:
        if how == "closed":
            pieces = answering.pieces("a", begin, writer.stopped.set)
            assert await anext(pieces) == "1 begins. "
            await pieces.aclose()
        else:
            task = asyncio.create_task(collected(answering.pieces("a", begin, writer.stopped.set)))
            await until(lambda: writer.now == 1)
            await asyncio.sleep(0.05)  # inside the step that waits
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await until(lambda: answering.line.inside == 0)

    asyncio.run(run())
    assert writer.stopped.is_set()
    assert writer.closed == [1]
    assert free_while_writing == [False]


def test_a_fault_of_the_writer_is_raised_and_frees_the_place(make: Make) -> None:
    answering = make(1)

    def begin() -> Iterator[str]:
        yield "One."
        raise ZeroDivisionError("two")

    with pytest.raises(ZeroDivisionError, match="two"):
        asyncio.run(collected(answering.pieces("a", begin)))
    assert answering.line.inside == 0


def test_a_line_that_is_too_long_is_said_at_once(make: Make) -> None:
    answering, writer = make(1, longest=1), Writer()

    async def run() -> None:
        asking = [asyncio.create_task(collected(answering.pieces(n, lambda: writer(1)))) for n in range(2)]
        await until(lambda: answering.line.waiting == 1 and writer.now == 1)
        with pytest.raises(LineTooLong, match="1 questions wait"):
            await collected(answering.pieces("c", lambda: writer(3)))
        writer.go.set()
        await asyncio.gather(*asking)

    asyncio.run(run())


def test_closing_lets_those_who_wait_go(make: Make) -> None:
    answering, writer = make(1), Writer()

    async def run() -> None:
        first = asyncio.create_task(collected(answering.pieces("a", lambda: writer(1))))
        second = asyncio.create_task(collected(answering.pieces("b", lambda: writer(2))))
        await until(lambda: answering.line.waiting == 1 and writer.now == 1)
        answering.leave("b")
        with pytest.raises(LineLeft):
            await second
        writer.go.set()
        await first

    asyncio.run(run())
