"""Text in an unknown or wrong encoding: what its bytes are most likely written in, and whether it reads as text.

``recognised("Рада".encode("windows-1251"))`` is ``"cp1251"``; ``repaired("Ð Ð°Ð´Ð°")`` is ``"Рада"``.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

# Encodings with Latin letters, the most frequent first, and languages that are written in them. They differ in few
# letters, so the choice rests on whose alphabet the letters belong to.
_LATIN = {
    "cp1252": "de fr es it pt nl sv da",
    "cp1250": "pl cs sk hu ro hr",
    "cp1254": "tr",
    "cp1257": "lt lv et",
    "iso8859_2": "pl cs sk hu ro hr",
}
# koi8_u is koi8_r, and cp1125 is cp866, with the Ukrainian letters.
_OTHERS = (
    "cp1251 koi8_u cp1125 iso8859_5 cp1253 iso8859_7 cp1255 cp1256 cp932 euc_jp gb18030 big5 cp949 cp874 mac_cyrillic"
).split()

SAMPLE = 65_536
"""Bytes that are looked at. A page of text decides it; a file of megabytes would take seconds."""

_IN_ALPHABET = 0.8
"""Share of the letters beyond ASCII that one language must have. In 18 sentences of 14 languages the right encoding had
the largest share, 0.88 or more; what was written in none of these had 0.57 or less."""

_OUT_OF_PLACE = 0.2
"""Share of the letters beyond ASCII that may stand beside one of ASCII where the script is not Latin: "cafй"."""

SAMPLE_TEXT = 1_000
"""Characters that are judged; ftfy looks at a thousand in 0.3 ms, and an article is read in less."""

_SUSPECT = re.compile("[ÂÃÄÅÎÏÐÑØÙÚÛâãäåæçèéêëìíîïРСГДВв][\x80-¿€‚ƒ„†‡ˆ‰Š‹ŒŽ•˜™š›œžŸЂЃѓЉЊЌЋЏђљњќћџЎўЈҐЄЇґєјЅѕ]|�")
"""A letter that two bytes of UTF-8 begin with in Latin-1, windows-1252 or -1251, before one that they go on with."""

_LATIN_1 = re.compile("[À-ÿ]")
_CASE_UPSIDE_DOWN = re.compile(r"\b[а-яёіїєґ][А-ЯЁІЇЄҐ]{2,}\b")
"""KOI8 read as windows-1251 and the other way round: "рТЙЧЕФ"."""


def is_nearly_utf8(data: bytes) -> bool:
    """Whether ``data`` is UTF-8 but for stray bytes: pages and tables are put together from parts."""
    text = data.decode("utf-8", "replace")
    return text.count("\ufffd") * 4 <= sum(letter > "\x7f" for letter in text)


def recognised(data: bytes) -> str | None:
    """The name of the codec that reads ``data``, text that is no UTF-8; ``None`` when no reading is convincing."""
    # Here and not above: it is needed for one file in a thousand, and takes as long to load as many are to read.
    from charset_normalizer import from_bytes

    sample = data if len(data) <= SAMPLE else data[: data.rfind(b"\n", 1, SAMPLE) + 1 or SAMPLE]
    readings = {name: text for name in _LATIN if (text := _decoded(sample, name))}
    shares = {name: _share_of_alphabet(text, _LATIN[name]) for name, text in readings.items()}
    likeliest = max(shares, key=lambda name: shares[name], default="")
    if likeliest and shares[likeliest] >= _IN_ALPHABET:
        return likeliest
    best = from_bytes(sample, cp_isolation=_OTHERS).best()
    return best.encoding if best is not None and _is_one_script(str(best)) else None


def _decoded(data: bytes, encoding: str) -> str:
    """``data`` in ``encoding``, or nothing where it is none. Its end may cut a letter in two."""
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return ""


def _share_of_alphabet(text: str, languages: str) -> float:
    """The share of the letters beyond ASCII, and of signs inside words, that the alphabet of one language has."""
    strange = re.findall(r"[^\W\d_\x00-\x7f]|(?<=[^\W\d_])[^\w\s\x00-\x7f’–—](?=[^\W\d_])", text.lower())
    if not strange:
        return 1.0
    return max(sum(letter in _alphabet(language) for letter in strange) for language in languages.split()) / len(
        strange
    )


@cache
def _alphabet(language: str) -> frozenset[str]:
    """The letters of a language: those of the names that CLDR has in it, but for those of a few foreign names."""
    from babel import Locale

    locale = Locale(language)
    names = (*locale.territories.values(), *locale.languages.values(), *locale.currencies.values())
    counted = Counter(letter for name in names for letter in set(name.lower()))
    # The old cedillas, which the old encodings have instead of the commas below.
    return frozenset("".join(letter for letter, count in counted.items() if count > 2).translate(_CEDILLAS))


_CEDILLAS = str.maketrans("șț", "şţ")


def _is_one_script(text: str) -> bool:
    """Whether the letters beyond ASCII stand among their like, and not one by one inside ASCII words."""
    if len(re.findall("[\uff61-\uff9f]", text)) > len(text) / 10:  # half-width signs, which no article consists of
        return False
    strange = len(re.findall(r"[^\W\d_\x00-\x7f]", text))
    misplaced = len(re.findall(r"(?<=[a-zA-Z])[^\W\d_\x00-\x7f]|[^\W\d_\x00-\x7f](?=[a-zA-Z])", text))
    return strange > 0 and misplaced <= _OUT_OF_PLACE * strange


def repaired(text: str) -> str | None:
    """``text``, mended where it was once decoded wrongly and that is certain; ``None`` when it reads as nonsense."""
    if text.isascii():
        return text
    from ftfy import fix_encoding
    from ftfy.badness import badness

    if _SUSPECT.search(text):
        text = fix_encoding(text, decode_inconsistent_utf8=False)
    sample = text[:SAMPLE_TEXT]
    letters = sum(map(str.isalpha, sample))
    if 2 * len(_LATIN_1.findall(sample)) > letters:  # no language has so many: another script read as Latin
        data = text.encode("sloppy-windows-1252", "replace")
        encoding = recognised(data)
        return data.decode(encoding, "replace") if encoding and encoding not in _LATIN else None
    if _SUSPECT.search(text):
        text = fix_encoding(text)
        sample = text[:SAMPLE_TEXT]
    foreign = len(sample.encode("utf-8", "replace")) > 1.2 * len(sample)
    nonsense = sample.count("\ufffd") + 3 * len(_CASE_UPSIDE_DOWN.findall(sample)) + (badness(sample) if foreign else 0)
    return text if nonsense <= max(2, letters / 40) else None
