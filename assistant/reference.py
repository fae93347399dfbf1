"""Whom a sentence speaks of that begins with "He", "She", "It" or "The minister": the name that it stands for.

A wrong name would be a false statement in the article's mouth, so a name is given only where the text before leaves one
reading: the subject of the sentence before, with no rival. Everything else stays unresolved.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.words import MONTHS, STOP_WORDS
from vectorstore.splitter import sentences

LOOK_BACK = 3
"""Sentences before the one in question that are read: farther off, another subject has mostly come between."""

_READ = 1_200
"""Characters before the sentence among which they are."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A name for the first words of a sentence."""

    name: str
    length: int
    """Characters at the sentence's beginning that the name stands for."""
    replaces: bool
    """Whether the name stands in their place ("[Umerov] said") or beside them ("The minister [Umerov] said")."""


_PERSON = re.compile(r"(?:He|She)(?= [a-z])(?! or (?:she|he)\b)")
_THING = re.compile(r"It(?= [a-z])")
_EMPTY_IT = re.compile(
    r"It (?:is|was|has been|will be|would be|took|takes|seems|appears|remains|became|costs?)\b"
    r".{0,80}?\b(?:that|to|who|when|whether|until|for)\b"
    r"|It (?:is|was) (?:not )?(?:known|clear|unclear|likely|unlikely|possible|early|late|dark|cold|hot|time)\b"
    r"|It (?:rain|snow|took|takes|remain)"
)
_ROLES = (
    "president vice-president minister chancellor premier governor mayor senator secretary ambassador general colonel "
    "spokesman spokeswoman spokesperson director chairman chairwoman captain coach manager striker goalkeeper "
    "commander king queen prince princess pope actor actress singer author writer professor judge prosecutor "
    "administrator commissioner congressman congresswoman admiral lawyer economist player founder"
).split()
_ROLE = re.compile(
    rf"The (?:(?:prime|defence|defense|foreign|interior|finance) )?(?P<role>{'|'.join(_ROLES)})(?= [a-z])"
)
_WORD = r"[A-ZÀ-ÖØ-Þ][\w’'-]*\w"
_FULL_NAME = rf"{_WORD}(?: (?:[A-Z]\.|de|da|van|von|der|bin|al|el|la))*(?: {_WORD})+"
_NAMED = re.compile(_FULL_NAME)
_SUBJECT = re.compile(rf"(?P<name>{_WORD}(?: {_WORD}| \d+| [IVX]+\b)*)(?:, [^,.]{{3,60}})?,? (?P<next>[a-z]\w*)")
_QUOTES = re.compile('["“”„«»]')
_PLURAL = re.compile(r"\w+[^su]s$")
_ORGANISED = frozenset(
    """agency army association authority bank board bureau centre center church city club college commission committee
    community company congress corporation council county court department federation force forces foundation fund
    government group house institute international laboratory league ministry museum network office organisation
    organization parliament party police programme program project republic school senate service society state
    states station street team times union university united west north south east street park bridge island islands
    river lake mount airport hospital stadium world cup games prize act treaty olympic national royal american british
    european day week war""".split()
)
"""Words of names that no person bears."""
_NOT_SUBJECTS = frozenset(
    """in on at after before when while as since until during under over from with by for but and or if although though
    because despite according however meanwhile there this that these those earlier later last next most many some all
    both each every several another other what who where why how""".split()
) | {month.lower() for month in MONTHS}
_VERB_LIKE = re.compile(
    r"\w+(?:ed|s)$|(?:has|had|have|is|was|will|would|can|could|may|might|began|made|took|gave|won|lost|met|led|told|flew"
    r"|came|went|became|put|set|ran|sent|left|held|rose|fell|found|got|grew|said|saw|spoke|stood|wrote|broke|built)$"
)
_NOT_VERBS = frozenset("as its his this is's across towards besides sometimes always previous".split())


def resolve(text: str, start: int, title: str) -> Reference | None:
    """The name for the first words of the sentence at ``text[start]``, or ``None`` where it has none or is in doubt.

    ``text`` is a whole article and ``title`` its title.
    """
    sentence = text[start : start + 200]
    if match := _PERSON.match(sentence):
        name = _person(_sentences_before(text, start), match.group())
        return Reference(name, match.end(), True) if name else None
    if (match := _THING.match(sentence)) and not _EMPTY_IT.match(sentence):
        thing = _thing(text, _sentences_before(text, start), title)
        return Reference(thing, match.end(), True) if thing else None
    if match := _ROLE.match(sentence):
        bearer = _bearer(text[:start], match["role"])
        return Reference(bearer, match.end(), False) if bearer else None
    return None


def _sentences_before(text: str, start: int) -> list[str]:
    """The nearest first."""
    begin = max(0, start - _READ)
    held = [text[begin + first : begin + last] for first, last in sentences(text[begin:start])]
    return held[::-1][:LOOK_BACK]


def _person(before: list[str], pronoun: str) -> str | None:
    """The subject of the nearest sentence that has a person as its subject, if it names nobody else.

    Sentences between that begin with the same pronoun go on about the same person.
    """
    known = [name for sentence in before for name in _people(sentence)]
    for sentence in before:
        if _QUOTES.search(sentence):  # somebody else may be speaking, of somebody else
            return None
        if re.match(rf"[\"“‘']?{pronoun} [a-z]", sentence):
            if any(name.split()[-1] in sentence for name in known):
                return None
            continue
        name = _subject(sentence)
        if name is None or any(word in _OTHER_PRONOUN[pronoun] for word in sentence.split()):
            return None
        full = next((one for one in known if name in (one, one.split()[-1])), None)
        rivals = {one.split()[-1] for one in known} - {name.split()[-1]}
        others = {word for name in _people(sentence) if name != full for word in name.split()}
        if full is None or others or rivals.intersection(re.findall(r"\w[\w’-]*\w", sentence)):
            return None
        return full
    return None


_OTHER_PRONOUN = {"He": frozenset(("she", "her", "herself")), "She": frozenset(("he", "his", "him", "himself"))}


def _subject(sentence: str) -> str | None:
    """The name that a sentence begins with, without titles, if a verb follows it."""
    match = _SUBJECT.match(sentence)
    if match is None or match["name"].endswith(("’s", "'s")) or not _is_verb(match["next"]):
        return None
    name = _without_title(match["name"])
    return None if name.split()[0].lower() in _NOT_SUBJECTS | STOP_WORDS else name


def _people(sentence: str) -> list[str]:
    """Full names of people in order, each once."""
    people: list[str] = []
    for match in _NAMED.finditer(sentence):
        name = _without_title(re.sub(r"[’']s$", "", match.group()))
        if _is_person(name) and name not in people:
            people.append(name)
    return people


def _without_title(name: str) -> str:
    """The name alone: "Umerov" of "Embattled Defence Minister Umerov"."""
    words = name.split()
    titles = [place for place, word in enumerate(words) if word.lower() in _ROLES or _TITLE_WORD.match(word)]
    kept = words[titles[-1] + 1 :] if titles else words
    return " ".join(kept[1:] if len(kept) > 1 and kept[0].lower() in STOP_WORDS else kept) or name


_TITLE_WORD = re.compile(
    r"(?:Prime|Foreign|Defence|Defense|Finance|Interior|Vice|Major|Lieutenant|Brigadier|Deputy|Former|Chief|Executive"
    r"|Environment|Energy|Health|US|WHO|UN|EU|Director-General|Secretary-General|Mr|Mrs|Ms|Dr|Sir|Dame|Vice-President)\.?$"
)


def _is_person(name: str) -> bool:
    words = name.split()
    plain = [word.lower() for word in words]
    return (
        len(words) >= 2
        and not any(word in _ORGANISED or word in _NOT_SUBJECTS for word in plain)
        and not any(word.isupper() and len(word) > 2 for word in words)
        and len(words) <= 4
    )


def _is_verb(word: str) -> bool:
    return _VERB_LIKE.match(word) is not None and word not in _NOT_VERBS


def _thing(text: str, before: list[str], title: str) -> str | None:
    """The subject of the sentence before, if it is a name, nobody's, and what the whole article is about."""
    if not before or (match := _SUBJECT.match(before[0])) is None:
        return None
    name, words = match["name"], match["name"].split()
    if name not in title:
        return None
    if (
        not _is_verb(match["next"])
        or _PLURAL.match(words[-1])
        or _QUOTES.search(before[0])
        or words[0].lower() in _NOT_SUBJECTS | STOP_WORDS
    ):
        return None
    if name.endswith(("’s", "'s")) or len(words) > 4:
        return None
    # A second name could be meant as well: "NASA launched Webb. It …"
    rivals = re.findall(_WORD, before[0][match.end("name") :])
    if any(rival.lower() not in _TIME_WORDS for rival in rivals):
        return None
    if len(words) > 1 and _is_person(name):
        return None
    if len(words) == 1 and any(words[0] == person.split()[-1] for person in _people(text[:_READ])):
        return None
    return name


_TIME_WORDS = frozenset(
    {month.lower() for month in MONTHS}
    | set("monday tuesday wednesday thursday friday saturday sunday utc christmas easter".split())
)


def _bearer(before: str, role: str) -> str | None:
    """Who bears ``role`` in the text so far, if it is one person only."""
    nearby = before[-3 * _READ :]
    title = re.escape(role)
    found = {
        _without_title(match["name"])
        for pattern in (
            rf"\b(?i:{title}) (?P<name>{_FULL_NAME})",
            rf"\b(?P<name>{_FULL_NAME}), (?:the|a|an|its|their|his|her) [^,.]{{0,40}}\b{title}\b",
            rf"\b(?i:{title})[^,.]{{0,30}}, (?P<name>{_FULL_NAME})[,.]",
        )
        for match in re.finditer(pattern, nearby)
    }
    people = [name for name in found if _is_person(name)]
    mentions = len(re.findall(rf"\b(?i:{title})s?\b", nearby))
    return people[0] if len(people) == 1 and len(found) == 1 and mentions <= 3 else None
