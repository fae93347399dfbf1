"""The REST interface: ``/api/ask``, ``/api/search`` and ``/api/articles``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from fastapi.sse import format_sse_event
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_jsonable_python

from assistant.assistant import Assistant
from assistant.history.answer_json import stored_form
from assistant.service.keys import Role
from assistant.service.replies import STREAMED, Event, Rejection, Replies, Status, Within
from assistant.types import Answer, Turn
from vectorstore.types import Article, Match, TimeScope


class Said(BaseModel):
    """An earlier message of the conversation; of an answer, its ``scope`` and ``searched_for`` help a follow-up."""

    model_config = ConfigDict(extra="forbid")

    role: Literal["user", "assistant"]
    content: str
    scope: TimeScope | None = None
    searched_for: str | None = None


class Question(Within):
    """A question to the articles."""

    model_config = ConfigDict(extra="forbid")

    question: str
    history: list[Said] = Field([], description="What was said before.")
    deep: bool = Field(False, description="Let the chat model look several things up before it writes.")
    stream: bool = Field(False, description="Server-sent events, as with Accept: text/event-stream.")


class Search(Within):
    """What to search for, and where."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(description="The question, or words.")
    k: int = Field(10, ge=1, le=100, description="How many passages.")


class Found(BaseModel):
    """The passages that fit, best first; ``scope`` is what was searched."""

    scope: TimeScope
    matches: list[Match]


class Articles(BaseModel):
    """A page of the list, newest first, without texts; ``total`` counts all articles of the library."""

    total: int
    articles: list[Article]


def router(desk: Assistant, replies: Replies, needs: Callable[[Role], Any]) -> APIRouter:
    """The routes; ``needs(role)`` is the dependency that admits a request."""
    routes = APIRouter(prefix="/api")

    @routes.post("/ask", dependencies=[Depends(needs("ask"))], responses={200: {"model": Answer} | STREAMED})
    async def ask(question: Question, request: Request) -> Response:
        """Answers a question. As server-sent events: ``status``, ``step`` and ``piece``, then ``answer`` or ``error``.

        The answer's text is Markdown with ``[1]`` markers; its last word is that of ``answer``, since what no source
        carries may have been corrected after it was sent.
        """
        turns = [Turn(each.role, each.content, each.scope, each.searched_for) for each in question.history]
        begin = partial(question.begin, desk, question.question, turns, deep=question.deep)
        if question.stream or "text/event-stream" in request.headers.get("accept", ""):
            return await replies.stream(request, begin, _encoded)
        return _json(stored_form(await replies.answer(request, begin), plain=True))

    @routes.get("/search", dependencies=[Depends(needs("search"))], responses={200: {"model": Found}})
    def search(asked: Annotated[Search, Query()]) -> Response:
        """Finds the passages that fit a question, in the days and outlets that it names or that are given."""
        limits = asked.limits()
        found = desk.search(asked.q, k=asked.k, **limits)
        matches = [replace(match, article=replace(match.article, text="")) for match in found]
        return _json({"scope": desk.scope(asked.q, **limits), "matches": matches})

    @routes.get("/articles", dependencies=[Depends(needs("search"))], responses={200: {"model": Articles}})
    def articles(
        limit: Annotated[int, Query(ge=1, le=1_000)] = 100, offset: Annotated[int, Query(ge=0, le=10**9)] = 0
    ) -> Response:
        """Lists the articles, newest first, without their texts."""
        listed = desk.articles(limit=limit, offset=offset, with_text=False)
        return _json({"total": desk.library.count(), "articles": listed})

    @routes.get(
        "/articles/{article_id:path}", dependencies=[Depends(needs("search"))], responses={200: {"model": Article}}
    )
    def article(article_id: str) -> Response:
        """One article with its text, into which ``start`` and ``end`` of citations and matches count."""
        return _json(desk.library.article(article_id))

    return routes


def _json(content: Any) -> JSONResponse:
    return JSONResponse(_shown(to_jsonable_python(content, context={"plain": True})))


def _shown(form: Any) -> Any:
    """``form`` without the paths that articles were read from: they are those of the service's machine."""
    if isinstance(form, dict):
        return {name: _shown(value) for name, value in form.items() if name != "origin"}
    return [_shown(value) for value in form] if isinstance(form, list) else form


def _encoded(events: Iterator[Event]) -> Iterator[bytes]:
    for event in events:
        if isinstance(event, Answer):
            yield _event("answer", _shown(stored_form(event, plain=True)))
        elif isinstance(event, Rejection):
            yield _event("error", event.form())
        elif isinstance(event, str):
            yield _event("piece", {"text": event})
        elif isinstance(event, Status):
            yield _event("status", {"text": event.text})
        else:
            yield _event("step", event.to_dict())


def _event(name: str, data: Any) -> bytes:
    return format_sse_event(event=name, data_str=json.dumps(data))
