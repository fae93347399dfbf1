"""The comparison with other libraries goes on when one of them does not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.benchmarks.peers import environments
from tests.benchmarks.peers.__main__ import OURS, Contest, Measure, tabulated
from tests.benchmarks.peers.contract import Added, Found
from tests.benchmarks.peers.environments import PeerFailed, Worker


class Scripted:
    """Finds one article, until it stops."""

    def __init__(self, peer: str, searches: int) -> None:
        self.peer = peer
        self.start = 0.0
        self._searches = searches

    def add(self, table: Path, folder: Path, *, keeps: bool = False) -> Added:
        raise NotImplementedError

    def search(self, question: str, k: int) -> Found:
        if not self._searches:
            raise PeerFailed("it stopped")
        self._searches -= 1
        return Found((self.peer,), 1.0)

    def close(self) -> None: ...


def test_a_peer_that_stops_is_named_and_the_others_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    contest = Contest([Scripted(OURS, 9), Scripted("llamaindex", 1), Scripted("txtai", 9)])
    pieces = {OURS: 1, "llamaindex": 1, "txtai": 1}
    assert set(contest.search("first", pieces)) == {OURS, "llamaindex", "txtai"}
    assert set(contest.search("second", pieces, turn=1)) == {OURS, "txtai"}
    assert list(contest.search("third", pieces, turn=1)) == ["txtai", OURS]
    assert contest.lost == {"llamaindex": "it stopped"}
    assert "NOT MEASURED: llamaindex: it stopped" in capsys.readouterr().out


def test_a_library_that_cannot_be_loaded_fails_with_its_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "txtai").with_suffix(".py").write_text("raise ImportError('torch is not what it was')", "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(environments, "environment", lambda name: Path(sys.executable))
    with pytest.raises(PeerFailed, match="torch is not what it was"):
        Worker("txtai", "txtai", tmp_path)


def test_a_peer_without_a_value_leaves_its_cell_empty() -> None:
    lines = list(tabulated([Measure("added", "/s", {OURS: 20.0, "txtai": 10.5}), Measure("MRR", "", {OURS: 0.75})]))
    assert [line.split() for line in lines] == [
        ["ours", "txtai"],
        ["added,", "/s", "20", "10.5"],
        ["MRR", "0.750", "–"],
    ]
