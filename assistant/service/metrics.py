"""Figures of the service in Prometheus's text format: answers, failures, seconds, tokens, cost."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from itertools import accumulate

from assistant.errors import ModelError
from assistant.types import Answer

TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
"""Upper bounds of the histograms: from a search in memory to the longest that an answer may take by default."""

_HELP = {
    "assistant_questions_total": "Questions whose answer was begun.",
    "assistant_answers_total": "Finished answers, by state.",
    "assistant_abstentions_total": "Answers that say that the library does not hold it.",
    "assistant_failures_total": "Questions without an answer, by the fault of the chat model or the kind of error.",
    "assistant_tokens_total": "Tokens of the chat model, by direction.",
    "assistant_cost_dollars_total": "What the chat model cost, where its price is known.",
}


class Metrics:
    """Counts from the start of the process on. Thread safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, defaultdict[str, float]] = {name: defaultdict(float) for name in _HELP}
        for name in ("assistant_questions_total", "assistant_abstentions_total", "assistant_cost_dollars_total"):
            self._counts[name][""] = 0  # without labels: there from the first reading on
        self._seconds = {part: _Histogram() for part in ("search", "write")}

    def begun(self) -> None:
        with self._lock:
            self._counts["assistant_questions_total"][""] += 1

    def answered(self, answer: Answer) -> None:
        with self._lock:
            self._counts["assistant_answers_total"][f'{{state="{answer.state}"}}'] += 1
            self._counts["assistant_abstentions_total"][""] += answer.abstained
            self._counts["assistant_tokens_total"]['{direction="input"}'] += answer.usage.input_tokens
            self._counts["assistant_tokens_total"]['{direction="output"}'] += answer.usage.output_tokens
            self._counts["assistant_cost_dollars_total"][""] += answer.usage.cost_usd or 0
            self._seconds["search"].observe(answer.seconds_search)
            self._seconds["write"].observe(answer.seconds_write)

    def failed(self, error: Exception) -> None:
        fault = error.fault if isinstance(error, ModelError) else type(error).__name__
        with self._lock:
            self._counts["assistant_failures_total"][f'{{fault="{fault}"}}'] += 1

    def text(self, articles: int) -> str:
        """All of them, and the number of articles in the library."""
        with self._lock:
            return "\n".join([*self._lines(articles), ""])

    def _lines(self, articles: int) -> Iterator[str]:
        for name, what in _HELP.items():
            yield from (f"# HELP {name} {what}", f"# TYPE {name} counter")
            yield from (f"{name}{label} {value}" for label, value in self._counts[name].items())
        for part, histogram in self._seconds.items():
            name = f"assistant_{part}_seconds"
            yield from (f"# HELP {name} Seconds of an answer's {part}.", f"# TYPE {name} histogram")
            yield from histogram.lines(name)
        yield "# HELP assistant_articles Articles in the library."
        yield from ("# TYPE assistant_articles gauge", f"assistant_articles {articles}")


class _Histogram:
    def __init__(self) -> None:
        self._counts, self._sum = [0] * (len(_SECONDS) + 1), 0.0

    def observe(self, seconds: float) -> None:
        self._counts[bisect_left(_SECONDS, seconds)] += 1
        self._sum += seconds

    def lines(self, name: str) -> Iterator[str]:
        for bound, count in zip((*map(str, _SECONDS), "+Inf"), accumulate(self._counts), strict=True):
            yield f'{name}_bucket{{le="{bound}"}} {count}'
        yield from (f"{name}_sum {self._sum}", f"{name}_count {sum(self._counts)}")
