"""How often the right article comes first: weekly news questions, and real search queries on Wikipedia passages.

Articles are ranked by their best passage. The same questions go to each ranking alone: BM25 over the passages' words,
with the title as the library's keyword index has it and without, and meaning by exact search. Then each part of the
search is left out in turn.
"""

from __future__ import annotations

import hashlib
import inspect
import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np

from assistant.assistant import Assistant
from assistant.settings import Settings
from assistant.writer import Writer
from tests.benchmarks.material import rows, write_rows
from tests.benchmarks.report import Figure, Line
from tests.benchmarks.searching import open_chroma, recall
from vectorstore.adding import embedded_text
from vectorstore.embedding.embeddings import ArrayEmbeddings, LocalEmbeddings
from vectorstore.embedding.weights import cache_folder
from vectorstore.indexes.keywords import Keywords
from vectorstore.indexes.vectors import ExactVectors
from vectorstore.library import Library
from vectorstore.retrieval import ranking
from vectorstore.retrieval import search as searching
from vectorstore.storage.articles.catalogue import Catalogue
from vectorstore.storage.articles.schema import SCHEMA_VERSION
from vectorstore.text import splitter
from vectorstore.types import Match

DEEP = 50
"""Passages that are asked for, so that ten articles are among them."""

GOALS = {"MRR@10": 0.84, "Hits@4": 0.96, "Hits@1": 0.74}
"""For news questions asked on their day."""

MADE_YEARS = 4
"""Over so long the made days of timeless passages are spread."""

Ranker = Callable[[str], Iterable[str]]
"""A question to the ids of the articles of its passages, best first; an article may come again."""

PARTS: Mapping[str, Callable[[], AbstractContextManager[object]]] = {
    "the words of passages": lambda: patch.object(ranking, "WORDS", 0.0),
    "the words of whole articles": lambda: patch.object(ranking, "WHOLE", 0.0),
    "meaning": lambda: patch.object(ranking, "MEANING", 0.0),
    "age": lambda: patch.object(ranking, "age_factors", lambda ages, **_: np.ones(len(ages))),
    "groups of copies": lambda: patch.object(
        searching, "_one_of_each_story", lambda _, ranked, __: ranking.best_first(ranked.scores, ranked.ids).tolist()
    ),
    "breadth": lambda: patch.object(ranking, "spread", lambda order, *_: list(order)),
}
"""What search is made of, each with a way to leave it out."""


def run(data: Path | None) -> Iterator[Line]:
    if data is None:
        yield "SKIPPED: ARTICLE_DATA names no folder of evaluation data"
        return
    yield "an article's rank is that of its best passage"
    yield from weekly_news(data / "news")
    yield from search_queries(data / "answers" / "clapnq.jsonl.gz")


def weekly_news(folder: Path) -> Iterator[Line]:
    embeddings = LocalEmbeddings()
    place = cached_place(folder / "articles.jsonl.gz", embeddings)
    yield f"{'the library made earlier' if place.is_dir() else 'the library is made now, and kept'}: {place}"
    questions = rows(folder / "questions.jsonl")
    asked = {row["question"]: set(row["gold"]) for row in questions}
    days = {row["question"]: date.fromisoformat(row["asked_on"]) for row in questions}
    answers = {row["question"]: row["answer"] for row in questions}
    with kept_library(folder / "articles.jsonl.gz", embeddings) as library:
        yield f"{library.count():,} articles, {len(asked)} questions: one article more or less is {1 / len(asked):.3f}"

        def timed(question: str) -> Iterator[str]:
            return on_its_day(library, question, days[question])

        with closing(Catalogue(library.folder, read_only=True)) as catalogue:
            rankers = _rankers(library, catalogue, embeddings)
            scores = {name: ranking_scores(rank, asked) for name, rank in rankers.items()}
            ids, vectors = catalogue.passages.vectors()
            yield from _compared("asked on their day", {"ours": ranking_scores(timed, asked), **scores}, GOALS)
            yield from _without_parts(lambda: ranking_scores(timed, asked), ("MRR@10", "Hits@4", "Hits@1"))
            texts = {
                "ours": lambda question: [match.text for match in found_on_its_day(library, question, days[question])],
                **_texts_by_words(catalogue),
                "ours, no time": lambda question: [match.text for match in library.search(question, k=5)],
            }
            for depth in (5, 3, 1):
                held = {name: _answered(texts_of, answers, depth) for name, texts_of in texts.items()}
                yield from _compared(
                    f"answer's words in the first {depth}", {n: {"": share} for n, share in held.items()}
                )
    some = np.random.default_rng(7).choice(len(ids), min(400, len(ids)), replace=False)
    with closing(open_chroma(place)) as chroma:
        exact = ExactVectors(ids, vectors)
        yield Figure("recall@10 of Chroma, their own vectors", recall(chroma, exact, vectors[some]), at_least=0.99)
        yield Figure("recall@10 of Chroma, questions", recall(chroma, exact, embeddings.embed_array(list(asked))))


def found_on_its_day(library: Library, question: str, day: date, k: int = DEEP) -> list[Match]:
    """As ``Assistant`` searches for ``ask(question, as_of=day)``."""
    desk = Assistant(library, Settings(), Writer("none", lambda *_: iter(())))
    return desk.search(question, k=k, as_of=day)


def on_its_day(library: Library, question: str, day: date) -> Iterator[str]:
    return (match.article.id for match in found_on_its_day(library, question, day))


def search_queries(path: Path) -> Iterator[Line]:
    """CLAPNQ: which of all passages answers a query that one of them does answer; then the same with made days."""
    embeddings = LocalEmbeddings()
    with TemporaryDirectory() as scratch:
        table, gold = clapnq(path, Path(scratch))
        with Library.open(Path(scratch) / "library", embeddings=embeddings) as library:
            library.add(table)
            yield f"CLAPNQ: {len(gold)} queries over {library.count()} Wikipedia passages"

            def ours() -> dict[str, float]:
                return ranking_scores(
                    lambda question: (match.article.id for match in library.search(question, k=DEEP)),
                    gold,
                    depths=(1, 5),
                )

            with closing(Catalogue(library.folder, read_only=True)) as catalogue:
                rankers = _rankers(library, catalogue, embeddings)
                scores = {name: ranking_scores(rank, gold, depths=(1, 5)) for name, rank in rankers.items()}
            yield from _compared("search queries", {"ours": ours(), **scores})
            chance = random.Random(11)
            last = date(2024, 6, 30)
            for article in library.articles():
                day = last - timedelta(days=chance.randrange(365 * MADE_YEARS))
                library.add_articles([replace(article, published=day, published_from="field")])
            dated = ours()
            with PARTS["age"]():
                timeless = ours()
            for measure in ("Hits@1", "Hits@5"):
                yield Figure(
                    f"made days over {MADE_YEARS} years: {measure}",
                    dated[measure],
                    "",
                    timeless[measure],
                    "no age rule",
                    at_least=timeless[measure] - 0.01,
                )
            yield from _without_parts(ours, ("MRR@10", "Hits@1", "Hits@5"))


def _without_parts(measured: Callable[[], Mapping[str, float]], measures: Sequence[str]) -> Iterator[Line]:
    """The same without each part of the search: what it adds."""
    whole = measured()
    for part, left_out in PARTS.items():
        with left_out():
            less = measured()
        yield f"without {part}: " + ", ".join(
            f"{name} {less[name]:.3f} ({less[name] - whole[name]:+.3f})" for name in measures
        )


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
    """The library's search with no time in it, and parts of it by themselves."""
    articles: dict[int, str] = {}
    with_title, bodies = Keywords(None), Keywords(None)
    for entries in catalogue.passages.entries():
        articles |= {entry.passage.id: entry.passage.article_id for entry in entries}
        with_title.change(entries)
        bodies.change([replace(entry, title="") for entry in entries])
    exact = ExactVectors(*catalogue.passages.vectors())
    return {
        "fused, no time": lambda question: (m.article.id for m in library.search(question, k=DEEP)),
        "BM25 of passages": lambda question: (articles[hit] for hit, _ in bodies.search(question, 2 * DEEP)),
        "BM25 with titles": lambda question: (articles[hit] for hit, _ in with_title.search(question, 2 * DEEP)),
        "meaning alone": lambda question: (
            articles[hit] for hit, _ in exact.nearest(embeddings.embed_array([question])[0], 2 * DEEP)
        ),
    }


def _texts_by_words(catalogue: Catalogue) -> dict[str, Callable[[str], list[str]]]:
    """The texts of the first five passages by keywords alone."""
    bodies = Keywords(None)
    for entries in catalogue.passages.entries():
        bodies.change([replace(entry, title="") for entry in entries])

    def first(question: str) -> list[str]:
        ids = [hit for hit, _ in bodies.search(question, 5)]
        stored = catalogue.passages.with_articles(ids)
        return [stored[hit][0].text for hit in ids]

    return {"BM25 of passages": first}


def _answered(texts_of: Callable[[str], Sequence[str]], answers: Mapping[str, Sequence[str]], depth: int) -> float:
    """Share of the questions whose answer stands, as words, in the first ``depth`` texts."""
    held = 0
    for question, wanted in answers.items():
        text = _plain(" ".join(texts_of(question)[:depth]))
        held += any(re.search(rf"(?<!\w){re.escape(_plain(answer))}(?!\w)", text) is not None for answer in wanted)
    return held / len(answers)


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[“”\"‘’']", "", text).casefold().split()).rstrip(".")


def _compared(
    what: str, scores: Mapping[str, Mapping[str, float]], goals: Mapping[str, float] | None = None
) -> Iterator[Line]:
    """Each measure of the first ranking beside that of every other one."""
    ours, *others = scores.values()
    for measure, value in ours.items():
        goal = (goals or {}).get(measure)
        for name, baseline in zip(list(scores)[1:], others, strict=True):
            yield Figure(f"{what}: {measure}".removesuffix(": "), value, "", baseline[measure], name, at_least=goal)
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
