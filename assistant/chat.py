"""The writer with a chat model: a LangChain chain of prompt and model, read with limits.

Loaded only when a chat model is used: LangChain's part costs a second and a half to import.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from operator import itemgetter
from typing import Any, Protocol

from langchain_core import exceptions
from langchain_core.documents import Document
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableLambda, RunnablePassthrough

from assistant import prompt
from assistant.errors import (
    ModelError,
    ModelFailed,
    ModelKeyRefused,
    ModelRateLimited,
    ModelUnknown,
    ModelUnreachable,
)
from assistant.retriever import to_document
from assistant.stopping import Broken, Relay, Stalled, Stop
from assistant.types import Turn, Usage
from vectorstore.types import Match

RETRIES = 2
"""Further attempts, and only before the first word: a reader who waits longer has left."""

LONGEST_WAIT = 10.0
"""Seconds between two attempts. A server that asks for more is reported at once, with what it asked."""

_COMPLETE = frozenset({"stop", "end_turn", "stop_sequence", "completed", "eos", "eos_token"})
_TOO_LONG = frozenset({"length", "max_tokens", "max_output_tokens", "model_length", "incomplete"})
_WITHHELD = frozenset({"content_filter", "safety", "refusal", "prohibited_content", "recitation", "blocklist"})
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
        prompt.Source(d.metadata["title"], d.metadata["source"], d.metadata["published"], d.page_content)
        for d in documents
    ]
    boundary = f"=== {secrets.token_hex(8)}"
    messages = prompt.build(
        asked["question"], sources, asked.get("history", ()), boundary=boundary, as_of=asked.get("as_of")
    )
    return _of_langchain_kind(messages)


def _of_langchain_kind(messages: Sequence[prompt.Message]) -> list[BaseMessage]:
    kinds: dict[str, type[BaseMessage]] = {"system": SystemMessage, "user": HumanMessage, "assistant": AIMessage}
    return [kinds[message.role](content=message.content) for message in messages]


class ChatWriter:
    """Writes with a chat model. Thread safe; each call is one answer.

    ``translate`` turns an error of the model's library into one of ours, or gives ``None`` if it does not know it.
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
    ) -> None:
        self.name = name
        self.chain = answer_chain(model)
        self._model = model
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
    ) -> Generator[str, None, Usage]:
        """The model's raw text as it comes; the generator's value is what it consumed.

        Raises ``ModelError``: before the first piece if there is no answer, after it if the answer is cut.
        """
        stop = stop or Stop()
        asked = {
            "question": question,
            "documents": [to_document(match) for match in matches],
            "history": history,
            "as_of": as_of.isoformat() if as_of else None,
        }
        until = time.monotonic() + self._answer_seconds
        for retries_left in range(RETRIES, -1, -1):
            pieces = self._attempt(self.chain, asked, stop, until)
            try:
                first = next(pieces)
            except StopIteration as end:
                return end.value or Usage()
            except ModelError as error:
                wait = error.retry_after
                if wait is None or wait > LONGEST_WAIT or time.monotonic() + wait > until or not retries_left:
                    raise
                if stop.wait(wait):
                    break
            else:
                yield first
                return (yield from pieces)
        return Usage()

    def reply(self, messages: Sequence[prompt.Message], seconds: float, stop: Stop) -> tuple[str, Usage]:
        """What the model says to ``messages``, whole, and what that consumed; empty when asked to stop.

        One attempt, at most ``seconds`` long. Raises ``ModelError``.
        """
        until = time.monotonic() + seconds
        pieces = self._attempt(self._model, _of_langchain_kind(messages), stop, until)
        text = ""
        while True:
            try:
                text += next(pieces)
            except StopIteration as end:
                return text, end.value or Usage()

    def _attempt(
        self, chain: Runnable[Any, BaseMessage], asked: Any, stop: Stop, until: float
    ) -> Generator[str, None, Usage]:
        usage = Usage()
        ending = _Ending(self.name)
        for message in self._read(chain, asked, stop, until):
            ending.see(message)
            usage = _usage(message) or usage
            if text := message.text:
                yield text
        if not stop.asked:
            ending.demand_complete()
        return usage

    def _read(self, chain: Runnable[Any, BaseMessage], asked: Any, stop: Stop, until: float) -> Iterator[AIMessage]:
        """The model's messages: the pieces of one, or one that is whole from models that do not stream."""
        line = self._line()

        def stream() -> Iterator[AIMessage]:
            with line.carry():
                for message in chain.stream(asked, {"run_name": "answer"}):
                    assert isinstance(message, AIMessage)
                    yield message

        failure: ModelError | None = None
        try:
            yield from Relay(stream, stop, line.hang_up).read(self._first_token_seconds, until)
        except Stalled as stalled:
            failure = ModelUnreachable(
                f"{self.name} sent nothing for {stalled.seconds:.3g} s. Try again, or give it more time with "
                "ASSISTANT_FIRST_TOKEN_SECONDS and ASSISTANT_ANSWER_SECONDS."
            )
        except Broken as broken:
            failure = self._translate(broken.error) or _of_langchain(broken.error, self.name)
        if failure is not None:
            # Outside of the handlers: an error that is the context of ours would be shown with it.
            raise failure


class _Ending:
    """Whether a stream was an answer to its end, from what its pieces say of it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._reason: str | None = None
        self._text = False
        self._refused = False
        self._says_endings = False

    def see(self, message: AIMessage) -> None:
        metadata = message.response_metadata
        # Integrations that name their provider also report how a stream ended; others (a test's fake) may not.
        self._says_endings = self._says_endings or "model_provider" in metadata
        reason = next((metadata[key] for key in _ENDINGS if metadata.get(key)), None)
        self._reason = str(reason).lower() if reason else self._reason
        self._text = self._text or bool(message.text.strip())
        self._refused = self._refused or bool(message.additional_kwargs.get("refusal"))

    def demand_complete(self) -> None:
        """Raises ``ModelFailed`` unless the answer has a text and its end."""
        if self._refused or self._reason in _WITHHELD:
            raise ModelFailed(f"{self._name} withheld the answer (content filter). Ask in other words.")
        if self._reason in _TOO_LONG:
            raise ModelFailed(f"{self._name} stopped at its length limit. Ask for less, or allow it longer answers.")
        if not self._text:
            raise ModelFailed(f"{self._name} sent an empty answer. Try again, or choose another model.")
        if self._reason not in _COMPLETE and (self._says_endings or self._reason):
            raise ModelFailed(f"The connection to {self._name} ended before the answer did. Try again.")


def _usage(message: AIMessage) -> Usage | None:
    counted = message.usage_metadata
    return Usage(counted["input_tokens"], counted["output_tokens"]) if counted else None


def _of_langchain(error: BaseException, name: str) -> ModelError:
    """Errors as LangChain's integrations classify them, whatever the provider."""
    if isinstance(error, exceptions.ModelAuthenticationError | exceptions.ModelPermissionDeniedError):
        return ModelKeyRefused(f"{name} refused the key. Check the key that this model was made with.")
    if isinstance(error, exceptions.ModelNotFoundError):
        return ModelUnknown(f"{name} is not known to its server. Choose another model.")
    if isinstance(error, exceptions.ModelRateLimitError):
        return ModelRateLimited(f"{name} asks to slow down. Try again in a minute.", retry_after=1.0)
    if isinstance(error, exceptions.ModelConnectionError | exceptions.ModelTimeoutError | OSError):
        return ModelUnreachable(f"{name} cannot be reached. Check the connection, then try again.")
    if isinstance(error, exceptions.ContextOverflowError):
        return ModelFailed(f"The question and its passages are too long for {name}. Set ASSISTANT_PASSAGES lower.")
    return ModelFailed(f"{name} failed ({type(error).__name__}). Try again, or choose another model.")
