"""How well web pages become articles: their text and their day of publication, against people's own readings.

The text is scored as the article-extraction benchmark does it: shared runs of four words, precision and recall averaged
over pages (https://github.com/scrapinghub/article-extraction-benchmark). The baseline is trafilatura as it comes.
"""

from __future__ import annotations

import gzip
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import trafilatura

from tests.benchmarks.report import Figure, Line
from vectorstore.sources.html import decode_page
from vectorstore.sources.pages.page import read_page

RUN = 4
"""Words in a row that must agree, as in the benchmark."""


def run(data: Path | None) -> Iterator[Line]:
    if data is None or not (data / "pages").is_dir():
        yield "skipped: ARTICLE_DATA does not name a folder that holds pages/"
        return
    yield from texts(data / "pages" / "extraction")
    yield from days(data / "pages" / "dates")


def texts(folder: Path) -> Iterator[Line]:
    """Precision, recall and F1 of the text, and the time it takes."""
    truth: dict[str, dict[str, str]] = json.loads((folder / "ground_truth.json").read_text(encoding="utf-8"))
    pages = {name: _page(folder / f"{name}.html.gz") for name in truth}
    yield f"{len(pages)} article pages whose text people marked"
    bodies = {name: fields["articleBody"] for name, fields in truth.items()}
    ours, baseline = _score(pages, bodies, lambda page: read_page(page)["text"]), _score(pages, bodies, _plain)
    for name, value, plain in zip(
        ("precision", "recall", "F1", "seconds a page", "slowest"), ours, baseline, strict=True
    ):
        yield Figure(f"text of pages: {name}", value, "", plain, "trafilatura")


def days(folder: Path) -> Iterator[Line]:
    """How many days of publication are right, a day off (other time zones), wrong by more, and missing."""
    rows = [json.loads(line) for line in (folder / "dates.jsonl").read_text(encoding="utf-8").splitlines()]
    yield f"{len(rows)} news pages whose day of publication people looked up"
    counts: list[Counter[str]] = []
    for find in (lambda page: read_page(page)["published"], _plain_day):
        counts.append(Counter(_compare(find(_page(folder / row["file"])), row["published"]) for row in rows))
    for outcome in ("right", "a day off", "wrong", "missing"):
        yield Figure(f"days of pages: {outcome}", counts[0][outcome], "", counts[1][outcome], "trafilatura")


def _page(path: Path) -> str:
    return decode_page(gzip.decompress(path.read_bytes()))


def _plain(page: str) -> str:
    return trafilatura.extract(page, include_comments=False) or ""


def _plain_day(page: str) -> str | None:
    day: str | None = trafilatura.extract_metadata(page).date
    return day


def _compare(found: str | None, true: Any) -> str:
    if not isinstance(true, str):  # not a number: the page has no date
        return "right" if found is None else "wrong"
    if found is None:
        return "missing"
    apart = abs((date.fromisoformat(found) - date.fromisoformat(true)).days)
    return ("right", "a day off")[apart] if apart < 2 else "wrong"


def _score(pages: dict[str, str], truth: dict[str, str], extract: Callable[[str], str]) -> tuple[float, ...]:
    overlaps, seconds = [], []
    for name, page in pages.items():
        begun = time.perf_counter()
        text = extract(page)
        seconds.append(time.perf_counter() - begun)
        overlaps.append(_overlap(text, truth[name]))
    precision = sum(overlap[0] for overlap in overlaps) / len(overlaps)
    recall = sum(overlap[1] for overlap in overlaps) / len(overlaps)
    f1 = 2 * precision * recall / (precision + recall)
    return precision, recall, f1, sum(seconds) / len(seconds), max(seconds)


def _overlap(text: str, truth: str) -> tuple[float, float]:
    """Precision and recall of the runs of ``RUN`` words in ``text`` against those in ``truth``, with their counts."""
    ours, theirs = Counter(_runs(text)), Counter(_runs(truth))
    shared = sum((ours & theirs).values())
    return shared / max(1, sum(ours.values())), shared / max(1, sum(theirs.values()))


def _runs(text: str) -> Iterable[tuple[str, ...]]:
    words = re.findall(r"\w+", text)
    return (tuple(words[at : at + RUN]) for at in range(max(1, len(words) - RUN + 1)))
