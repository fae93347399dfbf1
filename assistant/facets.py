"""Several questions in one message: each is searched for on its own, and each that has no answer is named.

Questions with a mark of their own are parted by it ("Who won? When was the final?"); the rest is for a chat model,
where there is one: an "and" says little about whether two things are asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest

from assistant.followups import in_context, leans
from assistant.prompt import NO_ANSWER, Message, visible
from assistant.words import content_words, names, numbers
from vectorstore.splitter import sentences
from vectorstore.types import Match

LONGEST_QUESTION = 500
"""Characters up to which a question is split; what is longer tells a story."""

MODEL_SECONDS = 4.0
"""What a chat model may take to split a question; a small one takes one."""

MOST_PARTS = 4
"""More questions than that at once are searched for as one: each would get two passages of ten."""

_TASK = """\
A reader's question may put several questions at once. Split it into questions that can each be searched for alone.

Rules:
1. Each part stands alone: repeat in it the names, places and times that it needs.
2. Add nothing: no name, figure or fact that is not in the question. Do not answer it.
3. A comparison becomes one question for each side.
4. A question about one matter stays one, also when a name or a phrase holds an "and".
5. At most four parts.

Reply with JSON and nothing else: {"questions": ["…"]}"""

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


def request(question: str) -> list[Message]:
    """What a chat model is asked: nothing but the question and the form of the reply."""
    return [Message("system", _TASK), Message("user", visible(question).strip())]


def may_have_parts(question: str) -> bool:
    """Whether a model should look: there is more than one mark, or a word that couples."""
    return len(question) <= LONGEST_QUESTION and (
        question.count("?") > 1
        or re.search(r"\b(?:and|or|vs\.?|versus|than|compare\w*|differ\w*|both|each|та|і|й|або)\b", question)
        is not None
    )


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
    not_held: list[str],
) -> Iterator[str]:
    """What ``write`` says to each part from its own passages, in one text whose markers number ``matches``.

    ``parts`` are questions, each with the places of its passages. ``write`` yields whole statements that end with
    their markers, and white space between them; ``NO_ANSWER`` alone where it has none, and the part is then added to
    ``not_held``. What an earlier part has said is not said again.
    """
    said = ""
    for question, own in parts:
        space = "\n\n" if said else ""
        for piece in write(question, [matches[place] for place in own]):
            if piece == NO_ANSWER:
                not_held.append(question)
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
