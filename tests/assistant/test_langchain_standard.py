"""LangChain's own tests of what we hand to it: a retriever over a real library, and embeddings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from langchain_tests.integration_tests import EmbeddingsIntegrationTests, RetrieversIntegrationTests
from langchain_tests.unit_tests import EmbeddingsUnitTests

from assistant import Assistant
from assistant.langchain import ArticleRetriever
from assistant.settings import Settings
from tests.vectorstore.helpers import HashedEmbeddings
from vectorstore.embedding.embeddings import CheckedEmbeddings, LocalEmbeddings


class TestRetriever(RetrieversIntegrationTests):
    desk: Assistant

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def library(cls, folder: Path) -> Iterator[None]:
        with Assistant.open(folder, settings=Settings(), read_only=True) as cls.desk:
            yield

    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return ArticleRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"search": self.desk.search}

    @property
    def retriever_query_example(self) -> str:
        return "What shortened the orbit of Dimorphos?"


class TestLocal(EmbeddingsUnitTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return LocalEmbeddings


class TestLocalWithItsModel(EmbeddingsIntegrationTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return LocalEmbeddings


class TestCheckedWithItsModel(EmbeddingsIntegrationTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return CheckedEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return {"embeddings": HashedEmbeddings(), "name": "another's"}
