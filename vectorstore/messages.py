"""Messages for people: an English sentence that remembers its template, to be said in another language at the edge.

``Message("No article {id} in this library.", id="a1")`` is the ``str`` "No article a1 in this library." Its template is
the key of the catalogue of translations (``assistant/messages``), as gettext has it.
"""

from __future__ import annotations

from typing import Any, Self


class Message(str):
    """An English text made of ``template`` and the ``values`` of its fields; several of them joined are ``parts``.

    A value may be a ``Message`` itself. Equal to, hashed and stored as its English text.
    """

    template: str
    values: dict[str, Any]
    parts: tuple[str, ...]

    def __new__(cls, template: str, /, **values: Any) -> Self:
        self = super().__new__(cls, template.format(**values) if values else template)
        self.template, self.values, self.parts = template, values, ()
        return self

    def __str__(self) -> str:
        """Itself, so that ``str(error)`` keeps the template."""
        return self

    @classmethod
    def joined(cls, *parts: str, by: str = " ") -> Self:
        """One text of several, each of which keeps its template; empty ones are left out."""
        kept = tuple(part for part in parts if part)
        self = super().__new__(cls, by.join(kept))
        self.template, self.values, self.parts = "", {"by": by}, kept
        return self

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        """Pickled as made: parsing happens in child processes."""
        return (self.template or str.__str__(self),), self.values if self.template else {}


def to_json(text: str) -> Any:
    """What a stored answer keeps of ``text``: template and values of a message, and any other text as it is."""
    if not isinstance(text, Message):
        return text
    if text.parts:
        return {"by": text.values["by"], "parts": [to_json(part) for part in text.parts]}
    values = {name: to_json(value) if isinstance(value, str) else value for name, value in text.values.items()}
    return {"template": text.template, "values": values}


def from_json(stored: Any) -> str:
    """The text that ``to_json`` was given; what older versions stored is plain text."""
    if isinstance(stored, str):
        return stored
    if "parts" in stored:
        return Message.joined(*map(from_json, stored["parts"]), by=stored["by"])
    values = {
        name: from_json(value) if isinstance(value, (str, dict)) else value for name, value in stored["values"].items()
    }
    return Message(stored["template"], **values)
