"""``Assistant``: a question in, a checked answer with citations out. The chain, whatever writes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from assistant import digest, facets, followups, mending, model_check, planning, prompt, wiring
from assistant.about import about_the_library, of_those_days
from assistant.citations import CitedText
from assistant.context import widened
from assistant.disagreement import Told, told
from assistant.errors import Fault, ModelError, SettingsInvalid
from assistant.extractive import ExtractiveWriter, attribution
from assistant.followups import Followed
from assistant.prompt import Message
from assistant.reader import RequestKind, reader
from assistant.scope import Day, ScopedQuestion, scoped, searched
from assistant.settings import Settings
from assistant.stopping import Say, Stop
from assistant.talk import cannot_do, reply_to_talk
from assistant.types import Answer, State, Statement, Step, Turn, Usage
from vectorstore.errors import SearchInvalid
from vectorstore.library import Library
from vectorstore.search import day as parsed_day
from vectorstore.sources import Limits
from vectorstore.types import AddReport, Article, Match, OnProgress, TimeScope

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings
    from langchain_core.language_models import BaseChatModel

    from assistant import deep as looking
    from assistant.chat import ChatWriter
    from assistant.retriever import ArticleRetriever

NEAREST = 5
"""Passages that an answer without evidence names as the nearest."""

SURE_OF_KIND = 0.6
"""Probability from which a message is taken for something else than a question that articles answer."""

NOTHING_CARRIED = "Nothing of what was written is carried by the articles, so none of it is shown."
"""The answer when every sentence had to be left out."""

Write = Callable[[str, Sequence[Match], Sequence[Turn], date | None, Stop, Say], Iterator[str]]
"""What a writer does: from the question, the passages, the conversation, the day it is asked for and the wish to stop
it makes raw text, piece by piece, whose ``[n]`` markers number the passages from 1. What keeps it waiting it may say,
and then gives an empty piece.

A generator may return its ``Usage``. ``ModelError`` before the first text means no answer, after it a cut one.
"""

Respond = Callable[[Sequence[Message], float, Stop], tuple[str, Usage]]
"""What the writer's model says to other messages within so many seconds, and what that consumed."""

Plan = Callable[[str, Followed, Stop], tuple[tuple[str, ...] | None, Usage]]
"""What a question in its conversation is searched for, better than the rules know; ``None`` where it is not better."""


@dataclass(frozen=True, slots=True)
class Writer:
    name: str
    write: Write
    plan: Plan | None = None
    part_by_part: bool = False
    """Whether it answers one thing at a time: several questions in one are then put to it one after the other."""
    respond: Respond | None = None
    """The model that checks and corrects; without it, sentences that no source carries cannot be mended."""
    judges: bool = False
    """Whether that model's verdicts count; otherwise the reader's do."""
    turn: looking.Turn | None = None
    """Its model's next message where that may call tools. Without it, deep questions cannot be asked."""


class Assistant:
    """A library and a writer. ``Assistant.open`` one, and close it or use a ``with`` block; threads may share it."""

    def __init__(self, library: Library, settings: Settings, writer: Writer) -> None:
        """Use ``Assistant.open``."""
        self.library = library
        self.settings = settings
        self._writer = writer

    @classmethod
    def open(
        cls,
        folder: str | Path | None = None,
        *,
        settings: Settings | None = None,
        read_only: bool = False,
        chat_model: BaseChatModel | None = None,
        embeddings: Embeddings | None = None,
    ) -> Self:
        """Opens the library in ``folder`` (``library`` unless the settings say otherwise), made if missing.

        ``chat_model`` may be any LangChain chat model; without it the settings (the environment) decide, and without a
        key or a model's name the extractive writer writes. Raises ``SettingsInvalid`` and ``LibraryError``.
        """
        settings = settings or Settings()
        chat = wiring.writer_for(chat_model, settings) if chat_model else wiring.chat_writer(settings)
        folder = folder or settings.library
        library = Library.open(folder, embeddings=embeddings or wiring.embeddings(settings), read_only=read_only)
        if chat is not None:
            judges = settings.check == "model"
            return cls(
                library,
                settings,
                Writer(
                    chat.name,
                    chat.write,
                    _plan(chat),
                    respond=((wiring.checking_writer(settings) if judges else None) or chat).reply,
                    judges=judges,
                    turn=chat.turn,
                ),
            )
        extractive = ExtractiveWriter(library.similarity)
        return cls(
            library,
            settings,
            Writer(
                extractive.name,
                lambda question, matches, turns, *_: extractive.write(question, matches, turns),
                part_by_part=True,
            ),
        )

    def close(self) -> None:
        self.library.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def writer(self) -> str:
        """Who writes: ``extractive``, or the chat model's name."""
        return self._writer.name

    @property
    def can_look_deeper(self) -> bool:
        """Whether deep questions can be asked: with a chat model."""
        return self._writer.turn is not None

    def ask(
        self,
        question: str,
        *,
        as_of: Day = None,
        since: Day = None,
        until: Day = None,
        sources: Sequence[str] | None = None,
        today: Day = None,
        history: Iterable[Turn | Mapping[str, Any]] = (),
        deep: bool = False,
    ) -> Answer:
        """The finished answer; one that the chat model broke off has ``state`` "cut".

        Raises ``SearchInvalid`` for a question or scope that makes no sense, ``ModelError`` when the chat model gives
        no answer at all, ``SettingsInvalid`` for ``deep`` without a chat model.
        """
        return self.stream(
            question, as_of=as_of, since=since, until=until, sources=sources, today=today, history=history, deep=deep
        ).answer

    def stream(
        self,
        question: str,
        *,
        as_of: Day = None,
        since: Day = None,
        until: Day = None,
        sources: Sequence[str] | None = None,
        today: Day = None,
        history: Iterable[Turn | Mapping[str, Any]] = (),
        deep: bool = False,
    ) -> Reply:
        """The same as ``ask``, as it is written: iterate over the reply for its text, then take ``reply.answer``.

        Days that the question itself names ("last week", "in August 2024") limit the search, unless ``since`` or
        ``until`` is given; they count from ``as_of``, or from ``today``: the reader's day, by default in the time zone
        of the settings. Outlets that it names ("according to UNN") limit it unless ``sources`` is given.
        ``reply.scope`` says how both were read.

        With ``history``, what was said before, a follow-up is searched for as a question that stands alone
        (``answer.searched_for``); the time and the sources that an earlier question named hold until the subject
        changes. ``Turn.of(answer)`` hands an earlier answer on with its scope.

        With ``deep``, the chat model looks several things up, one after the other, before it writes: for questions
        that one search cannot answer. ``reply.trail`` and ``answer.trail`` say what. It takes up to ``deep_steps``
        look-ups of the settings, and up to twice the time of an answer.
        """
        if not question.strip():
            raise SearchInvalid("The question is empty. Ask something about your articles.")
        if deep and not self.can_look_deeper:
            raise SettingsInvalid(
                "deep: looking things up step by step needs a chat model. Set OPENAI_API_KEY, or OPENAI_BASE_URL and "
                "ASSISTANT_MODEL, or ask without deep."
            )
        turns = tuple(_as_turn(turn) for turn in history)

        def read(text: str) -> ScopedQuestion:
            return self._scoped(text, as_of=as_of, since=since, until=until, sources=sources, today=today)

        question = question.strip()
        followed = Followed(read(question))
        if turns:
            followed = followups.follow(
                question,
                turns,
                self.library,
                read=read,
                read_anew=lambda text: self._scoped(
                    text, as_of=as_of, since=None, until=None, sources=None, today=today
                ),
                keep_time=since is None and until is None,
                keep_sources=sources is None,
            )
        kind = _kind(question, followups.SURE if followed.leans else SURE_OF_KIND)
        if kind == "answer" and len(followed.asked.sources or ()) > 1 and followed.asked.scope.source_words:
            kind = "compare"
        if kind in ("digest", "timeline") and not followed.leans:
            followed = Followed(of_those_days(question, read), followed.said)
        return Reply(
            self.library,
            self._writer,
            self.settings.passages,
            question,
            turns,
            followed,
            kind=kind,
            ready=self._without_search(question, kind, followed, read),
            drop_unsupported=self.settings.unsupported == "drop",
            deep_steps=self.settings.deep_steps if deep else 0,
            deep_seconds=self.settings.answer_seconds,
        )

    def _without_search(
        self, question: str, kind: RequestKind, followed: Followed, read: Callable[[str], ScopedQuestion]
    ) -> Answer | None:
        """The answer to what asks nothing of the articles, or something about the library itself."""
        articles = self.library.count()
        model = None if self._writer.part_by_part else self.writer
        if kind == "talk":
            return Answer(
                question, reply_to_talk(question, articles=articles, model=model), (), (), TimeScope(), "assistant"
            )
        if kind == "instruct" and model is None:
            return Answer(question, cannot_do(question, articles=articles), (), (), TimeScope(), "assistant")
        if kind == "library":
            asked = followups.about_the_last(question, followed) if followed.leans else question
            held = about_the_library(asked, self.library, read)
            return Answer(question, held.text, held.statements, held.citations, held.scope, "catalogue")
        return None

    def search(
        self,
        question: str,
        *,
        k: int = 10,
        as_of: Day = None,
        since: Day = None,
        until: Day = None,
        sources: Sequence[str] | None = None,
        today: Day = None,
    ) -> list[Match]:
        """The ``k`` passages that fit best, best first, in the scope that ``ask`` would search; ``scope`` names it."""
        asked = self._scoped(question, as_of=as_of, since=since, until=until, sources=sources, today=today)
        return asked.search(self.library, k=k)

    def scope(
        self,
        question: str,
        *,
        as_of: Day = None,
        since: Day = None,
        until: Day = None,
        sources: Sequence[str] | None = None,
        today: Day = None,
    ) -> TimeScope:
        """What ``ask`` and ``search`` would search: the question's days and outlets, as they are read."""
        return self._scoped(question, as_of=as_of, since=since, until=until, sources=sources, today=today).scope

    def _scoped(
        self, question: str, *, as_of: Day, since: Day, until: Day, sources: Sequence[str] | None, today: Day
    ) -> ScopedQuestion:
        return scoped(
            question,
            self.library,
            today=parsed_day(today, "today") or self.settings.today(),
            as_of=as_of,
            since=since,
            until=until,
            sources=sources,
            day_first=self.settings.day_first,
        )

    def as_retriever(self, **search: Any) -> ArticleRetriever:
        """``search`` as a LangChain retriever; ``k``, ``as_of``, ``since`` and so on are fixed here."""
        from assistant.retriever import ArticleRetriever

        return ArticleRetriever(search=self.search, **search)

    def add(self, sources: str | Path | Iterable[str | Path], *, on_progress: OnProgress | None = None) -> AddReport:
        """Takes articles into the library: paths of files and folders, and addresses of the web.

        The report says what happened to each.
        """
        limits = Limits(private=self.settings.private_addresses == "allow")
        return self.library.add(sources, on_progress=on_progress, limits=limits)

    def remove(self, ids: Iterable[str]) -> int:
        """Takes articles out of the library; returns how many there were."""
        return self.library.remove(ids)

    def articles(self, *, limit: int | None = None, offset: int = 0, with_text: bool = True) -> list[Article]:
        """The articles of the library, newest first; ``with_text=False`` leaves their texts empty, for lists."""
        return self.library.articles(limit=limit, offset=offset, with_text=with_text)


class Reply:
    """An answer while it is written: iterate for the reader's text, then take ``answer``.

    The text of ``answer`` is the last word: sentences that no source carries may have been corrected in it, or left
    out. An empty piece means that ``status`` has something to tell.

    Errors before the first text are raised by the iteration (and by ``answer``); a fault after it ends the iteration,
    and the answer says so. ``cancel`` may be called from any thread.
    """

    def __init__(
        self,
        library: Library,
        writer: Writer,
        passages: int,
        question: str,
        history: Sequence[Turn],
        followed: Followed,
        *,
        kind: RequestKind = "answer",
        ready: Answer | None = None,
        drop_unsupported: bool = False,
        deep_steps: int = 0,
        deep_seconds: float = 0.0,
    ) -> None:
        self.question = question
        self.scope = ready.scope if ready else followed.asked.scope
        self._ready = ready
        self._followed = followed
        self._asked = followed.asked
        self._wanted = followed.asked.text if followed.leans else question
        self._kind = kind
        self._library = library
        self._writer = writer
        self._k = passages
        self._history = history
        self._stop = Stop()
        self._lock = threading.RLock()
        self._state: State = "stopped"  # until it is something else
        self._reason: str | None = None
        self._abstained = False
        self._matches: list[Match] = []
        self._parts: list[tuple[str, list[int]]] = []
        """What is asked where it is several things: each with the places of its own passages among the matches."""
        self._not_held: list[str] = []
        self._overview: Iterator[str] | None = None
        """The text of a digest, where no model writes it."""
        self._cited = CitedText(())
        self._differing = Told()
        self._drop_unsupported = drop_unsupported
        self._mended = self._dropped = 0
        self._deep_steps = deep_steps
        self._deep_seconds = deep_seconds
        self._research: looking.Research | None = None
        self._fault: Fault | None = None
        self._status = ""
        self.checked: tuple[Statement, ...] = ()
        """The sentences with the verdicts of this machine, while a model checks them once more."""
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
        if not self._look_over():
            self._look_up()
        if self._deep_steps and self._matches and not self._stop.asked:
            yield from self._look_deeper()
        self._seconds_search = time.perf_counter() - began
        if self._deep_steps and self._stop.asked:
            return
        if not self._matches:
            self._abstain(self._nothing_found())
            yield self._reason or ""
            return
        self._cited = CitedText(self._matches)
        began = time.perf_counter()
        try:
            yield from self._write()
            yield from self._compare()
        finally:
            self._seconds_write = time.perf_counter() - began

    def _look_over(self) -> bool:
        """Finds the stories of an overview, or what several outlets have; whether one is asked for and there is any."""
        if self._kind in ("digest", "timeline"):
            made = digest.digest(self._asked, self._library, timeline=self._kind == "timeline")
            self._matches = list(made.matches)
            self._overview = digest.written(made)
        elif self._kind == "compare":
            self._matches, without = digest.compared(self._asked, self._library, k=self._k)
            self._overview = digest.side_by_side(self._asked.text, self._matches)
            self._not_held = [f"by {outlet}" for outlet in without]
        return bool(self._matches)

    def _look_up(self) -> None:
        """Searches for the question, and for each of its parts where it has several."""
        self._overview = None
        asked = self._planned()
        whole = self._search(asked[0] if len(asked) == 1 else self._asked.text)
        self._matches = widened(whole)
        if len(asked) > 1:
            found = [self._search(part) for part in asked]
            self._matches = widened(facets.interleaved([*found, whole], self._k))
            self._parts = [(part, facets.places(own, self._matches)) for part, own in zip(asked, found, strict=True)]

    def _planned(self) -> tuple[str, ...]:
        """The questions to search for: by the writer's model where there is need, else by the rules."""
        leans, text = self._followed.leans, self._asked.text
        # A deep question has its parts looked up one by one anyway.
        if self._writer.plan and (leans or (not self._deep_steps and facets.may_have_parts(text))):
            made, used = self._writer.plan(self.question if leans else text, self._followed, self._stop)
            self._count(used)
            if made is not None and leans:
                self._wanted = " ".join(made)
            if made is not None and (leans or len(made) > 1):
                return made
        return (text,) if leans else facets.split(text)

    def _look_deeper(self) -> Generator[str, None, None]:
        """Has the model look up what the first search leaves open."""
        from assistant.deep import PASSAGES_FACTOR, Research

        assert self._writer.turn is not None
        research = self._research = Research(
            self._wanted,
            self._matches,
            asked=self._asked,
            library=self._library,
            name=self._writer.name,
            steps=self._deep_steps,
        )
        yield from research.run(
            self._writer.turn, seconds=self._deep_seconds, stop=self._stop, say=self._say, count=self._count
        )
        self._say("")
        if research.looked_further:
            self._matches = research.matches(PASSAGES_FACTOR * self._k)

    def _count(self, used: Usage) -> None:
        self._usage = _sum(self._usage, used)

    def _search(self, wanted: str) -> list[Match]:
        beside = f" {' '.join(self._followed.names)}" if wanted == self._asked.text and self._followed.names else ""
        return self._asked.search(self._library, k=self._k, text=wanted + beside)

    def _written(self) -> Iterator[str]:
        """The writer's pieces."""

        def write(question: str, matches: Sequence[Match]) -> Iterator[str]:
            return self._writer.write(question, matches, self._history, self.scope.as_of, self._stop, self._say)

        if self._overview is not None and self._writer.part_by_part:
            return self._overview
        if self._parts and self._writer.part_by_part:
            return facets.one_after_the_other(write, self._parts, self._matches, self._not_held)
        return write(self._wanted, self._matches)

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
                self._reason = f"The answer is cut. {error}"
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
            self._reason += _where_searched(self.scope, self._library.count())

    def _compare(self) -> Iterator[str]:
        """What other articles say otherwise, on lines of its own behind a finished answer."""
        if self._state != "complete" or self._abstained or self._overview is not None:
            return
        self._differing = told(self._cited.statements(), self._cited.citations, self._matches, self._library.similarity)
        if self._differing.text:
            yield f"\n\n{self._differing.text}"

    def _say(self, text: str) -> None:
        self._status = text

    def _check(self) -> Iterator[str]:
        """Has a model check and correct what was written, and leaves out what is still not carried if wished."""
        if self._writer.respond and self._state == "complete" and not self._stop.asked:
            yield from self._ask_for_check(self._writer.respond)
        self._cited, self._dropped = mending.without_obeyed(self._cited, self._matches)
        if self._drop_unsupported:
            self._cited, dropped = mending.without_unsupported(self._cited)
            self._dropped += dropped
        if not self._cited.text and self._state == "complete":
            self._abstained, self._reason = True, NOTHING_CARRIED

    def _ask_for_check(self, respond: Respond) -> Iterator[str]:
        check = model_check.ModelCheck(self._cited, self._matches, judges=self._writer.judges)
        if not check.passages:
            return
        if check.judged:
            self._say("Checking each sentence against the words it cites.")
            self.checked = check.statements
        else:
            sentences = "one sentence" if len(check.passages) == 1 else f"{len(check.passages)} sentences"
            self._say(f"Asking {self._writer.name} to correct {sentences} that the sources do not carry.")
        yield ""
        checked = None
        with suppress(ModelError):  # the reader's verdicts stay
            reply, used = respond(check.request(), model_check.SECONDS, self._stop)
            self._usage = _sum(self._usage, used)
            checked = check.read(reply)
        if checked is not None:
            judged, corrections = checked
            self._cited.overrule(judged)
            self._cited, self._mended = mending.mend(self._cited, corrections, self._matches)
        elif check.judged:
            self._reason = "The model's check could not be read: the sentences were checked on this machine."

    def _finished(self) -> Answer:
        if self._ready is not None:
            return self._ready
        cited, differing = (CitedText(()), Told()) if self._abstained else (self._cited, self._differing)
        if self._not_held and not self._abstained:
            missing = " ".join(
                f"Nothing was found {part}." if part.startswith("by ") else f"No answer was found to “{part}”."
                for part in self._not_held
            )
            self._reason = f"{self._reason} {missing}" if self._reason else missing
        return Answer(
            question=self.question,
            text=(self._reason or "") if self._abstained else "\n\n".join(filter(None, (cited.text, differing.text))),
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
            nearest=tuple(self._matches[:NEAREST]) if self._abstained else (),
            articles_read=0 if self._abstained else len({match.article.id for match in self._matches}),
            usage=self._usage,
            seconds_search=self._seconds_search,
            seconds_write=self._seconds_write,
            searched_for=None if self._wanted == self.question else self._wanted,
            trail=self.trail,
        )

    def _not_answered(self, said: str) -> str:
        """Why there is no answer: the model's own words where it has some, and the article that comes nearest."""
        nearest = self._matches[0].article
        words = said or "No sentence of the library answers this surely enough to be quoted."
        return (
            f"{words} The nearest article is “{nearest.title}” ({attribution(nearest)}). Ask with the names or words "
            "that an article would use, or with other days."
        )

    def _nothing_found(self) -> str:
        if self._library.count() == 0:
            return "The library is empty. Add articles first: assistant add FILES."
        return "No article in the library lies within this scope. Widen the days or the sources."


def _kind(question: str, sure: float) -> RequestKind:
    """What is asked for, where the reader is sure of it; else a question like any other."""
    kind, chance = reader().request(question)
    return kind if chance >= sure else "answer"


def _where_searched(scope: TimeScope, articles: int) -> str:
    """What of a library of so many articles was searched, and the words that say so, as a sentence after another."""
    words = scope.words if scope.since or scope.until else ()
    if scope.sources or scope.without_sources:
        words += scope.source_words
    if not (scope.limits or scope.sources or scope.without_sources):
        return f" All {articles:,} articles of the library were searched." if articles > 1 else ""
    if not words:
        return f" Only {searched(scope)} were searched."
    asks = "your last question" if set(words) <= set(scope.kept) else "the question"
    return f" Only {searched(scope)} were searched, as {asks} says “{'”, “'.join(words)}”."


def _plan(chat: ChatWriter) -> Plan:
    def plan(question: str, followed: Followed, stop: Stop) -> tuple[tuple[str, ...] | None, Usage]:
        try:
            text, usage = chat.reply(planning.request(question, followed.said), planning.SECONDS, stop)
        except ModelError:
            return None, Usage()
        return planning.read(text, question, followed.said), usage

    return plan


def _sum(one: Usage, other: Usage) -> Usage:
    costs = [cost for cost in (one.cost_usd, other.cost_usd) if cost is not None]
    return Usage(
        one.input_tokens + other.input_tokens, one.output_tokens + other.output_tokens, sum(costs) if costs else None
    )


def _as_turn(turn: Turn | Mapping[str, Any]) -> Turn:
    if isinstance(turn, Turn):
        return turn
    role, text = turn.get("role"), turn.get("content")
    if role not in ("user", "assistant") or not isinstance(text, str):
        raise SearchInvalid('history: each turn is a Turn, or {"role": "user" or "assistant", "content": its text}.')
    scope, searched_for = turn.get("scope"), turn.get("searched_for")
    return Turn(
        "user" if role == "user" else "assistant",
        text,
        followups.scope_of(scope) if scope is not None else None,
        searched_for if isinstance(searched_for, str) else None,
    )
