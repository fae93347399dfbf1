"""The service: what it adds to an answer's first word, many questions at once, and requests made from its document.

The scripted model runs in a process of its own, so that it takes no time of ours:
``python -m tests.benchmarks.service model SECONDS`` answers each request after so long.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import numpy as np

from assistant import Assistant
from assistant.service.replies import Within
from assistant.settings import Settings
from tests.assistant.service.conftest import served
from tests.benchmarks.material import SEEDS
from tests.benchmarks.peers.environments import PeerFailed, environment
from tests.benchmarks.report import Figure, Line
from tests.benchmarks.serving import QUESTIONS, process
from tests.scripted_server import Received, Scene, ScriptedServer, quotes_first_passage

MODULE = "tests.benchmarks.service"
REQUESTS = 50
WARM = 5
"""Requests before those that are counted: the first ones open indexes and connections."""

MANY = 1_000
AT_ONCE = 16
ANSWER = 0.2
"""Seconds that the model takes for an answer where many are asked."""

MADE = 2_000
CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")
"""Schemathesis's names of what is held against the document."""
EXAMPLES = 200
"""Made requests to each way of asking; with those for the edges of each field they are more than ``MADE``."""


def run(data: Path | None) -> Iterator[Line]:
    yield from first_byte()
    yield from many()
    yield from made_requests()


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


def many() -> Iterator[Line]:
    """The rate of ``ask_many`` against that of workers who only ever wait for the model."""
    with desk(ANSWER) as ours:
        questions = [QUESTIONS[number % len(QUESTIONS)] for number in range(MANY)]
        list(ours.ask_many(questions[: 2 * AT_ONCE], workers=AT_ONCE))
        begun, worked = time.perf_counter(), time.process_time()
        results = [result for _, result in ours.ask_many(questions, workers=AT_ONCE)]
        seconds, processor = time.perf_counter() - begun, time.process_time() - worked
    errors = sum(isinstance(result, Exception) for result in results)
    yield Figure(
        f"{MANY:,} questions, {AT_ONCE} at a time",
        MANY / seconds,
        "a second",
        AT_ONCE / ANSWER,
        "ideal",
        at_least=0.9,
        judged="ratio",
    )
    yield Figure("processor, a question", 1000 * processor / MANY, "ms")
    yield Figure("errors", errors, at_most=0)


def made_requests() -> Iterator[Line]:
    """Schemathesis makes requests from the service's document, right ones and wrong ones.

    Whether an outlet is known or two days make sense only the library can say, and most requests with such limits are
    refused; the second run leaves them out, so that answers are met too.
    """
    try:
        python = environment("schemathesis")
    except PeerFailed as error:
        yield f"made requests: SKIPPED, Schemathesis is not there: {error}"
        return
    made, faults = 0, list[str]()
    with desk(0.0) as ours, served(ours) as address, TemporaryDirectory() as scratch:
        document = httpx.get(f"{address}/api/docs", timeout=None).json()
        for name, described in (("any", document), ("without limits", _without_limits(document))):
            report = _schemathesis(python, address, described, Path(scratch), "all" if name == "any" else "positive")
            made += report["test_cases"]["generated"]
            faults += [f"{each['title']}: {each['operations']}" for each in report["failures"] + report["errors"]]
            rates = [rate for phases in report["valid_rates"].values() for rate in phases.values()]
            taken, refused = (sum(rate[kind] for rate in rates) for kind in ("accepted", "rejected"))
            yield f"{name}: of those that the document allows, {taken:,} were answered and {refused:,} refused"
    yield Figure("made requests", made, at_least=MADE)
    yield Figure("kinds of server errors, or outside the document", len(faults), at_most=0)
    yield from faults


def _schemathesis(python: Path, address: str, document: dict[str, Any], scratch: Path, mode: str) -> dict[str, Any]:
    """Its report of one run."""
    described, report = scratch / "document.json", scratch / "report.json"
    described.write_text(json.dumps(document), encoding="utf-8")
    command = [
        str(python), "-m", "schemathesis.cli", "run", str(described), "--url", address, "--checks", ",".join(CHECKS),
        "--phases", "coverage,fuzzing", "--mode", mode, "--max-examples", str(EXAMPLES), "--seed", "1", "--no-shrink",
        "--continue-on-failure", "--generation-database", "none", "--report", "json", "--report-json-path", str(report),
    ]  # fmt: skip
    done = subprocess.run(command, cwd=scratch, capture_output=True, text=True, check=False)
    if not report.is_file():
        raise RuntimeError(f"Schemathesis made no report: {done.stdout[-500:]}{done.stderr[-500:]}")
    read: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return read


def _without_limits(document: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(document))
    for schema in made["components"]["schemas"].values():
        for name in Within.model_fields:
            schema.get("properties", {}).pop(name, None)
    search = made["paths"]["/api/search"]["get"]
    search["parameters"] = [each for each in search["parameters"] if each["name"] not in Within.model_fields]
    return made


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
        settings = Settings(model="scripted", base_url=url, api_key="sk-none", check="reader", keep_answers="off")
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
