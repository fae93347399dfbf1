"""How often the right article comes first: weekly news questions, and real search queries on Wikipedia passages.

Articles are ranked by their best passage. The same questions go to each ranking alone: BM25 over the passages' words,
with the title as the library's keyword index has it and without, and meaning by exact search.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from assistant.timescope import read_scope
from tests.benchmarks.material import rows, write_rows
from tests.benchmarks.report import Figure, Line
from tests.benchmarks.searching import open_chroma, recall
from vectorstore import splitter
from vectorstore.adding import embedded_text
from vectorstore.catalogue import SCHEMA_VERSION, Catalogue
from vectorstore.embeddings import ArrayEmbeddings, LocalEmbeddings
from vectorstore.keywords import Keywords
from vectorstore.library import Library
from vectorstore.vectors import ExactVectors
from vectorstore.weights import cache_folder

DEEP = 50
"""Passages that are asked for, so that ten articles are among them."""

GOALS = {("news questions", "MRR@10"): 0.70, ("news questions", "Hits@4"): 0.85}

Ranker = Callable[[str], Iterable[str]]
"""A question to the ids of the articles of its passages, best first; an article may come again."""


def run(data: Path | None) -> Iterator[Line]:
    if data is None:
        yield "SKIPPED: ARTICLE_DATA names no folder of evaluation data"
        return
    yield "an article's rank is that of its best passage; ours is keywords and meaning fused, without any use of time"
    yield from weekly_news(data / "news")
    yield from search_queries(data / "answers" / "clapnq.jsonl.gz")


def weekly_news(folder: Path) -> Iterator[Line]:
    embeddings = LocalEmbeddings()
    place = cached_place(folder / "articles.jsonl.gz", embeddings)
    yield f"{'the library made earlier' if place.is_dir() else 'the library is made now, and kept'}: {place}"
    asked = {row["question"]: set(row["gold"]) for row in rows(folder / "questions.jsonl")}
    with kept_library(folder / "articles.jsonl.gz", embeddings) as library:
        yield f"{library.count():,} articles, {len(asked)} questions: one article more or less is {1 / len(asked):.3f}"
        with closing(Catalogue(library.folder, read_only=True)) as catalogue:
            rankers = _rankers(library, catalogue, embeddings)
            scores = {name: ranking_scores(rank, asked) for name, rank in rankers.items()}
            ids, vectors = catalogue.vectors()
        days = {row["question"]: date.fromisoformat(row["asked_on"]) for row in rows(folder / "questions.jsonl")}
        timed = ranking_scores(lambda question: on_its_day(library, question, days[question]), asked)
    yield from _compared("news questions", scores)
    for measure, value in timed.items():
        yield Figure(f"asked on their day: {measure}", value, "", scores["ours"][measure], "no time used")
    some = np.random.default_rng(7).choice(len(ids), min(400, len(ids)), replace=False)
    questions = embeddings.embed_array(list(asked))
    with closing(open_chroma(place)) as chroma:
        exact = ExactVectors(ids, vectors)
        yield Figure("recall@10 of Chroma, their own vectors", recall(chroma, exact, vectors[some]), at_least=0.99)
        yield Figure("recall@10 of Chroma, questions", recall(chroma, exact, questions))


def on_its_day(library: Library, question: str, day: date) -> Iterator[str]:
    """As ``Assistant`` searches for ``ask(question, as_of=day)``."""
    read = read_scope(question, day)
    found = library.search(
        question, k=DEEP, as_of=day, since=read.since, until=read.until, prefer_recent=read.prefers_recent
    )
    return (match.article.id for match in found)


def search_queries(path: Path) -> Iterator[Line]:
    """CLAPNQ: which of all passages answers a query that one of them does answer."""
    embeddings = LocalEmbeddings()
    with TemporaryDirectory() as scratch:
        table, gold = clapnq(path, Path(scratch))
        with Library.open(Path(scratch) / "library", embeddings=embeddings) as library:
            library.add(table)
            yield f"CLAPNQ: {len(gold)} queries over {library.count()} Wikipedia passages"
            with closing(Catalogue(library.folder, read_only=True)) as catalogue:
                rankers = _rankers(library, catalogue, embeddings)
                scores = {name: ranking_scores(rank, gold, depths=(1, 5)) for name, rank in rankers.items()}
    yield from _compared("search queries", scores)


def clapnq(path: Path, folder: Path) -> tuple[Path, dict[str, set[str]]]:
    """Its passages as a table of articles in ``folder``, and the ids that answer each answerable question."""
    asked = rows(path)
    ids = {(row["title"], row["passage"]): f"clapnq-{number:04}" for number, row in enumerate(asked)}
    records = ({"id": key, "title": title, "text": text} for (title, text), key in ids.items())
    gold = {row["question"]: {ids[row["title"], row["passage"]]} for row in asked if row["answerable"]}
    return write_rows(folder / "articles.jsonl", records), gold


def kept_library(articles: Path, embeddings: ArrayEmbeddings) -> Library:
    """The library of a table of articles, kept between runs, since making it takes minutes. The caller closes it.

    The table is added again each time, which costs nothing where nothing changed and takes up what is now read
    otherwise; the indexes are made anew by today's code.
    """
    library = Library.open(cached_place(articles, embeddings), embeddings=embeddings)
    before = library.count()
    report = library.add(articles)
    library.remove({article.id for article in library.articles()} - {outcome.article_id for outcome in report.outcomes})
    if before:
        library.rebuild()
    return library


def cached_place(articles: Path, embeddings: ArrayEmbeddings) -> Path:
    """A folder named for everything that vectors depend on: data, splitter, model and the text that is embedded."""
    form = inspect.getsource(embedded_text)
    made_with = f"{SCHEMA_VERSION} {splitter.SPLITTER_VERSION} {embeddings.name} {form}".encode()
    return cache_folder() / "bench" / hashlib.sha256(made_with + articles.read_bytes()).hexdigest()[:16]


def _rankers(library: Library, catalogue: Catalogue, embeddings: ArrayEmbeddings) -> Mapping[str, Ranker]:
    """The library's search, and each of its parts by itself. The first is ours."""
    articles: dict[int, str] = {}
    with_title, bodies = Keywords(None), Keywords(None)
    for entries in catalogue.entries():
        articles |= {entry.passage.id: entry.passage.article_id for entry in entries}
        with_title.change(entries)
        bodies.change([replace(entry, title="") for entry in entries])
    exact = ExactVectors(*catalogue.vectors())
    return {
        "ours": lambda question: (m.article.id for m in library.search(question, k=DEEP)),
        "BM25 of passages": lambda question: (articles[hit] for hit, _ in bodies.search(question, 2 * DEEP)),
        "BM25 with titles": lambda question: (articles[hit] for hit, _ in with_title.search(question, 2 * DEEP)),
        "meaning alone": lambda question: (
            articles[hit] for hit, _ in exact.nearest(embeddings.embed_array([question])[0], 2 * DEEP)
        ),
    }


def _compared(what: str, scores: Mapping[str, Mapping[str, float]]) -> Iterator[Line]:
    """Each measure of the first ranking beside that of every other one."""
    ours, *others = scores.values()
    for measure, value in ours.items():
        goal = GOALS.get((what, measure))
        for name, baseline in zip(list(scores)[1:], others, strict=True):
            yield Figure(f"{what}: {measure}", value, "", baseline[measure], name, at_least=goal)
            goal = None


def ranking_scores(rank: Ranker, asked: Mapping[str, set[str]], depths: Sequence[int] = (4, 1)) -> dict[str, float]:
    """Mean reciprocal rank of the first right article among ten, and how often one is among the first few."""
    places = []
    for question, gold in asked.items():
        ten = islice(dict.fromkeys(rank(question)), 10)
        places.append(next((place for place, article in enumerate(ten, start=1) if article in gold), None))
    scores = {"MRR@10": float(np.mean([1 / place if place else 0.0 for place in places]))}
    for depth in depths:
        scores[f"Hits@{depth}"] = float(np.mean([place is not None and place <= depth for place in places]))
    return scores
