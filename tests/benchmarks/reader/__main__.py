"""``make reader``: an environment for torch, the training, and the weights of the package. Needs ``ARTICLE_DATA``.

Takes an hour or two on two cores. It can be stopped and goes on from its last checkpoint; seeds are fixed. Write the
figures that ``make reader-figures`` prints afterwards into ``assistant/reader/weights/CARD.md``.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from assistant.reader.model import WEIGHTS
from tests.benchmarks.__main__ import evaluation_data
from tests.benchmarks.reader.export import export, sums
from vectorstore.embedding.weights import packaged_folder

ENVIRONMENT = Path(".venv-reader")
NEEDS = ("torch==2.13.0", "numpy>=2.1", "safetensors>=0.5", "tokenizers>=0.21")
"""Of training alone: no torch comes near the product."""
RUN = Path(".reader")
"""Checkpoints and weights in full precision; not committed."""


def main() -> str | None:
    data, minilm = evaluation_data(), packaged_folder()
    if data is None or not (data / "reader").is_dir():
        return "make reader: ARTICLE_DATA must name the folder of evaluation data, with reader/ in it."
    if minilm is None:
        return "make reader: the packaged weights of all-MiniLM-L6-v2 are missing; run: make test"
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *NEEDS], check=True)
    trained = RUN / "reader.safetensors"
    if not trained.exists():
        own = ["--data", str(data), "--minilm", str(minilm), "--out", str(RUN)]
        subprocess.run([str(python), "-m", "tests.benchmarks.reader.train", *own], check=True)
    export(trained, minilm, WEIGHTS)
    for step in ("kinds", "calibrate"):
        subprocess.run([sys.executable, "-m", f"tests.benchmarks.reader.{step}", "--data", str(data)], check=True)
    for name, value in sums(WEIGHTS).items():
        print(f"{value}  {name}")
    return None


if __name__ == "__main__":
    sys.exit(main())
