"""Password hashes as the page makes them, at a cost that takes a millisecond: few tests are about how long it takes."""

from __future__ import annotations

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from ui import users


def hash_quickly(patch: pytest.MonkeyPatch) -> None:
    """Until ``patch`` is undone."""
    hashers = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1), users._Scrypt()))
    patch.setattr(users, "_hashers", lambda: hashers)
