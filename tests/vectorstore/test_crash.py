"""What was acknowledged is found, once, whatever killed the process.

The processes are forked from a server that has imported everything, so that dozens of them start in a second.
"""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from tests.vectorstore.helpers import HashedEmbeddings, found_by_own_sentence, made_article, made_articles
from vectorstore.embedding.embeddings import ArrayEmbeddings, LocalEmbeddings
from vectorstore.errors import AddInterrupted
from vectorstore.library import Library
from vectorstore.types import AddReport, Progress

_ARTICLES = 200
_TO_INTERRUPT = 300
_TO_CHANGE = 80
_AT_ONCE = max(2, min(4, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2))
_SEED = 20_240_902


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["chromadb", "chromadb.errors", "tests.vectorstore.helpers", __name__])
    return context


# -- what the processes do


def _add_in_parts(connection: Connection, folder: Path, local: bool, each: int, count: int) -> None:
    """Adds the articles, ``each`` at a time; sends the number of every article once its adding was reported."""
    with Library.open(folder, embeddings=_embeddings(local)) as library:
        connection.send("open")
        for first in range(0, count, each):
            report = library.add_articles(made_articles(each, first=first, paragraphs=0 if local else 1))
            connection.send([_number(outcome.article_id) for outcome in report.outcomes if outcome.kind == "added"])


def _add_at_once(connection: Connection, folder: Path, local: bool, each: int, count: int) -> None:
    """Adds the articles in one call; sends the numbers of those that the progress reports as done."""
    del each
    sent = 0

    def on_progress(progress: Progress) -> None:
        nonlocal sent
        connection.send(list(range(sent, progress.done)))
        sent = progress.done

    with Library.open(folder, embeddings=_embeddings(local)) as library:
        connection.send("open")
        library.add_articles(made_articles(count, paragraphs=0 if local else 1), on_progress=on_progress)


def _change_and_remove(connection: Connection, folder: Path, local: bool, each: int, count: int) -> None:
    """Gives articles a second edition and removes every tenth; sends the numbers of those that are through."""
    del local
    with Library.open(folder, embeddings=HashedEmbeddings()) as library:
        connection.send("open")
        for first in range(0, count, each):
            numbers = range(first, first + each)
            library.add_articles([made_article(number, edition=2) for number in numbers])
            library.remove([made_article(number).id for number in numbers if number % 10 == 0])
            connection.send(list(numbers))


def _verify(connection: Connection, folder: Path, local: bool, acknowledged: list[int], count: int) -> None:
    """Sends what is wrong after a crash, and after everything was added again."""
    wrong: list[str] = []
    within = 10 if local else 1  # to the real model our made words all look alike
    with Library.open(folder, embeddings=_embeddings(local)) as library:
        wrong += [
            f"{n}: acknowledged, not found"
            for n in acknowledged
            if not found_by_own_sentence(library, n, within=within)
        ]
        if not (report := library.check()).ok:
            wrong.append(f"after reopening: {report.problems}")
        again = library.add_articles(made_articles(count, paragraphs=0 if local else 1))
        lost = {_number(outcome.article_id) for outcome in again.outcomes if outcome.kind != "unchanged"}
        wrong += [f"{n}: acknowledged, not in the catalogue" for n in acknowledged if n in lost]
        wrong += [f"{outcome}" for outcome in again.outcomes if outcome.kind not in ("added", "unchanged")]
        others = sorted(set(range(count)) - set(acknowledged))
        wrong += [f"{n}: not found, or twice" for n in others if not found_by_own_sentence(library, n, within=within)]
        stored = sorted(article.id for article in library.articles())
        if stored != [made_article(n).id for n in range(count)]:
            wrong.append(f"{len(stored)} articles, {len(set(stored))} different")
        report = library.check()
        if not report.ok or not report.passages == report.vectors == report.keywords == count:
            wrong.append(f"after adding again: {report}")
    connection.send(wrong)


def _add_until_interrupted(connection: Connection, folder: Path) -> None:
    """Sends "open", the progress, then the report of the interrupted adding and the articles that are stored."""
    articles = made_articles(_TO_INTERRUPT)
    with Library.open(folder, embeddings=HashedEmbeddings()) as library:
        try:
            connection.send("open")
            library.add_articles(articles, on_progress=connection.send)
        except KeyboardInterrupt as stopped:  # AddInterrupted, or before the adding began
            report = stopped.report if isinstance(stopped, AddInterrupted) else AddReport()
            connection.send((report, [article.id for article in library.articles()]))
        else:
            connection.send(None)


def _embeddings(local: bool) -> ArrayEmbeddings:
    return LocalEmbeddings() if local else HashedEmbeddings()


def _number(article_id: str | None) -> int:
    assert article_id is not None
    return int(article_id.removeprefix("made-"))


# -- the tests


def _killed(
    processes: ForkServerContext,
    folder: Path,
    target: Callable[..., None],
    after: int,
    moment: float,
    *,
    local: bool = False,
    count: int = _ARTICLES,
) -> list[int]:
    """Runs ``target`` and kills it ``moment`` of a step after its ``after``-th message; what it acknowledged."""
    ours, theirs = processes.Pipe(duplex=False)
    process = processes.Process(target=target, args=(theirs, folder, local, 20, count))
    process.start()
    theirs.close()
    acknowledged: list[int] = []
    with ours, contextlib.suppress(EOFError):
        assert ours.recv() == "open"
        step, last = 0.5, time.monotonic()  # the first takes longer: both indexes are made
        for _ in range(after):
            acknowledged += ours.recv()
            step, last = time.monotonic() - last, time.monotonic()
        time.sleep(moment * step)
        process.kill()
        while True:  # what it had acknowledged before the signal came
            acknowledged += ours.recv()
    process.join()
    assert process.exitcode in (-signal.SIGKILL, 0)
    process.close()
    return acknowledged


def _wrong(
    processes: ForkServerContext, folder: Path, acknowledged: list[int], *, local: bool = False, count: int = _ARTICLES
) -> list[str]:
    """What is wrong with the library, as another process finds out: a torn index must not end this one."""
    ours, theirs = processes.Pipe(duplex=False)
    process = processes.Process(target=_verify, args=(theirs, folder, local, acknowledged, count))
    process.start()
    theirs.close()
    with ours:
        try:
            wrong: list[str] = ours.recv()
        except EOFError:
            wrong = ["the process died"]
    process.join()
    return wrong if process.exitcode == 0 else [*wrong, f"exit code {process.exitcode}"]


@pytest.mark.parametrize("kills", [2, pytest.param(500, marks=[pytest.mark.long, pytest.mark.timeout(7_200)])])
def test_kills_lose_nothing_acknowledged_and_double_nothing(
    processes: ForkServerContext, tmp_path: Path, kills: int
) -> None:
    chance = random.Random(_SEED)
    plans = [
        (_add_at_once, chance.randrange(4), chance.uniform(0.2, 1.2))
        if number % 3 == 0
        else (_add_in_parts, chance.randrange(_ARTICLES // 20), chance.random())
        for number in range(kills)
    ]

    def run(number: int) -> tuple[int, list[str]]:
        target, after, moment = plans[number]
        folder = tmp_path / str(number)
        acknowledged = _killed(processes, folder, target, after, moment)
        wrong = _wrong(processes, folder, acknowledged)
        shutil.rmtree(folder)
        return len(acknowledged), wrong

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        results = list(pool.map(run, range(kills)))
    assert {number: wrong for number, (_, wrong) in enumerate(results) if wrong} == {}
    # The moments were worth something: most came amid the work, with something acknowledged and something not.
    assert sum(0 < count < _ARTICLES for count, _ in results) >= kills // 2, [count for count, _ in results]


@pytest.mark.long
def test_a_kill_of_the_real_model_loses_nothing(processes: ForkServerContext, tmp_path: Path) -> None:
    acknowledged = _killed(processes, tmp_path, _add_in_parts, 2, 0.5, local=True, count=100)
    assert 0 < len(acknowledged) < 100
    assert _wrong(processes, tmp_path, acknowledged, local=True, count=100) == []


def test_kills_while_articles_change_leave_each_in_one_edition(processes: ForkServerContext, tmp_path: Path) -> None:
    first = tmp_path / "first"
    with Library.open(first, embeddings=HashedEmbeddings()) as library:
        library.add_articles(made_articles(_TO_CHANGE))
    cut = False
    for after, moment in ((0, 0.6), (2, 0.3)):
        folder = tmp_path / str(after)
        shutil.copytree(first, folder)
        done = _killed(processes, folder, _change_and_remove, after, moment, count=_TO_CHANGE)
        with Library.open(folder, embeddings=HashedEmbeddings()) as library:
            stored = {_number(article.id): article for article in library.articles()}
            for which in done:
                removed = which % 10 == 0
                assert (which not in stored) if removed else (stored[which].version == 2)
            for which in range(_TO_CHANGE):
                assert found_by_own_sentence(library, which) == (which in stored)
            assert library.check().ok
            for which, article in stored.items():
                assert article == replace(
                    made_article(which, edition=article.version), version=article.version, added=article.added
                )
            cut |= 0 < sum(article.version == 2 for article in stored.values()) < len(stored)
    assert cut


def _interrupted(
    processes: ForkServerContext, folder: Path, after: int, moment: float
) -> tuple[AddReport, list[str]] | None:
    """What ``_add_until_interrupted`` said in the end; ``None`` where all was added before the signal came."""
    ours, theirs = processes.Pipe(duplex=False)
    process = processes.Process(target=_add_until_interrupted, args=(theirs, folder))
    process.start()
    theirs.close()
    with ours:
        assert ours.recv() == "open"
        for _ in range(after):
            assert isinstance(ours.recv(), Progress)
        time.sleep(moment)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGINT)
        while isinstance(answer := ours.recv(), Progress):
            pass
    process.join()
    assert process.exitcode == 0
    said: tuple[AddReport, list[str]] | None = answer
    return said


@pytest.mark.parametrize(("after", "moment"), [pytest.param(0, 0.0, marks=pytest.mark.long), (1, 0.05)])
def test_ctrl_c_leaves_a_usable_library_and_a_true_report(
    processes: ForkServerContext, tmp_path: Path, after: int, moment: float
) -> None:
    attempts = (tmp_path / str(number) for number in itertools.count())
    answer = None
    while answer is None:
        answer = _interrupted(processes, folder := next(attempts), after, moment)
    report, stored = answer
    assert sorted(str(outcome.article_id) for outcome in report.outcomes) == sorted(stored)
    assert len(stored) < _TO_INTERRUPT
    with Library.open(folder, embeddings=HashedEmbeddings()) as library:
        assert library.notices == ()
        assert library.check().ok
        assert all(found_by_own_sentence(library, _number(article_id)) for article_id in stored)
        assert library.add_articles(made_articles(_TO_INTERRUPT)).count("added") == _TO_INTERRUPT - len(stored)
