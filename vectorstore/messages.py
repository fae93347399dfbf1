"""Messages for people: an English sentence that remembers its template, to be said in another language at the edge.

``Message("No article {id} in this library.", id="a1")`` is the ``str`` "No article a1 in this library." Its template is
the key of the catalogue of translations (``assistant/messages``), as gettext has it.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Self

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def day_in_words(day: date) -> str:
    """``2 September 2024``, whatever the language of the machine."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


class Message(str):
    """An English text made of ``template`` and the ``values`` of its fields; several of them joined are ``parts``.

    A value is text, a number, a day, or a ``Message`` itself; anything else is kept as its ``str``. A message is equal
    to, and hashed as, its English text.
    """

    template: str
    many: str
    """The template for all counts but one, of a ``plural``."""
    values: dict[str, Any]
    parts: tuple[str, ...]

    def __new__(cls, template: str, /, **values: Any) -> Self:
        kept = {name: each if isinstance(each, (str, int, float, date)) else str(each) for name, each in values.items()}
        said = {name: day_in_words(each) if isinstance(each, date) else each for name, each in kept.items()}
        self = super().__new__(cls, template.format(**said) if values else template)
        self.template, self.many, self.values, self.parts = template, "", kept, ()
        return self

    @classmethod
    def plural(cls, one: str, many: str, /, count: int, **values: Any) -> Self:
        """``1 article``, ``1,204 articles``: ``one`` or ``many`` by ``count``, in every language by its own rules."""
        self = cls(one if count == 1 else many, **values, count=f"{count:,}")
        self.template, self.many, self.values["count"] = one, many, count
        return self

    @classmethod
    def joined(cls, *parts: str, by: str = " ") -> Self:
        """One text of several, each of which keeps its template; empty ones are left out."""
        kept = tuple(part for part in parts if part)
        self = super().__new__(cls, by.join(kept))
        self.template, self.many, self.values, self.parts = "", "", {"by": by}, kept
        return self

    def __str__(self) -> str:
        """Itself, so that ``str(error)`` keeps the template."""
        return self

    @classmethod
    def __get_pydantic_core_schema__(cls, *_: object) -> Any:
        from pydantic_core import core_schema as schema  # here: most of what uses messages stores none

        def written(text: str, info: Any) -> Any:
            return str(text) if (info.context or {}).get("plain") else to_json(text)

        stored = schema.plain_serializer_function_ser_schema(written, info_arg=True, return_schema=schema.any_schema())
        return schema.no_info_plain_validator_function(
            from_json, serialization=stored, json_schema_input_schema=schema.str_schema()
        )


MessageText = Annotated[str, Message]
"""A field of text that may be a ``Message``: where pydantic stores it (``Answer``), its template is stored too."""


def to_json(text: str) -> Any:
    """What a stored answer keeps of ``text``: template and values of a message, and any other text as it is."""
    if not isinstance(text, Message):
        return text
    if text.parts:
        return {"by": text.values["by"], "parts": [to_json(part) for part in text.parts]}
    return {
        "template": text.template,
        "many": text.many,
        "values": {n: _value(each) for n, each in text.values.items()},
    }


def _value(value: Any) -> Any:
    return to_json(value) if isinstance(value, str) else {"day": str(value)} if isinstance(value, date) else value


def from_json(stored: Any) -> str:
    """The text that ``to_json`` was given; what older versions stored is plain text. Raises ``ValueError``."""
    if isinstance(stored, str):
        return stored
    try:
        if "parts" in stored:
            return Message.joined(*map(from_json, stored["parts"]), by=stored["by"])
        values = {name: _valued(each) for name, each in stored["values"].items()}
        template, many = stored["template"], stored.get("many")
        return Message.plural(template, many, **values) if many else Message(template, **values)
    except (AttributeError, LookupError, TypeError) as error:
        raise ValueError(f"this is no stored message: {error!r}") from error


def _valued(stored: Any) -> Any:
    if not isinstance(stored, dict):
        return stored
    return date.fromisoformat(stored["day"]) if "day" in stored else from_json(stored)
