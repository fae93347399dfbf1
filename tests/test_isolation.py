"""The guards of conftest.py do guard."""

from __future__ import annotations

import os
import socket

import pytest

from tests.conftest import OutsideNetwork


def test_a_connection_to_another_machine_fails_the_test() -> None:
    with socket.socket() as line, pytest.raises(OutsideNetwork):
        line.connect(("192.0.2.1", 80))
    with pytest.raises(OutsideNetwork):
        socket.create_connection(("example.org", 80), timeout=1)


def test_loopback_is_open() -> None:
    with socket.socket() as server, socket.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()
        client.connect(server.getsockname())


def test_the_developers_own_key_is_not_seen() -> None:
    assert not [name for name in os.environ if name.startswith(("OPENAI_", "ASSISTANT_", "LANGSMITH_"))]
