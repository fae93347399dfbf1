"""The first minute: what an empty library says of itself, and what a filled one suggests to ask.

How it is mounted (``acts`` says how the names below reach the page):

- ``empty(words, may_edit=…, starters=…)`` while the library is empty, else ``suggestions(made, words)`` with what
  ``Suggestions(desk).questions(words)`` gives; one ``Suggestions`` per server.
- ``welcome-add`` opens the library view, or its file chooser; ``welcome-starters`` adds ``starter_articles()`` (a
  folder, or ``None`` where the program came without it) as ``Shelf.adding`` does. Both are for editors.
- ``welcome-ask`` (value: the question) asks it.

A suggested question is made of titles, dates and copies that the library holds, by rule and without a model: the same
library suggests the same questions. A title is taken as it is, behind words that fit any: "What is known about …?"
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from assistant.history.text_search import folded
from assistant.messages import Language, Translator
from ui.templates import render
from vectorstore.types import Article

if TYPE_CHECKING:
    from assistant import Assistant

SUGGESTED = 4
RECENT = 60
"""Articles, the newest ones, among which suggestions are looked for beside the stories that many carry."""
RECENT_DAYS = 30
"""How much older than the newest article a widely carried story may be to count as one of now."""
TITLE_SHORTEST, TITLE_LONGEST = 12, 110
"""Characters. Shorter titles ("Sport", "Live") name no matter; longer ones are a paragraph in a button."""

_QUESTION = re.compile(
    r"(?:who|what|when|where|why|how|which|whose|is|are|was|were|does|do|did|has|have|will|can|"
    r"хто|що|коли|де|чому|як|скільки|який|яка|яке|які|чи)\b[^?]{8,}\?",
    re.IGNORECASE,
)
# What outlets put before or behind a headline: "LIVE:", "Photos |", "… - BBC News".
_LABEL = re.compile(
    r"^(?:live|breaking|update[sd]?|watch|video|photos?|opinion|analysis|exclusive)\s*[:|–—-]\s+", re.IGNORECASE
)
_QUOTES = str.maketrans("", "", '“”„«»"')


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question to try, and what it rests on."""

    question: str
    article: Article
    carried: int
    """Articles that carry the story; 1 for one without copies."""


class Suggestions:
    """What the library itself suggests to ask. Remembers it until an article comes or goes; threads may share it."""

    def __init__(self, desk: Assistant) -> None:
        self._desk = desk
        self._lock = threading.Lock()
        self._known: tuple[int, Language, tuple[Suggestion, ...]] | None = None

    def questions(self, words: Translator) -> tuple[Suggestion, ...]:
        """Up to ``SUGGESTED``: stories of late that most articles carry, and the newest articles."""
        changes = self._desk.library.changes()
        with self._lock:
            if self._known is None or self._known[:2] != (changes, words.language):
                self._known = (changes, words.language, self._made(words))
            return self._known[2]

    def _made(self, words: Translator) -> tuple[Suggestion, ...]:
        library = self._desk.library
        newest = self._desk.articles(limit=RECENT, with_text=False)
        covered = [(library.article(id_), count) for id_, count in library.most_covered(RECENT)]
        return suggested(newest, covered, words)


def suggested(
    newest: Sequence[Article], covered: Sequence[tuple[Article, int]], words: Translator
) -> tuple[Suggestion, ...]:
    """Suggestions from the newest articles (newest first) and the most carried stories (most carried first).

    Every second one, from the first, is a widely carried story of the last ``RECENT_DAYS`` days of the library, while
    there are some; no two are of the same title, and while others remain no two newest ones of one outlet or day.
    """
    last = next((article.published for article in newest if article.published), None)
    of_late = [each for each in covered if _is_late(each[0].published, last)]
    fresh = _varied([article for article in newest if article.published])
    fresh += [article for article in newest if not article.published]
    chosen: list[Suggestion] = []
    taken: set[str] = set()
    queues = [iter(of_late), iter([(article, 1) for article in fresh])]
    turn = 0
    while queues and len(chosen) < SUGGESTED:
        queue = queues[turn % len(queues)]
        made = None
        for article, count in queue:
            question = question_of(article, words)
            if question is not None and folded(question) not in taken:
                made = Suggestion(question, article, count)
                break
        if made is None:
            queues.remove(queue)
            continue
        taken.add(folded(made.question))
        chosen.append(made)
        turn += 1
    return tuple(chosen)


def question_of(article: Article, words: Translator) -> str | None:
    """A title as a question; ``None`` for one that names no matter.

    A title that is a question is asked as it is. Others are quoted: turned into a "why" or a "who" by rule, they would
    often claim what the article does not say.
    """
    title = _LABEL.sub("", " ".join(article.title.split()))
    for separator in (" | ", " — ", " – ", " - "):  # the outlet's name at the end, which the article knows itself
        head, found, tail = title.rpartition(separator)
        if found and article.source and folded(tail) == folded(article.source):
            title = head
    title = title.strip()
    if not TITLE_SHORTEST <= len(title) <= TITLE_LONGEST or len(title.split()) < 2 or not title.isprintable():
        return None
    if _QUESTION.fullmatch(title):
        return title
    return words.gettext("What is known about “{title}”?", title=title.translate(_QUOTES).rstrip(" .?!…"))


def _is_late(published: date | None, last: date | None) -> bool:
    return last is None or (published is not None and published >= last - timedelta(days=RECENT_DAYS))


def _varied(articles: Iterable[Article]) -> list[Article]:
    """The same articles, those of an outlet or a day that was there already behind the others."""
    first: list[Article] = []
    later: list[Article] = []
    outlets: set[str | None] = set()
    days: set[date | None] = set()
    for article in articles:
        fresh = article.source not in outlets or article.published not in days
        (first if fresh else later).append(article)
        outlets.add(article.source)
        days.add(article.published)
    return first + later


def starter_articles() -> Path | None:
    """The folder of starter articles beside the program; ``None`` where it was installed without them."""
    folder = Path(__file__).parents[2] / "seeds"
    return folder if folder.is_dir() else None


def empty(words: Translator, *, may_edit: bool = True, starters: bool = True) -> Markup:
    """What an empty library says, with its two buttons; to a reader, who may not add, without them."""
    return render("welcome.html", words, may_edit=may_edit, starters=starters)


def suggestions(made: Sequence[Suggestion], words: Translator) -> Markup:
    """The suggested questions as buttons that ask them; empty without any."""
    suggested = [(each.question, _facts(each, words)) for each in made]
    return render("suggestions.html", words, suggested=suggested) if suggested else Markup()


def _facts(made: Suggestion, words: Translator) -> str:
    article, carried = made.article, made.carried
    facts = [article.source or ""]
    facts += [words.day(article.published)] if article.published else []
    facts += [words.ngettext("in {count} article", "in {count} articles", carried)] if carried > 1 else []
    return " · ".join(filter(None, facts))
