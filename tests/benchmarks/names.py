"""Whether a question that spells a name otherwise finds the article, and what that costs the other questions.

Every pair of ``tests/data/name_pairs.jsonl`` becomes one short article of our own with the stored spelling, among the
news articles. There are fewer subjects than pairs, so that nothing but the name tells an article from the next, and
the question spells it the other way. ``NAME_PAIRS`` names another file of pairs.
"""

from __future__ import annotations

import math
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from tests.benchmarks.material import rows, write_rows
from tests.benchmarks.news import DEEP, kept_library
from tests.benchmarks.report import Figure, Line
from vectorstore.embedding.embeddings import LocalEmbeddings
from vectorstore.indexes.keywords import Keywords
from vectorstore.indexes.vectors import ExactVectors
from vectorstore.library import Library
from vectorstore.retrieval import search
from vectorstore.storage.articles.catalogue import Catalogue
from vectorstore.storage.articles.passages import Entry
from vectorstore.text.names import NOTHING, Expansion, respelled
from vectorstore.types import Passage, TimeScope

PAIRS = Path(__file__).parents[1] / "data" / "name_pairs.jsonl"

_FIRST = 3

_PEOPLE = (
    ("A gift of {count} books for the school library",
     "{name}, who grew up in the town, gave {count} books to the school library on {day}. “I read my first novels in "
     "this room,” {name} told the pupils. The shelves were built by parents over the summer.",
     "How many books did {name} give to the school library?"),
    ("The river ferry runs again after {count} days",
     "The ferry across the river runs again after {count} days of repairs. {name} paid for the new engine and was on "
     "board for the first crossing on {day}. A ticket costs as much as before.",
     "Who repaired the ferry that {name} paid for?"),
    ("{count} apple trees planted along the old railway",
     "Volunteers planted {count} apple trees along the old railway on {day}. The idea came from {name}, a retired "
     "teacher of biology. The first fruit is expected in four years.",
     "How many trees were planted on the idea of {name}?"),
    ("A museum of clocks opens in a former mill",
     "{name} opened a museum of clocks in a former mill on {day}. It shows {count} pieces, the oldest of them made by "
     "a village smith. Visitors may wind up one clock each.",
     "What did {name} open in the mill?"),
    ("The choir sings for {count} listeners",
     "The choir under {name} sang for {count} listeners in the market hall on {day}. Half of the songs were written "
     "for the evening. The city wants to repeat the concert each year.",
     "How many people listened to the choir of {name}?"),
)  # fmt: skip
_PLACES = (
    ("A bakery cooperative with {count} members",
     "In {name} a cooperative of bakers was founded on {day}. It has {count} members, who share one mill and two "
     "vans. Bread from {name} is sold in nine villages around.",
     "How many members has the cooperative of bakers in {name}?"),
    ("The tram line gets {count} new shelters",
     "The tram line through {name} gets {count} new shelters, the transport office said on {day}. Those in {name} are "
     "made of larch wood and have benches for six.",
     "How many new tram shelters does {name} get?"),
)  # fmt: skip
_CYRILLIC = (
    ("Відкрито музей годинників",
     "{name} 12 травня: у старому млині відкрито музей, який заснував земляк на прізвище {name}. Тут зібрано {count} "
     "годинників. За словами працівників, {name} збирав їх тридцять років.",
     ""),
)  # fmt: skip


def run(data: Path | None) -> Iterator[Line]:
    if data is None:
        yield "SKIPPED: ARTICLE_DATA names no folder of evaluation data"
        return
    embeddings = LocalEmbeddings()
    pairs = rows(Path(os.environ.get("NAME_PAIRS") or PAIRS))
    made = [_article(number, pair) for number, pair in enumerate(pairs)]
    with kept_library(data / "news" / "articles.jsonl.gz", embeddings) as news:
        place = news.folder
        asked = {row["question"]: set(row["gold"]) for row in rows(data / "news" / "questions.jsonl")}
        yield from _no_loss("news questions", news, embeddings, asked, (4, 1))
    with TemporaryDirectory() as scratch:
        copied = Path(shutil.copytree(place, Path(scratch) / "library"))
        with Library.open(copied, embeddings=embeddings) as library:
            library.add(write_rows(Path(scratch) / "planted.jsonl", [article for article, _ in made]))
            yield f"{len(pairs)} pairs of spellings among {library.count():,} articles"
            yield from _pairs(library, embeddings, pairs, made)
    yield from _large()
    yield from _search_queries(data / "answers" / "clapnq.jsonl.gz", embeddings)


_NAMES = 500_000
"""Distinct names: more than 300,000 passages of news have."""


def _large() -> Iterator[Line]:
    """How long it takes to look up spellings in a large library, with a name that it holds and one made up."""
    chance = np.random.default_rng(3)
    syllables = [
        a + b + c for a in "b ch d g h k l m n p r s sh t v z".split() for b in "aeiou" for c in ("", *"lnrsk")
    ]

    def name() -> str:
        return "".join(syllables[place] for place in chance.integers(0, len(syllables), chance.integers(2, 5))).title()

    keywords = Keywords(None)
    names = [name() for _ in range(_NAMES)]
    for first in range(0, _NAMES, 50_000):
        keywords.change(_passage(number, names[number : number + 20]) for number in range(first, first + 50_000, 20))
    questions = [f"When did {names[7 * number]} meet {name()}?" for number in range(1_000)]
    # Processor time, so that what else the machine does is left out.
    expanding, plain, searched = np.zeros(len(questions)), np.zeros(len(questions)), np.zeros(len(questions))
    for place, question in enumerate(questions):
        begun = time.thread_time()
        expansion = keywords.expand(question)
        expanding[place] = time.thread_time() - begun
        for times, extra in ((plain, NOTHING), (searched, expansion)):
            begun = time.thread_time()
            keywords.search(question, 100, expansion=extra)
            times[place] = time.thread_time() - begun
    extra_time = 1000 * (expanding + searched - plain)
    yield Figure("500,000 names: other spellings, processor, p50", float(np.percentile(extra_time, 50)), "ms")
    yield Figure(
        "500,000 names: other spellings, processor, p95", float(np.percentile(extra_time, 95)), "ms", at_most=3
    )


def _passage(number: int, names: Sequence[str]) -> Entry:
    text = f"When did {' and '.join(names)} meet?"
    return Entry(Passage(number, str(number), 0, len(text), text), "", None, None, np.zeros(1, dtype=np.float32))


def _article(number: int, pair: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The article that holds the stored spelling, and the question with the other one."""
    cyrillic = pair["kind"] == "latin for cyrillic"
    forms = _CYRILLIC if cyrillic else _PLACES if pair["kind"] == "place" else _PEOPLE
    title, text, question = forms[number % len(forms)]
    day = date(2024, 3, 1) + timedelta(days=number)
    facts = {"name": pair["stored"], "count": 17 + 13 * number, "day": f"{day:%B} {day.day}"}
    article = {"id": f"pair-of-names-{number:03}", "title": title.format(**facts), "text": text.format(**facts)}
    asked = pair.get("question") or question.format(name=pair["query"])
    if pair["kind"] == "possessive":
        asked = f"What is known of {pair['query']} {('gift', 'ferry', 'trees', 'museum', 'choir')[number % 5]}?"
    if pair["kind"] == "small":
        asked = asked.lower()
    return article | {"date": day.isoformat()}, asked


class _Searcher:
    """The library's search over indexes in memory, with other spellings and without."""

    def __init__(self, catalogue: Catalogue, embeddings: LocalEmbeddings) -> None:
        self.keywords = Keywords(None)
        for entries in catalogue.passages.entries():
            self.keywords.change(entries)
        self._catalogue, self._embeddings = catalogue, embeddings
        self._exact = ExactVectors(*catalogue.passages.vectors())

    def find(self, question: str, expansion: Expansion, *, embedded: str | None = None) -> list[str]:
        """Ids of articles, best first; ``embedded`` is the text whose meaning is looked for, else the question."""
        matches = search.find(
            question,
            self._embeddings.embed_array([embedded or question])[0],
            k=DEEP,
            scope=TimeScope(),
            sources=None,
            catalogue=self._catalogue,
            vectors=self._exact,
            keywords=self.keywords,
            expansion=expansion,
        )
        return list(dict.fromkeys(match.article.id for match in matches))


@contextmanager
def _opened(library: Library, embeddings: LocalEmbeddings) -> Iterator[_Searcher]:
    with closing(Catalogue(library.folder, read_only=True)) as catalogue:
        yield _Searcher(catalogue, embeddings)


def _pairs(
    library: Library, embeddings: LocalEmbeddings, pairs: Sequence[dict[str, Any]], made: Sequence[tuple[Any, str]]
) -> Iterator[Line]:
    hits: dict[str, list[bool]] = {}
    missed = []
    with _opened(library, embeddings) as searcher:
        for pair, (article, question) in zip(pairs, made, strict=True):
            expansion = searcher.keywords.expand(question)
            told = respelled(question, expansion)
            for how, ids in {
                "plain": searcher.find(question, NOTHING),
                "words": searcher.find(question, expansion),
                "both": searcher.find(question, expansion, embedded=told),
            }.items():
                hits.setdefault(how, []).append(article["id"] in ids[:_FIRST])
                hits.setdefault(f"{how} first", []).append(article["id"] in ids[:1])
                hits.setdefault(f"{how} {pair['kind']}", []).append(article["id"] in ids[:_FIRST])
            if not hits["both"][-1]:
                missed.append(f"{question} → {pair['stored']} (looked up: {', '.join(expansion.words) or 'nothing'})")
    rates = {how: float(np.mean(found)) for how, found in hits.items()}
    plain = rates["plain"]
    yield Figure("names: in the first 3", rates["both"], "", plain, "no expansion", at_least=0.95)
    yield Figure("names: first", rates["both first"], "", rates["plain first"], "no expansion")
    yield Figure(
        "names: first, vector of the question as asked", rates["words first"], "", rates["both first"], "respelled"
    )
    for kind in dict.fromkeys(pair["kind"] for pair in pairs):
        count = sum(pair["kind"] == kind for pair in pairs)
        yield Figure(f"  {kind} ({count})", rates[f"both {kind}"], "", rates[f"plain {kind}"], "no expansion")
    if missed:
        yield "missed: " + "; ".join(missed)


def _no_loss(
    what: str, library: Library, embeddings: LocalEmbeddings, asked: dict[str, set[str]], depths: tuple[int, int]
) -> Iterator[Line]:
    scores: dict[str, list[list[float]]] = {"plain": [], "both": []}
    seconds, expanded = [], []
    with _opened(library, embeddings) as searcher:
        for question, gold in asked.items():
            begun = time.thread_time()
            expansion = searcher.keywords.expand(question)
            seconds.append(time.thread_time() - begun)
            expanded += [f"{each.word.text} → {', '.join(each.variants)}" for each in expansion.spellings]
            told = respelled(question, expansion)
            for how, ids in {
                "plain": searcher.find(question, NOTHING),
                "both": searcher.find(question, expansion, embedded=told),
            }.items():
                place = next((place for place, article in enumerate(ids[:10], start=1) if article in gold), None)
                scores[how].append(
                    [1 / place if place else 0.0, *(float(place is not None and place <= depth) for depth in depths)]
                )
    before, after = (np.mean(scores[how], axis=0) for how in ("plain", "both"))
    for name, one, other in zip(("MRR@10", *(f"Hits@{depth}" for depth in depths)), after, before, strict=True):
        yield Figure(
            f"{what}: {name}", float(one), "", float(other), "no expansion", at_least=math.floor(1e6 * other) / 1e6
        )
    yield Figure(f"{what}: to expand, processor, p95", 1000 * float(np.percentile(seconds, 95)), "ms", at_most=3)
    yield f"looked up beside the own words: {'; '.join(dict.fromkeys(expanded)) or 'nothing'}"


def _search_queries(path: Path, embeddings: LocalEmbeddings) -> Iterator[Line]:
    asked = rows(path)
    ids = {(row["title"], row["passage"]): f"clapnq-{number:04}" for number, row in enumerate(asked)}
    gold = {row["question"]: {ids[row["title"], row["passage"]]} for row in asked if row["answerable"]}
    with TemporaryDirectory() as scratch:
        records = [{"id": key, "title": title, "text": text} for (title, text), key in ids.items()]
        with Library.open(Path(scratch) / "library", embeddings=embeddings) as library:
            library.add(write_rows(Path(scratch) / "articles.jsonl", records))
            yield from _no_loss("CLAPNQ", library, embeddings, gold, (1, 5))
