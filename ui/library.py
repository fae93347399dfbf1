"""The library view of the page: the articles, found, removed and added."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections.abc import Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.errors import AssistantError
from ui._gradio import gr
from ui.acts import Act
from ui.conversation import ConversationView
from ui.language import for_readers
from ui.layout import Layout
from ui.tab import Reader, Tab, Update, Updates
from ui.views import adding, library
from ui.views.answer import notice
from ui.views.conversation_list import Place
from ui.views.library import View
from vectorstore.errors import LibraryError

if TYPE_CHECKING:
    from assistant import Assistant


class LibraryView:
    """The library as all tabs see it. One per server."""

    def __init__(self, desk: Assistant, layout: Layout, conversation: ConversationView) -> None:
        self.desk = desk
        self.layout = layout
        self.conversation = conversation
        self.shelf = conversation.shelf
        self.adding_now = asyncio.Semaphore(1)

    def shown(self, view: View, reader: Reader) -> Update:
        """The library as one tab shows it."""
        words, layout = reader.words, self.layout
        try:
            head = self.shelf.head(view, words)
        except LibraryError as error:
            said = notice(words.gettext(for_readers(error)), problem=True)
            return {layout.shelf_head: said, layout.articles: "", layout.shelved: view}
        read_only = words.gettext(
            "Another process owns this library, so it can be read but not changed here. "
            "Close that process and start this page again to add articles."
        )
        beside = notice(read_only) if self.desk.library.read_only else ""
        return {layout.shelf_head: f"{head}{beside}", **self._listed(view, reader)}

    def _listed(self, view: View, reader: Reader) -> Update:
        may_edit = reader.user.may_edit and not self.desk.library.read_only
        listed = self.shelf.listing(view, reader.words, may_edit=may_edit)
        return {self.layout.articles: listed, self.layout.shelved: view}

    async def acted(self, done: Act, tab: Tab, view: View, reader: Reader) -> Updates:
        """Acts on the library: found, paged, removed, added."""
        if done.name in (*library.CHANGES, "shelf-paste", "shelf-addresses") and not reader.user.may_edit:
            return
        if done.name in library.CHANGES:
            said = await asyncio.to_thread(self.shelf.change, done, reader.words)
            yield {
                **await asyncio.to_thread(self.shown, library.act(view, done), reader),
                self.layout.report: said,
                self.layout.steering: await asyncio.to_thread(self.conversation.next, tab, reader),
            }
        elif done.name in ("shelf-paste", "shelf-addresses"):

            def given() -> Sequence[Path | str]:
                if done.name == "shelf-addresses":
                    return adding.addresses(done.fields)
                return [adding.pasted(done.fields, self.desk.library.folder, reader.words)]

            async with aclosing(self.adding(given, tab, reader)) as updates:
                async for update in updates:
                    yield update
        elif done.name == "shelf-open":
            yield await asyncio.to_thread(self.shown, view, reader)
        else:
            yield await asyncio.to_thread(self._listed, library.act(view, done), reader)

    def uploaded(self, files: Sequence[str]) -> Sequence[Path]:
        """The files of an upload where they stay, beside the library."""
        return [_kept(Path(file), self.desk.library.folder) for file in files]

    async def adding(self, inputs: Callable[[], Sequence[Path | str]], tab: Tab, reader: Reader) -> Updates:
        """Adds files and addresses, by an editor, showing how far it is; one press after the other, whoever presses."""
        if not reader.user.may_edit:
            return
        words, layout = reader.words, self.layout
        if self.adding_now.locked():
            yield {layout.report: notice(words.gettext("Something else is being added; yours comes next."))}
        async with self.adding_now:
            try:
                steps = adding.steps(self.desk, await asyncio.to_thread(inputs), words)
                while (step := await asyncio.to_thread(next, steps, None)) is not None:
                    yield {layout.report: step, **({layout.welcome: step} if tab.place == Place() else {})}
            except OSError as error:
                said = words.gettext(
                    "The files could not be kept: {reason}. Nothing was added.", reason=error.strerror or error
                )
                yield {layout.report: notice(said, problem=True)}
            except (AssistantError, LibraryError) as error:
                yield {layout.report: notice(words.gettext(for_readers(error)), problem=True)}
        after = await asyncio.to_thread(self.shown, View(), reader)
        if tab.place.conversation is None:
            greeting = await asyncio.to_thread(self.conversation.greeting, reader)
            after |= {layout.welcome: gr.update(value=greeting, visible=True)}
            after |= {layout.steering: self.conversation.next(tab, reader)}
        yield after


def _kept(upload: Path, folder: Path) -> Path:
    """Move an uploaded file to where it stays. Its folder is named by its content.

    So the same file sent again is the same article, and another file of the same name is another one.
    """
    with upload.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:16]
    place = folder / adding.UPLOADS / digest / upload.name
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(upload, place)
    return place
