"""What a catalogue holds as arrays: its vectors, and the facts of its passages that decide what a scope includes.

Apart from ``catalogue``, which a list of articles opens without numpy: that takes as long to load as all the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Self

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

_UNIT = 0.01
"""How far a vector's length may be from 1; one that is further off was spoilt, and would be far or near to anything."""


@dataclass(frozen=True, slots=True)
class Table:
    """All passages in five parallel arrays, sorted by ``ids``: what a scope needs to decide, without touching text.

    ``days`` is ``date.toordinal()`` or 0 for undated; ``articles`` and ``sources`` number distinct values
    (``article_ids[articles[i]]``, ``source_names[sources[i]]``; -1 for no source). Articles that carry the same story
    have the same number in ``stories``, an article without copies has its own.
    """

    ids: NDArray[np.int64]
    articles: NDArray[np.int32]
    days: NDArray[np.int32]
    sources: NDArray[np.int32]
    source_names: tuple[str, ...]
    stories: NDArray[np.int32]
    article_ids: tuple[str, ...] = ()

    @classmethod
    def empty(cls) -> Self:
        none = np.zeros(0, dtype=np.int32)
        return cls(np.zeros(0, dtype=np.int64), none, none, none, (), none)

    def of_sources(self, names: Iterable[str], places: NDArray[np.int64] | None = None) -> NDArray[np.bool_]:
        """Which passages, of all or of those at ``places``, stand in articles of the sources ``names``.

        Capitals do not matter.
        """
        wanted = {name.casefold() for name in names}
        is_wanted = np.array([name.casefold() in wanted for name in self.source_names] + [False])
        return is_wanted[self.sources if places is None else self.sources[places]]  # -1, no source, is the last

    def of_articles(self, article_ids: Collection[str]) -> NDArray[np.bool_]:
        """Which passages stand in one of ``article_ids``."""
        return np.array([each in article_ids for each in self.article_ids], dtype=bool)[self.articles]

    def undated(self, names: Iterable[str] | None, article_ids: Collection[str] | None = None) -> int:
        """How many articles of the sources ``names``, and among ``article_ids``, have no known day."""
        kept = self.days == 0
        if names is not None:
            kept &= self.of_sources(names)
        if article_ids is not None:
            kept &= self.of_articles(article_ids)
        return len(np.unique(self.articles[kept]))

    def most_covered(self, k: int) -> list[tuple[str, int]]:
        """The ``k`` stories that most articles carry, two or more: an article of each, and how many carry it.

        The newest comes first among those that are carried as often.
        """
        if not len(self.ids):
            return []
        articles, firsts = np.unique(self.articles, return_index=True)
        stories, of_article, carried = np.unique(self.stories[firsts], return_inverse=True, return_counts=True)
        newest = np.zeros(len(stories), dtype=np.int64)
        np.maximum.at(newest, of_article, self.days[firsts])
        shared = np.flatnonzero(carried > 1)
        chosen = shared[np.lexsort((stories[shared], -newest[shared], -carried[shared]))][:k]
        return [
            (self.article_ids[articles[np.flatnonzero(of_article == story)[0]]], int(carried[story]))
            for story in chosen
        ]

    def changed(
        self,
        come: Sequence[tuple[str, int, int, date | None, str | None]],
        left: Iterable[int] | None,
        shared: Sequence[tuple[str, int]],
    ) -> Table:
        """The table after articles have come and gone.

        ``come`` are id, first passage, number of passages, day and source of the new ones; ``left`` the ids of all
        passages that there are now, or ``None`` where none has gone; ``shared`` the articles that have copies, each
        with the number of its story.
        """
        names = {name: code for code, name in enumerate(self.source_names)}
        facts = np.array(
            [
                (
                    first,
                    number,
                    published.toordinal() if published else 0,
                    -1 if source is None else names.setdefault(source, len(names)),
                )
                for _, first, number, published, source in come
            ],
            dtype=np.int64,
        ).reshape(len(come), 4)
        firsts, numbers, days, sources = facts.T
        ends = np.cumsum(numbers)
        new_ids = np.repeat(firsts - (ends - numbers), numbers) + np.arange(numbers.sum())
        article_ids = (*self.article_ids, *(row[0] for row in come))
        kept = np.ones(len(self.ids), dtype=bool) if left is None else np.isin(self.ids, list(left))

        def together(old: NDArray[np.int32], new: NDArray[np.int64]) -> NDArray[np.int32]:
            return np.concatenate([old[kept], np.repeat(new, numbers).astype(np.int32)])

        articles = together(self.articles, np.arange(len(self.article_ids), len(article_ids)))
        return Table(
            ids=np.concatenate([self.ids[kept], new_ids]),
            articles=articles,
            days=together(self.days, days),
            sources=together(self.sources, sources),
            source_names=tuple(names),
            article_ids=article_ids,
            stories=_story_of_each(article_ids, shared)[articles],
        )


def _story_of_each(article_ids: Sequence[str], shared: Sequence[tuple[str, int]]) -> NDArray[np.int32]:
    """A number for the story of each article: its own place, or that of the first of its copies."""
    stories = np.arange(len(article_ids), dtype=np.int32)
    if shared:
        places = {article_id: place for place, article_id in enumerate(article_ids)}
        of_story: dict[int, int] = {}
        for article_id, story in shared:
            if (place := places.get(article_id)) is not None:
                stories[place] = of_story.setdefault(story, place)
    return stories


def vector_of(stored: bytes) -> Vectors:
    """One vector, as its row holds it."""
    return np.frombuffer(stored, dtype="<f4")


def sound_vectors(rows: Sequence[tuple[int, bytes]], dimension: int) -> tuple[NDArray[np.int64], Vectors]:
    """Ids and vectors, shape (n, dimension), of the rows whose vector has this dimension and the length 1."""
    kept = [row for row in rows if len(row[1]) == 4 * dimension]
    ids = np.fromiter((row[0] for row in kept), dtype=np.int64, count=len(kept))
    vectors = np.frombuffer(b"".join(row[1] for row in kept), dtype="<f4").reshape(len(kept), dimension)
    sound = np.abs(np.einsum("ij,ij->i", vectors, vectors) - 1) < 2 * _UNIT  # not so for what is no number
    return (ids, vectors) if sound.all() else (ids[sound], vectors[sound])
