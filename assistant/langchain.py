"""The library as a LangChain retriever, for chains of your own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from vectorstore.types import Match


class ArticleRetriever(BaseRetriever):
    """``Assistant.search`` as a ``BaseRetriever``: the question in, the best passages out, best first.

    ``retriever.invoke(question, k=3)`` outweighs, for this question, what was fixed before.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    search: Callable[..., list[Match]]
    k: int = 10
    as_of: date | str | None = None
    since: date | str | None = None
    until: date | str | None = None
    sources: Sequence[str] | None = None

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, **now: Any
    ) -> list[Document]:
        fixed = {"k": self.k, "as_of": self.as_of, "since": self.since, "until": self.until, "sources": self.sources}
        return [to_document(match) for match in self.search(query, **fixed | now)]


def to_document(match: Match) -> Document:
    """A passage as a LangChain document; ``metadata`` holds its article, its offsets and how it ranked."""
    article = match.article
    metadata = {**article.to_dict(), "article_id": article.id, "start": match.start, "end": match.end}
    del metadata["id"]
    metadata |= {"rank": match.rank, "score": match.score, "similarity": match.similarity}
    return Document(id=str(match.passage.id), page_content=match.text, metadata=metadata)
