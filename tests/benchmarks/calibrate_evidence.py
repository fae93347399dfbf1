"""``python -m tests.benchmarks.calibrate_evidence``: what the constants of ``assistant/evidence.py`` rest on.

Fits the weights on one half of the questions, those whose answer the library holds against those whose answer it lacks,
and prints how they do on the other half, both ways; beside them what the program uses now, which is fitted on all.
Needs ``ARTICLE_DATA``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from assistant import evidence
from tests.benchmarks import questions
from tests.benchmarks.questions import Asked, Remembering

Array = NDArray[np.float64]

SEED = 0
"""Of the draw of the half that is fitted."""

RIDGE = 1.0
"""Of the weights' squares, on standardised signs; 0.1 to 10 give the same curves."""

WEIGHTS = {
    # Present and absent count the same within a kind of question. Adversarial questions, whose passage speaks of the
    # very thing and lacks the detail asked for, cannot be told apart by these signs and would drown the rest.
    "news": 100,
    "news, story taken out": 100,
    "CLAPNQ": 100,
    "CLAPNQ, not answered by its passage": 60,
    "CLAPNQ, passage taken out": 40,
    "SQuAD": 100,
    "SQuAD, context taken out": 70,
    "SQuAD, adversarial": 20,
    "RAMDocs": 50,
    # Ours: never fitted, only looked at.
    "starter articles": 0,
    "starter articles, not in them": 0,
}
SIGNS = evidence.ArticleWeights._fields


@dataclass(frozen=True, slots=True)
class Case:
    group: str
    present: bool
    question: str
    signs: tuple[evidence.Signs, ...]
    cosine: float
    """The baseline: the highest of the matches."""

    @property
    def rows(self) -> Array:
        return np.array([[float(getattr(signs, name)) for name in SIGNS] for signs in self.signs])


def cases(data: Path, folder: Path, embeddings: Remembering) -> list[Case]:
    """Every question of every set, once with and where possible once without its answer."""
    made: list[Case] = []

    def take(asked: Iterable[Asked], present: str, absent: str = "") -> None:
        for each in asked:
            found = evidence.signs(each.question, each.matches, similarity(embeddings))
            cosine = max((match.similarity for match in each.matches), default=0.0)
            made.append(Case(present if each.present else absent, each.present, each.question, tuple(found), cosine))

    for build, name, adversarial, out in (
        (questions.squad, "SQuAD", "SQuAD, adversarial", "SQuAD, context taken out"),
        (questions.clapnq, "CLAPNQ", "CLAPNQ, not answered by its passage", "CLAPNQ, passage taken out"),
    ):
        library, asked = build(data, folder / name, embeddings)
        with library:
            take(asked, name, adversarial)
            take(questions.with_article_out(library, asked), "", out)
    library, asked = questions.ramdocs(data, folder / "ramdocs", embeddings)
    with library:
        take(asked, "RAMDocs")
    library, asked = questions.news(data, folder / "news", embeddings)
    with library:
        take(asked, "news", "news, story taken out")
    library, asked = questions.seeds(folder / "seeds", embeddings)
    with library:
        take(asked, "starter articles", "starter articles, not in them")
    return made


def similarity(embeddings: Remembering) -> evidence.Similarity:
    def cosines(question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        found: NDArray[np.float32] = embeddings.embed_array(texts) @ embeddings.embed_array([question])[0]
        return found

    return cosines


def fit(some: Sequence[Case]) -> Array:
    """Intercept and weights; the article that decides for a question is chosen by the weights themselves, in turns."""
    counts = {group: sum(case.group == group for case in some) for group in WEIGHTS}
    used = [case for case in some if WEIGHTS[case.group]]
    importance = np.array([WEIGHTS[case.group] / counts[case.group] for case in used])
    present = np.array([case.present for case in used], dtype=float)
    weights = np.array([0.0, 1.0, 0.5, 0.5] + [0.0] * (len(SIGNS) - 3))
    for _ in range(4):
        best = np.array([rows[np.argmax(rows @ weights[1:])] for rows in (case.rows for case in used)])
        weights = _logistic_regression(best, present, importance)
    return weights


def _logistic_regression(rows: Array, present: Array, importance: Array) -> Array:
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    design = np.column_stack([np.ones(len(rows)), (rows - mean) / spread])
    ridge = RIDGE * np.diag([1e-6] + [1.0] * rows.shape[1])
    beta = np.zeros(design.shape[1])
    for _ in range(30):  # Newton's method
        probability = 1 / (1 + np.exp(-design @ beta))
        gradient = design.T @ (importance * (probability - present)) + ridge @ beta
        curvature = (design * (importance * probability * (1 - probability))[:, None]).T @ design + ridge
        beta -= np.linalg.solve(curvature, gradient)
    slopes = beta[1:] / spread
    return np.concatenate([[beta[0] - slopes @ mean], slopes])


def score(case: Case, weights: Array) -> float:
    """The score as ``Signs.score`` would be with other weights."""
    by_article = 1 / (1 + np.exp(-(case.rows @ weights[1:] + weights[0])))
    return max(float(by_article.max()), max(signs.stated_score for signs in case.signs))


def held_out_scores(some: Sequence[Case]) -> Array:
    """Each question scored by weights that were fitted on the half without it, in any of its forms."""
    asked = sorted({case.question for case in some})
    drawn = np.random.default_rng(SEED).permutation(len(asked)) % 2 == 0
    half = dict(zip(asked, drawn.tolist(), strict=True))
    fitted = {own: fit([case for case in some if half[case.question] is not own]) for own in (True, False)}
    return np.array([score(case, fitted[half[case.question]]) for case in some])


def auroc(present: Array, absent: Array) -> float:
    """The probability that a present answer has the higher score."""
    wins = (present[:, None] > absent[None]).mean() + (present[:, None] == absent[None]).mean() / 2
    return float(wins)


def report(some: Sequence[Case]) -> Iterator[str]:
    group = np.array([case.group for case in some])
    scored = {
        "cosine": np.array([case.cosine for case in some]),
        "held out": held_out_scores(some),
        "in use": np.array([max(signs.score for signs in case.signs) for case in some]),
    }
    weights = fit(some)
    yield f"{len(some)} questions\n"
    yield f"{'':<12}{'intercept':>10}" + "".join(f"{name:>14}" for name in SIGNS)
    now = np.array([evidence.INTERCEPT, *evidence.ARTICLE_WEIGHTS])
    for name, each in (("fitted", weights), ("in use", now)):
        yield f"{name:<12}{each[0]:>10.2f}" + "".join(f"{weight:>14.2f}" for weight in each[1:])
    yield "\nProbability that a present answer scores higher than an absent one (AUROC)"
    for absent in WEIGHTS:
        present = absent.split(",")[0]
        if absent != present:
            values = {name: auroc(scores[group == present], scores[group == absent]) for name, scores in scored.items()}
            yield f"  {absent:<40}" + "   ".join(f"{name} {value:.3f}" for name, value in values.items())
    for name in ("held out", "in use"):
        yield f"\nShare answered (present) or refused (absent), by threshold: {name}"
        thresholds = (0.3, 0.34, 0.36, 0.38, 0.4, 0.42, 0.44, 0.46, 0.5, 0.55)
        yield f"  {'':<40}" + "".join(f"{threshold:>8}" for threshold in thresholds)
        for kind in WEIGHTS:
            scores = scored[name][group == kind]
            shares = [(scores >= limit).mean() if "," not in kind else (scores < limit).mean() for limit in thresholds]
            verb = "answered" if "," not in kind else "refused"
            yield f"  {kind:<38}{verb[0]} " + "".join(f"{share:>8.2f}" for share in shares)


def main() -> None:
    named = os.environ.get("ARTICLE_DATA")
    if not named:
        sys.exit("ARTICLE_DATA is not set: name the folder of evaluation data.")
    with TemporaryDirectory() as scratch:
        made = cases(Path(named), Path(scratch), Remembering())
    for line in report(made):
        print(line)


if __name__ == "__main__":
    main()
