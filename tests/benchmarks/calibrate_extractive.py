"""``python -m tests.benchmarks.calibrate_extractive``: what the constants of ``assistant/extractive.py`` rest on.

Fits the weights of a sentence on questions whose answering sentences are known and measures them on the set that was
left out; then shows what the extent of an answer costs and brings. Needs ``ARTICLE_DATA``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from assistant.evidence import Similarity
from assistant.extractive import EXTENTS, WEIGHTS, Candidate, ExtractiveWriter, Features, Reach, candidates
from assistant.kinds import Extent, wanted
from tests.benchmarks import questions
from tests.benchmarks.answers import f1, holds
from tests.benchmarks.calibrate_evidence import similarity as remembered
from tests.benchmarks.questions import Asked, Remembering

Array = NDArray[np.float64]

RIDGE = 1.0
STEPS = 250
RATE = 0.5


@dataclass(frozen=True, slots=True)
class Case:
    """The sentences for one question, and which of them answer it."""

    asked: Asked
    sentences: tuple[Candidate, ...]
    answering: Array

    @property
    def rows(self) -> Array:
        return np.array([each.features for each in self.sentences])


def cases(data: Path, folder: Path, embeddings: Remembering) -> dict[str, list[Case]]:
    made = {}
    for name, build in (
        ("SQuAD", questions.squad),
        ("CLAPNQ", questions.clapnq),
        ("RAMDocs", questions.ramdocs),
        ("news", questions.news),
    ):
        library, asked = build(data, folder / name, embeddings)
        with library:
            present = [each for each in asked if each.present]
            made[name] = [case for each in present if (case := _case(each, library.similarity)).sentences]
    return made


def _case(asked: Asked, similarity: Similarity) -> Case:
    found = candidates(asked.question, asked.passages, similarity)
    return Case(asked, tuple(found), np.array([_answers(each, asked) for each in found]))


def _answers(candidate: Candidate, asked: Asked) -> float:
    """1 for a sentence with the words of a right answer, or that a third of the annotators chose."""
    text, article = candidate.quoted.text, candidate.quoted.article.id
    if asked.article and article != asked.article:
        return 0.0
    if asked.answers:
        return float(holds(text, asked.answers))
    squeezed = "".join(text.split())
    by_annotator = [["".join(sentence.split()) for sentence in chosen] for chosen in asked.sentences]
    return float(mean(any(one in squeezed or squeezed in one for one in chosen) for chosen in by_annotator) > 1 / 3)


def fit(some: Sequence[Case], columns: Sequence[int]) -> Array:
    """Weights that make the answering sentences likely among all of their question: softmax, by gradient descent."""
    weights = np.zeros(len(columns))
    for _ in range(STEPS):
        gradient = np.zeros_like(weights)
        for case in some:
            rows = case.rows[:, columns]
            likely = np.exp(rows @ weights - (rows @ weights).max())
            likely /= likely.sum()
            right = likely * case.answering
            if right.sum() > 0:
                gradient += rows.T @ (likely - right / right.sum())
        weights -= RATE * (gradient + RIDGE * weights) / len(some)
    return weights


def found_within(some: Sequence[Case], columns: Sequence[int], weights: Array, count: int) -> float:
    """Share of questions one of whose ``count`` best sentences answers."""
    return mean(bool(case.answering[np.argsort(-(case.rows[:, columns] @ weights))[:count]].any()) for case in some)


def report(made: Mapping[str, Sequence[Case]]) -> Iterator[str]:
    everything = list(range(len(Features._fields)))
    yield f"{'':<10}" + "".join(f"{name:>12}" for name in Features._fields)
    together = [case for some in made.values() for case in some]
    for name, weights in (("fitted", fit(together, everything)), ("in use", np.array(WEIGHTS))):
        yield f"{name:<10}" + "".join(f"{weight:>12.1f}" for weight in weights)
    yield "\nQuestions that the first sentence answers, and one of the first two; weights fitted on the other sets"
    two = [Features._fields.index("cosine"), Features._fields.index("coverage")]
    for name, some in made.items():
        others = [case for other, cases_of in made.items() if other != name for case in cases_of]
        line = f"  {name:<10}"
        for label, columns in (("all features", everything), ("cosine and coverage", two)):
            weights = fit(others, columns)
            shares = [found_within(some, columns, weights, count) for count in (1, 2)]
            line += f"{label}: {shares[0]:.3f} {shares[1]:.3f}    "
        yield (
            line
            + "in use: "
            + " ".join(f"{found_within(some, everything, np.array(WEIGHTS), count):.3f}" for count in (1, 2))
        )
    yield "\nOne thing asked (SQuAD): how close the second sentence must come, share answered, words in the median"
    for within in (0.0, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0):
        shown = [_closest(case, (within, within * 0.75)) for case in made["SQuAD"]]
        answered = mean(any(holds(each.quoted.text, case.asked.answers) for each in some) for case, some in shown)
        words = median(sum(len(each.quoted.text.split()) for each in some) for _, some in shown)
        yield f"  {within:>4.1f} {answered:>8.3f} {words:>8.1f}"


ACCOUNTS: tuple[tuple[Extent, Reach], ...] = (
    *(("account", Reach((within,) * count)) for count in (2, 3, 4) for within in (3.0, 4.0, 5.0)),
    *(("brief", Reach(within)) for within in ((1.0,), (1.5, 1.0), (2.0, 1.5), (2.5, 2.0), (4.0,) * 4)),
)


def accounts(some: Sequence[Case], similarity: Similarity) -> Iterator[str]:
    """How much of an article to quote, on CLAPNQ: each half of its questions and both; words in the median."""
    yield "\nWider questions (CLAPNQ): how close the further sentences must come, F1, words"
    writer = ExtractiveWriter(similarity)
    for extent, reach in ACCOUNTS:
        asked = [case.asked for case in some if wanted(case.asked.question).extent == extent]
        in_use, EXTENTS[extent] = EXTENTS[extent], reach
        chosen = [writer.select(each.question, each.passages) for each in asked]
        EXTENTS[extent] = in_use
        scores = [f1(quoted, each) for quoted, each in zip(chosen, asked, strict=True)]
        words = median(sum(len(part.text.split()) for part in quoted) for quoted in chosen)
        mark = "  in use" if reach == in_use else ""
        yield (
            f"  {extent:<8} {reach.within!s:<22} {mean(scores[::2]):>7.3f} {mean(scores[1::2]):>7.3f}"
            f" {mean(scores):>7.3f} {words:>6.0f}{mark}"
        )


def _closest(case: Case, within: Sequence[float]) -> tuple[Case, list[Candidate]]:
    ranked = sorted(case.sentences, key=lambda each: -each.score)
    kept = ranked[:1]
    for each, limit in zip(ranked[1:], within, strict=False):
        if ranked[0].score - each.score <= limit:
            kept.append(each)
    return case, kept


def main() -> None:
    named = os.environ.get("ARTICLE_DATA")
    if not named:
        sys.exit("ARTICLE_DATA is not set: name the folder of evaluation data.")
    embeddings = Remembering()
    with TemporaryDirectory() as scratch:
        made = cases(Path(named), Path(scratch), embeddings)
    for line in (*report(made), *accounts(made["CLAPNQ"], remembered(embeddings))):
        print(line)


if __name__ == "__main__":
    main()
