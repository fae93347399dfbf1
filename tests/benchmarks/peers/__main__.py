"""``python -m tests.benchmarks.peers [--articles N] [PEER …]``: the same articles and questions, side by side.

Each peer is used as the first page of its documentation shows, with its own splitter and weights, kept on disk. All
are given the vectors of our embedding model through their hook for custom models; ``langchain-torch`` is
the tutorial with the engine that it comes with, for the same weights. Nothing reaches the network once the peers are
installed. Who cannot be installed, or stops, is named, and the others go on.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Protocol, TypeVar

import numpy as np

from tests.benchmarks.__main__ import evaluation_data
from tests.benchmarks.adding import warm_up
from tests.benchmarks.material import rows, table, write_rows
from tests.benchmarks.news import DEEP, clapnq, kept_library, on_its_day, ranking_scores
from tests.benchmarks.peers.contract import Added, Found
from tests.benchmarks.peers.environments import PeerFailed, Worker
from tests.benchmarks.peers.ours import Ours
from tests.benchmarks.report import Figure, Line, machine, number, show, show_title
from vectorstore.embedding.weights import MINILM, locate

OURS = "ours"
TORCH = "langchain-torch"
ENVIRONMENTS = {"langchain": "langchain", "llamaindex": "llamaindex", "txtai": "txtai", TORCH: "langchain"}
"""Each peer, and whose environment it runs in."""

ARTICLES = 300
ROUNDS = 2
WARM = 5
"""Questions before the clock: whatever is loaded at the first search is loaded."""

TIMED_PIECES = 10
TIMED = dict.fromkeys((OURS, *ENVIRONMENTS), TIMED_PIECES)
DEEPLY = dict.fromkeys(ENVIRONMENTS, 2 * DEEP) | {OURS: DEEP, "txtai": 10}
"""Pieces asked for, so that ten articles are among them. Those of txtai are whole articles."""

Answer = TypeVar("Answer")


class Contestant(Protocol):
    peer: str
    start: float

    def add(self, table: Path, folder: Path, *, keeps: bool = False) -> Added: ...
    def search(self, question: str, k: int) -> Found: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Measure:
    """One row of the final table: who reached what."""

    name: str
    unit: str
    values: Mapping[str, float]
    at_least: float | None = None
    """Target of the ratio to the tutorial as it comes."""

    def figures(self) -> Iterator[Figure]:
        ours = self.values[OURS]
        others = [name for name in self.values if name != OURS]
        if not others:
            yield Figure(self.name, ours, self.unit)
        for other in others:
            against = f"{self.unit}, {other}".removeprefix(", ")
            goal = self.at_least if other == TORCH else None
            yield Figure(self.name, ours, self.unit, self.values[other], against, at_least=goal, judged="ratio")


@dataclass(slots=True)
class Contest:
    contestants: list[Contestant]
    lost: dict[str, str] = field(default_factory=dict)
    """Who is out, and why."""

    def add(self, table: Path, folder: Path, *, keeps: bool = False, but: str = "") -> dict[str, Added]:
        """Everyone makes a new store of the table, in a folder of their own; ``but`` one who has it already.

        With ``keeps`` the peers may take vectors that an earlier run made.
        """
        adding = [one for one in self.contestants if one.peer != but]
        return self._each(adding, lambda one: one.add(table, folder / one.peer, keeps=keeps))

    def search(self, question: str, pieces: Mapping[str, int], turn: int = 0) -> dict[str, Found]:
        """Everyone searches for so many pieces, beginning with number ``turn``, so that no one always goes first."""
        first = turn % len(self.contestants)
        order = self.contestants[first:] + self.contestants[:first]
        return self._each(order, lambda one: one.search(question, pieces[one.peer]))

    def _each(self, order: Sequence[Contestant], act: Callable[[Contestant], Answer]) -> dict[str, Answer]:
        answers = {}
        for contestant in order:
            try:
                answers[contestant.peer] = act(contestant)
            except PeerFailed as failure:
                self.lose(contestant.peer, failure)
        self.contestants = [one for one in self.contestants if one.peer not in self.lost]
        return answers

    def lose(self, peer: str, failure: PeerFailed) -> None:
        self.lost[peer] = str(failure)
        show(f"NOT MEASURED: {peer}: {failure}")


def main() -> int | str:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.peers", description=__doc__)
    parser.add_argument("peers", nargs="*", metavar="PEER", help=f"of {', '.join(ENVIRONMENTS)} (default: all)")
    parser.add_argument(
        "--articles", type=int, default=ARTICLES, help="to add against the clock (default: %(default)s)"
    )
    arguments = parser.parse_args()
    if unknown := [peer for peer in arguments.peers if peer not in ENVIRONMENTS]:
        parser.error(f"no peer is called {unknown[0]}; there are: {', '.join(ENVIRONMENTS)}")
    data = evaluation_data()
    print(f"{machine()}\nEvaluation data: {data or 'none (ARTICLE_DATA is not set)'}")
    show_title("The same articles and questions, side by side")
    measures: list[Measure] = []
    model = locate(MINILM).folder
    with ExitStack() as stack, TemporaryDirectory() as scratch:
        ours = Ours(model)
        stack.callback(ours.close)
        contest = Contest([ours])
        for peer in arguments.peers or ENVIRONMENTS:
            try:
                contest.contestants.append(stack.enter_context(Worker(peer, ENVIRONMENTS[peer], model)))
            except PeerFailed as failure:
                contest.lose(peer, failure)
        for line in run(contest, ours, data, arguments.articles, Path(scratch)):
            for shown in line.figures() if isinstance(line, Measure) else [line]:
                show(shown)
            measures += [line] if isinstance(line, Measure) else []
    print("\n" + "\n".join(tabulated(measures)))
    for peer, reason in contest.lost.items():
        print(f"\nNOT MEASURED: {peer}: {reason}")
    return f"NOT MEASURED: {', '.join(contest.lost)}" if contest.lost else 0


def run(contest: Contest, ours: Ours, data: Path | None, count: int, folder: Path) -> Iterator[Line | Measure]:
    yield Measure("imports and the first vector", "s", {one.peer: one.start for one in contest.contestants})
    path, what = table(data, count, folder)
    yield f"{what}; {ROUNDS} rounds of each, by turns; imports and loading the model are not in the speed"
    yield from adding(contest, ours, path, folder)
    # It has shown how fast the other engine adds; what it finds is as good as the same vectors allow.
    for contestant in contest.contestants:
        if contestant.peer == TORCH:
            contestant.close()
    contest.contestants = [one for one in contest.contestants if one.peer != TORCH]
    if data is None:
        yield "SKIPPED: searching needs news/ and answers/ in the folder of evaluation data that ARTICLE_DATA names"
        return
    yield from weekly_news(contest, ours, data / "news", folder)
    yield from search_queries(contest, data / "answers" / "clapnq.jsonl.gz", folder)


def adding(contest: Contest, ours: Ours, path: Path, folder: Path) -> Iterator[Line | Measure]:
    warm_up(path, folder / "warm", ours.embeddings)
    few = folder / "warm.jsonl"
    contest.add(few, folder / "warmed")
    rounds = []
    for turn in range(ROUNDS):
        rounds.append(contest.add(path, folder / f"round-{turn}"))
        yield f"round {turn + 1}: " + ", ".join(f"{peer} {added.seconds:.1f} s" for peer, added in rounds[-1].items())
    count = len(rows(path))
    last = rounds[-1]
    seconds = {peer: median(added[peer].seconds for added in rounds) for peer in last}
    yield Measure(f"seconds to add {count} articles", "s", seconds)
    yield Measure("articles added", "/s", {peer: count / value for peer, value in seconds.items()}, at_least=4)
    yield Measure("pieces", "", {peer: added.pieces for peer, added in last.items()})
    yield Measure("share of the text that vectors have seen", "%", {p: 100 * one.seen for p, one in last.items()})
    read = {peer: one.tokens_read / seconds[peer] for peer, one in last.items()}
    yield Measure("tokens in vectors", "/s", read)
    ahead = [p for p, one in last.items() if seconds[p] < seconds[OURS] and one.tokens_read < last[OURS].tokens_read]
    for peer in ahead:
        yield f"{peer} adds faster because its pieces are longer than the model reads: it embeds {last[peer].seen:.0%}"


def weekly_news(contest: Contest, ours: Ours, folder: Path, scratch: Path) -> Iterator[Line | Measure]:
    articles = rows(folder / "articles.jsonl.gz")
    path = write_rows(scratch / "news.jsonl", articles)
    questions = rows(folder / "questions.jsonl")
    gold = {row["question"]: set(row["gold"]) for row in questions}
    library = kept_library(folder / "articles.jsonl.gz", ours.embeddings)
    ours.use(library)
    contest.add(path, scratch / "news", keeps=True, but=OURS)
    yield f"{len(articles):,} articles, {len(gold)} questions: one article more or less is {1 / len(gold):.3f}"
    # The clock first: a question that has been asked already is answered faster.
    for title in [article["title"] for article in articles if article["title"]][:WARM]:
        contest.search(title, TIMED)
    waits: list[dict[str, float]] = []
    for turn, question in enumerate(gold):
        found = contest.search(question, TIMED, turn)
        waits.append({peer: each.milliseconds for peer, each in found.items()})
    for percent in (50, 95):
        peers = [one.peer for one in contest.contestants]
        values = {peer: float(np.percentile([wait[peer] for wait in waits], percent)) for peer in peers}
        yield Measure(f"search for {TIMED_PIECES} pieces, p{percent}", "ms", values)
    yield "ours asks two indexes, tries other spellings of names and groups copies; Chroma alone is asked once"
    yield from quality(contest, "news", gold, (4, 1))
    days = {row["question"]: date.fromisoformat(row["asked_on"]) for row in questions}
    timed = ranking_scores(lambda question: on_its_day(library, question, days[question]), gold)
    for measure, value in timed.items():
        yield Measure(f"news, day of asking known: {measure}", "", {OURS: value})


def search_queries(contest: Contest, path: Path, scratch: Path) -> Iterator[Line | Measure]:
    place, gold = clapnq(path, scratch)
    contest.add(place, scratch / "clapnq", keeps=True)
    yield f"CLAPNQ: {len(gold)} queries over {len(rows(place))} Wikipedia passages"
    yield from quality(contest, "CLAPNQ", gold, (1, 5))


def quality(
    contest: Contest, what: str, gold: Mapping[str, set[str]], depths: Sequence[int]
) -> Iterator[Line | Measure]:
    found = {question: contest.search(question, DEEPLY) for question in gold}
    articles = {
        one.peer: {question: answers[one.peer].articles for question, answers in found.items()}
        for one in contest.contestants
    }
    scores = {peer: ranking_scores(ranking.__getitem__, gold, depths) for peer, ranking in articles.items()}
    for measure in scores[OURS]:
        yield Measure(f"{what}: {measure}", "", {peer: values[measure] for peer, values in scores.items()})
    for peer, ranking in articles.items():
        short = sum(len(set(ids)) < 10 for ids in ranking.values())
        if short:
            yield f"{peer} named fewer than ten different articles for {short} questions"


def tabulated(measures: Iterable[Measure]) -> Iterator[str]:
    """All measures as a plain table, a column for each contestant."""
    measures = list(measures)
    columns = [OURS, *(peer for peer in ENVIRONMENTS if any(peer in measure.values for measure in measures))]
    yield f"{'':<46}" + "".join(f"{name:>17}" for name in columns)
    for measure in measures:
        cells = (number(measure.values[name]) if name in measure.values else "–" for name in columns)
        yield f"{f'{measure.name}, {measure.unit}'.removesuffix(', '):<46}" + "".join(f"{cell:>17}" for cell in cells)


if __name__ == "__main__":
    sys.exit(main())
