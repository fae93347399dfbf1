"""Questions about the library itself: "what do you have about drones?", "how many articles from UNN?", "which sources".

The reader says that one is asked; it is answered from the catalogue, not by search. What is counted and how is said: an
article is about a subject when its title or text holds all the subject's words, in whatever inflection, as the keyword
index has them. Articles that are listed are cited by their opening words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Literal

from assistant.language.words import content_words
from assistant.models.outgoing import plain
from assistant.question.scope import ScopedQuestion, in_quotes, limits, listed
from assistant.question.time_limits import happened, published
from assistant.types import Answer, Citation, Statement
from assistant.writing.digest import holding, inside
from vectorstore.messages import Message
from vectorstore.text.splitter import sentences
from vectorstore.types import Article

if TYPE_CHECKING:
    from vectorstore.library import Library

LISTED = 10
"""Articles that are named in one answer; how many more there are is said."""

LONGEST = 200
"""Characters of a question about the library; a longer one asks for more than a list."""

OUTLETS = 15
"""Sources that are named in one answer, those with the most articles first."""

OPENING = 160
"""Characters of an article's opening words."""

Kind = Literal["count", "list", "newest", "oldest"]

COUNTED = Message("counted in the catalogue")
"""Why a statement about the library is verified: no article carries it."""

Line = tuple[bool, str]
"""A sentence, or a line of a list (``True``)."""

_SOURCES = re.compile(
    r"\b(?:sources?|outlets?|newspapers?|publications?|publishers?|agencies|джерел\w*|видан\w*)\b", re.I
)
_KINDS: dict[Kind, str] = {
    "count": r"how (?:many|big|large)|number of|count|скільки",
    "oldest": r"oldest|earliest|first|найстаріш\w*|найдавніш\w*|найперш\w*",
    "newest": r"newest|latest|most recent|last|current|up[ -]to[ -]date|найновіш\w*|останн\w*",
}
_ABOUT = re.compile(
    r"\b(?:about|on|regarding|concerning|mention(?:s|ing|ed)?|deal(?:s|ing)? with|related to|of|про|щодо)\s+"
    r"(?:the (?:subject|topic) of\s+)?(?P<subject>.+)",
    re.I,
)
_HERE = re.compile(
    r"\s*\b(?:(?:are |is )?(?:in|inside) (?:here|(?:the|this|your|my) (?:library|collection|archive|database))"
    r"|do you have|have you(?: got)?|(?:are|is) there|you have|please|in total|here|[ув] бібліотеці|є)\b\s*",
    re.I,
)
"""What says that the library is meant, and nothing of a subject."""


def about_the_library(question: str, library: Library, read: Callable[..., ScopedQuestion]) -> Answer:
    """The answer to a question about ``library`` itself; ``read`` reads the time and the sources that a text names."""
    plain_question = " ".join(question.split()).rstrip("?!. ")[:LONGEST]
    scoped = of_those_days(plain_question, read)
    subject = _subject(plain_question, scoped)
    named: Sequence[Article] = ()
    if not library.count():
        lines: list[Line] = [(False, Message("The library is empty. Add articles first."))]
    elif _SOURCES.search(plain_question) and not subject:
        lines = _sources(library)
    else:
        kinds = (kind for kind, form in _KINDS.items() if re.search(rf"\b(?:{form})\b", plain_question, re.I))
        said, named = _found(next(kinds, "list"), library, subject, scoped)
        lines = [(False, each) for each in said]
    statements = [Statement(line, (), "verified", COUNTED) for _, line in lines]
    citations = []
    for number, article in enumerate(named[:LISTED], start=1):
        citation, opening = _opening(number, article.id, library)
        citations.append(citation)
        statements.append(Statement(opening, (number,), "verified"))
        lines.append((True, Message.joined(opening, f"[{number}]")))
    if more := len(named[LISTED:]):
        lines.append((True, Message.plural("{count} more.", "{count} more.", more)))
        statements.append(Statement(lines[-1][1], (), "verified", COUNTED))
    runs = groupby(lines, key=itemgetter(0))
    shown = [
        Message.joined(*(Message.joined("-" * in_list, line) for _, line in run), by="\n" if in_list else " ")
        for in_list, run in runs
    ]
    text = Message.joined(*shown, by="\n\n")
    return Answer(question, text, tuple(statements), tuple(citations), scoped.scope, "catalogue")


def of_those_days(question: str, read: Callable[..., ScopedQuestion]) -> ScopedQuestion:
    """The scope of ``question`` where it asks for the articles of some days, not for what happened on them.

    "How many died in 2023?" may be told later; "articles about earthquakes in 2023" are those of that year.
    """
    scoped = read(question)
    if not scoped.scope.words or scoped.scope.until is not None:
        return scoped
    exact = read(question, published)
    if exact.scope.until is None:  # "since May", or a time that goes on: "this week"
        exact = read(question, happened)
    if not (exact.scope.since or exact.scope.until):
        return scoped
    return replace(exact, scope=replace(exact.scope, near=None, prefers_recent=False))


def _subject(question: str, scoped: ScopedQuestion) -> str:
    """What the articles are to be about, without the words that name days, outlets and the library; or nothing."""
    left = question
    for said in (*scoped.scope.words, *scoped.scope.source_words):
        left = re.sub(rf"(?:\b(?:in|on|from|of|by|during|since)\s+)?{re.escape(said)}", " ", left, count=1, flags=re.I)
    about = _ABOUT.search(_HERE.sub(" ", left))
    subject = " ".join(about["subject"].split()).strip(" ,.?") if about else ""
    return subject if content_words(subject) and not _SOURCES.fullmatch(subject) else ""


def _sources(library: Library) -> list[Line]:
    outlets, total = library.outlets(), library.count()
    named = sum(outlet.articles for outlet in outlets)
    if not outlets:
        return [(False, Message("None of the {articles} of this library names its source.", articles=_articles(total)))]
    sources = Message.plural("{count} source", "{count} sources", len(outlets))
    whole = Message("The {articles} of this library come from {sources}.", articles=_articles(total), sources=sources)
    counts: list[tuple[str, int]] = [(_clean(outlet.name), outlet.articles) for outlet in outlets[:OUTLETS]]
    if others := outlets[OUTLETS:]:
        other = Message.plural("{count} other source", "{count} other sources", len(others))
        counts.append((other, sum(outlet.articles for outlet in others)))
    lines: list[Line] = [
        (False, whole),
        *((True, Message.joined(name, _articles(count), by=": ")) for name, count in counts),
    ]
    if total > named:
        without = Message.plural("{count} article names no source.", "{count} articles name no source.", total - named)
        lines.append((False, without))
    return lines


def _found(
    kind: Kind, library: Library, subject: str, scoped: ScopedQuestion
) -> tuple[list[Message], Sequence[Article]]:
    """What is said of the articles that are asked for, and those that are named."""
    found = inside(scoped, library)
    if subject:
        held = holding(subject, library)
        if held is None:
            return [Message("The index of words is being made anew. Ask again in a minute.")], ()
        within = {article.id: article for article in found}
        found = [within[id_] for id_ in held if id_ in within]
    described = limits(scoped.scope)
    if subject:
        holds = Message("whose title or text holds “{words}”", words=_clean(subject))
        if len(content_words(subject)) > 1:
            holds = Message("whose title or text holds all the words of “{words}”", words=_clean(subject))
        described.append(holds)
    articles = Message.joined(_articles(len(found)) if found else Message("no article"), *described)
    lines = [Message("The library holds {articles}.", articles=articles)]
    if not found:
        return lines, ()
    days = sorted(article.published for article in found if article.published)
    undated = len(found) - len(days)
    if kind in ("newest", "oldest"):
        if not days:
            return [Message("None of the {articles} has a date.", articles=articles)], ()
        day = days[-1] if kind == "newest" else days[0]
        found = [article for article in found if article.published == day]
        articles = Message.joined(_articles(len(found)), *described)
        lines = [Message("The newest is of {day}: {articles}.", day=day, articles=articles)]
        if kind == "oldest":
            lines = [Message("The oldest is of {day}: {articles}.", day=day, articles=articles)]
    elif days:
        lines.append(Message("Published from {first} to {last}.", first=days[0], last=days[-1]))
        if days[0] == days[-1]:
            lines[-1] = Message("Published on {day}.", day=days[0])
    if days and undated:
        lines.append(Message.plural("{count} article has no date.", "{count} articles have no date.", undated))
    if kind != "count" or described:
        return lines, found
    if outlets := library.outlets():
        sources = Message.plural("{count} source", "{count} sources", len(outlets))
        names = listed([in_quotes([_clean(outlet.name)]) for outlet in outlets])
        lines.append(Message("They come from {sources}: {names}.", sources=sources, names=names))
    return lines, ()


def _opening(number: int, article_id: str, library: Library) -> tuple[Citation, str]:
    """The first sentence of an article, or the words that it begins with: cited, and as a line of a list."""
    article, passage = library.article(article_id), library.passages(article_id)[0]
    text = passage.text
    spans = [(start, end) for start, end in sentences(text) if len(text[start:end].split()) > 4] or [(0, len(text))]
    start, end = spans[0]
    if end - start > OPENING:
        space = text.rfind(" ", start, start + OPENING)
        end = space if space > start else start + OPENING
    quote = " ".join(_clean(text[start:end]).split())
    more = "" if re.search(r"[.!?…][\"”’)]*$", quote) else " …"
    day = article.published or Message("no date")
    citation = Citation(number, text[start:end], passage.start + start, passage.start + end, article, passage)
    said = Message(
        "{title} ({about}): “{words}”",
        title=_clean(article.title),
        about=Message("{source}, {day}", source=_clean(article.source), day=day) if article.source else day,
        words=quote + more,
    )
    return citation, said


def _clean(text: str) -> str:
    """Words of an article or a question without markup, and without what looks like a citation's marker."""
    return re.sub(r"\[(\s*\d[\d\s,–-]*)\]", r"(\1)", plain(text)).replace("\n", " ").strip()


def _articles(count: int) -> Message:
    return Message.plural("{count} article", "{count} articles", count)
