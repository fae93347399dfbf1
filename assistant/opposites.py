"""Words that cannot stand in one another's place: opposites, and words of one kind, of which only one can be true."""

from __future__ import annotations

from typing import Final

from assistant.words import STOP_WORDS, stem

_OPPOSITES_AS_WRITTEN: Final = """
increase raise rise grow gain climb soar surge jump / decrease reduce fall decline drop shrink lose plunge cut slump
increasing rising growing / decreasing falling declining shrinking
more / less fewer
most / least
over above / under below beneath
up / down
more over exceed exceeding / nearly almost
before / after
during / after before
earlier / later
since / until
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
say announce report / deny
agree / refuse disagree
guilty / innocent acquitted
convict / acquit
man men male father husband brother son boy king / woman women female mother wife sister daughter girl queen
import / export
success succeed / failure fail
victory / defeat
alive survive / dead die kill
born birth / die bury
attack / defend
ally friend / enemy
public / private
true / false
right / left
always / never sometimes rarely seldom
often usually frequently / rarely seldom never
inside / outside
indoor / outdoor
majority / minority
maximum / minimum
upper / lower
hot hotter warm warmer / cold colder cool cooler
positive / negative
profit / loss
hire / fire
enter / leave
remember / forget
include / exclude
including / excluding
safe / dangerous
rich / poor
heavy / light
fast faster / slow slower
remain stay / leave
continue / cease stop
day / night
morning / evening
supply / demand
borrow / lend
tighten / loosen
strengthen / weaken
expand / contract
improve / worsen
Republican / Democrat
liberal / conservative
domestic / foreign
all every each always whole entire / some several sometimes
all every / most
most many majority / few
may might could / will must
likely probably possibly perhaps probable possible / certain certainly definitely
try attempt seek sought aim hope plan want intend expect / manage succeed
both / neither
because / despite although though
husband / brother father son
wife / sister mother daughter
mother / sister daughter
father / brother son
"""

_OF_ONE_KIND_AS_WRITTEN: Final = """
north south east west
northern southern eastern western
northeast northwest southeast southwest
first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth
dozens hundreds thousands millions billions trillions
hourly daily weekly monthly quarterly yearly=annual=annually
minutes hours days weeks months years decades centuries
spring summer autumn winter
gold silver bronze
half third quarter
"""


def _alike() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for line in _OPPOSITES_AS_WRITTEN.strip().splitlines():
        for side in line.lower().split(" / "):
            same = {stem(word) for word in side.split()}
            for word in same:
                found.setdefault(word, set()).update(same)
    return {word: frozenset(same) for word, same in found.items()}


def _opposites() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for line in _OPPOSITES_AS_WRITTEN.strip().splitlines():
        one, _, other = line.partition(" / ")
        sides = [{stem(word) for word in side.lower().split()} for side in (one, other)]
        for these, those in (sides, sides[::-1]):
            for word in these:
                found.setdefault(word, set()).update(those - these)
    for line in _OF_ONE_KIND_AS_WRITTEN.strip().splitlines():
        kinds = [{stem(word) for word in same.split("=")} for same in line.split()]
        for at, same in enumerate(kinds):
            others = set().union(*kinds[:at], *kinds[at + 1 :])
            for word in same:
                found.setdefault(word, set()).update(others)
    return {word: frozenset(others) for word, others in found.items()}


_OPPOSITES: Final = _opposites()
_ALIKE: Final = _alike()

KEPT: Final = frozenset(word for word in STOP_WORDS if stem(word) in _OPPOSITES)
"""Words without content of their own, but with an opposite: "before", "more", "up"."""

_REVERSING: Final = ("un", "in", "im", "il", "ir", "dis", "non", "anti", "mis")


def opposite(one: str, other: str) -> bool:
    """Whether two stems cannot both be meant: "rise" and "fall", "first" and "second"."""
    return other in _OPPOSITES.get(one, ())


def alike(word: str) -> frozenset[str]:
    """The stem itself and those that ``opposite`` sets against the same ones."""
    return _ALIKE.get(word, frozenset((word,)))


def has_opposite(word: str) -> bool:
    """Whether there are stems that ``opposite`` knows for this one."""
    return word in _OPPOSITES


def is_reversed(one: str, other: str) -> bool:
    """Whether a syllable before one word makes it the other: "likely" and "unlikely"."""
    short, long = sorted((one.lower(), other.lower()), key=len)
    return len(short) > 3 and long.endswith(short) and long[: -len(short)] in _REVERSING
