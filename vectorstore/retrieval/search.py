"""Which passages fit a question: by keywords and by meaning, inside a scope, in the order that ``ranking`` gives."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from vectorstore.indexes.keywords import Keywords
from vectorstore.indexes.vectors import Hits, VectorIndex, cosines
from vectorstore.retrieval import ranking
from vectorstore.retrieval.candidates import Found, Stores, look
from vectorstore.retrieval.scope import Filter, filter_of, is_inside
from vectorstore.storage.arrays import Table, Vectors
from vectorstore.storage.articles.catalogue import Catalogue
from vectorstore.text.duplicates import has_other_figure, own_share
from vectorstore.text.names import NOTHING, Expansion
from vectorstore.types import Article, Match, TimeScope, Why

CANDIDATES = 100
"""Passages taken from each ranking before they are blended. With 30 the first ten on news questions were the same."""

_LONGEST_QUESTION = 4_000
"""Characters of a question that are searched for; more is a document, and belongs into the library."""

MONTH = 30
"""Days before the day of asking from which candidates are taken once more where recent articles are preferred: in a
large library the first hundred may all be old."""

OWN_WORDS = 0.5
"""Share of a passage's words that the article shown does not have, from which a copy's passage is news of its own."""

SPARE = 10
"""Passages taken beyond those asked for, while the order is made."""


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
    table = catalogue.passages.table()
    tagged = catalogue.tags.carrying(scope.tags) if scope.tags else None
    limits = filter_of(table, scope, sources, tagged)
    if limits.number == 0:
        return []
    k = min(k, len(table.ids))
    stores = Stores(catalogue, table, vectors, keywords, expansion)
    wanted = max(CANDIDATES, 2 * k)
    found = look(question, vector, wanted, stores, limits)
    newest = _newest(table, limits, scope)
    if scope.prefers_recent and newest is not None:
        month = replace(scope, since=max(newest - timedelta(days=MONTH), scope.since or date.min))
        lately = filter_of(table, month, sources, tagged)
        found = found.joined(look(question, vector, wanted, stores, lately, only_narrow=True))

    ids = np.array(sorted({hit for hit, _ in found.meaning} | {hit for hit, _ in found.words}), dtype=np.int64)
    # An index may still name passages that an update has just taken away.
    ids = ids[np.isin(ids, table.ids)]
    if not len(ids):
        return []
    ranked = _rank(question, vector, ids, found, stores, scope, newest, prefer_sources)
    # More than k, because what has been taken away since the table was read is left out.
    order = _first(_one_of_each_story(question, ranked, stores), ranked, k + SPARE)
    ahead = catalogue.passages.with_articles(ids[order[: ranking.BREADTH]].tolist(), proven=False)
    about = {
        int(ranked.articles[place])
        for place in order[: ranking.BREADTH]
        if (held := ahead.get(int(ids[place]))) and ranking.is_about(question, held[1].title)
    }
    order = ranking.spread(order, ranked.articles.tolist(), about)[: k + SPARE]
    further = [passage for passage in ids[order].tolist() if passage not in ahead]
    there = ahead.keys() | catalogue.passages.with_articles(further, proven=False).keys() if further else ahead.keys()
    order = [place for place in order if int(ids[place]) in there][:k]
    stored = catalogue.passages.with_articles(ids[order].tolist())  # from here on they are quoted
    order = [place for place in order if int(ids[place]) in stored]
    copies = catalogue.copies.of([stored[int(ids[place])][1].id for place in order])
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
        others = tuple(copy for copy in copies.get(article.id, ()) if is_inside(copy, scope))
        score, cosine = float(ranked.scores[place]), float(ranked.cosines[place])
        matches.append(Match(rank, score, cosine, passage, article, others, why))
    return matches


def find_articles(
    words: str, k: int, catalogue: Catalogue, keywords: Keywords, expansion: Expansion | None = None
) -> list[str]:
    """The ids of the ``k`` articles in which ``words`` stand, the best first; ``expansion`` as for ``Keywords``."""
    hits = keywords.search_articles(searchable(words), k, expansion=expansion)
    table = catalogue.passages.table()
    if not len(table.ids):
        return []
    return [table.article_ids[number] for number in _by_article(hits, table)]


def searchable(question: str) -> str:
    """What of a question is searched for: no more than its beginning, and no half of a surrogate pair."""
    return question.strip()[:_LONGEST_QUESTION].encode(errors="replace").decode()


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
    found: Found,
    stores: Stores,
    scope: TimeScope,
    newest: date | None,
    prefer_sources: Collection[str],
) -> _Ranked:
    table = stores.table
    places = np.searchsorted(table.ids, ids)
    articles = table.articles[places]
    cosines = _cosines(stores.catalogue, vector, ids, dict(found.meaning))
    ages = _ages(table.days[places], scope, newest)
    factors = ranking.age_factors(ages, prefers_recent=scope.prefers_recent or scope.near is not None)
    if _names_a_year(question, newest) and not scope.prefers_recent:
        factors = np.ones(len(ids))
    liked = table.of_sources(prefer_sources, places)
    by_words, by_article = dict(found.words), _by_article(found.whole, table)
    content = ranking.blend(
        np.array([by_words.get(hit, 0.0) for hit in ids.tolist()]),
        cosines,
        np.array([by_article.get(article, 0.0) for article in articles.tolist()]),
    )
    scores = content * factors * np.where(liked, ranking.LIKED_SOURCE, 1.0)
    return _Ranked(ids, articles, table.stories[places], cosines, ages, factors, liked, scores)


def _first(places: Iterable[int], ranked: _Ranked, number: int) -> list[int]:
    """The first ``number`` of ``places``, and more where ``ranking.spread`` needs them to fill its first ones."""
    taken: list[int] = []
    of_article: Counter[int] = Counter()
    for place in places:
        taken.append(place)
        of_article[int(ranked.articles[place])] += 1
        spread = sum(min(count, ranking.MOST_OF_ONE) for count in of_article.values())
        if len(taken) >= number and spread >= ranking.BREADTH:
            break
    return taken


def _one_of_each_story(question: str, ranked: _Ranked, stores: Stores) -> Iterator[int]:
    """Positions, best first, without what another article of the same story says already.

    A story's place goes to the article that stands for it, if that one holds the words found, or else to the one that
    ranked best. What a copy says beyond the article shown keeps its own place, and so do words of the question that
    only the copy has, and another figure in the same sentence: nothing is hidden. Comparing takes some milliseconds
    for each position: take what is needed.
    """
    asked = _words(question)

    @functools.cache
    def of_question(text: str) -> set[str]:
        return asked & _words(text)

    def says(whole: str, part: str) -> bool:
        if not of_question(part) <= of_question(whole):
            return False
        return own_share(part, whole) < OWN_WORDS and not has_other_figure(part, whole)

    order: list[int] = ranking.best_first(ranked.scores, ranked.ids).tolist()
    pairs = np.unique(np.stack([ranked.stories, ranked.articles]), axis=1)
    told, times = np.unique(pairs[0], return_counts=True)
    several = np.isin(ranked.stories, told[times > 1])
    if not several.any():
        yield from order
        return
    stored = stores.catalogue.passages.with_articles(ranked.ids[several].tolist(), proven=False)
    held = {place: stored[int(ranked.ids[place])] for place in order if int(ranked.ids[place]) in stored}
    tellers = stores.catalogue.copies.representatives(list(dict.fromkeys(article.id for _, article in held.values())))
    shown: dict[int, Article] = {}
    ahead: set[int] = set()  # taken out of turn, in a copy's place
    for place in order:
        if place not in held:
            yield place
            continue
        passage, article = held[place]
        story = int(ranked.stories[place])
        if story not in shown:
            teller = tellers.get(article.id)
            of_teller = [p for p in order if p in held and held[p][1].id == teller]
            if of_teller and says(held[of_teller[0]][1].text, passage.text):
                shown[story] = held[of_teller[0]][1]
                same = min(of_teller, key=lambda p: own_share(passage.text, held[p][0].text))
                ahead.add(same)
                yield same
            else:
                shown[story] = article
                yield place
        elif place not in ahead and (article.id == shown[story].id or not says(shown[story].text, passage.text)):
            yield place


def _ranks(hits: Hits) -> dict[int, int]:
    return {hit: rank for rank, (hit, _) in enumerate(hits, start=1)}


def _cosines(
    catalogue: Catalogue, vector: Vectors, ids: NDArray[np.int64], known: Mapping[int, float]
) -> NDArray[np.float64]:
    """Of each of ``ids`` with ``vector``, shape (n,): those that the ranking by meaning did not find are computed."""
    missing = [hit for hit in ids.tolist() if hit not in known]
    found = dict(known)
    if missing:
        stored, vectors = catalogue.passages.vectors(missing)
        if len(stored):  # none, when they have just been taken away
            found.update(zip(stored.tolist(), cosines(vectors, vector).tolist(), strict=True))
    return np.array([found.get(hit, 0.0) for hit in ids.tolist()])


def _by_article(whole: Hits, table: Table) -> dict[int, float]:
    """Scores of whole articles by the article's number in the table, in the order of ``whole``."""
    first = np.array([hit for hit, _ in whole], dtype=np.int64)
    places = np.minimum(np.searchsorted(table.ids, first), len(table.ids) - 1)
    there = table.ids[places] == first
    return {
        int(table.articles[place]): score
        for place, known, (_, score) in zip(places, there, whole, strict=True)
        if known
    }


def _newest(table: Table, limits: Filter, scope: TimeScope) -> date | None:
    """The day that age counts from: of the newest article that may be used, today at the latest.

    In an archive that ended two years ago everything is old, and the latest is what came last.
    """
    days = table.days if limits.kept is None else table.days[limits.kept]
    newest = int(days[days <= (scope.as_of or date.today()).toordinal()].max(initial=0))
    return date.fromordinal(newest) if newest else None


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
