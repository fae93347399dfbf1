"""The answers being written now, each for one tab."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.reply import Reply

LATE_SECONDS = 10.0
"""How long a closed tab's last question may still be on its way; with 200 asking at once it is some seconds."""


class Writing:
    """The answers being written now, by session, so that Stop and a closed tab reach them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._replies: dict[str, Reply | None] = {}
        self._stopped: set[str] = set()
        self._left: set[str] = set()
        self._closed: dict[str, float] = {}

    def begin(self, session: str) -> bool:
        """Take the session's one place; False when an answer is being written in it already, or its tab was closed."""
        with self._lock:
            closed = self._closed.get(session)
            if session in self._replies or (closed is not None and time.monotonic() - closed < LATE_SECONDS):
                return False
            self._replies[session] = None
            return True

    def attach(self, session: str, reply: Reply) -> None:
        """Name the reply that Stop shall cancel; a Stop that came before it counts."""
        with self._lock:
            self._replies[session] = reply
            stopped = session in self._stopped
        if stopped:
            reply.cancel()

    def stop(self, session: str, *, leave: bool = False) -> None:
        """Stop the session's answer. With ``leave`` the tab shows something else from now on."""
        with self._lock:
            if session not in self._replies:
                return
            self._stopped.add(session)
            if leave:
                self._left.add(session)
            reply = self._replies[session]
        if reply is not None:
            reply.cancel()

    def close(self, session: str) -> None:
        """The tab is closed. A question that it sent just before may begin only after this, with nobody to stop it."""
        self.stop(session)
        now = time.monotonic()
        with self._lock:
            self._closed = {each: when for each, when in self._closed.items() if now - when < LATE_SECONDS}
            self._closed[session] = now

    def has_left(self, session: str) -> bool:
        """Whether the tab shows something else than the answer that is being written for it."""
        return session in self._left

    def stop_all(self) -> None:
        with self._lock:
            sessions = list(self._replies)
        for session in sessions:
            self.stop(session)

    def end(self, session: str) -> None:
        with self._lock:
            self._replies.pop(session, None)
            self._stopped.discard(session)
            self._left.discard(session)
