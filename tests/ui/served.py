"""The page, served for real on a free port of loopback, in a thread of the test."""

from __future__ import annotations

import asyncio
import http.client
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ui.app import PageServer, application, listen
from ui.page import Page


@dataclass(frozen=True)
class Served:
    address: str
    page: Page

    def request(
        self, path: str, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (lower case) and body. Header names are given with ``_`` for ``-``."""
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=10)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named)
            response = connection.getresponse()
            return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
        finally:
            connection.close()


@contextmanager
def served(desk: Any) -> Iterator[Served]:
    """Start the server, and stop it as Ctrl-C would."""

    listener = listen("127.0.0.1", 0)
    made: Future[PageServer] = Future()

    async def make() -> PageServer:
        # Inside a loop, because Gradio opens event loops of its own where none runs, and never closes them.
        return PageServer(application(desk))

    def run() -> None:
        try:
            made.set_result(asyncio.run(make()))
        except BaseException as error:
            made.set_exception(error)
            raise
        made.result().run([listener])

    running = threading.Thread(target=run, daemon=True)
    running.start()
    server = made.result(timeout=60)
    try:
        yield Served(f"http://127.0.0.1:{listener.getsockname()[1]}", server.app.state.page)
    finally:
        server.should_exit = True
        running.join(timeout=10)
        listener.close()
    assert not running.is_alive(), "the server did not stop"
