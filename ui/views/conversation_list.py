"""The stored conversations of a reader beside the chat, and what stands under each stored turn.

How it is mounted (``acts`` says how the names below reach the page):

- ``listing(store, user, view, …)`` is drawn anew after each act and each answer; "New conversation" and the field to
  search in stand above it in a part of their own that is not, or what is being typed would be lost.
- ``turn_tools(turn, …)`` at the end of each finished turn: ask again, edit, other versions, thumbs, and why a turn is
  not whole.
- ``act(store, user, view, act)`` for ``conversation-*``, ``turn-show`` and ``rate*``: the new view. Where its ``place``
  has changed, the chat is drawn anew from ``turns(store, user, view.place)``.
- ``turn-again`` (value: turn) and ``turn-edit`` (value: turn, field ``question``) ask: ``asked_again(act)`` reads them,
  then ``begin`` and the page's usual way of answering.
- ``begin`` and ``recorded`` carry one question through the store; ``view.place`` is the tab's own, so that
  what another tab asks meanwhile becomes a branch and never a turn in between.
- ``GET /page/export/{conversation}.{md|html|json}`` is ``router(store, user_of)``, for ``app.include_router``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from assistant.errors import AssistantError, ConversationUnknown
from assistant.export.page import Form, export
from assistant.history.conversations import Conversations
from assistant.history.types import Conversation, Hit, PendingTurn, Rating, StoredTurn, Summary, TurnState, by_day
from assistant.messages import Translator
from assistant.types import Answer
from ui.acts import Act
from ui.language import NOT_FOUND, for_readers, words_of
from ui.templates import render
from vectorstore.errors import LibraryError
from vectorstore.messages import Message

if TYPE_CHECKING:
    from fastapi import APIRouter
    from starlette.requests import Request
    from starlette.responses import Response

    from assistant.reply import Reply

LISTED = 60
"""Conversations that are listed at first, and added by "Show more": two screens."""

EXPORTS = {"md": "Markdown", "html": "HTML", "json": "JSON"}
_FORMS: Mapping[str, Form] = {"md": "markdown", "html": "html", "json": "json"}
_RATINGS: Mapping[str, Rating] = {"up": "up", "down": "down"}
_FAILED = Message("There was no answer. Ask again, or ask in other words.")
_STATES: Mapping[TurnState, str] = {
    "complete": "",
    "asking": Message("This answer is still being written."),
    "cut": Message("This answer was cut off. It can be asked again."),
    "stopped": Message("You stopped this answer."),
    "failed": _FAILED,
}
"""What is said of a turn that is not whole."""


Excerpt = Sequence[tuple[str, bool]]
"""Words around those that were searched for, in parts: a text, and whether it is one that was found."""


# -- where a tab is


@dataclass(frozen=True, slots=True)
class Place:
    """The conversation that a tab shows, and the last turn of it that the tab has seen."""

    conversation: str | None = None
    turn: int | None = None


@dataclass(frozen=True, slots=True)
class View:
    """What one tab shows of the conversations."""

    place: Place = Place()
    words: str = ""
    listed: int = LISTED


def act(store: Conversations, user: str, view: View, done: Act) -> View:
    """The view after ``done``. Raises ``ConversationUnknown`` when what it names is not the user's or is gone."""
    match done.name:
        case "conversation-new":
            return replace(view, place=Place())
        case "conversation-open":
            return replace(view, place=_end(store.conversation(user, done.value)))
        case "conversation-search":
            return replace(view, words=done.fields.get("words", "").strip(), listed=LISTED)
        case "conversation-more":
            return replace(view, listed=view.listed + LISTED)
        case "conversation-rename":
            store.rename(user, done.value, done.fields.get("title", ""))
            return view
        case "conversation-delete":
            store.delete(user, done.value)
            return replace(view, place=Place()) if view.place.conversation == done.value else view
        case "turn-show" if done.number is not None and view.place.conversation:
            return replace(view, place=_end(store.show(user, view.place.conversation, done.number)))
        case "rate" | "rate-word":
            _rate(store, user, view, done)
    return view


def turns(store: Conversations, user: str, place: Place) -> tuple[StoredTurn, ...]:
    """What the tab shows: the path to its turn. Raises ``ConversationUnknown``."""
    if place.conversation is None:
        return ()
    return store.conversation(user, place.conversation, turn=place.turn).turns


def asked_again(done: Act) -> tuple[int, str | None] | None:
    """The turn that ``turn-again`` or ``turn-edit`` asks once more, and the new question if there is one."""
    if done.number is None or done.name not in ("turn-again", "turn-edit"):
        return None
    question = done.fields.get("question", "").strip()
    return done.number, question or None


def begin(
    store: Conversations,
    user: str,
    place: Place,
    question: str,
    *,
    options: Mapping[str, Any] | None = None,
    instead_of: int | None = None,
) -> tuple[PendingTurn, Place]:
    """Stores a question, or with ``instead_of`` another version of that turn; the tab is at it from now on.

    Raises ``ConversationUnknown`` when the conversation was deleted meanwhile.
    """
    if instead_of is not None and place.conversation is not None:
        begun = store.ask_again(user, place.conversation, instead_of, question, options=options)
    else:
        begun = store.begin(user, question, conversation=place.conversation, after=place.turn, options=options)
    return begun, Place(begun.conversation, begun.turn)


def recorded(
    store: Conversations, user: str, turn: int, reply: Reply, *, stopped: Callable[[], bool] = lambda: True
) -> Iterator[str]:
    """The pieces of ``reply``, each kept as it comes and the whole answer at the end; ``reply.answer`` has it then.

    Closing the iterator ends the writing and keeps what had come. An answer that was ended so, or by ``reply.cancel``,
    is kept as stopped, and where ``stopped`` says that no person did it, as cut. Raises what the reply raises, after
    the turn was marked as failed. That the conversation was deleted meanwhile is no fault: nothing is kept then.
    """
    text, ended = "", False
    try:
        for piece in reply:
            text += piece
            store.save(user, turn, text)
            yield piece
        answer = _as_ended(reply.answer, stopped())
        ended = True
        with suppress(ConversationUnknown):
            store.finish(user, turn, answer)
    except GeneratorExit:
        ended = True
        reply.cancel()
        with suppress(AssistantError, LibraryError):
            store.finish(user, turn, _as_ended(reply.answer, stopped()))
        raise
    except (AssistantError, LibraryError) as error:
        ended = True
        with suppress(AssistantError):
            if reply.unanswered is None:
                store.fail(user, turn, for_readers(error), text=text)
            else:  # the model failed: its reader gets the articles that were found
                store.finish(user, turn, reply.unanswered)
        raise
    finally:
        if not ended:  # a fault of the program: whatever it is, the turn does not stay "asking"
            with suppress(AssistantError):
                store.fail(user, turn, _FAILED, text=text)


def _as_ended(answer: Answer, stopped: bool) -> Answer:
    return replace(answer, state="cut") if answer.state == "stopped" and not stopped else answer


def _end(conversation: Conversation) -> Place:
    return Place(conversation.id, conversation.turns[-1].id if conversation.turns else None)


def _rate(store: Conversations, user: str, view: View, done: Act) -> None:
    number, _, verdict = done.value.partition(":")
    turn = Act("", number).number
    if turn is None:
        return
    known = next((each for each in turns(store, user, view.place) if each.id == turn), None)
    if done.name == "rate-word":
        if known is not None and known.rating is not None:
            store.rate(user, turn, known.rating, done.fields.get("comment", ""))
    elif verdict == "none":
        store.rate(user, turn, None)
    elif rating := _RATINGS.get(verdict):
        store.rate(user, turn, rating, known.comment if known is not None and known.rating == verdict else "")


# -- the list


def listing(
    store: Conversations,
    user: str,
    view: View,
    words: Translator,
    *,
    today: date | None = None,
    zone: tzinfo | None = None,
) -> Markup:
    """The user's conversations by day, or those that hold the words that are searched for.

    ``zone`` decides which day an hour belongs to (``None``: the machine's).
    """
    groups: list[tuple[str, list[tuple[Summary, Excerpt]]]]
    more = False
    if view.words:
        hits = store.search(user, view.words, limit=view.listed)
        groups = [("", [(hit.conversation, _excerpt(hit)) for hit in hits])] if hits else []
        nothing = words.gettext("No conversation holds these words.")
    else:
        found = store.conversations(user, limit=view.listed + 1)
        today = today or datetime.now(zone).date()
        groups = [
            (_day(day, today, words), [(each, ()) for each in summaries])
            for day, summaries in by_day(found[: view.listed], zone)
        ]
        nothing = words.gettext("What you ask is kept here.")
        more = len(found) > view.listed
    return render(
        "conversation_list.html",
        words,
        groups=groups,
        nothing=nothing,
        more=more,
        shown=view.place.conversation,
        exports=EXPORTS,
    )


def _day(day: date, today: date, words: Translator) -> str:
    if day == today:
        return words.gettext("Today")
    if day == today - timedelta(days=1):
        return words.gettext("Yesterday")
    return words.day(day)


def _excerpt(hit: Hit) -> Excerpt:
    if hit.turn is None:  # the title says it already
        return ()
    parts, at = [], 0
    for start, end in hit.marks:
        parts += [(hit.excerpt[at:start], False), (hit.excerpt[start:end], True)]
        at = end
    return (*parts, (hit.excerpt[at:], False))


# -- under a turn


def turn_tools(turn: StoredTurn, words: Translator) -> Markup:
    """What can be done with a stored turn: asked again, edited, another version shown, rated."""
    said = _STATES[turn.state]
    return render("turn_tools.html", words, turn=turn, state="" if said == turn.problem else words.gettext(said))


# -- export


def router(store: Conversations, user_of: Callable[[Request], str]) -> APIRouter:
    """``GET /page/export/{conversation}.{ending}``, the user's own conversation as a file to keep.

    404 for one that is not the user's, as for one that never was.
    """
    from fastapi import APIRouter
    from starlette.responses import PlainTextResponse, Response

    routes = APIRouter()

    def exported(request: Request) -> Response:
        words = words_of(request)
        name, _, ending = str(request.path_params["file"]).rpartition(".")
        if ending not in _FORMS:
            return PlainTextResponse(words.gettext(NOT_FOUND), status_code=404)
        try:
            made = export(store.conversation(user_of(request), name), _FORMS[ending], words)
        except ConversationUnknown as error:
            return PlainTextResponse(words.gettext(for_readers(error)), status_code=404)
        return Response(
            made.content,
            media_type=made.media_type,
            headers={
                "Content-Disposition": _attachment(made.name),
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": "no-store",
            },
        )

    routes.add_route("/page/export/{file}", exported, methods=["GET"])
    return routes


def _attachment(name: str) -> str:
    """RFC 6266: a plain name for old programs, the real one beside it."""
    from urllib.parse import quote

    plain = "".join(each if each.isascii() and (each.isalnum() or each in "._-") else "_" for each in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
