"""A batch from its questions to its file: asks what is not answered yet, keeps each answer, and writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from assistant import many
from assistant.assistant import Assistant
from assistant.batch import written
from assistant.batch.journal import Journal, keys, replace_file
from assistant.batch.questions import openpyxl
from assistant.errors import BatchInvalid
from assistant.models.cancelling import Stop
from vectorstore.messages import Message
from vectorstore.types import OnProgress, Progress


@dataclass(frozen=True, slots=True)
class Batch:
    """How a run of a batch ended."""

    rows: Sequence[Mapping[str, Any]]
    """Those that are finished, in the order of the questions."""
    left: int
    """Questions that were not asked, for the budget's sake."""
    cost: float
    """Of all rows, also of earlier runs, in dollars."""
    outdated: int
    """Answers of earlier runs by another writer or from other articles."""

    @property
    def failed(self) -> int:
        return sum(written.problem(row) is not None for row in self.rows)

    @property
    def summary(self) -> Message:
        unknown = sum(not written.problem(row) and row["abstained"] for row in self.rows)
        return Message.joined(
            Message("{count} answered", count=len(self.rows) - self.failed - unknown),
            Message("{count} not answered by the library", count=unknown),
            Message("{count} failed", count=self.failed),
            Message("{count} left by the budget", count=self.left) if self.left else "",
            Message("{cost} dollars", cost=f"{self.cost:.4f}") if self.cost else "",
            by=", ",
        )


def run(
    desk: Assistant,
    rows: Sequence[many.Row],
    output: Path,
    *,
    workers: int = many.WORKERS,
    budget: float | None = None,
    within: Mapping[str, Any] | None = None,
    on_progress: OnProgress | None = None,
) -> Batch:
    """Asks ``rows`` and writes their answers to ``output``, whose ending names the form.

    What an earlier run has finished is not asked again, and the file is the same as if it had never been stopped. With
    a ``budget``, in dollars for the whole file, a question is asked only while the dearest so far could be paid again.
    ``within`` are arguments of ``Assistant.stream`` for rows without their own. Raises ``BatchInvalid``.
    """
    place = _journal_of(output)
    rows = [replace(row, within={**(within or {}), **row.within}) for row in rows]
    names = keys(rows)
    with Journal(place) as journal:
        known = [journal.rows[name] for name in names if name in journal.rows]
        if journal.rows and not known:
            raise BatchInvalid(Message("{file} holds answers to other questions. Name another file.", file=place))
        today = known[0]["today"] if known else desk.settings.today().isoformat()
        done = {row["key"]: row for row in known if not written.problem(row)}
        outdated = sum(any(row[name] != now for name, now in _marks(desk).items()) for row in done.values())
        costs = [row["usage"]["cost_usd"] or 0.0 for row in done.values()]
        waiting = [(name, row) for name, row in zip(names, rows, strict=True) if name not in done]

        def may_begin(under_way: int) -> bool:
            """Each may cost what the dearest did; until one has cost something, they go one by one."""
            if budget is None:
                return True
            dearest = max(costs, default=0.0)
            affordable = sum(costs) + (under_way + 1) * dearest <= budget + 1e-9  # sums of cents are not exact
            return affordable and (dearest > 0 or not under_way)

        asking = many.asked(
            (row for _, row in waiting),
            lambda row: desk.stream(row.question, **{"today": today, **row.within}),
            workers=workers,
            stop=Stop(),
            may_begin=may_begin,
        )
        asked = 0
        with closing(asking):
            for asked, (number, row, result) in enumerate(asking, 1):
                told = written.row_of(waiting[number][0], row, result, whole=output.suffix.lower() in written.DOCUMENTS)
                journal.append(told | {"today": today, **_marks(desk)})
                costs.append(_cost(result, demanded=budget is not None))
                if on_progress is not None:
                    spent = f"${sum(costs):.2f}" if any(costs) else ""
                    on_progress(Progress("asking", len(done) + asked, len(rows), spent))
        batch = Batch(journal.settle(names), len(waiting) - asked, sum(costs), outdated)
        if place != output:
            replace_file(output, written.written(output.suffix.lower(), batch.rows, output.stem, batch.summary))
    return batch


def _journal_of(output: Path) -> Path:
    """The file that keeps the rows: ``output`` itself if it is of JSON Lines, else one beside it."""
    kind = output.suffix.lower()
    if kind not in written.KINDS:
        kinds = ", ".join(written.KINDS)
        raise BatchInvalid(Message("{file}: answers are written as {kinds}.", file=output, kinds=kinds))
    if kind == ".xlsx":
        openpyxl(output.name)
    place = output if kind == ".jsonl" else output.with_name(f"{output.name}.jsonl")
    if output.exists() and not place.exists():
        raise BatchInvalid(Message("{file} is there already, and not of a batch. Name another.", file=output))
    return place


def _cost(result: many.Result, *, demanded: bool) -> float:
    if isinstance(result, Exception):
        return 0.0
    if demanded and result.usage.input_tokens and result.usage.cost_usd is None:
        raise BatchInvalid(
            Message("No price of {model} is known, so no budget can be kept. Set ASSISTANT_PRICES.", model=result.model)
        )
    return result.usage.cost_usd or 0.0


def _marks(desk: Assistant) -> dict[str, Any]:
    """What an answer rests on beside the question."""
    return {
        "library": {"articles": desk.library.count(), "state": desk.library.state()},
        "versions": {"assistant": version("article-assistant"), "writer": desk.writer, **desk.library.identity()},
    }
