"""The peers' environments, one each under ``.venv-peers/``, and the processes that run in them.

None of what they install reaches the product's own environment or its lock.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import deque
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Self

from tests.benchmarks.peers.contract import Added, Found

ROOT = Path(__file__).parents[3]
ENVIRONMENTS = ROOT / ".venv-peers"

_OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "ANONYMIZED_TELEMETRY": "False", "PYTHONUTF8": "1"}


class PeerFailed(Exception):
    """A peer that cannot be installed, or that stopped; the others go on."""


def environment(name: str) -> Path:
    """The Python of the peer's environment, made first if need be. Raises ``PeerFailed``."""
    folder = ENVIRONMENTS / name
    wanted = _pins(Path(__file__).with_name(f"{name}.txt"))
    ready, python = folder / "ready", folder / "bin" / "python"
    if not (ready.is_file() and ready.read_text(encoding="utf-8") == "\n".join(wanted)):
        print(f"  (making {folder}, once)", flush=True)
        _run(sys.executable, "-m", "venv", "--clear", str(folder))
        # torch by itself and first: the others would take whatever build of it they find.
        for packages in ([pin for pin in wanted if pin.startswith("torch==")], wanted):
            if packages:
                _run(str(python), "-m", "pip", "install", "--quiet", *packages)
        ready.write_text("\n".join(wanted), encoding="utf-8")
    return python


class Worker:
    """A peer in a process of its own, which answers one command at a time."""

    def __init__(self, peer: str, environment_name: str, model: Path) -> None:
        """Starts it; raises ``PeerFailed``."""
        self.peer = peer
        command = [str(environment(environment_name)), "-m", "tests.benchmarks.peers.worker", peer, str(model)]
        self._errors = TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115  closed with the worker
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | _OFFLINE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            encoding="utf-8",
        )
        self.start: float = self._answer()["start"]
        """Seconds that imports and the first vector took."""

    def add(self, table: Path, folder: Path, *, keeps: bool = False) -> Added:
        return Added(**self._ask(do="add", table=str(table), folder=str(folder), keeps=keeps))

    def search(self, question: str, k: int) -> Found:
        reply = self._ask(do="search", question=question, k=k)
        return Found(tuple(reply["articles"]), reply["milliseconds"])

    def close(self) -> None:
        """Ends the process. Calling it twice is harmless."""
        if not self._errors.closed:
            self._process.communicate()
            self._errors.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, **command: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(command) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:  # it has ended; why, is told below
            pass
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            self._errors.seek(0)
            last_words = "".join(deque(self._errors, 3)).strip()
            self.close()
            raise PeerFailed(f"it stopped: {last_words}")
        answer: dict[str, Any] = json.loads(line)
        return answer


def _pins(requirements: Path) -> list[str]:
    pins = []
    for line in requirements.read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            pins += _pins(requirements.with_name(line.removeprefix("-r ").strip()))
        elif line and not line.startswith("#"):
            pins.append(line)
    return pins


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PeerFailed(f"it could not be installed: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
