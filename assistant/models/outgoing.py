"""What a writer sends on: text with no address, no link, no HTML and nothing of its instructions.

A model that obeys an article could put a link or an image into its answer, whose address carries away what it was told.
So nothing that a browser or a reader of Markdown would follow or fetch passes here; links come from the citation list
alone. What only gives a text its shape, headings, lists, tables, bold and code, passes where it is wanted. Both filters
read a stream, hold back only what is not certain yet, and give the same text however it was cut.
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
    )(?<![.,;:!?)\]’'*`…])""",
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

_MARKS_OF_NO_SHAPE: _Steps = ((re.compile(r"~~|\$\$|={3,}"), ""),)
_MARKS_IN_WORDS = re.compile(r"[*`]+|__")
_BACKTICKS = re.compile(r"`{2,}")
_FENCE = re.compile(r"`{3,}[^`]*")
_TABLE_RULE = re.compile(r"\|[|:-]*")
"""The line under a table's head."""

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
    before anything is looked at. Invisible characters go. With ``shaped``, Markdown's headings, tables, bold and code
    stay as well, a block of code without the name of its language, by which some readers draw it as a picture.
    """

    def __init__(self, *, shaped: bool = False) -> None:
        self._shaped = shaped
        self._held = ""  # what may still become markup, from its first word on
        self._word = ""
        self._breaks = 2  # line breaks since the last text; two make a paragraph, more only a hole
        self._gone = False  # the last word went: the space behind it goes as well
        self._ruling = False  # in what may be the line under a table's head
        self._fenced = False  # right behind the marks that begin or end a block of code
        self._coding = False  # inside such a block

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
            space = "\n" if self._fenced else character
            self._fenced = False
            if space == "\n":
                self._breaks += 1
            if self._breaks <= 2 if space == "\n" else not self._gone:
                out += space
            self._gone = False
        return out

    def finish(self) -> str:
        """The rest; a block of code ends with it, so that nothing behind belongs to it."""
        self._end_word()
        return self._release() + ("\n```" if self._coding else "")

    def _end_word(self) -> None:
        word = _spelt_out(visible(html.unescape(self._word)) if "&" in self._word else self._word)
        if self._shaped and _ADDRESS.search(_MARKS_IN_WORDS.sub("", _ADDRESS.sub(" ", word))):
            word = _MARKS_IN_WORDS.sub("", word)  # they would part an address for us, and not for its reader
        self._held += word
        self._word = ""

    def _release(self) -> str:
        text, self._held = self._held, ""
        if not text:
            return ""
        marks = _MARKS_OF_NO_SHAPE if self._shaped else _MARKS
        before = None
        while text != before:
            before = text
            first, *rest = _without(text, (*_LEADS, *marks) if self._shaped else _LEADS).split("\n")
            text = "\n".join([self._begun(first), *map(self._line, rest)])
            text = _without(text, (*_LEADS, *marks))
        self._gone = not text
        if text:
            begun = text.split("\n")[0 if self._breaks else 1 :]  # the lines of which this is the beginning
            last = text.rpartition("\n")[2]
            self._ruling = (bool(begun) or self._ruling) and _is_ruling(last, bool(begun))
            fences = [self._shaped and _FENCE.fullmatch(line) is not None for line in begun]
            self._fenced = fences[-1:] == [True]
            self._coding ^= sum(fences) % 2 == 1
            self._breaks = 0
        return text

    def _begun(self, first: str) -> str:
        """The first line of what is released, which may be the rest of one that was begun before."""
        if self._breaks:
            return self._line(first)
        if _RULER.fullmatch(first) and "-" in first:
            return first if self._shaped and self._ruling else "–"
        if not first.strip("#"):  # the sentence behind it may be shown by itself, at the start of a line
            return ""
        return _BACKTICKS.sub("`", first) if self._shaped else first

    def _line(self, line: str) -> str:
        """A line without what would make it a quotation or a rule, and what else of its kind is not to pass."""
        joined = "".join(line.split())
        if _RULER.fullmatch(joined):
            return line if self._shaped and _TABLE_RULE.fullmatch(joined) else ""
        first, _, rest = line.lstrip().partition(" ")
        if self._shaped and _FENCE.fullmatch(first):
            return f"```\n{rest}" if rest else "```"
        if _LINE_START.fullmatch(first) and not (self._shaped and first[0] == "#"):
            return self._line(rest)
        return _BACKTICKS.sub("`", line) if self._shaped else line


def _is_ruling(part: str, begins: bool) -> bool:
    """Whether a line, or what follows in one, can be that under a table's head."""
    bare = "".join(part.split())
    return bool(_TABLE_RULE.fullmatch(bare)) if begins else set(bare) <= set("|:-")


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
