"""A conversation as one file to hand out: Markdown, HTML or JSON."""

from __future__ import annotations

import json
import re
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
    if form == "markdown":
        return Exported(
            _file_name(conversation, "md"),
            "text/markdown; charset=utf-8",
            _bytes(conversation_markdown(conversation, words)),
        )
    if form == "html":
        return Exported(
            _file_name(conversation, "html"), "text/html; charset=utf-8", _bytes(conversation_html(conversation, words))
        )
    if form == "json":
        text = json.dumps(conversation_dict(conversation), ensure_ascii=False, indent=2)
        return Exported(_file_name(conversation, "json"), "application/json", _bytes(f"{text}\n"))
    raise ValueError(f"a conversation is exported as one of {', '.join(FORMS)}, not as {form!r}")


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


def _file_name(conversation: Conversation, ending: str) -> str:
    """A name that every system takes: the day, then words of the title."""
    words = re.findall(r"\w+", clean(conversation.title))
    return f"{conversation.created:%Y-%m-%d}-{'-'.join(words)[:60].strip('-') or 'conversation'}.{ending}"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
