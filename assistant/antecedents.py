"""The names that a conversation gives, and which of them "he", "she", "it" and "they" stand for.

Rules over English, and over Ukrainian names in either script. Where several names fit, none is returned: nobody is
guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.families import PLACES, content_families
from assistant.periods import Mention, mentions
from assistant.words import MONTHS, STOP_WORDS, words
from vectorstore.names import Likeness, is_latin, likeness


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question as it was searched for, and the text of its answer."""

    question: str
    answer: str = ""


PREPOSITION = (
    r"(?:in|at|on|of|for|from|to|without|with|by|about|against|near|during|since|before|after|until|under"
    r"|over)"
)
ASKING = rf"(?:{PREPOSITION} )?(?:who|whom|whose|what|when|where|why|which|how)"
AUXILIARY = (
    r"(?:is|are|am|was|were|do|does|did|has|have|had|will|would|can|could|should|may|might|must|isn['’]t|wasn['’]t"
    r"|didn['’]t|don['’]t|doesn['’]t)"
)
_CAPITAL = "A-ZÀ-ÖØ-ÞА-ЯҐЄІЇ"
_PARTICLE = "(?:of|the|de|da|di|du|del|la|le|van|von|der|den|al|bin)"
NAME = rf"[{_CAPITAL}][\w’'./-]*(?:,[A-Z]\b)?(?: (?:{_PARTICLE} ){{0,2}}(?:[{_CAPITAL}]|\d)[\w’'./-]*)*"
_WORD = r"(?:(?![’']s\b)[\w’'./-])*"
_NAME_PART = (
    rf"\b[{_CAPITAL}]{_WORD}(?:,[A-Z]\b)?"
    rf"(?:(?<![a-zа-яґєії\d]{{3}}\.) (?:{_PARTICLE} ){{0,2}}(?:[{_CAPITAL}]|\d){_WORD})*"
)
"""A name up to its possessive ending, and no farther than its sentence: a full stop after three letters ends that."""

UKRAINIAN_PREPOSITION = (
    r"(?:у|в|на|до|від|із|зі|з|про|для|за|під|над|при|по|біля|проти|після|перед|через|без|щодо|між|серед)"
)
_LED = re.compile(rf"\b({PREPOSITION}|{UKRAINIAN_PREPOSITION}) (?:the )?$", re.IGNORECASE)

THING = re.compile(r"\b(?:it|its|itself)\b", re.IGNORECASE)
_NO_SUBJECTS = {name.lower() for name in MONTHS} | set(
    "monday tuesday wednesday thursday friday saturday sunday utc mr mrs ms dr".split()
)
_STATES = re.compile(
    r"(?:United (?:States|Kingdom|Arab Emirates)|European Union|Soviet Union|U\.?[SK]\.?A?|UK|EU|США|ЄС)\Z"
    r"|(?:Велик|Північн|Південн|Сполучен|Саудівськ|Нов)\w{1,3} "
)
_TITLES = frozenset(
    """president minister prime defence defense foreign finance interior chancellor premier governor mayor senator
    secretary general ambassador director chief executive vice vice-president lieutenant major king queen
    prince princess pope archbishop professor sir dame""".split()
)
_ACTING = re.compile(
    r"(?:Agency|Army|Association|Bank|Bureau|Commission|Committee|Company|Council|Court|Government|Institute|Ministry"
    r"|Organi[sz]ation|Parliament|Party|Police|University)\Z"
)
"""What many people make up, so that "they" may be said of it."""

_BODIES = frozenset(
    """army agency association authority bank board bureau cathedral club college commission committee company
    conference congress council court department federation force forces foundation fund government group
    institute international laboratory league ministry museum nations network office organisation
    organization parliament party police prize programme program project republic senate service society
    state states station street team telescope university union united bridge island islands river lake
    mount airport hospital stadium world cup games act treaty olympic olympics national nobel royal war
    space center centre point pact house plant church temple tower palace rocket""".split()
)
"""Words of names that no person bears."""

OFFICES = (
    r"king|queen|prince|princess|pope|archbishop|bishop|president|minister|chancellor|premier|governor|mayor|senator"
    r"|secretary|ambassador|director|chief|executive|chairman|chairwoman|chair|head|leader|general|spokes(?:man|woman"
    r"|person)|judge|professor|coach|counterpart|founder|writer|author|actor|actress|singer|swimmer|gymnast|scientist"
    r"|candidate|lawyer|journalist|wife|husband"
)
"""What people are."""

_OFFICE = re.compile(
    rf"\b(?:mr|mrs|ms|dr|sir|dame|{OFFICES}|президент\w*|міністр\w*|прем[’'ʼ]єр\w*|генерал\w*|мер|депутат\w*)\b[.,]? $",
    re.IGNORECASE,
)
"""What stands before the name of a person."""

_HUMAN = re.compile(
    r"\b(?:say|said|tell|told|promis\w*|announc\w*|ask\w*|want\w*|meet|met|visit\w*|think|believe\w*|demand\w*|call\w*"
    r"|warn\w*|apologi\w*|claim\w*|explain\w*|propos\w*|resign\w*|marry|married|write|wrote|sign\w*|prais\w*|critici\w*"
    r"|den(?:y|ied)|admit\w*|accus\w*|speak|spoke|talk\w*|born|prison|elect\w*|appoint\w*|study|studied"
    r"|(?:каза|сказа|заяви|обіця|зустрі|проси|попроси|відвіда|оголоси|назва|поясни|запропонува|написа|підписа"
    r"|розкритик|звинува|розпові|вважа|хоті|хоче|виступи|відповіда|відпові|призначи|народи|помер)\w*)\b",
    re.IGNORECASE,
)
"""What only people, or those who speak for others, do or suffer."""

_MEN = frozenset(
    """adam alan albert alexander alexei ali anatoly andrew andriy anthony antonio antony arthur barack benjamin bill
    boris brian carlos charles christopher daniel david dmitry dmytro donald edward elon emmanuel eric ferenc francis
    franz friedrich gary geoffrey george gerhard giorgio hans henry ibrahim igor ivan jack jacob jair james javier
    jeff jens jeremy jim joe john jonathan jorge jose joseph juan karl keir kevin kyrylo larry leon lloyd louis
    luis mark martin matthew maxim michael mikhail mohammed mykola narendra nicolas nigel oleksandr oleksiy olaf
    paul pavlo pedro peter petro philip pierre recep ricardo rishi robert roger ronald rustem samuel sergei serhiy simon
    stephen steve steven thomas tim tom tony valery vasyl victor viktor vladimir volodymyr walter william winston yevhen
    yuri""".split()
)
_WOMEN = frozenset(
    """alice ann anne annie beatrice carol caroline catherine charlotte christine elizabeth ellen emily evelyn giorgia
    grace hannah helen hillary ines irene jane janet jennifer jill joan judith julie karen kate katalin katherine
    kathleen liz louise margaret marie marine mary megan michelle nancy narges naomi nicole olena oleksandra
    penny rachel rosemary ruth sarah simone sophie susan theresa ursula valerie yvette zoe любов маргарет мішель
    ніколь кейт елізабет джейн енн""".split()
)
_MEN_IN_A = frozenset("mykola illia ilya nikita luca joshua mustafa andrea sasha микола ілля нікіта саша".split())
"""Given names in -a that men bear: the others are women's."""

_SENTENCE_OPENERS = frozenset(
    """tell give list explain describe compare name whom whose according several many most some earlier later today
    yesterday nobody everyone please early розкажи розкажіть поясни поясніть опиши опишіть назви назвіть порівняй
    хто кого кому ким що чого чому чим коли де куди звідки як який яка яке які якого якої яких яку якому якій яким
    скільки навіщо чий чия чиє чиї чи у в на до від із зі з про для за під а і й та але або це цей ця ці той він вона
    воно вони його її їх там тоді після також є були був була було""".split()
)

Kind = Literal["person", "place", "thing"]


@dataclass(frozen=True, slots=True)
class Named:
    """A name in a text."""

    name: str
    kind: Kind
    start: int
    end: int
    led: str
    """The preposition before it, in small letters; empty without one."""
    is_titled: bool = False
    """Whether an office or a relation stands before it, as before people's names."""


def named(text: str) -> list[Named]:
    """The names in ``text`` in order, without times and without the first word of a sentence that is none."""
    spans = [(each.start, each.end) for each in times(text)]
    found = []
    for match in re.finditer(rf"{_NAME_PART}(?:[’']s\b)?", text):
        start = match.start()
        name = re.sub(r"[’']s$|[.,/’'-]+$", "", match.group())
        first, _, rest = name.partition(" ")
        at_start = not text[:start].strip() or text[:start].rstrip()[-1:] in ".?!\n:]"
        asks = first.lower() in _SENTENCE_OPENERS and at_start and bool(rest)
        if asks or (first.lower() in STOP_WORDS and first not in ("US", "UN", "WHO", "IT")):
            if not rest or not at_start:
                continue
            number = re.match(r"(?:\d+ )*", rest)  # "In 2023 Emmanuel Macron promised …"
            skipped = number.end() if number else 0
            start, name = start + len(first) + 1 + skipped, rest[skipped:]
        parts = name.split()
        titles = [place for place, word in enumerate(parts) if word.lower() in _TITLES]
        is_titled = bool(titles) and titles[-1] + 1 < len(parts)
        if is_titled:
            kept = parts[titles[-1] + 1 :]
            start += len(name) - len(" ".join(kept))
            name, parts = " ".join(kept), kept
        if "of" in parts[2:] and _kind(" ".join(parts[: parts.index("of")])) == "person":
            parts = parts[: parts.index("of")]  # "Claudia Goldin of Harvard University"
            name = " ".join(parts)
        if any(word.lower() in _NO_SUBJECTS for word in parts) or any(
            a < start + len(name) and start < b for a, b in spans
        ):
            continue
        if not parts or (len(name) < 2) or (at_start and len(parts) == 1 and name.lower() in _SENTENCE_OPENERS):
            continue
        led = _LED.search(text[:start])
        is_office_of = name.endswith(("и", "ії", "ї", "ів"))  # "президент України"
        follows_office = _OFFICE.search(text[:start]) is not None
        is_titled = is_titled or (follows_office and _kind(name) != "place" and not is_office_of)
        kind = "person" if is_titled and not name.isupper() else _kind(name)
        found.append(Named(name, kind, start, start + len(name), led[1].lower() if led else "", is_titled))
    return found


def _kind(name: str) -> Kind:
    if content_families(name) & PLACES or _STATES.match(name.removeprefix("the ")):
        return "place"
    parts = name.split()
    plain = 2 <= len(parts) <= 6 and not any(word.lower() in _BODIES or word.isupper() for word in parts)
    return "person" if plain and not any(character.isdigit() for character in name) else "thing"


def kind_of(name: str) -> Kind:
    """What ``name`` is likely to be the name of."""
    return _kind(name)


def times(text: str) -> list[Mention]:
    """The times in ``text``, without the small words that may be one: emissions fall, prices may rise."""
    return [each for each in mentions(text) if each.match.group() not in ("fall", "spring", "may", "march", "second")]


def new_names(last: Exchange) -> list[Named]:
    """The names that the answer gives and the question did not, each once."""
    found: dict[str, Named] = {}
    for each in named(last.answer):
        if not shares_word(each.name, last.question) and not (each.kind == "place" and _is_people(each.name)):
            found.setdefault(each.name, each)
    return list(found.values())


def _is_people(name: str) -> bool:
    """Whether it says whose something is: "Japanese", "French"."""
    return re.search(r"(?:ese|ish|ian|an|ench|utch|eek|wiss)$", name) is not None


def shares_word(name: str, text: str) -> bool:
    """Whether a word of ``name`` stands in ``text``, be it in the other script."""
    if not set(words(name)).isdisjoint(words(text)):
        return True
    others = re.findall(rf"[{_CAPITAL}][\w’'ʼ-]+", text)
    return any(_in_other_script(word, other) for word in name.split() for other in others)


def _in_other_script(word: str, other: str) -> bool:
    """Whether one is in Latin letters what the other is in Cyrillic ones, whatever its case."""
    return is_latin(word) != is_latin(other) and likeness(word, other) >= Likeness.NEAR


def _same_last(name: str, other: str) -> bool:
    last, other_last = name.split()[-1], other.split()[-1]
    return last == other_last or _in_other_script(last, other_last)


# -- who is meant


def may_be(pronoun: str, name: str) -> bool:
    """Whether ``pronoun`` ("he", "her", "вона", …) can stand for the person ``name``: the given name tells."""
    first = next(iter(words(name)), "")
    is_man = first in _MEN or first in _MEN_IN_A
    is_woman = first in _WOMEN or (len(first) > 3 and first.endswith(("a", "а", "я")) and not is_man)
    is_she = pronoun.lower() in _SHE
    if len(name.split()) == 1:  # of family names only the Slavic ones tell
        return re.search(r"(?:[oe]v|sky[iy]?|ський)$" if is_she else r"(?:[oe]va|ska(?:ya)?|ська)$", first) is None
    if not is_latin(first) and not is_woman:  # in Ukrainian a woman's given name ends in а or я, but for foreign ones
        is_man = True
    return not is_man if is_she else not is_woman


_SHE = frozenset("she her hers herself вона її їй нею неї ній".split())


def person_meant(old: str, last: Exchange, pronoun: str, *, who_is: bool) -> str | None:
    """Whom ``pronoun`` stands for after the question ``old`` and its answer.

    ``who_is``: it is asked who that is, so it is somebody whom the answer brought up.
    """
    in_answer = [each for each in named(last.answer) if each.kind == "person" and may_be(pronoun, each.name)]
    new = [each for each in in_answer if not shares_word(each.name, old)]
    in_question = [each for each in named(old) if may_be(pronoun, each.name)]
    if _ASKS_WHOM.match(old) and new:
        known = [
            each
            for each in in_question
            if each.kind == "person"
            or any(_same_last(each.name, one.name) for one in in_answer)
            or (_is_surname(each, old) and _HUMAN.search(old))
        ]
        return None if known and not who_is else new[0].name
    if who_is and len({each.name for each in new}) == 1:
        return new[0].name
    titled = [each.name for each in new if each.is_titled]
    for each in in_question:
        full = next((one.name for one in in_answer if _same_last(one.name, each.name)), None)
        if full:
            return full
        if each.kind == "person":
            return each.name
        if _is_surname(each, old) and not new:
            return each.name
        if _is_surname(each, old) and _HUMAN.search(old):
            return None  # Apple, or the person whom the answer names beside it
    answer = last.answer
    speakers = [each.name for each in named(answer) if _is_surname(each, answer) and _HUMAN.match(answer, each.end + 1)]
    for persons in ([each.name for each in new], titled, speakers if not new else []):
        if len(set(persons)) == 1:
            return persons[0]
    return None


def _is_surname(each: Named, text: str) -> bool:
    """Whether a name of one word may be a person's: not a place's, and nothing is said of what it has."""
    alone = each.kind == "thing" and each.name.isalpha() and not each.name.isupper() and not each.led
    return alone and not text[each.end :].startswith(("’s", "'s"))


_ASKS_WHOM = re.compile(
    r"(?:who|whom|with whom|by whom|to whom|which (?:man|woman|person|player)|хто|кого|кому|ким|з ким)\b",
    re.IGNORECASE,
)


def several_meant(old: str, last: Exchange) -> str | None:
    """Whom or what "they" stands for."""
    in_answer = [each.name for each in named(last.answer) if each.kind == "person"]
    asked = [each.name for each in named(old) if any(each.name.split()[-1] == one.split()[-1] for one in in_answer)]
    new = [name for name in dict.fromkeys(in_answer) if not shares_word(name, old)]
    asks_who = re.match(r"(?:who|whom)\b", old, re.IGNORECASE) is not None
    if asks_who and asked and new:
        return f"{asked[0]} and {new[0]}"
    if asks_who and not asked and len(new) == 2:
        return f"{new[0]} and {new[1]}"
    if asks_who and (others := new_names(last)):
        return others[0].name if len(new) <= 1 else None  # a body may be named as people are: Intuitive Machines
    if _SEVERAL_ASKED.search(old):
        return None
    held = [each for each in named(old) if each.kind != "person"]
    acts = len(held) == 1 and (held[0].kind == "place" or held[0].name.isupper() or _ACTING.search(held[0].name))
    return held[0].name if acts and not asks_who else None


_SEVERAL_ASKED = re.compile(
    rf"\b(?i:which|what|how many|the|these|all|its|their) (?:(?!{AUXILIARY}\b|{PREPOSITION}\b)[a-z-]+ ){{0,3}}?"
    rf"(?!{AUXILIARY}\b)[a-z-]{{2,}}[^\Ws]s\b"
)
"""Several things without a name, which "they" may stand for as well."""


def thing_meant(body: str, old: str, last: Exchange) -> str | None:
    """The one thing that the last question names, or that its answer names where it asked which."""
    found = THING.search(body)
    if found is None or re.search(rf"(?<!happened )\b{PREPOSITION} $", body[: found.start()], re.IGNORECASE):
        return None  # "about it" may be the whole event
    held = [each for each in named(old) if each.kind != "person" and each.led not in ("in", "at", "near")]
    people = [each.name for each in named(last.answer) if each.kind == "person"]
    held = [each for each in held if not old[each.end :].startswith(("’s", "'s"))]
    held = [each for each in held if not any(_same_last(each.name, person) for person in people)]
    held = [each for each in held if not (_is_surname(each, old) and _HUMAN.search(old))]
    held = [each for each in held if not (each.kind == "place" and each.led)]
    if meant := which(old, last):
        state = re.search(r"\b(?:is|are|was|were) it\b|\bit$", body, re.IGNORECASE)
        return meant if state or not held else None
    if re.search(r"\b(?:an?|the|its|their|his|her) (?=[a-z])", old):
        return None
    free = [each for each in held if not each.led]
    chosen = held if len(held) == 1 else free if len(free) == 1 and len(held) <= 2 else []
    if not chosen:
        return None
    article = "the " if old[: chosen[0].start].lower().endswith("the ") else ""
    return f"{article}{chosen[0].name}"


def which(old: str, last: Exchange) -> str | None:
    """The name in the answer of the noun that was asked for: "Which asteroid …?" "… the asteroid Dimorphos"."""
    asked = re.match(
        rf"(?:which|what) (?P<kind>(?!{AUXILIARY}\b|happened|caused)\w+)(?: (?P<more>(?!{AUXILIARY}\b)[a-z]+))?",
        old,
        re.IGNORECASE,
    )
    described = re.match(
        rf"(?:which|what) (?:is|was) the (?:(?!{PREPOSITION}\b)[\w’'-]+ )*?(?P<noun>[\w’'-]+)(?= {PREPOSITION}\b|$)",
        old,
        re.IGNORECASE,
    )
    for noun in (asked["more"], asked["kind"]) if asked else (described["noun"],) if described else ():
        found = noun and re.search(rf"\b{noun} (?:is |was )?(?:called |named )?(?P<name>{NAME})", last.answer)
        if found and not shares_word(found["name"], old):
            return found["name"].rstrip(",.")
    if described:
        for each in named(last.answer):
            parts = words(each.name)
            if described["noun"].lower() in parts and len(set(parts) - set(words(old))) > 0:
                return each.name
    if asked and re.match(rf"(?:which|what) (?:[\w’'-]+ ){{1,3}}{AUXILIARY}\b", old, re.IGNORECASE) is None:
        opens = re.match(rf"(?P<article>the )?(?P<name>{NAME})(?= [a-z])", _after_the(last.answer))
        name = opens["name"] if opens else ""
        if opens and name.lower() not in STOP_WORDS and not shares_word(name, old) and not _is_people(name):
            return opens.group()
    return None


def _after_the(text: str) -> str:
    return f"the {text[4:]}" if text.startswith("The ") else text


def time_of(texts: Sequence[str]) -> str:
    """The first time that the first of ``texts`` with any names; empty without one."""
    for text in texts:
        if held := times(text):
            return text[held[0].start : held[0].end]
    return ""
