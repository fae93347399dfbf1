"""``Assistant``: a question in, a checked answer with citations out. The chain, whatever writes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypedDict, Unpack

from langchain_core.messages import BaseMessage, convert_to_messages

from assistant import many, suggestions, wiring
from assistant.conversation import follow_up, planning
from assistant.conversation.follow_up import Followed
from assistant.errors import ModelError, SettingsInvalid
from assistant.kept_answers import KeptAnswers
from assistant.messages import Translator
from assistant.models.cancelling import Stop
from assistant.pipeline import Draft, Means
from assistant.question.scope import Day, ScopedQuestion, scoped
from assistant.question.time_limits import Role
from assistant.question.ukrainian import in_english
from assistant.reader import RequestKind, reader
from assistant.reply import AsyncReply, Reply
from assistant.retrieval.retrieve import AskedQuestion
from assistant.settings import Settings
from assistant.types import Answer, Turn, Usage
from assistant.writer import Plan, Respond, Writer
from assistant.writing.extractive import ExtractiveWriter
from assistant.writing.from_catalogue import about_the_library, of_those_days
from assistant.writing.small_talk import small_talk
from vectorstore.errors import SearchInvalid
from vectorstore.library import Library
from vectorstore.messages import Message
from vectorstore.retrieval.scope import day as parsed_day
from vectorstore.sources import Limits
from vectorstore.types import AddReport, Article, Match, OnProgress, TimeScope

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings
    from langchain_core.language_models import BaseChatModel

    from assistant.drafts.verifying import Report
    from assistant.langchain import ArticleRetriever
    from assistant.writing.chat import ChatWriter

Said = Turn | Mapping[str, Any] | tuple[str, str] | BaseMessage
"""One turn of a conversation: ours, ``{"role": "user", "content": "Hi"}``, ``("human", "Hi")``, or LangChain's."""
_ROLES: Mapping[str, Literal["user", "assistant"]] = {"human": "user", "ai": "assistant"}

SURE_OF_KIND = 0.6
"""Probability from which a message is taken for something else than a question that articles answer."""


class Within(TypedDict, total=False):
    """Where to look, as a caller sets it; what is left out is read from the question."""

    as_of: Day
    """Nothing later is known; days that the question names count from it, or else from ``today``."""
    since: Day
    until: Day
    sources: Sequence[str] | None
    """Outlets, by their names as stored."""
    tags: Sequence[str]
    """Tags of which an article must carry one."""
    today: Day
    """The reader's day; by default that of the settings' time zone."""


class Asked(Within, total=False):
    """What a question is asked with."""

    history: Iterable[Said]
    deep: bool


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
        if chat_model or embeddings:  # by their names alone two of a caller's own could be taken for one
            settings = settings.model_copy(update={"keep_answers": "off"})
        chat = wiring.writer_for(chat_model, settings) if chat_model else wiring.chat_writer(settings)
        folder = folder or settings.library
        embeddings = embeddings or wiring.embeddings(settings, folder)
        library = Library.open(folder, embeddings=embeddings, read_only=read_only)
        writer = _quoting(library)
        if chat is not None:
            judges = settings.check == "model"
            writer = Writer(
                chat.name,
                chat.write,
                _plan(chat),
                respond=((wiring.checking_writer(settings) if judges else None) or chat).reply,
                judges=judges,
                turn=chat.turn,
                fallback=writer if settings.fallback == "extractive" else None,
            )
        return cls(library, settings, writer)

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
        history: Iterable[Said] = (),
        deep: bool = False,
        **within: Unpack[Within],
    ) -> Answer:
        """The finished answer; one that the chat model broke off has ``state`` "cut".

        Raises ``SearchInvalid`` for a question or scope that makes no sense, ``ModelError`` when the chat model gives
        no answer at all, ``SettingsInvalid`` for ``deep`` without a chat model.
        """
        return self.stream(question, history=history, deep=deep, **within).answer

    def stream(
        self,
        question: str,
        *,
        history: Iterable[Said] = (),
        deep: bool = False,
        **within: Unpack[Within],
    ) -> Reply:
        """The same as ``ask``, as it is written: iterate over the reply for its text, then take ``reply.answer``.

        Days that the question itself names ("last week", "in August 2024") limit the search, unless ``since`` or
        ``until`` is given; outlets that it names ("according to UNN") unless ``sources`` is. ``reply.scope`` says how
        both were read.

        With ``history``, what was said before, a follow-up is searched for as a question that stands alone
        (``answer.searched_for``); the time and the sources that an earlier question named hold until the subject
        changes. ``Turn.of(answer)`` hands an earlier answer on with its scope.

        With ``deep``, the chat model looks several things up, one after the other, before it writes: for questions
        that one search cannot answer. ``reply.trail`` and ``answer.trail`` say what. It takes up to ``deep_steps``
        look-ups of the settings, and up to twice the time of an answer.
        """
        question = _text(question)
        if deep and not self.can_look_deeper:
            raise SettingsInvalid(
                "deep: looking things up step by step needs a chat model. Set OPENAI_API_KEY, or OPENAI_BASE_URL and "
                "ASSISTANT_MODEL, or ask without deep."
            )
        turns = tuple(_as_turn(turn) for turn in history)

        def read(text: str, role: Role | None = None) -> ScopedQuestion:
            return self._scoped(text, within, role)

        followed = Followed(read(question))
        if turns:
            days: Within = {"as_of": within.get("as_of"), "today": within.get("today"), "tags": within.get("tags", ())}
            followed = follow_up.follow(
                question,
                turns,
                self.library,
                read=read,
                read_anew=lambda text: self._scoped(text, days),
                keep_time=within.get("since") is None and within.get("until") is None,
                keep_sources=within.get("sources") is None,
            )
        kind = _kind(question, followed.asked.scope, follow_up.SURE if followed.leans else SURE_OF_KIND)
        if kind == "answer" and len(followed.asked.sources or ()) > 1 and followed.asked.scope.source_words:
            kind = "compare"
        if kind in ("digest", "timeline") and not followed.leans:
            followed = Followed(of_those_days(question, read), followed.said)
        asked = AskedQuestion(question, kind, followed, turns)
        means = Means(
            self.library,
            self.settings.passages,
            drop_unsupported=self.settings.unsupported == "drop",
            deep_steps=self.settings.deep_steps if deep else 0,
            deep_seconds=self.settings.answer_seconds,
        )
        return Reply(Draft.of(asked, self._writer), means, ready=self._without_search(asked, read))

    async def aask(self, question: str, **asked: Unpack[Asked]) -> Answer:
        """``ask`` for ``async`` code."""
        return await self.astream(question, **asked).answer()

    def astream(self, question: str, **asked: Unpack[Asked]) -> AsyncReply:
        """``stream`` for ``async for``; cancelling the task cancels the answer."""
        return AsyncReply(partial(self.stream, question, **asked))

    def ask_many(
        self, questions: Any, *, workers: int = many.WORKERS, stop: Stop | None = None, **asked: Unpack[Asked]
    ) -> Iterator[tuple[Any, many.Result]]:
        """Asks ``workers`` questions at a time; each with its answer or its error, in the order given.

        ``questions`` are texts, mappings with ``question`` and, if wanted, ``id``, ``as_of``, ``since``, ``until``,
        ``sources`` and ``tags`` of their own, or a pandas DataFrame with such columns. Each comes back as it was given.
        Answers are kept, and given again at no cost while articles, model, settings and day are the same; the setting
        ``keep_answers`` turns that off.
        To leave the iteration, or ``stop.ask()`` from any thread, cancels what is under way.
        """
        begin = partial(self.begun, asked=asked)
        return many.in_order(many.asked(many.rows(questions), begin, workers=workers, stop=stop or Stop()))

    def begun(self, row: many.Row, asked: Asked, *, cached: bool = True) -> many.Asking:
        """The question of ``row``, for ``many.asked``; if ``cached`` and the settings let it, a kept answer to it."""
        given: Asked = {"today": self.settings.today(), **asked, **row.within}  # type: ignore[typeddict-item]
        if "history" in given:
            given["history"] = tuple(map(_as_turn, given["history"]))

        def begin() -> Reply:
            return self.stream(row.question, **given)

        if not cached or self.settings.keep_answers == "off":
            return begin()
        return KeptAnswers(self.library, self.settings, self.writer).or_asked(begin, row.question, **given)

    async def aask_many(
        self, questions: Any, *, workers: int = many.WORKERS, **asked: Unpack[Asked]
    ) -> AsyncGenerator[tuple[Any, many.Result], None]:
        """``ask_many`` for ``async for``; cancelling the task cancels what is under way."""
        stop = Stop()
        answers = self.ask_many(questions, workers=workers, stop=stop, **asked)
        try:
            while (answered := await asyncio.to_thread(next, answers, None)) is not None:
                yield answered
        finally:
            stop.ask()

    def _without_search(self, asked: AskedQuestion, read: Callable[..., ScopedQuestion]) -> Answer | None:
        """The answer to what asks nothing of the articles, or something about the library itself."""
        question, kind, followed = asked.text, asked.kind, asked.followed
        articles = self.library.count()
        model = None if self._writer.part_by_part else self.writer
        if kind == "talk" or (kind == "instruct" and model is None):
            said = small_talk(question, articles=articles, model=model, asks_for_work=kind == "instruct")
            return Answer(question, said, (), (), TimeScope(), "assistant")
        if kind == "library":
            alone = follow_up.about_the_last(question, followed) if followed.leans else question
            return replace(about_the_library(alone, self.library, read), question=question)
        return None

    def suggest(self, words: Translator, stop: Stop) -> tuple[str, ...]:
        """Questions that the newest stories raise, in the language of ``words``; each was tried, so it takes seconds.

        Raises ``LibraryError``.
        """
        quoting = Assistant(self.library, self.settings, _quoting(self.library))
        return suggestions.of_library(self.library, quoting.ask, self._suggesting, words, stop)

    def suggest_next(self, answer: Answer, words: Translator, stop: Stop) -> Answer:
        """``answer`` with what may be asked next, tried, and with what that consumed. Raises ``LibraryError``."""
        if answer.abstained or answer.state != "complete" or not answer.citations or answer.model == "catalogue":
            return replace(answer, suggested=())
        scope, wanted = answer.scope, answer.searched_for or answer.question
        within: Within = {"as_of": scope.as_of, "since": scope.since, "until": scope.until, "tags": scope.tags}
        within["sources"] = scope.sources or None
        found = self.search(wanted, k=self.settings.passages, **within)
        quoting = Assistant(self.library, self.settings, _quoting(self.library))
        ask = partial(quoting.ask, tags=scope.tags)  # they hold for the next question, too
        suggested, used = suggestions.after(answer, found, ask, self._suggesting, words, stop)
        return replace(answer, suggested=suggested, usage=answer.usage + used)

    @property
    def _suggesting(self) -> Respond | None:
        """The model that words suggested questions, where there is one and it may."""
        return self._writer.respond if self.settings.suggest == "on" else None

    def search(self, question: str, *, k: int = 10, **within: Unpack[Within]) -> list[Match]:
        """The ``k`` passages that fit best, best first, in the scope that ``ask`` would search; ``scope`` names it."""
        return self._scoped(_text(question), within).search(self.library, k=k)

    def scope(self, question: str, **within: Unpack[Within]) -> TimeScope:
        """What ``ask`` and ``search`` would search: the question's days and outlets, as they are read."""
        return self._scoped(question, within).scope

    def verify(self, text: str) -> Report:
        """Whether the library carries the sentences of a Markdown text; days that they name limit no search."""
        from assistant.drafts.verifying import verify

        return verify(text, self.library.search, self._writer)

    def _scoped(self, question: str, within: Within, role: Role | None = None) -> ScopedQuestion:
        given: dict[str, Any] = {**within, "today": parsed_day(within.get("today"), "today") or self.settings.today()}
        return scoped(question, self.library, day_first=self.settings.day_first, role=role, **given)

    def as_retriever(self, **search: Any) -> ArticleRetriever:
        """``search`` as a LangChain retriever; ``k``, ``as_of``, ``since`` and so on are fixed here."""
        from assistant.langchain import ArticleRetriever

        return ArticleRetriever(search=self.search, **search)

    def add(self, sources: str | Path | Iterable[str | Path], *, on_progress: OnProgress | None = None) -> AddReport:
        """Takes articles into the library: paths of files and folders, and addresses of the web.

        The report says what happened to each.
        """
        return self.library.add(sources, on_progress=on_progress, limits=self.limits)

    @property
    def limits(self) -> Limits:
        """How far fetching a page may go, by the settings."""
        return Limits(private=self.settings.private_addresses == "allow")

    def remove(self, ids: Iterable[str]) -> int:
        """Takes articles out of the library; returns how many there were."""
        return self.library.remove(ids)

    def articles(self, *, limit: int | None = None, offset: int = 0, with_text: bool = True) -> list[Article]:
        """The articles of the library, newest first; ``with_text=False`` leaves their texts empty, for lists."""
        return self.library.articles(limit=limit, offset=offset, with_text=with_text)


def _quoting(library: Library) -> Writer:
    """The writer that needs no model."""
    extractive = ExtractiveWriter(library.similarity)
    return Writer(
        extractive.name,
        lambda question, matches, turns, *_: extractive.write(question, matches, turns),
        part_by_part=True,
    )


def _kind(question: str, scope: TimeScope, sure: float) -> RequestKind:
    """What is asked for, where the reader is sure of it; else a question like any other.

    The reader knows no outlets: it is shown "What did the paper report about Kestrel?", which asks for an overview.
    """
    if len(scope.sources) == 1 and len(scope.source_words) == 1:
        question = question.replace(scope.source_words[0], "the paper")
    kind, chance = reader().request(in_english(question)[0])
    return kind if chance >= sure else "answer"


def _plan(chat: ChatWriter) -> Plan:
    def plan(question: str, followed: Followed, stop: Stop) -> tuple[tuple[str, ...] | None, Usage]:
        try:
            text, usage = chat.reply(planning.request(question, followed.said), planning.SECONDS, stop)
        except ModelError:
            return None, Usage()
        return planning.read(text, question, followed.said), usage

    return plan


def _text(question: object) -> str:
    if not isinstance(question, str):
        raise SearchInvalid(Message("A question is a text, not {kind}.", kind=type(question).__name__))
    if not question.strip():
        raise SearchInvalid("The question is empty. Ask something about your articles.")
    return question.strip()


def _as_turn(turn: Said) -> Turn:
    if isinstance(turn, Turn):
        return turn
    given = dict(turn) if isinstance(turn, Mapping) else {}
    try:
        (message,) = convert_to_messages([given or turn] if not isinstance(turn, str) else [])  # type: ignore[list-item]
        role = _ROLES[message.type]
    except (KeyError, TypeError, ValueError, NotImplementedError):
        raise SearchInvalid(
            Message(
                'history: each turn is a Turn, a LangChain message, ("human", its text), or {"role": "user" or '
                '"assistant", "content": its text}.'
            )
        ) from None
    scope, searched_for = given.get("scope"), given.get("searched_for")
    return Turn(
        role,
        str(message.text),
        follow_up.scope_of(scope) if scope is not None else None,
        searched_for if isinstance(searched_for, str) else None,
    )
