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
import random
import re
import secrets
import shutil
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
from playwright.sync_api import sync_playwright

from assistant.history.conversations import Conversations
from tests.benchmarks.material import SEEDS
from tests.benchmarks.report import Figure, Line
from tests.benchmarks.searching import MadeText
from tests.scripted_server import Received, Scene, ScriptedServer, quotes_first_passage, says
from vectorstore.embedding.embeddings import LocalEmbeddings
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
PLACES = {50: 64, 200: 32}
"""Answers at once by people: the usual number, and fewer, so that there is a line."""
LEAVING = 50
WARM = 5
"""Questions before those that are counted: the first one of a process opens indexes and connections."""
SLOWLY = "When exactly did Finland join NATO?"
"""The question that the model answers with a word a second."""
PATIENCE = 120.0
COMPLETED = '"msg":"process_completed"'


# -- those who ask


@dataclass
class Reading:
    """What one question brought: seconds from Enter, and all text that was shown."""

    shown: float | None = None
    """To the question on the page, with Stop beside it."""
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

    async def asks(self, question: str, first_words: str, reading: Reading | None = None) -> Reading:
        """One question; ``first_words`` are those by which the answer's beginning is known.

        ``reading`` may be given to be looked into meanwhile.
        """
        reading, said = reading or Reading(), list[str]()
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(PATIENCE):
                async for told in self._event(*self._asking(question)):
                    said.append(told)
                    if reading.shown is None and "process_generating" in told:
                        reading.shown = time.perf_counter() - begun
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

    async def stops(self) -> None:
        """Presses Stop; what comes of it comes in the stream of the question."""
        await self._join(next(each for each in self.config["dependencies"] if each["targets"][0][1] == "stop"), {})

    async def stays(self, there: asyncio.Event) -> None:
        """What a tab keeps open, from before its first question: when it ends, the tab was closed."""
        async with self.client.stream("GET", f"/gradio_api/heartbeat/{self.session}") as stream:
            there.set()
            async for _ in stream.aiter_lines():
                pass

    async def _join(self, dependency: dict[str, Any], values: dict[int, str]) -> None:
        asked = {
            "data": [values.get(component) for component in dependency["inputs"]],
            "fn_index": dependency["id"],
            "session_hash": self.session,
            "trigger_id": None,
            "event_data": None,
        }
        (await self.client.post("/gradio_api/queue/join", json=asked)).raise_for_status()

    async def _event(self, dependency: dict[str, Any], values: dict[int, str]) -> AsyncIterator[str]:
        """The messages of one event, as JSON."""
        await self._join(dependency, values)
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


def page(library: Path, url: str, places: int = 64) -> AbstractContextManager[tuple[str, subprocess.Popen[str]]]:
    return process(
        "-m", "ui", "--library", str(library), "--port", "0", "--answers", str(places),
        OPENAI_BASE_URL=url, OPENAI_API_KEY="sk-none", ASSISTANT_MODEL="scripted",
    )  # fmt: skip


def _scene(received: Received) -> Scene:
    """A quotation of the first passage, and every secret that the prompt holds; a word a second for ``SLOWLY``."""
    time.sleep(FIRST_TOKEN)
    told = sorted(set(re.findall(r"secret\d+x", received.prompt)))
    quoted = "".join(quotes_first_passage(received).pieces) or "The articles say nothing."
    begun, *others = re.findall(r"\S+\s*", quoted + "".join(f" And {word}." for word in told))
    # The first piece holds the words by which the beginning of the answer is known; then a word at a time.
    return replace(
        says([" ".join([begun.strip(), *(word.strip() for word in others[:2])]) + " ", *others[2:]]),
        pause=1.0 if SLOWLY in received.prompt else PIECE,
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
        with process("-m", MODULE, "bare", url) as (address, running):
            bare = asyncio.run(together(address, BARE_PEOPLE, running.pid))
        for people, places in PLACES.items():
            with page(library, url, places) as (address, running):
                ours = asyncio.run(together(address, people, running.pid))
                yield from ours.figures(people, bare if people == BARE_PEOPLE else None)
                if people == BARE_PEOPLE:
                    yield from asyncio.run(secrets_kept(address))
        yield from killed(library, url)
        yield from leaving(library)
        with page(library, url) as (address, _):
            yield from loading(address)
    yield from extractive()


@dataclass
class Readings:
    all: list[Reading]
    work: float | None = None
    """Seconds of the server's processor that one question took, from Enter to the end; ``None`` where unknown."""

    def added(self, share: float) -> float:
        """Seconds to the first words beyond the model's own; those who got none count as for ever."""
        waits = [PATIENCE if each.first is None else each.first - FIRST_TOKEN for each in self.all]
        return float(np.quantile(waits, share))

    @property
    def errors(self) -> int:
        return sum(bool(each.error) for each in self.all)

    def figures(self, people: int, bare: Readings | None) -> Iterator[Line]:
        """Those of ``people`` at once; the goals are for 50."""
        against = "bare ChatInterface" if bare else ""
        for share, name in ((0.95, "p95"), (0.5, "median")):
            other = bare.added(share) if bare else None
            most = 1.0 if bare and share > 0.9 else None
            yield Figure(
                f"{people} at once: added, {name}", self.added(share), "s", other, f"s, {against}", at_most=most
            )
        if self.work is not None:
            other = 1000 * bare.work if bare and bare.work else None
            yield Figure(f"{people} at once: processor, a question", 1000 * self.work, "ms", other, f"ms, {against}")
        yield Figure(f"{people} at once: errors", self.errors, "", bare.errors if bare else None, against, at_most=0)
        shown = sum(each.waited for each in self.all)
        places = PLACES[people]
        yield Figure(f"with {places} places, shown a place in line", shown, at_least=1 if people > places else None)
        for each in [each.error for each in self.all if each.error][:2]:
            yield f"error: {each[:300]}"


async def together(address: str, people: int, server: int) -> Readings:
    """So many tabs, opened beforehand, whose readers all press Enter at once; ``server`` is the process asked."""
    async with client(address) as reached:
        for number in range(WARM):
            visitor = await Visitor.comes(reached)
            await visitor.asks(QUESTIONS[number % len(QUESTIONS)], "The articles say")
        visitors = []
        for _ in range(people):
            visitors.append(replace(visitor, session=secrets.token_hex(6)))
            await visitors[-1].loads()
        before = worked(server)
        asking = [
            visitor.asks(QUESTIONS[number % len(QUESTIONS)], "The articles say")
            for number, visitor in enumerate(visitors)
        ]
        readings = list(await asyncio.gather(*asking))
        after = worked(server)
        return Readings(readings, None if before is None or after is None else (after - before) / people)


def worked(process_id: int) -> float | None:
    """Seconds of processor that a process has used; ``None`` where the system does not tell as Linux does."""
    try:
        told = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


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
                readings = [Reading() for _ in visitors]
                asking = [
                    # Not the words of the turn before, which are shown again above it.
                    asyncio.create_task(visitor.asks(SLOWLY, r'aria-busy=\\"true\\"><p[^>]*>The articles', reading))
                    for visitor, reading in zip(visitors, readings, strict=True)
                ]
                async with asyncio.timeout(PATIENCE):
                    while any(reading.first is None for reading in readings):
                        await asyncio.sleep(0.01)
                running.send_signal(signal.SIGKILL)
                await asyncio.gather(*asking)

        asyncio.run(until_killed())
    with page(library, url) as (address, _):
        after = {name: states for name, states in known(library).items() if name not in before}
        with httpx.Client(base_url=address, timeout=PATIENCE) as reached:
            exported = [reached.get(f"/page/export/{name}.json").raise_for_status().json() for name in after]
    whole = sum(states[:1] == ["complete"] for states in after.values())
    marked = sum([turn["state"] for turn in each["turns"]] == ["complete", "cut"] for each in exported)
    yield Figure(
        f"killed while {streams} stream: finished turns there", whole, "", streams, "finished", at_least=streams
    )
    yield Figure(
        "those that streamed marked as cut, also in exports", marked, "", streams, "streamed", at_least=streams
    )


def leaving(library: Path) -> Iterator[Line]:
    """Stop and a closed tab by turns, at random moments: how long the request to the model stays open.

    A tab may be closed as soon as Enter was pressed; Stop stands there once the question does.
    """
    took: list[float] = []
    whole = says((f"Word {number} of an answer that is too long. " for number in range(400)), pause=0.05)
    with ScriptedServer(scenes=[whole]) as model, page(library, model.url) as (address, running):

        async def leave_often() -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
            async with client(address) as reached:
                first = await Visitor.comes(reached)
                chance = random.Random(11)
                for number in range(-WARM, LEAVING):
                    if number == 0:
                        before = await settled(running.pid)
                    seconds = await left_after(replace(first, session=secrets.token_hex(6)), number, chance)
                    took.extend([seconds] if number >= 0 else [])
                return before, await settled(running.pid)

        async def left_after(visitor: Visitor, number: int, chance: random.Random) -> float:
            there = asyncio.Event()
            tab: list[asyncio.Task[Any]] = [asyncio.create_task(visitor.stays(there))]
            await there.wait()
            reading = Reading()
            tab.append(asyncio.create_task(visitor.asks(QUESTIONS[0], "Word", reading)))
            while number % 2 and reading.shown is None:
                await asyncio.sleep(0.005)
            await asyncio.sleep(chance.uniform(0.0, 0.8))
            began = last = time.perf_counter()
            if number % 2:
                await visitor.stops()
            else:
                await closed(tab)
            # Nothing may begin afterwards either.
            while time.perf_counter() < max(last, began) + 0.2:
                last = time.perf_counter() if model.connections else last
                await asyncio.sleep(0.005)
            await closed(tab)
            return last - began

        before, after = asyncio.run(leave_often())
    name = f"{LEAVING} × Stop or tab closed"
    yield Figure(f"{name}: request to the model closed, median", 1000 * float(np.median(took)), "ms")
    yield Figure(f"{name}: the slowest", 1000 * max(took), "ms", at_most=1_000)
    if before and after:
        yield Figure(f"{name}: sockets of the server", after[0], "", before[0], "before", at_most=before[0])
        # Pools of waiting threads grow to their size by ones and twos; a thread left by each would be 50.
        yield Figure(f"{name}: threads of the server", after[1], "", before[1], "before", at_most=before[1] + 5)


async def closed(tasks: Sequence[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def settled(process_id: int) -> tuple[int, int] | None:
    """Sockets and threads of a process when they have stopped becoming fewer; ``None`` where that is not to be seen."""
    known: tuple[int, int] | None = None
    for _ in range(20):
        await asyncio.sleep(0.25)
        try:
            open_files = [str(each.readlink()) for each in Path(f"/proc/{process_id}/fd").iterdir()]
            threads = len(list(Path(f"/proc/{process_id}/task").iterdir()))
        except OSError:
            return known
        now = (sum(each.startswith("socket:") for each in open_files), threads)
        if known is not None and now >= known:
            return known
        known = now
    return known


def loading(address: str, times: int = 5) -> Iterator[Line]:
    """A browser with an empty cache, then the same one again: until a question can be typed."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        yield "SKIPPED: how long the page takes to load needs Chromium"
        return
    first, later = list[float](), list[float]()
    sent: list[float] = []  # bytes of each reply that the network brought
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for _ in range(times):
            context = browser.new_context()
            tab = context.new_page()
            sent.clear()
            network = context.new_cdp_session(tab)
            network.on("Network.loadingFinished", lambda ended: sent.append(ended["encodedDataLength"]))
            network.send("Network.enable")
            for taken in (first, later):
                began = time.perf_counter()
                tab.goto(address)
                tab.wait_for_selector("#side-head button", state="attached")
                tab.fill("#question textarea", "?")
                taken.append(time.perf_counter() - began)
                if taken is first:
                    tab.wait_for_timeout(1_000)  # fonts may still come
                    network.detach()
            context.close()
        browser.close()
    yield Figure(f"page usable, empty cache, slowest of {times}", max(first), "s", at_most=2.5)
    yield Figure("page, empty cache: sent", sum(sent) / 1024, "KB", at_most=350)
    yield Figure("page, empty cache: requests", len(sent), at_most=64)
    yield Figure(f"page usable, again, slowest of {times}", max(later), "s", at_most=1.2)


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
