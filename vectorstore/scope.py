"""The scope of a search: the days and outlets inside which passages may be found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from vectorstore.errors import SearchInvalid
from vectorstore.messages import Message
from vectorstore.storage.arrays import Table
from vectorstore.storage.catalogue import Catalogue
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


def scope_of(
    catalogue: Catalogue,
    *,
    as_of: date | str | None,
    since: date | str | None,
    until: date | str | None,
    sources: Sequence[str] | None,
) -> TimeScope:
    """The time scope that these parameters mean, with the number of undated articles it leaves out.

    Raises ``SearchInvalid`` for a day that is none, a scope that is empty, or an outlet that the library lacks.
    """
    if sources is not None:
        _demand_outlets(sources, catalogue.passages.table())
    scope = TimeScope(day(as_of, "as_of"), day(since, "since"), day(until, "until"))
    if scope.first is not None and scope.last is not None and scope.first > scope.last:
        ends = {"first": str(scope.first), "last": str(scope.last)}
        raise SearchInvalid("The scope is empty: it begins on {first} and ends on {last}.", **ends)
    undated = catalogue.undated(sources) if scope.limits else 0
    return TimeScope(scope.as_of, scope.since, scope.until, undated)


def _demand_outlets(wanted: Sequence[str], table: Table) -> None:
    if isinstance(wanted, str):
        raise SearchInvalid("sources: give a list of outlets, such as [{outlet}].", outlet=repr(wanted))
    known = {name.casefold(): name for name in table.source_names}
    for name in wanted:
        if name.casefold() not in known:
            raise SearchInvalid(
                "sources: no article here comes from “{name}”. Outlets in this library: {some}.",
                name=name,
                some=", ".join(sorted(known.values())[:12]) or Message("none yet"),
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


def admissible(table: Table, scope: TimeScope, sources: Sequence[str] | None) -> NDArray[np.bool_]:
    """Which passages are inside the scope, shape (n,)."""
    kept = np.ones(len(table.ids), dtype=bool)
    if scope.limits:
        kept &= table.days > 0
    if scope.first is not None:
        kept &= table.days >= scope.first.toordinal()
    if scope.last is not None:
        kept &= table.days <= scope.last.toordinal()
    if sources is not None:
        kept &= table.of_sources(sources)
    return kept


def filter_of(table: Table, scope: TimeScope, sources: Sequence[str] | None) -> Filter:
    """What ``scope`` and ``sources`` admit."""
    kept = admissible(table, scope, sources)
    number = int(np.count_nonzero(kept))
    if number == len(kept):  # as of today, mostly: no index need look at each passage's day
        return Filter(number)
    first_day, last_day = (None if day is None else day.toordinal() for day in (scope.first, scope.last))
    return Filter(number, kept, first_day, last_day, sources)


def is_inside(article: Article, scope: TimeScope) -> bool:
    """Whether the article's day is inside the scope."""
    if not scope.limits:
        return True
    day = article.published
    return day is not None and (scope.first or day) <= day <= (scope.last or day)
