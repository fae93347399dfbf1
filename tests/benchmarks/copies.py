"""Are copies of one story found, are different stories kept apart, and what does it cost?

The evaluation data calls two articles copies when the Jaccard similarity of their five-word shingles is at least 0.5,
and names some of the pairs for which that holds. Recall is measured on the pairs that it names; precision twice, on
those alone and on the definition, computed here over all pairs. Two more figures judge that definition by the text: of
the named pairs some share a photo gallery and little else, and those are counted.
"""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import numpy as np

from tests.benchmarks.adding import warm_up
from tests.benchmarks.material import SEEDS, rows, table
from tests.benchmarks.report import Figure, Line
from vectorstore.embedding.embeddings import LocalEmbeddings
from vectorstore.library import Library
from vectorstore.sources import read_all
from vectorstore.storage.articles.catalogue import Catalogue
from vectorstore.storage.articles.copies import Copies
from vectorstore.storage.articles.writes import Draft
from vectorstore.storage.stories import Stories
from vectorstore.text import splitter
from vectorstore.types import Article

JACCARD = 0.5
"""From which on the evaluation data calls two articles copies of one story."""

OWN_STORY = 300
OWN_RUN = 30
"""Words of its own, in runs of so many, with which an article tells a story of its own whatever else it shares."""

ASKED = 5
ADDED = 150
MANY = 100_000
MEASURED = 2_000

Pair = frozenset[str]


def run(data: Path | None) -> Iterator[Line]:
    if data is None or not (data / "news").is_dir():
        yield "SKIPPED: pairs and versions of news articles need news/ in the folder that ARTICLE_DATA names"
    else:
        yield from _pairs(data / "news")
        yield from _versions(data / "news")
        yield from _still_found(data / "news")
    yield from _seeds()
    yield from _share_of_adding(data if data is not None and (data / "news").is_dir() else None)
    yield from _many()


def _pairs(news: Path) -> Iterator[Line]:
    named = rows(news / "near_duplicates.jsonl.gz")
    records = {row["id"]: row for pair in named for row in (pair["a"], pair["b"])}
    records |= {row["id"]: row for row in rows(news / "articles.jsonl.gz")}
    wanted = {frozenset((pair["a"]["id"], pair["b"]["id"])) for pair in named}
    shingles = {name: _shingles(_words(row["text"])) for name, row in records.items()}
    by_definition = _alike(shingles)
    found = _grouped(_article(row) for row in records.values())
    yield (
        f"{len(wanted)} named pairs among {len(records):,} articles; {len(by_definition)} pairs in all have a Jaccard "
        f"similarity of {JACCARD} or more, {len(found)} were grouped"
    )
    same_text = {pair for pair in wanted if len({records[name]["text"] for name in pair}) == 1}
    yield Figure(
        "named pairs: recall",
        len(found & wanted) / len(wanted),
        baseline=len(same_text) / len(wanted),
        against="same text",
        at_least=0.95,
    )
    yield Figure("precision, copies as the data defines them", len(found & by_definition) / len(found), at_least=0.98)
    yield Figure("precision, only the named pairs as copies", len(found & wanted) / len(found))
    own = {pair for pair in wanted if _both_tell_their_own(*(records[name]["text"] for name in sorted(pair)))}
    rest = wanted - own
    yield (
        f"{len(own)} of the named pairs share most of their text although each article has {OWN_STORY} words or more "
        f"of its own in runs of {OWN_RUN}; {len(own & found)} of them were grouped"
    )
    yield Figure("named pairs without those: recall", len(found & rest) / len(rest))
    for pair in sorted(wanted - found, key=sorted):
        yield "not grouped: " + " | ".join(records[name]["title"][:50] for name in sorted(pair))


def _versions(news: Path) -> Iterator[Line]:
    histories = rows(news / "versions.jsonl.gz")
    articles = [
        _article({**version, "id": f"{history['id']} {place}"})
        for history in histories
        for place, version in enumerate(history["versions"])
    ]
    found = _grouped(articles)
    wanted = {frozenset((f"{history['id']} 0", f"{history['id']} 1")) for history in histories}
    yield Figure("two versions of one page: grouped, if kept apart", len(found & wanted) / len(wanted))
    yield Figure("pairs of other pages grouped", len(found - wanted))


def _still_found(news: Path) -> Iterator[Line]:
    """Asks for sentences that one article alone holds: grouping must not hide what its copies leave out."""
    records = {row["id"]: row for pair in rows(news / "near_duplicates.jsonl.gz") for row in (pair["a"], pair["b"])}
    articles = [_article(row) for row in records.values()]
    shingles = [_shingles(_words(article.text)) for article in articles]
    holders = Counter(shingle for held in shingles for shingle in held)
    asked = [
        (article.id, sentence)
        for article in articles
        for sentence in _spread([sentence for sentence in _sentences(article) if _alone(sentence, holders)], ASKED)
    ]
    found = []
    with TemporaryDirectory() as scratch:
        embeddings = LocalEmbeddings()
        for grouped in (True, False):
            with ExitStack() as until_then:
                if not grouped:
                    until_then.enter_context(patch.object(Stories, "shared", lambda _: []))
                library = until_then.enter_context(Library.open(scratch, embeddings=embeddings))
                library.add_articles(articles)
                found.append(
                    sum(
                        any(match.article.id == name for match in library.search(sentence, k=5))
                        for name, sentence in asked
                    )
                    / len(asked)
                )
    yield f"{len(asked)} sentences that one article of the named pairs holds and no other, each asked for word for word"
    yield Figure("its article is among the first five", found[0], "", found[1], "without groups", 0.97, judged="ratio")


def _sentences(article: Article) -> list[str]:
    return [article.text[start:end] for start, end in splitter.sentences(article.text)]


def _alone(sentence: str, holders: Counter[tuple[str, ...]]) -> bool:
    held = _shingles(_words(sentence))
    return len(held) > 5 and all(holders[shingle] == 1 for shingle in held)


def _spread(sentences: Sequence[str], count: int) -> Sequence[str]:
    return sentences[:: max(1, len(sentences) // count)][:count]


def _seeds() -> Iterator[Line]:
    articles = [item for item in read_all([SEEDS]) if isinstance(item, Article)]
    yield Figure(f"pairs grouped of {len(articles)} starter articles", len(_grouped(articles)), at_most=0)


def _share_of_adding(data: Path | None) -> Iterator[Line]:
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        path, what = table(data, ADDED, folder)
        embeddings = LocalEmbeddings()
        warm_up(path, folder / "warm", embeddings)
        with _timed() as spent, Library.open(folder / "library", embeddings=embeddings) as library:
            report = library.add(path)
    yield f"adding {what}"
    yield Figure("share of adding spent on copies", 100 * spent.seconds / report.seconds, "%", at_most=5)


def _many() -> Iterator[Line]:
    """Made articles in words as frequent as a language's, each with one of twenty outlets' boilerplate."""
    chance = random.Random(1)
    syllables = [consonant + vowel for consonant in "bcdfghklmnprstvz" for vowel in "aeiou"]
    vocabulary = ["".join(chance.choices(syllables, k=chance.randrange(1, 5))) for _ in range(30_000)]
    frequencies = np.cumsum(1 / np.arange(1, len(vocabulary) + 1)).tolist()

    def made(words: int) -> str:
        return " ".join(chance.choices(vocabulary, cum_weights=frequencies, k=words))

    outlets = [made(30) for _ in range(20)]
    milliseconds = []
    with TemporaryDirectory() as scratch:
        catalogue = Catalogue(Path(scratch))
        for first in range(0, MANY, MEASURED):
            articles = [
                Article(f"made {number}", "Made", f"{made(100)} {outlets[number % len(outlets)]}")
                for number in range(first, first + MEASURED)
            ]
            with _timed() as spent:
                _stage(catalogue, articles)
            milliseconds.append(1_000 * spent.seconds / MEASURED)
        told_apart = len(np.unique(catalogue.passages.table().stories))
        catalogue.close()
    yield Figure(
        f"milliseconds an article, {MANY:,} articles",
        float(np.median(milliseconds[-5:])),
        "ms",
        float(np.median(milliseconds[:5])),
        f"in the first {5 * MEASURED:,}",
        at_most=2,
        judged="ratio",
    )
    yield Figure("different made articles grouped", MANY - told_apart, at_most=0)


@dataclass(slots=True)
class _Spent:
    seconds: float = 0.0


@contextmanager
def _timed() -> Iterator[_Spent]:
    """Adds up the time that the calling thread spends on grouping and on reporting groups."""
    spent = _Spent()
    real = {(owner, name): getattr(owner, name) for owner, name in ((Stories, "add"), (Copies, "of"))}

    def timed(function: Any) -> Any:
        def call(*values: Any) -> Any:
            begun = time.perf_counter()
            try:
                return function(*values)
            finally:
                spent.seconds += time.perf_counter() - begun

        return call

    for (owner, name), function in real.items():
        setattr(owner, name, timed(function))
    try:
        yield spent
    finally:
        for (owner, name), function in real.items():
            setattr(owner, name, function)


def _grouped(articles: Iterable[Article]) -> set[Pair]:
    """All pairs of articles that are in one group after they were stored together."""
    with TemporaryDirectory() as scratch:
        catalogue = Catalogue(Path(scratch))
        held = list(articles)
        _stage(catalogue, held)
        copies = catalogue.copies.of([article.id for article in held])
        catalogue.close()
    return {frozenset((name, other.id)) for name, others in copies.items() for other in others}


def _stage(catalogue: Catalogue, articles: Sequence[Article]) -> None:
    nothing = np.ones((1, 1), dtype=np.float32)
    catalogue.writes.stage([Draft(article, [(0, len(article.text))], nothing) for article in articles])
    catalogue.writes.settle()


def _article(row: dict[str, Any]) -> Article:
    day = row["publish_date"]
    published = date.fromisoformat(day.replace("/", "-")) if day else None
    return Article(row["id"], row["title"], row["text"], published=published)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _shingles(words: Sequence[str]) -> set[tuple[str, ...]]:
    return {tuple(words[place : place + 5]) for place in range(len(words) - 4)}


def _alike(shingles: dict[str, set[tuple[str, ...]]]) -> set[Pair]:
    """Every pair with a Jaccard similarity of at least ``JACCARD``; no index, no estimate."""
    holders: dict[tuple[str, ...], list[str]] = {}
    for name, held in shingles.items():
        for shingle in held:
            holders.setdefault(shingle, []).append(name)
    shared: Counter[tuple[str, str]] = Counter()
    for names in holders.values():
        shared.update(combinations(names, 2))
    return {
        frozenset(pair)
        for pair, count in shared.items()
        if count >= JACCARD * (len(shingles[pair[0]]) + len(shingles[pair[1]]) - count)
    }


def _both_tell_their_own(one: str, other: str) -> bool:
    first, second = _words(one), _words(other)
    return min(_own(first, _shingles(second)), _own(second, _shingles(first))) >= OWN_STORY


def _own(words: Sequence[str], others: set[tuple[str, ...]]) -> int:
    """How many words stand in no shingle of the other text, counting runs of ``OWN_RUN`` and more."""
    shared = [False] * len(words)
    for place in range(len(words) - 4):
        if tuple(words[place : place + 5]) in others:
            shared[place : place + 5] = [True] * 5
    runs = "".join("s" if word else "o" for word in shared).split("s")
    return sum(len(run) for run in runs if len(run) >= OWN_RUN)
