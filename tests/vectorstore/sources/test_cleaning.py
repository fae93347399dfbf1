from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vectorstore.sources.cleaning.text import clean_line, clean_text, has_sentence

# Half of the characters are those that cleaning decides about; anything else is drawn from all of Unicode.
HARD = st.sampled_from(
    "\r\n\t \0\x0b\x85\u00a0\u00ad\u0301\u200b\u200c\u200d\u2028\u2029\u202e\u3164\ufe0f\ufeff\U000e0041"
)
NEIGHBOURS = st.sampled_from("aeé1#❤👩😀میक्가ᄀ\u212b\u0344\u0958=")
TEXTS = st.lists(st.one_of(HARD, NEIGHBOURS, st.characters()), max_size=60).map("".join)


@given(TEXTS)
@example("\u3164\ufe0f")  # what is removed must not protect its neighbour
@example("\u061c\u200d")
def test_cleaning_twice_changes_nothing(text: str) -> None:
    once = clean_text(text)
    assert clean_text(once) == once


@given(TEXTS)
def test_clean_text_holds_nothing_invisible_and_is_nfc(text: str) -> None:
    clean = clean_text(text)
    assert unicodedata.is_normalized("NFC", clean)
    assert "\n\n\n" not in clean
    assert " \n" not in clean
    assert clean == clean.strip("\n\t ")
    categories = {unicodedata.category(letter) for letter in clean if letter not in "\n\t\u200c\u200d"}
    assert not categories & {"Cc", "Cs", "Zl", "Zp"}
    assert not set(clean) & set("\u00ad\u200b\u2060\ufeff\u202e\u2066\u3164\U000e0041")
    clean.encode()  # would fail on half a surrogate pair


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("\ufeffone\r\ntwo\rthree", "one\ntwo\nthree"),
        ("one  \n \n\t\n\n\n\ntwo", "one\n\ntwo"),
        ("so\u00adft zero\u200bwidth", "soft zerowidth"),
        ("ig\u202enore\u2066 me\U000e0041\U000e0042", "ignore me"),
        ("nul\0 bell\x07 tab\t.", "nul bell tab\t."),
        ("half\ud800 pair", "half pair"),
        ("cafe\u0301 A\u030a e\u200b\u0301", "café Å é"),
        ("40\u00a0000\u202f€\u3000x", "40 000 € x"),
        ("one\u2028two\u2029three", "one\ntwo\n\nthree"),
        ("a\ufe01b\ufe0f", "ab"),
    ],
)
def test_what_cannot_be_seen_goes_and_what_can_stays(raw: str, clean: str) -> None:
    assert clean_text(raw) == clean


@pytest.mark.parametrize(
    "word",
    [
        "می\u200cخواهم",  # Persian "I want": the non-joiner is part of the spelling
        "क्\u200dष",  # a half form of Devanagari
        "👩\u200d👩\u200d👧",  # a family
        "❤\ufe0f 1\ufe0f\u20e3 🏳\ufe0f\u200d🌈",
    ],
)
def test_joiners_stay_where_spelling_needs_them(word: str) -> None:
    assert clean_text(word) == word


@pytest.mark.parametrize("raw", ["x\u200dy", "x\u200cy", "می\u200c\u200c\u200dx", "\u200d👩"])
def test_joiners_go_where_nothing_joins(raw: str) -> None:
    assert clean_text(raw).count("\u200d") == 0
    assert clean_text(raw).count("\u200c") <= 1


@pytest.mark.parametrize(
    "raw", [" " * 3_000_000 + "x", "\n" * 3_000_000 + "x", "x \n" * 1_000_000, "\t\u00a0" * 500_000]
)
def test_cleaning_takes_linear_time(raw: str) -> None:
    clean_text(raw)  # quadratic time would be hours, which the timeout of each test ends


def test_a_line_is_one_line_and_cut_between_words() -> None:
    assert clean_line(" A\n title\u00a0 of\ttwo  lines ") == "A title of two lines"
    assert clean_line("word " * 200, 30) == "word word word word word…"
    assert len(clean_line("x" * 1000)) <= 300


def test_a_sentence_has_twenty_letters_in_any_script() -> None:
    assert has_sentence("This is a sentence, short.")
    assert has_sentence("." * 5000 + "乌克兰国防部长在巴黎会见了法国武装部队部长先生")
    assert not has_sentence("12345 67890 " * 1000 + "abc")
