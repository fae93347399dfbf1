"""Where to look: the days and outlets of a question, as chips that can be read, changed and taken away.

What a question says in words ("last week", "according to UNN") is read and kept by the assistant. What a reader sets
on the page is a ``Steer``: it outweighs the words and stays until it is taken away. A reader can also take away what
was read: for the next question what earlier ones said (``lifted``), for an answered one, which is then asked again,
also its own words.

Acts (see ``acts``): ``steer-days`` and ``steer-outlets`` are forms, ``steer-drop-days`` and ``steer-drop-outlets`` are
presses. With the number of a turn as their value they mean that turn, else the next question. ``steer-deep`` is a
switch beside the next question: its value ends in ``on`` or ``off``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from assistant.types import Turn
from ui.acts import Act
from ui.texts.messages import ENGLISH, Texts
from ui.views.answer import escape
from vectorstore.types import Outlet, TimeScope

Part = Literal["days", "outlets"]
OFFERED = 60
"""Outlets in the list to choose from, the most frequent first."""
_FIELD = "outlet-"


@dataclass(frozen=True, slots=True)
class Steer:
    """What the reader has set. ``lifted``: what was read from words and is not to count."""

    since: date | None = None
    until: date | None = None
    outlets: tuple[str, ...] = ()
    lifted: frozenset[Part] = frozenset()
    deep: bool = False
    """Whether the chat model is to look several things up before it writes."""

    @property
    def sets_days(self) -> bool:
        return self.since is not None or self.until is not None

    def options(self) -> dict[str, Any]:
        """As it is stored with a turn: plain data, and only what is set."""
        told = {
            "since": self.since and self.since.isoformat(),
            "until": self.until and self.until.isoformat(),
            "outlets": list(self.outlets),
            "lifted": sorted(self.lifted),
            "deep": self.deep,
        }
        return {name: value for name, value in told.items() if value}

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Steer:
        """What ``options`` gave, as far as it makes sense: it may come from another version of the program."""
        outlets, lifted = options.get("outlets"), options.get("lifted")
        return cls(
            _day(options.get("since")),
            _day(options.get("until")),
            tuple(each for each in outlets if isinstance(each, str)) if isinstance(outlets, list) else (),
            frozenset(part for part in ("days", "outlets") if isinstance(lifted, list) and part in lifted),
            options.get("deep") is True,
        )

    def search(self) -> dict[str, Any]:
        """The arguments of ``Assistant.stream`` that say so."""
        return {"since": self.since, "until": self.until, "sources": list(self.outlets) or None}

    def anew(self) -> Steer:
        """What stays for a new conversation: how to look, not where."""
        return Steer(deep=self.deep)

    def lasting(self) -> Steer:
        """What stays for the questions after this one: what was lifted is gone from the conversation by then."""
        return replace(self, lifted=frozenset())


def act(steer: Steer, done: Act, outlets: Sequence[Outlet] = (), *, say: Texts = ENGLISH) -> Steer:
    """What is set after a ``steer-…`` act. Raises ``ValueError``, for the reader, when it makes no sense."""
    match done.name:
        case "steer-days":
            since, until = _day(done.fields.get("since")), _day(done.fields.get("until"))
            if since and until and since > until:
                raise ValueError(say.days_reversed)
            lifted = _lifted(steer, "days", not (since or until))
            return replace(steer, since=since, until=until, lifted=lifted)
        case "steer-outlets":
            known = [outlet.name for outlet in outlets]
            named = {value for name, value in done.fields.items() if name.startswith(_FIELD)}
            chosen = tuple(name for name in known if name in named)
            return replace(steer, outlets=chosen, lifted=_lifted(steer, "outlets", not chosen))
        case "steer-drop-days":
            return replace(steer, since=None, until=None, lifted=_lifted(steer, "days", True))
        case "steer-drop-outlets":
            return replace(steer, outlets=(), lifted=_lifted(steer, "outlets", True))
        case "steer-deep":
            return replace(steer, deep=done.value.endswith(":on"))
    return steer


def _lifted(steer: Steer, part: Part, lift: bool) -> frozenset[Part]:
    return steer.lifted | {part} if lift else steer.lifted - {part}


def told(history: Sequence[Turn], lifted: frozenset[Part]) -> tuple[Turn, ...]:
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


def of_turn(
    turn: int,
    steer: Steer,
    scope: TimeScope,
    searched_for: str | None,
    outlets: Sequence[Outlet],
    *,
    before: TimeScope | None = None,
    say: Texts = ENGLISH,
) -> str:
    """What a question was read to mean, under it: chips to change or take away, which asks it again.

    ``before`` is the scope of the question before it; where this one differs, the chip says so.
    """
    changed = before is not None and (_limits(before), _names(before)) != (_limits(scope), _names(scope))
    chips = ""
    if _limits(scope) != (None, None):
        chips += _chip("days", steer, scope, outlets, say, turn)
    if _names(scope) != ((), ()):
        chips += _chip("outlets", steer, scope, outlets, say, turn)
    for said in (
        say.near.format(day=say.day(scope.near)) if scope.near else say.recent if scope.prefers_recent else "",
        say.first.format(names=say.listed(scope.prefer_sources)) if scope.prefer_sources else "",
    ):
        chips += f'<span class="steer fixed">{escape(said)}</span>' if said else ""
    note = f'<p class="note">{escape(scope.note)}.</p>' if scope.note else ""
    if searched_for:
        note = f'<p class="note searched" dir="auto">{escape(say.searched_for.format(question=searched_for))}</p>{note}'
    row = f'<div class="steering{" changed" if changed else ""}">{chips}</div>' if chips else ""
    return row + note


def of_next(
    steer: Steer,
    scope: TimeScope | None,
    outlets: Sequence[Outlet],
    *,
    can_look_deeper: bool = False,
    say: Texts = ENGLISH,
) -> str:
    """What the next question will be asked with, beside the box. ``scope`` is what the last answer searched."""
    kept = _without(scope or TimeScope(), steer.lifted)
    if not kept.words:
        kept = _without(kept, frozenset({"days"}))
    if not kept.source_words:
        kept = _without(kept, frozenset({"outlets"}))
    shown = kept
    if steer.sets_days:
        shown = replace(shown, since=steer.since, until=steer.until, as_of=None)
    if steer.outlets:
        shown = replace(shown, sources=steer.outlets, without_sources=())
    days = _chip("days", steer, shown, outlets, say, None)
    names = _chip("outlets", steer, shown, outlets, say, None)
    deep = _deep_switch(steer, say) if can_look_deeper else ""
    return f'<div class="steering next" role="group" aria-label="{escape(say.steering)}">{days}{names}{deep}</div>'


def _deep_switch(steer: Steer, say: Texts) -> str:
    # The value begins alike on and off, so that the focus finds the switch again when it is drawn anew.
    return (
        f'<button type="button" class="deep" role="switch" aria-checked="{str(steer.deep).lower()}"'
        f' data-act="steer-deep" data-value="next:{"off" if steer.deep else "on"}" title="{escape(say.deep_hint)}">'
        f"<i></i>{escape(say.deep)}</button>"
    )


def change(before: TimeScope | None, scope: TimeScope, say: Texts = ENGLISH) -> str:
    """A sentence about a scope that is not that of the question before; empty where it is."""
    if before is None or (_limits(before), _names(before)) == (_limits(scope), _names(scope)):
        return ""
    now = f"{in_words('days', scope, say)}, {in_words('outlets', scope, say)}"
    return say.scope_changed.format(now=now)


def _chip(part: Part, steer: Steer, scope: TimeScope, outlets: Sequence[Outlet], say: Texts, turn: int | None) -> str:
    """A chip that opens its form, with a cross where there is something to take away."""
    is_set = _limits(scope) != (None, None) if part == "days" else _names(scope) != ((), ())
    label, why = in_words(part, scope, say), _why(part, steer, scope, say, next_one=turn is None) if is_set else ""
    value = "" if turn is None else str(turn)
    form = _days_form(scope, value, say) if part == "days" else _outlets_form(scope, outlets, value, say)
    because = f'<span class="because">{escape(why)}</span>' if why else ""
    away = escape(say.remove.format(what=label))
    cross = (
        f'<button type="button" class="drop" data-act="steer-drop-{part}" data-value="{value}"'
        f' aria-label="{away}" title="{away}">×</button>'
        if is_set
        else ""
    )
    return (
        f'<span class="steer {part}{" set" if is_set else ""}"><details class="menu"><summary'
        f' aria-label="{escape(say.change.format(what=f"{label} {why}".strip()))}"><bdi>{escape(label)}</bdi>{because}'
        f"</summary>{form}</details>{cross}</span>"
    )


def in_words(part: Part, scope: TimeScope, say: Texts) -> str:
    """The days or the outlets of ``scope`` in a few words."""
    if part == "outlets":
        if scope.sources:
            return say.only.format(names=say.listed(scope.sources))
        if scope.without_sources:
            return say.without.format(names=say.listed(scope.without_sources))
        return say.any_outlet
    first, last = _limits(scope)
    if first and last:
        return (
            say.on_day.format(day=say.short_day(first))
            if first == last
            else say.between.format(since=say.short_day(first), until=say.short_day(last))
        )
    if first:
        return say.since.format(since=say.short_day(first))
    return say.until.format(until=say.short_day(last)) if last else say.any_time


def _why(part: Part, steer: Steer, scope: TimeScope, say: Texts, *, next_one: bool) -> str:
    if steer.sets_days if part == "days" else steer.outlets:
        return say.set_by_you
    words = scope.words if part == "days" else scope.source_words
    if not words:
        return ""
    form = say.kept if next_one or all(word in scope.kept for word in words) else say.as_you_wrote
    return form.format(words="”, “".join(words))


def _days_form(scope: TimeScope, value: str, say: Texts) -> str:
    first, last = _limits(scope)

    def field(name: str, label: str, day: date | None) -> str:
        return (
            f'<label>{escape(label)}<input type="date" name="{name}" value="{day.isoformat() if day else ""}"></label>'
        )

    return (
        f'<form class="choices" data-act="steer-days" data-value="{value}">'
        f"{field('since', say.from_day, first)}{field('until', say.to_day, last)}"
        f'<button type="submit">{escape(say.set_days)}</button></form>'
    )


def _outlets_form(scope: TimeScope, outlets: Sequence[Outlet], value: str, say: Texts) -> str:
    if not outlets:
        return f'<p class="choices">{escape(say.no_outlets)}</p>'
    offered = sorted(outlets, key=lambda each: each.name not in scope.sources)[:OFFERED]
    boxes = "".join(
        f'<label><input type="checkbox" name="{_FIELD}{place}" value="{escape(each.name)}"'
        f"{' checked' if each.name in scope.sources else ''}><bdi>{escape(each.name)}</bdi>"
        f'<span class="count">{say.number(each.articles)}</span></label>'
        for place, each in enumerate(offered)
    )
    return (
        f'<form class="choices" data-act="steer-outlets" data-value="{value}"><fieldset>'
        f'<legend class="unseen">{escape(say.outlets)}</legend><div class="list">{boxes}</div></fieldset>'
        f'<button type="submit">{escape(say.set_outlets)}</button></form>'
    )


def _limits(scope: TimeScope) -> tuple[date | None, date | None]:
    return scope.first, scope.last


def _names(scope: TimeScope) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return scope.sources, scope.without_sources


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) and value else None
    except ValueError:
        return None
