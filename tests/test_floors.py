"""A quality figure under its floor is named, and only that."""

from __future__ import annotations

import pytest

from tests.benchmarks import __main__ as bench
from tests.benchmarks.report import Figure


@pytest.mark.parametrize(("value", "said"), [(70.0, ["true kept is 70, its floor 85"]), (85.0, []), (91.0, [])])
def test_a_figure_under_its_floor_is_named(value: float, said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "_floors", lambda: {"judgement": {"true kept": 85.0}})
    assert bench.under_floor("judgement", Figure("true kept", value)) == said
    assert bench.under_floor("answers", Figure("true kept", value)) == []


def test_floors_are_set_for_benchmarks_that_there_are() -> None:
    assert set(bench._floors()) <= set(bench.BENCHMARKS)
