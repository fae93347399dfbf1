"""The HTML of the page: Jinja2 templates of ``ui/templates``, which escape every value by themselves."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from assistant.messages import Translator

# C0 and C1 controls but tab and newline: a browser shows nothing for them or closes the page's text at them.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("ui", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def render(name: str, words: Translator, /, **values: Any) -> Markup:
    """The template ``name`` filled in. It says its texts by ``_`` and ``ngettext``; ``words`` is the translator itself.

    What another template rendered may be a value as it is; all other values are escaped.
    """
    template = _environment().get_template(name)
    made = template.render(_=words.gettext, ngettext=words.ngettext, words=words, **values)
    return Markup(_sendable(made).strip())  # noqa: S704 - the one place where text becomes HTML


def _sendable(text: str) -> str:
    """Text as UTF-8 can carry it: lone surrogates become ``?``, and control characters are dropped."""
    return _CONTROLS.sub("", text.encode("utf-8", "replace").decode("utf-8"))
