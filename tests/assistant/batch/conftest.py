"""Questions of all kinds in a file, and a scripted model that writes the answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assistant.__main__ import main
from tests.assistant.conftest import ABSENT_QUESTION, DRONES_QUESTION, MEETING_QUESTION
from tests.scripted_server import ScriptedServer, says

QUESTIONS: list[dict[str, Any]] = [
    {"id": 1, "question": MEETING_QUESTION},
    {"id": 2, "question": DRONES_QUESTION, "since": "2024-09-01", "until": "2024-09-30T12:00:00Z"},
    {"id": 3, "question": ABSENT_QUESTION},
    {"id": 4, "question": "What shortened the orbit?", "since": "someday"},
    {"id": 5, "question": "How does a sourdough rise?", "sources": ["Starter Library, Kitchen desk"]},
    {"id": 6, "question": MEETING_QUESTION, "until": "2021-01-01"},
]


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "questions.jsonl"
    path.write_text("\n".join(map(json.dumps, QUESTIONS)), encoding="utf-8")
    return path


@pytest.fixture
def with_model(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> ScriptedServer:
    """The scripted model writes, and costs a cent a question."""
    for name, value in {
        "OPENAI_BASE_URL": server.url,
        "OPENAI_API_KEY": "sk-secret-key",
        "ASSISTANT_MODEL": "m",
        "ASSISTANT_PRICES": "m=100/0",
    }.items():
        monkeypatch.setenv(name, value)
    server.plays(says("Umerov met Sébastien Lecornu in Paris. [1]", usage=(100, 0)))
    return server


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def batch(folder: Path, questions: Path, output: Path, *options: str) -> int:
    return main(["batch", str(questions), "-o", str(output), "--library", str(folder), *options])
