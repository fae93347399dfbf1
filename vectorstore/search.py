"""Which passages fit a question: keywords and meaning, fused by rank, inside a scope."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from vectorstore.catalogue import Catalogue, Table, Vectors
from vectorstore.errors import SearchInvalid
from vectorstore.keywords import Keywords
from vectorstore.types import Match, TimeScope
from vectorstore.vectors import Hits, VectorIndex, best

RANK_OFFSET = 10
"""The constant of reciprocal rank fusion (Cormack, Clarke, Büttcher: SIGIR 2009). They took 60; with two rankings
instead of dozens, 10 lets a clear first place of one count: on news questions hits in the first 4 went from 0.84 to
0.87 together with the weight below, on timeless questions the first 5 stayed within a point."""

WORDS_WEIGHT = 1.5
"""Of the keyword ranking against the ranking by meaning. News is asked for by names and numbers, which words find
better; above 2, questions in other words than the article's begin to lose."""

CANDIDATES = 100
"""Passages taken from each ranking before they are fused; more did not change the first ten on news questions."""

HALF_LIFE = 14
"""Days in which a match loses half of what age can take, where recent articles are preferred. News questions: MRR 0.76
without, 0.78 to 0.79 with anything from 7 to 90 days."""

LEAST_SHARE = 0.3
"""Of its score that a match keeps however old it is: content still outweighs age."""

FEW = 1_000
"""Up to so many admissible passages are compared one by one with the catalogue's vectors: 2 ms, and no approximation,
where Chroma took 8 for the same list of ids."""

NARROW = 4_000
"""Up to so many admissible passages a scope is handed to the index as a list of ids; beyond, hits are sifted."""

_DAY_FORMS = "a day as YYYY-MM-DD or YYYY/MM/DD"


def find(
    question: str,
    vector: Vectors,
    *,
    k: int,
    scope: TimeScope,
    sources: Sequence[str] | None,
    catalogue: Catalogue,
    vectors: VectorIndex,
    keywords: Keywords | None,
) -> list[Match]:
    """The ``k`` best passages inside ``scope`` and ``sources``, best first.

    ``vector`` is the question's, shape (dimension,), unit length. Without ``keywords`` (their index is being made
    anew) meaning alone ranks.
    """
    table = catalogue.table()
    allowed = admissible(table, scope, sources)
    if not len(table.ids) or (allowed is not None and not len(allowed)):
        return []
    k = min(k, len(table.ids))
    wanted = max(CANDIDATES, 2 * k)
    if allowed is not None and len(allowed) <= FEW:
        by_meaning = _one_by_one(catalogue, vector, wanted, allowed)
    else:
        by_meaning = _by_meaning(vectors, vector, wanted, table, allowed)
    by_words: Hits = []
    if keywords is not None:
        by_words = keywords.search(
            question,
            wanted,
            first_day=scope.first.toordinal() if scope.first else None,
            last_day=scope.last.toordinal() if scope.last else None,
            sources=sources,
        )
    fused = fuse([(by_meaning, 1.0), (by_words, WORDS_WEIGHT)])
    if scope.prefers_recent:
        fused = aged(fused, table, scope.as_of or date.today())
    # More than k, because an index may still name passages that an update has just taken away.
    candidates = fused[: k + 20]
    stored = catalogue.passages([hit for hit, _ in candidates])
    kept = [(hit, score) for hit, score in candidates if hit in stored][:k]
    cosines = dict(by_meaning)
    missing = [hit for hit, _ in kept if hit not in cosines]
    if missing:
        ids, found = catalogue.vectors(missing)
        cosines.update(zip((int(number) for number in ids), (float(c) for c in found @ vector), strict=True))
    return [Match(rank, score, cosines.get(hit, 0.0), *stored[hit]) for rank, (hit, score) in enumerate(kept, start=1)]


def fuse(rankings: Iterable[tuple[Hits, float]]) -> Hits:
    """Reciprocal rank fusion of ``(hits, weight)`` pairs: each gives ``weight / (10 + rank)``.

    Returns ids with their sums, best first; equal sums by id, so that a search is repeatable.
    """
    scores: dict[int, float] = {}
    for hits, weight in rankings:
        for rank, (hit, _) in enumerate(hits, start=1):
            scores[hit] = scores.get(hit, 0.0) + weight / (RANK_OFFSET + rank)
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))


def aged(hits: Hits, table: Table, today: date) -> Hits:
    """``hits`` with scores lowered by the age of their article before ``today``, best first; undated keep theirs."""
    ids = np.array([hit for hit, _ in hits], dtype=np.int64)
    places = np.minimum(np.searchsorted(table.ids, ids), len(table.ids) - 1)
    known = (table.ids[places] == ids) & (table.days[places] > 0)
    days = np.where(known, np.maximum(today.toordinal() - table.days[places], 0), 0)
    shares = LEAST_SHARE + (1 - LEAST_SHARE) * 0.5 ** (days / HALF_LIFE)
    lowered = [(hit, score * float(share)) for (hit, score), share in zip(hits, shares, strict=True)]
    return sorted(lowered, key=lambda pair: (-pair[1], pair[0]))


def admissible(table: Table, scope: TimeScope, sources: Sequence[str] | None) -> NDArray[np.int64] | None:
    """The sorted ids of the passages inside the scope, or ``None`` when everything is."""
    if not scope.limits and sources is None:
        return None
    kept = np.ones(len(table.ids), dtype=bool)
    if scope.limits:
        kept &= table.days > 0
    if scope.first is not None:
        kept &= table.days >= scope.first.toordinal()
    if scope.last is not None:
        kept &= table.days <= scope.last.toordinal()
    if sources is not None:
        wanted = {source.casefold() for source in sources}
        codes = [code for code, name in enumerate(table.source_names) if name.casefold() in wanted]
        kept &= np.isin(table.sources, codes)
    return table.ids[kept]


def day(value: date | str | None, name: str) -> date | None:
    """A day from what a caller gives; raises ``SearchInvalid`` naming the parameter and the accepted forms."""
    if isinstance(value, datetime):  # a date too, but one that cannot be compared with days
        return value.date()
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value.strip().replace("/", "-"))
    except ValueError:
        raise SearchInvalid(f"{name}: “{value}” is not a day; give {_DAY_FORMS}.") from None


def _one_by_one(catalogue: Catalogue, vector: Vectors, wanted: int, allowed: NDArray[np.int64]) -> Hits:
    ids, found = catalogue.vectors(allowed.tolist())
    return best(ids, found @ vector, wanted) if len(ids) else []


def _by_meaning(
    vectors: VectorIndex, vector: Vectors, wanted: int, table: Table, allowed: NDArray[np.int64] | None
) -> Hits:
    if allowed is None:
        return vectors.nearest(vector, wanted)
    if len(allowed) <= NARROW:
        return vectors.nearest(vector, min(wanted, len(allowed)), allowed)
    # Fetch as many more as the scope is likely to drop, then twice as many, before going through the whole scope: what
    # a question is about often stands in other months than the scope's.
    fetch = int(1.5 * wanted * len(table.ids) / len(allowed))
    for _ in range(2):
        hits = [hit for hit in vectors.nearest(vector, fetch) if _contains(allowed, hit[0])]
        if len(hits) >= wanted or fetch >= len(table.ids):
            return hits[:wanted]
        fetch *= 4
    return vectors.nearest(vector, wanted, allowed)


def _contains(ordered: NDArray[np.int64], value: int) -> bool:
    position = int(np.searchsorted(ordered, value))
    return position < len(ordered) and int(ordered[position]) == value
