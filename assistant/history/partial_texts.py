"""Answers that are being written, saved as they grow, so that a killed process loses half a second of them at most."""

from __future__ import annotations

import threading

from assistant.errors import ConversationsUnusable
from assistant.history.database import Database
from assistant.history.tables import prove_turn, storable

SAVE_SECONDS = 0.5
"""How long a text waits to be saved. All texts that wait are saved together, without waiting for the disk: 1 ms for 50
of 3,000 characters."""


class PartialTexts:
    """Saves the texts of unfinished turns in the background. Threads may share it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._unsaved: dict[int, str] = {}
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def save(self, turn: int, text: str) -> None:
        """Has ``text`` saved within ``SAVE_SECONDS``, or what replaces it by then."""
        with self._lock:
            if not self._unsaved:
                self._timer = threading.Timer(SAVE_SECONDS, self.save_now)
                self._timer.name, self._timer.daemon = "conversations", True
                self._timer.start()
            self._unsaved[turn] = text

    def save_now(self) -> None:
        try:
            with self._database.writing(durable=False) as run:
                with self._lock:
                    texts, self._unsaved = self._unsaved, {}
                for turn, text in texts.items():
                    run("UPDATE turns SET text = ? WHERE id = ? AND state = 'asking'", (storable(text), turn))
                    prove_turn(run, turn)
        except ConversationsUnusable:  # the turn's end reports it to someone who can act
            with self._lock:
                self._unsaved = {}

    def close(self) -> None:
        """Saves what still waits; nothing is saved after that."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()
            self.save_now()
