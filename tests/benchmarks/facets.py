"""Several questions in one: are they told apart, does each get its passages, and what does that cost?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from assistant import Assistant
from assistant.conversation import parts as facets
from assistant.settings import Settings
from assistant.writer import Writer
from assistant.writing.extractive import ExtractiveWriter
from tests.benchmarks.material import SEEDS, rows, write_rows
from tests.benchmarks.questions import Remembering
from tests.benchmarks.report import Figure, Line
from vectorstore.embedding.embeddings import LocalEmbeddings
from vectorstore.library import Library
from vectorstore.types import Match

DATA = Path(__file__).parents[1] / "data"
QUESTIONS, HELD_OUT = DATA / "facet_questions.jsonl", DATA / "facet_questions_held_out.jsonl"
"""``parts``: for each part words that it must have and that no other may; none where the question is one. The second
file was written after the rules were frozen."""

FIRST = 4
"""Passages at the head of what the writer gets; those it relies on most."""


def run(data: Path | None) -> Iterator[Line]:
    for name, path in (("", QUESTIONS), (", held out", HELD_OUT)):
        asked = rows(path)
        several = [row for row in asked if row["parts"]]
        single = [row for row in asked if not row["parts"]]
        yield Figure(f"split as it should be{name}", 100 * mean(map(told_apart, several)), f"% of {len(several)}")
        yield Figure(f"rightly left whole{name}", 100 * mean(map(told_apart, single)), f"% of {len(single)}")
    asked = [row for path in (QUESTIONS, HELD_OUT) for row in rows(path) if row.get("articles")]
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with Library.open(folder / "seeds", embeddings=Remembering()) as library:
            library.add(SEEDS)
            yield from both_found("starter articles", asked, library)
            if data is not None and (data / "news").is_dir():
                library.add(write_rows(folder / "news.jsonl", rows(data / "news" / "articles.jsonl.gz")))
                yield from both_found("among 1,500 others", asked, library)
        with Library.open(folder / "timed", embeddings=LocalEmbeddings()) as library:
            library.add(SEEDS)
            yield from seconds(asked, library)


def told_apart(row: dict[str, Any]) -> bool:
    parts = [frozenset(re.findall(r"[\w-]+", part.casefold())) for part in facets.split(row["question"])]
    wanted = [frozenset(word.casefold() for word in words) for words in row["parts"]]
    if not wanted:
        return len(parts) == 1
    every = frozenset().union(*wanted)
    return len(parts) == len(wanted) and all(
        own <= part and not part & (every - own) for part, own in zip(parts, wanted, strict=True)
    )


def both_found(name: str, asked: Sequence[dict[str, Any]], library: Library) -> Iterator[Line]:
    """Whether the articles of all parts are among the passages that a writer gets, and among those it quotes.

    The baseline searches for the question as it stands.
    """
    ours, whole = _found(asked, library, facets.split), _found(asked, library, lambda question: (question,))
    of = f"% of {len(asked)}"
    for what, with_split, without in zip(("given", f"in the first {FIRST}", "quoted"), ours, whole, strict=True):
        yield Figure(f"{name}: all articles {what}", with_split, of, without, "%, without splitting")


def _found(
    asked: Sequence[dict[str, Any]], library: Library, split: Callable[[str], tuple[str, ...]]
) -> tuple[float, float, float]:
    """Shares in per cent of the questions for which every article is given to the writer, first, and quoted."""
    given: list[Match] = []
    extractive = ExtractiveWriter(library.similarity)

    def write(question: str, matches: Sequence[Match], *_: Any) -> Iterator[str]:
        given.extend(matches)
        return extractive.write(question, matches)

    quoting = Assistant(library, Settings(), Writer("", write, part_by_part=True))
    reading = Assistant(library, Settings(), Writer("", write))
    shares = []
    for row in asked:
        wanted = set(row["articles"])
        given.clear()
        with patch("assistant.retrieval.retrieve.split", split):
            reading.ask(row["question"])
            order = [_place(match.article.origin) for match in given]
            answer = quoting.ask(row["question"])
        quoted = {_place(citation.article.origin) for citation in answer.citations}
        shares.append((wanted <= set(order), wanted <= set(order[:FIRST]), wanted <= quoted))
    every, first, cited = (100 * mean(each) for each in zip(*shares, strict=True))
    return every, first, cited


def seconds(asked: Sequence[dict[str, Any]], library: Library) -> Iterator[Line]:
    """What the search for two questions in one takes, against that for each of them alone."""
    both, alone = [], []
    quoting = Assistant(library, Settings(), Writer("", lambda *_: iter(())))
    for row in asked:
        parts = facets.split(row["question"])
        if len(parts) == 2:
            both.append(1000 * quoting.ask(row["question"]).seconds_search)
    # Other words, so that no vector of a question is remembered.
    for row in asked:
        for part in facets.split(row["question"]):
            alone.append(1000 * quoting.ask(f"{part} Please say.").seconds_search)
    yield Figure(
        "search, two questions in one",
        median(both),
        "ms",
        median(alone),
        "ms, one",
        at_most=2,
        judged="ratio",
    )


def _place(origin: str) -> str:
    return origin.partition("seeds/")[2]
