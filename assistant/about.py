"""Questions about the library itself: "what do you have about drones?", "how many articles from UNN?", "which sources".

The reader says that one is asked; it is answered from the catalogue, not by search. What is counted and how is said: an
article is about a subject when its title or text holds all the subject's words, in whatever inflection, as the keyword
index has them. Articles that are listed are cited by their opening words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from assistant.digest import inside
from assistant.outgoing import plain
from assistant.scope import ScopedQuestion, listed, searched
from assistant.types import Citation, Statement
from assistant.words import content_words, day_in_words
from vectorstore.splitter import sentences
from vectorstore.types import Article, Passage, TimeScope

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

_CASES = "а у о и і е я ю ї ь ів їв ам ям ом ем єм ою ею ах ях ами ями ові ий ого ому им их ими ої".split()
"""Endings of Ukrainian nouns and adjectives: the index has Cyrillic words as they stand, дрони beside дронів."""

_CASE = re.compile(rf"(?<=...)(?:{'|'.join(_CASES)})$")

Kind = Literal["count", "list", "newest", "oldest"]

COUNTED = "counted in the catalogue"
"""Why a statement about the library is verified: no article carries it."""


@dataclass(frozen=True, slots=True)
class Catalogued:
    """An answer about the library."""

    text: str
    statements: tuple[Statement, ...]
    citations: tuple[Citation, ...]
    scope: TimeScope


_SOURCES = re.compile(
    r"\b(?:sources?|outlets?|newspapers?|publications?|publishers?|agencies|джерел\w*|видан\w*)\b", re.I
)
_KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("count", re.compile(r"\b(?:how (?:many|big|large)|number of|count|скільки)\b", re.I)),
    ("oldest", re.compile(r"\b(?:oldest|earliest|first|найстаріш\w*|найдавніш\w*|найперш\w*)\b", re.I)),
    (
        "newest",
        re.compile(r"\b(?:newest|latest|most recent|last|current|up[ -]to[ -]date|найновіш\w*|останн\w*)\b", re.I),
    ),
)
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


def about_the_library(question: str, library: Library, read: Callable[[str], ScopedQuestion]) -> Catalogued:
    """The answer to a question about ``library`` itself; ``read`` reads the time and the sources that a text names."""
    plain_question = " ".join(question.split()).rstrip("?!. ")[:LONGEST]
    scoped = of_those_days(plain_question, read)
    if not library.count():
        return _said(["The library is empty. Add articles first: assistant add FILES."], scoped.scope)
    subject = _subject(plain_question, scoped)
    if _SOURCES.search(plain_question) and not subject:
        return _sources(library, scoped)
    kind: Kind = next((each for each, form in _KINDS if form.search(plain_question)), "list")
    return _articles(kind, library, subject, scoped)


def of_those_days(question: str, read: Callable[[str], ScopedQuestion]) -> ScopedQuestion:
    """The scope of ``question`` where it asks for the articles of some days, not for what happened on them.

    "How many died in 2023?" may be told later; "articles about earthquakes in 2023" are those of that year.
    """
    scoped = read(question)
    if scoped.scope.words and scoped.scope.until is None:
        times = [re.sub(r"^(?:in|on|of|from|during)\s+", "", said, flags=re.I) for said in scoped.scope.words]
        exact = read(f"articles from {' and '.join(times)}").scope
        if exact.until is None:  # "this week" goes on: on a Monday that is the seven days before it
            exact = read(f"What happened {' and '.join(times)}?").scope
        if exact.words and not re.match(r"since|after", times[0], re.I):
            limits = replace(scoped.scope, since=exact.since, until=exact.until, near=None, prefers_recent=False)
            scoped = replace(scoped, scope=limits)
    return scoped


def _subject(question: str, scoped: ScopedQuestion) -> str:
    """What the articles are to be about, without the words that name days, outlets and the library; or nothing."""
    left = question
    for said in (*scoped.scope.words, *scoped.scope.source_words):
        left = re.sub(rf"(?:\b(?:in|on|from|of|by|during|since)\s+)?{re.escape(said)}", " ", left, count=1, flags=re.I)
    about = _ABOUT.search(_HERE.sub(" ", left))
    subject = " ".join(about["subject"].split()).strip(" ,.?") if about else ""
    return subject if content_words(subject) and not _SOURCES.fullmatch(subject) else ""


# -- what is counted


def _sources(library: Library, scoped: ScopedQuestion) -> Catalogued:
    outlets, total = library.outlets(), library.count()
    without = total - sum(outlet.articles for outlet in outlets)
    if not outlets:
        return _said([f"None of the {_count(total)} of this library names its source."], scoped.scope)
    lines = [f"The {_count(total)} of this library come from {_count(len(outlets), 'source')}."]
    lines += [f"- {_clean(outlet.name)}: {_count(outlet.articles)}" for outlet in outlets[:OUTLETS]]
    if others := outlets[OUTLETS:]:
        rest = sum(outlet.articles for outlet in others)
        lines.append(f"- {_count(len(others), 'other source')}: {_count(rest)}")
    if without:
        lines.append(f"{_count(without)} {'name' if without > 1 else 'names'} no source.")
    return _said(lines, scoped.scope)


def _articles(kind: Kind, library: Library, subject: str, scoped: ScopedQuestion) -> Catalogued:
    found = inside(scoped, library)
    if subject:
        held = _holding(subject, library)
        if held is None:
            return _said(["The index of words is being made anew. Ask again in a minute."], scoped.scope)
        within = {article.id: article for article in found}
        found = [within[id_] for id_ in held if id_ in within]
    which = searched(scoped.scope).removeprefix("articles").strip()
    all_words = "all the words of " if len(content_words(subject)) > 1 else ""
    words = f"whose title or text holds {all_words}“{_clean(subject)}”" if subject else ""
    described = "".join(f" {part}" for part in (which, words) if part)
    if not found:
        return _said([f"The library holds no article{described}."], scoped.scope)
    if kind in ("newest", "oldest"):
        return _extreme(kind, library, found, described, scoped)
    lines = [f"The library holds {_count(len(found))}{described}."]
    if days := sorted(article.published for article in found if article.published):
        first, last = day_in_words(days[0]), day_in_words(days[-1])
        span = f"dated {first}" if first == last else f"dated from {first} to {last}"
        undated = f"; {len(found) - len(days)} without a date" if len(days) < len(found) else ""
        lines.append(f"{'It is' if len(found) == 1 else 'They are'} {span}{undated}.")
    if kind == "count" and not described:
        if outlets := library.outlets():
            shown = [f"“{_clean(outlet.name)}”" for outlet in outlets]
            lines.append(f"They come from {_count(len(outlets), 'source')}: {listed(shown)}.")
        return _said(lines, scoped.scope)
    return _listed(lines, found, library, scoped)


def _extreme(
    kind: Kind, library: Library, found: Sequence[Article], described: str, scoped: ScopedQuestion
) -> Catalogued:
    days = [article.published for article in found if article.published]
    if not days:
        return _said([f"None of the {_count(len(found))}{described} has a date."], scoped.scope)
    day = max(days) if kind == "newest" else min(days)
    these = [article for article in found if article.published == day]
    ending, verb = ("s", "are") if len(these) > 1 else ("", "is")
    lines = [f"The {kind} article{ending}{described} {verb} of {day_in_words(day)}."]
    if undated := len(found) - len(days):
        lines.append(f"{_count(undated)} without a date {'is' if undated == 1 else 'are'} left out.")
    return _listed(lines, these, library, scoped)


def _holding(subject: str, library: Library) -> list[str] | None:
    """The ids of the articles that hold all the words of ``subject``, the best first; ``None`` while none can be found.

    The index knows an English word in all its inflections; a Cyrillic one is looked for with every ending of a case.
    """
    places: list[dict[str, int]] = []
    for word in re.findall(r"\w+", subject):
        if content_words(word):
            base = _CASE.sub("", word)  # leaves a Latin word as it is
            forms = [word] if base.isascii() else [word, base, *(base + ending for ending in _CASES)]
            found = library.find_articles(" ".join(forms), k=library.count(), other_spellings=False)
            if found is None:
                return None
            places.append({id_: place for place, id_ in enumerate(found)})
    held = set(places[0]).intersection(*places[1:]) if places else ()
    return sorted(held, key=lambda id_: sum(place[id_] for place in places))


# -- how it is said


def _said(lines: Sequence[str], scope: TimeScope, citations: Sequence[Citation] = ()) -> Catalogued:
    runs = groupby(lines, key=lambda line: line.startswith("- "))
    blocks = [("\n" if in_list else " ").join(run) for in_list, run in runs]
    made = []
    for line in lines:
        words, number = re.findall(r"(?s)\A(?:- )?(.*?)(?: \[(\d+)\])?\Z", line)[0]
        made.append(Statement(words, (int(number),) if number else (), "verified", "" if number else COUNTED))
    return Catalogued("\n\n".join(blocks), tuple(made), tuple(citations), scope)


def _listed(lines: list[str], found: Sequence[Article], library: Library, scoped: ScopedQuestion) -> Catalogued:
    citations = []
    for number, article in enumerate(found[:LISTED], start=1):
        whole = library.article(article.id)
        passage = library.passages(article.id)[0]
        start, end = _opening(passage)
        citations.append(Citation(number, whole.text[start:end], start, end, whole, passage))
        quote = " ".join(_clean(whole.text[start:end]).split())
        more = "" if re.search(r"[.!?…][\"”’)]*$", quote) else " …"
        day = day_in_words(whole.published) if whole.published else "no date"
        about = f"{_clean(whole.source)}, {day}" if whole.source else day
        lines.append(f"- {_clean(whole.title)} ({about}): “{quote}{more}” [{number}]")
    if len(found) > LISTED:
        lines.append(f"- {len(found) - LISTED:,} more.")
    return _said(lines, scoped.scope, citations)


def _opening(passage: Passage) -> tuple[int, int]:
    """Where in the article its first sentence stands, or the words that it begins with."""
    text = passage.text
    spans = [(start, end) for start, end in sentences(text) if len(text[start:end].split()) > 4] or [(0, len(text))]
    start, end = spans[0]
    if end - start > OPENING:
        space = text.rfind(" ", start, start + OPENING)
        end = space if space > start else start + OPENING
    return passage.start + start, passage.start + end


def _clean(text: str) -> str:
    """Words of an article or a question without markup, and without what looks like a citation's marker."""
    return re.sub(r"\[(\s*\d[\d\s,–-]*)\]", r"(\1)", plain(text)).replace("\n", " ").strip()


def _count(number: int, of: str = "article") -> str:
    return f"{number:,} {of}{'' if number == 1 else 's'}"
