"""The stored conversations of a reader beside the chat, and what stands under each stored turn.

How it is mounted (``acts`` says how the names below reach the page; every function here returns escaped HTML):

- ``head(language)`` once, in a part of its own that is never redrawn: "New conversation" and the search field.
- ``listing(store, user, view, …)`` below it, drawn anew after each act and each answer.
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

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import AssistantError, ConversationUnknown
from assistant.history.conversations import Begun, Conversation, Conversations, Hit, Rating, StoredTurn, Summary, by_day
from assistant.history.export import Form, export
from ui.acts import Act
from ui.texts import formats as wording
from ui.texts import messages as texts
from ui.texts.formats import Language
from ui.views.answer import escape
from vectorstore.errors import LibraryError

if TYPE_CHECKING:
    from fastapi import APIRouter
    from starlette.requests import Request
    from starlette.responses import Response

    from assistant.reply import Reply

STYLE = Path(__file__).parents[1] / "static" / "sidebar.css"

LISTED = 60
"""Conversations that are listed at first, and added by "Show more": two screens."""

EXPORTS = {"md": "Markdown", "html": "HTML", "json": "JSON"}
_FORMS: Mapping[str, Form] = {"md": "markdown", "html": "html", "json": "json"}
_RATINGS: Mapping[str, Rating] = {"up": "up", "down": "down"}


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
) -> tuple[Begun, Place]:
    """Stores a question, or with ``instead_of`` another version of that turn; the tab is at it from now on.

    Raises ``ConversationUnknown`` when the conversation was deleted meanwhile.
    """
    if instead_of is not None and place.conversation is not None:
        begun = store.ask_again(user, place.conversation, instead_of, question, options=options)
    else:
        begun = store.begin(user, question, conversation=place.conversation, after=place.turn, options=options)
    return begun, Place(begun.conversation, begun.turn)


def recorded(store: Conversations, user: str, turn: int, reply: Reply) -> Iterator[str]:
    """The pieces of ``reply``, each kept as it comes and the whole answer at the end; ``reply.answer`` has it then.

    Closing the iterator stops the writing and keeps what had come as stopped. Raises what the reply raises, after the
    turn was marked as failed. That the conversation was deleted meanwhile is no fault: nothing is kept then.
    """
    text, ended = "", False
    try:
        for piece in reply:
            text += piece
            store.save(user, turn, text)
            yield piece
        answer = reply.answer
        ended = True
        with suppress(ConversationUnknown):
            store.finish(user, turn, answer)
    except GeneratorExit:
        ended = True
        reply.cancel()
        with suppress(AssistantError, LibraryError):
            store.finish(user, turn, reply.answer)
        raise
    except (AssistantError, LibraryError) as error:
        ended = True
        with suppress(AssistantError):
            store.fail(user, turn, str(error), text=text)
        raise
    finally:
        if not ended:  # a fault of the program: whatever it is, the turn does not stay "asking"
            with suppress(AssistantError):
                store.fail(user, turn, texts.CONVERSATIONS["en"]["failed"], text=text)


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


def head(language: Language = "en") -> str:
    """What stands above the list and is not drawn anew: a field that is drawn anew loses what is being typed."""
    words = texts.CONVERSATIONS[language]
    return (
        f'<button type="button" class="new-conversation" data-act="conversation-new">{escape(words["new"])}</button>'
        '<form class="find" role="search" data-act="conversation-search" data-live>'
        f'<input type="search" name="words" maxlength="200" autocomplete="off" aria-label="{escape(words["search"])}" '
        f'placeholder="{escape(words["search"])}"></form>'
    )


def listing(
    store: Conversations,
    user: str,
    view: View,
    *,
    today: date | None = None,
    zone: tzinfo | None = None,
    language: Language = "en",
) -> str:
    """The user's conversations by day, or those that hold the words that are searched for.

    ``zone`` decides which day an hour belongs to (``None``: the machine's).
    """
    words = texts.CONVERSATIONS[language]
    if view.words:
        hits = store.search(user, view.words, limit=view.listed)
        body = "".join(_item(hit.conversation, view, words, _excerpt(hit)) for hit in hits)
        body = f"<ul>{body}</ul>" if body else f'<p class="none">{escape(words["none_found"])}</p>'
    else:
        found = store.conversations(user, limit=view.listed + 1)
        today = today or datetime.now(zone).date()
        body = "".join(
            f"<section><h2>{escape(_day(day, today, language))}</h2>"
            f"<ul>{''.join(_item(each, view, words) for each in summaries)}</ul></section>"
            for day, summaries in by_day(found[: view.listed], zone)
        )
        if not found:
            body = f'<p class="none">{escape(words["none"])}</p>'
        elif len(found) > view.listed:
            body += f'<button type="button" class="more" data-act="conversation-more">{escape(words["more"])}</button>'
    return f'<nav class="conversations" aria-label="{escape(words["label"])}">{body}</nav>'


def _day(day: date, today: date, language: Language) -> str:
    if day == today:
        return texts.CONVERSATIONS[language]["today"]
    if day == today - timedelta(days=1):
        return texts.CONVERSATIONS[language]["yesterday"]
    return wording.day(day, language)


def _item(summary: Summary, view: View, words: Mapping[str, str], excerpt: str = "") -> str:
    id_, title = escape(summary.id), escape(summary.title)
    current = ' aria-current="true"' if summary.id == view.place.conversation else ""
    exports = "".join(f'<a href="/page/export/{id_}.{ending}" download>{name}</a>' for ending, name in EXPORTS.items())
    return (
        f'<li class="conversation"{current}><button type="button" class="open" data-act="conversation-open" '
        f'data-value="{id_}"{current}><bdi>{title}</bdi>{excerpt}</button>'
        f'<details class="menu"><summary aria-label="{escape(words["menu"].format(title=summary.title))}">'
        '<span aria-hidden="true">⋯</span></summary><div class="choices">'
        f'<form data-act="conversation-rename" data-value="{id_}"><label>{escape(words["title"])}'
        f'<input name="title" value="{title}" maxlength="200" autocomplete="off"></label>'
        f'<button type="submit">{escape(words["rename"])}</button></form>'
        f'<p class="exports"><span>{escape(words["export"])}</span> {exports}</p>'
        f'<details class="sure"><summary>{escape(words["delete"])}</summary><p>{escape(words["delete_sure"])}</p>'
        f'<button type="button" class="danger" data-act="conversation-delete" data-value="{id_}">'
        f"{escape(words['delete_yes'])}</button></details></div></details></li>"
    )


def _excerpt(hit: Hit) -> str:
    if hit.turn is None:  # the title says it already
        return ""
    out, at = "", 0
    for start, end in hit.marks:
        out += f"{escape(hit.excerpt[at:start])}<mark>{escape(hit.excerpt[start:end])}</mark>"
        at = end
    return f'<span class="excerpt" dir="auto">{out}{escape(hit.excerpt[at:])}</span>'


# -- under a turn


def turn_tools(turn: StoredTurn, language: Language = "en") -> str:
    """What can be done with a stored turn: asked again, edited, another version shown, rated."""
    words = texts.CONVERSATIONS[language]
    state = "" if turn.state == "complete" else f'<p class="state">{escape(words[turn.state])}</p>'
    again = (
        f'<button type="button" class="again" data-act="turn-again" data-value="{turn.id}">{escape(words["again"])}'
        "</button>"
        if turn.state in ("cut", "stopped", "failed")
        else ""
    )
    edit = (
        f'<details class="edit"><summary>{escape(words["edit"])}</summary><form data-act="turn-edit" '
        f'data-value="{turn.id}"><textarea name="question" rows="2" maxlength="2000" required '
        f'aria-label="{escape(words["question"])}">{escape(turn.question)}</textarea>'
        f'<button type="submit">{escape(words["ask"])}</button></form></details>'
    )
    rating = _thumbs(turn, words) if turn.answer is not None else ""
    return f'<div class="turn-tools" data-turn="{turn.id}">{state}{again}{edit}{_versions(turn, words)}{rating}</div>'


def _versions(turn: StoredTurn, words: Mapping[str, str]) -> str:
    if len(turn.versions) < 2:
        return ""
    at = turn.versions.index(turn.id)

    def step(place: int, name: str, sign: str) -> str:
        if not 0 <= place < len(turn.versions):
            return f'<button type="button" disabled aria-label="{escape(words[name])}">{sign}</button>'
        return (
            f'<button type="button" data-act="turn-show" data-value="{turn.versions[place]}" '
            f'aria-label="{escape(words[name])}">{sign}</button>'
        )

    said = words["version"].format(number=at + 1, count=len(turn.versions))
    return (
        f'<span class="versions" role="group" aria-label="{escape(words["versions"])}">'
        f"{step(at - 1, 'earlier', '‹')}<span>{escape(said)}</span>{step(at + 1, 'later', '›')}</span>"
    )


def _thumbs(turn: StoredTurn, words: Mapping[str, str]) -> str:
    def thumb(rating: str, sign: str) -> str:
        pressed, name = turn.rating == rating, escape(words[rating])
        value = f"{turn.id}:{'none' if pressed else rating}"
        return (
            f'<button type="button" class="thumb" data-act="rate" data-value="{value}" aria-label="{name}" '
            f'title="{name}" aria-pressed="{str(pressed).lower()}">{sign}</button>'
        )

    # Plain drawings that follow the text's colour; an emoji would bring its own, another one on each system.
    drawing = '<svg viewBox="0 0 20 20" aria-hidden="true"><path d="{}"/></svg>'
    up = drawing.format("M6 9v8H3V9zm2 8V9l3-6c2 0 2 2 1.5 4.5H17l-1.5 9.5z")
    down = drawing.format("M6 11V3H3v8zm2-8v8l3 6c2 0 2-2 1.5-4.5H17L15.5 3z")
    comment = ""
    if turn.rating is not None:
        comment = (
            f'<form class="comment" data-act="rate-word" data-value="{turn.id}"><input name="comment" maxlength="2000" '
            f'value="{escape(turn.comment)}" autocomplete="off" aria-label="{escape(words["comment"])}" '
            f'placeholder="{escape(words["comment"])}"><button type="submit">{escape(words["send"])}</button></form>'
            f'<p class="thanks" role="status">{escape(words["thanks"])}</p>'
        )
    return f'<span class="thumbs">{thumb("up", up)}{thumb("down", down)}</span>{comment}'


# -- export


def router(store: Conversations, user_of: Callable[[Request], str]) -> APIRouter:
    """``GET /page/export/{conversation}.{ending}``, the user's own conversation as a file to keep.

    404 for one that is not the user's, as for one that never was.
    """
    from fastapi import APIRouter
    from starlette.responses import PlainTextResponse, Response

    routes = APIRouter()

    def exported(request: Request) -> Response:
        name, _, ending = str(request.path_params["file"]).rpartition(".")
        if ending not in _FORMS:
            return PlainTextResponse(texts.NO_SUCH_ROUTE, status_code=404)
        try:
            say = texts.preferred(request.headers.get("accept-language", ""), request.cookies.get(texts.COOKIE))
            made = export(store.conversation(user_of(request), name), _FORMS[ending], say.words)
        except ConversationUnknown as error:
            return PlainTextResponse(str(error), status_code=404)
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
