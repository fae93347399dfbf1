"""The page as many people meet it at once: real processes, real requests, a scripted model a loopback away.

Visitors speak as the browser's script does: they fetch the page, join Gradio's queue with a session of their own and
read its stream. The model needs 0.3 s to its first word; what is reported as *added* is what the page lets a reader
wait beyond that. The baseline is a bare Gradio ``ChatInterface`` before the same model, with the same visitors.

``python -m tests.benchmarks.serving model | bare URL | made FOLDER`` are the processes that are asked.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray

from assistant.conversations import Conversations
from tests.benchmarks.material import SEEDS
from tests.benchmarks.report import Figure, Line
from tests.benchmarks.searching import MadeText
from tests.scripted_server import Received, Scene, ScriptedServer, quotes_first_passage, says
from vectorstore.embeddings import LocalEmbeddings
from vectorstore.library import Library

MODULE = "tests.benchmarks.serving"
FIRST_TOKEN = 0.3
"""Seconds that the model needs to its first word."""
PIECE = 0.02
"""Seconds between two pieces of its answer."""
QUESTIONS = (
    "How much did DART shorten the orbit of Dimorphos?",
    "Who met in Paris on 2 September 2024?",
    "When did Finland join NATO?",
    "What fell down in Baltimore?",
)
BARE_PEOPLE = 50
"""It answers one at a time: two hundred would take it five minutes."""
WARM = 5
"""Questions before those that are counted: the first one of a process opens indexes and connections."""
PATIENCE = 120.0
COMPLETED = '"msg":"process_completed"'


# -- those who ask


@dataclass
class Reading:
    """What one question brought: seconds from Enter, and all text that was shown."""

    first: float | None = None
    """To the first words of the answer."""
    said: str = ""
    waited: bool = False
    """Whether a place in line was shown."""
    error: str = ""


@dataclass
class Visitor:
    """One tab."""

    client: httpx.AsyncClient
    config: dict[str, Any]
    session: str = field(default_factory=lambda: secrets.token_hex(6))

    @classmethod
    async def comes(cls, client: httpx.AsyncClient) -> Visitor:
        page = (await client.get("/")).raise_for_status().text
        found = re.search(r"window\.gradio_config = (\{.*?\});\s*(?:window|</script>)", page, re.DOTALL)
        assert found, "the page carries no configuration"
        return cls(client, json.loads(found[1]))

    async def loads(self) -> None:
        """What a browser asks for when it has shown the page."""
        for dependency in self.config["dependencies"]:
            if any(event == "load" for _, event in dependency["targets"]):
                async for _ in self._event(dependency, {}):
                    pass

    async def asks(self, question: str, first_words: str) -> Reading:
        """One question; ``first_words`` are those by which the answer's beginning is known."""
        reading, said = Reading(), list[str]()
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(PATIENCE):
                async for told in self._event(*self._asking(question)):
                    said.append(told)
                    if reading.first is None and re.search(first_words, told):
                        reading.first = time.perf_counter() - begun
                    if COMPLETED in told and not json.loads(told)["success"]:
                        reading.error = told
        except (httpx.HTTPError, TimeoutError) as error:
            reading.error = f"{type(error).__name__}: {error}"
        reading.said = "".join(said)
        reading.waited = "in line" in reading.said
        if reading.first is None and not reading.error:
            reading.error = f"no first words in {reading.said[-400:]}"
        return reading

    def _asking(self, question: str) -> tuple[dict[str, Any], dict[int, str]]:
        """What the question's box does on Enter; in the bare page, which takes several steps to it, its one call."""
        dependencies = self.config["dependencies"]
        box = next(
            (each["id"] for each in self.config["components"] if each["props"].get("elem_id") == "question"), None
        )
        if box is None:
            asking = next(each for each in dependencies if each["api_name"] == "answer")
            return asking, {asking["inputs"][0]: question}
        return next(each for each in dependencies if [box, "submit"] in [list(t) for t in each["targets"]]), {
            box: question
        }

    async def _event(self, dependency: dict[str, Any], values: dict[int, str]) -> AsyncIterator[str]:
        """The messages of one event, as JSON."""
        asked = {
            "data": [values.get(component) for component in dependency["inputs"]],
            "fn_index": dependency["id"],
            "session_hash": self.session,
            "trigger_id": None,
            "event_data": None,
        }
        (await self.client.post("/gradio_api/queue/join", json=asked)).raise_for_status()
        async with self.client.stream("GET", "/gradio_api/queue/data", params={"session_hash": self.session}) as stream:
            stream.raise_for_status()
            async for line in stream.aiter_lines():
                if line.startswith("data: "):
                    yield line[6:]
                    if COMPLETED in line:
                        return


def client(address: str) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    return httpx.AsyncClient(base_url=address, timeout=httpx.Timeout(PATIENCE), limits=limits)


# -- those who answer


@contextmanager
def process(*arguments: str, **environment: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A process that prints an address once it answers, and the address."""
    foreign = ("OPENAI_", "ASSISTANT_", "LANGCHAIN_", "LANGSMITH_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    running = subprocess.Popen(
        [sys.executable, *arguments],
        env=clean | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert running.stdout is not None
        for line in running.stdout:
            if found := re.search(r"http://[\w.:/]+", line):
                yield found[0].rstrip("./") if "/v1" not in found[0] else found[0], running
                return
        raise RuntimeError(f"{arguments} ended without an address")
    finally:
        running.terminate()
        try:
            running.wait(20)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
        assert running.stdout is not None
        running.stdout.close()


def page(library: Path, url: str) -> AbstractContextManager[tuple[str, subprocess.Popen[str]]]:
    return process(
        "-m", "ui", "--library", str(library), "--port", "0",
        OPENAI_BASE_URL=url, OPENAI_API_KEY="sk-none", ASSISTANT_MODEL="scripted",
    )  # fmt: skip


def _scene(received: Received) -> Scene:
    """A quotation of the first passage, and every secret that the prompt holds."""
    time.sleep(FIRST_TOKEN)
    told = sorted(set(re.findall(r"secret\d+x", received.prompt)))
    quoted = "".join(quotes_first_passage(received).pieces) or "The articles say nothing."
    begun, *others = re.findall(r"\S+\s*", quoted + "".join(f" And {word}." for word in told))
    # The first piece holds the words by which the beginning of the answer is known; then a word at a time.
    return replace(
        says([" ".join([begun.strip(), *(word.strip() for word in others[:2])]) + " ", *others[2:]]), pause=PIECE
    )


# -- what is measured


def run(data: Path | None) -> Iterator[Line]:
    with TemporaryDirectory() as scratch, process("-m", MODULE, "model") as (url, _):
        library = Path(scratch) / "library"
        subprocess.run(
            [sys.executable, "-m", "assistant", "add", str(SEEDS), "--library", str(library)],
            check=True,
            capture_output=True,
        )
        yield f"a model with {FIRST_TOKEN} s to its first word; added: what the page lets wait beyond that"
        with process("-m", MODULE, "bare", url) as (address, _):
            bare = asyncio.run(together(address, BARE_PEOPLE))
        with page(library, url) as (address, _):
            for people, goal in ((50, 1.0), (200, None)):
                ours = asyncio.run(together(address, people))
                yield from ours.figures(people, bare if people == BARE_PEOPLE else None, goal)
            yield from asyncio.run(secrets_kept(address))
        yield from killed(library, url)
    yield from extractive()


@dataclass
class Readings:
    all: list[Reading]

    def added(self, share: float) -> float:
        """Seconds to the first words beyond the model's own; those who got none count as for ever."""
        waits = [PATIENCE if each.first is None else each.first - FIRST_TOKEN for each in self.all]
        return float(np.quantile(waits, share))

    @property
    def errors(self) -> int:
        return sum(bool(each.error) for each in self.all)

    def figures(self, people: int, bare: Readings | None, goal: float | None) -> Iterator[Line]:
        against = "bare ChatInterface" if bare else ""
        for share, name, most in ((0.95, "p95", goal), (0.5, "median", None)):
            other = bare.added(share) if bare else None
            yield Figure(
                f"{people} at once: added, {name}", self.added(share), "s", other, f"s, {against}", at_most=most
            )
        yield Figure(f"{people} at once: errors", self.errors, "", bare.errors if bare else None, against, at_most=0)
        shown = sum(each.waited for each in self.all)
        yield Figure(f"{people} at once: were shown a place in line", shown, at_least=1 if people > 100 else None)
        for each in [each.error for each in self.all if each.error][:2]:
            yield f"error: {each[:300]}"


async def together(address: str, people: int) -> Readings:
    """So many tabs, opened beforehand, whose readers all press Enter at once."""
    async with client(address) as reached:
        for number in range(WARM):
            visitor = await Visitor.comes(reached)
            await visitor.asks(QUESTIONS[number % len(QUESTIONS)], "The articles say")
        visitors = []
        for _ in range(people):
            visitors.append(replace(visitor, session=secrets.token_hex(6)))
            await visitors[-1].loads()
        asking = [
            visitor.asks(QUESTIONS[number % len(QUESTIONS)], "The articles say")
            for number, visitor in enumerate(visitors)
        ]
        return Readings(list(await asyncio.gather(*asking)))


async def secrets_kept(address: str, conversations: int = 50, turns: int = 10) -> list[Line]:
    """Conversations with a word of their own in each question; whatever the page shows is searched for others'."""
    async with client(address) as reached:
        first = await Visitor.comes(reached)

        async def converse(number: int) -> tuple[int, int, int]:
            visitor, own = replace(first, session=secrets.token_hex(6)), f"secret{number}x"
            foreign = errors = kept = 0
            for turn in range(turns):
                reading = await visitor.asks(
                    f"{QUESTIONS[turn % len(QUESTIONS)]} My word is {own}.", "The articles say|seems? to"
                )
                words = set(re.findall(r"secret\d+x", reading.said))
                # The list of conversations is everyone's here: without login all are the local user's.
                shown = re.sub(r'<nav class=\\"conversations.*?</nav>', "", reading.said, flags=re.DOTALL)
                foreign += len(set(re.findall(r"secret\d+x", shown)) - {own})
                errors += bool(reading.error)
                kept += own in words
            return foreign, errors, kept

        told = await asyncio.gather(*(converse(number) for number in range(conversations)))
    foreign, errors, kept = (sum(column) for column in zip(*told, strict=True))
    name = f"{conversations} conversations × {turns} turns at once"
    return [
        Figure(f"{name}: foreign words", foreign, at_most=0),
        Figure(f"{name}: errors", errors, at_most=0),
        Figure(f"{name}: turns that show their own word", kept, at_least=conversations * turns),
    ]


def killed(library: Path, url: str, streams: int = 20) -> Iterator[Line]:
    """A server is killed while answers stream, each in a conversation with one finished turn before."""
    before = known(library)
    with page(library, url) as (address, running):

        async def until_killed() -> None:
            async with client(address) as reached:
                first = await Visitor.comes(reached)
                visitors = [replace(first, session=secrets.token_hex(6)) for _ in range(streams)]
                await asyncio.gather(*(visitor.asks(QUESTIONS[0], "The articles say") for visitor in visitors))
                asking = [asyncio.create_task(visitor.asks(QUESTIONS[1], "The articles say")) for visitor in visitors]
                await asyncio.sleep(FIRST_TOKEN + 0.9)
                running.send_signal(signal.SIGKILL)
                await asyncio.gather(*asking)

        asyncio.run(until_killed())
    with page(library, url) as (address, _):
        after = {name: states for name, states in known(library).items() if name not in before}
        with httpx.Client(base_url=address, timeout=PATIENCE) as reached:
            exported = [reached.get(f"/page/export/{name}.json").raise_for_status().json() for name in after]
    whole = sum(states[:1] == ["complete"] for states in after.values())
    cut = sum(states[1:] in (["cut"], ["complete"]) for states in after.values())
    marked = sum(each["turns"][-1]["state"] == "cut" for each in exported)
    yield Figure(
        f"killed while {streams} stream: finished turns there", whole, "", streams, "finished", at_least=streams
    )
    yield Figure(
        f"killed while {streams} stream: the others cut or whole", cut, "", streams, "were asked", at_least=streams
    )
    yield Figure("of them marked as cut in the exports", marked, at_least=1)


def known(library: Path) -> dict[str, list[str]]:
    """The states of the turns of each stored conversation."""
    with Conversations(library, read_only=True) as store:
        return {
            each.id: [turn.state for turn in store.conversation("", each.id).turns] for each in store.conversations("")
        }


# -- without a model


class Timed(MadeText):
    """The made vectors, in the time that the real model takes for the same texts."""

    def __init__(self) -> None:
        super().__init__()
        self._real = LocalEmbeddings()

    def embed_array(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self._real.embed_array(texts)
        return super().embed_array(texts)


def extractive(articles: int = 5_000, questions: int = 60) -> Iterator[Line]:
    """From Enter to the first words where nothing but the library stands behind the page."""
    made = MadeText()
    with TemporaryDirectory() as scratch:
        folder = Path(scratch) / "library"
        all_articles = [made.article(number) for number in range(articles)]
        with Library.open(folder, embeddings=made) as library:
            passages = library.add_articles(all_articles).passages
        asked = [f"What is known of {question}?" for question in made.questions(all_articles, questions + WARM)]
        with process("-m", MODULE, "made", str(folder)) as (address, _):

            async def one_by_one() -> list[Reading]:
                async with client(address) as reached:
                    first = await Visitor.comes(reached)
                    visitors = [replace(first, session=secrets.token_hex(6)) for _ in asked]
                    # The answer, or that there is none: each ends the wait.
                    words = r'class=\\"answer[^>]*>\s*(?:<p dir|<ul)|class=\\"answer abstained'
                    return [
                        await visitor.asks(question, words) for visitor, question in zip(visitors, asked, strict=True)
                    ]

            readings = asyncio.run(one_by_one())[WARM:]
    firsts = [each.first for each in readings if each.first is not None]
    yield f"{passages:,} made passages; vectors are made up, in the time that the real model takes"
    yield Figure(
        "extractive, from Enter to first words, p95", 1000 * float(np.quantile(firsts, 0.95)), "ms", at_most=400
    )
    yield Figure("extractive, from Enter to first words, median", 1000 * float(np.median(firsts)), "ms")
    yield Figure("extractive: errors", sum(bool(each.error) for each in readings), at_most=0)


# -- the processes


def main(arguments: Sequence[str]) -> None:
    match arguments:
        case ["model"]:
            with ScriptedServer(scenes=[_scene]) as server:
                print(server.url, flush=True)
                with contextlib.suppress(KeyboardInterrupt):
                    threading.Event().wait()
        case ["bare", url]:
            _bare(url)
        case ["made", folder]:
            from assistant import Assistant
            from ui.app import serve

            with Assistant.open(folder, embeddings=Timed()) as desk:
                serve(desk, port=0)
        case _:
            raise SystemExit(__doc__)


def _bare(url: str) -> None:
    """Gradio's chat as its guide shows it, before the same model."""
    import gradio as gr
    from openai import OpenAI

    model = OpenAI(base_url=url, api_key="none")

    def answer(message: str, history: list[Any]) -> Iterator[str]:
        text = ""
        # The passage stands in the question: there is no library behind this one.
        prompt = f"\nText:\n{message.rstrip('?')}.\n"
        for event in model.chat.completions.create(
            model="scripted", messages=[{"role": "user", "content": prompt}], stream=True
        ):
            text += (event.choices[0].delta.content if event.choices else None) or ""
            yield text

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    chat = gr.ChatInterface(answer, analytics_enabled=False)
    chat.launch(server_name="127.0.0.1", server_port=port, prevent_thread_lock=True, quiet=True, ssr_mode=False)
    print(f"http://127.0.0.1:{port}", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1:])
