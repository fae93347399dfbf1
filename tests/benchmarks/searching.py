"""How long a search takes, and how often the approximate index finds what an exact one would.

Passages are made: words by Zipf's law, half of them from the article's own subject, and vectors from their words, so
that what is alike lies together as it does with a real model. Each subject has names, written with a capital. The real
model embeds every question, in the measured time. The baseline is Chroma by itself over the same vectors, with its
``where`` for the scopes. ``python -m tests.benchmarks.searching FOLDER`` is the process whose memory is measured.
"""

from __future__ import annotations

import json
import subprocess
import sys
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
from vectorstore.embedding.embeddings import ArrayEmbeddings, LocalEmbeddings
from vectorstore.indexes.vectors import ChromaVectors, ExactVectors, Hits, VectorIndex
from vectorstore.library import Library
from vectorstore.storage.arrays import Table
from vectorstore.storage.articles.catalogue import Catalogue
from vectorstore.types import Article

Item = TypeVar("Item")

QUESTIONS = 200
"""For each scope: the 95th percentile then rests on ten."""

BASELINE_QUESTIONS = 40
"""For each scope: Chroma's ``where`` takes over half a second in 300,000 passages."""

WARM = 5
"""Questions of each scope, before those, that are not counted."""

NAMES = 8
"""Of a subject: those of its words that are written with a capital."""

DAYS = 1_000
SOURCES = 20
FIRST_DAY = date(2022, 1, 1)


@dataclass(frozen=True, slots=True)
class Scope:
    name: str
    goal: float | None = None
    """Milliseconds, 95th percentile, over 30,000 passages."""
    large_goal: float | None = None
    """The same over 300,000."""
    misspelt: bool = False
    """Whether each question asks for a name in another spelling than the articles'."""
    search: dict[str, Any] = field(default_factory=dict)
    """What ``Library.search`` is given."""
    where: dict[str, Any] | None = None
    """The same in Chroma's words."""


def _since(days: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The last so many days of the made articles, in both languages."""
    first = FIRST_DAY + timedelta(days=DAYS - days)
    return {"since": first}, {"day": {"$gte": first.toordinal()}}


SCOPES = (
    Scope("plain", 40, 60),
    Scope("dates that keep half", 60, 90, False, *_since(DAYS // 2)),
    Scope("dates that keep 1 %", 60, 90, False, *_since(DAYS // 100)),
    Scope("one source of 20", None, 90, False, {"sources": ["Made source 7"]}, {"source": "Made source 7"}),
    Scope("recent preferred", search={"prefer_recent": True, "as_of": FIRST_DAY + timedelta(days=DAYS)}),
    Scope("a name in another spelling", misspelt=True),
)
MOST_MEMORY = 1.6
"""GB of a process that searches 300,000 passages."""


class MadeText(ArrayEmbeddings):
    """A vocabulary, subjects, and vectors that follow from the words of a text. The same at every run."""

    def __init__(self, words: int = 30_000, subjects: int = 300) -> None:
        self._random = np.random.default_rng(2024)
        self.words = [_spelled(number) for number in range(words)]
        self._number = {word: number for number, word in enumerate(self.words)}
        chance = 1 / np.arange(1, words + 1)
        self._chance = np.cumsum(chance / chance.sum())
        self._subjects = self._random.integers(200, words, size=(subjects, 400))
        self._names = {self.words[word] for subject in self._subjects for word in subject[:NAMES]}
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
        words = [word.capitalize() if word in self._names else word for word in words]
        sentences = [f"{_capital(' '.join(sentence))}." for sentence in _parts(words, 13)]
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

    def misspelt(self, articles: Sequence[Article], count: int) -> list[str]:
        """Questions that begin with a name of the article, its last vowel written as another that sounds alike."""
        asked: list[str] = []
        while len(asked) < count:
            text = articles[int(self._random.integers(len(articles)))].text
            names = [word for word in text.split() if word.lower() in self._names and word[-1] in "iu"]
            if names:
                name = names[int(self._random.integers(len(names)))]
                asked.append(" ".join([name[:-1] + {"i": "y", "u": "ou"}[name[-1]], *text.lower().split()[:6]]))
        return asked

    def _numbers(self, text: str) -> list[int]:
        words = text.lower().replace(".", "").split()
        return [self._number[word] for word in words if word in self._number]


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
    yield from measure(50_000, large=True)


def measure(count: int, *, large: bool = False) -> Iterator[Line]:
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
        yield from _whole_process(folder, articles, made, large)
        yield f"{QUESTIONS} questions for each scope; the times include the question's vector by the real model"
        with closing(Catalogue(folder, read_only=True)) as catalogue:
            ids, vectors = catalogue.passages.vectors()
            plain = PlainChroma(Path(scratch) / "plain", catalogue.passages.table(), vectors)
        with Library.open(folder, embeddings=made) as library:
            yield from _times("owner, Chroma", library, made, articles, plain, large)
            yield from _after_an_addition(library, made, articles)
        with Library.open(folder, embeddings=made, read_only=True) as reader:
            yield from _times("reader, exact", reader, made, articles, None, large)
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
    who: str, library: Library, made: MadeText, articles: Sequence[Article], plain: PlainChroma | None, large: bool
) -> Iterator[Line]:
    model = LocalEmbeddings()
    ours: dict[str, list[float]] = {scope.name: [] for scope in SCOPES}
    busy: dict[str, list[float]] = {scope.name: [] for scope in SCOPES}
    theirs: dict[str, list[float]] = {scope.name: [] for scope in SCOPES}
    expanded = 0
    for number in range(QUESTIONS + WARM):  # by turns, so that a busy moment of the machine hits all scopes
        for scope in SCOPES:
            (question,) = made.misspelt(articles, 1) if scope.misspelt else made.questions(articles, 1)
            begun, worked = time.perf_counter(), time.thread_time()
            model.embed_query(question)
            embedded = time.perf_counter()
            matches = library.search(question, **scope.search)
            ours[scope.name].append(1000 * (time.perf_counter() - begun))
            busy[scope.name].append(1000 * (time.thread_time() - worked))
            expanded += scope.misspelt and bool(matches[0].why.spellings)
            if plain is not None and number < BASELINE_QUESTIONS + WARM:
                vector = made.embed_array([question])[0]
                ready = time.perf_counter()
                plain.nearest(vector, 10, where=scope.where)
                theirs[scope.name].append(1000 * (time.perf_counter() - ready + embedded - begun))
    yield f"{who}: of {QUESTIONS + WARM} misspelt names {expanded} were looked up in other spellings too"
    for scope in SCOPES:
        for percent, goal in ((50, None), (95, scope.large_goal if large else scope.goal)):
            value = float(np.percentile(ours[scope.name][WARM:], percent))
            against = None if plain is None else float(np.percentile(theirs[scope.name][WARM:], percent))
            baseline = "" if plain is None else "ms, Chroma's where" if scope.where else "ms, Chroma"
            yield Figure(f"{who}, {scope.name}, p{percent}", value, "ms", against, baseline, at_most=goal)
        yield Figure("  processor time of the searching thread, p50", float(np.median(busy[scope.name])), "ms")


def _after_an_addition(library: Library, made: MadeText, articles: Sequence[Article]) -> Iterator[Line]:
    """How long a search waits for what an addition has changed."""
    waits = []
    for number, question in enumerate(made.questions(articles, 20)):
        library.add_articles([replace(made.article(number), id=f"later-{number}")])
        begun = time.perf_counter()
        library.search(question)
        waits.append(1000 * (time.perf_counter() - begun))
    yield Figure("owner, the search after an addition, p50", float(np.median(waits)), "ms, without a model")


class MadeVectors(LocalEmbeddings):
    """The real model, for a library of made vectors: it takes the time and the memory that it takes."""

    @property
    def name(self) -> str:
        return "made"


def _whole_process(folder: Path, articles: Sequence[Article], made: MadeText, large: bool) -> Iterator[Line]:
    """What a process needs that does nothing but open the library and search it."""
    questions = json.dumps(made.questions(articles, 4 * len(SCOPES)))
    command = [sys.executable, "-m", "tests.benchmarks.searching", str(folder)]
    reply = subprocess.run(command, input=questions, capture_output=True, text=True, check=True)
    measured: dict[str, float] = json.loads(reply.stdout)
    yield Figure("a process of its own: open the library", measured["open"], "s")
    yield Figure("a process of its own: the first search", measured["first"], "s")
    if "peak" in measured:
        goal = MOST_MEMORY if large else None
        yield Figure("a process of its own: memory at its most", measured["peak"], "GB", at_most=goal)
        yield Figure("  of it at the end its own, no pages of files", measured["own"], "GB")


def _search_alone(folder: Path, questions: Sequence[str]) -> dict[str, float]:
    """Seconds and GB (where there is ``/proc``) of a process that opens the library and searches in every scope."""
    begun = time.perf_counter()
    with Library.open(folder, embeddings=MadeVectors()) as library:
        opened = time.perf_counter()
        library.search(questions[0])
        measured = {"open": opened - begun, "first": time.perf_counter() - opened}
        for number, question in enumerate(questions):
            library.search(question, **SCOPES[number % len(SCOPES)].search)
        status = Path("/proc/self/status")
        if status.is_file():
            # Not getrusage: its peak is inherited from the process that started this one.
            kilobytes = dict(line.split(":", 1) for line in status.read_text(encoding="ascii").splitlines())
            for name, of_status in (("peak", "VmHWM"), ("own", "RssAnon")):
                measured[name] = int(kilobytes[of_status].split()[0]) * 1024 / 1e9
    return measured


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


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


if __name__ == "__main__":
    print(json.dumps(_search_alone(Path(sys.argv[1]), json.load(sys.stdin))))
