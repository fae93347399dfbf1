"""The page itself: a chat and the library behind it, as Gradio blocks.

Each browser tab is a Gradio session with its own ``Conversation``; nothing of one session is reachable from another.
Answers are HTML made by ``ui.render`` in two parts: the finished turns, which change only when a new question is asked,
and the latest one, which grows while it is written. Gradio's chat component is not used: it reads what it shows as
Markdown, with images, diagrams and formulas, and its filter lets some of them fetch from outside.
"""

from __future__ import annotations

import hashlib
import shutil
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

import gradio as gr

from assistant.errors import AssistantError
from assistant.types import Turn
from ui import render, texts
from vectorstore.errors import LibraryError
from vectorstore.types import AddReport, Article, Progress

if TYPE_CHECKING:
    from assistant import Assistant
    from assistant.assistant import Reply

QUESTION_LIMIT = 2_000
"""Characters. The longest question of a news archive's readers is a paragraph; a pasted article is not a question."""
UPLOAD_MEGABYTES = 50
LISTED = 200
"""Articles in one list: a table of 10,000 rows takes a browser seconds, and nobody reads it."""
FLUSH_SECONDS = 0.05
"""Text is sent at most this often: 20 times a second reads as steady, and a fast model would send 200 times."""
ANSWERS_AT_ONCE = 32
"""Below Gradio's 40 threads, so that lists and Stop still get one while every place is taken."""

Update = dict[Any, Any]


@dataclass(frozen=True, slots=True)
class Conversation:
    """What one tab has asked so far. ``latest`` is the HTML of the last turn, which the page shows by itself."""

    turns: tuple[Turn, ...] = ()
    earlier: tuple[str, ...] = ()
    latest: str = ""

    @property
    def number(self) -> int:
        """The number of the next turn."""
        return len(self.earlier) + (2 if self.latest else 1)


class Writing:
    """The answers being written now, by session, so that Stop and a closed tab reach them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._replies: dict[str, Reply | None] = {}
        self._stopped: set[str] = set()

    def begin(self, session: str) -> bool:
        """Take the session's one place; False when an answer is being written in it already."""
        with self._lock:
            if session in self._replies:
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

    def stop(self, session: str) -> None:
        with self._lock:
            if session not in self._replies:
                return
            self._stopped.add(session)
            reply = self._replies[session]
        if reply is not None:
            reply.cancel()

    def stop_all(self) -> None:
        with self._lock:
            sessions = list(self._replies)
        for session in sessions:
            self.stop(session)

    def end(self, session: str) -> None:
        with self._lock:
            self._replies.pop(session, None)
            self._stopped.discard(session)


class Page:
    """The blocks, and what happens on each press. One per server; per-tab matters live in ``Conversation``."""

    def __init__(self, desk: Assistant) -> None:
        self.desk = desk
        self.writing = Writing()
        self.blocks: gr.Blocks = self._build()

    # --- layout --------------------------------------------------------------------------------------------------

    def _build(self) -> gr.Blocks:
        read_only = self.desk.library.read_only
        blocks = gr.Blocks(title=texts.NAME, analytics_enabled=False, delete_cache=(3_600, 3_600))
        with blocks:
            self.conversation = gr.State(Conversation())
            _html(render.header())
            with gr.Tabs(elem_id="views"):
                with gr.Tab(texts.CHAT, elem_id="chat-view"):
                    self.welcome = _html("", elem_id="welcome")
                    self.past = _html("", elem_id="past")
                    self.current = _html("", elem_id="current")
                    with gr.Column(elem_id="composer"):
                        self.question = gr.Textbox(
                            label=texts.QUESTION_LABEL,
                            show_label=False,
                            placeholder=texts.QUESTION_PLACEHOLDER,
                            lines=1,
                            max_lines=8,
                            max_length=QUESTION_LIMIT,
                            submit_btn=texts.ASK,
                            container=False,
                            elem_id="question",
                        )
                        with gr.Row(elem_id="footing"):
                            _html(f'<p class="writer">{render.escape(render.writes(self.desk.writer))}</p>')
                            self.new = gr.Button(texts.NEW_CONVERSATION, visible=False, size="sm", elem_id="again")
                    with gr.Column(visible=False, elem_id="examples") as self.examples:
                        _html(f'<p class="try">{render.escape(texts.TRY)}</p>')
                        examples = [gr.Button(text, elem_classes="example") for text in texts.EXAMPLES]
                with gr.Tab(texts.LIBRARY, elem_id="library-view") as library_tab:
                    self.holdings = _html("", elem_id="holdings")
                    if read_only:
                        _html(render.notice(texts.READ_ONLY))
                    with gr.Row(visible=not read_only, elem_id="adding"):
                        self.files = gr.UploadButton(
                            texts.ADD, file_count="multiple", size="sm", variant="primary", elem_id="upload"
                        )
                        _html(f'<p class="hint">{render.escape(texts.ADD_HINT.format(megabytes=UPLOAD_MEGABYTES))}</p>')
                    self.report = _html("", elem_id="report")
                    wanted = gr.Textbox(
                        label=texts.FILTER_LABEL,
                        show_label=False,
                        placeholder=texts.FILTER_LABEL,
                        container=False,
                        elem_id="filter",
                    )
                    self.articles = _html("", elem_id="articles")

            asked = [self.question, self.past, self.current, self.conversation, self.welcome, self.examples, self.new]
            quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
            for trigger, source in [(self.question.submit, self.question), *((b.click, b) for b in examples)]:
                asking = trigger(
                    self.ask,
                    inputs=[source, self.conversation],
                    outputs=asked,
                    concurrency_limit=ANSWERS_AT_ONCE,
                    concurrency_id="ask",
                    **quiet,
                )
                asking.failure(self.recover, inputs=[self.conversation], outputs=asked, **quiet)
            self.question.stop(self.stop, **quiet)
            self.new.click(self.start_again, outputs=asked, **quiet)

            shelves, greeting = [self.holdings, self.articles], [self.welcome, self.examples]
            wanted.change(self.list_articles, inputs=[wanted], outputs=shelves, trigger_mode="always_last", **quiet)
            library_tab.select(self.list_articles, inputs=[wanted], outputs=shelves, **quiet)
            self.files.upload(
                self.add,
                inputs=[self.files, wanted, self.conversation],
                outputs=[self.files, self.report, *shelves, *greeting],
                concurrency_limit=1,
                **quiet,
            )
            blocks.load(self.greet, inputs=[self.conversation], outputs=greeting, **quiet)
            blocks.unload(self.stop)
        blocks.queue(default_concurrency_limit=ANSWERS_AT_ONCE, api_open=False)
        return blocks

    # --- chat ----------------------------------------------------------------------------------------------------

    def ask(self, question: str, conversation: Conversation, request: gr.Request) -> Iterator[Update]:
        """Write one answer into the page. Every way out leaves the box ready for the next question."""
        question = (question or "").strip()
        session = request.session_hash or ""
        if not question:
            yield {self.question: gr.update(value="")}
            return
        if len(question) > QUESTION_LIMIT:
            gr.Info(texts.QUESTION_TOO_LONG.format(length=f"{len(question):,}", limit=f"{QUESTION_LIMIT:,}"))
            yield {self.new: gr.skip()}
            return
        if not self.writing.begin(session):
            gr.Info(texts.QUESTION_IN_PROGRESS)
            yield {self.new: gr.skip()}
            return
        try:
            yield from self._write(question, conversation, session)
        finally:
            self.writing.end(session)

    def _write(self, question: str, conversation: Conversation, session: str) -> Iterator[Update]:
        number = conversation.number
        if conversation.latest:
            earlier = (*conversation.earlier, conversation.latest)
            conversation = replace(conversation, earlier=earlier, latest="")
        yield {
            self.question: gr.update(value="", submit_btn=False, stop_btn=texts.STOP),
            self.past: "".join(conversation.earlier),
            self.current: render.pending_turn(number, question),
            self.conversation: conversation,
            self.welcome: gr.update(visible=False),
            self.examples: gr.update(visible=False),
            self.new: gr.update(visible=False),
        }
        try:
            reply = self.desk.stream(question, history=list(conversation.turns))
            self.writing.attach(session, reply)
            text = ""
            sent = time.monotonic()
            for piece in reply:
                text += piece
                if time.monotonic() - sent >= FLUSH_SECONDS:
                    yield {self.current: render.pending_turn(number, question, text)}
                    sent = time.monotonic()
            answer = reply.answer
        except GeneratorExit:
            # The tab is gone. The writer lets go of its model only when it is read on after the stop.
            reply.cancel()
            with suppress(AssistantError, LibraryError):
                for _ in reply:
                    pass
            raise
        except (AssistantError, LibraryError) as error:
            latest = render.failed_turn(number, question, str(error))
        else:
            latest = render.finished_turn(number, question, answer)
            turns = (*conversation.turns, Turn("user", question), Turn("assistant", answer.text))
            conversation = replace(conversation, turns=turns)
        yield {
            self.question: gr.update(submit_btn=texts.ASK, stop_btn=False),
            self.current: latest,
            self.conversation: replace(conversation, latest=latest),
            self.new: gr.update(visible=True),
        }

    def recover(self, conversation: Conversation) -> Update:
        """After a fault of our own: say so, and make the box usable again."""
        return {
            self.question: gr.update(submit_btn=texts.ASK, stop_btn=False),
            self.current: render.notice(texts.PAGE_FAILED, problem=True),
            self.conversation: replace(conversation, latest=""),
            self.new: gr.update(visible=True),
        }

    def stop(self, request: gr.Request) -> None:
        """Stop the answer of this tab. Also called when the tab is closed."""
        self.writing.stop(request.session_hash or "")

    def start_again(self) -> Update:
        return {
            self.question: gr.update(value=""),
            self.past: "",
            self.current: "",
            self.conversation: Conversation(),
            **self.greet(Conversation()),
            self.new: gr.update(visible=False),
        }

    def greet(self, conversation: Conversation) -> Update:
        """What stands there before the first question."""
        if conversation.earlier or conversation.latest:
            return {self.welcome: gr.update(visible=False), self.examples: gr.update(visible=False)}
        try:
            articles = self.desk.articles(with_text=False)
        except LibraryError as error:
            said = render.notice(str(error), problem=True)
            return {self.welcome: gr.update(value=said, visible=True), self.examples: gr.update(visible=False)}
        starter = any((article.source or "").startswith(texts.STARTER_SOURCE) for article in articles)
        return {
            self.welcome: gr.update(value=render.welcome(articles), visible=True),
            self.examples: gr.update(visible=starter),
        }

    # --- library -------------------------------------------------------------------------------------------------

    def list_articles(self, wanted: str) -> Update:
        try:
            articles = self.desk.articles(with_text=False)
        except LibraryError as error:
            return {self.holdings: "", self.articles: render.notice(str(error), problem=True)}
        found = render.latest_first(_matching(articles, wanted))
        return {
            self.holdings: f'<p class="holdings">{render.escape(render.holdings(articles))}</p>',
            self.articles: render.article_list(found[:LISTED], len(articles) if wanted.strip() else len(found)),
        }

    def add(self, files: list[str] | None, wanted: str, conversation: Conversation) -> Iterator[Update]:
        """Take in what was uploaded, showing how far it is. Files are kept beside the library, refused ones are not."""
        yield {self.files: None, self.report: render.progress(None)}
        steps: SimpleQueue[Progress] = SimpleQueue()
        try:
            paths = [_kept(Path(file), self.desk.library.folder) for file in files or ()]
            with ThreadPoolExecutor(max_workers=1) as worker:
                adding = worker.submit(self.desk.add, paths, on_progress=steps.put)
                while not adding.done():
                    step = _latest(steps)
                    if step is not None:
                        yield {self.report: render.progress(step)}
            done = adding.result()
            for refusal in done.refused:
                Path(refusal.source).unlink(missing_ok=True)
            report = render.add_report(_without_folders(done, paths))
        except OSError as error:
            report = render.notice(texts.UPLOAD_FAILED.format(reason=error.strerror or error), problem=True)
        except (AssistantError, LibraryError) as error:
            report = render.notice(str(error), problem=True)
        yield {self.report: report, **self.list_articles(wanted), **self.greet(conversation)}


def build(desk: Assistant) -> gr.Blocks:
    """The page over an open ``Assistant``, ready to be mounted."""
    return Page(desk).blocks


def _html(value: str, **kwargs: Any) -> gr.HTML:
    """A part of the page that shows what ``ui.render`` made.

    ``${value}`` must stay the whole template: what stands in Gradio's Handlebars slots becomes part of a program.
    """
    return gr.HTML(value, html_template="${value}", js_on_load=None, apply_default_css=False, **kwargs)


def _matching(articles: Iterable[Article], wanted: str) -> list[Article]:
    """Articles whose title or source holds every word of ``wanted``, in any case."""
    words = wanted.casefold().split()
    return [
        article
        for article in articles
        if all(word in f"{article.title} {article.source or ''}".casefold() for word in words)
    ]


def _latest(steps: SimpleQueue[Progress], seconds: float = 0.2) -> Progress | None:
    """The newest step that was reported, waiting a little for one."""
    newest: Progress | None = None
    try:
        newest = steps.get(timeout=seconds)
        while True:
            newest = steps.get_nowait()
    except Empty:
        return newest


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


def _without_folders(report: AddReport, paths: Sequence[Path]) -> AddReport:
    """The report with the names that the reader gave the files, not the folders that the uploads were kept in."""

    def plain(text: str) -> str:
        for path in paths:
            text = text.replace(str(path), path.name)
        return text

    outcomes = tuple(
        replace(outcome, source=plain(outcome.source), reason=plain(outcome.reason) if outcome.reason else None)
        for outcome in report.outcomes
    )
    return replace(report, outcomes=outcomes)
