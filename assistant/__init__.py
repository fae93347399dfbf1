"""Question in, cited answer out; statement and sources in, verdict out. Both are loaded on first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.checking.support import verify

__all__ = ["Assistant", "verify"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        home = "assistant.assistant" if name == "Assistant" else "assistant.checking.support"
        return getattr(import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
