"""What an answer cost."""

from __future__ import annotations

import pytest

from assistant.errors import SettingsInvalid
from assistant.models.prices import PRICES, Price, price_of, read_prices
from assistant.settings import Settings
from assistant.types import Usage


def test_tokens_that_were_cached_cost_less() -> None:
    assert Price(2.0, 0.5, 8.0).of(Usage(1_000_000, 500_000), 200_000) == pytest.approx(1.6 + 0.1 + 4.0)


def test_a_snapshot_costs_what_its_model_costs_and_others_are_unknown() -> None:
    assert price_of("gpt-4.1-mini-2025-04-14", {}, listed=True) is PRICES["gpt-4.1-mini"]
    assert price_of("gpt-4.1-mini", {}, listed=False) is None  # another server has prices of its own
    assert price_of("qwen3:8b", {}, listed=True) is None
    own = {"gpt-4.1-mini": Price(1, 1, 1)}
    assert price_of("gpt-4.1-mini-2025-04-14", own, listed=True) == Price(1, 1, 1)


def test_every_listed_price_has_the_order_of_a_price() -> None:
    for price in PRICES.values():
        assert 0 < price.cached < price.input < price.output


def test_prices_are_a_setting() -> None:
    assert read_prices("a=1/2, b:8b = 0.5/0.1/2 ,") == {"a": Price(1, 1, 2), "b:8b": Price(0.5, 0.1, 2)}
    for wrong in ("a", "a=1", "a=x/2", "a=1/2/3/4", "=1/2"):
        with pytest.raises(SettingsInvalid, match=r"ASSISTANT_PRICES: .*such as gpt"):
            Settings(prices=wrong)
