"""Titles: of texts that have none, and of pages whose title names the site as well."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from vectorstore.text.boilerplate import is_boilerplate

LONGEST_TITLE = 90
"""Characters of a title made from the text; what fits one line of a result list."""

SHORTEST_TITLE = 25
"""Characters below which a clause says too little to stand as a title."""

LONGEST_CREDIT = 200
"""Characters of a line that may be a credit or a note; a longer one is a paragraph that mentions such."""

_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof gen lt col sgt capt maj adm gov sen rep pres st no vol inc ltd co corp jr sr vs etc "
    "jan feb mar apr jun jul aug sep sept oct nov dec approx dept fig al".split()
)
# What can follow a title's end: whatever opens a clause that the title can do without.
_CLAUSE_OPENERS = frozenset(
    "after although amid as because before but despite following if once saying since so though unless until when "
    "whereas where which while who whose according".split()
)
# "… met with his counterpart | to discuss …" may be cut; "… agreed to | send …" may not.
_NEEDS_INFINITIVE = frozenset(
    "able about agree agrees aim aims am are ask asks attempt attempts be began begin begins can continue continues "
    "decide decides due expect expects fail fails forced going had has have help helps hope hopes how intend intends "
    "is likely manage manages need needs offer offers order orders ought plan plans prepare prepares promise promises "
    "ready refuse refuses seek seeks set start starts threaten threatens tries try unable unlikely urge urges used "
    "vow vows want wants was were what where whether willing".split()
)
_NOT_A_VERB = frozenset(
    "a all an and any both each every her his its me my no our some that the their them these this those us "
    "what which whom you your".split()
)
# Without a verb a clause is only its subject: "The two final candidates in the race".
_VERBS = frozenset(
    "am are became began begins broke brought built came can chose could cut did do does drew fell felt found gave "
    "gets goes got grew had has have held is keeps kept knew leads led left lost made makes may means meets met might "
    "must paid put ran rose said saw says seeks sent set shot shows shut signs sold spent spoke stood struck takes "
    "told took was wants went were will won would wrote".split()
)
# A title may not end in these.
_DANGLING = _CLAUSE_OPENERS | frozenset(
    "a an and are at be been between both by can could did do does for from had has have her his in into is its more "
    "most nor not of off on onto or our over per some such than that the their then there these this those to toward "
    "towards under upon very via was were will with within without would".split()
)
# "With three weeks to go" is no title; "In Kyiv, the ministers met" is one.
_LEAD_INS = frozenset("at by during for from in on over since under with within without".split())
_AGENCIES = r"(?:CNN|AP|AFP|Reuters|UPI|DPA|UNN|Associated Press)"
# "KYIV, Ukraine (AP) — ", "London CNN Business — ", "(Reuters) - ": where it was written, not what happened.
_DATELINE = re.compile(
    rf"(?:[^\n.!?]{{0,50}}?(?:\({_AGENCIES}\)|\b{_AGENCIES}(?:\s[A-Z][a-z]+)?)\s*[-–—]{{1,2}}|\({_AGENCIES}\)"
    r"|[^\W\d_a-z][^\na-z]{2,40}(?:,\s[^\n—–(]{2,30})?\s*[—–]|[A-Z][^\n.!?()]{2,40}\((?:CNN|AP|AFP|Reuters)\))\s+(?=\S)"
)
_SENTENCE_END = re.compile(r"([.!?…]+)([\"'”’»)\]]*)(?=\s|$)|\n{2,}|[。！？]")
_PAIRS = (("“", "”"), ("«", "»"), ("(", ")"), ("[", "]"), ("„", "“"))
_SEPARATOR = re.compile(r"\s+[|–—·•»«:-]\s+|\s*\|\s*")


def derive_title(text: str) -> str:
    """A title for a text that has none: its first sentence, or the part of it that can stand alone.

    At most ``LONGEST_TITLE`` characters. The cut falls before a subordinate clause or an infinitive of purpose when
    one is in reach; a cut anywhere else is between words, leaves no article or preposition dangling, and shows as "…".
    """
    sentence = _first_sentence(text)
    if len(sentence) <= LONGEST_TITLE:
        return sentence
    for end in _clause_ends(sentence):
        clause = sentence[:end].rstrip(" ,;:–—-")
        if _stands_alone(clause):
            return clause
    words = sentence[:LONGEST_TITLE].split(" ")[:-1] or [sentence[: LONGEST_TITLE - 1]]
    while len(words) > 3 and words[-1].strip(",;:–—-“”\"'()").lower() in _DANGLING | {""}:
        words.pop()
    return " ".join(words).rstrip(' ,;:–—-(“"') + "…"


def _first_sentence(text: str) -> str:
    """The first sentence that says something: past boilerplate, a dateline, a byline, a lone name or date."""
    head = text.lstrip()[:3000]
    own = "\n".join(line for line in head.split("\n") if len(line) > LONGEST_CREDIT or not is_boilerplate(line))
    for sentence, complete in _sentences(own.lstrip()):
        if match := _DATELINE.match(sentence):
            sentence = sentence[match.end() :]
        words = [word for word in sentence.split() if word[0].isalpha()]
        names_only = not complete and all(word[0].isupper() for word in words if word != "and")
        unspaced = any("\u3040" <= letter <= "\uffdc" for letter in sentence) and len(sentence) >= 8
        if (len(words) >= 4 or unspaced) and not (names_only and ("," in sentence or " and " in sentence)):
            return sentence
    return " ".join(head.split()).rstrip(".")


def _sentences(head: str) -> Iterator[tuple[str, bool]]:
    """Sentences without their full stop, and whether one ended there: a heading or a name just stops."""
    begin = at = 0
    while match := _SENTENCE_END.search(head, at):
        at = match.end()
        before = head[begin : match.start()].rsplit(None, 1)
        if match[1] == "." and before and _is_abbreviation(before[-1], head[at:]):
            continue
        plain = not match[1] or (match[1] == "." and not match[2])
        yield " ".join(head[begin : match.start() if plain else at].split()), bool(match[1])
        begin = at
    if rest := " ".join(head[begin:].split()):
        yield rest, False


def _is_abbreviation(word: str, after: str) -> bool:
    """Whether the full stop behind ``word`` belongs to it: "Mr.", "U.S.", "J.", or a small letter follows."""
    bare = word.lstrip("(“\"'«").lower()
    follows = after.lstrip()[:1]
    return bare in _ABBREVIATIONS or (len(bare) == 1 and bare.isalpha()) or "." in bare[:-1] or follows.islower()


def _clause_ends(sentence: str) -> Iterator[int]:
    """Where a clause of the sentence ends within ``LONGEST_TITLE``, the longest first."""
    words = [(match.start(), match[0]) for match in re.finditer(r"\S+", sentence[: LONGEST_TITLE + 40])]
    for index in range(len(words) - 2, 0, -1):
        (start, word), (_, following), (_, previous) = words[index], words[index + 1], words[index - 1]
        if start - 1 > LONGEST_TITLE:
            continue
        opener = word.lower().strip(",")
        bare = previous.lower().rstrip(",;:")
        purpose = (
            opener == "to"
            and following[:1].islower()
            and following.strip(",") not in _NOT_A_VERB
            and not following.endswith("ing")
            and bare not in _NEEDS_INFINITIVE
            and not bare.endswith("ed")
        )
        if (
            opener in _CLAUSE_OPENERS
            or purpose
            or (word in ("—", "–", "-") and following not in ("and", "but", "or"))
            or previous.endswith(";")
        ):
            yield start


def _stands_alone(clause: str) -> bool:
    words = clause.split()
    return (
        SHORTEST_TITLE <= len(clause) <= LONGEST_TITLE
        and len(words) >= 4
        and words[-1].lower().strip("“”\"'") not in _DANGLING
        and words[0].lower().strip("“\"'") not in _CLAUSE_OPENERS
        and (words[0].lower() not in _LEAD_INS or "," in clause)
        and any(word in _VERBS or (len(word) > 4 and word.endswith("ed")) for word in words[1:])
        and all(clause.count(left) <= clause.count(right) for left, right in _PAIRS if left != "„")
        and clause.count('"') % 2 == 0
    )


def without_site(title: str, names: Iterable[str | None]) -> str:
    """``title`` without the name of its site at either end: "Storm hits coast | The Daily" → "Storm hits coast".

    ``names`` are what the site is called: its name, its host. Only a part that matches one of them goes.
    """
    known = {key for name in names if name for key in _keys(name)}
    parts = [(match.start(), match.end()) for match in _SEPARATOR.finditer(title)]
    if not parts or not known:
        return title
    start, end = parts[-1]
    if _key(title[end:]) in known and title[:start].strip():
        return without_site(title[:start].strip(), names)
    start, end = parts[0]
    if _key(title[:start]) in known and title[end:].strip():
        return title[end:].strip()
    return title


def host_of(url: str | None) -> str | None:
    """The host of an http(s) address without ``www.``, or ``None``."""
    try:
        parts = urlsplit(url or "")
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    return host.removeprefix("www.")


def _key(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold())).removeprefix("the")


def _keys(name: str) -> set[str]:
    """Spellings of a site's name: "www.bbc.co.uk" is also "bbc", "bbc.co.uk", "BBC News" and "The BBC"."""
    host = (host_of(name) or name).casefold().removeprefix("www.")
    keys = {_key(host)}
    labels = host.split(".")
    if len(labels) > 1 and " " not in host:
        # The label before the public ending; endings of two parts (co.uk, com.au) are short.
        main = labels[-3] if len(labels) > 2 and len(labels[-2]) <= 3 else labels[-2]
        keys |= {_key(main), _key(main) + "news", _key(main) + "com"}
    else:
        keys |= {_key(host) + "news", _key(host) + "com"}
    return {key for key in keys if len(key) > 1}
