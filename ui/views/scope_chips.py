"""Where to look: the days, outlets and tags of a question, as chips that can be read, changed and taken away.

What a question says in words ("last week", "according to UNN") is read and kept by the assistant. What a reader sets
on the page is a ``Steer``: it outweighs the words and stays until it is taken away. A reader can also take away what
was read: for the next question what earlier ones said (``lifted``), for an answered one, which is then asked again,
also its own words.

Acts (see ``acts``): ``steer-days``, ``steer-outlets`` and ``steer-tags`` are forms, ``steer-drop-days`` and so on are
presses. With the number of a turn as their value they mean that turn, else the next question. ``steer-preset`` sets
the days of one of ``PRESETS``, or takes them away again; ``steer-deep`` is a switch beside the next question: its value
ends in ``on`` or ``off``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, get_args

from markupsafe import Markup

from assistant.messages import Translator
from assistant.question.time_expressions import Clock, mentions
from assistant.types import Turn
from ui.acts import Act
from ui.templates import render
from vectorstore.messages import Message
from vectorstore.types import Outlet, TimeScope

Part = Literal["days", "outlets", "tags"]
OFFERED = 60
"""Outlets in the list to choose from, the most frequent first."""
PRESETS: Mapping[str, str] = {
    "today": Message("Today"),
    "last week": Message("Last week"),
    "this month": Message("This month"),
    "this year": Message("This year"),
}
"""Days for one press, by the words in which a question would name them."""
_FIELD, _TAG = "outlet-", "tag-"


@dataclass(frozen=True, slots=True)
class Steer:
    """What the reader has set. ``lifted``: what was read from words and is not to count."""

    since: date | None = None
    until: date | None = None
    outlets: tuple[str, ...] = ()
    lifted: frozenset[Part] = frozenset()
    deep: bool = False
    """Whether the chat model is to look several things up before it writes."""
    tags: tuple[str, ...] = ()

    @property
    def sets_days(self) -> bool:
        return self.since is not None or self.until is not None

    def options(self) -> dict[str, Any]:
        """As it is stored with a turn: plain data, and only what is set."""
        told = {
            "since": self.since and self.since.isoformat(),
            "until": self.until and self.until.isoformat(),
            "outlets": list(self.outlets),
            "tags": list(self.tags),
            "lifted": sorted(self.lifted),
            "deep": self.deep,
        }
        return {name: value for name, value in told.items() if value}

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Steer:
        """What ``options`` gave, as far as it makes sense: it may come from another version of the program."""
        lifted = _texts(options.get("lifted"))
        return cls(
            _day(options.get("since")),
            _day(options.get("until")),
            _texts(options.get("outlets")),
            frozenset(part for part in get_args(Part) if part in lifted),
            options.get("deep") is True,
            _texts(options.get("tags")),
        )

    def search(self) -> dict[str, Any]:
        """The arguments of ``Assistant.stream`` that say so."""
        return {
            "since": self.since,
            "until": self.until,
            "sources": list(self.outlets) or None,
            "tags": list(self.tags),
        }

    def anew(self) -> Steer:
        """What stays for a new conversation: how to look, not where."""
        return Steer(deep=self.deep)

    def lasting(self) -> Steer:
        """What stays for the questions after this one: what was lifted is gone from the conversation by then."""
        return replace(self, lifted=frozenset())


def act(
    steer: Steer,
    done: Act,
    outlets: Sequence[Outlet] = (),
    tags: Mapping[str, int] = {},
    *,
    words: Translator,
    today: date | None = None,
) -> Steer:
    """What is set after a ``steer-…`` act. Raises ``ValueError``, for the reader, when it makes no sense."""
    match done.name:
        case "steer-preset" if today and done.value in PRESETS:
            since, until = _days_of(done.value, today)
            if (steer.since, steer.until) == (since, until):
                return replace(steer, since=None, until=None)
            return replace(steer, since=since, until=until, lifted=_lifted(steer, "days", False))
        case "steer-days":
            since, until = _day(done.fields.get("since")), _day(done.fields.get("until"))
            if since and until and since > until:
                raise ValueError(words.gettext("The first day is after the last one."))
            lifted = _lifted(steer, "days", not (since or until))
            return replace(steer, since=since, until=until, lifted=lifted)
        case "steer-outlets":
            known = [outlet.name for outlet in outlets]
            named = {value for name, value in done.fields.items() if name.startswith(_FIELD)}
            chosen = tuple(name for name in known if name in named)
            return replace(steer, outlets=chosen, lifted=_lifted(steer, "outlets", not chosen))
        case "steer-tags":
            ticked = {value for name, value in done.fields.items() if name.startswith(_TAG)}
            return replace(steer, tags=tuple(tag for tag in tags if tag in ticked))
        case "steer-drop-tags":
            return replace(steer, tags=())
        case "steer-drop-days":
            return replace(steer, since=None, until=None, lifted=_lifted(steer, "days", True))
        case "steer-drop-outlets":
            return replace(steer, outlets=(), lifted=_lifted(steer, "outlets", True))
        case "steer-deep":
            return replace(steer, deep=done.value.endswith(":on"))
    return steer


def _days_of(preset: str, today: date) -> tuple[date | None, date | None]:
    """As a question's words are read; what is not over yet has no last day."""
    period = mentions(preset)[0].period(Clock(today))
    return (period.first, period.last if period.last <= today else None) if period else (None, None)


def _lifted(steer: Steer, part: Part, lift: bool) -> frozenset[Part]:
    return steer.lifted | {part} if lift else steer.lifted - {part}


def without_limits(history: Sequence[Turn], lifted: frozenset[Part]) -> tuple[Turn, ...]:
    """The conversation without the days or outlets that its questions said, where those are lifted.

    Their words go from the questions too: a follow-up takes from them what it leaves out itself.
    """
    if not lifted:
        return tuple(history)
    said = [turn.scope for turn in history if turn.scope is not None]
    turns = []
    for turn in history:
        text, searched_for = turn.text, turn.searched_for
        for each in said:
            text = unsaid(text, each, lifted) if turn.role == "user" else text
            searched_for = searched_for and unsaid(searched_for, each, lifted)
        scope = turn.scope and _without(turn.scope, lifted)
        turns.append(replace(turn, text=text, scope=scope, searched_for=searched_for))
    return tuple(turns)


def _without(scope: TimeScope, lifted: frozenset[Part]) -> TimeScope:
    if "days" in lifted:
        scope = replace(scope, since=None, until=None, near=None, prefers_recent=False, words=(), left_out_undated=0)
    if "outlets" in lifted:
        scope = replace(scope, sources=(), without_sources=(), prefer_sources=(), source_words=())
    return scope


def unsaid(question: str, scope: TimeScope, lifted: frozenset[Part]) -> str:
    """A question that is asked again, without those of its own words that gave the days or outlets now lifted.

    A question that would have no word left stays as it is.
    """
    words = [*(scope.words if "days" in lifted else ()), *(scope.source_words if "outlets" in lifted else ())]
    left = question
    for each in words:
        at = left.casefold().find(each.casefold())
        if at >= 0 and len(left.casefold()) == len(left):
            left = f"{left[:at].rstrip(' ,')} {left[at + len(each) :].lstrip(' ,')}".strip()
            left = left[:-2].rstrip() + left[-1] if left.endswith((" ?", " .", " !")) else left
    return left if any(character.isalnum() for character in left) else question


# -- chips


@dataclass(frozen=True, slots=True)
class Chip:
    """Days or outlets in words, such as "since 1 Sep 2024"; it opens the form that changes them."""

    part: Part
    label: str
    why: str
    """Where they come from: the question's words, or the reader."""
    is_set: bool
    """Whether there is something to take away."""


def of_turn(
    turn: int,
    steer: Steer,
    scope: TimeScope,
    searched_for: str | None,
    outlets: Sequence[Outlet],
    tags: Mapping[str, int] = {},
    *,
    words: Translator,
    before: TimeScope | None = None,
) -> Markup:
    """What a question was read to mean, under it: chips to change or take away, which asks it again.

    ``before`` is the scope of the question before it; where this one differs, the chip says so.
    """
    changed = before is not None and _places(before) != _places(scope)
    chips = [_chip(part, steer, scope, words) for part in get_args(Part)]
    fixed = []
    if scope.near:
        fixed.append(words.gettext("nearest to {day} first", day=words.day(scope.near)))
    elif scope.prefers_recent:
        fixed.append(words.gettext("recent first"))
    if scope.prefer_sources:
        fixed.append(words.gettext("{names} first", names=words.listed(scope.prefer_sources)))
    return render(
        "scope_chips.html",
        words,
        kind="changed" if changed else "",
        turn=turn,
        scope=scope,
        chips=[chip for chip in chips if chip.is_set],
        presets=(),
        outlets=_offered(scope, outlets),
        field=_FIELD,
        tags=tags,
        tag_field=_TAG,
        fixed=fixed,
        deep=None,
        searched_for=searched_for,
        note=scope.note,
    )


def of_next(
    steer: Steer,
    scope: TimeScope | None,
    outlets: Sequence[Outlet],
    tags: Mapping[str, int] = {},
    *,
    words: Translator,
    can_look_deeper: bool = False,
    today: date | None = None,
) -> Markup:
    """What the next question will be asked with, beside the box. ``scope`` is what the last answer searched.

    With ``today`` there are ``PRESETS`` too.
    """
    kept = replace(_without(scope or TimeScope(), steer.lifted), tags=steer.tags)
    if not kept.words:
        kept = _without(kept, frozenset({"days"}))
    if not kept.source_words:
        kept = _without(kept, frozenset({"outlets"}))
    shown = kept
    if steer.sets_days:
        shown = replace(shown, since=steer.since, until=steer.until, as_of=None)
    if steer.outlets:
        shown = replace(shown, sources=steer.outlets, without_sources=())
    return render(
        "scope_chips.html",
        words,
        kind="next",
        turn="",
        scope=shown,
        chips=[
            _chip(part, steer, shown, words, is_next=True)
            for part in get_args(Part)
            if part != "tags" or tags or shown.tags
        ],
        presets=[
            (name, words.gettext(label), _days_of(name, today) == (steer.since, steer.until))
            for name, label in PRESETS.items()
        ]
        if today
        else (),
        outlets=_offered(shown, outlets),
        field=_FIELD,
        tags=tags,
        tag_field=_TAG,
        fixed=(),
        deep=steer.deep if can_look_deeper else None,
        searched_for=None,
        note=None,
    )


def change(before: TimeScope | None, scope: TimeScope, words: Translator) -> str:
    """A sentence about a scope that is not that of the question before; empty where it is."""
    if before is None or _places(before) == _places(scope):
        return ""
    now = ", ".join(in_words(part, scope, words) for part in get_args(Part) if part != "tags" or scope.tags)
    return words.gettext("The articles that are searched have changed: {now}", now=now)


def _chip(part: Part, steer: Steer, scope: TimeScope, words: Translator, *, is_next: bool = False) -> Chip:
    is_set = {
        "days": _limits(scope) != (None, None),
        "outlets": _names(scope) != ((), ()),
        "tags": bool(scope.tags),
    }[part]
    why = _why(part, steer, scope, words, is_next=is_next) if is_set else ""
    return Chip(part, in_words(part, scope, words), why, is_set)


def in_words(part: Part, scope: TimeScope, words: Translator) -> str:
    """The days, the outlets or the tags of ``scope`` in a few words."""
    if part == "tags":
        return words.gettext("tagged {tags}", tags=words.listed(scope.tags)) if scope.tags else words.gettext("Any tag")
    if part == "outlets":
        if scope.sources:
            return words.gettext("only {names}", names=words.listed(scope.sources))
        if scope.without_sources:
            return words.gettext("without {names}", names=words.listed(scope.without_sources))
        return words.gettext("All outlets")
    first, last = _limits(scope)
    if first and first == last:
        return words.gettext("on {day}", day=words.short_day(first))
    if first and last:
        return words.gettext("{since} to {until}", since=words.short_day(first), until=words.short_day(last))
    if first:
        return words.gettext("since {since}", since=words.short_day(first))
    if last:
        return words.gettext("up to {until}", until=words.short_day(last))
    return words.gettext("Any time")


def _why(part: Part, steer: Steer, scope: TimeScope, words: Translator, *, is_next: bool) -> str:
    if {"days": steer.sets_days, "outlets": bool(steer.outlets), "tags": True}[part]:
        return words.gettext("set by you")
    said = scope.words if part == "days" else scope.source_words
    if not said:
        return ""
    quoted = "”, “".join(said)
    if is_next or all(word in scope.kept for word in said):
        return words.gettext("kept from before: “{words}”", words=quoted)
    return words.gettext("as you wrote “{words}”", words=quoted)


def _offered(scope: TimeScope, outlets: Sequence[Outlet]) -> list[tuple[str, int]]:
    """Those to choose from with the number of their articles, the chosen ones first."""
    first = sorted(outlets, key=lambda each: each.name not in scope.sources)[:OFFERED]
    return [(each.name, each.articles) for each in first]


def _limits(scope: TimeScope) -> tuple[date | None, date | None]:
    return scope.first, scope.last


def _names(scope: TimeScope) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return scope.sources, scope.without_sources


def _places(scope: TimeScope) -> tuple[object, ...]:
    return _limits(scope), _names(scope), scope.tags


def _texts(value: object) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) and value else None
    except ValueError:
        return None
