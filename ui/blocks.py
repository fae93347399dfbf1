"""Gradio's blocks, where sending an output costs nothing but the sending.

Gradio takes ``gr.skip()``, and every output that a handler does not name, for an update with nothing in it: it makes
the component anew and describes it anew, twice, for each piece of a text that is being written; and it asks a thread
to turn each text into itself. With nine outputs and fifty readers that was most of what the server did.
"""

from __future__ import annotations

import sys
from copy import copy
from importlib.util import find_spec
from typing import Any, Final, Self

from gradio.block_function import BlockFunction
from gradio.blocks import Block, convert_component_dict_to_list
from gradio.state_holder import SessionState

from ui._gradio import gr

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
        """As Gradio's, which allows 40 events at once and looks for one a thousand times a second."""
        super().queue(*arguments, **named)
        self._queue.max_thread_count = EVENTS_AT_ONCE  # all who wait in our own line are events
        # With Gradio's own pauses a page that nobody uses takes 7 % of a core.
        self._queue.sleep_when_free = 0.01
        self._queue.progress_update_sleep_when_free = 1  # we have none of its progress bars
        return self

    async def postprocess_data(
        self, block_fn: BlockFunction, predictions: list[Any] | dict[Any, Any], state: SessionState | None
    ) -> list[Any]:
        """What is sent for a step's outputs; what needs nothing done to it passes Gradio by."""
        outputs = list(block_fn.outputs)
        if len(outputs) < 2 or predictions == gr.skip():
            return await super().postprocess_data(block_fn, predictions, state)
        told = convert_component_dict_to_list(outputs, predictions) if isinstance(predictions, dict) else predictions
        others = [place for place, output in enumerate(outputs) if not _is_ready(output, told[place])]
        whole = [None if output.stateful else value for output, value in zip(outputs, told, strict=True)]
        if others:
            if len(others) == 1:  # with a single output Gradio would read the values otherwise
                others *= 2
            fewer = copy(block_fn)
            fewer.outputs = [outputs[place] for place in others]
            made = await super().postprocess_data(fewer, [told[place] for place in others], state)
            for place, value in zip(others, made, strict=True):
                whole[place] = value
        return whole


def _is_ready(output: Block, value: Any) -> bool:
    """Whether ``value`` can be sent as it is: nothing, or text and properties for a part that shows them unchanged."""
    if isinstance(value, dict) and value.get("__type__") == "update":
        return len(value) == 1 or isinstance(output, gr.HTML | gr.Textbox | gr.Column)
    return isinstance(value, str) and isinstance(output, gr.HTML | gr.Textbox)
