"""The outlets that a question names as its sources: "according to UNN", "what did the Guardian write", "on bbc.co.uk".

Only outlets that the library holds are looked for, by their name, their domains and their initials. An outlet is a
subject as often as a source: the reader judges whether its articles are asked for ("did … report"), left out ("not from
…") or hinted at ("told …"). "Time" and "Nature" are words first: one plain word counts only with its capital, and not
where that may be the sentence's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from anyascii import anyascii

from assistant.language.words import STOP_WORDS, question_words
from assistant.reader import reader
from vectorstore.types import Outlet

LONGEST = 1_000
"""Characters of a question that may name its sources; a longer one tells a story."""


@dataclass(frozen=True, slots=True)
class ReadOutlets:
    """What a question says of its sources; outlets by their names as stored, in the order of the library."""

    only: tuple[str, ...] = ()
    """The outlets that it asks; empty: no limit."""
    without: tuple[str, ...] = ()
    """The outlets that it leaves out; never together with ``only``."""
    preferred: tuple[str, ...] = ()
    """The outlets that it hints at."""
    words: tuple[str, ...] = ()
    """The words of the question that all this came from, verbatim, in their order."""
    rest: str = ""
    """The question without the words that only name a source; the whole of it where nothing would be left."""


def read_outlets(question: str, outlets: Sequence[Outlet]) -> ReadOutlets:
    """The outlets among ``outlets`` that ``question`` asks, leaves out or hints at. Raises nothing."""
    if not outlets or len(question) > LONGEST:
        return ReadOutlets(rest=question)
    masked = _QUOTED.sub(lambda quoted: "\ufffd" * len(quoted[0]), question)
    claims = list(_claims(question, _mentions(masked, _forms_of(tuple(outlets)))))
    named = {does: {name for own, names, _, _ in claims if own == does for name in names} for does in _ALL}
    only = named["only"] - named["without"]
    without = set() if only else named["without"]
    preferred = named["preferred"] - named["only"] - named["without"]
    used = [claim for claim in claims if claim[0] == "only" or (without if claim[0] == "without" else preferred)]
    order = [outlet.name for outlet in outlets]
    return ReadOutlets(
        only=tuple(name for name in order if name in only),
        without=tuple(name for name in order if name in without),
        preferred=tuple(name for name in order if name in preferred),
        words=tuple(question[start:end].strip(" ,.;:?!()") for _, _, (start, end), _ in used),
        rest=_without(question, [span for does, _, span, led in used if led and does != "preferred"]),
    )


# -- what outlets are called, and where they stand

_Mention = tuple[int, int, frozenset[str]]
"""Start, end, and the names of the outlets that may be meant."""
_ALL: Final = ("only", "without", "preferred")
_WORD = re.compile(r"[^\W_]+")
_SECTION = re.compile(r"\s*(?:,\s|[|–—]|\s-\s)")
"""What parts an outlet from its section: "Starter Library, Space desk"."""
_LONGEST = 7
"""Words of a name."""
_NAME = re.compile(r"[^\W_]+(?:(?:\s+(?:&\s+)?|[-.'’&])[^\W_]+)*")
_OPENING = re.compile(r"(?:\A|[.?!:;…]\s)[\s(\[\"“‘']*\Z")
"""Before the first word of a sentence, whose capital says nothing."""


def _key(text: str) -> str:
    """Words run together in Latin letters, with those alike in which transliterations differ."""
    return re.sub("i+", "i", re.sub("[yj]", "i", "".join(_WORD.findall(anyascii(text).casefold()))))


@lru_cache(maxsize=4)
def _forms_of(outlets: tuple[Outlet, ...]) -> dict[str, dict[str, bool]]:
    """Every way to write one of ``outlets``: whom it names, and whether it is a word first, like "Nature" and "Time".

    Cached: a library has one set of outlets until it changes.
    """
    made: dict[str, dict[str, bool]] = {}
    for outlet in outlets:
        for text, is_word in _forms(outlet):
            made.setdefault(_key(text), {})[outlet.name] = is_word
    return made


def _forms(outlet: Outlet) -> Iterator[tuple[str, bool]]:
    labels = {domain.split(".")[-2 if domain.count(".") == 1 else 0] for domain in outlet.domains if "." in domain}
    yield from ((domain, False) for domain in outlet.domains)
    if outlet.name.casefold() in outlet.domains or re.fullmatch(r"(?:[\w-]+\.)+[a-z]{2,}", outlet.name):
        label = outlet.name.split(".")[0]
        yield label, False
        if label.startswith("the") and len(label) > 6:
            yield label[3:], True
        return
    for head in dict.fromkeys((outlet.name, _SECTION.split(outlet.name, maxsplit=1)[0])):
        words = _WORD.findall(head)
        words = words[1:] if len(words) > 1 and words[0].casefold() == "the" else words
        if len(words) > 1 and words[-1] in ("News", "Magazine", "Agency"):
            yield " ".join(words[:-1]), False
        yield " ".join(words), len(words) == 1 and (words[0][1:].islower() or len(words[0]) > 3)
        initials = "".join(word[0] for word in words)
        if len(words) > 1 and (len(initials) > 2 or any(label.startswith(initials.casefold()) for label in labels)):
            yield initials, False


def _mentions(question: str, forms: dict[str, dict[str, bool]]) -> Iterator[_Mention]:
    """The outlets in ``question``, from left to right; of two that overlap the longer."""
    tokens = list(_WORD.finditer(question))
    at = 0
    while at < len(tokens):
        start, count = tokens[at].start(), 1
        in_address = question[start - 1 : start] in ("@", "-", "/", "#", ".")
        for more in () if in_address else range(min(_LONGEST, len(tokens) - at), 0, -1):
            end = tokens[at + more - 1].end()
            written = question[start:end]
            named = forms.get(_key(written)) if _NAME.fullmatch(written) else None
            if not named or re.match(r"[-@/]\w", question[end:]):
                continue
            article = re.search(r"\b[Tt]he\s+\Z", question[:start])
            small = written.islower()
            marked = article or not (small or _OPENING.search(question[:start]))
            if small and (written in STOP_WORDS or len(written) < 3):
                continue
            if names := frozenset(name for name, is_word in named.items() if marked or not is_word):
                yield article.start() if article and "." not in written else start, end, names
                count = more
                break
        at += count


# -- what they do there

_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|«[^»]*»")
"""What stands between quotation marks asks nothing."""
_LED = re.compile(
    r"""(?:,\s*)?(?P<without>(?:but\s+)?(?:not|never|except|excluding|besides|other\s+than|apart\s+from)\s+)?
        (?:(?P<only>according\s+to|as\s+(?:reported|written|told|stated)\s+(?:by|in|on)|via|per)|from|in|on|by)?\s*
        (?:the\s+)?\Z""",
    re.IGNORECASE | re.VERBOSE,
)
_LISTED = re.compile(r"\s*(?:,\s*(?:and\s+|or\s+)?|\s(?:and|or|&)\s+|/)(?:the\s+)?\Z", re.IGNORECASE)


def _claims(question: str, mentions: Iterable[_Mention]) -> Iterator[tuple[str, frozenset[str], tuple[int, int], bool]]:
    """What ``question`` does with which outlets, the span that says so, and whether that says nothing else."""
    before, led, said, does = 0, False, "", ""
    for start, end, names in mentions:
        begin = start
        if before and (joint := _LISTED.fullmatch(question, before, start)):
            begin, said = joint.start(), does
        elif (lead := _LED.search(question[:start])) and lead[0].strip(" ,"):
            begin, led, said = lead.start(), True, "without" if lead["without"] else "only" if lead["only"] else ""
        else:
            led, said = False, ""
        before = end
        # "According to" and "not from" say it themselves; the rest is judged.
        does = said or reader().outlet_role(question, question[start:end])
        if does != "subject":
            yield does, names, (begin, end), led


def _without(question: str, spans: Iterable[tuple[int, int]]) -> str:
    """``question`` without ``spans`` and the punctuation that they leave behind."""
    kept, at = [], 0
    for start, end in spans:
        kept.append(question[at : max(at, start)])
        at = max(at, end)
    if not at:
        return question
    rest = " ".join(" ".join([*kept, question[at:]]).split())
    rest = re.sub(r"\s*,?\s*(?:,\s*)*(?=[?.!])|\A[\s,:;–—-]+|[\s,;:–—-]+\Z", "", re.sub(r"\(\s*\)", "", rest))
    return rest[:1].upper() + rest[1:] if question_words(rest) else question
