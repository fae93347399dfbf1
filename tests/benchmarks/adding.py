"""How much of the embedder's own speed is left when articles are read, split, embedded, stored and indexed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.benchmarks.material import table
from tests.benchmarks.report import Figure, Line
from vectorstore.adding import embedded_text
from vectorstore.embedding.embeddings import ArrayEmbeddings, LocalEmbeddings
from vectorstore.library import Library
from vectorstore.sources import read_all
from vectorstore.text import splitter
from vectorstore.types import Article

ARTICLES = 150
ROUNDS = 3


def run(data: Path | None) -> Iterator[Line]:
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        path, what = table(data, ARTICLES, folder)
        articles = [item for item in read_all([path]) if isinstance(item, Article)]
        texts = [embedded_text(article, span) for article in articles for span in splitter.passages(article.text)]
        yield f"{what}, {len(texts):,} passages; {ROUNDS} rounds of each, by turns"
        embeddings = LocalEmbeddings()
        warm_up(path, folder / "warm", embeddings)
        whole, bare = [], []
        busy = [0.0, 0.0]
        for number in range(ROUNDS):
            ready = time.process_time()
            whole.append(seconds_to_add(path, folder / f"library-{number}", embeddings))
            begun, added = time.perf_counter(), time.process_time()
            embeddings.embed_array(texts)
            bare.append(time.perf_counter() - begun)
            busy = [busy[0] + added - ready, busy[1] + time.process_time() - added]
    yield Figure("articles added", len(articles) / median(whole), "/s")
    yield Figure("passages added", len(texts) / median(whole), "/s", len(texts) / median(bare), "/s, bare embedder")
    share = median(alone / together for alone, together in zip(bare, whole, strict=True))
    yield Figure("share of the bare embedder's speed", 100 * share, "%", at_least=85)
    yield Figure("share of processor time, which load hardly moves", 100 * busy[1] / busy[0], "%")


def warm_up(path: Path, folder: Path, embeddings: ArrayEmbeddings) -> None:
    """Loads the model and Chroma, which neither side of a comparison is to pay for."""
    few = folder.with_suffix(".jsonl")
    few.write_text("".join(path.read_text(encoding="utf-8").splitlines(keepends=True)[:5]), encoding="utf-8")
    seconds_to_add(few, folder, embeddings)


def seconds_to_add(path: Path, folder: Path, embeddings: ArrayEmbeddings) -> float:
    """From the table's first row read to the last passage findable, in a new library."""
    with Library.open(folder, embeddings=embeddings) as library:
        begun = time.perf_counter()
        report = library.add(path)
        seconds = time.perf_counter() - begun
    if report.refused:
        raise ValueError(f"an article was refused: {report.refused[0]}")
    return seconds
