"""Suggested questions, made in the background: those of the library once for each of its states, and under an answer.

How it is mounted: ``Suggesting(desk, store)``, one per server; what it gives are futures, so that who waits for them
holds no thread. Close it when the server ends.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from typing import TYPE_CHECKING, Final, TypeVar

from assistant.errors import AssistantError
from assistant.history.conversations import Conversations
from assistant.messages import Language, Translator
from assistant.models.cancelling import Stop
from assistant.types import Answer
from vectorstore.errors import LibraryError

if TYPE_CHECKING:
    from assistant import Assistant

T = TypeVar("T")

THREADS: Final = 4
"""Requests at once: a suggestion is worth less than an answer, so its makers take little of the machine."""

_log = logging.getLogger(__name__)


class Suggesting:
    """Threads may share it."""

    def __init__(self, desk: Assistant, store: Conversations) -> None:
        self._desk, self._store = desk, store
        self._stop = Stop()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="suggest")
        self._lock = threading.Lock()
        self._known: dict[Language, tuple[object, Future[tuple[str, ...]]]] = {}

    def of_library(self, words: Translator) -> Future[tuple[str, ...]]:
        """Questions that its stories raise. Raises ``LibraryError``."""
        # Without a model "last week" is asked about, which is another one from day to day.
        state = self._desk.library.changes(), None if self._desk.can_look_deeper else date.today()
        with self._lock:
            known = self._known.get(words.language)
            if known is None or known[0] != state:

                def make() -> tuple[str, ...]:
                    return _unless_failed(lambda: self._desk.suggest(words, self._stop), ())

                known = self._known[words.language] = state, self._threads.submit(make)
            return known[1]

    def after(self, user: str, turn: int, answer: Answer, words: Translator) -> Future[Answer]:
        """The answer with what may be asked next, as it is then stored."""

        def make() -> Answer:
            suggested = self._desk.suggest_next(answer, words, self._stop)
            self._store.finish(user, turn, suggested)
            return suggested

        return self._threads.submit(_unless_failed, make, answer)

    def close(self) -> None:
        """Ends what is being made, and waits for it."""
        self._stop.ask()
        self._threads.shutdown(cancel_futures=True)


def _unless_failed(make: Callable[[], T], otherwise: T) -> T:
    try:
        return make()
    except (AssistantError, LibraryError) as error:
        _log.warning("No questions are suggested: %s", error)
        return otherwise
