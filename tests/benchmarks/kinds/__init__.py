"""Files and addresses of every kind: what of them comes through whole, and whether what is hostile does harm."""

from __future__ import annotations

import resource
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.kinds.addresses import asked
from tests.benchmarks.kinds.exports import exports, scored
from tests.benchmarks.kinds.odd import mutated, oddities
from tests.benchmarks.kinds.printed import documents, scan
from tests.benchmarks.report import Figure, Line
from vectorstore.messages import Message
from vectorstore.sources import close_worker, read
from vectorstore.types import Article, Refusal

MUTATED = 3_000
LONGEST_SECONDS = 180
"""For one file; what takes longer hangs. A document may take a minute, and the machine may be busy."""


def run(data: Path | None = None) -> Iterator[Line]:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        yield from _exports(folder)
        yield from _printed(folder)
        yield from _odd(folder, "bombs and oddities", oddities())
        yield from _odd(folder, "damaged files", mutated(MUTATED))
        for whose, of in (("the parsers", resource.RUSAGE_CHILDREN), ("the program", resource.RUSAGE_SELF)):
            yield Figure(f"all of these: most memory of {whose}", resource.getrusage(of).ru_maxrss / 1000, "MB")
        count, reached, stored = asked(folder)
        yield f"{count} ways to forbidden addresses"
        yield Figure("forbidden addresses: connections", len(reached) + len(stored), at_most=0)
        yield from reached + stored


def _exports(folder: Path) -> Iterator[Line]:
    scores = [scored(folder, *each) for each in exports()]
    right, wanted = sum(score.right for score in scores), sum(score.asked for score in scores)
    yield f"{len(scores)} exports of three articles each"
    yield from (line[:300] for score in scores for line in score.wrong)
    yield Figure("exports: fields right", 100 * right / wanted, "%", at_least=95)
    yield Figure("exports: articles lost in silence", sum(score.lost for score in scores), at_most=0)


def _printed(folder: Path) -> Iterator[Line]:
    whole = count = pages = unread = 0
    for document in documents():
        path = folder / document.name
        path.write_bytes(document.data)
        (article,) = read(path)
        assert isinstance(article, Article), article
        last, found = -1, 0
        for sentence, page in document.sentences:
            if (at := article.text.find(sentence)) > last:
                last, found = at, found + 1
                pages += article.page_at(at) == page
        if found < 0.95 * len(document.sentences):
            yield f"{document.name}: {found} of {len(document.sentences)} sentences; {document.set_as}"
        whole, count = whole + found, count + len(document.sentences)
    for number in (1, 2, 3):
        (folder / "scan.pdf").write_bytes(scan(number))
        (refusal,) = read(folder / "scan.pdf")
        unread += isinstance(refusal, Refusal) and "a scan without text" in refusal.reason
    yield f"{count} sentences on {pages} known pages of {number + 17} PDF documents"
    yield Figure("PDF: sentences whole and in order", 100 * whole / count, "%", at_least=95)
    yield Figure("PDF: pages right, of these", 100 * pages / whole, "%", at_least=100)
    yield Figure("PDF: scans refused as scans, of 3", unread, at_least=3)


def _odd(folder: Path, what: str, files: Iterator[tuple[str, bytes | str]]) -> Iterator[Line]:
    count: Counter[str] = Counter()
    slowest = (0.0, "")
    for name, content in files:
        path = folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        count["files"] += 1
        begun = time.monotonic()
        try:
            with _ended_after(LONGEST_SECONDS):
                found = list(read(path))
        except Exception as error:  # it never raises for what a file holds: that is what is measured
            count["hangs" if isinstance(error, TimeoutError) else "crashes"] += 1
            yield f"{name}: {error!r}"[:300]
            continue
        slowest = max(slowest, (time.monotonic() - begun, name))
        refused = [item for item in found if isinstance(item, Refusal)]
        count["stored"] += len(refused) < len(found)
        unsaid = [item for item in refused if not isinstance(item.reason, Message)]
        if unsaid or not found:
            count["unsaid"] += 1
            yield f"{name}: {unsaid or 'neither an article nor a refusal'}"[:300]
        path.unlink()
    close_worker()
    yield f"{count['files']} {what}, {count['stored']} of them with an article; slowest: {slowest[1]}"
    yield Figure(f"{what}: crashes and hangs", count["crashes"] + count["hangs"], at_most=0)
    yield Figure(f"{what}: without article and reason", count["unsaid"], at_most=0)
    yield Figure(f"{what}: longest", slowest[0], "s")


@contextmanager
def _ended_after(seconds: int) -> Iterator[None]:
    def end(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, end)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
