"""Whether a statement's names, figures and strong words stand among the words that they stand among in its source.

A writer who takes words from all over a passage can say with each of them what the passage says of another. What is
looked at is the company of a word, in any order of the sentences: another name among the same neighbours, two names
that have changed places, a "not" or a "lowest" that nothing there tells of, a plan that is told as done.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import combinations

from assistant.alignment import LONGEST
from assistant.contrast import Token, is_denying, otherwise, same, settled, tokens
from assistant.facts import Name, facts
from assistant.opposites import alike, has_opposite, opposite

WINDOW = 4
"""Words on either side that are the company of a word."""

APART = 2
"""Less than so many words of its company are around a name that stands in another's place, and more around that one."""

BESIDE = 2
"""The nearest of them, for a word whose opposite alone is known to the source."""

KNOWN_BY = 3
"""So many of these tell that a name or a figure stands where the source has another; one less for an opposite. With
two, 2 of 155 names in true statements of people were faulted, with three none."""

_FEW = 6
"""Words between two names that still belong to one phrase."""

_ORDINALS = {
    word: str(number)
    for number, word in enumerate("third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(), 3)
}
"""From the third on nobody counts unasked: the source must, with this word or with its number."""

_EITHER_WAY = frozenset(("met", "meets", "joined", "married", "is", "was", "as", "like"))
"""Between two names that may change places without saying anything else, beside the smallest words."""

_SMALL = frozenset("a an the and or of in at on for with his her their its this that".split())

_MAYBE = re.compile(
    r"\b(?:(?:may|might|could)(?!n[’']t| not)|possibly|perhaps|reportedly|allegedly|probably"
    r"|(?<!more )(?<!less )(?<!most )likely)\b",
    re.IGNORECASE,
)
_DOUBT = re.compile(
    rf"{_MAYBE.pattern}|\b(?:could|can|would|possible|maybe|alleg\w+|suspect\w*|apparent\w*|seem\w*|appear\w*|probable"
    r"|potential\w*|if|whether|suggest\w*|believe\w*|think\w*|thought|claim\w*|fear\w*|hope\w*|expect\w*|risk\w*"
    r"|unclear)\b",
    re.IGNORECASE,
)
_PLANNED = re.compile(
    r"\b(?:plan(?:s|ned|ning)?|hop(?:es?|ed|ing)|aim(?:s|ed|ing)?|want(?:s|ed|ing)?|intend(?:s|ed|ing)?|seek(?:s|ing)?"
    r"|sought|tr(?:y|ies|ied|ying)|attempt(?:s|ed|ing)?|propos(?:es?|ed|ing)|consider(?:s|ed|ing)?|expected"
    r"|threaten(?:s|ed|ing)?|vow(?:s|ed|ing)?|pledge[sd]?|promise[sd]?|due|set|scheduled) to\b",
    re.IGNORECASE,
)
_OPEN = re.compile(rf"{_DOUBT.pattern}|{_PLANNED.pattern}|\b(?:will|would|shall|should|to|going)\b", re.IGNORECASE)


def misplaced(
    statement: str,
    sentences: Sequence[str],
    others: Sequence[str],
    known: frozenset[str],
    context: Sequence[str],
    verbatim: Sequence[tuple[int, int]],
) -> Iterator[str]:
    """What ``statement`` says of something else than its source does, each as a reason for the reader.

    ``sentences`` carry the statement, ``others`` stand beside them in the source and may say it of the same; ``known``
    are the stems of all its words; ``context`` is what is known of the articles, where alone their subject is often
    named. Spans of the statement that are ``verbatim`` quotations misplace nothing.
    """
    stated = settled(tokens(statement), (*sentences, *context))[:LONGEST]
    rows = [tokens(sentence)[:LONGEST] for sentence in sentences]
    own = [
        index for index, token in enumerate(stated) if not any(start <= token.start < end for start, end in verbatim)
    ]
    parts = frozenset(at for share in facts(statement).shares for at in range(share.start, share.end))
    yield from _unheard(stated, [index for index in own if stated[index].start not in parts], rows, known)
    yield from _in_the_place_of_another(stated, own, rows, others, context)
    for sentence, said in zip(sentences, rows, strict=True):
        yield from _exchanged(stated, statement, said, sentence)
        yield from _in_each_others_place(stated, own, statement, said)
        yield from _certain(stated, statement, said, sentence)


def _unheard(
    stated: Sequence[Token], own: Sequence[int], rows: Sequence[Sequence[Token]], known: frozenset[str]
) -> Iterator[str]:
    """A "not" before words that the source has without one; "lowest" where the source knows "highest"; "seventh"."""
    for index in own:
        token = stated[index]
        if token.kind == "not":
            if not any(map(is_denying, _around_what_is_denied(stated, index, rows))):
                yield f"“{token.text}” is not in the source"
        elif token.key in _ORDINALS:
            if token.key not in known and _ORDINALS[token.key] not in known:
                yield f"“{token.text}” is not in the source"
        elif token.kind == "word" and has_opposite(token.key) and known.isdisjoint(alike(token.key)):
            near = {word.key for word in _around(stated, index)}
            for other in (other for said in rows for other in _set_against(token, said, near)):
                if not any(opposite(token.key, word.key) for word in stated):
                    yield otherwise(token.text, other.text)


def _set_against(token: Token, said: Sequence[Token], near: Collection[str]) -> Iterator[Token]:
    """Opposites of ``token`` with one of the words that are ``near`` it around them."""
    for place, other in enumerate(said):
        if opposite(token.key, other.key) and any(word.key in near for word in _around(said, place)):
            yield other


def _around(side: Sequence[Token], index: int) -> Iterator[Token]:
    return iter((*side[max(0, index - BESIDE) : index], *side[index + 1 : index + 1 + BESIDE]))


def _around_what_is_denied(stated: Sequence[Token], index: int, rows: Sequence[Sequence[Token]]) -> list[Token]:
    """The words around those that a "not" may deny, wherever these stand; all words if they stand nowhere."""
    denied = {token.key for token in stated[index + 1 : index + 4] or stated[index - 1 : index]}
    near = [
        word
        for said in rows
        for at, token in enumerate(said)
        if token.key in denied
        for word in said[max(0, at - 4) : at + 3]
    ]
    return near or [token for said in rows for token in said]


def _in_the_place_of_another(
    stated: Sequence[Token],
    own: Sequence[int],
    rows: Sequence[Sequence[Token]],
    others: Sequence[str],
    context: Sequence[str],
) -> Iterator[str]:
    named = frozenset(token.key for text in context for token in tokens(text))
    guarded = [index for index in own if stated[index].kind != "day" and _is_guarded(stated[index])]
    # What the statement says as well, in another place, has only been moved.
    left_out = [
        [
            (place, token)
            for place, token in enumerate(said)
            if guarded and _is_guarded(token) and not any(_agree(token, ours) for ours in stated)
        ]
        for said in rows
    ]
    for index in guarded:
        ours = stated[index]
        there, theirs = 0, ours
        for said, candidates in zip(rows, left_out, strict=True):
            against = [(place, token) for place, token in candidates if _conflict(ours, token)]
            if not against or any(_agree(ours, token) for token in said):
                continue
            for place, token in against:
                there, theirs = max((there, theirs), (_company(stated, index, said, place), token), key=_first)
        if there < KNOWN_BY - (ours.fact is None) or (ours.key in named and there == KNOWN_BY):
            continue
        here = max(
            (
                _company(stated, index, said, place)
                for said in (*rows, *(tokens(text) for text in others if ours.text in text))
                for place, token in enumerate(said)
                if _agree(ours, token)
            ),
            default=0,
        )
        if there > here:
            yield otherwise(ours.text, theirs.text)


def _is_guarded(token: Token) -> bool:
    """Whether another one of its kind may not stand in its place."""
    return token.fact is not None or has_opposite(token.key)


def _first(scored: tuple[int, Token]) -> int:
    return scored[0]


def _conflict(one: Token, other: Token) -> bool:
    if one.fact is None or other.fact is None:
        return opposite(one.key, other.key)
    return same(one, other) is False


def _agree(one: Token, other: Token) -> bool:
    if one.key == other.key or one.fact is None or other.fact is None:
        return one.key == other.key
    return bool(same(one, other))


def _company(stated: Sequence[Token], index: int, said: Sequence[Token], place: int) -> int:
    """How many words both have on the same side; none if neither neighbour is the same, or all of them are names."""
    shared: list[Token] = []
    beside = False
    for ours, theirs in (
        (stated[max(0, index - WINDOW) : index][::-1], said[max(0, place - WINDOW) : place][::-1]),
        (stated[index + 1 : index + 1 + WINDOW], said[place + 1 : place + 1 + WINDOW]),
    ):
        beside = beside or (bool(ours) and bool(theirs) and ours[0].key == theirs[0].key)
        keys = {token.key for token in theirs}
        shared += [token for token in ours if token.key in keys and token.kind != "not"]
    return len(shared) if beside and any(token.kind != "name" for token in shared) else 0


def _exchanged(stated: Sequence[Token], statement: str, said: Sequence[Token], sentence: str) -> Iterator[str]:
    """Two names around the same words in the opposite order: "Poland invited Germany", "from Paris to London"."""
    theirs = {(one.key, between, other.key) for one, between, other in _pairs_of_names(said, sentence)}
    for one, between, other in _pairs_of_names(stated, statement):
        if (other.key, between, one.key) in theirs and (one.key, between, other.key) not in theirs:
            yield f"“{one.text}” and “{other.text}” have changed places"


def _pairs_of_names(found: Sequence[Token], text: str) -> Iterator[tuple[Token, str, Token]]:
    """Names with the few words between them, where these make no list and no new clause."""
    names = [token for token in found if isinstance(token.fact, Name)]
    for at, one in enumerate(names):
        for other in names[at + 1 : at + 3]:
            between = text[one.start + len(one.text) : other.start].lower()
            linking = re.findall(r"[^\W\d_]+(?:[’'][^\W\d_]+)?", between)
            if one.key == other.key or len(linking) > _FEW or re.search(r"[,;:()–—]", between):
                continue
            if not _SMALL.union(_EITHER_WAY).issuperset(linking):
                yield one, " ".join(linking), other


def _in_each_others_place(
    stated: Sequence[Token], own: Sequence[int], statement: str, said: Sequence[Token]
) -> Iterator[str]:
    """Two names, or two figures, each of which has the company that the other has in the source."""
    for kind in ("name", "figure"):
        facts_of_kind = [index for index in own if stated[index].kind == kind]
        where = {
            index: [at for at, token in enumerate(said) if _agree(stated[index], token)] for index in facts_of_kind
        }
        alone = [index for index in facts_of_kind if where[index] and not _in_a_list(statement, stated[index])]
        for one, other in combinations(alone, 2):
            if _agree(stated[one], stated[other]):
                continue
            if all(
                max(_company(stated, a, said, at) for at in where[b])
                >= max(_company(stated, a, said, at) for at in where[a]) + APART
                for a, b in ((one, other), (other, one))
            ):
                yield f"“{stated[one].text}” and “{stated[other].text}” have changed places"


def _in_a_list(text: str, token: Token) -> bool:
    return text[: token.start].endswith((", ", " and ", " or ")) or text.startswith(
        (",", " and ", " or "), token.start + len(token.text)
    )


def _certain(stated: Sequence[Token], statement: str, said: Sequence[Token], sentence: str) -> Iterator[str]:
    """Told as a fact what the source holds possible or planned: the same three words, without its "may"."""
    for pattern, enough in ((_MAYBE, _DOUBT), (_PLANNED, _OPEN)):
        if not (found := pattern.search(sentence)) or enough.search(statement):
            continue
        before = {token.key for token in [token for token in said if token.start < found.start()][-2:]}
        after = [token.key for token in said if token.start >= found.end()][:2]
        for index in range(1, len(stated) - 1):
            follows = len(after) == 2 and [stated[index].key, stated[index + 1].key] == after
            if follows and before & {token.key for token in stated[max(0, index - 3) : index]}:
                yield f"the source says “{found.group()} {stated[index].text}”"
