"""Keys: made, shown once, demanded and taken away."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest

from assistant import Assistant
from assistant.__main__ import main
from assistant.service.keys import Keys, KeysUnusable, PerMinute
from assistant.settings import Settings
from tests.assistant.conftest import DRONES_QUESTION
from tests.assistant.service.conftest import served

ROOT = Path(__file__).parents[3]


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}


def test_a_key_is_shown_once_and_stored_as_a_hash(own_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = ["--library", str(own_folder)]
    assert main(["keys", "add", "shop", "--role", "search", *folder]) == 0
    key = capsys.readouterr().out.strip()
    stored = own_folder / "keys.json"
    assert key not in stored.read_text()
    assert stat.S_IMODE(stored.stat().st_mode) == 0o600
    assert main(["keys", "list", *folder]) == 0
    assert capsys.readouterr().out.startswith("shop\tsearch\t")
    assert main(["keys", "add", "shop", *folder]) == 1
    assert "assistant keys remove shop" in capsys.readouterr().err
    found = Keys(own_folder).find(key)
    assert found is not None
    assert found[0] == "shop"
    assert Keys(own_folder).find(key[:-1]) is None
    assert main(["keys", "remove", "shop", *folder]) == 0
    assert Keys(own_folder).find(key) is None
    assert main(["keys", "remove", "shop", *folder]) == 1


def test_a_damaged_file_of_keys_lets_nobody_in(own_folder: Path) -> None:
    (own_folder / "keys.json").write_text('{"shop": {"role": "admin"}}')
    with pytest.raises(KeysUnusable, match=r"keys\.json"):
        Keys(own_folder).all()
    with Assistant.open(own_folder, settings=Settings(), read_only=True) as desk, served(desk) as address:
        response = httpx2.get(f"{address}/api/articles", timeout=None)
    assert (response.status_code, response.json()["error"]["code"]) == (503, "keys_unusable")


def test_a_key_is_demanded_once_there_is_one_and_has_its_role(own_folder: Path) -> None:
    with Assistant.open(own_folder, settings=Settings(), read_only=True) as desk, served(desk) as address:

        def status(method: str, path: str, key: str = "", **sent: Any) -> int:
            return httpx2.request(method, address + path, headers=bearer(key), timeout=None, **sent).status_code

        asked: Any = {"json": {"question": DRONES_QUESTION}}
        assert status("POST", "/api/ask", **asked) == 200
        keys = Keys(own_folder)
        asks, searches = keys.add("desk", "ask"), keys.add("shop", "search")
        assert status("POST", "/api/ask", **asked) == 401
        assert status("GET", "/v1/models", "aa-wrong") == 401
        assert status("GET", "/healthz") == 200
        assert status("POST", "/api/ask", searches, **asked) == 403
        assert status("POST", "/v1/responses", searches, json={"model": "article-assistant", "input": "a"}) == 403
        assert status("GET", "/api/search?q=drones", searches) == 200
        assert status("POST", "/api/ask", asks, **asked) == 200
        keys.remove("desk")
        assert status("POST", "/api/ask", asks, **asked) == 401


def test_a_service_that_others_reach_is_never_open(own_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--host", "0.0.0.0", "--library", str(own_folder)]) == 1
    assert "assistant keys add NAME --role ask" in capsys.readouterr().err
    with (
        Assistant.open(own_folder, settings=Settings(), read_only=True) as desk,
        served(desk, host="0.0.0.0") as address,
    ):
        assert httpx2.get(f"{address}/api/articles", timeout=None).status_code == 401


@pytest.mark.parametrize("host", ["articles.example", "[", "127.0.0.1.evil.example", ""])
def test_a_name_that_was_made_to_point_here_reads_nothing_from_an_open_service(extractive: str, host: str) -> None:
    response = httpx2.get(f"{extractive}/api/articles", headers={"Host": host}, timeout=None)
    assert (response.status_code, response.json()["error"]["code"]) == (403, "host_refused")


def test_requests_are_counted_by_the_minute_and_by_the_key() -> None:
    now = 600.0
    minute = PerMinute(2, lambda: now)
    assert [minute.seconds_to_wait("a"), minute.seconds_to_wait("a"), minute.seconds_to_wait("b")] == [0, 0, 0]
    now = 645.0
    assert minute.seconds_to_wait("a") == 15
    now = 660.0
    assert minute.seconds_to_wait("a") == 0


def test_too_many_requests_are_told_when_to_come_again(own_folder: Path) -> None:
    key = Keys(own_folder).add("desk", "ask")
    with (
        Assistant.open(own_folder, settings=Settings(), read_only=True) as desk,
        served(desk, per_minute=0) as address,
    ):
        response = httpx2.get(f"{address}/v1/models", headers=bearer(key), timeout=None)
    assert response.status_code == 429
    assert 0 < int(response.headers["retry-after"]) <= 60
    assert response.json()["error"]["code"] == "rate_limit_exceeded"


def test_the_command_serves_until_ctrl_c_and_names_a_port_that_is_taken(
    folder: Path, extractive: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "--port", extractive.rpartition(":")[2], "--library", str(folder)]) == 1
    assert "--port" in capsys.readouterr().err
    serving = subprocess.Popen(
        [sys.executable, "-m", "assistant", "serve", "--port", "0", "--library", str(folder)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert serving.stdout is not None
    address = serving.stdout.readline().partition("/v1")[0]
    assert httpx2.get(f"{address}/healthz", timeout=None).json() == {"status": "ok"}
    serving.send_signal(signal.SIGINT)
    _, errors = serving.communicate()
    assert (serving.returncode, errors) == (0, "")
