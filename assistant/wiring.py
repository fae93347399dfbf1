"""The concrete choices: which chat model, which embeddings. What speaks to OpenAI's client is made here.

Everything of OpenAI's is imported by the function that needs it: it takes two and a half seconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from langchain_core.embeddings import Embeddings

from assistant.errors import ModelError, SettingsInvalid
from assistant.models.prices import price_of
from assistant.settings import EXTRACTIVE, Settings
from vectorstore.messages import Message

if TYPE_CHECKING:
    from pathlib import Path

    from langchain_core.language_models import BaseChatModel

    from assistant.writing.chat import ChatWriter
    from vectorstore.embedding.embeddings import ArrayEmbeddings

DEFAULT_MODEL = "gpt-4.1-mini"
"""Small and quick, takes temperature 0, and writes at once: the newer small models think first, which here, where the
facts are given, costs seconds and buys little."""

_PREFIX, _LOCAL = "openai:", "local:"
EXTRAS: Mapping[str, str] = {
    "anthropic": "anthropic",
    "google_genai": "google-genai",
    "mistralai": "mistralai",
    "ollama": "ollama",
}
"""Providers as LangChain names them, each with the extra of this package that installs what it needs."""
_FIXED_TEMPERATURE = re.compile(r"o\d|gpt-[5-9]")
"""Reasoning models, which refuse any temperature but their own."""


def embeddings(settings: Settings, folder: str | Path | None = None, *, lazy: bool = False) -> Embeddings | None:
    """The model that makes vectors: the one that is set, else the one that the library in ``folder`` was made with.

    ``None`` leaves the choice to the library. ``lazy``: the library's own is made only when it is given a text.
    """
    if settings.embeddings:
        instead = Message("unset ASSISTANT_EMBEDDINGS to make vectors on this machine")
        return embeddings_named(settings.embeddings, settings, "ASSISTANT_EMBEDDINGS", instead)
    from vectorstore.storage.articles.catalogue import model_of

    name = model_of(folder) if folder is not None else None
    if name is None:
        return None
    from assistant.models.embeddings import Lazy

    said_by = Message("The embedding model of the library {folder}", folder=folder)
    made = partial(embeddings_named, name, settings, said_by)
    return Lazy(name, made) if lazy else made()


def embeddings_named(name: str, settings: Settings, said_by: str, instead: str | None = None) -> ArrayEmbeddings:
    """The model of this name. An error names ``said_by``, where the name comes from, and what to do ``instead``."""
    from vectorstore.embedding.embeddings import checked, open_embeddings

    if ":" in name and not name.startswith((_PREFIX, _LOCAL)):
        from assistant.models.embeddings import of_provider

        return checked(of_provider(name, said_by), name)
    if not name.startswith(_PREFIX):
        return open_embeddings(name.removeprefix(_LOCAL))
    from langchain_openai import OpenAIEmbeddings

    from assistant.models.embeddings import Translated

    instead = instead or Message(
        "run `assistant rebuild --embeddings all-MiniLM-L6-v2` to make vectors on this machine"
    )
    _demand_key(settings, said_by, name, instead)
    model = name.removeprefix(_PREFIX)
    made = OpenAIEmbeddings(
        model=model,
        check_embedding_ctx_length=False,  # text goes as text: other servers do not take OpenAI's token numbers
        max_retries=2,  # those of an answer are counted by its writer
        timeout=settings.answer_seconds,
        **_access(settings),
    )
    translate = _translation(settings, model=model, variable="ASSISTANT_EMBEDDINGS", instead=instead)
    return checked(Translated(made, translate), name)


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
    instead = Message("set ASSISTANT_MODEL=extractive to write without a model")
    _demand_key(settings, "ASSISTANT_MODEL", model, instead)
    name = model.removeprefix(_PREFIX) or DEFAULT_MODEL
    shown = f"{_PREFIX}{name}" if settings.base_url is None else f"{name} ({settings.host})"
    return replace(
        writer_for(_openai_model(name, settings), settings),
        name=shown,
        price=price_of(name, settings.prices, listed=settings.base_url is None),
        translate=_translation(settings, model=name, variable="ASSISTANT_MODEL", instead=instead),
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


def _demand_key(settings: Settings, said_by: str, value: str, instead: str) -> None:
    if settings.api_key is None and settings.base_url is None:
        raise SettingsInvalid(
            "{said_by} is “{value}”, but there is no key. Set OPENAI_API_KEY, or OPENAI_BASE_URL to a server that "
            "needs none, or {instead}.",
            said_by=said_by,
            value=value,
            instead=instead,
        )


def _access(settings: Settings) -> dict[str, Any]:
    import httpx2

    from assistant.models.openai_server import OPENAI, Client, addresses, trusted

    # Never None: OpenAI's client insists on a key, and LangChain would look into the environment again.
    key = settings.api_key.get_secret_value() if settings.api_key else "none"
    places, query = addresses(settings.base_url or OPENAI)
    return {
        "api_key": key,
        "base_url": places[0],
        "default_query": query or None,
        "http_client": Client(settings.base_url or OPENAI),
        "http_async_client": httpx2.AsyncClient(verify=trusted()),  # unused, and LangChain's own would cost 27 ms more
    }


def _translation(settings: Settings, **facts: Any) -> Callable[[BaseException], ModelError | None]:
    from assistant.models.openai_errors import translated

    key = settings.api_key.get_secret_value() if settings.api_key else None
    return partial(translated, host=settings.host, base_url=settings.base_url, key=key, **facts)


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
