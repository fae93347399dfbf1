"""Articles to measure with: the evaluation data's where there is some, else the starter articles, varied."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

SEEDS = Path(__file__).parents[2] / "seeds"


def rows(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON Lines file, gzipped or not."""
    opened = gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")
    with opened as lines:
        return [json.loads(line) for line in lines]


def write_rows(path: Path, records: Iterable[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def table(data: Path | None, count: int, folder: Path) -> tuple[Path, str]:
    """A JSON Lines file of at most ``count`` articles in ``folder``, and what they are, for the reader of a figure."""
    if data is None:
        records, what = _varied_seeds(3)[:count], "of seeds/, three times, sentences in another order"
    else:
        records, what = rows(data / "news" / "articles.jsonl.gz")[:count], "of the evaluation data"
    size = sum(len(record["text"]) for record in records)
    path = write_rows(folder / "articles.jsonl", records)
    return path, f"{len(records)} articles {what}, {size // 1000:,} thousand characters"


def _varied_seeds(copies: int) -> list[dict[str, Any]]:
    from vectorstore import splitter
    from vectorstore.sources import read_all
    from vectorstore.types import Article

    made = []
    for article in [item for item in read_all([SEEDS]) if isinstance(item, Article)]:
        sentences = [article.text[start:end] for start, end in splitter.sentences(article.text)]
        for copy in range(copies):
            turn = copy * len(sentences) // copies
            text = "\n\n".join(sentences[turn:] + sentences[:turn])
            published = article.published.isoformat() if article.published else None
            made.append({"title": article.title, "text": text, "date": published, "id": f"{article.id}-turn-{copy}"})
    return made
