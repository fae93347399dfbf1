"""Many questions, several at a time: rows from what a caller gives, and their answers as they are finished."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Protocol

from assistant.models.cancelling import Stop
from assistant.types import Answer
from vectorstore.errors import SearchInvalid

WORKERS = 4
"""Questions asked at a time: more would rather wait for the model's server, or for the processor, than be quicker."""


@dataclass(frozen=True, slots=True)
class Row:
    """A question with a scope of its own: ``{"id": 7, "question": "Who met whom?", "since": "2024-09-01"}``."""

    given: Any
    """The text or the mapping, as the caller gave it."""
    question: Any
    """What is no text fails when it is asked."""
    id: int | str | None = None
    within: Mapping[str, Any] = field(default_factory=dict)


Result = Answer | Exception
Finished = Generator[tuple[int, Row, Result], None, None]
"""The place of a row among all, from 0, the row, and what became of it."""


class Asking(Protocol):
    """One question being asked, such as a ``Reply``."""

    @property
    def answer(self) -> Answer: ...

    def cancel(self) -> None: ...


def rows(questions: Any) -> Iterator[Row]:
    """Of texts, mappings, or a table with ``to_dict("records")``, such as a pandas DataFrame."""
    if isinstance(questions, str | bytes | Mapping):
        raise SearchInvalid("Give a list of questions, even of one: [question].")
    is_table = hasattr(questions, "to_dict") and not hasattr(questions, "to_list")  # a pandas Series is a list
    return map(_row, questions.to_dict("records") if is_table else questions)


def _row(given: Any) -> Row:
    if not isinstance(given, Mapping):
        return Row(given, given)
    fields = {str(name).strip().lower(): value for name, value in given.items() if not _is_missing(value)}
    within = {name: value for name, value in fields.items() if name in ("as_of", "since", "until", "sources", "tags")}
    for listed in ("sources", "tags"):
        if isinstance(names := within.get(listed), str):
            within[listed] = [name.strip() for name in names.split(";") if name.strip()]
    own = fields.get("id")
    return Row(given, fields.get("question"), own if own is None or isinstance(own, int) else str(own), within)


def _is_missing(value: Any) -> bool:
    return not value.strip() if isinstance(value, str) else str(value) in ("None", "nan", "NaT", "<NA>")


def asked(
    rows: Iterable[Row],
    begin: Callable[[Row], Asking],
    *,
    workers: int,
    stop: Stop,
    may_begin: Callable[[int], bool] = lambda under_way: True,
) -> Finished:
    """Asks ``workers`` rows at a time and gives each as it is finished, with its error where it has no answer.

    ``may_begin`` is asked before each, with the number under way; once it says no and none is, the rest is left.
    ``stop``, or leaving the iteration, cancels what is under way.
    """
    if workers < 1:
        raise SearchInvalid("workers: {count} make no sense; give at least 1.", count=workers)
    waiting, under_way = enumerate(rows), dict[Future[Answer], tuple[int, Row]]()
    replies: set[Asking] = set()

    def answer(row: Row) -> Answer:
        reply = begin(row)
        replies.add(reply)
        try:
            if stop.asked:
                reply.cancel()
            return reply.answer
        finally:
            replies.discard(reply)

    def cancel() -> None:
        for reply in list(replies):
            reply.cancel()

    stop.when_asked(cancel)
    with ThreadPoolExecutor(workers, thread_name_prefix="ask") as pool:
        try:
            while not stop.asked:
                while len(under_way) < workers and may_begin(len(under_way)) and (row := next(waiting, None)):
                    under_way[pool.submit(answer, row[1])] = row
                if not under_way:
                    return
                for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                    error = future.exception()
                    yield *under_way.pop(future), error if isinstance(error, Exception) else future.result()
        finally:
            stop.ask()


def in_order(finished: Finished) -> Iterator[tuple[Any, Result]]:
    """What was given with what became of it, in the order given."""
    arrived: dict[int, tuple[Any, Result]] = {}
    due = 0
    with closing(finished):
        for place, row, result in finished:
            arrived[place] = (row.given, result)
            while due in arrived:
                yield arrived.pop(due)
                due += 1
