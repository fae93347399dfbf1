"""Where a statement runs along with a sentence of its source and then says something else in its place.

"Russia attacked Ukraine" and "Ukraine attacked Russia" share every word, "fell" and "rose" are one word among twenty:
the share of words says nothing. So the two are aligned, and what stands between the same neighbours is compared: a name
for another name, a figure for another figure, a word for its opposite, a "not" on one side only.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple

from assistant.alignment import align
from assistant.facts import Day, Figure, Name, facts, plain, same_day, same_figure, same_name
from assistant.opposites import KEPT, is_reversed
from assistant.opposites import opposite as opposite
from assistant.persons import TITLES as TITLES
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

SAYS = "the source says"

Kind = Literal["word", "name", "figure", "day", "not"]


class Token(NamedTuple):
    key: str
    """The same for what counts as the same word."""
    kind: Kind
    text: str
    fact: Figure | Day | Name | None = None
    start: int = 0
    """Where it stands in the text."""


_WORD = re.compile(r"[^\W\d_]+(?:[’'.][^\W\d_]+)*(?:-?\d+[^\W_]*)?")
_NOT = frozenset("not no never none nobody nothing neither nor without cannot hardly non".split())
_PHRASE = re.compile(
    r"\b(?:(?P<not>instead of|rather than)|(?P<because>(?:due|owing|thanks) to|as a result of)|(?P<despite>in spite of)"
    r"|(?P<before>prior to|ahead of))\b",
    re.IGNORECASE,
)
"""Several words that are one: "prior to" is "before"."""
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


@lru_cache(maxsize=1024)
def tokens(text: str) -> tuple[Token, ...]:
    """The words of ``text`` that carry meaning, its figures, days and negations, in order."""
    found = facts(text)
    places: list[tuple[int, int, Token]] = []
    for figure in found.figures:
        places.append((figure.start, figure.end, _figure_token(figure)))
    for day in found.days:
        key = f"@{day.year}-{day.month}-{day.day}-{day.weekday}"
        places.append((day.start, day.end, Token(key, "day", day.text, day, day.start)))
    places.sort(key=lambda place: place[0])
    names = {name.start: name for name in found.names}
    silent = {match.start() for match in _NO_NEGATION.finditer(text)}
    made: list[Token] = []
    at = 0
    phrases = {match.start(): match for match in _PHRASE.finditer(text)}
    silent_until = 0
    for match in _WORD.finditer(text):
        if match.start() < silent_until:
            continue
        while at < len(places) and places[at][1] <= match.start():
            made.append(_numbered(made, places[at][2]))
            at += 1
        if at < len(places) and places[at][0] < match.end() and match.start() < places[at][1]:
            continue
        if (phrase := phrases.get(match.start())) and phrase.lastgroup:
            silent_until = phrase.end()
            kind: Kind = "not" if phrase.lastgroup == "not" else "word"
            made.append(Token(stem(phrase.lastgroup), kind, phrase.group(), None, match.start()))
            continue
        word = plain(match.group())
        if not word or (word == "longer" and made and made[-1].text.lower() == "no"):  # "no longer" is one negation
            continue
        if re.search(r"n[’']t$", match.group(), re.IGNORECASE) or (word in _NOT and match.start() not in silent):
            made.append(Token("not", "not", match.group(), None, match.start()))
        elif match.start() in names and word not in TITLES:
            made.append(Token(stem(word), "name", match.group(), names[match.start()], match.start()))
        elif word in KEPT or (word not in STOP_WORDS and len(word) > 1):
            made.append(Token(stem(word), "word", match.group(), None, match.start()))
    made += [token for _, _, token in places[at:]]
    return tuple(made)


def _figure_token(figure: Figure) -> Token:
    amount = min(figure.values) * figure.factor
    return Token(f"#{amount:.6g} {figure.unit}", "figure", figure.text, figure, figure.start)


def _numbered(made: Sequence[Token], token: Token) -> Token:
    """A number behind a name, "Vogtle 4", is part of the name and no count."""
    before = made[-1] if made else token
    beside = before.kind == "name" and token.kind == "figure" and before.start + len(before.text) + 1 == token.start
    return token._replace(kind="name") if beside else token


def settled(stated: Sequence[Token], texts: Sequence[str]) -> Sequence[Token]:
    """``stated`` with its first word as a name, not just a word with a capital, where the source has it as one."""
    doubtful = [at for at, token in enumerate(stated) if isinstance(token.fact, Name) and not token.fact.sure]
    if not doubtful:
        return stated
    known = {plain(name.text) for text in texts for name in facts(text).names if name.sure}
    made = list(stated)
    for at in doubtful:
        fact = stated[at].fact
        if isinstance(fact, Name) and plain(fact.text) in known:
            made[at] = stated[at]._replace(fact=replace(fact, sure=True))
    return made


class _Row(NamedTuple):
    """A sentence of the source beside the statement: its tokens, and the pairs of places that hold the same."""

    said: Sequence[Token]
    pairs: Sequence[tuple[int, int]]

    def holds(self, stated: Sequence[Token], index: int, share: float) -> bool:
        """Whether that share of the statement is here, or of this sentence in the part of the statement around it."""
        if len(self.pairs) >= share * len(stated):
            return True
        inside = bool(self.pairs) and self.pairs[0][0] <= index <= self.pairs[-1][0]
        return inside and len(self.pairs) >= max(AROUND, share * len(self.said))


def contrasts(statement: str, sentences: Sequence[str], verbatim: Sequence[tuple[int, int]] = ()) -> Iterator[str]:
    """What ``statement`` says otherwise than the sentences that carry it, each as a reason for the reader.

    Its spans that are ``verbatim`` quotations say nothing otherwise.
    """
    stated = settled(tokens(statement), sentences)
    keys = [token.key for token in stated]
    rows = [_Row(said, align(keys, [token.key for token in said])) for said in map(tokens, sentences)]
    quoted = {index for index, token in enumerate(stated) if any(start <= token.start < end for start, end in verbatim)}
    for at, row in enumerate(rows):
        elsewhere = {i for other, each in enumerate(rows) if other != at for i in _in_company(each.pairs)}
        held = {i for i, _ in row.pairs}
        for index, reason in _differences(stated, row):
            if index in quoted and not reason.startswith(SAYS):
                continue
            if row.holds(stated, index, NEARLY_ALL):
                yield reason
            elif index not in elsewhere:
                along = len(row.pairs) >= ALONG * len(stated)
                if along or len(held.intersection(range(index - 3, index + 4))) >= AROUND:
                    yield reason


def is_denying(token: Token) -> bool:
    """Whether it says "not", in its own way or with a syllable before the word."""
    return token.kind == "not" or token.key in _DENYING or token.text.lower().startswith(_NEGATIVE)


_NEGATIVE = ("un", "in", "im", "il", "ir", "dis", "mis")


def _in_company(pairs: Sequence[tuple[int, int]]) -> Iterator[int]:
    """Tokens of the statement that a sentence holds together with a neighbour of theirs."""
    held = {i for i, _ in pairs}
    return (i for i in held if i - 1 in held or i + 1 in held)


def _differences(stated: Sequence[Token], row: _Row) -> Iterator[tuple[int, str]]:
    said, pairs = row
    edges = [(-1, -1), *pairs, (len(stated), len(said))]
    taken_of_ours, taken_of_theirs = {i for i, _ in pairs}, {j for _, j in pairs}
    for (i, j), (next_i, next_j) in pairwise(edges):
        ours, theirs = range(i + 1, next_i), range(j + 1, next_j)
        if i < 0 and len(theirs) > GAP:  # at the edges only what stands beside the shared word
            theirs = theirs[-2:]
        if next_i == len(stated) and len(theirs) > GAP:
            theirs = theirs[:2]
        if not ours or not theirs or len(ours) > GAP or len(theirs) > GAP:
            continue
        for index in ours:
            # What already stands for something else in a sentence almost the same is no excuse for standing here.
            alike = row.holds(stated, index, NEARLY_ALL)
            our_others = [token for at, token in enumerate(stated) if not alike or at not in taken_of_ours]
            their_others = [token for at, token in enumerate(said) if not alike or at not in taken_of_theirs]
            for place in theirs:
                if reason := _replaced(stated[index], said[place], our_others, their_others):
                    yield index, reason
    yield from _negations(stated, said, pairs)


def _replaced(ours: Token, theirs: Token, our_others: Sequence[Token], their_others: Sequence[Token]) -> str:
    """Why ``ours`` cannot stand where the source has ``theirs``; empty if it can.

    It can where the sentence has ours in another place, or the statement has theirs there.
    """
    if ours.kind != "day" and (opposite(ours.key, theirs.key) or is_reversed(ours.text, theirs.text)):
        return otherwise(ours.text, theirs.text)
    if same(ours, theirs) is not False:
        return ""
    if any(same(ours, token) for token in their_others) or any(same(token, theirs) for token in our_others):
        return ""
    return otherwise(ours.text, theirs.text)


def otherwise(ours: str, theirs: str) -> str:
    """The reason for the reader: which words stand for which."""
    return f"“{ours}” where the source has “{theirs}”"


def same(one: Token, other: Token) -> bool | None:
    """Whether two facts agree; ``None`` for what cannot be compared, such as a figure with a name."""
    a, b = one.fact, other.fact
    if isinstance(a, Name) and isinstance(b, Name):
        if same_name(a.text, b.text):
            return True
        return False if a.sure and b.sure and not (_may_abbreviate(a.text, b.text)) else None
    if isinstance(a, Figure) and isinstance(b, Figure):
        return same_figure(a, b) or (None if one.kind != other.kind else False)
    if isinstance(a, Day) and isinstance(b, Day):
        return same_day(a, b)
    if isinstance(a, Figure) and isinstance(b, Day):
        return _same_year(b, a)
    if isinstance(a, Day) and isinstance(b, Figure):
        return _same_year(a, b)
    return None


def _may_abbreviate(one: str, other: str) -> bool:
    """Whether one may be the first letters of a name that the other is part of: AI, Artificial."""
    short, long = sorted((one, other), key=len)
    return short.isupper() and long[0] in short and not long.isupper()


def _same_year(day: Day, figure: Figure) -> bool | None:
    """A year is a figure too: "the 23 season" for "the 2017 season"."""
    return day.year in figure.values if day.year is not None and day.month is None else None


def _negations(
    stated: Sequence[Token], said: Sequence[Token], pairs: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, str]]:
    """A "not" on one side before a word that both sides have."""
    across = dict(pairs)
    back = {j: i for i, j in pairs}
    for index, token in enumerate(stated):
        target = _target(stated, index, across, said) if token.kind == "not" else None
        if target is not None and not _denied(said, across[target], {j for i, j in pairs if i != index}):
            yield index, otherwise(f"{token.text} {stated[target].text}", said[across[target]].text)
    for index, token in enumerate(said):
        target = _target(said, index, back, stated) if token.kind == "not" else None
        if target is not None and not _denied(stated, back[target], {i for i, j in pairs if j != index}):
            yield back[target], f"{SAYS} “{token.text} {said[target].text}”"


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


def _denied(side: Sequence[Token], place: int, taken: Collection[int]) -> bool:
    """Whether a "not" stands before this word, wherever it stands, or what says the same in another way.

    Those ``taken`` stand for a "not" or a "refused" that the other text has as well.
    """
    for other, token in enumerate(side):
        if token.key == side[place].key:
            near = (*range(max(0, other - 2), other), *range(other + 1, min(other + 2, len(side))))
            denying = (at for at in near if side[at].kind == "not" or side[at].key in _DENYING)
            if any(at not in taken for at in denying):
                return True
    return False
