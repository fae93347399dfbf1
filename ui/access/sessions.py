"""Sessions of those who have logged in, and the wait after wrong passwords."""

from __future__ import annotations

import hashlib
import math
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import IPv6Address, ip_address, ip_network

from assistant.errors import AssistantError
from ui.users import NAME_LENGTH, User, Users, folded
from vectorstore.messages import Message

SESSION_IDLE_SECONDS = 12 * 3_600
"""A session ends when it was not used for half a day, so that the next morning asks again."""
SESSION_SECONDS = 7 * 24 * 3_600
"""It ends after a week however much it is used."""
SESSIONS_OF_ONE = 20
"""Of one user at once; the one that was not used for longest makes room."""

ATTEMPTS_HERE = 5
"""Wrong passwords for one name from one address without a wait: a forgotten password and its neighbours. Nothing is
counted for an address alone, so that nobody is shut out by whoever else is behind it."""
ATTEMPTS_FOR_NAME = 100
"""For one name from all addresses that it has not come in from before: far above what one person does."""
FIRST_WAIT_SECONDS = 5
LONGEST_WAIT_SECONDS = 15 * 60
"""Each further wrong password doubles the wait, up to this: about 100 guesses a day at a name, too few for a password
of eight characters that is not on a list."""
FORGOTTEN_SECONDS = 24 * 3_600
"""After a day without a wrong password they no longer count."""
_KEYS_KEPT = 100_000
"""Names and addresses that are remembered, 20 MB of them; the oldest make room. At eleven passwords a second, as many
as two cores check, they are not flushed in less than two hours."""


class LoginRefused(AssistantError):
    """Name or password is wrong; which of the two is not said."""


class TooManyAttempts(LoginRefused):
    """Too many wrong passwords lately. ``retry_after`` is the number of seconds to wait."""

    def __init__(self, retry_after: float) -> None:
        minutes = math.ceil(retry_after / 60)
        super().__init__(
            Message.plural(
                "Too many wrong passwords. Try again in {count} minute.",
                "Too many wrong passwords. Try again in {count} minutes.",
                minutes,
            )
        )
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class _Session:
    user: User
    began: float
    used: float


class Door:
    """Logs users in and out. Threads may share it.

    A session is a random token of 256 bits that the browser keeps in a cookie; here only its hash is kept, in memory,
    with user and times. There is nothing in a token to sign or to forge: who it belongs to stands here alone.
    """

    def __init__(self, users: Users, *, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock`` gives seconds that never go back."""
        self._users = users
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions: dict[bytes, _Session] = {}
        self._wrong: OrderedDict[tuple[str, ...], tuple[int, float]] = OrderedDict()
        """How many wrong passwords, and when the last of them came."""
        self._come_from: OrderedDict[tuple[str, ...], None] = OrderedDict()
        """From where each name has come in."""

    def log_in(self, name: str, password: str, address: str) -> tuple[User, str]:
        """The user and the token of a new session. ``address`` is the network address that asks.

        Raises ``TooManyAttempts``, else ``LoginRefused``.
        """
        self._begin_attempt(name, address)
        user = self._users.check(name, password)
        if user is None:
            raise LoginRefused("Name or password is wrong.")
        token = secrets.token_urlsafe(32)
        now = self._clock()
        with self._lock:
            self._forgive(name, address)
            self._drop_old(now)
            own = sorted((session.used, key) for key, session in self._sessions.items() if session.user == user)
            for _, key in own[: max(0, len(own) - SESSIONS_OF_ONE + 1)]:
                del self._sessions[key]
            self._sessions[_digest(token)] = _Session(user, now, now)
        return user, token

    def user(self, token: str | None) -> User | None:
        """Whose session this is; ``None`` when it has ended or never was. Counts as use of it."""
        if not token:
            return None
        key, now = _digest(token), self._clock()
        with self._lock:
            session = self._sessions.get(key)
            if session is None:
                return None
            if _ended(session, now):
                del self._sessions[key]
                return None
            self._sessions[key] = replace(session, used=now)
            return session.user

    def log_out(self, token: str | None) -> None:
        """Ends the session; harmless for one that has ended."""
        with self._lock:
            self._sessions.pop(_digest(token or ""), None)

    def _drop_old(self, now: float) -> None:
        for key in [key for key, session in self._sessions.items() if _ended(session, now)]:
            del self._sessions[key]

    # Attempts count as wrong while they are checked, so that a hundred at once are not a hundred first ones.

    def _begin_attempt(self, name: str, address: str) -> None:
        now = self._clock()
        with self._lock:
            keys = self._limits(name, address)
            if (wait := max(self._wait(key, free, now) for key, free in keys.items())) > 0:
                raise TooManyAttempts(wait)
            for key in keys:
                count, _ = self._wrong.get(key, (0, now))
                self._wrong[key] = count + 1, now
                self._wrong.move_to_end(key)
            while len(self._wrong) > _KEYS_KEPT:
                self._wrong.popitem(last=False)

    def _limits(self, name: str, address: str) -> dict[tuple[str, ...], int]:
        """What a wrong password is counted for, and how many of them cost no wait."""
        here = _here(name, address)
        anywhere = {} if here in self._come_from else {here[:1]: ATTEMPTS_FOR_NAME}
        return {here: ATTEMPTS_HERE, **anywhere}

    def _wait(self, key: tuple[str, ...], free: int, now: float) -> float:
        count, last = self._wrong.get(key, (0, now))
        if now - last >= FORGOTTEN_SECONDS:
            del self._wrong[key]
        elif count >= free:
            doubled = min(count - free, 20)  # far beyond the longest wait
            return last + min(FIRST_WAIT_SECONDS * (1 << doubled), LONGEST_WAIT_SECONDS) - now
        return 0.0

    def _forgive(self, name: str, address: str) -> None:
        """The right password takes back its own attempt, and the wrong ones for this name from here."""
        here, *others = self._limits(name, address)
        self._wrong.pop(here, None)
        for key in others:
            if key in self._wrong:
                count, last = self._wrong[key]
                self._wrong[key] = count - 1, last
        self._come_from[here] = None
        self._come_from.move_to_end(here)
        while len(self._come_from) > _KEYS_KEPT:
            self._come_from.popitem(last=False)


def _ended(session: _Session, now: float) -> bool:
    return now - session.used >= SESSION_IDLE_SECONDS or now - session.began >= SESSION_SECONDS


def _here(name: str, address: str) -> tuple[str, ...]:
    return folded(name)[:NAME_LENGTH], network_of(address)


def network_of(address: str) -> str:
    """The address, of IPv6 its first half: a single line has 2**64 addresses of its own there."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:NAME_LENGTH]
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or ip_network((found, 64), strict=False))
    return str(found)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
