"""The writer with a chat model: a LangChain chain of prompt and model, read with limits.

Loaded only when a chat model is used: LangChain's part costs a second and a half to import.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from operator import add, itemgetter
from typing import TYPE_CHECKING, Any, TypeVar, cast

from langchain_core import exceptions
from langchain_core.documents import Document
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, message_chunk_to_message
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda, RunnablePassthrough

from assistant.errors import Fault, ModelError
from assistant.langchain import to_document
from assistant.models import prompt
from assistant.models.cancelling import Broken, Call, Relay, Say, Stalled, Stop
from assistant.models.outgoing import Unprompted
from assistant.models.prices import Price
from assistant.types import Turn, Usage
from vectorstore.messages import Message
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

_DELAY: Mapping[Fault, Message] = {
    "rate_limited": Message("{model} asks to slow down."),
    "overloaded": Message("{model} is overloaded."),
    "stalled": Message("{model} does not answer."),
    "unreachable": Message("{model} cannot be reached."),
}
"""Why it takes longer; anything else failed."""

_COMPLETE = frozenset({"stop", "end_turn", "stop_sequence", "completed", "eos", "eos_token"})
_CALLED = frozenset({"tool_calls", "tool_use", "function_call"})
_TOO_LONG = frozenset({"length", "max_tokens", "max_output_tokens", "model_length", "incomplete"})
_WITHHELD = frozenset({"content_filter", "safety", "prohibited_content", "recitation", "blocklist"})
_ENDINGS = ("finish_reason", "stop_reason", "done_reason", "stopReason", "status")
"""Where LangChain's integrations put the reason for which a model stopped."""


_FAULTS: Mapping[type[Exception], Fault] = {
    exceptions.ModelAuthenticationError: "key_refused",
    exceptions.ModelPermissionDeniedError: "forbidden",
    exceptions.ModelNotFoundError: "model_unknown",
    exceptions.ModelRateLimitError: "rate_limited",
    exceptions.ModelConnectionError: "unreachable",
    exceptions.ModelTimeoutError: "unreachable",
    exceptions.ContextOverflowError: "too_long",
    OSError: "unreachable",
}
"""Errors as LangChain's integrations classify them, whatever the provider; any other is a "server_failed"."""

_SAID: Mapping[Fault, Message] = {
    "key_refused": Message("{name} refused the key. Check the key that this model was made with."),
    "forbidden": Message("{name} is not open to this key. Use another key or model."),
    "model_unknown": Message("{name} is not known to its server. Choose another model."),
    "rate_limited": Message("{name} asks to slow down. Try again in a minute."),
    "unreachable": Message("{name} cannot be reached. Check the connection, then try again."),
    "too_long": Message("The question and its passages are too long for {name}. Set ASSISTANT_PASSAGES lower."),
    "server_failed": Message("{name} failed ({error}). Try again, or choose another model."),
    "rejected": Message("{name} does not take tools. Choose another model."),
    "stalled": Message(
        "{name} sent nothing for {seconds} s. Try again, or give it more time with "
        "ASSISTANT_FIRST_TOKEN_SECONDS and ASSISTANT_ANSWER_SECONDS."
    ),
    "withheld": Message("{name} withheld the answer (content filter). Ask in other words."),
    "refused": Message("{name} refused to answer. Ask in other words."),
    "length": Message("{name} stopped at its length limit. Ask for less, or allow it longer answers."),
    "empty": Message("{name} sent an empty answer. Try again, or choose another model."),
    "unended": Message("The connection to {name} ended before the answer did. Try again."),
}


def answer_chain(model: BaseChatModel) -> Runnable[dict[str, Any], BaseMessage]:
    """Prompt and model. In: ``question``, ``documents``, and if wanted ``history`` (turns) and ``as_of`` (ISO day)."""
    return RunnableLambda(_messages, name="prompt") | model


def retrieval_chain(retriever: BaseRetriever, model: BaseChatModel) -> Runnable[Any, BaseMessage]:
    """The whole way for chains of your own: a question, or a mapping with ``question``, in; the model's message out.

    The markers of its text number the retrieved documents from 1. ``Assistant`` does more: it does not ask the model
    without evidence, and checks what comes out.
    """
    question: Runnable[Any, dict[str, Any]] = RunnableLambda(
        lambda asked: {"question": asked} if isinstance(asked, str) else asked, name="question"
    )
    found = RunnablePassthrough.assign(documents=itemgetter("question") | retriever)
    return question | found | answer_chain(model)


def _messages(asked: Mapping[str, Any]) -> list[prompt.ChatMessage]:
    documents: Sequence[Document] = asked["documents"]
    sources = [
        prompt.Source(of["title"], of["source"], of["published"], document.page_content, of.get("updated"))
        for document in documents
        for of in (document.metadata,)  # other people's retrievers know of no update
    ]
    boundary = asked.get("boundary") or prompt.new_boundary()
    history, as_of = asked.get("history", ()), asked.get("as_of")
    return prompt.build(asked["question"], sources, history, boundary=boundary, as_of=as_of)


@dataclass(frozen=True)
class ChatWriter:
    """Writes with a chat model. Thread safe; each call is one answer."""

    model: BaseChatModel
    name: str
    first_token_seconds: float
    answer_seconds: float
    price: Price | None = None
    """What the model costs, where that is known."""
    translate: Callable[[BaseException], ModelError | None] = lambda error: None
    """Turns an error of the model's library into one of ours, or gives ``None`` if it does not know it."""

    def write(
        self,
        question: str,
        matches: Sequence[Match],
        history: Sequence[Turn],
        as_of: date | None,
        stop: Stop,
        say: Say,
    ) -> Generator[str, None, Usage]:
        """The model's text as it comes, without what it was told; the generator's value is what it consumed.

        A passing failure is tried again, and passages and a conversation that are too long for the model are sent
        once more with fewer of the passages, then with less of the conversation. Each time ``say`` gets a sentence
        for the reader, and an empty piece follows.

        Raises ``ModelError``: before the first piece of text if there is no answer, after it if the answer is cut.
        """
        asked = {
            "question": question,
            "documents": [to_document(match) for match in matches],
            "history": history,
            "as_of": as_of.isoformat() if as_of else None,
        }
        until = time.monotonic() + self.answer_seconds
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
                    wait = math.inf if error.retry_after is None else error.retry_after * 2.0 ** (attempts - 1)
                    if attempts > RETRIES or wait > LONGEST_WAIT or time.monotonic() + wait > until:
                        raise
                    attempts += 1
                    reason = _DELAY.get(error.fault, Message("{model} failed."))
                    attempt = Message(
                        "Attempt {attempt} of {attempts} in {seconds} s.",
                        attempt=attempts,
                        attempts=RETRIES + 1,
                        seconds=max(1, round(wait)),
                    )
                    said = Message.joined(Message(reason.template, model=self.name), attempt)
            else:
                yield first
                return (yield from pieces)
            say(said)
            yield ""
            if stop.wait(wait):
                return None

    def _shorter(self, asked: dict[str, Any]) -> Iterator[str]:
        """Puts less into the request, and says so: each time is worth one attempt."""
        documents, history = asked["documents"], asked["history"]
        if len(documents) > 1:
            asked["documents"] = documents[: (len(documents) + 1) // 2]
            yield Message(
                "Too long for {model}: asking again with the first {some} of {all} passages.",
                model=self.name,
                some=len(asked["documents"]),
                all=len(documents),
            )
        if history:
            asked["history"] = [
                Turn(turn.role, prompt.without_markers(turn.text)[:SHORT_TURN]) for turn in history[-2:]
            ]
            yield Message("Still too long for {model}: asking again with less of what was said.", model=self.name)

    def _answer(self, asked: Mapping[str, Any], stop: Stop, until: float) -> Generator[str, None, Usage]:
        """One attempt at an answer, without the words of the request's own instructions."""
        boundary = prompt.new_boundary()
        ours = Unprompted(prompt.rules(boundary), boundary)
        pieces: list[AIMessage] = []
        try:
            for message in self._read(answer_chain(self.model), {**asked, "boundary": boundary}, stop, until):
                pieces.append(message)
                if shown := ours.feed(message.text):
                    yield shown
        except ModelError:
            if rest := ours.finish():
                yield rest
            raise
        if rest := ours.finish():
            yield rest
        return self._usage(pieces)

    def reply(self, messages: Sequence[prompt.ChatMessage], seconds: float, stop: Stop) -> tuple[str, Usage]:
        """What the model says to ``messages``, whole, and what that consumed; empty when asked to stop.

        One attempt, at most ``seconds`` long. Raises ``ModelError``.
        """
        pieces = list(self._read(self.model, list(messages), stop, time.monotonic() + seconds))
        return "".join(piece.text for piece in pieces), self._usage(pieces)

    def turn(
        self, messages: Sequence[BaseMessage], tools: Sequence[BaseTool], *, until: float, stop: Stop, say: Say
    ) -> Generator[str, None, tuple[AIMessage | None, Usage]]:
        """The model's next message when it may call ``tools``, whole, and what it consumed; ``None`` if told to stop.

        It has the limits of an answer, until ``until`` (of ``time.monotonic``), and passing failures are tried again.
        The generator's pieces are empty: one after each sentence that ``say`` got. Raises ``ModelError``.
        """
        try:
            bound = self.model.bind_tools(tools)
        except NotImplementedError:
            raise self._failure("rejected") from None

        def whole() -> Generator[str, None, tuple[AIMessage, Usage] | None]:
            yield from ()  # nothing of it is text for the reader
            pieces: list[Any] = list(self._read(bound, list(messages), stop, until, may_call=True))
            if stop.asked:
                return None
            return cast(AIMessage, message_chunk_to_message(reduce(add, pieces))), self._usage(pieces)

        made = yield from self._tried(whole, until, stop, say)
        return made or (None, Usage())

    def _read(
        self, chain: Runnable[Any, BaseMessage], asked: Any, stop: Stop, until: float, *, may_call: bool = False
    ) -> Iterator[AIMessage]:
        """The pieces of the model's message, or one that is whole from models that do not stream."""
        call = Call()
        pieces: list[AIMessage] = []

        def carried() -> Iterator[AIMessage]:
            call.carry()
            named: RunnableConfig = {"run_name": "look up" if may_call else "answer"}
            yield from cast(Iterator[AIMessage], chain.stream(asked, named))

        failure: ModelError | None = None
        try:
            for message in Relay(carried, stop, call.hang_up).read(self.first_token_seconds, until):
                pieces.append(message)
                yield message
        except Stalled as stalled:
            failure = self._failure("stalled", stalled)
        except Broken as broken:
            known = (fault for kind, fault in _FAULTS.items() if isinstance(broken.error, kind))
            failure = self.translate(broken.error) or self._failure(
                next(known, "server_failed"), type(broken.error).__name__
            )
        # Outside of the handlers: an error that is the context of ours would be shown with it.
        if failure is not None:
            if failure.fault == "unreachable" and any(piece.text or _calls(piece) for piece in pieces):
                failure.fault = "cut"
            raise failure
        if not stop.asked and (missing := _missing(pieces, may_call=may_call)):
            raise self._failure(missing)

    def _failure(self, fault: Fault, error: object = None) -> ModelError:
        seconds = f"{error.seconds:.3g}" if isinstance(error, Stalled) else ""
        said = Message(_SAID[fault].template, name=self.name, error=error, seconds=seconds)
        return ModelError.of(fault, said, retry_after=1.0 if fault == "rate_limited" else None)

    def _usage(self, pieces: Sequence[AIMessage]) -> Usage:
        """What a message consumed: the last word of its pieces on it, since some servers count in each of them."""
        counted = next((piece.usage_metadata for piece in reversed(pieces) if piece.usage_metadata), None)
        if counted is None:
            return Usage()
        usage = Usage(counted["input_tokens"], counted["output_tokens"])
        if self.price is None:
            return usage
        cached = min(counted.get("input_token_details", {}).get("cache_read") or 0, usage.input_tokens)
        return replace(usage, cost_usd=self.price.of(usage, cached))


def _calls(message: AIMessage) -> bool:
    return bool(message.tool_calls or message.invalid_tool_calls)


def _missing(pieces: Sequence[AIMessage], *, may_call: bool) -> Fault | None:
    """Why all the pieces of a message make no whole answer (or calls of tools); ``None`` where they do."""
    metadata = [piece.response_metadata for piece in reversed(pieces)]
    reason = next((str(each[key]).lower() for each in metadata for key in _ENDINGS if each.get(key)), "")
    if reason in _WITHHELD:
        return "withheld"
    if reason == "refusal" or any(piece.additional_kwargs.get("refusal") for piece in pieces):
        return "refused"
    if reason in _TOO_LONG:
        return "length"
    called = may_call and any(map(_calls, pieces))
    if not called and not any(piece.text.strip() for piece in pieces):
        return "empty"
    # Integrations that name their provider also report how a stream ended; others (a test's fake) may not.
    unreported = not reason and not any("model_provider" in each for each in metadata)
    return None if unreported or reason in _COMPLETE or (called and reason in _CALLED) else "unended"
