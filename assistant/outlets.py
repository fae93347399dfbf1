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
from itertools import pairwise
from typing import Final

from anyascii import anyascii

from assistant.reader import reader
from assistant.words import STOP_WORDS, question_words
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


@dataclass(frozen=True, slots=True)
class _Form:
    """One way to write an outlet."""

    name: str
    plain: bool = False
    """One word in small letters but for its first: "Nature"."""
    with_article: bool = False
    """"The Hill", never "Hill"."""
    domain: bool = False


@dataclass(frozen=True, slots=True)
class _Mention:
    start: int
    end: int
    names: frozenset[str]


def read_outlets(question: str, outlets: Sequence[Outlet]) -> ReadOutlets:
    """The outlets among ``outlets`` that ``question`` asks, leaves out or hints at. Raises nothing."""
    if not outlets or len(question) > LONGEST:
        return ReadOutlets(rest=question)
    mentions = list(_mentions(question, _forms_of(tuple(outlets))))
    claims = list(_claims(question, mentions))
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

_ALL: Final = ("only", "without", "preferred")
_WORD = re.compile(r"[^\W_]+")
_SECTION = re.compile(r"\s*(?:,\s|[|–—]|\s-\s)")
"""What parts an outlet from its section: "Starter Library, Space desk"."""
_LONGEST = 7
"""Words of a name."""


def _key(text: str) -> str:
    """Words run together in Latin letters, with those alike in which transliterations differ."""
    return re.sub("i+", "i", re.sub("[yj]", "i", "".join(_WORD.findall(anyascii(text).casefold()))))


@lru_cache(maxsize=4)
def _forms_of(outlets: tuple[Outlet, ...]) -> dict[str, tuple[_Form, ...]]:
    """Every way to write one of ``outlets``. Cached: a library has one set of outlets until it changes."""
    made: dict[str, tuple[_Form, ...]] = {}
    for outlet in outlets:
        for text, form in _forms(outlet):
            made[_key(text)] = (*made.get(_key(text), ()), form)
    return made


def _forms(outlet: Outlet) -> Iterator[tuple[str, _Form]]:
    labels = {domain.split(".")[-2 if domain.count(".") == 1 else 0] for domain in outlet.domains if "." in domain}
    for domain in outlet.domains:
        yield domain, _Form(outlet.name, domain=True)
    if outlet.name.casefold() in outlet.domains or re.fullmatch(r"(?:[\w-]+\.)+[a-z]{2,}", outlet.name):
        label = outlet.name.split(".")[0]
        yield label, _Form(outlet.name)
        if label.startswith("the") and len(label) > 6:
            yield label[3:], _Form(outlet.name, with_article=True)
        return
    for head in dict.fromkeys((outlet.name, _SECTION.split(outlet.name, maxsplit=1)[0])):
        words = _WORD.findall(head)
        article = len(words) > 1 and words[0].casefold() == "the"
        words = words[1:] if article else words
        if len(words) > 1 and words[-1] in ("News", "Magazine", "Agency"):
            yield words[0] if len(words) == 2 else " ".join(words[:-1]), _Form(outlet.name)
        plain = len(words) == 1 and words[0][1:].islower()
        plain = plain or (len(words) == 1 and words[0].isupper() and len(words[0]) > 3)  # TIME
        yield " ".join(words), _Form(outlet.name, plain, article and len(words) == 1)
        initials = "".join(word[0] for word in words)
        if len(words) > 1 and (len(initials) > 2 or any(label.startswith(initials.casefold()) for label in labels)):
            yield initials, _Form(outlet.name)


def _mentions(question: str, forms: dict[str, tuple[_Form, ...]]) -> Iterator[_Mention]:
    """The outlets in ``question``, from left to right; of two that overlap the longer."""
    tokens = list(_WORD.finditer(question))
    at = 0
    while at < len(tokens):
        for count in range(min(_LONGEST, len(tokens) - at), 0, -1):
            run = tokens[at : at + count]
            gaps = [question[one.end() : other.start()] for one, other in pairwise(run)]
            if all(re.fullmatch(r"\s+(?:&\s+)?|[-.'’&]", gap) for gap in gaps) and (
                mention := _mention(question, run, gaps, forms.get(_key("".join(t[0] for t in run)), ()))
            ):
                yield mention
                at += count
                break
        else:
            at += 1


def _mention(
    question: str, run: Sequence[re.Match[str]], gaps: Sequence[str], forms: Sequence[_Form]
) -> _Mention | None:
    start, end = run[0].start(), run[-1].end()
    if not forms or question[start - 1 : start] in ("@", "-", "/", "#", ".") or re.match(r"[-@/]\w", question[end:]):
        return None
    article = re.search(r"\b[Tt]he\s+\Z", question[:start])
    written = "".join(token[0] for token in run)
    alone = re.search(r"(?:\A|[.?!:;…]\s)[\s(\[\"“‘']*\Z", question[:start]) is not None
    fitting = []
    for form in forms:
        typed = written.islower() and not form.domain
        if form.domain != (bool(gaps) and set(gaps) == {"."}) or (form.with_article and not article):
            continue
        if typed and ((form.plain and not article) or written in STOP_WORDS or (len(run) == 1 and len(written) < 3)):
            continue
        if form.plain and not (written[0].isupper() or article):
            continue
        if len(run) == 1 and form.plain and alone and not article:  # the capital may be the sentence's
            continue
        fitting.append(form)
    if not fitting:
        return None
    names = frozenset(form.name for form in fitting)
    return _Mention(article.start() if article and not fitting[0].domain else start, end, names)


# -- what they do there

_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|«[^»]*»")
"""What stands between quotation marks asks nothing."""
_LED = re.compile(
    r"""(?:,\s*)?\(?\s*(?:(?:but\s+)?(?:not|never|except|excluding|besides|other\s+than|apart\s+from)\s+)?
        (?:according\s+to|as\s+(?:reported|written|told|stated)\s+(?:by|in|on)|via|per|from|in|on|by)\s+(?:the\s+)?\Z""",
    re.IGNORECASE | re.VERBOSE,
)
_LISTED = re.compile(r"\s*(?:,\s*(?:and\s+|or\s+)?|\s(?:and|or|&)\s+|/)(?:the\s+)?\Z", re.IGNORECASE)


def _claims(question: str, mentions: Sequence[_Mention]) -> Iterator[tuple[str, frozenset[str], tuple[int, int], bool]]:
    """What ``question`` does with which outlets, the span that says so, and whether that says nothing else."""
    quoted = [match.span() for match in _QUOTED.finditer(question)]
    before, led = 0, False
    for mention in mentions:
        if any(start < mention.end and mention.start < end for start, end in quoted):
            continue
        begin = mention.start
        if before and (joint := _LISTED.fullmatch(question, before, begin)):
            begin = joint.start()
        elif lead := _LED.search(question[:begin]):
            begin, led = lead.start(), True
        else:
            led = False
        before = mention.end
        closed = question[before : before + 1] == ")" and "(" in question[begin : mention.start]
        role = reader().outlet_role(question, question[mention.start : mention.end])
        if role != "subject":
            yield role, mention.names, (begin, before + closed), led


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
