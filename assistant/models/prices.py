"""What chat models cost, where that is known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from assistant.types import Usage


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens. ``cached`` is for input that the server has read shortly before."""

    input: float
    cached: float
    output: float

    def of(self, usage: Usage, cached_tokens: int = 0) -> float:
        """What ``usage`` cost, in dollars; ``cached_tokens`` are those of its input that were cached."""
        fresh = usage.input_tokens - cached_tokens
        return (fresh * self.input + cached_tokens * self.cached + usage.output_tokens * self.output) / 1_000_000


# As of June 2026, from published copies of OpenAI's price list.
PRICES: Mapping[str, Price] = {
    "gpt-4o": Price(2.50, 1.25, 10.00),
    "gpt-4o-mini": Price(0.15, 0.075, 0.60),
    "gpt-4.1": Price(2.00, 0.50, 8.00),
    "gpt-4.1-mini": Price(0.40, 0.10, 1.60),
    "gpt-4.1-nano": Price(0.10, 0.025, 0.40),
    "gpt-5": Price(1.25, 0.125, 10.00),
    "gpt-5-mini": Price(0.25, 0.025, 2.00),
    "gpt-5-nano": Price(0.05, 0.005, 0.40),
    "gpt-5.1": Price(1.25, 0.125, 10.00),
    "gpt-5.2": Price(1.75, 0.175, 14.00),
    "gpt-5.4": Price(2.50, 0.25, 15.00),
    "gpt-5.4-mini": Price(0.75, 0.075, 4.50),
    "gpt-5.4-nano": Price(0.20, 0.02, 1.25),
    "gpt-5.5": Price(5.00, 0.50, 30.00),
}
"""OpenAI's standard prices, without surcharges: those for long input begin at a hundred times one of our prompts."""

_SNAPSHOT = re.compile(r"-\d{4}-\d\d-\d\d$")
_ENTRY = re.compile(r"\s*(?P<model>\S+?)\s*=\s*(?P<numbers>\d+(?:\.\d+)?(?:\s*/\s*\d+(?:\.\d+)?){1,2})\s*")


def price_of(model: str, own: Mapping[str, Price], *, listed: bool) -> Price | None:
    """The price of ``model``: the reader's ``own`` one, else OpenAI's if the model is ``listed`` there; else unknown.

    A dated snapshot costs what its model costs.
    """
    known = {**(PRICES if listed else {}), **own}
    return known.get(model) or known.get(_SNAPSHOT.sub("", model))


def read_prices(text: str) -> dict[str, Price]:
    """Prices as a setting gives them: ``model=input/output`` or ``model=input/cached/output``, with commas between.

    Raises ``ValueError`` for anything else.
    """
    prices = {}
    for entry in filter(str.strip, text.split(",")):
        match = _ENTRY.fullmatch(entry)
        if match is None:
            raise ValueError(
                f"“{entry.strip()}” must be a model and its dollars for a million tokens of input and of output, such "
                "as gpt-4.1-mini=0.40/1.60"
            )
        numbers = [float(number) for number in match["numbers"].split("/")]
        prices[match["model"]] = Price(numbers[0], numbers[-2], numbers[-1])
    return prices
