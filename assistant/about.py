"""Questions about the library itself: "what do you have about drones?", "how many articles from UNN?", "which sources".

Answered from the catalogue, not by search, and only where the whole question is of such a form: "How many articles does
the constitution have?" and "What sources of energy are there?" are questions like any other. What is counted and how is
said: an article is about a subject when its title or text holds all the subject's words, in whatever inflection.
Articles that are listed are cited by their opening words.
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

COUNTED = "counted in the catalogue"
"""Why a statement about the library is verified: no article carries it."""


@dataclass(frozen=True, slots=True)
class Catalogued:
    """An answer about the library."""

    text: str
    statements: tuple[Statement, ...]
    citations: tuple[Citation, ...]
    scope: TimeScope


_ARTICLES = r"(?:articles?|news (?:articles?|stories|items)|stories|documents?|texts?|reports?)"
_HELD = (
    r"(?:do you (?:have|hold|know)|have you(?: got)?|are there|is there|are(?: held| stored)?|"
    r"(?:does|has) (?:the|this|your) (?:library|collection|archive)(?: (?:have|hold|contain|got))?)"
)
_HERE = (
    r"(?: (?:in|inside|at)(?: (?:the|this|your))? (?:library|collection|archive|catalogue|database)| in "
    r"here| here| in total| altogether)"
)
_SOURCES = r"(?:sources|outlets|newspapers|media outlets|news sources|news outlets|publications)"

_ASKED: tuple[tuple[Literal["count", "list", "sources", "newest", "oldest", "whole", "about"], str], ...] = (
    ("count", rf"how many {_ARTICLES}(?: {_HELD})?{_HERE}?(?P<rest>.*)"),
    ("count", rf"how many {_ARTICLES}(?P<rest>(?: about| on| from| by| in).*?)(?: {_HELD}| were (?:published"
        rf"|written|there))"),
    ("count", r"how (?:big|large) is (?:the|this|your) (?:library|collection|archive)"),
    ("count", rf"(?:the )?number of {_ARTICLES}{_HERE}?(?P<rest>.*)"),
    ("sources", rf"(?:which|what)(?: other)? {_SOURCES} (?:do you (?:have|use|know|hold|cover|search)|are there"
        rf"|have you(?: got)?|are(?= in)){_HERE}?"),
    ("sources", rf"(?:which|what) {_SOURCES} does (?:the|this|your) (?:library|collection|archive) (?:have|hold"
        rf"|contain|use|cover)"),
    ("sources", rf"(?:which|what) are (?:your|the library[’']s) {_SOURCES}|(?:list|show|name)(?: me)? (?:all "
        rf")?(?:of )?(?:your|the) {_SOURCES}"),
    ("sources", rf"how many {_SOURCES}(?: (?:do you (?:have|use|hold)|are there))?{_HERE}?"),
    ("sources", r"where (?:do|are) (?:your|the|these) articles (?:come )?from|where do you get your (?:articles"
        r"|news|information) from"),
    ("newest", rf"(?:what|which)(?: is|[’']s| was) (?:the|your) (?:newest|latest|most recent|last|youngest) {_ARTICLES}"
     rf"(?: (?:that )?you have| you(?: have)? got)?{_HERE}?(?P<rest>.*)"),
    ("newest", rf"(?:list|show|give)(?: me)? (?:the|your) (?:newest|latest|most recent) "
        rf"{_ARTICLES}{_HERE}?(?P<rest>.*)"),
    ("newest", r"how (?:current|recent|fresh|up to date|up-to-date) (?:is|are) (?:the|this|your) (?:library"
        r"|articles|collection|archive)"),
    ("oldest", rf"(?:what|which)(?: is|[’']s| was) (?:the|your) (?:oldest|earliest|first) {_ARTICLES}"
     rf"(?: (?:that )?you have| you(?: have)? got)?{_HERE}?(?P<rest>.*)"),
    ("list", rf"(?:list|show|name|give)(?: me)?(?: all)?(?: of)?(?: the| your)? {_ARTICLES}(?: you have| there "
        rf"are)?{_HERE}?(?P<rest>.*)"),
    ("list", rf"(?:which|what) {_ARTICLES} (?:do you have|have you(?: got)?|are there|are(?= in (?:the|this"
        rf"|your) (?:library|collection))"
     rf"|does (?:the|this|your) library (?:have|hold|contain)){_HERE}?(?P<rest>.*)"),
    ("list", rf"do you have (?:any |some )?{_ARTICLES}(?P<rest> .+)"),
    ("whole", r"what(?: is|[’']s) (?:there )?(?:in|inside) (?:the|this|your) (?:library|collection|archive)"
     r"|what (?:topics|subjects|themes|days|period|dates) (?:do you (?:have|cover)|does (?:the|this|your) "
     r"library cover)"
     r"|what do you (?:have|know about)(?: here| in (?:the|this|your) library)?|what is (?:the|this) library about"
     r"|(?:describe|summari[sz]e) (?:the|this|your) library"),
    ("about", rf"what (?:else )?(?:do you have|have you(?: got)?|does (?:the|this|your) library (?:have|hold"
        rf"|contain)){_HERE}?(?P<rest> (?:about|on|regarding|from|by|concerning) .+)"),
    ("about", rf"(?:do you have|have you(?: got)?|does (?:the|this|your) library (?:have|hold|contain)) "
        rf"(?:anything|something|any(?: more)? (?:information|material)|information){_HERE}?(?P<rest> (?:about"
        rf"|on|regarding|from|by|concerning) .+)"),
    ("about", rf"(?:is|are) there (?:anything|something|any {_ARTICLES}){_HERE}(?P<rest> (?:about|on|regarding"
        rf"|from|by) .+)"),
    ("about", rf"(?:is|are) there (?:anything|something|any {_ARTICLES})(?P<rest> (?:about|on|regarding|from"
        rf"|by) .+?){_HERE}"),
)  # fmt: skip
_FORMS = tuple((kind, re.compile(form, re.IGNORECASE)) for kind, form in _ASKED)

_HERE_UK = r"(?:(?:у|в) (?:вас|тебе|(?:цій )?бібліотеці)|ви|ти|тут|взагалі|всього|усього|є|маєте|маєш)"
_UKRAINIAN = tuple(
    (re.compile(form, re.IGNORECASE), english)
    for form, english in (
        (rf"скільки(?: {_HERE_UK})* статей(?: {_HERE_UK})*(?P<rest>.*)", "how many articles"),
        (rf"скільки(?: {_HERE_UK})* (?:джерел|видань)(?: {_HERE_UK})*(?P<rest>)", "how many sources"),
        (rf"які(?: {_HERE_UK})* (?:джерела|видання)(?: {_HERE_UK})*(?P<rest>)", "which sources are there"),
        (rf"що(?: {_HERE_UK})+(?P<rest> про .+)", "what do you have"),
        (rf"чи(?: {_HERE_UK})+ (?:щось|що-небудь|статті|матеріали)(?P<rest> про .+)", "do you have anything"),
        (rf"яка(?: {_HERE_UK})* (?:найновіша|найсвіжіша|остання) стаття(?: {_HERE_UK})*(?P<rest>.*)",
         "what is the newest article"),
        (rf"яка(?: {_HERE_UK})* (?:найстаріша|найдавніша|перша) стаття(?: {_HERE_UK})*(?P<rest>.*)",
         "what is the oldest article"),
        (rf"які(?: {_HERE_UK})* статті(?: {_HERE_UK})*(?P<rest> про .+|)", "list the articles"),
        (r"(?:покажи|перелічи|назви|дай)(?:ть|те|іть)?(?: мені)?(?: [ву]сі)? статті(?P<rest>.*)", "list the articles"),
    )
)  # fmt: skip
"""The same questions in Ukrainian, and their beginnings in English; what follows is "про X" or "від X"."""

_OPENER = re.compile(
    r"(?:(?:please|and|ok(?:ay)?|so|hello|hi|hey)[,!]?\s+)*(?:(?:can|could|would) you (?:please )?(?:tell me"
    r"|say) |tell me )?",
    re.IGNORECASE,
)
_PUBLISHED = re.compile(
    r"^(?: that)?(?: (?:were|was|have been|are))? ?(?:published|written|dated|posted|printed)\b(?: there)?|^ "
    r"(?:that|which) (?:are|were)\b",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"^(?:(?:that |which )?(?:mention(?:s|ing)?|deal(?:s|ing)? with|are about|is about|concern(?:s|ing)?"
    r"|cover(?:s|ing)?)|about"
    r"|on(?: the (?:subject|topic|matter) of)?|regarding|related to)\s+(?P<subject>.+)",
    re.IGNORECASE,
)
_LOOSE = re.compile(
    r"(?:\b(?:from|by|in|of|on|during|are|there|published|you|have|do|that|the|and)\b|[\s,.?!])*", re.IGNORECASE
)
_FROM = re.compile(r"(?:^|\s)(?:from|by)\s+(?:the\s+)?(?P<name>[^\s,][^,]{1,60})$", re.IGNORECASE)
_TRAIL = re.compile(rf"(?:{_HERE}| (?:are there|is there|do you have|have you(?: got)?| please))+$", re.IGNORECASE)


def about_the_library(question: str, library: Library, read: Callable[[str], ScopedQuestion]) -> Catalogued | None:
    """The answer to a question about ``library``; ``None`` where it is none.

    ``read`` reads the time and the sources that a text names. Counting a subject reads every text in the scope: a
    second for some thirty thousand articles.
    """
    if len(question) > LONGEST:
        return None
    plain_question = " ".join(question.split()).rstrip("?!. ")
    plain_question = plain_question[_OPENER.match(plain_question).end() :]  # type: ignore[union-attr]
    plain_question = _in_english(plain_question)
    for kind, form in _FORMS:
        asked = form.fullmatch(plain_question)
        if asked is None:
            continue
        about = _read_rest(asked.groupdict().get("rest") or "", library, read)
        if about is None:
            continue
        if isinstance(about, str):
            return _no_such_source(about, library, read("articles"))
        subject, scoped = about
        if kind == "sources":
            return _sources(library, scoped)
        if kind == "about" and not subject and not scoped.sources and not scoped.scope.limits:
            continue
        return _articles(kind, library, subject, scoped)
    return None


def _in_english(question: str) -> str:
    """A Ukrainian question about the library as an English one, and any other as it is."""
    for form, english in _UKRAINIAN:
        if asked := form.fullmatch(question):
            rest = re.sub(r"^ про ", " about ", asked["rest"])
            return english + re.sub(r"^ (?:від|з|із|зі) (?:видання |джерела )?", " from ", rest)
    return question


def _read_rest(
    rest: str, library: Library, read: Callable[[str], ScopedQuestion]
) -> tuple[str, ScopedQuestion] | str | None:
    """The subject that ``rest`` names, and its scope; the name of a source that the library lacks; ``None`` where
    ``rest`` says something else as well.
    """
    rest = _TRAIL.sub("", _PUBLISHED.sub("", rest))
    scoped = read(f"articles {rest.strip()}" if rest.strip() else "articles")
    if scoped.scope.words and scoped.scope.until is None:
        # "Articles about earthquakes in 2023": here the time is that of the articles, and "articles from" says so.
        times = [re.sub(r"^(?:in|on|of|from|during)\s+", "", said, flags=re.IGNORECASE) for said in scoped.scope.words]
        exact = read(f"articles from {' and '.join(times)}").scope
        if exact.words and not re.match(r"since|after", times[0], re.IGNORECASE):
            limits = replace(scoped.scope, since=exact.since, until=exact.until, near=None, prefers_recent=False)
            scoped = replace(scoped, scope=limits)
    left = rest
    for said in (*scoped.scope.words, *scoped.scope.source_words):
        left = re.sub(
            rf"(?:\b(?:in|on|from|of|by|during|since)\s+)?{re.escape(said)}", " ", left, count=1, flags=re.IGNORECASE
        )
    left = " ".join(left.split()).strip(" ,")
    if from_one := _FROM.search(left):
        named = from_one["name"]
        fitting = tuple(outlet.name for outlet in library.outlets() if _is_part(named, outlet.name))
        left = left[: from_one.start()].strip()
        if not fitting:
            return named if _LOOSE.fullmatch(left) and named[:1].isupper() else None
        scope = replace(scoped.scope, sources=fitting, source_words=(from_one.group().strip(),))
        scoped = ScopedQuestion(scoped.text, scope, fitting)
    if _LOOSE.fullmatch(left):
        return "", scoped
    about = _ABOUT.match(left)
    if about is None:
        return None
    subject = re.sub(
        r"\s+(?:in|from|by|on|of|published|were published|are there|have been published)$", "", about["subject"]
    )
    return (subject, scoped) if content_words(subject) else None


def _is_part(name: str, outlet: str) -> bool:
    """Whether ``name`` is a section of an outlet: "Space desk" of "Starter Library, Space desk"."""
    return re.search(rf"(?:^|, |[|–—] |- ){re.escape(name)}(?:$|, | [|–—]| -)", outlet, re.IGNORECASE) is not None


# -- what is counted


def _no_such_source(name: str, library: Library, scoped: ScopedQuestion) -> Catalogued:
    if not library.count():
        return _said([_EMPTY], scoped.scope)
    known = _sources(library, scoped)
    lines = [f"The library holds no article from a source called “{_clean(name)}”."]
    return _said([*lines, *(line for line in known.text.splitlines() if line)], scoped.scope)


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


def _articles(kind: str, library: Library, subject: str, scoped: ScopedQuestion) -> Catalogued:
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
    if kind in ("count", "whole") and not subject and not which:
        if outlets := library.outlets():
            shown = [f"“{_clean(outlet.name)}”" for outlet in outlets]
            lines.append(f"They come from {_count(len(outlets), 'source')}: {listed(shown)}.")
        return _said(lines, scoped.scope)
    if subject:
        found = _best_first(subject, found, library, scoped)
    return _listed(lines, found, library, scoped)


def _extreme(
    kind: str, library: Library, found: Sequence[Article], described: str, scoped: ScopedQuestion
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
