"""What the page's script tells of a press is a stranger's text: it is read, or it is nothing."""

from __future__ import annotations

import json

import pytest

from ui.acts import LONGEST, Act, read


def test_an_act_comes_with_its_value_and_fields() -> None:
    told = json.dumps({"act": "rename", "value": "a", "fields": {"title": "Ω"}, "told": 3})
    assert read(told) == Act("rename", "a", {"title": "Ω"})


@pytest.mark.parametrize(
    "told",
    [None, "", "{", "[]", "7", '{"value": "a"}', '{"act": 1}', '{"act": "a", "value": 1}', '{"act": "a", "fields": []}',
     '{"act": "a", "fields": {"b": 1}}', "[" * 100_000, '{"act": "' + "a" * LONGEST + '"}'],
    ids=lambda told: str(told)[:12],
)  # fmt: skip
def test_what_the_script_would_not_write_is_no_act(told: str | None) -> None:
    assert read(told) is None


@pytest.mark.parametrize(
    ("value", "number"), [("12", 12), ("", None), ("-1", None), ("1" * 19, None), ("²", None), ("1 ", None)]
)
def test_only_plain_digits_are_a_number(value: str, number: int | None) -> None:
    assert Act("a", value).number == number
