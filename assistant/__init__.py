"""Question in, cited answer out; statement and sources in, verdict out. Both are loaded on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.checking.support import verify

__all__ = ["Assistant", "verify"]


def __getattr__(name: str) -> Any:
    if name == "Assistant":
        from assistant.assistant import Assistant

        return Assistant
    if name == "verify":
        from assistant.checking.support import verify

        return verify
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
