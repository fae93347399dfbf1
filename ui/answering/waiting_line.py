"""Places in line: so many answers are written at once, and whoever comes then waits for a turn, in order of coming.

anyio's ``CapacityLimiter`` keeps such an order too, but tells nobody where in it they stand, and is left by cancelling
a task of its own event loop alone; here a position is asked for, and any thread may take somebody out.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

from assistant.errors import AssistantError
from vectorstore.messages import Message


class LineTooLong(AssistantError):
    """Too many wait already."""


class LineLeft(AssistantError):
    """The wait was given up from elsewhere, with ``Ticket.leave``."""


class Line:
    """``places`` at once, the others in order of coming; at most ``longest`` wait (``None``: any number).

    A place that becomes free goes straight to whoever waits longest: nobody who comes later can take it.
    """

    def __init__(self, places: int, *, longest: int | None = None) -> None:
        if places < 1:
            raise ValueError(f"a line needs at least one place, not {places}")
        self.places = places
        self.longest = longest
        self._lock = threading.Lock()
        self._there: list[Ticket] = []
        """In order of coming; the first ``places`` of them have a place."""

    @property
    def inside(self) -> int:
        """How many have a place."""
        return min(len(self._there), self.places)

    @property
    def waiting(self) -> int:
        """How many wait for one."""
        return max(0, len(self._there) - self.places)

    def ticket(self) -> Ticket:
        """A ticket, for a ``with`` block: inside it one has a place or waits for it, after it one is gone."""
        return Ticket(self)


class Ticket:
    """One's place in line, inside a ``with`` block. ``leave`` may be called from any thread, and more than once."""

    def __init__(self, line: Line) -> None:
        """Use ``Line.ticket``."""
        self._line = line

    def __enter__(self) -> Self:
        """Joins the line. Raises ``LineTooLong``."""
        line = self._line
        with line._lock:
            if line.longest is not None and len(line._there) >= line.places + line.longest:
                raise LineTooLong(
                    Message(
                        "{count} questions wait for an answer already. Please ask again in a minute.",
                        count=line.waiting,
                    )
                )
            line._there.append(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()

    @property
    def position(self) -> int:
        """0 with a place, 1 for whoever is next. Raises ``LineLeft`` after ``leave``."""
        with self._line._lock, suppress(ValueError):
            return max(0, self._line._there.index(self) + 1 - self._line.places)
        raise LineLeft(Message("The question was withdrawn while it waited."))

    def leave(self) -> None:
        """Gives up the place, or the wait for it."""
        with self._line._lock, suppress(ValueError):
            self._line._there.remove(self)
