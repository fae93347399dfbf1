"""The writer with a chat model: a LangChain chain of prompt and model, read with limits.

Loaded only when a chat model is used: LangChain's part costs a second and a half to import.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any, TypeVar, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, message_chunk_to_message
from langchain_core.runnables import Runnable, RunnableConfig

from assistant.errors import Fault, ModelError
from assistant.langchain import to_document
from assistant.models import prompt, tracing
from assistant.models.cancelling import Broken, Call, Relay, Say, Stalled, Stop
from assistant.models.outgoing import Unprompted
from assistant.models.prices import Price
from assistant.models.reasoning import BEGIN_INSIDE, WithoutReasoning, repeats_itself
from assistant.types import Turn, Usage
from assistant.writer import TAKE_BACK, Written
from assistant.writing.chain import answer_chain, prompt_messages
from assistant.writing.chat_errors import PATIENCE, calls_tools, classified, model_error, why_incomplete
from vectorstore.messages import Message
from vectorstore.types import Match

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

T = TypeVar("T")

_log = logging.getLogger(__name__)

RETRIES = 2
"""Further attempts, and only before the first word: a reader who waits longer has left."""

LONGEST_WAIT = 10.0
"""Seconds between two attempts. A server that asks for more is reported at once, with what it asked."""

SHORT_TURN = 300
"""Characters of an earlier message, when the conversation as a whole was too long for the model."""

FEWEST_TOKENS = 5.5
"""Letters of English in one token, more than any model's tokens have (4 to 5; fewer in other languages): a server that
counted fewer tokens than this gives did not read all that it was sent."""

SURELY_FITS = 4_000
"""Letters of a request that every model can read."""

_DELAY: Mapping[Fault, Message] = {
    "rate_limited": Message("{model} asks to slow down."),
    "overloaded": Message("{model} is overloaded."),
    "stalled": Message("{model} does not answer."),
    "unreachable": Message("{model} cannot be reached."),
}
"""Why it takes longer; anything else failed."""


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
    """Turns an error of the model's library into one of ours, in words for the operator; ``None`` if it does not know
    it."""
    retries: int = RETRIES

    @property
    def model_name(self) -> str:
        """The name without the server's address: what a reader is told."""
        return self.name.partition(" (")[0]

    def write(
        self,
        question: str,
        matches: Sequence[Match],
        history: Sequence[Turn],
        as_of: date | None,
        stop: Stop,
        say: Say,
    ) -> Generator[str, None, Written]:
        """The model's text as it comes, without its reasoning and what it was told.

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
        answer = self._tried(lambda: self._answer(asked, stop, until, say), until, stop, say, self._shorter(asked))
        return (yield from answer) or Written()

    def _tried(
        self,
        request: Callable[[], Generator[str, None, T]],
        until: float,
        stop: Stop,
        say: Say,
        shorter: Iterable[str] = (),
    ) -> Generator[str, None, T | None]:
        """What ``request`` gives, made again while it fails before its first text; ``None`` when asked to stop.

        ``shorter`` makes a request that is too long a shorter one, and yields what the reader is told.
        """
        attempts, less = 1, iter(shorter)
        while True:
            pieces = request()
            try:
                while not (first := next(pieces)):
                    yield ""
            except StopIteration as end:
                return cast(T, end.value)
            except ModelError as error:
                wait, said = 0.0, next(less, None) if error.fault == "too_long" else None
                if said is None:
                    wait = math.inf if error.retry_after is None else error.retry_after * 2.0 ** (attempts - 1)
                    if attempts > self.retries or wait > LONGEST_WAIT or time.monotonic() + wait > until:
                        raise
                    attempts += 1
                    reason = _DELAY.get(error.fault, Message("{model} failed."))
                    attempt = Message(
                        "Attempt {attempt} of {attempts} in {seconds} s.",
                        attempt=attempts,
                        attempts=self.retries + 1,
                        seconds=max(1, round(wait)),
                    )
                    said = Message.joined(Message(reason.template, model=self.model_name), attempt)
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
                model=self.model_name,
                some=len(asked["documents"]),
                all=len(documents),
            )
        if history:
            asked["history"] = [
                Turn(turn.role, prompt.without_markers(turn.text)[:SHORT_TURN]) for turn in history[-2:]
            ]
            yield Message("Still too long for {model}: asking again with less of what was said.", model=self.model_name)

    def _answer(self, asked: Mapping[str, Any], stop: Stop, until: float, say: Say) -> Generator[str, None, Written]:
        """One attempt at an answer, without reasoning and without the words of the request's own instructions."""
        asked = {**asked, "boundary": prompt.new_boundary()}
        rules = prompt.rules(asked["boundary"]), asked["boundary"]
        reasoning = WithoutReasoning(begins_inside=self.name in BEGIN_INSIDE)
        ours = Unprompted(*rules)
        pieces: list[AIMessage] = []
        text, thinks = "", False
        try:
            for message in self._read(answer_chain(self.model), asked, stop, until):
                pieces.append(message)
                shown = reasoning.feed(message.text)
                if reasoning.was_inside:
                    reasoning.was_inside = False
                    BEGIN_INSIDE.add(self.name)
                    ours, text = Unprompted(*rules), ""
                    yield TAKE_BACK
                if (reasoning.inside or _reasons(message)) and not thinks:
                    say(Message("{model} is thinking.", model=self.model_name))
                    yield ""
                thinks = reasoning.inside or _reasons(message)
                if shown := ours.feed(shown):
                    text += shown
                    yield shown
                if repeats_itself(text):
                    raise model_error(self.model_name, "repeated")
        except ModelError:
            if rest := ours.feed(reasoning.finish()) + ours.finish():
                yield rest
            raise
        if rest := ours.feed(reasoning.finish()) + ours.finish():
            yield rest
        if not (text + rest).strip() and not stop.asked:
            raise model_error(self.model_name, "empty")
        usage = self._usage(pieces)
        return Written(usage, self._unread(usage, sum(len(each.content) for each in prompt_messages(asked))))

    def _unread(self, usage: Usage, sent: int) -> tuple[str, ...]:
        """The doubt about an answer whose request, of so many letters, was cut by the server in silence."""
        read = usage.input_tokens * FEWEST_TOKENS
        if not usage.input_tokens or sent < SURELY_FITS or read >= sent:
            return ()
        _log.warning(
            "%s counted %d tokens in a request of %d letters: it cuts what is longer than the context that it was "
            "started with. Give it a longer one (Ollama: OLLAMA_CONTEXT_LENGTH), or set ASSISTANT_PASSAGES lower.",
            self.name, usage.input_tokens, sent,
        )  # fmt: skip
        share = round(100 * read / sent)
        return (
            Message(
                "{model} read only about {share} % of what it was given: the answer may lack something.",
                model=self.model_name,
                share=share,
            ),
        )

    def reply(self, messages: Sequence[prompt.ChatMessage], seconds: float, stop: Stop) -> tuple[str, Usage]:
        """What the model says to ``messages``, whole, and what that consumed; empty when asked to stop.

        One attempt, at most ``seconds`` long. Raises ``ModelError``.
        """
        pieces = list(self._read(self.model, list(messages), stop, time.monotonic() + seconds))
        reasoning = WithoutReasoning()
        text = reasoning.feed("".join(piece.text for piece in pieces)) + reasoning.finish()
        return text, self._usage(pieces)

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
            raise model_error(self.model_name, "rejected") from None

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
        pieces: list[AIMessage] = []
        provider = str(self.model._get_ls_params().get("ls_provider", ""))
        named = {"gen_ai.request.model": self.model_name, "gen_ai.provider.name": provider}
        with tracing.ended(tracing.begin("chat", self.model_name, named), lambda: self._usage(pieces)):
            yield from self._received(chain, asked, stop, until, pieces, may_call=may_call)

    def _received(
        self,
        chain: Runnable[Any, BaseMessage],
        asked: Any,
        stop: Stop,
        until: float,
        pieces: list[AIMessage],
        *,
        may_call: bool,
    ) -> Iterator[AIMessage]:
        """``_read``, which keeps in ``pieces`` what has come so far."""
        call = Call()

        def carried() -> Iterator[AIMessage]:
            call.carry()
            named: RunnableConfig = {"run_name": "look up" if may_call else "answer"}
            yield from cast(Iterator[AIMessage], chain.stream(asked, named))

        failure: ModelError | None = None
        try:
            for message in Relay(carried, stop, call.hang_up).read(self.first_token_seconds, until):
                pieces.append(message)
                yield message
        except (Stalled, Broken) as error:
            failure = self.failure(error)
        # Outside of the handlers: an error that is the context of ours would be shown with it.
        if failure is not None:
            if failure.fault == "unreachable" and any(piece.text or calls_tools(piece) for piece in pieces):
                failure = model_error(self.model_name, "cut", failure.detail)
            raise failure
        if not stop.asked and (fault := why_incomplete(pieces, may_call=may_call)):
            raise model_error(self.model_name, fault)

    def failure(self, error: Stalled | Broken) -> ModelError:
        """What ended a reading of the model, as an error of ours."""
        if isinstance(error, Stalled):
            return model_error(self.model_name, "stalled", PATIENCE, seconds=error.seconds)
        if known := self.translate(error.error):
            return model_error(self.model_name, known.fault, known.args[0], retry_after=known.retry_after)
        fault, detail = classified(error.error, self.name)
        return model_error(self.model_name, fault, detail, retry_after=1.0 if fault == "rate_limited" else None)

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


def _reasons(message: AIMessage) -> bool:
    """Whether it holds reasoning apart from its text, where LangChain's integrations put it."""
    blocks = message.content if isinstance(message.content, list) else ()
    apart = any(isinstance(block, dict) and block.get("type") in ("thinking", "reasoning") for block in blocks)
    return apart or bool(message.additional_kwargs.get("reasoning_content"))
