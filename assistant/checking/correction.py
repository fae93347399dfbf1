"""What happens to the sentences of a chat model that no source carries: they are corrected, else marked or dropped.

A correction comes with the check (``model_check``). It is checked like any other statement, and takes a
sentence's place only if it is better carried.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant.checking.citations import CitedText
from assistant.checking.support import BARELY, sentences_of
from assistant.language.words import content_words
from assistant.models.outgoing import looks_obeyed
from assistant.types import Statement, Support
from vectorstore.types import Match

PASSAGES = 3
"""Passages beside a sentence that cites none: those with the most of its words."""

_RANK: Mapping[Support, int] = {"unsupported": 0, "unchecked": 1, "partly": 1, "verified": 2}


def mend(cited: CitedText, corrections: Mapping[int, str], matches: Sequence[Match]) -> tuple[CitedText, int]:
    """The text with those ``corrections`` of its unsupported sentences that are better, and how many these are.

    A correction has the place of its sentence among the statements; its markers number the ``matches``. The text that
    comes back is never worse: the other statements are as they were.
    """
    statements = cited.statements()
    better = {
        place: corrections[place]
        for place in unsupported(statements)
        if place in corrections and _is_better(corrections[place], statements[place], matches)
    }
    mended = cited.rewritten(better)
    if not better or _lack(mended.statements()) >= _lack(statements) or len(mended.statements()) < len(statements):
        return cited, 0
    return mended, len(better)


def without_unsupported(cited: CitedText) -> tuple[CitedText, int]:
    """The text without the sentences that no source carries, and how many those were."""
    return _without(cited, unsupported(cited.statements()))


def without_obeyed(cited: CitedText, matches: Sequence[Match]) -> tuple[CitedText, int]:
    """The text without sentences that look like the work of a planted instruction, and how many those were.

    A mistake about the matter is shown, marked, so that its reader can judge it. What no source carries, has hardly a
    word in common with any of the ``matches``, and looks obeyed, is no mistake: to show it is what its author wanted.
    """
    obeyed = [
        place
        for place, each in enumerate(cited.statements())
        if each.support != "verified" and looks_obeyed(each.text) and not _is_of_the_matter(each.text, matches)
    ]
    return _without(cited, obeyed)


def without_repeated(cited: CitedText) -> CitedText:
    """The text of a model that went round in circles, each of its sentences once."""
    texts = [each.text for each in cited.statements()]
    return _without(cited, [place for place, text in enumerate(texts) if text in texts[:place]])[0]


def _without(cited: CitedText, places: Sequence[int]) -> tuple[CitedText, int]:
    return (cited.rewritten(dict.fromkeys(places, "")), len(places)) if places else (cited, 0)


def _is_of_the_matter(text: str, matches: Sequence[Match]) -> bool:
    """Whether one sentence of the passages holds so much of it that it may be a mistake about what is told there.

    Sentences that look like planted instructions tell nothing.
    """
    words = frozenset(content_words(text))
    return any(
        len(sentence.words & words) >= max(2, BARELY * len(words))
        and not looks_obeyed(match.text[sentence.start : sentence.end])
        for match in matches
        for sentence in sentences_of(match.text)
    )


def unsupported(statements: Sequence[Statement]) -> list[int]:
    """Which of them no source carries, by their places."""
    return [place for place, statement in enumerate(statements) if statement.support == "unsupported"]


def nearest(statement: str, matches: Sequence[Match]) -> list[int]:
    """The numbers of the passages that hold the most of the statement's words."""
    words = frozenset(content_words(statement))

    def held(number: int) -> int:
        return len(words & frozenset(content_words(matches[number - 1].text)))

    return sorted(sorted(range(1, len(matches) + 1), key=held, reverse=True)[:PASSAGES])


def _is_better(text: str, statement: Statement, matches: Sequence[Match]) -> bool:
    """Whether ``text`` speaks of the same as ``statement``, and all of it is better carried."""
    made = CitedText.of(text, matches).statements()
    old = frozenset(content_words(statement.text))
    kept = old & frozenset(content_words(" ".join(each.text for each in made)))
    better = bool(made) and all(_RANK[each.support] > _RANK[statement.support] for each in made)
    return better and len(kept) >= BARELY * len(old)


def _lack(statements: Sequence[Statement]) -> int:
    """How much of all of them is not carried: a fault counts against all that is good."""
    return sum(_RANK["verified"] - _RANK[statement.support] for statement in statements)
