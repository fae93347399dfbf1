"""``python -m tests.benchmarks.calibrate_extractive``: what the constants of ``assistant/extractive.py`` rest on.

Fits the weights of a sentence on questions whose answering sentences are known, and those of a sentence in an account
on what annotators chose of CLAPNQ's articles; measures both on the fifth of the questions that was left out; then shows
what the extent of an answer costs and brings. Needs ``ARTICLE_DATA``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from assistant.evidence import Similarity
from assistant.extractive import (
    BELONGING,
    BREADTH,
    MOST_SENTENCES,
    WEIGHTS,
    Belonging,
    Candidate,
    ExtractiveWriter,
    Features,
    belonging,
    best_expected,
    candidates,
    likeliest_article_first,
)
from assistant.kinds import wanted
from tests.benchmarks import questions
from tests.benchmarks.answers import f1, holds
from tests.benchmarks.calibrate_evidence import similarity as remembered
from tests.benchmarks.questions import Asked, Remembering

Array = NDArray[np.float64]

FOLDS = 5
RIDGE = 1.0
STEPS = 25


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
        ("starter articles", lambda _, folder, embeddings: questions.seeds(folder, embeddings)),
    ):
        library, asked = build(data, folder / name, embeddings)
        answers = _holds_all if name == "starter articles" else _answers
        with library:
            present = [each for each in asked if each.present]
            made[name] = [case for each in present if (case := _case(each, library.similarity, answers)).sentences]
    return made


def _case(asked: Asked, similarity: Similarity, answers: Callable[[Candidate, Asked], float]) -> Case:
    found = candidates(asked.question, asked.passages, similarity)
    return Case(asked, tuple(found), np.array([answers(each, asked) for each in found]))


def _holds_all(candidate: Candidate, asked: Asked) -> float:
    return float(all(word in candidate.quoted.text for word in asked.answers))


def _answers(candidate: Candidate, asked: Asked) -> float:
    """1 for a sentence with the words of a right answer, or that a third of the annotators chose."""
    if asked.article and candidate.quoted.article.id != asked.article:
        return 0.0
    if asked.answers:
        return float(holds(candidate.quoted.text, asked.answers))
    return float(_chosen_by(candidate, asked) > 1 / 3)


def _chosen_by(candidate: Candidate, asked: Asked) -> float:
    """The share of annotators who chose the sentence, or a part of it."""
    squeezed = "".join(candidate.quoted.text.split())
    by_annotator = [["".join(sentence.split()) for sentence in chosen] for chosen in asked.sentences]
    return mean(any(one in squeezed or squeezed in one for one in chosen) for chosen in by_annotator)


def fit(some: Sequence[Case], columns: Sequence[int]) -> Array:
    """Weights that make the answering sentences likely among all of their question: softmax, by Newton's method."""
    weights = np.zeros(len(columns))
    for _ in range(STEPS):
        gradient, curvature = RIDGE * weights, RIDGE * np.eye(len(columns))
        for case in some:
            rows = case.rows[:, columns]
            likely = np.exp(rows @ weights - (rows @ weights).max())
            likely /= likely.sum()
            right = likely * case.answering
            if right.sum() > 0:
                expected = likely @ rows
                gradient += expected - right @ rows / right.sum()
                curvature += (rows * likely[:, None]).T @ rows - np.outer(expected, expected)
        weights -= np.linalg.solve(curvature, gradient)
    return weights


def answered_by_first(case: Case, columns: Sequence[int], weights: Array, count: int) -> bool:
    """Whether one of the ``count`` best sentences answers."""
    return bool(case.answering[np.argsort(-(case.rows[:, columns] @ weights))[:count]].any())


def report(made: Mapping[str, Sequence[Case]]) -> Iterator[str]:
    everything = list(range(len(Features._fields)))
    yield f"{'':<10}" + "".join(f"{name:>12}" for name in Features._fields)
    together = [case for some in made.values() for case in some]
    for name, weights in (("fitted", fit(together, everything)), ("in use", np.array(WEIGHTS))):
        yield f"{name:<10}" + "".join(f"{weight:>12.1f}" for weight in weights)
    yield "\nQuestions that the first sentence answers, and one of the first two; a fifth held out each time"
    two = [Features._fields.index("cosine"), Features._fields.index("context")]
    held_out: dict[str, dict[str, list[tuple[bool, bool]]]] = {name: {} for name in made}
    for fold in range(FOLDS):
        others = [case for some in made.values() for place, case in enumerate(some) if place % FOLDS != fold]
        for label, columns in (("all features", everything), ("cosine and context", two)):
            weights = fit(others, columns)
            for name, some in made.items():
                held_out[name].setdefault(label, []).extend(
                    (answered_by_first(case, columns, weights, 1), answered_by_first(case, columns, weights, 2))
                    for case in some[fold::FOLDS]
                )
    for name, some in made.items():
        shares = [
            f"{label}: {mean(a for a, _ in hits):.3f} {mean(b for _, b in hits):.3f}"
            for label, hits in held_out[name].items()
        ]
        used = [
            mean(answered_by_first(case, everything, np.array(WEIGHTS), count) for case in some) for count in (1, 2)
        ]
        yield f"  {name:<18}{'    '.join(shares)}    in use: {used[0]:.3f} {used[1]:.3f}"
    yield "\nOne thing asked (SQuAD): how close the second sentence must come, share answered, words in the median"
    for within in (0.0, 0.4, 0.5, 0.55, 0.6, 0.7, 0.8, 1.0):
        shown = [_closest(case, (within, within * 0.65)) for case in made["SQuAD"]]
        answered = mean(any(holds(each.quoted.text, case.asked.answers) for each in some) for case, some in shown)
        words = median(sum(len(each.quoted.text.split()) for each in some) for _, some in shown)
        yield f"  {within:>4.2f} {answered:>8.3f} {words:>8.1f}"


def _closest(case: Case, within: Sequence[float]) -> tuple[Case, list[Candidate]]:
    ranked = sorted(case.sentences, key=lambda each: -each.score)
    kept = ranked[:1]
    for each, limit in zip(ranked[1:], within, strict=False):
        if ranked[0].score - each.score <= limit:
            kept.append(each)
    return case, kept


@dataclass(frozen=True, slots=True)
class Account:
    """The sentences of the article that an account is made of, the best first."""

    asked: Asked
    sentences: tuple[Candidate, ...]
    signs: Array
    """Shape (sentences, signs)."""
    chosen: Array
    """The share of annotators who chose each."""


def accounts(some: Sequence[Case], similarity: Similarity) -> Iterator[str]:
    """How much of an article to quote, on CLAPNQ."""
    made = [_account(case, similarity) for case in some]
    everything = list(range(len(Belonging._fields)))
    yield "\nA sentence in an account (CLAPNQ)\n" + f"{'':<10}" + "".join(f"{name:>10}" for name in Belonging._fields)
    for name, weights in (("fitted", fit_chance(made, everything)), ("in use", np.array(BELONGING))):
        yield f"{name:<10}" + "".join(f"{weight:>10.2f}" for weight in weights)
    yield "\nF1 of what has the best expected F1, a fifth held out each time"
    for left_out in ((), ("typical",), ("apart",), ("apart", "typical")):
        columns = [place for place in everything if Belonging._fields[place] not in left_out]
        scores = []
        for fold in range(FOLDS):
            weights = fit_chance([each for place, each in enumerate(made) if place % FOLDS != fold], columns)
            scores += [_f1(each, _likely(each.signs[:, columns], weights)) for each in made[fold::FOLDS]]
        yield f"  {'all signs' if not left_out else 'without ' + ' and '.join(left_out):<28}{mean(scores):.3f}"
    for count in (2, 3, 4, 5):
        yield f"  {f'the best {count}':<28}{mean(_f1(each, None, count) for each in made):.3f}"


def _account(case: Case, similarity: Similarity) -> Account:
    ranked = likeliest_article_first(sorted(case.sentences, key=lambda each: -each.score))
    mine = tuple(each for each in ranked if each.quoted.article.id == ranked[0].quoted.article.id)
    is_right = ranked[0].quoted.article.id == case.asked.article
    chosen = [_chosen_by(each, case.asked) if is_right else 0.0 for each in mine]
    return Account(case.asked, mine, np.array(belonging(mine, similarity)), np.array(chosen))


def fit_chance(some: Sequence[Account], columns: Sequence[int]) -> Array:
    """Logistic regression of "chosen" on the signs, by Newton's method; the first column is the constant one."""
    rows = np.concatenate([each.signs[:, columns] for each in some])
    chosen = np.concatenate([each.chosen for each in some])
    weights = np.zeros(len(columns))
    for _ in range(STEPS):
        likely = _likely(rows, weights)
        curvature = (rows * (likely * (1 - likely))[:, None]).T @ rows + 1e-3 * np.eye(len(columns))
        weights -= np.linalg.solve(curvature, rows.T @ (likely - chosen))
    return weights


def _likely(rows: Array, weights: Array) -> Array:
    likely: Array = 1 / (1 + np.exp(-rows @ weights))
    return likely


def _f1(account: Account, chances: Array | None, count: int = MOST_SENTENCES) -> float:
    """Of the sentences with the best expected F1, or simply of the first."""
    kept = best_expected(list(chances), BREADTH["account"]) if chances is not None else range(len(account.sentences))
    return f1([account.sentences[place].quoted for place in list(kept)[:count]], account.asked)


def breadths(some: Sequence[Case], similarity: Similarity) -> Iterator[str]:
    """What the breadth of an explanation brings and costs, on the wider questions of SQuAD."""
    yield "\nAn explanation (SQuAD): how much finding counts against leaving out, share answered, words in the median"
    writer = ExtractiveWriter(similarity)
    asked = [case.asked for case in some if wanted(case.asked.question).extent == "explanation"]
    in_use = BREADTH["explanation"]
    for breadth in (0.1, 0.25, 0.5, 1.0):
        BREADTH["explanation"] = breadth
        chosen = [writer.select(each.question, each.passages) for each in asked]
        BREADTH["explanation"] = in_use
        answered = mean(
            any(holds(part.text, each.answers) for part in parts) for each, parts in zip(asked, chosen, strict=True)
        )
        words = median(sum(len(part.text.split()) for part in parts) for parts in chosen)
        yield f"  {breadth:>4.2f} {answered:>8.3f} {words:>6.0f}{'  in use' if breadth == in_use else ''}"


def main() -> None:
    named = os.environ.get("ARTICLE_DATA")
    if not named:
        sys.exit("ARTICLE_DATA is not set: name the folder of evaluation data.")
    embeddings = Remembering()
    with TemporaryDirectory() as scratch:
        made = cases(Path(named), Path(scratch), embeddings)
    similarity = remembered(embeddings)
    for line in (*report(made), *accounts(made["CLAPNQ"], similarity), *breadths(made["SQuAD"], similarity)):
        print(line)


if __name__ == "__main__":
    main()
