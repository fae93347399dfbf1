"""How a word is written and how it sounds, in Latin letters whatever its script: Зеленського as zelenskiy.

Characters in, characters out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from anyascii import anyascii

_LATIN = re.compile(r"[A-Za-z\u00aa-\u024f\u1e00-\u1eff'’ʼ`]+$")


def is_latin(word: str) -> bool:
    """Whether a word is written in Latin letters."""
    return _LATIN.match(word) is not None


class Form(NamedTuple):
    """One reading of a word: as it stands, or taken back to its base form."""

    folded: str
    written: str
    sounds: tuple[str, ...]
    cut: bool
    """Whether an ending was taken off, so that a final vowel of the other says nothing."""


@lru_cache(maxsize=8192)
def forms(word: str) -> tuple[Form, ...]:
    """The readings of a word, the word itself first."""
    word = unicodedata.normalize("NFC", word).casefold()
    made: dict[str, Form] = {}
    for base, cut in _bases(word):
        folded = fold(base)
        if folded and folded not in made:
            made[folded] = Form(folded, _written(folded), _sounds(folded), cut)
    return tuple(made.values())


_CYRILLIC = re.compile(r"[\u0400-\u04ff]")

_ADJECTIVE = re.compile(
    r"(?<=[сцз]ьк|.[сц]к)(?:ого|ому|ими?|ій|ої|ою|ой|ую|ая|а|у|им|ым|ом|ия|ият)$|(?<=[жльн]н)(?:ого|ому|им|ым|ом)$"
)

_CASES = (
    "ові еві єві ами ями ом ем єм ою ею єю ой ей им ым ім ів ов ам ах а у і и ы е є ю я ї о".split()
)  # the longest first, so that the most is taken off last

_UMLAUTS = str.maketrans({"ä": "ae", "æ": "ae", "ö": "oe", "ø": "oe", "ü": "ue", "å": "aa", "đ": "dj"})

_MARKS = re.compile("[\u0300-\u036f]")


def _bases(word: str) -> Iterator[tuple[str, bool]]:
    yield word, False
    if not word.isascii() and is_latin(word):
        yield _MARKS.sub("", unicodedata.normalize("NFKD", word.translate(_UMLAUTS))), False
    if not _CYRILLIC.search(word):
        if len(word) > 5 and word.endswith("s") and word[-2] not in "sui":  # several Kennedys, but one Vilnius
            yield word[:-1], False
        return
    if adjective := _ADJECTIVE.search(word):
        yield word[: adjective.start()] + "ий", False
        return
    for ending in reversed(_CASES):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            yield word[: -len(ending)], True


_LETTERS = str.maketrans(
    {"č": "ch", "ć": "ch", "š": "sh", "ś": "sh", "ş": "sh", "ș": "sh", "ž": "zh", "ż": "zh", "ź": "zh", "đ": "dj",
     "ß": "ss", "þ": "th", "х": "kh", "ї": "yi", "є": "ye", "щ": "shch", "ь": "", "ц": "ts"}
)  # fmt: skip
"""Where the letter says more than its plain Latin form, or anyascii takes a Russian view of a Ukrainian letter."""

_HARD_SIGN = re.compile(r"(?<=[^\Wаеиоуъыэюяіїє])ъ(?=[^\Wаеиоуъыэюяіїє])")


@lru_cache(maxsize=8192)
def fold(word: str) -> str:
    """``word`` in lower-case Latin letters: Зеленський zelenskiy, Škoda shkoda, Първанов parvanov, Μητσοτάκης
    mitsotakis.
    """
    word = unicodedata.normalize("NFC", word).casefold()
    if not word.isascii():
        word = anyascii(_HARD_SIGN.sub("а", word).translate(_LETTERS)).lower()
    return re.sub("[^a-z]", "", word)


SLAVIC = re.compile(
    r"(?:s[kz][iyj]*|skay?a|enk[oa]|[iyj]uk|[cs]huk|[oey][vw]a?|off|[iy]t?s?ch|iv|[iyj]{2}|[bdfghklmprstvz]n[iy]j?|hin)$"
)

_ONE_LETTER = (
    ("schtsch", "Q"), ("chtch", "Q"), ("shch", "Q"), ("szcz", "Q"), ("tsch", "C"), ("tch", "C"), ("cz", "C"),
    ("ch", "C"), ("sch", "S"), ("sh", "S"), ("sz", "S"), ("zh", "Z"), ("kh", "X"), ("tz", "T"), ("ts", "T"),
    ("ss", "s"),
)  # fmt: skip


def _written(folded: str) -> str:
    """The letters behind the several systems of writing them: Horbatiuk and Gorbatyuk are one, Biden and Bidden two."""
    slavic = SLAVIC.search(folded) is not None
    written = folded
    for letters, one in _ONE_LETTER:
        written = written.replace(letters, one)
    if slavic:
        written = written.replace("h", "g").replace("w", "v").replace("y", "i").replace("j", "i")
        written = re.sub("ff$", "v", written)
    written = re.sub(r"^[yj](?=[aeou])", "i", written)
    written = re.sub(r"(?<=[^aeou])[iy]+j?$", "i", written)
    return re.sub("i+", "i", written)


VOWELS_AT_END = re.compile("[aeiouy]+$")

DOUBLE = re.compile(r"(.)\1+")

_SOUND = re.compile(
    r"schtsch|chtch|shch|szcz|tsch|tch|dzh|dsch|sch|sh|zh|cz|sz|ch|ts|tz|dz|dt|kh|gh|ck|ph|th|dh|bh|rh|wh|dj|"
    r"h(?=[lnsw]|$)|c(?=[eiy])|ou|oo|ee|."
)

_SOUNDS = {
    **dict.fromkeys("schtsch chtch shch szcz tsch tch dzh dsch sch sh zh cz sz dj".split(), "x"),
    **dict.fromkeys("ts tz dz z s".split(), "s"), **dict.fromkeys(("gh", "g"), "g"), "kh": "h",
    **dict.fromkeys(("ck", "c", "k"), "k"), **dict.fromkeys(("ph", "f", "v", "w", "wh"), "v"),
    "th": "t", "dt": "t", "dh": "d", "bh": "b", "rh": "r", "x": "ks", "y": "i", "ou": "u", "oo": "u", "ee": "i",
}  # fmt: skip

_READ_AS = {"ch": ("x", "h"), "j": ("i", "x"), "q": ("k", "g")}
"""Letters that languages read differently: Tchekhov and Tschechow, Jelzin and Prigojine, Qaddafi and Gaddafi."""

_STRESSED = re.compile("(?<=x)ov$")
"""Gorbachev is said and in German written with an o."""


def _sounds(folded: str) -> tuple[str, ...]:
    parts = _SOUND.findall(folded)
    made: dict[str, None] = {}
    doubtful = [letters for letters in _READ_AS if letters in parts]
    for as_read in product(*(_READ_AS[letters] for letters in doubtful)):
        read = dict(zip(doubtful, as_read, strict=True))
        sound = ""
        for place, part in enumerate(parts):
            following = parts[place + 1][0] if place + 1 < len(parts) else ""
            if part == "c" and following and following in "eiy":
                sound += "s"
            elif part == "h" and (not following or following in "lnsw"):
                continue
            else:
                sound += read.get(part) or _SOUNDS.get(part, part)
        made[_STRESSED.sub("ev", DOUBLE.sub(r"\1", sound))] = None
    return tuple(made)


_TO_SKELETON = str.maketrans({"h": "k", "g": "k", "x": "s", "a": None, "e": None, "i": None, "o": None, "u": None})


def skeleton(sound: str) -> str:
    """The consonants of a sound, those that languages confuse taken for one."""
    first = "a" if sound[:1] in "aeiou" else ""
    return first + DOUBLE.sub(r"\1", sound.translate(_TO_SKELETON))


def neutral(sound: str) -> str:
    """Without the difference of g and h, which in Slavic names is one of languages."""
    return sound.replace("g", "h")
