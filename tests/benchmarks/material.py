"""Articles to measure with: the evaluation data's where there is some, else the starter articles, varied."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

SEEDS = Path(__file__).parents[2] / "seeds"

COPIES = 12
"""Of each starter article: about 1,300 passages, seconds of work, so that what is paid once does not decide."""


def rows(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON Lines file, gzipped or not."""
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in content.splitlines()]


def write_rows(path: Path, records: Iterable[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def table(data: Path | None, count: int, folder: Path) -> tuple[Path, str]:
    """A JSON Lines file of ``count`` news articles, or of many short seeds; and a line on what it holds."""
    if data is None:
        records, what = _varied_seeds(), f"of seeds/, {COPIES} times, each time in another order"
    else:
        records, what = rows(data / "news" / "articles.jsonl.gz")[:count], "of the evaluation data"
    size = sum(len(record["text"]) for record in records)
    path = write_rows(folder / "articles.jsonl", records)
    return path, f"{len(records)} articles {what}, {size // 1000:,} thousand characters"


def _varied_seeds() -> list[dict[str, Any]]:
    from vectorstore.sources import read_all
    from vectorstore.text import splitter
    from vectorstore.types import Article

    made = []
    for article in [item for item in read_all([SEEDS]) if isinstance(item, Article)]:
        sentences = [article.text[start:end] for start, end in splitter.sentences(article.text)]
        for copy in range(1, COPIES + 1):
            turn = copy * len(sentences) // COPIES
            made.append(
                {
                    "id": f"{article.id}-turn-{copy}",
                    "title": f"{article.title}, {copy}",
                    "text": "\n\n".join(sentences[turn:] + sentences[:turn]),
                    "date": article.published.isoformat() if article.published else None,
                }
            )
    return made
