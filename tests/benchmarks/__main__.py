"""``python -m tests.benchmarks [NAME …]``: measures, and prints every figure beside its baseline and its target.

``ARTICLE_DATA`` names the folder of evaluation data (``news/``, ``answers/``, ``support/``, ``pages/``); without it
what needs it is skipped, by name. A missed target is printed and is no failure: timings depend on the machine. A crash
is one, and so is a quality figure under its floor (``floors.toml``), but the other benchmarks run first.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import tomllib
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.benchmarks.report import Figure, Line, machine, number, show, show_title


@dataclass(frozen=True, slots=True)
class Benchmark:
    title: str
    module: str
    function: str = "run"
    needs: str | None = None
    """The part of the evaluation data without which it cannot run."""


BENCHMARKS = {
    "embedding": Benchmark("Vectors of the local model", "embedding"),
    "processors": Benchmark("The same answers from other processors", "processors"),
    "adding": Benchmark("Adding articles", "adding"),
    "killed": Benchmark("Adding, killed and resumed", "killed"),
    "growing": Benchmark("100,000 articles, searched while they are added", "growing"),
    "searching": Benchmark("Searching 30,000 passages", "searching"),
    "searching-large": Benchmark("Searching 300,000 passages", "searching", "run_large"),
    "cold": Benchmark("Commands, whole process", "cold"),
    "install": Benchmark("Installation", "install"),
    "news": Benchmark("Finding the right article", "news", needs="news"),
    "outlets": Benchmark("Outlets that a question names", "outlets"),
    "roles": Benchmark("Times and outlets: what they do in a question", "roles"),
    "names": Benchmark("Names in other spellings", "names", needs="news"),
    "copies": Benchmark("Copies of one story", "copies"),
    "kinds": Benchmark("Files and addresses of every kind", "kinds"),
    "pages": Benchmark("Articles in web pages", "pages", needs="pages"),
    "judgement": Benchmark("What the reader judges", "judgement", needs="reader"),
    "judgement-kept": Benchmark("What the reader judges, kept back", "judgement", "run_kept", needs="reader"),
    "drafts": Benchmark("Written drafts beside the library", "drafts"),
    "support": Benchmark("Figures, days, names and quotations, compared exactly", "support", needs="news"),
    "disagreement": Benchmark("Where articles disagree", "disagreement"),
    "facets": Benchmark("Several questions in one", "facets"),
    "followups": Benchmark("Follow-ups", "followups"),
    "answers": Benchmark("Answers", "answers", needs="answers"),
    "latency": Benchmark("One answer without a chat model", "latency", needs="news"),
    "serving": Benchmark("The page with many readers", "serving"),
    "service": Benchmark("The service", "service"),
    "hostile": Benchmark("Instructions planted in articles", "hostile"),
    "stopping": Benchmark("Stopping an answer", "hostile", "run_stops"),
}
FLOORS = Path(__file__).parent / "floors.toml"
ONLY_BY_NAME = frozenset({"searching-large", "judgement-kept", "killed"})


def main() -> int | str:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(BENCHMARKS)} (default: all)")
    names = parser.parse_args().names or [name for name in BENCHMARKS if name not in ONLY_BY_NAME]
    if unknown := [name for name in names if name not in BENCHMARKS]:
        parser.error(f"no benchmark is called {unknown[0]}; there are: {', '.join(BENCHMARKS)}")
    data = evaluation_data()
    print(f"{machine()}\nEvaluation data: {data or 'none (ARTICLE_DATA is not set)'}")
    figures: list[Figure] = []
    crashed, fallen = [], []
    for name in names:
        show_title(BENCHMARKS[name].title)
        try:
            for line in _lines(BENCHMARKS[name], data):
                show(line)
                if isinstance(line, Figure):
                    figures.append(line)
                    fallen += under_floor(name, line)
        except Exception:
            traceback.print_exc()
            crashed.append(name)
    missed = [figure.name for figure in figures if figure.met is False]
    print(f"\n{sum(figure.met is True for figure in figures)} targets met, {len(missed)} missed. {'; '.join(missed)}")
    problems = [f"CRASHED: {', '.join(crashed)}"] if crashed else []
    problems += [f"UNDER THE FLOOR: {'; '.join(fallen)}"] if fallen else []
    return "\n".join(problems) or 0


def under_floor(benchmark: str, figure: Figure) -> list[str]:
    """What is said of a quality figure that has fallen under the floor that ``floors.toml`` sets; else nothing."""
    floor = _floors().get(benchmark, {}).get(figure.name)
    fell = floor is not None and figure.value < floor
    return [f"{figure.name} is {number(figure.value)}, its floor {floor:g}"] if fell else []


@cache
def _floors() -> dict[str, dict[str, float]]:
    return tomllib.loads(FLOORS.read_text(encoding="utf-8"))


def evaluation_data() -> Path | None:
    named = os.environ.get("ARTICLE_DATA")
    return Path(named) if named else None


def _lines(benchmark: Benchmark, data: Path | None) -> Iterable[Line]:
    if benchmark.needs and not (data and (data / benchmark.needs).is_dir()):
        return [f"SKIPPED: it needs {benchmark.needs}/ in the folder of evaluation data that ARTICLE_DATA names"]
    module = importlib.import_module(f"tests.benchmarks.{benchmark.module}")
    measure: Callable[[Path | None], Iterable[Line]] = getattr(module, benchmark.function)
    return measure(data)


if __name__ == "__main__":
    sys.exit(main())
