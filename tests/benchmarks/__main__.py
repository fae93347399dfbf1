"""``python -m tests.benchmarks [NAME …]``: measures, and prints every figure beside its baseline and its target.

``ARTICLE_DATA`` names the folder of evaluation data (``news/``, ``answers/``, ``support/``, ``pages/``); without it
what needs it is skipped, by name. A missed target is printed and is no failure: timings depend on the machine.
"""

from __future__ import annotations

import argparse
import importlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.report import Figure, Line, machine, show, show_title


@dataclass(frozen=True, slots=True)
class Benchmark:
    title: str
    module: str
    function: str = "run"
    needs: str | None = None
    """The part of the evaluation data without which it cannot run."""


BENCHMARKS = {
    "embedding": Benchmark("Vectors of the local model", "embedding"),
    "adding": Benchmark("Adding articles", "adding"),
    "searching": Benchmark("Searching 30,000 passages", "searching"),
    "searching-large": Benchmark("Searching 300,000 passages", "searching", "run_large"),
    "cold": Benchmark("Commands, whole process", "cold"),
    "install": Benchmark("Installation", "install"),
    "news": Benchmark("Finding the right article", "news", needs="news"),
    "pages": Benchmark("Articles in web pages", "pages", needs="pages"),
    "support": Benchmark("Does a passage carry a statement", "support", needs="support"),
    "answers": Benchmark("Answers", "answers", needs="answers"),
}
ONLY_BY_NAME = frozenset({"searching-large"})


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(BENCHMARKS)} (default: all)")
    names = parser.parse_args().names or [name for name in BENCHMARKS if name not in ONLY_BY_NAME]
    if unknown := [name for name in names if name not in BENCHMARKS]:
        parser.error(f"no benchmark is called {unknown[0]}; there are: {', '.join(BENCHMARKS)}")
    data = evaluation_data()
    print(f"{machine()}\nEvaluation data: {data or 'none (ARTICLE_DATA is not set)'}")
    figures = [figure for name in names for figure in _run(BENCHMARKS[name], data)]
    missed = [figure.name for figure in figures if figure.met is False]
    print(f"\n{sum(figure.met is True for figure in figures)} targets met, {len(missed)} missed. {'; '.join(missed)}")


def evaluation_data() -> Path | None:
    named = os.environ.get("ARTICLE_DATA")
    return Path(named) if named else None


def _run(benchmark: Benchmark, data: Path | None) -> list[Figure]:
    show_title(benchmark.title)
    if benchmark.needs and not (data and (data / benchmark.needs).is_dir()):
        show(f"SKIPPED: it needs the evaluation data {benchmark.needs}/ in the folder that ARTICLE_DATA names")
        return []
    measure: Callable[[Path | None], Iterable[Line]] = getattr(
        importlib.import_module(f"tests.benchmarks.{benchmark.module}"), benchmark.function
    )
    figures = []
    for line in measure(data):
        show(line)
        if isinstance(line, Figure):
            figures.append(line)
    return figures


if __name__ == "__main__":
    main()
