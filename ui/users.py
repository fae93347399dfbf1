"""Who may come in: a file of users with hashed passwords, and the sessions of those who have logged in.

A line of the file is ``name:role:hash``; ``python -m ui.users NAME`` makes one. Empty lines and lines that begin with
``#`` are passed over. A *reader* asks and reads, an *editor* also adds and removes articles. The file is read once: a
change counts after the page is started again, which also ends all sessions. At a login, a hash of an earlier version is
replaced in it.
"""

from __future__ import annotations

import argparse
import base64
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
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from ipaddress import IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from assistant.errors import AssistantError
from vectorstore.messages import Message

if TYPE_CHECKING:
    from pwdlib import PasswordHash

Role = Literal["reader", "editor"]
ROLES: tuple[Role, ...] = get_args(Role)

NAME_LENGTH = 64
PASSWORD_SHORTEST = 8
PASSWORD_LONGEST = 1_024

_STORED = re.compile(
    r"\$(?:argon2id\$v=19\$m=\d{1,6},t=\d{1,2},p=\d{1,2}"
    r"|scrypt\$ln=(?P<cost>1\d|20),r=(?P<block>[1-9]),p=(?P<parallel>[1-9]))"
    r"\$(?P<salt>(?:[A-Za-z0-9+/]{4}){2,16}(?:[A-Za-z0-9+/]{2,3})?)"
    r"\$(?P<key>(?:[A-Za-z0-9+/]{4}){10,21}(?:[A-Za-z0-9+/]{2,3})?)",
    re.ASCII,
)
"""The hashes that can be verified, also those made elsewhere: whole, and such that none takes more than 1 GB."""
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


class UsersRefused(AssistantError):
    """The file of users cannot be used. ``problems`` are ``(line number, what is wrong)``, all of them."""

    def __init__(self, message: str, problems: Sequence[tuple[int, str]] = ()) -> None:
        lines = (Message("line {number}: {problem}", number=number, problem=problem) for number, problem in problems)
        super().__init__(Message.joined(message, *lines, by="\n"))
        self.problems = tuple(problems)


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
    """A salted argon2 hash of ``password``, as a line of the file holds it."""
    return _hashers().hash(_bytes(password))


@cache
def _hashers() -> PasswordHash:
    from pwdlib import PasswordHash  # which a page without users does not need
    from pwdlib.hashers.argon2 import Argon2Hasher

    return PasswordHash((Argon2Hasher(), _Scrypt()))


class _Scrypt:
    """What earlier versions wrote, ``$scrypt$ln=15,r=8,p=3$salt$key``. It is only verified: a login replaces it."""

    @classmethod
    def identify(cls, hash: str | bytes) -> bool:  # noqa: A002
        return str(hash).startswith("$scrypt$")

    def verify(self, password: str | bytes, hash: str | bytes) -> bool:  # noqa: A002
        found = _STORED.fullmatch(str(hash))
        assert found is not None
        assert isinstance(password, bytes)
        cost, block, parallel = map(int, found.group("cost", "block", "parallel"))
        salt, key = (base64.b64decode(part + "==") for part in found.group("salt", "key"))
        memory = 256 * block * (2**cost + parallel + 2)
        made = hashlib.scrypt(password, salt=salt, n=2**cost, r=block, p=parallel, maxmem=memory, dklen=len(key))
        return hmac.compare_digest(made, key)

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        raise NotImplementedError

    def check_needs_rehash(self, hash: str | bytes) -> bool:  # noqa: A002
        return True


def _bytes(password: str) -> bytes:
    # The same password from another keyboard may come decomposed.
    return unicodedata.normalize("NFC", password).encode("utf-8", "replace")


# -- the file


class Users:
    """The users of a file. Threads may share them."""

    def __init__(self, users: Iterable[tuple[User, str]], path: Path | str | None = None) -> None:
        """``users`` with their hashes, and the file that they are from; use ``read``."""
        self._known = {_folded(user.name): (user, stored) for user, stored in users}
        self._path = path
        self._lock = threading.Lock()

    @classmethod
    def read(cls, path: Path | str) -> Users:
        """The users of the file at ``path``. Raises ``UsersRefused``, which names every bad line."""
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else Message("it is no UTF-8 text")
            refusal = Message("The file of users {path} cannot be read: {why}.", path=path, why=why)
            raise UsersRefused(refusal) from error
        users: dict[str, tuple[User, str]] = {}
        problems: list[tuple[int, str]] = []
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            try:
                user, stored = _read_line(line.strip())
                if _folded(user.name) in users:
                    twice = Message("{name} is there twice; capitals do not tell names apart", name=user.name)
                    raise ValueError(twice)  # noqa: TRY301
            except ValueError as error:
                problems.append((number, str(error)))
            else:
                users[_folded(user.name)] = user, stored
        if problems:
            bad = Message("The file of users {path} cannot be used. `python -m ui.users NAME` makes a line.", path=path)
            raise UsersRefused(bad, problems)
        if not users:
            nobody = Message(
                "The file of users {path} names nobody. `python -m ui.users NAME` makes a line for it.", path=path
            )
            raise UsersRefused(nobody)
        return cls(users.values(), path)

    def __len__(self) -> int:
        return len(self._known)

    def check(self, name: str, password: str) -> User | None:
        """The user of this name and password, or ``None``; both take the same time, 0.2 s of one core, and 64 MB.

        A hash of an earlier version becomes one of today's, also in the file.
        """
        key = _folded(name)
        user, stored = self._known.get(key) or (None, self._decoy(key))
        right, renewed = _hashers().verify_and_update(_bytes(password[:PASSWORD_LONGEST]), stored)
        if user is None or not right or len(password) > PASSWORD_LONGEST:
            return None
        if renewed is not None:
            self._renew(key, user, stored, renewed)
        return user

    def _decoy(self, key: str) -> str:
        """What the password of an unknown name is compared with: the hash of one of the users, made to match nothing.

        So the time does not tell which names there are, whatever kinds of hashes they have.
        """
        hashes = [stored for _, stored in self._known.values()]
        return hashes[hash(key) % len(hashes)][:-22] + 22 * "A"

    def _renew(self, key: str, user: User, stored: str, renewed: str) -> None:
        """Keeps the new hash; in a file that cannot be written, or was changed meanwhile, the old one stays and serves.

        The file is written in place: who adds a line with ``>>`` just now, or has mounted the file into a container,
        holds on to this very one.
        """
        with self._lock:
            self._known[key] = user, renewed
            if self._path is not None:
                with suppress(OSError, ValueError), Path(self._path).open("r+", encoding="utf-8", newline="") as file:
                    text = file.read()
                    file.seek(0)
                    file.write(text.replace(stored, renewed))
                    file.truncate()


def _read_line(line: str) -> tuple[User, str]:
    parts = line.split(":")
    if len(parts) != 3:
        raise ValueError(Message("a line is name:role:hash"))
    name, role, stored = (part.strip() for part in parts)
    checked_name(name)
    if role not in ROLES:
        raise ValueError(Message("the role is reader or editor, not {role!r:.40}", role=role))
    if not _STORED.fullmatch(stored):
        raise ValueError(Message("this is no hash of a password, or only a part of one"))
    return User(name, role), stored


def checked_name(name: str) -> str:
    """``name`` if a user may have it. Raises ``ValueError``."""
    if not name or len(name) > NAME_LENGTH or not name.isprintable() or name != name.strip() or set(name) & set(":#"):
        raise ValueError(
            Message(
                "a name has 1 to {most} printable characters, no colon and no #, not {name!r:.80}",
                most=NAME_LENGTH,
                name=name,
            )
        )
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
        return str(found.ipv4_mapped or ip_network((found, 64), strict=False))
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
            return _refuse(Message("The two passwords differ."))
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if not PASSWORD_SHORTEST <= len(password) <= PASSWORD_LONGEST:
        return _refuse(
            Message(
                "A password has {least} to {most:,} characters; this has {count}.",
                least=PASSWORD_SHORTEST,
                most=PASSWORD_LONGEST,
                count=len(password),
            )
        )
    sys.stdout.write(f"{name}:{options.role}:{hashed(password)}\n")
    return 0


def _refuse(message: str) -> int:
    sys.stderr.write(f"{message}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
