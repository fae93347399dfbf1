"""Texts to the vectors of one library: by the model that it was made with, and questions only once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vectorstore.embedding.embeddings import ArrayEmbeddings, checked, open_embeddings
from vectorstore.errors import LibraryMismatch
from vectorstore.storage.arrays import Vectors
from vectorstore.storage.articles.catalogue import Catalogue
from vectorstore.text import splitter

if TYPE_CHECKING:
    from pathlib import Path

    from langchain_core.embeddings import Embeddings

_REMEMBERED_QUESTIONS = 256
_REMEMBERED_TEXTS = 2_000


class Embedder:
    """Embeds with one model, and refuses it where the library's vectors are another's."""

    def __init__(self, folder: Path, catalogue: Catalogue, embeddings: ArrayEmbeddings) -> None:
        self._folder = folder
        self._catalogue = catalogue
        self._embeddings = embeddings
        self._questions: OrderedDict[str, Vectors] = OrderedDict()
        self._texts: OrderedDict[str, Vectors] = OrderedDict()

    def identity(self) -> dict[str, str]:
        """What passages and vectors are made with."""
        return {
            "model": self._embeddings.name,
            "dimension": str(self._embeddings.dimension),
            "splitter": str(splitter.SPLITTER_VERSION),
        }

    def differences(self) -> list[str]:
        """In what the library was made otherwise."""
        stored = {name: self._catalogue.meta(name) for name in ("model", "splitter")}
        if stored["model"] is None:
            return []
        now = {"model": self._embeddings.name, "splitter": str(splitter.SPLITTER_VERSION)}
        return [f"{name} {stored[name]}, now {now[name]}" for name in now if stored[name] != now[name]]

    def demand_same(self) -> None:
        """Raises ``LibraryMismatch`` where the library was made otherwise."""
        differences = self.differences()
        if differences:
            raise LibraryMismatch(
                "The library {folder} was made otherwise ({differences}). `{command}` makes its passages anew; or "
                "unset ASSISTANT_EMBEDDINGS to use the model it was made with.",
                folder=self._folder,
                differences="; ".join(differences),
                command=self.remedy(),
            )

    def remedy(self) -> str:
        """The command that makes passages and vectors as this process would."""
        another = self._catalogue.meta("model") not in (None, self._embeddings.name)
        named = f"--embeddings {self._embeddings.name} " if another else ""
        return f"assistant rebuild {named}--library {self._folder}"

    def passages(self, texts: Sequence[str]) -> Vectors:
        """The vectors of passages, shape (n, dimension). Raises ``LibraryMismatch`` for another dimension."""
        return self._of_our_dimension(self._embeddings.embed_array(texts))

    def question(self, question: str) -> Vectors:
        """The vector of a question, shape (dimension,); kept for a while.

        Raises as ``passages`` does, and where another process has given the library vectors of another model.
        """
        if (model := self._catalogue.meta("model")) not in (None, self._embeddings.name):
            raise LibraryMismatch(
                "The library {folder} has vectors of {model} now, and this process asks with {ours}. Open it again.",
                folder=self._folder,
                model=model,
                ours=self._embeddings.name,
            )
        vector = self._questions.get(question)
        if vector is None:
            vector = self._of_our_dimension(np.asarray(self._embeddings.embed_query(question), dtype=np.float32))
            self._questions[question] = vector
            _forget_oldest(self._questions, _REMEMBERED_QUESTIONS)
        return vector

    def similarity(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Cosine between ``question`` and each of ``texts``, shape (len(texts),).

        The vectors of texts are kept for a while: what judges the evidence and what writes compare the same sentences.
        """
        if not texts:
            return np.zeros(0, dtype=np.float32)
        known = {text: vector for text in texts if (vector := self._texts.get(text)) is not None}
        if unknown := [text for text in dict.fromkeys(texts) if text not in known]:
            known.update(zip(unknown, self._embeddings.embed_array(unknown), strict=True))
            self._texts.update((text, known[text]) for text in unknown)
            _forget_oldest(self._texts, _REMEMBERED_TEXTS)
        cosines: NDArray[np.float32] = np.stack([known[text] for text in texts]) @ self.question(question)
        return cosines

    def forget(self) -> None:
        """Forgets the questions and texts that are kept."""
        self._questions.clear()
        self._texts.clear()

    def _of_our_dimension(self, vectors: Vectors) -> Vectors:
        ours = self._catalogue.meta("dimension")
        if ours is not None and vectors.shape[-1] != int(ours):
            raise LibraryMismatch(
                "The library {folder} holds vectors of {ours} numbers, and {model} now makes {theirs}. Set it to "
                "{ours}, or use another library.",
                folder=self._folder,
                ours=ours,
                model=self._embeddings.name,
                theirs=vectors.shape[-1],
            )
        return vectors


def array_embeddings(embeddings: Embeddings | None) -> ArrayEmbeddings:
    """What ``Embedder`` needs, of any model that LangChain knows; the local one where none is given."""
    if embeddings is None:
        return open_embeddings()
    if isinstance(embeddings, ArrayEmbeddings):
        return embeddings
    name = getattr(embeddings, "model", None) or type(embeddings).__name__
    return checked(embeddings, str(name))


def _forget_oldest(kept: OrderedDict[str, Vectors], most: int) -> None:
    while len(kept) > most:
        with suppress(KeyError):  # another thread was quicker
            kept.popitem(last=False)
