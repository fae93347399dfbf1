"""Figures, days and names in a text, in forms that can be compared: what a paraphrase may not change.

Rules over characters, for English first; figures, ISO dates and names work in any language with capitals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from assistant.checking.days import DAYS, Day, agrees, completed, day_of, relative_days, whole_day
from assistant.checking.figures import Figure, blanked, figures_in, is_computed, same_figure
from assistant.checking.names import PEOPLES, Name, name_forms, names_in, plain, words_and_forms
from vectorstore.text.likeness import Likeness, likeness


@dataclass(frozen=True, slots=True)
class Facts:
    figures: tuple[Figure, ...]
    days: tuple[Day, ...]
    names: tuple[Name, ...]


@lru_cache(maxsize=1024)
def facts(text: str) -> Facts:
    """The figures, days and names of ``text``. A number that belongs to a date is not a figure as well."""
    days: list[Day] = []
    for pattern in DAYS:
        found = [day for match in pattern.finditer(text) if (day := day_of(match))]
        text = blanked(text, found)
        days += found
    figures = figures_in(text)
    text = blanked(text, figures)  # "US dollars" names no land
    return Facts(tuple(figures), tuple(days), tuple(names_in(text)))


def without_figures_and_days(text: str) -> str:
    """``text`` with marks in their places: they are compared as what they mean, not as words."""
    found = facts(text)
    return blanked(text, sorted((*found.figures, *found.days), key=lambda each: each.start))


class Known:
    """What a statement may say: the facts of ``texts``, and the days on which their articles were ``published``."""

    def __init__(self, texts: Sequence[str], published: Sequence[date] = ()) -> None:
        self._facts = [facts(text) for text in texts]
        self._figures = [figure for each in self._facts for figure in each.figures]
        stated = [day for each in self._facts for day in each.days]
        years = sorted({day.year for day in stated if day.year is not None})
        self._days = [whole for day in stated for whole in completed(day, published, years)]
        self._published = [whole_day(near) for near in published]
        self._days += [day for text in texts for day in relative_days(text, published)]
        found = [words_and_forms(text) for text in texts]
        self._capitals = frozenset[str]().union(*(capitals for capitals, _ in found))
        self._forms = frozenset[str]().union(*(forms for _, forms in found))

    def has_figure(self, figure: Figure) -> bool:
        """Whether it stands there, is the year or day of a date there, or can be computed."""
        return (
            any(same_figure(figure, known) for known in self._figures)
            or (not figure.unit and any(day.year in figure.values or day.day in figure.values for day in self._days))
            or any(is_computed(figure, each.figures) for each in self._facts)
        )

    def same_number(self, figure: Figure) -> list[Figure]:
        """The number as it stands there, of whatever."""
        return [known for known in self._figures if not figure.values.isdisjoint(known.values)]

    def has_day(self, day: Day) -> bool:
        if any(agrees(day, known) for known in self._days):
            return True
        only_year = day.month is None and day.weekday is None and day.year is not None
        if only_year and any(day.year in figure.values for figure in self._figures):  # "2000 troops"
            return True
        # The article's own day proves a date; for "Monday" or "in March" its text must say so.
        return day.year is not None and any(agrees(day, known) for known in self._published)

    def has_name(self, name: str) -> bool:
        word = plain(name)
        if len(word) == 1:
            return any(known.startswith(word) for known in self._forms)
        if name.isupper() and word[:2] in PEOPLES and word[2:] in self._forms:
            return True  # "USPS" for the Postal Service
        return not self._forms.isdisjoint(name_forms(word))

    def has_spelling(self, name: str) -> bool:
        """Whether the name stands there in another spelling: Kyiv and Kiev, Müller and Mueller.

        Not what only sounds alike: with the source at hand, Smyth is not Smith.
        """
        return any(likeness(name, known) is Likeness.WRITTEN for known in self._capitals)

    def has_abbreviation(self, words: Sequence[str]) -> bool:
        """Whether these names stand here as their first letters: "EU" for European, Union."""
        letters = "".join(word[0] for word in words).upper()
        known = (word.replace(".", "") for word in self._capitals)
        return len(words) > 1 and any(letters in (word, word[2:]) for word in known)  # "USPS": Postal, Service
