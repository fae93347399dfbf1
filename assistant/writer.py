"""The seam between a question's way and whatever writes: quotations, a chat model, or a function of a test."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Protocol

from assistant.conversation.follow_up import Followed
from assistant.models.cancelling import Say, Stop
from assistant.models.prompt import ChatMessage
from assistant.types import Turn, Usage
from vectorstore.types import Match

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_core.tools import BaseTool

Write = Callable[[str, Sequence[Match], Sequence[Turn], date | None, Stop, Say], Iterator[str]]
"""What a writer does: from the question, the passages, the conversation, the day it is asked for and the wish to stop
it makes raw text, piece by piece, whose ``[n]`` markers number the passages from 1. What keeps it waiting it may say,
and then gives an empty piece.

A generator may return its ``Usage``. ``ModelError`` before the first text means no answer, after it a cut one.
"""

Respond = Callable[[Sequence[ChatMessage], float, Stop], tuple[str, Usage]]
"""What the writer's model says to other messages within so many seconds, and what that consumed."""

Plan = Callable[[str, Followed, Stop], tuple[tuple[str, ...] | None, Usage]]
"""What a question in its conversation is searched for, better than the rules know; ``None`` where it is not better."""


class LookUp(Protocol):
    """One message of a model that may call tools: ``ChatWriter.turn``."""

    def __call__(
        self, messages: Sequence[BaseMessage], tools: Sequence[BaseTool], *, until: float, stop: Stop, say: Say
    ) -> Generator[str, None, tuple[AIMessage | None, Usage]]: ...


@dataclass(frozen=True, slots=True)
class Writer:
    name: str
    write: Write
    plan: Plan | None = None
    part_by_part: bool = False
    """Whether it answers one thing at a time: several questions in one are then put to it one after the other."""
    respond: Respond | None = None
    """The model that checks and corrects; without it, sentences that no source carries cannot be mended."""
    judges: bool = False
    """Whether that model's verdicts count; otherwise the reader's do."""
    turn: LookUp | None = None
    """Its model's next message where that may call tools. Without it, deep questions cannot be asked."""
