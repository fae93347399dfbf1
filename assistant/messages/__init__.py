"""The catalogue of messages: every text that a person reads, in the language that they read (``LANGUAGES``).

The English stands in the code, as gettext has it: ``_("Sources")``, ``ngettext("{count} article", …)``, and as
``Message`` where a text is made far from its reader. ``uk.po`` beside this file holds the Ukrainian; how to bring it up
to date says CONTRIBUTING.md. A test fails when it lacks a message or holds one that nobody says any more.
"""

from __future__ import annotations

import gettext
import io
import os
import re
from collections.abc import Sequence
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from babel import Locale, dates, lists, negotiate_locale, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from vectorstore.messages import Message

Language = Literal["en", "uk"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_WEIGHED = re.compile(r"([A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*)\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?))?\s*(?:,|$)")
"""``uk-UA;q=0.9`` of an ``Accept-Language``: name and weight."""


class Translator:
    """Says messages, numbers and days in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language

    @cached_property
    def locale(self) -> Locale:
        return Locale(self.language)

    @cached_property
    def _catalogue(self) -> gettext.NullTranslations:
        """The reader in ``gettext`` takes compiled catalogues; this one is compiled in memory, in milliseconds."""
        path = Path(__file__).with_name(f"{self.language}.po")
        if not path.exists():
            return gettext.NullTranslations()
        compiled = io.BytesIO()
        with path.open("rb") as stream:
            write_mo(compiled, read_po(stream, locale=self.language))
        compiled.seek(0)
        return gettext.GNUTranslations(compiled)

    def gettext(self, text: str, /, **values: Any) -> str:
        """``text`` in this language, its fields filled from ``values``; a ``Message`` brings its own.

        What has no translation stays English.
        """
        if isinstance(text, Message):
            if text.parts:
                return str(text.values["by"]).join(self.gettext(part) for part in text.parts)
            if text.many:
                return self.ngettext(text.template, text.many, **text.values)
            return self.gettext(text.template, **text.values)
        said = self._catalogue.gettext(text) if text else ""
        return said.format(**{name: self._value(value) for name, value in values.items()}) if values else said

    def ngettext(self, one: str, many: str, /, count: int, **values: Any) -> str:
        """``1 article``, ``1,204 articles``: the form that ``count`` takes; ``{count}`` is written for the reader."""
        said = self._catalogue.ngettext(one, many, count)
        return said.format(count=self.number(count), **{name: self._value(value) for name, value in values.items()})

    def _value(self, value: Any) -> Any:
        return (
            self.day(value) if isinstance(value, date) else self.gettext(value) if isinstance(value, Message) else value
        )

    def number(self, value: float, places: int = 0) -> str:
        """``1,204`` or ``1 204``; with ``places`` decimals ``1.3`` or ``1,3``."""
        return numbers.format_decimal(
            value, format="#,##0" + ("." + "0" * places if places else ""), locale=self.locale
        )

    def day(self, value: date) -> str:
        """``2 September 2024``, ``2 вересня 2024``."""
        return dates.format_date(value, "d MMMM y", locale=self.locale)

    def short_day(self, value: date) -> str:
        """``2 Sep 2024``."""
        return dates.format_date(value, "d MMM y", locale=self.locale)

    def month(self, year: int, number: int) -> str:
        """``September 2024``, ``вересень 2024``."""
        return dates.format_date(date(year, number, 1), "LLLL y", locale=self.locale)

    def listed(self, names: Sequence[str], most: int = 3) -> str:
        """``A``, ``A and B``, ``A, B and 4 others``."""
        shown = list(names)
        if len(shown) > most:
            shown[most - 1 :] = [self.ngettext("{count} other", "{count} others", len(shown) - most + 1)]
        # American English has a comma before the last "and"; the page is written in British English.
        return lists.format_list(shown, locale="en_GB" if self.language == "en" else self.locale)


@cache
def translator(language: Language = "en") -> Translator:
    return Translator(language)


def preferred(accepted: str, chosen: str | None = None) -> Translator:
    """The translator for a browser: the language its reader chose, else the first of ``Accept-Language`` we have."""
    ranked = sorted(_WEIGHED.findall(accepted), key=lambda pair: -float(pair[1] or 1))
    names = [name.replace("-", "_") for name, weight in ranked if float(weight or 1) > 0]
    found = chosen if chosen in LANGUAGES else negotiate_locale(names, list(LANGUAGES))
    return translator(next((language for language in LANGUAGES if language == found), "en"))


def of_environment() -> Translator:
    """The translator for a terminal: the language of ``LC_ALL``, else ``LC_MESSAGES``, else ``LANG``, if we have it."""
    locale = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    return preferred(re.split("[.@]", locale)[0].replace("_", "-"))
