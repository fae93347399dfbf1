"""The passages that may answer a question: what each index finds inside the limits, by keywords and by meaning."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vectorstore.indexes.keywords import Keywords
from vectorstore.indexes.vectors import Hits, VectorIndex, best, cosines
from vectorstore.retrieval.scope import Filter
from vectorstore.storage.arrays import Table, Vectors
from vectorstore.storage.articles.catalogue import Catalogue
from vectorstore.text.names import Expansion

NARROW = 8_000
"""Up to so many admissible passages are compared one by one with the catalogue's vectors: no approximation, and 3 ms a
thousand. In a library of 300,000 Chroma takes as long for 8,000 (asked for the 3,700 nearest of all, a hundredth of a
millisecond each), and given a list of ids 40 ms for 15,000, 70 for 3,000, 200 for 500."""

ENOUGH = 0.3
"""Share of the candidates wanted by meaning that may be left of the hits sifted in a wide scope."""


@dataclass(frozen=True, slots=True)
class Found:
    """What each ranking found, best first, with its scores; ``whole`` names articles by their first passages."""

    meaning: Hits
    words: Hits
    whole: Hits

    def joined(self, other: Found) -> Found:
        return Found(
            _joined(self.meaning, other.meaning), _joined(self.words, other.words), _joined(self.whole, other.whole)
        )


@dataclass(frozen=True, slots=True)
class Stores:
    """Where to look: the three stores, as they stand when a search begins."""

    catalogue: Catalogue
    table: Table
    vectors: VectorIndex
    keywords: Keywords | None
    expansion: Expansion


def look(
    question: str, vector: Vectors, wanted: int, stores: Stores, limits: Filter, *, only_narrow: bool = False
) -> Found:
    """The ``wanted`` best of each ranking inside ``limits``; by meaning none where that would take a wide search."""
    by_meaning: Hits = []
    if not only_narrow or limits.number <= NARROW:
        by_meaning = _by_meaning(stores, vector, wanted, limits)
    if stores.keywords is None:
        return Found(by_meaning, [], [])
    by_words, by_whole = (
        search(
            question,
            wanted,
            first_day=limits.first_day,
            last_day=limits.last_day,
            sources=limits.sources,
            passages=limits.passages,
            expansion=stores.expansion,
        )
        for search in (stores.keywords.search, stores.keywords.search_articles)
    )
    return Found(by_meaning, by_words, by_whole)


def _by_meaning(stores: Stores, vector: Vectors, wanted: int, limits: Filter) -> Hits:
    if limits.kept is None:
        return stores.vectors.nearest(vector, wanted)
    allowed = stores.table.ids[limits.kept]
    if len(allowed) > NARROW:
        return _sifted(stores.vectors, vector, wanted, allowed, len(stores.table.ids))
    ids, vectors = stores.catalogue.passages.vectors(allowed.tolist())
    return best(ids, cosines(vectors, vector), wanted) if len(ids) else []


def _sifted(vectors: VectorIndex, vector: Vectors, wanted: int, allowed: NDArray[np.int64], total: int) -> Hits:
    """Of more hits than wanted those among ``allowed``, sorted ids: as many more as the scope is likely to drop.

    What a question is about often stands in other months than the scope's: then four times as many are fetched, before
    the index goes through the whole scope (150 ms for half of 300,000).
    """
    fetch = wanted * total // len(allowed) + 1
    for _ in range(2):
        hits = vectors.nearest(vector, fetch)
        ids = np.array([hit for hit, _ in hits], dtype=np.int64)
        places = np.minimum(np.searchsorted(allowed, ids), len(allowed) - 1)
        inside = [hit for hit, is_allowed in zip(hits, allowed[places] == ids, strict=True) if is_allowed]
        if len(inside) >= ENOUGH * wanted or fetch >= total:
            return inside[:wanted]
        fetch *= 4
    return vectors.nearest(vector, wanted, allowed)


def _joined(hits: Hits, others: Hits) -> Hits:
    return sorted({**dict(others), **dict(hits)}.items(), key=lambda pair: (-pair[1], pair[0]))
