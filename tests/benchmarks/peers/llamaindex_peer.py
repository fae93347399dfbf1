"""LlamaIndex's ``VectorStoreIndex`` as it comes, in a Chroma kept on disk.

Its own sentence splitter, 1024 tokens with 200 shared, counted by the tokenizer it brings along. The title is
metadata, which it puts above every piece by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import chromadb
from langchain_core.embeddings import Embeddings
from llama_index.core import Document, StorageContext, VectorStoreIndex  # type: ignore[import-not-found]
from llama_index.core.bridge.pydantic import PrivateAttr  # type: ignore[import-not-found]
from llama_index.core.embeddings import BaseEmbedding  # type: ignore[import-not-found]
from llama_index.vector_stores.chroma import ChromaVectorStore  # type: ignore[import-not-found]

from tests.benchmarks.peers.contract import Entry


class GivenEmbedding(BaseEmbedding):  # type: ignore[misc]
    """Any LangChain ``Embeddings`` as LlamaIndex knows them."""

    _embeddings: Embeddings = PrivateAttr()

    def __init__(self, embeddings: Embeddings) -> None:
        super().__init__()
        self._embeddings = embeddings

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._embeddings.embed_query(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return self._embeddings.embed_documents(texts)


class LlamaIndex:
    def __init__(self, embeddings: Embeddings) -> None:
        self._embedding = GivenEmbedding(embeddings)

    def add(self, entries: Sequence[Entry], folder: Path) -> int:
        collection = chromadb.PersistentClient(path=str(folder)).get_or_create_collection("articles")
        storage = StorageContext.from_defaults(vector_store=ChromaVectorStore(chroma_collection=collection))
        documents = [Document(text=entry.text, id_=entry.id, metadata={"title": entry.title}) for entry in entries]
        self._index = VectorStoreIndex.from_documents(documents, storage_context=storage, embed_model=self._embedding)
        return int(collection.count())

    def search(self, question: str, k: int) -> list[str]:
        found = self._index.as_retriever(similarity_top_k=k).retrieve(question)
        return [piece.node.ref_doc_id for piece in found]


def open_peer(embeddings: Embeddings) -> LlamaIndex:
    return LlamaIndex(embeddings)
