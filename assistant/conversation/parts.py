"""Several questions in one message: each is searched for on its own, and each that has no answer is named.

Questions with a mark of their own are parted by it ("Who won? When was the final?"); the rest is for a chat model
(``assistant/conversation/planning.py``): an "and" says little about whether two things are asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest

from assistant.conversation.follow_up import in_context, leans
from assistant.models.prompt import NO_ANSWER
from vectorstore.messages import Message
from vectorstore.text.splitter import sentences
from vectorstore.types import Match

LONGEST_QUESTION = 500
"""Characters up to which a question is split; what is longer tells a story."""

MOST_PARTS = 4
"""More questions than that at once are searched for as one: each would get two passages of ten."""

_QUOTATION_MARKS = "“”‘’"
_MARKERS = re.compile(r"(?:\s*\[\d+(?:\s*,\s*\d+)*\])+\s*$")
_ASKING = r"(?:who|whom|whose|what|when|where|why|which|how)"
_JOINT = re.compile(rf",?\s+and\s+(?={_ASKING}\b)", re.IGNORECASE)


def split(question: str) -> tuple[str, ...]:
    """The questions that ``question`` puts: those that end with a mark, or begin with an asking word after "and".

    A later one that leans on the first is given it in brackets.
    """
    whole = " ".join(question.split())
    if len(whole) > LONGEST_QUESTION:
        return (question,)
    asked = [whole[start:end] for start, end in sentences(whole)]
    if len(asked) == 1 and re.match(rf"{_ASKING}\b", whole, re.IGNORECASE):
        asked = [f"{part.rstrip('? ')}?" for part in _JOINT.split(whole)]
    if not 1 < len(asked) <= MOST_PARTS or not all(part.endswith("?") for part in asked):
        return (question,)
    first = asked[0]
    return (first, *(in_context(part, first) if leans(part) else part for part in asked[1:]))


def may_have_parts(question: str) -> bool:
    """Whether a model should look: there is more than one mark, or a word that couples."""
    return len(question) <= LONGEST_QUESTION and (
        question.count("?") > 1
        or re.search(r"\b(?:and|or|vs\.?|versus|than|compare\w*|differ\w*|both|each|та|і|й|або)\b", question)
        is not None
    )


def interleaved(rankings: Sequence[Sequence[Match]], k: int) -> list[Match]:
    """The first of each ranking, then the second of each, a passage once, ``k`` in all, ranked anew from 1."""
    rounds = (match for matches in zip_longest(*rankings) for match in matches if match is not None)
    first: dict[tuple[str, int], Match] = {}
    for match in rounds:
        first.setdefault((match.article.id, match.start), match)
    return [replace(match, rank=rank) for rank, match in enumerate(list(first.values())[:k], start=1)]


def places(found: Sequence[Match], matches: Sequence[Match]) -> list[int]:
    """Where among ``matches`` the passages of ``found`` are, in the order of ``found``; wider ones hold them, too."""
    holding = (
        place
        for one in found
        for place, match in enumerate(matches)
        if match.article.id == one.article.id and match.start <= one.start and one.end <= match.end
    )
    return list(dict.fromkeys(holding))


def one_after_the_other(
    write: Callable[[str, Sequence[Match]], Iterator[str]],
    parts: Sequence[tuple[str, Sequence[int]]],
    matches: Sequence[Match],
    not_held: list[str],
) -> Iterator[str]:
    """What ``write`` says to each part from its own passages, in one text whose markers number ``matches``.

    ``parts`` are questions, each with the places of its passages. ``write`` yields whole statements that end with
    their markers, and white space between them; ``NO_ANSWER`` alone where it has none, and the part is then added to
    ``not_held``, as a sentence. What an earlier part has said is not said again.
    """
    said = ""
    for question, own in parts:
        space = "\n\n" if said else ""
        for piece in write(question, [matches[place] for place in own]):
            if piece == NO_ANSWER:
                not_held.append(Message("No answer was found to “{question}”.", question=question))
                continue
            if piece.isspace():
                space = space or piece
                continue
            begin = markers.start() if (markers := _MARKERS.search(piece)) else len(piece)
            words = piece[:begin]
            if _quoted(words) in said:
                continue
            yield space + words + _renumbered(piece[begin:], own)
            said, space = f"{said}{words}\n", ""
    if not said:
        yield NO_ANSWER


def _renumbered(markers: str, own: Sequence[int]) -> str:
    return re.sub(r"\d+", lambda number: str(own[int(number.group()) - 1] + 1), markers)


def _quoted(words: str) -> str:
    """The quotation in a statement, without who says it."""
    marks = [place for place, character in enumerate(words) if character in _QUOTATION_MARKS]
    return words[marks[0] + 1 : marks[-1]] if len(marks) > 1 else words
