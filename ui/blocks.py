"""Gradio's blocks, where an output that a step leaves as it is costs nothing.

Gradio takes ``gr.skip()``, and every output that a handler does not name, for an update with nothing in it: it makes
the component anew and describes it anew, twice, for each piece of a text that is being written. With nine outputs and
fifty readers that was most of what the server did: without it, their first words came after half the time.
"""

from __future__ import annotations

import sys
from copy import copy
from importlib.util import find_spec
from typing import Any, Final, Self

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.blocks import convert_component_dict_to_list
from gradio.state_holder import SessionState

EVENTS_AT_ONCE: Final = 2_000
"""Steps of handlers under way: those that are answered, those in line, and whoever opens a conversation meanwhile. It
takes no threads; Gradio keeps a list of this length."""


class Blocks(gr.Blocks):
    """See the module; everything else is Gradio's."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        # Gradio tries to import it before and after each step, and Python looks for it on the disk each time.
        if "matplotlib" not in sys.modules and find_spec("matplotlib") is None:
            sys.modules["matplotlib"] = None  # type: ignore[assignment]
        super().__init__(*arguments, **named)

    def queue(self, *arguments: Any, **named: Any) -> Self:
        """As Gradio's; but 40 events at once are too few where everyone who waits in our own line is one."""
        super().queue(*arguments, **named)
        self._queue.max_thread_count = EVENTS_AT_ONCE
        return self

    async def postprocess_data(
        self, block_fn: BlockFunction, predictions: list[Any] | dict[Any, Any], state: SessionState | None
    ) -> list[Any]:
        """What is sent for a step's outputs; those that are left as they are pass Gradio by."""
        outputs = list(block_fn.outputs)
        if len(outputs) < 2 or predictions == gr.skip():
            return await super().postprocess_data(block_fn, predictions, state)
        told = convert_component_dict_to_list(outputs, predictions) if isinstance(predictions, dict) else predictions
        # States are kept: for them Gradio has a short way, and with a single output it would read the values otherwise.
        kept = [place for place, output in enumerate(outputs) if output.stateful or not _is_left(told[place])]
        if len(kept) < 2 or len(kept) == len(outputs):
            return await super().postprocess_data(block_fn, told, state)
        fewer = copy(block_fn)
        fewer.outputs = [outputs[place] for place in kept]
        made = await super().postprocess_data(fewer, [told[place] for place in kept], state)
        whole: list[Any] = [gr.skip() for _ in outputs]
        for place, value in zip(kept, made, strict=True):
            whole[place] = value
        return whole


def _is_left(value: Any) -> bool:
    return isinstance(value, dict) and value == gr.skip()
