"""Titles of conversations: their first questions, shortened, unless the reader gives them others."""

from __future__ import annotations

from assistant.history.database import Run
from assistant.history.text_search import folded

TITLE_LENGTH = 60
"""Characters: one line of a side bar 280 pixels wide holds about 35, two lines hold this."""


def title_of(question: str) -> str:
    """A question as a title: on one line, and if it is longer than ``TITLE_LENGTH``, shortened at a word."""
    line = " ".join("".join(each if each.isprintable() else " " for each in question).split())
    if len(line) <= TITLE_LENGTH:
        return line
    shortened = line[:TITLE_LENGTH].rpartition(" ")[0]
    # Without a space in its second half, as in Chinese, it is cut where it is.
    kept = shortened if len(shortened) > TITLE_LENGTH // 2 else line[: TITLE_LENGTH - 1]
    return kept.rstrip(" ,;:–—-") + "…"


def entitle(run: Run, conversation: str, text: str, *, named: bool = False) -> None:
    """Makes ``text`` the title; ``named``: it was given by the reader, and no edited question replaces it."""
    title = title_of(text)
    run(
        "UPDATE conversations SET title = ?, words = ?, named = ? WHERE id = ?",
        (title, folded(title), named, conversation),
    )
