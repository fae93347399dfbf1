"""The chat: questions asked, an answer while it is written, and acts on what was said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from assistant.errors import AssistantError, ConversationUnknown
from assistant.history.conversations import Conversations
from assistant.history.types import StoredTurn, TurnState, as_history
from ui._gradio import gr
from ui.acts import Act
from ui.answering.threads import Answering, Waiting
from ui.answering.writing import Look, Underway, Writing
from ui.conversation import ConversationView
from ui.language import for_readers
from ui.layout import QUESTION_LIMIT, Layout
from ui.tab import Reader, Tab, Update, Updates
from ui.views import conversation_list, scope_chips
from ui.views.answer import notice, pending_turn
from ui.views.conversation_list import Place
from ui.views.scope_chips import Steer
from vectorstore.errors import LibraryError
from vectorstore.types import TimeScope

if TYPE_CHECKING:
    from assistant import Assistant
    from assistant.reply import Reply

FLUSH_SECONDS: Final = 0.05
"""Text is sent at most this often: 20 times a second reads as steady, and a fast model would send 200 times."""
STEADY: Final = 8
"""Answers at once that are shown so often; with more of them each is shown less often, so that the first words of a new
one do not wait behind the many small ones of others: a step of Gradio takes 1 to 2 ms of its one thread."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and how it is to be asked."""

    question: str
    steer: Steer
    instead_of: int | None = None
    """The turn that it is another version of."""
    scope: TimeScope | None = None
    """What that turn was read to mean."""


class Chat:
    """The conversations of all tabs, one each. One per server."""

    def __init__(self, desk: Assistant, store: Conversations, answering: Answering, layout: Layout) -> None:
        self.desk = desk
        self.store = store
        self.answering = answering
        self.writing = Writing()
        self.layout = layout
        self.view = ConversationView(desk, store, layout)

    def arrived(self, place: Place, steer: Steer, reader: Reader) -> Tab:
        """A tab that comes to ``place``: its next question is asked as the last one there was, or with ``steer``."""
        with suppress(ConversationUnknown):
            if turns := conversation_list.turns(self.store, reader.user.name, place):
                return Tab(place, Steer.of(turns[-1].options).lasting())
        return Tab(place, steer.anew())

    # -- asking

    async def asked(self, asked: Asked, tab: Tab, lists: conversation_list.View, reader: Reader) -> Updates:
        """Writes one answer into the page. Every way out leaves the box ready for the next question."""
        question, words = (asked.question or "").strip(), reader.words
        if not question:
            yield {self.layout.question: gr.update(value="")}
            return
        if len(question) > QUESTION_LIMIT:
            said = words.gettext(
                "The question is {length} characters long; {limit} are accepted. Please shorten it.",
                length=words.number(len(question)),
                limit=words.number(QUESTION_LIMIT),
            )
            gr.Info(said)
            yield {self.layout.steering: gr.skip()}
            return
        is_open = self.writing.at(reader.user.name, tab.place) is None
        look = self.writing.look(reader.session) if is_open else None
        if look is None:
            gr.Info(words.gettext("An answer is still being written in this tab. Wait for it, or stop it."))
            yield {self.layout.steering: gr.skip()}
            return
        try:
            async with aclosing(self._write(replace(asked, question=question), look, tab, lists, reader)) as updates:
                async for update in updates:
                    yield update
        finally:
            self.writing.end(look)

    async def _write(
        self, asked: Asked, look: Look, tab: Tab, lists: conversation_list.View, reader: Reader
    ) -> Updates:
        try:
            tab, earlier, begun = await asyncio.to_thread(self._begun, asked, tab, lists, reader)
        except AssistantError as error:
            said = reader.words.gettext("This conversation cannot be kept: {reason}", reason=for_readers(error))
            yield {self.layout.current: notice(said, problem=True)}
            return
        look.underway = Underway(reader.user.name, tab.place, asked.question)
        self.writing.start(look.underway, self._pieces(asked, earlier, look.underway))
        yield begun
        async with aclosing(self._looked_at(look.underway, look, tab, lists, reader)) as updates:
            async for update in updates:
                yield update

    async def _pieces(
        self, asked: Asked, earlier: Sequence[StoredTurn], underway: Underway
    ) -> AsyncGenerator[str | Waiting, None]:
        """What is written, kept as it comes."""
        user, turn = underway.user, underway.place.turn or 0

        def begin() -> Iterator[str]:
            underway.attach(reply := self._stream(asked, earlier))
            return conversation_list.recorded(self.store, user, turn, reply, stopped=lambda: underway.is_stopped)

        try:
            async with aclosing(
                self.answering.pieces(underway, begin, underway.cancel, pace=self._flush_seconds)
            ) as pieces:
                async for piece in pieces:
                    yield piece
        except (AssistantError, LibraryError) as error:
            if underway.reply is None:  # it waited in line in vain, or could not be asked
                await asyncio.to_thread(self._fail, user, turn, for_readers(error))
            raise

    async def _looked_at(
        self, underway: Underway, look: Look, tab: Tab, lists: conversation_list.View, reader: Reader
    ) -> Updates:
        """An answer as it grows, and when it is finished, as long as the tab shows it."""
        async with aclosing(underway.steps()) as steps:
            async for _ in steps:
                if not self.writing.is_shown(look):
                    return
                yield {self.layout.current: self.view.pending(underway, reader)}
        if self.writing.is_shown(look):
            yield await asyncio.to_thread(self._ended, underway, tab, lists, reader)

    async def looked_on(self, tab: Tab, lists: conversation_list.View, reader: Reader) -> Updates:
        """The answer that is being written in the conversation that a tab comes to; nothing where none is."""
        underway = self.writing.at(reader.user.name, tab.place)
        look = self.writing.look(reader.session) if underway else None
        if underway is None or look is None:
            return
        look.underway = underway
        try:
            yield {
                self.layout.question: self.view.busy(reader),
                self.layout.current: self.view.pending(underway, reader),
            }
            async with aclosing(self._looked_at(underway, look, tab, lists, reader)) as updates:
                async for update in updates:
                    yield update
        finally:
            self.writing.end(look)

    # Each of these two is one step in one thread: every change of threads waits its turn among fifty others.

    def _begun(
        self, asked: Asked, tab: Tab, lists: conversation_list.View, reader: Reader
    ) -> tuple[Tab, Sequence[StoredTurn], Update]:
        """Stores a question: the tab at it, the turns before it, and what the page shows. Raises ``AssistantError``."""
        user, words = reader.user.name, reader.words
        begun, place = conversation_list.begin(
            self.store, user, tab.place, asked.question, options=asked.steer.options(), instead_of=asked.instead_of
        )
        earlier = conversation_list.turns(self.store, user, place)[:-1]
        tab = Tab(place, asked.steer.lasting(), tab.scope)
        return (
            tab,
            earlier,
            {
                self.layout.question: {**self.view.busy(reader), "value": ""},
                self.layout.past: "".join(self.view.drawn(earlier, begun.conversation, reader)),
                self.layout.current: pending_turn(
                    begun.turn, asked.question, conversation=begun.conversation, words=words
                ),
                self.layout.welcome: gr.update(visible=False),
                self.layout.tab: tab,
                self.layout.listing: self.view.listed(tab, lists, reader),
            },
        )

    def _ended(self, underway: Underway, tab: Tab, lists: conversation_list.View, reader: Reader) -> Update:
        """What the page shows when an answer is finished, or has failed."""
        turns: Sequence[StoredTurn]
        try:
            turns = conversation_list.turns(self.store, reader.user.name, tab.place)
        except AssistantError:
            turns = (self._as_given(underway),)
        answer = turns[-1].answer
        tab = replace(tab, scope=answer.scope if answer else tab.scope)
        return {
            self.layout.question: self.view.ready(reader),
            self.layout.current: self.view.drawn(turns, tab.place.conversation or "", reader, new=turns[-1].id)[-1],
            self.layout.steering: self.view.next(tab, reader),
            self.layout.listing: self.view.listed(tab, lists, reader),
            self.layout.tab: tab,
        }

    def _flush_seconds(self) -> float:
        return FLUSH_SECONDS * max(1.0, self.answering.line.inside / STEADY)

    def _stream(self, asked: Asked, earlier: Sequence[StoredTurn]) -> Reply:
        question, steer = asked.question, asked.steer
        if asked.scope is not None:
            question = scope_chips.unsaid(question, asked.scope, steer.lifted)
        history = scope_chips.without_limits(as_history(earlier), steer.lifted)
        # A stored question may have been asked deep while there was a model for it.
        deep = steer.deep and self.desk.can_look_deeper
        return self.desk.stream(question, history=history, deep=deep, **steer.search())

    def _fail(self, user: str, turn: int, problem: str) -> None:
        with suppress(AssistantError):
            self.store.fail(user, turn, problem)

    def _as_given(self, underway: Underway) -> StoredTurn:
        """A turn that could not be stored."""
        problem = for_readers(underway.problem) if underway.problem else None
        answer = underway.reply.answer if underway.reply and problem is None else None
        state: TurnState = answer.state if answer else "failed"
        text = answer.text if answer else ""
        return StoredTurn(underway.place.turn or 0, underway.question, state, text, datetime.now(UTC), answer, problem)

    def stop(self, session: str) -> None:
        """Stop the answer of a tab, or its wait for one."""
        if (underway := self.writing.stop(session)) is not None:
            self.answering.leave(underway)

    def close(self) -> None:
        """Ends what is being written, at the end of the server."""
        self.writing.cancel_all()
        self.answering.close()

    # -- acts on the list of conversations, on turns and on what is searched

    async def beside(self, done: Act, tab: Tab, lists: conversation_list.View, reader: Reader) -> Updates:
        """Acts on the list of conversations and on turns."""
        view = await asyncio.to_thread(
            conversation_list.act, self.store, reader.user.name, replace(lists, place=tab.place), done
        )
        if done.name == "conversation-delete":
            self.writing.stop_conversation(reader.user.name, done.value)
        if view.place != tab.place or done.name in ("conversation-new", "conversation-open"):
            self.writing.leave(reader.session)
            tab = await asyncio.to_thread(self.arrived, view.place, tab.steer, reader)
        elif not done.name.startswith("rate"):
            yield {
                self.layout.listing: await asyncio.to_thread(self.view.listed, tab, view, reader),
                self.layout.lists: view,
            }
            return
        shown = await asyncio.to_thread(self.view.shown, tab, view, reader)
        if done.name.startswith("rate"):
            shown.pop(self.layout.question)
        yield {**shown, self.layout.lists: view}
        async with aclosing(self.looked_on(tab, view, reader)) as updates:
            async for update in updates:
                yield update

    async def again(
        self,
        turn: int,
        question: str | None,
        tab: Tab,
        lists: conversation_list.View,
        reader: Reader,
        steer: Steer | None = None,
    ) -> Updates:
        """Asks a turn of the conversation again, with what it was asked with before unless ``steer`` is given."""
        path = await asyncio.to_thread(conversation_list.turns, self.store, reader.user.name, tab.place)
        stored = next((each for each in path if each.id == turn), None)
        if stored is None:
            return
        asked = Asked(
            question or stored.question,
            Steer.of(stored.options) if steer is None else steer,
            turn,
            stored.answer.scope if stored.answer else None,
        )
        async with aclosing(self.asked(asked, tab, lists, reader)) as updates:
            async for update in updates:
                yield update

    async def steered(self, done: Act, tab: Tab, lists: conversation_list.View, reader: Reader) -> Updates:
        """Acts on where to look: for the next question, or for one that is then asked again."""
        if done.number is None:
            today = self.desk.settings.today()
            steer = scope_chips.act(
                tab.steer, done, self.view.outlets(), self.view.tags(), words=reader.words, today=today
            )
            tab = replace(tab, steer=steer)
            yield {self.layout.steering: self.view.next(tab, reader), self.layout.tab: tab}
            return
        path = await asyncio.to_thread(conversation_list.turns, self.store, reader.user.name, tab.place)
        stored = next((each for each in path if each.id == done.number), None)
        if stored is not None:
            steer = scope_chips.act(
                Steer.of(stored.options), done, self.view.outlets(), self.view.tags(), words=reader.words
            )
            async with aclosing(self.again(stored.id, None, tab, lists, reader, steer)) as updates:
                async for update in updates:
                    yield update
