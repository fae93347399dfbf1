"""Numbers and days as a language writes them. The sentences themselves stand with the module that says them."""

from __future__ import annotations

from datetime import date
from typing import Literal

Language = Literal["en", "uk"]

OF_MONTHS = {
    "en": (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
    "uk": (
        "січня", "лютого", "березня", "квітня", "травня", "червня",
        "липня", "серпня", "вересня", "жовтня", "листопада", "грудня",
    ),
}  # fmt: skip


def day(value: date, language: Language = "en") -> str:
    """``2 September 2024``, ``2 вересня 2024``."""
    return f"{value.day} {OF_MONTHS[language][value.month - 1]} {value.year}"


def number(value: int, language: Language = "en") -> str:
    """``1,204``, ``1 204`` with a space that does not break."""
    written = f"{value:,}"
    return written if language == "en" else written.replace(",", "\N{NO-BREAK SPACE}")


def counted(value: int, forms: str, language: Language = "en") -> str:
    """The number and its noun. ``forms`` are ``one|many`` in English and ``one|few|many`` in Ukrainian."""
    return f"{number(value, language)} {forms.split('|')[_form(value, language)]}"


def _form(value: int, language: Language) -> int:
    """Which of the forms a number takes, by the Unicode CLDR's plural rules for whole numbers."""
    if language == "en":
        return 0 if value == 1 else 1
    if value % 10 == 1 and value % 100 != 11:
        return 0
    return 1 if 2 <= value % 10 <= 4 and not 12 <= value % 100 <= 14 else 2
