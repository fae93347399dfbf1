"""What a question takes from the conversation: the question it leans on, and the time and sources still meant.

"How old is she?" after "Who will lead the port?" is searched for and read as "How old is she? (Who will lead the
port?)": the reader is trained on that form. A chat model may reword it instead (``planning``). Time and
sources are kept while the subject is: a question that names its own replaces that part, "overall" or "from all sources"
lifts it, and a new subject drops both. Only what a question said in words is kept; what a caller set, the caller sets
again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from assistant.language.scripts import script
from assistant.language.words import content_words, names, question_words
from assistant.models.prompt import without_markers
from assistant.question.scope import ScopedQuestion, in_quotes
from assistant.question.time_expressions import mentions
from assistant.reader import reader
from assistant.types import Turn
from vectorstore.errors import SearchInvalid
from vectorstore.messages import Message
from vectorstore.types import TimeScope

if TYPE_CHECKING:
    from vectorstore.library import Library

LOOK_BACK = 6
"""Earlier questions that are read: what is farther off has been left behind."""

LONGEST = 500
"""Characters of a question that is put together with the one before it."""

LEANS = 0.5
"""Probability from which a question leans on the one before it: 88 % of follow-ups kept back do, 5 % of others."""

SURE = 0.8
"""Probability from which a message of a conversation is no question: "And in Spain?" tells little by itself."""

FEW_WORDS = 2
"""Content words up to which a Ukrainian question leans."""

_READ = 2_000
"""Characters of an earlier answer whose names a search may use."""

_NAMES = 3
"""Names of the last answer that are searched for beside a question that leans on it."""

_TIME_LIFTED = re.compile(
    r",?\s*\b(?:overall|at any time|(?:of|for|since) all time|all time|in general(?! (?:election|strike|terms))|"
    r"ever since the beginning|"
    r"(?:in|from) all (?:years|periods)|regardless of (?:the )?(?:time|date)|without (?:the )?(?:time|date) limit"
    r"|за (?:весь|увесь) час|за всі роки|загалом|незалежно від (?:часу|дати))\b",
    re.IGNORECASE,
)
_SOURCES_LIFTED = re.compile(
    r",?\s*\b(?:(?:from|in|by|according to|across|with) (?:all|any|every|other)(?: the)? (?:sources?|outlets?|papers?)"
    r"|regardless of (?:the )?sources?|in all (?:articles|papers)"
    r"|(?:з|із|в|у|за) (?:усіх|всіх|усіма|всіма|інших|іншими) (?:джерел\w*|видан\w*|стат\w*))\b",
    re.IGNORECASE,
)
_GOES_ON = re.compile(r"(?:and|but|so|or)\b", re.IGNORECASE)
_LEANS_UKRAINIAN = re.compile(
    r"^(?:а|і|й|та|але|чи)\b|\b(?:він|вона|воно|вони|його|її|їх|їхн\w*|йому|їй|їм|ним|нею|ними|цього|цьому|ці|цей|ця|це"
    r"|там|тоді)\b",
    re.IGNORECASE,
)
"""Pronouns, and words that go on: the reader knows English only."""

_LEFT_OVER = re.compile(r"(?:and|but|so|or|also|what about|how about|what|then|а|і|й|та|[\s,.?!])*", re.IGNORECASE)
_LEAD = r"(?:\b(?:in|on|at|of|from|since|during|for|by|after|before|until)\s+)?"

_TIME = ("since", "until", "near", "prefers_recent", "words")
_SOURCES = ("sources", "without_sources", "prefer_sources", "source_words")
"""Fields of a scope that go together."""

Read = Callable[[str], ScopedQuestion]
"""What reads the time and the sources that a question names."""


class Exchange(NamedTuple):
    """A question that was asked, and what was answered."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Followed:
    """A question in its conversation."""

    asked: ScopedQuestion
    """What is read for an answer, and where it is searched."""
    said: tuple[Exchange, ...] = ()
    """The exchanges before it, oldest first."""
    leans: bool = False
    """Whether the question needs the one before it."""
    names: tuple[str, ...] = ()
    """Of the last answer: searched for beside a question that leans on it."""


def leans(question: str) -> bool:
    """Whether ``question`` cannot be understood alone."""
    if script(question) == "cyrillic":
        return bool(_LEANS_UKRAINIAN.search(question)) or len(set(content_words(question))) <= FEW_WORDS
    return bool(question.strip()) and (_GOES_ON.match(question) is not None or reader().leans(question) >= LEANS)


def follow(
    question: str,
    turns: Sequence[Turn],
    library: Library,
    *,
    read: Read,
    read_anew: Read,
    keep_time: bool = True,
    keep_sources: bool = True,
) -> Followed:
    """``question`` with what it takes from ``turns``, oldest first.

    ``read`` reads its scope with the caller's own limits, ``read_anew`` that of an earlier question without them.
    ``keep_time`` and ``keep_sources`` are false where the caller set his own.
    """
    said: list[Exchange] = []
    previous: ScopedQuestion | None = None
    asked = [(place, turn) for place, turn in enumerate(turns) if turn.role == "user" and _asks(turn.text)]
    for place, turn in asked[-LOOK_BACK:]:
        answer = turns[place + 1] if place + 1 < len(turns) and turns[place + 1].role == "assistant" else None
        if answer is not None and answer.scope is not None:
            text = read_anew(answer.searched_for or turn.text).text
            previous = ScopedQuestion(text, answer.scope, _searched_sources(answer.scope, library))
        else:
            previous = _step(turn.text, said, previous, library, read_anew).asked
        said.append(Exchange(previous.text, without_markers(answer.text)[:_READ] if answer is not None else ""))
    return _step(question, said, previous, library, read, keep_time=keep_time, keep_sources=keep_sources)


def _asks(text: str) -> bool:
    """Whether a later question may lean on ``text``: it is no greeting, thanks or order."""
    kind, chance = reader().request(text)
    return bool(text.strip()) and not (kind in ("talk", "instruct") and chance >= SURE)


def _step(
    question: str,
    said: Sequence[Exchange],
    previous: ScopedQuestion | None,
    library: Library,
    read: Read,
    *,
    keep_time: bool = True,
    keep_sources: bool = True,
) -> Followed:
    own = read(question)
    if previous is None:
        return Followed(own, tuple(said))
    time_lifted = bool(previous.scope.words) and _TIME_LIFTED.search(own.text) is not None
    sources_lifted = bool(previous.scope.source_words) and _SOURCES_LIFTED.search(own.text) is not None
    wanted = own.text
    if time_lifted:
        wanted = _TIME_LIFTED.sub("", wanted)
    if sources_lifted:
        wanted = _SOURCES_LIFTED.sub("", wanted)
    named_now = bool(mentions(question)) or any(word in question for word in own.scope.words)
    before = _without(previous.text, previous.scope.words) if time_lifted or named_now else previous.text
    bare = _without(wanted, own.scope.source_words)
    only_scope = bool(own.scope.source_words or time_lifted or sources_lifted) and _LEFT_OVER.fullmatch(bare)
    if not only_scope and not leans(wanted):
        return Followed(own, tuple(said))
    text = before if only_scope else in_context(wanted, before)
    kept: tuple[str, ...] = ()
    scope, sources = own.scope, own.sources
    if keep_time and not named_now and previous.scope.words and not time_lifted:
        scope, kept = _kept(scope, previous.scope, _TIME), previous.scope.words
    elif time_lifted and not named_now and keep_time:
        scope = replace(scope, since=None, until=None, near=None, prefers_recent=False, words=(), left_out_undated=0)
    if keep_sources and not own.scope.source_words and previous.scope.source_words and not sources_lifted:
        scope, sources = _kept(scope, previous.scope, _SOURCES), previous.sources
        kept += previous.scope.source_words
    scope = replace(scope, kept=kept, note=_note(scope.note, kept))
    told = tuple(dict.fromkeys(names(said[-1].answer)))[:_NAMES] if said else ()
    try:
        limits = library.scope(
            as_of=scope.as_of, since=scope.since, until=scope.until, sources=sources, tags=scope.tags
        )
    except SearchInvalid:  # what was kept leaves nothing beside what is new
        return Followed(replace(own, text=text), tuple(said), True, told)
    scope = replace(scope, left_out_undated=limits.left_out_undated)
    return Followed(ScopedQuestion(text, scope, sources), tuple(said), True, told)


def about_the_last(question: str, followed: Followed) -> str:
    """A request about the library with what "that" stands for: the words of the question before it."""
    topic = " ".join(question_words(followed.asked.text.partition("(")[2].rstrip(")")))
    return re.sub(r"\b(?:that|this|it|them)\b", topic, question) if topic else question


def in_context(question: str, before: str) -> str:
    """``question`` with the one that it leans on in brackets; of that, the question on which it leant in turn."""
    root = before[before.rindex("(") + 1 : -1] if before.endswith(")") and "(" in before else before
    return f"{question.strip()} ({root.strip()[:LONGEST]})"


def _kept(scope: TimeScope, earlier: TimeScope, names: Sequence[str]) -> TimeScope:
    return replace(scope, **{name: getattr(earlier, name) for name in names})


def _note(note: str | None, kept: Sequence[str]) -> str | None:
    if not kept:
        return note
    words = in_quotes(kept)
    is_kept = Message("{words} is kept from your last question", words=words)
    are_kept = Message("{words} are kept from your last question", words=words)
    return Message.joined(note or "", is_kept if len(kept) == 1 else are_kept, by="; ")


def _searched_sources(scope: TimeScope, library: Library) -> tuple[str, ...] | None:
    if scope.without_sources:
        return tuple(outlet.name for outlet in library.outlets() if outlet.name not in scope.without_sources)
    held = {outlet.name for outlet in library.outlets()}
    return tuple(name for name in scope.sources if name in held) or None


def _without(text: str, said: Sequence[str]) -> str:
    for each in said:
        text = re.sub(rf"\s*{_LEAD}{re.escape(each)}", "", text, count=1, flags=re.IGNORECASE)
    return text


# -- the scope of an earlier answer, as a mapping


def scope_of(form: Mapping[str, Any]) -> TimeScope:
    """The scope in ``Answer.to_dict()["scope"]``. Raises ``SearchInvalid`` for anything else."""
    try:
        return _scopes().validate_python(form)
    except ValidationError:
        raise SearchInvalid('history: "scope" must be what Answer.to_dict()["scope"] gave.') from None


@cache
def _scopes() -> TypeAdapter[TimeScope]:
    return TypeAdapter(TimeScope)
