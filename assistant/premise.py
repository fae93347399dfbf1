"""What a question takes for granted, and whether an article bears it out.

"When did Norway leave NATO?" presumes that Norway left, "Who won the 2026 World Cup?" that it was played and that it is
the one of 2026. A near article tells of Norway, of NATO and of a country that left, or of another World Cup; so it is
not enough that the words stand somewhere: what happened must be told in one place, of the names that the question
names, of its year, and not as denied or still to come. Rules over words; a table of what reports call the same event.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from assistant.contrast import TITLES
from assistant.families import content_families, family
from assistant.kinds import is_plan, wanted
from assistant.words import MONTHS, STOP_WORDS, names, stem, words
from vectorstore.splitter import sentences
from vectorstore.types import Article

_EVENTS_AS_WRITTEN: Final = """
leave quit exit withdraw secede depart: withdrew withdrawn pull walk
join enter accede rejoin: accession member membership admit become
resign quit: step oust retire
retire: farewell resign
die kill murder: perish drown assassinate execute mourn funeral
injure wound hurt
win: beat defeat victory victorious triumph champion award receive clinch gold go prize crown take medal honour elect
 share give
lose: defeat beat loser runner fall miss
elect: election vote win president choose
appoint nominate: name become choose successor select install succeed pick
fire sack dismiss: oust remove lay
buy purchase acquire: takeover deal bid sell pay
sell: auction buyer buy acquire sale
found establish: start create set launch begin founder form
build construct: construction develop make manufacture erect builder assemble produce contractor raise
design: architect draw drew drawn create develop make engineer
invent: inventor develop create
discover uncover: find identify detect
arrest detain: custody seize jail
charge indict accuse prosecute: face count allege
convict: guilty verdict sentence find
jail imprison: prison sentence detain
sue: lawsuit court complaint
marry wed: wedding wife husband spouse bride couple
divorce: separate split
launch: lift liftoff blast takeoff start send release unveil introduce open begin
land: touch touchdown splash splashdown arrive reach
crash collide: hit strike wreck accident derail
explode detonate: blast blow blew bomb
collapse: fall cave bring
sink: sank sunk wreck
close shut: end switch stop shutter
open reopen inaugurate: start launch begin door
cancel scrap: call drop abandon
postpone delay: put push
suspend: halt pause stop
ban prohibit forbid outlaw: bar forbade forbidden illegal
approve adopt pass ratify: accept authorize agree clear license favour
reject refuse veto: turn decline block
sign: agree deal accord
invade: attack war occupy
attack: strike raid assault hit bomb shell shoot
attend: go guest study graduate
graduate: degree study
write: author pen book publish novel
publish: release print appear issue
direct: director
sing: singer perform
portray play: star role actor actress cast feature character
return: come back bring
escape flee: fled run
rescue: save survive pull
recall: withdraw withdrew
steal: theft rob loot take
donate: give gift donor donation
insure: insurance
translate: translation
host hold: venue stage take
coach train: manager
visit: trip travel tour arrive go
meet: talk summit visit
apologise: sorry apology regret
promise pledge vow: say commit will
warn: caution alert
criticise condemn: blame attack accuse call denounce
protest demonstrate: demonstration rally march
evacuate: flee fled leave
destroy demolish: raze level ruin burn tear tore torn
hack: breach cyberattack
weigh: kilogram gram ton tonne pound
conquer capture: seize take fall conquest
surrender: capitulate
abolish repeal: end scrap overturn
rename: name call change
merge: combine merger
confess admit: confession guilty plead
beat defeat: win victory over loss lose
succeed replace: follow successor become new
raise: increase rise lift collect fund
announce unveil: say declare reveal tell present launch plan
"""
"""Before the colon what a question may ask for, behind it what reports say instead. Words that only go with an event,
such as the police with an arrest, tell nothing of it."""


def _events() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for line in _EVENTS_AS_WRITTEN.replace("\n ", " ").strip().splitlines():
        asked, _, told = line.partition(":")
        heads = frozenset(family(stem(word)) for word in asked.split())
        tellers = heads | {family(stem(word)) for word in told.split()}
        for head in heads:
            found[head] = found.get(head, frozenset()) | tellers
    return found


_EVENTS: Final = _events()
"""For the family of a word that asks for an event those of the words that report it."""

_YEAR: Final = re.compile(r"(?<![\w.,$£€-])(?:1[5-9]\d\d|20\d\d)(?![\d%]|[.,]\d|s\b|['’]s\b)")
_SEASON: Final = re.compile(r"\b((?:19|20)\d\d)\s?[/–-]\s?(?:(?:19|20)?(\d\d))\b")
_NEXT_YEAR: Final = re.compile(r"\b(?:next|following|coming) (?:year|season|summer|spring|winter)\b", re.IGNORECASE)
_LAST_YEAR: Final = re.compile(
    r"\b(?:(?:last|previous) (?:year|season|summer|spring|winter)|a year (?:ago|earlier|before))\b", re.IGNORECASE
)
_NUMBER: Final = r"(?:\d{1,3}|[IVXL]+)"
_NUMBERED: Final = re.compile(rf"\b([A-Z][\w’']*[A-Za-z])[ -]?({_NUMBER})\b(?![.,]\d|%)")
_DENIED: Final = re.compile(r"\b(?:no|not|never|nobody|none|neither|nor|without|cannot|\w+n['’]t)\b", re.IGNORECASE)
_YES_NO: Final = re.compile(
    r"^(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)\b", re.IGNORECASE
)
_PAST: Final = re.compile(r"\b(?:did|was|were)\b", re.IGNORECASE)
_TO_BE: Final = re.compile(r"\b(?:to|will|would) be\b|\b(?:was|were) (?:due|planned|expected|meant)\b", re.IGNORECASE)
_BESIDE: Final = re.compile(
    r"(?<=\w),? (?:when|after|before|while|because|if|since|until|although|as) .+", re.IGNORECASE
)
"""A clause beside the one that asks: "What did she say when Finland joined?" asks for words, not for joining."""

_MATTER: Final = re.compile(r"\s*\([^()]*\)(?=\W*$)")
"""What a follow-up is about, as ``assistant.question`` puts it behind the question: known from an answer before."""

_CALENDAR: Final = frozenset(MONTHS) | {
    day + "day" for day in ("Mon", "Tues", "Wednes", "Thurs", "Fri", "Satur", "Sun")
}

_BEFORE_EVENT = 4
"""Words before an event among which a "no", "never" or "will" says that it has not happened."""

_ALSO: Final = {"united kingdom": "britain", "uk": "britain", "united states": "america", "usa": "america"}
"""Names of countries that share no word with the other one that reports use, which is given by its family."""


@dataclass(frozen=True, slots=True)
class Premise:
    """What a question takes for granted."""

    names: tuple[str, ...]
    of: tuple[str, ...] = ()
    """Those of ``names`` that stand in the clause that asks."""
    years: frozenset[str] = frozenset()
    numbered: tuple[tuple[str, str], ...] = ()
    """Names that a number tells apart: ("Artemis", "II"), ("COP", "31")."""
    event: frozenset[str] = frozenset()
    """The families of words that would tell what happened. Empty where the question says no event that the table knows,
    or names nothing: of "the emperor lost power" any sentence about losing might tell."""
    past: bool = False
    open: bool = False
    """Whether it may as well not have happened: a question for yes or no, or one with a "not" of its own."""
    compares: bool = False
    """Whether two things are set against each other."""


@lru_cache(maxsize=64)
def premise(question: str) -> Premise:
    """Reads it off the words. Without a name and a year there is nothing that could be missing.

    Names are known by their capitals. Of a comparison only they are kept: two articles may tell a side each.
    """
    question = _MATTER.sub("", question)
    parts = [part for part in re.split(r"(?<=[.?!])\s+", question.strip()) if part]
    asking = next((part for part in reversed(parts) if part.endswith("?")), question)
    clause = _BESIDE.sub("", asking)
    opening = {part.split()[0] for part in parts}
    of = tuple(name for name in _without_titles(clause) if name not in opening)
    asked = [word for word in re.findall(r"[\w’'-]+", clause) if word[0].islower() and word not in STOP_WORDS]
    spoken = [family(stem(word)) for word in asked]
    # A word of the question itself tells nothing: in "Who won the gold medal?" the medal is not the winning.
    events = [_EVENTS[word] - (frozenset(spoken) - {word}) for word in spoken if word in _EVENTS]
    years = frozenset(_YEAR.findall(question))
    named = tuple(name for name in _without_titles(question) if name not in opening)
    if wanted(question).compared is not None:
        return Premise(named, compares=True)
    return Premise(
        named,
        of,
        years,
        tuple(
            (name, number)
            for name, number in _NUMBERED.findall(question)
            if name not in _CALENDAR and name.lower() not in STOP_WORDS and not re.search(r"['’]s$", name)
        ),
        events[0] if events and (of or years) else frozenset(),
        _PAST.search(clause) is not None and _TO_BE.search(clause) is None,
        _YES_NO.match(clause) is not None or _DENIED.search(clause) is not None,
    )


def lack(premise: Premise, article: Article, passages: Sequence[str], held: frozenset[str]) -> str:
    """What of ``premise`` the article does not bear out, as a sentence about it for the reader; empty if nothing.

    ``held`` are the families of all its words. The event is looked for in its ``passages`` that were found.
    """
    text = f"{article.title}\n{article.text}"
    for name in premise.names:
        if not _mentions(text, held, name):
            return f"It does not mention {name}."
    for name, number in premise.numbered:
        if _is_another(text, name, number):
            return f"It speaks of {name} {min(_numbers_of(text, name))}, not {number}."
    if premise.years and (other := sorted(premise.years - _years(text, article))):
        return f"It says nothing of {other[0]}."
    if premise.event and not _tells(premise, article, passages):
        return "It does not report this."
    return ""


def _without_titles(text: str) -> list[str]:
    """The names in ``text``, "President Macron" as "Macron"; "July" is none."""
    found = []
    for name in names(text):
        kept = name.split()
        while len(kept) > 1 and kept[0].lower().rstrip(".") in TITLES:
            del kept[0]
        if " ".join(kept).removesuffix("s") not in _CALENDAR and content_families(" ".join(kept)):
            found.append(" ".join(kept))
    return found


def _mentions(text: str, held: frozenset[str], name: str) -> bool:
    """Whether any word of a name stands there, or its letters for it: "WHO" for "World Health Organization"."""
    if not held.isdisjoint(content_families(name)) or _ALSO.get(name.lower()) in held:
        return True
    if name.isupper() and 1 < len(name) < 7:
        return re.search(r"\b" + r"\w*\s+(?:(?:of|for|and|the|on)\s+)*".join(name), text) is not None
    letters = [word[0] for word in name.split() if word[0].isupper()]
    return len(letters) > 1 and re.search(r"\b" + r"\.?".join(map(re.escape, letters)) + r"\b", text) is not None


def _is_another(text: str, name: str, number: str) -> bool:
    """Whether the name stands there with other numbers only: Artemis I is not Artemis II."""
    known = _numbers_of(text, name)
    return bool(known) and number.upper() not in known


def _numbers_of(text: str, name: str) -> frozenset[str]:
    listed = re.findall(rf"\b{re.escape(name)}[ -]?({_NUMBER}(?:(?:, | and | or | to |[–/-]){_NUMBER})*)\b", text, re.I)
    return frozenset(number.upper() for each in listed for number in re.findall(rf"\b{_NUMBER}\b", each, re.I))


def _years(text: str, article: Article) -> frozenset[str]:
    """The years that the article speaks of, that of its day among them."""
    found = set(_named_years(text))
    for day in (article.published, article.updated):
        if day:
            found.add(str(day.year))
    if article.published and _LAST_YEAR.search(text):
        found.add(str(article.published.year - 1))
    if article.published and _NEXT_YEAR.search(text):
        found.add(str(article.published.year + 1))
    return frozenset(found)


def _named_years(text: str) -> list[str]:
    """The years in ``text``, in order; behind them those in which a season ends: "2022/23"."""
    return _YEAR.findall(text) + [first[:2] + last for first, last in _SEASON.findall(text)]


def _tells(premise: Premise, article: Article, passages: Sequence[str]) -> bool:
    """Whether a sentence tells the event, of most of the names (it, the one before it or the headline has them), and of
    the year that the question names: its own, or else the last one said before it.
    """
    day = article.published
    heading = _families(article.title)
    for passage in passages:
        before: frozenset[str] = frozenset()
        year = str(day.year) if day else ""
        for sentence in (article.title, *_sentences(passage)):
            held = _families(sentence)
            named = _named_years(sentence)
            year = named[-1] if named else year
            of_year = (
                not premise.years
                or (day is not None and str(day.year) in premise.years)
                or not year
                or not premise.years.isdisjoint(named or [year])
            )
            if of_year and not held.isdisjoint(premise.event) and (premise.open or _is_real(sentence, premise)):
                around = held | before | heading
                text = f"{article.title}\n{sentence}"
                near = sum(_mentions(text, around, name) for name in premise.of)
                most = 2 * near > len(premise.of) or not premise.of
                if most and not any(_is_another(text, *each) for each in premise.numbered):
                    return True
            before = held
    return False


def _is_real(sentence: str, premise: Premise) -> bool:
    """Whether an event of the premise is neither denied nor, where the question says that it happened, only planned."""
    written = words(sentence)
    for place, word in enumerate(written):
        if family(stem(word)) in premise.event:
            before = " ".join(written[max(0, place - _BEFORE_EVENT) : place + 1])
            if not _DENIED.search(before) and not (premise.past and is_plan(before)):
                return True
    return False


@lru_cache(maxsize=4096)
def _families(text: str) -> frozenset[str]:
    return content_families(text)


@lru_cache(maxsize=512)
def _sentences(text: str) -> tuple[str, ...]:
    return tuple(text[start:end] for start, end in sentences(text))
