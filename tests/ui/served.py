"""The page, served for real on a free port of loopback, in a thread of the test."""

from __future__ import annotations

import asyncio
import http.client
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from fastapi import FastAPI

from ui.app import PageServer, application, listen
from ui.page import Page


@dataclass(frozen=True)
class Served:
    address: str
    page: Page
    app: FastAPI
    before_the_end: list[Callable[[], object]] = field(default_factory=list)
    """Called before the server is told to stop: an open tab would complain that it lost its server."""

    def request(
        self, path: str, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (lower case) and body. Header names are given with ``_`` for ``-``."""
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            with suppress(BrokenPipeError, ConnectionResetError):  # it refused before all was sent
                connection.request(method, path, body, named)
            response = connection.getresponse()
            return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
        finally:
            connection.close()


Made = TypeVar("Made")


def in_a_loop(make: Callable[[], Made]) -> Made:
    """What ``make`` makes, where an event loop runs: without one, Gradio opens loops of its own and closes none.

    In a thread of its own, because Playwright keeps a loop running in the tests' thread.
    """

    async def made() -> Made:
        return make()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(made())).result()


@contextmanager
def served(desk: Any, host: str = "127.0.0.1", **settings: Any) -> Iterator[Served]:
    """Start the server, as for ``host`` but listening on loopback, and stop it as Ctrl-C would."""

    listener = listen("127.0.0.1", 0)
    made: Future[PageServer] = Future()

    def run() -> None:
        try:
            made.set_result(in_a_loop(lambda: PageServer(application(desk, host=host, **settings))))
        except BaseException as error:
            made.set_exception(error)
            raise
        made.result().run([listener])

    running = threading.Thread(target=run, daemon=True)
    running.start()
    server = made.result()
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    standing = Served(address, server.app.state.page, server.app)
    try:
        yield standing
        for leave in standing.before_the_end:
            leave()
    finally:
        server.should_exit = True
        running.join()
        listener.close()
        server.app.state.store.close()
