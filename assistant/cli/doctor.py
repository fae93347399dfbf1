"""``assistant doctor``: what is wrong with what is set up here, and what the chat model can do, for the operator."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel

from assistant import wiring
from assistant.cli.checks import CHECKS, CLOCK_SECONDS, SET_CLOCK, Finding, code_of, examined
from assistant.errors import ModelError, SettingsInvalid
from assistant.models.cancelling import Broken, Call, Relay, Stalled, Stop
from assistant.settings import Settings
from vectorstore.messages import Message

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

    from assistant.writing.chat import ChatWriter

T = TypeVar("T")

SECONDS = 6.0
"""For each check; those of a model are made at the same time."""

_CONTEXT_KEYS = (
    *("max_model_len", "loaded_context_length", "n_ctx"),
    *("context_length", "context_window", "max_context_length"),
)
"""Where vLLM, LM Studio, llama.cpp, OpenRouter, Groq and Mistral say how many tokens a model can read."""


class _Capital(BaseModel):
    """A city."""

    city: str


def examine(folder: Path, port: int) -> Iterator[Finding]:
    """All checks, in order: first what needs no server."""
    found = list(examined(folder, port))
    yield from found
    if not found:
        yield Finding("this machine", True, Message("{count} checks find nothing to mend", count=len(CHECKS)))
    try:
        settings = Settings()
        writer = wiring.chat_writer(settings)
    except SettingsInvalid as error:
        if not any(each.code in (code_of(error), "extra_missing") for each in found):
            yield Finding("model", False, str(error), code="model_not_set_up")
        return
    if writer is None:
        said = "Answers are extractive: quotes, without a chat model. README.md, “Who writes”, says how to set one up."
        yield Finding("model", True, Message(said))
        return
    yield Finding("model", True, writer.name)
    checks = {"answers": _answers, "tools": _tools, "structured output": _structured, "context length": _context}
    with ThreadPoolExecutor(len(checks)) as pool:
        made = {about: pool.submit(_found, about, check, writer) for about, check in checks.items()}
        first = made["answers"].result()
        yield first
        yield from _clock(settings, writer)
        if first.ok:
            yield from (replace(made[about].result(), hint=True) for about in list(checks)[1:])


def _clock(settings: Settings, writer: ChatWriter) -> Iterator[Finding]:
    """Compares this machine's clock with that of OpenAI's server, or of the one that stands in its place."""
    import httpx2

    from assistant.models.openai_server import OPENAI

    if getattr(writer.model, "root_client", None) is None:
        return
    with suppress(httpx2.HTTPError, ValueError):  # whether it is there has been said; it may name no time
        replied = httpx2.head(settings.base_url or OPENAI, timeout=SECONDS)
        ahead = time.time() - parsedate_to_datetime(replied.headers.get("date", "")).timestamp()
        minutes = f"{abs(ahead) // 60:,.0f}"
        if ahead > CLOCK_SECONDS:
            said = Message("The clock is {minutes} minutes ahead of the model's server.", minutes=minutes)
            yield Finding("clock", False, said, SET_CLOCK, "clock_ahead")
        elif ahead < -CLOCK_SECONDS:
            said = Message("The clock is {minutes} minutes behind the model's server.", minutes=minutes)
            yield Finding("clock", False, said, SET_CLOCK, "clock_behind")


def _found(about: str, check: Callable[[ChatWriter], str], writer: ChatWriter) -> Finding:
    try:
        return Finding(about, True, check(writer))
    except ModelError as error:
        return Finding(about, False, error.detail or str(error), code=error.fault)


def _within(writer: ChatWriter, ask: Callable[[], Iterator[T]]) -> list[T]:
    """What ``ask`` gives in time. Raises ``ModelError``."""
    call = Call()

    def asked() -> Iterator[T]:
        call.carry()
        yield from ask()

    try:
        return list(Relay(asked, Stop(), call.hang_up).read(SECONDS, time.monotonic() + SECONDS))
    except Stalled:
        failure = ModelError.of("stalled", Message("not within {seconds} s: it may still be loading", seconds=SECONDS))
    except Broken as broken:
        failure = writer.failure(broken)
    raise failure  # outside of the handler: what the server said may quote the key


def _answers(writer: ChatWriter) -> str:
    began = time.monotonic()
    pieces = [each.text for each in _within(writer, lambda: writer.model.stream("Count from one to ten, in words."))]
    if not "".join(pieces).strip():
        raise ModelError.of("empty", Message("no: it sent an empty answer"))
    seconds = f"{time.monotonic() - began:.1f}"
    if sum(map(bool, pieces)) > 1:
        return Message("yes, word by word, in {seconds} s", seconds=seconds)
    return Message("yes, but all at once, after {seconds} s", seconds=seconds)


def _tools(writer: ChatWriter) -> str:
    def ask() -> Iterator[AIMessage]:
        yield writer.model.bind_tools([_Capital]).invoke("What is the capital of France? Answer with the tool.")

    (message,) = _within(writer, ask)
    if not message.tool_calls:
        raise ModelError.of("rejected", Message("no: deep questions get no further than ordinary ones"))
    return Message("yes")


def _structured(writer: ChatWriter) -> str:
    def ask() -> Iterator[object]:
        yield writer.model.with_structured_output(_Capital).invoke("What is the capital of France? Answer in JSON.")

    try:
        if isinstance(_within(writer, ask)[0], _Capital):
            return Message("yes")
    except ModelError as error:
        if error.fault != "unreadable":
            raise
    raise ModelError.of("unreadable", Message("no: its reply does not keep to the form"))


def _context(writer: ChatWriter) -> str:
    tokens = (writer.model.profile or {}).get("max_input_tokens")
    if client := getattr(writer.model, "root_client", None):  # of OpenAI and compatible servers
        name = getattr(writer.model, "model_name", "")
        with suppress(ModelError):
            listed = _within(writer, lambda: (each.model_dump() for each in client.models.list() if each.id == name))
            facts = [each | (each.get("meta") or {}) for each in listed]
            tokens = next((each[key] for each in facts for key in _CONTEXT_KEYS if each.get(key)), tokens)
    return Message("{tokens} tokens", tokens=f"{tokens:,}") if tokens else Message("the server does not tell")
