"""The knobs, read from the environment. Inner code takes plain arguments; only wiring and command line see these."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from assistant.errors import SettingsInvalid

EXTRACTIVE = "extractive"
"""As a model's name: write without a model, even if there is a key."""


class Settings(BaseModel):
    """Made from the environment; an argument, by the field's name, outweighs it. Raises ``SettingsInvalid``.

    Plain pydantic: ``pydantic_settings`` takes a third of a second to import, a tenth of what ``assistant ask`` may.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, hide_input_in_errors=True)

    model: str = Field("", validation_alias="ASSISTANT_MODEL")
    """``openai:NAME``, a name that the server at ``OPENAI_BASE_URL`` knows, or ``extractive``. Empty: OpenAI's default
    model if there is a key, otherwise extractive."""
    library: str = Field("library", validation_alias="ASSISTANT_LIBRARY")
    """Folder of the library."""
    embeddings: str = Field("", validation_alias="ASSISTANT_EMBEDDINGS")
    """The model that makes vectors: a BERT-type model by its Hugging Face name, or ``openai:text-embedding-3-small``.
    Empty: the local default."""
    passages: int = Field(10, ge=1, le=50, validation_alias="ASSISTANT_PASSAGES")
    """Passages that an answer may draw on; ten are about 2,000 tokens of a prompt."""
    first_token_seconds: float = Field(30.0, gt=0, le=3600, validation_alias="ASSISTANT_FIRST_TOKEN_SECONDS")
    """How long the model may take before its first word, and between two pieces of its answer."""
    answer_seconds: float = Field(120.0, gt=0, le=3600, validation_alias="ASSISTANT_ANSWER_SECONDS")
    """How long a whole answer may take."""
    api_key: SecretStr | None = Field(None, validation_alias="OPENAI_API_KEY")
    """For OpenAI, or whatever server stands in its place. Never shown."""
    base_url: str | None = Field(None, validation_alias="OPENAI_BASE_URL")
    """An OpenAI-compatible server, with ``http://`` or ``https://`` and usually ``/v1``."""

    def __init__(self, **given: Any) -> None:
        try:
            super().__init__(**given)
        except ValidationError as error:
            # pydantic's own text shows neither the variable's name nor what to do, and may show a key.
            raise SettingsInvalid(" ".join(map(_plain, error.errors(include_input=False)))) from None

    @model_validator(mode="before")
    @classmethod
    def _from_environment(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        names = {name: str(field.validation_alias) for name, field in cls.model_fields.items()}
        found = {
            name: os.environ[variable].strip()
            for name, variable in names.items()
            if os.environ.get(variable, "").strip()
        }
        return {**found, **given}

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
    def host(self) -> str:
        """The chat model's server, for messages: no password, no path."""
        if self.base_url is None:
            return "api.openai.com"
        parts = urlsplit(self.base_url)
        return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def _plain(fault: Any) -> str:
    name = str(fault["loc"][0]) if fault["loc"] else ""
    field = Settings.model_fields.get(name)
    reason = str(fault["msg"]).removeprefix("Value error, ")
    return f"{field.validation_alias if field else name}: {reason[:1].lower()}{reason[1:]}."
