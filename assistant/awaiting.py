"""``AsyncReply``: an answer for ``async`` code, made in threads of the running loop's executor."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Self, TypeVar

from assistant.reply import Reply
from assistant.types import Answer

T = TypeVar("T")


class AsyncReply:
    """A ``Reply`` to iterate with ``async for``; then ``await reply.answer()``.

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
