"""``assistant feedback``: what readers said of answers, beside a running page."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.__main__ import main
from assistant.history.conversations import Conversations
from tests.assistant.history.test_answer_json import cited_answer


@pytest.fixture
def folder(tmp_path: Path) -> str:
    with Conversations(tmp_path) as store:
        for user, rating, comment in (("anna", "up", ""), ("", "down", "The \x1b[31mdate\n is wrong.")):
            begun = store.begin(user, "Whom did\nhe meet?")
            store.finish(user, begun.turn, replace(cited_answer(), question="Whom did\nhe meet?"))
            store.rate(user, begun.turn, rating, comment)  # type: ignore[arg-type]
    return str(tmp_path)


def test_feedback_is_exported_with_the_whole_answers(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    with Conversations(folder):  # a page is open
        assert main(["feedback", "--library", folder, "--json"]) == 0
    up, down = json.loads(capsys.readouterr().out)
    assert (up["rating"], up["user"], up["comment"]) == ("up", "anna", "")
    assert (down["rating"], down["user"], down["comment"]) == ("down", "", "The \x1b[31mdate\n is wrong.")
    assert up["answer"] == down["answer"] == replace(cited_answer(), question="Whom did\nhe meet?").to_dict()
    assert set(up) == {"rating", "comment", "given", "user", "conversation", "turn", "answer"}


def test_feedback_can_be_read_without_json(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["feedback", "--library", folder]) == 0
    first, second = capsys.readouterr().out.split("\ndown ")
    assert first.startswith("up   ")
    assert "UTC by anna: Whom did he meet?\n     Umerov met" in first
    assert "UTC: Whom did he meet?" in second
    assert "\n     “The [31mdate is wrong.”\n" in second  # without the terminal's escape character
    assert second.endswith(f"2 answers were rated in {folder}: 1 up, 1 down.\n")


def test_where_nobody_said_anything_that_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["feedback", "--library", str(tmp_path)]) == 0
    assert "0 answers were rated" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
    assert main(["feedback", "--library", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
