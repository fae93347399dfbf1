"""API keys: who may use the service, and how often.

They lie beside the library as ``keys.json``, which holds a hash of each key and not the key itself. The file is read
for every request, so that a key that is removed is refused at once.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from pydantic import TypeAdapter, ValidationError

from assistant.errors import AssistantError
from vectorstore.messages import Message

Role = Literal["metrics", "search", "ask"]
"""``metrics`` reads the figures of the service and no more; ``search`` also finds passages and reads articles; ``ask``
also asks, which may cost a chat model's tokens."""
ROLES: tuple[Role, ...] = get_args(Role)
"""Each may what those before it may."""

_NAME = re.compile(r"[\w.-]{1,64}")


class KeysUnusable(AssistantError):
    """A key cannot be added or removed, or the file of keys cannot be read; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of a key: never the key itself."""

    role: Role
    sha256: str
    """Of the key, in hexadecimal. A key has 32 random bytes, so that no slow hash is needed against guessing."""
    added: datetime


class Keys:
    """The keys of the library in ``folder``, by their names."""

    def __init__(self, folder: str | Path) -> None:
        self._path = Path(folder).expanduser() / "keys.json"

    def all(self) -> Mapping[str, Key]:
        """Every key by its name. Raises ``KeysUnusable`` when the file is there and cannot be read."""
        try:
            return _stored().validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValidationError) as error:
            raise KeysUnusable(
                Message("The keys in {path} cannot be read. Mend the file, or delete it and add keys.", path=self._path)
            ) from error

    def add(self, name: str, role: Role) -> str:
        """A new key, which is returned and nowhere kept."""
        keys = dict(self.all())
        if not _NAME.fullmatch(name):
            raise KeysUnusable(Message("“{name}”: a key's name has letters, digits, dots and dashes.", name=name))
        if name in keys:
            raise KeysUnusable(
                Message("There is a key “{name}”. Remove it first: assistant keys remove {name}", name=name)
            )
        if not self._path.parent.is_dir():
            raise KeysUnusable(
                Message(
                    "There is no library in {folder} yet. `assistant add FILES` makes one.", folder=self._path.parent
                )
            )
        secret = f"aa-{secrets.token_urlsafe(32)}"
        self._write(keys | {name: Key(role, _sha256(secret), datetime.now(UTC).replace(microsecond=0))})
        return secret

    def remove(self, name: str) -> None:
        keys = dict(self.all())
        if keys.pop(name, None) is None:
            raise KeysUnusable(Message("There is no key “{name}”. `assistant keys list` shows all.", name=name))
        self._write(keys)

    def find(self, secret: str) -> tuple[str, Key] | None:
        """The name and the entry of the key ``secret``; ``None`` for one that nobody was given."""
        digest = _sha256(secret)
        return next((each for each in self.all().items() if hmac.compare_digest(each[1].sha256, digest)), None)

    def _write(self, keys: Mapping[str, Key]) -> None:
        made = self._path.with_suffix(".new")
        made.unlink(missing_ok=True)
        made.touch(0o600)
        with made.open("wb") as file:
            file.write(_stored().dump_json(dict(keys), indent=1))
            file.flush()
            os.fsync(file.fileno())
        made.replace(self._path)


class PerMinute:
    """Counts the requests of each key in the running minute, in memory."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._minute, self._counts = 0, dict[str, int]()

    def seconds_to_wait(self, name: str) -> int:
        """Counts one request of ``name``: 0 if it may go on, else the seconds until the next minute."""
        now = self._clock()
        if int(now // 60) != self._minute:
            self._minute, self._counts = int(now // 60), {}
        self._counts[name] = self._counts.get(name, 0) + 1
        return 0 if self._counts[name] <= self._most else 60 - int(now % 60)


@cache
def _stored() -> TypeAdapter[dict[str, Key]]:
    return TypeAdapter(dict[str, Key])


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
