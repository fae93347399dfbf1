"""Where the articles lie in a JSON value: in a list, under an answer's keys, or column by column.

``{"hits": {"hits": [{"_source": {"title": …, "body": …}}]}}`` has one, and its place is ``hits.hits[0]``. No export is
known by name here: what has the field of a text is an article, and what stands in one list with it is meant as one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vectorstore.sources.fields import canonical, has_field

DEEPEST = 6
"""Objects and lists inside one another that are looked into. Ghost's articles lie in the fifth: db[0].data.posts[0]."""

Place = tuple[str, object]
"""A path into the value, such as ``hits.hits[0]``, and what stands there."""


def rows_in(value: object) -> tuple[list[Place], list[str]]:
    """What ``value`` holds as articles, each an object or what stands in its place; itself where there is none inside.

    With the names of lists of objects beside them that hold none. Where nothing has a text, an excerpt or an address
    makes an article, so that each is read or refused by name.
    """
    for wanted in ("text", "excerpt", "url"):
        passed: list[str] = []
        if found := list(_find(value, wanted, "", passed, 0)):
            break
    else:
        found = [("", value)] if value != [] else []
    if isinstance(value, dict) and "jsonfeed" in str(value.get("version")):
        outlet = {"feed title": value.get("title")}
        found = [(path, {**outlet, **row} if isinstance(row, dict) else row) for path, row in found]
    return found, passed


def _find(value: object, wanted: str, path: str, passed: list[str], depth: int) -> Iterator[Place]:
    if isinstance(value, dict) and depth <= DEEPEST:
        if table := _unpivoted(value):
            yield from ((f"{path}[{index}]", row) for index, row in enumerate(table))
            return
        own = has_field(value, wanted)
        if own and wanted == "text":
            yield path, value
            return
        inside = [(f"{path}.{key}" if path else key, inner) for key, inner in value.items()]
        alike = all(isinstance(inner, dict) for inner in value.values())
        found = list(_inside(inside, wanted, [] if own else passed, depth, alike=alike))
        yield from found or ([(path, value)] if own else [])
    elif isinstance(value, list) and depth <= DEEPEST:
        inside = [(f"{path}[{index}]", inner) for index, inner in enumerate(value)]
        yield from _inside(inside, wanted, passed, depth, alike=True)


def _inside(inside: list[Place], wanted: str, passed: list[str], depth: int, *, alike: bool) -> Iterator[Place]:
    """The articles among the parts of an object or list; where one of parts that are ``alike`` is one, all are."""
    below = [(place, list(_find(place[1], wanted, place[0], passed, depth + 1))) for place in inside]
    are_rows = alike and any(rows and rows[0][0] == place[0] for place, rows in below)
    for place, rows in below:
        yield from rows or ([place] if are_rows else [])
        part = place[1]
        if not rows and not are_rows and isinstance(part, list) and any(isinstance(each, dict) for each in part):
            passed.append(f"{place[0]} ({len(part)})")


def _unpivoted(value: dict[str, Any]) -> list[dict[str, object]] | None:
    """The rows of a table that is written by columns, as pandas does; ``None`` for other objects.

    ``{"title": {"0": …}, "text": {"0": …}}``, ``{"title": […], "text": […]}``, ``{"columns": […], "data": [[…]]}``.
    """
    columns, data = value.get("columns"), value.get("data", value.get("rows"))
    if isinstance(columns, list) and isinstance(data, list) and all(isinstance(row, list) for row in data):
        return [dict(zip(map(str, columns), row, strict=False)) for row in data]
    text = next((column for name, column in value.items() if canonical(name) == "text"), None)
    if len(value) < 2 or not isinstance(text, (dict, list)) or not text:
        return None
    if isinstance(text, dict) and all(
        isinstance(column, dict) and column.keys() == text.keys() for column in value.values()
    ):
        return [{name: column[index] for name, column in value.items()} for index in text]
    if all(isinstance(column, list) and len(column) == len(text) for column in value.values()):
        return [{name: column[index] for name, column in value.items()} for index in range(len(text))]
    return None
