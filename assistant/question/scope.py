"""What a question says of when and from whom, as the scope of the search: read once, for everything that asks.

What the caller gives wins: with ``since`` or ``until`` the question's time is not read, with ``sources`` its outlets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from assistant.question.outlets import read_outlets
from assistant.question.time_limits import ReadScope, Role, read_scope
from vectorstore.messages import Message
from vectorstore.types import Match, TimeScope

if TYPE_CHECKING:
    from vectorstore.library import Library

Day = date | str | None
"""As callers give it: ``2024-09-02``, ``2024/09/02`` or a ``date``."""

MOST_NAMED = 4
"""Outlets that are named to the reader: a line's worth."""


@dataclass(frozen=True, slots=True)
class ScopedQuestion:
    text: str
    """The question without the words that only name its sources: they say where to look, not for what."""
    scope: TimeScope
    sources: tuple[str, ...] | None = None
    """The outlets that are searched; ``None``: all, and articles without one."""

    def search(self, library: Library, *, k: int, text: str | None = None) -> list[Match]:
        """The ``k`` passages of ``library`` inside the scope that fit ``text`` best, or else the question."""
        return library.search(
            self.text if text is None else text,
            k=k,
            as_of=self.scope.as_of,
            since=self.scope.since,
            until=self.scope.until,
            sources=self.sources,
            prefer_recent=self.scope.prefers_recent,
            near=self.scope.near,
            prefer_sources=self.scope.prefer_sources,
            tags=self.scope.tags,
        )


def scoped(
    question: str,
    library: Library,
    *,
    today: date,
    as_of: Day = None,
    since: Day = None,
    until: Day = None,
    sources: Sequence[str] | None = None,
    tags: Sequence[str] = (),
    day_first: bool = True,
    role: Role | None = None,
) -> ScopedQuestion:
    """``question`` with its scope. Days that it names count from ``as_of``, or else from ``today``.

    ``role`` says what a time does in the question, as in ``read_scope``.

    Raises ``SearchInvalid`` for days that are none or contradict each other, and for outlets or tags that ``library``
    lacks.
    """
    if sources is not None and not isinstance(sources, str):
        sources = tuple(library.outlets_called(sources))
    given = library.scope(as_of=as_of, since=since, until=until, sources=sources, tags=tags or ())
    asked: Sequence[str] | None = sources
    scope, text = given, question.strip()
    notes: list[str] = []
    if sources is None:
        outlets = library.outlets()
        read = read_outlets(text, outlets)
        if read.only:
            asked = read.only
        elif read.without:
            asked = tuple(outlet.name for outlet in outlets if outlet.name not in read.without)
            if unnamed := library.count() - sum(outlet.articles for outlet in outlets):
                unknown = Message.plural(
                    "{count} article without a known source left out as well",
                    "{count} articles without a known source left out as well",
                    unnamed,
                )
                notes.append(unknown)
        text = read.rest
        scope = replace(
            scope,
            sources=read.only,
            without_sources=read.without,
            prefer_sources=read.preferred,
            source_words=read.words,
        )
    else:
        scope = replace(scope, sources=tuple(sources))
    if given.since is None and given.until is None:
        time = read_scope(text, given.as_of or today, day_first=day_first, role=role)
        if (time.since or time.until) and library.scope(since=date.min).left_out_undated == library.count():
            time = ReadScope()  # no article has a day: the limit would only shut all of them out
        limits = library.scope(as_of=given.as_of, since=time.since, until=time.until, sources=asked, tags=given.tags)
        told_later = time.since and time.until and not time.of_publication
        if told_later and not library.has_any(limits, asked):
            said = Message("No article is dated {words}, so later ones were searched", words=in_quotes(time.words))
            notes.append(said)
            time = replace(time, until=None, near=time.until)
            limits = library.scope(as_of=given.as_of, since=time.since, sources=asked, tags=given.tags)
        scope = replace(
            scope,
            since=limits.since,
            until=limits.until,
            left_out_undated=limits.left_out_undated,
            prefers_recent=time.prefers_recent,
            near=time.near,
            words=time.words,
        )
        if time.ambiguous:
            notes.insert(0, time.ambiguous)
    return ScopedQuestion(
        text, replace(scope, note=Message.joined(*notes, by="; ") or None), None if asked is None else tuple(asked)
    )


def searched(scope: TimeScope) -> str:
    """The articles inside ``scope``, in words: "articles by UNN from 1 September 2024 on", or "all articles"."""
    inside = limits(scope)
    return Message.joined(Message("articles") if inside else Message("all articles"), *inside)


def limits(scope: TimeScope) -> list[Message]:
    """What follows the word "articles" for those inside ``scope``: "by UNN", "from 1 September 2024 on"."""
    days: list[Message] = []
    if scope.first and scope.first == scope.last:
        days = [Message("of {day}", day=scope.first)]
    elif scope.first and scope.last:
        days = [Message("from {since} to {until}", since=scope.first, until=scope.last)]
    elif scope.first:
        days = [Message("from {day} on", day=scope.first)]
    elif scope.last:
        days = [Message("up to {day}", day=scope.last)]
    return [
        *([Message("by {outlets}", outlets=listed(scope.sources))] if scope.sources else ()),
        *([Message("not by {outlets}", outlets=listed(scope.without_sources))] if scope.without_sources else ()),
        *([Message("tagged {tags}", tags=in_quotes(scope.tags))] if scope.tags else ()),
        *days,
    ]


def listed(names: Sequence[str]) -> str:
    """``A``, ``A and B``, ``A, B and C``; of many the first few, and how many more."""
    if len(names) > MOST_NAMED:
        others = len(names) - MOST_NAMED + 1
        names = [*names[: MOST_NAMED - 1], Message.plural("{count} other", "{count} others", others)]
    first = Message.joined(*names[:-1], by=", ")
    return Message("{first} and {last}", first=first, last=names[-1]) if first else "".join(names)


def in_quotes(words: Sequence[str]) -> Message:
    """``“A”, “B”``, in the marks of the reader's language."""
    return Message.joined(*(Message("“{words}”", words=each) for each in words), by=", ")
