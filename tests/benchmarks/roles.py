"""What a time or an outlet's name does in a question, as the reader judges it: on rows that another hand wrote."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import mean

from assistant.reader import reader
from tests.benchmarks.material import rows
from tests.benchmarks.report import Figure, Line

WRITTEN = Path(__file__).parent / "reader" / "written" / "roles_dev.jsonl"

_TIMES = ("event", "published", "recent", "none")
_LIMITS = ("event", "published")


def run(data: Path | None) -> Iterator[Line]:
    """Yields figures for times and for outlets."""
    del data  # these rows are ours
    every = [(row["q"], row["piece"], row["role"]) for row in rows(WRITTEN)]
    times = [(reader().time_role(q, piece), role) for q, piece, role in every if role in _TIMES]
    outlets = [(reader().outlet_role(q, piece), role) for q, piece, role in every if role not in _TIMES]
    limits = 100 * mean((found in _LIMITS) == (role in _LIMITS) for found, role in times)
    yield Figure(f"times: limits or not, of {len(times)}", limits, "%", at_least=88)
    yield Figure("times: which of four roles", 100 * mean(found == role for found, role in times), "%", at_least=80)
    right = 100 * mean(found == role for found, role in outlets)
    yield Figure(f"outlets: which of four roles, of {len(outlets)}", right, "%", at_least=85)
    for name in ("subject", "recent", "none"):
        own = [found for found, role in (*times, *outlets) if role == name]
        shut = 100 * mean(found in ("event", "published", "only", "without") for found in own)
        yield Figure(f"{name}: taken for a limit", shut, "%")
