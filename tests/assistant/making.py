"""Articles and matches made by hand, for the parts that need no index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from vectorstore.text.corrections import corrections
from vectorstore.types import Article, Match, Passage

MEETING = (
    "Defence Minister Rustem Umerov met his French counterpart Sébastien Lecornu in Paris on Monday. "
    "Air defence systems and missiles for them remain a priority for Ukraine. "
    "The two sides discussed joint ventures; 45 projects are under way, and $1.5 million has been set aside. "
    "“We have specific projects, an action plan, and deadlines,” the minister said."
)
DRONES = (
    "No further aircraft were promised. France will co-finance the production of 2,000 drones in 2025. "
    "A security belt over the western regions was discussed with the European Union."
)


def match(
    text: str,
    number: int = 1,
    *,
    title: str = "A meeting in Paris",
    source: str | None = "Starter Library, Europe desk",
    published: date | None = date(2024, 9, 2),
) -> Match:
    """A passage in the middle of its article, so that offsets that forget the passage's start are noticed."""
    head, tail = "An opening line.\n\n", "\n\nA closing line."
    article = Article(f"article-{number}", title, head + text + tail, published=published, source=source)
    passage = Passage(number, article.id, len(head), len(head) + len(text), text)
    return Match(number, 1 / number, 0.5, passage, article)


def corrected(found: Match) -> Match:
    """``found`` as the library gives it, with the notices of its article."""
    article = found.article
    return replace(found, article=replace(article, corrections=corrections(article.title, article.text)))


def matches(texts: Sequence[str] = (MEETING, DRONES)) -> list[Match]:
    return [match(text, number) for number, text in enumerate(texts, 1)]
