"""Articles of mixed kinds are added by a process that is killed at random moments, and the adding is resumed.

One library after another is filled until the kills are spent; each run is given the same folder again. What was stored
when a process died must not be embedded again; what it had only begun is, and is counted apart.
"""

from __future__ import annotations

import csv
import io
import json
import multiprocessing
import os
import random
import signal
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from email.message import EmailMessage
from multiprocessing.context import ForkServerContext
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import wrap
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.kinds.exports import PAGE
from tests.benchmarks.report import Figure, Line
from tests.vectorstore.helpers import HashedEmbeddings, made_article, own_sentence
from tests.vectorstore.sources.made import docx, pdf, write
from vectorstore.adding import embedded_text
from vectorstore.library import Library
from vectorstore.types import Article

ARTICLES = 1_000
IN_A_TABLE = 10
KILLS = 50
SEED = 20_250_503
SEARCHED = 50
"""Articles of each finished library that are looked for by their own sentences."""


class _Run(NamedTuple):
    """What one process did until it ended or was killed."""

    killed: bool
    seconds: float | None
    """From its start until the library was open and an article of it was found; ``None``: it was killed before."""
    lost: int
    """Articles that were stored and not found then."""
    stored: frozenset[str]
    """The articles that it found there."""
    reported: int
    """How many articles it said are stored."""
    embedded: Sequence[int]
    """The keys of the texts that it began to embed."""


class _Log:
    """Lines of JSON that each are on the disc before the next step: the process may end at any moment."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)

    def write(self, **facts: object) -> None:
        os.write(self._file, f"{json.dumps(facts)}\n".encode())


class _Logged(HashedEmbeddings):
    def __init__(self, log: _Log) -> None:
        super().__init__()
        self._log = log

    def embed_array(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self._log.write(embedded=[_key(text) for text in texts])
        return super().embed_array(texts)


def run(data: Path | None) -> Iterator[Line]:
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["chromadb", __name__])
    chance = random.Random(SEED)
    with TemporaryDirectory() as made:
        folder = Path(made)
        sources = folder / "articles"
        yield f"articles: {', '.join(f'{number} in {kind}' for kind, number in _write(sources).items())}"
        begun = time.monotonic()
        _run(processes, folder / "whole", sources, None)
        whole = time.monotonic() - begun
        with Library.open(folder / "whole", embeddings=HashedEmbeddings()) as library:
            wanted = dict(_passages(library))
        yield f"seed {SEED}; {whole:.0f} s where nothing is killed, {len(wanted):,} passages"
        count: Counter[str] = Counter(missing=ARTICLES - len(set(wanted.values())))
        openings: list[float] = []
        while count["kills"] < KILLS:
            target = folder / str(count["libraries"])
            last = _Run(True, None, 0, frozenset(), 0, ())
            while last.killed:
                kill_after = chance.uniform(0, whole) if count["kills"] < KILLS else None
                each = _run(processes, target, sources, kill_after)
                count["kills"] += each.killed
                count["missing"] += each.lost
                count["embedded"] += sum(key in wanted for key in each.embedded)
                if each.seconds is None:
                    each = each._replace(stored=last.stored, reported=last.reported)
                else:
                    openings.append(each.seconds)
                    count["amid"] += each.killed and len(each.stored) < each.reported < ARTICLES
                    count["missing"] += max(len(last.stored - each.stored), last.reported - len(each.stored), 0)
                count["again"] += sum(wanted.get(key) in each.stored for key in each.embedded)
                last = each
            count.update(_wrong(target, wanted, chance), libraries=1)
        anew = count["embedded"] - count["libraries"] * len(wanted)
        yield f"{count['libraries']} libraries filled; {count['amid']} killed processes had stored some of the articles"
        yield Figure("processes killed", count["kills"], at_least=KILLS)
        yield Figure("articles missing", count["missing"], at_most=0)
        yield Figure("articles, passages and index entries doubled", count["doubled"], at_most=0)
        yield Figure("passages embedded twice, though stored", count["again"], at_most=0)
        yield Figure("passages embedded twice, not stored by the first", anew, "", count["embedded"], "embedded")
        yield Figure("from start to open and searched, longest", max(openings), "s", at_most=10)


def _run(processes: ForkServerContext, target: Path, sources: Path, kill_after: float | None) -> _Run:
    """Adds ``sources`` in a process of its own, which is killed after so many seconds if it is not done by then."""
    path = target.with_suffix(".log")
    process = processes.Process(target=_add, args=(target, sources, path, time.monotonic()))
    process.start()
    process.join(kill_after)
    process.kill()
    process.join()
    if process.exitcode not in (0, -signal.SIGKILL):
        raise ChildProcessError(f"adding ended by itself, with exit code {process.exitcode}")
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    facts = {name: value for line in lines for name, value in line.items()}  # the last of each
    embedded = [key for line in lines for key in line.get("embedded", ())]
    path.unlink(missing_ok=True)
    stored = frozenset(facts.get("stored", ()))
    seconds, lost = facts.get("seconds"), facts.get("lost", 0)
    return _Run(process.exitcode != 0, seconds, lost, stored, facts.get("reported", len(stored)), embedded)


def _add(target: Path, sources: Path, path: Path, begun: float) -> None:
    log = _Log(path)
    with Library.open(target, embeddings=_Logged(log)) as library:
        lost = 0
        for article in library.articles(limit=1):
            sentence = article.text[article.text.rindex("Inspector") :]
            lost += all(match.article.id != article.id for match in library.search(sentence, k=3))
        seconds = time.monotonic() - begun
        log.write(seconds=seconds, lost=lost, stored=[article.id for article in library.articles(with_text=False)])
        library.add(sources, on_progress=lambda progress: log.write(reported=progress.done))


def _wrong(target: Path, wanted: Mapping[int, str], chance: random.Random) -> dict[str, int]:
    """What a finished library lacks, and what it holds twice."""
    with Library.open(target, embeddings=HashedEmbeddings()) as library:
        held, report = list(_passages(library)), library.check()
        missing, doubled = len(set(wanted.items()) - set(held)), len(held) - len(set(held) & set(wanted.items()))
        doubled += abs(report.vectors - report.passages) + abs(report.keywords - report.passages)
        for number in chance.sample(range(ARTICLES), SEARCHED):
            sentence = own_sentence(number)
            found = sum(sentence in match.text for match in library.search(sentence, k=3))
            missing, doubled = missing + (found == 0), doubled + (found > 1)
    return {"missing": missing + len(report.problems), "doubled": doubled}


def _passages(library: Library) -> Iterator[tuple[int, str]]:
    """The key of each passage, with the id of its article."""
    for article in library.articles():
        for passage in library.passages(article.id):
            yield _key(embedded_text(article, (passage.start, passage.end))), article.id


def _key(text: str) -> int:
    return zlib.crc32(text.encode())


def _write(folder: Path) -> dict[str, int]:
    """Files of an article each, and tables of several; how many articles there are in each kind."""
    folder.mkdir()
    made = [made_article(number, paragraphs=1) for number in range(ARTICLES)]
    kinds = {kind: made[place :: len(_FILES)] for place, kind in enumerate(_FILES)}
    for kind, articles in kinds.items():
        size = IN_A_TABLE if kind in ("json", "csv") else 1
        for first in range(0, len(articles), size):
            # Names without their kinds, so that the kinds take turns where files are read by name.
            write(
                folder / f"{zlib.crc32(articles[first].id.encode())}.{kind}",
                _FILES[kind](articles[first : first + size]),
            )
    return {kind: len(articles) for kind, articles in kinds.items()}


def _mail(article: Article) -> bytes:
    message = EmailMessage()
    message["From"], message["Subject"] = "Harbour Gazette <news@harbour.example>", article.title
    message["Date"], message["Message-ID"] = "Mon, 02 Sep 2024 23:30:00 +0300", f"<{article.id}@harbour.example>"
    message.set_content(article.text)
    return message.as_bytes()


def _table(articles: Sequence[Article]) -> str:
    table = io.StringIO()
    csv.writer(table).writerows([("title", "text"), *((each.title, each.text) for each in articles)])
    return table.getvalue()


_FILES: Mapping[str, Callable[[Sequence[Article]], bytes | str]] = {
    "txt": lambda one: f"{one[0].title}\n\n{one[0].text}",
    "html": lambda one: PAGE.format(title=one[0].title, outlet="Post", day="2024-09-02", html=f"<p>{one[0].text}</p>"),
    "docx": lambda one: docx(f"<w:p><w:r><w:t>{one[0].text}</w:t></w:r></w:p>", f"<dc:title>{one[0].title}</dc:title>"),
    "eml": lambda one: _mail(one[0]),
    "pdf": lambda one: pdf([[one[0].title, *wrap(one[0].text, 90)]], f"/Title({one[0].title})"),
    "json": lambda some: json.dumps([{"title": each.title, "text": each.text} for each in some]),
    "csv": _table,
}
