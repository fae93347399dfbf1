"""Who may come in: a file of users with hashed passwords, and the sessions of those who have logged in.

A line of the file is ``name:role:hash``; ``python -m ui.users NAME`` makes one. Empty lines and lines that begin with
``#`` are passed over. A *reader* asks and reads, an *editor* also adds and removes articles. The file is read once: a
change counts after the page is started again, which also ends all sessions.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import getpass
import hashlib
import hmac
import math
import re
import secrets
import sys
import threading
import time
import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Literal, get_args

from assistant.errors import AssistantError

Role = Literal["reader", "editor"]
ROLES: tuple[Role, ...] = get_args(Role)

NAME_LENGTH = 64
PASSWORD_SHORTEST = 8
PASSWORD_LONGEST = 1_024

_COST, _BLOCK, _PARALLEL = 15, 8, 3
"""scrypt with N = 2**15, r = 8, p = 3: one of the settings of equal strength in OWASP's password storage cheat sheet,
and the one that stays at 32 MB. 0.3 s on an idle core."""
_COSTLIEST = 20
"""Of a hash that was made elsewhere: 2**20 takes 1 GB."""
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
"""Names and addresses that are remembered, 20 MB of them; the oldest make room. At six passwords a second, as many as
two cores check, they are not flushed in less than four hours."""

_HASH = re.compile(r"\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)")


class UsersRefused(AssistantError):
    """The file of users cannot be used. ``problems`` are ``(line number, what is wrong)``, all of them."""

    def __init__(self, message: str, problems: Sequence[tuple[int, str]] = ()) -> None:
        super().__init__("\n".join([message, *(f"line {number}: {problem}" for number, problem in problems)]))
        self.problems = tuple(problems)


class LoginRefused(AssistantError):
    """Name or password is wrong; which of the two is not said."""


class TooManyAttempts(LoginRefused):
    """Too many wrong passwords lately. ``retry_after`` is the number of seconds to wait."""

    def __init__(self, retry_after: float) -> None:
        minutes = math.ceil(retry_after / 60)
        super().__init__(f"Too many wrong passwords. Try again in {minutes} minute{'s' if minutes > 1 else ''}.")
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may come in. ``name`` as the file writes it is also the owner of their conversations."""

    name: str
    role: Role

    @property
    def may_edit(self) -> bool:
        """Whether the user may add and remove articles."""
        return self.role == "editor"


# -- passwords


def hashed(password: str) -> str:
    """A salted scrypt hash of ``password``, as a line of the file holds it."""
    salt = secrets.token_bytes(16)
    key = _key(password, salt, _COST, _BLOCK, _PARALLEL)
    return f"$scrypt$ln={_COST},r={_BLOCK},p={_PARALLEL}${_encoded(salt)}${_encoded(key)}"


def matches(password: str, stored: str) -> bool:
    """Whether ``stored`` is a hash of ``password``; compared in constant time. ``ValueError`` for what is no hash."""
    salt, key, cost, block, parallel = _parsed(stored)
    return hmac.compare_digest(_key(password, salt, cost, block, parallel, len(key)), key)


def _key(password: str, salt: bytes, cost: int, block: int, parallel: int, length: int = 32) -> bytes:
    # The same password from another keyboard may come decomposed.
    text = unicodedata.normalize("NFC", password).encode("utf-8", "replace")
    memory = 128 * block * (2**cost + parallel + 2)
    return hashlib.scrypt(text, salt=salt, n=2**cost, r=block, p=parallel, maxmem=2 * memory, dklen=length)


def _parsed(stored: str) -> tuple[bytes, bytes, int, int, int]:
    found = _HASH.fullmatch(stored)
    if found is None:
        raise ValueError("this is no hash of a password")
    cost, block, parallel = (int(found[place]) for place in (1, 2, 3))
    try:
        salt, key = _decoded(found[4]), _decoded(found[5])
    except binascii.Error as error:
        raise ValueError("its salt or its key is cut") from error
    if not (10 <= cost <= _COSTLIEST and 1 <= block <= 32 and 1 <= parallel <= 16):
        raise ValueError(f"ln must be from 10 to {_COSTLIEST}, r to 32 and p to 16")
    if len(salt) < 8 or not 32 <= len(key) <= 64:
        raise ValueError("its salt or its key is too short")
    return salt, key, cost, block, parallel


def _encoded(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii").rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


# -- the file


class Users:
    """The users of a file."""

    def __init__(self, users: Iterable[tuple[User, str]]) -> None:
        """``users`` with their hashes; use ``read``."""
        self._known = {_folded(user.name): (user, stored) for user, stored in users}
        # Someone unknown takes as long as someone known: the time does not tell which names there are.
        self._nobody = hashed(secrets.token_urlsafe())

    @classmethod
    def read(cls, path: Path | str) -> Users:
        """The users of the file at ``path``. Raises ``UsersRefused``, which names every bad line."""
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
            raise UsersRefused(f"The file of users {path} cannot be read: {why}.") from error
        users: dict[str, tuple[User, str]] = {}
        problems: list[tuple[int, str]] = []
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            try:
                user, stored = _read_line(line.strip())
                if _folded(user.name) in users:
                    raise ValueError(f"{user.name} is there twice; capitals do not tell names apart")  # noqa: TRY301
            except ValueError as error:
                problems.append((number, str(error)))
            else:
                users[_folded(user.name)] = user, stored
        if problems:
            raise UsersRefused(
                f"The file of users {path} cannot be used. `python -m ui.users NAME` makes a line.", problems
            )
        if not users:
            raise UsersRefused(f"The file of users {path} names nobody. `python -m ui.users NAME` makes a line for it.")
        return cls(users.values())

    def __len__(self) -> int:
        return len(self._known)

    def check(self, name: str, password: str) -> User | None:
        """The user of this name and password, or ``None``; both take the same time and 32 MB, about 0.3 s."""
        user, stored = self._known.get(_folded(name), (None, self._nobody))
        right = matches(password[:PASSWORD_LONGEST], stored)
        return user if right and len(password) <= PASSWORD_LONGEST else None


def _read_line(line: str) -> tuple[User, str]:
    parts = line.split(":")
    if len(parts) != 3:
        raise ValueError("a line is name:role:hash")
    name, role, stored = (part.strip() for part in parts)
    checked_name(name)
    if role not in ROLES:
        raise ValueError(f"the role is reader or editor, not {role!r:.40}")
    _parsed(stored)
    return User(name, role), stored


def checked_name(name: str) -> str:
    """``name`` if a user may have it. Raises ``ValueError``."""
    if not name or len(name) > NAME_LENGTH or not name.isprintable() or name != name.strip() or set(name) & set(":#"):
        raise ValueError(f"a name has 1 to {NAME_LENGTH} printable characters, no colon and no #, not {name!r:.80}")
    return name


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).strip()


# -- sessions


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
    return _folded(name)[:NAME_LENGTH], network_of(address)


def network_of(address: str) -> str:
    """The address, of IPv6 its first half: a single line has 2**64 addresses of its own there."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:NAME_LENGTH]
    if isinstance(found, IPv6Address):
        mapped = found.ipv4_mapped
        return str(mapped) if mapped else found.packed[:8].hex()
    return str(found)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


# -- the command


def main(arguments: Sequence[str] | None = None) -> int:
    """Asks for a password, or reads it from standard input, and prints the user's line for the file."""
    parser = argparse.ArgumentParser(
        prog="python -m ui.users",
        description="Make a line for the file of users: python -m ui.users anna >> users.txt",
    )
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("--role", choices=ROLES, default="reader", help="an editor also adds and removes articles")
    options = parser.parse_args(arguments)
    try:
        name = checked_name(options.name)
    except ValueError as error:
        return _refuse(f"{error}.")
    if sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if getpass.getpass("Once more: ") != password:
            return _refuse("The two passwords differ.")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if not PASSWORD_SHORTEST <= len(password) <= PASSWORD_LONGEST:
        return _refuse(
            f"A password has {PASSWORD_SHORTEST} to {PASSWORD_LONGEST:,} characters; this has {len(password)}."
        )
    sys.stdout.write(f"{name}:{options.role}:{hashed(password)}\n")
    return 0


def _refuse(message: str) -> int:
    sys.stderr.write(f"{message}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
