"""Words, names and numbers in English text, by rules over characters; all of ``assistant`` means them by "word"."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from vectorstore.messages import MONTHS

MONTH_NUMBERS = {form: n for n, name in enumerate(MONTHS, 1) for form in (name.lower(), name[:3].lower())} | {"sept": 9}
WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
"""In the order of ``date.weekday()``."""


STOP_WORDS = frozenset(
    """a about above after again all also am an and any are aren't as at be because been before being below between
    both but by can can't cannot could couldn't did didn't do does doesn't doing don't done down during each either
    else ever few for from further had hadn't has hasn't have haven't having he her here hers herself him himself his
    how i if in into is isn't it its itself just let's may me might more most must my myself no nor not of off on once
    only or other our ours ourselves out over own per shall she should so some such than that the their theirs them
    themselves then there these they this those through to too under until up upon us very via was wasn't we were
    weren't what when where whether which while who whom whose why will with within without won't would wouldn't yet
    you your yours yourself yourselves s t ll re ve""".split()
)

_ASKING = frozenset(
    """many much long old far often tell list name give describe explain show happen happened happening kind type sort
    please know called according following mean means""".split()
)
"""Words that say how is asked, not what about."""

_IRREGULAR = {
    word: base
    for base, words in {
        "become": "became", "begin": "began begun", "break": "broke broken", "build": "built", "buy": "bought",
        "choose": "chose chosen", "die": "death deaths dead died dying", "draw": "drew drawn", "drive": "drove driven",
        "fall": "fell fallen", "fight": "fought", "find": "found", "fly": "flew flown", "get": "got gotten",
        "give": "gave given", "go": "went gone", "grow": "grew grown", "hold": "held", "know": "knew known",
        "lead": "led", "leave": "left", "lose": "lost losing", "make": "made making", "man": "men", "meet": "met",
        "pay": "paid", "person": "people", "ride": "rode", "rise": "rose risen", "run": "ran", "say": "said",
        "see": "saw seen", "sell": "sold", "send": "sent", "shoot": "shot", "show": "shown", "sing": "sang sung",
        "speak": "spoke spoken", "spend": "spent", "stand": "stood", "steal": "stole stolen", "strike": "struck",
        "take": "took taken", "teach": "taught", "tell": "told", "think": "thought", "throw": "threw thrown",
        "use": "used uses using", "win": "won winning winner winners", "woman": "women", "write": "wrote written",
        "child": "children",
    }.items()
    for word in words.split()
}  # fmt: skip

_IRREGULAR |= {
    american + ending: british + ending
    for british, american in (
        pair.split()
        for pair in """defence defense, offence offense, licence license, centre center, theatre theater, metre meter,
        litre liter, fibre fiber, colour color, labour labor, favour favor, harbour harbor, neighbour neighbor,
        honour honor, rumour rumor, behaviour behavior, humour humor, armour armor, programme program, grey gray,
        catalogue catalog, dialogue dialog""".split(",")
    )
    for ending in ("", "s")
}
"""British and American spellings of one word."""

_UP_TO_TWENTY = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen twenty""".split()
_TENS = "thirty forty fifty sixty seventy eighty ninety".split()
NUMBER_WORDS = dict(zip([*_UP_TO_TWENTY, *_TENS], [*range(21), *range(30, 100, 10)], strict=True))

_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)?")
_NUMBER = re.compile(r"(?<![\w.,])\d+(?:,\d{3})+(?:\.\d+)?(?!\w)|\d+(?:\.\d+)?")
_NAME = re.compile(r"[A-ZÀ-ÖØ-Þ][\w’'.-]*\w(?:\s+(?:(?:of|the|de|van|von|al|bin|for|and)\s+)?[A-ZÀ-ÖØ-Þ][\w’'.-]*\w)*")


def words(text: str) -> list[str]:
    """The words and numbers of ``text`` in order, in lower case, without accents, hyphens and possessive endings."""
    return [word.removesuffix("'s") for word in _WORD.findall(plain(text))]


def content_words(text: str) -> list[str]:
    """The stems of the words of ``text`` that carry meaning, in order and with repetitions."""
    return [stem(word) for word in words(text) if word not in STOP_WORDS and (len(word) > 1 or word.isdigit())]


def question_words(question: str) -> list[str]:
    """The content words of a question without those that only ask, each once, in order."""
    kept = [stem(word) for word in words(question) if word not in STOP_WORDS and word not in _ASKING and len(word) > 1]
    return list(dict.fromkeys(kept)) or list(dict.fromkeys(content_words(question)))


@lru_cache(maxsize=1 << 15)
def stem(word: str) -> str:
    """Folds the forms of one lower-case word: "invested", "investing", "investments" become "invest".

    Lighter than Porter's algorithm: the endings of English inflection, the common nouns made from verbs, and the
    irregular verbs that news uses every day. Digits become plain figures ("two" and "2" are the same word).
    """
    if word in NUMBER_WORDS:
        return str(NUMBER_WORDS[word])
    if word[0].isdigit():
        return word.replace(",", "")
    word = _IRREGULAR.get(word, word)
    if len(word) <= 3:
        return word
    for ending, replacement, shortest in _ENDINGS:
        base = len(word) - len(ending)
        if base >= shortest and word.endswith(ending) and (base > 3 or _VOWEL.search(word, 0, base)):
            word = word[:base] + replacement
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsze":
        word = word[:-1]
    if len(word) > 3:
        word = word.removesuffix("e")
    if len(word) > 5 and word.endswith("at"):
        word = word[:-2]
    if len(word) > 2 and word[-1] == "y" and word[-2] not in "aeiou":
        word = word[:-1] + "i"
    return word


_VOWEL = re.compile("[aeiouy]")
_ENDINGS = (
    ("izations", "iz", 3), ("ization", "iz", 3), ("isation", "iz", 3), ("ations", "", 4), ("ation", "", 4),
    ("ments", "", 4), ("ment", "", 4), ("nesses", "", 4), ("ness", "", 4), ("ingly", "", 4), ("edly", "", 4),
    ("eed", "ee", 2), ("eeing", "ee", 2), ("ings", "", 4), ("ing", "", 3), ("ions", "", 4), ("ion", "", 4),
    ("ies", "i", 2), ("ied", "i", 2), ("sses", "ss", 2), ("ised", "iz", 3), ("ise", "iz", 3), ("ed", "", 3),
    ("ly", "", 5), ("ers", "", 4), ("er", "", 4), ("ss", "ss", 2), ("us", "us", 2), ("es", "", 3), ("s", "", 3),
)  # fmt: skip
"""An ending, what takes its place, and the fewest letters that must stay: the first that fits is taken."""


def numbers(text: str) -> frozenset[str]:
    """The figures in ``text`` as plain digits: "1,000", "1000" and, in words, "twenty" are one form each."""
    digits = {match.replace(",", "") for match in _NUMBER.findall(text)}
    return frozenset(
        digits | {str(NUMBER_WORDS[word]) for word in words(text) if word in NUMBER_WORDS and word != "one"}
    )


def names(text: str) -> list[str]:
    """Runs of capitalised words in order: people, places, bodies, titles of works; also a sentence's first word."""
    found = []
    for match in _NAME.finditer(text):
        name = match.group()
        first, _, rest = name.partition(" ")
        found.append(rest if first.lower() in STOP_WORDS and first not in ("US", "UN") else name)
    return list(filter(None, found))


def plain(text: str) -> str:
    """``text`` in lower case and without accents, so that "Türkiye" and "TURKIYE" are the same."""
    return without_accents(text.lower().replace("’", "'"))


def without_accents(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFKD", text).translate(_UNACCENTED)


class _Unaccented(dict[int, int | None]):
    """What ``str.translate`` makes of each character, filled as they come: ten times as fast as asking for each."""

    def __missing__(self, code: int) -> int | None:
        self[code] = None if unicodedata.combining(chr(code)) else code
        return self[code]


_UNACCENTED = _Unaccented()


_DANGLING = re.compile(
    r"[\"“‘'(]?(?:he|she|they|it|his|her|hers|their|its|this|these|those|such|both|"
    r"the (?:former|latter|two|three|pair)|(?:the|his|her|their) (?:same|other|others))\b",
    re.IGNORECASE,
)
_EXPLETIVE = re.compile(
    r"(?:it (?:is|was|has been|will be|would be|took|takes|seems|appears|remains|became)\b"
    r".{0,60}\b(?:that|to|who|when)\b"
    r"|this (?:week|month|year|morning|time|summer|winter|spring|autumn|season)|both .{2,40} and )",
    re.IGNORECASE,
)


def is_dangling(text: str) -> bool:
    """Whether ``text`` begins with a word that stands for something said before: "He said …"."""
    return _DANGLING.match(text) is not None and not _EXPLETIVE.match(text)
