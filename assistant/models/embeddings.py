"""Embeddings of other providers, by LangChain's names for them: ``ollama:nomic-embed-text``."""

from __future__ import annotations

from langchain_core.embeddings import Embeddings
from pydantic import ValidationError

from assistant.errors import ModelFailed, SettingsInvalid
from vectorstore.messages import Message


def of_provider(name: str) -> Embeddings:
    """The model that ``name`` means. Raises ``SettingsInvalid``, which says what to install or to set."""
    from langchain.embeddings import init_embeddings

    try:
        return _Provided(init_embeddings(name), name)
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


class _Provided(Embeddings):
    """Embeddings whose errors are ours."""

    def __init__(self, embeddings: Embeddings, name: str) -> None:
        self._embeddings, self._name = embeddings, name

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        try:
            return self._embeddings.embed_documents(texts)
        except Exception as error:  # noqa: BLE001 - each provider's package has its own, and they may quote a key
            failure = self._failed(error)
        raise failure

    def embed_query(self, text: str) -> list[float]:
        try:
            return self._embeddings.embed_query(text)
        except Exception as error:  # noqa: BLE001 - the same
            failure = self._failed(error)
        raise failure

    def _failed(self, error: Exception) -> ModelFailed:
        return ModelFailed(
            Message(
                "The embedding model {name} gave no vectors ({why}). Check that its server runs and that its key is "
                "set, then try again.",
                name=self._name,
                why=type(error).__name__,
            )
        )
