"""The concrete choices: which chat model, which embeddings. The only module that names OpenAI.

Everything of OpenAI's is imported by the function that needs it: it takes two and a half seconds.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from email.utils import mktime_tz, parsedate_tz
from typing import TYPE_CHECKING, Any, TypeVar

from langchain_core.embeddings import Embeddings

from assistant.errors import (
    ModelError,
    ModelFailed,
    ModelKeyRefused,
    ModelRateLimited,
    ModelUnknown,
    ModelUnreachable,
    SettingsInvalid,
)
from assistant.prices import price_of
from assistant.settings import EXTRACTIVE, Settings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from assistant.chat import ChatWriter

DEFAULT_MODEL = "gpt-4.1-mini"
"""Small and quick, takes temperature 0, and writes at once: the newer small models think first, which here, where the
facts are given, costs seconds and buys little."""

_PREFIX = "openai:"
_FIXED_TEMPERATURE = re.compile(r"o\d|gpt-[5-9]")
"""Reasoning models, which refuse any temperature but their own."""

T = TypeVar("T")
V = TypeVar("V")
_CONTEXT_OVERFLOW = re.compile(
    r"context.{0,20}(?:length|window|size|limit|overflow)|overflow.{0,20}context|too (?:long|many tokens)"
    r"|(?:request|prompt|input) (?:is )?too large|(?:maximum|max|limit)\b.{0,40}\btokens"
    r"|tokens?\b.{0,40}\b(?:exceed|maximum|limit|must be <=)|exceeds?\b.{0,40}\b(?:tokens|context)"
    r"|prompt length|model length",
    re.I,
)
"""How OpenAI, Anthropic, Gemini, Mistral, xAI, Cohere, Bedrock, vLLM, TGI, llama.cpp and LM Studio say that a request
is longer than what the model can read."""
_FILTERED = re.compile(r"content[_ ](?:filter|policy|management)|ResponsibleAI|safety system", re.I)


def embeddings(settings: Settings) -> Embeddings | None:
    """The model that makes vectors; ``None`` leaves the choice to the library."""
    name = settings.embeddings
    if not name:
        return None
    if not name.startswith(_PREFIX):
        from vectorstore.embeddings import open_embeddings

        return open_embeddings(name)
    from langchain_openai import OpenAIEmbeddings

    from vectorstore.embeddings import checked

    _demand_key(settings, "ASSISTANT_EMBEDDINGS", name)
    model = name.removeprefix(_PREFIX)
    made = OpenAIEmbeddings(
        model=model,
        check_embedding_ctx_length=False,  # text goes as text: other servers do not take OpenAI's token numbers
        max_retries=2,  # those of an answer are counted by its writer
        timeout=settings.answer_seconds,
        **_access(settings),
    )
    use = _Use(model, "ASSISTANT_EMBEDDINGS", "unset ASSISTANT_EMBEDDINGS to make vectors on this machine", settings)
    return checked(_Translated(made, use), name)


class _Translated(Embeddings):
    """Embeddings whose errors are ours."""

    def __init__(self, embeddings: Embeddings, use: _Use) -> None:
        self._embeddings, self._use = embeddings, use

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return self._run(self._embeddings.embed_documents, texts)

    def embed_query(self, text: str) -> list[float]:
        return self._run(self._embeddings.embed_query, text)

    def _run(self, embed: Callable[[T], V], text: T) -> V:
        from openai import OpenAIError

        try:
            return embed(text)
        except OpenAIError as error:
            failure = self._use.translate(error)
            if failure is None:
                raise
        raise failure  # outside of the handler: what the server said may quote the key


def chat_writer(settings: Settings) -> ChatWriter | None:
    """The chat model's writer as the settings want it; ``None`` for the extractive one.

    Raises ``SettingsInvalid`` when a model is named but cannot be reached that way.
    """
    model = settings.model
    if model == EXTRACTIVE or (not model and settings.api_key is None):
        return None
    if settings.base_url is None and ":" in model and not model.startswith(_PREFIX):
        raise SettingsInvalid(
            f"ASSISTANT_MODEL: no model “{model}” is built in. Name one of OpenAI's (openai:{DEFAULT_MODEL}), set "
            "OPENAI_BASE_URL to a server that has it, or pass your own with Assistant.open(chat_model=...)."
        )
    _demand_key(settings, "ASSISTANT_MODEL", model)
    from assistant.chat import ChatWriter

    name = model.removeprefix(_PREFIX) or DEFAULT_MODEL
    use = _Use(name, "ASSISTANT_MODEL", "set ASSISTANT_MODEL=extractive to write without a model", settings)
    shown = f"{_PREFIX}{name}" if settings.base_url is None else f"{name} ({settings.host})"
    return ChatWriter(
        _openai_model(name, settings),
        shown,
        first_token_seconds=settings.first_token_seconds,
        answer_seconds=settings.answer_seconds,
        translate=use.translate,
        line=Call,
        price=price_of(name, settings.prices, listed=settings.base_url is None),
    )


def checking_writer(settings: Settings) -> ChatWriter | None:
    """The model that ASSISTANT_CHECK_MODEL names; ``None`` where the one that writes checks as well."""
    if not settings.check_model:
        return None
    return chat_writer(settings.model_copy(update={"model": settings.check_model}))


def writer_for(model: BaseChatModel, settings: Settings) -> ChatWriter:
    """The writer for a chat model of the caller's own."""
    from assistant.chat import ChatWriter

    name = str(getattr(model, "model_name", None) or getattr(model, "model", None) or type(model).__name__)
    return ChatWriter(
        model,
        name,
        first_token_seconds=settings.first_token_seconds,
        answer_seconds=settings.answer_seconds,
        price=price_of(name, settings.prices, listed=False),  # whoever serves it has its own prices
    )


def _demand_key(settings: Settings, variable: str, value: str) -> None:
    if settings.api_key is None and settings.base_url is None:
        raise SettingsInvalid(
            f"{variable} is “{value}”, but there is no key. Set OPENAI_API_KEY, or OPENAI_BASE_URL to a server that "
            f"needs none, or unset {variable}."
        )


def _access(settings: Settings) -> dict[str, Any]:
    # Never None: OpenAI's client insists on a key, and LangChain would look into the environment again.
    key = settings.api_key.get_secret_value() if settings.api_key else "none"
    return {"api_key": key, "base_url": settings.base_url or "https://api.openai.com/v1"}


def _openai_model(name: str, settings: Settings) -> BaseChatModel:
    import httpx2
    from langchain_openai import ChatOpenAI
    from openai import DefaultHttpxClient

    class OpenAIModel(ChatOpenAI):
        """Its own class drops what a model says when it refuses: the answer would look empty."""

        def _convert_chunk_to_generation_chunk(self, chunk: dict[str, Any], *rest: Any) -> Any:
            made = super()._convert_chunk_to_generation_chunk(chunk, *rest)
            choices = chunk.get("choices") or ()
            if made is not None and any((choice.get("delta") or {}).get("refusal") for choice in choices):
                made.message.additional_kwargs["refusal"] = True  # its words are not an answer
            return made

    # Every request has its own connection: the pool's would be closed as idle between two questions anyway, and a
    # connection that is ours alone can be hung up without harm to another answer.
    client = DefaultHttpxClient(
        limits=httpx2.Limits(max_keepalive_connections=0),
        event_hooks={"request": [_watch]},
        follow_redirects=False,
    )
    temperature = None if settings.base_url is None and _FIXED_TEMPERATURE.match(name) else 0.0
    return OpenAIModel(
        model=name,
        temperature=temperature,
        timeout=httpx2.Timeout(settings.answer_seconds, connect=10.0),
        max_retries=0,  # ours know when the reader has had enough
        stream_usage=True,
        http_client=client,
        **_access(settings),
    )


_call: ContextVar[Call | None] = ContextVar("_call", default=None)


class Call:
    """The connections of one answer. ``hang_up`` ends them from any thread, also while one waits for bytes.

    Closing a socket does not wake a thread that reads from it; shutting it down does, on every system.
    """

    def __init__(self) -> None:
        self._sockets: list[socket.socket] = []
        self._over = False

    @contextmanager
    def carry(self) -> Iterator[None]:
        token = _call.set(self)
        try:
            yield
        finally:
            _call.reset(token)

    def hang_up(self) -> None:
        self._over = True  # first: a connection that is made meanwhile finds it set
        for line in self._sockets:
            with suppress(OSError):  # it is closed already
                line.shutdown(socket.SHUT_RDWR)

    def trace(self, event: str, facts: dict[str, Any]) -> None:
        """The ``trace`` extension of httpx: called for each step of a request."""
        if event.endswith(("connect_tcp.complete", "connect_unix_socket.complete")):
            self._sockets.append(facts["return_value"].get_extra_info("socket"))
            if self._over:
                self.hang_up()


def _watch(request: Any) -> None:
    if (call := _call.get()) is not None:
        request.extensions["trace"] = call.trace


@dataclass(frozen=True, slots=True)
class _Use:
    """What a model of the server is used for, as messages speak of it."""

    model: str
    variable: str
    instead: str
    """How to do without the server."""
    settings: Settings

    def translate(self, error: BaseException) -> ModelError | None:
        """An error of OpenAI's client as one of ours: what happened and what to do, without the server's own words.

        Those may quote the key, or the prompt.
        """
        import openai

        host = self.settings.host
        if isinstance(error, openai.APIStatusError):
            return self._of_status(error)
        if isinstance(error, openai.APITimeoutError):
            return ModelUnreachable(f"{host} did not answer in time. Check that it is well, then try again.")
        if isinstance(error, openai.APIConnectionError):
            own = "OPENAI_BASE_URL and that the server runs"
            where = own if self.settings.base_url else "the connection to the internet"
            return ModelUnreachable(f"{host} cannot be reached, or hung up. Check {where}, then try again.")
        if isinstance(error, openai.APIError):
            if _CONTEXT_OVERFLOW.search(f"{error.code} {error.message}"):
                return self._too_long()
            return ModelFailed(f"{host} reported a failure while it was answering. Try again.", retry_after=0.5)
        if isinstance(error, ValueError | TypeError | KeyError | AttributeError):
            what = f"The reply of {host} cannot be read. Is it an OpenAI-compatible server, at the right path?"
            return ModelFailed(what, fault="unreadable")
        return None

    def _too_long(self) -> ModelError:
        what = f"The question and its passages are too long for {self.model} at {self.settings.host}"
        return ModelFailed(f"{what}. Set ASSISTANT_PASSAGES lower.", fault="too_long")

    def _of_status(self, error: Any) -> ModelError:
        """``error`` is an ``openai.APIStatusError``."""
        status, host = int(error.status_code), self.settings.host
        said = f"{error.code} {error.message}"
        # A 429 that is too large is a limit by the minute which this request alone exceeds.
        overflow = status in (400, 413, 422, 500) and _CONTEXT_OVERFLOW.search(said)
        if overflow or (status == 429 and "too large" in said):
            return self._too_long()
        if status in (400, 403) and _FILTERED.search(said):
            what = f"{host} withheld the answer (content filter, {status}). Ask in other words."
            return ModelFailed(what, fault="withheld")
        if status in (401, 403) and self.settings.api_key is None:
            return ModelKeyRefused(f"{host} asks for a key ({status}). Set OPENAI_API_KEY, or {self.instead}.")
        if status == 401:
            what = f"The model's server at {host} refused the key (401). Set OPENAI_API_KEY to a valid key"
            return ModelKeyRefused(f"{what}, or {self.instead}.")
        if status == 403:
            what = (
                f"{host} does not let this key use {self.model} (403). Set {self.variable} to a model that it may use"
            )
            return ModelKeyRefused(f"{what}, or {self.instead}.", fault="forbidden")
        if status == 404:
            return ModelUnknown(f"{host} has no model “{self.model}” (404). Set {self.variable} to one that it has.")
        if status == 429 and error.code == "insufficient_quota":
            what = f"The account's quota at {host} is used up (429). See to its billing, or {self.instead}."
            return ModelRateLimited(what, fault="quota")
        asked = _retry_after(error.response.headers)
        wait = 1.0 if asked is None else asked
        if status == 429:
            when = f"in {asked:.0f} s" if asked and asked >= 1 else "in a minute"
            return ModelRateLimited(f"{host} asks to slow down (429). Try again {when}.", retry_after=wait)
        if status in (503, 529):
            what = f"The model's server at {host} is overloaded ({status}). Try again later."
            return ModelFailed(what, fault="overloaded", retry_after=wait)
        if status >= 500:
            return ModelFailed(f"The model's server at {host} failed ({status}). Try again later.", retry_after=0.5)
        what = f"{host} refused the request ({status}) for {self.model}. Set {self.variable} to another model."
        return ModelFailed(what, fault="rejected")


def _retry_after(headers: Any) -> float | None:
    """Seconds, from the header's forms: milliseconds, seconds, or the time until which to wait."""
    milliseconds, written = headers.get("retry-after-ms"), headers.get("retry-after", "")
    try:
        seconds = float(milliseconds) / 1000 if milliseconds else float(written)
    except ValueError:
        if (until := parsedate_tz(written)) is None:
            return None
        seconds = max(0.0, mktime_tz(until) - time.time())
    return seconds if 0 <= seconds < 86_400 else None
