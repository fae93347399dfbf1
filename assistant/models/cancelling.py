"""Waiting for what blocks, with limits and a way out: a stream read in its own thread, and what hangs it up."""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from contextvars import ContextVar, copy_context
from typing import Any, Generic, TypeVar

T = TypeVar("T")

Say = Callable[[str], None]
"""Takes a sentence for the reader about what is being waited for."""


class Stop:
    """The reader's wish to stop, which reaches into other threads. Asking twice is harmless."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked = threading.Event()
        self._then: list[Callable[[], None]] = []

    @property
    def asked(self) -> bool:
        return self._asked.is_set()

    def ask(self) -> None:
        with self._lock:
            self._asked.set()
            then, self._then = self._then, []
        for call in then:
            call()

    def when_asked(self, call: Callable[[], None]) -> None:
        """Calls ``call`` once, from the asking thread; at once if it has been asked already."""
        with self._lock:
            if not self._asked.is_set():
                self._then.append(call)
                return
        call()

    def wait(self, seconds: float) -> bool:
        """Sleeps for ``seconds``, less if asked to stop; whether it was."""
        return self._asked.wait(seconds)


class Stalled(Exception):
    """Nothing came in time. ``seconds`` is the limit that was passed."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"nothing for {seconds:g} s")
        self.seconds = seconds


class Broken(Exception):
    """The stream ended with an error, which is not chained: its words may hold a secret."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(type(error).__name__)
        self.error = error


class Relay(Generic[T]):
    """Reads ``pieces()`` in a thread of its own, so that its reader can wait with a limit and leave at any time.

    ``hang_up`` is called when the reader leaves before the end: it should make the blocked thread return. Where it
    cannot, the thread ends with the next piece, and until then costs nothing but memory.
    """

    def __init__(self, pieces: Callable[[], Iterator[T]], stop: Stop, hang_up: Callable[[], None]) -> None:
        self._pieces = pieces
        self._hang_up = hang_up
        self._stop = stop
        self._left = threading.Event()
        self._arrived: queue.SimpleQueue[tuple[T] | BaseException | None] = queue.SimpleQueue()
        stop.when_asked(self._leave)
        context = copy_context()
        threading.Thread(target=context.run, args=(self._read,), name="answer", daemon=True).start()

    def _leave(self) -> None:
        """At once, whether or not anyone is reading: a page that was closed reads no more."""
        self._left.set()
        self._arrived.put(None)
        self._hang_up()

    def _read(self) -> None:
        try:
            for piece in self._pieces():
                self._arrived.put((piece,))
                if self._left.is_set():
                    return
            self._arrived.put(None)
        except BaseException as error:  # noqa: BLE001 - handed to the reader's thread, which raises it
            self._arrived.put(error)

    def read(self, between: float, until: float) -> Iterator[T]:
        """The pieces as they come, until the end or until asked to stop.

        Raises ``Stalled`` when nothing comes for ``between`` seconds, or when ``until`` (of ``time.monotonic``) has
        passed, and ``Broken`` with what ``pieces`` raised.
        """
        began = time.monotonic()
        ended = False
        try:
            while True:
                left = until - time.monotonic()
                try:
                    arrived = self._arrived.get(timeout=max(0.0, min(between, left)))
                except queue.Empty:
                    raise Stalled(between if between <= left else until - began) from None
                if self._stop.asked:
                    return
                if isinstance(arrived, tuple):
                    yield arrived[0]
                    continue
                ended = True
                if arrived is not None:
                    raise Broken(arrived)
                return
        finally:
            self._left.set()
            if not ended:
                self._hang_up()


_call: ContextVar[Call | None] = ContextVar("_call", default=None)


class Call:
    """The connections of one answer. ``hang_up`` ends them from any thread, also while one waits for bytes.

    Closing a socket does not wake a thread that reads from it; shutting it down does, on every system.
    """

    def __init__(self) -> None:
        self._sockets: list[socket.socket] = []
        self._over = False

    def carry(self) -> None:
        """Requests that this thread makes from now on can be hung up."""
        _call.set(self)

    def hang_up(self) -> None:
        self._over = True  # first: a connection that is made meanwhile finds it set
        for line in self._sockets:
            with suppress(OSError):  # it is closed already
                line.shutdown(socket.SHUT_RDWR)

    def trace(self, event: str, facts: dict[str, Any]) -> None:
        """The ``trace`` extension of httpx: called for each step of a request."""
        if event.endswith(("connect_tcp.complete", "connect_unix_socket.complete")):
            self._sockets.append(facts["return_value"].get_extra_info("socket"))
            if self._over:
                self.hang_up()


def watch(request: Any) -> None:
    """A hook for the requests of an httpx client: the call that this thread carries learns of their connections."""
    if (call := _call.get()) is not None:
        request.extensions["trace"] = call.trace
