"""Who may come in: a file of users with hashed passwords.

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
import re
import sys
import threading
import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
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


class UsersRefused(AssistantError):
    """The file of users cannot be used. ``problems`` are ``(line number, what is wrong)``, all of them."""

    def __init__(self, message: str, problems: Sequence[tuple[int, str]] = ()) -> None:
        lines = (Message("line {number}: {problem}", number=number, problem=problem) for number, problem in problems)
        super().__init__(Message.joined(message, *lines, by="\n"))
        self.problems = tuple(problems)


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
        self._known = {folded(user.name): (user, stored) for user, stored in users}
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
                if folded(user.name) in users:
                    twice = Message("{name} is there twice; capitals do not tell names apart", name=user.name)
                    raise ValueError(twice)  # noqa: TRY301
            except ValueError as error:
                problems.append((number, str(error)))
            else:
                users[folded(user.name)] = user, stored
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
        key = folded(name)
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


def folded(name: str) -> str:
    """The form under which a name is looked up: capitals and composed letters do not tell names apart."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).strip()


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
