"""An answer as it is stored, and back: everything that showing it again needs.

``Answer.to_dict`` is the form for readers of JSON and leaves out what they have no use for. This form follows the
fields of the dataclasses themselves, so that a field which is added later is stored without a change here; an answer
that was stored before it was added gets the field's default.

The texts of whole articles are not kept: each citation and each nearest match carries its passage, and the article can
be opened by its id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from assistant.types import Answer
from vectorstore.types import Article


def stored_form(answer: Answer, *, plain: bool = False) -> dict[str, Any]:
    """``answer`` as plain data for ``json.dumps``; the articles in it without their texts.

    With ``plain`` messages are their English texts, for programs that know no templates.
    """
    context = {"plain": plain}
    form: dict[str, Any] = _answers().dump_python(_without_texts(answer), mode="json", context=context)
    return form


def answer_from_dict(form: Mapping[str, Any]) -> Answer:
    """The answer that ``stored_form`` was given, but for the texts of its articles, which are empty.

    Fields that are no longer known are passed over. Raises ``ValueError`` when ``form`` is none of an answer.
    """
    return _answers().validate_python(form)


@cache
def _answers() -> TypeAdapter[Answer]:
    return TypeAdapter(Answer)


def _without_texts(value: Any) -> Any:
    if isinstance(value, Article):
        return replace(value, text="")
    if isinstance(value, tuple):
        return tuple(map(_without_texts, value))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: _without_texts(getattr(value, each.name)) for each in fields(value)})
    return value
