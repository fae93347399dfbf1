"""Embeddings whose errors are ours, and those of other providers than OpenAI: ``ollama:nomic-embed-text``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from langchain_core.embeddings import Embeddings
from pydantic import ValidationError

from assistant.errors import ModelError, ModelFailed, SettingsInvalid
from vectorstore.embedding.embeddings import ArrayEmbeddings
from vectorstore.messages import Message

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_Text = TypeVar("_Text")
_Vectors = TypeVar("_Vectors")


def of_provider(name: str, said_by: str) -> Embeddings:
    """The model that ``name`` means. Raises ``SettingsInvalid``, which says what to install or to set.

    ``said_by`` is where the name comes from.
    """
    from langchain.embeddings import init_embeddings

    try:
        return Translated(init_embeddings(name), lambda error: _failed(name, error))
    except ImportError as error:
        missing = getattr(error.__cause__, "name", None) or name.partition(":")[0]
        said = Message(
            "{said_by} is “{name}”, and what it needs is not installed. Run: pip install {package}",
            said_by=said_by,
            name=name,
            package=missing.partition(".")[0].replace("_", "-"),
        )
    except ValidationError as error:  # its own text may show a key
        why = "; ".join(fault["msg"] for fault in error.errors(include_input=False))
        said = Message(
            "{said_by} is “{name}”, which lacks a setting of its provider: {why}", said_by=said_by, name=name, why=why
        )
    except ValueError as error:
        said = Message("{said_by} is “{name}”: {why}", said_by=said_by, name=name, why=" ".join(str(error).split()))
    raise SettingsInvalid(said)


class Lazy(ArrayEmbeddings):
    """A model that is made when it is first given a text: a check, or an index made anew, needs only its name."""

    def __init__(self, name: str, make: Callable[[], ArrayEmbeddings]) -> None:
        self._name, self._make = name, cache(make)

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimension(self) -> int:
        return self._make().dimension

    def embed_array(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._make().embed_array(texts)

    def embed_query(self, text: str) -> list[float]:
        return self._make().embed_query(text)


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
