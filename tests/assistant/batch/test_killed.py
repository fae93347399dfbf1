"""A batch as a process of its own: killed at any moment it goes on, and its file is that of a run left alone."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.assistant.conftest import ABSENT_QUESTION, DRONES_QUESTION, MEETING_QUESTION
from tests.scripted_server import Received, Scene, ScriptedServer, says, stalls

ROOT = Path(__file__).parents[3]


def start(folder: Path, questions: Path, output: Path, *options: str, **environment: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "assistant", "batch", str(questions), "-o", str(output), "--library", str(folder)]
    env = os.environ | {"PYTHONPATH": str(ROOT), "ASSISTANT_CHECK": "reader"} | environment
    return subprocess.Popen([*command, *options], cwd=ROOT, env=env, stdout=subprocess.DEVNULL)


def numbers(texts: Sequence[str]) -> list[str]:
    return [found[1] for text in texts if (found := re.search(r"on visit (\d+)", text))]


def finished(journal: Path) -> list[str]:
    """The numbers of the rows that are whole in the file."""
    lines = journal.read_bytes().split(b"\n")[:-1] if journal.exists() else []
    return numbers([json.loads(line)["question"] for line in lines])


@pytest.mark.parametrize(
    ("kind", "kills", "count"),
    [("jsonl", 1, 4), pytest.param("html", 20, 66, marks=pytest.mark.long)],
)
def test_a_killed_batch_asks_nothing_twice_and_ends_as_one_left_alone(
    folder: Path, tmp_path: Path, server: ScriptedServer, kind: str, kills: int, count: int
) -> None:
    def answers(received: Received) -> Scene:
        number = next(iter(numbers([received.prompt])), "")
        return says(f"Umerov met Lecornu in Paris on visit {number}. [1]")

    server.plays(answers)
    questions = tmp_path / "questions.txt"
    questions.write_text("".join(f"Whom did Umerov meet in Paris on visit {n}?\n" for n in range(count)))
    model = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "sk-key", "ASSISTANT_MODEL": "m"}
    alone, output = tmp_path / "alone" / f"answers.{kind}", tmp_path / f"answers.{kind}"
    alone.parent.mkdir()
    assert start(folder, questions, alone, **model).wait() == 0
    journal = output if kind == "jsonl" else tmp_path / f"answers.{kind}.jsonl"
    chance = random.Random(20_261_201)
    for kill in range(1, kills + 1):
        before, until = finished(journal), kill * count // (kills + 1)
        allowed: set[str] = set()

        def some_answers(received: Received, most: int = until - len(before), to: set[str] = allowed) -> Scene:
            asked = set(numbers([received.prompt]))
            if asked <= to or len(to) < most:
                to |= asked
                return answers(received)
            return stalls()

        # The model answers no more than is to be done before the kill: a slow machine cannot miss that moment.
        server.plays(some_answers)
        process = start(folder, questions, output, **model)
        while process.poll() is None and len(finished(journal)) < until:
            time.sleep(0.005)
        time.sleep(chance.random() / 20)
        process.kill()
        process.wait()
        asked = numbers([received.prompt for received in server.requests])
        assert not set(asked) & set(before)
        assert set(finished(journal)) >= set(before)
    assert 0 < len(finished(journal)) < count
    left = set(map(str, range(count))) - set(finished(journal))
    server.plays(answers)
    assert start(folder, questions, output, **model).wait() == 0
    assert set(numbers([received.prompt for received in server.requests])) == left
    assert output.read_bytes() == alone.read_bytes()
    assert numbers([json.loads(line)["question"] for line in journal.read_text().splitlines()]) == [
        str(number) for number in range(count)
    ]


def test_quotations_are_the_same_bytes_from_one_worker_and_four_in_every_process(folder: Path, tmp_path: Path) -> None:
    questions = tmp_path / "questions.txt"
    questions.write_text(
        f"{MEETING_QUESTION}\n{DRONES_QUESTION}\n{ABSENT_QUESTION}\nWhat happened in Paris, and what about drones?\n"
        "What did the Starter Library say about Dimorphos in October 2022?\nWhich outlets are there?\n"
    )
    for workers in (1, 4):
        output = tmp_path / f"{workers}.jsonl"
        assert start(folder, questions, output, "--workers", f"{workers}", PYTHONHASHSEED=f"{workers}").wait() == 0
    assert (tmp_path / "1.jsonl").read_bytes() == (tmp_path / "4.jsonl").read_bytes()


def test_a_line_torn_by_a_power_cut_is_asked_again(folder: Path, tmp_path: Path) -> None:
    questions, output = tmp_path / "questions.txt", tmp_path / "answers.jsonl"
    questions.write_text(f"{MEETING_QUESTION}\n{DRONES_QUESTION}\n")
    assert start(folder, questions, output).wait() == 0
    whole = output.read_bytes()
    output.write_bytes(whole[:-40])
    assert start(folder, questions, output).wait() == 0
    assert output.read_bytes() == whole
