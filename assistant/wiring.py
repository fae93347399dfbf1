"""The concrete choices: which chat model, which embeddings. The only module that names OpenAI.

Everything of OpenAI's is imported by the function that needs it: it takes two and a half seconds.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from email.utils import mktime_tz, parsedate_tz
from functools import partial
from typing import TYPE_CHECKING, Any

from langchain_core.embeddings import Embeddings

from assistant.errors import Fault, ModelError, SettingsInvalid
from assistant.models.cancelling import watch
from assistant.models.prices import price_of
from assistant.settings import EXTRACTIVE, Settings
from vectorstore.messages import Message

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from assistant.writing.chat import ChatWriter

DEFAULT_MODEL = "gpt-4.1-mini"
"""Small and quick, takes temperature 0, and writes at once: the newer small models think first, which here, where the
facts are given, costs seconds and buys little."""

_PREFIX = "openai:"
_FIXED_TEMPERATURE = re.compile(r"o\d|gpt-[5-9]")
"""Reasoning models, which refuse any temperature but their own."""

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

_STATUSES: Mapping[int, Fault] = {
    401: "key_refused",
    403: "forbidden",
    404: "model_unknown",
    429: "rate_limited",
    503: "overloaded",
    529: "overloaded",
}
_SAID: Mapping[Fault, Message] = {
    "key_refused": Message("{host} refused the key (401). Set OPENAI_API_KEY to a valid key, or {instead}."),
    "forbidden": Message(
        "{host} does not let this key use {model} (403). Set {variable} to one that it may use, or {instead}."
    ),
    "model_unknown": Message("{host} has no model “{model}” (404). Set {variable} to one that it has."),
    "rate_limited": Message("{host} asks to slow down (429). Try again {when}."),
    "quota": Message("The account's quota at {host} is used up (429). See to its billing, or {instead}."),
    "overloaded": Message("The model's server at {host} is overloaded ({status}). Try again later."),
    "server_failed": Message("The model's server at {host} failed ({status}). Try again later."),
    "rejected": Message("{host} refused the request ({status}) for {model}. Set {variable} to another model."),
    "withheld": Message("{host} withheld the answer (content filter, {status}). Ask in other words."),
    "too_long": Message(
        "The question and its passages are too long for {model} at {host}. Set ASSISTANT_PASSAGES lower."
    ),
    "stalled": Message("{host} did not answer in time. Check that it is well, then try again."),
    "unreachable": Message("{host} cannot be reached, or hung up. Check {where}, then try again."),
    "unreadable": Message("The reply of {host} cannot be read. Is it an OpenAI-compatible server, at the right path?"),
}
_WAITS: Mapping[Fault, float] = {"rate_limited": 1.0, "overloaded": 1.0, "server_failed": 0.5}
"""Seconds after which these may be over, where the server does not say."""


def embeddings(settings: Settings) -> Embeddings | None:
    """The model that makes vectors; ``None`` leaves the choice to the library."""
    name = settings.embeddings
    if not name:
        return None
    from vectorstore.embedding.embeddings import checked, open_embeddings

    if ":" in name and not name.startswith(_PREFIX):
        from assistant.models.embeddings import of_provider

        return checked(of_provider(name), name)
    if not name.startswith(_PREFIX):
        return open_embeddings(name)
    from langchain_openai import OpenAIEmbeddings

    _demand_key(settings, "ASSISTANT_EMBEDDINGS", name)
    model = name.removeprefix(_PREFIX)
    made = OpenAIEmbeddings(
        model=model,
        check_embedding_ctx_length=False,  # text goes as text: other servers do not take OpenAI's token numbers
        max_retries=2,  # those of an answer are counted by its writer
        timeout=settings.answer_seconds,
        **_access(settings),
    )
    instead = Message("unset ASSISTANT_EMBEDDINGS to make vectors on this machine")
    translate = partial(_translated, settings=settings, model=model, variable="ASSISTANT_EMBEDDINGS", instead=instead)
    return checked(_Translated(made, translate), name)


class _Translated(Embeddings):
    """Embeddings whose errors are ours."""

    def __init__(self, embeddings: Embeddings, translate: Callable[[BaseException], ModelError | None]) -> None:
        self._embeddings, self._translate = embeddings, translate

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        from openai import OpenAIError

        try:
            return self._embeddings.embed_documents(texts)
        except OpenAIError as error:
            failure = self._translate(error)
            if failure is None:
                raise
        raise failure  # outside of the handler: what the server said may quote the key

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


def chat_writer(settings: Settings) -> ChatWriter | None:
    """The chat model's writer as the settings want it; ``None`` for the extractive one.

    Raises ``SettingsInvalid`` when a model is named but cannot be reached that way.
    """
    model = settings.model
    if model == EXTRACTIVE or (not model and settings.api_key is None):
        return None
    if settings.base_url is None and ":" in model and not model.startswith(_PREFIX):
        raise SettingsInvalid(
            "ASSISTANT_MODEL: no model “{model}” is built in. Name one of OpenAI's ({example}), set OPENAI_BASE_URL to "
            "a server that has it, or pass your own with Assistant.open(chat_model=...).",
            model=model,
            example=_PREFIX + DEFAULT_MODEL,
        )
    _demand_key(settings, "ASSISTANT_MODEL", model)
    name = model.removeprefix(_PREFIX) or DEFAULT_MODEL
    instead = Message("set ASSISTANT_MODEL=extractive to write without a model")
    shown = f"{_PREFIX}{name}" if settings.base_url is None else f"{name} ({settings.host})"
    return replace(
        writer_for(_openai_model(name, settings), settings),
        name=shown,
        price=price_of(name, settings.prices, listed=settings.base_url is None),
        translate=partial(_translated, settings=settings, model=name, variable="ASSISTANT_MODEL", instead=instead),
    )


def checking_writer(settings: Settings) -> ChatWriter | None:
    """The model that ASSISTANT_CHECK_MODEL names; ``None`` where the one that writes checks as well."""
    if not settings.check_model:
        return None
    return chat_writer(settings.model_copy(update={"model": settings.check_model}))


def writer_for(model: BaseChatModel, settings: Settings) -> ChatWriter:
    """The writer for a chat model of the caller's own."""
    from assistant.writing.chat import ChatWriter

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
            "{variable} is “{value}”, but there is no key. Set OPENAI_API_KEY, or OPENAI_BASE_URL to a server that "
            "needs none, or unset {variable}.",
            variable=variable,
            value=value,
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
        event_hooks={"request": [watch]},
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


def _translated(error: BaseException, *, settings: Settings, **facts: str) -> ModelError | None:
    """An error of OpenAI's client as one of ours: what happened and what to do, without the server's own words.

    Those may quote the key, or the prompt. ``facts`` are the model, the setting that names it, and how to do without.
    """
    import openai

    status, asked = 0, None
    fault: Fault
    if isinstance(error, openai.APIStatusError):
        status, asked = error.status_code, _retry_after(error.response.headers)
        fault = _fault_of_status(status, f"{error.code} {error.message}", settings)
    elif isinstance(error, openai.APITimeoutError):
        fault = "stalled"
    elif isinstance(error, openai.APIConnectionError):
        fault = "unreachable"
    elif isinstance(error, openai.APIError):
        fault = "too_long" if _CONTEXT_OVERFLOW.search(f"{error.code} {error.message}") else "server_failed"
    elif isinstance(error, ValueError | TypeError | KeyError | AttributeError):
        fault = "unreadable"
    else:
        return None
    said = _SAID[fault]
    if fault == "key_refused" and settings.api_key is None:
        said = Message("{host} asks for a key ({status}). Set OPENAI_API_KEY, or {instead}.")
    if fault == "server_failed" and not status:
        said = Message("{host} reported a failure while it was answering. Try again.")
    when = Message("in {seconds} s", seconds=f"{asked:.0f}") if asked and asked >= 1 else Message("in a minute")
    where = Message("OPENAI_BASE_URL and that the server runs")
    if not settings.base_url:
        where = Message("the connection to the internet")
    wait = _WAITS.get(fault)
    message = Message(said.template, host=settings.host, status=status, when=when, where=where, **facts)
    return ModelError.of(fault, message, wait if wait is None or asked is None else asked)


def _fault_of_status(status: int, said: str, settings: Settings) -> Fault:
    # A 429 that is too large is a limit by the minute which this request alone exceeds.
    too_large = status == 429 and "too large" in said
    if too_large or (status in (400, 413, 422, 500) and _CONTEXT_OVERFLOW.search(said)):
        return "too_long"
    if status in (400, 403) and _FILTERED.search(said):
        return "withheld"
    if status == 403 and settings.api_key is None:
        return "key_refused"
    if status == 429 and "insufficient_quota" in said:
        return "quota"
    return _STATUSES.get(status, "server_failed" if status >= 500 else "rejected")


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
