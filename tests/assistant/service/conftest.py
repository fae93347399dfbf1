"""The service over the library of four articles, on a free port of loopback."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from assistant import Assistant
from assistant.service.application import Server, application
from assistant.settings import Settings

Serve = Callable[..., AbstractContextManager[str]]


@contextmanager
def served(desk: Assistant, **settings: Any) -> Iterator[str]:
    """Its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(application(desk, **settings))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def extractive(folder: Path) -> Iterator[str]:
    """The address of a service without a chat model and without keys."""
    with Assistant.open(folder, settings=Settings(), read_only=True) as desk, served(desk) as address:
        yield address


@pytest.fixture(scope="module")
def client(extractive: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=extractive, timeout=None) as made:
        yield made


@pytest.fixture
def own_folder(folder: Path, tmp_path: Path) -> Path:
    """A copy of the library, for a test that adds keys."""
    return Path(shutil.copytree(folder, tmp_path / "library"))
