"""An article's text into sentences, and sentences into passages.

Both are spans of the stored text, so that a quotation can always be traced to the letter. Together the sentences cover
the text but for the white space between them, and so do the passages: nothing is lost and nothing is repeated.

The boundary rules are our own: of the maintained splitters, sentencex 1.0.32 returns spans that disagree with the
text and panics on a no-break space after an initial, and the trained ones fetch their models from a hub.
"""

from __future__ import annotations

import re

SPLITTER_VERSION = 1
"""Part of a library's identity: passages made by another version are made anew (``assistant rebuild``)."""

PASSAGE_CHARACTERS = 900
"""Aim for a passage. The model reads 256 tokens, about 1,100 characters of English news; what is beyond is not seen."""

LONGEST_SENTENCE = 900
"""A longer run without a boundary (a table, a list without stops) is cut at white space; the model sees it all."""

_CLOSERS = "\"'”’»)]}›"
_OPENERS = "\"'“‘«([{‹„–—-•*"

# A mark that may end a sentence, with the marks that close around it.
_STOP = re.compile(rf"(?:[.!?…]+|[。！？])[{re.escape(_CLOSERS)}]*")

_NEVER_LAST = frozenset(
    # Words whose full stop belongs to them and that are followed by a name or a number.
    """mr mrs ms mx dr prof st rev fr hon gen lt col capt cpt maj cmdr adm sgt cpl pvt gov sen rep pres supt insp
    messrs mme mlle hr vs v vol pp fig figs eq ch sec op cit ca approx dept univ assn bros mt ft
    jan feb mar apr jun jul aug sept sep oct nov dec mon tue tues wed thu thur thurs fri sat sun""".split()
)
_BEFORE_NUMBER = frozenset("no nos art est".split())
"""Words in their own right, too: "No. 7", "Art. IV", but "He said no. Everyone left."; and "3 p.m. EST. The"."""
_NUMBER = re.compile(r"[0-9]|[IVXLC]+\b")
_SOMETIMES_LAST = frozenset(
    # Words whose full stop may also end the sentence: it does when what follows looks like the start of one.
    "inc ltd co corp llc plc jr sr etc al ave blvd rd e.g i.e a.m p.m u.s u.k u.n e.u d.c ph.d b.c a.d".split()
)
_STARTERS = frozenset(
    # After an abbreviation that may end a sentence, a capital alone proves nothing ("U.S. Army"); these words do.
    """the a an this that these those he she it they we i you his her its their our my in on at as by for from with
    and but or if when while after before since although though however meanwhile there here what who why how where
    some many most all no not both another one two three several under according""".split()
)
_DAYS_AND_MONTHS = frozenset(
    """monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december""".split()
)
_LAST_WORD = re.compile(r"[^\s\"'“”‘’«»()\[\]{}–—]+$")
_NEXT_WORD = re.compile(r"[^\W_]+(?:[’'][^\W_]+)?")


def sentences(text: str) -> list[tuple[int, int]]:
    """Spans ``(start, end)`` of the sentences of ``text``, in order, without surrounding white space.

    A blank line always ends a sentence; a single line break does when the line before it ends like a sentence or is
    short like a heading. Every character that is not white space lies in exactly one span.
    """
    spans: list[tuple[int, int]] = []
    for start, end in _paragraphs(text):
        begin = start
        for stop in _STOP.finditer(text, start, end):
            if stop.end() > begin and _ends_sentence(text, stop, end):
                _append(text, begin, stop.end(), spans)
                begin = stop.end()
        _append(text, begin, end, spans)
    return spans


def passages(text: str, *, size: int = PASSAGE_CHARACTERS) -> list[tuple[int, int]]:
    """Spans of passages of at most ``size`` characters (or one sentence), made of whole sentences, in order.

    Neighbouring sentences are joined so that the passages of one article come out about equally long: a short last
    passage would match everything and say little.
    """
    spans = sentences(text)
    if not spans:
        return []
    total = spans[-1][1] - spans[0][0]
    aim = total / max(1, -(-total // size))  # equal shares, none over the size
    made: list[tuple[int, int]] = []
    begin, stop = spans[0]
    for start, end in spans[1:]:
        fits = end - begin <= size
        # Closing here must bring us nearer to the aim than taking the next sentence in.
        nearer = abs(stop - begin - aim) > abs(end - begin - aim)
        if fits and nearer:
            stop = end
        else:
            made.append((begin, stop))
            begin, stop = start, end
    made.append((begin, stop))
    return made


def _paragraphs(text: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    begin = 0
    for newline in re.finditer(r"\n", text):
        if _breaks_at(text, begin, newline.start()):
            spans.append((begin, newline.start()))
            begin = newline.end()
    spans.append((begin, len(text)))
    return spans


def _breaks_at(text: str, begin: int, newline: int) -> bool:
    if text[newline + 1 : newline + 2] in ("\n", ""):
        return True
    line = text[max(begin, text.rfind("\n", 0, newline) + 1) : newline].rstrip()
    if not line:
        return True
    following = text[newline + 1 : newline + 3].lstrip()
    if following[:1] in "•*-–—" and following[:1]:
        return True
    # Text wrapped by hand has long lines that stop in mid-sentence; a heading or a list item is a short one.
    return line[-1] in ".!?…:;。！？" + _CLOSERS or (len(line) < 50 and not following[:1].islower())


def _append(text: str, start: int, end: int, spans: list[tuple[int, int]]) -> None:
    """Adds the span without its white space, cut where it is longer than a passage may be."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    while end - start > LONGEST_SENTENCE:
        cut = _last_space(text, start + LONGEST_SENTENCE // 2, start + LONGEST_SENTENCE)
        spans.append((start, _trimmed_end(text, start, cut)))
        start = cut
        while start < end and text[start].isspace():
            start += 1
    if start < end:
        spans.append((start, end))


def _last_space(text: str, low: int, high: int) -> int:
    for position in range(high, low, -1):
        if text[position].isspace():
            return position
    return high


def _trimmed_end(text: str, start: int, end: int) -> int:
    while end > start + 1 and text[end - 1].isspace():
        end -= 1
    return end


def _ends_sentence(text: str, stop: re.Match[str], end: int) -> bool:
    after = stop.end()
    if after >= end:
        return True
    mark = stop.group()
    if mark[0] in "。！？":
        return True
    if not text[after].isspace():
        return False
    following = after
    while following < end and (text[following].isspace() or text[following] in _OPENERS):
        following += 1
    next_character = text[following] if following < end else ""
    if next_character.islower():
        # "Stop!" he cried; "3 p.m. on Monday"; an ellipsis that goes on.
        return False
    if mark[0] != "." or mark.startswith(".."):
        return True
    if len(mark) > 1:  # a full stop inside closing quotes: nothing abbreviated ends that way
        return True
    return not _is_abbreviation(text, stop.start(), following, end)


def _is_abbreviation(text: str, stop: int, following: int, end: int) -> bool:
    word = _LAST_WORD.search(text, max(0, stop - 40), stop)
    if word is None:
        return False
    before = word.group().lower()
    next_word = _NEXT_WORD.match(text, following, end)
    after = next_word.group() if next_word else ""
    if before in _BEFORE_NUMBER:
        return _NUMBER.match(text, following, end) is not None
    if before in _NEVER_LAST:
        # "It rained on Sun. The" and "he said no. The": a word that starts sentences outweighs the abbreviation.
        return after.lower() not in _STARTERS
    if len(before) == 1 and before.isalpha() and word.group().isupper():
        return after.lower() not in _STARTERS or before == "j"  # an initial: "J. Smith"
    if before in _SOMETIMES_LAST or re.fullmatch(r"(?:[a-z]\.)+[a-z]", before):
        if before in ("a.m", "p.m"):
            zone = len(after) in (2, 3) and after.isupper()
            return zone or after.lower() in _DAYS_AND_MONTHS or after[:1].isdigit()
        return after.lower() not in _STARTERS and after[:1].isalnum()
    return False
