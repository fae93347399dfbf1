"""The outlets in a question, read against made outlets: two tables of questions, one written after the rules.

Of the second, 34 of 38 were read rightly before any change that they led to, and none got a wrong limit.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assistant.question.outlets import read_outlets
from tests.benchmarks import material
from tests.benchmarks.report import Figure, Line
from vectorstore.types import Outlet

QUESTIONS = Path(__file__).parents[1] / "data" / "outlet_questions.jsonl"
HELD_OUT = Path(__file__).parents[1] / "data" / "outlet_questions_held_out.jsonl"

OUTLETS = tuple(
    Outlet(name, 10, tuple(domains.split()))
    for name, domains in (
        ("UNN", "unn.ua"),
        ("The Guardian", "theguardian.com"),
        ("TechCrunch", "techcrunch.com"),
        ("Reuters", "reuters.com"),
        ("BBC News", "bbc.co.uk bbc.com"),
        ("The New York Times", "nytimes.com"),
        ("Ukrinform", "ukrinform.net"),
        ("CNN", "edition.cnn.com cnn.com"),
        ("The Washington Post", "washingtonpost.com"),
        ("TIME", "time.com"),
        ("Nature", "nature.com"),
        ("Science", "science.org"),
        ("Variety", "variety.com"),
        ("Fortune", "fortune.com"),
        ("Politico", "politico.com politico.eu"),
        ("The Hill", "thehill.com"),
        ("Axios", "axios.com"),
        ("The Sun", "thesun.co.uk"),
        ("The Wall Street Journal", "wsj.com"),
        ("Financial Times", "ft.com"),
        ("Українська правда", "pravda.com.ua"),
        ("usatoday.com", "usatoday.com"),
        ("theweek.co.uk", "theweek.co.uk"),
        ("Associated Press", "apnews.com"),
        ("Bloomberg", "bloomberg.com"),
        ("White House", "whitehouse.gov"),
        ("Starter Library, Space desk", ""),
        ("Starter Library, World desk", ""),
    )
)


NAMED = ("USA Today", "CNN", "The Week", "UNN", "the Guardian", "Reuters", "bbc.co.uk", "the NYT")


def rows(path: Path) -> list[dict[str, Any]]:
    return material.rows(path)


def expected(row: dict[str, Any]) -> dict[str, set[str]]:
    """What the row says: names of ``OUTLETS`` that limit, are left out, are preferred."""
    return {key: set(row.get(key, ())) for key in ("only", "without", "preferred")}


def read(row: dict[str, Any]) -> dict[str, set[str]]:
    found = read_outlets(row["question"], OUTLETS)
    return {"only": set(found.only), "without": set(found.without), "preferred": set(found.preferred)}


def is_trap(row: dict[str, Any]) -> bool:
    """Names an outlet and asks nothing of it."""
    return not any(expected(row).values())


def run(data: Path | None) -> Iterator[Line]:
    """Yields a figure for each table, and the questions that are read otherwise than they should be."""
    for name, path, goal in (("all", QUESTIONS, 1.0), ("held out", HELD_OUT, 0.9)):
        table = rows(path)
        traps = [row for row in table if is_trap(row)]
        yield f"{name}: {len(table)} questions, {len(traps)} of them traps"
        yield Figure(f"{name}: read rightly", _share(table), at_least=goal)
        yield Figure(f"{name}: traps without any effect", _share(traps))
        yield Figure(f"{name}: wrong limits", sum(limits_wrongly(row) for row in table), at_most=0 if goal == 1 else 1)
        yield from (f"not as expected: {row['question']} {read(row)}" for row in table if read(row) != expected(row))
    began = time.perf_counter()
    for row in table * 10:
        read_outlets(row["question"], OUTLETS)
    if data is not None:
        yield from _real_questions(data)
    yield Figure("one question", 1e3 * (time.perf_counter() - began) / (10 * len(table)), "ms")


def _real_questions(data: Path) -> Iterator[Line]:
    """Questions that other people wrote, most of which name no outlet, and the same with one named as their source."""
    outlets = (*OUTLETS, Outlet("cnn.com", 1, ("cnn.com",)))
    news = [row["question"] for row in material.rows(data / "news" / "questions.jsonl")]
    others = [
        row["question"] for name in ("clapnq", "squad2") for row in material.rows(data / "answers" / f"{name}.jsonl.gz")
    ]
    found = [read_outlets(question, outlets) for question in (*news, *others)]
    yield Figure(
        f"limits in {len(found)} real questions",
        sum(bool(one.only or one.without) for one in found),
        at_most=0,
    )
    yield Figure("preferences in them", sum(bool(one.preferred) for one in found))
    named = [f"According to {name}, {question[:1].lower()}{question[1:]}" for question in news for name in NAMED]
    named += [f"{question.rstrip('?. ')}, according to {name}?" for question in news for name in NAMED]
    right = sum(len(read_outlets(question, outlets).only) > 0 for question in named)
    yield Figure(f"limits in {len(named)} that name a source", right / len(named), at_least=0.99)


def _share(table: list[dict[str, Any]]) -> float:
    return sum(read(row) == expected(row) for row in table) / len(table)


def limits_wrongly(row: dict[str, Any]) -> bool:
    """Whether a limit shuts something out that the question does not shut out: the costly kind of mistake."""
    found, wanted = read(row), expected(row)
    return bool((found["only"] and found["only"] != wanted["only"]) or found["without"] - wanted["without"])
