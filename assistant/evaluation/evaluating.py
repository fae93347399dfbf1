"""Cases put to the assistant, and the figures of all of them, by kind and beside an earlier run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assistant.assistant import Assistant
from assistant.errors import CasesInvalid
from assistant.evaluation.cases import Case
from assistant.evaluation.figures import NAMES, K, measured
from assistant.types import Answer
from vectorstore.types import OnProgress, Progress

ALL = "all"
RESAMPLES = 10_000
"""Of the bootstrap; its interval holds the true difference in 95 of 100 comparisons."""

Row = Mapping[str, Any]
"""A case with its ``answer``, its ``error`` and its ``figures``."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    writer: str
    rows: Sequence[Row]
    """In the order of the cases."""

    def summary(self) -> dict[str, dict[str, float]]:
        """By kind, all of them first: the number of cases, mean figures, seconds of every second and 20th, dollars."""
        kinds = dict.fromkeys([ALL, *(row["kind"] for row in self.rows)])
        return {kind: _summed([row for row in self.rows if kind in (ALL, row["kind"])]) for kind in kinds}

    def to_dict(self) -> dict[str, Any]:
        return {"writer": self.writer, "summary": self.summary(), "cases": list(self.rows)}


def evaluate(
    desk: Assistant, cases: Sequence[Case], *, workers: int = 1, on_progress: OnProgress | None = None
) -> Evaluation:
    """Asks the cases, ``workers`` at a time: more than one makes the seconds of each longer.

    Raises ``CasesInvalid`` where they name an article that the library lacks.
    """
    known = {name for each in desk.articles(with_text=False) for name in (each.id, each.title)}
    if unknown := next((name for each in cases for name in each.articles if name not in known), None):
        raise CasesInvalid("A case names the article “{name}”, which this library lacks. Name its id.", name=unknown)
    rows: list[Row] = []
    results = desk.ask_many([{"question": each.question, "as_of": each.as_of} for each in cases], workers=workers)
    for case, (_, result) in zip(cases, results, strict=True):
        answer = result if isinstance(result, Answer) else None
        found = [] if case.abstain else desk.search(case.question, k=K, as_of=case.as_of)
        rows.append(
            case.model_dump(mode="json")
            | {"answer": answer and answer.text, "error": None if answer else str(result)}
            | {"figures": measured(case, answer, found)}
        )
        if on_progress is not None:
            on_progress(Progress("asking", len(rows), len(cases)))
    return Evaluation(desk.writer, rows)


def _values(rows: Sequence[Row], name: str) -> list[float]:
    return [row["figures"][name] for row in rows if name in row["figures"]]


def _summed(rows: Sequence[Row]) -> dict[str, float]:
    summed: dict[str, float] = {"cases": len(rows)}
    for name in NAMES:
        if not (values := _values(rows, name)):
            continue
        if name == "seconds":
            summed["seconds_p50"], summed["seconds_p95"] = np.percentile(values, [50, 95]).round(3).tolist()
        else:
            summed[name] = round(sum(values) / (1 if name == "dollars" else len(values)), 4)
    return summed


def compared(rows: Sequence[Row], path: Path) -> dict[str, dict[str, float]]:
    """By figure: its mean difference from the earlier run in ``path`` over the same cases, with a paired bootstrap.

    Raises ``CasesInvalid`` for a file that ``assistant eval --json`` did not write, and where no case is the same.
    """
    try:
        earlier = {_key(row): row for row in json.loads(path.read_text("utf-8"))["cases"]}
    except (ValueError, LookupError, TypeError):
        raise CasesInvalid("{file} is not of an evaluation. `assistant eval --json` writes one.", file=path) from None
    pairs = [(row, earlier[_key(row)]) for row in rows if _key(row) in earlier]
    if not pairs:
        raise CasesInvalid("{file} is of other cases. Evaluate the same ones to compare.", file=path)
    return dict(_differences(pairs))


def _key(row: Row) -> tuple[str, str | None]:
    return row["question"], row["as_of"]


def _differences(pairs: Sequence[tuple[Row, Row]]) -> Iterator[tuple[str, dict[str, float]]]:
    for name in NAMES:
        both = [[each["figures"][name] for each in pair] for pair in pairs if all(name in e["figures"] for e in pair)]
        if both:
            change = np.array([new - old for new, old in both])
            chosen = np.random.default_rng(0).integers(0, len(change), (RESAMPLES, len(change)))
            low, high = np.percentile(change[chosen].mean(axis=1), [2.5, 97.5]).tolist()
            figures = {"difference": float(change.mean()), "low": low, "high": high}
            yield name, {"cases": len(change)} | {key: round(value, 4) for key, value in figures.items()}
