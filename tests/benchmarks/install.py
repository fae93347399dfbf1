"""How much disk the locked environment takes, and that torch is not in it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.report import Figure, Line

ROOT = Path(__file__).parents[2]
PEERS = ROOT / ".venv-peers" / "langchain"
GIGABYTE = 1e9


def run(data: Path | None) -> Iterator[Line]:
    with TemporaryDirectory() as scratch:
        environment = Path(scratch) / "environment"
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
        command = [str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps"]
        command += ["--require-hashes", "--requirement", str(ROOT / "requirements.lock")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            yield f"SKIPPED: pip could not install requirements.lock: {(done.stderr.strip().splitlines() or ['?'])[-1]}"
            return
        yield f"installed in {time.perf_counter() - begun:.0f} s"
        baseline = _size(PEERS) / GIGABYTE if PEERS.is_dir() else None
        if baseline is None:
            yield "no baseline: `make bench-peers` makes the environment of the usual tutorial"
        size = _size(environment) / GIGABYTE
        yield Figure("locked environment", size, "GB", baseline, "GB, the tutorial's", at_most=1.2)
        torch = list(environment.glob("lib/python*/site-packages/torch"))
        yield Figure("copies of torch in it", len(torch), at_most=0)
        largest = sorted(
            ((_size(folder), folder.name) for folder in environment.glob("lib/python*/site-packages/*")), reverse=True
        )
        yield "largest: " + ", ".join(f"{name} {size / 1e6:.0f} MB" for size, name in largest[:8])


def _size(path: Path) -> int:
    """Bytes of all files below, links not followed."""
    if not path.is_dir() or path.is_symlink():
        return path.lstat().st_size
    return sum(_size(part) for part in path.iterdir())
