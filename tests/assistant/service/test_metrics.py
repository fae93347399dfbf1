"""The figures of the service as Prometheus reads them."""

from __future__ import annotations

import re
from pathlib import Path

import httpx2

from assistant import Assistant
from assistant.service.keys import Keys
from assistant.settings import Settings
from tests.assistant.conftest import ABSENT_QUESTION, MEETING_QUESTION, Open
from tests.assistant.service.conftest import served
from tests.scripted_server import ScriptedServer, refuses, says

_SAMPLE = re.compile(r'([a-z_]+(?:\{[a-z]+="[^"]*"\})?) (\d+(?:\.\d+)?(?:e-?\d+)?)')


def samples(address: str, key: str = "") -> dict[str, float]:
    response = httpx2.get(f"{address}/metrics", headers={"Authorization": f"Bearer {key}"} if key else {})
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = [line for line in response.text.split("\n") if line and not line.startswith("# ")]
    matched = [_SAMPLE.fullmatch(line) for line in lines]
    assert all(matched)
    return {match[1]: float(match[2]) for match in matched if match}


def test_answers_silence_tokens_and_faults_are_counted(open_desk: Open, server: ScriptedServer) -> None:
    with served(open_desk(prices="m=1/2"), per_minute=60) as address:
        before = samples(address)
        assert before["assistant_questions_total"] == before["assistant_search_seconds_count"] == 0
        server.plays(says("He met Sébastien Lecornu. [1]", usage=(1_000, 20)), refuses(401))
        for stream, status in ((True, 200), (False, 502)):
            asked = httpx2.post(
                f"{address}/api/ask", json={"question": MEETING_QUESTION, "stream": stream}, timeout=None
            )
            assert asked.status_code == status
        found = samples(address)
    assert found["assistant_articles"] == 4
    assert found["assistant_questions_total"] == 2
    assert found['assistant_answers_total{state="complete"}'] == 1
    assert found['assistant_failures_total{fault="key_refused"}'] == 1
    assert found['assistant_tokens_total{direction="input"}'] == 1_000
    assert found['assistant_tokens_total{direction="output"}'] == 20
    assert found["assistant_cost_dollars_total"] == 0.00104
    for part in ("search", "write"):
        counts = [n for name, n in found.items() if name.startswith(f"assistant_{part}_seconds_bucket")]
        assert counts == sorted(counts)
        assert counts[-1] == found[f"assistant_{part}_seconds_count"] == 1


def test_the_key_of_a_monitor_reads_the_figures_and_nothing_else(own_folder: Path) -> None:
    keys = Keys(own_folder)
    monitor, search = keys.add("monitor", "metrics"), keys.add("shop", "search")
    with Assistant.open(own_folder, settings=Settings(), read_only=True) as desk, served(desk) as address:
        assert httpx2.get(f"{address}/metrics").status_code == 401
        assert samples(address, monitor)["assistant_abstentions_total"] == 0
        refused = httpx2.get(f"{address}/api/articles", headers={"Authorization": f"Bearer {monitor}"})
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "role_insufficient")
        assert samples(address, search)["assistant_articles"] == 4
        ask = {"Authorization": f"Bearer {keys.add('ask', 'ask')}"}
        httpx2.post(f"{address}/api/ask", json={"question": ABSENT_QUESTION}, headers=ask, timeout=None)
        assert samples(address, monitor)["assistant_abstentions_total"] == 1
