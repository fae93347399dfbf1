"""What stands around Gradio's part of the page: style sheets and scripts, the bar of small screens, the side pane.

It comes with the page itself, so that it is there before Gradio has started, and Gradio never draws over it.
"""

from __future__ import annotations

from functools import cache

from starlette.requests import HTTPConnection

from ui.access.guard import Additions
from ui.texts import messages as texts
from ui.texts.messages import Texts
from ui.theme import ICON, SCRIPTS, STYLES, version
from ui.views.answer import escape


def dress(connection: HTTPConnection) -> Additions:
    """What the page of a request is completed with, in its reader's language."""
    accepted = connection.headers.get("accept-language", "")
    return _additions(texts.preferred(accepted, connection.cookies.get(texts.COOKIE)))


@cache
def _additions(say: Texts) -> Additions:
    return Additions(say.language, head(), body(say))


def head() -> str:
    """Icon, style sheets and scripts; their addresses change with the files."""
    mark = version()
    styles = "".join(f'<link rel="stylesheet" href="/page/{name}?{mark}">' for name in STYLES)
    scripts = "".join(f'<script src="/page/{name}?{mark}" defer></script>' for name in SCRIPTS)
    icon = f'<link rel="icon" href="/page/{ICON}" type="image/svg+xml">'
    return f'{icon}<meta name="color-scheme" content="light dark">{styles}{scripts}'


def body(say: Texts) -> str:
    """The bar, and the pane that an article is opened in."""
    menu = escape(say.menu)
    return (
        f'<a class="skip" href="#question">{escape(say.skip)}</a>'
        f'<header id="bar"><button type="button" id="menu" aria-expanded="false" aria-controls="side" title="{menu}"'
        f' aria-label="{menu}"><i></i><i></i><i></i></button><p class="name">{escape(texts.NAME)}</p></header>'
        f'<aside id="pane" aria-label="{escape(say.source_pane)}" hidden></aside>'
        '<p id="told" class="unseen" role="status"></p>'
    )
