"""The page itself: the chat, its conversations, the source beside it, and the library, as Gradio blocks.

Each browser tab is a Gradio session; what it is at stands in its ``Tab``, what was said in the store of conversations.
Answers are HTML made by ``ui.views.answer`` in two parts: the finished turns, which change only when a new question is
asked, and the latest one, which grows while it is written. Gradio's chat component is not used: it reads what it shows
as Markdown, with images, diagrams and formulas, and its filter lets some of them fetch from outside.

Presses on our own HTML come as acts (``ui.acts``). What only shows something, an article in the side pane or an answer
to be copied, is fetched from ``ui.routes`` and touches no state here.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import threading
import time
from collections.abc import AsyncGenerator, Callable, Container, Iterator, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
from markupsafe import Markup

from assistant.errors import AssistantError, ConversationUnknown
from assistant.history.conversations import Conversations, StoredTurn, told
from ui import acts
from ui.access import login as door
from ui.access.gate import Event, Kind
from ui.acts import Act
from ui.answering.threads import Answering, Waiting
from ui.blocks import Blocks
from ui.texts import messages as texts
from ui.texts.messages import ENGLISH, Texts
from ui.users import Role, User
from ui.views import answer as render
from ui.views import conversation_list as sidebar
from ui.views import library as shelf
from ui.views import scope_chips as steering
from ui.views import sources, welcome
from ui.views.conversation_list import Place
from ui.views.library import Shelf
from ui.views.scope_chips import Steer
from ui.views.welcome import Suggestions
from vectorstore.errors import LibraryError
from vectorstore.types import Outlet, TimeScope

if TYPE_CHECKING:
    from assistant import Assistant
    from assistant.reply import Reply

QUESTION_LIMIT = 2_000
"""Characters. The longest question of a news archive's readers is a paragraph; a pasted article is not a question."""
UPLOAD_MEGABYTES = 50
FLUSH_SECONDS = 0.05
"""Text is sent at most this often: 20 times a second reads as steady, and a fast model would send 200 times."""
STEADY = 8
"""Answers at once that are shown so often; with more of them each is shown less often, so that the first words of a new
one do not wait behind the many small ones of others: a step of Gradio takes 1 to 2 ms of its one thread."""

LATE_SECONDS = 10.0
"""How long a closed tab's last question may still be on its way; with 200 asking at once it is some seconds."""

Update = dict[Any, Any]
Updates = AsyncGenerator[Update, None]


ROLES: Mapping[str, Role | None] = {
    "ask": "reader",
    "act": "reader",
    "recover": "reader",
    "stop": "reader",
    "add": "editor",
    "open": "reader",
    "leave": None,
}
"""Who may send each event; ``None`` for what the server alone begins. One without a row here does not start."""
_KINDS: Mapping[type, Kind] = {gr.Textbox: "text", gr.UploadButton: "files", gr.State: "state"}


@dataclass(frozen=True, slots=True)
class Tab:
    """What one tab is at, and what its next question is asked with."""

    place: Place = field(default_factory=Place)
    steer: Steer = field(default_factory=Steer)
    scope: TimeScope | None = None
    """What the latest answer searched."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who sits before a tab."""

    user: User
    say: Texts
    session: str


def reader_of(request: gr.Request) -> Reader:
    """Who asks, in which language. Raises ``KeyError`` where no doorkeeper stands before the page."""
    inner = request.request
    assert inner is not None
    say = texts.preferred(inner.headers.get("accept-language", ""), inner.cookies.get(texts.COOKIE))
    return Reader(door.user_of(inner), say, request.session_hash or "")


class Writing:
    """The answers being written now, by session, so that Stop and a closed tab reach them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._replies: dict[str, Reply | None] = {}
        self._stopped: set[str] = set()
        self._left: set[str] = set()
        self._closed: dict[str, float] = {}

    def begin(self, session: str) -> bool:
        """Take the session's one place; False when an answer is being written in it already, or its tab was closed."""
        with self._lock:
            closed = self._closed.get(session)
            if session in self._replies or (closed is not None and time.monotonic() - closed < LATE_SECONDS):
                return False
            self._replies[session] = None
            return True

    def attach(self, session: str, reply: Reply) -> None:
        """Name the reply that Stop shall cancel; a Stop that came before it counts."""
        with self._lock:
            self._replies[session] = reply
            stopped = session in self._stopped
        if stopped:
            reply.cancel()

    def stop(self, session: str, *, leave: bool = False) -> None:
        """Stop the session's answer. With ``leave`` the tab shows something else from now on."""
        with self._lock:
            if session not in self._replies:
                return
            self._stopped.add(session)
            if leave:
                self._left.add(session)
            reply = self._replies[session]
        if reply is not None:
            reply.cancel()

    def close(self, session: str) -> None:
        """The tab is closed. A question that it sent just before may begin only after this, with nobody to stop it."""
        self.stop(session)
        now = time.monotonic()
        with self._lock:
            self._closed = {each: when for each, when in self._closed.items() if now - when < LATE_SECONDS}
            self._closed[session] = now

    def has_left(self, session: str) -> bool:
        """Whether the tab shows something else than the answer that is being written for it."""
        return session in self._left

    def stop_all(self) -> None:
        with self._lock:
            sessions = list(self._replies)
        for session in sessions:
            self.stop(session)

    def end(self, session: str) -> None:
        with self._lock:
            self._replies.pop(session, None)
            self._stopped.discard(session)
            self._left.discard(session)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and how it is to be asked."""

    question: str
    steer: Steer
    instead_of: int | None = None
    """The turn that it is another version of."""
    scope: TimeScope | None = None
    """What that turn was read to mean."""


class Page:
    """The blocks, and what happens on each press. One per server."""

    def __init__(self, desk: Assistant, store: Conversations, answering: Answering) -> None:
        self.desk = desk
        self.store = store
        self.answering = answering
        self.writing = Writing()
        self.shelf = Shelf(desk)
        self.suggestions = Suggestions(desk)
        self.adding_now = asyncio.Semaphore(1)
        self.blocks: gr.Blocks = self._build()
        self.events = {
            number: Event(role, tuple(_KINDS[type(each)] for each in event.inputs))
            for number, event in self.blocks.fns.items()
            if (role := ROLES[str(event.name)]) is not None
        }
        """What a browser may send, by its number."""
        self.streams: Container[str] = self.blocks._queue.pending_messages_per_session
        """The sessions, as Gradio names them, that have a stream to be read."""

    # --- layout --------------------------------------------------------------------------------------------------

    def _build(self) -> gr.Blocks:
        blocks = Blocks(title=texts.NAME, analytics_enabled=False, delete_cache=(3_600, 3_600))
        with blocks:
            self.tab, self.lists, self.shelved = gr.State(Tab()), gr.State(sidebar.View()), gr.State(shelf.View())
            with gr.Row(elem_id="frame"):
                with gr.Column(elem_id="side"):
                    self.side_head = _html("", elem_id="side-head")
                    self.listing = _html("", elem_id="conversations")
                    self.side_foot = _html("", elem_id="side-foot")
                with gr.Column(elem_id="middle"):
                    with gr.Column(elem_id="chat-view"):
                        self.welcome = _html("", elem_id="welcome")
                        self.past = _html("", elem_id="past")
                        self.current = _html("", elem_id="current")
                        with gr.Column(elem_id="composer"):
                            self.steering = _html("", elem_id="steering")
                            self.question = gr.Textbox(
                                label=ENGLISH.question_label,
                                show_label=False,
                                placeholder=ENGLISH.question_placeholder,
                                lines=1,
                                max_lines=8,
                                max_length=QUESTION_LIMIT,
                                submit_btn=ENGLISH.ask,
                                container=False,
                                elem_id="question",
                            )
                            self.footing = _html("", elem_id="footing")
                    with gr.Column(elem_id="library-view"):
                        self.shelf_title = _html("", elem_id="shelf-title")
                        with gr.Column(elem_id="adding", visible=False) as self.adding:
                            self.files = gr.UploadButton(
                                "…", file_count="multiple", size="sm", variant="primary", elem_id="upload"
                            )
                            self.pasting = _html("", elem_id="pasting")
                        self.report = _html("", elem_id="report")
                        self.shelf_head = _html("", elem_id="shelf-head")
                        self.articles = _html("", elem_id="articles")
            self.acted = gr.Textbox(elem_id="act", visible="hidden", max_length=acts.LONGEST)

            chat = [self.question, self.welcome, self.past, self.current, self.steering, self.listing, self.tab]
            books = [self.shelf_head, self.articles, self.report, self.shelved]
            texted = [self.side_head, self.side_foot, self.footing, self.shelf_title, self.pasting]
            frame = [*texted, self.adding, self.files]
            quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
            asking = self.question.submit(self.ask, inputs=[self.question, self.tab, self.lists], outputs=chat, **quiet)
            # Not `input`: Gradio takes the first text that a script puts into a box for one of its own and is quiet.
            acting = self.acted.change(
                self.act,
                inputs=[self.acted, self.tab, self.lists, self.shelved],
                outputs=[*chat, self.lists, *books],
                trigger_mode="multiple",
                **quiet,
            )
            for event in (asking, acting):
                event.failure(self.recover, outputs=[self.question, self.current], **quiet)
            self.question.stop(self.stop, **quiet)
            self.files.upload(
                self.add,
                inputs=[self.files, self.tab],
                outputs=[self.files, *chat, *books],
                concurrency_limit=1,
                **quiet,
            )
            blocks.load(self.open, outputs=[*frame, *chat, *books], **quiet)
            blocks.unload(self.leave)
        blocks.queue(default_concurrency_limit=None, api_open=False)
        return blocks

    # --- opening -------------------------------------------------------------------------------------------------

    async def open(self, request: gr.Request) -> Update:
        """Everything that a tab shows first: the conversation that its address names, or a welcome."""
        reader = reader_of(request)
        place = Place()
        if named := request.query_params.get("c"):
            with suppress(AssistantError):
                done = Act("conversation-open", named)
                place = sidebar.act(self.store, reader.user.name, sidebar.View(), done).place
        tab = await asyncio.to_thread(self._arrived, place, Steer(), reader)
        shown = await asyncio.to_thread(self._shown, tab, sidebar.View(), reader)
        return {
            **self._frame(reader),
            **shown,
            **await asyncio.to_thread(self._shelved, shelf.View(), reader),
            self.report: "",
        }

    def _frame(self, reader: Reader) -> Update:
        """What depends on the reader alone."""
        say, language = reader.say, reader.say.language
        may_add = reader.user.may_edit and not self.desk.library.read_only
        others = "".join(
            f'<option value="{each.language}"{" selected" if each is say else ""}>{each.name_of_language}</option>'
            for each in texts.TEXTS.values()
        )
        choice = (
            f'<label class="language"><span class="unseen">{render.escape(say.language_label)}</span>'
            f"<select data-language>{others}</select></label>"
        )
        views = "".join(
            f'<button type="button" class="view" data-view="{view}">{render.escape(name)}</button>'
            for view, name in (("chat", say.chat), ("library", say.library))
        )
        hint = say.add_hint.format(megabytes=UPLOAD_MEGABYTES)
        return {
            self.side_head: (
                f'<nav class="views" aria-label="{render.escape(say.views)}">{views}</nav>{sidebar.head(language)}'
            ),
            self.side_foot: f"{door.who(reader.user, language)}{choice}",
            self.footing: f'<p class="writer">{render.escape(render.writes(self.desk.writer, say.words))}</p>',
            self.shelf_title: f"<h1>{render.escape(say.library)}</h1>",
            self.adding: gr.update(visible=may_add),
            self.pasting: f'<p class="hint">{render.escape(hint)}</p>{shelf.forms(language)}' if may_add else "",
            self.files: gr.update(label=say.add_files, value=None),
        }

    def _arrived(self, place: Place, steer: Steer, reader: Reader) -> Tab:
        """A tab that comes to ``place``: its next question is asked as the last one there was, or with ``steer``."""
        with suppress(ConversationUnknown):
            if turns := sidebar.turns(self.store, reader.user.name, place):
                return Tab(place, Steer.of(turns[-1].options).lasting())
        return Tab(place, steer.anew())

    def _shown(self, tab: Tab, lists: sidebar.View, reader: Reader) -> Update:
        """A tab's conversation from the store, the list beside it, and what the next question is asked with."""
        user, say = reader.user.name, reader.say
        try:
            turns = sidebar.turns(self.store, user, tab.place)
        except ConversationUnknown:
            tab, turns = Tab(), ()
        answers = [turn.answer for turn in turns if turn.answer is not None]
        tab = replace(tab, scope=answers[-1].scope if answers else None)
        drawn = self._drawn(turns, tab.place.conversation or "", say)
        return {
            self.question: gr.update(
                label=say.question_label, placeholder=say.question_placeholder, submit_btn=say.ask, stop_btn=False
            ),
            self.past: "".join(drawn[:-1]),
            self.current: drawn[-1] if drawn else "",
            self.welcome: gr.update(value="" if drawn else self._greeting(reader), visible=not drawn),
            self.steering: self._next(tab, say),
            self.listing: self._listed(tab, lists, reader),
            self.tab: tab,
        }

    def _greeting(self, reader: Reader) -> str:
        say = reader.say
        try:
            if self.desk.library.count() == 0:
                may_add = reader.user.may_edit and not self.desk.library.read_only
                starters = welcome.starter_articles() is not None
                return welcome.empty(say.words, may_edit=may_add, starters=starters)
            suggested = welcome.suggestions(self.suggestions.questions(say.words), say.words)
            return (
                f'<div class="welcome"><h1>{render.escape(reader.say.welcome)}</h1>'
                f"<p>{render.escape(self._holdings(reader.say))}</p></div>{suggested}"
            )
        except LibraryError as error:
            return render.notice(str(error), problem=True)

    def _holdings(self, say: Texts) -> str:
        return say.holdings.format(articles=say.counted(self.desk.library.count(), say.count_articles))

    def _drawn(self, turns: Sequence[StoredTurn], conversation: str, say: Texts) -> list[str]:
        """Each turn as HTML."""
        if not turns:  # nothing to look up: the library may be searched for fifty others at this moment
            return []
        cited = {citation.article.id for turn in turns if turn.answer for citation in turn.answer.citations}
        copies = self.desk.library.copies(sorted(cited)) if cited else {}
        outlets = self._outlets()
        drawn: list[str] = []
        before: TimeScope | None = None
        for turn in turns:
            extras = self._extras(turn, before, copies, outlets, say)
            drawn.append(render.finished_turn(turn, conversation, words=say.words, extras=extras))
            before = turn.answer.scope if turn.answer else before
        return drawn

    def _extras(
        self,
        turn: StoredTurn,
        before: TimeScope | None,
        copies: render.Copies,
        outlets: Sequence[Outlet],
        say: Texts,
    ) -> render.Extras:
        tools = Markup(sidebar.turn_tools(turn, say.language))  # noqa: S704 - it escapes what it is made of
        answer, words = turn.answer, say.words
        if answer is None:
            return render.Extras(tools=tools)
        steer, scope, asked = Steer.of(turn.options), answer.scope, answer.searched_for
        return render.Extras(
            scope=steering.of_turn(turn.id, steer, scope, asked, outlets, words=words, before=before),
            trail=sources.trail(answer.trail, scope, words=words),
            disagreements=sources.disagreements(answer.disagreements, words=words),
            sources=sources.strip(answer, copies, words=words),
            tools=tools,
            changed=steering.change(before, scope, words),
        )

    def _outlets(self) -> Sequence[Outlet]:
        try:
            return self.desk.library.outlets()
        except LibraryError:
            return ()

    def _next(self, tab: Tab, say: Texts) -> str:
        with suppress(LibraryError):
            if self.desk.library.count() == 0:
                return ""
        can_look_deeper = self.desk.can_look_deeper
        return steering.of_next(tab.steer, tab.scope, self._outlets(), words=say.words, can_look_deeper=can_look_deeper)

    def _listed(self, tab: Tab, lists: sidebar.View, reader: Reader) -> str:
        try:
            view = replace(lists, place=tab.place)
            return sidebar.listing(self.store, reader.user.name, view, language=reader.say.language)
        except AssistantError as error:
            return render.notice(str(error), problem=True)

    # --- asking --------------------------------------------------------------------------------------------------

    async def ask(self, question: str, tab: Tab, lists: sidebar.View, request: gr.Request) -> Updates:
        """Write one answer into the page. Every way out leaves the box ready for the next question."""
        async with aclosing(self._asked(Asked(question, tab.steer), tab, lists, reader_of(request))) as updates:
            async for update in updates:
                yield update

    async def _asked(self, asked: Asked, tab: Tab, lists: sidebar.View, reader: Reader) -> Updates:
        question, say = (asked.question or "").strip(), reader.say
        if not question:
            yield {self.question: gr.update(value="")}
            return
        if len(question) > QUESTION_LIMIT:
            said = say.question_too_long.format(length=say.number(len(question)), limit=say.number(QUESTION_LIMIT))
            gr.Info(said)
            yield {self.steering: gr.skip()}
            return
        if not self.writing.begin(reader.session):
            gr.Info(say.question_in_progress)
            yield {self.steering: gr.skip()}
            return
        try:
            async with aclosing(self._write(replace(asked, question=question), tab, lists, reader)) as updates:
                async for update in updates:
                    yield update
        finally:
            self.writing.end(reader.session)

    async def _write(self, asked: Asked, tab: Tab, lists: sidebar.View, reader: Reader) -> Updates:
        user, say, session = reader.user.name, reader.say, reader.session
        try:
            tab, earlier, begun = await asyncio.to_thread(self._begun, asked, tab, lists, reader)
        except AssistantError as error:
            yield {self.current: render.notice(say.not_kept.format(reason=error), problem=True)}
            return
        turn = tab.place.turn or 0
        yield begun
        replies: list[Reply] = []

        def begin() -> Iterator[str]:
            try:
                replies.append(self._stream(asked, earlier))
            except (AssistantError, LibraryError) as error:
                self._fail(user, turn, str(error))
                raise
            self.writing.attach(session, replies[0])
            return sidebar.recorded(self.store, user, turn, replies[0])

        problem: str | None = None
        text = ""
        try:
            async with aclosing(
                self.answering.pieces(session, begin, lambda: self.writing.stop(session), pace=self._flush_seconds)
            ) as pieces:
                async for piece in pieces:
                    if isinstance(piece, Waiting):
                        status = say.waiting_in_line.format(position=say.number(piece.position))
                    else:
                        text += piece
                        status = replies[0].status
                    if self.writing.has_left(session):
                        continue
                    trail = sources.trail_so_far(replies[0].trail, replies[0].scope, words=say.words) if replies else ""
                    yield {
                        self.current: render.pending_turn(
                            turn,
                            asked.question,
                            text,
                            words=say.words,
                            status=status,
                            trail=trail,
                            checked=replies[0].checked if replies else (),
                        )
                    }
        except (AssistantError, LibraryError) as error:
            problem = str(error)
            if not replies:  # it waited in line in vain
                await asyncio.to_thread(self._fail, user, turn, problem)
        if self.writing.has_left(session):
            yield {self.question: gr.update(submit_btn=say.ask, stop_btn=False)}
            return
        last = await asyncio.to_thread(self._last, user, tab.place, asked, replies, problem)
        yield await asyncio.to_thread(self._ended, last, earlier, tab, lists, reader)

    # Each of these two is one step in one thread: every change of threads waits its turn among fifty others.

    def _begun(
        self, asked: Asked, tab: Tab, lists: sidebar.View, reader: Reader
    ) -> tuple[Tab, Sequence[StoredTurn], Update]:
        """Stores a question: the tab at it, the turns before it, and what the page shows. Raises ``AssistantError``."""
        user, say = reader.user.name, reader.say
        begun, place = sidebar.begin(
            self.store, user, tab.place, asked.question, options=asked.steer.options(), instead_of=asked.instead_of
        )
        earlier = sidebar.turns(self.store, user, place)[:-1]
        tab = Tab(place, asked.steer.lasting(), tab.scope)
        return (
            tab,
            earlier,
            {
                self.question: gr.update(value="", submit_btn=False, stop_btn=say.stop),
                self.past: "".join(self._drawn(earlier, begun.conversation, say)),
                self.current: render.pending_turn(begun.turn, asked.question, words=say.words),
                self.welcome: gr.update(visible=False),
                self.tab: tab,
                self.listing: self._listed(tab, lists, reader),
            },
        )

    def _ended(
        self, last: StoredTurn, earlier: Sequence[StoredTurn], tab: Tab, lists: sidebar.View, reader: Reader
    ) -> Update:
        """What the page shows when an answer is finished, or has failed."""
        say = reader.say
        latest = self._drawn((*earlier, last), tab.place.conversation or "", say)[-1]
        tab = replace(tab, scope=last.answer.scope if last.answer else tab.scope)
        return {
            self.question: gr.update(submit_btn=say.ask, stop_btn=False),
            self.current: latest,
            self.steering: self._next(tab, say),
            self.listing: self._listed(tab, lists, reader),
            self.tab: tab,
        }

    def _flush_seconds(self) -> float:
        return FLUSH_SECONDS * max(1.0, self.answering.line.inside / STEADY)

    def _stream(self, asked: Asked, earlier: Sequence[StoredTurn]) -> Reply:
        question, steer = asked.question, asked.steer
        if asked.scope is not None:
            question = steering.unsaid(question, asked.scope, steer.lifted)
        history = steering.told(told(earlier), steer.lifted)
        # A stored question may have been asked deep while there was a model for it.
        deep = steer.deep and self.desk.can_look_deeper
        return self.desk.stream(question, history=history, deep=deep, **steer.search())

    def _fail(self, user: str, turn: int, problem: str) -> None:
        with suppress(AssistantError):
            self.store.fail(user, turn, problem)

    def _last(self, user: str, place: Place, asked: Asked, replies: Sequence[Reply], problem: str | None) -> StoredTurn:
        """The turn that was just written, as it is stored; as it was given where it could not be."""
        with suppress(AssistantError):
            return sidebar.turns(self.store, user, place)[-1]
        answer = replies[0].answer if replies and problem is None else None
        state = answer.state if answer else "failed"
        text = answer.text if answer else ""
        return StoredTurn(place.turn or 0, asked.question, state, text, datetime.now(UTC), answer, problem)

    def recover(self, request: gr.Request) -> Update:
        """After a fault of our own: say so, and make the box usable again."""
        say = reader_of(request).say
        return {
            self.question: gr.update(submit_btn=say.ask, stop_btn=False),
            self.current: render.notice(say.page_failed, problem=True),
        }

    def stop(self, request: gr.Request) -> None:
        """Stop the answer of this tab, or its wait for one."""
        self._stop(request.session_hash or "")

    def leave(self, request: gr.Request) -> None:
        """The tab is closed."""
        self.writing.close(request.session_hash or "")
        self.answering.leave(request.session_hash or "")

    def _stop(self, session: str, *, leave: bool = False) -> None:
        self.writing.stop(session, leave=leave)
        self.answering.leave(session)

    def close(self) -> None:
        """Ends what is being written, at the end of the server."""
        self.writing.stop_all()
        self.answering.close()

    # --- acts ----------------------------------------------------------------------------------------------------

    async def act(self, told: str, tab: Tab, lists: sidebar.View, shelved: shelf.View, request: gr.Request) -> Updates:
        """What a press or a form of our own HTML asks for. One that makes no sense does nothing."""
        done, reader = acts.read(told), reader_of(request)
        if done is None:
            yield {self.steering: gr.skip()}
            return
        try:
            async with aclosing(self._acted(done, tab, lists, shelved, reader)) as updates:
                async for update in updates:
                    yield update
        except (AssistantError, LibraryError, ValueError) as error:
            gr.Warning(render.escape(str(error)))
            yield {self.steering: gr.skip()}

    def _acted(self, done: Act, tab: Tab, lists: sidebar.View, shelved: shelf.View, reader: Reader) -> Updates:
        kind = done.name.partition("-")[0]
        if kind == "shelf":
            return self._on_shelf(done, tab, shelved, reader)
        if done.name == "welcome-starters":
            folder = welcome.starter_articles()
            return self._adding(lambda: [folder] if folder else [], tab, lists, reader)
        if done.name == "welcome-ask":
            return self._asked(Asked(done.value, tab.steer), tab, lists, reader)
        if again := sidebar.asked_again(done):
            return self._again(*again, tab, lists, reader)
        if kind == "steer":
            return self._steered(done, tab, lists, reader)
        return self._beside(done, tab, lists, reader)

    async def _beside(self, done: Act, tab: Tab, lists: sidebar.View, reader: Reader) -> Updates:
        """Acts on the list of conversations and on turns."""
        view = await asyncio.to_thread(sidebar.act, self.store, reader.user.name, replace(lists, place=tab.place), done)
        if view.place != tab.place or done.name in ("conversation-new", "conversation-open"):
            self._stop(reader.session, leave=True)
            tab = await asyncio.to_thread(self._arrived, view.place, tab.steer, reader)
        elif not done.name.startswith("rate"):
            yield {self.listing: await asyncio.to_thread(self._listed, tab, view, reader), self.lists: view}
            return
        shown = await asyncio.to_thread(self._shown, tab, view, reader)
        if done.name.startswith("rate"):
            shown.pop(self.question)
        yield {**shown, self.lists: view}

    async def _again(
        self, turn: int, question: str | None, tab: Tab, lists: sidebar.View, reader: Reader, steer: Steer | None = None
    ) -> Updates:
        """Asks a turn of the conversation again, with what it was asked with before unless ``steer`` is given."""
        path = await asyncio.to_thread(sidebar.turns, self.store, reader.user.name, tab.place)
        stored = next((each for each in path if each.id == turn), None)
        if stored is None:
            return
        asked = Asked(
            question or stored.question,
            Steer.of(stored.options) if steer is None else steer,
            turn,
            stored.answer.scope if stored.answer else None,
        )
        async with aclosing(self._asked(asked, tab, lists, reader)) as updates:
            async for update in updates:
                yield update

    async def _steered(self, done: Act, tab: Tab, lists: sidebar.View, reader: Reader) -> Updates:
        if done.number is None:
            steer = steering.act(tab.steer, done, self._outlets(), words=reader.say.words)
            tab = replace(tab, steer=steer)
            yield {self.steering: self._next(tab, reader.say), self.tab: tab}
            return
        path = await asyncio.to_thread(sidebar.turns, self.store, reader.user.name, tab.place)
        stored = next((each for each in path if each.id == done.number), None)
        if stored is not None:
            steer = steering.act(Steer.of(stored.options), done, self._outlets(), words=reader.say.words)
            async with aclosing(self._again(stored.id, None, tab, lists, reader, steer)) as updates:
                async for update in updates:
                    yield update

    # --- library -------------------------------------------------------------------------------------------------

    def _shelved(self, view: shelf.View, reader: Reader) -> Update:
        """The library as one tab shows it."""
        try:
            head = self.shelf.head(view, reader.say.language)
        except LibraryError as error:
            return {self.shelf_head: render.notice(str(error), problem=True), self.articles: "", self.shelved: view}
        read_only = render.notice(reader.say.read_only) if self.desk.library.read_only else ""
        return {self.shelf_head: f"{head}{read_only}", **self._page_of_shelf(view, reader)}

    def _page_of_shelf(self, view: shelf.View, reader: Reader) -> Update:
        may_edit = reader.user.may_edit and not self.desk.library.read_only
        listed = self.shelf.listing(view, may_edit=may_edit, language=reader.say.language)
        return {self.articles: listed, self.shelved: view}

    async def _on_shelf(self, done: Act, tab: Tab, view: shelf.View, reader: Reader) -> Updates:
        language = reader.say.language
        if done.name in ("shelf-remove", "shelf-paste", "shelf-addresses") and not reader.user.may_edit:
            return
        if done.name == "shelf-remove":
            said = await asyncio.to_thread(self.shelf.remove, done.value, language)
            yield {**await asyncio.to_thread(self._shelved, view, reader), self.report: render.notice(said)}
        elif done.name in ("shelf-paste", "shelf-addresses"):

            def given() -> Sequence[Path | str]:
                if done.name == "shelf-addresses":
                    return shelf.addresses(done.fields)
                return [shelf.pasted(done.fields, self.desk.library.folder, language)]

            async with aclosing(self._adding(given, tab, sidebar.View(), reader)) as updates:
                async for update in updates:
                    yield update
        elif done.name == "shelf-open":
            yield await asyncio.to_thread(self._shelved, view, reader)
        else:
            yield await asyncio.to_thread(self._page_of_shelf, shelf.act(view, done), reader)

    async def add(self, files: list[str] | None, tab: Tab, request: gr.Request) -> Updates:
        """Take in what was uploaded, showing how far it is. Files are kept beside the library, refused ones are not."""
        reader = reader_of(request)
        folder = self.desk.library.folder
        yield {self.files: None}
        async with aclosing(
            self._adding(lambda: [_kept(Path(file), folder) for file in files or ()], tab, sidebar.View(), reader)
        ) as updates:
            async for update in updates:
                yield update

    async def _adding(
        self, inputs: Callable[[], Sequence[Path | str]], tab: Tab, lists: sidebar.View, reader: Reader
    ) -> Updates:
        """Adds files and addresses, by an editor; one press after the other, whoever presses."""
        if not reader.user.may_edit:
            return
        if self.adding_now.locked():
            yield {self.report: shelf.queued(reader.say.language)}
        async with self.adding_now:
            try:
                steps = self.shelf.adding(await asyncio.to_thread(inputs), reader.say.language)
                while (step := await asyncio.to_thread(next, steps, None)) is not None:
                    yield {self.report: step, **({self.welcome: step} if tab.place == Place() else {})}
            except OSError as error:
                said = reader.say.upload_failed.format(reason=error.strerror or error)
                yield {self.report: render.notice(said, problem=True)}
            except (AssistantError, LibraryError) as error:
                yield {self.report: render.notice(str(error), problem=True)}
        after: dict[Any, Any] = await asyncio.to_thread(self._shelved, shelf.View(), reader)
        if tab.place.conversation is None:
            after |= {self.welcome: gr.update(value=await asyncio.to_thread(self._greeting, reader), visible=True)}
            after |= {self.steering: self._next(tab, reader.say)}
        yield after


def _html(value: str, **kwargs: Any) -> gr.HTML:
    """A part of the page that shows what ``ui.views.answer`` made.

    ``${value}`` must stay the whole template: what stands in Gradio's Handlebars slots becomes part of a program.
    """
    return gr.HTML(value, html_template="${value}", js_on_load=None, apply_default_css=False, **kwargs)


def _kept(upload: Path, library: Path) -> Path:
    """Move an uploaded file to where it stays. Its folder is named by its content.

    So the same file sent again is the same article, and another file of the same name is another one.
    """
    with upload.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:16]
    place = library / "uploads" / digest / upload.name
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(upload, place)
    return place
