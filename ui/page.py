"""The page itself: the chat, its conversations, the source beside it, and the library, as Gradio blocks.

Presses on our own HTML come as acts (``ui.acts``). What only shows something, an article in the side pane or an answer
to be copied, is fetched from ``ui.routes`` and touches no state here. Gradio's chat component is not used: it reads
what it shows as Markdown, with images, diagrams and formulas, and its filter lets some of them fetch from outside.
"""

from __future__ import annotations

import asyncio
from collections.abc import Container, Mapping
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any, Final

from markupsafe import escape

from assistant.errors import AssistantError
from assistant.history.conversations import Conversations
from assistant.messages import LANGUAGES, translator
from ui import acts
from ui._gradio import gr
from ui.access.gate import Event, Kind
from ui.access.login import who
from ui.acts import Act
from ui.answering.suggesting import Suggesting
from ui.answering.threads import Answering
from ui.blocks import Blocks
from ui.chat import Asked, Chat
from ui.language import PAGE_FAILED, for_readers
from ui.layout import Layout
from ui.library import LibraryView
from ui.tab import Reader, Tab, Update, Updates, reader_of
from ui.templates import render
from ui.users import Role
from ui.views import adding, conversation_list, library, welcome
from ui.views.answer import notice, writes
from ui.views.conversation_list import Place
from ui.views.scope_chips import Steer
from vectorstore.errors import LibraryError

if TYPE_CHECKING:
    from assistant import Assistant

UPLOAD_MEGABYTES: Final = 50

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


class Page:
    """The blocks, and what happens on each press. One per server."""

    def __init__(self, desk: Assistant, store: Conversations, answering: Answering) -> None:
        self.desk = desk
        self.store = store
        self.blocks: gr.Blocks = self._build()
        self.chat = Chat(desk, store, answering, self.layout)
        self.library = LibraryView(desk, self.layout, self.chat.view)
        self.suggesting = Suggesting(desk, store)
        self.events = {
            number: Event(role, tuple(_KINDS[type(each)] for each in event.inputs))
            for number, event in self.blocks.fns.items()
            if (role := ROLES[str(event.name)]) is not None
        }
        """What a browser may send, by its number."""
        self.streams: Container[str] = self.blocks._queue.pending_messages_per_session
        """The sessions, as Gradio names them, that have a stream to be read."""

    def _build(self) -> gr.Blocks:
        blocks = Blocks(title="Article Assistant", analytics_enabled=False, delete_cache=(3_600, 3_600))
        with blocks:
            self.layout = layout = Layout()
            quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
            asking = layout.question.submit(
                self.ask, inputs=[layout.question, layout.tab, layout.lists], outputs=layout.of_chat, **quiet
            )
            # Not `input`: Gradio takes the first text that a script puts into a box for one of its own and is quiet.
            acting = layout.acted.change(
                self.act,
                inputs=[layout.acted, layout.tab, layout.lists, layout.shelved],
                outputs=[*layout.of_chat, layout.lists, *layout.of_library],
                trigger_mode="multiple",
                **quiet,
            )
            for event in (asking, acting):
                event.failure(self.recover, outputs=[layout.question, layout.current], **quiet)
            layout.question.stop(self.stop, **quiet)
            layout.files.upload(
                self.add,
                inputs=[layout.files, layout.tab],
                outputs=[layout.files, *layout.of_chat, *layout.of_library],
                concurrency_limit=1,
                **quiet,
            )
            blocks.load(self.open, outputs=[*layout.of_frame, *layout.of_chat, *layout.of_library], **quiet)
            blocks.unload(self.leave)
        blocks.queue(default_concurrency_limit=None, api_open=False)
        return blocks

    # -- opening and closing a tab

    async def open(self, request: gr.Request) -> Updates:
        """Everything that a tab shows first: the conversation that its address names, or a welcome.

        An answer that is being written there, in whichever tab it was asked for, goes on in this one too.
        """
        reader, lists = reader_of(request), conversation_list.View()
        place = Place()
        if named := request.query_params.get("c"):
            with suppress(AssistantError):
                place = conversation_list.act(
                    self.store, reader.user.name, lists, Act("conversation-open", named)
                ).place
        tab = await asyncio.to_thread(self.chat.arrived, place, Steer(), reader)
        yield {
            **self._frame(reader),
            **await asyncio.to_thread(self.chat.view.shown, tab, lists, reader),
            **await asyncio.to_thread(self.library.shown, library.View(), reader),
            self.layout.report: "",
        }
        async with aclosing(self.chat.looked_on(tab, lists, reader)) as updates:
            async for update in updates:
                yield update

    def _frame(self, reader: Reader) -> Update:
        """What depends on the reader alone."""
        words, layout = reader.words, self.layout
        may_add = reader.user.may_edit and not self.desk.library.read_only
        # Each language by its own name, as Unicode's CLDR has it.
        languages = {each: str(translator(each).locale.display_name).capitalize() for each in LANGUAGES}
        hint = words.gettext(
            "or drop them here: text, Markdown, web pages, PDF, DOCX, ODT, RTF, EPUB, mail, feeds, JSONL, CSV, or ZIP "
            "and TAR of these, up to {megabytes} MB each",
            megabytes=UPLOAD_MEGABYTES,
        )
        return {
            layout.side_head: render("side_head.html", words),
            layout.side_foot: render("side_foot.html", words, who=who(reader.user, words), languages=languages),
            layout.footing: render("footing.html", words, said=writes(self.desk.writer, words)),
            layout.shelf_title: render("library_title.html", words),
            layout.adding: gr.update(visible=may_add),
            layout.pasting: adding.forms(hint, words) if may_add else "",
            layout.files: gr.update(label=words.gettext("Add files"), value=None),
        }

    def leave(self, request: gr.Request) -> None:
        """The tab is closed."""
        self.chat.writing.leave(request.session_hash or "")

    def close(self) -> None:
        """Ends what is being written, at the end of the server."""
        self.chat.close()
        self.suggesting.close()

    # -- asking and adding

    async def ask(self, question: str, tab: Tab, lists: conversation_list.View, request: gr.Request) -> Updates:
        """The question in the box."""
        async with aclosing(self.chat.asked(Asked(question, tab.steer), tab, lists, reader_of(request))) as updates:
            async for update in updates:
                yield update

    def stop(self, request: gr.Request) -> None:
        """Stop the answer of this tab, or its wait for one."""
        self.chat.stop(request.session_hash or "")

    def recover(self, request: gr.Request) -> Update:
        """After a fault of our own: say so, and make the box usable again."""
        reader = reader_of(request)
        said = notice(reader.words.gettext(PAGE_FAILED), problem=True)
        return {self.layout.question: self.chat.view.ready(reader), self.layout.current: said}

    async def add(self, files: list[str] | None, tab: Tab, request: gr.Request) -> Updates:
        """What was uploaded."""
        yield {self.layout.files: None}
        adding = self.library.adding(lambda: self.library.uploaded(files or ()), tab, reader_of(request))
        async with aclosing(adding) as updates:
            async for update in updates:
                yield update

    # -- acts

    async def act(
        self, told: str, tab: Tab, lists: conversation_list.View, shelved: library.View, request: gr.Request
    ) -> Updates:
        """What a press or a form of our own HTML asks for. One that makes no sense does nothing."""
        done, reader = acts.read(told), reader_of(request)
        if done is None:
            yield {self.layout.steering: gr.skip()}
            return
        try:
            async with aclosing(self._acted(done, tab, lists, shelved, reader)) as updates:
                async for update in updates:
                    yield update
        except (AssistantError, LibraryError, ValueError) as error:
            gr.Warning(escape(reader.words.gettext(for_readers(error))))  # Gradio reads it as HTML
            yield {self.layout.steering: gr.skip()}

    def _acted(
        self, done: Act, tab: Tab, lists: conversation_list.View, shelved: library.View, reader: Reader
    ) -> Updates:
        kind = done.name.partition("-")[0]
        if kind == "shelf":
            return self.library.acted(done, tab, shelved, reader)
        if done.name == "welcome-starters":
            folder = welcome.starter_articles()
            return self.library.adding(lambda: [folder] if folder else [], tab, reader)
        if done.name == "welcome-ask":
            return self.chat.asked(Asked(done.value, tab.steer), tab, lists, reader)
        if again := conversation_list.asked_again(done):
            return self.chat.again(*again, tab, lists, reader)
        if kind == "steer":
            return self.chat.steered(done, tab, lists, reader)
        return self.chat.beside(done, tab, lists, reader)
