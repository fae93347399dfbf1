"""What of a page stands around an article: never quoted, never a title."""

from __future__ import annotations

import pytest

from vectorstore.sources.cleaning.titles import derive_title
from vectorstore.text.boilerplate import is_boilerplate

TOLD = "The council closed the harbour on Monday"
LINES = """
Photo: Jane Doe/Getty Images
Image credit: Reuters.
Sign up for our morning newsletter.
Read more:
Editor's note: This story mentions suicide.
Updated 5 May 2024.
Last updated at 10:02.
(Photo by AP)
The harbour at dawn. Getty Images
""".strip().splitlines()
SENTENCES = """
The photo was taken in May.
More than 40 people signed up.
Readers were asked to subscribe.
Watch sales fell.
Updated figures show that 12 people died.
Getty Images sued the company in London.
Parents must watch their children near the water.
Advertisement spending fell by a tenth.
""".strip().splitlines()


@pytest.mark.parametrize("line", LINES)
def test_credits_notes_and_calls_are_no_article_text(line: str) -> None:
    assert is_boilerplate(line)
    assert derive_title(f"{line}\n\n{TOLD}.") == TOLD


@pytest.mark.parametrize("sentence", SENTENCES)
def test_sentences_with_the_same_words_are(sentence: str) -> None:
    assert not is_boilerplate(sentence)
