"""The conversation view of the page: what a tab shows of a conversation, and how its next question is asked.

Answers are HTML in two parts: the finished turns, which change only when a new question is asked, and the latest one,
which grows while it is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.errors import AssistantError, ConversationUnknown
from assistant.history.conversations import Conversations
from assistant.history.types import StoredTurn
from ui._gradio import gr
from ui.access.login import LOCAL
from ui.answering.writing import Underway
from ui.language import for_readers
from ui.layout import Layout
from ui.tab import Reader, Tab, Update
from ui.views import conversation_list, scope_chips, sources, welcome
from ui.views.answer import Copies, Extras, finished_turn, notice, pending_turn
from ui.views.library import Shelf
from ui.views.scope_chips import Steer
from vectorstore.errors import LibraryError
from vectorstore.types import Outlet, TimeScope

if TYPE_CHECKING:
    from assistant import Assistant


class ConversationView:
    """Conversations as the page shows them. One per server."""

    def __init__(self, desk: Assistant, store: Conversations, layout: Layout) -> None:
        self.desk = desk
        self.store = store
        self.shelf = Shelf(desk)
        self.layout = layout

    def shown(self, tab: Tab, lists: conversation_list.View, reader: Reader) -> Update:
        """A tab's conversation from the store, the list beside it, and what the next question is asked with."""
        user, words = reader.user.name, reader.words
        try:
            turns = conversation_list.turns(self.store, user, tab.place)
        except ConversationUnknown:
            tab, turns = Tab(), ()
        answers = [turn.answer for turn in turns if turn.answer is not None]
        tab = replace(tab, scope=answers[-1].scope if answers else None)
        drawn = self.drawn(turns, tab.place.conversation or "", reader)
        return {
            self.layout.question: gr.update(
                label=words.gettext("Your question"),
                placeholder=words.gettext("Ask your articles"),
                submit_btn=words.gettext("Ask"),
                stop_btn=False,
            ),
            self.layout.past: "".join(drawn[:-1]),
            self.layout.current: drawn[-1] if drawn else "",
            self.layout.welcome: gr.update(value="" if drawn else self.greeting(reader), visible=not drawn),
            self.layout.steering: self.next(tab, reader),
            self.layout.listing: self.listed(tab, lists, reader),
            self.layout.tab: tab,
        }

    def greeting(self, reader: Reader) -> str:
        """What stands where no question was asked yet: what the library holds, or how to fill it."""
        words = reader.words
        try:
            if self.desk.library.count() == 0:
                may_add = reader.user.may_edit and not self.desk.library.read_only
                starters = welcome.starter_articles() is not None
                return welcome.empty(words, may_edit=may_add, starters=starters)
            return welcome.greeting(self.shelf, words, by_browser=reader.user == LOCAL)
        except LibraryError as error:
            return notice(words.gettext(for_readers(error)), problem=True)

    def drawn(
        self, turns: Sequence[StoredTurn], conversation: str, reader: Reader, *, new: int | None = None
    ) -> list[str]:
        """Each turn as HTML; ``new`` is the one that was just written."""
        if not turns:  # nothing to look up: the library may be searched for fifty others at this moment
            return []
        cited = {citation.article.id for turn in turns if turn.answer for citation in turn.answer.citations}
        copies = self.desk.library.copies(sorted(cited)) if cited else {}
        offered = self.outlets(), self.tags()
        drawn: list[str] = []
        before: TimeScope | None = None
        for turn in turns:
            extras = replace(self._extras(turn, before, copies, offered, reader), is_new=turn.id == new)
            drawn.append(finished_turn(turn, conversation, words=reader.words, extras=extras))
            before = turn.answer.scope if turn.answer else before
        return drawn

    def _extras(
        self,
        turn: StoredTurn,
        before: TimeScope | None,
        copies: Copies,
        offered: tuple[Sequence[Outlet], Mapping[str, int]],
        reader: Reader,
    ) -> Extras:
        words = reader.words
        tools = conversation_list.turn_tools(turn, words)
        answer = turn.answer
        if answer is None:
            return Extras(tools=tools)
        steer = Steer.of(turn.options)
        return Extras(
            scope=scope_chips.of_turn(
                turn.id, steer, answer.scope, answer.searched_for, *offered, before=before, words=words
            ),
            trail=sources.trail(answer.trail, answer.scope, words=words),
            disagreements=sources.disagreements(answer.disagreements, words=words),
            sources=sources.strip(answer, copies, words=words),
            tools=tools,
            changed=scope_chips.change(before, answer.scope, words),
        )

    def outlets(self) -> Sequence[Outlet]:
        """The outlets to choose from; none while the library cannot be read."""
        try:
            return self.desk.library.outlets()
        except LibraryError:
            return ()

    def tags(self) -> Mapping[str, int]:
        """The tags to choose from, likewise."""
        try:
            return self.desk.library.tags()
        except LibraryError:
            return {}

    def next(self, tab: Tab, reader: Reader) -> str:
        """The chips and the switch beside the box: how the next question is asked. Empty over an empty library."""
        words = reader.words
        with suppress(LibraryError):
            if self.desk.library.count() == 0:
                return ""
        return scope_chips.of_next(
            tab.steer,
            tab.scope,
            self.outlets(),
            self.tags(),
            words=words,
            can_look_deeper=self.desk.can_look_deeper,
            today=self.desk.settings.today(),
        )

    def listed(self, tab: Tab, lists: conversation_list.View, reader: Reader) -> str:
        """The list of conversations beside the chat."""
        try:
            view = replace(lists, place=tab.place)
            return conversation_list.listing(self.store, reader.user.name, view, reader.words)
        except AssistantError as error:
            return notice(reader.words.gettext(for_readers(error)), problem=True)

    def pending(self, underway: Underway, reader: Reader) -> str:
        """As much of an answer as has come."""
        words, reply, place = reader.words, underway.reply, underway.place
        status = reply.status if reply else ""
        if underway.position:
            status = words.gettext(
                "Many questions are being answered at the moment. Yours is number {position} in line.",
                position=words.number(underway.position),
            )
        return pending_turn(
            place.turn or 0,
            underway.question,
            underway.text,
            conversation=place.conversation or "",
            words=words,
            status=status,
            trail=sources.trail_so_far(reply.trail, reply.scope, words=words) if reply else "",
            checked=reply.checked if reply else (),
        )

    def busy(self, reader: Reader) -> Update:
        """The box for questions while an answer is written."""
        return gr.update(submit_btn=False, stop_btn=reader.words.gettext("Stop"))

    def ready(self, reader: Reader) -> Update:
        """The box for questions, usable again."""
        return gr.update(submit_btn=reader.words.gettext("Ask"), stop_btn=False)
