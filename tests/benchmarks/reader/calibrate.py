"""Chooses the reader's calibration on windows that were kept out of training, and prints what the choice rests on.

``answers``: scale and shift so that the logistic of the logit is the share of sentences of such a logit that answer, and
that 0.5 is where the share of answerable questions given up equals ``GIVEN_UP``. ``carries``: scale (temperature) and a
shift of "carried" so that 0.5 keeps ``KEPT`` of the true statements.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from assistant.reader.model import WEIGHTS, Evidence, _Engine
from tests.benchmarks.reader import data
from tests.benchmarks.reader.data import Example
from tests.benchmarks.reader.measure import statement_examples

GIVEN_UP = 0.10
"""Share of the questions with an answer in their window whose best sentence comes under 0.5."""

KEPT = 0.86
"""Share of the true statements that come over 0.5."""


class Engine:
    """Runs examples through the product's own engine."""

    def __init__(self, folder: Path = WEIGHTS) -> None:
        self.engine = _Engine(folder)

    def __call__(self, examples: list[Example]) -> list[tuple[Any, ...]]:
        pairs = [(e.query, _Shown(e.sentences, e.header)) for e in examples]
        return [(s[:, 0], s[:, 1], v, k) for s, v, k in self.engine.run(pairs)]  # type: ignore[arg-type]


class _Shown(Evidence):
    """Evidence whose header is written already."""

    __slots__ = ()

    @property
    def header(self) -> str:
        return self.title


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    args = parser.parse_args()
    run = Engine(args.weights)
    windows = data.written(args.data / "reader", "choose")
    asked, golds = [], []
    for row in windows:
        head, sentences = data.window_of(row)
        for question in row["questions"]:
            asked.append(Example(question["q"], head, tuple(sentences), (False,) * len(sentences)))
            golds.append([n in question["a"] for n in range(1, len(sentences) + 1)])
    found = run(asked)
    logits = np.concatenate([each[0] for each in found])
    labels = np.concatenate([np.asarray(gold, dtype=float) for gold in golds])
    scale, _ = _logistic(logits, labels)
    best = np.array([each[0].max() for each in found])
    at = float(np.quantile(best, GIVEN_UP))
    answers = [round(scale, 4), round(-scale * at, 4)]
    made = statement_examples(windows)
    true = np.array([is_true for _, is_true, _ in made])
    verdicts = np.stack([each[2] for each in run([example for example, _, _ in made])])
    odds = verdicts[:, 0] - np.logaddexp(verdicts[:, 1], verdicts[:, 2])
    temperature, _ = _logistic(odds, true.astype(float))
    kept_at = float(np.quantile(odds[true], 1 - KEPT))
    scaled = temperature * verdicts
    # "carried" is shifted until the odds at the chosen point are even.
    gap = scaled[:, 0] - np.logaddexp(scaled[:, 1], scaled[:, 2])
    shift = -float(np.interp(kept_at, np.sort(odds), np.sort(gap)))
    carries = [round(temperature, 4), round(shift, 4)]
    (args.weights / "calibration.json").write_text(json.dumps({"answers": answers, "carries": carries}) + "\n")
    print(json.dumps({"answers": answers, "carries": carries, "true": int(true.sum()), "false": int((~true).sum())}))


def _logistic(values: Any, labels: Any) -> tuple[float, float]:
    """Slope and intercept of a logistic regression of one variable, by Newton's method."""
    x = np.stack([values, np.ones_like(values)], axis=1).astype(float)
    w = np.zeros(2)
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ w))
        step = np.linalg.solve(x.T @ (x * (p * (1 - p))[:, None]) + 1e-6 * np.eye(2), x.T @ (labels - p))
        w += step
        if np.abs(step).max() < 1e-8:
            break
    return float(w[0]), float(w[1])


if __name__ == "__main__":
    main()
