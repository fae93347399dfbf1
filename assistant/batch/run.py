"""A batch from its questions to its file: asks what is not answered yet, keeps each answer, and writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from assistant import many
from assistant.assistant import Assistant
from assistant.batch import written
from assistant.batch.journal import Journal, replace_file
from assistant.batch.questions import openpyxl
from assistant.errors import BatchInvalid
from assistant.models.cancelling import Stop
from assistant.reply import Reply
from vectorstore.messages import Message
from vectorstore.types import OnProgress, Progress


@dataclass(frozen=True, slots=True)
class Batch:
    """How a run of a batch ended."""

    rows: Sequence[dict[str, Any]]
    """Those that are finished, in the order of the questions."""
    left: int
    """Questions that were not asked, for the budget's sake."""
    cost: float
    """Of all rows, also of earlier runs, in dollars."""
    kept: int
    """Answers of earlier runs that another model wrote, or from other articles."""

    @property
    def failed(self) -> list[dict[str, Any]]:
        return [row for row in self.rows if not written.is_done(row)]

    @property
    def summary(self) -> Message:
        abstained = sum(row["error"] is None and row["abstained"] for row in self.rows)
        told = [
            Message("{answered} answered", answered=len(self.rows) - abstained - len(self.failed)),
            Message("{abstained} not answered by the library", abstained=abstained),
            Message("{failed} failed", failed=len(self.failed)),
            Message("{left} left", left=self.left) if self.left else "",
            Message("{cost} dollars", cost=f"{self.cost:.4f}") if self.cost else "",
        ]
        return Message.joined(*told, by=", ")


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
    ``within`` are arguments of ``Assistant.stream`` for the rows that have none of their own.
    Raises ``BatchInvalid``.
    """
    kind = output.suffix.lower()
    if kind not in written.KINDS:
        raise BatchInvalid(
            Message("{file}: answers are written as {kinds}.", file=output, kinds=", ".join(written.KINDS))
        )
    if kind == ".xlsx":
        openpyxl(output)
    place = output if kind == ".jsonl" else output.with_name(f"{output.name}.jsonl")
    if output.exists() and not place.exists():
        raise BatchInvalid(
            Message(
                "{file} is there already and was not made from these questions. Remove it or choose another.",
                file=output,
            )
        )
    rows = [replace(row, within={**(within or {}), **row.within}) for row in rows]
    keys = many.keys(rows)
    with Journal(place) as journal:
        known = [journal.rows[key] for key in keys if key in journal.rows]
        if journal.rows and not known:
            raise BatchInvalid(
                Message("{file} holds answers to other questions. Give another file with -o, or remove it.", file=place)
            )
        today = known[0]["today"] if known else desk.settings.today().isoformat()
        done = {row["key"]: row for row in known if written.is_done(row)}
        kept = sum(any(row[name] != now for name, now in _marks(desk).items()) for row in done.values())
        purse = _Purse(budget, [row["usage"]["cost_usd"] or 0.0 for row in done.values()])
        waiting = [(key, row) for key, row in zip(keys, rows, strict=True) if key not in done]

        def begin(row: many.Row) -> Reply:
            return desk.stream(row.question, **{"today": today, **row.within})

        asking = many.asked(
            (row for _, row in waiting), begin, workers=workers, stop=Stop(), may_begin=purse.holds_another
        )
        asked = 0
        with closing(asking):
            for number, row, result in asking:
                told = written.row_of(waiting[number][0], row, result, whole=kind in written.DOCUMENTS)
                journal.append(told | {"today": today, **_marks(desk)})
                purse.pay(result)
                asked += 1
                if on_progress is not None:
                    on_progress(Progress("asking", len(done) + asked, len(rows), purse.shown))
        finished = journal.settle(keys)
        batch = Batch(finished, len(waiting) - asked, purse.spent, kept)
        if place != output:
            replace_file(output, written.written(kind, finished, output.stem, batch.summary))
    return batch


class _Purse:
    """What the answers cost so far, and whether another one can be paid: each may cost as much as the dearest did."""

    def __init__(self, budget: float | None, costs: list[float]) -> None:
        self._budget = budget
        self._costs = costs

    @property
    def spent(self) -> float:
        return sum(self._costs)

    @property
    def shown(self) -> str:
        return f"${self.spent:.2f}" if self.spent else ""

    def holds_another(self, under_way: int) -> bool:
        """Whether the budget covers one more beside those ``under_way``; until a price is seen, one goes alone."""
        if self._budget is None:
            return True
        dearest = max(self._costs, default=0.0)
        if not dearest:
            return not under_way and self._budget > 0
        return self.spent + (under_way + 1) * dearest <= self._budget + 1e-9  # sums of cents are not exact

    def pay(self, result: many.Result) -> None:
        if isinstance(result, Exception):
            return
        if self._budget is not None and result.usage.input_tokens and result.usage.cost_usd is None:
            raise BatchInvalid(
                Message(
                    "What {model} costs is not known, so no budget can be kept. Name its price in ASSISTANT_PRICES, or "
                    "leave --budget out.",
                    model=result.model,
                )
            )
        self._costs.append(result.usage.cost_usd or 0.0)


def _marks(desk: Assistant) -> dict[str, Any]:
    """What an answer rests on beside the question: the same marks, the same extractive answer."""
    try:
        program = version("article-assistant")
    except PackageNotFoundError:  # run from its sources
        program = "unknown"
    return {
        "library": {"articles": desk.library.count(), "state": desk.library.state()},
        "versions": {"assistant": program, "writer": desk.writer, **desk.library.identity()},
    }
