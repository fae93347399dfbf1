"""A conversation as one file to hand out: Markdown, HTML or JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from assistant.conversations import Conversation
from assistant.export_html import conversation_html
from assistant.export_text import ENGLISH, Words, clean, conversation_markdown

Form = Literal["markdown", "html", "json"]
FORMS: tuple[Form, ...] = get_args(Form)


@dataclass(frozen=True, slots=True)
class Exported:
    """A file to hand out."""

    name: str
    media_type: str
    content: bytes


def export(conversation: Conversation, form: Form, words: Words = ENGLISH) -> Exported:
    """``conversation``, the path that it holds, as one file. Raises ``ValueError`` for an unknown form."""
    if form not in _FORMS:
        raise ValueError(f"a conversation is exported as one of {', '.join(FORMS)}, not as {form!r}")
    ending, media_type, written = _FORMS[form]
    title = re.findall(r"\w+", clean(conversation.title))
    # A name that every system takes: the day, then words of the title.
    name = f"{conversation.created:%Y-%m-%d}-{'-'.join(title)[:60].strip('-') or 'conversation'}.{ending}"
    return Exported(name, media_type, written(conversation, words).encode("utf-8", "replace"))


def conversation_dict(conversation: Conversation) -> dict[str, Any]:
    """The conversation as plain data; each answer as ``Answer.to_dict`` gives it."""
    return {
        "title": conversation.title,
        "created": conversation.created.isoformat(timespec="seconds"),
        "changed": conversation.changed.isoformat(timespec="seconds"),
        "turns": [
            {
                "question": turn.question,
                "asked": turn.asked.isoformat(timespec="seconds"),
                "options": dict(turn.options),
                "state": turn.state,
                "problem": turn.problem,
                "text": turn.text,
                "answer": turn.answer.to_dict() if turn.answer else None,
            }
            for turn in conversation.turns
        ],
    }


def _json(conversation: Conversation, _: Words) -> str:
    return json.dumps(conversation_dict(conversation), ensure_ascii=False, indent=2) + "\n"


_FORMS: Mapping[Form, tuple[str, str, Callable[[Conversation, Words], str]]] = {
    "markdown": ("md", "text/markdown; charset=utf-8", conversation_markdown),
    "html": ("html", "text/html; charset=utf-8", conversation_html),
    "json": ("json", "application/json", _json),
}
