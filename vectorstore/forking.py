"""Forked children: an engine's threads are not there, and SQLite forbids a connection that parent and child use."""

from __future__ import annotations

import ctypes
import os
from contextlib import ExitStack
from typing import Protocol
from weakref import WeakSet


class Forked(Protocol):
    def renew(self) -> None:
        """Called in a child before anything else: makes anew what waits for the parent's threads and locks."""


OPEN: WeakSet[Forked] = WeakSet()
"""What is renewed in every child."""


def left_to_parent(*parts: object) -> None:
    """Keeps ``parts`` from being destroyed in the child, where their destructors would wait for ever."""
    for part in parts:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(part))


def _renew() -> None:
    with ExitStack() as every:  # also those after one that fails
        for each in list(OPEN):
            every.callback(each.renew)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
