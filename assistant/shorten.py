"""The clause of a long sentence that answers.

Cuts only at the ends and only what hangs on: a relative clause, a participle, a second main clause behind a semicolon.
What changes the meaning of the rest stays: conditions, denials, and who says so. The words kept are one span of the
article, so that the quotation stays one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator

from assistant.families import content_families

LONG = 25
"""Words from which a sentence is shortened. Of SQuAD's answering sentences a third are longer."""

FEWEST_KEPT = 8
"""Words that a clause must have to stand alone."""

_HANGS_BEHIND = re.compile(
    r"(?P<cut> [–—] |; |, (?:and|but) (?=(?:he|she|it|they) \w+)"
    r"|, (?:which|who|whose|where|while|whereas|adding|making|leaving|giving|bringing|with|after"
    r"|before|when|as(?! well)|so|following)\b)"
)
_BEARS_MEANING = re.compile(
    r"\b(?:if|unless|not|no|none|nobody|nothing|never|n[’']t|deni\w+|only|provided|except|without|until|but|however|although|though|despite"
    r"|said|says|say|told|according|reported|reportedly|alleged\w*|claim\w*|estimat\w*|believ\w*|expect\w*|warn\w*"
    r"|announced|may|might|could|would|should|unclear|wrong|false|correct\w*|instead|rather)\b",
    re.IGNORECASE,
)
_QUOTES = re.compile('["“”„«»]')


def clause(
    text: str, start: int, end: int, needed: Collection[str], holds_answer: Callable[[str], bool]
) -> tuple[int, int]:
    """The span inside ``text[start:end]`` that answers: the whole sentence, or its beginning.

    What is cut holds no word of ``needed`` (families of words) that the rest does not hold too, and nothing that
    ``holds_answer`` takes for an answer.
    """
    sentence = text[start:end]
    if len(sentence.split()) < LONG or _QUOTES.search(sentence):
        return start, end
    wanted = frozenset(needed) & content_families(sentence)
    finish = len(sentence)
    for place in _tails(sentence):
        if _may_go(sentence[place:finish], sentence[:place], wanted) and not holds_answer(sentence[place:finish]):
            finish = place
    return start, start + finish


def _tails(sentence: str) -> Iterator[int]:
    """Where something hangs on behind, the last first."""
    yield from reversed([match.start("cut") for match in _HANGS_BEHIND.finditer(sentence)])


def _may_go(cut: str, kept: str, wanted: frozenset[str]) -> bool:
    return (
        len(kept.split()) >= FEWEST_KEPT
        and wanted <= content_families(kept)
        and not _BEARS_MEANING.search(cut)
        and kept.count("(") == kept.count(")")
    )
