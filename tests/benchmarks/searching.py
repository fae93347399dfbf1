"""How long a search takes, and how often the approximate index finds what an exact one would.

Passages are made: words by Zipf's law, half of them from the article's own subject, and vectors from their words, so
that what is alike lies together as it does with a real model. The real model embeds every question, in the measured
time. The baseline is Chroma by itself over the same vectors, with its ``where`` for the scopes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import chromadb
import numpy as np
from chromadb.config import Settings
from numpy.typing import NDArray

from tests.benchmarks.report import Figure, Line
from vectorstore.catalogue import Catalogue, Table
from vectorstore.embeddings import ArrayEmbeddings, LocalEmbeddings
from vectorstore.library import Library
from vectorstore.types import Article
from vectorstore.vectors import ChromaVectors, ExactVectors, Hits, VectorIndex

Item = TypeVar("Item")

QUESTIONS = 200
"""For each scope: the 95th percentile then rests on ten."""

WARM = 5
"""Questions of each scope, before those, that are not counted."""

DAYS = 1_000
SOURCES = 20
FIRST_DAY = date(2022, 1, 1)


@dataclass(frozen=True, slots=True)
class Scope:
    name: str
    goal: float | None
    """Milliseconds, 95th percentile, over 30,000 passages."""
    search: dict[str, Any] = field(default_factory=dict)
    """What ``Library.search`` is given."""
    where: dict[str, Any] | None = None
    """The same in Chroma's words."""


def _since(days: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The last so many days of the made articles, in both languages."""
    first = FIRST_DAY + timedelta(days=DAYS - days)
    return {"since": first}, {"day": {"$gte": first.toordinal()}}


SCOPES = (
    Scope("plain", 40),
    Scope("dates that keep half", 60, *_since(DAYS // 2)),
    Scope("dates that keep 1 %", 60, *_since(DAYS // 100)),
    Scope("one source of 20", None, {"sources": ["Made source 7"]}, {"source": "Made source 7"}),
)


class MadeText(ArrayEmbeddings):
    """A vocabulary, subjects, and vectors that follow from the words of a text. The same at every run."""

    def __init__(self, words: int = 30_000, subjects: int = 300) -> None:
        self._random = np.random.default_rng(2024)
        self.words = [_spelled(number) for number in range(words)]
        self._number = {word: number for number, word in enumerate(self.words)}
        chance = 1 / np.arange(1, words + 1)
        self._chance = np.cumsum(chance / chance.sum())
        self._subjects = self._random.integers(200, words, size=(subjects, 400))
        # Frequent words say little: weights as in Arora, Liang, Ma (ICLR 2017).
        weight = 1e-3 / (1e-3 + chance / chance.sum())
        self._vectors = self._random.standard_normal((words, self.dimension), dtype=np.float32)
        self._vectors *= weight[:, None].astype(np.float32)

    @property
    def name(self) -> str:
        return "made"

    @property
    def dimension(self) -> int:
        return 384

    def embed_array(self, texts: Sequence[str]) -> NDArray[np.float32]:
        sums = [self._vectors[self._numbers(text)].sum(axis=0) for text in texts]
        vectors: NDArray[np.float32] = np.stack(sums)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def embed_query(self, text: str) -> list[float]:
        vector: list[float] = self.embed_array([text])[0].tolist()
        return vector

    def article(self, number: int) -> Article:
        """Six passages about one subject, of ten sentences each."""
        subject = self._subjects[self._random.integers(len(self._subjects))]
        common = np.searchsorted(self._chance, self._random.random(780))
        own = subject[np.minimum(self._random.geometric(0.02, 780) - 1, len(subject) - 1)]
        words = [self.words[word] for word in np.where(self._random.random(780) < 0.5, own, common)]
        sentences = [" ".join(sentence).capitalize() + "." for sentence in _parts(words, 13)]
        return Article(
            id=f"made-{number}",
            title=" ".join(self.words[word] for word in own[:6]),
            text="\n\n".join(" ".join(paragraph) for paragraph in _parts(sentences, 10)),
            published=FIRST_DAY + timedelta(days=number % DAYS),
            source=f"Made source {number % SOURCES}",
        )

    def questions(self, articles: Sequence[Article], count: int) -> list[str]:
        """Seven words in a row out of articles, each the beginning of a sentence."""
        chosen = self._random.choice(len(articles), count)
        return [" ".join(articles[number].text.split("\n\n")[number % 6].split()[:7]) for number in chosen]

    def _numbers(self, text: str) -> list[int]:
        return [self._number[word] for word in text.lower().replace(".", "").split()]


class PlainChroma:
    """The same vectors as a program would keep them that leaves everything to Chroma, as it comes."""

    def __init__(self, folder: Path, table: Table, vectors: NDArray[np.float32]) -> None:
        client = chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))
        self._collection = client.create_collection(
            "plain", embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
        )
        for rows in _parts(range(len(table.ids)), 5_000):
            self._collection.add(
                ids=[str(table.ids[row]) for row in rows],
                embeddings=vectors[rows],
                metadatas=[
                    {"day": int(table.days[row]), "source": table.source_names[table.sources[row]]} for row in rows
                ],
            )

    def nearest(
        self,
        vector: NDArray[np.float32],
        k: int,
        allowed: NDArray[np.int64] | None = None,
        where: dict[str, Any] | None = None,
    ) -> Hits:
        assert allowed is None
        reply = self._collection.query(query_embeddings=[vector], n_results=k, where=where, include=["distances"])
        return [
            (int(name), 1 - distance) for name, distance in zip(reply["ids"][0], reply["distances"][0], strict=True)
        ]


def run(data: Path | None) -> Iterator[Line]:
    yield from measure(5_000)


def run_large(data: Path | None) -> Iterator[Line]:
    yield from (replace(line, at_most=None) if isinstance(line, Figure) else line for line in measure(50_000))


def measure(count: int) -> Iterator[Line]:
    """Figures over ``count`` made articles of six passages."""
    made = MadeText()
    articles = [made.article(number) for number in range(count)]
    with TemporaryDirectory() as scratch:
        folder = Path(scratch) / "library"
        with Library.open(folder, embeddings=made) as library:
            begun = time.perf_counter()
            report = library.add_articles(articles)
            seconds = time.perf_counter() - begun
            yield f"{report.passages:,} made passages, added without a model in {seconds:.0f} s"
            yield f"{QUESTIONS} questions for each scope; the times include the question's vector by the real model"
            with closing(Catalogue(folder, read_only=True)) as catalogue:
                ids, vectors = catalogue.vectors()
                plain = PlainChroma(Path(scratch) / "plain", catalogue.table(), vectors)
            yield from _times("owner, Chroma", library, made, articles, plain)
        with Library.open(folder, embeddings=made, read_only=True) as reader:
            yield from _times("reader, exact", reader, made, articles, plain)
        some = np.random.default_rng(7).choice(len(ids), QUESTIONS, replace=False)
        asked = made.embed_array(made.questions(articles, QUESTIONS))
        with closing(open_chroma(folder)) as chroma:
            exact = ExactVectors(ids, vectors)
            for name, queries, goal in (("their own vectors", vectors[some], 0.99), ("questions", asked, None)):
                value, baseline = recall(chroma, exact, queries), recall(plain, exact, queries)
                yield Figure(f"recall@10 of Chroma, {name}", value, "", baseline, "Chroma as it comes", at_least=goal)


def open_chroma(folder: Path) -> ChromaVectors:
    """The vector index of a closed library."""
    with closing(Catalogue(folder, read_only=True)) as catalogue:
        chroma = ChromaVectors(folder / "vectors", stamp=catalogue.meta("stamp"))
    if not chroma.whole:
        raise ValueError(f"the vector index in {folder} was not left whole")
    return chroma


def recall(index: VectorIndex, exact: VectorIndex, vectors: NDArray[np.float32], k: int = 10) -> float:
    """Share of the ``k`` truly nearest passages that ``index`` names, over queries of shape (n, dimension)."""
    shares = []
    for vector in vectors:
        found = {hit for hit, _ in index.nearest(vector, k)}
        shares.append(len(found & {hit for hit, _ in exact.nearest(vector, k)}) / k)
    return float(np.mean(shares))


def _times(
    who: str, library: Library, made: MadeText, articles: Sequence[Article], plain: PlainChroma
) -> Iterator[Line]:
    model = LocalEmbeddings()
    ours: dict[str, list[float]] = {scope.name: [] for scope in SCOPES}
    theirs: dict[str, list[float]] = {scope.name: [] for scope in SCOPES}
    questions = made.questions(articles, (QUESTIONS + WARM) * len(SCOPES))
    for number, question in enumerate(questions):  # by turns, so that a busy moment of the machine hits all scopes
        scope = SCOPES[number % len(SCOPES)]
        begun = time.perf_counter()
        model.embed_query(question)
        embedded = time.perf_counter()
        library.search(question, **scope.search)
        ours[scope.name].append(1000 * (time.perf_counter() - begun))
        vector = made.embed_array([question])[0]
        ready = time.perf_counter()
        plain.nearest(vector, 10, where=scope.where)
        theirs[scope.name].append(1000 * (time.perf_counter() - ready + embedded - begun))
    for scope in SCOPES:
        for percent, goal in ((50, None), (95, scope.goal)):
            value = float(np.percentile(ours[scope.name][WARM:], percent))
            against = float(np.percentile(theirs[scope.name][WARM:], percent))
            baseline = "ms, Chroma's where" if scope.where else "ms, Chroma"
            yield Figure(f"{who}, {scope.name}, p{percent}", value, "ms", against, baseline, at_most=goal)


def _parts(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    return [items[first : first + size] for first in range(0, len(items), size)]


def _spelled(number: int) -> str:
    """A word of its own for each number, of two syllables or more."""
    syllables = [consonant + vowel for consonant in "bdfgklmnprtvz" for vowel in "aiou"]
    word = ""
    while number or len(word) < 4:
        number, digit = divmod(number, len(syllables))
        word += syllables[digit]
    return word
