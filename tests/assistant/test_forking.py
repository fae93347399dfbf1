"""A forked child has answers of its own, and leaves its parent's library alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.assistant.conftest import ARTICLES, DRONES_QUESTION, MEETING_QUESTION

ROOT = Path(__file__).parents[2]

# In a process of its own: the test's has threads of other tests.
SCRIPT = """
import os, sys
from assistant import Assistant

folder, articles, first, second = sys.argv[1:]
with Assistant.open(folder) as desk:
    desk.add(articles)
    text = desk.ask(first).text  # loads everything that does not survive a fork
    child = os.fork()
    if not child:
        assert desk.ask(first).text == text
        assert desk.library.read_only
        with Assistant.open(folder) as own:
            assert "2,000 drones" in own.ask(second).text
        desk.close()
        sys.exit(7)  # with all that Python tidies up
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert desk.remove([desk.articles()[0].id]) == 1  # it is still the owner
    assert desk.library.check().ok
    desk.ask(second)
"""


def test_a_forked_child_answers_and_its_parent_goes_on(tmp_path: Path) -> None:
    articles = tmp_path / "articles.jsonl"
    articles.write_text("\n".join(map(json.dumps, ARTICLES)), encoding="utf-8")
    command = [
        sys.executable,
        "-c",
        SCRIPT,
        str(tmp_path / "library"),
        str(articles),
        MEETING_QUESTION,
        DRONES_QUESTION,
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
