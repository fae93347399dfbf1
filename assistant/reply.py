"""``Reply``: an answer while it is written, for threads; ``AsyncReply``: the same for ``async`` code."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from typing import Self, TypeVar

from assistant import pipeline
from assistant.models import tracing
from assistant.pipeline import Draft, Live, Means
from assistant.types import Answer, Statement, Step

T = TypeVar("T")

_AGENT = "article-assistant"


class Reply:
    """An answer while it is written: iterate for the reader's text, then take ``answer``.

    The text of ``answer`` is the last word: sentences that no source carries may have been corrected in it, or left
    out. An empty piece means that ``status`` has something to tell.

    Errors before the first text are raised by the iteration (and by ``answer``); a fault after it ends the iteration,
    and the answer says so. ``cancel`` may be called from any thread.
    """

    def __init__(self, draft: Draft, means: Means, *, ready: Answer | None = None) -> None:
        self.question = draft.asked.text
        self.scope = ready.scope if ready else draft.scope
        self._draft = draft
        self._means = means
        self._live = Live()
        self._lock = threading.RLock()
        self._seconds_search = self._seconds_write = 0.0
        self._error: Exception | None = None
        self._answer = ready
        self._span = None if ready else tracing.begin("invoke_agent", _AGENT, {"gen_ai.agent.name": _AGENT})
        self._pieces = self._run() if ready is None else iter((ready.text,))

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        with self._lock:
            try:
                with tracing.within(self._span):
                    return next(self._pieces)
            except StopIteration:
                raise
            except Exception as error:
                self._error = error
                raise

    def _run(self) -> Iterator[str]:
        with tracing.ended(self._span, lambda: self._draft.usage):
            yield from self._stepped()

    def _stepped(self) -> Iterator[str]:
        for step in pipeline.STEPS:
            began = time.perf_counter()
            try:
                self._draft = yield from step(self._draft, self._means, self._live)
            finally:
                spent = time.perf_counter() - began
                if step in pipeline.SEARCHING:
                    self._seconds_search += spent
                else:
                    self._seconds_write += spent
            if self._draft.error is not None:
                raise self._draft.error
            if self._draft.abstained:
                return

    @property
    def answer(self) -> Answer:
        """The finished, checked answer; waits for what has not been read yet."""
        with self._lock:
            if self._error is not None:
                raise self._error
            if self._answer is None:
                for _ in self:
                    pass
                self._answer = self._finished()
            return self._answer

    @property
    def unanswered(self) -> Answer | None:
        """What a reader gets where the iteration raised ``ModelError``: why, and the passages that were found."""
        return self._finished() if self._draft.error is not None else None

    def _finished(self) -> Answer:
        return pipeline.answer(self._draft, seconds_search=self._seconds_search, seconds_write=self._seconds_write)

    @property
    def status(self) -> str:
        """Why there is no text at the moment, a sentence for the reader; empty while there is. Any thread may ask."""
        return self._live.status

    @property
    def checked(self) -> tuple[Statement, ...]:
        """The sentences with the verdicts of this machine, while a model checks them once more."""
        return self._live.checked

    @property
    def trail(self) -> tuple[Step, ...]:
        """Of a deep question: what has been looked up so far, in order. Any thread may ask."""
        return self._live.trail

    def cancel(self) -> None:
        """Stops the writing. What is there stays, is checked, and its ``state`` is "stopped"."""
        self._live.stop.ask()


class AsyncReply:
    """A ``Reply`` for ``async`` code, made in threads: iterate with ``async for``, then ``await reply.answer()``.

    A task that is cancelled while it waits cancels the answer: what is there stays, with the ``state`` "stopped".
    """

    def __init__(self, begin: Callable[[], Reply]) -> None:
        self._begin = begin
        self._reply: Reply | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        if (piece := await self._in_thread(lambda reply: next(reply, None))) is None:
            raise StopAsyncIteration
        return piece

    async def answer(self) -> Answer:
        """The finished, checked answer; waits for what has not been read yet."""
        return await self._in_thread(lambda reply: reply.answer)

    async def _in_thread(self, call: Callable[[Reply], T]) -> T:
        try:
            if self._reply is None:
                self._reply = await asyncio.to_thread(self._begin)
            return await asyncio.to_thread(call, self._reply)
        except asyncio.CancelledError:
            if self._reply is not None:
                self._reply.cancel()
            raise
