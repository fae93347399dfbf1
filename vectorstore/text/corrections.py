"""Correction notices in the text of an article: "Correction, 3 May 2025: An earlier version of this article said …".

A notice is a paragraph that begins with one of the formulas below, or an editor's note that holds one. It stays part
of the text; whether the words around it are right is not judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from vectorstore.text.dates import find_day
from vectorstore.types import Correction

_PARAGRAPH = re.compile(r"\S[^\n]*(?:(?<![.!?…:\"”’»)\]*_])\n(?![^\S\n]*\n)[^\n]*)*")
"""Up to a blank line, or a line break behind the end of a sentence: some texts have one paragraph on each line."""

LONGEST_NOTE = 2_000
"""Characters of an editor's note that are looked through."""

_MARKS = r"[\s*_>(\[•·–—-]{0,8}"  # bounded: a hostile text may hold nothing else
_DAY = r"(?:(?:\s*[,(\[–—-]\s*|\s+(?:on|від)\s+|\s+(?=\d))(?=[^:\n]*\d)[^:\n]{1,40})?"
_BEHIND = rf"{_DAY}[\s*_)\]]*:"
_LABEL = re.compile(
    rf"{_MARKS}(?:(?:corrections?|clarifications?)(?:\s+(?:and|&)\s+(?:corrections?|clarifications?))?|corrected|erratum"
    rf"|corrigendum|виправлення|виправлено|уточнення|уточнено){_BEHIND}",
    re.IGNORECASE,
)
_NOTE = re.compile(
    rf"{_MARKS}(?:(?:editor|publisher)[’']?s?[’']?\s+note|від редакції|примітка редакці[їй]){_BEHIND}", re.IGNORECASE
)
_PIECE = r"(?:article|story|post|column|headline|piece|page)"
_ON_DAY = r"(?:\s+on\s+[^.:\n]{1,30}|\s+(?=\d)[^.:\n]{1,30})?"
_FORMULA = re.compile(
    rf"{_MARKS}(?:(?:in\s+)?an?\s+(?:earlier|previous|prior)\s+version\s+of\s+(?:this|our)\s+{_PIECE}\b"
    rf"|this\s+{_PIECE}\s+(?:was|has\s+been)\s+(?:corrected|amended|clarified)\b{_ON_DAY}"
    rf"|this\s+{_PIECE}\s+(?:was|has\s+been)\s+(?:updated|edited|revised)\s+to\s+(?:correct|clarify)\b"
    rf"|a\s+correction\s+was\s+made\b{_ON_DAY}"
    r"|[ув]\s+(?:попередній|першій)\s+версії\s+(?:цієї\s+|цього\s+)?(?:статті|новини|публікації|матеріалу|тексту)\b"
    rf"|(?:цю\s+|цей\s+)?(?:статтю|новину|публікацію|матеріал)\s+(?:було\s+)?(?:виправлено|уточнено)\b{_ON_DAY})",
    re.IGNORECASE,
)


def corrections(title: str, text: str) -> tuple[Correction, ...]:
    """The notices in ``text``, in order; none where the ``title`` is one, since the article then corrects another."""
    return () if _LABEL.match(title) else tuple(_notices(text))


def _notices(text: str) -> Iterator[Correction]:
    for paragraph in _PARAGRAPH.finditer(text):
        words = paragraph[0].rstrip()
        formula = _LABEL.match(words) or _FORMULA.match(words)
        if (
            formula is None
            and (note := _NOTE.match(words))
            and (said := _FORMULA.search(words[:LONGEST_NOTE], note.end()))
        ):
            formula = note if find_day(note[0]) else said
        if formula:
            start = paragraph.start()
            yield Correction(words, start, start + len(words), find_day(formula[0]))
