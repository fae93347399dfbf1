"""What a peer is given and asked. Nothing of the project is imported here: peers run in environments of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Entry:
    """An article as peers get it."""

    id: str
    title: str
    text: str

    @property
    def page(self) -> str:
        """The title above the text, as in a file or on a page."""
        return f"{self.title}\n\n{self.text}" if self.title else self.text


class Peer(Protocol):
    """Another library, used as the first page of its documentation shows."""

    def add(self, entries: Sequence[Entry], folder: Path) -> int:
        """Puts all entries into a new store on disk in ``folder``, which is searched from then on.

        Returns how many pieces they were split into.
        """

    def search(self, question: str, k: int) -> list[str]:
        """The ids of the articles of the ``k`` best pieces, best first."""


@dataclass(frozen=True, slots=True)
class Added:
    """What adding a table of articles took."""

    seconds: float
    """From the table's first row read to the last piece on disk."""
    pieces: int
    tokens_given: int
    """To the model, in all pieces together."""
    tokens_read: int
    """What it took in: it cuts each text off at its limit."""

    @property
    def seen(self) -> float:
        """Share of what the pieces hold that is in their vectors."""
        return self.tokens_read / self.tokens_given


@dataclass(frozen=True, slots=True)
class Found:
    """The articles of the best pieces, best first; an article may come again."""

    articles: tuple[str, ...]
    milliseconds: float
    """The question's vector included."""
