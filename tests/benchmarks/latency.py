"""What one answer without a chat model costs over 1,500 articles, and what the reader costs of it.

On two cores, with the processor's own instructions and with AVX2 alone, which every processor since 2013 has. Each in a
process of its own (``python -m tests.benchmarks.latency NEWS``): CTranslate2 chooses its instructions once.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean, median

import numpy as np

from assistant.reader import Evidence, reader
from tests.benchmarks.answers import assistant
from tests.benchmarks.material import rows
from tests.benchmarks.news import kept_library
from tests.benchmarks.report import Figure, Line
from vectorstore.embedding.embeddings import LocalEmbeddings
from vectorstore.text.splitter import sentences
from vectorstore.types import Match

CORES = 2
SENTENCES = 7, 7, 6
"""Of each of the three passages that the reader is given in one batch."""
INSTRUCTIONS = {"AVX2": {"CT2_FORCE_CPU_ISA": "AVX2"}, "native": {}}

Spent = dict[str, list[float]]
"""Milliseconds of each answer, and of each batch of the reader; the tokens of these batches, by characters."""


def run(data: Path | None) -> Iterator[Line]:
    assert data is not None
    for name, chosen in INSTRUCTIONS.items():
        environment = {key: value for key, value in os.environ.items() if key != "CT2_FORCE_CPU_ISA"} | chosen
        command = [sys.executable, "-m", "tests.benchmarks.latency", str(data / "news")]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} failed: {done.stderr.strip()[-500:]}")
        spent: Spent = json.loads(done.stdout.splitlines()[-1])
        count = len(spent["answers"])
        at_most = 500 if name == "AVX2" else None
        yield Figure(f"{name}: an answer, median of {count}", median(spent["answers"]), "ms")
        yield Figure(f"{name}: an answer, p95", float(np.quantile(spent["answers"], 0.95)), "ms", at_most=at_most)
        size = f"{mean(spent['characters']):,.0f} characters"
        at_most = 60 if name == "AVX2" else None
        yield Figure(f"{name}: the reader, 20 sentences, {size}", median(spent["reader"]), "ms", at_most=at_most)


def measure(news: Path) -> Spent:
    """The news questions, each asked once on its day."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    spent: Spent = {"answers": [], "reader": [], "characters": []}
    with kept_library(news / "articles.jsonl.gz", LocalEmbeddings()) as library:
        desk = assistant(library)
        desk.ask("Who won the election?")  # what is loaded once, is loaded now
        for row in rows(news / "questions.jsonl"):
            begun = time.perf_counter()
            desk.ask(row["question"], as_of=row["asked_on"])
            spent["answers"].append(1000 * (time.perf_counter() - begun))
            batch = _batch(desk.search(row["question"], as_of=row["asked_on"]))
            if sum(len(evidence.sentences) for evidence in batch) == sum(SENTENCES):
                begun = time.perf_counter()
                reader().answers(row["question"], batch)
                spent["reader"].append(1000 * (time.perf_counter() - begun))
                spent["characters"].append(sum(len(text) for evidence in batch for text in evidence.sentences))
    return spent


def _batch(matches: Sequence[Match]) -> list[Evidence]:
    """Sentences from the start of each of the best passages on."""
    made = []
    for match, count in zip(matches, SENTENCES, strict=False):
        text = match.article.text[match.start :]
        texts = tuple(text[start:end] for start, end in sentences(text)[:count])
        made.append(Evidence(texts, match.article.title, match.article.published))
    return made


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]))))
