"""What the page fetches by itself and only shows: articles for the side pane, answers to be copied.

Plain ``GET`` requests beside Gradio's queue, so that a source is there in a few milliseconds, also while an answer is
written. Everything is checked against who asks; what is not theirs looks as if it were not there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.errors import AssistantError, ConversationUnknown
from assistant.history.citing import answer_apa, answer_links
from assistant.history.export import conversation_html, unstored
from assistant.history.export_text import answer_footnotes, answer_markdown, answer_text
from ui.access.login import user_of
from ui.language import NOT_FOUND, for_readers, words_of
from ui.views import sources
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


def router(desk: Assistant, store: Conversations) -> APIRouter:
    """``GET /page/source/…``, ``/page/article/…``, ``/page/copy/…``, ``/page/share/…`` and ``/page/shared/…``."""
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

    def share(request: Request) -> Response:
        """``/page/share/{conversation}/{turn}``: the path of the page that shows this answer to others."""
        try:
            _answer(store, request)
            word = store.share(user_of(request).name, _number(request, "turn"))
        except AssistantError as error:
            return PlainTextResponse(words_of(request).gettext(for_readers(error)), status_code=404)
        return PlainTextResponse(f"/page/shared/{word}", headers={"Cache-Control": "no-store"})

    def shared(request: Request) -> Response:
        """``/page/shared/{word}``: one answer with its sources, to be read by whoever may enter."""
        words = words_of(request)
        try:
            turn = store.shared(request.path_params["word"])
        except AssistantError as error:
            return PlainTextResponse(words.gettext(for_readers(error)), status_code=404)
        said = words.gettext("An answer from Article Assistant, asked on {day}", day=words.day(turn.asked.date()))
        page = conversation_html(unstored(turn.question, [turn]), words, summary=said)
        return HTMLResponse(page, headers={"Cache-Control": "no-store"})

    routes = APIRouter()
    for path, handler in (
        ("/page/source/{conversation}/{turn}/{number}", source),
        ("/page/article/{article:path}", article),
        ("/page/copy/{conversation}/{turn}.{ending}", copy),
        ("/page/share/{conversation}/{turn}", share),
        ("/page/shared/{word}", shared),
    ):
        routes.add_route(path, handler, methods=["GET"])
    return routes


def _answer(store: Conversations, request: Request) -> Answer:
    turn = _number(request, "turn")
    path = store.conversation(user_of(request).name, request.path_params["conversation"], turn=turn)
    answer = path.turns[-1].answer
    if answer is None:
        raise ConversationUnknown(Message("This question has no answer yet."))
    return answer


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
