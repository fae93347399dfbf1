"""Which language a text is in, as far as it takes to know that two texts are not in the same one."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

_FUNCTION_WORDS: Final = {
    word: frozenset(languages.split())
    for languages, words in {
        "en": "the and was were with from that this they have has which their would been said",
        "de": "der und ist nicht ein eine mit von dem den auf wurde sich auch werden nach bei hat",
        "fr": "le les et est une dans pour que qui sur pas avec au ont été sont du",
        "es": "el los y una por que con para del las fue está como más han",
        "it": "il gli di e che una per con del della sono nel anche più stato",
        "pt": "o os e uma para com não do da em foi são mais dos",
        "pl": "w i na się nie że jest do z o jak przez oraz został",
        "nl": "het een van en niet zijn met voor dat werd door heeft aan",
    }.items()
    for word in words.split()
}
"""Words of high frequency that the other languages of the table do not share, or rarely."""

_WORD: Final = re.compile(r"[^\W\d_]+")
_SCRIPTS: Final = {
    "latin": re.compile(r"[A-Za-zÀ-ɏ]"),
    "cyrillic": re.compile(r"[Ѐ-ӿ]"),
    "arabic": re.compile(r"[؀-ۿ]"),
    "han": re.compile(r"[぀-ヿ一-鿿가-힯]"),
    "greek": re.compile(r"[Ͱ-Ͽ]"),
    "hebrew": re.compile(r"[֐-׿]"),
    "indic": re.compile(r"[ऀ-෿]"),
}


def script(text: str) -> str:
    """The script that most letters of ``text`` are in; empty without letters."""
    counts = {name: len(pattern.findall(text)) for name, pattern in _SCRIPTS.items()}
    best = max(counts, key=counts.__getitem__)
    return best if counts[best] else ""


def is_of_another_language(text: str, source: str) -> bool:
    """Whether ``text`` is surely in another language than ``source``: another script, or other function words."""
    if not text.strip() or not source.strip():
        return False
    one, other = script(text), script(source[:5_000])
    if one and other and one != other:
        return True
    ours, theirs = _language(text), _language(source[:5_000])
    return bool(ours and theirs) and ours != theirs


def _language(text: str) -> str:
    """The language of the most function words, at least two of them and twice as many as of any other; or empty."""
    found = Counter(
        language for word in _WORD.findall(text.lower()) for language in _FUNCTION_WORDS.get(word, ())
    ).most_common(2)
    if not found or found[0][1] < 2 or (len(found) > 1 and found[1][1] * 2 > found[0][1]):
        return ""
    return found[0][0]
