"""The HTML of the page: Jinja2 templates of ``ui/templates``, which escape every value by themselves."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from assistant.messages import Translator


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("ui", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(name: str, words: Translator, **values: Any) -> str:
    """The template ``name`` filled in. It says its texts by ``_`` and ``ngettext``; ``words`` is the translator itself.

    Where a value is HTML already, the caller marks it as such (``markupsafe.Markup``); all others are escaped.
    """
    return _environment().get_template(name).render(_=words.gettext, ngettext=words.ngettext, words=words, **values)
