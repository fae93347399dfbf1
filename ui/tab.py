"""A browser tab, and who sits before it.

Each tab is a Gradio session; what it is at stands in its ``Tab``, what was said in the store of conversations.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

from assistant.messages import Translator
from ui._gradio import gr
from ui.access.login import user_of
from ui.language import words_of
from ui.users import User
from ui.views.conversation_list import Place
from ui.views.scope_chips import Steer
from vectorstore.types import TimeScope

Update = dict[Any, Any]
"""What a handler sends to the page: new values by their components."""
Updates = AsyncGenerator[Update, None]


@dataclass(frozen=True, slots=True)
class Tab:
    """What one tab is at, and what its next question is asked with."""

    place: Place = field(default_factory=Place)
    steer: Steer = field(default_factory=Steer)
    scope: TimeScope | None = None
    """What the latest answer searched."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who sits before a tab."""

    user: User
    words: Translator
    session: str


def reader_of(request: gr.Request) -> Reader:
    """Who asks, in which language. Raises ``KeyError`` where no doorkeeper stands before the page."""
    inner = request.request
    assert inner is not None
    return Reader(user_of(inner), words_of(inner), request.session_hash or "")
