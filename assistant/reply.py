"""``Reply``: one question on its way, from the search to the checked answer."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Self, TypeVar

from assistant.checking import correction, model_check
from assistant.checking.citations import CitedText
from assistant.conversation import parts
from assistant.disagreement import Told, told
from assistant.errors import Fault, ModelError
from assistant.models import prompt
from assistant.models.cancelling import Stop
from assistant.question.scope import in_quotes, limits, searched
from assistant.retrieval.retrieve import AskedQuestion, Retrieved, retrieve
from assistant.types import Answer, State, Statement, Step, Usage
from assistant.writer import Respond, Writer
from assistant.writing.extractive import attribution
from vectorstore.library import Library
from vectorstore.messages import Message
from vectorstore.types import Match, TimeScope

if TYPE_CHECKING:
    from assistant.retrieval import deep_search

T = TypeVar("T")

NEAREST = 5
"""Passages that an answer without evidence names as the nearest."""

EMPTY = Message("The library is empty. Add articles first.")
NOTHING_THERE = Message("No article in the library lies within this scope. Widen the days or the sources.")
NOTHING_CARRIED = Message("Nothing of what was written is carried by the articles, so none of it is shown.")
"""The answer when every sentence had to be left out."""


class Reply:
    """An answer while it is written: iterate for the reader's text, then take ``answer``.

    The text of ``answer`` is the last word: sentences that no source carries may have been corrected in it, or left
    out. An empty piece means that ``status`` has something to tell.

    Errors before the first text are raised by the iteration (and by ``answer``); a fault after it ends the iteration,
    and the answer says so. ``cancel`` may be called from any thread.
    """

    def __init__(
        self,
        asked: AskedQuestion,
        library: Library,
        writer: Writer,
        *,
        passages: int,
        ready: Answer | None = None,
        drop_unsupported: bool = False,
        deep_steps: int = 0,
        deep_seconds: float = 0.0,
    ) -> None:
        self.question = asked.text
        self.scope = ready.scope if ready else asked.scoped.scope
        self.checked: tuple[Statement, ...] = ()
        """The sentences with the verdicts of this machine, while a model checks them once more."""
        self._asked = asked
        self._ready = ready
        self._library = library
        self._writer = writer
        self._k = passages
        self._drop_unsupported = drop_unsupported
        self._deep_steps = deep_steps
        self._deep_seconds = deep_seconds
        self._stop = Stop()
        self._lock = threading.RLock()
        self._found = Retrieved([], asked.wanted)
        self._research: deep_search.Research | None = None
        self._cited = CitedText(())
        self._differing = Told()
        self._not_held: list[str] = []
        """What was asked for and is not there, as sentences."""
        self._state: State = "stopped"  # until it is something else
        self._reason: str | None = None
        self._fault: Fault | None = None
        self._abstained = False
        self._mended = self._dropped = 0
        self._status = ""
        self._usage = Usage()
        self._seconds_search = self._seconds_write = 0.0
        self._error: Exception | None = None
        self._answer: Answer | None = None
        self._pieces = self._run()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        with self._lock:
            try:
                return next(self._pieces)
            except StopIteration:
                raise
            except Exception as error:
                self._error = error
                raise

    @property
    def answer(self) -> Answer:
        """The finished, checked answer; waits for what has not been read yet."""
        with self._lock:
            if self._error is not None:
                raise self._error
            if self._answer is None:
                for _ in self:
                    pass
                self._answer = self._finished()
            return self._answer

    @property
    def status(self) -> str:
        """Why there is no text at the moment, a sentence for the reader; empty while there is. Any thread may ask."""
        return self._status

    @property
    def trail(self) -> tuple[Step, ...]:
        """Of a deep question: what has been looked up so far, in order. Any thread may ask."""
        return tuple(self._research.trail) if self._research is not None else ()

    def cancel(self) -> None:
        """Stops the writing. What is there stays, is checked, and its ``state`` is "stopped"."""
        self._stop.ask()

    def _run(self) -> Iterator[str]:
        if self._ready is not None:
            yield self._ready.text
            return
        began = time.perf_counter()
        self._found = retrieve(
            self._asked,
            self._library,
            k=self._k,
            plan=self._writer.plan,
            deep=self._deep_steps > 0,
            stop=self._stop,
        )
        self._count(self._found.usage)
        self._not_held += [Message("Nothing was found by {outlet}.", outlet=outlet) for outlet in self._found.without]
        if self._deep_steps and self._found.matches and not self._stop.asked:
            yield from self._look_deeper()
        self._seconds_search = time.perf_counter() - began
        if self._deep_steps and self._stop.asked:
            return
        if not self._found.matches:
            self._abstain(NOTHING_THERE if self._library.count() else EMPTY)
            yield self._reason or ""
            return
        self._cited = CitedText(self._found.matches)
        began = time.perf_counter()
        try:
            yield from self._write()
            yield from self._compare()
        finally:
            self._seconds_write = time.perf_counter() - began

    def _look_deeper(self) -> Generator[str, None, None]:
        """Has the model look up what the first search leaves open."""
        from assistant.retrieval.deep_search import PASSAGES_FACTOR, Research

        assert self._writer.turn is not None
        research = self._research = Research(
            self._found.wanted,
            self._found.matches,
            asked=self._asked.scoped,
            library=self._library,
            name=self._writer.name,
            steps=self._deep_steps,
        )
        yield from research.run(
            self._writer.turn, seconds=self._deep_seconds, stop=self._stop, say=self._say, count=self._count
        )
        self._say("")
        if research.looked_further:
            self._found = replace(self._found, matches=research.matches(PASSAGES_FACTOR * self._k))

    def _count(self, used: Usage) -> None:
        self._usage = _sum(self._usage, used)

    def _written(self) -> Iterator[str]:
        """The writer's pieces."""

        def write(question: str, matches: Sequence[Match]) -> Iterator[str]:
            return self._writer.write(question, matches, self._asked.history, self.scope.as_of, self._stop, self._say)

        found = self._found
        if found.overview is not None and self._writer.part_by_part:
            return found.overview
        if found.parts and self._writer.part_by_part:
            return parts.one_after_the_other(write, found.parts, found.matches, self._not_held)
        return write(found.wanted, found.matches)

    def _write(self) -> Iterator[str]:
        begun = False
        answers = prompt.Answers()
        pieces = self._written()
        try:
            while not self._stop.asked:
                try:
                    piece = next(pieces)
                except StopIteration as end:
                    self._usage = _sum(self._usage, end.value or Usage())
                    self._state = "stopped" if self._stop.asked else "complete"
                    break
                begun = begun or bool(piece.strip())
                if shown := self._cited.feed(answers.feed(piece)):
                    self._say("")
                    yield shown
                elif not piece:
                    yield ""
        except ModelError as error:
            if not self._stop.asked:
                if not begun:
                    raise
                self._state = "cut"
                self._reason = Message.joined(Message("The answer is cut."), str(error))
                self._fault = error.fault
        if rest := self._cited.feed(answers.finish()) + self._cited.finish():
            yield rest
        if answers.has_none:
            self._abstain(self._not_answered(answers.said))
            yield self._reason or ""
        else:
            yield from self._check()
        self._say("")

    def _abstain(self, reason: str) -> None:
        self._abstained, self._state = True, "complete"
        self._reason = reason
        if self._library.count():
            self._reason = Message.joined(reason, _where_searched(self.scope, self._library.count()))

    def _compare(self) -> Iterator[str]:
        """What other articles say otherwise, on lines of its own behind a finished answer."""
        if self._state != "complete" or self._abstained or self._found.overview is not None:
            return
        self._differing = told(
            self._cited.statements(), self._cited.citations, self._found.matches, self._library.similarity
        )
        if self._differing.text:
            yield f"\n\n{self._differing.text}"

    def _say(self, text: str) -> None:
        self._status = text

    def _check(self) -> Iterator[str]:
        """Has a model check and correct what was written, and leaves out what is still not carried if wished."""
        if self._writer.respond and self._state == "complete" and not self._stop.asked:
            yield from self._ask_for_check(self._writer.respond)
        self._cited, self._dropped = correction.without_obeyed(self._cited, self._found.matches)
        if self._drop_unsupported:
            self._cited, dropped = correction.without_unsupported(self._cited)
            self._dropped += dropped
        if not self._cited.text and self._state == "complete":
            self._abstained, self._reason = True, NOTHING_CARRIED

    def _ask_for_check(self, respond: Respond) -> Iterator[str]:
        check = model_check.ModelCheck(self._cited, self._found.matches, judges=self._writer.judges)
        if not check.passages:
            return
        if check.judged:
            self._say(Message("Checking each sentence against the words it cites."))
            self.checked = check.statements
        else:
            asking = Message.plural(
                "Asking {model} to correct one sentence that the sources do not carry.",
                "Asking {model} to correct {count} sentences that the sources do not carry.",
                len(check.passages),
                model=self._writer.name,
            )
            self._say(asking)
        yield ""
        checked = None
        with suppress(ModelError):  # the reader's verdicts stay
            reply, used = respond(check.request(), model_check.SECONDS, self._stop)
            self._usage = _sum(self._usage, used)
            checked = check.read(reply)
        if checked is not None:
            judged, corrections = checked
            self._cited.overrule(judged)
            self._cited, self._mended = correction.mend(self._cited, corrections, self._found.matches)
        elif check.judged:
            self._reason = Message("The model's check could not be read: the sentences were checked on this machine.")

    def _finished(self) -> Answer:
        if self._ready is not None:
            return self._ready
        cited, differing = (CitedText(()), Told()) if self._abstained else (self._cited, self._differing)
        if self._not_held and not self._abstained:
            self._reason = Message.joined(self._reason or "", *self._not_held)
        written = Message.joined(cited.text, differing.text, by="\n\n") if differing.text else cited.text
        return Answer(
            question=self.question,
            text=(self._reason or "") if self._abstained else written,
            statements=(*cited.statements(), *differing.statements),
            citations=(*cited.citations, *differing.citations),
            disagreements=differing.disagreements,
            scope=self.scope,
            model=self._writer.name,
            abstained=self._abstained,
            reason=self._reason,
            state=self._state,
            fault=self._fault,
            mended=self._mended,
            dropped=self._dropped,
            nearest=tuple(self._found.matches[:NEAREST]) if self._abstained else (),
            articles_read=0 if self._abstained else len({match.article.id for match in self._found.matches}),
            usage=self._usage,
            seconds_search=self._seconds_search,
            seconds_write=self._seconds_write,
            searched_for=None if self._found.wanted == self.question else self._found.wanted,
            trail=self.trail,
        )

    def _not_answered(self, said: str) -> str:
        """Why there is no answer: the model's own words where it has some, and the article that comes nearest."""
        nearest = self._found.matches[0].article
        return Message.joined(
            said or Message("No sentence of the library answers this surely enough to be quoted."),
            Message("The nearest article is “{title}” ({about}).", title=nearest.title, about=attribution(nearest)),
            Message("Ask with the names or words that an article would use, or with other days."),
        )


class AsyncReply:
    """A ``Reply`` for ``async`` code, made in threads: iterate with ``async for``, then ``await reply.answer()``.

    A task that is cancelled while it waits cancels the answer: what is there stays, with the ``state`` "stopped".
    """

    def __init__(self, begin: Callable[[], Reply]) -> None:
        self._begin = begin
        self._reply: Reply | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        if (piece := await self._in_thread(lambda reply: next(reply, None))) is None:
            raise StopAsyncIteration
        return piece

    async def answer(self) -> Answer:
        """The finished, checked answer; waits for what has not been read yet."""
        return await self._in_thread(lambda reply: reply.answer)

    async def _in_thread(self, call: Callable[[Reply], T]) -> T:
        try:
            if self._reply is None:
                self._reply = await asyncio.to_thread(self._begin)
            return await asyncio.to_thread(call, self._reply)
        except asyncio.CancelledError:
            if self._reply is not None:
                self._reply.cancel()
            raise


def _where_searched(scope: TimeScope, articles: int) -> str:
    """What of a library of so many articles was searched, and the words that say so; empty where that is plain."""
    words = scope.words if scope.since or scope.until else ()
    words += scope.source_words if scope.sources or scope.without_sources else ()
    if not limits(scope):
        every = Message.plural(
            "The one article was searched.", "All {count} articles of the library were searched.", articles
        )
        return every if articles > 1 else ""
    if not words:
        return Message("Only {articles} were searched.", articles=searched(scope))
    said = {"articles": searched(scope), "words": in_quotes(words)}
    if set(words) <= set(scope.kept):
        return Message("Only {articles} were searched, as your last question says {words}.", **said)
    return Message("Only {articles} were searched, as the question says {words}.", **said)


def _sum(one: Usage, other: Usage) -> Usage:
    costs = [cost for cost in (one.cost_usd, other.cost_usd) if cost is not None]
    return Usage(
        one.input_tokens + other.input_tokens, one.output_tokens + other.output_tokens, sum(costs) if costs else None
    )
