"""How long a command takes as a person feels it: a new process each time, from the return key to the prompt."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.benchmarks.material import SEEDS
from tests.benchmarks.report import Figure, Line

RUNS = 5
ASSISTANT = ("-m", "assistant")
QUESTION = "How many stadiums hosted the World Cup final?"


def run(data: Path | None) -> Iterator[Line]:
    with TemporaryDirectory() as scratch:
        library = ("--library", str(Path(scratch) / "library"))
        yield f"median of {RUNS}; without a key, so the extractive writer; the first addition pays for all imports"
        yield Figure("assistant add seeds/", _seconds(*ASSISTANT, "add", str(SEEDS), *library), "s")
        yield Figure("assistant add seeds/, again", _median(*ASSISTANT, "add", str(SEEDS), *library), "s")
        asking = _median(*ASSISTANT, "ask", QUESTION, *library)
        imports = _median("-c", "import chromadb, langchain_openai")
        yield Figure("assistant ask", asking, "s", imports, "s, importing its parts", at_most=3)
        yield Figure("assistant search", _median(*ASSISTANT, "search", QUESTION, *library), "s")
        bare = _median("-c", "pass")
        yield Figure("assistant --help", _median(*ASSISTANT, "--help"), "s", bare, "s, python -c pass", at_most=0.3)


def _median(*arguments: str) -> float:
    return median(_seconds(*arguments) for _ in range(RUNS))


def _seconds(*arguments: str) -> float:
    begun = time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], env=_environment(), capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - begun
    if done.returncode:
        raise RuntimeError(f"{_command(arguments)} failed: {done.stderr.strip()[-500:]}")
    return seconds


def _command(arguments: Sequence[str]) -> str:
    return " ".join(["python", *arguments])


def _environment() -> dict[str, str]:
    """Without the developer's key and settings, which would choose another writer."""
    foreign = ("OPENAI_", "ASSISTANT_MODEL", "ASSISTANT_LIBRARY", "LANGCHAIN_", "LANGSMITH_")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
