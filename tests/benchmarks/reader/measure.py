"""The reader's figures, whatever runs it: torch while it is trained, CTranslate2 in the product."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.reader.data import Example, rows, window_of

Run = Callable[[list[Example]], Sequence[tuple[Any, ...]]]
"""Answer logits, carry logits (sentences,) and verdict logits (3,) of each example."""


def auc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """The chance that a positive scores above a negative."""
    values = np.concatenate([positive, negative])
    order = np.argsort(values, kind="stable")
    ranks = np.empty(len(values))
    ranks[order] = np.arange(1, len(values) + 1)
    for value in np.unique(values):  # ties share their ranks
        same = values == value
        if same.sum() > 1:
            ranks[same] = ranks[same].mean()
    count = len(positive)
    return float((ranks[:count].sum() - count * (count + 1) / 2) / (count * len(negative)))


def carried(logits: Any) -> float:
    """Probability of "carried"."""
    powers = np.exp(logits - np.max(logits))
    return float(powers[0] / powers.sum())


def balanced(positive: Sequence[float], negative: Sequence[float], threshold: float) -> float:
    return float(np.mean(np.asarray(positive) >= threshold) + np.mean(np.asarray(negative) < threshold)) / 2


def best_threshold(positive: Sequence[float], negative: Sequence[float]) -> float:
    tried = np.unique(np.concatenate([positive, negative]))
    return float(max(tried, key=lambda t: balanced(positive, negative, t)))


def question_figures(windows: list[dict[str, Any]], run: Run) -> dict[str, float]:
    examples, golds = [], []
    for row in windows:
        head, sentences = window_of(row)
        for question in row["questions"]:
            gold = {n - 1 for n in question["a"]}
            examples.append(Example(question["q"], head, tuple(sentences), (False,) * len(sentences)))
            golds.append(gold)
    near = [
        Example(q["q"], window_of(row)[0], tuple(window_of(row)[1]), (False,) * len(row["sentences"]))
        for row in windows
        for q in row["unanswerable"]
    ]
    found = run([*examples, *near])
    ranked = [np.argsort(-each[0]) for each in found[: len(examples)]]
    first = np.mean([int(r[0]) in g for r, g in zip(ranked, golds, strict=True)])
    three = np.mean([bool(g & set(map(int, r[:3]))) for r, g in zip(ranked, golds, strict=True)])
    best = [float(np.max(each[0])) for each in found]
    there, away = best[: len(examples)], best[len(examples) :]
    at = np.quantile(there, 0.12)
    return {
        "first": float(first),
        "among three": float(three),
        "answerable auc": auc(there, away),
        "near refused at 88": float(np.mean(np.asarray(away) < at)),
    }


def statement_examples(windows: list[dict[str, Any]], around: int = 1) -> list[tuple[Example, bool, str]]:
    """Each written statement over the sentences it cites and ``around`` on each side: (example, true, set and kind)."""
    made = []
    for row in windows:
        head, sentences = window_of(row)
        for name in ("true", "true_close", "false", "false_free"):
            for each in row[name]:
                gold = [n - 1 for n in each["from"] if 0 < n <= len(sentences)] or [0]
                kept = sorted({i for g in gold for i in range(g - around, g + around + 1) if 0 <= i < len(sentences)})
                chosen = tuple(sentences[i] for i in kept)
                example = Example(each["s"], head, chosen, (False,) * len(kept), 0)
                made.append((example, name.startswith("true"), f"{name} {each.get('kind', '')}"))
    return made


def statement_figures(windows: list[dict[str, Any]], run: Run, around: int = 1) -> dict[str, float]:
    made = statement_examples(windows, around)
    found = [carried(each[2]) for each in run([example for example, _, _ in made])]
    true = [p for p, (_, t, _) in zip(found, made, strict=True) if t]
    false = [p for p, (_, t, _) in zip(found, made, strict=True) if not t]
    threshold = best_threshold(true, false)
    kept = float(np.quantile(true, 0.15))
    by_kind: dict[str, list[float]] = defaultdict(list)
    for p, (_, is_true, kind) in zip(found, made, strict=True):
        if not is_true:
            by_kind[kind.split()[-1]].append(p)
    flagged = {kind: float(np.mean(np.asarray(ps) < kept)) for kind, ps in by_kind.items() if len(ps) >= 20}
    first = [
        [p for p, (_, _, k) in zip(found, made, strict=True) if k.split()[0] == name]
        for name in ("true", "true_close", "false", "false_free")
    ]
    return {
        "statements auc": auc(true, false),
        "balanced": balanced(true, false, threshold),
        "balanced at 85 true": balanced(true, false, kept),
        "auc free": auc(first[0], first[3]),
        "auc close": auc(first[1], first[2]),
        "auc hard": auc(first[0], first[2]),
        "weakest kind": min(flagged.values(), default=float("nan")),
    }


def wice_figures(support: Path, run: Run) -> dict[str, float]:
    """Claims of Wikipedia over web pages: supported against not supported or partly; the best of windows of three."""
    examples, of = [], []
    labels = []
    for number, row in enumerate(rows(support / "wice.jsonl.gz")):
        labels.append(row["label"] == "supported")
        evidence = row["evidence"]
        words = set(row["claim"].lower().split())
        overlap = [len(words & set(sentence.lower().split())) for sentence in evidence]
        for middle in sorted(range(len(evidence)), key=lambda i: -overlap[i])[:5]:
            low, high = max(0, middle - 1), min(len(evidence), middle + 2)
            examples.append(
                Example(row["claim"], "", tuple(s[:600] for s in evidence[low:high]), (False,) * (high - low), 0)
            )
            of.append(number)
    best = [0.0] * len(labels)
    for number, each in zip(of, run(examples), strict=True):
        best[number] = max(best[number], carried(each[2]))
    true = [p for p, label in zip(best, labels, strict=True) if label]
    false = [p for p, label in zip(best, labels, strict=True) if not label]
    return {"wice auc": auc(true, false), "wice balanced": balanced(true, false, best_threshold(true, false))}


def role_figures(examples: list[Example], run: Run) -> dict[str, float]:
    """Times and outlets apart: each is told from its own four roles."""
    groups: dict[str, list[bool]] = {"times": [], "outlets": []}
    for each, example in zip(run(examples), examples, strict=True):
        at = example.role // 4 * 4
        groups["outlets" if at else "times"].append(at + int(np.argmax(each[4][at : at + 4])) == example.role)
    return {name: float(np.mean(right)) for name, right in groups.items()}


def request_figures(examples: list[Example], run: Run) -> dict[str, float]:
    right = [int(np.argmax(each[3])) == example.kind for each, example in zip(run(examples), examples, strict=True)]
    return {"requests": float(np.mean(right))}
