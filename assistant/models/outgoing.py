"""What a writer sends on: plain text, with no address, no markup and nothing of its instructions.

A model that obeys an article could put a link or an image into its answer, whose address carries away what it was told.
So nothing that a browser or a reader of Markdown would follow or fetch passes here; links come from the citation list
alone. Both filters read a stream, hold back only what is not certain yet, and give the same text however it was cut.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple
from unicodedata import normalize

from assistant.models.prompt import visible

LONGEST_OPEN = 1000
"""Characters for which an opened tag or link is waited for; one that never ends loses what opened it."""

TELLING_RUN = 8
"""Words in a row that give the instructions away. "The passages do not hold the answer", seven of them, is what an
honest model says; the eighth in the same order does not come by chance."""

SPELT_RUN = 36
"""The same in letters, eight words of them on average, where none of the words has more than three: a prompt that is
written in pieces. No honest answer goes on so long without a longer word, and in the order of the instructions."""

_CODED = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
"""What may be base64, of twelve bytes or more; what is none decodes to text about once in ten thousand such words."""

CITING = (
    r"(?:sources?|passages?|articles?|doc(?:ument)?s?|citations?|cite|ref(?:erence)?s?|notes?|contexts?|results?|id|web"
    r"|джерел[оа]|урив(?:ок|ки)|статт[яі]|quellen?|artikel|fuentes?)"
)
"""Words before the number in a marker: ``[source: 1]``."""

_TARGET = r"\]\((?:[^()]|\([^()]*\))*"
_OPEN = re.compile(
    r"<!--(?!.*-->)|<[a-z/!?][^<>]*$|[\[【［][^\[\]【】［］]*$|"
    rf"\((?:{CITING}[\s:.#]*)?[\d\s,;]*$|" + _TARGET + r"(?:\([^()]*)?$",
    re.IGNORECASE | re.DOTALL,
)
"""The beginning of a tag, of a link, or of what may be a link's text or a marker."""
_ADDRESS = re.compile(
    r"""(?:[\w+.-]{1,40}://[^\s<>"“”«»]*|//[^\s<>"“”«»]+
    |\b(?:javascript|vbscript|mailto|data|blob|cid|about):[^\s<>"“”«»]+
    |\bwww\.[^\s<>"“”«»]+
    |[\w.+-]+@[\w-]+(?:\.[\w-]+)+
    |\b(?:[\w-]+\.)+[a-z]{2,24}(?::\d+)?[/?\#][^\s<>"“”«»]+  # example.org/path
    )(?<![.,;:!?)\]’'*…])""",
    re.IGNORECASE | re.VERBOSE,
)
_LOOKALIKES = str.maketrans(
    "⁄∕⧸╱ꓽ꞉∶։׃ː。܁܂аеорсухіјѕһԁԛԝткαονρικυτ",
    "////::::::...aeopcyxijshdqwtkaovpikut",
)
"""Signs that NFKC leaves as they are and a reader, or a browser's address line, takes for those of an address: slashes,
colons, full stops, small letters of Cyrillic and Greek. From Unicode's confusables.txt (UTS 39)."""
_Steps = Sequence[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]]

_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

_LEADS: _Steps = (
    (re.compile(r"<sup>(\d+)</sup>", re.IGNORECASE), lambda m: m[1].translate(_RAISED)),
    (re.compile(r"<!--.*?-->|</?[a-z][^<>]*>|<[!?][^<>]*>", re.IGNORECASE | re.DOTALL), ""),
    (re.compile(r"<(?=[a-z/!?])", re.IGNORECASE), ""),
    # A link leaves its text; one on numbers stays a marker, also [[1]](…).
    (
        re.compile(r"!?(?:(\[[\d\s,;–-]+|\[\[[\d\s,;–-]+\])|\[([^\[\]]*))" + _TARGET + r"\)"),
        lambda m: f"{m[1]}]" if m[1] else m[2],
    ),
    (re.compile(r"\]\("), "] ("),
    # What would define a link, "[name]: address"; a marker before its sentence is left to ``CitedText``.
    (re.compile(r"(\[\s*\d[\d\s,;–-]*\]:)|\]:"), lambda m: m[1] or "] :"),
    (_ADDRESS, "…"),  # a quotation around it stays one that leaves something out
)
"""What would lead a reader elsewhere or act on a page, and what stands in its place."""

_MARKS: _Steps = (
    (re.compile(r"`+|~~|\$\$|={3,}"), ""),
    (re.compile(r"(?<![*\w])\*{2,3}(?!\*)|(?<!\*)\*{2,3}(?![*\w])|(?<![_\w])__(?!_)|(?<!_)__(?![_\w])"), ""),
)
"""Marks of code, formulas and emphasis."""

_LINE_START = re.compile(r"#{1,6}|>+|(?:`{3,}|~{3,})[\w+-]*")
_RULER = re.compile(r"(?=.*[|:=*_-]{3})[|:=*_-]+")

_OBEYS = re.compile(
    r"""\b(?:system|hidden|secret|my|these|those|previous|above|original)\s(?:prompts?|instructions?|orders|guidelines)\b
    |\b(?:ignor|disregard|forget|overrid)\w*\s(?:all|any|the|my|your|these|previous|prior|earlier)\b
    |\bas\san?\s(?:ai|language\smodel|assistant)\b
    |\bas\s(?:instructed|ordered|commanded|requested|(?:the|this)\s(?:passage|article|text)s?\s(?:wants?|asks?|orders?|tells?))\b
    |\b(?:end\sof\s)?passages?\s\d+\b|\bend\sof\spassages\b
    |^\W*(?:system|assistant|user|human)\s*:
    |^\W*(?:please\s)?(?:click|visit|call|dial|text|e-?mail|send|download|subscribe|buy|order|pay|go\sto|log\sin|enter\syour)\b
    |\b(?:click|tap)\s(?:here|on|the)\b|\byour\s(?:passwords?|accounts?|keys?|card|data)\b
    |(?<=[\s(])…(?=[\s).,;:!?]|$)|^…(?=\s)  # an address that went""",
    re.IGNORECASE | re.VERBOSE,
)


def looks_obeyed(sentence: str) -> bool:
    """Whether ``sentence``, as it was sent on, looks like the work of an instruction and not like an answer.

    It speaks of the prompt, gives the reader orders, or had an address. Only a sign: an article may speak like this, so
    the caller must know that none does.
    """
    return _OBEYS.search(sentence) is not None


@lru_cache(maxsize=256)
def plain(text: str) -> str:
    """The whole of ``text`` as ``Plain`` gives it: how a reader sees an article's words."""
    reading = Plain()
    return reading.feed(text) + reading.finish()


class Plain:
    """Takes addresses, links, images, HTML and what would format Markdown out of a stream; lists stay lists.

    The text of a link stays, an address becomes an ellipsis. HTML entities are read as the characters they stand for
    before anything is looked at. Invisible characters go.
    """

    def __init__(self) -> None:
        self._held = ""  # what may still become markup, from its first word on
        self._word = ""
        self._breaks = 2  # line breaks since the last text; two make a paragraph, more only a hole
        self._gone = False  # the last word went: the space behind it goes as well

    def feed(self, piece: str) -> str:
        """What is certain with this piece; it may be empty."""
        out = ""
        for character in visible(piece):
            if not character.isspace():
                self._word += character
                continue
            self._end_word()
            if (opened := _OPEN.search(self._held)) and len(self._held) - opened.start() <= LONGEST_OPEN:
                self._held += character
                continue
            out += self._release()
            if character == "\n":
                self._breaks += 1
            if self._breaks <= 2 if character == "\n" else not self._gone:
                out += character
            self._gone = False
        return out

    def finish(self) -> str:
        self._end_word()
        return self._release()

    def _end_word(self) -> None:
        self._held += _spelt_out(visible(html.unescape(self._word)) if "&" in self._word else self._word)
        self._word = ""

    def _release(self) -> str:
        held, self._held = self._held, ""
        if not held:
            return ""
        first, *rest = _without(held, _LEADS).split("\n")
        if self._breaks:
            first = _without_line_mark(first)
        elif _RULER.fullmatch(first) and "-" in first:
            first = "–"
        elif not first.strip("#"):  # the sentence behind it may be shown by itself, at the start of a line
            first = ""
        text = _without("\n".join([first, *map(_without_line_mark, rest)]), (*_LEADS, *_MARKS))
        self._gone = not text
        if text:
            self._breaks = 0
        return text


def _spelt_out(word: str) -> str:
    """``word`` with its addresses in plain signs, whatever signs they are written in; the rest of it stays."""
    if word.isascii():
        return word
    signs = [(sign, at) for at, each in enumerate(word) for sign in normalize("NFKC", each).translate(_LOOKALIKES)]
    out, told = "", 0
    for found in _ADDRESS.finditer("".join(sign for sign, _ in signs)):
        start, end = signs[found.start()][1], signs[found.end() - 1][1] + 1
        out += word[told:start] + found[0]
        told = end
    return out + word[told:]


def _without_line_mark(line: str) -> str:
    """A line without what would make it a heading, a quotation, the edge of a code block, a rule or a table."""
    if _RULER.fullmatch("".join(line.split())):
        return ""
    first, _, rest = line.lstrip().partition(" ")
    return _without_line_mark(rest) if _LINE_START.fullmatch(first) else line


def _without(text: str, steps: _Steps) -> str:
    """``text`` after ``steps``, from the first again after each change: what goes may have kept a tag's parts apart."""
    at = 0
    while at < len(steps):
        pattern, by = steps[at]
        changed = pattern.sub(by, text)
        at = at + 1 if changed == text else 0
        text = changed
    return text


class _Word(NamedTuple):
    space: str
    text: str
    keys: list[str]

    def gone(self) -> _Word:
        return self._replace(space="\n" if "\n" in self.space else "", text="")


class Unprompted:
    """Takes the instructions of a request out of the answer to it: runs of their words, and its boundary.

    ``rules`` are the words that nobody is to read, ``boundary`` is the request's random mark. Passages may be quoted,
    the boundary's lines may not. The words are known also in other signs for the same letters, in pieces with
    spaces between, and in base64, in which no answer is written. Who makes a model translate or scramble them gets them
    past this; they hold no secret.
    """

    def __init__(self, rules: str, boundary: str) -> None:
        self._letters = "".join(_keys(rules))
        self._mark = boundary.strip("= \n").casefold()
        self._space = ""
        self._word = ""
        self._held: list[_Word] = []
        self._numbering = False  # in the rest of a boundary's line

    def feed(self, piece: str) -> str:
        """What is certain with this piece; it may be empty."""
        out = ""
        for character in piece:
            if not character.isspace():
                self._word += character
                continue
            if self._word:
                out += self._take()
            self._space += character
        return out

    def finish(self) -> str:
        """The rest. A run that was too short to tell is part of the answer."""
        rest = self._take() if self._word else ""
        return rest + "".join(word.space + word.text for word in self._held) + self._space

    def _take(self) -> str:
        word = _Word(self._space, self._word, _keys(self._word))
        self._space = self._word = ""
        self._numbering = self._mark in word.text.casefold() or (self._numbering and "\n" not in word.space)
        if self._numbering or _is_coded_text(word.text):
            word = word.gone()._replace(keys=[])
        self._held.append(word)
        released = ""
        while "".join(key for held in self._held for key in held.keys) not in self._letters:
            first = self._held.pop(0)
            released += first.space + first.text
        # What is held back now follows upon one another in the instructions: it goes where it is too long for chance.
        lengths = [len(key) for held in self._held for key in held.keys]
        if len(lengths) >= TELLING_RUN if max(lengths, default=0) > 3 else sum(lengths) >= SPELT_RUN:
            self._held = [held.gone() for held in self._held]
        return released


def _keys(text: str) -> list[str]:
    return re.findall(r"\w+", normalize("NFKC", text).casefold().translate(_LOOKALIKES))


def _is_coded_text(word: str) -> bool:
    """Whether there is base64 in it that decodes to words, wherever in it they begin."""
    for found in _CODED.finditer(word):
        letters = found[0].rstrip("=").replace("-", "+").replace("_", "/")
        for skipped in range(4):
            decoded = base64.b64decode(letters[skipped : skipped + (len(letters) - skipped) // 4 * 4])
            if len(decoded) >= 12 and decoded.isascii() and decoded.decode().replace("\n", " ").isprintable():
                return True
    return False
