"""The writer with a chat model: a LangChain chain of prompt and model, read with limits.

Loaded only when a chat model is used: LangChain's part costs a second and a half to import.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import date
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from langchain_core import exceptions
from langchain_core.documents import Document
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    message_chunk_to_message,
)
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableLambda, RunnablePassthrough

from assistant import prompt
from assistant.errors import (
    Fault,
    ModelError,
    ModelFailed,
    ModelKeyRefused,
    ModelRateLimited,
    ModelUnknown,
    ModelUnreachable,
)
from assistant.outgoing import Unprompted
from assistant.prices import Price
from assistant.retriever import to_document
from assistant.stopping import Broken, Relay, Say, Stalled, Stop, silent
from assistant.types import Turn, Usage
from vectorstore.types import Match

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

T = TypeVar("T")

RETRIES = 2
"""Further attempts, and only before the first word: a reader who waits longer has left."""

LONGEST_WAIT = 10.0
"""Seconds between two attempts. A server that asks for more is reported at once, with what it asked."""

SHORT_TURN = 300
"""Characters of an earlier message, when the conversation as a whole was too long for the model."""

_DELAY: Mapping[Fault, str] = {
    "rate_limited": "asks to slow down",
    "overloaded": "is overloaded",
    "stalled": "does not answer",
    "unreachable": "cannot be reached",
}
"""Why it takes longer, in a few words; anything else "failed"."""

_COMPLETE = frozenset({"stop", "end_turn", "stop_sequence", "completed", "eos", "eos_token"})
_CALLED = frozenset({"tool_calls", "tool_use", "function_call"})
_TOO_LONG = frozenset({"length", "max_tokens", "max_output_tokens", "model_length", "incomplete"})
_WITHHELD = frozenset({"content_filter", "safety", "prohibited_content", "recitation", "blocklist"})
_ENDINGS = ("finish_reason", "stop_reason", "done_reason", "stopReason", "status")
"""Where LangChain's integrations put the reason for which a model stopped."""


class Line(Protocol):
    """What carries the requests of one answer."""

    def carry(self) -> AbstractContextManager[None]:
        """Requests made inside, in this thread, can be hung up."""

    def hang_up(self) -> None:
        """From any thread: ends them now."""


class UnknownLine:
    """For models that were handed to us: what they do underneath is theirs, and cannot be cut short."""

    def carry(self) -> AbstractContextManager[None]:
        return nullcontext()

    def hang_up(self) -> None:
        pass


def answer_chain(model: BaseChatModel) -> Runnable[dict[str, Any], BaseMessage]:
    """Prompt and model. In: ``question``, ``documents``, and if wanted ``history`` (turns) and ``as_of`` (ISO day)."""
    return RunnableLambda(_messages, name="prompt") | model


def retrieval_chain(retriever: BaseRetriever, model: BaseChatModel) -> Runnable[Any, BaseMessage]:
    """The whole way for chains of your own: a question, or a mapping with ``question``, in; the model's message out.

    The markers of its text number the retrieved documents from 1. ``Assistant`` does more: it does not ask the model
    without evidence, and checks what comes out.
    """
    question = RunnableLambda(_as_mapping, name="question")
    found = RunnablePassthrough.assign(documents=itemgetter("question") | retriever)
    return question | found | answer_chain(model)


def _as_mapping(asked: str | Mapping[str, Any]) -> dict[str, Any]:
    return {"question": asked} if isinstance(asked, str) else dict(asked)


def _messages(asked: Mapping[str, Any]) -> list[BaseMessage]:
    documents: Sequence[Document] = asked["documents"]
    sources = [
        prompt.Source(of["title"], of["source"], of["published"], document.page_content, of.get("updated"))
        for document in documents
        for of in (document.metadata,)  # other people's retrievers know of no update
    ]
    boundary = asked.get("boundary") or prompt.new_boundary()
    history, as_of = asked.get("history", ()), asked.get("as_of")
    return _of_langchain_kind(prompt.build(asked["question"], sources, history, boundary=boundary, as_of=as_of))


def _of_langchain_kind(messages: Sequence[prompt.Message]) -> list[BaseMessage]:
    kinds: dict[str, type[BaseMessage]] = {"system": SystemMessage, "user": HumanMessage, "assistant": AIMessage}
    return [kinds[message.role](content=message.content) for message in messages]


class ChatWriter:
    """Writes with a chat model. Thread safe; each call is one answer.

    ``translate`` turns an error of the model's library into one of ours, or gives ``None`` if it does not know it.
    ``price`` is what the model costs, where that is known.
    """

    def __init__(
        self,
        model: BaseChatModel,
        name: str,
        *,
        first_token_seconds: float,
        answer_seconds: float,
        translate: Callable[[BaseException], ModelError | None] = lambda error: None,
        line: Callable[[], Line] = UnknownLine,
        price: Price | None = None,
    ) -> None:
        self.name = name
        self.model = model
        self.chain = answer_chain(model)
        self._price = price
        self._first_token_seconds = first_token_seconds
        self._answer_seconds = answer_seconds
        self._translate = translate
        self._line = line

    def write(
        self,
        question: str,
        matches: Sequence[Match],
        history: Sequence[Turn] = (),
        as_of: date | None = None,
        stop: Stop | None = None,
        say: Say = silent,
    ) -> Generator[str, None, Usage]:
        """The model's text as it comes, without what it was told; the generator's value is what it consumed.

        A passing failure is tried again, and passages and a conversation that are too long for the model are sent
        once more with fewer of the passages, then with less of the conversation. Each time ``say`` gets a sentence
        for the reader, and an empty piece follows.

        Raises ``ModelError``: before the first piece of text if there is no answer, after it if the answer is cut.
        """
        stop = stop or Stop()
        asked = {
            "question": question,
            "documents": [to_document(match) for match in matches],
            "history": history,
            "as_of": as_of.isoformat() if as_of else None,
        }
        until = time.monotonic() + self._answer_seconds
        answer = self._tried(lambda: self._answer(asked, stop, until), until, stop, say, self._shorter(asked))
        return (yield from answer) or Usage()

    def _tried(
        self,
        request: Callable[[], Generator[str, None, T]],
        until: float,
        stop: Stop,
        say: Say,
        shorter: Iterable[str] = (),
    ) -> Generator[str, None, T | None]:
        """What ``request`` gives, made again while it fails before its first piece; ``None`` when asked to stop.

        ``shorter`` makes a request that is too long a shorter one, and yields what the reader is told.
        """
        attempts, less = 1, iter(shorter)
        while True:
            pieces = request()
            try:
                first = next(pieces)
            except StopIteration as end:
                return cast(T, end.value)
            except ModelError as error:
                wait, said = 0.0, next(less, None) if error.fault == "too_long" else None
                if said is None:
                    wait = self._wait(error, attempts, until)
                    attempts += 1
                    reason = _DELAY.get(error.fault, "failed")
                    said = f"{self.name} {reason}. Attempt {attempts} of {RETRIES + 1} in {max(1, round(wait))} s."
            else:
                yield first
                return (yield from pieces)
            say(said)
            yield ""
            if stop.wait(wait):
                return None

    @staticmethod
    def _wait(error: ModelError, attempts: int, until: float) -> float:
        """Seconds before the next attempt, twice as many each time; raises ``error`` where none is worth it."""
        if error.retry_after is None or attempts > RETRIES:
            raise error
        wait = error.retry_after * float(2 ** (attempts - 1))
        if wait > LONGEST_WAIT or time.monotonic() + wait > until:
            raise error
        return wait

    def _shorter(self, asked: dict[str, Any]) -> Iterator[str]:
        """Puts less into the request, and says so: each time is worth one attempt."""
        documents, history = asked["documents"], asked["history"]
        if len(documents) > 1:
            asked["documents"] = documents[: (len(documents) + 1) // 2]
            some = f"the first {len(asked['documents'])} of {len(documents)} passages"
            yield f"Too long for {self.name}: asking again with {some}."
        if history:
            asked["history"] = [
                Turn(turn.role, prompt.without_markers(turn.text)[:SHORT_TURN]) for turn in history[-2:]
            ]
            yield f"Still too long for {self.name}: asking again with less of what was said."

    def _answer(self, asked: Mapping[str, Any], stop: Stop, until: float) -> Generator[str, None, Usage]:
        """One attempt at an answer, without the words of the request's own instructions."""
        boundary = prompt.new_boundary()
        ours = Unprompted(prompt.rules(boundary), boundary)
        begun = False
        usage = Usage()
        try:
            for message in self._read(self.chain, {**asked, "boundary": boundary}, stop, until):
                usage = self._usage(message) or usage
                begun = begun or bool(message.text)
                if shown := ours.feed(message.text):
                    yield shown
        except ModelError as error:
            if begun and error.fault == "unreachable":
                error.fault = "cut"
            if rest := ours.finish():
                yield rest
            raise
        if rest := ours.finish():
            yield rest
        return usage

    def reply(self, messages: Sequence[prompt.Message], seconds: float, stop: Stop) -> tuple[str, Usage]:
        """What the model says to ``messages``, whole, and what that consumed; empty when asked to stop.

        One attempt, at most ``seconds`` long. Raises ``ModelError``.
        """
        until = time.monotonic() + seconds
        text, usage = "", Usage()
        for message in self._read(self.model, _of_langchain_kind(messages), stop, until):
            text += message.text
            usage = self._usage(message) or usage
        return text, usage

    def turn(
        self, messages: Sequence[BaseMessage], tools: Sequence[BaseTool], *, until: float, stop: Stop, say: Say = silent
    ) -> Generator[str, None, tuple[AIMessage | None, Usage]]:
        """The model's next message when it may call ``tools``, whole, and what it consumed; ``None`` if told to stop.

        It has the limits of an answer, until ``until`` (of ``time.monotonic``), and passing failures are tried again.
        The generator's pieces are empty: one after each sentence that ``say`` got. Raises ``ModelError``.
        """
        try:
            bound = self.model.bind_tools(tools)
        except NotImplementedError:
            bound = None
        if bound is None:
            raise ModelFailed(f"{self.name} does not take tools. Choose another model.", fault="rejected")
        made = yield from self._tried(lambda: self._whole(bound, messages, stop, until), until, stop, say)
        return made or (None, Usage())

    def _whole(
        self, model: Runnable[Any, BaseMessage], messages: Sequence[BaseMessage], stop: Stop, until: float
    ) -> Generator[str, None, tuple[AIMessage | None, Usage]]:
        yield from ()  # nothing of it is text for the reader
        whole: AIMessage | None = None
        try:
            for piece in self._read(model, list(messages), stop, until, may_call=True):
                whole = whole + piece if isinstance(whole, AIMessageChunk) else piece  # type: ignore[assignment]
        except ModelError as error:
            if whole is not None and error.fault == "unreachable":
                error.fault = "cut"
            raise
        if stop.asked:
            return None, Usage()
        assert whole is not None  # an ending without a message is none
        made = message_chunk_to_message(whole) if isinstance(whole, AIMessageChunk) else whole
        assert isinstance(made, AIMessage)
        return made, self._usage(whole) or Usage()

    def _read(
        self, chain: Runnable[Any, BaseMessage], asked: Any, stop: Stop, until: float, *, may_call: bool = False
    ) -> Iterator[AIMessage]:
        """The pieces of the model's message, or one that is whole from models that do not stream."""
        line = self._line()
        ending = _Ending(self.name, may_call=may_call)

        def carried() -> Iterator[AIMessage]:
            with line.carry():
                for message in chain.stream(asked, {"run_name": "look up" if may_call else "answer"}):
                    assert isinstance(message, AIMessage)
                    yield message

        failure: ModelError | None = None
        try:
            for message in Relay(carried, stop, line.hang_up).read(self._first_token_seconds, until):
                ending.see(message)
                yield message
        except Stalled as stalled:
            failure = ModelUnreachable(
                f"{self.name} sent nothing for {stalled.seconds:.3g} s. Try again, or give it more time with "
                "ASSISTANT_FIRST_TOKEN_SECONDS and ASSISTANT_ANSWER_SECONDS.",
                fault="stalled",
            )
        except Broken as broken:
            failure = self._translate(broken.error) or _of_langchain(broken.error, self.name)
        if failure is not None:
            # Outside of the handlers: an error that is the context of ours would be shown with it.
            raise failure
        if not stop.asked:
            ending.demand_complete()

    def _usage(self, message: BaseMessage) -> Usage | None:
        counted = getattr(message, "usage_metadata", None)
        if not counted:
            return None
        usage = Usage(counted["input_tokens"], counted["output_tokens"])
        if self._price is None:
            return usage
        cached = min((counted.get("input_token_details") or {}).get("cache_read") or 0, usage.input_tokens)
        return replace(usage, cost_usd=self._price.of(usage, cached))


class _Ending:
    """Whether a stream was an answer to its end, from what its pieces say of it."""

    def __init__(self, name: str, *, may_call: bool = False) -> None:
        self._name = name
        self._may_call = may_call
        self._reason: str | None = None
        self._text = False
        self._refused = False
        self._called = False
        self._says_endings = False

    def see(self, message: AIMessage) -> None:
        metadata = message.response_metadata
        # Integrations that name their provider also report how a stream ended; others (a test's fake) may not.
        self._says_endings = self._says_endings or "model_provider" in metadata
        reason = next((metadata[key] for key in _ENDINGS if metadata.get(key)), None)
        self._reason = str(reason).lower() if reason else self._reason
        self._text = self._text or bool(message.text.strip())
        called = bool(message.tool_calls or message.invalid_tool_calls)
        self._called = self._called or (self._may_call and called)
        self._refused = self._refused or bool(message.additional_kwargs.get("refusal"))

    def demand_complete(self) -> None:
        """Raises ``ModelFailed`` unless the message has its end, and a text or calls of tools."""
        complete = self._reason in _COMPLETE or (self._called and self._reason in _CALLED)
        fault: Fault
        said, fault = f"{self._name} sent an empty answer. Try again, or choose another model.", "empty"
        if self._reason in _WITHHELD:
            said, fault = f"{self._name} withheld the answer (content filter). Ask in other words.", "withheld"
        elif self._refused or self._reason == "refusal":
            said, fault = f"{self._name} refused to answer. Ask in other words.", "refused"
        elif self._reason in _TOO_LONG:
            said = f"{self._name} stopped at its length limit. Ask for less, or allow it longer answers."
            fault = "length"
        elif self._text or self._called:
            if complete or not (self._says_endings or self._reason):
                return
            said, fault = f"The connection to {self._name} ended before the answer did. Try again.", "unended"
        raise ModelFailed(said, fault=fault)


def _of_langchain(error: BaseException, name: str) -> ModelError:
    """Errors as LangChain's integrations classify them, whatever the provider."""
    if isinstance(error, ModelError):
        return error
    if isinstance(error, exceptions.ModelAuthenticationError):
        return ModelKeyRefused(f"{name} refused the key. Check the key that this model was made with.")
    if isinstance(error, exceptions.ModelPermissionDeniedError):
        return ModelKeyRefused(f"{name} is not open to this key. Use another key or model.", fault="forbidden")
    if isinstance(error, exceptions.ModelNotFoundError):
        return ModelUnknown(f"{name} is not known to its server. Choose another model.")
    if isinstance(error, exceptions.ModelRateLimitError):
        return ModelRateLimited(f"{name} asks to slow down. Try again in a minute.", retry_after=1.0)
    if isinstance(error, exceptions.ModelConnectionError | exceptions.ModelTimeoutError | OSError):
        return ModelUnreachable(f"{name} cannot be reached. Check the connection, then try again.")
    if isinstance(error, exceptions.ContextOverflowError):
        return ModelFailed(
            f"The question and its passages are too long for {name}. Set ASSISTANT_PASSAGES lower.", fault="too_long"
        )
    return ModelFailed(f"{name} failed ({type(error).__name__}). Try again, or choose another model.")
