"""Whether two kinds of processor answer alike: the starter questions here, and in AVX2 alone.

The integer products are the same everywhere; what is computed in floating point around them differs in its last digits.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from assistant import Assistant
from assistant.evaluation.cases import read
from assistant.settings import Settings
from tests.benchmarks.embedding import AVX2
from tests.benchmarks.material import SEEDS
from tests.benchmarks.report import Figure, Line

CASES = Path(__file__).parents[1] / "data" / "starter_cases.jsonl"


def run(data: Path | None) -> Iterator[Line]:
    """Needs no evaluation data."""
    here, avx2 = answered({}), answered(AVX2)
    same = sum(one == other for one, other in zip(here, avx2, strict=True))
    yield Figure("answers that are the same, byte for byte", 100 * same / len(here), f"% of {len(here)}", at_least=100)


def answered(environment: Mapping[str, str]) -> list[str]:
    """By a process of its own: the engine reads the environment once."""
    command = [sys.executable, "-m", "tests.benchmarks.processors"]
    done = subprocess.run(command, env=os.environ | environment, stdout=subprocess.PIPE, text=True, check=True)
    texts: list[str] = json.loads(done.stdout)
    return texts


def answers() -> list[str]:
    with TemporaryDirectory() as folder, Assistant.open(folder, settings=Settings()) as desk:
        desk.add(SEEDS)
        return [desk.ask(case.question, as_of=case.as_of).text for case in read(CASES)]


if __name__ == "__main__":
    print(json.dumps(answers()))
