"""Is a statement carried by its source? Claims with human verdicts, and faults planted into true sentences."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from assistant.facts import facts
from assistant.support import assess
from tests.benchmarks.material import rows
from tests.benchmarks.report import Figure, Line
from vectorstore.splitter import passages, sentences

OVERLAP = 0.5
"""Share of a claim's words in the evidence from which the baseline believes it, as one would set it without tuning."""

ARTICLES = 800
"""News articles that lend one sentence each to the planted faults."""

_WORD = re.compile(r"\w+")


def run(data: Path | None) -> Iterator[Line]:
    if data is None:
        yield "SKIPPED: ARTICLE_DATA names no folder of evaluation data"
        return
    yield from claims(data / "support" / "wice.jsonl.gz")
    if (data / "news").is_dir():
        yield from planted(data / "news" / "articles.jsonl.gz")


def claims(path: Path) -> Iterator[Line]:
    """WiCE, development claims: each against its whole evidence. The claims that are partly supported are counted."""
    judged = rows(path)
    texts = ["\n".join(row["evidence"]) for row in judged]
    labels = [row["label"] for row in judged]
    began = time.perf_counter()
    verdicts = [
        assess(row["claim"], [text], published=_published(text)).support
        for row, text in zip(judged, texts, strict=True)
    ]
    seconds = time.perf_counter() - began
    shares = [_overlap(row["claim"], text) for row, text in zip(judged, texts, strict=True)]
    best = max((_balanced(labels, [share >= at / 50 for share in shares]) for at in range(51)), default=0.0)
    yield f"{labels.count('supported')} claims supported, {labels.count('not_supported')} not: one of these is 0.012"
    ours = _balanced(labels, [verdict == "verified" for verdict in verdicts])
    words = _balanced(labels, [share >= OVERLAP for share in shares])
    yield Figure("balanced accuracy, verified or not", ours, baseline=words, against="word overlap", at_least=0.70)
    yield Figure("the same, in points over word overlap", 100 * (ours - words), "points", at_least=8)
    yield Figure("the same, over the best threshold of overlap", 100 * (ours - best), "points")
    for label in ("supported", "partially_supported", "not_supported"):
        of_label = Counter(verdict for verdict, own in zip(verdicts, labels, strict=True) if own == label)
        counts = ", ".join(f"{of_label[kind]} {kind}" for kind in ("verified", "partly", "unsupported"))
        yield f"{label.replace('_', ' ')}: {counts}"
    yield Figure("a claim against 6,200 characters", 1000 * seconds / len(judged), "ms")


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence and the passage that it stands in."""

    sentence: str
    passage: str
    title: str
    day: date | None

    def verified(self, statement: str) -> bool:
        published = [self.day] if self.day else []
        return assess(statement, [self.passage], [self.title], published).support == "verified"


def planted(path: Path) -> Iterator[Line]:
    """Sentences of news articles against their own passage, as they stand and with one fact changed."""
    chance = random.Random(7)
    told = list(_told(rows(path)[:ARTICLES], chance))
    names = [name.text for each in told for name in facts(each.sentence).names if name.sure and len(name.text) > 3]
    kept = sum(each.verified(each.sentence) for each in told)
    caught: Counter[str] = Counter()
    made: Counter[str] = Counter()
    for each in told:
        for kind, change in CHANGES.items():
            changed = change(each.sentence, names, chance)
            if changed is not None and changed != each.sentence:
                made[kind] += 1
                caught[kind] += not each.verified(changed)
    yield f"{len(told)} sentences, {made.total()} faults: " + ", ".join(f"{n} {kind}s" for kind, n in made.items())
    yield Figure("true sentences kept", 100 * kept / len(told), "%", at_least=96)
    yield Figure("planted faults flagged", 100 * caught.total() / made.total(), "%", at_least=97)
    yield "by kind: " + ", ".join(f"{kind} {100 * caught[kind] / made[kind]:.1f} %" for kind in made)
    began = time.perf_counter()
    for each in told:
        each.verified(each.sentence)
    yield Figure(
        "a sentence against its passage, seen before", 1000 * (time.perf_counter() - began) / len(told), "ms", at_most=5
    )


def _told(articles: Sequence[dict[str, Any]], chance: random.Random) -> Iterator[Told]:
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
            yield Told(chance.choice(whole), passage, article["title"] or "", published)


def _other_name(sentence: str, names: Sequence[str], chance: random.Random) -> str | None:
    own = facts(sentence).names
    return sentence.replace(chance.choice(own).text, chance.choice(names), 1) if own else None


def _other_figure(sentence: str, names: Sequence[str], chance: random.Random) -> str | None:
    own = [figure.text for figure in facts(sentence).figures if re.search(r"\d", figure.text)]
    if not own:
        return None
    text = chance.choice(own)
    other = re.sub(r"\d+", lambda digits: str(int(digits[0]) + chance.choice((1, 3, 7, 10))), text, count=1)
    return sentence.replace(text, other, 1)


def _other_day(sentence: str, names: Sequence[str], chance: random.Random) -> str | None:
    own = facts(sentence).days
    if not own:
        return None
    day = chance.choice(own)
    if day.year is not None:
        other = day.text.replace(str(day.year), str(day.year + chance.choice((-3, -1, 2))))
    elif day.weekday is not None:
        other = chance.choice([name for name in _WEEKDAYS if name != day.text.title()])
    else:
        other = re.sub(
            r"[A-Za-z]+\.?", chance.choice([name for name in _MONTHS if not name.startswith(day.text[:3])]), day.text
        )
    return sentence.replace(day.text, other, 1)


def _other_sign(sentence: str, names: Sequence[str], chance: random.Random) -> str | None:
    if re.search(r"\bnot ", sentence):
        return re.sub(r"\bnot ", "", sentence, count=1)
    verb = re.search(r"\b(?:is|are|was|were|has|have|will|would|can|could) ", sentence)
    return f"{sentence[: verb.end()]}not {sentence[verb.end() :]}" if verb else None


_WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_MONTHS = "January February April June July August September October November December".split()

Change = Callable[[str, Sequence[str], random.Random], str | None]
CHANGES: dict[str, Change] = {
    "name": _other_name,
    "figure": _other_figure,
    "day": _other_day,
    "negation": _other_sign,
}


def _published(evidence: str) -> list[date]:
    """WiCE writes what it knows of the page into the evidence."""
    found = re.search(r"PUBLISHED DATETIME: (\d{4}-\d\d-\d\d)", evidence)
    return [date.fromisoformat(found[1])] if found else []


def _overlap(claim: str, evidence: str) -> float:
    words = set(_WORD.findall(claim.lower()))
    return len(words & set(_WORD.findall(evidence.lower()))) / len(words)


def _balanced(labels: Sequence[str], believed: Sequence[bool]) -> float:
    """Mean of the shares of supported claims believed and of unsupported ones not believed."""
    true = [belief for belief, label in zip(believed, labels, strict=True) if label == "supported"]
    false = [not belief for belief, label in zip(believed, labels, strict=True) if label == "not_supported"]
    return (sum(true) / len(true) + sum(false) / len(false)) / 2
