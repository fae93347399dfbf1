"""An answer as it is stored, and back: everything that showing it again needs.

``Answer.to_dict`` is the form for readers of JSON and leaves out what they have no use for. This form follows the
fields of the dataclasses themselves, so that a field which is added later is stored without a change here; an answer
that was stored before it was added gets the field's default.

The texts of whole articles are not kept: each citation and each nearest match carries its passage, and the article can
be opened by its id.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin

from assistant.types import Answer
from vectorstore.types import Article


def stored_form(answer: Answer) -> dict[str, Any]:
    """``answer`` as plain data for ``json.dumps``; the articles in it without their texts."""
    form = _plain(answer)
    assert isinstance(form, dict)
    return form


def answer_from_dict(form: Mapping[str, Any]) -> Answer:
    """The answer that ``stored_form`` was given, but for the texts of its articles, which are empty.

    Fields that are no longer known are passed over. Raises ``ValueError`` when ``form`` is none of an answer.
    """
    answer = _made(Answer, form)
    assert isinstance(answer, Answer)
    return answer


def _plain(value: Any) -> Any:
    if isinstance(value, Article):
        value = replace(value, text="")
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"a field of an answer is of a kind that cannot be stored: {type(value).__name__}")


def _made(kind: Any, value: Any) -> Any:
    """``value`` as a ``kind``: a type as it is written beside a field."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any:
        return value
    if origin is Literal:
        return _checked(str, value)
    if origin in (Union, types.UnionType):
        others = [each for each in inner if each is not type(None)]
        if value is None and len(others) < len(inner):
            return None
        if len(others) != 1:
            raise TypeError(f"a field of an answer may be several things, which cannot be told apart: {kind}")
        return _made(others[0], value)
    if origin is tuple:
        each = _checked(list, value)
        if inner[-1] is Ellipsis:
            return tuple(_made(inner[0], item) for item in each)
        return tuple(_made(of, item) for of, item in zip(inner, each, strict=True))
    if origin is dict or origin is Mapping:
        return {name: _made(inner[1], item) for name, item in _checked(dict, value).items()}
    if is_dataclass(kind):
        return _dataclass(kind, value)
    if kind is date or kind is datetime:
        return kind.fromisoformat(_checked(str, value))
    if kind is float:
        return float(_checked((int, float), value))
    return _checked(kind, value)


def _dataclass(kind: Any, value: Any) -> Any:
    form = _checked(dict, value)
    known = {name: _made(of, form[name]) for name, of in _hints(kind).items() if name in form}
    try:
        return kind(**known)
    except TypeError as error:  # a field without a default is missing
        raise ValueError(f"this is no {kind.__name__} ({error})") from error


@cache
def _hints(kind: type) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {each.name: hints[each.name] for each in fields(kind)}


def _checked(kind: Any, value: Any) -> Any:
    if not isinstance(value, kind):
        raise ValueError(f"{value!r:.60} stands where {kind} is expected")  # noqa: TRY004 - wrong data, no wrong call
    return value
