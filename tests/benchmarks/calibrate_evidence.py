"""``python -m tests.benchmarks.calibrate_evidence``: what the constants of ``assistant/evidence.py`` rest on.

Fits the weights on one half of the questions, those whose answer the library holds against those whose answer it lacks,
and prints how they do on the other half, both ways; beside them what the program uses now, which is fitted on all.
Needs ``ARTICLE_DATA``.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
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
    # Ours: never fitted, only looked at. The near ones ask for a detail of an article, or presume what none tells.
    "starter articles": 0,
    "starter articles, not in them": 0,
    "near the starter articles": 0,
    "near the starter articles, not in them": 0,
    "near, held out": 0,
    "near, held out, not in them": 0,
}
PRESENT = {
    "news, story taken out": "news",
    "CLAPNQ, not answered by its passage": "CLAPNQ",
    "CLAPNQ, passage taken out": "CLAPNQ",
    "SQuAD, context taken out": "SQuAD",
    "SQuAD, adversarial": "SQuAD",
    "starter articles, not in them": "starter articles",
    "near the starter articles, not in them": "near the starter articles",
    "near, held out, not in them": "near, held out",
}
"""For the questions without an answer those of the same kind with one."""

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
        """The signs of its articles, shape (articles, signs)."""
        return np.array([[float(getattr(signs, name)) for name in SIGNS] for signs in self.signs]).reshape(
            -1, len(SIGNS)
        )

    @property
    def lacking(self) -> NDArray[np.bool_]:
        """Which of the articles do not bear out what the question takes for granted."""
        return np.array([bool(signs.lack) for signs in self.signs], dtype=bool)

    @property
    def decides(self) -> evidence.Signs | None:
        """The article that decides in the program."""
        return max(self.signs, key=lambda signs: signs.score, default=None)


def cases(data: Path, folder: Path, embeddings: Remembering) -> list[Case]:
    """Every question of every set, once with and where possible once without its answer."""
    made: list[Case] = []

    def take(asked: Iterable[Asked], present: str, absent: str = "") -> None:
        for each in asked:
            found = evidence.signs(each.question, each.matches, similarity(embeddings)) if each.matches else []
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
    for name, path in (
        ("starter articles", questions.SEED_QUESTIONS),
        ("near the starter articles", questions.NEAR_QUESTIONS),
        ("near, held out", questions.NEAR_QUESTIONS_HELD_OUT),
    ):
        library, asked = questions.seeds(folder / "seeds", embeddings, path)
        with library:
            take(asked, name, f"{name}, not in them")
    return made


def similarity(embeddings: Remembering) -> evidence.Similarity:
    def cosines(question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        found: NDArray[np.float32] = embeddings.embed_array(texts) @ embeddings.embed_array([question])[0]
        return found

    return cosines


def fit(some: Sequence[Case]) -> Array:
    """Intercept and weights; the article that decides for a question is chosen by the weights themselves, in turns.

    From articles that lack what the question presumes there is nothing to learn: they are refused whatever else holds.
    """
    counts = {group: sum(case.group == group for case in some) for group in WEIGHTS}
    used = [case for case in some if WEIGHTS[case.group] and not case.lacking.all()]
    importance = np.array([WEIGHTS[case.group] / counts[case.group] for case in used])
    present = np.array([case.present for case in used], dtype=float)
    weights = np.array([0.0, 1.0, 0.5, 0.5])
    for _ in range(4):
        best = np.array([rows[np.argmax(rows @ weights[1:])] for rows in (case.rows[~case.lacking] for case in used)])
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
    if not case.signs:
        return 0.0
    by_article = 1 / (1 + np.exp(-(case.rows @ weights[1:] + weights[0] + evidence.LACKING * case.lacking)))
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
        "in use": np.array([case.decides.score if case.decides else 0.0 for case in some]),
    }
    weights = fit(some)
    yield f"{len(some)} questions\n"
    yield f"{'':<12}{'intercept':>10}" + "".join(f"{name:>14}" for name in SIGNS)
    now = np.array([evidence.INTERCEPT, *evidence.ARTICLE_WEIGHTS])
    for name, each in (("fitted", weights), ("in use", now)):
        yield f"{name:<12}{each[0]:>10.2f}" + "".join(f"{weight:>14.2f}" for weight in each[1:])
    yield "\nProbability that a present answer scores higher than an absent one (AUROC)"
    for absent in WEIGHTS:
        present = PRESENT.get(absent)
        if present:
            values = {name: auroc(scores[group == present], scores[group == absent]) for name, scores in scored.items()}
            yield f"  {absent:<40}" + "   ".join(f"{name} {value:.3f}" for name, value in values.items())
    yield "\nThe article that decides lacks what the question takes for granted"
    for kind in WEIGHTS:
        deciding = [case.decides for case in some if case.group == kind and case.decides]
        lacks = [signs.lack for signs in deciding if signs.lack]
        kinds = Counter(" ".join(lack.split()[1:4]) for lack in lacks)
        yield f"  {kind:<40}{len(lacks):>4} of {len(deciding)}  " + ", ".join(f"{n} {k}" for k, n in kinds.items())
    for name in ("held out", "in use"):
        yield f"\nShare answered (present) or refused (absent), by threshold: {name}"
        thresholds = (0.3, 0.34, 0.36, 0.38, 0.4, 0.42, 0.44, 0.46, 0.5, 0.55)
        yield f"  {'':<40}" + "".join(f"{threshold:>8}" for threshold in thresholds)
        for kind in WEIGHTS:
            scores = scored[name][group == kind]
            shares = [(scores < limit).mean() if kind in PRESENT else (scores >= limit).mean() for limit in thresholds]
            verb = "refused" if kind in PRESENT else "answered"
            yield f"  {kind:<39}{verb[0]}" + "".join(f"{share:>8.2f}" for share in shares)


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
