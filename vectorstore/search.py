"""Which passages fit a question: by keywords and by meaning, inside a scope, in the order that ``ranking`` gives."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from vectorstore import ranking
from vectorstore.catalogue import Catalogue, Table, Vectors
from vectorstore.duplicates import own_share
from vectorstore.errors import SearchInvalid
from vectorstore.keywords import Keywords
from vectorstore.names import NOTHING, Expansion
from vectorstore.types import Article, Match, TimeScope, Why
from vectorstore.vectors import Hits, VectorIndex, best

CANDIDATES = 100
"""Passages taken from each ranking before they are blended. With 30 the first ten on news questions were the same."""

MONTH = 30
"""Days before the day of asking from which candidates are taken once more where recent articles are preferred: in a
large library the first hundred may all be old."""

OWN_WORDS = 0.5
"""Share of a passage's words that the article shown does not have, from which a copy's passage is news of its own."""

FEW = 1_000
"""Up to so many admissible passages are compared one by one with the catalogue's vectors: 2 ms, and no approximation,
where Chroma took 8 for the same list of ids."""

NARROW = 4_000
"""Up to so many admissible passages a scope is handed to the index as a list of ids; beyond, hits are sifted."""

_DAY_FORMS = "a day as YYYY-MM-DD or YYYY/MM/DD"


@dataclass(frozen=True, slots=True)
class _Found:
    """What each ranking found, best first, with its scores; ``whole`` names articles by their first passages."""

    meaning: Hits
    words: Hits
    whole: Hits

    def joined(self, other: _Found) -> _Found:
        return _Found(
            _joined(self.meaning, other.meaning), _joined(self.words, other.words), _joined(self.whole, other.whole)
        )


@dataclass(frozen=True, slots=True)
class _Indexes:
    """Where to look: the three stores, as they stand when a search begins."""

    catalogue: Catalogue
    table: Table
    vectors: VectorIndex
    keywords: Keywords | None
    expansion: Expansion


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
    expansion: Expansion = NOTHING,
    prefer_sources: Collection[str] = (),
) -> list[Match]:
    """The ``k`` best passages inside ``scope`` and ``sources``, best first.

    ``vector`` is the question's, shape (dimension,), unit length; ``expansion`` the spellings of its names that are
    looked up beside its own. Without ``keywords`` (their index is being made anew) meaning alone ranks.
    """
    table = catalogue.table()
    allowed = admissible(table, scope, sources)
    if not len(table.ids) or (allowed is not None and not len(allowed)):
        return []
    k = min(k, len(table.ids))
    look_in = _Indexes(catalogue, table, vectors, keywords, expansion)
    wanted = max(CANDIDATES, 2 * k)
    found = _look(question, vector, wanted, look_in, scope, sources, allowed)
    newest = _newest(table, allowed, scope)
    if scope.prefers_recent and newest is not None:
        month = replace(scope, since=max(newest - timedelta(days=MONTH), scope.since or date.min))
        fresh = admissible(table, month, sources)
        assert fresh is not None
        found = found.joined(_look(question, vector, wanted, look_in, month, sources, fresh, only_if_narrow=True))

    ids = np.array(sorted({hit for hit, _ in found.meaning} | {hit for hit, _ in found.words}), dtype=np.int64)
    # An index may still name passages that an update has just taken away.
    ids = ids[np.isin(ids, table.ids)]
    if not len(ids):
        return []
    ranked = _rank(question, vector, ids, found, look_in, scope, newest, prefer_sources)
    order = _one_of_each_story(question, ranked, look_in)
    ahead = catalogue.passages(ids[order[: ranking.BREADTH]].tolist())
    about = {
        int(ranked.articles[place])
        for place in order[: ranking.BREADTH]
        if (there := ahead.get(int(ids[place]))) and ranking.is_about(question, there[1].title)
    }
    # More than k, because what has been taken away since the table was read is left out.
    order = ranking.spread(order, ranked.articles.tolist(), about)[: k + 20]
    stored = catalogue.passages(ids[order].tolist())
    order = [place for place in order if int(ids[place]) in stored][:k]
    copies = catalogue.copies([stored[int(ids[place])][1].id for place in order])
    words_rank, meaning_rank = _ranks(found.words), _ranks(found.meaning)
    matches: list[Match] = []
    for rank, place in enumerate(order, start=1):
        hit = int(ids[place])
        passage, article = stored[hit]
        why = Why(
            keywords=words_rank.get(hit),
            meaning=meaning_rank.get(hit),
            age=int(ranked.ages[place]) if ranked.ages[place] >= 0 else None,
            age_factor=float(ranked.factors[place]),
            preferred_source=bool(ranked.liked[place]),
            spellings=expansion.words,
        )
        others = tuple(copy for copy in copies.get(article.id, ()) if _inside(copy, scope))
        score, cosine = float(ranked.scores[place]), float(ranked.cosines[place])
        matches.append(Match(rank, score, cosine, passage, article, others, why))
    return matches


@dataclass(frozen=True, slots=True)
class _Ranked:
    """Candidates in parallel arrays of shape (n,), in the order of their ids."""

    ids: NDArray[np.int64]
    articles: NDArray[np.int32]
    stories: NDArray[np.int32]
    cosines: NDArray[np.float64]
    ages: NDArray[np.int64]
    factors: NDArray[np.float64]
    liked: NDArray[np.bool_]
    scores: NDArray[np.float64]


def _rank(
    question: str,
    vector: Vectors,
    ids: NDArray[np.int64],
    found: _Found,
    indexes: _Indexes,
    scope: TimeScope,
    newest: date | None,
    prefer_sources: Collection[str],
) -> _Ranked:
    table = indexes.table
    places = np.searchsorted(table.ids, ids)
    articles = table.articles[places]
    cosines = _cosines(indexes.catalogue, vector, ids, dict(found.meaning))
    ages = _ages(table.days[places], scope, newest)
    factors = ranking.age_factors(ages, prefers_recent=scope.prefers_recent or scope.near is not None)
    if _names_a_year(question, newest) and not scope.prefers_recent:
        factors = np.ones(len(ids))
    liked = np.isin(table.sources[places], _codes(table, prefer_sources))
    by_words, by_article = dict(found.words), _by_article(found.whole, table)
    content = ranking.blend(
        np.array([by_words.get(hit, 0.0) for hit in ids.tolist()]),
        cosines,
        np.array([by_article.get(article, 0.0) for article in articles.tolist()]),
    )
    scores = content * factors * np.where(liked, ranking.LIKED_SOURCE, 1.0)
    return _Ranked(ids, articles, table.stories[places], cosines, ages, factors, liked, scores)


def _one_of_each_story(question: str, ranked: _Ranked, indexes: _Indexes) -> list[int]:
    """Positions, best first, without what another article of the same story says already.

    A story's place goes to the article that stands for it, if that one holds the words found, or else to the one that
    ranked best. What a copy says beyond the article shown keeps its own place, and so do words of the question that
    only the copy has: nothing is hidden.
    """
    asked = _words(question)

    def says(whole: str, part: str) -> bool:
        return asked & _words(part) <= _words(whole) and own_share(part, whole) < OWN_WORDS

    order: list[int] = ranking.best_first(ranked.scores, ranked.ids).tolist()
    pairs = np.unique(np.stack([ranked.stories, ranked.articles]), axis=1)
    told, times = np.unique(pairs[0], return_counts=True)
    several = np.isin(ranked.stories, told[times > 1])
    if not several.any():
        return order
    stored = indexes.catalogue.passages(ranked.ids[several].tolist())
    held = {place: stored[int(ranked.ids[place])] for place in order if int(ranked.ids[place]) in stored}
    tellers = indexes.catalogue.representatives(list(dict.fromkeys(article.id for _, article in held.values())))
    kept: list[int] = []
    shown: dict[int, Article] = {}
    for place in order:
        if place not in held:
            kept.append(place)
            continue
        passage, article = held[place]
        story = int(ranked.stories[place])
        if story not in shown:
            teller = tellers.get(article.id)
            of_teller = [p for p in order if p in held and held[p][1].id == teller]
            if of_teller and says(held[of_teller[0]][1].text, passage.text):
                shown[story] = held[of_teller[0]][1]
                same = min(of_teller, key=lambda p: own_share(passage.text, held[p][0].text))
                kept.append(same)
            else:
                shown[story] = article
                kept.append(place)
        elif place not in kept and (article.id == shown[story].id or not says(shown[story].text, passage.text)):
            kept.append(place)
    return kept


def _inside(article: Article, scope: TimeScope) -> bool:
    if not scope.limits:
        return True
    day = article.published
    return day is not None and (scope.first or day) <= day <= (scope.last or day)


def _look(
    question: str,
    vector: Vectors,
    wanted: int,
    indexes: _Indexes,
    scope: TimeScope,
    sources: Sequence[str] | None,
    allowed: NDArray[np.int64] | None,
    *,
    only_if_narrow: bool = False,
) -> _Found:
    """The ``wanted`` best of each ranking among ``allowed``; of meaning none where that would take a wide search."""
    by_meaning: Hits = []
    if allowed is not None and len(allowed) <= FEW:
        by_meaning = _one_by_one(indexes.catalogue, vector, wanted, allowed)
    elif not only_if_narrow or (allowed is not None and len(allowed) <= NARROW):
        by_meaning = _by_meaning(indexes.vectors, vector, wanted, indexes.table, allowed)
    if indexes.keywords is None:
        return _Found(by_meaning, [], [])
    first_day = scope.first.toordinal() if scope.first else None
    last_day = scope.last.toordinal() if scope.last else None
    by_words, by_whole = (
        search(
            question,
            wanted,
            first_day=first_day,
            last_day=last_day,
            sources=sources,
            expansion=indexes.expansion,
        )
        for search in (indexes.keywords.search, indexes.keywords.search_articles)
    )
    return _Found(by_meaning, by_words, by_whole)


def _joined(hits: Hits, others: Hits) -> Hits:
    return sorted({**dict(others), **dict(hits)}.items(), key=lambda pair: (-pair[1], pair[0]))


def _ranks(hits: Hits) -> dict[int, int]:
    return {hit: rank for rank, (hit, _) in enumerate(hits, start=1)}


def _cosines(
    catalogue: Catalogue, vector: Vectors, ids: NDArray[np.int64], known: Mapping[int, float]
) -> NDArray[np.float64]:
    """Of each of ``ids`` with ``vector``, shape (n,): those that the ranking by meaning did not find are computed."""
    missing = [hit for hit in ids.tolist() if hit not in known]
    found = dict(known)
    if missing:
        stored, vectors = catalogue.vectors(missing)
        if len(stored):  # none, when they have just been taken away
            found.update(zip(stored.tolist(), (vectors @ vector).tolist(), strict=True))
    return np.array([found.get(hit, 0.0) for hit in ids.tolist()])


def _by_article(whole: Hits, table: Table) -> dict[int, float]:
    """Scores of whole articles by the article's number in the table."""
    first = np.array([hit for hit, _ in whole], dtype=np.int64)
    places = np.minimum(np.searchsorted(table.ids, first), len(table.ids) - 1)
    there = table.ids[places] == first
    return {
        int(table.articles[place]): score
        for place, known, (_, score) in zip(places, there, whole, strict=True)
        if known
    }


def _newest(table: Table, allowed: NDArray[np.int64] | None, scope: TimeScope) -> date | None:
    """The day that age counts from: of the newest article that may be used, today at the latest.

    In an archive that ended two years ago everything is old, and the latest is what came last.
    """
    days = table.days if allowed is None else table.days[np.searchsorted(table.ids, allowed)]
    today = (scope.as_of or date.today()).toordinal()
    known = days[(days > 0) & (days <= today)]
    return date.fromordinal(int(known.max())) if len(known) else None


def _ages(days: NDArray[np.int32], scope: TimeScope, newest: date | None) -> NDArray[np.int64]:
    """Days between each article and the day that counts, shape (n,); -1 where there is none."""
    centre = scope.near or newest
    if centre is None:
        return np.full(len(days), -1, dtype=np.int64)
    apart = centre.toordinal() - days.astype(np.int64)
    return np.where(days > 0, np.abs(apart) if scope.near else np.maximum(apart, 0), -1)


_WORD = re.compile(r"\w{3,}")


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))


_YEAR = re.compile(r"\b(?:1[0-9]|20)\d\d\b")


def _names_a_year(question: str, newest: date | None) -> bool:
    """Whether the question is about a year gone by ("the 2019 treaty"): then its articles need not be fresh."""
    return newest is not None and any(int(year) < newest.year for year in _YEAR.findall(question))


def _codes(table: Table, sources: Collection[str]) -> list[int]:
    wanted = {source.casefold() for source in sources}
    return [code for code, name in enumerate(table.source_names) if name.casefold() in wanted]


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
        kept &= np.isin(table.sources, _codes(table, sources))
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
