"""One peer in its own environment: ``python -m tests.benchmarks.peers.worker NAME MODEL_FOLDER``.

Reads one command a line as JSON from standard input and answers each with one line of JSON. Whatever the libraries
print goes to standard error. Peers are given the vectors of our embedding model through their own hook
for custom models, so that all have the same vectors; only ``langchain-torch`` brings its own engine for the same
weights.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import sqlite3
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from tests.benchmarks.material import rows
from tests.benchmarks.peers.contract import Added, Entry, Found, Peer

MODULES = {
    "langchain": "langchain_peer",
    "langchain-torch": "langchain_peer",
    "llamaindex": "llamaindex_peer",
    "txtai": "txtai_peer",
}


class Watched(Embeddings):
    """Embeddings that remember which texts they were given; and, where no clock runs, their vectors on disk."""

    def __init__(self, embeddings: Embeddings, kept: Path) -> None:
        self._embeddings = embeddings
        self._kept = kept
        self.keeps = False
        self.texts: list[str] = []

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.texts += texts
        return self._remembered(texts) if self.keeps else self._embeddings.embed_documents(texts)

    def embed_query(self, text: str) -> list[float]:
        return self._embeddings.embed_query(text)

    def _remembered(self, texts: list[str]) -> list[list[float]]:
        keys = {text: hashlib.sha256(text.encode(errors="replace")).digest() for text in texts}
        self._kept.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._kept)) as database, database:
            database.execute("CREATE TABLE IF NOT EXISTS vectors (text BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID")
            found: dict[str, NDArray[np.float32]] = {}
            for text, key in keys.items():
                if row := database.execute("SELECT vector FROM vectors WHERE text = ?", (key,)).fetchone():
                    found[text] = np.frombuffer(row[0], dtype=np.float32)
            if new := [text for text in keys if text not in found]:
                found |= zip(new, np.asarray(self._embeddings.embed_documents(new), dtype=np.float32), strict=True)
                database.executemany(
                    "INSERT OR IGNORE INTO vectors VALUES (?, ?)", [(keys[text], found[text].tobytes()) for text in new]
                )
        return [found[text].tolist() for text in texts]


def main(name: str, model: str) -> None:
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def answer(**content: Any) -> None:
        answers.write(json.dumps(content) + "\n")
        answers.flush()

    begun = time.perf_counter()
    module = importlib.import_module(f"tests.benchmarks.peers.{MODULES[name]}")
    embeddings = Watched(_embeddings(name, model), _kept_vectors())
    embeddings.embed_query("The first text pays for what is made ready late.")
    peer: Peer = module.open_peer(embeddings)
    answer(start=time.perf_counter() - begun)
    for line in sys.stdin:
        command = json.loads(line)
        if command["do"] == "add":
            embeddings.keeps = command["keeps"]
            answer(**asdict(_add(peer, embeddings, Path(command["table"]), Path(command["folder"]), Path(model))))
        else:
            answer(**asdict(_search(peer, command["question"], command["k"])))


def _embeddings(name: str, model: str) -> Embeddings:
    if name == "langchain-torch":
        from langchain_huggingface import HuggingFaceEmbeddings  # type: ignore[import-not-found]

        own: Embeddings = HuggingFaceEmbeddings(model_name=model)
        return own
    from vectorstore.embedding.embeddings import LocalEmbeddings

    return LocalEmbeddings()


def _kept_vectors() -> Path:
    """The file for the vectors of these weights by this engine."""
    import ctranslate2

    from vectorstore.embedding.weights import MINILM_SHA256, cache_folder

    return cache_folder() / "bench" / f"vectors-{MINILM_SHA256[:16]}-{ctranslate2.__version__}.sqlite3"


def _add(peer: Peer, embeddings: Watched, table: Path, folder: Path, model: Path) -> Added:
    embeddings.texts.clear()
    begun = time.perf_counter()
    entries = [Entry(row["id"], row.get("title") or "", row["text"]) for row in rows(table)]
    pieces = peer.add(entries, folder)
    return Added(time.perf_counter() - begun, pieces, *tokens(embeddings.texts, model))


def _search(peer: Peer, question: str, k: int) -> Found:
    begun = time.perf_counter()
    articles = peer.search(question, k)
    return Found(tuple(articles), 1000 * (time.perf_counter() - begun))


def tokens(texts: Sequence[str], model: Path) -> tuple[int, int]:
    """How many tokens ``texts`` have, and how many of them the model reads."""
    from tokenizers import Tokenizer

    limit: int = json.loads((model / "sentence_bert_config.json").read_text(encoding="utf-8"))["max_seq_length"]
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    lengths = [len(encoding.ids) for encoding in tokenizer.encode_batch_fast(list(texts))]
    return sum(lengths), sum(min(length, limit) for length in lengths)


if __name__ == "__main__":
    main(*sys.argv[1:])
