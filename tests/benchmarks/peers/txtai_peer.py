"""txtai's hybrid index, BM25 beside vectors at equal weight, with content.

It splits nothing by itself: each article is one row, all of its words in BM25, its beginning in the vector.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray
from txtai import Embeddings as Index  # type: ignore[import-not-found]

from tests.benchmarks.peers.contract import Entry


class Txtai:
    def __init__(self, embeddings: Embeddings) -> None:
        # It takes a plain function only, and calls it for a question as for rows.
        def transform(texts: list[str]) -> NDArray[np.float32]:
            if len(texts) == 1:
                return np.asarray([embeddings.embed_query(texts[0])], dtype=np.float32)
            return np.asarray(embeddings.embed_documents(texts), dtype=np.float32)

        self._transform = transform

    def add(self, entries: Sequence[Entry], folder: Path) -> int:
        self._index = Index(method="external", transform=self._transform, hybrid=True, content=True)
        self._index.index((entry.id, entry.page, None) for entry in entries)
        self._index.save(str(folder))
        return int(self._index.count())

    def search(self, question: str, k: int) -> list[str]:
        return [found["id"] for found in self._index.search(question, k)]


def open_peer(embeddings: Embeddings) -> Txtai:
    return Txtai(embeddings)
