"""Libraries made of the evaluation data, and the questions put to them, each with what is known to be right.

Searched as the assistant searches: in the scope that the question names, as of the day on which it was asked where that
is known. No question of the data leans on a conversation; those that put several questions are searched whole here, and
part by part where ``answers`` asks the assistant itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.evaluation.cases import holds
from assistant.question.scope import scoped
from assistant.retrieval.passage_context import widened
from tests.benchmarks.material import SEEDS, rows, write_rows
from vectorstore.embedding.embeddings import ArrayEmbeddings, LocalEmbeddings
from vectorstore.library import Library
from vectorstore.types import Match

SAME_STORY = 0.55
"""Cosine of two articles' mean passage vectors from which they are taken to tell the same story."""

_DEEP = 400
"""Passages searched when some articles are to be taken out of the result afterwards."""

SEED_QUESTIONS = Path(__file__).parents[1] / "data" / "seed_questions.jsonl"

NEAR_QUESTIONS = SEED_QUESTIONS.with_name("near_questions.jsonl")
"""On the same articles: details that they tell, and what they only come near to: a detail, a year, a name, an event."""

NEAR_QUESTIONS_HELD_OUT = SEED_QUESTIONS.with_name("near_questions_held_out.jsonl")

K = 10
"""Passages that an answer is made of; the assistant's own default."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, what was found for it, and whether the library holds the answer."""

    question: str
    matches: Sequence[Match]
    present: bool
    article: str = ""
    """The article that answers, or the one that the question was written on."""
    answers: tuple[str, ...] = ()
    """Short answers, any of which is right."""
    sentences: tuple[tuple[str, ...], ...] = ()
    """For each annotator the sentences that answer."""
    as_of: str | None = None
    """The day on which it was asked: later articles are not searched."""

    @property
    def passages(self) -> list[Match]:
        """What the writer gets: the matches with the sentences around them."""
        return widened(self.matches)


def search(library: Library, question: str, *, k: int = K, as_of: str | None = None) -> list[Match]:
    """What the assistant would find."""
    return scoped(question, library, today=date.today(), as_of=as_of).search(library, k=k)


class Remembering(ArrayEmbeddings):
    """The local model with a memory: the same texts are asked for by several measurements."""

    def __init__(self) -> None:
        self._model = LocalEmbeddings()
        self.known: dict[str, NDArray[np.float32]] = {}

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def dimension(self) -> int:
        return self._model.dimension

    def embed_array(self, texts: Sequence[str]) -> NDArray[np.float32]:
        new = [text for text in dict.fromkeys(texts) if text not in self.known]
        self.known.update(zip(new, self._model.embed_array(new), strict=True))
        return np.stack([self.known[text] for text in texts])

    def embed_query(self, text: str) -> list[float]:
        vector: list[float] = self.embed_array([text])[0].tolist()
        return vector


def library_of(records: Iterable[dict[str, Any]], folder: Path, embeddings: ArrayEmbeddings) -> Library:
    """A library in ``folder`` with one article for each record. The caller closes it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = write_rows(folder / "articles.jsonl", records)
    library = Library.open(folder / "library", embeddings=embeddings)
    library.add(path)
    return library


def squad(data: Path, folder: Path, embeddings: ArrayEmbeddings) -> tuple[Library, list[Asked]]:
    """SQuAD 2.0: each context an article without a title; half of the questions cannot be answered from theirs."""
    asked = rows(data / "answers" / "squad2.jsonl.gz")
    ids = {
        context: f"context-{number:04}" for number, context in enumerate(dict.fromkeys(row["context"] for row in asked))
    }
    library = library_of(({"id": key, "text": text} for text, key in ids.items()), folder, embeddings)
    return library, [
        Asked(
            row["question"],
            search(library, row["question"]),
            not row["is_impossible"],
            ids[row["context"]],
            tuple(answer for answer in row["answers"] if answer),
        )
        for row in asked
    ]


def clapnq(data: Path, folder: Path, embeddings: ArrayEmbeddings) -> tuple[Library, list[Asked]]:
    """CLAPNQ: real queries of a search engine, each on one Wikipedia passage that answers about half of them."""
    asked = rows(data / "answers" / "clapnq.jsonl.gz")
    records = ({"id": f"clapnq-{row['id']}", "title": row["title"], "text": row["passage"]} for row in asked)
    library = library_of(records, folder, embeddings)
    return library, [
        Asked(
            row["question"],
            search(library, row["question"]),
            row["answerable"],
            f"clapnq-{row['id']}",
            sentences=tuple(tuple(chosen) for chosen in row["selected_sentences"]),
        )
        for row in asked
    ]


def ramdocs(data: Path, folder: Path, embeddings: ArrayEmbeddings) -> tuple[Library, list[Asked]]:
    """RAMDocs: questions with several documents, cut from web pages; all of them are answered by some document."""
    asked = rows(data / "answers" / "ramdocs.jsonl.gz")
    texts = dict.fromkeys(document["text"] for row in asked for document in row["documents"])
    records = ({"id": f"ramdocs-{number:05}", "text": text} for number, text in enumerate(texts))
    library = library_of(records, folder, embeddings)
    return library, [
        Asked(row["question"], search(library, row["question"]), True, "", tuple(row["gold_answers"])) for row in asked
    ]


def news(data: Path, folder: Path, embeddings: Remembering) -> tuple[Library, list[Asked]]:
    """Weekly news questions over 1,500 articles: each once as it is, and once with its story taken out, and with it
    every passage that has the words of the answer: a digest of the day's news tells the story in a sentence.

    Each is asked on its day, over what had been published by then: "this week" is the week before it.
    """
    articles = rows(data / "news" / "articles.jsonl.gz")
    library = library_of(articles, folder, embeddings)
    means = _means(library, embeddings)
    ids = list(means)
    vectors = np.stack([means[key] for key in ids])
    asked = []
    for row in rows(data / "news" / "questions.jsonl"):
        gold = [key for key in dict.fromkeys(row["gold"]) if key in means]
        nearest = np.max(vectors @ np.stack([means[key] for key in gold]).T, axis=1)
        story = {key for key, cosine in zip(ids, nearest, strict=True) if cosine > SAME_STORY} | set(gold)
        question, day = row["question"], row["asked_on"]
        found = search(library, question, as_of=day)
        asked.append(Asked(question, found, True, gold[0], tuple(row["answer"]), as_of=day))
        left = [m for m in without(library, question, story, day, k=_DEEP) if not holds(m.text, row["answer"])]
        asked.append(Asked(question, ranked(left), False, gold[0], as_of=day))
    return library, asked


def with_article_out(library: Library, asked: Iterable[Asked]) -> list[Asked]:
    """The answerable questions once more, as if the article that answers were not there."""
    return [
        replace(each, matches=without(library, each.question, {each.article}), present=False)
        for each in asked
        if each.present
    ]


def seeds(folder: Path, embeddings: ArrayEmbeddings, path: Path = SEED_QUESTIONS) -> tuple[Library, list[Asked]]:
    """The starter articles and questions on them."""
    library = Library.open(folder / "library", embeddings=embeddings)
    library.add(SEEDS)
    return library, [
        Asked(
            row["question"],
            search(library, row["question"], as_of=row["as_of"]),
            row["article"] is not None,
            answers=tuple(row["words"]),
            as_of=row["as_of"],
        )
        for row in rows(path)
    ]


def without(
    library: Library, question: str, articles: set[str], as_of: str | None = None, *, k: int = K
) -> list[Match]:
    """What the search would find had ``articles`` never been added, but for ties between the two rankings."""
    found = [match for match in search(library, question, k=_DEEP, as_of=as_of) if match.article.id not in articles]
    return ranked(found, k)


def ranked(found: Sequence[Match], k: int = K) -> list[Match]:
    """The first ``k``, numbered anew."""
    return [replace(match, rank=rank) for rank, match in enumerate(found[:k], start=1)]


def without_day(library: Library, asked: Iterable[Asked]) -> list[Asked]:
    """The answerable questions that show no sign of time, asked today: their articles are old by now."""
    today = date.today()
    timeless = [each for each in asked if each.present and not scoped(each.question, library, today=today).scope.words]
    return [replace(each, matches=search(library, each.question), as_of=None) for each in timeless]


def _means(library: Library, embeddings: Remembering) -> dict[str, NDArray[np.float32]]:
    from vectorstore.adding import embedded_text

    means = {}
    for article in library.articles():
        spans = [(passage.start, passage.end) for passage in library.passages(article.id)]
        mean = embeddings.embed_array([embedded_text(article, span) for span in spans]).mean(axis=0)
        means[article.id] = mean / np.linalg.norm(mean)
    return means
