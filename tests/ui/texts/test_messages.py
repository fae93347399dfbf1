"""Every text in both languages, with the same gaps to fill."""

from __future__ import annotations

import re
import string
from dataclasses import fields

import pytest

from ui.texts import messages as texts
from ui.texts.messages import (
    CONVERSATIONS,
    DOOR,
    ENGLISH,
    SHELF,
    UKRAINIAN,
    Texts,
    Views,
)


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_each_text_is_translated_with_the_same_gaps() -> None:
    for name in (each.name for each in fields(Texts)):
        english, ukrainian = getattr(ENGLISH, name), getattr(UKRAINIAN, name)
        assert gaps(english) == gaps(ukrainian), name
        assert english != ukrainian, name
        if name != "language":
            assert re.search(r"[а-яіїєґ]", ukrainian, re.IGNORECASE), name
        if name.startswith("count_"):
            assert (english.count("|"), ukrainian.count("|")) == (1, 2), name


@pytest.mark.parametrize("said", [CONVERSATIONS, DOOR, SHELF])
def test_each_view_says_the_same_in_both_languages(said: Views) -> None:
    assert said["en"].keys() == said["uk"].keys()
    for name, english in said["en"].items():
        assert gaps(english) == gaps(said["uk"][name]), name
        assert said["uk"][name].count("|") == 2 * english.count("|"), name


@pytest.mark.parametrize(
    ("accepted", "chosen", "language"),
    [
        ("uk", None, "uk"),
        ("uk-UA,uk;q=0.9,en;q=0.8", None, "uk"),
        ("en-GB,uk;q=0.5", None, "en"),
        ("en;q=0.2, uk;q=0.7", None, "uk"),
        ("de-DE,de;q=0.9,uk;q=0.1", None, "uk"),
        ("", None, "en"),
        ("de", None, "en"),
        ("uk;q=0", None, "en"),
        ("<script>", "x", "en"),
        ("uk", "en", "en"),
        ("en", "uk", "uk"),
    ],
)
def test_a_browser_gets_the_language_that_it_prefers(accepted: str, chosen: str | None, language: str) -> None:
    assert texts.preferred(accepted, chosen).language == language


def test_numbers_read_as_each_language_writes_them() -> None:
    assert ENGLISH.counted(1, ENGLISH.count_articles) == "1 article"
    assert ENGLISH.counted(1204, ENGLISH.count_articles) == "1,204 articles"
    assert [UKRAINIAN.counted(n, UKRAINIAN.count_articles) for n in (1, 3, 11, 22)] == [
        "1 стаття", "3 статті", "11 статей", "22 статті",
    ]  # fmt: skip
