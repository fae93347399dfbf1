"""What the page fetches by itself: articles, answers to be copied and shared, what is new, suggested questions.

Plain requests beside Gradio's queue, so that a source is there in a few milliseconds, also while an answer is
written. Everything is checked against who asks; what is not theirs looks as if it were not there.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from assistant.errors import AssistantError, ConversationUnknown
from assistant.export.citing import answer_apa, answer_links
from assistant.export.page import conversation_html, unstored
from assistant.export.text import answer_footnotes, answer_markdown, answer_text
from ui.access.login import LOCAL, user_of
from ui.answering.suggesting import Suggesting
from ui.language import NOT_FOUND, for_readers, words_of
from ui.templates import render
from ui.views import sources, welcome
from ui.views.answer import follow_ups
from ui.views.library import Shelf
from vectorstore.errors import ArticleUnknown, LibraryError
from vectorstore.messages import Message
from vectorstore.types import Article

if TYPE_CHECKING:
    from fastapi import APIRouter, Request, Response

    from assistant import Assistant
    from assistant.history.conversations import Conversations
    from assistant.types import Answer


_COPIES = {
    "txt": answer_text,
    "md": answer_markdown,
    "cite": answer_footnotes,
    "apa": answer_apa,
    "link": answer_links,
}


def router(desk: Assistant, store: Conversations, shelf: Shelf, suggesting: Suggesting) -> APIRouter:
    """``GET /page/source/…``, ``article/…``, ``copy/…``, ``shared/…``, ``first/…``, ``next/…``; ``POST share/…``."""
    from fastapi import APIRouter
    from fastapi.responses import HTMLResponse, PlainTextResponse

    def source(request: Request) -> Response:
        """``/page/source/{conversation}/{turn}/{number}``: the article of a citation, the quoted words marked."""
        words = words_of(request)
        try:
            answer = _answer(store, request)
            number = _number(request, "number")
            cited = next(each for each in answer.citations if each.number == number)
            quoted, newest = _versions(desk, cited.article)
            shown = sources.source(
                answer,
                _number(request, "turn"),
                number,
                quoted,
                newest=newest,
                copies=_copies(desk, cited.article),
                words=words,
            )
        except StopIteration:
            return HTMLResponse(sources.unreadable(Message("source not known"), words=words), status_code=404)
        except (AssistantError, LibraryError) as error:
            return HTMLResponse(sources.unreadable(for_readers(error), words=words), status_code=404)
        return HTMLResponse(shown, headers={"Cache-Control": "private, max-age=60"})

    def article(request: Request) -> Response:
        """``/page/article/{id}?start=&end=``: an article to be read."""
        words = words_of(request)
        try:
            found = desk.library.article(request.path_params["article"])
        except LibraryError as error:
            return HTMLResponse(sources.unreadable(for_readers(error), words=words), status_code=404)
        start, end = (_whole(request.query_params.get(name, "")) for name in ("start", "end"))
        return HTMLResponse(
            sources.article(found, start, end, copies=_copies(desk, found), words=words),
            headers={"Cache-Control": "no-store"},
        )

    def copy(request: Request) -> Response:
        """``/page/copy/{conversation}/{turn}.{ending}``: an answer with its sources, or those alone, as ``_COPIES``."""
        words = words_of(request)
        try:
            answer = _answer(store, request)
        except AssistantError as error:
            return PlainTextResponse(words.gettext(for_readers(error)), status_code=404)
        made = _COPIES.get(request.path_params["ending"])
        if made is None:
            return PlainTextResponse(words.gettext(NOT_FOUND), status_code=404)
        return PlainTextResponse(made(answer, words), headers={"Cache-Control": "no-store"})

    async def questions(request: Request) -> Response:
        """``/page/first/questions``: what the stories of the library raise, once that is made."""
        words = words_of(request)
        made: tuple[str, ...] = ()
        with suppress(LibraryError):
            made = await asyncio.shield(asyncio.wrap_future(suggesting.of_library(words)))
        return HTMLResponse(welcome.questions(made, words), headers={"Cache-Control": "no-store"})

    def news(request: Request) -> Response:
        """``/page/first/news?since=``: what came in since the last visit; for who has a name here, since they asked."""
        words, user = words_of(request), user_of(request)
        since = _moment(request.query_params.get("since", "")) if user == LOCAL else _last_asked(store, user.name)
        shown = ""
        with suppress(LibraryError):
            shown = welcome.news(shelf, since, words) if since else ""
        return HTMLResponse(shown, headers={"Cache-Control": "no-store"})

    async def following(request: Request) -> Response:
        """``/page/next/{conversation}/{turn}``: what may be asked after an answer, looked for once."""
        words, user = words_of(request), user_of(request)
        try:
            answer = await asyncio.to_thread(_answer, store, request)
        except AssistantError as error:
            return HTMLResponse(sources.unreadable(for_readers(error), words=words), status_code=404)
        if answer.suggested is None:
            made = suggesting.after(user.name, _number(request, "turn"), answer, words)
            answer = await asyncio.shield(asyncio.wrap_future(made))
        return HTMLResponse(follow_ups(answer, words), headers={"Cache-Control": "no-store"})

    routes = APIRouter()
    for path, handler in (
        ("/page/source/{conversation}/{turn}/{number}", source),
        ("/page/article/{article:path}", article),
        ("/page/copy/{conversation}/{turn}.{ending}", copy),
        ("/page/shared/{word}", partial(_shared, store)),
        ("/page/first/questions", questions),
        ("/page/first/news", news),
        ("/page/next/{conversation}/{turn}", following),
    ):
        routes.add_route(path, handler, methods=["GET"])
    routes.add_route("/page/share/{conversation}/{turn}", partial(_share, store), methods=["POST"])
    return routes


def _share(store: Conversations, request: Request) -> Response:
    """``POST /page/share/{conversation}/{turn}``: makes the page that shows this answer to others; its path."""
    from fastapi.responses import PlainTextResponse

    try:
        _answer(store, request)
        word = store.share(user_of(request).name, _number(request, "turn"))
    except AssistantError as error:
        return PlainTextResponse(words_of(request).gettext(for_readers(error)), status_code=404)
    return PlainTextResponse(f"/page/shared/{word}", headers={"Cache-Control": "no-store"})


def _shared(store: Conversations, request: Request) -> Response:
    """``/page/shared/{word}``: one answer with its sources, to be read by whoever may enter."""
    from fastapi.responses import HTMLResponse

    words = words_of(request)
    try:
        turn = store.shared(request.path_params["word"])
    except AssistantError as error:
        said = words.gettext(for_readers(error))
        return HTMLResponse(render("nothing.html", words, said=said), status_code=404)
    said = words.gettext("An answer from Article Assistant, asked on {day}", day=words.day(turn.asked.date()))
    page = conversation_html(unstored(turn.question, [turn]), words, summary=said)
    return HTMLResponse(page, headers={"Cache-Control": "no-store"})


def _answer(store: Conversations, request: Request) -> Answer:
    turn = _number(request, "turn")
    path = store.conversation(user_of(request).name, request.path_params["conversation"], turn=turn)
    answer = path.turns[-1].answer
    if answer is None:
        raise ConversationUnknown(Message("This question has no answer yet."))
    return answer


def _last_asked(store: Conversations, user: str) -> datetime | None:
    with suppress(AssistantError):
        return next((kept.changed for kept in store.conversations(user, limit=1)), None)
    return None


def _moment(text: str) -> datetime | None:
    """A moment as a browser writes it, in UTC; ``None`` for anything else."""
    with suppress(ValueError):
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    return None


def _versions(desk: Assistant, cited: Article) -> tuple[Article | None, int | None]:
    """The article as it was quoted, and the number of its version now; ``None`` for what is gone."""
    try:
        newest = desk.library.article(cited.id)
    except ArticleUnknown:
        return None, None
    if newest.version == cited.version:
        return newest, newest.version
    try:
        return desk.library.article(cited.id, cited.version), newest.version
    except ArticleUnknown:
        return None, newest.version


def _copies(desk: Assistant, article: Article) -> tuple[Article, ...]:
    return desk.library.copies([article.id]).get(article.id, ())


def _number(request: Request, name: str) -> int:
    return _whole(request.path_params[name])


def _whole(text: str) -> int:
    """A whole number that SQLite can hold; 0, which nothing has, for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
