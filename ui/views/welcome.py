"""The first minute: what an empty library says of itself, and what a filled one tells and suggests to ask.

How it is mounted (``acts`` says how the names below reach the page):

- ``empty(words, may_edit=…, starters=…)`` while the library is empty, else ``greeting(shelf, words, …)``. Two places in
  it are fetched by the page's script: ``/page/first/questions``, which are ``questions(…)`` once they are made, and
  ``/page/first/news``, which is ``news(…)``.
- ``welcome-add`` opens the library view, or its file chooser; ``welcome-starters`` adds ``starter_articles()`` (a
  folder, or ``None`` where the program came without it) as ``adding.steps`` does. Both are for editors.
- ``welcome-ask`` (value: the question) asks it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from markupsafe import Markup

from assistant.messages import Translator
from ui.templates import render
from ui.views.library import Shelf

NEWS = 3
"""Stories that are named of what is new."""


def starter_articles() -> Path | None:
    """The folder of starter articles beside the program; ``None`` where it was installed without them."""
    folder = Path(__file__).parents[2] / "seeds"
    return folder if folder.is_dir() else None


def empty(words: Translator, *, may_edit: bool = True, starters: bool = True) -> Markup:
    """What an empty library says, with its two buttons; to a reader, who may not add, without them."""
    return render("welcome.html", words, may_edit=may_edit, starters=starters)


def greeting(shelf: Shelf, words: Translator, *, by_browser: bool) -> Markup:
    """What the library holds. ``by_browser``: the reader has no name here, so the browser knows the last visit."""
    return render("greeting.html", words, by_browser=by_browser, **shelf.briefing(words))


def questions(suggested: Sequence[str], words: Translator) -> Markup:
    """The suggested questions as buttons that ask them; empty without any."""
    return render("suggestions.html", words, suggested=suggested, kind="first")


def news(shelf: Shelf, since: datetime, words: Translator) -> Markup:
    """What came in since the last visit, with a question for it; empty if nothing did."""
    came, stories = shelf.since(since, NEWS)
    if not came:
        return Markup()
    day = since.date()
    told_of = any(article.published and article.published >= day for article, _ in stories)
    arrived = words.ngettext(
        "{count} article came in since {day}.", "{count} articles came in since {day}.", came, day=day
    )
    question = words.gettext("What is new since {day}?", day=day) if told_of else ""
    return render("news.html", words, arrived=arrived, stories=stories, question=question)
