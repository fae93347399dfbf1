"""The knobs, read from the environment. Inner code takes plain arguments; only wiring and command line see these."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from assistant.errors import SettingsInvalid
from assistant.models.prices import Price, read_prices

EXTRACTIVE = "extractive"
"""As a model's name: write without a model, even if there is a key."""

_LOCALE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z]{4})?[-_][A-Za-z]{2}(?:[.@][\w.@-]*)?")
_MONTH_FIRST = re.compile(r"[-_](?:US|AS|GU|MH|MP|PH|PR|UM|VI)\b", re.IGNORECASE)
"""Countries whose short dates begin with the month, by the Unicode CLDR's English forms."""


class Settings(BaseModel):
    """Made from the environment; an argument, by the field's name, outweighs it. Raises ``SettingsInvalid``.

    Plain pydantic: ``pydantic_settings`` takes a third of a second to import, a tenth of what ``assistant ask`` may.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, hide_input_in_errors=True)

    model: str = Field("", validation_alias="ASSISTANT_MODEL")
    """``openai:NAME``, a name that the server at ``OPENAI_BASE_URL`` knows, or ``extractive``. Other providers, with
    their own variables for keys: ``anthropic:NAME``, ``google_genai:NAME``, ``mistralai:NAME``, ``ollama:NAME``, after
    ``pip install "article-assistant[anthropic]"`` and so on. Empty: OpenAI's default model if there is a key, otherwise
    extractive."""
    fallback: Literal["none", "extractive"] = Field("none", validation_alias="ASSISTANT_FALLBACK")
    """What a reader gets where the chat model gives no answer: the error with what was found, or at once, without
    further attempts, the sentences that the extractive writer would quote."""
    library: str = Field("library", validation_alias="ASSISTANT_LIBRARY")
    """Folder of the library."""
    embeddings: str = Field("", validation_alias="ASSISTANT_EMBEDDINGS")
    """The model that makes vectors: a BERT-type model by its Hugging Face name, ``openai:text-embedding-3-small``, or
    one of another provider that LangChain's ``init_embeddings`` knows, such as ``ollama:nomic-embed-text`` after
    ``pip install langchain-ollama``; its key is read from the variable that the provider's package names. Empty: the
    model that the library was made with, for a new one the local default. ``assistant rebuild --embeddings NAME`` gives
    a library another."""
    passages: int = Field(10, ge=1, le=50, validation_alias="ASSISTANT_PASSAGES")
    """Passages that an answer may draw on; ten are about 2,000 tokens of a prompt."""
    first_token_seconds: float = Field(30.0, gt=0, le=3600, validation_alias="ASSISTANT_FIRST_TOKEN_SECONDS")
    """How long the model may take before its first word, and between two pieces of its answer."""
    answer_seconds: float = Field(120.0, gt=0, le=3600, validation_alias="ASSISTANT_ANSWER_SECONDS")
    """How long a whole answer may take."""
    deep_steps: int = Field(6, ge=1, le=30, validation_alias="ASSISTANT_DEEP_STEPS")
    """Look-ups of a deep question. All of them together may take as long as an answer."""
    unsupported: Literal["mark", "drop"] = Field("mark", validation_alias="ASSISTANT_UNSUPPORTED")
    """What becomes of a sentence that no source carries: shown with a mark, or left out and counted."""
    check: Literal["model", "reader"] = Field("model", validation_alias="ASSISTANT_CHECK")
    """Who judges whether a chat model's sentences are carried, beside what is compared exactly: a chat model in one
    further request, or the reader on this machine."""
    check_model: str = Field("", validation_alias="ASSISTANT_CHECK_MODEL")
    """The chat model that checks, named like ``model``. Empty: the one that writes."""
    suggest: Literal["on", "off"] = Field("on", validation_alias="ASSISTANT_SUGGEST")
    """Whether the chat model words the questions that the page suggests: in one small request after each answer, and
    one whenever the library has changed. Without it only few kinds of question are suggested."""
    keep_answers: Literal["on", "off"] = Field("on", validation_alias="ASSISTANT_KEEP_ANSWERS")
    """Whether the answers of ``assistant batch`` and ``ask_many`` are kept beside the library, and given again while
    articles, model, settings and the day are the same."""
    private_addresses: Literal["refuse", "allow"] = Field("refuse", validation_alias="ASSISTANT_PRIVATE_ADDRESSES")
    """Whether articles may be added from addresses inside a private network, and from ports other than 80 and 443."""
    prices: dict[str, Price] = Field({}, validation_alias="ASSISTANT_PRICES")
    """Dollars for a million tokens of input and of output, ``model=0.40/1.60``, with commas between models."""
    locale: str = Field("en-GB", validation_alias="ASSISTANT_LOCALE")
    """Language and country of the reader, such as ``en-GB`` or ``en_US.UTF-8``: how 03/04/2024 is meant."""
    time_zone: str = Field("", validation_alias="ASSISTANT_TIME_ZONE")
    """The reader's, by its IANA name, such as ``Europe/Kyiv``: which day is today. Empty: the machine's own."""
    api_key: SecretStr | None = Field(None, validation_alias="OPENAI_API_KEY")
    """For OpenAI, or whatever server stands in its place. Never shown."""
    base_url: str | None = Field(None, validation_alias="OPENAI_BASE_URL")
    """An OpenAI-compatible server, with ``http://`` or ``https://``; ``/v1`` is found. Without it, Azure's variables
    count: ``AZURE_OPENAI_ENDPOINT``, ``AZURE_OPENAI_API_KEY``, ``AZURE_OPENAI_DEPLOYMENT`` (the model, unless
    ``ASSISTANT_MODEL`` names one) and ``AZURE_OPENAI_API_VERSION``, if it must be another than the newest."""

    def __init__(self, **given: Any) -> None:
        try:
            super().__init__(**given)
        except ValidationError as error:
            # pydantic's own text shows neither the variable's name nor what to do, and may show a key.
            faults = " ".join(map(_plain, error.errors(include_input=False)))
            raise SettingsInvalid(faults) from None

    @model_validator(mode="before")
    @classmethod
    def _from_environment(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        written = {name: os.environ.get(str(field.validation_alias), "") for name, field in cls.model_fields.items()}
        written = {name: value.strip() for name, value in written.items() if value.strip()}
        if not written.get("base_url"):
            written |= _of_azure(written.get("model", ""))
        return written | dict(given)

    _as_prices = field_validator("prices", mode="before")(read_prices)

    @field_validator("locale")
    @classmethod
    def _names_a_country(cls, value: str) -> str:
        if not _LOCALE.fullmatch(value):
            raise ValueError(f"“{value}” must be a language and a country, such as en-GB or en-US")
        return value

    @field_validator("time_zone")
    @classmethod
    def _is_time_zone(cls, value: str) -> str:
        try:
            if value:
                ZoneInfo(value)
        except (ZoneInfoNotFoundError, OSError, ValueError):
            raise ValueError(f"“{value}” must be the IANA name of a time zone, such as Europe/Kyiv") from None
        return value

    @field_validator("base_url")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        if value is not None and (urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).hostname):
            raise ValueError("must be an address like http://127.0.0.1:11434/v1")
        return value

    @field_validator("api_key")
    @classmethod
    def _is_sendable(cls, value: SecretStr | None) -> SecretStr | None:
        key = value.get_secret_value() if value else ""
        if not key.isascii() or any(character.isspace() for character in key):
            raise ValueError("holds characters that no key has; was it copied whole?")
        return value if key else None

    @property
    def day_first(self) -> bool:
        """Whether 03/04/2024 is the third of April."""
        return not _MONTH_FIRST.search(self.locale)

    def today(self) -> date:
        """The reader's day."""
        return datetime.now(ZoneInfo(self.time_zone) if self.time_zone else None).date()

    @property
    def host(self) -> str:
        """The chat model's server, for messages: no password, no path."""
        if self.base_url is None:
            return "api.openai.com"
        parts = urlsplit(self.base_url)
        return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def _of_azure(model: str) -> dict[str, str]:
    """The settings that Azure's own variables amount to; none without an endpoint."""
    endpoint, key, deployment, version = (
        os.environ.get(f"AZURE_OPENAI_{name}", "").strip()
        for name in ("ENDPOINT", "API_KEY", "DEPLOYMENT", "API_VERSION")
    )
    name = model or deployment
    if not endpoint:
        return {}
    of_deployment = f"/openai/deployments/{deployment or model}?api-version={version}" if version and name else ""
    address = endpoint.rstrip("/") + (of_deployment or "/openai/v1?api-version=v1")
    return {"base_url": address, "model": name} | ({"api_key": key} if key else {})


def _plain(fault: Any) -> str:
    name = str(fault["loc"][0]) if fault["loc"] else ""
    field = Settings.model_fields.get(name)
    reason = str(fault["msg"]).removeprefix("Value error, ")
    return f"{field.validation_alias if field else name}: {reason[:1].lower()}{reason[1:]}."
