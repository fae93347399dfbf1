"""One name in several spellings: Horbatiuk and Gorbatyuk, Zelensky and Selenskyj, Müller and Mueller, Kyiv and Київ.

Four degrees. **Written** alike: the two differ only in how the same letters are put into Latin (accents, scripts, the
systems for Cyrillic, grammatical case), or name one place. **Sound**: they are pronounced alike. **Near**: their
consonants are, and the vowels nearly so. **Mistyped**: one slip in a long word. Different people may be near; nobody
should mix them where the exact spelling is at hand, which is for the caller to see to. Pure: characters in, characters
out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from anyascii import anyascii
from rapidfuzz.distance import OSA
from rapidfuzz.process import extract


class Likeness(IntEnum):
    """How alike two spellings are; the higher, the surer that one name is meant."""

    OTHER = 0
    MISTYPED = 1
    NEAR = 2
    SOUND = 3
    WRITTEN = 4


class Word(NamedTuple):
    """A word as it stands at ``text[start:end]``, without a possessive ending."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Spelling:
    """How the library writes one name of a question."""

    word: Word
    variants: tuple[str, ...]
    """The library's forms, the most frequent of the surest first."""
    likeness: Likeness
    held: bool
    """Whether the library has the question's own spelling too."""


@dataclass(frozen=True, slots=True)
class Expansion:
    """What is looked up beside the words of one question."""

    spellings: tuple[Spelling, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """The library's spellings, readable, each once."""
        return tuple(dict.fromkeys(variant for spelling in self.spellings for variant in spelling.variants))


NOTHING = Expansion()
"""For a search by the question's own words alone."""


def same_name(first: str, second: str) -> bool:
    """Whether two single words may be spellings of one name. Accepts one slip in a long word; tells Iran from Iraq."""
    return likeness(first, second) > Likeness.OTHER


@lru_cache(maxsize=8192)
def likeness(first: str, second: str) -> Likeness:
    """The highest degree in which two single words may be spellings of one name."""
    some, others = _forms(first), _forms(second)
    foreign = not (_LATIN.match(first) and _LATIN.match(second))
    best = Likeness.OTHER
    for one, other in product(some, others):
        best = max(best, _compared(one, other, foreign))
        if best is Likeness.WRITTEN:
            break
    return best


def sure_enough(word: str, degree: Likeness) -> bool:
    """Whether ``degree`` makes ``word`` of a question a name. In lower case it is more often a common word: "major"."""
    return degree > Likeness.OTHER and not (word.islower() and (degree < Likeness.SOUND or len(word) < _LEAST_SMALL))


_LEAST_SMALL = 6
"""Letters of a word in lower case from which another spelling is looked for."""


def respelled(question: str, expansion: Expansion) -> str:
    """``question`` with the names that the library does not write so put as it writes them."""
    for spelling in sorted(expansion.spellings, key=lambda each: -each.word.start):
        if not spelling.held:
            word = spelling.word
            question = question[: word.start] + spelling.variants[0] + question[word.end :]
    return question


def written_as_in(question: str, texts: Iterable[str]) -> str:
    """``question`` with the names that stand in none of ``texts`` put as ``texts`` write them.

    For whoever compares the words of a question with passages and has no library at hand.
    """
    asked = asked_names(question)
    if not asked:
        return question
    there: dict[str, int] = {}
    known: set[str] = set()
    for text in texts:
        for name in names_in(text):
            there[name] = there.get(name, 0) + 1
        known.update(match.group().casefold() for match in _WORD.finditer(text))
    for word in reversed(asked):
        if word.text.casefold() in known:
            continue
        alike = [(likeness(word.text, name), count, name) for name, count in there.items()]
        degree, _, name = max(alike, default=(Likeness.OTHER, 0, ""))
        if sure_enough(word.text, degree):
            question = question[: word.start] + name + question[word.end :]
    return question


# -- words in text

_WORD = re.compile(r"[^\W\d_]+(?:['’ʼ`][^\W\d_]+)*")
_POSSESSIVE = re.compile(r"['’ʼ`][sS]$")
_LATIN = re.compile(r"[A-Za-z\u00aa-\u024f\u1e00-\u1eff'’ʼ`]+$")

_LONGEST = 40
"""Characters of a word that can be a name; what is longer is an address or noise."""


_ASKING = frozenset(
    """who whom whose what when where which why how was were are did does has have had can could will would should the
    and for with about that this from there tell list хто кто кой кого який яка які какой какая коли когда кога чому
    почему защо куди куда скільки сколько колко який""".split()
)
"""Words that begin questions, and the most frequent of those that stand in one: spared the looking up."""


def asked_names(question: str) -> list[Word]:
    """The words of a question that may be names, in order: not those in lower case, unless the question has no
    capitals at all. At least three letters.
    """
    small = not any(character.isupper() for character in question[1:])
    found = []
    for match in _WORD.finditer(question):
        text = _POSSESSIVE.sub("", match.group())
        if 3 <= len(text) <= _LONGEST and (small or not text[0].islower()) and text.casefold() not in _ASKING:
            found.append(Word(text, match.start(), match.start() + len(text)))
    return found


def names_in(text: str) -> set[str]:
    """The words of ``text`` that begin with a capital, without possessive endings. The start of a sentence counts:
    which of them are names shows when the library's lower-case words stand beside them.
    """
    found = set()
    for match in _WORD.finditer(text):
        word = match.group()
        if word[0].isupper() and 3 <= len(word) <= _LONGEST:
            word = _POSSESSIVE.sub("", word)
            found.add(word.title() if len(word) > 4 and word.isupper() else word)
    return found


def is_latin(word: str) -> bool:
    return _LATIN.match(word) is not None


def tells_names(title: str) -> bool:
    """Whether capitals in a title mean names: not where most words have one, as American headlines do."""
    words = [match.group() for match in _WORD.finditer(title)]
    small = sum(word[0].islower() for word in words)
    return small * 2 >= len(words) or any(not _LATIN.match(word) for word in words)


# -- keys


class Key(NamedTuple):
    """Where a word is kept and looked up: under a skeleton, the same for any two that are near; and how it sounds."""

    skeleton: str
    sound: str


@lru_cache(maxsize=32768)
def keys(word: str) -> tuple[Key, ...]:
    """One for each way of reading ``word``."""
    sounds = (sound for form in _forms(word) for sound in form.sounds)
    return tuple(dict.fromkeys(Key(_skeleton(sound), _neutral(sound)) for sound in sounds))


@lru_cache(maxsize=32768)
def sure_keys(word: str) -> tuple[str, ...]:
    """Under which letters besides: the same for any two that are written alike by rule. No vowels at the end."""
    return tuple(dict.fromkeys(f"={_VOWELS_AT_END.sub('', form.written)}" for form in _forms(word)))


def slips(word: str) -> tuple[list[str], list[str]]:
    """Where the right spelling of a mistyped word may be kept: further skeletons, and beginnings of skeletons."""
    own = list(dict.fromkeys(key.skeleton for key in keys(word)))
    swapped = [
        key[:place] + key[place + 1] + key[place] + key[place + 2 :] for key in own for place in range(len(key) - 1)
    ]
    if len(word) < OTHER_SLIP:
        return [key for key in dict.fromkeys(swapped) if key not in own], []
    fewer = [key[:place] + key[place + 1 :] for key in own for place in range(len(key))]
    beginnings = [key[: max(_BEGINNING, len(key) - 2)] for key in own if len(key) >= _BEGINNING]
    return [key for key in dict.fromkeys(swapped + fewer) if key not in own], beginnings


_BEGINNING = 4
"""Consonants that stand before a slip, at least. With three, 3,000 of half a million names are compared, 3 ms."""


def nearest(text: str, others: Sequence[str], most: int, apart: int) -> list[int]:
    """The positions of at most ``most`` of ``others`` that ``apart`` edits or fewer part from ``text``, nearest first.

    Coarse and quick, a thousand in a millisecond: ``likeness`` decides.
    """
    found = extract(text, others, scorer=OSA.distance, score_cutoff=apart, limit=most)
    return [position for _, _, position in found]


def most_apart(sound: str) -> int:
    """How many edits may part the sounds of two near words; one more where an ending may have been taken off."""
    return _edits(len(sound)) + 1


def _edits(length: int) -> int:
    return 1 if length < 5 else 2 if length < 10 else 3


# -- forms


class _Form(NamedTuple):
    """One reading of a word: as it stands, or taken back to its base form."""

    folded: str
    written: str
    sounds: tuple[str, ...]
    cut: bool
    """Whether an ending was taken off, so that a final vowel of the other says nothing."""


@lru_cache(maxsize=8192)
def _forms(word: str) -> tuple[_Form, ...]:
    """The readings of a word, the word itself first."""
    word = unicodedata.normalize("NFC", word).casefold()
    made: dict[str, _Form] = {}
    for base, cut in _bases(word):
        folded = fold(base)
        if folded and folded not in made:
            made[folded] = _Form(folded, _written(folded), _sounds(folded), cut)
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


# -- written alike

_SLAVIC = re.compile(
    r"(?:s[kz][iyj]*|skay?a|enk[oa]|[iyj]uk|[cs]huk|[oey][vw]a?|off|[iy]t?s?ch|iv|[iyj]{2}|[bdfghklmprstvz]n[iy]j?|hin)$"
)
_ONE_LETTER = (
    ("schtsch", "Q"), ("chtch", "Q"), ("shch", "Q"), ("szcz", "Q"), ("tsch", "C"), ("tch", "C"), ("cz", "C"),
    ("ch", "C"), ("sch", "S"), ("sh", "S"), ("sz", "S"), ("zh", "Z"), ("kh", "X"), ("tz", "T"), ("ts", "T"),
    ("ss", "s"),
)  # fmt: skip


def _written(folded: str) -> str:
    """The letters behind the several systems of writing them: Horbatiuk and Gorbatyuk are one, Biden and Bidden two."""
    slavic = _SLAVIC.search(folded) is not None
    written = folded
    for letters, one in _ONE_LETTER:
        written = written.replace(letters, one)
    if slavic:
        written = written.replace("h", "g").replace("w", "v").replace("y", "i").replace("j", "i")
        written = re.sub("ff$", "v", written)
    written = re.sub(r"^[yj](?=[aeou])", "i", written)
    written = re.sub(r"(?<=[^aeou])[iy]+j?$", "i", written)
    return re.sub("i+", "i", written)


_ONE_PLACE = """
kyiv kiev kyyiv kiyiv kiyev | kharkiv kharkov charkiw | lviv lvov lwow lwiw | odesa odessa | chernihiv chernigov
mykolaiv mykolayiv nikolaev nikolayev | zaporizhzhia zaporizhzhya zaporizhia zaporozhye zaporozhe | rivne rovno
vinnytsia vinnytsya vinnitsa | chornobyl chernobyl | donbas donbass | luhansk lugansk | dnipro dnepr | crimea krym krim
ternopil ternopol | zhytomyr zhitomir | chisinau kishinev kyshyniv | tbilisi tiflis | beijing peking pekin
mumbai bombay | kolkata calcutta | myanmar burma | yangon rangoon | turkiye turkey | ankara angora
moscow moskva moskau moskwa | warsaw warszawa varshava warschau | prague praha prag praga | vienna wien viden vena
munich munchen muenchen myunkhen miunkhen | cologne koln koeln | brussels bruxelles brussel bryussel briussel
geneva geneve genf zheneva | rome roma rom rim | athens athina afiny afini | lisbon lisboa lissabon lisabon
copenhagen kobenhavn kopenhagen kopengagen | gothenburg goteborg | bucharest bucuresti bukharest bukarest
belgrade beograd belgrad byelgrad belhrad | milan milano | naples napoli | venice venezia | turin torino
florence firenze | poland polska polshcha polsha | germany deutschland nimechchina germaniya | france frantsiya
hungary magyarorszag ugorshchina vengriya | brazil brasil | spain espana ispaniya | greece hellas gretsiya
""".replace("\n", "|")
"""Places whose names in two languages no rule of spelling connects; the forms that Cyrillic has are folded as above."""

_ONE_GIVEN_NAME = """
volodymyr vladimir wladimir wolodymyr volodimir | oleksandr aleksandr alexander aleksander alexandr alexandre
oleksii oleksiy alexei aleksei alexey alexej aleksey | mykola nikolai nikolay nikolaj mikola | oleh oleg | ihor igor
serhii serhiy sergei sergey sergej serge sergiy | andrii andriy andrei andrey andrej | pavlo pavel pawel | hanna anna
dmytro dmitry dmitri dmitrii dmitriy dmitro | yevhen yevgeny evgeny evgenii evgeniy yevgeniy yevhenii jewgeni
mykhailo mykhaylo mikhail michail mikhaylo | petro pyotr petr pjotr | olena elena yelena | vasyl vasily vasil wassili
kateryna ekaterina yekaterina katerina | yurii yuriy yuri yury jurij juri | kostiantyn kostyantyn konstantin
maksym maksim maxim | hryhorii grigory grigoriy | heorhii georgy georgiy georgi | fedir fyodor fedor | george dzhordzh
john dzhon | joe dzho | james dzheyms | jean zhan | emmanuel emmanyuel emanuel emmaniuel
""".replace("\n", "|")
"""Given names that every language has in its own form. Their bearers differ (Volodymyr Zelensky, Vladimir Putin), so
they are near, never one."""


def _groups(table: str) -> dict[str, int]:
    return {form: number for number, group in enumerate(table.split("|")) for form in group.split()}


_PLACES, _GIVEN_NAMES = _groups(_ONE_PLACE), _groups(_ONE_GIVEN_NAME)
_VOWELS_AT_END = re.compile("[aeiouy]+$")
_PLACE_STEMS, _GIVEN_STEMS = (
    {_VOWELS_AT_END.sub("", form): number for form, number in group.items()} for group in (_PLACES, _GIVEN_NAMES)
)


def group_forms(word: str) -> tuple[str, ...]:
    """The other forms of a place or given name that rules do not reach; empty for every other word."""
    found: dict[str, None] = {}
    for form in _forms(word):
        for names, stems in ((_PLACES, _PLACE_STEMS), (_GIVEN_NAMES, _GIVEN_STEMS)):
            number = stems.get(form.folded) if form.cut else names.get(form.folded)
            if number is not None:
                found |= dict.fromkeys(name for name, group in names.items() if group == number)
    return tuple(found)


def _one_of(form: _Form, other: _Form, names: dict[str, int], stems: dict[str, int]) -> bool:
    one = stems.get(form.folded) if form.cut else names.get(form.folded)
    return one is not None and one == (stems.get(other.folded) if other.cut else names.get(other.folded))


# -- near

_DOUBLE = re.compile(r"(.)\1+")
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
        made[_STRESSED.sub("ev", _DOUBLE.sub(r"\1", sound))] = None
    return tuple(made)


_TO_SKELETON = str.maketrans({"h": "k", "g": "k", "x": "s", "a": None, "e": None, "i": None, "o": None, "u": None})
_TO_CLASSES = str.maketrans({"e": "i", "o": "u", "g": "h"})


def _skeleton(sound: str) -> str:
    first = "a" if sound[:1] in "aeiou" else ""
    return first + _DOUBLE.sub(r"\1", sound.translate(_TO_SKELETON))


def _neutral(sound: str) -> str:
    """Without the difference of g and h, which in Slavic names is one of languages."""
    return sound.replace("g", "h")


def _compared(one: _Form, other: _Form, foreign: bool) -> Likeness:
    if one.folded == other.folded or _one_of(one, other, _PLACES, _PLACE_STEMS):
        return Likeness.WRITTEN
    cut = one.cut or other.cut
    first, second = one.written, other.written
    if cut:
        first, second = (_VOWELS_AT_END.sub("", text) for text in (first, second))
    if first == second and min(len(one.folded), len(other.folded)) >= 5 - cut:
        return Likeness.WRITTEN
    slavic = any(_SLAVIC.search(form.folded) for form in (one, other))
    near = max(_near(a, b, cut, foreign, slavic) for a, b in product(one.sounds, other.sounds))
    if near is Likeness.OTHER and _one_of(one, other, _GIVEN_NAMES, _GIVEN_STEMS):
        return Likeness.NEAR
    if near:
        return near
    return Likeness.MISTYPED if _mistyped(one.folded, other.folded) else Likeness.OTHER


def _near(first: str, second: str, cut: bool, foreign: bool, slavic: bool) -> Likeness:
    """Whether two words of one skeleton have the same vowels, or nearly so."""
    if _skeleton(first) != _skeleton(second) or ({first[:1], second[:1]} == {"g", "h"} and not (foreign or slavic)):
        return Likeness.OTHER  # Gates is no Hates, though Gorbatyuk is Horbatiuk
    first, second = _neutral(first), _neutral(second)
    if cut:
        first, second = (_VOWELS_AT_END.sub("", text) for text in (first, second))
    elif _only_an_ending(first, second):
        return Likeness.OTHER
    length = min(len(first), len(second))
    apart = OSA.distance(first, second, score_cutoff=3)
    if length < 3 or apart > _edits(length):
        return Likeness.OTHER
    if apart <= (length >= 7):
        return Likeness.SOUND
    if length >= 7:
        return Likeness.NEAR
    one, other = (_DOUBLE.sub(r"\1", text.translate(_TO_CLASSES)) for text in (first, second))
    lengthened = apart == 1 and length >= 5 and len(first) != len(second)
    transcribed = apart == 1 and length >= 4 and foreign
    return Likeness.NEAR if one == other or lengthened or transcribed else Likeness.OTHER


def _only_an_ending(first: str, second: str) -> bool:
    """Putin and Putina, Niger and Nigeria: another word, not another spelling. A final e is often silent: Poutine."""
    shorter, longer = sorted((first, second), key=len)
    rest = longer[len(shorter) :]
    return longer.startswith(shorter) and rest not in ("", "e") and not rest.strip("aeiou")


SLIP_LENGTH = 7
"""Letters from which two swapped ones are taken for a slip (Macron and Marcon have six)."""

OTHER_SLIP = 9
"""Letters from which one letter more, less or other is: Johnson and Johnston have eight, Clinton and Clifton seven."""


def _mistyped(first: str, second: str) -> bool:
    shorter = min(len(first), len(second))
    if shorter < SLIP_LENGTH or first[0] != second[0] or _only_an_ending(first, second):
        return False
    if OSA.distance(first, second, score_cutoff=1) > 1:
        return False
    return shorter >= OTHER_SLIP or (len(first) == len(second) and sorted(first) == sorted(second))


def likely(word: str, candidates: Sequence[str]) -> tuple[Likeness, list[str]]:
    """Those of ``candidates`` that are most alike to ``word``, in their order, and how alike they are."""
    alike: dict[Likeness, list[str]] = {}
    for candidate in candidates:
        alike.setdefault(likeness(word, candidate), []).append(candidate)
    best = max(alike, default=Likeness.OTHER)
    return best, alike.get(best, []) if best else []
