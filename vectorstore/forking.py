"""What a forked child must make anew: an engine's threads are not there, and SQLite forbids a connection that both use.

Without this the first question in a child would wait for ever.
"""

from __future__ import annotations

import ctypes
import os
from contextlib import ExitStack
from functools import cache
from typing import Protocol
from weakref import WeakSet


class Forked(Protocol):
    def renew(self) -> None:
        """Called in the child, before anything else runs there."""


_open: WeakSet[Forked] = WeakSet()


def renewed_in_children(each: Forked) -> None:
    """From now on ``each.renew()`` is called in every child that this process forks."""
    _registered()
    _open.add(each)


def closed(each: Forked) -> None:
    _open.discard(each)


def left_to_parent(*parts: object) -> None:
    """Keeps ``parts`` from being destroyed in the child: their destructors would wait for the parent's threads."""
    for part in parts:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(part))


@cache
def _registered() -> None:
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_renew)


def _renew() -> None:
    with ExitStack() as every:  # also those after one that fails
        for each in list(_open):
            every.callback(each.renew)
