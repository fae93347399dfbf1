"""The answers being written now, and the tabs that look on.

An answer goes on to its end in a task of its own: a tab that is reloaded, closed or cut off from the network only
stops looking. Whoever comes to its conversation meanwhile looks on from there. Only ``Underway.stop`` ends it early.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.errors import AssistantError
from ui.answering.threads import Waiting
from ui.views.conversation_list import Place
from vectorstore.errors import LibraryError

if TYPE_CHECKING:
    from assistant.reply import Reply


class Underway:
    """One answer being written. ``stop`` and ``cancel`` may be called from any thread, the rest from the event loop."""

    def __init__(self, user: str, place: Place, question: str) -> None:
        self.user = user
        self.place = place
        self.question = question
        self.text = ""
        """What has come of it."""
        self.position = 0
        """In line; 0 with a place."""
        self.reply: Reply | None = None
        self.problem: AssistantError | LibraryError | None = None
        """Why there is no answer."""
        self.fault: Exception | None = None
        """Of the program."""
        self.is_stopped = False
        """By the person who asked."""
        self._is_cancelled = self._has_begun = self._has_ended = False
        self._moved = asyncio.Event()

    def attach(self, reply: Reply) -> None:
        """Name the reply that a stop shall cancel; one that came before counts."""
        self.reply = reply
        if self._is_cancelled:
            reply.cancel()

    def stop(self) -> None:
        """The person has read enough."""
        self.is_stopped = True
        self.cancel()

    def cancel(self) -> None:
        """Ends the writing, though nobody asked for that."""
        self._is_cancelled = True
        if self.reply is not None:
            self.reply.cancel()

    async def run(self, pieces: AsyncGenerator[str | Waiting, None]) -> None:
        """Takes all ``pieces``, whoever looks on."""
        try:
            async with aclosing(pieces) as coming:
                async for piece in coming:
                    self.position = piece.position if isinstance(piece, Waiting) else 0
                    self.text += "" if isinstance(piece, Waiting) else piece
                    self._tell()
        except (AssistantError, LibraryError) as error:
            self.problem = error
        except Exception as error:
            self.fault = error
            raise
        finally:
            self._has_ended = True
            self._tell()

    def _tell(self) -> None:
        self._has_begun = True
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def steps(self) -> AsyncGenerator[None, None]:
        """One for what has come, and one whenever something new has, to the end. Raises a fault of the program."""
        while not self._has_ended:
            moved = self._moved
            if self._has_begun:
                yield
            await moved.wait()
        if self.fault is not None:
            raise self.fault


@dataclass(eq=False, slots=True)
class Look:
    """A tab that looks on, or is about to."""

    session: str
    underway: Underway | None = None


class Writing:
    """The answers being written now by their turns, and who looks at which: a tab at one."""

    def __init__(self) -> None:
        self._tasks: dict[Underway, asyncio.Task[None]] = {}
        self._looks: dict[str, Look] = {}

    def start(self, underway: Underway, pieces: AsyncGenerator[str | Waiting, None]) -> None:
        """Has the answer written. A fault of the program goes to asyncio's log, and to who looks on."""
        task = self._tasks[underway] = asyncio.create_task(underway.run(pieces))
        task.add_done_callback(lambda _: self._tasks.pop(underway))

    def at(self, user: str, place: Place) -> Underway | None:
        """The answer of this turn, if it is being written."""
        return next((each for each in self._tasks if (each.user, each.place) == (user, place)), None)

    def stop_conversation(self, user: str, conversation: str) -> None:
        """It was deleted."""
        for each in [*self._tasks]:
            if (each.user, each.place.conversation) == (user, conversation):
                each.stop()

    def look(self, session: str) -> Look | None:
        """Take the tab's one look; ``None`` while it looks at another answer."""
        return None if session in self._looks else self._looks.setdefault(session, Look(session))

    def is_shown(self, look: Look) -> bool:
        """Whether the tab still shows what it looked at."""
        return self._looks.get(look.session) is look

    def end(self, look: Look) -> None:
        if self.is_shown(look):
            del self._looks[look.session]

    def leave(self, session: str) -> None:
        """The tab shows something else from now on, or is closed; the answer goes on."""
        self._looks.pop(session, None)

    def stop(self, session: str) -> Underway | None:
        """Stop the answer that the tab looks at."""
        look = self._looks.get(session)
        if look is None or look.underway is None:
            return None
        look.underway.stop()
        return look.underway

    def cancel_all(self) -> None:
        """At the end of the server."""
        for each in [*self._tasks]:
            each.cancel()
