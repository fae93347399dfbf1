"""Where a statement runs along with a sentence of its source and then says something else in its place.

"Russia attacked Ukraine" and "Ukraine attacked Russia" share every word, "fell" and "rose" are one word among twenty:
the share of words says nothing. So the two are aligned, and what stands between the same neighbours is compared: a name
for another name, a figure for another figure, a word for its opposite, a "not" on one side only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple

from assistant.alignment import align
from assistant.facts import Day, Figure, Name, facts, plain, same_day, same_figure, same_name
from assistant.words import STOP_WORDS, stem

GAP = 4
"""Content words that may stand between two shared ones before their neighbours are no longer the same place."""

ALONG = 0.4
"""Share of a statement's tokens that a sentence must hold, in order, before the two are compared."""

AROUND = 3
"""Or so many of the six tokens around the place, which is as good as a short sentence of its own. Against 4, on the
half of the material for setting thresholds: 1.1 points more of the planted negations seen, no true statement lost."""

NEARLY_ALL = 0.7
"""A sentence that holds so much of the statement is the one it was made from: another one excuses nothing. 0.6 and 0.8
give the same within 0.3 points."""

Kind = Literal["word", "name", "figure", "day", "not"]


class Token(NamedTuple):
    key: str
    """The same for what counts as the same word."""
    kind: Kind
    text: str
    fact: Figure | Day | Name | None = None


_WORD = re.compile(r"[^\W\d_]+(?:[’'.-][^\W\d_]+)*(?:-?\d+[^\W_]*)?")
_NOT = frozenset("not no never none nobody nothing neither nor without cannot hardly".split())
_NO_NEGATION = re.compile(
    r"\b(?:not (?:only|just|merely)\b(?=.{1,80}\b(?:but|also)\b)|(?:no|not) (?:more|less|fewer) than|no doubt"
    r"|(?<=whether or )not|no\. ?(?=\d))",
    re.IGNORECASE,
)
_DENYING = frozenset(
    stem(word)
    for word in """deny denied denial refuse refused refusal fail failed failure lack lacked absent absence unable
    reject rejected prevent decline declined unlikely impossible false exclude rarely seldom""".split()
)
"""Words that say "not" in their own way: "failed to agree" is "did not agree"."""

_OPPOSITES_AS_WRITTEN = """
increase raise rise grow gain climb soar surge jump / decrease reduce fall decline drop shrink lose plunge cut slump
increasing rising growing / decreasing falling declining shrinking
more / less fewer
most / least
over above / under below beneath
up / down
before / after
earlier / later
high higher highest / low lower lowest
large larger largest big bigger biggest / small smaller smallest
long longer / short shorter
many / few
first / last
early / late
old older oldest / young younger youngest new newer newest
better best / worse worst
good / bad
strong stronger / weak weaker
win won / lose lost
begin start open launch / end finish close stop
join enter arrive / leave exit depart
buy purchase acquire / sell
accept approve adopt pass / reject refuse veto
support back endorse favour favor / oppose
allow permit legalize legalise / ban forbid prohibit prevent
confirm admit acknowledge / deny
guilty / innocent acquitted
convict / acquit
north northern / south southern
east eastern / west western
northeast / southwest
northwest / southeast
man men male father husband brother son boy king / woman women female mother wife sister daughter girl queen
import / export
success succeed / failure fail
victory / defeat
alive survive / dead die kill
attack / defend
ally friend / enemy
public / private
true / false
right / left
always / never
inside / outside
indoor / outdoor
majority / minority
maximum / minimum
hot hotter warm warmer / cold colder cool cooler
positive / negative
profit / loss
hire / fire
enter / leave
remember / forget
include / exclude
safe / dangerous
rich / poor
heavy / light
fast faster / slow slower
remain stay / leave
day / night
morning / evening
son / daughter
supply / demand
borrow / lend
tighten / loosen
strengthen / weaken
expand / contract
improve / worsen
Republican / Democrat
liberal / conservative
domestic / foreign
"""


def _opposites() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for line in _OPPOSITES_AS_WRITTEN.strip().splitlines():
        one, _, other = line.partition(" / ")
        sides = [{stem(word) for word in side.lower().split()} for side in (one, other)]
        for these, those in (sides, sides[::-1]):
            for word in these:
                found.setdefault(word, set()).update(those - these)
    return {word: frozenset(others) for word, others in found.items()}


_OPPOSITES = _opposites()
_KEPT = frozenset(word for word in STOP_WORDS if stem(word) in _OPPOSITES)
"""Words without content of their own, but with an opposite: "before", "more", "up"."""

_REVERSING = ("un", "in", "im", "il", "ir", "dis", "non", "anti", "mis")

TITLES = {
    form: title
    for title, forms in {
        "president": "president pres", "prime minister": "premier pm", "minister": "minister",
        "chancellor": "chancellor",
        "senator": "senator sen", "representative": "representative rep congressman congresswoman",
        "governor": "governor gov", "mayor": "mayor", "secretary": "secretary", "ambassador": "ambassador amb",
        "general": "general gen", "colonel": "colonel col", "captain": "captain capt", "major": "major maj",
        "lieutenant": "lieutenant lt", "sergeant": "sergeant sgt", "admiral": "admiral adm",
        "commander": "commander cmdr",
        "judge": "judge justice", "attorney": "attorney", "doctor": "doctor dr", "professor": "professor prof",
        "king": "king", "queen": "queen", "prince": "prince", "princess": "princess", "emperor": "emperor",
        "duke": "duke",
        "pope": "pope", "bishop": "bishop", "archbishop": "archbishop", "cardinal": "cardinal",
        "reverend": "reverend rev",
        "sir": "sir", "lord": "lord", "lady": "lady", "dame": "dame", "coach": "coach", "chief": "chief",
        "director": "director", "chairman": "chairman chairwoman chair", "ceo": "ceo", "sheriff": "sheriff",
        "detective": "detective", "officer": "officer", "inspector": "inspector", "marshal": "marshal",
    }.items()
    for form in forms.split()
}  # fmt: skip
"""What may stand before a person's name, and its short forms."""

_ANY_TITLE = "|".join(sorted(TITLES, key=len, reverse=True))
_TITLED = re.compile(rf"\b(?P<title>(?i:{_ANY_TITLE}))\b\.?\s+(?P<name>[A-Z][\w’'-]*(?:\s+[A-Z][\w’'-]*\.?)*)")
_RUN = re.compile(r"[A-Z][\w’']*(?:-\w+)*\.?(?: [A-Z][\w’']*(?:-\w+)*\.?)+")
_HONORIFICS = frozenset("mr mrs ms miss mx sir dame the".split())


@lru_cache(maxsize=1024)
def tokens(text: str) -> tuple[Token, ...]:
    """The words of ``text`` that carry meaning, its figures, days and negations, in order."""
    found = facts(text)
    places: list[tuple[int, int, Token]] = []
    for figure in found.figures:
        amount = min(figure.values) * figure.factor
        places.append((figure.start, figure.end, Token(f"#{amount:.6g} {figure.unit}", "figure", figure.text, figure)))
    for day in found.days:
        key = f"@{day.year}-{day.month}-{day.day}-{day.weekday}"
        places.append((day.start, day.end, Token(key, "day", day.text, day)))
    places.sort(key=lambda place: place[0])
    names = {name.start: name for name in found.names}
    silent = {match.start() for match in _NO_NEGATION.finditer(text)}
    made: list[Token] = []
    at = 0
    for match in _WORD.finditer(text):
        while at < len(places) and places[at][1] <= match.start():
            made.append(places[at][2])
            at += 1
        if at < len(places) and places[at][0] < match.end() and match.start() < places[at][1]:
            continue
        word = plain(match.group())
        if not word or (word == "longer" and made and made[-1].text.lower() == "no"):  # "no longer" is one negation
            continue
        if re.search(r"n[’']t$", match.group(), re.IGNORECASE) or (word in _NOT and match.start() not in silent):
            made.append(Token("not", "not", match.group()))
        elif match.start() in names and word not in TITLES:
            made.append(Token(stem(word), "name", match.group(), names[match.start()]))
        elif word in _KEPT or (word not in STOP_WORDS and len(word) > 1):
            made.append(Token(stem(word), "word", match.group()))
    made += [token for _, _, token in places[at:]]
    return tuple(made)


def contrasts(statement: str, sentences: Sequence[str]) -> Iterator[str]:
    """What ``statement`` says otherwise than the sentences that carry it, each as a reason for the reader."""
    stated = tokens(statement)
    keys = [token.key for token in stated]
    rows = []
    for sentence in sentences:
        said = tokens(sentence)
        pairs = align(keys, [token.key for token in said])
        rows.append((sentence, said, pairs))
    for at, (sentence, said, pairs) in enumerate(rows):
        along = len(pairs) >= ALONG * len(stated)
        nearly_all = len(pairs) >= NEARLY_ALL * len(stated)
        elsewhere = {i for other, (_, _, its) in enumerate(rows) if other != at for i in _in_company(its)}
        held = {i for i, _ in pairs}
        for index, reason in _differences(stated, said, pairs):
            here = along or len(held.intersection(range(index - 3, index + 4))) >= AROUND
            if here and (nearly_all or index not in elsewhere):
                yield reason
        if swapped := _swapped(stated, said, statement, sentence):
            yield swapped


def _in_company(pairs: Sequence[tuple[int, int]]) -> Iterator[int]:
    """Tokens of the statement that a sentence holds together with a neighbour of theirs."""
    held = {i for i, _ in pairs}
    return (i for i in held if i - 1 in held or i + 1 in held)


def _differences(
    stated: Sequence[Token], said: Sequence[Token], pairs: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, str]]:
    edges = [(-1, -1), *pairs, (len(stated), len(said))]
    for (i, j), (next_i, next_j) in pairwise(edges):
        ours, theirs = range(i + 1, next_i), range(j + 1, next_j)
        if i < 0 and len(theirs) > GAP:  # at the edges only what stands beside the shared word
            theirs = theirs[-2:]
        if next_i == len(stated) and len(theirs) > GAP:
            theirs = theirs[:2]
        if not ours or not theirs or len(ours) > GAP or len(theirs) > GAP:
            continue
        for index in ours:
            for place in theirs:
                if reason := _replaced(stated, said, stated[index], said[place]):
                    yield index, reason
    yield from _negations(stated, said, pairs)


def _replaced(stated: Sequence[Token], said: Sequence[Token], ours: Token, theirs: Token) -> str:
    """Why ``ours`` cannot stand where the source has ``theirs``; empty if it can."""
    if ours.kind != "day" and (opposite(ours.key, theirs.key) or _is_reversed(ours.text, theirs.text)):
        return f"“{ours.text}” where the source has “{theirs.text}”"
    if _same(ours, theirs) is not False:
        return ""
    if any(_same(ours, token) for token in said):
        return ""  # the sentence has it, in another place
    if any(_same(token, theirs) for token in stated):
        return ""  # the statement has what the source has here, in another place
    return f"{_KINDS[ours.kind]} {ours.text} where the source has {theirs.text}"


_KINDS = {"name": "name", "figure": "figure", "day": "date"}


def _same(one: Token, other: Token) -> bool | None:
    """Whether two facts agree; ``None`` for what cannot be compared, such as a figure with a name."""
    a, b = one.fact, other.fact
    if isinstance(a, Name) and isinstance(b, Name):
        return same_name(a.text, b.text) or (False if a.sure and b.sure else None)
    if isinstance(a, Figure) and isinstance(b, Figure):
        return same_figure(a, b)
    if isinstance(a, Day) and isinstance(b, Day):
        return same_day(a, b)
    if isinstance(a, Figure) and isinstance(b, Day):
        return _same_year(b, a)
    if isinstance(a, Day) and isinstance(b, Figure):
        return _same_year(a, b)
    return None


def _same_year(day: Day, figure: Figure) -> bool | None:
    """A year is a figure too: "the 23 season" for "the 2017 season"."""
    return day.year in figure.values if day.year is not None and day.month is None else None


def opposite(one: str, other: str) -> bool:
    """Whether two stems say the contrary: "rise" and "fall"."""
    return other in _OPPOSITES.get(one, ())


def _is_reversed(one: str, other: str) -> bool:
    short, long = sorted((one.lower(), other.lower()), key=len)
    return len(short) > 3 and long.endswith(short) and long[: -len(short)] in _REVERSING


def _negations(
    stated: Sequence[Token], said: Sequence[Token], pairs: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, str]]:
    """A "not" on one side before a word that both sides have."""
    across = dict(pairs)
    back = {j: i for i, j in pairs}
    for index, token in enumerate(stated):
        target = _target(stated, index, across, said) if token.kind == "not" else None
        if target is not None and not _denied(said, across[target]):
            yield index, "negation differs"
    for index, token in enumerate(said):
        target = _target(said, index, back, stated) if token.kind == "not" else None
        if target is not None and not _denied(stated, back[target]):
            yield back[target], "negation differs"


def _target(side: Sequence[Token], index: int, shared: dict[int, int], other: Sequence[Token]) -> int | None:
    """The shared word that a "not" denies: the next, or the one after it; at the end of a sentence the one before.

    ``None`` where there is none, or where the ``other`` side has it in another place: that is for another "not".
    """
    for place in (index + 1, index + 2, index - 1 if index == len(side) - 1 else -1):
        if not 0 <= place < len(side) or side[place].kind == "not":
            continue
        if place in shared:
            return place
        if any(token.key == side[place].key for token in other):
            return None
    return None


def _denied(side: Sequence[Token], place: int) -> bool:
    """Whether a "not" stands before this word, wherever it stands, or what says the same in another way."""
    for other, token in enumerate(side):
        if token.key == side[place].key:
            near = (*side[max(0, other - 2) : other], *side[other + 1 : other + 2])  # "rejected" does not deny itself
            if any(token.kind == "not" or token.key in _DENYING for token in near):
                return True
    return False


_CLAUSE_END = re.compile(r"[,;:()–—]")
_BY = re.compile(r"\bby\b|\bfrom\b", re.IGNORECASE)


def _swapped(stated: Sequence[Token], said: Sequence[Token], statement: str, sentence: str) -> str | None:
    """Two names around the same verb in the opposite order, without a passive that would explain it."""
    if len(_BY.findall(statement)) != len(_BY.findall(sentence)):
        return None
    names = [index for index, token in enumerate(stated) if token.kind == "name"]
    first_place: dict[str, int] = {}
    for place, token in enumerate(said):
        first_place.setdefault(token.key, place)
    count = {token.key: 0 for token in said}
    for token in said:
        count[token.key] += 1
    for a, b in pairwise(names):
        one, other = stated[a], stated[b]
        between = [token.key for token in stated[a + 1 : b]]
        assert one.fact is not None
        assert other.fact is not None
        if _CLAUSE_END.search(statement, one.fact.end, other.fact.start):
            continue
        if not 1 <= len(between) <= GAP or one.key == other.key:
            continue
        if count.get(one.key) != 1 or count.get(other.key) != 1 or any(count.get(key) != 1 for key in between):
            continue
        places = [first_place[key] for key in (other.key, *between, one.key)]
        if places == sorted(places) and places[-1] - places[0] <= 2 * GAP:
            return f"{one.text} and {other.text} have changed places"
    return None


class Persons(NamedTuple):
    """Who bears which title, and which names stand together, in a text."""

    titled: frozenset[tuple[str, str]]
    words: frozenset[str]
    together: frozenset[tuple[str, str]]
    runs: tuple[frozenset[str], ...]


@lru_cache(maxsize=1024)
def persons(text: str) -> Persons:
    titled = {(TITLES[match["title"].lower()], plain(match["name"].split()[-1])) for match in _TITLED.finditer(text)}
    runs = []
    together: set[tuple[str, str]] = set()
    for match in _RUN.finditer(text):
        run = [word for written in match.group().split() if (word := plain(written))]
        kept = [word for word in run if word not in TITLES and word not in _HONORIFICS]
        runs.append(frozenset(kept))
        if len(kept) == 2 and run[-2:] == kept:  # first and last name; longer runs name bodies and works
            together.add((kept[0], kept[1]))
    words = frozenset(TITLES.get(word, word) for word in re.findall(r"[a-z]+", text.lower()))
    return Persons(frozenset(titled), words, frozenset(together), tuple(runs))


def person_fault(statement: str, texts: Sequence[str]) -> str:
    """A title that nobody has in ``texts``, or a first name that belongs to someone else there; empty if neither."""
    ours = persons(statement)
    if not ours.titled and not ours.together:
        return ""
    known = [persons(text) for text in texts]
    for title, name in sorted(ours.titled):
        parts = title.split()
        if not any(all(part in each.words or title in each.words for part in parts) for each in known):
            return f"title {title} not in the source"
        theirs = {other for each in known for other, whose in each.titled if whose == name}
        if theirs and title not in theirs:
            owners = {whose for each in known for other, whose in each.titled if other == title}
            if owners:
                return f"title {title} is not that of {name.title()}"
    for one, other in sorted(ours.together):
        firsts = {first for each in known for first, last in each.together if last == other}
        if not firsts or any(same_name(one, first) for first in firsts):
            continue
        if not any(one in run and other in run for each in known for run in each.runs):
            return f"name {one.title()} {other.title()} not in the source"
    return ""
