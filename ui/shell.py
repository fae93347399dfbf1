"""What stands around Gradio's part of the page: style sheets and scripts, the bar of small screens, the side pane.

It comes with the page itself, so that it is there before Gradio has started, and Gradio never draws over it.
"""

from __future__ import annotations

from functools import cache

from starlette.requests import HTTPConnection

from assistant.messages import Translator
from ui.access.guard import Additions
from ui.language import words_of
from ui.templates import render
from ui.theme import PRELOADED, version


def dress(connection: HTTPConnection) -> Additions:
    """What the page of a request is completed with, in its reader's language."""
    return _additions(words_of(connection))


@cache
def _additions(words: Translator) -> Additions:
    # The addresses of the files change with what is in them.
    head = render("shell_head.html", words, preloaded=PRELOADED, version=version())
    return Additions(words.language, head, render("shell_body.html", words))
