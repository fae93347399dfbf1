"""What a sentence claims: its figures and days, and what each of them is said of.

A value that the sentence denies, or tells as what was thought before, is no claim, and neither is a part of another
("of the 45, 12 were children"). Rules over words around the value; figures, days and names are read by ``facts``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final, NamedTuple

from assistant.facts import Day, Figure, facts, plain
from assistant.families import content_families, family
from assistant.support import sentences_of
from assistant.words import STOP_WORDS, stem
from vectorstore.types import Article, Match

VERB_WITHIN: Final = 12
"""Words before a day among which stands what happened then."""

STATES: Final = {
    family(stem(word)): state
    for state, words in {
        "dead": "die", "injured": "injure injured wound wounded hurt", "in hospital": "hospitalized hospitalised",
        "missing": "missing unaccounted", "arrested": "arrest detain arrested detained custody",
        "rescued": "rescue rescued", "evacuated": "evacuate evacuated",
        "displaced": "displace displaced homeless fled", "infected": "infected infection cases",
        "destroyed": "destroy destroyed demolished", "damaged": "damage damaged", "collapsed": "collapse collapsed",
        "cancelled": "cancel cancelled canceled", "without power": "power electricity outage", "captured": "captured",
        "born": "born",
    }.items()
    for word in words.split()
}  # fmt: skip
"""What becomes of those who are counted: a count of the injured is none of the dead."""

PEOPLE = frozenset(family(stem(word)) for word in "people persons person others total figure number count".split())
"""Nouns that say nothing of who is counted: "48 people", "48 dead". "48 children" are others."""

GROUPS = frozenset(
    family(stem(word))
    for word in """children infants toddlers teenagers women men girls boys students soldiers civilians policemen
    journalists patients prisoners migrants passengers firefighters tourists""".split()
)
"""Some of those to whom something happened: they are counted by themselves."""

MEASURES = frozenset(
    family(stem(word))
    for word in """magnitude price prices cost costs rate population weight weighed weighs length height width depth
    distance speed age median budget revenue profit sales turnout share temperature salary fine fined worth valued
    value area capacity tall long wide deep high weigh measured attendance spectators inflation unemployment growth
    donated pledged raised loan damages ransom laps clubs inhabitants residents employees members seats votes bail
    projected lasted""".split()
)
"""Words that name what a figure measures: one of them in common is enough."""

QUALIFYING = frozenset(
    family(stem(word))
    for word in "density growth rate average median maximum minimum record half quarter annual".split()
)
"""A population is no population density, a price no record price."""

_FORECAST = re.compile(
    r"\b(?:will|would|could|(?-i:may)|might|expect(?:s|ed)?|forecasts?|predict(?:s|ed)?|projec(?:t|ts|ted|tions?)|plan(?:s|ned)?"
    r"|target(?:s|ed)?|aim(?:s|ed)?|hop(?:e|es|ed) to|due to|is to|are to|scheduled)\b",
    re.IGNORECASE,
)

SUPERSEDED: Final = re.compile(
    r"\b(?:had (?:stood|been (?:put|counted|expected|planned|given|reported)|first|still|once|last|initially)"
    r"|had (?:known|expected|spoken|said|reported|counted|given|put|estimated)"
    r"|at first|initially|originally|previously|preliminary (?:count|figure|estimate)s?"
    r"|(?:earlier|early|first|initial|wrong|mistaken) (?:version|count|estimate|figure|report|toll|number)s?"
    r"|in error|by mistake|mistaken(?:ly)?|incorrect(?:ly)?|wrong(?:ly)?|misstated)\b",
    re.IGNORECASE,
)
"""A sentence with these words tells what was thought or true before; what stands after them is no claim of it."""

_FORMER = re.compile(rf"{SUPERSEDED.pattern}|\bspoke of\b", re.IGNORECASE)

_OTHER_THAN = re.compile(
    r"\b(?:previous|up from|down from|compared (?:with|to)|instead of|rather than"
    r"|the (?:following )?year before|a year (?:ago|earlier)|last year)\b",
    re.IGNORECASE,
)
"""After these words stands what the claim of the same sentence is set against."""

_NOT_BEFORE = re.compile(
    r"\b(?:not|no longer|never)(?:\s+(?:on|in|at|the|of|about|from|by))*\s*[$€£“\"‘]?$", re.IGNORECASE
)

CORRECTS: Final = re.compile(
    r"\b(?:corrections?|corrects|corrected|an earlier version|clarification|erratum|misstated"
    r"|(?:incorrectly|wrongly|mistakenly|erroneously) (?:said|stated|reported|gave|put|named|identified))\b",
    re.IGNORECASE,
)
"""What says of itself, or of another article, that something told was wrong."""

_PART = re.compile(
    r"\b(?:includ(?:e|es|ing|ed)|among (?:them|those|whom)|of (?:them|whom|these|those|which)|additional|another|other"
    r"|one of(?: the)?|a further|at least one of|all|every)\s*(?:\w+\s)?$",
    re.IGNORECASE,
)

_OF_WHOLE = re.compile(r"\b(?:of|among|out of) (?:the|those|these|its|their|all)?\s*(?:\w+\s)?$", re.IGNORECASE)

_OF_THE = re.compile(
    r"\s*(?:(?!as\b)\w+\s)?(?:of (?:the|them|whom(?! \d)|those|these|its|their|which|every)\b|in every\b"
    r"|out of\b)|\s*(?:\w+ )?more\b|\s*others?\b"
    r"|\s*(?:hours?|minutes?|days?|weeks?|months?|years?) (?:later|after|before|earlier|ago|since)\b",
    re.IGNORECASE,
)

_ORDINAL = re.compile(r"(?:st|nd|rd|th)$", re.IGNORECASE)

_CLOCK = re.compile(r"\s?(?:[ap]\.?m\b|o’?'?clock|:\d|utc|gmt|local)", re.IGNORECASE)

_VAGUE = re.compile(r"[\s-](?:dozens?|score|thirds?|quarters?|halves|fifths?|times|fold|hundreds|thousands)\b")
_AGE_BEFORE = re.compile(r"\b(?:young|old) as $|\b(?:aged?|age of) $")
_NAME_BEFORE = re.compile(r"[A-Z][\w’'-]+, $")
"""As in "Anna Blum, 22, said"."""
_BEARING = re.compile(r"\s?(?:degrees|°)?\s?(?:north|south|east|west|[NSEW]\b)", re.IGNORECASE)

_LABEL = re.compile(
    r"\b(?:flight|no\.?|number|route|highway|interstate|group|room|page|chapter|section|article|channel|"
    r"apollo|falcon|level|phase|stage|round|week|day|size|series|season|episode|grade|top|first|last|next|past|type)\s$",
    re.IGNORECASE,
)
"""What a number after these words counts is nothing: "Flight 370"."""

_RANGE = re.compile(r"\s?(?:to|-|–|—|and|or)\s?[$€£]?", re.IGNORECASE)

_CURRENCY = re.compile(r"(?:US|A|C)?[$€£¥₹]\s?$")

_CHANGE = re.compile(
    r"\b(?:by|up|down|rose|risen|rise|rises|fell|fallen|fall|falls|gained?|lost|loses|surged?|jumped|dropped|grew|grown"
    r"|climbed|soared|plunged|increased?|decreased?|added|rising|falling"
    r"|(?:increase|decrease|drop|gain|loss|change) of)"
    r"(?:\s(?:by|an?|the|average|of|about|around|nearly|almost|over|more|than|another|roughly|some|only|just|as|much))*"
    r"\s*(?:US|A|C)?[$€£¥₹]?$",
    re.IGNORECASE,
)
"""By how much something changed is not how much it is."""

_RISE = re.compile(r"\bfrom\s+[$€£]?$", re.IGNORECASE)

_CLAUSE_END = re.compile(r"[;:()—–]|,\s|\.(?=\s|$)|\s(?:while|whereas|but|although|when|after)\s")

WORD = re.compile(r"[^\W\d_]+(?:[’'][^\W\d_]+)*")

EVENT_VERBS = {
    word: stem(word)
    for word in """born died dies die founded established built opened opens open completed launched released published
    introduced elected confirmed formed broadcast premiered transmitted aired constructed completion
    married began begins begin ended signed arrived landed
    discovered flew started start starts scheduled postponed delayed closed held killed crashed erupted collapsed
    returned resigned appointed inaugurated premiered debuted struck hit joined left""".split()
}
"""What happens on one day. As written: "launched" tells when, "launch" names a tower as well."""

_NAMED_AFTER = r"(?P<name>[A-Z][\w’'.-]*(?:(?:,? (?:of|the|de|van|von|and) | |, )[A-Z][\w’'.-]*)*)"

_BY = re.compile(
    rf"\s?(?:by|is|was|:)\s(?:the\s)?(?:[A-Z][a-z]+(?:an|ish|ese|ch)\s)?(?:(?!by|in|and)[a-z]+[\s-]){{0,4}}{_NAMED_AFTER}"
)

_IN = re.compile(rf"\s?(?:in|at|near|is|was)\s(?:the\s)?(?:(?:city|town|village)\sof\s)?{_NAMED_AFTER}")


@dataclass(frozen=True, eq=False)
class Sentence:
    """A sentence of a match, ``match.text[start:end]``, and what is read in it, once."""

    match: Match
    start: int
    end: int
    before: str
    """The sentence before it."""
    families: frozenset[str]
    """Of its content words."""

    @property
    def article(self) -> Article:
        return self.match.article

    @property
    def place(self) -> tuple[str, int]:
        """Its article and where it begins there: the same for a sentence that two passages share."""
        return self.article.id, self.match.start + self.start

    @cached_property
    def text(self) -> str:
        return self.match.text[self.start : self.end]

    @cached_property
    def context(self) -> str:
        """What says what the sentence is about: with headline and the sentence before."""
        return f"{self.article.title}\n{self.before}\n{self.text}"

    @cached_property
    def context_families(self) -> frozenset[str]:
        return self.families | content_families(f"{self.article.title}\n{self.before}")

    @cached_property
    def former(self) -> tuple[Figure, ...]:
        """The figures that it tells as what was thought before."""
        return tuple(each for each in facts(self.text).figures if _FORMER.search(_clause_before(self.text, each.start)))

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """The figures and days that it states, without those it takes back, or gives as parts of others."""
        return tuple(_claims_of(self.text, self))


class Claim(NamedTuple):
    """A value that a sentence gives for something."""

    sentence: Sentence
    value: Figure | Day | str
    start: int
    end: int
    """Of the value in the sentence, with its unit."""
    near: frozenset[str] = frozenset()
    """Families of the words around the value."""
    state: str = ""
    counted: frozenset[str] = frozenset()
    """Families of who or what is counted, where it is not just people."""
    upper: Figure | None = None
    """The other end of a range."""
    is_forecast: bool = False
    about: str = ""
    segment: str = ""
    """The part of the sentence that belongs to this value and to no other."""
    verb: str = ""
    """Family of the verb next to a day: what happened then."""

    @property
    def text(self) -> str:
        return " ".join(self.sentence.text[self.start : self.end].split())


@lru_cache(maxsize=64)
def sentences_in(match: Match) -> tuple[Sentence, ...]:
    spans = sentences_of(match.text)
    before = ["", *(match.text[span.start : span.end] for span in spans)]
    return tuple(
        Sentence(match, span.start, span.end, last, frozenset(map(family, span.words)))
        for span, last in zip(spans, before, strict=False)
    )


def _claims_of(text: str, sentence: Sentence) -> Iterator[Claim]:
    found = facts(text)
    figures = [figure for figure in found.figures if _counts_something(text, figure)]
    places = sorted([(figure.start, figure.end) for figure in found.figures] + [(d.start, d.end) for d in found.days])
    upper: Figure | None
    skip = -1
    for at, figure in enumerate(figures):
        if at == skip:
            continue
        upper = None
        following = figures[at + 1] if at + 1 < len(figures) else None
        if following is not None and _RANGE.fullmatch(text, figure.end, following.start):
            skip = at + 1
            if _RISE.search(text, 0, figure.start) and text[figure.end : following.start].strip() == "to":
                figure = following  # "raised from 5 to 10"
            else:
                upper = following
        end = max(figure.end, upper.end if upper else 0)
        taken_back = _taken_back(text, figure.start) or _CHANGE.search(text[: figure.start])
        if taken_back or _is_part(text, figure, found.figures):
            continue
        left = max((stop for _, stop in places if stop <= figure.start), default=0)
        right = min((start for start, _ in places if start >= end), default=len(text))
        before, after = _words_before(text[left : figure.start]), _words_after(text[end:right])
        state = "" if figure.unit else _nearest_state(before, after)
        counted = _counted(text[left : figure.start], text[end:right])
        near = frozenset((*before[:5], *families_of(first_clause(text[end:right]))[:5]))
        shown = _with_noun(text, end)
        forecast = _is_forecast(text, figure.start, end)
        about = state or _beside(text[left : figure.start], text[end:right])
        begin = figure.start - _currency(text[: figure.start])
        if not state and _is_aside(text, figure, begin):
            continue
        yield Claim(sentence, figure, begin, shown, near, state, counted, upper, forecast, about, text[left:right])
    for day in found.days:
        if day.month is None and (day.year is None or day.weekday is not None):
            continue
        if _taken_back(text, day.start):
            continue
        left = max((stop for _, stop in places if stop <= day.start), default=0)
        right = min((start for start, _ in places if start >= day.end), default=len(text))
        head = _last_clause(text[left : day.start], commas=False)
        tail = first_clause(text[day.end : right])
        verb = next(
            (family(v) for word in _plain_words(head)[: -VERB_WITHIN - 1 : -1] if (v := EVENT_VERBS.get(word))), ""
        )
        near = frozenset((*_words_before(head)[:6], *_words_after(tail)[:4]))
        if life := "" if verb else _of_life(text, day):
            verb = life
            near |= {life}
        ranges = (last.end for last in found.days if last is not day and _RANGE.fullmatch(text, day.end, last.start))
        end = (None if life else next(ranges, None)) or day.start + len(day.text.rstrip("."))
        forecast = _is_forecast(text, day.start, end)
        about = " ".join(head.split()[-5:])
        start = day.start - (len("between ") if text[: day.start].endswith("between ") else 0)
        yield Claim(
            sentence, day, start, end, near, is_forecast=forecast, about=about, segment=text[left:right], verb=verb
        )


def _beside(before: str, after: str) -> str:
    return " ".join(after.split()[:4]).strip(" ,.;:") or " ".join(before.split()[-4:])


def _is_aside(text: str, figure: Figure, begin: int) -> bool:
    """Whether a figure only describes ("a 13-inch screen"), stands in brackets, or is where a change began."""
    hyphened = (not figure.spelled and "-" in text[figure.start : figure.end]) or text[figure.end :][:1] == "-"
    bracketed = text.count("(", 0, begin) > text.count(")", 0, begin)
    return hyphened or bracketed or _RISE.search(text[:begin]) is not None


def _currency(before: str) -> int:
    """Characters of a sign before a figure."""
    found = _CURRENCY.search(before)
    return len(found.group()) if found else 0


def _of_life(text: str, day: Day) -> str:
    """The event in a life: in “Anna Blum (3 May 1850 – 9 June 1921)” the first day is that of birth."""
    if day.year is not None and _LIFE_BEGINS.search(text[: day.start]) and _DASH.match(text, day.end):
        return _BIRTH
    ended = _LIFE_ENDS.search(text[: day.start])
    return _DEATH if ended and text[day.end : day.end + 1] in (")", ",", ";") else ""


_BIRTH, _DEATH = family(stem("born")), family(stem("died"))

_DASH = re.compile(r"\s?[–—-]\s?")

_LIFE_BEGINS = re.compile(r"[\w.,\"”]\s?\((?:[^()]{0,60}[;,]\s?)?$")

_LIFE_ENDS = re.compile(r"\([^()]{0,60}\d{4}\s?[–—-]\s?$")


def _is_forecast(text: str, start: int, end: int) -> bool:
    return _FORECAST.search(_last_clause(text[:start])) is not None or bool(_FORECAST.search(first_clause(text[end:])))


def _counts_something(text: str, figure: Figure) -> bool:
    before = text[max(0, figure.start - 14) : figure.start]
    return not (
        _ORDINAL.search(figure.text)
        or _CLOCK.match(text, figure.end)
        or _VAGUE.match(text, figure.end)
        or _AGE_BEFORE.search(text[: figure.start])
        or (_NAME_BEFORE.search(text[: figure.start]) and text[figure.end : figure.end + 1] in (",", "."))
        or _BEARING.match(text, figure.end)
        or _LABEL.search(before)
        or (before and (before[-1].isalpha() or before[-1] in "-#/:"))
        or text[figure.end : figure.end + 1] in ("/", ":")
        or (figure.spelled and max(figure.values) < 2)
    )


def _taken_back(text: str, start: int) -> bool:
    """Whether a value is one that the sentence denies, or tells as what was thought before."""
    clause = _clause_before(text, start)
    return _NOT_BEFORE.search(text[:start]) is not None or bool(_FORMER.search(clause) or _OTHER_THAN.search(clause))


def _clause_before(text: str, start: int) -> str:
    return _last_clause(text[:start], commas=False)


def _is_part(text: str, figure: Figure, figures: Sequence[Figure]) -> bool:
    """Whether it is one of “of the 45, 12 were children”, “12 of them”, “including 12”, “12 more”."""
    head = text[max(0, figure.start - 30) : figure.start]
    if _PART.search(head) or _OF_THE.match(text, figure.end):
        return True
    wholes = [other for other in figures if _OF_WHOLE.search(text, max(0, other.start - 30), other.start)]
    return any(other.start < figure.start for other in wholes if other is not figure)


def _last_clause(text: str, *, commas: bool = True) -> str:
    ends = [m.end() for m in _CLAUSE_END.finditer(text) if commas or m.group() != ", "]
    return text[ends[-1] :] if ends else text


def first_clause(text: str) -> str:
    found = _CLAUSE_END.search(text)
    return text[: found.start()] if found else text


def _counted(before: str, after: str) -> frozenset[str]:
    """Families of the nouns that are counted: "48 Polish miners", "the number of children killed is 12"."""
    found = _NUMBER_OF.search(before)
    run = _NOUNS.match(after)
    words = families_of(run.group() if run else "") or families_of(found["what"] if found else "")
    return frozenset(word for word in words[: _first_state(words)][:2] if word not in PEOPLE)


_NOUN = r"(?!(?:" + "|".join(sorted(STOP_WORDS | {"per", "said", "since", "off", "like"})) + r")\b)[^\W\d_][\w’'-]*"

_NOUNS = re.compile(rf"(?:[ -]+{_NOUN}){{1,3}}", re.IGNORECASE)

_NUMBER_OF = re.compile(
    rf"\b(?:number|count|total|toll) of (?:the )?(?P<what>{_NOUN}(?: {_NOUN}){{0,2}})", re.IGNORECASE
)


def _words_before(text: str) -> list[str]:
    """Families of the words of a clause, the nearest first."""
    return families_of(text)[::-1]


def _words_after(text: str) -> list[str]:
    return families_of(re.split(r"[;()—]", text, maxsplit=1)[0])


def _plain_words(text: str) -> list[str]:
    return [plain(word) for word in WORD.findall(text)]


@lru_cache(maxsize=2048)
def _word_families(text: str) -> tuple[str, ...]:
    return tuple(family(stem(word)) for each in WORD.findall(text) if (word := plain(each)) not in STOP_WORDS and word)


def families_of(text: str) -> list[str]:
    return list(_word_families(text))


def _first_state(words: Sequence[str]) -> int:
    return next((at for at, word in enumerate(words) if word in STATES), len(words))


def _nearest_state(before: Sequence[str], after: Sequence[str]) -> str:
    back, on = _first_state(before), _first_state(after)
    if back == len(before) and on == len(after):
        return ""
    if on < len(after) and (back == len(before) or on <= back):
        return STATES[after[on]]
    return STATES[before[back]]


def _with_noun(text: str, end: int) -> int:
    """Where the word that a figure counts ends, if it follows at once, or behind one adjective."""
    found = _NOUN_AFTER.match(text, end)
    return found.end() if found and found["noun"] not in STOP_WORDS else end


_ADJECTIVE = r"[a-z]+(?:al|ic|ive|[ai]ble|ous|ary|an|ese|ish)\b"

_NOUN_AFTER = re.compile(
    rf" (?:{_ADJECTIVE} )?(?!{_ADJECTIVE})"
    r"(?P<noun>(?!(?:later|early|earlier|today|yearly|daily|average|last|next|per|since|ago|said)\b)[a-z]{3,}\b)"
)


def named_after(sentence: Sentence, relation: str, where: bool) -> Iterator[Claim]:
    text = sentence.text
    for word in WORD.finditer(text):
        if family(stem(plain(word.group()))) != relation:
            continue
        match = (_IN if where else _BY).match(text, word.end())
        if match and not _taken_back(text, match.start("name")):
            name = match["name"].rstrip(".,")
            yield Claim(sentence, name, match.start("name"), match.start("name") + len(name), about=word.group())
