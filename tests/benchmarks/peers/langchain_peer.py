"""The pipeline of LangChain's tutorial on semantic search: recursive splitter (1000, 200), Chroma kept on disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from langchain_chroma import Chroma  # type: ignore[import-not-found]
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter  # type: ignore[import-not-found]

from tests.benchmarks.peers.contract import Entry


class LangChain:
    def __init__(self, embeddings: Embeddings) -> None:
        self._embeddings = embeddings

    def add(self, entries: Sequence[Entry], folder: Path) -> int:
        documents = [Document(entry.page, metadata={"id": entry.id}) for entry in entries]
        splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200, add_start_index=True)
        chunks = splitter.split_documents(documents)
        # Not add_documents, which fails with more chunks than Chroma takes at once; this makes batches.
        self._store = Chroma.from_documents(chunks, self._embeddings, persist_directory=str(folder))
        return len(chunks)

    def search(self, question: str, k: int) -> list[str]:
        return [found.metadata["id"] for found in self._store.similarity_search(question, k=k)]


def open_peer(embeddings: Embeddings) -> LangChain:
    return LangChain(embeddings)
