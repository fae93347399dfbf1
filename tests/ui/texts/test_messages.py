"""Every text in both languages, with the same gaps to fill."""

from __future__ import annotations

import ast
import re
import string
from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest

import assistant
from ui.texts.messages import CONVERSATIONS, ENGLISH, FIRST_MINUTE, UKRAINIAN, UKRAINIAN_SENTENCES, Texts, Views

SAME = {"cost", "place_of"}
"""What is the same in both languages, or nearly: signs and numbers."""


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_each_text_is_translated_with_the_same_gaps() -> None:
    for name in (each.name for each in fields(Texts)):
        english, ukrainian = getattr(ENGLISH, name), getattr(UKRAINIAN, name)
        if isinstance(english, tuple):
            assert len(english) == len(ukrainian), name
            english, ukrainian = " ".join(english), " ".join(ukrainian)
        assert gaps(english) == gaps(ukrainian), name
        if name not in SAME:
            assert english != ukrainian, name
            if name != "language":
                assert re.search(r"[а-яіїєґ]", ukrainian, re.IGNORECASE), name
        if name.startswith("count_"):
            assert (english.count("|"), ukrainian.count("|")) == (1, 2), name


@pytest.mark.parametrize("said", [CONVERSATIONS, FIRST_MINUTE])
def test_each_view_says_the_same_in_both_languages(said: Views) -> None:
    assert said["en"].keys() == said["uk"].keys()
    for name, english in said["en"].items():
        assert gaps(english) == gaps(said["uk"][name]), name
        assert said["uk"][name].count("|") == 2 * english.count("|"), name


def test_numbers_and_days_read_as_each_language_writes_them() -> None:
    assert ENGLISH.counted(1, ENGLISH.count_articles) == "1 article"
    assert ENGLISH.counted(1204, ENGLISH.count_articles) == "1,204 articles"
    assert [UKRAINIAN.counted(n, UKRAINIAN.count_articles) for n in (1, 3, 11, 22)] == [
        "1 стаття", "3 статті", "11 статей", "22 статті",
    ]  # fmt: skip
    assert ENGLISH.short_day(date(2024, 9, 2)) == "2 Sep 2024"
    assert (ENGLISH.decimal(1.25, 1), UKRAINIAN.decimal(1.35, 1)) == ("1.2", "1,4")
    assert ENGLISH.day(None) == ENGLISH.no_date


def test_many_names_are_shortened() -> None:
    assert ENGLISH.listed(("A",)) == "A"
    assert ENGLISH.listed(("A", "B", "C")) == "A, B and C"
    assert ENGLISH.listed(("A", "B", "C", "D", "E")) == "A, B and 3 others"


# -- what the assistant says


def said_by_the_assistant() -> str:
    """Every literal of its modules, with what is filled in left out."""
    literals = []
    for module in Path(assistant.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
                literals.append("".join(map(str, parts)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                literals.append(node.value)
    return "\n".join(literals)


def test_the_sentences_that_are_translated_are_those_that_the_assistant_says() -> None:
    known = said_by_the_assistant()
    unknown = [
        english
        for english in UKRAINIAN_SENTENCES
        # What is put together ("name " or "figure ", and what follows it) is there in parts.
        if not all(part.strip(" .“”:") in known for part in re.split(r"\{\w+\}", english))
    ]
    # Some are those of an earlier version, which stored answers still hold.
    assert len(unknown) <= len(UKRAINIAN_SENTENCES) // 4, unknown


@pytest.mark.parametrize(
    ("english", "ukrainian"),
    [
        ("no source cited", "джерело не вказано"),
        ("“45 million” is not in the source", "«45 million» немає в джерелі"),
        ("“Umerov” instead of “Lecornu”", "«Umerov» замість «Lecornu»"),
        (
            "No sentence of the library answers this surely enough to be quoted. The nearest article is “Rain in May” "
            "(UNN, 5 May 2024). Only articles from 2024-05-01 on were searched, as the question says “in May”.",
            "Жодне речення бібліотеки не відповідає на це достатньо певно, щоб його цитувати. Найближча стаття — "
            "«Rain in May» (UNN, 5 May 2024). Шукали лише в межах, заданих словами «in May».",
        ),
        ("The answer is cut. Something new went wrong.", "Відповідь обірвано. Something new went wrong."),
        ("Something new went wrong.", "Something new went wrong."),
        ("", ""),
    ],
)
def test_a_ukrainian_reader_is_told_in_ukrainian(english: str, ukrainian: str) -> None:
    assert UKRAINIAN.said(english) == ukrainian
    assert ENGLISH.said(english) == english


def test_each_sentence_is_translated_whole() -> None:
    for english, ukrainian in UKRAINIAN_SENTENCES.items():
        filled = re.sub(r"\{(\w+)\}", r"\1", english)
        assert UKRAINIAN.said(filled) == re.sub(r"\{(\w+)\}", r"\1", ukrainian)
