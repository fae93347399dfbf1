"""The library itself, asked as the peers are."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.peers.contract import Added, Found
from tests.benchmarks.peers.worker import tokens
from tests.benchmarks.report import show
from vectorstore.embedding.embeddings import LocalEmbeddings
from vectorstore.library import Library

_START = """
import json, time
begun = time.perf_counter()
import chromadb
from vectorstore.library import Library
from vectorstore.embedding.embeddings import LocalEmbeddings
LocalEmbeddings().embed_query("The first text pays for what is made ready late.")
print(json.dumps(time.perf_counter() - begun))
"""


class Watched(LocalEmbeddings):
    """Remembers which passages it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def embed_array(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.texts += texts
        return super().embed_array(texts)


class Ours:
    def __init__(self, model: Path) -> None:
        self.peer = "ours"
        self.embeddings = Watched()
        self.embeddings.embed_query("The first text pays for what is made ready late.")
        self._model = model
        self._library: Library | None = None
        done = subprocess.run([sys.executable, "-c", _START], capture_output=True, text=True, check=True)
        self.start: float = json.loads(done.stdout)

    def add(self, table: Path, folder: Path, *, keeps: bool = False) -> Added:
        self.use(Library.open(folder, embeddings=self.embeddings))
        assert self._library is not None
        self.embeddings.texts.clear()
        begun = time.perf_counter()
        report = self._library.add(table)
        seconds = time.perf_counter() - begun
        for refusal in report.refused:  # one passage of CLAPNQ is empty; peers take it in
            show(f"ours refused {refusal.source}: {refusal.reason}")
        return Added(seconds, report.passages, *tokens(self.embeddings.texts, self._model))

    def use(self, library: Library) -> None:
        """Searches ``library`` from now on, and closes it with itself."""
        self.close()
        self._library = library

    def search(self, question: str, k: int) -> Found:
        assert self._library is not None
        begun = time.perf_counter()
        matches = self._library.search(question, k=k)
        milliseconds = 1000 * (time.perf_counter() - begun)
        return Found(tuple(match.article.id for match in matches), milliseconds)

    def close(self) -> None:
        if self._library is not None:
            self._library.close()
            self._library = None
