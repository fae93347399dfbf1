"""The fence of the templates: what is filled in stays text, and can be sent."""

from __future__ import annotations

import pytest
from markupsafe import Markup

from assistant.messages import translator
from ui.templates import render


def test_a_text_becomes_no_markup_and_what_was_rendered_stays_it() -> None:
    words = translator()
    title = render("library_title.html", words)
    assert render("side_foot.html", words, who=title, languages={}).startswith(title)
    assert "<h1>" not in render("side_foot.html", words, who=str(title), languages={})
    assert isinstance(title, Markup)


@pytest.mark.parametrize(
    ("text", "shown"), [("a\x00b\x85c", "abc"), ("half \ud800 pair", "half ? pair"), ("a\n\tb", "a\n\tb")]
)
def test_what_cannot_be_sent_is_left_out(text: str, shown: str) -> None:
    rendered = render("footing.html", translator(), said=text)
    assert shown in rendered
    rendered.encode()
