"""The network under httpcore2 for addresses that other people name.

It connects only to the places that were checked, and all of it ends at one time, however slowly a site sends.
"""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Callable, Iterable, Sequence

from httpcore2 import SOCKET_OPTION, ConnectError, ConnectTimeout, NetworkStream, ReadTimeout, SyncBackend


class NotTaken(ConnectError):
    """No place of the host, which is its message, takes the connection."""


class GuardedNetwork(SyncBackend):
    """Connects to the numeric addresses and ports that ``places`` gives for a host and port, until the time ``until``
    of ``time.monotonic``.
    """

    def __init__(self, places: Callable[[str, int], Sequence[tuple[str, int]]], until: float) -> None:
        self._places = places
        self._until = until
        # What httpcore2 logs in detail are the heads of replies, and a redirect can hold a password.
        logging.getLogger("httpcore2").setLevel(logging.INFO)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> NetworkStream:
        failure: ConnectError | ConnectTimeout = NotTaken(host)
        for address, its_port in self._places(host, port):
            seconds = _seconds(timeout, self._until)
            try:
                connection = super().connect_tcp(address, its_port, seconds, local_address, socket_options)
            except ConnectTimeout as error:
                failure = error
            except ConnectError:
                failure = NotTaken(host)
            else:
                return _EndingStream(connection, self._until)
        raise failure


class _EndingStream(NetworkStream):
    """A connection that ends ``until`` then: the timeouts of httpcore2 are each for one piece of what comes."""

    def __init__(self, stream: NetworkStream, until: float) -> None:
        self._stream = stream
        self._until = until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _seconds(timeout, self._until))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _seconds(timeout, self._until))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> NetworkStream:
        encrypted = self._stream.start_tls(ssl_context, server_hostname, _seconds(timeout, self._until))
        return _EndingStream(encrypted, self._until)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


def _seconds(timeout: float | None, until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise ReadTimeout
    return left if timeout is None else min(timeout, left)
