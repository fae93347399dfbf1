"""What a writer sends on: plain text, with no address, no markup and nothing of its instructions.

A model that obeys an article could put a link or an image into its answer, whose address carries away what it was told.
So nothing that a browser or a reader of Markdown would follow or fetch passes here; links come from the citation list
alone. Both filters read a stream, hold back only what is not certain yet, and give the same text however it was cut.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple
from unicodedata import normalize

from assistant.prompt import visible

LONGEST_TAG = 2000
"""Characters for which an opened tag or link is waited for; one that never ends loses what opened it."""

LONGEST_LABEL = 300
"""The same for a link's text: after so much it is a bracket like any other."""

TELLING_RUN = 8
"""Words in a row that give the instructions away. "The passages do not hold the answer", seven of them, is what an
honest model says; the eighth in the same order does not come by chance."""

SPELT_RUN = 36
"""The same in letters, eight words of them on average, where none of the words has more than three: a prompt that is
written in pieces. No honest answer goes on so long without a longer word, and in the order of the instructions."""

_CODED = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
"""What may be base64, of twelve bytes or more; what is none decodes to text about once in ten thousand such words."""

_GONE = "…"
"""Stands where an address stood: a quotation around it stays one that leaves something out."""

_TAG = re.compile(r"<!--.*?-->|</?[a-z][^<>]*>|<[!?][^<>]*>", re.IGNORECASE | re.DOTALL)
_TAG_BEGINS = re.compile(r"<(?=[a-z/!?])", re.IGNORECASE)
_OPEN_TAG = re.compile(r"<!--(?!.*-->)|<[a-z/!?][^<>]*$", re.IGNORECASE | re.DOTALL)
_OPEN_LABEL = re.compile(r"\[[^\[\]]*$")
_TARGET = r"\]\((?:[^()]|\([^()]*\))*"
_OPEN_LINK = re.compile(_TARGET + r"(?:\([^()]*)?$")
_LINK = re.compile(r"!?\[([^\[\]]*)" + _TARGET + r"\)")
_LINK_END = re.compile(_TARGET + r"\)")
_DEFINITION = re.compile(r"(\[\s*\d[\d\s,;–-]*\]:)|\]:")
"""What would define a link, "[name]: address"; a marker before its sentence is left to ``CitedText``."""
_NUMBERS = re.compile(r"[\d\s,;–-]+")
_ADDRESS = re.compile(
    r"""[\w+.-]{1,40}://[^\s<>"“”«»]*|//[^\s<>"“”«»]+
    |\b(?:javascript|vbscript|mailto|data|blob|cid|about):[^\s<>"“”«»]+
    |\bwww\.[^\s<>"“”«»]+
    |[\w.+-]+@[\w-]+(?:\.[\w-]+)+
    |\b(?:[\w-]+\.)+[a-z]{2,24}(?::\d+)?[/?\#][^\s<>"“”«»]+  # example.org/path""",
    re.IGNORECASE | re.VERBOSE,
)
_LOOKALIKES = str.maketrans(
    "⁄∕⧸╱ꓽ꞉∶։׃ː。܁܂аеорсухіјѕһԁԛԝткαονρικυτ",
    "////::::::...aeopcyxijshdqwtkaovpikut",
)
"""Signs that NFKC leaves as they are and a reader, or a browser's address line, takes for those of an address: slashes,
colons, full stops, small letters of Cyrillic and Greek. From Unicode's confusables.txt (UTS 39)."""
_TRAILING = re.compile(r"[.,;:!?)\]’'*_…]+$")
_STRONG = re.compile(r"(?<![*\w])\*\*(?!\*)|(?<!\*)\*\*(?![*\w])|(?<![_\w])__(?!_)|(?<!_)__(?![_\w])")
_MARKS = re.compile(r"`+|~~|\$\$|={3,}")
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
    |\b(?:click|tap)\s(?:here|on|the)\b|\byour\s(?:passwords?|accounts?|keys?|card|data)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_ADDRESS_GONE = re.compile(r"(?<=[\s(])…(?=[\s).,;:!?]|$)|^…(?=\s)")


def looks_obeyed(sentence: str) -> bool:
    """Whether ``sentence``, as it was sent on, looks like the work of an instruction and not like an answer.

    It speaks of the prompt, gives the reader orders, or had an address. Only a sign: an article may speak like this, so
    the caller must know that none does.
    """
    return _OBEYS.search(sentence) is not None or _ADDRESS_GONE.search(sentence) is not None


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
        self._new_line = True
        self._breaks = 2  # line breaks since the last text; two make a paragraph, more only a hole
        self._gone = False  # the last word went: the space behind it goes as well

    def feed(self, piece: str) -> str:
        """What is certain with this piece; it may be empty."""
        out: list[str] = []
        for character in visible(piece):
            if not character.isspace():
                self._word += character
                continue
            self._end_word()
            if self._held and _is_open(self._held):
                self._held += character
                continue
            out.append(self._release())
            if character == "\n":
                self._new_line = True
                self._breaks += 1
                if self._breaks <= 2:
                    out.append(character)
            elif not self._gone:
                out.append(character)
            self._gone = False
        return "".join(out)

    def finish(self) -> str:
        """The rest."""
        self._end_word()
        return self._release()

    def _end_word(self) -> None:
        self._held += _spelt_out(visible(html.unescape(self._word)) if "&" in self._word else self._word)
        self._word = ""

    def _release(self) -> str:
        held, self._held = self._held, ""
        if not held:
            return ""
        first, *rest = _without_addresses(held).split("\n")
        if self._new_line:
            first = _without_line_mark(first)
        elif _RULER.fullmatch(first) and "-" in first:
            first = "–"
        elif not first.strip("#"):  # the sentence behind it may be shown by itself, at the start of a line
            first = ""
        text = _without_marks("\n".join([first, *map(_without_line_mark, rest)]))
        self._gone = not text
        if text:
            self._new_line, self._breaks = False, 0
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


def _is_open(text: str) -> bool:
    """Whether the end of ``text`` is inside a tag, a link or what may be a link's text."""
    tag = _OPEN_TAG.search(text) or _OPEN_LINK.search(text)
    if tag and len(text) - tag.start() <= LONGEST_TAG:
        return True
    label = _OPEN_LABEL.search(text)
    return label is not None and len(text) - label.start() <= LONGEST_LABEL


def _without_addresses(text: str) -> str:
    while (changed := _once_without_addresses(text)) != text:  # what goes may have kept two parts of a tag apart
        text = changed
    return text


def _once_without_addresses(text: str) -> str:
    if "<" in text:
        text = _until_stable(_TAG, "", text)
        text = _until_stable(_TAG_BEGINS, "", text)
    if "](" in text:
        text = _LINK.sub(lambda link: f"[{link[1]}]" if _NUMBERS.fullmatch(link[1]) else link[1], text)
        text = _LINK_END.sub("]", text).replace("](", "] (")
    if "]:" in text:
        text = _DEFINITION.sub(lambda found: found[1] or "] :", text)
    return _until_stable(_ADDRESS, _without_address, text)


def _without_marks(text: str) -> str:
    """Without marks of code, formulas and emphasis, nor what they kept apart: "<`b" is no tag as long as they stand."""
    while (changed := _STRONG.sub("", _MARKS.sub("", text))) != text:
        text = _without_addresses(changed)
    return text


def _without_address(address: re.Match[str]) -> str:
    trailing = _TRAILING.search(address[0])
    return _GONE + (trailing[0] if trailing else "")


def _until_stable(pattern: re.Pattern[str], by: str | Callable[[re.Match[str]], str], text: str) -> str:
    """Until nothing is left that two removed parts make together."""
    while (changed := pattern.sub(by, text)) != text:
        text = changed
    return text


class _Word(NamedTuple):
    space: str
    text: str
    keys: tuple[str, ...]


class Unprompted:
    """Takes the instructions of a request out of the answer to it: runs of their words, and its boundary.

    ``rules`` are the words that nobody is to read, ``boundary`` is the request's random mark. Passages may be quoted,
    their numbering lines may not. They are known also in other signs for the same letters, in pieces with
    spaces between, and in base64, in which no answer is written. Who makes a model translate or scramble them gets them
    past this; they hold no secret.
    """

    def __init__(self, rules: str, boundary: str) -> None:
        words = _keys(rules)
        self._runs = {
            words[at : at + length] for length in range(1, TELLING_RUN + 1) for at in range(len(words) - length + 1)
        }
        self._letters = "".join(words)
        self._mark = boundary.strip("= \n").casefold()
        self._space = ""
        self._word = ""
        self._held: list[_Word] = []
        self._numbering = False  # in the rest of a boundary's line
        self._head = False  # in the lines under one
        self._rulers = False  # "===" may begin an imitation of one

    def feed(self, piece: str) -> str:
        """What is certain with this piece; it may be empty."""
        out: list[str] = []
        for character in piece:
            if not character.isspace():
                self._word += character
                continue
            if self._word:
                out.append(self._take())
            self._space += character
        return "".join(out)

    def finish(self) -> str:
        """The rest. A run that was too short to tell is part of the answer."""
        rest = self._take() if self._word else ""
        rest += "".join(word.space + word.text for word in self._held)
        self._held.clear()
        return rest + self._space

    def _take(self) -> str:
        word = _Word(self._space, self._word, _keys(self._word))
        self._space = self._word = ""
        if "\n" in word.space:
            self._head = self._head and (self._numbering or word.text in _HEAD)
            self._numbering = self._head and word.text in _HEAD
        if self._numbering and word.text == _LAST_OF_HEAD:
            self._numbering = self._head = False
            return self._kept(word._replace(text=""))
        if _is_coded_text(word.text):
            word = word._replace(text="", keys=())
        if self._mark in word.text.casefold():
            word = word._replace(text="", keys=())
            self._numbering = self._head = self._rulers
        elif self._rulers and _IMITATION.fullmatch(word.text):
            self._numbering = self._head = True
        self._rulers = "===" in word.text
        if self._numbering:
            return self._kept(word._replace(space="\n" if "\n" in word.space else "", text="", keys=()))
        return self._kept(word)

    def _kept(self, word: _Word) -> str:
        """Holds the words at the end that may be the beginning of a telling run; gives those before them."""
        self._held.append(word)
        released: list[str] = []
        while self._held:
            keys = tuple(key for held in self._held for key in held.keys)
            if (tells := self._as_a_run(keys)) is not None:
                if tells(keys):
                    self._held = [
                        held._replace(space="\n" if "\n" in held.space else "", text="") for held in self._held
                    ]
                    while tells(keys) and len(self._held) > 1:
                        first = self._held.pop(0)
                        released.append(first.space)
                        keys = keys[len(first.keys) :]
                break
            first = self._held.pop(0)
            released.append(first.space + first.text)
        return "".join(released)

    def _as_a_run(self, keys: tuple[str, ...]) -> Callable[[tuple[str, ...]], bool] | None:
        """What says whether such words are so many that they tell; ``None`` if they do not end as the instructions."""
        if keys[-TELLING_RUN:] in self._runs:
            return lambda words: len(words) >= TELLING_RUN
        if max(map(len, keys), default=0) <= 3 and "".join(keys)[-SPELT_RUN:] in self._letters:
            return lambda words: sum(map(len, words)) >= SPELT_RUN
        return None


_HEAD = frozenset(("Title:", "Source:", "Date:", "Text:"))
_LAST_OF_HEAD = "Text:"
_IMITATION = re.compile(r"[0-9a-f]{8,}", re.IGNORECASE)


def _keys(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", normalize("NFKC", text).casefold().translate(_LOOKALIKES)))


def _is_coded_text(word: str) -> bool:
    """Whether there is base64 in it that decodes to words, wherever in it they begin."""
    for found in _CODED.finditer(word):
        letters = found[0].rstrip("=").replace("-", "+").replace("_", "/")
        for skipped in range(4):
            decoded = base64.b64decode(letters[skipped : skipped + (len(letters) - skipped) // 4 * 4])
            if len(decoded) >= 12 and decoded.isascii() and decoded.decode().replace("\n", " ").isprintable():
                return True
    return False
