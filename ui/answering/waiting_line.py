"""Places in line: so many answers are written at once, and whoever comes then waits for a turn, in order of coming."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from assistant.errors import AssistantError

LOOK_SECONDS = 1.0
"""How often someone who waits is told the position, also an unchanged one: a page whose reader has left notices it when
it has something to send."""


class LineTooLong(AssistantError):
    """Too many wait already."""


class WaitedTooLong(AssistantError):
    """The time to wait is over, and no place was free."""


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
        self._inside: set[Ticket] = set()
        self._waiting: list[Ticket] = []

    @property
    def inside(self) -> int:
        """How many have a place."""
        return len(self._inside)

    @property
    def waiting(self) -> int:
        """How many wait for one."""
        return len(self._waiting)

    def ticket(self) -> Ticket:
        """A ticket, for a ``with`` block: inside it one has a place or waits for it, after it one is gone."""
        return Ticket(self)

    @contextmanager
    def place(self, on_wait: Callable[[int], None] | None = None, *, timeout: float | None = None) -> Iterator[Ticket]:
        """Waits for a place and holds it for the ``with`` block.

        ``on_wait`` is called with the position, 1 for whoever is next, at once and then every ``LOOK_SECONDS``; if it
        raises, the place in line is given up. ``timeout`` is in seconds. Raises ``LineTooLong``, ``WaitedTooLong``.
        """
        with self.ticket() as ticket:
            for position in ticket.positions(timeout=timeout):
                if on_wait is not None:
                    on_wait(position)
            yield ticket

    # -- for tickets

    def _join(self, ticket: Ticket) -> None:
        with self._lock:
            if len(self._inside) < self.places:  # then nobody waits
                self._inside.add(ticket)
                ticket._decided.set()
            elif self.longest is not None and len(self._waiting) >= self.longest:
                raise LineTooLong(
                    f"{len(self._waiting)} questions wait for an answer already. Please ask again in a minute."
                )
            else:
                self._waiting.append(ticket)

    def _leave(self, ticket: Ticket) -> None:
        with self._lock:
            if ticket in self._inside:
                self._inside.remove(ticket)
                if self._waiting:
                    following = self._waiting.pop(0)
                    self._inside.add(following)
                    following._decided.set()
            elif ticket in self._waiting:
                self._waiting.remove(ticket)
            ticket._decided.set()

    def _position(self, ticket: Ticket) -> int | None:
        with self._lock:
            if ticket in self._inside:
                return 0
            return self._waiting.index(ticket) + 1 if ticket in self._waiting else None


class Ticket:
    """One's place in line, inside a ``with`` block. ``leave`` may be called from any thread, and more than once.

    A thread iterates over ``positions``; asynchronous code looks at ``position`` until it is 0.
    """

    def __init__(self, line: Line) -> None:
        """Use ``Line.ticket``."""
        self._line = line
        self._decided = threading.Event()
        """Set when one has a place or has left."""

    def __enter__(self) -> Self:
        """Joins the line. Raises ``LineTooLong``."""
        self._line._join(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()

    @property
    def position(self) -> int:
        """0 with a place, 1 for whoever is next. Raises ``LineLeft`` after ``leave``."""
        position = self._line._position(self)
        if position is None:
            raise LineLeft("The question was withdrawn while it waited.")
        return position

    def positions(self, *, timeout: float | None = None, every: float = LOOK_SECONDS) -> Iterator[int]:
        """The position, 1 for whoever is next, at once and then every ``every`` seconds; ends with having a place.

        Yields nothing where a place is free. Raises ``WaitedTooLong`` after ``timeout`` seconds, and ``LineLeft`` when
        ``leave`` was called meanwhile.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while position := self.position:
            yield position
            left = every if until is None else min(every, until - time.monotonic())
            if left <= 0:
                raise WaitedTooLong("No place became free in time. Please ask again in a minute.")
            self._decided.wait(left)

    def leave(self) -> None:
        """Gives up the place, or the wait for it."""
        self._line._leave(self)
