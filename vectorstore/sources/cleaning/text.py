"""Text as it is stored: every passage, offset and quotation refers to what leaves this module.

What a reader cannot see must not be in it, because it would hide instructions from the reader of a citation, break
search (a soft hyphen inside a word) and make two equal texts differ. What a reader can see stays.
"""

from __future__ import annotations

import re
import unicodedata

from vectorstore.errors import SearchInvalid
from vectorstore.messages import Message

FEWEST_LETTERS = 20
"""Fewer are no article: a page's "Sign in", an empty column filled with "n/a"; the shortest real news line has more."""

LONGEST_LINE = 300
"""Characters of a title, a name, an outlet. The longest real headlines stay below 200."""

LONGEST_TAG = 60
"""Characters: a tag has to fit into a chip."""

_LINE_ENDS = "\x0b\x0c\x85\u2028"
_PARAGRAPH_END = "\u2029"
_SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u2800\u3000"
_JOINERS = "\u200c\u200d"
_SELECTORS = "\ufe0e\ufe0f"
_INVISIBLE = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"  # controls, except tab and what ends a line
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # soft hyphen, grapheme joiner, fillers, selectors
    "\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"  # zero width, direction, byte order mark
    "\ufe00-\ufe0d\ufdd0-\ufdef\ufff0-\ufffc\ufffe\uffff"  # selectors, non-characters, annotations
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"  # format signs, tags (used to smuggle text)
    "\ud800-\udfff"  # halves of a surrogate pair
)
# One class, with what depends on its neighbours decided per hit: conditions in the pattern made it 20 times slower.
_UNUSUAL = re.compile(f"[{_LINE_ENDS}{_PARAGRAPH_END}{_SPACES}{_JOINERS}{_SELECTORS}{_INVISIBLE}]")

# Scripts whose letters need a joiner or non-joiner to be spelled right: Arabic and its neighbours, the Indic scripts,
# Myanmar, Khmer, Mongolian, and Arabic's presentation forms. Like the next class, none of what is removed.
_JOINING = re.compile(
    "[\u0600-\u061b\u061d-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u17b3\u17b6-\u180a\u1810-\u18af"
    "\ufb50-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc]"
)
# Signs that a variation selector turns into a picture, and that a joiner fuses into one ("family").
_PICTURE = re.compile(
    "[#*0-9\u00a9\u00ae\u203c-\u205e\u2070-\u27ff\u2801-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
)

_BLANK_LINES = re.compile("\n{3,}")
_ASCII_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


def clean_text(text: str) -> str:
    """``text`` without what cannot be seen, in NFC, with newlines as line ends and at most one blank line in a row.

    Joiners (U+200C, U+200D) stay where spelling needs them: after a letter of a script that joins, and between the
    parts of an emoji. Spaces of every width become plain spaces. Cleaning twice changes nothing.
    """
    if not text.isascii() or _ASCII_CONTROL.search(text):
        text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
        text, changes = _UNUSUAL.subn(_seen, text)
        if changes:  # it can bring a letter and its accent together
            text = unicodedata.normalize("NFC", text)
    if " \n" in text or "\t\n" in text:
        # Line by line: a pattern for "spaces before a line end" takes quadratic time on a long run of spaces.
        text = "\n".join([line.rstrip(" \t") for line in text.split("\n")])
    if "\n\n\n" in text:
        text = _BLANK_LINES.sub("\n\n", text)
    return text.strip("\n\t ")


def _seen(match: re.Match[str]) -> str:
    """What a reader sees of an unusual character."""
    character, text, at = match[0], match.string, match.start()
    if character in _SPACES:
        return " "
    if character in _LINE_ENDS:
        return "\n"
    if character == _PARAGRAPH_END:
        return "\n\n"
    before = text[at - 1 : at]
    if character in _SELECTORS and _PICTURE.match(before):
        return character
    if character in _JOINERS:
        picture = text[at - 2 : at - 1] if before == "\ufe0f" else before
        fuses = character == "\u200d" and _PICTURE.match(picture) and _PICTURE.match(text, at + 1)
        if fuses or _JOINING.match(before):
            return character
    return ""


def clean_line(text: str, longest: int = LONGEST_LINE) -> str:
    """One line of clean text, cut between words with "…" when it is longer than ``longest`` characters."""
    line = " ".join(clean_text(text[: longest * 20]).split())
    if len(line) <= longest:
        return line
    return line[: longest - 1].rsplit(" ", 1)[0].rstrip(" ,;:–—-") + "…"


def has_sentence(text: str) -> bool:
    """Whether ``text`` holds enough letters to be an article."""
    letters = 0
    for start in range(0, len(text), 100):
        letters += sum(map(str.isalpha, text[start : start + 100]))
        if letters >= FEWEST_LETTERS:
            return True
    return False


def tag_of(text: str) -> str:
    """``text`` as a tag: on one line. Raises ``SearchInvalid`` where nothing or too much is left."""
    tag = clean_line(text)
    if not tag or len(tag) > LONGEST_TAG:
        raise SearchInvalid(Message("A tag has 1 to {most} characters. Give it another name.", most=LONGEST_TAG))
    return tag
