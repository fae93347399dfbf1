"""A large archive taken in while people search it: articles a second, memory, and how long a search takes meanwhile.

Articles are made, a hundred words and one passage each, and so are their vectors: what is measured is everything but
the model. ``python -m tests.benchmarks.growing FOLDER`` is the process whose memory is measured.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.report import Figure, Line
from vectorstore.embedding.embeddings import ArrayEmbeddings
from vectorstore.library import Library

ARTICLES = 100_000
WORDS = 100
SEED = 20_250_601
PAUSE = 0.05
"""Seconds between two searches."""


class _Stub(ArrayEmbeddings):
    """A random direction for each text, the same at every run."""

    @property
    def name(self) -> str:
        return "stub"

    @property
    def dimension(self) -> int:
        return 384

    def embed_array(self, texts: Sequence[str]) -> NDArray[np.float32]:
        seeds = [zlib.crc32(text.encode()) for text in texts]
        vectors = np.stack([np.random.default_rng(seed).standard_normal(384, dtype=np.float32) for seed in seeds])
        unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    def embed_query(self, text: str) -> list[float]:
        vector: list[float] = self.embed_array([text])[0].tolist()
        return vector


def run(data: Path | None, articles: int = ARTICLES) -> Iterator[Line]:
    with TemporaryDirectory() as scratch:
        _write(Path(scratch) / "articles.jsonl", articles)
        command = [sys.executable, "-m", "tests.benchmarks.growing", scratch]
        found = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    yield f"{found['added']:,} articles of {WORDS} words; {len(found['searches']):,} searches meanwhile"
    yield Figure("articles added", found["added"] / found["seconds"], "/s", at_least=300)
    yield Figure("memory, most", found["memory"], "GB", at_most=1.5)
    yield Figure("a search meanwhile, p95", 1000 * float(np.quantile(found["searches"], 0.95)), "ms", at_most=100)


def _write(path: Path, articles: int) -> None:
    chance = random.Random(SEED)
    vocabulary = ["".join(chance.choices("abcdefghiklmnoprstuvwz", k=chance.randint(3, 9))) for _ in range(20_000)]
    with path.open("w", encoding="utf-8") as file:
        for number in range(articles):
            words = chance.choices(vocabulary, k=WORDS)
            sentences = [" ".join(words[first : first + 10]).capitalize() for first in range(0, WORDS, 10)]
            title, text = " ".join(words[:6]).capitalize(), ". ".join(sentences)
            file.write(
                json.dumps({"id": f"made-{number}", "title": title, "text": f"{text}.", "source": "Made"}) + "\n"
            )


def _add(folder: Path) -> None:
    """Adds and searches; prints what it found as JSON."""
    searches: list[float] = []
    done = threading.Event()
    path = folder / "articles.jsonl"
    with path.open(encoding="utf-8") as file:
        questions = [" ".join(json.loads(next(file))["text"].split()[20:27]) for _ in range(200)]
    with Library.open(folder / "library", embeddings=_Stub()) as library:

        def search() -> None:
            while not done.wait(PAUSE):
                if library.count():
                    begun = time.perf_counter()
                    library.search(questions[len(searches) % len(questions)], k=8)
                    searches.append(time.perf_counter() - begun)

        searching = threading.Thread(target=search)
        searching.start()
        begun = time.perf_counter()
        report = library.add(path)
        seconds = time.perf_counter() - begun
        done.set()
        searching.join()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(json.dumps({"added": report.count("added"), "seconds": seconds, "memory": memory, "searches": searches}))


if __name__ == "__main__":
    _add(Path(sys.argv[1]))
