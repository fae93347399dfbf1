"""The service: what it adds to an answer's first word, many questions at once, and made requests against its document.

The scripted model runs in a process of its own, so that it takes no time of ours:
``python -m tests.benchmarks.service model SECONDS`` answers each request after so long.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import numpy as np

from assistant import Assistant
from assistant.settings import Settings
from tests.assistant.service.conftest import served
from tests.benchmarks.material import SEEDS
from tests.benchmarks.report import Figure, Line
from tests.benchmarks.serving import QUESTIONS, process
from tests.scripted_server import Received, Scene, ScriptedServer, quotes_first_passage

MODULE = "tests.benchmarks.service"
REQUESTS = 50
WARM = 5
"""Requests before those that are counted: the first ones open indexes and connections."""


def run(data: Path | None) -> Iterator[Line]:
    yield from first_byte()


def first_byte() -> Iterator[Line]:
    """The first piece of ``desk.stream`` and the first piece over HTTP, by turns, so that both meet the same load."""
    asked, sent = list[float](), list[float]()
    with (
        desk(0.0) as ours,
        served(ours) as address,
        httpx.Client(base_url=address, timeout=None) as client,
    ):
        for number in range(WARM + REQUESTS):
            question = QUESTIONS[number % len(QUESTIONS)]
            begun = time.perf_counter()
            reply = ours.stream(question)
            next(piece for piece in reply if piece)
            asked.append(time.perf_counter() - begun)
            assert reply.answer.text
            body = {"model": "article-assistant", "stream": True, "messages": [{"role": "user", "content": question}]}
            begun = time.perf_counter()
            with client.stream("POST", "/v1/chat/completions", json=body) as response:
                lines = response.iter_lines()
                next(line for line in lines if _piece(line))
                sent.append(time.perf_counter() - begun)
                assert "data: [DONE]" in lines
    bare, whole = 1000 * np.array(asked[WARM:]), 1000 * np.array(sent[WARM:])
    yield Figure(
        "first piece over HTTP, median", float(np.median(whole)), "ms", float(np.median(bare)), "ms, desk.stream"
    )
    yield Figure("added to the first piece, median", float(np.median(whole) - np.median(bare)), "ms")
    added = float(np.quantile(whole, 0.95) - np.quantile(bare, 0.95))
    yield Figure(f"added to the first piece, p95 of {REQUESTS}", added, "ms", at_most=60)


def _piece(line: str) -> str:
    """The text that a line of a streamed chat completion carries."""
    if not line.startswith("data: {"):
        return ""
    choices = json.loads(line.removeprefix("data: "))["choices"]
    return str(choices[0]["delta"].get("content", "")) if choices else ""


@contextmanager
def desk(seconds: float) -> Iterator[Assistant]:
    """An assistant over the starter articles; its model answers after ``seconds``."""
    with TemporaryDirectory() as folder, process("-m", MODULE, "model", str(seconds)) as (url, _):
        settings = Settings(model="scripted", base_url=url, api_key="sk-none", check="reader")
        with Assistant.open(Path(folder) / "library", settings=settings) as opened:
            opened.add(SEEDS)
            yield opened


def _model(seconds: float) -> None:
    def scene(received: Received) -> Scene:
        time.sleep(seconds)
        return quotes_first_passage(received)

    with ScriptedServer(scenes=[scene]) as server:
        print(server.url, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    _model(float(sys.argv[2]))
