"""A batch from its questions to its file: asks what is not answered yet, keeps each answer, and writes them."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, closing, suppress
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any, NamedTuple

from assistant import many
from assistant.assistant import Assistant
from assistant.batch import written
from assistant.batch.questions import openpyxl
from assistant.errors import BatchInvalid
from assistant.models.cancelling import Stop
from assistant.types import Answer
from vectorstore.types import OnProgress, Progress

_BEGINS = b'{"key": "'
"""Every line of a journal, so that no other file is ever taken for one and written to."""


class Batch(NamedTuple):
    """How a run of a batch ended: the finished rows in the order of the questions, and what is left by the budget."""

    rows: Sequence[dict[str, Any]]
    left: int
    outdated: int
    """Answers of earlier runs by another writer or from other articles."""


def run(
    desk: Assistant,
    rows: Sequence[many.Row],
    output: Path,
    *,
    workers: int = many.WORKERS,
    budget: float | None = None,
    batch_api: bool = False,
    cached: bool = True,
    on_progress: OnProgress | None = None,
) -> Batch:
    """Asks ``rows`` and writes their answers to ``output``, whose ending names the form. Raises ``BatchInvalid``.

    What an earlier run has finished is not asked again, and the file is the same as if it had never been stopped. With
    a ``budget``, in dollars for the whole file, a question is asked only while the dearest so far could be paid again.
    ``batch_api`` sends the requests through OpenAI's Batch API, all of them together; the reader checks the answers.
    With ``cached``, answers that are kept count (``assistant.kept_answers``).
    """
    if batch_api and budget is not None:
        raise BatchInvalid(
            "With --batch-api all questions are asked at once, before the first has cost anything. Leave --budget out."
        )
    kind, place, keys = output.suffix.lower(), _place(output), _keys(rows)
    notes = place.with_name(f"{place.name}.batches")
    with place.open("ab") as file:
        stored = _claimed(file, place, keys)
        today = next((row["today"] for row in stored.values()), desk.settings.today().isoformat())
        done = {key for key, row in stored.items() if not written.problem(row)}
        marks = _marks(desk)
        outdated = sum(any(stored[key][name] != mark for name, mark in marks.items()) for key in done)
        costs = list(map(written.cost_of, stored.values()))
        waiting = [(key, row) for key, row in zip(keys, rows, strict=True) if key not in done]

        def may_begin(under_way: int) -> bool:
            """Each may cost what the dearest did; until one has cost something, they go one by one."""
            if budget is None:
                return True
            dearest = max(costs, default=0.0)
            affordable = sum(costs) + (under_way + 1) * dearest <= budget + 1e-9  # sums of cents are not exact
            return affordable and (dearest > 0 or (budget > 0 and not under_way))

        asked = 0
        with ExitStack() as end:
            begin: Callable[[many.Row], many.Asking] = partial(desk.begun, asked={"today": today}, cached=cached)
            if batch_api and waiting:
                from assistant.batch.batch_api import AT_ONCE, BatchApi

                api = end.enter_context(closing(BatchApi(desk, notes, len(waiting), on_progress)))
                begin, workers = (
                    partial(api.begun, keys={id(row): key for key, row in waiting}, today=today, cached=cached),
                    AT_ONCE,
                )
            asking = many.asked((row for _, row in waiting), begin, workers=workers, stop=Stop(), may_begin=may_begin)
            end.enter_context(closing(asking))
            for asked, (number, row, result) in enumerate(asking, 1):
                key = waiting[number][0]
                told: dict[str, Any] = {"key": key, "id": row.id, "question": str(row.question), "today": today}
                told |= written.row_of(result, whole=kind in written.DOCUMENTS) | _marks(desk)
                stored[key] = told
                _synced(file, _line(told))
                costs.append(written.cost_of(told))
                if budget is not None and isinstance(result, Answer) and result.usage.input_tokens and not costs[-1]:
                    raise BatchInvalid(
                        "No price of {model} is known, for a budget. Set ASSISTANT_PRICES.", model=desk.writer
                    )
                if on_progress is not None:
                    spent = f"${sum(costs):.2f}" if any(costs) else ""
                    on_progress(Progress("asking", len(done) + asked, len(rows), spent))
        finished = [stored[key] for key in keys if key in stored]
        _write(place, b"".join(map(_line, finished)))
        left = len(waiting) - asked
        if not left and not any(map(written.problem, finished)):
            notes.unlink(missing_ok=True)
        if kind != ".jsonl":
            _write(output, written.written(kind, finished, output.stem, written.summary(finished, left)))
    return Batch(finished, left, outdated)


def _place(output: Path) -> Path:
    """Where the rows are kept: in ``output`` itself if it is of JSON Lines, else beside it."""
    kind = output.suffix.lower()
    if kind not in written.KINDS:
        kinds = ", ".join(written.KINDS)
        raise BatchInvalid("{file}: answers are written as {kinds}.", file=output, kinds=kinds)
    if kind == ".xlsx":
        openpyxl(output.name)
    place = output if kind == ".jsonl" else output.with_name(f"{output.name}.jsonl")
    if output.exists() and not place.exists():
        raise BatchInvalid("{file} is there already, and not of a batch. Name another.", file=output)
    return place


def _keys(rows: Iterable[many.Row]) -> list[str]:
    """By what rows are recognised: a digest of each one's content, and of its place among those that are the same."""
    seen: Counter[str] = Counter()
    made = []
    for row in rows:
        content = json.dumps([row.question, row.id, row.within], default=str, sort_keys=True)
        seen[content] += 1
        made.append(hashlib.sha256(f"{seen[content]} {content}".encode()).hexdigest()[:16])
    return made


def _marks(desk: Assistant) -> dict[str, Any]:
    """What an answer rests on beside its question."""
    return {
        "library": {"articles": desk.library.count(), "state": desk.library.state()},
        "versions": {"assistant": version("article-assistant"), "writer": desk.writer, **desk.library.identity()},
    }


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows in a file of answers, but for a last line that a kill has torn. Raises ``BatchInvalid``."""
    *whole, torn = path.read_bytes().split(b"\n")
    with suppress(ValueError):
        if all(line.startswith(_BEGINS) for line in whole) and torn[: len(_BEGINS)] == _BEGINS[: len(torn)]:
            return [json.loads(line) for line in whole]
    raise BatchInvalid("{file} holds something else than the answers of a batch. Name another.", file=path)


def _claimed(file: IO[bytes], place: Path, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The rows of ``keys`` that ``place`` holds already; from now on only this process adds some."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BatchInvalid("Another run is writing {file}. Name another.", file=place) from None
    rows = {row["key"]: row for row in read_rows(place)}
    stored = {key: rows[key] for key in keys if key in rows}
    if rows and not stored:
        raise BatchInvalid("{file} holds answers to other questions. Name another.", file=place)
    file.truncate(place.read_bytes().rfind(b"\n") + 1)
    return stored


def _write(path: Path, content: bytes) -> None:
    """Puts ``content`` in place of what stands in ``path``: whole, or not at all."""
    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as file:
        _synced(file, content)
    part.replace(path)


def _synced(file: IO[bytes], content: bytes) -> None:
    file.write(content)
    file.flush()
    os.fsync(file.fileno())


def _line(row: dict[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
