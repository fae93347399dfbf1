"""What was learned: does this sentence answer, do these words carry that statement. On text that nothing was set on.

Questions and statements that people and careful writers wrote over news articles; claims of an encyclopedia with human
verdicts; questions over paragraphs. Training and every choice used other articles. A tenth of the articles is kept back
from ``judgement`` and is looked at by ``judgement-kept`` alone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any
from zlib import crc32

import numpy as np

from assistant.checking.support import assess, nearest_sentences, share_covered
from assistant.language.words import content_words
from assistant.reader import CARRIED, Evidence, reader
from assistant.writing.extractive import ANSWERS, ExtractiveWriter, Quoted, ranked_sentences
from tests.benchmarks import questions
from tests.benchmarks.material import rows
from tests.benchmarks.questions import Remembering
from tests.benchmarks.report import Figure, Line
from vectorstore.embedding.embeddings import LocalEmbeddings
from vectorstore.library import Library

KEPT = 10
"""One article in so many is kept back."""

Row = dict[str, Any]


def run(data: Path | None, *, kept: bool = False) -> Iterator[Line]:
    assert data is not None
    windows = [row for row in rows(data / "reader" / "written_dev.jsonl.gz") if is_kept(row) is kept]
    yield f"{len(windows)} windows of articles{', kept back' if kept else ''}"
    yield from statements(windows)
    if not kept:
        yield from claims(data / "support" / "wice.jsonl.gz")
        yield from paragraphs(data / "reader" / "qa_xquad_en.jsonl.gz")
    yield from of_their_window(windows)
    others = rows(data / "reader" / "written_train.jsonl.gz")
    with TemporaryDirectory() as scratch:
        records = [_record(row) for row in (*windows, *others)]
        with questions.library_of(records, Path(scratch), Remembering()) as library:
            yield from in_a_library(windows, library)


def run_kept(data: Path | None) -> Iterator[Line]:
    """The same on the articles that are kept back. To be looked at once, when everything is chosen."""
    yield from run(data, kept=True)


def is_kept(row: Row) -> bool:
    return crc32(str(row["id"]).encode()) % KEPT == 0


def statements(windows: Sequence[Row]) -> Iterator[Line]:
    """Statements of both written sets, each against its whole window."""
    told: list[tuple[bool, str, float, bool, float]] = []
    for row in windows:
        text = " ".join(row["sentences"].values())
        day = date.fromisoformat(row["published"]) if row["published"] else None
        context, published = [row["title"]], [day] if day else []
        for name in ("true", "true_close", "false", "false_free"):
            for each in row[name]:
                evidence = nearest_sentences(each["s"], [text], context, published)
                share = share_covered(each["s"], [text, row["title"]])
                alone = reader().carries([(each["s"], evidence)], [share])[0].carried
                believed = assess(each["s"], [text], context, published).support == "verified"
                overlap = _overlap(each["s"], text)
                told.append((name.startswith("true"), each.get("kind") or "", alone, believed, overlap))
    true, false = [t for t in told if t[0]], [t for t in told if not t[0]]
    words = _best([t[4] for t in true], [t[4] for t in false])
    alone = _balanced([t[2] >= CARRIED for t in true], [t[2] >= CARRIED for t in false])
    both = _balanced([t[3] for t in true], [t[3] for t in false])
    yield f"{len(true)} true and {len(false)} false statements"
    yield Figure("reader alone, balanced accuracy", alone, "", words, "word overlap, its best", 0.74)
    yield Figure("with exact checks, balanced accuracy", both, "", words, "word overlap, its best", 0.76)
    yield Figure("true kept", 100 * mean(t[3] for t in true), "%", at_least=85)
    kinds: dict[str, list[bool]] = defaultdict(list)
    for _, kind, _, believed, _ in false:
        kinds[kind].append(not believed)
    shares = {kind: 100 * mean(flagged) for kind, flagged in kinds.items() if len(flagged) >= 20}
    if shares:
        yield Figure("weakest kind of fault flagged", min(shares.values()), "%", at_least=40)
        yield ", ".join(f"{kind} {share:.0f} %" for kind, share in sorted(shares.items(), key=lambda pair: pair[1]))


def claims(path: Path) -> Iterator[Line]:
    """WiCE: claims of an encyclopedia against the pages they cite."""
    judged = rows(path)
    believed, overlaps, supported = [], [], []
    for row in judged:
        text = "\n".join(row["evidence"])
        found = re.search(r"PUBLISHED DATETIME: (\d{4}-\d\d-\d\d)", text)
        published = [date.fromisoformat(found[1])] if found else []
        believed.append(assess(row["claim"], [text], [], published).support == "verified")
        overlaps.append(_overlap(row["claim"], text))
        supported.append(row["label"])
    for name, others in (
        ("WiCE, supported or not", ("not_supported",)),
        ("WiCE, supported or not wholly", ("not_supported", "partially_supported")),
    ):
        one = [place for place, label in enumerate(supported) if label == "supported"]
        other = [place for place, label in enumerate(supported) if label in others]
        words = _best([overlaps[place] for place in one], [overlaps[place] for place in other])
        ours = _balanced([believed[place] for place in one], [believed[place] for place in other])
        target = 0.79 if others == ("not_supported",) else None
        yield Figure(f"{name}, balanced accuracy", ours, "", words, "word overlap, its best", target)


def paragraphs(path: Path) -> Iterator[Line]:
    """XQuAD in English: is the sentence that holds the answer ranked first among those of its paragraph?"""
    from vectorstore.text.splitter import sentences

    similar = LocalEmbeddings()
    ours, cosine = [], []
    for row in rows(path):
        spans = sentences(row["context"])
        texts = tuple(row["context"][start:end] for start, end in spans)
        vectors = similar.embed_array(texts)
        asked = [question["q"] for question in row["questions"]]
        chances = [reader().answers(question, [Evidence(texts)])[0] for question in asked]
        for question, chance, vector in zip(row["questions"], chances, similar.embed_array(asked), strict=True):
            gold = {i for i, (low, high) in enumerate(spans) for start, _ in question["answers"] if low <= start < high}
            ours.append(int(np.argmax(chance)) in gold)
            cosine.append(int(np.argmax(vectors @ vector)) in gold)
    yield Figure("XQuAD: answering sentence first", 100 * mean(ours), "%", 100 * mean(cosine), "%, cosine", 85)


def of_their_window(windows: Sequence[Row]) -> Iterator[Line]:
    """Written questions without search: the answering sentence first among the 9 to 14 of its window."""
    similar = LocalEmbeddings()
    ours, cosine, there, away = [], [], [], []
    for row in windows:
        texts = tuple(row["sentences"].values())
        day = date.fromisoformat(row["published"]) if row["published"] else None
        evidence = Evidence(texts, row["title"], day)
        vectors = similar.embed_array(texts)
        for question in row["questions"]:
            chance = reader().answers(question["q"], [evidence])[0]
            ours.append(int(np.argmax(chance)) + 1 in question["a"])
            nearest = int(np.argmax(vectors @ np.asarray(similar.embed_query(question["q"]))))
            cosine.append(nearest + 1 in question["a"])
            there.append(float(chance.max()))
        away += [float(reader().answers(near["q"], [evidence])[0].max()) for near in row["unanswerable"]]
    yield Figure("of its window: answering sentence first", 100 * mean(ours), "%", 100 * mean(cosine), "%, cosine", 75)
    at = float(np.quantile(there, 0.12))
    yield Figure("of its window: near questions refused at 88 %", 100 * mean(x < at for x in away), "%")


def in_a_library(windows: Sequence[Row], library: Library) -> Iterator[Line]:
    """The same with search, over all windows as a library; and near questions, which have no answer."""
    writer = ExtractiveWriter(library.similarity)
    first, among, there, away = [], [], [], []
    for row in windows:
        for question in row["questions"]:
            matches = questions.search(library, question["q"])
            quoted = writer.select(question["q"], matches)
            right = [_is_gold(each, row, question["a"]) for each in quoted]
            first.append(bool(right[:1] and right[0]))
            among.append(any(right))
            there.append(_best_chance(question["q"], matches))
        for near in row["unanswerable"]:
            away.append(_best_chance(near["q"], questions.search(library, near["q"])))
    yield Figure("in a library: answering sentence quoted first", 100 * mean(first), "%", at_least=65)
    yield Figure("in a library: among the quoted", 100 * mean(among), "%", at_least=80)
    yield Figure("in a library: answered at all", 100 * mean(x >= ANSWERS for x in there), "%", at_least=88)
    yield Figure("in a library: near questions refused", 100 * mean(x < ANSWERS for x in away), "%", at_least=55)
    at = float(np.quantile(there, 0.12))
    yield Figure("in a library: near refused at 88 % answered", 100 * mean(x < at for x in away), "%")


def _best_chance(question: str, matches: Sequence[Any]) -> float:
    ranked = ranked_sentences(question, matches)
    return ranked[0].answers if ranked else 0.0


def _is_gold(quoted: Quoted, row: Row, gold: Sequence[int]) -> bool:
    words = _plain(quoted.text)
    return quoted.article.id == row["id"] and any(
        _plain(row["sentences"][str(number)]) in words or words in _plain(row["sentences"][str(number)])
        for number in gold
    )


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def _record(row: Row) -> Row:
    text = " ".join(row["sentences"].values())
    return {"id": row["id"], "title": row["title"], "published": row["published"], "text": text}


def _overlap(statement: str, text: str) -> float:
    words = set(content_words(statement))
    return len(words & set(content_words(text))) / max(1, len(words))


def _balanced(true: Sequence[bool], false: Sequence[bool]) -> float:
    return float(np.mean(true) + 1 - np.mean(false)) / 2


def _best(true: Sequence[float], false: Sequence[float]) -> float:
    """The balanced accuracy of the best threshold, chosen on the same data: an upper bound for a baseline."""
    return max(_balanced([t >= at for t in true], [f >= at for f in false]) for at in np.linspace(0, 1, 101))
