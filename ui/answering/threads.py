"""So many answers at once: everyone else waits in line and sees where.

How it is mounted: ``Answering(places)``, one per server. What asks is an asynchronous generator, because somebody who
waits must not hold a thread, and Gradio has forty (its ``concurrency_limit`` for asking is then ``None``)::

    async for piece in answering.pieces(key, lambda: recorded(store, user, turn, desk.stream(…)), stop):
        if isinstance(piece, Waiting): …  # show its position
        else: …                           # a piece of the answer's text

``stop`` cancels the reply; it is called when the caller goes away in the middle of it. ``leave(key)`` is for Stop: it
gives up the wait; an answer that is being written is stopped by its own ``cancel``. Raises ``LineTooLong`` at once
where too many wait, ``LineLeft`` after ``leave``.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Final

from ui.answering.waiting_line import Line, LineLeft, Ticket

PLACES: Final = 64
"""Answers that are written at once if nobody says otherwise: more than a newsroom asks at once, and few enough that
each still moves."""
LONGEST: Final = 1_000
"""People who may wait. At five seconds an answer and 64 at once, the last of them waits a minute and a half."""
_LOOK_SECONDS = 0.02
"""How often a wait looks whether its turn has come."""
TELL_SECONDS: Final = 1.0
"""How often its position is told, also an unchanged one: a page whose reader has left notices it when it has something
to send. Two hundred people who are told of each change of it keep the server from answering."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Not yet: ``position`` is 1 for whoever is next."""

    position: int


class Answering:
    """A line for the places, and a thread for each of them. Close it when the server ends."""

    def __init__(self, places: int = PLACES, *, longest: int | None = LONGEST) -> None:
        self.line = Line(places, longest=longest)
        self._threads = ThreadPoolExecutor(places, thread_name_prefix="answer")
        self._lock = threading.Lock()
        self._tickets: dict[Hashable, Ticket] = {}

    async def pieces(
        self,
        key: Hashable,
        begin: Callable[[], Iterator[str]],
        stop: Callable[[], None] = lambda: None,
        *,
        pace: Callable[[], float] = lambda: 0.0,
    ) -> AsyncGenerator[str | Waiting, None]:
        """Waits for a place, then calls ``begin`` and gives the pieces of its iterator, made in one of our threads.

        The first comes at once, later ones together with what else came within ``pace()`` seconds, the last without
        waiting. When the caller goes away, ``stop`` is called and the iterator closed before the place is free again.
        """
        with self.line.ticket() as ticket:
            with self._lock:
                self._tickets[key] = ticket
            try:
                async for waiting in _wait(ticket):
                    yield waiting
                # Left to itself, an inner generator is closed only some time after the outer one.
                async with aclosing(self._run(begin, stop, pace)) as pieces:
                    async for piece in pieces:
                        yield piece
            finally:
                with self._lock:
                    if self._tickets.get(key) is ticket:
                        del self._tickets[key]

    async def _run(
        self, begin: Callable[[], Iterator[str]], stop: Callable[[], None], pace: Callable[[], float]
    ) -> AsyncGenerator[str, None]:
        writing = _Writing(begin, asyncio.get_running_loop())
        whole = False
        ended = asyncio.wrap_future(self._threads.submit(writing.run))
        ended.add_done_callback(lambda _: writing.come.set())
        try:
            while not ended.done():
                await writing.come.wait()
                if (text := writing.take()) is not None:
                    yield text
                    await asyncio.wait((ended,), timeout=pace())
            whole = True
            if (text := writing.take()) is not None:
                yield text
            await ended  # raises what the writing raised
        finally:
            if not whole:
                writing.leave()
                stop()
                with suppress(Exception):  # whoever has gone is told nothing
                    await asyncio.shield(ended)

    def leave(self, key: Hashable) -> None:
        """Gives up the wait of ``key``, if it waits; one who has a place keeps it until the writing has stopped."""
        with self._lock:
            ticket = self._tickets.get(key)
        with suppress(LineLeft):
            if ticket is not None and ticket.position:
                ticket.leave()

    def close(self) -> None:
        """Lets everyone who waits go; what is being written has to be stopped by whoever began it."""
        with self._lock:
            keys = list(self._tickets)
        for key in keys:
            self.leave(key)
        self._threads.shutdown(wait=False, cancel_futures=True)


async def _wait(ticket: Ticket) -> AsyncGenerator[Waiting, None]:
    loop = asyncio.get_running_loop()
    following = loop.time()
    while position := ticket.position:
        if loop.time() >= following:
            following = loop.time() + TELL_SECONDS
            yield Waiting(position)
        await asyncio.sleep(_LOOK_SECONDS)


class _Writing:
    """One answer in its thread: what it has written and nobody has taken yet.

    The thread runs from the beginning to the end and does not wait for whoever reads: a step of the event loop for
    each piece was, with fifty answers at once, most of what the loop did.
    """

    def __init__(self, begin: Callable[[], Iterator[str]], loop: asyncio.AbstractEventLoop) -> None:
        self._begin = begin
        self._loop = loop
        self._lock = threading.Lock()
        self._pieces: list[str] = []
        self._left = threading.Event()
        self.come = asyncio.Event()
        """In the loop: there is something to take, or nothing more will come."""

    def run(self) -> None:
        """In the thread. Closes the iterator also when the reader leaves, at its next piece."""
        pieces = self._begin()
        try:
            for piece in pieces:
                if self._left.is_set():
                    return
                with self._lock:
                    self._pieces.append(piece)
                    first = len(self._pieces) == 1
                if first:
                    with suppress(RuntimeError):  # the server has ended; what is written is kept all the same
                        self._loop.call_soon_threadsafe(self.come.set)
        finally:
            if isinstance(pieces, Generator):
                pieces.close()

    def take(self) -> str | None:
        """All that has come since the last time; ``None`` where that is nothing, not even an empty piece."""
        self.come.clear()
        with self._lock:
            pieces, self._pieces = self._pieces, []
        return "".join(pieces) if pieces else None

    def leave(self) -> None:
        """Nobody reads any more."""
        self._left.set()
