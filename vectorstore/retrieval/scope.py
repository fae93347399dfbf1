"""The scope of a search: the days, outlets and tags inside which passages may be found."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from vectorstore.errors import SearchInvalid
from vectorstore.messages import Message
from vectorstore.storage.arrays import Table
from vectorstore.storage.articles.catalogue import Catalogue
from vectorstore.types import Article, TimeScope

_DAY_FORMS = "a day as YYYY-MM-DD or YYYY/MM/DD"


@dataclass(frozen=True, slots=True)
class Filter:
    """What may be found: ``number`` passages, those that are ``kept``, shape (all,); or all, when that is ``None``.

    The same as days (``date.toordinal()``) and outlets for the index of keywords.
    """

    number: int
    kept: NDArray[np.bool_] | None = None
    first_day: int | None = None
    last_day: int | None = None
    sources: Sequence[str] | None = None
    passages: Sequence[int] | None = None
    """All that may be found, where tags limit it: the index of keywords does not know them."""


def scope_of(
    catalogue: Catalogue,
    *,
    as_of: date | str | None,
    since: date | str | None,
    until: date | str | None,
    sources: Sequence[str] | None,
    tags: Sequence[str],
) -> TimeScope:
    """The scope of days and tags that these parameters mean, with the number of undated articles it leaves out.

    Raises ``SearchInvalid`` for a day that is none, a scope that is empty, or an outlet or tag that the library lacks.
    """
    if sources is not None:
        demand_outlets(catalogue, sources)
    if tags:
        catalogue.tags.demand(tags)
    scope = TimeScope(day(as_of, "as_of"), day(since, "since"), day(until, "until"))
    if scope.first is not None and scope.last is not None and scope.first > scope.last:
        ends = {"first": str(scope.first), "last": str(scope.last)}
        raise SearchInvalid("The scope is empty: it begins on {first} and ends on {last}.", **ends)
    stored = None if sources is None else catalogue.outlet_names.stored(sources)
    undated = catalogue.undated(stored, tags) if scope.limits else 0
    return replace(scope, left_out_undated=undated, tags=tuple(tags))


def demand_outlets(catalogue: Catalogue, wanted: Sequence[str]) -> None:
    """Raises ``SearchInvalid`` where one of ``wanted``, as stored or as called, is no outlet of the library."""
    if isinstance(wanted, str):
        raise SearchInvalid("sources: give a list of outlets, such as [{outlet}].", outlet=repr(wanted))
    known = {name.casefold() for name in catalogue.passages.table().source_names}
    for name in wanted:
        if known.isdisjoint(catalogue.outlet_names.stored([name])):
            raise SearchInvalid(
                "sources: no article here comes from “{name}”. Outlets in this library: {some}.",
                name=name,
                some=", ".join(sorted(outlet.name for outlet in catalogue.outlets())[:12]) or Message("none yet"),
            )


def day(value: date | str | None, name: str) -> date | None:
    """A day from what a caller gives; raises ``SearchInvalid`` naming the parameter and the accepted forms.

    Of a time it is the day as written, in its own zone: 2026-11-30 of ``2026-11-30T23:30:00-05:00``.
    """
    if isinstance(value, datetime):  # a date too, but one that cannot be compared with days
        return value.date()
    if value is None or isinstance(value, date):
        return value
    try:
        return datetime.fromisoformat(str(value).strip().replace("/", "-")).date()
    except ValueError:
        raise SearchInvalid(
            "{name}: “{value}” is not a day; give {forms}.", name=name, value=value, forms=_DAY_FORMS
        ) from None


def admissible(
    table: Table, scope: TimeScope, sources: Sequence[str] | None, tagged: Collection[str] | None = None
) -> NDArray[np.bool_]:
    """Which passages are inside the scope, shape (n,); ``tagged`` are the articles that carry one of its tags."""
    kept = np.ones(len(table.ids), dtype=bool)
    if scope.limits:
        kept &= table.days > 0
    if scope.first is not None:
        kept &= table.days >= scope.first.toordinal()
    if scope.last is not None:
        kept &= table.days <= scope.last.toordinal()
    if sources is not None:
        kept &= table.of_sources(sources)
    if tagged is not None:
        kept &= table.of_articles(tagged)
    return kept


def filter_of(
    table: Table, scope: TimeScope, sources: Sequence[str] | None, tagged: Collection[str] | None = None
) -> Filter:
    """What ``scope``, ``sources`` and ``tagged`` admit; the last as for ``admissible``."""
    kept = admissible(table, scope, sources, tagged)
    number = int(np.count_nonzero(kept))
    if number == len(kept):  # as of today, mostly: no index need look at each passage's day
        return Filter(number)
    first_day, last_day = (None if day is None else day.toordinal() for day in (scope.first, scope.last))
    passages = None if tagged is None else table.ids[kept].tolist()
    return Filter(number, kept, first_day, last_day, sources, passages)


def has_any(catalogue: Catalogue, scope: TimeScope, sources: Sequence[str] | None) -> bool:
    """Whether any article lies inside ``scope`` (with its tags) and ``sources``."""
    stored = None if sources is None else catalogue.outlet_names.stored(sources)
    tagged = catalogue.tags.carrying(scope.tags) if scope.tags else None
    return bool(admissible(catalogue.passages.table(), scope, stored, tagged).any())


def is_inside(article: Article, scope: TimeScope) -> bool:
    """Whether the article's day is inside the scope."""
    if not scope.limits:
        return True
    day = article.published
    return day is not None and (scope.first or day) <= day <= (scope.last or day)
