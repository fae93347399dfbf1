"""A conversation as one file to hand out: Markdown, HTML or JSON."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Literal

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from assistant.export import text as export_text
from assistant.export.text import ENGLISH, clean
from assistant.history.types import Conversation, StoredTurn
from assistant.messages import Translator
from assistant.types import Answer, Citation

Form = Literal["markdown", "html", "json"]

_NEVER = datetime.min.replace(tzinfo=UTC)
_TEMPLATE = Path(__file__).with_name("page.html.jinja")


@dataclass(frozen=True, slots=True)
class Exported:
    """A file to hand out."""

    name: str
    media_type: str
    content: bytes


def export(conversation: Conversation, form: Form, words: Translator = ENGLISH) -> Exported:
    """``conversation``, the path that it holds, as one file. Raises ``ValueError`` for an unknown form."""
    if form not in _FORMS:
        raise ValueError(f"a conversation is exported as one of {', '.join(_FORMS)}, not as {form!r}")
    ending, media_type, written = _FORMS[form]
    title = re.findall(r"\w+", clean(conversation.title))
    # A name that every system takes: the day, then words of the title.
    name = f"{conversation.created:%Y-%m-%d}-{'-'.join(title)[:60].strip('-') or 'conversation'}.{ending}"
    return Exported(name, media_type, written(conversation, words).encode("utf-8", "replace"))


# -- HTML


def conversation_html(conversation: Conversation, words: Translator = ENGLISH, *, summary: str = "") -> str:
    """``conversation`` as a whole document, with a policy of its own: a browser runs and loads nothing for it."""
    return _rendered(conversation, words, summary=summary, part=False, first=0)


def answer_html(answer: Answer, words: Translator = ENGLISH) -> str:
    """Question and answer as a part of a page: its anchors are its own."""
    first = zlib.crc32(f"{answer.question}\0{answer.text}".encode("utf-8", "replace"))
    alone = unstored("", [unstored_turn(answer)])
    return _rendered(alone, words, summary="", part=True, first=first)


def unstored(title: str, turns: Sequence[StoredTurn]) -> Conversation:
    """Turns that are only written out, as a conversation without times: the same turns make the same file."""
    return Conversation("", title, _NEVER, _NEVER, tuple(turns))


def unstored_turn(answer: Answer) -> StoredTurn:
    return StoredTurn(0, answer.question, answer.state, answer.text, _NEVER, answer, answer.reason)


def _rendered(conversation: Conversation, words: Translator, *, summary: str, part: bool, first: int) -> str:
    values = {"conversation": conversation, "words": words, "_": words.gettext}
    return template(_TEMPLATE).render(values, summary=summary, part=part, first=first)


@cache
def template(path: Path) -> Template:
    """The template of a page to hand out: every value is escaped and without characters that nobody sees."""
    environment = Environment(
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        finalize=lambda value: (
            value if isinstance(value, Markup) else clean(value) if isinstance(value, str) else value
        ),
    )
    used = {"digest": digest, "quoted": quoted, "export_text": export_text}
    return environment.from_string(path.read_text("utf-8"), used)


def digest(style: str) -> str:
    """What the policy names a style by."""
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")


def quoted(citations: Sequence[Citation]) -> Iterator[list[tuple[str, bool]]]:
    """The passages of ``citations`` as pieces of text, each with whether it is quoted.

    Words that do not stand where they should are shown by themselves.
    """
    for passage in dict.fromkeys(citation.passage for citation in citations):
        at, shown, astray = 0, [], []
        for citation in sorted((each for each in citations if each.passage == passage), key=lambda each: each.start):
            start, end = citation.start - passage.start, citation.end - passage.start
            if start < 0 or passage.text[start:end] != citation.quote:
                astray.append([(citation.quote, True)])
            elif end > at:
                start = max(start, at)
                shown += [(passage.text[at:start], False), (passage.text[start:end], True)]
                at = end
        yield [*shown, (passage.text[at:], False)]
        yield from astray


# -- JSON


def conversation_json(conversation: Conversation, _: Translator = ENGLISH) -> str:
    """The conversation as data; each answer as ``Answer.to_dict`` gives it."""
    turns = [
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
    ]
    form = {
        "title": conversation.title,
        "created": conversation.created.isoformat(timespec="seconds"),
        "changed": conversation.changed.isoformat(timespec="seconds"),
        "turns": turns,
    }
    return json.dumps(form, ensure_ascii=False, indent=2) + "\n"


_FORMS: Mapping[Form, tuple[str, str, Callable[[Conversation, Translator], str]]] = {
    "markdown": ("md", "text/markdown; charset=utf-8", export_text.conversation_markdown),
    "html": ("html", "text/html; charset=utf-8", conversation_html),
    "json": ("json", "application/json", conversation_json),
}
