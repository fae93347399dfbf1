"""Texts to vectors: the local model, and any other LangChain ``Embeddings`` behind the same checks.

Vectors are float32 of unit length, so that their product is their cosine.
"""

from __future__ import annotations

import contextlib
import os
import threading
from abc import abstractmethod
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from langchain_core.embeddings import Embeddings

from vectorstore import forking
from vectorstore.embedding.weights import MINILM, MINILM_DIMENSION, converted, read_recipe
from vectorstore.errors import ModelMissing, ModelUnusable
from vectorstore.messages import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray

_Float = TypeVar("_Float", np.float32, np.float64)

_BATCH = 600
"""Characters in a batch, about 140 tokens: what keeps a core's work inside its own cache. Measured on 4 cores with
1 MB of second-level cache each, by processor time: passages of 193 tokens (in AVX2) 185 a second one by one, 163 by
fours, 152 by eights, 88 by thirty-twos; sentences of 26 tokens (in AVX-512) 1590 one by one, 1840 by fours, 1680 by
eights, 1350 by thirty-twos. So small, there is nothing to gain from sorting by length: neighbours go together."""


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
        forking.OPEN.add(self)

    def renew(self) -> None:
        forking.left_to_parent(self._loaded)
        self._lock, self._loaded = threading.Lock(), None

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
        vector: list[float] = engine.forward([engine.recipe.query_prompt + text])[0].tolist()
        return vector

    def _engine(self) -> _Engine:
        if self._loaded is None:
            with self._lock:
                if self._loaded is None:
                    with converted(self._name) as folder:
                        self._loaded = _Engine(folder)
        return self._loaded


class _Engine:
    """The loaded model. Each core forwards batches of its own on one thread: a single session that splits every product
    over all cores reached a fifth of that on 4 cores.
    """

    def __init__(self, folder: Path) -> None:
        use_widest_instructions()
        import ctranslate2
        from tokenizers import Tokenizer

        self.recipe = read_recipe(folder)
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(self.recipe.max_tokens)
        self._tokenizer.no_padding()
        self._cores = _usable_cores()
        self._pool = ThreadPoolExecutor(self._cores, thread_name_prefix="embed")
        # One worker more than the pool can use, so that a query never queues behind passages.
        self._encoder = ctranslate2.Encoder(
            str(folder), device="cpu", compute_type="int8", inter_threads=self._cores + 1, intra_threads=1
        )

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors in the order of the texts, by all cores; a few short texts by the caller's own thread, at once."""
        batches = list(_batches(texts))
        if len(batches) == 1:
            return self.forward(batches[0])
        parts: list[NDArray[np.float32]] = [np.empty((0, self.recipe.dimension), dtype=np.float32)]
        under_way: deque[Future[NDArray[np.float32]]] = deque()
        try:
            for batch in batches:
                # Only a few batches ahead of what is collected: that keeps the cores busy, and a short call from
                # another thread gets its turn in between.
                if len(under_way) > 2 * self._cores:
                    parts.append(under_way.popleft().result())
                under_way.append(self._pool.submit(self.forward, batch))
            while under_way:
                parts.append(under_way.popleft().result())
        finally:
            for part in under_way:
                part.cancel()
        return np.concatenate(parts)

    def forward(self, texts: list[str]) -> NDArray[np.float32]:
        """Unit vectors of a few texts, shape (len(texts), dimension), by one core."""
        # A lone surrogate, which JSON can carry, is no text to the tokenizer.
        clean = [text.encode(errors="replace").decode() for text in texts]
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch_fast(clean)]
        states = np.asarray(self._encoder.forward_batch(tokens).last_hidden_state)
        if self.recipe.pooling == "cls":
            return _unit(states[:, 0])
        return _unit(
            np.stack([state[: len(numbers)].mean(axis=0) for state, numbers in zip(states, tokens, strict=True)])
        )


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    """Neighbours up to ``_BATCH`` characters together, or one longer text by itself."""
    batch: list[str] = []
    room = _BATCH
    for text in texts:
        size = len(text) + _BATCH // 16  # even an empty text costs something
        if batch and size > room:
            yield batch
            batch, room = [], _BATCH
        batch.append(text)
        room -= size
    if batch:
        yield batch


def use_widest_instructions() -> None:
    """Let CTranslate2 use AVX-512 throughout where the processor has VNNI: 212 passages a second instead of 185.

    By itself it stops at AVX2 for all but its integer products, which run in AVX-512 either way. It reads the choice
    from the environment, once.
    """
    with contextlib.suppress(OSError):  # only Linux has the file
        if "avx512_vnni" in Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace"):
            os.environ.setdefault("CT2_FORCE_CPU_ISA", "AVX512")


def _usable_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _unit(vectors: NDArray[_Float]) -> NDArray[_Float]:
    unit: NDArray[_Float] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
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
        try:
            sizes = sorted({len(vector) for vector in reply})
            if len(reply) != count:
                raise self._wrong(Message("{vectors} vectors for {texts} texts", vectors=len(reply), texts=count))
            if len(sizes) > 1:
                raise self._wrong(
                    Message("vectors of different sizes, {least} to {most} numbers", least=sizes[0], most=sizes[-1])
                )
            vectors = np.asarray(reply, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise self._wrong(Message("something that is not a list of vectors ({error})", error=error)) from error
        dimension = self._dimension or sizes[0]
        if vectors.shape != (count, dimension):
            raise self._wrong(Message("vectors of {found} numbers where {due} were due", found=sizes[0], due=dimension))
        if not np.isfinite(vectors).all():
            raise self._wrong(Message("a vector with NaN or infinity in it"))
        if not vectors.any(axis=1).all():
            raise self._wrong(Message("a vector of nothing but zeros"))
        self._dimension = dimension
        return _unit(vectors).astype(np.float32)

    def _wrong(self, what: str) -> ModelUnusable:
        return ModelUnusable(
            "The embedding model {name} answered with {what}. Nothing was stored; try again, and if it happens again "
            "use another embedding model.",
            name=self._name,
            what=what,
        )


def checked(embeddings: Embeddings, name: str, dimension: int | None = None) -> ArrayEmbeddings:
    """The face that the library needs over any ``Embeddings``; ours are returned as they are."""
    return embeddings if isinstance(embeddings, ArrayEmbeddings) else CheckedEmbeddings(embeddings, name, dimension)


@cache
def open_embeddings(name: str = MINILM) -> LocalEmbeddings:
    """The local model of this name: all-MiniLM-L6-v2, or any BERT-type model by its Hugging Face name.

    One for all libraries that this process opens.

    Nothing is looked up yet: a name that does not exist raises ModelMissing at the first text. A name with a colon is a
    model behind a server, which the caller connects and passes through ``checked``; it raises ModelMissing here.
    """
    if ":" in name or not name.strip():
        raise ModelMissing(
            "{name} is not a local embedding model; use {other}, or a model's Hugging Face name.",
            name=repr(name),
            other=MINILM,
        )
    return LocalEmbeddings(name)
