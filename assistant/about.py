"""Questions about the library itself: "what do you have about drones?", "how many articles from UNN?", "which sources".

The reader says that one is asked; it is answered from the catalogue, not by search. What is counted and how is said: an
article is about a subject when its title or text holds all the subject's words, in whatever inflection. Articles that
are listed are cited by their opening words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from assistant.outgoing import plain
from assistant.scope import ScopedQuestion, listed, searched
from assistant.types import Citation, Statement
from assistant.words import content_words, day_in_words, stem
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

_PAGE = 500
"""Articles that are read at once when texts are counted: a few megabytes."""

_CYRILLIC = frozenset(map(chr, range(0x400, 0x500)))
_LEAST_CYRILLIC = 4
"""Letters that two forms of a Ukrainian word share at least."""

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
_NEWEST = re.compile(r"\b(?:newest|latest|most recent|last|current|up[ -]to[ -]date|найновіш\w*|останн\w*)\b", re.I)
_OLDEST = re.compile(r"\b(?:oldest|earliest|first|найстаріш\w*|найдавніш\w*|найперш\w*)\b", re.I)
_COUNT = re.compile(r"\b(?:how (?:many|big|large)|number of|count|скільки)\b", re.I)
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
    """The answer to a question that is about ``library`` itself.

    ``read`` reads the time and the sources that a text names. Counting a subject reads every text in the scope: a
    second for some thirty thousand articles.
    """
    plain_question = " ".join(question.split()).rstrip("?!. ")[:LONGEST]
    scoped = of_those_days(plain_question, read)
    if not library.count():
        return _said([_EMPTY], scoped.scope)
    subject = _subject(plain_question, scoped)
    if _SOURCES.search(plain_question) and not subject:
        return _sources(library, scoped)
    kinds: tuple[tuple[re.Pattern[str], Kind], ...] = ((_COUNT, "count"), (_OLDEST, "oldest"), (_NEWEST, "newest"))
    asked: list[Kind] = [kind for form, kind in kinds if form.search(plain_question)]
    kind: Kind = asked[0] if asked else "list"
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
    if not total:
        return _said([_EMPTY], scoped.scope)
    named = sum(outlet.articles for outlet in outlets)
    lines = [f"The {_count(total)} of this library come from {_count(len(outlets), 'source')}."]
    if not outlets:
        lines = [f"None of the {_count(total)} of this library names its source."]
    lines += [f"- {_clean(outlet.name)}: {_count(outlet.articles)}" for outlet in outlets[:OUTLETS]]
    if len(outlets) > OUTLETS:
        rest = sum(outlet.articles for outlet in outlets[OUTLETS:])
        lines.append(f"- {_count(len(outlets) - OUTLETS, 'other source')}: {_count(rest)}")
    if outlets and named < total:
        lines.append(f"{_count(total - named)} {'name' if total - named > 1 else 'names'} no source.")
    return _said(lines, scoped.scope)


_EMPTY = "The library is empty. Add articles first: assistant add FILES."


def _articles(kind: Kind, library: Library, subject: str, scoped: ScopedQuestion) -> Catalogued:
    if not library.count():
        return _said([_EMPTY], scoped.scope)
    found = [article for article in library.articles(with_text=False) if _inside(article, scoped)]
    if subject:
        held = _holding(subject, library, {article.id for article in found})
        found = [article for article in found if article.id in held]
    where = searched(scoped.scope)
    which = where.removeprefix("articles").strip()
    asked = f"{which} " if which else ""
    words = f"whose title or text holds “{_clean(subject)}”" if subject else ""
    if subject and len(content_words(subject)) > 1:
        words = f"whose title or text holds all the words of “{_clean(subject)}”"
    described = " ".join(filter(None, [asked.strip(), words]))
    if not found:
        return _said([f"The library holds no article {described}.".replace(" .", ".")], scoped.scope)
    if kind in ("newest", "oldest"):
        return _extreme(kind, library, found, described, scoped)
    head = f"The library holds {_count(len(found))}{' ' + described if described else ''}."
    lines = [head]
    if days := sorted(article.published for article in found if article.published):
        undated = len(found) - len(days)
        span = (
            f"dated {day_in_words(days[0])}"
            if days[0] == days[-1]
            else f"dated from {day_in_words(days[0])} to {day_in_words(days[-1])}"
        )
        lines.append(
            f"{'It is' if len(found) == 1 else 'They are'} {span}{f'; {undated} without a date' if undated else ''}."
        )
    if kind == "count" and not subject and not which:
        if outlets := library.outlets():
            shown = [f"“{_clean(outlet.name)}”" for outlet in outlets]
            lines.append(f"They come from {_count(len(outlets), 'source')}: {listed(shown)}.")
        return _said(lines, scoped.scope)
    if subject:
        found = _best_first(subject, found, library, scoped)
    return _listed(lines, found, library, scoped)


def _extreme(
    kind: Kind, library: Library, found: Sequence[Article], described: str, scoped: ScopedQuestion
) -> Catalogued:
    dated = [article for article in found if article.published]
    if not dated:
        return _said([f"None of the {_count(len(found))} {described} has a date.".replace("  ", " ")], scoped.scope)
    day = (max if kind == "newest" else min)(article.published for article in dated if article.published)
    these = [article for article in dated if article.published == day]
    one = len(these) == 1
    head = f"The {kind} article{'' if one else 's'} {described} {'is' if one else 'are'} of {day_in_words(day)}."
    lines = [" ".join(head.split())]
    if undated := len(found) - len(dated):
        lines.append(f"{_count(undated)} without a date {'is' if undated == 1 else 'are'} left out.")
    return _listed(lines, these, library, scoped)


def _inside(article: Article, scoped: ScopedQuestion) -> bool:
    scope = scoped.scope
    if scoped.sources is not None and article.source not in scoped.sources:
        return False
    if not scope.limits:
        return True
    day = article.published
    return day is not None and (scope.first or day) <= day <= (scope.last or day)


def _holding(subject: str, library: Library, ids: set[str]) -> set[str]:
    """Which of the articles hold all the words of ``subject``, in whatever inflection."""
    wanted = list(dict.fromkeys(content_words(subject)))
    forms = [(base, re.compile(rf"\b{re.escape(_fold(base)[:3])}[\w'-]*")) for base in wanted]
    return {
        article.id
        for article in _every(library)
        if article.id in ids and _holds_all(_fold(f"{article.title}\n{article.text}"), forms)
    }


def _holds_all(text: str, forms: Sequence[tuple[str, re.Pattern[str]]]) -> bool:
    """Each word is looked for among those that begin like it: no text is taken apart as a whole."""
    return all(any(_is_form(word, base) for word in set(form.findall(text))) for base, form in forms)


def _is_form(word: str, base: str) -> bool:
    """Whether ``word`` is one of the forms of the stem. Slavic words change their last letters: дрони, дронів."""
    if base[0] in _CYRILLIC:
        return word.startswith(base[: max(_LEAST_CYRILLIC, len(base) - 2)]) and len(word) <= len(base) + 3
    return base in content_words(word) or stem(word.removesuffix("'s")) == base


def _every(library: Library) -> Iterator[Article]:
    offset = 0
    while page := library.articles(limit=_PAGE, offset=offset):
        yield from page
        offset += len(page)


def _fold(text: str) -> str:
    text = text.lower().replace("’", "'")
    return text if text.isascii() else re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFKD", text))


def _best_first(subject: str, found: Sequence[Article], library: Library, scoped: ScopedQuestion) -> list[Article]:
    ranked = [match.article.id for match in scoped.search(library, k=5 * LISTED, text=subject)]
    order = {article_id: place for place, article_id in reversed(list(enumerate(ranked)))}
    return sorted(found, key=lambda article: order.get(article.id, len(order) + len(ranked)))


# -- how it is said


def _said(lines: Sequence[str], scope: TimeScope, citations: Sequence[Citation] = ()) -> Catalogued:
    text = before = ""
    made = []
    for line in lines:
        listed_before, listed_now = before.startswith("- "), line.startswith("- ")
        between = "\n" if listed_before and listed_now else "\n\n" if listed_before or listed_now else " "
        text += f"{between if text else ''}{line}"
        before = line
        marked = re.search(r"(?: \[(\d+)\])?$", line)
        numbers = (int(marked[1]),) if marked and marked[1] else ()
        words = re.sub(r" \[\d+\]$", "", line.removeprefix("- "))
        made.append(Statement(words, numbers, "verified", COUNTED if not numbers else ""))
    return Catalogued(text, tuple(made), tuple(citations), scope)


def _listed(lines: list[str], found: Sequence[Article], library: Library, scoped: ScopedQuestion) -> Catalogued:
    citations = []
    for number, article in enumerate(found[:LISTED], start=1):
        whole = library.article(article.id)
        passage = library.passages(article.id)[0]
        start, end = _opening(passage)
        citations.append(Citation(number, whole.text[start:end], start, end, whole, passage))
        quote = " ".join(_clean(whole.text[start:end]).split())
        if end < passage.end and whole.text[end].isspace() and not re.search(r"[.!?…][\"”’)]*$", quote):
            quote += " …"
        about = ", ".join(
            filter(None, [_clean(whole.source or ""), day_in_words(whole.published) if whole.published else "no date"])
        )
        lines.append(f"- {_clean(whole.title)} ({about}): “{quote}” [{number}]")
    if len(found) > LISTED:
        lines.append(f"- {_count(len(found) - LISTED, 'more')}.")
    return _said(lines, scoped.scope, citations)


def _opening(passage: Passage) -> tuple[int, int]:
    """Where in the article its first sentence stands, or the words that it begins with."""
    text = passage.text
    spans = [(start, end) for start, end in sentences(text) if len(text[start:end].split()) > 4] or [(0, len(text))]
    start, end = spans[0]
    if end - start > OPENING:
        end = start + (text[start : start + OPENING].rfind(" ") if " " in text[start : start + OPENING] else OPENING)
    return passage.start + start, passage.start + end


def _clean(text: str) -> str:
    """Words of an article or a question without markup, and without what looks like a citation's marker."""
    return re.sub(r"\[(\s*\d[\d\s,–-]*)\]", r"(\1)", plain(text)).replace("\n", " ").strip()


def _count(number: int, of: str = "article") -> str:
    if of == "more":
        return f"{number:,} more"
    return f"{number:,} {of}{'' if number == 1 else 's'}"
