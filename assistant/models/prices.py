"""What chat models cost, where that is known."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

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


PRICES: Mapping[str, Price] = {
    model: Price(*numbers)
    for model, numbers in tomllib.loads(Path(__file__).with_name("prices.toml").read_text(encoding="utf-8")).items()
}

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
