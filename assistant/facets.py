"""Several questions in one: "who won, and when?", "compare A and B". Each facet is searched for on its own.

A search answers one question: where two are put at once, the passages for one crowd out those for the other. Grammar
shows most of what holds two, and only where it does is a question split: an "and" between nouns is no reason, and one
question is the safe reading.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest

from assistant.prompt import Message, visible
from assistant.words import content_words, names, numbers, question_words
from vectorstore.splitter import sentences
from vectorstore.types import Match

LONGEST_QUESTION = 500
"""Characters up to which a question is split; what is longer tells a story."""

MODEL_SECONDS = 4.0
"""What a chat model may take to split a question; a small one takes one. The rules are there at once."""

_TASK = """\
A reader's question may put several questions at once. Split it into questions that can each be searched for alone.

Rules:
1. Each part stands alone: repeat in it the names, places and times that it needs.
2. Add nothing: no name, figure or fact that is not in the question. Do not answer it.
3. A comparison becomes one question for each side.
4. A question about one matter stays one, also when a name or a phrase holds an "and".
5. At most four parts.

Reply with JSON and nothing else: {"questions": ["…"]}"""

MOST_PARTS = 4
"""More questions than that at once are searched for as one: each would get two passages of ten."""

_PREPOSITION = r"(?:in|at|of|on|by|for|from|to|with|about|against|under|during|after|before|since|until)"
_ASKING = rf"(?:{_PREPOSITION} )?(?:who|whom|whose|what|when|where|why|which|how)"
_AUXILIARY = r"(?:is|are|was|were|do|does|did|has|have|had|will|would|can|could|should|may|might|must)"
_NAME_WORD = r"(?:[A-ZÀ-ÖØ-Þ][\w’'.-]*|\d[\w.-]*)"
_NAME = rf"(?:the )?[A-ZÀ-ÖØ-Þ][\w’'.-]*(?: (?:(?:of|the|de|van|von|al) )*{_NAME_WORD})*"
_NAME_OR_YEAR = rf"(?:{_NAME}|(?:1\d|20)\d\d)"
_SUBJECT = r"(?:the|a|an|any\w*|some\w*|he|she|it|they|we|you|I|his|her|its|their|there|this|that|these|those)\b"

_OPENS = re.compile(rf"(?:{_ASKING}|{_AUXILIARY})\b", re.IGNORECASE)
_REQUEST = re.compile(
    r"(?:please )?(?:(?:can|could|would) you )?(?:please )?"
    r"(?:tell me|explain|describe|say|show(?: me)?|list|summari[sz]e|do you know|i want to know|find out)\s+"
    r"(?:about\s+)?",
    re.IGNORECASE,
)
"""What stands before questions that have the order of statements: "Tell me who won and when the final was"."""

_JOINT = re.compile(
    rf"\s*(?:[,;]\s+(?:and |but )?|\s(?:and|but)\s)(?:if (?:so|not),? )?(?:also |then )?"
    rf"(?=(?:{_ASKING}|{_AUXILIARY})\b)",
    re.IGNORECASE,
)
"""Where a second question may begin."""

_INVERTED = re.compile(rf"{_ASKING}\b.*?\b{_AUXILIARY} (?:not )?(?:{_SUBJECT}|(?-i:{_NAME}))", re.IGNORECASE)
_ASKS_AT_ONCE = re.compile(rf"{_ASKING} {_AUXILIARY}\b", re.IGNORECASE)
_PHRASE = re.compile(
    rf"(?:{_PREPOSITION} )?(?:how (?:many|much|long|far|old|big|large|fast|often|soon|high|deep)|which|what|whose)"
    r"(?: \w+)+",
    re.IGNORECASE,
)
_BARE = re.compile(
    rf"(?:{_ASKING}(?: (?:exactly|not|else|for))?"
    rf"|(?:{_PREPOSITION} )?how (?:many|much|long|far|old|often|soon|high)(?: (?!{_AUXILIARY}\b)\w+)?"
    rf"|{_PREPOSITION} (?:which|what|whose)(?: (?!{_AUXILIARY}\b)\w+){{1,3}})",
    re.IGNORECASE,
)
"""A question that leaves its verb out: "… and when?", "… and by how many votes?"."""

_WHAT_DID = re.compile(r"what (?!to\b)(?:\w+ed|came|led|made|began|went)\b", re.IGNORECASE)
_YES_NO = re.compile(
    rf"(?:do|does|did|will|would|can|could|should) (?:{_SUBJECT}|(?-i:{_NAME}))"
    rf"|(?:is|are|was|were|has|have|had) (?:he|she|it|they|there|any\w*)\b",
    re.IGNORECASE,
)
_DOUBLE = re.compile(rf"({_ASKING}),? and ({_ASKING}) ({_AUXILIARY}\b.+)", re.IGNORECASE)
"""When and where did …?"""

_ASKED_OF = re.compile(
    rf"(?P<asking>(?:{_ASKING})(?: (?!{_AUXILIARY}\b)[\w’'-]+){{0,4}}) "
    rf"(?P<body>{_AUXILIARY} (?:{_SUBJECT}|(?-i:{_NAME})).*)",
    re.IGNORECASE,
)
_SUBJECT_NAME = re.compile(rf"(?:{_ASKING}\b.*? )?{_AUXILIARY} (?P<name>(?-i:{_NAME}))", re.IGNORECASE)
_OWN_SUBJECT = re.compile(rf"\b{_AUXILIARY} (?:an? |any|(?-i:{_NAME}))", re.IGNORECASE)
_PRONOUN = re.compile(
    r"\b(?:(?P<whom>he|she|it|they|him|them|her(?! \w))|(?P<whose>his|her|its|their))\b", re.IGNORECASE
)
_MATTER = re.compile(r"\b(?:(?:about|regarding|concerning) .+|(?:on|over) (?!(?:the )?[A-Z]).+)$")
_OWN_PLACE = re.compile(rf"\b{_PREPOSITION} {_NAME_OR_YEAR}")
_FEW_WORDS = 3
"""Content words up to which a second question is taken to lean on what the first is about."""

_COMPARE = re.compile(r"(?:please )?(?:compare|contrast)(?: how)? (?P<both>.+)", re.IGNORECASE)
_BETWEEN = re.compile(
    r".*\b(?:differences?|similarit(?:y|ies)|comparison|distinction|contrast)(?P<in>(?: (?:in|of) .+?)?) between "
    r"(?P<both>.+)",
    re.IGNORECASE,
)
_DIFFER = re.compile(
    rf"how {_AUXILIARY} (?:(?P<both>.+ and .+?) (?:differ|compare)|(?P<one>.+?) (?:differ|compare) (?:from|with|to) "
    r"(?P<other>.+?))(?P<tail> (?:in|on|with regard to) .+)?",
    re.IGNORECASE,
)
_RIVALS = re.compile(r"(?P<one>[^,?]{2,60}?) (?:vs\.?|versus) (?P<other>[^,?]{2,60})", re.IGNORECASE)
_CHOICE = re.compile(
    rf"(?P<asked>(?:which|who|what|where|when)\b.+?)[,:] (?P<one>(?-i:{_NAME})|(?:\w+ ){{0,3}}\w+) or "
    rf"(?P<other>(?-i:{_NAME})|(?:\w+ ){{0,3}}\w+)",
    re.IGNORECASE,
)
_COUPLING = re.compile(r" (?:and|with|to|against|versus|vs\.?) ", re.IGNORECASE)
_TAIL = re.compile(rf"({_NAME})( (?:in terms of|with regard to|as to|regarding|on|by|in) .+)")
_HEAD = re.compile(rf"(.*\b{_PREPOSITION} )(?:the )?{_NAME_OR_YEAR}(?: \w+)?")
_THAN = re.compile(
    rf"(?P<head>.+? )(?P<preposition>{_PREPOSITION}) (?P<one>{_NAME_OR_YEAR}) than (?P=preposition) "
    rf"(?P<other>{_NAME_OR_YEAR})"
)
_BOTH = re.compile(
    rf"(?P<head>.+? )(?<!is )(?<!was )(?<!are )(?<!were )both (?P<one>(?:{_PREPOSITION} )?{_NAME}) and "
    rf"(?P<other>(?:{_PREPOSITION} )?{_NAME})(?P<tail>.*)"
)
_TWO_PLACES = re.compile(
    rf"(?P<head>.+? )(?P<preposition>{_PREPOSITION}) (?P<one>{_NAME_OR_YEAR}) and (?:in |at )?(?P=preposition) "
    rf"(?P<other>{_NAME_OR_YEAR})(?P<tail>.*)"
)
_TWO_YEARS = re.compile(
    r"(?P<head>.+? )(?P<preposition>in) (?P<one>(?:1\d|20)\d\d) and (?P<other>(?:1\d|20)\d\d)\b(?P<tail>.*)"
)
_EACH = re.compile(
    rf"(?P<head>.+? )(?P<one>{_NAME}) and (?P<other>{_NAME})(?P<tail> .*\b(?:each|respectively)\b.*)", re.DOTALL
)
_TWO_NOUNS = re.compile(
    rf"(?P<head>(?:what|who|how (?:big|large|high)) {_AUXILIARY} )(?P<one>the [\w’' -]+?) and (?P<other>the [\w’' -]+?)"
    r"(?P<tail> (?:of|for) .+)",
    re.IGNORECASE,
)
_HINT = re.compile(
    rf"{_NAME} and {_NAME}|\b(?i:both|each|respectively|compared?|comparison|differ\w*|versus|as well as)\b"
    rf"|\?.+\?|\b(?i:and|but) {_ASKING}\b",
    re.DOTALL,
)
"""Signs that there may be several matters."""

_FIXED = re.compile(
    r"\b(?:Trinidad and Tobago|Bosnia and Herzegovina|Antigua and Barbuda|Saint Kitts and Nevis"
    r"|S[ãa]o Tom[ée] and Pr[íi]ncipe|Saint Vincent and the Grenadines|Turks and Caicos|Wallis and Futuna"
    r"|England and Wales|Newfoundland and Labrador|Tyne and Wear)\b"
)
"""Places with an "and" in their official name."""

_MARKERS = re.compile(r"(?:\s*\[\d+(?:\s*,\s*\d+)*\])+\s*$")
_QUOTATION_MARKS = "“”‘’"

_HIDDEN_AND = "\N{WORD JOINER}and\N{WORD JOINER}"


def split(question: str) -> tuple[str, ...]:
    """The questions that ``question`` puts, each standing alone: two to four of them, or just the one.

    What a later part leaves out (its subject, its matter, its verb) is carried over from the first.
    """
    whole = " ".join(question.split())
    if len(whole) > LONGEST_QUESTION:
        return (question,)
    hidden = _FIXED.sub(lambda name: name.group().replace(" and ", f" {_HIDDEN_AND} "), whole)
    parts = [part.replace(_HIDDEN_AND, "and") for part in _split(hidden)]
    kept = tuple(dict.fromkeys(parts))
    return kept if 1 < len(kept) <= MOST_PARTS else (question,)


def may_have_parts(question: str) -> bool:
    """Whether a model should look: the rules split, or there is a pair that may be two matters or one.

    Most questions show no such sign and cost no call.
    """
    return len(question) <= LONGEST_QUESTION and (
        _HINT.search(_FIXED.sub("", question)) is not None or len(split(question)) > 1
    )


def request(question: str) -> list[Message]:
    """What a chat model is asked: nothing but the question and the form of the reply."""
    return [Message("system", _TASK), Message("user", visible(question).strip())]


def read(reply: str, question: str) -> tuple[str, ...] | None:
    """The parts in a chat model's reply to ``request``; ``None`` when it is not of the form or makes something up."""
    begin, end = reply.find("{"), reply.rfind("}") + 1
    try:
        parts = json.loads(reply[begin:end])["questions"]
    except (ValueError, KeyError, TypeError):
        return None
    if not isinstance(parts, list) or not 1 <= len(parts) <= MOST_PARTS:
        return None
    known = frozenset(content_words(question))
    made = []
    for part in parts:
        if not isinstance(part, str) or not part.strip() or len(part) > LONGEST_QUESTION:
            return None
        named = {word for name in names(part) for word in content_words(name)} | numbers(part)
        opening = set(content_words(part.split()[0]))  # a capital that opens a sentence is no name
        if not named - opening <= known | numbers(question):
            return None
        made.append(" ".join(visible(part).split()))
    kept = tuple(dict.fromkeys(made))
    return kept if len(kept) > 1 else (question,)


def interleaved(rankings: Sequence[Sequence[Match]], k: int) -> list[Match]:
    """The first of each ranking, then the second of each, a passage once, ``k`` in all, ranked anew from 1."""
    rounds = (match for matches in zip_longest(*rankings) for match in matches if match is not None)
    first: dict[tuple[str, int], Match] = {}
    for match in rounds:
        first.setdefault((match.article.id, match.start), match)
    return [replace(match, rank=rank) for rank, match in enumerate(list(first.values())[:k], start=1)]


def places(found: Sequence[Match], matches: Sequence[Match]) -> list[int]:
    """Where among ``matches`` the passages of ``found`` are, in the order of ``found``; wider ones hold them, too."""
    made: dict[int, None] = {}
    for one in found:
        for place, match in enumerate(matches):
            if match.article.id == one.article.id and match.start <= one.start and one.end <= match.end:
                made[place] = None
    return list(made)


def one_after_the_other(
    write: Callable[[str, Sequence[Match]], Iterator[str]],
    parts: Sequence[tuple[str, Sequence[int]]],
    matches: Sequence[Match],
) -> Iterator[str]:
    """What ``write`` says to each part from its own passages, in one text whose markers number ``matches``.

    ``parts`` are questions, each with the places of its passages. ``write`` yields whole statements that end with
    their markers, and white space between them. What an earlier part has said is not said again.
    """
    said = ""
    for question, own in parts:
        space = "\n\n" if said else ""
        for piece in write(question, [matches[place] for place in own]):
            if piece.isspace():
                space = space or piece
                continue
            begin = markers.start() if (markers := _MARKERS.search(piece)) else len(piece)
            words = piece[:begin]
            if _quoted(words) in said:
                continue
            yield space + words + _renumbered(piece[begin:], own)
            said, space = f"{said}{words}\n", ""


def _renumbered(markers: str, own: Sequence[int]) -> str:
    return re.sub(r"\d+", lambda number: str(own[int(number.group()) - 1] + 1), markers)


def _quoted(words: str) -> str:
    """The quotation in a statement, without who says it."""
    marks = [place for place, character in enumerate(words) if character in _QUOTATION_MARKS]
    return words[marks[0] + 1 : marks[-1]] if len(marks) > 1 else words


def _split(question: str) -> list[str]:
    asked = [question[start:end] for start, end in sentences(question)]
    if len(asked) > 1:
        if not all(part.endswith("?") for part in asked):
            return [question]
        first = asked[0].rstrip("? ")
        return [_written(part) for part in (first, *(_standing(part.rstrip("? "), first) for part in asked[1:]))]
    body = question.rstrip("?!. ")
    for read in (_compared, _doubled, _questions, _listed):
        if parts := read(body):
            return [_written(part, asks=question.endswith("?")) for part in parts]
    return [question]


def _written(part: str, *, asks: bool = True) -> str:
    return f"{part[:1].upper()}{part[1:]}{'?' if asks and _OPENS.match(part) else ''}"


def _questions(body: str) -> list[str]:
    """The clauses of "Who won the cup, and when was the final?"."""
    request = _REQUEST.match(body)
    asked = body[request.end() :] if request else body
    if not _OPENS.match(asked):
        return []
    made: list[str] = []
    begin = 0
    for joint in _JOINT.finditer(asked):
        first, rest = asked[begin : joint.start()], asked[joint.end() :]
        after = _JOINT.search(rest)
        clause = rest[: after.start()] if after else rest
        conjoined = joint.group().strip(" ,;") != ""
        if _is_question(clause, asked[: joint.start()], reported=request is not None, conjoined=conjoined):
            made.append(first)
            begin = joint.end()
    if not made:
        return []
    made.append(asked[begin:])
    return [made[0], *(_standing(part, made[0]) for part in made[1:])]


def _is_question(clause: str, before: str, *, reported: bool, conjoined: bool) -> bool:
    """Whether ``clause`` asks something of its own, and is no relative or adverbial clause."""
    asking = re.search(r"who|whom|whose|what|when|where|why|which|how", clause, re.IGNORECASE)
    if _YES_NO.match(clause):
        return _OPENS.match(before) is not None and not reported
    if asking is None or re.match(rf"{_ASKING} to\b", clause, re.IGNORECASE):
        return False
    word = asking.group().lower()
    opening = re.match(_ASKING, before, re.IGNORECASE)
    if _BARE.fullmatch(clause) or reported:
        return True
    # After "the man who fled" or "say what it paid" the clause may go on with that one.
    embedded = re.search(rf"\b{_ASKING}\b", before[opening.end() if opening else 0 :]) is not None  # not WHO
    if word in ("who", "which"):
        # Without an "and" it would be a relative clause: "the minister, who was born in Kyiv".
        parallel = opening is not None and opening.group().lower().endswith(word)
        return not embedded and (conjoined or parallel)
    if _INVERTED.match(clause):
        return True
    return not embedded and any(form.match(clause) for form in (_ASKS_AT_ONCE, _WHAT_DID, _PHRASE))


def _doubled(body: str) -> list[str]:
    double = _DOUBLE.fullmatch(body)
    return [f"{double[1]} {double[3]}", f"{double[2]} {double[3]}"] if double else []


def _standing(part: str, first: str) -> str:
    """``part`` with what it takes from the question before it."""
    part = re.sub(r"^(?:and|but|also|so)\s+", "", part, flags=re.IGNORECASE)
    if _BARE.fullmatch(part):
        asked = _ASKED_OF.fullmatch(first)
        if asked:
            return f"{part} {asked['body']}"
        first = f"{first[:1].lower()}{first[1:]}"
        return f"{part} {first}" if _YES_NO.match(first) else f"{part}: {first}"
    kind = re.match(rf"(?:which|what) (?!{_AUXILIARY}\b)(\w+) ", first, re.IGNORECASE)
    if kind and re.match(rf"which {_AUXILIARY}\b", part, re.IGNORECASE):  # "Which vaccine … and which did it …"
        part = f"which {kind[1]}{part[len('which') :]}"
    known = _SUBJECT_NAME.match(first)
    own_subject = _OWN_SUBJECT.search(part)
    # "When did CrowdStrike send out its update": its own.
    pronouns = [each for each in _PRONOUN.finditer(part) if each["whom"] or not own_subject]
    if known and len({each.group().lower() for each in pronouns}) == 1:
        (begin, end), name = pronouns[0].span(), known["name"]
        return f"{part[:begin]}{name if pronouns[0]['whom'] else f'{name}’s'}{part[end:]}"
    if pronouns or not (own_subject or names(part[1:]) or _OWN_PLACE.search(part)):
        return f"{part} ({_topic(first, part)})"
    if len(question_words(part)) < _FEW_WORDS and (matter := _MATTER.search(first)) and not _MATTER.search(part):
        return f"{part} {matter.group()}"
    alike = part.lower().split()[:2] == first.lower().split()[:2]  # "who built … and who built …"
    if len(question_words(part)) <= _FEW_WORDS and not own_subject and not alike:
        if not _OWN_PLACE.search(part):
            return f"{part} ({_topic(first, part)})"
        if len(question_words(part)) < _FEW_WORDS:  # "… and who won in India?"
            return f"{part} ({_matter(_OWN_PLACE.sub('', first), part)})"
    return part


def _topic(first: str, part: str) -> str:
    """What ``first`` is about: its names and years, or all of it but the words that ask."""
    found = [name for name in re.findall(_NAME_OR_YEAR, _matter(first, "")) if name.lower() not in part.lower()]
    return ", ".join(found) or _matter(first, part)


def _matter(first: str, part: str) -> str:
    """``first`` without the words that ask, and without those it begins with and ``part`` has."""
    opening = re.match(rf"(?:{_ASKING}|{_AUXILIARY})\b(?: {_AUXILIARY}\b)?\s*", first, re.IGNORECASE)
    words = first[opening.end() if opening else 0 :].split()
    known = set(part.lower().split())
    while words and words[0].lower() in known:
        del words[0]
    return " ".join(words)


def _compared(body: str) -> list[str]:
    """The two sides of a comparison, each with what is compared."""
    if pair := _COMPARE.fullmatch(body):
        return _sides(pair["both"])
    if pair := _BETWEEN.fullmatch(body):
        sides = _sides(pair["both"])
        return [f"{side}{pair['in'] or ''}" for side in sides]
    if pair := _DIFFER.fullmatch(body):
        sides = _sides(pair["both"]) if pair["both"] else [pair["one"], pair["other"]]
        return [f"{side}{pair['tail'] or ''}" for side in sides]
    if (pair := _RIVALS.fullmatch(body)) and not _OPENS.match(body):
        return [pair["one"], pair["other"]]
    if (pair := _THAN.fullmatch(body)) and _OPENS.match(body):
        return _both_ways(pair)
    if pair := _CHOICE.fullmatch(body):
        return [f"{pair['asked']}: {pair['one']}", f"{pair['asked']}: {pair['other']}"]
    return []


def _sides(both: str) -> list[str]:
    """The parts of "the cost of Vogtle and Hinkley Point": "the cost of" belongs to both."""
    couplings = list(_COUPLING.finditer(both))
    if not couplings:
        return []
    # "and" couples before "with" and "to" do; of several the middle one parts equals.
    couplings = [each for each in couplings if each.group().strip().lower() == "and"] or couplings
    middle = couplings[len(couplings) // 2]
    one, other = both[: middle.start()], both[middle.end() :]
    if re.fullmatch(_NAME, one) and (tail := _TAIL.fullmatch(other)):
        return [f"{one}{tail[2]}", other]
    if that := re.match(r"(?:that|those|the one|the ones) (of|in|at|for|from) ", other):
        head, found, _ = one.partition(f" {that[1]} ")
        return [one, f"{head} {that[1]} {other[that.end() :]}" if found else other]
    if place := re.match(rf"({_PREPOSITION}) ", other):
        head, found, _ = one.rpartition(f" {place[1]} ")
        return [one, f"{head} {other}" if found else other]
    if re.fullmatch(_NAME_OR_YEAR, other) and (head_of := _HEAD.fullmatch(one)):
        return [one, f"{head_of[1]}{other}"]
    return [one, other]


def _listed(body: str) -> list[str]:
    """The places of "in Glasgow and in Dubai", "both in France and Germany", "in 2023 and 2024"."""
    if not _OPENS.match(body):
        return []
    for form in (_BOTH, _TWO_PLACES, _TWO_YEARS, _EACH, _TWO_NOUNS):
        if pair := form.fullmatch(body):
            return _both_ways(pair)
    return []


def _both_ways(pair: re.Match[str]) -> list[str]:
    found = pair.groupdict()
    head, tail, one, other = found["head"], found.get("tail") or "", found["one"], found["other"]
    tail = re.sub(r",? \b(?:each|respectively)\b", "", tail)
    if pair.re is _TWO_NOUNS:
        head = head.replace(" are ", " is ").replace(" were ", " was ")
    if preposition := found.get("preposition"):
        head = f"{head}{preposition} "
    elif (place := re.match(rf"{_PREPOSITION} ", one)) and not re.match(rf"{_PREPOSITION} ", other):
        other = f"{place.group()}{other}"  # "both in France and Germany"
    return [f"{head}{one}{tail}", f"{head}{other}{tail}"]
