"""A batch through OpenAI's Batch API: the same rows as one asked question by question, and nothing asked twice."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from assistant import Assistant
from assistant.batch import batch_api, run
from assistant.many import rows
from tests.assistant.batch.conftest import batch, rows_of
from tests.assistant.conftest import MEETING_QUESTION
from tests.scripted_server import ScriptedServer, refuses, says

SAID = says("Umerov met Sébastien Lecornu in Paris. [1]", usage=(100, 0))


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_api, "POLL_SECONDS", 0.01)


def comparable(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "usage"}


def test_rows_are_those_of_questions_asked_one_by_one_at_half_the_price(
    folder: Path,
    questions: Path,
    tmp_path: Path,
    with_model: ScriptedServer,
) -> None:
    assert batch(folder, questions, tmp_path / "single.jsonl") == 1  # one row has a day that makes no sense
    scripted = with_model.has_batches()
    with_model.plays(SAID)
    assert batch(folder, questions, tmp_path / "together.jsonl", "--batch-api") == 1
    single, together = rows_of(tmp_path / "single.jsonl"), rows_of(tmp_path / "together.jsonl")
    assert list(map(comparable, single)) == list(map(comparable, together))
    assert len(scripted.batches) == 1
    assert [row["usage"]["cost_usd"] for row in together if not row["error"] and row["citations"]] == [0.005] * 4


def test_what_a_stopped_run_has_sent_is_fetched_and_what_failed_is_asked_again(
    folder: Path,
    tmp_path: Path,
    with_model: ScriptedServer,
) -> None:
    asked = list(rows([MEETING_QUESTION, "How long is the orbit?"]))
    scripted = with_model.has_batches()
    output = tmp_path / "answers.jsonl"

    notes = tmp_path / "answers.jsonl.batches"
    with Assistant.open(folder, read_only=True) as desk:
        with closing(batch_api.BatchApi(desk, notes, 1, None)) as stopped:
            stopped._sent({f"{key}-1": {"model": "m", "messages": []} for key in run._keys(asked)})
        with_model.plays(SAID, refuses(400, "not now"), SAID)
        done = run.run(desk, asked, output, batch_api=True)
    assert [row["error"] for row in done.rows] == [None, None]
    first, second = scripted.batches.values()
    assert (first["request_counts"]["total"], second["request_counts"]["total"]) == (2, 1)
    assert not notes.exists()


def test_a_batch_that_failed_as_a_whole_is_sent_anew_by_the_next_run(
    folder: Path,
    tmp_path: Path,
    with_model: ScriptedServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    asked, output = list(rows([MEETING_QUESTION])), tmp_path / "answers.jsonl"
    scripted = with_model.has_batches()
    scripted.fault = "Enqueued token limit reached"
    with Assistant.open(folder, read_only=True) as desk:
        (failed,) = run.run(desk, asked, output, batch_api=True).rows
        sent, scripted.fault = len(scripted.batches), ""
        (answered,) = run.run(desk, asked, output, batch_api=True).rows
    assert failed["error"]["class"] == "ModelFailed"
    assert "It says: “Enqueued token limit reached”" in caplog.text
    assert answered["error"] is None
    assert len(scripted.batches) == sent + 1


def test_a_server_without_the_api_and_a_budget_are_named(
    folder: Path,
    questions: Path,
    tmp_path: Path,
    with_model: ScriptedServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert batch(folder, questions, tmp_path / "a.jsonl", "--batch-api") == 1
    assert "has no Batch API" in capsys.readouterr().err
    assert batch(folder, questions, tmp_path / "a.jsonl", "--batch-api", "--budget", "1") == 1
    assert "Leave --budget out" in capsys.readouterr().err
