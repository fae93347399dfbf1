"""Texts to vectors: the local model, and any other LangChain ``Embeddings`` behind the same checks.

Vectors are float32 of unit length, so that their product is their cosine.
"""

from __future__ import annotations

import os
import threading
from abc import abstractmethod
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from langchain_core.embeddings import Embeddings

from vectorstore.errors import ModelMissing, ModelUnusable
from vectorstore.weights import MINILM, MINILM_DIMENSION, Recipe, converted, read_recipe

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BATCH = 8
_WINDOW = 512


class ArrayEmbeddings(Embeddings):
    """LangChain's ``Embeddings`` that know their name and dimension and can answer in numpy."""

    @property
    @abstractmethod
    def name(self) -> str:
        """The model's name, as the catalogue records it."""

    @property
    @abstractmethod
    def dimension(self) -> int:
        """How many numbers a vector has."""

    @abstractmethod
    def embed_array(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Passages to vectors of unit length: float32, shape (len(texts), dimension), in the order of ``texts``."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = self.embed_array(texts).tolist()
        return vectors


class LocalEmbeddings(ArrayEmbeddings):
    """A BERT-type model of sentence-transformers on this machine's processor, in int8, through CTranslate2.

    Nothing is loaded before the first text. Any number of threads may embed at once; a single query does not wait for
    the passages that another thread is embedding. A text longer than the model takes (256 tokens, about 190 words, for
    all-MiniLM-L6-v2) is cut off there: passages are made to fit. Empty text has a vector like any other.

    Raises, on the first text, ModelMissing or ModelUnusable.
    """

    def __init__(self, name: str = MINILM) -> None:
        self._name = name.removeprefix("sentence-transformers/")
        self._lock = threading.Lock()
        self._loaded: _Engine | None = None

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimension(self) -> int:
        return MINILM_DIMENSION if self._name == MINILM else self._engine().recipe.dimension

    def embed_array(self, texts: Sequence[str]) -> NDArray[np.float32]:
        engine = self._engine()
        prompt = engine.recipe.passage_prompt
        return engine.embed([prompt + text for text in texts] if prompt else texts)

    def embed_query(self, text: str) -> list[float]:
        engine = self._engine()
        vector: list[float] = engine.forward([engine.tokens(engine.recipe.query_prompt + text)])[0].tolist()
        return vector

    def _engine(self) -> _Engine:
        if self._loaded is None:
            with self._lock:
                if self._loaded is None:
                    with converted(self._name) as folder:
                        self._loaded = _Engine(folder)
        return self._loaded


class _Engine:
    """The loaded model. One thread a core, each forwarding its own batches: measured on 4 cores, one session that
    splits each product over all threads reaches a fifth of that.
    """

    def __init__(self, folder: Path) -> None:
        import ctranslate2
        from tokenizers import Tokenizer

        self.recipe: Recipe = read_recipe(folder)
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(self.recipe.max_tokens)
        self._tokenizer.no_padding()
        cores = _usable_cores()
        # One worker more than the pool ever uses, so that a query never queues behind passages.
        self._encoder = ctranslate2.Encoder(
            str(folder), device="cpu", compute_type="int8", inter_threads=cores + 1, intra_threads=1
        )
        self._pool = ThreadPoolExecutor(cores, thread_name_prefix="embed")
        self._cores = cores

    def tokens(self, text: str) -> list[int]:
        # A lone surrogate, which JSON can carry, is no text to the tokenizer.
        numbers: list[int] = self._tokenizer.encode(text.encode(errors="replace").decode()).ids
        return numbers

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.empty((len(texts), self.recipe.dimension), dtype=np.float32)
        pending: deque[tuple[list[int], Future[NDArray[np.float32]]]] = deque()
        try:
            for start in range(0, len(texts), _WINDOW):
                window = [self.tokens(text) for text in texts[start : start + _WINDOW]]
                order = sorted(range(len(window)), key=lambda row: len(window[row]), reverse=True)
                size = max(1, min(_BATCH, len(window) // self._cores))
                for first in range(0, len(order), size):
                    rows = order[first : first + size]
                    batch = self._pool.submit(self.forward, [window[row] for row in rows])
                    pending.append(([start + row for row in rows], batch))
                # The next window's tokens are made while this one is embedded; the one before it is collected.
                while len(pending) > 2 * _WINDOW // _BATCH:
                    rows, batch = pending.popleft()
                    vectors[rows] = batch.result()
            while pending:
                rows, batch = pending.popleft()
                vectors[rows] = batch.result()
        finally:
            for _, batch in pending:
                batch.cancel()
        return vectors

    def forward(self, batch: list[list[int]]) -> NDArray[np.float32]:
        """Token numbers of some texts → their unit vectors, shape (len(batch), dimension)."""
        hidden = np.asarray(self._encoder.forward_batch(batch).last_hidden_state)
        if self.recipe.pooling == "cls":
            vectors = hidden[:, 0]
        else:
            vectors = np.stack([hidden[row, : len(text)].mean(axis=0) for row, text in enumerate(batch)])
        return _unit(vectors)


def _usable_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


class CheckedEmbeddings(ArrayEmbeddings):
    """Any LangChain ``Embeddings`` whose replies are not believed unseen.

    A paid server can answer with fewer vectors than texts, with vectors of another size, with zeros or NaN; LangChain's
    client hands all of these on. Here each raises ModelUnusable, which says what was wrong. The order of the reply is
    taken as given: nothing in it could prove it.
    """

    def __init__(self, embeddings: Embeddings, name: str, dimension: int | None = None) -> None:
        self._embeddings = embeddings
        self._name = name
        self._dimension = dimension

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimension(self) -> int:
        """As given, else as the first reply has it; asked before any reply, one word is embedded to find out."""
        if self._dimension is None:
            self.embed_query("dimension")
        assert self._dimension is not None
        return self._dimension

    def embed_array(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        return self._check(self._embeddings.embed_documents(list(texts)), len(texts))

    def embed_query(self, text: str) -> list[float]:
        vector: list[float] = self._check([self._embeddings.embed_query(text)], 1)[0].tolist()
        return vector

    def _check(self, reply: Any, count: int) -> NDArray[np.float32]:
        if len(reply) != count:
            raise self._wrong(f"{len(reply)} vectors for {count} texts")
        sizes = sorted({len(vector) for vector in reply})
        if len(sizes) > 1:
            raise self._wrong(f"vectors of different sizes, {sizes[0]} to {sizes[-1]} numbers")
        if self._dimension is not None and sizes[0] != self._dimension:
            raise self._wrong(f"vectors of {sizes[0]} numbers where {self._dimension} were due")
        try:
            vectors = np.asarray(reply, dtype=np.float32)
        except (TypeError, ValueError) as error:
            raise self._wrong(f"a vector that is not made of numbers ({error})") from error
        if not np.isfinite(vectors).all():
            raise self._wrong("a vector with NaN or infinity in it")
        if not vectors.any(axis=1).all():
            raise self._wrong("a vector of nothing but zeros")
        self._dimension = sizes[0]
        return _unit(vectors)

    def _wrong(self, what: str) -> ModelUnusable:
        return ModelUnusable(
            f"The embedding model {self._name} answered with {what}. Nothing was stored; try again, "
            f"and if it happens again use another embedding model."
        )


def checked(embeddings: Embeddings, name: str, dimension: int | None = None) -> ArrayEmbeddings:
    """The face that the library needs over any ``Embeddings``; ours are returned as they are."""
    return embeddings if isinstance(embeddings, ArrayEmbeddings) else CheckedEmbeddings(embeddings, name, dimension)


def open_embeddings(name: str = MINILM) -> LocalEmbeddings:
    """The local model of this name: all-MiniLM-L6-v2, or any BERT-type model by its Hugging Face name.

    Nothing is looked up yet: a name that does not exist raises ModelMissing at the first text. A name with a colon is a
    model behind a server, which the caller connects and passes through ``checked``; it raises ModelMissing here.
    """
    if ":" in name or not name.strip():
        raise ModelMissing(f"{name!r} is not a local embedding model; use {MINILM}, or a model's Hugging Face name.")
    return LocalEmbeddings(name)
