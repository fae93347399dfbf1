"""The concrete choices: which chat model, which embeddings. The only module that loads OpenAI's packages.

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
from urllib.parse import urlsplit

from langchain_core.embeddings import Embeddings

from assistant.errors import Fault, ModelError, SettingsInvalid
from assistant.models.prices import price_of
from assistant.models.prompt import visible
from assistant.settings import EXTRACTIVE, Settings
from vectorstore.messages import Message

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from assistant.writing.chat import ChatWriter

DEFAULT_MODEL = "gpt-4.1-mini"
"""Small and quick, takes temperature 0, and writes at once: the newer small models think first, which here, where the
facts are given, costs seconds and buys little."""

OPENAI = "https://api.openai.com/v1"
_PREFIX = "openai:"
EXTRAS: Mapping[str, str] = {
    "anthropic": "anthropic",
    "google_genai": "google-genai",
    "mistralai": "mistralai",
    "ollama": "ollama",
}
"""Providers as LangChain names them, each with the extra of this package that installs what it needs."""
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
_USED_UP = re.compile(
    r"insufficient.{0,20}(?:quota|balance|credit|fund)|exceeded your current quota|credit balance|billing", re.I
)
_NO_MODEL = re.compile(
    r"model_not_found|(?:no such|unknown|invalid|not a valid) model|model.{0,60}not (?:found|exist|available)", re.I
)
_A_KEY = re.compile(r"\b(?:(?:sk|pk|gsk|xai|hf|pplx)[-_]|AIza|Bearer\s)[\w*.-]{8,}")
_LONGEST_REASON = 200

_STATUSES: Mapping[int, Fault] = {
    401: "key_refused",
    402: "quota",
    403: "forbidden",
    404: "model_unknown",
    429: "rate_limited",
    503: "overloaded",
    529: "overloaded",
}
_SAID: Mapping[Fault, Message] = {
    "key_refused": Message("{host} refused the key ({status}). Set OPENAI_API_KEY to a valid key, or {instead}."),
    "forbidden": Message(
        "{host} does not let this key use {model} ({status}). Set {variable} to one that it may use, or {instead}."
    ),
    "model_unknown": Message("{host} has no model “{model}” ({status}). Set {variable} to one that it has."),
    "wrong_path": Message(
        "No OpenAI-compatible server answers at {tried} ({status}). Set OPENAI_BASE_URL to the address of its API."
    ),
    "rate_limited": Message("{host} asks to slow down ({status}). Try again {when}."),
    "quota": Message("The account's quota at {host} is used up ({status}). See to its billing, or {instead}."),
    "overloaded": Message("The model's server at {host} is overloaded ({status}). Try again later."),
    "server_failed": Message("The model's server at {host} failed ({status}). Try again later."),
    "rejected": Message("{host} refused the request ({status}) for {model}. Set {variable} to another model."),
    "withheld": Message("{host} withheld the answer (content filter, {status}). Ask in other words."),
    "too_long": Message(
        "The question and its passages are too long for {model} at {host}. Set ASSISTANT_PASSAGES lower."
    ),
    "stalled": Message("{host} did not answer in time. Check that it is well, then try again."),
    "unreachable": Message("{host} cannot be reached, or hung up. Check {where}, then try again."),
    "unreadable": Message(
        "The reply of {host} cannot be read. Is it an OpenAI-compatible server, at the right path? Tried: {tried}."
    ),
}
_NO_KEY = Message("{host} asks for a key ({status}). Set OPENAI_API_KEY, or {instead}.")
_FAILED_INSIDE = Message("{host} reported a failure while it was answering. Try again.")
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
    provider, colon, _ = model.partition(":")
    if colon and not model.startswith(_PREFIX) and (provider in EXTRAS or settings.base_url is None):
        return replace(writer_for(_model_of(provider, model), settings), name=model)
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


def _model_of(provider: str, model: str) -> BaseChatModel:
    """A chat model of another provider, by LangChain's name for it: ``anthropic:claude-sonnet-4-5``."""
    from langchain.chat_models import init_chat_model

    try:
        # Attempts are counted by the writer.
        return init_chat_model(model, max_retries=0) if provider in EXTRAS else init_chat_model(model)
    except ImportError:
        package = f"article-assistant[{EXTRAS[provider]}]" if provider in EXTRAS else f"langchain-{provider}"
        said = Message(
            'ASSISTANT_MODEL is “{model}”, and what it needs is not installed. Run: pip install "{package}"',
            model=model,
            package=package,
        )
    except ValueError:  # also pydantic's, which may show a key
        said = Message(
            "ASSISTANT_MODEL: no model “{model}” can be made here. Check the key of its provider, name one of OpenAI's "
            "({default}), set OPENAI_BASE_URL to a server that has it, or pass your own with "
            "Assistant.open(chat_model=...).",
            model=model,
            default=f"{_PREFIX}{DEFAULT_MODEL}",
        )
    raise SettingsInvalid(said)


def checking_writer(settings: Settings) -> ChatWriter | None:
    """The model that ASSISTANT_CHECK_MODEL names; ``None`` where the one that writes checks as well."""
    if not settings.check_model:
        return None
    return chat_writer(settings.model_copy(update={"model": settings.check_model}))


def writer_for(model: BaseChatModel, settings: Settings) -> ChatWriter:
    """The writer for a chat model of the caller's own."""
    from assistant.writing.chat import RETRIES, ChatWriter

    name = str(getattr(model, "model_name", None) or getattr(model, "model", None) or type(model).__name__)
    return ChatWriter(
        model,
        name,
        first_token_seconds=settings.first_token_seconds,
        answer_seconds=settings.answer_seconds,
        price=price_of(name, settings.prices, listed=False),  # whoever serves it has its own prices
        retries=0 if settings.fallback == "extractive" else RETRIES,
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
    from assistant.models.openai_server import Client, addresses

    # Never None: OpenAI's client insists on a key, and LangChain would look into the environment again.
    key = settings.api_key.get_secret_value() if settings.api_key else "none"
    places, query = addresses(settings.base_url or OPENAI)
    client = Client(settings.base_url or OPENAI)
    return {"api_key": key, "base_url": places[0], "default_query": query or None, "http_client": client}


def _openai_model(name: str, settings: Settings) -> BaseChatModel:
    import httpx2
    from langchain_openai import ChatOpenAI

    from assistant.models.openai_server import ENDED

    class OpenAIModel(ChatOpenAI):
        """Keeps what its own class drops: refusals, reasoning, and the end of a stream."""

        def _convert_chunk_to_generation_chunk(self, chunk: dict[str, Any], *rest: Any) -> Any:
            choices = chunk.get("choices") or ()
            for choice in choices:
                choice["delta"] = choice.get("delta") or {}  # null in the last chunk of some
            made = super()._convert_chunk_to_generation_chunk(chunk, *rest)
            if made is not None:
                deltas = [choice["delta"] for choice in choices]
                refused = any(delta.get("refusal") for delta in deltas)  # its words are not an answer
                thought = any(delta.get("reasoning_content") or delta.get("reasoning") for delta in deltas)
                more = {"refusal": True} if refused else {}
                made.message.additional_kwargs |= more | ({"reasoning_content": "…"} if thought else {})
                if chunk.get(ENDED):
                    made.generation_info = {ENDED: True}
            return made

    temperature = None if settings.base_url is None and _FIXED_TEMPERATURE.match(name) else 0.0
    return OpenAIModel(
        model=name,
        temperature=temperature,
        timeout=httpx2.Timeout(settings.answer_seconds, connect=10.0),
        max_retries=0,  # ours know when the reader has had enough
        stream_usage=True,
        **_access(settings),
    )


def _translated(error: BaseException, *, settings: Settings, **facts: str) -> ModelError | None:
    """An error of OpenAI's client as one of ours, in words for who set the model up: what happened and what to do.

    The server's own words follow, without anything like a key. ``facts`` are the model, the setting that names it, and
    how to do without.
    """
    import openai

    from assistant.models.openai_server import addresses

    status, asked = 0, None
    fault: Fault
    reason, said = _own_words(error) if isinstance(error, openai.APIError) else ("", "")
    if isinstance(error, openai.APIStatusError):
        status, asked = error.status_code, _retry_after(error.response.headers)
        kind = error.response.headers.get("content-type", "")
        fault = _fault_of_status(status, kind, said, asked, settings)
    elif isinstance(error, openai.APITimeoutError):
        fault = "stalled"
    elif isinstance(error, openai.APIConnectionError):
        fault = "unreachable"
    elif isinstance(error, openai.APIError):
        fault = "too_long" if _CONTEXT_OVERFLOW.search(said) else "server_failed"
        fault = "wrong_path" if "Unexpected endpoint" in said else fault  # LM Studio says so with a 200
    elif isinstance(error, ValueError | TypeError | KeyError | AttributeError):
        fault = "unreadable"
    else:
        return None
    template = _SAID[fault].template
    if fault == "key_refused" and settings.api_key is None:
        template = _NO_KEY.template
    if fault == "server_failed" and not status:
        template = _FAILED_INSIDE.template
    when = Message("in {seconds} s", seconds=f"{asked:.0f}") if asked and asked >= 1 else Message("in a minute")
    where = Message("OPENAI_BASE_URL and that the server runs")
    if not settings.base_url:
        where = Message("the connection to the internet")
    places = (urlsplit(place).path for place in addresses(settings.base_url or OPENAI)[0])
    tried = " or ".join(f"{settings.host}{path}/chat/completions" for path in places)  # without the login
    message = Message(template, host=settings.host, status=status, when=when, where=where, tried=tried, **facts)
    if reason := _without_key(reason, settings):
        message = Message.joined(message, Message("It says: “{reason}”.", reason=reason))
    wait = _WAITS.get(fault)
    return ModelError.of(fault, message, wait if wait is None or asked is None else asked)


def _own_words(error: Any) -> tuple[str, str]:
    """What the server says, whether in an object's message or as a text, alone and with its codes."""
    body = error.body
    reason = str(body.get("message") or body) if isinstance(body, dict) else str(body or "")
    return reason, f"{error.code or ''} {error.type or ''} {reason}"


def _without_key(said: str, settings: Settings) -> str:
    """A server's words on one line: nothing like a key, no page of HTML, and not much of what it was sent."""
    key = settings.api_key.get_secret_value() if settings.api_key else ""
    shown = " ".join(visible(_A_KEY.sub("…", said.replace(key, "…") if key else said)).split())
    return "" if "<" in shown else shown[:_LONGEST_REASON]


def _fault_of_status(status: int, kind: str, said: str, asked: float | None, settings: Settings) -> Fault:
    from assistant.models.openai_server import is_elsewhere

    # A 429 that is too large is a limit by the minute which this request alone exceeds.
    too_large = status == 429 and "too large" in said
    if too_large or (status in (400, 413, 422, 500) and _CONTEXT_OVERFLOW.search(said)):
        return "too_long"
    if status in (400, 403) and _FILTERED.search(said):
        return "withheld"
    if status in (400, 403, 429) and asked is None and _USED_UP.search(said):
        return "quota"
    if is_elsewhere(status, kind, said):
        return "wrong_path"
    if status in (400, 422) and _NO_MODEL.search(said):
        return "model_unknown"
    if status == 403 and settings.api_key is None:
        return "key_refused"
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
