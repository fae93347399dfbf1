"""What is compared exactly: figures, days, names and quotations. What the reader judges, ``judgement`` measures.

True statements as they stand, reworded without changing a fact, and in people's own words must pass; a fact changed in
one of them must not. The rules were made on the other half of the data.
"""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

from assistant.checking.support import Verdict, assess
from tests.benchmarks.faults import FAITHFUL, FAULTS, Pool, Told
from tests.benchmarks.material import rows
from tests.benchmarks.report import Figure, Line
from vectorstore.text.splitter import passages, sentences


def run(data: Path | None) -> Iterator[Line]:
    assert data is not None
    news = list(_news(rows(data / "news" / "articles.jsonl.gz")[1::2], random.Random(7)))
    written: list[Told] = []
    if (data / "support").is_dir():
        written += _claims(rows(data / "support" / "wice.jsonl.gz")[1::2])
    if (data / "answers").is_dir():
        written += _answers(rows(data / "answers" / "clapnq.jsonl.gz")[1::2])
    yield from passed(news, written)
    yield from flagged([*news, *written], pool_of(news))


def passed(news: Sequence[Told], written: Sequence[Told]) -> Iterator[Line]:
    """True statements: how many the exact comparisons let through."""
    pool, chance = pool_of(news), random.Random(11)
    made, right = Counter[str](), Counter[str]()
    for told in news:
        for kind, change in FAITHFUL.items():
            if (changed := change(told, pool, chance)) is not None and changed.statement != told.statement:
                made[kind] += 1
                right[kind] += not has_fault(verdict(changed))
    seconds = []
    for kind, group in (("as it stands", news), ("in people's own words", written)):
        for told in group:
            begun = time.perf_counter()
            found = verdict(told)
            seconds.append(time.perf_counter() - begun)
            made[kind] += 1
            right[kind] += not has_fault(found)
    share = 100 * right.total() / made.total()
    yield Figure(f"true statements without a fault, of {made.total()}", share, "%", at_least=97)
    yield f"by kind: {_shares(made, right)}"
    yield Figure("a statement, median", 1000 * median(seconds), "ms")


def flagged(true: Sequence[Told], pool: Pool) -> Iterator[Line]:
    """Statements with one fault, made from those that pass: by the exact comparisons, and with the reader behind."""
    made, exactly, wholly = Counter[str](), Counter[str](), Counter[str]()
    chance = random.Random(13)
    for told in true:
        if has_fault(verdict(told)):
            continue
        for kind, change in FAULTS.items():
            if (changed := change(told, pool, chance)) is not None:
                found = verdict(changed)
                made[kind] += 1
                exactly[kind] += has_fault(found)
                wholly[kind] += found.support != "verified"
    share, with_reader = (100 * each.total() / made.total() for each in (exactly, wholly))
    yield Figure(f"faults found by comparing, of {made.total()}", share, "%", with_reader, "%, with the reader", 95)
    yield f"by kind: {_shares(made, exactly)}"


def verdict(told: Told) -> Verdict:
    return assess(told.statement, told.passages, [told.title], [told.day] if told.day else [])


def has_fault(found: Verdict) -> bool:
    """Whether an exact comparison found one: the reader was not asked any more."""
    return found.support in ("partly", "unsupported") and found.carried is None


def _shares(made: Counter[str], good: Counter[str]) -> str:
    return ", ".join(f"{kind} {100 * good[kind] / made[kind]:.1f} % of {made[kind]}" for kind in made)


def _news(articles: Sequence[dict[str, Any]], chance: random.Random) -> Iterator[Told]:
    """One sentence of each article, with the passage that it stands in."""
    for article in articles:
        text = article["text"]
        spans = passages(text)
        if not spans:
            continue
        start, end = chance.choice(spans)
        passage = text[start:end]
        whole = [passage[a:b] for a, b in sentences(passage) if 40 < b - a < 300 and "\n" not in passage[a:b]]
        if whole:
            day = article.get("publish_date")
            published = date.fromisoformat(day.replace("/", "-")) if day else None
            yield Told(chance.choice(whole), (passage,), article["title"] or "", published)


def _answers(questions: Sequence[dict[str, Any]]) -> Iterator[Told]:
    """What people wrote as the answer with the passage before them, sentence by sentence."""
    for row in questions:
        for answer in row["answers"] if row["answerable"] else ():
            for start, end in sentences(answer):
                if end - start > 40:
                    yield Told(answer[start:end], (row["passage"],), row["title"], None)


def _claims(judged: Sequence[dict[str, Any]]) -> Iterator[Told]:
    """Claims of an encyclopedia that people found supported, with the sentences that they named and those around."""
    for row in judged:
        if row["label"] != "supported":
            continue
        evidence = row["evidence"]
        near = {at + step for at in row["supporting_sentences"][0] for step in (-2, -1, 0, 1, 2)}
        cited = "\n".join(evidence[at] for at in sorted(near) if 0 <= at < len(evidence))
        title = f"{row['meta']['claim_title']}. {evidence[0]}"
        found = re.search(r"PUBLISHED DATETIME: (\d{4}-\d\d-\d\d)", "\n".join(evidence[:5]))
        yield Told(row["claim"], (cited,), title, date.fromisoformat(found[1]) if found else None)


def pool_of(news: Sequence[Told]) -> Pool:
    text = "\n".join(told.passages[0] for told in news)
    names = sorted(set(re.findall(r"(?<=[a-z] )[A-Z][a-z]{4,}\b", text)))
    return Pool(names, sorted(set(re.findall(r"\b[a-z]{5,}\b", text))))
