"""LangChain's side of the chat writer: the chain of prompt and model, and the whole way for chains of your own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from langchain_core.documents import Document
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableLambda, RunnablePassthrough

from assistant.models import prompt


def answer_chain(model: BaseChatModel) -> Runnable[dict[str, Any], BaseMessage]:
    """Prompt and model. In: ``question``, ``documents``, and if wanted ``history`` (turns) and ``as_of`` (ISO day)."""
    return RunnableLambda(prompt_messages, name="prompt") | model


def retrieval_chain(retriever: BaseRetriever, model: BaseChatModel) -> Runnable[Any, BaseMessage]:
    """The whole way for chains of your own: a question, or a mapping with ``question``, in; the model's message out.

    The markers of its text number the retrieved documents from 1. ``Assistant`` does more: it does not ask the model
    without evidence, and checks what comes out.
    """
    question: Runnable[Any, dict[str, Any]] = RunnableLambda(
        lambda asked: {"question": asked} if isinstance(asked, str) else asked, name="question"
    )
    found = RunnablePassthrough.assign(documents=itemgetter("question") | retriever)
    return question | found | answer_chain(model)


def prompt_messages(asked: Mapping[str, Any]) -> list[prompt.ChatMessage]:
    """The messages to the model that the input of ``answer_chain`` makes."""
    documents: Sequence[Document] = asked["documents"]
    sources = [
        prompt.Source(of["title"], of["source"], of["published"], document.page_content, of.get("updated"))
        for document in documents
        for of in (document.metadata,)  # other people's retrievers know of no update
    ]
    boundary = asked.get("boundary") or prompt.new_boundary()
    history, as_of = asked.get("history", ()), asked.get("as_of")
    return prompt.build(asked["question"], sources, history, boundary=boundary, as_of=as_of)
