"""What to search for when a question leans on the conversation before it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.types import Turn
from assistant.words import question_words

_LEANS = re.compile(
    r"^(?:and|but|so|also|what about|how about)\b|\b(?:he|she|they|him|her|them|his|their|theirs|it|its)\b"
    r"|\b(?:this|these|those)\b(?! (?:week|month|year|day|morning|evening|summer|winter|spring|autumn)s?\b)",
    re.IGNORECASE,
)
"""Words that point to something said before."""

_FEW_WORDS = 2
"""A question with so few words of its own names too little to be searched for alone."""


def search_text(question: str, history: Sequence[Turn]) -> str:
    """The question, with the last one before it where it cannot be understood by itself."""
    last = next((turn.text for turn in reversed(history) if turn.role == "user" and turn.text.strip()), "")
    if last and (_LEANS.search(question) or len(question_words(question)) <= _FEW_WORDS):
        return f"{last.strip()} {question}"
    return question
