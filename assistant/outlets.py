"""The outlets that a question names as its sources: "according to UNN", "what did the Guardian write", "on bbc.co.uk".

English, without a model, and only for outlets that the library holds. An outlet is a subject as often as a source, so a
name alone decides nothing; what stands around it does.

1. **Names.** An outlet goes by its name as stored, its domains, and the usual short forms: without "The", "News" or
   ".com"; initials ("NYT", "WSJ", "LA Times") and blends ("WaPo"); "the Times" and its like by the last word. A name in
   Cyrillic is met by its Latin transliteration, and the other way round.
2. **How it is written.** "Time", "Nature" and "The Hill" are words first: one plain word counts as a name when it has
   its capital and its article, and not where a sentence gives every word a capital. "TechCrunch", "CNN" and names of
   several words are clear by themselves.
3. **What limits**: words that ask what an outlet said ("according to", "as reported by", "did … write", "… reports
   that", "articles from", "…'s coverage of"), and "in" or "on" it where nothing else could be meant. Several outlets in
   a row ("UNN and Reuters") limit together; "other than", "not from" and "except" leave out.
4. **What only prefers**: what others tell as well ("told CNN", "a study published in Nature", "the BBC's report"),
   names among key words ("UNN Umerov"), government offices, and what would limit but for a doubt.
5. **What does neither**: an outlet that is owned, worked for or struck at, and everything else.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from assistant.words import STOP_WORDS, question_words
from vectorstore.types import Outlet


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
    mentions = _mentions(question, _names_of(tuple(outlets))) if outlets else []
    if not mentions:
        return ReadOutlets(rest=question)
    text = _masked(question, mentions)
    found = list(_claims(text, mentions, question))
    limits = [claim for claim in found if claim.does == "only"]
    excluded = {name for claim in found if claim.does == "without" for name in claim.names}
    only = {name for claim in limits for name in claim.names} - excluded
    # A preference for some beside a limit to others says that the limit was not the whole wish.
    preferred = {name for claim in found if claim.does == "prefer" for name in claim.names} - excluded - only
    if only:
        excluded = set()
    used = [claim for claim in found if (claim.does != "without" or excluded) and (claim.does != "prefer" or preferred)]
    order = [outlet.name for outlet in outlets]
    return ReadOutlets(
        only=tuple(name for name in order if name in only),
        without=tuple(name for name in order if name in excluded),
        preferred=tuple(name for name in order if name in preferred),
        words=tuple(question[start:end].strip(" ,.;:?!()") for start, end in _merged(claim.span for claim in used)),
        rest=_without(question, _merged(claim.span for claim in used if claim.does != "prefer")),
    )


# ---- what outlets are called ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Form:
    """One way to write an outlet: its key is the folded words, run together."""

    names: frozenset[str]
    kind: Literal["name", "label", "domain", "initials", "blend", "last word"]
    script: bool
    """Whether it is Cyrillic."""
    words: int
    with_article: bool = False
    """"The Hill", never "Hill"."""
    capitals: bool = False
    """Stored in capitals: "UNN" is also typed "unn"."""
    official: bool = False
    mixed: bool = False
    """Stored with small letters at the start of a word: "Українська правда"."""
    exact: str = ""
    """Folded within its own script."""


_Names = dict[str, tuple[_Form, ...]]
"""From a key to the forms that have it."""

_WORD = re.compile(r"[^\W_]+")
_SITES = frozenset("www www2 m mobile amp edition news en eu us uk web amp".split())
_SUFFIXES = frozenset("com org net co gov edu ac int mil info tv fm io ai".split())
_TAILS = ("news", "magazine", "newspaper", "online", "agency", "website", "com")
_PAPERS = frozenset(
    """times post journal mail telegraph herald tribune globe mirror express chronicle observer gazette standard star
    sun""".split()
)
"""Last words by which a paper is called for short: "the Post"."""
_OFFICIAL = re.compile(r"(?:\A|\.)(?:gov|mil|int|europa\.eu|gouv)(?:\.[a-z]{2})?\Z")
"""Domains of offices and bodies. They speak, and outlets report it: "according to the White House" is no limit."""
_SECTION = re.compile(r"\s*(?:,\s|[|–—]|\s-\s)")
"""What parts an outlet from its section: "Starter Library, Space desk"."""
_LONGEST = 7
"""Words of a name."""
_SURE_LABEL = 5
"""Letters from which a domain's label is met by words written apart: "usatoday" by "USA Today", but "ft" by "FT"."""


@lru_cache(maxsize=4)
def _names_of(outlets: tuple[Outlet, ...]) -> _Names:
    """Every way to write one of ``outlets``. Cached: a library has one set of outlets until it changes."""
    forms: dict[tuple[str, str], _Form] = {}
    for outlet in outlets:
        for key, form in _forms(outlet):
            kind = "name" if form.kind == "label" else form.kind
            same = forms.get((key, kind))
            names = form.names | same.names if same else form.names
            forms[key, kind] = _Form(
                names,
                same.kind if same and same.kind == "name" else form.kind,
                form.script,
                form.words,
                form.with_article and (same is None or same.with_article),
                form.capitals or (same is not None and same.capitals),
                form.official and (same is None or same.official),
                form.mixed or (same is not None and same.mixed),
                form.exact,
            )
    made: dict[str, list[_Form]] = {}
    for (key, _), form in forms.items():
        made.setdefault(key, []).append(form)
    order = ("name", "label", "domain", "initials", "blend", "last word")
    return {key: tuple(sorted(found, key=lambda form: order.index(form.kind))) for key, found in made.items()}


def _forms(outlet: Outlet) -> Iterator[tuple[str, _Form]]:
    official = bool(outlet.domains) and all(_OFFICIAL.search(domain) for domain in outlet.domains)

    def form(
        kind: Literal["name", "label", "domain", "initials", "blend", "last word"], parts: Sequence[str], **more: bool
    ) -> tuple[str, _Form]:
        return _key(parts), _Form(
            frozenset([outlet.name]),
            kind,
            _is_cyrillic("".join(parts)),
            len(parts),
            official=official,
            mixed=kind == "name" and any(part.islower() for part in parts),
            exact="".join(map(_folded, parts)),
            **more,
        )

    domains = set(outlet.domains)
    if re.fullmatch(r"(?:[\w-]+\.)+[a-z]{2,}", outlet.name.casefold()):
        domains.add(outlet.name.casefold())
    labels = set()
    for domain in domains:
        parts = domain.split(".")
        while len(parts) > 2 and parts[0] in _SITES:
            parts = parts[1:]
        yield form("domain", parts)
        label = next((part for part in reversed(parts[:-1]) if part not in _SUFFIXES), parts[0])
        labels.add(label)
        # A label names the outlet when the name itself is the domain, or begins like it: not "medium" for a blog there.
        if len(label) > 1 and (outlet.name.casefold() in domains or _initials(outlet.name) == label):
            yield form(
                "label",
                _WORD.findall(label.removeprefix("the") if len(label) > 6 else label),
                with_article=len(label) > 6 and label.startswith("the"),
            )
            for paper in (*_PAPERS, "news", "press"):
                stem = label.removesuffix(paper)
                if stem != label and 1 < len(stem) <= 3:
                    yield form("initials", [stem if paper == "news" else stem + paper[0]])
    if outlet.name.casefold() in domains:
        return
    whole = _WORD.findall(outlet.name)
    heads = {tuple(whole), tuple(_WORD.findall(_SECTION.split(outlet.name, maxsplit=1)[0]))}
    for head in sorted(heads):
        article = len(head) > 1 and head[0].casefold() == "the"
        parts = list(head[1:] if article else head)
        while parts:
            capitals = len(parts) == 1 and parts[0].isupper() and len(parts[0]) > 2
            yield form("name", parts, with_article=article and len(parts) == 1, capitals=capitals)
            if len(parts) < 2 or parts[-1].casefold() not in _TAILS:
                break
            parts = parts[:-1]
        if len(parts) < 2:
            continue
        initials = "".join(part[0] for part in parts)
        if len(initials) > 2 or any(label.startswith(initials.casefold()) for label in labels):
            yield form("initials", [initials], capitals=len(initials) > 2)
        if len(parts) == 2 and min(map(len, parts)) > 2:
            yield form("blend", [parts[0][:2] + parts[1][:2]])
        if parts[-1].casefold() in _PAPERS:
            yield form("last word", parts[-1:], with_article=True)
            if len(parts) > 2:
                yield form("name", [initials[:-1], parts[-1]])


def _initials(name: str) -> str:
    parts = [part for part in _WORD.findall(name.casefold()) if part != "the"]
    return "".join(part[0] for part in parts) if len(parts) > 1 else "".join(parts)


_LATIN = dict(
    zip(
        "абвгґдеєёжзиіїйклмнопрстуфхцчшщъыьэюяў",
        "a b v g g d e ie e zh z i i i i k l m n o p r s t u f kh ts ch sh shch _ i _ e iu ia u".split(),
        strict=True,
    )
)


def _key(parts: Iterable[str]) -> str:
    """Words run together, in Latin letters, with the letters alike that transliterations differ in."""
    return "".join(_transliterated(_folded(part)) for part in parts)


@lru_cache(maxsize=4096)
def _folded(word: str) -> str:
    word = word.casefold()
    if word.isascii() or _is_cyrillic(word):
        return word
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))


def _transliterated(word: str) -> str:
    latin = "".join(_LATIN.get(c, c) for c in word).replace("_", "") if _is_cyrillic(word) else word
    return re.sub("i{2,}", "i", latin.replace("y", "i").replace("j", "i"))


def _is_cyrillic(text: str) -> bool:
    return any("\u0400" <= character <= "\u04ff" for character in text)


# ---- where they stand in a question ---------------------------------------------------------------------------------


_CLEAR, _PLAIN, _TYPED, _DOUBTED, _LOOSE, _DOMAIN = "\ue000\ue001\ue002\ue003\ue004\ue005"
"""How a name stands there, as the character that stands in its place while the question is read: beyond doubt; one
plain word with a capital; beyond doubt, but in small letters; a capital that may be the sentence's, or no article where
there should be one; one plain word in small letters; a domain."""
_FILL = "\ue00f"
"""Fills its place to its length, so that offsets stay."""
_ABSENT = "\ufffd"

_ARTICLE = re.compile(r"\b[Tt]he\s+(?:(?:magazine|journal|newspaper|daily|broadcaster|outlet|website|site)\s+)?\Z")
_KIND_BEFORE = re.compile(r"\b(?:magazine|journal|newspaper|broadcaster|outlet|website|agency)\s+\Z", re.IGNORECASE)
_KIND_AFTER = re.compile(r"\s+(?:magazine|newspaper|news\s+agency|agency|website|news\s+site)\b")
_GAP = re.compile(r"\s+(?:&\s+)?|[-.'’&]|[!]\s+")
_SENTENCE_START = re.compile(r"(?:\A|[.?!:;…]\s)[\s(\[\"“‘']*\Z")
_QUOTED = re.compile(r"\"([^\"]{0,200})\"|“([^”]{0,200})”|«([^»]{0,200})»|(?<!\w)‘([^’]{0,200})’(?!\w)")


@dataclass(frozen=True, slots=True)
class _Mention:
    start: int
    end: int
    names: frozenset[str]
    manner: str
    official: bool


def _mentions(question: str, names: _Names) -> list[_Mention]:
    """The outlets in ``question``, from left to right; of two that overlap the longer."""
    quoted = [match.span() for match in _QUOTED.finditer(question)]
    tokens = list(_WORD.finditer(question))
    keys = [_key([token[0]]) for token in tokens]
    found: list[_Mention] = []
    at = 0
    while at < len(tokens):
        length = 1
        for count in range(min(_LONGEST, len(tokens) - at), 0, -1):
            mention = _mention(question, tokens[at : at + count], "".join(keys[at : at + count]), names)
            if mention:
                inside = [(start, end) for start, end in quoted if start <= mention.start and mention.end <= end]
                length = count
                if not inside:
                    found.append(mention)
                elif (mention.start, mention.end) == (inside[0][0] + 1, inside[0][1] - 1):
                    found.append(_Mention(*inside[0], mention.names, _CLEAR, mention.official))
                break
        at += length
    return found


def _mention(question: str, tokens: Sequence[re.Match[str]], key: str, names: _Names) -> _Mention | None:
    if key not in names:
        return None
    start, end = tokens[0].start(), tokens[-1].end()
    gaps = [question[one.end() : other.start()] for one, other in pairwise(tokens)]
    if not all(_GAP.fullmatch(gap) for gap in gaps) or question[start - 1 : start] in ("@", "-", "/", "#", "."):
        return None
    if re.match(r"[-@/]\w", question[end:]):
        return None
    words = [token[0] for token in tokens]
    for form in names[key]:
        if manner := _manner(form, question, words, gaps, start, end):
            break
    else:
        return None
    after = _KIND_AFTER.match(question, end)
    before = _ARTICLE.search(question, max(start - 20, 0), start) or _KIND_BEFORE.search(question, 0, start)
    if (after or _KIND_BEFORE.search(question, 0, start)) and manner in (_PLAIN, _DOUBTED):
        manner = _CLEAR
    if after and manner in (_TYPED, _LOOSE):
        manner = _TYPED
    if before and manner != _DOMAIN:
        start = before.start()
    return _Mention(start, after.end() if after else end, form.names, manner, form.official)


def _manner(form: _Form, question: str, words: list[str], gaps: list[str], start: int, end: int) -> str:
    """How ``form`` stands at its place; empty where it does not."""
    written = "".join(words)
    if form.kind == "domain":
        return _DOMAIN if gaps and set(gaps) == {"."} else ""
    if "." in gaps and form.kind == "label":
        return ""
    if form.kind == "label":
        if (len(words) > 1 and len(written) < _SURE_LABEL) or (len(written) < 3 and not written.isupper()):
            return ""
    elif len(words) != form.words:
        return ""
    if _is_cyrillic(written) == form.script and "".join(map(_folded, words)) != form.exact:
        return ""
    if form.kind == "blend":
        return _CLEAR if written[0].isupper() and written[2:3].isupper() and written[1].islower() else ""
    if form.kind == "initials":
        if written.isupper():
            return _CLEAR
        return _TYPED if written.islower() and form.capitals and written not in STOP_WORDS else ""
    article = _ARTICLE.search(question, max(start - 20, 0), start)
    capital = all(not word[0].islower() for word in words)
    if form.kind == "last word":
        return _PLAIN if capital and article and not re.match(r"\s+[A-Z]", question[end:]) else ""
    several = len(words) > 1 or sum(character.isupper() for character in written) > 1
    several = several or any(character.isdigit() for character in written)
    if capital:
        if several and not (form.with_article and not article and len(words) == 1 and not written.isupper()):
            return _CLEAR
        if re.search(r"[A-Z]\w+\s+\Z", question[:start]) and not article and not _follows_start(question, start):
            return ""  # "Michael Bloomberg", "Evening Standard"
        alone = bool(_SENTENCE_START.search(question[:start])) and not article
        return _DOUBTED if alone or (form.with_article and not article) else _PLAIN
    if len(words) == 2 and not written.islower() and not form.mixed:
        return ""  # "the USA today"
    if len(words) > 1 or (form.capitals and written not in STOP_WORDS):
        return _TYPED
    return _LOOSE if not form.with_article or article else ""


def _follows_start(question: str, start: int) -> bool:
    """Whether the word before ``start`` has its capital from the sentence: "Did Reuters …", "In Nature …"."""
    before = question[:start].rstrip()
    first = re.search(r"[^\W_]+\Z", before)
    return first is not None and bool(_SENTENCE_START.search(before[: first.start()]))


def _masked(question: str, mentions: Sequence[_Mention]) -> str:
    """``question`` with a character for each mention, and nothing where something is quoted."""
    text = re.sub("[\ue000-\ue00f]", _ABSENT, question)
    text = _QUOTED.sub(lambda quoted: _ABSENT * len(quoted[0]), text)
    for mention in mentions:
        place = mention.manner + _FILL * (mention.end - mention.start - 1)
        text = text[: mention.start] + place + text[mention.end :]
    return text


# ---- what stands around them ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Claim:
    """What one place in the question says of some outlets."""

    span: tuple[int, int]
    names: frozenset[str]
    does: Literal["only", "without", "prefer"]


def _one_of(manners: str) -> str:
    return rf"(?:[{manners}]{_FILL}*)"


def _list_of(manners: str) -> str:
    one = _one_of(manners)
    return rf"(?P<x>(?:(?:both|either)\s+)?{one}(?:(?:\s*,\s*(?:and\s+|or\s+)?|\s+(?:and|or|&)\s+|/){one}){{0,7}})"


_ANY = _CLEAR + _PLAIN + _TYPED + _DOUBTED + _LOOSE + _DOMAIN
_CAPITAL = _CLEAR + _PLAIN + _DOMAIN
_SURE = _CAPITAL + _TYPED
_FIRM = _CLEAR + _DOMAIN

_END = r"(?=\s*(?:\Z|[,.;:?!)\]…–—])"
_FREE = rf"""{_END}|\s+(?:about|on|regarding|concerning|in|from|at|for|during|after|before|since|until|by|to|as|and|or
  |but|with|when|where|while|who|whom|whose|what|which|why|how|if|that|did|do|does|is|are|was|were|has|have|had|will
  |would|can|could|should|the|an?|today|yesterday|this|last|published|written|say|says|said|reports?|writes?)\b)"""
_PRESS = r"(?:articles|reports|reporting|stories|news|coverage|headlines|reportage|pieces|dispatches|publications)"
_PIECE = r"""(?:article|report|story|piece|investigation|interview|op-?ed|essay|editorial|column|poll|survey
  |study|analysis|review|profile|podcast|documentary)"""
_TOLD = r"""(?:write|report|publish|say|print|cover|note|describe|claim|state|mention|explain|argue|portray|depict
  |characteri[sz]e|summari[sz]e|call|name|quote|cite|count|list|put)"""
_HAS_TOLD = r"""(?:written|reported|published|said|printed|covered|noted|described|claimed|stated|mentioned|explained
  |argued|portrayed|quoted|cited|found|revealed)"""
_TELLS = r"(?:reports|reported|writes|wrote|notes|noted|states|stated|describes|described|says|said|claims|claimed)"
_LATELY = r"(?:(?:just|ever|recently|also|first|actually|already|originally|yesterday|today)\s+)?"
_ARTICLES = r"(?:(?:an?|the|any|some|recent|latest|its|their)\s+)*"

_SELF = re.compile(
    r"""\s+(?:that\s+)?(?:it|they|its|their)\b|[^.?!]*\b(?:its|itself|their\s+own|staff|journalists?|reporters?
      |employees|layoffs?|newsroom|subscribers|paywall)\b""",
    re.VERBOSE,
)
"""What an outlet says of itself, and what is said of it, others tell as well."""
_ACCOUNTS = re.compile(r"\b(?:profits?|loss(?:es)?|revenues?|earnings|sales|income|results)\b")
"""What a company reports: "Reuters reported a profit of …"."""
_CONTENTS = re.compile(
    r"\s+(?:on|about|into)\b.*\b(?:reveal|say|find|conclude|show|claim|recommend|suggest|mean|cause)\b\W*\Z"
)
"""After "did the BBC report": a report by the BBC, which does something."""
_JUDGED = re.compile(
    r"""\b(?:critici[sz]\w+|prais\w+|condemn\w+|bias(?:ed)?|awards?|prizes?|pulitzer|retract\w*|apologi\w+|complain\w*
      |libel\w*|defam\w+|sued?|sues|lawsuit|fined|boycott\w*|plagiari\w+|fabricat\w+|owns?|owned)\b""",
    re.IGNORECASE | re.VERBOSE,
)
"""Where coverage itself is the matter."""
_BOUGHT = re.compile(
    r"""\b(?:stakes?|shares?|invest\w*|interest|jobs?|roles?|trust|confidence|work\w*|employ\w*|layoffs?|cuts|chang\w+
      |happen\w*|paid|salar\w+|career|fired|hired|resign\w*|lef|left|leav\w+|retir\w+|crisis|scandal|bought|sold|sack\w*
      |buil\w+|launch\w*|hack\w*|regist\w+|found\w*|begin|began|start\w*|become|became|debut\w*|appear\w*|star\w*
      |merger|people|journalists?|staff|editor\w*|women|strike\w*|host\w*|own\w*|join\w*|serv\w+|advertis\w*)
      [^.?!]{0,40}\Z""",
    re.IGNORECASE | re.VERBOSE,
)
"""What is done in or at an outlet as a place of work or business."""
_OF_OUTLETS = re.compile(
    r"""\b(?:which|what|how\s+many|name|list|all|every|any)\s+(?:\w+\s+){0,2}?(?:broadcasters?|networks?|newspapers?
      |papers|channels?|companies|company|organi[sz]ations?|websites?|agency|agencies|publishers?|stations?|media|firms?
      |apps?|sites?|magazines?|journals?)\b""",
    re.IGNORECASE | re.VERBOSE,
)
"""A question about outlets, where "except the BBC" is part of what is asked."""
_ASKS = re.compile(
    r"\b(?:who|whom|whose|what|which|where|why|how|when|did|do|does|is|are|was|were|has|have|will|can|said|says)\b",
    re.IGNORECASE,
)


def _frame(body: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w'’-])(?:{body})", re.IGNORECASE | re.VERBOSE)


_AS_SOURCE = _frame(
    rf"""(?:not\s+)?(?:according\s+to|as\s+(?:\w+ly\s+)?(?:reported|written|published|described|told|covered|noted|stated)
      \s+(?:by|in|on)|per|via|based\s+on|going\s+by|in\s+the\s+words\s+of)\s+
      {_ARTICLES}(?:{_PRESS}\s+(?:by|from|in|of|on)\s+)?{_list_of(_ANY)}
      (?:(?:['’]s?)?\s+{_PRESS}(?={_FREE})|{_FREE})"""
)
_MARKED = _frame(rf"(?:sources?\s*[:=]|site\s*:)\s*{_list_of(_ANY)}")
_ONLY = re.compile(
    rf"""(?:\b(?:use|using|search|consult|stick\s+to)\s+(?:only\s+|just\s+)?
      |(?:\A|(?<=[.,;:?!(])\s)\s*(?:only|just)\s+(?:use\s+|from\s+|in\s+)?){_list_of(_SURE)}{_END})""",
    re.IGNORECASE | re.VERBOSE,
)
_DID_TELL = _frame(
    rf"""(?:(?:did|does|do)(?:n['’]t)?\s+{_list_of(_ANY)}\s+{_LATELY}(?P<verb>{_TOLD})\b
      |(?:has|have|had)(?:n['’]t)?\s+{_list_of(_ANY).replace("<x>", "<y>")}\s+{_LATELY}{_HAS_TOLD}\b)(?:\s+about\b)?"""
)
_TELLS_THAT = _frame(
    rf"(?:(?:as|what)\s+)?{_list_of(_SURE + _DOUBTED)}\s+(?:(?:has|have|is|are)\s+)?{_LATELY}"
    rf"(?P<verb>{_TELLS}|reporting|projects|estimates)\b(?:\s+that\b)?"
)
_ITS_COVERAGE = _frame(
    rf"(?:the\s+)?{_list_of(_SURE + _DOUBTED)}(?:['’]s?)?\s+(?:\w+\s+)?(?:{_PRESS}|(?P<piece>{_PIECE}))\b"
    r"(?![-\w])(?:\s+(?:about|on|of)\b)?"
)
_PRESS_FROM = re.compile(
    rf"""\b(?:{_PRESS}|anything|everything|something|information|published|written|reported|printed|said|mentioned
      |described|covered|posted|read|stated|discussed|quoted)\s+(?P<gap>(?:[\w'’-]+\s+){{0,6}}?)
      (?P<place>(?:in|from|by|(?:at|on)(?=\s+{_DOMAIN}))\s+{_list_of(_SURE)}){_FREE}""",
    re.IGNORECASE | re.VERBOSE,
)
_PLACE = _frame(rf"(?P<lead>in|on|at|from)\s+{_list_of(_FIRM)}{_END}|\s+about\b)")
_NOT_FROM = _frame(
    rf"""(?:,\s*)?(?:but\s+)?(?:not|never|nothing)\s+(?:from|in|according\s+to|by(?=\s+{_one_of(_FIRM)}{_END})))\s+
      {_list_of(_SURE)}{_FREE}"""
)
_OTHERS_THAN = re.compile(
    rf"""\b(?:other\s+)?(?:{_PRESS}|sources|outlets|media|anything|articles),?\s+(?:\w+\s+){{0,3}}?
      (?P<place>(?:other\s+than|than|except(?:\s+for)?|excluding|besides|apart\s+from|aside\s+from|but\s+not|without
      |outside(?:\s+of)?)\s+(?:from\s+|by\s+|in\s+|those\s+(?:of|from|by|in)\s+)?{_list_of(_SURE)})(?!['’-]|\s+(?-i:[A-Z]))""",
    re.IGNORECASE | re.VERBOSE,
)
_LEFT_OUT = re.compile(
    rf"""(?:(?<=[,(–—])\s*|\A\s*)(?P<place>(?:except(?:\s+for)?|excluding|ignoring|leaving\s+out|leave\s+out|without
      |other\s+than|apart\s+from|aside\s+from|but\s+not|not|ignore|exclude
      |besides(?=.*\b(?:sources|articles|outlets|reports)\b))\s+(?:(?:{_PRESS}\s+)?(?:from|by|in|of)\s+)?
      {_list_of(_SURE)})(?:\s+{_PRESS})?(?=\s*(?:[,:)]|[).?!]*\s*\Z))""",
    re.IGNORECASE | re.VERBOSE,
)
_HEARD = _frame(
    rf"""(?:told|tell|tells|telling|interviewed\s+(?:by|on)|interviews?\s+(?:with|to|for|in|on|by|published\s+(?:in|by))
      |sp(?:eak|eaking|oke)\s+(?:to|with|on)|talk(?:ed|ing)?\s+(?:to|with)|sa(?:y|ys|id)\s+(?:on|to)|appear\w*\s+on
      |(?:{_PIECE}|paper|research|letter|findings)\s+(?:(?!about\b|on\b)[\w'’-]+\s+){{0,3}}?(?:in|for|by|from))
      \s+{_list_of(_CAPITAL)}(?!['’-]|\s+(?-i:[A-Z]))"""
)


def _claims(text: str, mentions: Sequence[_Mention], question: str) -> Iterator[_Claim]:
    """What ``text``, the masked question, says of each of its mentions; the first frame that fits one decides."""
    taken: list[tuple[int, int]] = []
    for frame, does in (
        (_NOT_FROM, "without"),
        (_OTHERS_THAN, "without"),
        (_LEFT_OUT, "without"),
        (_MARKED, "only"),
        (_ONLY, "only"),
        (_AS_SOURCE, "only"),
        (_DID_TELL, "only"),
        (_HEARD, "prefer"),
        (_TELLS_THAT, "only"),
        (_PRESS_FROM, "only"),
        (_ITS_COVERAGE, "only"),
        (_PLACE, "only"),
    ):
        for match in frame.finditer(text):
            group = "y" if "y" in frame.groupindex and match["y"] else "x"
            names = _named(match.span(group), mentions)
            if not names or any(start < match.end(group) and match.start(group) < end for start, end in taken):
                continue
            verdict = _verdict(frame, match, text, does, match[group])
            if verdict is None:
                taken.append(match.span(group))
                continue
            if verdict == "only" and all(mention.official for mention in mentions if _within(mention, match, group)):
                verdict = "prefer"
            taken.append(match.span(group))
            place = "place" if "place" in frame.groupindex else 0
            yield _Claim(match.span(place), names, verdict)
    yield from _among_key_words(text, mentions, taken, question)


def _within(mention: _Mention, match: re.Match[str], group: str) -> bool:
    return match.start(group) <= mention.start < match.end(group)


def _named(span: tuple[int, int], mentions: Sequence[_Mention]) -> frozenset[str]:
    return frozenset(name for mention in mentions if span[0] <= mention.start < span[1] for name in mention.names)


def _verdict(
    frame: re.Pattern[str], match: re.Match[str], text: str, does: str, manners: str
) -> Literal["only", "without", "prefer"] | None:
    """What a frame that fits does after all; ``None``: nothing."""
    rest = text[match.end() :]
    verb = (match["verb"] or "").casefold() if "verb" in frame.groupindex else ""
    loose, doubted = _LOOSE in manners, _DOUBTED in manners
    if does == "without":
        return None if frame is not _NOT_FROM and _OF_OUTLETS.search(text) else "without"
    if does == "prefer":
        return "prefer"
    if frame is _AS_SOURCE:
        if match[0].lower().startswith("not"):
            return "without"
        if re.match(r"per\b", match[0], re.IGNORECASE) and not set(manners) & {_CLEAR, _DOMAIN, _TYPED}:
            return None
        shared = re.match(rf"\s*(?:,\s*)?(?:and|or)\s+(?:the\s+)?(?:[A-Z]|an?\b|other\b)(?!{_FILL})", rest)
        return "prefer" if shared or loose or doubted else "only"
    if frame is _DID_TELL:
        of_itself = verb in ("report", "") and _ACCOUNTS.search(text)
        if of_itself or (verb == "cover" and not question_words(rest)):
            return None
        if loose or doubted:
            return "only" if verb in ("write", "report", "publish") else None
        return "prefer" if _SELF.match(rest) or (verb == "report" and _CONTENTS.match(rest)) else "only"
    if frame is _TELLS_THAT:
        if _SELF.match(rest) or _ACCOUNTS.search(rest):
            return None
        premise = re.search(r"\.\s+\S", rest) is not None
        unsure = verb in ("projects", "estimates") or (doubted and verb in ("says", "said", "claims", "notes"))
        return "prefer" if premise or unsure else "only"
    if frame is _ITS_COVERAGE:
        if _JUDGED.search(text):
            return None
        return "prefer" if match["piece"] or doubted else "only"
    if frame is _PLACE:
        before = text[: match.start()]
        if _BOUGHT.search(before) or _OF_OUTLETS.search(text):
            return None
        if _DOMAIN not in manners and match["lead"].casefold() != "in":
            return "prefer" if match["lead"].casefold() == "on" else None
        return "only" if question_words(re.sub("[\ue000-\ue00f]+", " ", text)) else None
    if _JUDGED.search(text):
        return None
    if frame is _PRESS_FROM and re.search(r"\babout\b", match["gap"]) and _BOUGHT.search(match["gap"]):
        return "prefer"  # "stories about layoffs in the BBC"
    return "only"


_KEY_NAME = re.compile(
    rf"\A\s*{_list_of(_FIRM)}(?=\s)|(?<=\s){_list_of(_CAPITAL).replace('<x>', '<y>')}\s*\Z",
)
_LABELLED = re.compile(rf"\A\s*{_list_of(_SURE + _DOUBTED)}\s*[:–—]\s")


def _among_key_words(
    text: str, mentions: Sequence[_Mention], taken: Sequence[tuple[int, int]], question: str
) -> Iterator[_Claim]:
    """Names at either end of a heap of key words, or before a colon."""
    keys = () if _ASKS.search(question) or len(question.split()) < 2 else tuple(_KEY_NAME.finditer(text))
    for match in (*_LABELLED.finditer(text), *keys):
        group = "y" if "y" in match.re.groupindex and match["y"] else "x"
        names = _named(match.span(group), mentions)
        if not any(start < match.end(group) and match.start(group) < end for start, end in taken):
            yield _Claim(match.span(group), names, "prefer")


# ---- words ----------------------------------------------------------------------------------------------------------


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    made: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if made and start < made[-1][1]:
            made[-1] = (made[-1][0], max(end, made[-1][1]))
        else:
            made.append((start, end))
    return made


def _without(question: str, spans: Sequence[tuple[int, int]]) -> str:
    """``question`` without ``spans`` and the punctuation that they leave behind."""
    if not spans:
        return question
    kept, at = [], 0
    for start, end in spans:
        kept.append(question[at:start])
        at = end
    rest = " ".join(" ".join([*kept, question[at:]]).split())
    rest = re.sub(r"\(\s*\)", "", rest)
    rest = re.sub(r"\s*,?\s*(?:,\s*)*(?=[?.!])|\A[\s,:;–—-]+|[\s,;:–—-]+\Z", "", rest)
    rest = re.sub(r"\s+,", ",", rest).strip()
    return rest[:1].upper() + rest[1:] if question_words(rest) else question
