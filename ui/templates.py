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
        finalize=_sendable,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(name: str, words: Translator, /, **values: Any) -> Markup:
    """The template ``name`` filled in. It says its texts by ``_`` and ``ngettext``; ``words`` is the translator itself.

    Every value is escaped but HTML that was rendered here before, which is ``Markup``.
    """
    template = _environment().get_template(name)
    return Markup(template.render(_=words.gettext, ngettext=words.ngettext, words=words, **values))  # noqa: S704


def _sendable(value: Any) -> Any:
    """A text without control characters; lone surrogates, which cannot be sent at all, become ``?``."""
    if not isinstance(value, str) or isinstance(value, Markup) or value.isprintable():
        return value
    return _CONTROLS.sub("", value.encode("utf-8", "replace").decode("utf-8"))
