"""Embeddings whose errors are ours, and those of other providers than OpenAI: ``ollama:nomic-embed-text``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from langchain_core.embeddings import Embeddings
from pydantic import ValidationError

from assistant.errors import ModelError, ModelFailed, SettingsInvalid
from vectorstore.messages import Message

_Text = TypeVar("_Text")
_Vectors = TypeVar("_Vectors")


def of_provider(name: str) -> Embeddings:
    """The model that ``name`` means. Raises ``SettingsInvalid``, which says what to install or to set."""
    from langchain.embeddings import init_embeddings

    try:
        return Translated(init_embeddings(name), lambda error: _failed(name, error))
    except ImportError as error:
        missing = getattr(error.__cause__, "name", None) or name.partition(":")[0]
        said = Message(
            "ASSISTANT_EMBEDDINGS is “{name}”, and what it needs is not installed. Run: pip install {package}",
            name=name,
            package=missing.partition(".")[0].replace("_", "-"),
        )
    except ValidationError as error:  # its own text may show a key
        why = "; ".join(fault["msg"] for fault in error.errors(include_input=False))
        said = Message("ASSISTANT_EMBEDDINGS: “{name}” lacks a setting of its provider: {why}", name=name, why=why)
    except ValueError as error:
        said = Message("ASSISTANT_EMBEDDINGS: {why}", why=" ".join(str(error).split()))
    raise SettingsInvalid(said)


class Translated(Embeddings):
    """Embeddings whose errors are what ``translate`` makes of them; where that is ``None``, they stay as they are."""

    def __init__(self, embeddings: Embeddings, translate: Callable[[Exception], ModelError | None]) -> None:
        self._embeddings, self._translate = embeddings, translate

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return self._translated(self._embeddings.embed_documents, texts)

    def embed_query(self, text: str) -> list[float]:
        return self._translated(self._embeddings.embed_query, text)

    def _translated(self, embed: Callable[[_Text], _Vectors], text: _Text) -> _Vectors:
        try:
            return embed(text)
        except Exception as error:
            failure = self._translate(error)
            if failure is None:
                raise
        raise failure  # outside of the handler: what the server said may quote the key


def _failed(name: str, error: Exception) -> ModelFailed:
    return ModelFailed(
        Message(
            "The embedding model {name} gave no vectors ({why}). Check that its server runs and that its key is set, "
            "then try again.",
            name=name,
            why=type(error).__name__,
        )
    )
