"""Answers for requests: written in threads, sent as they come, and given up when the client hangs up."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import date
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeVar
from weakref import WeakSet

import anyio.to_thread
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.sse import EventSourceResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from assistant.errors import AssistantError, ModelError, SettingsInvalid
from assistant.service.metrics import Metrics
from assistant.types import Answer, Step, Turn
from vectorstore.errors import ArticleUnknown, LibraryError, SearchInvalid
from vectorstore.messages import Message

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.reply import Reply

ANSWERS_AT_ONCE = 64
"""Further ones wait; the same as on the page."""
LONGEST_QUESTION = 20_000
"""Characters: room for the instructions that some clients put before a question."""

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

# Days are counted from it: one at the very edge of the calendar has no day before.
Day = Annotated[date, Field(ge=date(1000, 1, 1), le=date(2999, 12, 31))]

_SENT = {
    "type": "object",
    "properties": {"event": {"type": "string"}, "data": {"type": "string"}},
    "required": ["data"],
}
STREAMED: dict[str, Any] = {"content": {"text/event-stream": {"itemSchema": _SENT}}}
"""For the OpenAPI document, beside JSON: the answer as server-sent events."""


class Fault(BaseModel):
    code: str
    message: str
    type: str
    param: str | None


class Failure(BaseModel):
    """Every error, with what OpenAI's clients look for beside code and message."""

    error: Fault


class Rejection(AssistantError):
    """A request that gets no answer: the HTTP status, a ``code`` for programs, a message for people."""

    def __init__(
        self, status: int, code: str, message: str, *, param: str | None = None, headers: Mapping[str, str] = {}
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.param, self.headers = status, code, param, dict(headers)

    def form(self) -> dict[str, Any]:
        kind = "server_error" if self.status >= 500 else "invalid_request_error"
        fault = Fault(code=self.code, message=str(self), type=kind, param=self.param)
        return Failure(error=fault).model_dump()


class Status(NamedTuple):
    """Why there is no text at the moment."""

    text: str


Event = str | Status | Step | Answer | Rejection
"""Of an answer on its way: a piece of its text, what is waited for, a look-up; at the end the answer, or why not."""
Encode = Callable[[Iterator[Event]], Iterator[bytes]]
Begin = Callable[[], "Reply"]


class Within(BaseModel):
    """Where to look for an answer; what is left out is read from the question."""

    as_of: Day | None = Field(None, description="Use only what was published by then.")
    since: Day | None = Field(None, description="Published on this day or later.")
    until: Day | None = Field(None, description="Published on this day or earlier.")
    sources: list[str] | None = Field(None, description="Only these outlets, by their names as stored.")
    tags: list[str] = Field([], description="Only articles that carry one of these tags.")

    def limits(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in Within.model_fields}

    def begin(self, desk: Assistant, question: str, history: Sequence[Turn], *, deep: bool) -> Reply:
        """The reply of ``desk``. Raises ``SearchInvalid`` and ``SettingsInvalid``."""
        if len(question) > LONGEST_QUESTION:
            raise SearchInvalid("The question is longer than {most} characters.", most=LONGEST_QUESTION)
        return desk.stream(question, history=history, deep=deep, **self.limits())


class Replies:
    """Carries so many answers at once, each in threads, and counts them."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self._places = anyio.CapacityLimiter(ANSWERS_AT_ONCE)
        self._begun: WeakSet[Reply] = WeakSet()

    def close(self) -> None:
        """Stops what is being written, so that open streams end."""
        for reply in list(self._begun):
            reply.cancel()

    async def answer(self, request: Request, begin: Begin) -> Answer:
        """The finished answer of what ``begin`` begins."""
        reply = await self._reply(begin)
        try:
            answer = await _while_connected(request, reply, self._in_thread(lambda: reply.answer))
        except Exception as error:
            self.metrics.failed(error)
            raise
        self.metrics.answered(answer)
        return answer

    async def stream(self, request: Request, begin: Begin, encode: Encode) -> EventSourceResponse:
        """The answer as server-sent events, which ``encode`` makes of its events.

        What goes wrong before the first event is raised, so that the response has its status.
        """
        reply = await self._reply(begin)
        events = _events(reply, self.metrics)
        first = await _while_connected(request, reply, self._in_thread(next, events))
        if isinstance(first, Rejection):
            raise first
        lines = encode(chain((first,), events))

        async def content() -> AsyncIterator[bytes]:
            try:
                while (line := await self._in_thread(next, lines, None)) is not None:
                    yield line
            finally:
                reply.cancel()  # nobody reads any more

        return EventSourceResponse(content(), headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})

    async def _reply(self, begin: Begin) -> Reply:
        reply = await self._in_thread(begin)
        self._begun.add(reply)
        self.metrics.begun()
        return reply

    async def _in_thread(self, call: Callable[..., _T], *arguments: Any) -> _T:
        # Abandoned when the client has gone: the thread itself ends with the reply, which is cancelled then.
        return await anyio.to_thread.run_sync(call, *arguments, abandon_on_cancel=True, limiter=self._places)


async def _while_connected(request: Request, reply: Reply, coming: Awaitable[_T]) -> _T:
    """What is ``coming``; a client that hangs up meanwhile cancels the reply."""

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        reply.cancel()

    watching = asyncio.create_task(watch())
    try:
        return await coming
    finally:
        watching.cancel()


def _events(reply: Reply, metrics: Metrics) -> Iterator[Event]:
    steps = 0
    try:
        for piece in reply:
            yield from reply.trail[steps:]
            steps = len(reply.trail)
            if piece or reply.status:
                yield piece or Status(reply.status)
        metrics.answered(reply.answer)
        yield reply.answer
    except Exception as error:  # noqa: BLE001 - told as the last event, and logged where it was not foreseen
        metrics.failed(error)
        yield refusal(error)


def refusal(error: Exception) -> Rejection:
    """What a client is told of ``error``."""
    if isinstance(error, Rejection):
        return error
    if isinstance(error, RequestValidationError):
        fault = error.errors()[0]
        # What a client sent may hold half a surrogate pair, which UTF-8 cannot.
        place = ".".join(map(str, fault["loc"][1:])).encode("utf-8", "replace").decode()
        said = Message("{place}: {reason}.", place=place or "body", reason=str(fault["msg"]).rstrip("."))
        return Rejection(400, "request_invalid", said, param=place or None)
    if isinstance(error, HTTPException):
        return Rejection(error.status_code, f"http_{error.status_code}", error.detail, headers=error.headers or {})
    if isinstance(error, ModelError):
        wait = error.retry_after
        headers = {} if wait is None else {"Retry-After": str(round(wait + 0.5))}
        return Rejection(502 if wait is None else 503, error.fault, str(error), headers=headers)
    if isinstance(error, AssistantError | LibraryError):
        statuses = {SearchInvalid: 400, SettingsInvalid: 400, ArticleUnknown: 404}
        code = re.sub(r"\B(?=[A-Z])", "_", type(error).__name__).lower()
        return Rejection(statuses.get(type(error), 503), code, str(error))
    _log.error("A request failed.", exc_info=error)
    said = Message("Something went wrong that we did not foresee. The log of the service has the details.")
    return Rejection(500, "internal", said)
