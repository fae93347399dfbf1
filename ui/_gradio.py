"""Gradio, loaded without the stub files that it would write beside its components: 1.7 s instead of 2.9.

So it is imported from here, before anything of it.
"""

from __future__ import annotations

import inspect
import sys
from typing import Any

__all__ = ["gr"]

_getfile = inspect.getfile


def _no_file_for_gradio(object: Any) -> str:  # noqa: A002 - as it is there
    """Gradio writes no stub file for a component that is in no file."""
    if sys._getframe(1).f_globals.get("__name__") == "gradio.component_meta":
        raise OSError
    return _getfile(object)


inspect.getfile = _no_file_for_gradio
try:
    import gradio as gr
finally:
    inspect.getfile = _getfile
