"""What a reader does to parts of the page that are our own HTML: a press, a form, a choice.

How it is mounted: ``acts.js`` is loaded beside ``page.js``, and the page holds one hidden text box with the id ``act``.
An element with ``data-act`` (a name) and perhaps ``data-value`` tells the box when it is pressed; a ``form`` with
``data-act`` does when it is sent, with the values of its fields, and with ``data-live`` also while something is typed
or chosen in it. The box then holds one line of JSON, and its ``change`` event calls the page, which reads it here::

    acted = gr.Textbox(elem_id="act", visible="hidden")
    acted.change(self.act, inputs=[acted, …], outputs=[…], trigger_mode="multiple", show_progress="hidden")

What comes is a stranger's text: ``read`` checks its shape, and whoever acts on it checks whose thing it names.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

LONGEST = 1_000_000
"""Characters of one act: a pasted article of 160,000 words fits."""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that a reader did."""

    name: str
    value: str = ""
    """What it was done to: the id of a conversation, a turn, an article; a page's number."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """What the form's fields held."""

    @property
    def number(self) -> int | None:
        """``value`` as a whole number that SQLite can hold, if it is one."""
        return int(self.value) if self.value.isascii() and self.value.isdigit() and len(self.value) < 19 else None


def read(text: str | None) -> Act | None:
    """The act that ``text`` tells of; ``None`` for anything that the page's own script would not have written."""
    if not text or len(text) > LONGEST:
        return None
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None
    name, value, fields = told.get("act"), told.get("value", ""), told.get("fields", {})
    if not (isinstance(name, str) and isinstance(value, str) and isinstance(fields, dict)):
        return None
    if not all(isinstance(each, str) for each in fields.values()):
        return None
    return Act(name, value, fields)
