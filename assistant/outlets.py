"""The outlets that a question names as its sources: "according to UNN", "what did the Guardian write", "on bbc.co.uk".

Only outlets that the library holds are looked for, by their name, their domains and their initials. An outlet is a
subject as often as a source, so a name alone decides nothing; a frame around it must ask for its words ("according to
…", "did … report", "articles from …", "…'s coverage"), hint at them ("told …", "an interview with …"), or leave them
out ("not from …"). "Time" and "Nature" are words first: one plain word counts only with its capital, and not where that
may be the sentence's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final, Literal

from anyascii import anyascii

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


Does = Literal["only", "without", "preferred"]


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
    sure: bool


def read_outlets(question: str, outlets: Sequence[Outlet]) -> ReadOutlets:
    """The outlets among ``outlets`` that ``question`` asks, leaves out or hints at. Raises nothing."""
    if not outlets or len(question) > LONGEST:
        return ReadOutlets(rest=question)
    mentions = list(_mentions(question, _forms_of(tuple(outlets))))
    claims = list(_claims(_masked(question, mentions), mentions)) if mentions else []
    named = {does: {name for own, names, _ in claims if own == does for name in names} for does in _ALL}
    only = named["only"] - named["without"]
    without = set() if only else named["without"]
    preferred = named["preferred"] - named["only"] - named["without"]
    used = [(does, span) for does, _, span in claims if does == "only" or (without if does == "without" else preferred)]
    order = [outlet.name for outlet in outlets]
    return ReadOutlets(
        only=tuple(name for name in order if name in only),
        without=tuple(name for name in order if name in without),
        preferred=tuple(name for name in order if name in preferred),
        words=tuple(question[start:end].strip(" ,.;:?!()") for _, (start, end) in sorted(used, key=lambda u: u[1])),
        rest=_without(question, sorted(span for does, span in used if does != "preferred")),
    )


# -- what outlets are called, and where they stand

_ALL: Final[tuple[Does, ...]] = ("only", "without", "preferred")
_WORD = re.compile(r"[^\W_]+")
_SECTION = re.compile(r"\s*(?:,\s|[|–—]|\s-\s)")
"""What parts an outlet from its section: "Starter Library, Space desk"."""
_LONGEST = 7
"""Words of a name."""
_SURE, _PLAIN, _FILL = "\ue000\ue001\ue002"
"""What stands in the place of a mention while the question is read: a sure one, a plain word, and to its length."""


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
    sure = any(not form.plain for form in fitting)
    return _Mention(article.start() if article and not fitting[0].domain else start, end, names, sure)


def _masked(question: str, mentions: Sequence[_Mention]) -> str:
    text = re.sub("[\ue000-\ue002]", "\ufffd", question)
    # What stands between quotation marks asks nothing.
    text = re.sub(r"\"[^\"]*\"|“[^”]*”|«[^»]*»", lambda quoted: "\ufffd" * len(quoted[0]), text)
    for mention in mentions:
        if "\ufffd" not in text[mention.start : mention.end]:
            place = (_SURE if mention.sure else _PLAIN) + _FILL * (mention.end - mention.start - 1)
            text = text[: mention.start] + place + text[mention.end :]
    return text


# -- what stands around them


_ONE = rf"(?:[{_SURE}{_PLAIN}]{_FILL}*)"
_LIST = rf"(?P<x>(?:both\s+)?{_ONE}(?:(?:\s*,\s*(?:and\s+|or\s+)?|\s+(?:and|or|&)\s+|/){_ONE})*)"
_END = r"(?=\s*(?:\Z|[,.;:?!)\]…–—]))"
_GOES_ON = rf"""(?:{_END}|(?=\s+(?:about|on|of|in|from|at|for|during|after|before|since|until|by|to|as|and|or|but|with
  |when|where|while|who|whom|what|which|why|how|if|that|did|do|does|is|are|was|were|has|have|had|will|would|can|could
  |the|an?|today|yesterday|this|last|published|written)\b))"""
_PRESS = r"(?:articles|reports|reporting|stories|news|coverage|headlines|pieces|publications|magazine|newspaper)"
_PIECE = r"(?:article|report|story|piece|interview|op-?ed|essay|editorial|poll|survey|study|paper|investigation)"
_TELL = r"""(?:write|report|publish|say|cover|note|describe|claim|state|mention|explain|argue|call|quote|cite|put)"""
_TOLD = r"""(?:written|reported|published|said|covered|noted|described|claimed|stated|mentioned|explained|quoted)"""
_TELLS = r"(?:reports|reported|reporting|writes|wrote|notes|noted|states|stated|describes|says|said|claims|claimed)"
_BODIES: Final[tuple[tuple[str, Does], ...]] = (
    (rf"(?:,\s*)?(?:but\s+)?(?:not|never)\s+(?:from|in|by|according\s+to)\s+{_LIST}{_GOES_ON}", "without"),
    (
        rf"""(?:,\s*)?(?:except(?:\s+for)?|excluding|other\s+than|besides|apart\s+from|aside\s+from|ignor(?:e|ing)
            |but\s+not|exclude|without)\s+(?:{_PRESS}\s+)?(?:(?:from|by|in|those\s+(?:of|from|by))\s+)?{_LIST}
            (?:['’]s)?{_GOES_ON}""",
        "without",
    ),
    (rf"(?:sources?\s*[:=]|site\s*:|use\s+only|only\s+use|search)\s*{_LIST}", "only"),
    (
        rf"""(?:according\s+to|as\s+(?:reported|written|published|described|told|stated)\s+(?:by|in|on)|via|per
            |going\s+by|based\s+on)\s+(?:the\s+)?(?:{_PRESS}\s+(?:by|from|in|of|on)\s+)?{_LIST}(?:['’]s?)?
            (?:\s+{_PRESS})?{_GOES_ON}""",
        "only",
    ),
    (
        rf"(?:did|does|do|has|have|had)\s+{_LIST}\s+(?:\w+ly\s+|just\s+)?(?:{_TELL}|{_TOLD})\b(?:\s+about\b)?",
        "only",
    ),
    (
        rf"""(?:tell|told|interviewed\s+by|interviews?\s+(?:with|to|in)|sp(?:oke|eaking)\s+(?:to|with)
            |say\s+(?:on|to)|(?:{_PIECE}|published)\s+(?:[\w'’-]+\s+){{0,2}}?in)\s+{_LIST}""",
        "preferred",
    ),
    (
        rf"""(?:{_PRESS}|anything|everything|{_TOLD}|read)\s+(?:[\w'’-]+\s+){{0,5}}?
            (?P<place>(?:in|from|by|on)\s+{_LIST}){_GOES_ON}""",
        "only",
    ),
    (rf"(?:in|on)\s+(?P<x>[{_SURE}]{_FILL}*){_END}", "only"),
    (rf"(?:(?:as|what)\s+)?{_LIST}\s+(?:(?:has|have|is|are)\s+)?{_TELLS}\b(?:\s+that\b)?", "only"),
    (rf"{_LIST}(?:['’]s?)?\s+(?:\w+\s+)?{_PRESS}\b(?![-\w])(?:\s+(?:about|on|of)\b)?", "only"),
    (rf"{_LIST}(?:['’]s?)?\s+(?:\w+\s+)?{_PIECE}\b", "preferred"),
)
"""What each frame says of the outlets in it; the first that fits a mention decides."""

_FRAMES: Final = tuple((re.compile(rf"(?<![\w'’-]){body}", re.IGNORECASE | re.VERBOSE), does) for body, does in _BODIES)


def _claims(text: str, mentions: Sequence[_Mention]) -> Iterator[tuple[Does, frozenset[str], tuple[int, int]]]:
    """What ``text``, the masked question, does with which outlets, and the span of it that says so."""
    taken: list[tuple[int, int]] = []
    for frame, does in _FRAMES:
        for match in frame.finditer(text):
            start, end = match.span("x")
            if any(low < end and start < high for low, high in taken):
                continue
            taken.append((start, end))
            names = frozenset(name for each in mentions if start <= each.start < end for name in each.names)
            yield does, names, match.span("place") if "place" in frame.groupindex else match.span()


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
